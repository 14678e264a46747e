
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl webhooks: who is told what, and the keys.
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <openssl/crypto.h>

#include "webhooks.h"


#define WEBHOOKS_LINE  (WEBHOOKS_KEY_MAX + 2)


static int webhooks_target(webhooks_t *w, const json_t *json, size_t i);
static int webhooks_members(const webhooks_t *w, const json_t *json,
    const char *where, const char *const *known);
static int webhooks_url(const webhooks_t *w, const webhooks_target_t *target);
static int webhooks_url_of_this_host(const char *url);
static int webhooks_events(const webhooks_t *w, webhooks_target_t *target,
    const json_t *events);
static int webhooks_keys(webhooks_target_t *target, const char *name);
static int webhooks_keys_read(webhooks_target_t *target, const char *name,
    FILE *file);


static const char *const  webhooks_top[] = { "targets", NULL };

static const char *const  webhooks_of_target[] = {
    "name", "url", "key_file", "ca_file", "events", "from_start", NULL
};


int
webhooks_config(webhooks_t *w)
{
    int           rc;
    size_t        i;
    json_t       *targets, *target;
    json_error_t  error;

    w->config = json_load_file(w->config_name, JSON_REJECT_DUPLICATES, &error);

    if (w->config == NULL) {
        fprintf(stderr, "moderatectl: %s:%d:%d: %s\n", w->config_name,
                error.line, error.column, error.text);
        return MODERATECTL_USAGE;
    }

    rc = webhooks_members(w, w->config, "the file", webhooks_top);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    targets = json_object_get(w->config, "targets");
    w->n = json_array_size(targets);

    if (w->n == 0 || w->n > WEBHOOKS_TARGETS_MAX) {
        fprintf(stderr, "moderatectl: %s: expected \"targets\": [...] of 1 to "
                "%d\n", w->config_name, WEBHOOKS_TARGETS_MAX);
        return MODERATECTL_USAGE;
    }

    json_array_foreach(targets, i, target) {
        rc = webhooks_target(w, target, i);

        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    return MODERATECTL_OK;
}


static int
webhooks_target(webhooks_t *w, const json_t *json, size_t i)
{
    int                 rc;
    size_t              k;
    json_t             *ca;
    const char         *key;
    webhooks_target_t  *target;

    target = &w->targets[i];

    rc = webhooks_members(w, json, "a target", webhooks_of_target);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    ca = json_object_get(json, "ca_file");
    key = json_string_value(json_object_get(json, "key_file"));

    target->name = json_string_value(json_object_get(json, "name"));
    target->url = json_string_value(json_object_get(json, "url"));
    target->ca_file = json_string_value(ca);
    target->from_start = json_is_true(json_object_get(json, "from_start"));

    if (target->name == NULL || *target->name == '\0' || target->url == NULL
        || key == NULL || (ca != NULL && target->ca_file == NULL))
    {
        fprintf(stderr, "moderatectl: %s: target %zu: expected \"name\", "
                "\"url\" and \"key_file\", each a string\n", w->config_name,
                i + 1);
        return MODERATECTL_USAGE;
    }

    for (k = 0; k < i; k++) {
        if (strcmp(w->targets[k].name, target->name) == 0) {
            fprintf(stderr, "moderatectl: %s: there are two targets \"%s\"\n",
                    w->config_name, target->name);
            return MODERATECTL_USAGE;
        }
    }

    rc = webhooks_url(w, target);

    if (rc == MODERATECTL_OK) {
        rc = webhooks_events(w, target, json_object_get(json, "events"));
    }

    return (rc == MODERATECTL_OK) ? webhooks_keys(target, key) : rc;
}


/* a name that was mistyped must not be taken for none */

static int
webhooks_members(const webhooks_t *w, const json_t *json, const char *where,
    const char *const *known)
{
    size_t       i;
    json_t      *value;
    const char  *name;

    if (!json_is_object(json)) {
        fprintf(stderr, "moderatectl: %s: %s is no object\n", w->config_name,
                where);
        return MODERATECTL_USAGE;
    }

    json_object_foreach((json_t *) json, name, value) {

        for (i = 0; known[i] != NULL && strcmp(known[i], name) != 0; i++) {
            /* void */
        }

        if (known[i] != NULL) {
            continue;
        }

        fprintf(stderr, "moderatectl: %s: %s has no \"%s\", expected one of",
                w->config_name, where, name);

        for (i = 0; known[i] != NULL; i++) {
            fprintf(stderr, "%s \"%s\"", i ? "," : "", known[i]);
        }

        fprintf(stderr, "\n");

        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


/* ids are nobody else's business: plain HTTP does not leave the machine */

static int
webhooks_url(const webhooks_t *w, const webhooks_target_t *target)
{
    if (strncasecmp(target->url, "https://", 8) == 0
        || (strncasecmp(target->url, "http://", 7) == 0
            && webhooks_url_of_this_host(target->url + 7)))
    {
        return MODERATECTL_OK;
    }

    fprintf(stderr, "moderatectl: %s: \"%s\": expected a URL with https://, "
            "or with http:// on 127.0.0.1, [::1] or localhost\n",
            w->config_name, target->name);

    return MODERATECTL_USAGE;
}


static int
webhooks_url_of_this_host(const char *url)
{
    size_t              i, len;
    static const char  *hosts[] = { "127.0.0.1", "[::1]", "localhost" };

    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        len = strlen(hosts[i]);

        if (strncasecmp(url, hosts[i], len) != 0) {
            continue;
        }

        url += len;

        /* what looks like a port may be a password: "localhost:1@host" */

        if (*url == ':') {
            url++;
            url += strspn(url, "0123456789");
        }

        return *url == '\0' || *url == '/' || *url == '?';
    }

    return 0;
}


static int
webhooks_events(const webhooks_t *w, webhooks_target_t *target,
    const json_t *events)
{
    size_t           i;
    json_t          *event;
    const char      *name;
    webhooks_kind_t  kind;

    if (events == NULL) {
        target->kinds = ~0U;
        return MODERATECTL_OK;
    }

    json_array_foreach(events, i, event) {
        name = json_string_value(event);
        kind = (name != NULL) ? webhooks_kind(name) : WEBHOOKS_NONE;

        if (kind == WEBHOOKS_NONE) {
            break;
        }

        target->kinds |= 1U << kind;
    }

    if (i > 0 && i == json_array_size(events)) {
        return MODERATECTL_OK;
    }

    fprintf(stderr, "moderatectl: %s: \"%s\": expected \"events\": [...] with "
            "some of", w->config_name, target->name);

    for (i = 0; webhooks_kinds[i] != NULL; i++) {
        fprintf(stderr, " %s", webhooks_kinds[i]);
    }

    fprintf(stderr, "\n");

    return MODERATECTL_USAGE;
}


static int
webhooks_keys(webhooks_target_t *target, const char *name)
{
    int          rc;
    FILE        *file;
    struct stat  st;

    file = fopen(name, "rb");

    if (file == NULL || fstat(fileno(file), &st) != 0) {
        fprintf(stderr, "moderatectl: cannot open \"%s\": %s\n", name,
                strerror(errno));

        if (file != NULL) {
            fclose(file);
        }

        return MODERATECTL_USAGE;
    }

    if (st.st_mode & S_IRWXO) {
        fprintf(stderr, "moderatectl: everybody can read or write \"%s\", "
                "expected a file of mode 600 or 640\n", name);
        rc = MODERATECTL_USAGE;

    } else {
        rc = webhooks_keys_read(target, name, file);
    }

    fclose(file);

    return rc;
}


static int
webhooks_keys_read(webhooks_target_t *target, const char *name, FILE *file)
{
    char    line[WEBHOOKS_LINE];
    size_t  len;

    while (fgets(line, sizeof(line), file) != NULL) {
        len = strcspn(line, "\r\n");

        if (len < WEBHOOKS_KEY_MIN || len > WEBHOOKS_KEY_MAX
            || target->nkeys == WEBHOOKS_KEYS_MAX)
        {
            target->nkeys = 0;
            break;
        }

        memcpy(target->keys[target->nkeys].data, line, len);
        target->keys[target->nkeys++].len = len;
    }

    OPENSSL_cleanse(line, sizeof(line));

    if (target->nkeys == 0) {
        fprintf(stderr, "moderatectl: \"%s\": expected a key of %d to %d "
                "characters in the first line, and at most one more in the "
                "second; \"openssl rand -hex 32\" makes one\n", name,
                WEBHOOKS_KEY_MIN, WEBHOOKS_KEY_MAX);
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}
