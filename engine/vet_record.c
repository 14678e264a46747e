
/*
 * Copyright (C) the moderate authors
 *
 * JSON for the record of a held submission.  Each text is written twice by the
 * same code: once to count, then into a buffer of that very size.
 */


#include <stdio.h>
#include <string.h>

#include "vet_parse.h"


/*
 * Places in a value that is not UTF-8 are found from the nearest mark before
 * them, so that many hits in one large field cost no more than as many small
 * ones.
 */

#define VET_MARK_EVERY      256

typedef struct {
    size_t                  value;      /* offset in the value */
    size_t                  shown;      /* in what is shown for it */
} vet_mark_t;

typedef struct {
    vet_mark_t             *elts;       /* NULL: not made yet, or not needed */
    size_t                  n;
} vet_marks_t;


/* start == NULL: only counts */

typedef struct {
    unsigned char          *start;
    size_t                  len;
} vet_writer_t;


typedef struct {
    vet_pool_t             *pool;
    const vet_submission_t *s;
    vet_marks_t            *marks;      /* by field */
} vet_places_t;


static void vet_fields_write(vet_writer_t *w, const vet_submission_t *s);
static int vet_hits_write(vet_writer_t *w, const vet_hits_t *hits,
    vet_places_t *places);
static int vet_hit_place(vet_writer_t *w, const vet_hit_t *hit,
    vet_places_t *places);
static int vet_marks_make(vet_places_t *places, size_t field);
static size_t vet_marks_find(const vet_places_t *places, size_t field,
    size_t offset, int end);
static int vet_writer_alloc(vet_writer_t *w, vet_pool_t *pool);
static void vet_write_bytes(vet_writer_t *w, const void *bytes, size_t len);
static void vet_write_text(vet_writer_t *w, const char *text);
static void vet_write_size(vet_writer_t *w, size_t n);
static void vet_write_score(vet_writer_t *w, int score);
static void vet_write_string(vet_writer_t *w, vet_str_t s);
static void vet_write_escaped(vet_writer_t *w, unsigned code);


int
vet_fields_json(vet_pool_t *pool, const vet_submission_t *s, vet_str_t *json)
{
    int           rc;
    vet_writer_t  w;

    memset(&w, 0, sizeof(vet_writer_t));

    vet_fields_write(&w, s);

    rc = vet_writer_alloc(&w, pool);
    if (rc != VET_OK) {
        return rc;
    }

    vet_fields_write(&w, s);

    json->data = w.start;
    json->len = w.len;

    return VET_OK;
}


static void
vet_fields_write(vet_writer_t *w, const vet_submission_t *s)
{
    size_t              i;
    const vet_field_t  *f;

    vet_write_text(w, "[");

    for (i = 0; i < s->nfields; i++) {
        f = &s->fields[i];

        vet_write_text(w, (i == 0) ? "{\"name\":" : ",{\"name\":");
        vet_write_string(w, f->name);
        vet_write_text(w, ",\"role\":\"");
        vet_write_text(w, vet_role_name(f->role));

        if (f->file) {
            vet_write_text(w, "\",\"file\":true,\"filename\":");
            vet_write_string(w, f->filename);
            vet_write_text(w, ",\"size\":");
            vet_write_size(w, f->value.len);

        } else {
            vet_write_text(w, "\",\"value\":");
            vet_write_string(w, f->value);

            if (f->charset != NULL) {
                vet_write_text(w, ",\"charset\":\"");
                vet_write_text(w, f->charset);
                vet_write_text(w, "\"");
            }
        }

        vet_write_text(w, "}");
    }

    vet_write_text(w, "]");
}


int
vet_hits_json(vet_pool_t *pool, const vet_submission_t *s,
    const vet_hits_t *hits, vet_str_t *json)
{
    int           rc;
    vet_writer_t  w;
    vet_places_t  places;

    memset(&w, 0, sizeof(vet_writer_t));

    places.pool = pool;
    places.s = s;
    places.marks = NULL;

    rc = vet_hits_write(&w, hits, &places);
    if (rc != VET_OK) {
        return rc;
    }

    rc = vet_writer_alloc(&w, pool);
    if (rc != VET_OK) {
        return rc;
    }

    rc = vet_hits_write(&w, hits, &places);
    if (rc != VET_OK) {
        return rc;
    }

    json->data = w.start;
    json->len = w.len;

    return VET_OK;
}


static int
vet_hits_write(vet_writer_t *w, const vet_hits_t *hits, vet_places_t *places)
{
    int               rc;
    size_t            i;
    const vet_hit_t  *hit;

    vet_write_text(w, "[");

    for (i = 0; i < hits->n; i++) {
        hit = &hits->elts[i];

        vet_write_text(w, (i == 0) ? "{\"rule\":" : ",{\"rule\":");
        vet_write_string(w, hit->rule->id);
        vet_write_text(w, ",\"category\":");
        vet_write_string(w, hit->rule->category);
        vet_write_text(w, ",\"reason\":");
        vet_write_string(w, hit->rule->reason);
        vet_write_text(w, ",\"score\":");
        vet_write_score(w, hit->score);

        if (hit->field < places->s->nfields) {
            rc = vet_hit_place(w, hit, places);
            if (rc != VET_OK) {
                return rc;
            }
        }

        if (hit->about != NULL) {
            vet_write_text(w, ",\"about\":");
            vet_write_string(w, hit->about->id);
        }

        vet_write_text(w, "}");
    }

    vet_write_text(w, "]");

    return VET_OK;
}


static int
vet_hit_place(vet_writer_t *w, const vet_hit_t *hit, vet_places_t *places)
{
    int                 rc;
    const vet_field_t  *f;

    f = &places->s->fields[hit->field];

    if (!f->utf8) {
        rc = vet_marks_make(places, hit->field);
        if (rc != VET_OK) {
            return rc;
        }
    }

    vet_write_text(w, ",\"field\":");
    vet_write_string(w, f->name);
    vet_write_text(w, ",\"index\":");
    vet_write_size(w, hit->field);
    vet_write_text(w, ",\"start\":");
    vet_write_size(w, vet_marks_find(places, hit->field, hit->start, 0));
    vet_write_text(w, ",\"end\":");
    vet_write_size(w, vet_marks_find(places, hit->field, hit->end,
                                     hit->end > hit->start));

    return VET_OK;
}


static int
vet_marks_make(vet_places_t *places, size_t field)
{
    size_t                n, shown;
    unsigned              valid;
    vet_str_t             value;
    vet_marks_t          *marks;
    const unsigned char  *pos, *end;

    if (places->marks == NULL) {
        places->marks = vet_pcalloc(places->pool, places->s->nfields
                                                  * sizeof(vet_marks_t));
        if (places->marks == NULL) {
            return vet_pool_failure(places->pool);
        }
    }

    marks = &places->marks[field];

    if (marks->elts != NULL) {
        return VET_OK;
    }

    value = places->s->fields[field].value;

    n = value.len / VET_MARK_EVERY + 1;

    marks->elts = vet_palloc(places->pool, n * sizeof(vet_mark_t));
    if (marks->elts == NULL) {
        return vet_pool_failure(places->pool);
    }

    pos = value.data;
    end = pos + value.len;
    shown = 0;

    while (pos < end) {

        if ((size_t) (pos - value.data) >= marks->n * VET_MARK_EVERY) {
            marks->elts[marks->n].value = (size_t) (pos - value.data);
            marks->elts[marks->n].shown = shown;
            marks->n++;
        }

        n = vet_utf8_step(pos, end, &valid);
        pos += n;
        shown += valid ? n : 3;
    }

    return VET_OK;
}


/*
 * Gives the place in the shown value.  One inside of a character moves to its
 * start or, for the end of a hit, to its end: the parts can then be cut out.
 */

static size_t
vet_marks_find(const vet_places_t *places, size_t field, size_t offset,
    int end)
{
    size_t                n, shown, at;
    unsigned              valid;
    vet_str_t             value;
    const vet_marks_t    *marks;

    value = places->s->fields[field].value;
    at = 0;
    shown = 0;

    if (offset > value.len) {
        offset = value.len;
    }

    if (places->s->fields[field].utf8) {

        /* no more than 3 bytes of a character are behind its first */

        at = offset;

        while (at > 0 && at < value.len && (value.data[at] & 0xc0) == 0x80) {
            at--;
        }

        shown = at;

    } else if (value.len != 0) {

        marks = &places->marks[field];

        /* the mark of a place is the last one made for its part of the value */

        n = offset / VET_MARK_EVERY;
        n = (n < marks->n) ? n : marks->n - 1;

        while (n > 0 && marks->elts[n].value > offset) {
            n--;
        }

        at = marks->elts[n].value;
        shown = marks->elts[n].shown;
    }

    while (at < offset) {
        n = vet_utf8_step(value.data + at, value.data + value.len, &valid);

        if (at + n > offset && !end) {
            break;
        }

        at += n;
        shown += valid ? n : 3;
    }

    return shown;
}


static int
vet_writer_alloc(vet_writer_t *w, vet_pool_t *pool)
{
    w->start = vet_palloc(pool, w->len);
    if (w->start == NULL) {
        return vet_pool_failure(pool);
    }

    w->len = 0;

    return VET_OK;
}


static void
vet_write_bytes(vet_writer_t *w, const void *bytes, size_t len)
{
    if (w->start != NULL && len != 0) {
        memcpy(w->start + w->len, bytes, len);
    }

    w->len += len;
}


/* for constant text of ours */

static void
vet_write_text(vet_writer_t *w, const char *text)
{
    vet_write_bytes(w, text, strlen(text));
}


static void
vet_write_size(vet_writer_t *w, size_t n)
{
    int   len;
    char  buf[24];

    len = snprintf(buf, sizeof(buf), "%zu", n);
    vet_write_bytes(w, buf, (size_t) len);
}


/* tenths as a number: 25 is 2.5, 40 is 4 */

static void
vet_write_score(vet_writer_t *w, int score)
{
    unsigned  n;

    n = (score < 0) ? 0u - (unsigned) score : (unsigned) score;

    if (score < 0) {
        vet_write_text(w, "-");
    }

    vet_write_size(w, n / VET_POINT);

    if (n % VET_POINT != 0) {
        vet_write_text(w, ".");
        vet_write_size(w, n % VET_POINT);
    }
}


static void
vet_write_string(vet_writer_t *w, vet_str_t s)
{
    size_t                n;
    unsigned              valid;
    const unsigned char  *pos, *end, *plain;

    vet_write_text(w, "\"");

    pos = s.data;
    end = pos + s.len;
    plain = pos;

    while (pos < end) {

        n = vet_utf8_step(pos, end, &valid);

        if (valid && n == 1 && *pos >= 0x20 && *pos != 0x7f
            && *pos != '"' && *pos != '\\')
        {
            pos++;
            continue;
        }

        /* U+2028 and U+2029 end a line in some readers of JSON */

        if (valid && n > 1
            && !(n == 3 && pos[0] == 0xe2 && pos[1] == 0x80
                 && (pos[2] == 0xa8 || pos[2] == 0xa9)))
        {
            pos += n;
            continue;
        }

        vet_write_bytes(w, plain, (size_t) (pos - plain));

        if (!valid) {
            vet_write_bytes(w, "\xef\xbf\xbd", 3);

        } else if (n == 3) {
            vet_write_escaped(w, 0x2028u + (pos[2] == 0xa9));

        } else {
            vet_write_escaped(w, *pos);
        }

        pos += n;
        plain = pos;
    }

    vet_write_bytes(w, plain, (size_t) (end - plain));
    vet_write_text(w, "\"");
}


static void
vet_write_escaped(vet_writer_t *w, unsigned code)
{
    char         buf[8];
    const char  *found;

    static const char  from[] = "\"\\\b\f\n\r\t";
    static const char  to[] = "\"\\bfnrt";

    found = (code < 0x80) ? memchr(from, (int) code, sizeof(from) - 1) : NULL;

    if (found != NULL) {
        buf[0] = '\\';
        buf[1] = to[found - from];
        vet_write_bytes(w, buf, 2);
        return;
    }

    (void) snprintf(buf, sizeof(buf), "\\u%04x", code & 0xffffu);
    vet_write_bytes(w, buf, 6);
}
