
/*
 * Copyright (C) the moderate authors
 *
 * Rules that measure: links and hosts of all fields together, one text at a
 * time, and what is known of a form besides its texts.
 */


#include <stdlib.h>
#include <string.h>

#include "vet_matcher.h"


static int vet_measure_holds(const vet_test_rule_t *test, size_t value);
static int vet_match_nowhere(vet_matcher_t *m, vet_finding_t *f);
static int vet_match_links(vet_matcher_t *m, vet_finding_t *f);
static int vet_match_links_in(vet_matcher_t *m, size_t field, size_t *n,
    const vet_reading_t **most);
static size_t vet_match_links_keep(const vet_reading_t *r, vet_link_t *places,
    size_t max);
static int vet_match_distinct(vet_matcher_t *m, vet_finding_t *f);
static int vet_match_distinct_in(vet_matcher_t *m, size_t field,
    vet_list_t *names);
static int vet_match_distinct_add(vet_list_t *names, vet_str_t host,
    size_t field, size_t start, size_t end);
static int vet_match_distinct_order(const void *one, const void *two);
static int vet_match_texts(vet_matcher_t *m, vet_finding_t *f);
static int vet_match_text(vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field, size_t *value, int *enough);
static int vet_match_filled(vet_matcher_t *m, vet_finding_t *f);
static int vet_match_is_filled(vet_matcher_t *m, size_t field, int *filled);


/* A link's host, and where the link is. */

typedef struct {
    vet_str_t               name;
    size_t                  field;
    size_t                  start;
    size_t                  end;
} vet_linked_t;


int
vet_match_measure(vet_matcher_t *m, vet_finding_t *f)
{
    const vet_context_t  *context;

    context = &m->s->context;

    switch (f->test->measure) {

    case VET_MEASURE_LINKS:
        return vet_match_links(m, f);

    case VET_MEASURE_HOSTS:
        return vet_match_distinct(m, f);

    case VET_MEASURE_FILLED:
    case VET_MEASURE_HONEYPOT:
        return vet_match_filled(m, f);

    case VET_MEASURE_AGE:
        return (context->token == VET_TOKEN_VALID
                && vet_measure_holds(f->test, context->age))
               ? vet_match_nowhere(m, f) : VET_OK;

    case VET_MEASURE_TOKEN_MISSING:
        return (context->token == VET_TOKEN_MISSING) ? vet_match_nowhere(m, f)
                                                     : VET_OK;

    case VET_MEASURE_TOKEN_INVALID:
        return (context->token == VET_TOKEN_INVALID) ? vet_match_nowhere(m, f)
                                                     : VET_OK;

    default:
        return vet_match_texts(m, f);
    }
}


static int
vet_measure_holds(const vet_test_rule_t *test, size_t value)
{
    return (!test->has_over || value > test->over)
           && (!test->has_under || value < test->under);
}


static int
vet_match_nowhere(vet_matcher_t *m, vet_finding_t *f)
{
    return vet_match_add(m, f, VET_NO_FIELD, 0, 0, 0);
}


/*
 * All fields are counted together: links may be spread over them.  What was
 * converted is the same field as the one before it.
 */

static int
vet_match_links(vet_matcher_t *m, vet_finding_t *f)
{
    int                   rc;
    size_t                i, n, before, total, kept, looked;
    size_t                fields[VET_HITS_PER_RULE];
    vet_link_t            places[VET_HITS_PER_RULE];
    const vet_reading_t  *most;

    n = 0;
    most = NULL;
    total = 0;
    kept = 0;
    before = 0;
    looked = 0;

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

        looked++;
        total += (n > before) ? n - before : 0;
        before = n;

        n = (n == 0) ? 0 : vet_match_links_keep(most, places + kept,
                                                VET_HITS_PER_RULE - kept);

        for ( /* void */ ; n > 0; n--) {
            fields[kept++] = i;
        }
    }

    if (looked == 0 || !vet_measure_holds(f->test, total)) {
        return VET_OK;
    }

    if (kept == 0) {
        return vet_match_nowhere(m, f);
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

        rc = vet_match_view(m, &readings->elts[i], VET_VIEW_WORDS, &view);
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

    view = r->views[VET_VIEW_WORDS];

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


/*
 * The hosts of all links, each once.  What was converted has the links of the
 * field before it, and adds none.
 */

static int
vet_match_distinct(vet_matcher_t *m, vet_finding_t *f)
{
    int            rc;
    size_t         i, n, looked;
    vet_list_t     names;
    vet_linked_t  *links;

    memset(&names, 0, sizeof(vet_list_t));
    names.size = sizeof(vet_linked_t);
    names.pool = m->pool;
    looked = 0;

    for (i = 0; i < m->s->nfields; i++) {
        if (!vet_match_applies(m, f->test, i)) {
            continue;
        }

        looked++;

        rc = vet_match_distinct_in(m, i, &names);
        if (rc != VET_OK) {
            return rc;
        }
    }

    links = names.elts;
    n = 0;

    if (names.n != 0) {
        qsort(links, names.n, sizeof(vet_linked_t), vet_match_distinct_order);
    }

    for (i = 0; i < names.n; i++) {
        if (n == 0 || links[n - 1].name.len != links[i].name.len
            || memcmp(links[n - 1].name.data, links[i].name.data,
                      links[i].name.len) != 0)
        {
            links[n++] = links[i];
        }
    }

    if (looked == 0 || !vet_measure_holds(f->test, n)) {
        return VET_OK;
    }

    for (i = 0; i < n && i < VET_HITS_PER_RULE; i++) {
        rc = vet_match_add(m, f, links[i].field, links[i].start, links[i].end,
                           0);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return (n == 0) ? vet_match_nowhere(m, f) : VET_OK;
}


/* Adds the hosts of the reading that has most links. */

static int
vet_match_distinct_in(vet_matcher_t *m, size_t field, vet_list_t *names)
{
    int                   rc;
    size_t                i, n, start, end;
    vet_str_t             host;
    vet_link_t           *places;
    const vet_view_t     *view;
    const vet_reading_t  *most;

    rc = vet_match_links_in(m, field, &n, &most);
    if (rc != VET_OK || n == 0) {
        return rc;
    }

    places = vet_palloc(m->pool, n * sizeof(vet_link_t));
    if (places == NULL) {
        return vet_pool_failed(m->pool);
    }

    view = most->views[VET_VIEW_WORDS];
    n = vet_measure_links(view->text, places, n);

    for (i = 0; i < n; i++) {
        host.data = view->text.data + places[i].start;
        host.len = places[i].end - places[i].start;

        start = vet_reading_start(most, vet_view_start(view, places[i].start));
        end = vet_reading_end(most, vet_view_end(view, places[i].end));

        rc = vet_match_distinct_add(names, vet_host_of(host), field, start,
                                    end);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


/* A host that is none, such as one that is too long, is one as spelled. */

static int
vet_match_distinct_add(vet_list_t *names, vet_str_t host, size_t field,
    size_t start, size_t end)
{
    size_t          len;
    vet_linked_t   *link;
    unsigned char  *p, name[VET_HOST_LEN];

    len = vet_host_name(host, name);

    link = vet_list_push(names);
    if (link == NULL) {
        return vet_pool_failed(names->pool);
    }

    link->name = host;
    link->field = field;
    link->start = start;
    link->end = end;

    if (len != 0) {
        p = vet_palloc(names->pool, len);
        if (p == NULL) {
            return vet_pool_failed(names->pool);
        }

        memcpy(p, name, len);
        link->name.data = p;
        link->name.len = len;
    }

    return VET_OK;
}


static int
vet_match_distinct_order(const void *one, const void *two)
{
    int                  order;
    const vet_linked_t  *a, *b;

    a = one;
    b = two;

    if (a->name.len != b->name.len) {
        return (a->name.len > b->name.len) ? 1 : -1;
    }

    order = memcmp(a->name.data, b->name.data, a->name.len);

    if (order != 0) {
        return order;
    }

    if (a->field != b->field) {
        return (a->field > b->field) ? 1 : -1;
    }

    return (a->start > b->start) - (a->start < b->start);
}


/* One text at a time. */

static int
vet_match_texts(vet_matcher_t *m, vet_finding_t *f)
{
    int     rc, enough;
    size_t  i, value;

    for (i = 0; i < m->s->nfields; i++) {
        if (!vet_match_applies(m, f->test, i)) {
            continue;
        }

        rc = vet_match_text(m, f->test, i, &value, &enough);
        if (rc != VET_OK) {
            return rc;
        }

        if (!enough || !vet_measure_holds(f->test, value)) {
            continue;
        }

        rc = vet_match_add(m, f, i, 0, m->s->fields[i].value.len, 0);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


/*
 * Measures what people see of a field; all of it when they see nothing.  The
 * length is that of a text with its markup: that may be all there is.
 */

static int
vet_match_text(vet_matcher_t *m, const vet_test_rule_t *test, size_t field,
    size_t *value, int *enough)
{
    int              rc;
    size_t           i;
    vet_str_t        text;
    vet_readings_t  *readings;

    rc = vet_match_readings(m, field, &readings);
    if (rc != VET_OK) {
        return rc;
    }

    text = readings->elts[readings->plain].text;

    for (i = 0; i < text.len && text.data[i] <= ' '; i++) { /* void */ }

    if (i == text.len || test->measure == VET_MEASURE_LENGTH) {
        text = readings->elts[readings->whole].text;
    }

    *enough = (test->min_length == 0
               || vet_measure_length(text) >= test->min_length);

    switch (test->measure) {

    case VET_MEASURE_DIGITS:
        *value = vet_measure_digits(text);
        break;

    case VET_MEASURE_UPPER:
        *value = vet_measure_upper(text);
        break;

    case VET_MEASURE_ACCENTS:
        *value = vet_measure_accents(text);
        break;

    case VET_MEASURE_REPEATS:
        *value = vet_measure_repeats(text);
        break;

    case VET_MEASURE_WORDS:
        return vet_measure_words(m->pool, text, value);

    case VET_MEASURE_EMOJI:
        *value = vet_measure_emoji(text);
        break;

    case VET_MEASURE_INVISIBLE:
        *value = vet_measure_invisible(text);
        break;

    case VET_MEASURE_SCRIPT:
        *value = vet_measure_scripts(text);
        break;

    default:
        *value = vet_measure_length(text);
    }

    return VET_OK;
}


/* What was converted is the same field as the one before it. */

static int
vet_match_filled(vet_matcher_t *m, vet_finding_t *f)
{
    int     rc, filled;
    size_t  i, n, kept, fields[VET_HITS_PER_RULE];

    n = 0;
    kept = 0;

    for (i = 0; i < m->s->nfields; i++) {
        if (m->s->fields[i].charset != NULL
            || !vet_match_applies(m, f->test, i))
        {
            continue;
        }

        rc = vet_match_is_filled(m, i, &filled);
        if (rc != VET_OK) {
            return rc;
        }

        n += (filled != 0);

        if (filled && kept < VET_HITS_PER_RULE) {
            fields[kept++] = i;
        }
    }

    if (!vet_measure_holds(f->test, n)) {
        return VET_OK;
    }

    for (i = 0; i < kept; i++) {
        rc = vet_match_add(m, f, fields[i], 0,
                           m->s->fields[fields[i]].value.len, 0);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return (kept == 0) ? vet_match_nowhere(m, f) : VET_OK;
}


static int
vet_match_is_filled(vet_matcher_t *m, size_t field, int *filled)
{
    int                rc;
    size_t             i;
    vet_readings_t    *readings;
    const vet_view_t  *view;

    rc = vet_match_readings(m, field, &readings);
    if (rc == VET_OK) {
        rc = vet_match_view(m, readings->elts, VET_VIEW_WORDS, &view);
    }

    if (rc != VET_OK) {
        return rc;
    }

    for (i = 0; i < view->text.len && view->text.data[i] == ' '; i++) {
        /* void */
    }

    *filled = (i != view->text.len);

    return VET_OK;
}
