
/*
 * Copyright (C) the moderate authors
 *
 * The API's figures of some days, and what commands about them have alike.
 */


#include <stdlib.h>

#include "moderatectl.h"


#define STATS_PATH  256


int
moderatectl_stats(moderatectl_api_t *api, const moderatectl_days_t *days,
    json_t **stats)
{
    int    n;
    char  *from, *to, path[STATS_PATH];

    from = moderatectl_api_escape(days->from != NULL ? days->from : "");
    to = moderatectl_api_escape(days->to != NULL ? days->to : "");

    if (from == NULL || to == NULL) {
        free(from);
        free(to);
        return moderatectl_no_memory();
    }

    n = snprintf(path, STATS_PATH, "stats?%s%s&%s%s",
                 days->from != NULL ? "from=" : "", from,
                 days->to != NULL ? "to=" : "", to);

    free(from);
    free(to);

    if (n < 0 || n >= STATS_PATH) {
        fprintf(stderr, "moderatectl: a day is like 2026-11-21\n");
        return MODERATECTL_USAGE;
    }

    return moderatectl_api_call(api, path, NULL, NULL, stats);
}


void
moderatectl_days_init(moderatectl_days_t *days)
{
    days->api = getenv("MODERATE_API");
    days->credentials = getenv("MODERATE_CREDENTIALS");
    days->from = NULL;
    days->to = NULL;
}


int
moderatectl_days_option(moderatectl_days_t *days, int option, const char *arg)
{
    switch (option) {

    case 'a':
        days->api = arg;
        return 1;

    case 'c':
        days->credentials = arg;
        return 1;

    case 'f':
        days->from = arg;
        return 1;

    case 't':
        days->to = arg;
        return 1;

    default:
        return 0;
    }
}


int
moderatectl_days_run(const moderatectl_days_t *days, const char *command,
    int rc, int (*run)(void *data, moderatectl_api_t *api), void *data)
{
    moderatectl_api_t  *api;

    if (rc == MODERATECTL_OK && days->api == NULL) {
        fprintf(stderr, "moderatectl: needs --api URL or MODERATE_API\n");
        rc = MODERATECTL_USAGE;
    }

    if (rc != MODERATECTL_OK) {
        fprintf(stderr, "\"moderatectl %s --help\" tells more\n", command);
        return rc;
    }

    api = moderatectl_api_create(days->api, days->credentials);

    if (api == NULL) {
        return MODERATECTL_USAGE;
    }

    rc = run(data, api);

    moderatectl_api_destroy(api);

    return rc;
}
