
/*
 * Copyright (C) the moderate authors
 *
 * What a bundle says: JSON, checked before anything of it is written.  For
 * threads, as ngx_http_moderate_bundle.c.
 */


#include "ngx_http_moderate_bundle.h"

#include <openssl/evp.h>
#include <stdio.h>


#define NGX_HTTP_MODERATE_BUNDLE_NAME    255    /* of a file, with folders */
#define NGX_HTTP_MODERATE_BUNDLE_DEPTH   8


static int ngx_http_moderate_bundle_digest(
    ngx_http_moderate_bundle_t *bundle, json_t *json);
static void ngx_http_moderate_bundle_note(ngx_http_moderate_bundle_t *bundle,
    json_t *note);
static int ngx_http_moderate_bundle_check(ngx_http_moderate_bundle_t *bundle,
    json_t *json);
static int ngx_http_moderate_bundle_has(json_t *files, const char *path);


ngx_uint_t
ngx_http_moderate_fleet_name_ok(const u_char *data, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (!((data[i] >= 'a' && data[i] <= 'z')
              || (data[i] >= 'A' && data[i] <= 'Z')
              || (data[i] >= '0' && data[i] <= '9')
              || data[i] == '_' || data[i] == '-'
              || (data[i] == '.' && i > 0)))
        {
            return 0;
        }
    }

    return len > 0 && len <= NGX_HTTP_MODERATE_FLEET_NAME;
}


ngx_uint_t
ngx_http_moderate_fleet_version_ok(const char *version)
{
    return version != NULL
           && strspn(version, "0123456789abcdef")
              == NGX_HTTP_MODERATE_FLEET_VERSION
           && version[NGX_HTTP_MODERATE_FLEET_VERSION] == '\0';
}


int
ngx_http_moderate_bundle_parse(ngx_http_moderate_bundle_t *bundle,
    json_t **json)
{
    json_error_t  error;

    *json = json_loadb((char *) bundle->data, bundle->len,
                       JSON_REJECT_DUPLICATES, &error);

    if (*json == NULL) {
        return ngx_http_moderate_bundle_say(bundle, "not JSON: %s",
                                            error.text);
    }

    if (ngx_http_moderate_bundle_check(bundle, *json) != VET_OK
        || ngx_http_moderate_bundle_digest(bundle, *json) != VET_OK)
    {
        json_decref(*json);
        return VET_ERROR;
    }

    return VET_OK;
}


/* over the bundle in one spelling, whatever it was sent in */

static int
ngx_http_moderate_bundle_digest(ngx_http_moderate_bundle_t *bundle,
    json_t *json)
{
    int          rc;
    char        *text, hex[NGX_HTTP_MODERATE_FLEET_DIGEST + 1];
    u_char       md[EVP_MAX_MD_SIZE];
    json_t      *plain;
    unsigned     i, n;

    plain = json_pack("{s:O, s:O}", "files", json_object_get(json, "files"),
                      "paths", json_object_get(json, "paths"));
    text = json_dumps(plain, JSON_COMPACT|JSON_SORT_KEYS);
    json_decref(plain);

    if (text == NULL
        || EVP_Digest(text, strlen(text), md, &n, EVP_sha256(), NULL) != 1)
    {
        free(text);
        return ngx_http_moderate_bundle_failed(bundle, "no memory", NULL);
    }

    for (i = 0; i < n; i++) {
        (void) snprintf(hex + 2 * i, 3, "%02x", md[i]);
    }

    rc = VET_OK;

    if (bundle->digest[0] != '\0' && strcmp(bundle->digest, hex) != 0) {
        rc = ngx_http_moderate_bundle_say(bundle, "what Redis has of version "
                                          "%s is not what was pushed",
                                          bundle->version);
    }

    memcpy(bundle->digest, hex, sizeof(hex));

    if (rc == VET_OK && bundle->version[0] == '\0') {
        bundle->text = text;
        ngx_http_moderate_bundle_note(bundle, json_object_get(json, "note"));

    } else {
        free(text);
    }

    return rc;
}


/* what is longer is not kept, as half of a note may say something else */

static void
ngx_http_moderate_bundle_note(ngx_http_moderate_bundle_t *bundle, json_t *note)
{
    if (json_string_length(note) < sizeof(bundle->note)
        && json_string_length(note) > 0)
    {
        memcpy(bundle->note, json_string_value(note),
               json_string_length(note) + 1);
    }
}


static int
ngx_http_moderate_bundle_check(ngx_http_moderate_bundle_t *bundle,
    json_t *json)
{
    size_t   i, k;
    json_t  *files, *paths, *one, *name;

    files = json_object_get(json, "files");
    paths = json_object_get(json, "paths");

    if (json_array_size(files) == 0 || json_array_size(paths) == 0
        || json_array_size(files) > NGX_HTTP_MODERATE_FLEET_FILES
        || json_array_size(paths) > NGX_HTTP_MODERATE_FLEET_PATHS)
    {
        return ngx_http_moderate_bundle_say(bundle, "expected {\"paths\",\""
                                            "files\"} with 1 to %d paths and "
                                            "1 to %d files",
                                            NGX_HTTP_MODERATE_FLEET_PATHS,
                                            NGX_HTTP_MODERATE_FLEET_FILES);
    }

    json_array_foreach(files, i, one) {
        name = json_object_get(one, "name");

        if (!ngx_http_moderate_bundle_name_ok(name)
            || !json_is_string(json_object_get(one, "text"))
            || json_object_size(one) != 2)
        {
            return ngx_http_moderate_bundle_say(bundle, "file %u: expected {"
                                                "\"name\",\"text\"} and a name "
                                                "like \"rules/10-scam.yaml\" "
                                                "of letters, digits, \".\", "
                                                "\"_\" and \"-\"",
                                                (unsigned) i);
        }

        for (k = 0; k < i; k++) {
            if (json_equal(name, json_object_get(json_array_get(files, k),
                                                 "name")))
            {
                return ngx_http_moderate_bundle_say(bundle, "\"%s\" is there "
                                                    "twice",
                                                    json_string_value(name));
            }
        }
    }

    json_array_foreach(paths, i, one) {
        if (!ngx_http_moderate_bundle_name_ok(one)
            || !ngx_http_moderate_bundle_has(files, json_string_value(one)))
        {
            return ngx_http_moderate_bundle_say(bundle, "path %u: expected "
                                                "the name of a file, or of a "
                                                "folder with files",
                                                (unsigned) i);
        }
    }

    return VET_OK;
}


static int
ngx_http_moderate_bundle_has(json_t *files, const char *path)
{
    size_t       i, len;
    json_t      *one;
    const char  *name;

    len = strlen(path);

    json_array_foreach(files, i, one) {
        name = json_string_value(json_object_get(one, "name"));

        if (strncmp(name, path, len) == 0
            && (name[len] == '\0' || name[len] == '/'))
        {
            return 1;
        }
    }

    return 0;
}


/* relative, plain, and nothing hidden: it cannot lead out of its folder */

int
ngx_http_moderate_bundle_name_ok(json_t *name)
{
    size_t       i, depth;
    const char  *s;

    s = json_string_value(name);

    if (s == NULL || s[0] == '\0'
        || json_string_length(name) > NGX_HTTP_MODERATE_BUNDLE_NAME)
    {
        return 0;
    }

    depth = 1;

    for (i = 0; s[i] != '\0'; i++) {

        if (i == 0 || s[i - 1] == '/') {
            if (s[i] == '.' || s[i] == '/') {
                return 0;
            }
        }

        if (s[i] == '/') {
            depth++;
            continue;
        }

        if (!ngx_http_moderate_fleet_name_ok((u_char *) &s[i], 1)
            && s[i] != '.')
        {
            return 0;
        }
    }

    return s[i - 1] != '/' && depth <= NGX_HTTP_MODERATE_BUNDLE_DEPTH
           && i == json_string_length(name);
}


int
ngx_http_moderate_bundle_say(ngx_http_moderate_bundle_t *bundle,
    const char *fmt, ...)
{
    va_list  args;

    if (bundle->errors.n < VET_ERRORS_MAX) {
        va_start(args, fmt);
        (void) vsnprintf(bundle->errors.text[bundle->errors.n], VET_ERROR_LEN,
                         fmt, args);
        va_end(args);
    }

    bundle->errors.n++;

    return VET_ERROR;
}


int
ngx_http_moderate_bundle_failed(ngx_http_moderate_bundle_t *bundle,
    const char *what, const char *path)
{
    bundle->trouble = 1;

    if (path == NULL) {
        return ngx_http_moderate_bundle_say(bundle, "%s", what);
    }

    return ngx_http_moderate_bundle_say(bundle, "%s: %s (%s)", path, what,
                                        strerror(errno));
}
