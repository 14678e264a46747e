
/*
 * Copyright (C) the moderate authors
 *
 * The fields of a submission against the rules of a set, in rule order.
 */


#include <string.h>

#include "vet_filter.h"
#include "vet_matcher.h"
#include "vet_pool.h"


/* ns of CPU time after which a rule in the shadow begins no other field */

#define VET_SHADOW_TIME  20000000LL


static int vet_match_in_shadow(const vet_matcher_t *m,
    const vet_test_rule_t *test);
static int vet_match_given_up(const vet_matcher_t *m,
    const vet_test_rule_t *test);
static long long vet_match_charge(vet_matcher_t *m);
static int vet_matcher_init(vet_matcher_t *m, vet_pool_t *pool,
    const vet_ruleset_t *rs, vet_scratch_t *scratch,
    const vet_submission_t *s, vet_hits_t *hits);
static int vet_matcher_outcomes(vet_matcher_t *m);
static int vet_match_all(vet_matcher_t *m);
static int vet_match_next_rule(vet_matcher_t *m, size_t i);
static int vet_match_needed(vet_matcher_t *m, size_t index);
static void vet_match_clean(vet_hits_t *hits);
static int vet_match_unreadable(vet_matcher_t *m);
static int vet_match_rule(vet_matcher_t *m, const vet_test_rule_t *test);
static int vet_match_fields(vet_matcher_t *m, vet_finding_t *f);
static int vet_match_field(vet_matcher_t *m, vet_finding_t *f, size_t field);
static int vet_match_candidates(vet_matcher_t *m, vet_finding_t *f);
static int vet_match_pattern(vet_matcher_t *m, vet_finding_t *f, size_t field,
    vet_reading_t *reading, vet_view_kind_t kind, uint64_t blocks);
static int vet_match_places(vet_matcher_t *m, vet_finding_t *f,
    const vet_candidate_t *places, size_t n, vet_reading_t *reading);
static size_t vet_match_next(vet_str_t text, size_t i);
static vet_hit_t *vet_match_same(vet_matcher_t *m, const vet_finding_t *f,
    size_t field, size_t start, size_t end);


int
vet_match(vet_pool_t *pool, const vet_ruleset_t *rs, vet_scratch_t *scratch,
    const vet_submission_t *s, vet_hits_t *hits)
{
    return vet_match_shadowed(pool, rs, scratch, s, NULL, hits);
}


int
vet_match_shadowed(vet_pool_t *pool, const vet_ruleset_t *rs,
    vet_scratch_t *scratch, const vet_submission_t *s,
    const unsigned char *shadow, vet_hits_t *hits)
{
    int            rc;
    vet_matcher_t  m;

    rc = vet_matcher_init(&m, pool, rs, scratch, s, hits);
    m.shadow = shadow;

    if (rc == VET_OK) {
        rc = vet_match_unreadable(&m);
    }

    if (rc == VET_OK) {
        rc = vet_match_all(&m);
    }

    vet_match_clean(hits);
    vet_pool_end(m.pool, pool);

    return rc;
}


/* By its file, or by whoever calls. */

static int
vet_match_in_shadow(const vet_matcher_t *m, const vet_test_rule_t *test)
{
    size_t  i;

    if (test->rule.mode == VET_MODE_SHADOW || m->shadow == NULL) {
        return test->rule.mode == VET_MODE_SHADOW;
    }

    i = (size_t) (test - (const vet_test_rule_t *) m->rs->rules.elts);

    return (m->shadow[i / 8] >> i % 8) & 1;
}


/* Tells whether a rule that decides nothing has cost enough. */

static int
vet_match_given_up(const vet_matcher_t *m, const vet_test_rule_t *test)
{
    return vet_match_in_shadow(m, test)
           && (m->ran_out || vet_pattern_looked(m->scratch) - m->began
                             > VET_SHADOW_TIME);
}


/* Returns what the current rule took so far, by the looks at the clock. */

static long long
vet_match_charge(vet_matcher_t *m)
{
    long long  took;

    took = vet_pattern_looked(m->scratch) - m->began;

    if (took > m->most) {
        m->most = took;
        m->slowest = m->current;
    }

    return took;
}


int
vet_match_one(vet_pool_t *pool, const vet_ruleset_t *rs,
    const vet_test_rule_t *rule, vet_scratch_t *scratch,
    const vet_submission_t *s, vet_hits_t *hits)
{
    int            rc;
    size_t         index;
    vet_matcher_t  m;

    rc = vet_matcher_init(&m, pool, rs, scratch, s, hits);
    m.everywhere = 1;
    m.current = rule;

    index = (size_t) (rule - (vet_test_rule_t *) rs->rules.elts);

    if (rc == VET_OK) {
        rc = vet_match_find(&m, (rule->test == VET_TEST_PARTS) ? NULL : rule);
    }

    if (rc == VET_OK) {
        rc = (rule->test == VET_TEST_PARTS) ? vet_match_needed(&m, index)
                                            : vet_match_next_rule(&m, index);
    }

    vet_pool_end(m.pool, pool);

    return rc;
}


static int
vet_matcher_init(vet_matcher_t *m, vet_pool_t *pool, const vet_ruleset_t *rs,
    vet_scratch_t *scratch, const vet_submission_t *s, vet_hits_t *hits)
{
    memset(m, 0, sizeof(vet_matcher_t));
    m->pool = vet_scratch_pool(scratch);
    m->keep = pool;
    m->rs = rs;
    m->scratch = scratch;
    m->s = s;
    m->hits = hits;
    m->found.pool = m->pool;
    m->found.size = sizeof(vet_candidate_t);

    vet_pool_begin(m->pool, pool);

    m->readings = vet_pcalloc(m->pool, (s->nfields + 1)
                                       * sizeof(vet_readings_t));
    m->spent = vet_pcalloc(m->pool, s->nfields + 1);

    hits->readings = m->readings;

    if (m->readings == NULL || m->spent == NULL) {
        return vet_pool_failed(m->pool);
    }

    vet_pattern_begin(scratch);
    m->began = vet_pattern_looked(scratch);

    return VET_OK;
}


static int
vet_matcher_outcomes(vet_matcher_t *m)
{
    m->outcomes = vet_pcalloc(m->pool,
                              m->rs->rules.n * sizeof(vet_outcome_t));

    return (m->outcomes == NULL) ? vet_pool_failed(m->pool) : VET_OK;
}


/* Those that are always tried and those that were found, in rule order. */

static int
vet_match_all(vet_matcher_t *m)
{
    int                     rc;
    size_t                  i, k, next;
    vet_candidate_t        *found;
    const vet_filter_t     *filter;
    const vet_test_rule_t  *tests;

    tests = m->rs->rules.elts;
    filter = m->rs->filter;

    rc = vet_match_find(m, NULL);

    /* rules made of others are the last ones */

    if (rc == VET_OK && tests[m->rs->rules.n - 1].test == VET_TEST_PARTS) {
        rc = vet_matcher_outcomes(m);
    }

    found = m->found.elts;
    i = 0;
    k = 0;

    while (rc == VET_OK && (i < filter->nalways || k < m->found.n)) {

        next = (i < filter->nalways) ? filter->always[i] : m->rs->rules.n;

        if (k < m->found.n && found[k].rule < next) {
            next = found[k].rule;

        } else {
            i++;
        }

        vet_match_take(m, next);
        k += m->ncandidates;

        /* once time is up only what was found already */

        if (tests[next].test == VET_TEST_WORDS
            || !vet_pattern_spent(m->scratch))
        {
            rc = vet_match_next_rule(m, next);
        }
    }

    if (rc == VET_OK && vet_pattern_spent(m->scratch)) {
        rc = vet_match_spent(m, NULL, VET_NO_FIELD);
    }

    return rc;
}


static int
vet_match_next_rule(vet_matcher_t *m, size_t i)
{
    int                     rc;
    vet_outcome_t          *outcome;
    const vet_test_rule_t  *test;

    test = (const vet_test_rule_t *) m->rs->rules.elts + i;
    outcome = (m->outcomes == NULL) ? NULL : &m->outcomes[i];

    if (outcome != NULL) {
        outcome->first = m->hits->n;
    }

    m->ran_out = 0;
    vet_match_take(m, i);
    m->current = test;
    m->began = vet_pattern_looked(m->scratch);
    rc = vet_match_rule(m, test);

    if (vet_match_charge(m) > VET_SHADOW_TIME
        && vet_match_in_shadow(m, test))
    {
        m->ran_out = 1;
    }

    if (outcome != NULL) {
        outcome->end = m->hits->n;
        outcome->spent = (m->ran_out != 0);
    }

    return rc;
}


/* Matches one rule of the set, and before it those that it is made of. */

static int
vet_match_needed(vet_matcher_t *m, size_t index)
{
    int                     rc;
    size_t                  i, k;
    unsigned char          *needed;
    const vet_test_rule_t  *tests;

    rc = vet_matcher_outcomes(m);
    if (rc != VET_OK) {
        return rc;
    }

    needed = vet_pcalloc(m->pool, index + 1);
    if (needed == NULL) {
        return vet_pool_failed(m->pool);
    }

    tests = m->rs->rules.elts;
    needed[index] = 1;

    for (i = index; i > 0; i--) {
        for (k = 0; needed[i] && k < tests[i].nparts; k++) {
            needed[tests[i].parts[k].index] = 1;
        }
    }

    for (i = 0; rc == VET_OK && i <= index; i++) {
        rc = needed[i] ? vet_match_next_rule(m, i) : VET_OK;
    }

    return rc;
}


/* Drops the hits of rules that are nothing but parts. */

static void
vet_match_clean(vet_hits_t *hits)
{
    size_t            i, n;
    const vet_rule_t *rule;

    n = 0;

    for (i = 0; i < hits->n; i++) {
        rule = hits->elts[i].rule;

        if (rule->score != 0 || rule->file == NULL) {
            hits->elts[n++] = hits->elts[i];
        }
    }

    hits->n = n;
}


static int
vet_match_unreadable(vet_matcher_t *m)
{
    vet_hit_t  *hit;

    if (m->s->unreadable == VET_READABLE) {
        return VET_OK;
    }

    hit = vet_hit_push(m->keep, m->hits);
    if (hit == NULL) {
        return vet_pool_failed(m->keep);
    }

    hit->rule = &vet_rule_unreadable;
    hit->field = VET_NO_FIELD;

    return VET_OK;
}


static int
vet_match_rule(vet_matcher_t *m, const vet_test_rule_t *test)
{
    int            rc;
    vet_finding_t  f;

    memset(&f, 0, sizeof(vet_finding_t));
    f.test = test;

    if (!m->everywhere && (!vet_scope_holds(&test->scope, &m->s->context)
                           || vet_except_rule(m, test)))
    {
        return VET_OK;
    }

    switch (test->test) {

    case VET_TEST_MEASURE:
        return vet_match_measure(m, &f);

    case VET_TEST_HOSTS:
        return vet_match_hosts(m, &f);

    case VET_TEST_PERSONAL:
        return vet_match_personal(m, &f);

    case VET_TEST_PARTS:
        return vet_match_parts(m, &f);

    default:
        break;
    }

    rc = test->filtered ? vet_match_candidates(m, &f)
                        : vet_match_fields(m, &f);

    if (rc == VET_OK && test->most > 1 && f.n > 1) {
        vet_match_total(m, &f);
    }

    if (rc == VET_OK && test->over != 0) {
        vet_match_enough(m, &f);
    }

    return rc;
}


/* A pattern without a literal, in all fields. */

static int
vet_match_fields(vet_matcher_t *m, vet_finding_t *f)
{
    int     rc;
    size_t  i;

    for (i = 0; i < m->s->nfields; i++) {
        if (!vet_match_applies(m, f->test, i)) {
            continue;
        }

        rc = vet_match_field(m, f, i);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


/*
 * No rule has the bit of role ignore.  A rule in the shadow that runs out is
 * not tried in other fields.
 */

int
vet_match_applies(const vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field)
{
    const vet_field_t  *f;

    f = &m->s->fields[field];

    return !f->file && f->value.len != 0 && (test->roles & 1u << f->role) != 0
           && !vet_match_given_up(m, test)
           && !vet_except_field(m, test, field);
}


/* A pattern without a literal, in all readings. */

static int
vet_match_field(vet_matcher_t *m, vet_finding_t *f, size_t field)
{
    int                rc;
    size_t             i;
    vet_readings_t    *readings;
    vet_view_kind_t    kind;
    const vet_view_t  *view;

    kind = f->test->view;
    rc = vet_match_readings(m, field, &readings);

    for (i = 0; rc == VET_OK && i < readings->n; i++) {
        f->seen = (i == 0) ? 0 : f->n;
        rc = vet_match_view(m, &readings->elts[i], kind, &view);

        if (rc == VET_OK && view->joiners) {
            rc = vet_match_pattern(m, f, field, &readings->elts[i],
                                   vet_match_unjoined(kind), VET_BLOCKS_ALL);
            f->seen = f->n;
        }

        if (rc == VET_OK) {
            rc = vet_match_pattern(m, f, field, &readings->elts[i], kind,
                                   VET_BLOCKS_ALL);
        }
    }

    return rc;
}


/* What the literals led to: a pattern, or phrases, by view. */

static int
vet_match_candidates(vet_matcher_t *m, vet_finding_t *f)
{
    int                     rc;
    size_t                  i, n;
    uint64_t                blocks;
    vet_reading_t          *reading;
    vet_view_kind_t         kind;
    const vet_candidate_t  *c;

    for (i = 0; i < m->ncandidates; i += n) {
        c = &m->candidates[i];
        blocks = c->blocks;
        n = 1;

        while (i + n < m->ncandidates && c->field == c[n].field
               && c->reading == c[n].reading && c->kind == c[n].kind)
        {
            blocks |= c[n++].blocks;
        }

        if (!vet_match_applies(m, f->test, c->field)) {
            continue;
        }

        reading = &m->readings[c->field].elts[c->reading];

        f->seen = (c->reading == 0 && c->kind == VET_CANDIDATE_TEXT)
                  ? 0 : f->n;

        kind = (c->kind == VET_CANDIDATE_UNJOINED)
               ? vet_match_unjoined(f->test->view) : f->test->view;

        rc = (c->kind >= VET_CANDIDATE_UNJOINED)
             ? vet_match_pattern(m, f, c->field, reading, kind, blocks)
             : vet_match_places(m, f, c, n, reading);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


static int
vet_match_pattern(vet_matcher_t *m, vet_finding_t *f, size_t field,
    vet_reading_t *reading, vet_view_kind_t kind, uint64_t blocks)
{
    int                rc;
    size_t             from, limit, start, end;
    vet_str_t          text;
    vet_found_t        found;
    const vet_view_t  *view;

    rc = vet_match_view(m, reading, kind, &view);
    if (rc != VET_OK) {
        return rc;
    }

    text = view->text;
    from = 0;

    while (vet_match_window(text, f->test->reach, blocks, &from, &limit)
           && !(f->full && f->n >= VET_HITS_PER_RULE))
    {
        rc = vet_pattern_find(f->test->patterns, m->scratch, text, from,
                              limit, &found);

        if (rc == VET_DECLINED && limit < text.len) {
            from = vet_match_next(text, limit);
            continue;
        }

        if (rc == VET_DECLINED) {
            return VET_OK;
        }

        if (rc != VET_OK) {
            return vet_match_spent(m, f->test, field);
        }

        start = vet_reading_start(reading, vet_view_start(view, found.start));
        end = vet_reading_end(reading, vet_view_end(view, found.end));

        rc = vet_match_add(m, f, field, start, end, 0);
        if (rc != VET_OK) {
            return rc;
        }

        if (found.end <= from || found.end == found.start) {
            found.end = vet_match_next(text, (found.start > from)
                                             ? found.start : from);
        }

        from = found.end;
    }

    return VET_OK;
}


/*
 * The places of phrases in one view of a reading, in order: the first, and
 * then what is behind it.
 */

static int
vet_match_places(vet_matcher_t *m, vet_finding_t *f,
    const vet_candidate_t *places, size_t n, vet_reading_t *reading)
{
    int                     rc;
    size_t                  i, from, start, end;
    const vet_view_t       *view;
    const vet_candidate_t  *place;

    view = reading->views[(places->kind == VET_CANDIDATE_JOINED)
                          ? VET_VIEW_JOINED : VET_VIEW_WORDS];
    from = 0;

    for (i = 0; i < n && !(f->full && f->n >= VET_HITS_PER_RULE); i++) {
        place = &places[i];

        if (place->start < from) {
            continue;
        }

        f->phrase = place->number;
        start = vet_reading_start(reading, vet_view_start(view, place->start));
        end = vet_reading_end(reading, vet_view_end(view, place->end));

        rc = vet_match_add(m, f, place->field, start, end, place->bare);
        if (rc != VET_OK) {
            return rc;
        }

        /* a bare one may hide a stronger one that begins inside of it */

        from = place->bare ? place->start + 1 : place->end;
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


int
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


int
vet_match_view(vet_matcher_t *m, vet_reading_t *reading, vet_view_kind_t kind,
    const vet_view_t **view)
{
    int                rc;
    vet_view_t        *made;
    vet_view_kind_t    own;
    const vet_view_t  *base;

    if (reading->views[kind] != NULL) {
        *view = reading->views[kind];
        return VET_OK;
    }

    own = vet_view_bases[kind];
    base = NULL;

    if (own != kind) {
        rc = vet_match_view(m, reading, own, &base);
        if (rc != VET_OK) {
            return rc;
        }

        /* nearly all texts have no joiner to be left out */

        if (kind >= VET_VIEW_WORDS && !base->joiners) {
            reading->views[kind] = reading->views[own];
            *view = base;
            return VET_OK;
        }
    }

    made = vet_palloc(m->pool, sizeof(vet_view_t));
    if (made == NULL) {
        return vet_pool_failed(m->pool);
    }

    rc = (kind == VET_VIEW_SQUEEZED || kind == VET_VIEW_JOINED)
         ? vet_view_squeeze(m->pool, base, made)
         : vet_view_build(m->pool, reading->text, kind, made);
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

int
vet_match_add(vet_matcher_t *m, vet_finding_t *f, size_t field, size_t start,
    size_t end, int bare)
{
    int                rc, dropped;
    vet_hit_t         *hit;
    const vet_rule_t  *rule;

    end = (end > start) ? end : start;

    rc = vet_except_place(m, f->test, field, start, end, &dropped);

    if (rc != VET_OK || dropped) {
        return rc;
    }

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
        f->phrases[f->n - 1] = f->phrase;

    } else {
        hit = vet_hit_push(m->keep, m->hits);
        if (hit == NULL) {
            return vet_pool_failed(m->keep);
        }

        f->places[f->n++] = m->hits->n - 1;
        f->phrases[f->n - 1] = f->phrase;
    }

    rule = &f->test->rule;

    hit->rule = rule;
    hit->field = field;
    hit->start = start;
    hit->end = end;
    hit->score = vet_match_in_shadow(m, f->test) ? 0 : rule->score;
    hit->bare = (bare != 0);

    if (bare) {
        hit->score = (hit->score == 0) ? 0 : f->test->bare_score;

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
 * NULL for all that are left.  Shadow rules hold nothing, also not so.  There
 * is a hit for each rule, and one for each field.
 */

int
vet_match_spent(vet_matcher_t *m, const vet_test_rule_t *test, size_t field)
{
    int             again;
    vet_hit_t      *hit;
    unsigned char  *spent;

    /* who is matched when time is over is not the one to blame */

    if (vet_pattern_spent(m->scratch)) {
        (void) vet_match_charge(m);
        test = (2 * m->most > vet_pattern_time(m->scratch)) ? m->slowest
                                                            : NULL;
    }

    again = m->ran_out;
    m->ran_out = 1;

    if (test != NULL && vet_match_in_shadow(m, test)
        && !vet_pattern_spent(m->scratch))
    {
        return VET_OK;
    }

    spent = &m->spent[(field == VET_NO_FIELD) ? m->s->nfields : field];

    if (*spent && (again || test == NULL)) {
        return VET_OK;
    }

    hit = vet_hit_push(m->keep, m->hits);
    if (hit == NULL) {
        return vet_pool_failed(m->keep);
    }

    hit->rule = &vet_rule_budget;
    hit->field = field;
    hit->about = (test == NULL) ? NULL : &test->rule;
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
