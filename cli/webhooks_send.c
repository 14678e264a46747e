
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl webhooks: events on their way.  Each target has one at a time,
 * so that they arrive in their order, and none waits for another target.
 */


#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "webhooks.h"


#define WEBHOOKS_CONNECT_TIMEOUT  10L      /* seconds */
#define WEBHOOKS_TIMEOUT          20L
#define WEBHOOKS_ANSWER_SIZE      65536    /* bytes, headers and body */
#define WEBHOOKS_WAIT_MAX         300.0    /* seconds to the next attempt */
#define WEBHOOKS_TELL_AGAIN       3600.0
#define WEBHOOKS_ONCE_TRIES       3


static int webhooks_headers(webhooks_target_t *target);
static size_t webhooks_receive(char *data, size_t size, size_t n, void *ctx);
static int webhooks_end(webhooks_t *w, webhooks_target_t *target,
    CURLcode result, size_t *done);
static void webhooks_taken(webhooks_t *w, webhooks_target_t *target);
static void webhooks_refused(webhooks_t *w, webhooks_target_t *target,
    CURLcode result, long status);
static double webhooks_wait(const webhooks_target_t *target);
static void webhooks_why(CURLcode result, long status);


int
webhooks_send(webhooks_t *w, webhooks_target_t *target)
{
    CURL  *curl;

    if (webhooks_headers(target) != MODERATECTL_OK) {
        return MODERATECTL_TROUBLE;
    }

    if (target->curl == NULL) {
        target->curl = curl_easy_init();

        if (target->curl == NULL) {
            return moderatectl_no_memory();
        }
    }

    curl = target->curl;
    target->received = 0;

    curl_easy_reset(curl);

    curl_easy_setopt(curl, CURLOPT_URL, target->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);

    if (target->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, target->ca_file);
    }

    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, WEBHOOKS_CONNECT_TIMEOUT);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, WEBHOOKS_TIMEOUT);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "moderatectl/" VET_VERSION);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, target->headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE,
                     (long) strlen(target->body));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, target->body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, webhooks_receive);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, target);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, webhooks_receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, target);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, target);

    if (curl_multi_add_handle(w->multi, curl) != CURLM_OK) {
        return moderatectl_no_memory();
    }

    target->busy = 1;

    return MODERATECTL_OK;
}


static int
webhooks_headers(webhooks_target_t *target)
{
    char                signature[WEBHOOKS_SIGNATURE_LEN];
    char                sign[WEBHOOKS_SIGNATURE_LEN + 32], id[64];
    size_t              i;
    struct curl_slist  *list;

    const char  *lines[] = {
        "Content-Type: application/json", "Expect:", sign, id
    };

    curl_slist_free_all(target->headers);
    target->headers = NULL;

    if (webhooks_sign(target, (long long) time(NULL), signature)
        != MODERATECTL_OK)
    {
        return MODERATECTL_TROUBLE;
    }

    snprintf(sign, sizeof(sign), "Moderate-Signature: %s", signature);
    snprintf(id, sizeof(id), "Moderate-Event-Id: %s", target->id);

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        list = curl_slist_append(target->headers, lines[i]);

        if (list == NULL) {
            return moderatectl_no_memory();
        }

        target->headers = list;
    }

    return MODERATECTL_OK;
}


/* nothing of an answer counts but its status; too much of it ends it */

static size_t
webhooks_receive(char *data, size_t size, size_t n, void *ctx)
{
    webhooks_target_t *target = ctx;

    (void) data;

    size *= n;
    target->received += size;

    return (target->received > WEBHOOKS_ANSWER_SIZE) ? 0 : size;
}


int
webhooks_sent(webhooks_t *w, size_t *done)
{
    int                 rc, n;
    CURLMsg            *msg;
    CURLcode            result;
    webhooks_target_t  *target;

    if (curl_multi_perform(w->multi, &n) != CURLM_OK) {
        return moderatectl_no_memory();
    }

    rc = MODERATECTL_OK;

    while (rc == MODERATECTL_OK) {
        msg = curl_multi_info_read(w->multi, &n);

        if (msg == NULL) {
            break;
        }

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        result = msg->data.result;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
                          (char **) &target);

        rc = webhooks_end(w, target, result, done);
    }

    return rc;
}


/*
 * A receiver that says 2xx has taken it, whatever it does with the rest of its
 * answer; were that an error, it would be told the same for ever.
 */

static int
webhooks_end(webhooks_t *w, webhooks_target_t *target, CURLcode result,
    size_t *done)
{
    long  status;

    status = 0;
    curl_easy_getinfo(target->curl, CURLINFO_RESPONSE_CODE, &status);

    if (status >= 200 && status < 300) {
        curl_multi_remove_handle(w->multi, target->curl);
        target->busy = 0;
        (*done)++;

        webhooks_taken(w, target);

        return webhooks_state_write(w);
    }

    webhooks_refused(w, target, result, status);

    curl_multi_remove_handle(w->multi, target->curl);
    target->busy = 0;

    return MODERATECTL_OK;
}


static void
webhooks_taken(webhooks_t *w, webhooks_target_t *target)
{
    if (target->dead) {
        fprintf(stderr, "moderatectl: %s: \"%s\" takes events again\n",
                w->site, target->name);
        target->doubt = 1;
    }

    memcpy(target->after, target->seq, sizeof(target->after));
    free(target->body);

    target->body = NULL;
    target->tries = 0;
    target->dead = 0;
    target->due = 0;
}


static void
webhooks_refused(webhooks_t *w, webhooks_target_t *target, CURLcode result,
    long status)
{
    double      now;
    curl_off_t  asked;

    now = webhooks_clock();

    if (target->tries++ == 0) {
        target->since = now;
        target->told = now;

        fprintf(stderr, "moderatectl: %s: \"%s\" has not taken event %s: ",
                w->site, target->name, target->seq);
        webhooks_why(result, status);
    }

    asked = 0;
    curl_easy_getinfo(target->curl, CURLINFO_RETRY_AFTER, &asked);

    target->due = now + webhooks_wait(target);

    if (asked > 0 && !w->once && target->due < now + (double) asked) {
        target->due = now + (asked < WEBHOOKS_WAIT_MAX ? (double) asked
                                                       : WEBHOOKS_WAIT_MAX);
    }

    if (w->once && target->tries == WEBHOOKS_ONCE_TRIES) {
        fprintf(stderr, "moderatectl: %s: \"%s\" is left behind at event %s\n",
                w->site, target->name, target->seq);
        target->left = 1;
        return;
    }

    if (now - target->since < (double) w->dead_after
        || (target->dead && now - target->told < WEBHOOKS_TELL_AGAIN))
    {
        return;
    }

    target->dead = 1;
    target->told = now;

    fprintf(stderr, "moderatectl: %s: \"%s\" IS DEAD: event %s and all behind "
            "it have waited for %.0f seconds, after %u attempts: ", w->site,
            target->name, target->seq, now - target->since, target->tries);
    webhooks_why(result, status);
}


/* 1, 2, 4 ... 300 seconds, and up to a quarter more by chance */

static double
webhooks_wait(const webhooks_target_t *target)
{
    double    wait;
    unsigned  i;

    wait = 1;

    for (i = 1; i < target->tries && wait < WEBHOOKS_WAIT_MAX; i++) {
        wait *= 2;
    }

    if (wait > WEBHOOKS_WAIT_MAX) {
        wait = WEBHOOKS_WAIT_MAX;
    }

    return wait * (1 + (double) (random() % 1000) / 4000);
}


static void
webhooks_why(CURLcode result, long status)
{
    if (status >= 300 && status < 400) {
        fprintf(stderr, "it redirects (%ld), which is not followed; expected "
                "the address itself\n", status);

    } else if (status != 0) {
        fprintf(stderr, "it answered %ld\n", status);

    } else {
        fprintf(stderr, "%s\n", curl_easy_strerror(result));
    }
}


double
webhooks_clock(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}
