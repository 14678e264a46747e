
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl rules push, activate, canary, rollback, policy, history, status:
 * rule sets that a fleet shares, through the API of one of its nginx.
 */


#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules_fleet.h"


#define FLEET_PATH  256


typedef struct {
    const char             *api;
    const char             *credentials;
    const char             *note;
    int                     json;
    int                     help;

    const char             *name;
    char                  **args;
    int                     nargs;
} fleet_t;

typedef struct {
    const char             *name;
    int                     nargs;      /* behind NAME; -1: one or more */
    int                   (*run)(fleet_t *f, moderatectl_api_t *api);
} fleet_command_t;


static const struct option  fleet_long[] = {
    { "api", required_argument, NULL, 'a' },
    { "credentials", required_argument, NULL, 'c' },
    { "note", required_argument, NULL, 'n' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static int fleet_options(fleet_t *f, int argc, char **argv);
static const fleet_command_t *fleet_command(const char *name);
static int fleet_push(fleet_t *f, moderatectl_api_t *api);
static int fleet_activate(fleet_t *f, moderatectl_api_t *api);
static int fleet_canary(fleet_t *f, moderatectl_api_t *api);
static int fleet_rollback(fleet_t *f, moderatectl_api_t *api);
static int fleet_policy(fleet_t *f, moderatectl_api_t *api);
static int fleet_status(fleet_t *f, moderatectl_api_t *api);
static int fleet_history(fleet_t *f, moderatectl_api_t *api);
static int fleet_change(fleet_t *f, moderatectl_api_t *api, const char *verb,
    json_t *body);
static int fleet_state(fleet_t *f, moderatectl_api_t *api, json_t **state);
static int fleet_path(const fleet_t *f, const char *verb, char *path);
static void fleet_changed(const fleet_t *f, const json_t *answer);
static void fleet_version(const char *title, const json_t *one);
static void fleet_counts(const json_t *counts);
static void fleet_proposal(const json_t *state);
static void fleet_entry(const json_t *entry);
static void fleet_what(const json_t *entry);
static void fleet_text(const json_t *value);
static void fleet_time(const json_t *value);


static const fleet_command_t  fleet_commands[] = {
    { "push", -1, fleet_push },
    { "activate", 1, fleet_activate },
    { "canary", 2, fleet_canary },
    { "rollback", 0, fleet_rollback },
    { "policy", 1, fleet_policy },
    { "history", 0, fleet_history },
    { "status", 0, fleet_status },
    { NULL, 0, NULL }
};

static const char  fleet_usage[] =
    "usage: moderatectl rules push NAME PATH... [--note TEXT]\n"
    "       moderatectl rules activate NAME VERSION\n"
    "       moderatectl rules canary NAME VERSION SHARE%\n"
    "       moderatectl rules rollback NAME\n"
    "       moderatectl rules policy NAME one-person|two-person\n"
    "       moderatectl rules status NAME\n"
    "       moderatectl rules history NAME\n"
    "\n"
    "Rule sets that every nginx with \"moderate_rules redis:NAME\" follows.\n"
    "push compiles a version, tries its examples and stores it; activate\n"
    "makes it the one in use; canary gives it a share of the submissions;\n"
    "rollback ends a canary, or goes back to the version before.  With the\n"
    "policy two-person, two admins have to ask for the same.\n"
    "\n"
    "  --api URL           where the moderation API is, or MODERATE_API\n"
    "  --credentials FILE  with user:password, or MODERATE_CREDENTIALS\n"
    "  --json              the answer as it is\n"
    "\n"
    "Exits with 0 when it is done or proposed, 1 when the API said no or the\n"
    "rules are wrong, 2 for a wrong command line, 3 when the API cannot be\n"
    "reached.\n";


int
moderatectl_rules_fleet(int argc, char **argv)
{
    int                     rc;
    fleet_t                 f;
    moderatectl_api_t      *api;
    const fleet_command_t  *command;

    memset(&f, 0, sizeof(fleet_t));

    f.api = getenv("MODERATE_API");
    f.credentials = getenv("MODERATE_CREDENTIALS");

    command = fleet_command(argv[0]);
    rc = fleet_options(&f, argc, argv);

    if (f.help) {
        fputs(fleet_usage, stdout);
        return MODERATECTL_OK;
    }

    if (rc == MODERATECTL_OK
        && (f.name == NULL || command == NULL
            || (command->nargs < 0 ? f.nargs < 1 : f.nargs != command->nargs)))
    {
        fprintf(stderr, "moderatectl: wrong arguments for \"rules %s\"\n",
                argv[0]);
        rc = MODERATECTL_USAGE;
    }

    if (rc == MODERATECTL_OK && f.api == NULL) {
        fprintf(stderr, "moderatectl: needs --api URL or MODERATE_API\n");
        rc = MODERATECTL_USAGE;
    }

    if (rc != MODERATECTL_OK) {
        fprintf(stderr, "\"moderatectl rules %s --help\" tells more\n",
                argv[0]);
        return rc;
    }

    api = moderatectl_api_create(f.api, f.credentials);

    if (api == NULL) {
        return MODERATECTL_USAGE;
    }

    rc = command->run(&f, api);

    moderatectl_api_destroy(api);

    return rc;
}


static int
fleet_options(fleet_t *f, int argc, char **argv)
{
    int  c;

    optind = 1;

    while ((c = getopt_long(argc, argv, "", fleet_long, NULL)) != -1) {

        switch (c) {

        case 'a':
            f->api = optarg;
            break;

        case 'c':
            f->credentials = optarg;
            break;

        case 'n':
            f->note = optarg;
            break;

        case 'j':
            f->json = 1;
            break;

        case 'h':
            f->help = 1;
            return MODERATECTL_OK;

        default:
            return MODERATECTL_USAGE;
        }
    }

    if (optind < argc) {
        f->name = argv[optind];
        f->args = argv + optind + 1;
        f->nargs = argc - optind - 1;
    }

    return MODERATECTL_OK;
}


static const fleet_command_t *
fleet_command(const char *name)
{
    const fleet_command_t  *c;

    for (c = fleet_commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            return c;
        }
    }

    return NULL;
}


/* checked here first, where messages name the files as they are here */

static int
fleet_push(fleet_t *f, moderatectl_api_t *api)
{
    int                  i, rc;
    char                 path[FLEET_PATH];
    json_t              *body, *answer;
    moderatectl_judge_t  judge;
    moderatectl_paths_t  paths;
    vet_errors_t         errors;

    memset(&errors, 0, sizeof(vet_errors_t));
    memset(&paths, 0, sizeof(moderatectl_paths_t));
    memset(&judge, 0, sizeof(moderatectl_judge_t));

    for (i = 0; i < f->nargs; i++) {
        rc = moderatectl_paths_add(&paths, f->args[i]);
        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    rc = moderatectl_judge_open(&judge, &paths, &errors);
    moderatectl_judge_destroy(&judge);

    if (rc == MODERATECTL_REFUSED) {
        moderatectl_print_errors(stderr, &errors);
    }

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    body = json_object();
    rc = moderatectl_bundle(&paths, body);

    if (f->note != NULL) {
        json_object_set_new(body, "note", json_string(f->note));
    }

    if (rc == MODERATECTL_OK) {
        rc = fleet_path(f, "/push", path);
    }

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_api_call(api, path, body, NULL, &answer);
    }

    json_decref(body);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    if (f->json) {
        rc = moderatectl_print_json(stdout, answer, JSON_INDENT(2));

    } else {
        fleet_text(json_object_get(answer, "version"));
        printf("%s\n", json_is_true(json_object_get(answer, "known"))
                       ? " is there already" : " pushed");
    }

    json_decref(answer);

    return rc;
}


static int
fleet_activate(fleet_t *f, moderatectl_api_t *api)
{
    return fleet_change(f, api, "/activate",
                        json_pack("{s:s}", "version", f->args[0]));
}


static int
fleet_canary(fleet_t *f, moderatectl_api_t *api)
{
    char    *end;
    double   share;

    share = strtod(f->args[1], &end);

    if (end == f->args[1] || strcmp(end, "%") != 0
        || !(share > 0 && share <= 100))
    {
        fprintf(stderr, "moderatectl: \"%s\" is no share, expected one like "
                "\"5%%\"\n", f->args[1]);
        return MODERATECTL_USAGE;
    }

    return fleet_change(f, api, "/canary",
                        json_pack("{s:s, s:f}", "version", f->args[0],
                                  "share", share));
}


static int
fleet_rollback(fleet_t *f, moderatectl_api_t *api)
{
    return fleet_change(f, api, "/rollback", json_object());
}


static int
fleet_policy(fleet_t *f, moderatectl_api_t *api)
{
    int  two;

    two = (strcmp(f->args[0], "two-person") == 0);

    if (!two && strcmp(f->args[0], "one-person") != 0) {
        fprintf(stderr, "moderatectl: unknown policy \"%s\", expected "
                "\"one-person\" or \"two-person\"\n", f->args[0]);
        return MODERATECTL_USAGE;
    }

    return fleet_change(f, api, "/policy",
                        json_pack("{s:b}", "two_person", two));
}


/* body is taken over; it is about things as they are now */

static int
fleet_change(fleet_t *f, moderatectl_api_t *api, const char *verb,
    json_t *body)
{
    int      rc;
    char     path[FLEET_PATH], revision[32];
    json_t  *state, *answer;

    rc = fleet_state(f, api, &state);

    if (rc == MODERATECTL_OK) {
        snprintf(revision, sizeof(revision), "%lld",
                 (long long) moderatectl_number(state, "revision"));
        json_decref(state);

        rc = fleet_path(f, verb, path);
    }

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_api_call(api, path, body, revision, &answer);
    }

    json_decref(body);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    if (f->json) {
        rc = moderatectl_print_json(stdout, answer, JSON_INDENT(2));

    } else {
        fleet_changed(f, answer);
    }

    json_decref(answer);

    return rc;
}


static int
fleet_state(fleet_t *f, moderatectl_api_t *api, json_t **state)
{
    int   rc;
    char  path[FLEET_PATH];

    rc = fleet_path(f, "", path);

    return (rc == MODERATECTL_OK)
           ? moderatectl_api_call(api, path, NULL, NULL, state) : rc;
}


static int
fleet_path(const fleet_t *f, const char *verb, char *path)
{
    int    n;
    char  *name;

    name = moderatectl_api_escape(f->name);

    if (name == NULL) {
        return moderatectl_no_memory();
    }

    n = snprintf(path, FLEET_PATH, "rulesets/%s%s", name, verb);
    free(name);

    if (n < 0 || n >= FLEET_PATH) {
        fprintf(stderr, "moderatectl: too long a name\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static void
fleet_changed(const fleet_t *f, const json_t *answer)
{
    const char  *action;

    action = json_string_value(json_object_get(answer, "action"));

    if (action != NULL && strcmp(action, "active") == 0) {
        fleet_text(json_object_get(answer, "version"));
        printf(" is active already\n");
        return;
    }

    if (action != NULL && strcmp(action, "propose") == 0) {
        fleet_proposal(answer);
        printf("another admin has to ask for the same, within a day\n");
        return;
    }

    printf("%s: ", f->name);
    fleet_what(answer);
    printf("\n");

    fleet_version("active", json_object_get(answer, "active"));
    fleet_version("canary", json_object_get(answer, "canary"));
}


static int
fleet_status(fleet_t *f, moderatectl_api_t *api)
{
    int      rc;
    size_t   i;
    json_t  *state, *one;

    rc = fleet_state(f, api, &state);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    if (f->json) {
        rc = moderatectl_print_json(stdout, state, JSON_INDENT(2));
        json_decref(state);
        return rc;
    }

    fleet_version("active", json_object_get(state, "active"));
    fleet_version("canary", json_object_get(state, "canary"));
    fleet_proposal(state);

    printf("policy  %s\n", json_is_true(json_object_get(state, "two"))
                           ? "two-person" : "one-person");

    json_array_foreach(json_object_get(state, "versions"), i, one) {
        printf("version ");
        fleet_text(json_object_get(one, "version"));
        printf("  ");
        fleet_time(json_object_get(one, "time"));
        printf("  %lld rules  ", (long long) moderatectl_number(one, "rules"));
        fleet_text(json_object_get(one, "by"));

        if (json_is_string(json_object_get(one, "note"))) {
            printf("  ");
            fleet_text(json_object_get(one, "note"));
        }

        printf("\n");
    }

    json_decref(state);

    return MODERATECTL_OK;
}


static void
fleet_version(const char *title, const json_t *one)
{
    if (!json_is_object(one)) {
        return;
    }

    printf("%s  ", title);
    fleet_text(json_object_get(one, "version"));

    if (json_object_get(one, "share") != NULL) {
        printf("  %.2f%%", (double) moderatectl_number(one, "share") / 100);
    }

    printf("  ");
    fleet_text(json_object_get(one, "by"));

    if (json_is_string(json_object_get(one, "confirmed"))) {
        printf(" and ");
        fleet_text(json_object_get(one, "confirmed"));
    }

    fleet_counts(json_object_get(one, "counts"));

    printf("\n");
}


/* what shares of two versions can be compared by */

static void
fleet_counts(const json_t *counts)
{
    size_t      i;
    json_int_t  n, all;

    static const char  *verdicts[] = {
        "PASSED", "HELD", "REJECTED", "UNREADABLE", "FAILED"
    };
    static const char  *words[] = {
        "passed", "held", "rejected", "unreadable", "failed"
    };

    if (!json_is_object(counts)) {
        return;
    }

    all = 0;

    for (i = 0; i < 5; i++) {
        all += moderatectl_number(counts, verdicts[i]);
    }

    printf("  %lld submissions", (long long) all);

    for (i = 0; i < 5; i++) {
        n = moderatectl_number(counts, verdicts[i]);

        if (n != 0) {
            printf(", %lld %s (%.2f%%)", (long long) n, words[i],
                   100.0 * (double) n / (double) all);
        }
    }
}


static void
fleet_proposal(const json_t *state)
{
    json_t  *proposal;

    proposal = json_object_get(state, "proposal");

    if (!json_is_object(proposal)) {
        return;
    }

    printf("proposed  ");
    fleet_what(proposal);
    printf("  ");
    fleet_text(json_object_get(proposal, "by"));
    printf("  ");
    fleet_time(json_object_get(proposal, "time"));
    printf("\n");
}


static int
fleet_history(fleet_t *f, moderatectl_api_t *api)
{
    int      rc;
    char     path[FLEET_PATH], verb[64];
    size_t   i;
    json_t  *answer, *entry, *next;

    snprintf(verb, sizeof(verb), "/history");

    for ( ;; ) {
        rc = fleet_path(f, verb, path);

        if (rc == MODERATECTL_OK) {
            rc = moderatectl_api_call(api, path, NULL, NULL, &answer);
        }

        if (rc != MODERATECTL_OK) {
            return rc;
        }

        json_array_foreach(json_object_get(answer, "entries"), i, entry) {

            if (f->json) {
                rc = moderatectl_print_json(stdout, entry, JSON_COMPACT);

            } else {
                fleet_entry(entry);
            }
        }

        next = json_object_get(answer, "next");

        if (rc != MODERATECTL_OK || !json_is_integer(next)) {
            json_decref(answer);
            return rc;
        }

        snprintf(verb, sizeof(verb), "/history?before=%lld",
                 (long long) json_integer_value(next));

        json_decref(answer);
    }
}


static void
fleet_entry(const json_t *entry)
{
    printf("%lld  ", (long long) moderatectl_number(entry, "revision"));
    fleet_time(json_object_get(entry, "time"));
    printf("  ");
    fleet_text(json_object_get(entry, "actor"));
    printf("  ");
    fleet_what(entry);

    if (json_is_string(json_object_get(entry, "confirms"))) {
        printf("  proposed by ");
        fleet_text(json_object_get(entry, "confirms"));
    }

    if (json_is_string(json_object_get(entry, "note"))) {
        printf("  ");
        fleet_text(json_object_get(entry, "note"));
    }

    printf("\n");
}


static void
fleet_what(const json_t *entry)
{
    const char  *action;

    action = json_string_value(json_object_get(entry, "action"));

    fleet_text(json_object_get(entry, "action"));

    if (json_is_string(json_object_get(entry, "version"))) {
        printf(" ");
        fleet_text(json_object_get(entry, "version"));
    }

    if (moderatectl_number(entry, "share") != 0) {
        printf(" %.2f%%", (double) moderatectl_number(entry, "share") / 100);
    }

    if (action != NULL && strcmp(action, "policy") == 0) {
        printf(" %s", moderatectl_number(entry, "on") ? "two-person"
                                                      : "one-person");
    }
}


static void
fleet_text(const json_t *value)
{
    if (json_is_string(value)) {
        moderatectl_print(stdout, json_string_value(value),
                          json_string_length(value), -1);

    } else {
        printf("-");
    }
}


static void
fleet_time(const json_t *value)
{
    char       text[32];
    time_t     t;
    struct tm  tm;

    t = (time_t) (json_integer_value(value) / 1000);

    if (gmtime_r(&t, &tm) == NULL
        || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    {
        printf("-");
        return;
    }

    printf("%s", text);
}
