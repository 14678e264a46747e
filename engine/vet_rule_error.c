
/*
 * Copyright (C) the moderate authors
 *
 * Messages about rule files, for the person who edits them.
 */


#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vet_rules.h"


#define VET_SHOWN           48       /* bytes of a value in a message */
#define VET_CLOSEST_LEN     32       /* longer names are not compared */


static size_t vet_distance(const char *name, size_t len, vet_str_t s);
static void vet_cut(char *text, size_t len);


/*
 * Adds "file:line:column: rule \"id\": ..."; a longer one is cut between
 * characters.
 */

void
vet_rule_error(vet_errors_t *errors, const vet_place_t *place,
    const char *fmt, ...)
{
    int           n;
    char         *text;
    va_list       args;
    vet_shown_t   shown;

    if (errors->n++ >= VET_ERRORS_MAX) {
        return;
    }

    text = errors->text[errors->n - 1];

    if (place->line == 0) {
        n = snprintf(text, VET_ERROR_LEN, "%s: ", place->file);

    } else {
        n = snprintf(text, VET_ERROR_LEN, "%s:%zu:%zu: ", place->file,
                     place->line, place->column);
    }

    if (n >= 0 && n < VET_ERROR_LEN && place->kind != NULL) {
        n += (place->id.len == 0)
             ? snprintf(text + n, VET_ERROR_LEN - n, "%s: ", place->kind)
             : snprintf(text + n, VET_ERROR_LEN - n, "%s \"%s\": ",
                        place->kind, vet_shown(&shown, place->id));
    }

    if (n >= 0 && n < VET_ERROR_LEN) {
        va_start(args, fmt);
        n += vsnprintf(text + n, VET_ERROR_LEN - n, fmt, args);
        va_end(args);
    }

    if (n >= VET_ERROR_LEN) {
        vet_cut(text, VET_ERROR_LEN - 1);
    }
}


/* Ends a text that was cut at len with "...", between characters. */

static void
vet_cut(char *text, size_t len)
{
    len -= 3;

    while (len > 0 && ((unsigned char) text[len] & 0xc0) == 0x80) {
        len--;
    }

    memcpy(text + len, "...", 4);
}


const char *
vet_shown(vet_shown_t *shown, vet_str_t s)
{
    char      *p;
    size_t     i, n;
    uint32_t   cp;

    p = shown->text;

    for (i = 0; i < s.len; i += n) {
        if (i >= VET_SHOWN) {
            memcpy(p, "...", 4);
            return shown->text;
        }

        n = vet_uni_read(s.data + i, s.len - i, &cp);

        /* what is not UTF-8, and what a terminal would act on or not show */

        if (cp < 0x20 || (cp >= 0x80 && n == 1) || (cp >= 0x80 && cp < 0xa0)
            || cp == 0x2028 || cp == 0x2029
            || vet_uni(cp)->flags & VET_UNI_REMOVE)
        {
            *p++ = '?';
            continue;
        }

        memcpy(p, s.data + i, n);
        p += n;
    }

    *p = '\0';

    return shown->text;
}


const char *
vet_closest(const char *const *names, vet_str_t s)
{
    size_t       len, distance, best;
    const char  *found;

    found = NULL;
    best = (s.len < 4) ? 2 : 3;

    if (s.len == 0 || s.len > VET_CLOSEST_LEN) {
        return NULL;
    }

    for ( /* void */ ; *names != NULL; names++) {
        len = strlen(*names);
        if (len > VET_CLOSEST_LEN) {
            continue;
        }

        distance = vet_distance(*names, len, s);

        if (distance < best) {
            best = distance;
            found = *names;
        }
    }

    return found;
}


/* Edit distance, where two letters that changed places are one edit. */

static size_t
vet_distance(const char *name, size_t len, vet_str_t s)
{
    size_t  i, j, least;
    size_t  rows[VET_CLOSEST_LEN + 1][VET_CLOSEST_LEN + 1];

    for (i = 0; i <= len; i++) {
        rows[i][0] = i;
    }

    for (j = 0; j <= s.len; j++) {
        rows[0][j] = j;
    }

    for (i = 1; i <= len; i++) {
        for (j = 1; j <= s.len; j++) {
            least = rows[i - 1][j - 1] + (name[i - 1] != (char) s.data[j - 1]);

            if (rows[i - 1][j] + 1 < least) {
                least = rows[i - 1][j] + 1;
            }

            if (rows[i][j - 1] + 1 < least) {
                least = rows[i][j - 1] + 1;
            }

            if (i > 1 && j > 1 && name[i - 1] == (char) s.data[j - 2]
                && name[i - 2] == (char) s.data[j - 1]
                && rows[i - 2][j - 2] + 1 < least)
            {
                least = rows[i - 2][j - 2] + 1;
            }

            rows[i][j] = least;
        }
    }

    return rows[len][s.len];
}


void
vet_names(const char *const *names, char *text, size_t size)
{
    int     n;
    size_t  len;

    len = 0;
    text[0] = '\0';

    for ( /* void */ ; *names != NULL; names++) {
        n = snprintf(text + len, size - len, "%s%s", (len == 0) ? "" : ", ",
                     *names);
        if (n < 0 || (size_t) n >= size - len) {
            return;
        }

        len += (size_t) n;
    }
}
