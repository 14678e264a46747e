
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl rules precision: what moderators made of what each rule has hit,
 * by the figures of the API.
 */


#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "moderatectl.h"


#define PRECISION_FEW  20     /* decisions below which a share says little */


typedef struct {
    moderatectl_days_t      days;
    int                     json;
    int                     help;
} precision_t;


static const struct option  precision_long[] = {
    { "api", required_argument, NULL, 'a' },
    { "credentials", required_argument, NULL, 'c' },
    { "from", required_argument, NULL, 'f' },
    { "to", required_argument, NULL, 't' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static int precision_options(precision_t *p, int argc, char **argv);
static int precision_run(void *data, moderatectl_api_t *api);
static int precision_in_force(const json_t *force, json_t *rules);
static json_t *precision_list(const json_t *rules);
static json_t *precision_rule(const char *id, const json_t *counts);
static int precision_order(const void *one, const void *two);
static void precision_table(const json_t *list, const json_t *stats);
static void precision_string(const json_t *value, int width);


static const char  precision_usage[] =
    "usage: moderatectl rules precision [--from DAY] [--to DAY] [--json]\n"
    "\n"
    "Of each rule, on the days from 2026-11-01 to 2026-11-30, say: how many\n"
    "submissions it has hit, how many of these were held, how many of those a\n"
    "moderator approved and rejected, and the precision, which is the share\n"
    "of the rejected ones among those that were decided.  Without days, the\n"
    "last 30; days are UTC, and 100 at most.  A rejection that was undone or\n"
    "appealed against is not one.\n"
    "\n"
    "  --api URL           where the moderation API is, or MODERATE_API\n"
    "  --credentials FILE  with user:password, or MODERATE_CREDENTIALS\n"
    "\n"
    "Exits with 0, 1 when the API said no, 2 for a wrong command line, 3 when\n"
    "the API cannot be reached.\n";


int
moderatectl_rules_precision(int argc, char **argv)
{
    int          rc;
    precision_t  p;

    memset(&p, 0, sizeof(precision_t));
    moderatectl_days_init(&p.days);

    rc = precision_options(&p, argc, argv);

    if (p.help) {
        fputs(precision_usage, stdout);
        return MODERATECTL_OK;
    }

    return moderatectl_days_run(&p.days, "rules precision", rc,
                                precision_run, &p);
}


static int
precision_options(precision_t *p, int argc, char **argv)
{
    int  c;

    optind = 1;

    while ((c = getopt_long(argc, argv, "", precision_long, NULL)) != -1) {

        switch (c) {

        case 'j':
            p->json = 1;
            break;

        case 'h':
            p->help = 1;
            return MODERATECTL_OK;

        default:
            if (!moderatectl_days_option(&p->days, c, optarg)) {
                return MODERATECTL_USAGE;
            }
        }
    }

    if (optind < argc) {
        fprintf(stderr, "moderatectl: \"%s\" is too much\n", argv[optind]);
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static int
precision_run(void *data, moderatectl_api_t *api)
{
    const precision_t *p = data;

    int      rc;
    json_t  *stats, *force, *list;

    rc = moderatectl_stats(api, &p->days, &stats);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    rc = moderatectl_api_call(api, "rules", NULL, NULL, &force);

    if (rc != MODERATECTL_OK) {
        json_decref(stats);
        return rc;
    }

    rc = precision_in_force(force, json_object_get(stats, "rules"));
    list = precision_list(json_object_get(stats, "rules"));

    if (rc != MODERATECTL_OK || list == NULL) {
        rc = moderatectl_no_memory();

    } else if (p->json) {
        rc = moderatectl_print_json(stdout, list, JSON_INDENT(2));

    } else {
        precision_table(list, stats);
    }

    json_decref(list);
    json_decref(force);
    json_decref(stats);

    return rc;
}


/* a rule that has hit nothing is of interest too */

static int
precision_in_force(const json_t *force, json_t *rules)
{
    size_t       i, k;
    json_t      *set, *rule;
    const char  *id;

    json_array_foreach(json_object_get(force, "sets"), i, set) {
        json_array_foreach(json_object_get(set, "rules"), k, rule) {
            id = json_string_value(json_object_get(rule, "id"));

            if (id != NULL && moderatectl_child(rules, id) == NULL) {
                return MODERATECTL_TROUBLE;
            }
        }
    }

    return MODERATECTL_OK;
}


/* those with most hits first */

static json_t *
precision_list(const json_t *rules)
{
    size_t       i, n;
    json_t      *list, *counts, **all;
    const char  *id;

    n = 0;
    list = json_array();
    all = calloc(json_object_size(rules) + 1, sizeof(json_t *));

    if (list == NULL || all == NULL) {
        free(all);
        json_decref(list);
        return NULL;
    }

    json_object_foreach((json_t *) rules, id, counts) {
        all[n] = precision_rule(id, counts);
        n += (all[n] != NULL);
    }

    qsort(all, n, sizeof(json_t *), precision_order);

    for (i = 0; i < n; i++) {
        json_array_append_new(list, all[i]);
    }

    free(all);

    return list;
}


static json_t *
precision_rule(const char *id, const json_t *counts)
{
    json_t      *precision;
    json_int_t   approved, rejected;

    approved = moderatectl_number(counts, "delivered")
               + moderatectl_number(counts, "unknown");
    rejected = moderatectl_number(counts, "rejected")
               - moderatectl_number(counts, "undone")
               - moderatectl_number(counts, "appealed");

    /* what was rejected before these days may be undone on one of them */

    if (rejected < 0) {
        rejected = 0;
    }

    precision = (approved + rejected > 0)
                ? json_real((double) rejected
                            / (double) (approved + rejected))
                : json_null();

    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:b}",
                     "rule", id, "hits", moderatectl_number(counts, "hits"),
                     "held", moderatectl_number(counts, "held"),
                     "approved", approved, "rejected", rejected,
                     "precision", precision,
                     "few", approved + rejected < PRECISION_FEW);
}


static int
precision_order(const void *one, const void *two)
{
    json_int_t     x, y;
    json_t *const  *a = one, *const *b = two;

    x = moderatectl_number(*a, "hits");
    y = moderatectl_number(*b, "hits");

    if (x != y) {
        return (x < y) ? 1 : -1;
    }

    return strcmp(json_string_value(json_object_get(*a, "rule")),
                  json_string_value(json_object_get(*b, "rule")));
}


static void
precision_table(const json_t *list, const json_t *stats)
{
    size_t   i;
    json_t  *one, *precision;

    printf("from ");
    precision_string(json_object_get(stats, "from"), 0);
    printf(" to ");
    precision_string(json_object_get(stats, "to"), 0);
    printf("\n\n%-32s %8s %8s %8s %8s  %s\n", "rule", "hits", "held",
           "approved", "rejected", "precision");

    json_array_foreach(list, i, one) {
        precision = json_object_get(one, "precision");

        precision_string(json_object_get(one, "rule"), 32);
        printf(" %8lld %8lld %8lld %8lld  ",
               (long long) moderatectl_number(one, "hits"),
               (long long) moderatectl_number(one, "held"),
               (long long) moderatectl_number(one, "approved"),
               (long long) moderatectl_number(one, "rejected"));

        if (!json_is_real(precision)) {
            printf("-\n");
            continue;
        }

        printf("%.2f%s\n", json_real_value(precision),
               json_is_true(json_object_get(one, "few"))
               ? "  few decisions" : "");
    }
}


static void
precision_string(const json_t *value, int width)
{
    size_t  len;

    len = json_string_length(value);

    if (json_is_string(value)) {
        moderatectl_print(stdout, json_string_value(value), len, -1);
    }

    printf("%*s", (int) len < width ? width - (int) len : 0, "");
}
