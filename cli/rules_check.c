
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl rules check: what an editor of rule files asks before they go
 * live.
 */


#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules_check.h"


#define CHECK_BUDGET      10.0
#define CHECK_BUDGET_MAX  100000.0


static const struct option  check_long[] = {
    { "strict", no_argument, NULL, 's' },
    { "budget", required_argument, NULL, 'b' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static int check_options(moderatectl_check_t *c, int argc, char **argv);
static int check_budget(moderatectl_check_t *c, const char *arg);
static int check_run(moderatectl_check_t *c);
static int check_load(moderatectl_check_t *c);
static int check_rules(moderatectl_check_t *c);
static int check_rule(moderatectl_check_t *c, size_t i,
    const vet_look_t *look);
static int check_match(moderatectl_check_t *c, size_t i,
    const vet_look_t *look);
static int check_words(moderatectl_check_t *c, size_t i,
    const vet_look_t *look);
static void check_at(const vet_look_t *look, const vet_look_text_t *at,
    const char *what);
static int check_report(const moderatectl_check_t *c);


static const char  check_usage[] =
    "usage: moderatectl rules check [OPTION ...] FILE|FOLDER ...\n"
    "\n"
    "Loads rule files, and folders' *.yaml files, as one set and runs its\n"
    "examples.  Prints every problem, one a line, or \"ok: ...\".  Standard\n"
    "error has warnings of what is allowed and hardly meant: no title, no\n"
    "example to miss, what its view never has, rules that hit what another\n"
    "one hits, and slow patterns; and notes of the rules that no literal\n"
    "leads to, which cost time for every text.\n"
    "\n"
    "  --strict     warnings are problems\n"
    "  --budget MS  a pattern that takes longer for 16 KiB made to slow it\n"
    "               down is slow, default 10\n"
    "\n"
    "Exits with 0, 1 when there are problems, 2 for a wrong command line, 3\n"
    "when memory is out.\n";


int
moderatectl_rules_check(int argc, char **argv)
{
    int                  rc;
    moderatectl_check_t  c;

    memset(&c, 0, sizeof(moderatectl_check_t));
    c.budget = CHECK_BUDGET;

    rc = check_options(&c, argc, argv);

    if (c.help) {
        fputs(check_usage, stdout);
        return MODERATECTL_OK;
    }

    if (rc != MODERATECTL_OK) {
        fputs(check_usage, stderr);
        return rc;
    }

    rc = check_run(&c);
    moderatectl_judge_destroy(&c.judge);

    return rc;
}


static int
check_options(moderatectl_check_t *c, int argc, char **argv)
{
    int  option, rc;

    optind = 1;

    for ( ;; ) {
        option = getopt_long(argc, argv, "", check_long, NULL);

        if (option == -1) {
            break;
        }

        if (option == 's') {
            c->strict = 1;

        } else if (option == 'h') {
            c->help = 1;
            return MODERATECTL_OK;

        } else if (option != 'b' || check_budget(c, optarg) != VET_OK) {
            return MODERATECTL_USAGE;
        }
    }

    if (optind == argc) {
        fprintf(stderr, "moderatectl: which rules?\n");
        return MODERATECTL_USAGE;
    }

    for ( /* void */ ; optind < argc; optind++) {
        rc = moderatectl_paths_add(&c->paths, argv[optind]);
        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    return MODERATECTL_OK;
}


static int
check_budget(moderatectl_check_t *c, const char *arg)
{
    char  *end;

    c->budget = strtod(arg, &end);

    if (end == arg || *end != '\0' || !isfinite(c->budget)
        || c->budget <= 0 || c->budget > CHECK_BUDGET_MAX)
    {
        fprintf(stderr, "moderatectl: --budget \"%s\", expected milliseconds\n",
                arg);
        return VET_ERROR;
    }

    return VET_OK;
}


static int
check_run(moderatectl_check_t *c)
{
    int  rc;

    rc = check_load(c);

    if (rc == MODERATECTL_OK) {
        rc = check_rules(c);
    }

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_check_overlaps(c);
    }

    return (rc == MODERATECTL_OK) ? check_report(c) : rc;
}


static int
check_load(moderatectl_check_t *c)
{
    int            rc;
    vet_errors_t  *errors;

    errors = calloc(1, sizeof(vet_errors_t));
    if (errors == NULL) {
        return moderatectl_no_memory();
    }

    rc = moderatectl_judge_open(&c->judge, &c->paths, errors);
    moderatectl_print_errors(stdout, errors);
    free(errors);

    return rc;
}


static int
check_rules(moderatectl_check_t *c)
{
    int         rc;
    size_t      i;
    vet_look_t  look;

    for (i = 0; vet_look(c->judge.rules, i, &look) == VET_OK; i++) {
        rc = check_rule(c, i, &look);
        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    return MODERATECTL_OK;
}


static int
check_rule(moderatectl_check_t *c, size_t i, const vet_look_t *look)
{
    int              rc;
    size_t           k, misses;
    vet_look_text_t  example;

    misses = 0;

    for (k = 0; vet_look_example(c->judge.rules, i, k, &example) == VET_OK;
         k++)
    {
        misses += !example.hit;
    }

    if (look->rule->title.len == 0) {
        moderatectl_check_warn(c, look, NULL);
        fprintf(stderr, "no title, expected one for moderators\n");
    }

    if (misses == 0) {
        moderatectl_check_warn(c, look, NULL);
        fprintf(stderr, "no example to miss, expected one as near as "
                "possible to a hit\n");
    }

    if (strcmp(look->test, "words") == 0) {
        rc = check_words(c, i, look);

    } else if (strcmp(look->test, "match") == 0) {
        rc = check_match(c, i, look);

    } else {
        return MODERATECTL_OK;
    }

    return (rc == MODERATECTL_OK) ? moderatectl_check_literal(c, i, look) : rc;
}


static int
check_match(moderatectl_check_t *c, size_t i, const vet_look_t *look)
{
    int  rc;

    rc = moderatectl_check_views(c, i, look);

    return (rc == MODERATECTL_OK) ? moderatectl_check_cost(c, i, look) : rc;
}


/*
 * A phrase that is not found in itself is never found; but where several are
 * wanted, one is none.
 */

static int
check_words(moderatectl_check_t *c, size_t i, const vet_look_t *look)
{
    int               rc;
    size_t            k;
    vet_hits_t        hits;
    vet_pool_t       *pool;
    vet_look_text_t   phrase;

    if (look->over != 0) {
        return MODERATECTL_OK;
    }

    for (k = 0; vet_look_source(c->judge.rules, i, k, &phrase) == VET_OK;
         k++)
    {
        memset(&hits, 0, sizeof(vet_hits_t));

        pool = vet_pool_create((size_t) 16 * 1024 * 1024);
        rc = (pool == NULL) ? VET_ERROR
                            : vet_look_try(pool, c->judge.rules, i,
                                           c->judge.scratch, phrase.text,
                                           &hits);
        vet_pool_destroy(pool);

        if (rc != VET_OK) {
            return moderatectl_no_memory();
        }

        if (hits.n == 0) {
            moderatectl_check_warn(c, look, &phrase);
            fprintf(stderr, "\"");
            moderatectl_print_str(stderr, phrase.text);
            fprintf(stderr, "\" is not found in itself, expected another "
                    "spelling\n");
        }
    }

    return MODERATECTL_OK;
}


void
moderatectl_check_warn(moderatectl_check_t *c, const vet_look_t *look,
    const vet_look_text_t *at)
{
    c->warnings++;
    check_at(look, at, "warning");
}


void
moderatectl_check_note(const vet_look_t *look, const vet_look_text_t *at)
{
    check_at(look, at, "note");
}


static void
check_at(const vet_look_t *look, const vet_look_text_t *at, const char *what)
{
    moderatectl_print_str(stderr, moderatectl_str((at == NULL) ? look->file
                                                               : at->file));
    fprintf(stderr, ":%zu:%zu: rule \"%.*s\": %s: ",
            (at == NULL) ? look->line : at->line,
            (at == NULL) ? look->column : at->column,
            (int) look->rule->id.len, (const char *) look->rule->id.data,
            what);
}


static int
check_report(const moderatectl_check_t *c)
{
    size_t     limits;
    vet_str_t  version;

    version = vet_ruleset_version(c->judge.rules);
    (void) vet_ruleset_limits(c->judge.rules, &limits);

    if (c->strict && c->warnings != 0) {
        printf("failed: %zu warnings\n", c->warnings);
        return MODERATECTL_REFUSED;
    }

    printf("ok: %zu rules, %zu limits, version %.*s\n",
           vet_ruleset_rules(c->judge.rules), limits, (int) version.len,
           version.data);

    return MODERATECTL_OK;
}
