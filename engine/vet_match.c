
/*
 * Copyright (C) the moderate authors
 *
 * The fields of a submission against the rules of a set, in rule order.
 */


#include <string.h>

#include "vet_rules.h"


typedef struct {
    vet_pool_t              *pool;
    vet_scratch_t           *scratch;
    const vet_submission_t  *s;
    vet_hits_t              *hits;
    vet_readings_t          *readings;  /* one a field, made at need */
    unsigned char           *spent;     /* a field has an engine.budget hit */
} vet_matcher_t;

/* What one rule has found so far. */

typedef struct {
    const vet_test_rule_t   *test;
    size_t                   n;         /* hits kept */
    size_t                   places[VET_HITS_PER_RULE]; /* their indexes */
    size_t                   seen;      /* of them, of earlier readings */
    int                      full;      /* one of them is not bare */
} vet_finding_t;


static int vet_matcher_init(vet_matcher_t *m, vet_pool_t *pool,
    vet_scratch_t *scratch, const vet_submission_t *s, vet_hits_t *hits);
static int vet_match_unreadable(vet_matcher_t *m);
static int vet_match_rule(vet_matcher_t *m, const vet_test_rule_t *test);
static int vet_match_applies(const vet_matcher_t *m,
    const vet_test_rule_t *test, size_t field);
static int vet_match_field(vet_matcher_t *m, vet_finding_t *f, size_t field);
static int vet_match_pattern(vet_matcher_t *m, vet_finding_t *f,
    const vet_pattern_t *pattern, size_t field, vet_reading_t *reading);
static int vet_match_joined(vet_matcher_t *m, vet_finding_t *f,
    const vet_pattern_t *pattern, size_t field, vet_reading_t *reading);
static size_t vet_match_next(vet_str_t text, size_t i);
static int vet_match_links(vet_matcher_t *m, vet_finding_t *f);
static int vet_match_links_in(vet_matcher_t *m, size_t field, size_t *n,
    const vet_reading_t **most);
static size_t vet_match_links_keep(const vet_reading_t *r, vet_link_t *places,
    size_t max);
static int vet_match_length(vet_matcher_t *m, vet_finding_t *f);
static int vet_match_readings(vet_matcher_t *m, size_t field,
    vet_readings_t **readings);
static int vet_match_view(vet_matcher_t *m, vet_reading_t *reading,
    vet_view_kind_t kind, const vet_view_t **view);
static int vet_match_add(vet_matcher_t *m, vet_finding_t *f, size_t field,
    size_t start, size_t end, int bare);
static vet_hit_t *vet_match_same(vet_matcher_t *m, const vet_finding_t *f,
    size_t field, size_t start, size_t end);
static int vet_match_spent(vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field);


int
vet_match(vet_pool_t *pool, const vet_ruleset_t *rs, vet_scratch_t *scratch,
    const vet_submission_t *s, vet_hits_t *hits)
{
    int                     rc;
    size_t                  i;
    vet_matcher_t           m;
    const vet_test_rule_t  *tests;

    rc = vet_matcher_init(&m, pool, scratch, s, hits);
    if (rc == VET_OK) {
        rc = vet_match_unreadable(&m);
    }

    tests = rs->rules.elts;

    for (i = 0; rc == VET_OK && i < rs->rules.n; i++) {
        rc = vet_match_rule(&m, &tests[i]);

        if (rc == VET_OK && vet_pattern_spent(scratch)) {
            return vet_match_spent(&m, NULL, VET_NO_FIELD);
        }
    }

    return rc;
}


int
vet_match_one(vet_pool_t *pool, const vet_test_rule_t *rule,
    vet_scratch_t *scratch, const vet_submission_t *s, vet_hits_t *hits)
{
    int            rc;
    vet_matcher_t  m;

    rc = vet_matcher_init(&m, pool, scratch, s, hits);

    return (rc == VET_OK) ? vet_match_rule(&m, rule) : rc;
}


static int
vet_matcher_init(vet_matcher_t *m, vet_pool_t *pool, vet_scratch_t *scratch,
    const vet_submission_t *s, vet_hits_t *hits)
{
    m->pool = pool;
    m->scratch = scratch;
    m->s = s;
    m->hits = hits;

    m->readings = vet_pcalloc(pool, (s->nfields + 1)
                                    * sizeof(vet_readings_t));
    m->spent = vet_pcalloc(pool, s->nfields + 1);

    if (m->readings == NULL || m->spent == NULL) {
        return vet_pool_failed(pool);
    }

    vet_pattern_begin(scratch);

    return VET_OK;
}


static int
vet_match_unreadable(vet_matcher_t *m)
{
    vet_hit_t  *hit;

    if (m->s->unreadable == VET_READABLE) {
        return VET_OK;
    }

    hit = vet_hit_push(m->pool, m->hits);
    if (hit == NULL) {
        return vet_pool_failed(m->pool);
    }

    hit->rule = &vet_rule_unreadable;
    hit->field = VET_NO_FIELD;

    return VET_OK;
}


static int
vet_match_rule(vet_matcher_t *m, const vet_test_rule_t *test)
{
    int            rc;
    size_t         i;
    vet_finding_t  f;

    memset(&f, 0, sizeof(vet_finding_t));
    f.test = test;

    switch (test->test) {

    case VET_TEST_LINKS:
        return vet_match_links(m, &f);

    case VET_TEST_LENGTH:
        return vet_match_length(m, &f);

    default:
        break;
    }

    for (i = 0; i < m->s->nfields; i++) {
        if (!vet_match_applies(m, test, i)) {
            continue;
        }

        rc = vet_match_field(m, &f, i);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


/* No rule has the bit of role ignore. */

static int
vet_match_applies(const vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field)
{
    const vet_field_t  *f;

    f = &m->s->fields[field];

    return !f->file && f->value.len != 0 && (test->roles & 1u << f->role) != 0;
}


static int
vet_match_field(vet_matcher_t *m, vet_finding_t *f, size_t field)
{
    int                   rc;
    size_t                i, k;
    vet_readings_t       *readings;
    const vet_pattern_t  *pattern;

    rc = vet_match_readings(m, field, &readings);
    if (rc != VET_OK) {
        return rc;
    }

    for (i = 0; i < readings->n; i++) {

        f->seen = (i == 0) ? 0 : f->n;

        for (k = 0; k < f->test->npatterns; k++) {
            pattern = &f->test->patterns[k];

            rc = pattern->joined
                 ? vet_match_joined(m, f, pattern, field, &readings->elts[i])
                 : vet_match_pattern(m, f, pattern, field,
                                     &readings->elts[i]);
            if (rc != VET_OK) {
                return rc;
            }
        }
    }

    return VET_OK;
}


static int
vet_match_pattern(vet_matcher_t *m, vet_finding_t *f,
    const vet_pattern_t *pattern, size_t field, vet_reading_t *reading)
{
    int                rc, bare;
    size_t             from, start, end;
    vet_str_t          text;
    vet_found_t        found;
    const vet_view_t  *view;

    rc = vet_match_view(m, reading, f->test->view, &view);
    if (rc != VET_OK) {
        return rc;
    }

    text = view->text;
    from = 0;

    while (from < text.len && !(f->full && f->n >= VET_HITS_PER_RULE)) {
        rc = vet_pattern_find(pattern, m->scratch, text, from, &found);

        if (rc == VET_DECLINED) {
            return VET_OK;
        }

        if (rc != VET_OK) {
            return vet_match_spent(m, f->test, field);
        }

        bare = f->test->test == VET_TEST_WORDS && found.group
               && !vet_view_accented(text.data + found.start,
                                     found.end - found.start);

        start = vet_reading_start(reading, vet_view_start(view, found.start));
        end = vet_reading_end(reading, vet_view_end(view, found.end));

        rc = vet_match_add(m, f, field, start, end, bare);
        if (rc != VET_OK) {
            return rc;
        }

        /* a bare one may hide a stronger one that begins inside of it */

        if (bare || found.end <= from) {
            found.end = vet_match_next(text, (found.start > from)
                                             ? found.start : from);
        }

        from = found.end;
    }

    return VET_OK;
}


/*
 * The phrases of a words rule on the joined view.  What the text view has is
 * found there, and is not another hit.
 */

static int
vet_match_joined(vet_matcher_t *m, vet_finding_t *f,
    const vet_pattern_t *pattern, size_t field, vet_reading_t *reading)
{
    int                rc, bare;
    size_t             from, start, end;
    vet_found_t        found;
    const vet_view_t  *view;

    rc = vet_match_view(m, reading, VET_VIEW_JOINED, &view);
    if (rc != VET_OK || !view->odd) {
        return rc;
    }

    f->seen = f->n;
    from = 0;

    while (from < view->text.len && !(f->full && f->n >= VET_HITS_PER_RULE)) {
        rc = vet_pattern_find(pattern, m->scratch, view->text, from, &found);

        if (rc == VET_DECLINED) {
            return VET_OK;
        }

        if (rc != VET_OK) {
            return vet_match_spent(m, f->test, field);
        }

        from = vet_match_next(view->text, found.start);

        if (!vet_spelling_odd(&f->test->spellings[found.mark - 1], view,
                              reading->text, &found, &bare))
        {
            continue;
        }

        start = vet_reading_start(reading, vet_view_start(view, found.start));
        end = vet_reading_end(reading, vet_view_end(view, found.end));

        rc = vet_match_add(m, f, field, start, end, bare);
        if (rc != VET_OK) {
            return rc;
        }

        from = bare ? from : found.end;
    }

    return VET_OK;
}


static size_t
vet_match_next(vet_str_t text, size_t i)
{
    do {
        i++;
    } while (i < text.len && (text.data[i] & 0xc0) == 0x80);

    return i;
}


/*
 * All fields are counted together: links may be spread over them.  What was
 * converted is the same field as the one before it.
 */

static int
vet_match_links(vet_matcher_t *m, vet_finding_t *f)
{
    int                   rc;
    size_t                i, n, before, total, kept;
    size_t                fields[VET_HITS_PER_RULE];
    vet_link_t            places[VET_HITS_PER_RULE];
    const vet_reading_t  *most;

    n = 0;
    most = NULL;
    total = 0;
    kept = 0;
    before = 0;

    for (i = 0; i < m->s->nfields; i++) {

        if (m->s->fields[i].charset == NULL) {
            before = 0;
        }

        if (!vet_match_applies(m, f->test, i)) {
            continue;
        }

        rc = vet_match_links_in(m, i, &n, &most);
        if (rc != VET_OK) {
            return rc;
        }

        total += (n > before) ? n - before : 0;
        before = n;

        n = (n == 0) ? 0 : vet_match_links_keep(most, places + kept,
                                                VET_HITS_PER_RULE - kept);

        for ( /* void */ ; n > 0; n--) {
            fields[kept++] = i;
        }
    }

    if (total <= f->test->over) {
        return VET_OK;
    }

    for (i = 0; i < kept; i++) {
        rc = vet_match_add(m, f, fields[i], places[i].start, places[i].end, 0);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


/* Counts the links of the reading that has most. */

static int
vet_match_links_in(vet_matcher_t *m, size_t field, size_t *n,
    const vet_reading_t **most)
{
    int                rc;
    size_t             i, links;
    vet_readings_t    *readings;
    const vet_view_t  *view;

    rc = vet_match_readings(m, field, &readings);
    if (rc != VET_OK) {
        return rc;
    }

    *n = 0;
    *most = readings->elts;

    for (i = 0; i < readings->n; i++) {

        rc = vet_match_view(m, &readings->elts[i], VET_VIEW_TEXT, &view);
        if (rc != VET_OK) {
            return rc;
        }

        links = vet_measure_links(view->text, NULL, 0);

        if (links > *n) {
            *n = links;
            *most = &readings->elts[i];
        }
    }

    return VET_OK;
}


/* Puts at most max links in places; returns how many. */

static size_t
vet_match_links_keep(const vet_reading_t *r, vet_link_t *places, size_t max)
{
    size_t             i, n, start, end;
    const vet_view_t  *view;

    view = r->views[VET_VIEW_TEXT];

    n = vet_measure_links(view->text, places, max);
    n = (n < max) ? n : max;

    for (i = 0; i < n; i++) {
        start = vet_view_start(view, places[i].start);
        end = vet_view_end(view, places[i].end);

        places[i].start = vet_reading_start(r, start);
        places[i].end = vet_reading_end(r, end);
    }

    return n;
}


/* The characters of a text with its markup: that may be all there is. */

static int
vet_match_length(vet_matcher_t *m, vet_finding_t *f)
{
    int              rc;
    size_t           i;
    vet_str_t        text;
    vet_readings_t  *readings;

    for (i = 0; i < m->s->nfields; i++) {
        if (!vet_match_applies(m, f->test, i)) {
            continue;
        }

        rc = vet_match_readings(m, i, &readings);
        if (rc != VET_OK) {
            return rc;
        }

        text = readings->elts[readings->whole].text;

        if (vet_measure_length(text) <= f->test->over) {
            continue;
        }

        rc = vet_match_add(m, f, i, 0, m->s->fields[i].value.len, 0);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


static int
vet_match_readings(vet_matcher_t *m, size_t field, vet_readings_t **readings)
{
    vet_field_t  f;

    *readings = &m->readings[field];

    if ((*readings)->n != 0) {
        return VET_OK;
    }

    f = m->s->fields[field];

    /* what its character set makes of it is the next field: no need to guess */

    f.utf8 |= field + 1 < m->s->nfields
              && m->s->fields[field + 1].charset != NULL;

    return vet_readings_make(m->pool, m->s->form, &f, *readings);
}


static int
vet_match_view(vet_matcher_t *m, vet_reading_t *reading, vet_view_kind_t kind,
    const vet_view_t **view)
{
    int                rc;
    vet_view_t        *made;
    const vet_view_t  *base;

    if (reading->views[kind] != NULL) {
        *view = reading->views[kind];
        return VET_OK;
    }

    made = vet_palloc(m->pool, sizeof(vet_view_t));
    if (made == NULL) {
        return vet_pool_failed(m->pool);
    }

    if (kind == VET_VIEW_SQUEEZED || kind == VET_VIEW_JOINED) {
        rc = vet_match_view(m, reading, (kind == VET_VIEW_SQUEEZED)
                                        ? VET_VIEW_FOLDED : VET_VIEW_TEXT,
                            &base);
        if (rc == VET_OK) {
            rc = vet_view_squeeze(m->pool, base, made);
        }

    } else {
        rc = vet_view_build(m->pool, reading->text, kind, made);
    }

    if (rc != VET_OK) {
        return rc;
    }

    reading->views[kind] = made;
    *view = made;

    return VET_OK;
}


/*
 * Adds a hit.  A place is one hit in however many readings it is found.  When a
 * rule has as many as are kept, the first that is not bare still replaces the
 * last: the score goes by the strongest.
 */

static int
vet_match_add(vet_matcher_t *m, vet_finding_t *f, size_t field, size_t start,
    size_t end, int bare)
{
    vet_hit_t         *hit;
    const vet_rule_t  *rule;

    end = (end > start) ? end : start;
    hit = vet_match_same(m, f, field, start, end);

    if (hit != NULL) {
        if (bare || !hit->bare) {
            return VET_OK;
        }

    } else if (f->n >= VET_HITS_PER_RULE) {
        if (bare || f->full) {
            return VET_OK;
        }

        hit = &m->hits->elts[f->places[f->n - 1]];

    } else {
        hit = vet_hit_push(m->pool, m->hits);
        if (hit == NULL) {
            return vet_pool_failed(m->pool);
        }

        f->places[f->n++] = m->hits->n - 1;
    }

    rule = &f->test->rule;

    hit->rule = rule;
    hit->field = field;
    hit->start = start;
    hit->end = end;
    hit->score = (rule->mode == VET_MODE_SHADOW) ? 0 : rule->score;
    hit->bare = (bare != 0);

    if (bare) {
        hit->score /= 2;

    } else {
        f->full = 1;
    }

    return VET_OK;
}


/* Finds what an earlier reading has there: its ends may be other ones. */

static vet_hit_t *
vet_match_same(vet_matcher_t *m, const vet_finding_t *f, size_t field,
    size_t start, size_t end)
{
    size_t      i;
    vet_hit_t  *hit;

    for (i = 0; i < f->seen; i++) {
        hit = &m->hits->elts[f->places[i]];

        if (hit->field == field
            && ((hit->start < end && start < hit->end)
                || hit->start == start))
        {
            return hit;
        }
    }

    return NULL;
}


/*
 * Notes that a field could not be compared with a rule to the end; test is
 * NULL for all that are left.  Shadow rules hold nothing, also not so.
 */

static int
vet_match_spent(vet_matcher_t *m, const vet_test_rule_t *test, size_t field)
{
    vet_hit_t      *hit;
    unsigned char  *spent;

    if (test != NULL && test->rule.mode == VET_MODE_SHADOW) {
        return VET_OK;
    }

    spent = &m->spent[(field == VET_NO_FIELD) ? m->s->nfields : field];

    if (*spent) {
        return VET_OK;
    }

    hit = vet_hit_push(m->pool, m->hits);
    if (hit == NULL) {
        return vet_pool_failed(m->pool);
    }

    hit->rule = &vet_rule_budget;
    hit->field = field;
    *spent = 1;

    return VET_OK;
}


vet_hit_t *
vet_hit_push(vet_pool_t *pool, vet_hits_t *hits)
{
    size_t      size;
    vet_hit_t  *elts;

    if (hits->n == hits->size) {
        size = (hits->size == 0) ? 16 : 2 * hits->size;

        elts = vet_palloc(pool, size * sizeof(vet_hit_t));
        if (elts == NULL) {
            return NULL;
        }

        if (hits->n != 0) {
            memcpy(elts, hits->elts, hits->n * sizeof(vet_hit_t));
        }

        hits->elts = elts;
        hits->size = size;
    }

    memset(&hits->elts[hits->n], 0, sizeof(vet_hit_t));

    return &hits->elts[hits->n++];
}
