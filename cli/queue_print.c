
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl queue: what it shows, safe for a terminal.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "queue.h"




void
moderatectl_queue_item(const json_t *item)
{
    json_t  *hits, *hit;
    size_t   i;

    moderatectl_queue_value(json_object_get(item, "id"));
    printf("  ");
    moderatectl_queue_value(json_object_get(item, "state"));
    printf("  ");
    moderatectl_queue_time(json_object_get(item, "received"));
    printf("  ");
    moderatectl_queue_value(json_object_get(item, "form"));
    printf("\n    score ");
    moderatectl_queue_value(json_object_get(item, "score"));

    hits = json_object_get(item, "hits");

    json_array_foreach(hits, i, hit) {
        printf(i == 0 ? ": " : ", ");
        moderatectl_queue_value(json_object_get(hit, "rule"));
    }

    if (json_is_string(json_object_get(item, "claimed_by"))) {
        printf("; claimed by ");
        moderatectl_queue_value(json_object_get(item, "claimed_by"));
    }

    printf("\n    ");
    moderatectl_queue_value(json_object_get(item, "excerpt"));
    printf("\n\n");
}


void
moderatectl_queue_hit(const json_t *hit)
{
    json_t  *field;

    moderatectl_queue_value(json_object_get(hit, "rule"));
    printf("  ");
    moderatectl_queue_value(json_object_get(hit, "category"));
    printf("  ");
    moderatectl_queue_value(json_object_get(hit, "score"));

    field = json_object_get(hit, "field");

    if (json_is_string(field)) {
        printf("  in ");
        moderatectl_queue_value(field);
        printf(", bytes ");
        moderatectl_queue_value(json_object_get(hit, "start"));
        printf("-");
        moderatectl_queue_value(json_object_get(hit, "end"));
    }

    printf("\n");
}


void
moderatectl_queue_field(const json_t *field)
{
    json_t  *value;

    printf("    ");
    moderatectl_queue_value(json_object_get(field, "name"));
    printf(" (");
    moderatectl_queue_value(json_object_get(field, "role"));
    printf(")");

    if (json_is_true(json_object_get(field, "file"))) {
        printf(": file \"");
        moderatectl_queue_value(json_object_get(field, "filename"));
        printf("\", ");
        moderatectl_queue_value(json_object_get(field, "size"));
        printf(" bytes\n");
        return;
    }

    printf("\n");

    value = json_object_get(field, "value");

    moderatectl_print(stdout, json_string_value(value),
                      json_string_length(value), 8);
}


/* JSON for programs, and for terminals as well: nothing but ASCII. */

void
moderatectl_queue_json(const json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    printf("\n");
}


void
moderatectl_queue_pair(const char *name, const json_t *value)
{
    if (value == NULL || json_is_null(value)
        || (json_is_string(value) && json_string_length(value) == 0))
    {
        return;
    }

    printf("%-12s", name);
    moderatectl_queue_value(value);
    printf("\n");
}


/* Prints a scalar as it reads, anything else as compact JSON; one line. */

void
moderatectl_queue_value(const json_t *value)
{
    char  *text;

    if (json_is_string(value)) {
        moderatectl_print(stdout, json_string_value(value),
                          json_string_length(value), -1);

    } else if (json_is_real(value)) {
        printf("%g", json_real_value(value));

    } else if (value != NULL && !json_is_null(value)) {
        text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

        if (text != NULL) {
            moderatectl_print(stdout, text, strlen(text), -1);
        }

        free(text);
    }
}


/* Seconds or milliseconds since the epoch are shown as local time. */

void
moderatectl_queue_time(const json_t *value)
{
    char       text[32];
    time_t     t;
    double     seconds;
    struct tm  tm;

    if (!json_is_number(value)) {
        moderatectl_queue_value(value);
        return;
    }

    seconds = json_number_value(value);
    t = (time_t) (seconds > 1e11 ? seconds / 1000 : seconds);

    if (localtime_r(&t, &tm) == NULL
        || strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
    {
        moderatectl_queue_value(value);
        return;
    }

    printf("%s", text);
}
