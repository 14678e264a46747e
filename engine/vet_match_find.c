
/*
 * Copyright (C) the moderate authors
 *
 * From literals to what is worth to be looked at: each view of each reading is
 * looked through once, for the literals of all rules together.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <stdlib.h>
#include <string.h>

#include "vet_filter.h"
#include "vet_matcher.h"


/*
 * So many candidates are more than any text has, and take 3 MiB: a text that
 * has more was made to have them, and there is no time for it.
 */

#define VET_CANDIDATES_MAX  65536

/* bytes between two windows that are tried rather than left out: a call each */

#define VET_WINDOW_GAP      256


typedef struct {
    vet_matcher_t          *m;
    const vet_test_rule_t  *only;       /* or NULL */
    size_t                  field;
    size_t                  index;      /* of the reading */
    vet_plain_t             squeezed;   /* when it is plain */
    int                     plain;
    int                     tried;      /* or it is not known yet */
    vet_reading_t          *reading;
    const vet_view_t       *view;       /* words or joined */
    uint8_t                 pattern;    /* kind of a candidate */
    vet_key_t               key;
    void                   *seen;       /* room for a scan */
    size_t                  room;
} vet_finder_t;


static int vet_find_field(vet_finder_t *f, size_t field);
static int vet_find_wanted(const vet_finder_t *f, vet_test_t test,
    vet_view_kind_t kind);
static int vet_find_patterns(vet_finder_t *f, vet_view_kind_t kind);
static int vet_find_scan(vet_finder_t *f, const vet_prefilter_t *pf,
    vet_str_t text);
static int vet_find_plain(vet_finder_t *f);
static int vet_find_literals(vet_finder_t *f, const vet_prefilter_t *pf,
    vet_view_kind_t kind);
static int vet_find_applies(const vet_finder_t *f,
    const vet_test_rule_t *rule);
static int vet_find_seen(vet_finder_t *f, size_t size);
static int vet_find_pattern(void *data, uint32_t id, uint64_t blocks);
static int vet_find_phrases(vet_finder_t *f, int joined);
static int vet_find_joined(vet_finder_t *f);
static int vet_find_odd(void *data, uint32_t id, uint64_t pos);
static int vet_find_text_key(vet_finder_t *f);
static int vet_find_key(void *data, uint32_t id, uint64_t pos);
static int vet_find_keyless(vet_finder_t *f, uint32_t number);
static int vet_find_range(vet_finder_t *f, uint32_t number, size_t start,
    size_t end);
static int vet_find_at(vet_finder_t *f, uint32_t number, size_t at);
static const vet_word_t *vet_find_word(const vet_finder_t *f, uint32_t number);
static uint32_t vet_find_order(const vet_finder_t *f, uint32_t number);
static vet_candidate_t *vet_find_push(vet_finder_t *f, uint32_t rule);
static int vet_find_enough(const vet_finder_t *f);
static int vet_candidate_order(const void *one, const void *two);
static int vet_phrases_word(vet_matcher_t *m, vet_word_t *word,
    const vet_key_t *key, vet_list_t *places);


int
vet_match_find(vet_matcher_t *m, const vet_test_rule_t *only)
{
    int           rc;
    size_t        i;
    vet_finder_t  f;

    memset(&f, 0, sizeof(vet_finder_t));
    f.m = m;
    f.only = only;

    rc = VET_OK;

    for (i = 0; rc == VET_OK && i < m->s->nfields; i++) {
        if (!m->s->fields[i].file && m->s->fields[i].value.len != 0
            && m->s->fields[i].role != VET_ROLE_IGNORE)
        {
            rc = vet_find_field(&f, i);
        }
    }

    /* a scan ends so when there is no more time; what is found stays */

    if (rc == VET_DECLINED) {
        rc = VET_OK;
    }

    if (m->found.n > 1) {
        qsort(m->found.elts, m->found.n, sizeof(vet_candidate_t),
              vet_candidate_order);
    }

    return rc;
}


static int
vet_find_field(vet_finder_t *f, size_t field)
{
    int                  rc, joined;
    size_t               i;
    unsigned             role;
    vet_view_kind_t      kind;
    vet_readings_t      *readings;
    const vet_filter_t  *filter;

    filter = f->m->rs->filter;
    role = 1u << f->m->s->fields[field].role;

    if ((filter->roles & role) == 0) {
        return VET_OK;
    }

    rc = vet_match_readings(f->m, field, &readings);
    if (rc != VET_OK) {
        return rc;
    }

    f->field = field;

    for (i = 0; rc == VET_OK && i < readings->n; i++) {
        f->index = i;
        f->reading = &readings->elts[i];
        f->tried = 0;
        f->plain = 0;

        for (kind = VET_VIEW_RAW; rc == VET_OK && kind < VET_VIEW_N; kind++) {
            if ((filter->pattern_roles[kind] & role) != 0
                && vet_find_wanted(f, VET_TEST_MATCH, kind))
            {
                rc = vet_find_patterns(f, kind);
            }
        }

        for (joined = 0; rc == VET_OK && joined < 2; joined++) {
            if ((filter->phrase_roles[joined] & role) != 0
                && vet_find_wanted(f, VET_TEST_WORDS, VET_VIEW_TEXT))
            {
                rc = vet_find_phrases(f, joined);
            }
        }
    }

    return rc;
}


static int
vet_find_wanted(const vet_finder_t *f, vet_test_t test, vet_view_kind_t kind)
{
    return f->only == NULL
           || (f->only->test == test
               && (test == VET_TEST_WORDS || f->only->view == kind));
}


static int
vet_find_patterns(vet_finder_t *f, vet_view_kind_t kind)
{
    int                     rc;
    const vet_view_t       *view;
    const vet_prefilter_t  *pf;

    pf = f->m->rs->filter->patterns[kind];

    if (kind == VET_VIEW_SQUEEZED) {
        f->pattern = VET_CANDIDATE_PATTERN;
        rc = vet_find_plain(f);

        if (rc != VET_DECLINED) {
            return (rc == VET_OK) ? vet_find_scan(f, pf, f->squeezed.text) : rc;
        }
    }

    rc = vet_match_view(f->m, f->reading, kind, &view);

    if (rc == VET_OK && view->joiners) {
        f->pattern = VET_CANDIDATE_UNJOINED;
        rc = vet_find_literals(f, pf, vet_match_unjoined(kind));
    }

    f->pattern = VET_CANDIDATE_PATTERN;

    return (rc == VET_OK) ? vet_find_literals(f, pf, kind) : rc;
}


static int
vet_find_scan(vet_finder_t *f, const vet_prefilter_t *pf, vet_str_t text)
{
    int  rc;

    rc = vet_find_seen(f, vet_prefilter_seen(pf));

    return (rc == VET_OK)
           ? vet_prefilter_scan(pf, text, f->seen, vet_find_pattern, f) : rc;
}


/*
 * The squeezed view is the one that takes longest, and most texts have nothing
 * in it that is looked for: where its text is known in a short way the view is
 * made when a rule is matched.
 */

static int
vet_find_plain(vet_finder_t *f)
{
    int                rc;
    const vet_view_t  *base;

    if (f->tried || vet_scratch_is_unfiltered(f->m->scratch)) {
        return f->plain ? VET_OK : VET_DECLINED;
    }

    f->tried = 1;

    rc = vet_match_view(f->m, f->reading, VET_VIEW_FOLDED_WORDS, &base);

    if (rc == VET_OK) {
        rc = vet_squeeze_plain(f->m->pool, base, &f->squeezed);
    }

    f->plain = (rc == VET_OK);

    return rc;
}


static int
vet_find_literals(vet_finder_t *f, const vet_prefilter_t *pf,
    vet_view_kind_t kind)
{
    int                rc;
    const vet_view_t  *view;

    rc = vet_match_view(f->m, f->reading, kind, &view);

    if (rc == VET_OK && vet_scratch_is_unfiltered(f->m->scratch)) {
        return vet_prefilter_all(pf, vet_find_pattern, f);
    }

    return (rc == VET_OK) ? vet_find_scan(f, pf, view->text) : rc;
}


/* Tells so by the role alone; the rest is for when the rule is matched. */

static int
vet_find_applies(const vet_finder_t *f, const vet_test_rule_t *rule)
{
    return (f->only == NULL || f->only == rule)
           && (rule->roles & 1u << f->m->s->fields[f->field].role) != 0;
}


static int
vet_find_seen(vet_finder_t *f, size_t size)
{
    if (size > f->room) {
        f->seen = vet_palloc(f->m->pool, size);
        f->room = (f->seen == NULL) ? 0 : size;
    }

    return (f->seen == NULL) ? vet_pool_failed(f->m->pool) : VET_OK;
}


static int
vet_find_pattern(void *data, uint32_t id, uint64_t blocks)
{
    vet_finder_t           *f = data;
    vet_candidate_t        *c;
    const vet_test_rule_t  *rule;

    rule = (const vet_test_rule_t *) f->m->rs->rules.elts + id;

    if (!vet_find_applies(f, rule)) {
        return VET_OK;
    }

    if (vet_find_enough(f)) {
        return VET_DECLINED;
    }

    c = vet_find_push(f, id);
    if (c == NULL) {
        return vet_pool_failed(f->m->pool);
    }

    c->kind = f->pattern;
    c->blocks = blocks;

    return VET_OK;
}


static int
vet_find_phrases(vet_finder_t *f, int joined)
{
    int                  rc;
    size_t               i;
    const vet_filter_t  *filter;

    filter = f->m->rs->filter;

    if (joined) {
        rc = vet_find_joined(f);

        if (rc != VET_DECLINED) {
            return rc;
        }
    }

    /* what is odd with accents is odd without, and that view is there */

    if (joined && filter->patterns[VET_VIEW_SQUEEZED] != NULL) {
        rc = vet_match_view(f->m, f->reading, VET_VIEW_SQUEEZED, &f->view);
        if (rc != VET_OK || !f->view->odd) {
            return rc;
        }
    }

    rc = vet_match_view(f->m, f->reading, joined ? VET_VIEW_JOINED
                                                 : VET_VIEW_WORDS, &f->view);
    if (rc != VET_OK || (joined && !f->view->odd)) {
        return rc;
    }

    if (vet_scratch_is_unfiltered(f->m->scratch)) {
        f->key.joined = (joined != 0);

        for (i = 0; rc == VET_OK && i < filter->nphrases; i++) {
            rc = vet_find_keyless(f, (uint32_t) i);
        }

        return rc;
    }

    rc = joined ? vet_key_make(f->m->pool, &filter->table, f->view->text, 1,
                               &f->key)
                : vet_find_text_key(f);

    if (rc == VET_OK && filter->keys[joined] != NULL) {
        rc = vet_prefilter_scan(filter->keys[joined], f->key.text, NULL,
                                vet_find_key, f);
    }

    for (i = 0; rc == VET_OK && i < filter->nkeyless[joined]; i++) {
        rc = vet_find_keyless(f, filter->keyless[joined][i]);
    }

    return rc;
}


/*
 * The same for the joined view, where a phrase counts only if something of it
 * is odd.  VET_OK: none has such a place.
 */

static int
vet_find_joined(vet_finder_t *f)
{
    int                  rc;
    vet_str_t            key;
    vet_plain_t         *plain;
    const vet_filter_t  *filter;

    plain = &f->squeezed;
    filter = f->m->rs->filter;
    rc = vet_find_plain(f);

    if (rc != VET_OK || !plain->odd) {
        return rc;
    }

    if (filter->nkeyless[1] != 0) {
        return VET_DECLINED;
    }

    rc = vet_key_squeezed(f->m->pool, plain->text, &key, plain->places.elts,
                          plain->places.n);

    return (rc == VET_OK)
           ? vet_prefilter_scan(filter->keys[1], key, NULL, vet_find_odd, f)
           : rc;
}


/*
 * VET_DECLINED: a phrase has one of the places in it, or beside it; or time is
 * up, which ends the way around as well.
 */

static int
vet_find_odd(void *data, uint32_t id, uint64_t pos)
{
    size_t                  low, high, mid, len;
    vet_finder_t           *f = data;
    const uint32_t         *places;
    const vet_test_rule_t  *rule;

    rule = (const vet_test_rule_t *) f->m->rs->rules.elts
           + f->m->rs->filter->rules[id];

    if (!vet_find_applies(f, rule)) {
        return VET_OK;
    }

    if (vet_find_enough(f)) {
        return VET_DECLINED;
    }

    places = f->squeezed.places.elts;
    len = vet_find_word(f, id)->squeezed.len;
    low = 0;
    high = f->squeezed.places.n;

    while (low < high) {
        mid = low + (high - low) / 2;

        if (places[mid] + 1 < pos) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return (low < f->squeezed.places.n && places[low] <= pos + len + 1)
           ? VET_DECLINED : VET_OK;
}


/* Most texts are latin, and their folded view is there or soon needed. */

static int
vet_find_text_key(vet_finder_t *f)
{
    int                  rc;
    const vet_view_t    *folded;
    const vet_filter_t  *filter;

    filter = f->m->rs->filter;
    rc = VET_OK;
    folded = NULL;

    if (f->view->latin) {
        rc = vet_match_view(f->m, f->reading, VET_VIEW_FOLDED_WORDS, &folded);
    }

    if (rc != VET_OK) {
        return rc;
    }

    return (folded != NULL && folded->latin)
           ? vet_key_folded(f->m->pool, &filter->table, f->view, folded,
                            &f->key)
           : vet_key_make(f->m->pool, &filter->table, f->view->text, 0,
                          &f->key);
}


static int
vet_find_key(void *data, uint32_t id, uint64_t pos)
{
    size_t                  start, end;
    vet_finder_t           *f = data;
    const vet_word_t       *word;
    const vet_test_rule_t  *rule;

    rule = (const vet_test_rule_t *) f->m->rs->rules.elts
           + f->m->rs->filter->rules[id];

    if (!vet_find_applies(f, rule)) {
        return VET_OK;
    }

    word = vet_find_word(f, id);
    vet_key_start(&f->key, word, (size_t) pos, &start, &end);

    return vet_find_range(f, id, start, end);
}


/* One without a key may be anywhere. */

static int
vet_find_keyless(vet_finder_t *f, uint32_t number)
{
    const vet_test_rule_t  *rule;

    rule = (const vet_test_rule_t *) f->m->rs->rules.elts
           + f->m->rs->filter->rules[number];

    if (!vet_find_applies(f, rule)) {
        return VET_OK;
    }

    if (f->key.joined && vet_find_word(f, number)->squeezed.len == 0) {
        return VET_OK;
    }

    return vet_find_range(f, number, 0, f->view->text.len);
}


static int
vet_find_range(vet_finder_t *f, uint32_t number, size_t start, size_t end)
{
    int     rc;
    size_t  at;

    for (at = start; at < end; at++) {

        if ((f->view->text.data[at] & 0xc0) == 0x80) {
            continue;
        }

        rc = vet_find_at(f, number, at);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


static int
vet_find_at(vet_finder_t *f, uint32_t number, size_t at)
{
    int                rc;
    vet_candidate_t   *c;
    const vet_word_t  *word;
    vet_word_place_t   place;

    if (vet_find_enough(f)) {
        return VET_DECLINED;
    }

    word = vet_find_word(f, number);

    rc = f->key.joined
         ? vet_word_joined_at(f->m->pool, word, f->view, f->reading->text, at,
                              &place)
         : vet_word_at(f->m->pool, word, f->view->text, at, &place);

    if (rc != VET_OK) {
        return (rc == VET_DECLINED) ? VET_OK : rc;
    }

    c = vet_find_push(f, f->m->rs->filter->rules[number]);
    if (c == NULL) {
        return vet_pool_failed(f->m->pool);
    }

    c->kind = f->key.joined ? VET_CANDIDATE_JOINED : VET_CANDIDATE_TEXT;
    c->order = vet_find_order(f, number);
    c->number = number;
    c->start = (uint32_t) place.start;
    c->end = (uint32_t) place.end;
    c->bare = place.bare;

    return VET_OK;
}


static const vet_word_t *
vet_find_word(const vet_finder_t *f, uint32_t number)
{
    const vet_test_rule_t  *rule;

    rule = (const vet_test_rule_t *) f->m->rs->rules.elts
           + f->m->rs->filter->rules[number];

    return &rule->words[number - rule->first];
}


/* On the text view that of the rule; on the joined one the longer first. */

static uint32_t
vet_find_order(const vet_finder_t *f, uint32_t number)
{
    size_t     i;
    uint32_t   letters;
    vet_str_t  s;

    if (!f->key.joined) {
        return number;
    }

    s = vet_find_word(f, number)->squeezed;
    letters = 0;

    for (i = 0; i < s.len; i++) {
        letters += (s.data[i] != ' ' && (s.data[i] & 0xc0) != 0x80);
    }

    return UINT32_MAX - letters;
}


static vet_candidate_t *
vet_find_push(vet_finder_t *f, uint32_t rule)
{
    vet_candidate_t  *c;

    c = vet_list_push(&f->m->found);

    if (c != NULL) {
        c->rule = rule;
        c->field = (uint16_t) f->field;
        c->reading = (uint8_t) f->index;
    }

    return c;
}


static int
vet_find_enough(const vet_finder_t *f)
{
    if (f->m->found.n >= VET_CANDIDATES_MAX) {
        vet_pattern_end(f->m->scratch);
    }

    return vet_pattern_over(f->m->scratch);
}


static int
vet_candidate_order(const void *one, const void *two)
{
    const vet_candidate_t  *a, *b;

    a = one;
    b = two;

    if (a->rule != b->rule) {
        return (a->rule > b->rule) ? 1 : -1;
    }

    if (a->field != b->field) {
        return (a->field > b->field) ? 1 : -1;
    }

    if (a->reading != b->reading) {
        return (a->reading > b->reading) ? 1 : -1;
    }

    if (a->kind != b->kind) {
        return (a->kind > b->kind) ? 1 : -1;
    }

    if (a->start != b->start) {
        return (a->start > b->start) ? 1 : -1;
    }

    if (a->order != b->order) {
        return (a->order > b->order) ? 1 : -1;
    }

    return (int) a->bare - (int) b->bare;
}


void
vet_match_take(vet_matcher_t *m, size_t rule)
{
    size_t                  low, high, mid;
    const vet_candidate_t  *found;

    found = m->found.elts;
    low = 0;
    high = m->found.n;

    while (low < high) {
        mid = low + (high - low) / 2;

        if (found[mid].rule < rule) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    while (high < m->found.n && found[high].rule == rule) {
        high++;
    }

    m->candidates = (low == high) ? NULL : found + low;
    m->ncandidates = high - low;
}


/*
 * A match begins at most the reach before its literal, which begins where it
 * does or behind it.  Blocks that are near each other make one window.
 */

int
vet_match_window(vet_str_t text, uint32_t reach, uint64_t blocks,
    size_t *from, size_t *limit)
{
    size_t    start, end;
    unsigned  n;

    *limit = text.len;

    if (reach == VET_FAR || blocks == VET_BLOCKS_ALL) {
        return *from < text.len;
    }

    n = vet_prefilter_block(text.len);
    blocks = (*from >> n < 64) ? blocks >> (*from >> n) << (*from >> n) : 0;

    if (blocks == 0) {
        return 0;
    }

    start = (size_t) __builtin_ctzll(blocks) << n;

    do {
        end = ((size_t) __builtin_ctzll(blocks) + 1) << n;
        blocks &= blocks - 1;
    } while (blocks != 0
             && (size_t) __builtin_ctzll(blocks) << n
                <= end + reach + VET_WINDOW_GAP);

    start = (start > reach) ? start - reach : 0;

    while (start > *from && (text.data[start] & 0xc0) == 0x80) {
        start--;
    }

    while (end < text.len && (text.data[end] & 0xc0) == 0x80) {
        end++;
    }

    *from = (start > *from) ? start : *from;
    *limit = (end < text.len) ? end : text.len;

    return *from < text.len;
}


int
vet_match_phrases(vet_matcher_t *m, const vet_test_rule_t *rule,
    vet_reading_t *reading, vet_list_t *places)
{
    int                rc;
    size_t             i;
    vet_key_t          key;
    const vet_view_t  *view;

    rc = vet_match_view(m, reading, VET_VIEW_WORDS, &view);

    if (rc == VET_OK) {
        rc = vet_key_make(m->pool, &m->rs->filter->table, view->text, 0,
                          &key);
    }

    for (i = 0; rc == VET_OK && i < rule->nwords; i++) {
        rc = vet_phrases_word(m, &rule->words[i], &key, places);
    }

    return rc;
}


static int
vet_phrases_word(vet_matcher_t *m, vet_word_t *word, const vet_key_t *key,
    vet_list_t *places)
{
    int                   rc;
    size_t                pos, at, start, end;
    vet_str_t             literal;
    vet_link_t           *link;
    vet_word_t            copy;
    vet_word_place_t      place;
    const unsigned char  *found;

    copy = *word;
    rc = vet_word_key(m->pool, key->table, &copy, 0, &literal);

    if (rc != VET_OK && rc != VET_DECLINED) {
        return rc;
    }

    start = 0;
    end = key->view.len;

    for (pos = 0; pos < key->text.len; pos++) {

        if (rc == VET_OK) {
            found = memmem(key->text.data + pos, key->text.len - pos,
                           literal.data, literal.len);
            if (found == NULL) {
                return VET_OK;
            }

            pos = (size_t) (found - key->text.data);
            vet_key_start(key, &copy, pos, &start, &end);
        }

        for (at = start; at < end; at++) {

            if ((key->view.data[at] & 0xc0) == 0x80) {
                continue;
            }

            switch (vet_word_at(m->pool, &copy, key->view, at, &place)) {

            case VET_OK:
                link = vet_list_push(places);
                if (link == NULL) {
                    return vet_pool_failed(m->pool);
                }

                link->start = place.start;
                link->end = place.end;
                break;

            case VET_DECLINED:
                break;

            default:
                return vet_pool_failed(m->pool);
            }
        }

        if (rc == VET_DECLINED) {
            return VET_OK;
        }
    }

    return VET_OK;
}
