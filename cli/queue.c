
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl queue: what is held, and what becomes of it.
 */


#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue.h"


#define MODERATECTL_PAGE         100      /* items asked for at a time */
#define MODERATECTL_LIMIT        50       /* items listed unless told */
#define MODERATECTL_LIMIT_MAX    1000000
#define MODERATECTL_PATH_LEN     2048


typedef enum {
    MODERATECTL_LISTS = 0,
    MODERATECTL_SHOWS,                  /* POST with reveal */
    MODERATECTL_DECIDES,                /* the version that is there */
    MODERATECTL_NOTES
} moderatectl_queue_kind_t;

typedef struct {
    const char                 *name;
    moderatectl_queue_kind_t    kind;
} moderatectl_action_t;

typedef struct {
    const moderatectl_action_t *does;
    const char             *action;
    const char             *id;
    const char             *api;
    const char             *credentials;
    const char             *state;
    const char             *reason;
    const char             *text;
    const char             *form;
    const char             *rule;
    const char             *category;
    long                    limit;
    int                     json;
    int                     help;
} moderatectl_queue_t;


static const struct option  moderatectl_queue_long[] = {
    { "api", required_argument, NULL, 'a' },
    { "credentials", required_argument, NULL, 'c' },
    { "state", required_argument, NULL, 's' },
    { "limit", required_argument, NULL, 'l' },
    { "form", required_argument, NULL, 'f' },
    { "rule", required_argument, NULL, 'u' },
    { "category", required_argument, NULL, 'g' },
    { "reason", required_argument, NULL, 'r' },
    { "text", required_argument, NULL, 't' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static const moderatectl_action_t  moderatectl_actions[] = {
    { "list", MODERATECTL_LISTS },
    { "show", MODERATECTL_SHOWS },
    { "reveal", MODERATECTL_SHOWS },
    { "claim", MODERATECTL_DECIDES },
    { "unclaim", MODERATECTL_DECIDES },
    { "approve", MODERATECTL_DECIDES },
    { "reject", MODERATECTL_DECIDES },
    { "undo", MODERATECTL_DECIDES },
    { "note", MODERATECTL_NOTES },
    { NULL, MODERATECTL_LISTS }
};


static int moderatectl_queue_options(moderatectl_queue_t *q, int argc,
    char **argv);
static int moderatectl_queue_limit(const char *s, long *limit);
static int moderatectl_queue_check(moderatectl_queue_t *q);
static int moderatectl_queue_run(moderatectl_queue_t *q,
    moderatectl_api_t *api);
static int moderatectl_queue_list(moderatectl_queue_t *q,
    moderatectl_api_t *api);
static long moderatectl_queue_items(moderatectl_queue_t *q,
    const json_t *page, long max, json_t *all);
static int moderatectl_queue_page(moderatectl_queue_t *q,
    moderatectl_api_t *api, long n, const char *before, json_t **answer);
static int moderatectl_queue_show(moderatectl_queue_t *q,
    moderatectl_api_t *api);
static int moderatectl_queue_decide(moderatectl_queue_t *q,
    moderatectl_api_t *api);
static int moderatectl_queue_post(moderatectl_queue_t *q,
    moderatectl_api_t *api, json_t *body, json_t **answer);
static int moderatectl_queue_note(moderatectl_queue_t *q,
    moderatectl_api_t *api);
static int moderatectl_queue_result(moderatectl_queue_t *q,
    const json_t *answer);
static int moderatectl_queue_fetch(moderatectl_queue_t *q,
    moderatectl_api_t *api, json_t **item);
static int moderatectl_queue_path(char *path, const char *id,
    const char *action);


static const char  moderatectl_queue_usage[] =
    "usage: moderatectl queue list [--state STATE] [--form PATH] [--rule ID]\n"
    "                              [--category NAME] [--limit N] [--json]\n"
    "       moderatectl queue show | reveal ID [--json]\n"
    "       moderatectl queue claim | unclaim | approve | undo ID [--json]\n"
    "       moderatectl queue reject ID --reason CODE [--text TEXT] [--json]\n"
    "       moderatectl queue note ID --text TEXT [--json]\n"
    "\n"
    "\"reveal\" shows personal data, which \"show\" hides; that is recorded.\n"
    "\n"
    "  --api URL           where the moderation API is, or MODERATE_API\n"
    "  --credentials FILE  with user:password, or MODERATE_CREDENTIALS\n"
    "\n"
    "Exits with 0 when all went well, 1 when the API said no or a delivery\n"
    "did not succeed, 2 for a wrong command line, 3 when the API cannot be\n"
    "reached.\n";


int
moderatectl_queue(int argc, char **argv)
{
    int                   rc;
    moderatectl_api_t    *api;
    moderatectl_queue_t   q;

    memset(&q, 0, sizeof(moderatectl_queue_t));

    q.api = getenv("MODERATE_API");
    q.credentials = getenv("MODERATE_CREDENTIALS");
    q.limit = MODERATECTL_LIMIT;

    rc = moderatectl_queue_options(&q, argc, argv);

    if (q.help) {
        fputs(moderatectl_queue_usage, stdout);
        return MODERATECTL_OK;
    }

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_queue_check(&q);
    }

    if (rc != MODERATECTL_OK) {
        fprintf(stderr, "\"moderatectl queue --help\" tells more\n");
        return rc;
    }

    api = moderatectl_api_create(q.api, q.credentials);

    if (api == NULL) {
        return MODERATECTL_USAGE;
    }

    rc = moderatectl_queue_run(&q, api);

    moderatectl_api_destroy(api);

    return rc;
}


static int
moderatectl_queue_options(moderatectl_queue_t *q, int argc, char **argv)
{
    int  c;

    for ( ;; ) {
        c = getopt_long(argc, argv, "h", moderatectl_queue_long, NULL);
        if (c == -1) {
            break;
        }

        switch (c) {

        case 'a':
            q->api = optarg;
            break;

        case 'c':
            q->credentials = optarg;
            break;

        case 's':
            q->state = optarg;
            break;

        case 'l':
            if (moderatectl_queue_limit(optarg, &q->limit) != 0) {
                return MODERATECTL_USAGE;
            }
            break;

        case 'f':
            q->form = optarg;
            break;

        case 'u':
            q->rule = optarg;
            break;

        case 'g':
            q->category = optarg;
            break;

        case 'r':
            q->reason = optarg;
            break;

        case 't':
            q->text = optarg;
            break;

        case 'j':
            q->json = 1;
            break;

        case 'h':
            q->help = 1;
            return MODERATECTL_OK;

        default:
            return MODERATECTL_USAGE;
        }
    }

    q->action = argv[optind];

    if (q->action != NULL) {
        optind++;
        q->id = argv[optind];
    }

    if (q->id != NULL && argv[optind + 1] != NULL) {
        fprintf(stderr, "moderatectl: one id at a time\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static int
moderatectl_queue_limit(const char *s, long *limit)
{
    char  *end;

    *limit = strtol(s, &end, 10);

    if (end == s || *end != '\0' || *limit < 1
        || *limit > MODERATECTL_LIMIT_MAX)
    {
        fprintf(stderr, "moderatectl: invalid limit \"%s\"\n", s);
        return -1;
    }

    return 0;
}


static int
moderatectl_queue_check(moderatectl_queue_t *q)
{
    int                          lists;
    const moderatectl_action_t  *a;

    if (q->action == NULL) {
        fprintf(stderr, "moderatectl: list, show, approve or reject?\n");
        return MODERATECTL_USAGE;
    }

    for (a = moderatectl_actions; a->name != NULL; a++) {
        if (strcmp(q->action, a->name) == 0) {
            break;
        }
    }

    if (a->name == NULL) {
        fprintf(stderr, "moderatectl: unknown action \"%s\"\n", q->action);
        return MODERATECTL_USAGE;
    }

    q->does = a;
    lists = (a->kind == MODERATECTL_LISTS);

    if (lists != (q->id == NULL) || (q->id != NULL && *q->id == '\0')) {
        fprintf(stderr, lists ? "moderatectl: list takes no id\n"
                              : "moderatectl: which id?\n");
        return MODERATECTL_USAGE;
    }

    if ((strcmp(q->action, "reject") == 0) != (q->reason != NULL)) {
        fprintf(stderr, "moderatectl: --reason goes with reject, "
                "and reject with --reason\n");
        return MODERATECTL_USAGE;
    }

    if (a->kind == MODERATECTL_NOTES ? q->text == NULL
        : q->text != NULL && q->reason == NULL)
    {
        fprintf(stderr, "moderatectl: note needs --text, and beside it only "
                "reject takes one\n");
        return MODERATECTL_USAGE;
    }

    if (q->api == NULL || *q->api == '\0') {
        fprintf(stderr, "moderatectl: where is the API? set --api URL or "
                "MODERATE_API\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static int
moderatectl_queue_run(moderatectl_queue_t *q, moderatectl_api_t *api)
{
    switch (q->does->kind) {

    case MODERATECTL_LISTS:
        return moderatectl_queue_list(q, api);

    case MODERATECTL_SHOWS:
        return moderatectl_queue_show(q, api);

    case MODERATECTL_NOTES:
        return moderatectl_queue_note(q, api);

    default:
        return moderatectl_queue_decide(q, api);
    }
}


static int
moderatectl_queue_list(moderatectl_queue_t *q, moderatectl_api_t *api)
{
    int      rc;
    long     left, n;
    json_t  *page, *all, *next;

    left = q->limit;
    all = json_array();
    next = NULL;

    do {
        rc = moderatectl_queue_page(q, api, left, json_string_value(next),
                                    &page);
        json_decref(next);
        next = NULL;

        if (rc != MODERATECTL_OK) {
            json_decref(all);
            return rc;
        }

        n = moderatectl_queue_items(q, page, left, all);
        left -= n;

        /* under a filter a page may be empty, and not the last */

        next = json_incref(json_object_get(page, "next"));

        json_decref(page);

    } while (left > 0 && json_is_string(next));

    if (q->json) {
        moderatectl_queue_json(all);

    } else if (left == q->limit) {
        printf("nothing is held\n");

    } else if (json_is_string(next)) {
        fprintf(stderr, "there are more; see --limit\n");
    }

    json_decref(next);
    json_decref(all);

    return MODERATECTL_OK;
}


/* Prints or collects at most max items of a page; returns how many. */

static long
moderatectl_queue_items(moderatectl_queue_t *q, const json_t *page, long max,
    json_t *all)
{
    long     n;
    json_t  *item;
    size_t   i;

    n = 0;

    json_array_foreach(json_object_get(page, "items"), i, item) {

        if (n == max) {
            break;
        }

        n++;

        if (q->json) {
            json_array_append(all, item);
        } else {
            moderatectl_queue_item(item);
        }
    }

    return n;
}


static int
moderatectl_queue_page(moderatectl_queue_t *q, moderatectl_api_t *api, long n,
    const char *before, json_t **answer)
{
    char    path[MODERATECTL_PATH_LEN], *value;
    size_t  i, len;

    const struct {
        const char  *name;
        const char  *value;
    } filters[] = {
        { "state", q->state },
        { "form", q->form },
        { "rule", q->rule },
        { "category", q->category },
        { "before", before }
    };

    len = snprintf(path, sizeof(path), "held?limit=%ld",
                   n > MODERATECTL_PAGE ? MODERATECTL_PAGE : n);

    for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {

        if (filters[i].value == NULL || *filters[i].value == '\0') {
            continue;
        }

        value = moderatectl_api_escape(filters[i].value);
        if (value == NULL) {
            return moderatectl_no_memory();
        }

        len += snprintf(path + len, sizeof(path) - len, "&%s=%s",
                        filters[i].name, value);
        free(value);

        if (len >= sizeof(path)) {
            fprintf(stderr, "moderatectl: too long a %s\n", filters[i].name);
            return MODERATECTL_USAGE;
        }
    }

    return moderatectl_api_call(api, path, NULL, NULL, answer);
}


static int
moderatectl_queue_show(moderatectl_queue_t *q, moderatectl_api_t *api)
{
    int      rc;
    json_t  *item, *elt;
    size_t   i;

    rc = (strcmp(q->action, "reveal") == 0)
         ? moderatectl_queue_post(q, api, NULL, &item)
         : moderatectl_queue_fetch(q, api, &item);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    if (q->json) {
        moderatectl_queue_json(item);
        json_decref(item);
        return MODERATECTL_OK;
    }

    moderatectl_queue_pair("id", json_object_get(item, "id"));
    moderatectl_queue_pair("state", json_object_get(item, "state"));
    moderatectl_queue_pair("claimed by", json_object_get(item, "claimed_by"));
    printf("%-12s", "received");
    moderatectl_queue_time(json_object_get(item, "received"));
    printf("\n");
    moderatectl_queue_pair("form", json_object_get(item, "form"));
    moderatectl_queue_pair("method", json_object_get(item, "method"));
    moderatectl_queue_pair("uri", json_object_get(item, "uri"));
    moderatectl_queue_pair("score", json_object_get(item, "score"));
    moderatectl_queue_pair("unreadable", json_object_get(item, "unreadable"));
    moderatectl_queue_pair("explanation", json_object_get(item,
                                                          "explanation"));
    moderatectl_queue_pair("appeal", json_object_get(item, "appeal"));

    if (json_is_true(json_object_get(item, "masked"))) {
        printf("personal data is hidden; \"queue reveal\" shows it\n");
    }

    printf("\nhits\n");

    json_array_foreach(json_object_get(item, "hits"), i, elt) {
        printf("    ");
        moderatectl_queue_hit(elt);
    }

    printf("\nfields\n");

    json_array_foreach(json_object_get(item, "fields"), i, elt) {
        moderatectl_queue_field(elt);
    }

    printf("\nhistory\n");

    json_array_foreach(json_object_get(item, "history"), i, elt) {
        printf("    ");
        moderatectl_queue_value(elt);
        printf("\n");
    }

    json_decref(item);

    return MODERATECTL_OK;
}


/*
 * The version that is sent is the one of the item as it is now: from a command
 * line nobody has read an older one.  Who comes between gets a 409.
 */

static int
moderatectl_queue_decide(moderatectl_queue_t *q, moderatectl_api_t *api)
{
    int      rc;
    char     path[MODERATECTL_PATH_LEN], number[32];
    json_t  *item, *version, *body, *answer;

    rc = moderatectl_queue_path(path, q->id, q->action);

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_queue_fetch(q, api, &item);
    }

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    version = json_object_get(item, "version");
    snprintf(number, sizeof(number), "%lld",
             (long long) json_integer_value(version));

    body = json_object();

    if (q->reason != NULL) {
        json_object_set_new(body, "reason", json_string(q->reason));
    }

    if (q->text != NULL
        && json_object_set_new(body, "text", json_string(q->text)) != 0)
    {
        fprintf(stderr, "moderatectl: the text is not UTF-8\n");
        json_decref(body);
        json_decref(item);
        return MODERATECTL_USAGE;
    }

    rc = moderatectl_api_call(api, path, body,
                              json_is_string(version)
                              ? json_string_value(version) : number,
                              &answer);
    json_decref(body);
    json_decref(item);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    rc = moderatectl_queue_result(q, answer);
    json_decref(answer);

    return rc;
}


/* A call that needs no version: body is released, and may be NULL. */

static int
moderatectl_queue_post(moderatectl_queue_t *q, moderatectl_api_t *api,
    json_t *body, json_t **answer)
{
    int   rc;
    char  path[MODERATECTL_PATH_LEN];

    if (body == NULL) {
        body = json_object();
    }

    rc = moderatectl_queue_path(path, q->id, q->action);

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_api_call(api, path, body, NULL, answer);
    }

    json_decref(body);

    return rc;
}


static int
moderatectl_queue_note(moderatectl_queue_t *q, moderatectl_api_t *api)
{
    int      rc;
    json_t  *text, *answer;

    text = json_string(q->text);

    if (text == NULL) {
        fprintf(stderr, "moderatectl: the text is not UTF-8\n");
        return MODERATECTL_USAGE;
    }

    rc = moderatectl_queue_post(q, api, json_pack("{s:o}", "text", text),
                                &answer);
    if (rc != MODERATECTL_OK) {
        return rc;
    }

    if (q->json) {
        moderatectl_queue_json(answer);

    } else {
        printf("noted\n");
    }

    json_decref(answer);

    return MODERATECTL_OK;
}


/* An approved item that was not delivered is no success. */

static int
moderatectl_queue_result(moderatectl_queue_t *q, const json_t *answer)
{
    int            rc;
    FILE          *out;
    const char    *state;
    const json_t  *status;

    state = json_string_value(json_object_get(answer, "state"));
    status = json_object_get(json_object_get(answer, "replay"), "status");

    if (state == NULL) {
        fprintf(stderr, "moderatectl: the API did not name the new state\n");
        return MODERATECTL_TROUBLE;
    }

    rc = MODERATECTL_OK;

    if (strcmp(state, "failed") == 0 || strcmp(state, "unknown") == 0) {
        rc = MODERATECTL_REFUSED;
    }

    if (q->json) {
        moderatectl_queue_json(answer);
        return rc;
    }

    out = rc == MODERATECTL_OK ? stdout : stderr;

    moderatectl_print(out, q->id, strlen(q->id), -1);
    fprintf(out, " ");
    moderatectl_print(out, state, strlen(state), -1);

    if (json_integer_value(status) > 0) {
        fprintf(out, ", the portal answered %lld",
                (long long) json_integer_value(status));
    }

    fprintf(out, "\n");

    return rc;
}


static int
moderatectl_queue_fetch(moderatectl_queue_t *q, moderatectl_api_t *api,
    json_t **item)
{
    int   rc;
    char  path[MODERATECTL_PATH_LEN];

    rc = moderatectl_queue_path(path, q->id, NULL);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    return moderatectl_api_call(api, path, NULL, NULL, item);
}


static int
moderatectl_queue_path(char *path, const char *id, const char *action)
{
    int    len;
    char  *escaped;

    escaped = moderatectl_api_escape(id);
    len = -1;

    if (escaped != NULL) {
        len = snprintf(path, MODERATECTL_PATH_LEN, "held/%s%s%s", escaped,
                       action != NULL ? "/" : "",
                       action != NULL ? action : "");
    }

    free(escaped);

    if (len < 0 || len >= MODERATECTL_PATH_LEN) {
        fprintf(stderr, "moderatectl: too long an id\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}
