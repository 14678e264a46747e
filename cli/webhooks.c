
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl webhooks: what happens to submissions is told to other systems,
 * by POST requests that are signed.
 */


#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "webhooks.h"


#define WEBHOOKS_PATH      128
#define WEBHOOKS_SECONDS   86400L
#define WEBHOOKS_API_WAIT  60.0     /* seconds at most, when nginx is away */


static int webhooks_options(webhooks_t *w, int argc, char **argv);
static int webhooks_number(const char *s, long *number);
static int webhooks_check(const webhooks_t *w);
static int webhooks_signals(void);
static void webhooks_signal(int signo);
static int webhooks_start(webhooks_t *w);
static int webhooks_meet(webhooks_t *w);
static int webhooks_pause(webhooks_t *w);
static int webhooks_place(webhooks_t *w);
static int webhooks_end_of_log(webhooks_t *w, char *seq);
static int webhooks_gaps(webhooks_t *w);
static int webhooks_run(webhooks_t *w);
static int webhooks_go_on(webhooks_t *w, webhooks_target_t *target, int *idle);
static int webhooks_page(webhooks_t *w, webhooks_target_t *target, int *end);
static int webhooks_events_after(webhooks_t *w, const char *after, int limit,
    json_t **events);
static int webhooks_failed(webhooks_t *w, int rc);
static int webhooks_poll(webhooks_t *w);
static int webhooks_outcome(const webhooks_t *w);
static void webhooks_destroy(webhooks_t *w);


static const struct option  webhooks_long[] = {
    { "api", required_argument, NULL, 'a' },
    { "credentials", required_argument, NULL, 'c' },
    { "config", required_argument, NULL, 'f' },
    { "state", required_argument, NULL, 's' },
    { "interval", required_argument, NULL, 'i' },
    { "dead-after", required_argument, NULL, 'd' },
    { "once", no_argument, NULL, 'o' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static const char  webhooks_usage[] =
    "usage: moderatectl webhooks --config FILE --state FILE [--once]\n"
    "\n"
    "Tells other systems, by signed POST requests, what happens to\n"
    "submissions: held, decided, undone, delivered, failed, unknown,\n"
    "appealed, overdue, removed.  Codes and ids are told, nothing that\n"
    "somebody wrote.\n"
    "Each target gets each event at least once and in their order;\n"
    "docs/webhooks.md has the details.\n"
    "\n"
    "  --config FILE       who is told what: JSON, see docs/webhooks.md\n"
    "  --state FILE        where it is kept how far each target is\n"
    "  --once              until the end of the log, and no further\n"
    "  --interval SECONDS  between looks at the log, 5 if not given\n"
    "  --dead-after SECONDS\n"
    "                      when a target that takes nothing is told of as\n"
    "                      dead, 3600 if not given\n"
    "  --api URL           where the moderation API is, or MODERATE_API\n"
    "  --credentials FILE  with user:password, or MODERATE_CREDENTIALS\n"
    "\n"
    "Exits with 0, 1 when a target is left behind or was dead at the end or\n"
    "the API said no, 2 for a wrong command line or configuration, 3 when the\n"
    "API or a file cannot be used.\n";


static volatile sig_atomic_t  webhooks_stop;


int
moderatectl_webhooks(int argc, char **argv)
{
    int         rc;
    webhooks_t  w;

    memset(&w, 0, sizeof(webhooks_t));

    w.api_url = getenv("MODERATE_API");
    w.credentials = getenv("MODERATE_CREDENTIALS");
    w.interval = 5;
    w.dead_after = 3600;
    w.lock = -1;

    rc = webhooks_options(&w, argc, argv);

    if (w.help) {
        fputs(webhooks_usage, stdout);
        return MODERATECTL_OK;
    }

    if (rc == MODERATECTL_OK) {
        rc = webhooks_check(&w);
    }

    if (rc != MODERATECTL_OK) {
        fprintf(stderr, "\"moderatectl webhooks --help\" tells more\n");
        return rc;
    }

    rc = webhooks_start(&w);

    if (rc == MODERATECTL_OK && !webhooks_stop) {
        rc = webhooks_run(&w);
    }

    webhooks_destroy(&w);

    return rc;
}


static int
webhooks_options(webhooks_t *w, int argc, char **argv)
{
    int  c, rc;

    rc = MODERATECTL_OK;

    while (rc == MODERATECTL_OK) {
        c = getopt_long(argc, argv, "h", webhooks_long, NULL);

        switch (c) {

        case -1:
            if (argv[optind] != NULL) {
                fprintf(stderr, "moderatectl: unexpected \"%s\"\n",
                        argv[optind]);
                return MODERATECTL_USAGE;
            }

            return MODERATECTL_OK;

        case 'a':
            w->api_url = optarg;
            break;

        case 'c':
            w->credentials = optarg;
            break;

        case 'f':
            w->config_name = optarg;
            break;

        case 's':
            w->state_name = optarg;
            break;

        case 'i':
            rc = webhooks_number(optarg, &w->interval);
            break;

        case 'd':
            rc = webhooks_number(optarg, &w->dead_after);
            break;

        case 'o':
            w->once = 1;
            break;

        case 'h':
            w->help = 1;
            return MODERATECTL_OK;

        default:
            return MODERATECTL_USAGE;
        }
    }

    return rc;
}


static int
webhooks_number(const char *s, long *number)
{
    char  *end;

    errno = 0;
    *number = strtol(s, &end, 10);

    if (end == s || *end != '\0' || errno != 0 || *number < 1
        || *number > WEBHOOKS_SECONDS)
    {
        fprintf(stderr, "moderatectl: \"%s\": expected 1 to %ld seconds\n", s,
                WEBHOOKS_SECONDS);
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static int
webhooks_check(const webhooks_t *w)
{
    if (w->config_name == NULL || w->state_name == NULL) {
        fprintf(stderr, "moderatectl: --config and --state are needed\n");
        return MODERATECTL_USAGE;
    }

    if (w->api_url == NULL || *w->api_url == '\0') {
        fprintf(stderr, "moderatectl: where is the API? set --api URL or "
                "MODERATE_API\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static int
webhooks_signals(void)
{
    struct sigaction  action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = webhooks_signal;

    if (sigaction(SIGTERM, &action, NULL) != 0
        || sigaction(SIGINT, &action, NULL) != 0)
    {
        return moderatectl_no_memory();
    }

    return MODERATECTL_OK;
}


static void
webhooks_signal(int signo)
{
    (void) signo;

    webhooks_stop = 1;
}


static int
webhooks_start(webhooks_t *w)
{
    int  rc;

    srandom((unsigned) getpid());

    rc = webhooks_signals();

    if (rc == MODERATECTL_OK) {
        rc = webhooks_config(w);
    }

    if (rc == MODERATECTL_OK) {
        rc = webhooks_state_read(w);
    }

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    w->api = moderatectl_api_create(w->api_url, w->credentials);

    if (w->api == NULL) {
        return MODERATECTL_USAGE;
    }

    w->multi = curl_multi_init();

    if (w->multi == NULL) {
        return moderatectl_no_memory();
    }

    rc = webhooks_meet(w);

    return (rc == MODERATECTL_OK && !webhooks_stop) ? webhooks_place(w) : rc;
}


/* Asks which site it is; nginx may start later than we do. */

static int
webhooks_meet(webhooks_t *w)
{
    int          rc;
    json_t      *me;
    const char  *site;

    while (!webhooks_stop) {
        rc = moderatectl_api_call(w->api, "me", NULL, NULL, &me);

        if (rc == MODERATECTL_TROUBLE && !w->once) {
            rc = webhooks_pause(w);

            if (rc != MODERATECTL_OK) {
                return rc;
            }

            continue;
        }

        if (rc != MODERATECTL_OK) {
            return rc;
        }

        w->api_failed = 0;
        w->api_due = 0;

        site = json_string_value(json_object_get(me, "site"));
        w->site = strdup(site != NULL ? site : "");
        json_decref(me);

        if (w->site == NULL) {
            return moderatectl_no_memory();
        }

        if (*w->site == '\0') {
            fprintf(stderr, "moderatectl: the API does not tell its site\n");
            return MODERATECTL_TROUBLE;
        }

        break;
    }

    return MODERATECTL_OK;
}


/* Waits for nginx, longer each time. */

static int
webhooks_pause(webhooks_t *w)
{
    (void) webhooks_failed(w, MODERATECTL_TROUBLE);

    while (!webhooks_stop && webhooks_clock() < w->api_due) {
        if (curl_multi_poll(w->multi, NULL, 0, 200, NULL) != CURLM_OK) {
            return moderatectl_no_memory();
        }
    }

    return MODERATECTL_OK;
}


/* Where a target begins is kept before anything is sent to it. */

static int
webhooks_place(webhooks_t *w)
{
    int                 rc;
    char                end[MODERATECTL_SEQ_LEN];
    size_t              i;
    webhooks_target_t  *target;

    rc = webhooks_state_place(w);

    if (rc == MODERATECTL_OK) {
        rc = webhooks_gaps(w);
    }

    end[0] = '\0';

    for (i = 0; i < w->n && rc == MODERATECTL_OK && !webhooks_stop; i++) {
        target = &w->targets[i];

        if (target->placed) {
            continue;
        }

        if (!target->from_start) {
            rc = webhooks_end_of_log(w, end);
            memcpy(target->after, end, sizeof(end));
        }

        target->placed = 1;
    }

    if (rc != MODERATECTL_OK || webhooks_stop) {
        return rc;
    }

    return webhooks_state_write(w);
}


/* Goes on from what was found for the target before. */

static int
webhooks_end_of_log(webhooks_t *w, char *seq)
{
    int          rc;
    size_t       n;
    json_t      *events;

    while (!webhooks_stop) {
        rc = webhooks_events_after(w, seq, 1000, &events);

        if (rc == MODERATECTL_TROUBLE && !w->once) {
            rc = webhooks_pause(w);

            if (rc != MODERATECTL_OK) {
                return rc;
            }

            continue;
        }

        if (rc != MODERATECTL_OK) {
            return rc;
        }

        n = json_array_size(events);

        if (n != 0) {
            snprintf(seq, MODERATECTL_SEQ_LEN, "%s",
                     json_string_value(json_object_get(
                                    json_array_get(events, n - 1), "seq")));
        }

        json_decref(events);

        if (n == 0) {
            break;
        }
    }

    return MODERATECTL_OK;
}


/* What was removed from the log before it was sent is not lost in silence. */

static int
webhooks_gaps(webhooks_t *w)
{
    int                 rc;
    size_t              i;
    json_t             *events;
    const char         *first;
    moderatectl_seq_t   oldest, after;
    webhooks_target_t  *target;

    rc = webhooks_events_after(w, "", 1, &events);

    if (rc != MODERATECTL_OK) {
        return (rc == MODERATECTL_TROUBLE && !w->once) ? MODERATECTL_OK : rc;
    }

    first = json_string_value(json_object_get(json_array_get(events, 0),
                                              "seq"));

    for (i = 0; i < w->n && first != NULL; i++) {
        target = &w->targets[i];

        if (target->placed && target->after[0] != '\0'
            && moderatectl_seq_read(first, &oldest) == 0
            && moderatectl_seq_read(target->after, &after) == 0
            && moderatectl_seq_order(&after, &oldest) < 0)
        {
            fprintf(stderr, "moderatectl: %s: \"%s\": the log now begins at "
                    "%s: events between that and %s may have been removed "
                    "before they were sent\n", w->site, target->name, first,
                    target->after);
        }
    }

    json_decref(events);

    return MODERATECTL_OK;
}


static int
webhooks_run(webhooks_t *w)
{
    int     rc, idle;
    size_t  i, done;

    for ( ;; ) {
        rc = MODERATECTL_OK;
        done = 0;
        idle = 1;

        for (i = 0; i < w->n && rc == MODERATECTL_OK && !webhooks_stop; i++) {
            rc = webhooks_go_on(w, &w->targets[i], &idle);
        }

        if (rc == MODERATECTL_OK) {
            rc = webhooks_sent(w, &done);
        }

        if (rc != MODERATECTL_OK) {
            return rc;
        }

        if (webhooks_stop || (w->once && idle)) {
            break;
        }

        if (done == 0) {
            rc = webhooks_poll(w);

            if (rc != MODERATECTL_OK) {
                return rc;
            }
        }
    }

    return webhooks_outcome(w);
}


/* A target that has nothing on its way gets its next event. */

static int
webhooks_go_on(webhooks_t *w, webhooks_target_t *target, int *idle)
{
    int            rc, end;
    const json_t  *event;

    if (target->left) {
        return MODERATECTL_OK;
    }

    if (target->busy || webhooks_clock() < target->due) {

        if (target->busy || target->body != NULL) {
            *idle = 0;
        }

        return MODERATECTL_OK;
    }

    while (target->body == NULL) {

        if (target->next == json_array_size(target->page)) {
            rc = webhooks_page(w, target, &end);

            if (rc != MODERATECTL_OK || end) {
                return rc;
            }
        }

        event = json_array_get(target->page, target->next++);
        rc = webhooks_event(target, w->site, event);

        if (rc != MODERATECTL_OK) {
            return rc;
        }

        if (target->body == NULL) {
            memcpy(target->after, target->seq, sizeof(target->after));
            target->ahead = 1;
        }
    }

    *idle = 0;

    return webhooks_send(w, target);
}


/* Reads further; *end: there is nothing more as yet. */

static int
webhooks_page(webhooks_t *w, webhooks_target_t *target, int *end)
{
    int  rc;

    *end = 1;

    json_decref(target->page);
    target->page = NULL;
    target->next = 0;

    if (target->ahead) {
        rc = webhooks_state_write(w);

        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    if (webhooks_clock() < w->api_due) {
        return MODERATECTL_OK;
    }

    if (target->doubt) {
        target->doubt = 0;
        rc = webhooks_gaps(w);

        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    rc = webhooks_events_after(w, target->after, 100, &target->page);

    if (rc != MODERATECTL_OK) {
        return webhooks_failed(w, rc);
    }

    w->api_failed = 0;
    *end = json_array_size(target->page) == 0;

    if (*end) {
        target->due = webhooks_clock() + (double) w->interval;
    }

    return MODERATECTL_OK;
}


static int
webhooks_events_after(webhooks_t *w, const char *after, int limit,
    json_t **events)
{
    int                 rc;
    char                path[WEBHOOKS_PATH];
    size_t              i;
    json_t             *answer, *event;
    const char         *seq;
    moderatectl_seq_t   read;

    snprintf(path, sizeof(path), "events?limit=%d&after=%s", limit, after);

    rc = moderatectl_api_call(w->api, path, NULL, NULL, &answer);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    *events = json_incref(json_object_get(answer, "events"));
    json_decref(answer);

    json_array_foreach(*events, i, event) {
        seq = json_string_value(json_object_get(event, "seq"));

        if (seq == NULL || moderatectl_seq_read(seq, &read) != 0) {
            break;
        }
    }

    if (!json_is_array(*events) || i != json_array_size(*events)) {
        fprintf(stderr, "moderatectl: the API does not tell events\n");
        json_decref(*events);
        *events = NULL;
        return MODERATECTL_TROUBLE;
    }

    return MODERATECTL_OK;
}


/*
 * A service waits for an nginx that is away, and for a Redis behind it, longer
 * each time; whoever looks once is told.
 */

static int
webhooks_failed(webhooks_t *w, int rc)
{
    double    wait;
    unsigned  i;

    if (w->once) {
        return rc;
    }

    wait = 1;

    for (i = 0; i < w->api_failed && wait < WEBHOOKS_API_WAIT; i++) {
        wait *= 2;
    }

    w->api_failed++;
    w->api_due = webhooks_clock()
                 + (wait < WEBHOOKS_API_WAIT ? wait : WEBHOOKS_API_WAIT);

    return MODERATECTL_OK;
}


/* Waits for answers, or for what is due next; signals are looked for. */

static int
webhooks_poll(webhooks_t *w)
{
    double  now, wait, due;
    size_t  i;

    now = webhooks_clock();
    wait = 0.5;

    for (i = 0; i < w->n; i++) {

        if (w->targets[i].busy || w->targets[i].left) {
            continue;
        }

        due = w->targets[i].due;

        if (w->targets[i].body == NULL && due < w->api_due) {
            due = w->api_due;
        }

        if (due - now < wait) {
            wait = due - now;
        }
    }

    if (curl_multi_poll(w->multi, NULL, 0, wait > 0 ? (int) (wait * 1000) + 1
                                                    : 0, NULL)
        != CURLM_OK)
    {
        return moderatectl_no_memory();
    }

    return MODERATECTL_OK;
}


static int
webhooks_outcome(const webhooks_t *w)
{
    int     rc;
    size_t  i;

    rc = MODERATECTL_OK;

    for (i = 0; i < w->n; i++) {

        if (w->targets[i].dead) {
            fprintf(stderr, "moderatectl: %s: \"%s\" is still dead, at event "
                    "%s\n", w->site, w->targets[i].name, w->targets[i].seq);
        }

        if (w->targets[i].dead || w->targets[i].left) {
            rc = MODERATECTL_REFUSED;
        }
    }

    return rc;
}


static void
webhooks_destroy(webhooks_t *w)
{
    size_t              i;
    webhooks_target_t  *target;

    for (i = 0; i < w->n && i < WEBHOOKS_TARGETS_MAX; i++) {
        target = &w->targets[i];

        if (target->busy) {
            curl_multi_remove_handle(w->multi, target->curl);
        }

        curl_easy_cleanup(target->curl);
        curl_slist_free_all(target->headers);
        json_decref(target->page);
        free(target->body);
        OPENSSL_cleanse(target->keys, sizeof(target->keys));
    }

    curl_multi_cleanup(w->multi);
    moderatectl_api_destroy(w->api);
    json_decref(w->config);
    json_decref(w->state);
    free(w->site);

    if (w->lock != -1) {
        close(w->lock);
    }
}
