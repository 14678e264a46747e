
/*
 * Copyright (C) the moderate authors
 *
 * The comparable text that repeated submissions are counted by.
 */


#include <string.h>

#include "vet_lanes.h"
#include "vet_rules.h"


static int vet_fingerprint_of(const vet_submission_t *s, size_t field);
static int vet_fingerprint_text(vet_pool_t *pool, const vet_submission_t *s,
    const vet_hits_t *hits, size_t field, vet_str_t *text);
static size_t vet_fingerprint_add(vet_str_t view, unsigned char *p);
static size_t vet_fingerprint_block(const unsigned char *in,
    unsigned char *out, size_t *kept);


int
vet_fingerprint(vet_pool_t *pool, const vet_submission_t *s,
    const vet_hits_t *hits, vet_str_t *text)
{
    int             rc;
    size_t          i, size, len, n;
    vet_str_t      *texts;
    unsigned char  *p;

    text->len = 0;
    text->data = (const unsigned char *) "";
    size = 0;

    texts = vet_pcalloc(pool, (s->nfields + 1) * sizeof(vet_str_t));
    if (texts == NULL) {
        return vet_pool_failed(pool);
    }

    for (i = 0; i < s->nfields; i++) {

        if (vet_fingerprint_of(s, i)) {
            rc = vet_fingerprint_text(pool, s, hits, i, &texts[i]);
            if (rc != VET_OK) {
                return rc;
            }

            size += texts[i].len + 1;
        }
    }

    /* blocks are written whole, and the rest of one is written over */

    p = vet_palloc(pool, size + VET_LANES);
    if (p == NULL) {
        return vet_pool_failed(pool);
    }

    len = 0;

    for (i = 0; i < s->nfields; i++) {
        n = vet_fingerprint_add(texts[i], p + len);

        if (n != 0) {
            len += n;
            p[len++] = '\n';
        }
    }

    text->data = p;
    text->len = len;

    return VET_OK;
}


/* What was converted takes the place of the field before it. */

static int
vet_fingerprint_of(const vet_submission_t *s, size_t field)
{
    const vet_field_t  *f;

    f = &s->fields[field];

    return !f->file
           && (f->role == VET_ROLE_TEXT || f->role == VET_ROLE_TITLE)
           && (field + 1 == s->nfields || f[1].charset == NULL);
}


/*
 * What a browser shows, so that markup does not make one text many; all of it
 * when nothing is shown but, say, images.
 */

static int
vet_fingerprint_text(vet_pool_t *pool, const vet_submission_t *s,
    const vet_hits_t *hits, size_t field, vet_str_t *text)
{
    int              rc;
    size_t           i;
    vet_str_t        shown;
    vet_view_t       view, *folded, *words;
    vet_reading_t   *reading;
    vet_readings_t   made, *readings;

    readings = (hits == NULL || hits->readings == NULL)
               ? NULL : &hits->readings[field];

    if (readings == NULL || readings->n == 0) {
        readings = &made;

        rc = vet_readings_shown(pool, s->form, &s->fields[field], readings);
        if (rc != VET_OK) {
            return rc;
        }
    }

    reading = &readings->elts[readings->plain];
    shown = reading->text;

    for (i = 0; i < shown.len && shown.data[i] <= ' '; i++) { /* void */ }

    if (i == shown.len) {
        reading = &readings->elts[readings->whole];
    }

    /* with joiners or without them it is the same text */

    words = reading->views[VET_VIEW_FOLDED_WORDS];
    folded = reading->views[VET_VIEW_FOLDED];

    if (words == NULL && folded != NULL && !folded->joiners) {
        words = folded;
    }

    if (words != NULL) {
        *text = words->text;
        return VET_OK;
    }

    rc = vet_view_build(pool, reading->text, VET_VIEW_FOLDED_WORDS, &view);
    *text = view.text;

    return rc;
}


/* Copies letters, marks and digits; returns how many bytes that are. */

static size_t
vet_fingerprint_add(vet_str_t view, unsigned char *p)
{
    size_t         i, n, len, kept;
    uint32_t       cp;
    unsigned char  c;

    len = 0;

    for (i = 0; i < view.len; i += n) {

        /* most, without a look at the tables */

        if (view.len - i >= 2 * VET_LANES) {
            n = vet_fingerprint_block(view.data + i, p + len, &kept);

            if (n != 0) {
                len += kept;
                continue;
            }
        }

        c = view.data[i];

        if (c < 0x80) {
            p[len] = c;
            len += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                   || (c >= 'A' && c <= 'Z');
            n = 1;
            continue;
        }

        n = vet_uni_read(view.data + i, view.len - i, &cp);

        if (vet_uni(cp)->flags & VET_UNI_WORD) {
            memcpy(p + len, view.data + i, n);
            len += n;
        }
    }

    return len;
}


/*
 * The same with a block up to what is not ASCII in it, a run of letters and
 * digits at a time; returns how many bytes were read.  In has two blocks, and
 * there is room for one block more than is kept.
 */

static size_t
vet_fingerprint_block(const unsigned char *in, unsigned char *out,
    size_t *kept)
{
    size_t       k, run;
    unsigned     words, stop;
    vet_lanes_t  c;

    c = vet_lanes_load(in);
    stop = vet_lanes_bits(c) | 1u << VET_LANES;
    stop = (unsigned) __builtin_ctz(stop);
    words = vet_lanes_bits(vet_lanes_words(c)) & ((1u << stop) - 1);
    *kept = 0;

    while (words != 0) {
        k = (size_t) __builtin_ctz(words);
        run = (size_t) __builtin_ctz(~(words >> k));

        memcpy(out + *kept, in + k, VET_LANES);
        *kept += run;
        words &= ~0u << (k + run);
    }

    return stop;
}
