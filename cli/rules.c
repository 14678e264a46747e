
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl rules: what an editor of rule files asks before they go live.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vet.h>

#include "moderatectl.h"


static int rules_check(int argc, char **argv);
static int rules_report(const vet_str_t *paths, size_t npaths);
static void rules_problems(const vet_errors_t *errors);
static void rules_usage(FILE *out);


int
moderatectl_rules(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "check") == 0) {
        return rules_check(argc - 2, argv + 2);
    }

    if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
        rules_usage(stdout);
        return MODERATECTL_OK;
    }

    rules_usage(stderr);

    return MODERATECTL_USAGE;
}


static int
rules_check(int argc, char **argv)
{
    int         i, rc;
    vet_str_t  *paths;

    if (argc < 1) {
        rules_usage(stderr);
        return MODERATECTL_USAGE;
    }

    for (i = 0; i < argc; i++) {
        if (argv[i][0] == '-') {
            fprintf(stderr, "moderatectl: unknown option \"%s\"\n", argv[i]);
            rules_usage(stderr);
            return MODERATECTL_USAGE;
        }
    }

    paths = calloc((size_t) argc, sizeof(vet_str_t));
    if (paths == NULL) {
        fprintf(stderr, "moderatectl: out of memory\n");
        return MODERATECTL_REFUSED;
    }

    for (i = 0; i < argc; i++) {
        paths[i].data = (const unsigned char *) argv[i];
        paths[i].len = strlen(argv[i]);
    }

    rc = rules_report(paths, (size_t) argc);
    free(paths);

    return rc;
}


static int
rules_report(const vet_str_t *paths, size_t npaths)
{
    size_t          limits;
    vet_str_t       version;
    vet_errors_t    errors;
    vet_ruleset_t  *rs;

    memset(&errors, 0, sizeof(vet_errors_t));

    rs = vet_ruleset_load(paths, npaths, &errors);

    if (rs == NULL) {
        rules_problems(&errors);
        return MODERATECTL_REFUSED;
    }

    version = vet_ruleset_version(rs);
    (void) vet_ruleset_limits(rs, &limits);

    printf("ok: %zu rules, %zu limits, version %.*s\n",
           vet_ruleset_rules(rs), limits, (int) version.len, version.data);

    vet_ruleset_destroy(rs);

    return MODERATECTL_OK;
}


static void
rules_problems(const vet_errors_t *errors)
{
    size_t  i;

    for (i = 0; i < errors->n && i < VET_ERRORS_MAX; i++) {
        printf("%s\n", errors->text[i]);
    }

    if (errors->n > VET_ERRORS_MAX) {
        printf("and %zu more\n", errors->n - VET_ERRORS_MAX);
    }
}


static void
rules_usage(FILE *out)
{
    fprintf(out,
            "usage: moderatectl rules check FILE|FOLDER ...\n\n"
            "Loads rule files, and folders' *.yaml files, as one set and runs "
            "their examples.\n"
            "Prints every problem, one a line, or \"ok: ...\".\n");
}
