
/*
 * Copyright (C) the moderate authors
 *
 * The JSON API, called over HTTP.
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "moderatectl.h"


#define MODERATECTL_CREDENTIALS_LEN  1024
#define MODERATECTL_URL_LEN          4096
#define MODERATECTL_ANSWER_SIZE      (64 * 1024 * 1024)
#define MODERATECTL_CONNECT_TIMEOUT  10L      /* seconds */
#define MODERATECTL_TIMEOUT          180L     /* approve waits for delivery */


struct moderatectl_api_s {
    CURL                   *curl;
    char                   *url;
    char                    user[MODERATECTL_CREDENTIALS_LEN];
    char                   *password;       /* in user, behind the colon */
};


typedef struct {
    char                   *data;
    size_t                  len;
} moderatectl_answer_t;


static int moderatectl_api_credentials(moderatectl_api_t *api,
    const char *name);
static int moderatectl_api_perform(moderatectl_api_t *api, const char *url,
    const char *body, const char *version, moderatectl_answer_t *answer,
    long *status);
static int moderatectl_api_headers(struct curl_slist **headers,
    const char *version);
static size_t moderatectl_api_receive(char *data, size_t size, size_t n,
    void *ctx);
static int moderatectl_api_read(moderatectl_api_t *api, long status,
    const moderatectl_answer_t *received, json_t **answer);


moderatectl_api_t *
moderatectl_api_create(const char *url, const char *credentials)
{
    size_t              len, size;
    moderatectl_api_t  *api;

    api = calloc(1, sizeof(moderatectl_api_t));
    len = strlen(url);
    size = 0;

    if (api != NULL) {
        size = len + sizeof("/");
        api->url = malloc(size);
    }

    if (api == NULL || api->url == NULL
        || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK
        || (api->curl = curl_easy_init()) == NULL)
    {
        fprintf(stderr, "moderatectl: out of memory\n");
        moderatectl_api_destroy(api);
        return NULL;
    }

    snprintf(api->url, size, "%s%s", url,
             len == 0 || url[len - 1] != '/' ? "/" : "");

    if (credentials != NULL
        && moderatectl_api_credentials(api, credentials) != MODERATECTL_OK)
    {
        moderatectl_api_destroy(api);
        return NULL;
    }

    return api;
}


void
moderatectl_api_destroy(moderatectl_api_t *api)
{
    if (api == NULL) {
        return;
    }

    curl_easy_cleanup(api->curl);
    free(api->url);
    free(api);

    curl_global_cleanup();
}


static int
moderatectl_api_credentials(moderatectl_api_t *api, const char *name)
{
    FILE  *file;
    char  *line;

    file = fopen(name, "r");

    if (file == NULL) {
        fprintf(stderr, "moderatectl: cannot open \"%s\": %s\n", name,
                strerror(errno));
        return MODERATECTL_USAGE;
    }

    line = fgets(api->user, sizeof(api->user), file);
    fclose(file);

    if (line != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        api->password = strchr(line, ':');
    }

    if (api->password == NULL) {
        fprintf(stderr, "moderatectl: \"%s\" must have user:password in its "
                "first line\n", name);
        return MODERATECTL_USAGE;
    }

    *api->password++ = '\0';

    return MODERATECTL_OK;
}


int
moderatectl_api_call(moderatectl_api_t *api, const char *path,
    const json_t *body, const char *version, json_t **answer)
{
    int                    n, rc;
    long                   status;
    char                   url[MODERATECTL_URL_LEN], *text;
    moderatectl_answer_t   received;

    n = snprintf(url, sizeof(url), "%s%s", api->url, path);

    if (n < 0 || (size_t) n >= sizeof(url)) {
        fprintf(stderr, "moderatectl: too long an address\n");
        return MODERATECTL_USAGE;
    }

    text = NULL;

    if (body != NULL) {
        text = json_dumps(body, JSON_COMPACT);

        if (text == NULL) {
            fprintf(stderr, "moderatectl: the reason is not UTF-8\n");
            return MODERATECTL_USAGE;
        }
    }

    received.data = NULL;
    received.len = 0;

    rc = moderatectl_api_perform(api, url, text, version, &received, &status);

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_api_read(api, status, &received, answer);
    }

    free(received.data);
    free(text);

    return rc;
}


static int
moderatectl_api_perform(moderatectl_api_t *api, const char *url,
    const char *body, const char *version, moderatectl_answer_t *answer,
    long *status)
{
    CURL               *curl;
    CURLcode            rc;
    struct curl_slist  *headers;

    curl = api->curl;
    headers = NULL;

    if (moderatectl_api_headers(&headers, version) != MODERATECTL_OK) {
        return MODERATECTL_TROUBLE;
    }

    curl_easy_reset(curl);

    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT,
                     MODERATECTL_CONNECT_TIMEOUT);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, MODERATECTL_TIMEOUT);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, moderatectl_api_receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);

    if (api->password != NULL) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long) CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, api->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, api->password);
    }

    if (body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long) strlen(body));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }

    rc = curl_easy_perform(curl);

    curl_slist_free_all(headers);

    if (rc != CURLE_OK) {
        fprintf(stderr, "moderatectl: cannot reach %s: %s\n", api->url,
                curl_easy_strerror(rc));
        return MODERATECTL_TROUBLE;
    }

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);

    return MODERATECTL_OK;
}


static int
moderatectl_api_headers(struct curl_slist **headers, const char *version)
{
    size_t              i;
    char                match[128];
    struct curl_slist  *list;

    const char  *lines[] = {
        "Accept: application/json",
        "Content-Type: application/json",
        match
    };

    if (version != NULL) {
        snprintf(match, sizeof(match), "If-Match: \"%s\"", version);
    }

    for (i = 0; i < (version != NULL ? 3 : 2); i++) {

        list = curl_slist_append(*headers, lines[i]);

        if (list == NULL) {
            fprintf(stderr, "moderatectl: out of memory\n");
            curl_slist_free_all(*headers);
            return MODERATECTL_TROUBLE;
        }

        *headers = list;
    }

    return MODERATECTL_OK;
}


/* Returning less than was given makes the transfer fail. */

static size_t
moderatectl_api_receive(char *data, size_t size, size_t n, void *ctx)
{
    moderatectl_answer_t *answer = ctx;

    char  *p;

    size *= n;

    if (size > MODERATECTL_ANSWER_SIZE - answer->len) {
        return 0;
    }

    p = realloc(answer->data, answer->len + size + 1);

    if (p == NULL) {
        return 0;
    }

    memcpy(p + answer->len, data, size);

    answer->data = p;
    answer->len += size;

    return size;
}


static int
moderatectl_api_read(moderatectl_api_t *api, long status,
    const moderatectl_answer_t *received, json_t **answer)
{
    json_t      *json;
    const char  *error, *message;

    json = json_loadb(received->data != NULL ? received->data : "",
                      received->len, JSON_ALLOW_NUL, NULL);

    if (status >= 200 && status < 300 && json_is_object(json)) {
        *answer = json;
        return MODERATECTL_OK;
    }

    if (status < 400) {
        fprintf(stderr, "moderatectl: there is no moderation API at %s "
                "(HTTP status %ld, not its JSON)\n", api->url, status);
        json_decref(json);
        return MODERATECTL_TROUBLE;
    }

    error = json_string_value(json_object_get(json, "error"));
    message = json_string_value(json_object_get(json, "message"));

    fprintf(stderr, "moderatectl: ");

    if (message != NULL) {
        moderatectl_print(stderr, message, strlen(message), -1);
        fprintf(stderr, " (%ld", status);

        if (error != NULL) {
            fprintf(stderr, " ");
            moderatectl_print(stderr, error, strlen(error), -1);
        }

        fprintf(stderr, ")\n");

    } else if (status == 401) {
        fprintf(stderr, "the API wants other credentials (401)\n");

    } else {
        fprintf(stderr, "%s answered with HTTP status %ld\n", api->url,
                status);
    }

    json_decref(json);

    return MODERATECTL_REFUSED;
}


char *
moderatectl_api_escape(const char *s)
{
    char                *result, *p;
    static const char    hex[] = "0123456789ABCDEF";
    const unsigned char *c;

    result = malloc(strlen(s) * 3 + 1);

    if (result == NULL) {
        return NULL;
    }

    p = result;

    for (c = (const unsigned char *) s; *c != '\0'; c++) {

        if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z')
            || (*c >= '0' && *c <= '9') || strchr("-._~", *c) != NULL)
        {
            *p++ = (char) *c;
            continue;
        }

        *p++ = '%';
        *p++ = hex[*c >> 4];
        *p++ = hex[*c & 0xf];
    }

    *p = '\0';

    return result;
}
