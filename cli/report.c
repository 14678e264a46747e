
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl report: what an office has to tell of some days, by the figures
 * of the API.
 */


#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "moderatectl.h"


#define REPORT_NAME  24     /* columns of a table */


typedef enum {
    REPORT_TABLE = 0,
    REPORT_CSV,
    REPORT_JSON
} report_format_t;

typedef struct {
    moderatectl_days_t      days;
    report_format_t         format;
    int                     help;
} report_t;


static const struct option  report_long[] = {
    { "api", required_argument, NULL, 'a' },
    { "credentials", required_argument, NULL, 'c' },
    { "from", required_argument, NULL, 'f' },
    { "to", required_argument, NULL, 't' },
    { "csv", no_argument, NULL, 'v' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

/* what became of submissions, in the order of their life */

static const char *const  report_what[] = {
    "held", "delivered", "failed", "unknown", "rejected", "undone",
    "appealed", NULL
};

/* what is counted by; "by" of a row, and the figures of the API */

static const struct {
    const char             *by;
    const char             *figures;
} report_parts[] = {
    { "day", "days" },
    { "form", "forms" },
    { "category", "categories" },
    { "rule", "rules" },
    { NULL, NULL }
};


static int report_options(report_t *r, int argc, char **argv);
static int report_run(void *data, moderatectl_api_t *api);
static void report_rows(const report_t *r, const json_t *stats);
static void report_head(const report_t *r, const json_t *stats);
static void report_times(const report_t *r, const json_t *stats);
static void report_row(const report_t *r, const json_t *stats, const char *by,
    const char *name, const json_t *counts);
static const char *report_text(const json_t *stats, const char *name);
static void report_cell(const char *text);
static void report_name(const char *text);


static const char  report_usage[] =
    "usage: moderatectl report [--from DAY] [--to DAY] [--csv|--json]\n"
    "\n"
    "Of a site and the days from 2026-11-01 to 2026-11-30, say: how many\n"
    "submissions were held and what became of them, in all and by day, form,\n"
    "category, rule, and time to the decision.  Without days, the last 30;\n"
    "days are UTC, and 100 at most.  Nothing that somebody wrote is in it.\n"
    "\n"
    "  --csv               comma-separated values, RFC 4180, with a header\n"
    "  --json              for programs\n"
    "  --api URL           where the moderation API is, or MODERATE_API\n"
    "  --credentials FILE  with user:password, or MODERATE_CREDENTIALS\n"
    "\n"
    "Exits with 0, 1 when the API said no, 2 for a wrong command line, 3 when\n"
    "the API cannot be reached.\n";


int
moderatectl_report(int argc, char **argv)
{
    int          rc;
    report_t     r;

    memset(&r, 0, sizeof(report_t));
    moderatectl_days_init(&r.days);

    rc = report_options(&r, argc, argv);

    if (r.help) {
        fputs(report_usage, stdout);
        return MODERATECTL_OK;
    }

    return moderatectl_days_run(&r.days, "report", rc, report_run, &r);
}


static int
report_options(report_t *r, int argc, char **argv)
{
    int  c;

    optind = 1;

    while ((c = getopt_long(argc, argv, "", report_long, NULL)) != -1) {

        switch (c) {

        case 'v':
        case 'j':
            if (r->format != REPORT_TABLE) {
                fprintf(stderr, "moderatectl: --csv or --json, not both\n");
                return MODERATECTL_USAGE;
            }

            r->format = (c == 'v') ? REPORT_CSV : REPORT_JSON;
            break;

        case 'h':
            r->help = 1;
            return MODERATECTL_OK;

        default:
            if (!moderatectl_days_option(&r->days, c, optarg)) {
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
report_run(void *data, moderatectl_api_t *api)
{
    const report_t *r = data;

    int      rc;
    json_t  *stats, *me;

    rc = moderatectl_api_call(api, "me", NULL, NULL, &me);

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    rc = moderatectl_stats(api, &r->days, &stats);

    if (rc != MODERATECTL_OK) {
        json_decref(me);
        return rc;
    }

    if (json_object_set(stats, "site", json_object_get(me, "site")) != 0) {
        rc = moderatectl_no_memory();

    } else if (r->format == REPORT_JSON) {
        rc = moderatectl_print_json(stdout, stats, JSON_INDENT(2));

    } else {
        report_rows(r, stats);
    }

    json_decref(me);
    json_decref(stats);

    return rc;
}


static void
report_rows(const report_t *r, const json_t *stats)
{
    size_t       i;
    json_t      *part, *counts;
    const char  *name;

    report_head(r, stats);
    report_row(r, stats, "all", "", json_object_get(stats, "decisions"));

    for (i = 0; report_parts[i].by != NULL; i++) {
        part = json_object_get(stats, report_parts[i].figures);

        json_object_foreach(part, name, counts) {
            report_row(r, stats, report_parts[i].by, name, counts);
        }
    }

    report_times(r, stats);
}


static void
report_head(const report_t *r, const json_t *stats)
{
    size_t  i;

    if (r->format == REPORT_CSV) {
        printf("site,from,to,by,name");

    } else {
        printf("site ");
        report_name(report_text(stats, "site"));
        printf(", from %s to %s\n\n%-9s %-*s",
               report_text(stats, "from"),
               report_text(stats, "to"), "by",
               REPORT_NAME, "");
    }

    for (i = 0; report_what[i] != NULL; i++) {
        printf(r->format == REPORT_CSV ? ",%s" : " %9s", report_what[i]);
    }

    printf(r->format == REPORT_CSV ? "\r\n" : "\n");
}


/* The time to a decision, each for those that took no less than the last. */

static void
report_times(const report_t *r, const json_t *stats)
{
    char     name[32];
    size_t   i;
    json_t  *counts, *seconds;

    json_array_foreach(json_object_get(stats, "time"), i, counts) {
        seconds = json_object_get(counts, "seconds");

        if (json_is_integer(seconds)) {
            (void) snprintf(name, sizeof(name), "up to %lld s",
                            (long long) json_integer_value(seconds));

        } else {
            (void) snprintf(name, sizeof(name), "longer");
        }

        report_row(r, stats, "time", name, counts);
    }
}


static void
report_row(const report_t *r, const json_t *stats, const char *by,
    const char *name, const json_t *counts)
{
    int     width;
    size_t  i;

    if (r->format == REPORT_CSV) {
        report_cell(report_text(stats, "site"));
        printf(",%s,%s,%s,",
               report_text(stats, "from"),
               report_text(stats, "to"), by);
        report_cell(name);

    } else {
        width = REPORT_NAME - (int) strlen(name);
        printf("%-9s ", by);
        report_name(name);
        printf("%*s", (width > 0) ? width : 0, "");
    }

    for (i = 0; report_what[i] != NULL; i++) {
        printf(r->format == REPORT_CSV ? ",%lld" : " %9lld",
               (long long) moderatectl_number(counts, report_what[i]));
    }

    printf(r->format == REPORT_CSV ? "\r\n" : "\n");
}


static const char *
report_text(const json_t *stats, const char *name)
{
    const char  *text;

    text = json_string_value(json_object_get(stats, name));

    return (text == NULL) ? "" : text;
}


/*
 * A cell of RFC 4180.  Spreadsheets take what begins with one of these for a
 * formula, so that it begins with an apostrophe then.
 */

static void
report_cell(const char *text)
{
    putchar('"');

    if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL) {
        putchar('\'');
    }

    for ( /* void */ ; *text != '\0'; text++) {
        if (*text == '"') {
            putchar('"');
        }

        putchar(*text);
    }

    putchar('"');
}


static void
report_name(const char *text)
{
    moderatectl_print(stdout, text, strlen(text), -1);
}
