
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl rules check: what an editor of rule files asks before they go
 * live.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderatectl.h"


static int check_report(const moderatectl_paths_t *paths);
static void check_problems(const vet_errors_t *errors);


static const char  check_usage[] =
    "usage: moderatectl rules check FILE|FOLDER ...\n\n"
    "Loads rule files, and folders' *.yaml files, as one set and runs "
    "their examples.\n"
    "Prints every problem, one a line, or \"ok: ...\".\n";


int
moderatectl_rules_check(int argc, char **argv)
{
    int                  i, rc;
    moderatectl_paths_t  paths;

    memset(&paths, 0, sizeof(moderatectl_paths_t));

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(check_usage, stdout);
        return MODERATECTL_OK;
    }

    if (argc < 2) {
        fputs(check_usage, stderr);
        return MODERATECTL_USAGE;
    }

    for (i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            fprintf(stderr, "moderatectl: unknown option \"%s\"\n", argv[i]);
            fputs(check_usage, stderr);
            return MODERATECTL_USAGE;
        }

        rc = moderatectl_paths_add(&paths, argv[i]);
        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    return check_report(&paths);
}


static int
check_report(const moderatectl_paths_t *paths)
{
    size_t          limits;
    vet_str_t       version;
    vet_errors_t    errors;
    vet_ruleset_t  *rs;

    memset(&errors, 0, sizeof(vet_errors_t));

    rs = vet_ruleset_load(paths->elts, paths->n, &errors);

    if (rs == NULL) {
        check_problems(&errors);
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
check_problems(const vet_errors_t *errors)
{
    size_t  i;

    for (i = 0; i < errors->n && i < VET_ERRORS_MAX; i++) {
        printf("%s\n", errors->text[i]);
    }

    if (errors->n > VET_ERRORS_MAX) {
        printf("and %zu more\n", errors->n - VET_ERRORS_MAX);
    }
}
