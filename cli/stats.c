
/*
 * Copyright (C) the moderate authors
 *
 * The API's figures of some days.
 */


#include <stdlib.h>

#include "moderatectl.h"


#define STATS_PATH  256


int
moderatectl_stats(moderatectl_api_t *api, const char *first, const char *last,
    json_t **stats)
{
    int    n;
    char  *from, *to, path[STATS_PATH];

    from = moderatectl_api_escape(first != NULL ? first : "");
    to = moderatectl_api_escape(last != NULL ? last : "");

    if (from == NULL || to == NULL) {
        free(from);
        free(to);
        return moderatectl_no_memory();
    }

    n = snprintf(path, STATS_PATH, "stats?%s%s&%s%s",
                 first != NULL ? "from=" : "", from,
                 last != NULL ? "to=" : "", to);

    free(from);
    free(to);

    if (n < 0 || n >= STATS_PATH) {
        fprintf(stderr, "moderatectl: a day is like 2026-11-21\n");
        return MODERATECTL_USAGE;
    }

    return moderatectl_api_call(api, path, NULL, NULL, stats);
}
