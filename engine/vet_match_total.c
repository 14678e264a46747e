
/*
 * Copyright (C) the moderate authors
 *
 * Rules of words that score for several phrases.
 */


#include "vet_matcher.h"


static int vet_match_counted(const vet_matcher_t *m, const vet_finding_t *f,
    size_t i);


/*
 * A rule that counts phrases: its strongest hit gets what the different ones,
 * "most" of them, are worth together, those first that are not bare.
 */

void
vet_match_total(vet_matcher_t *m, const vet_finding_t *f)
{
    int         total;
    size_t      i, left;
    vet_hit_t  *hit, *best;

    left = f->test->most;
    best = &m->hits->elts[f->places[0]];
    total = 0;

    for (i = 0; i < f->n; i++) {
        hit = &m->hits->elts[f->places[i]];

        if (!hit->bare && left > 0 && !vet_match_counted(m, f, i)) {
            total += hit->score;
            left--;
        }

        if (hit->score > best->score) {
            best = hit;
        }
    }

    for (i = 0; i < f->n && left > 0; i++) {
        hit = &m->hits->elts[f->places[i]];

        if (hit->bare && !vet_match_counted(m, f, i)) {
            total += hit->score;
            left--;
        }
    }

    best->score = total;
}


/*
 * A rule that wants more than so many different phrases, or places of its
 * pattern, has no hit when there are fewer.  Its hits are the last ones, but
 * for what a pattern that ran out has left, which stays.
 */

void
vet_match_enough(vet_matcher_t *m, const vet_finding_t *f)
{
    size_t  i, n;

    if (f->n == 0 || m->hits->n != f->places[f->n - 1] + 1) {
        return;
    }

    n = (f->test->test == VET_TEST_MATCH) ? f->n : 0;

    for (i = 0; i < f->n && n <= f->test->over; i++) {
        n += (f->test->test != VET_TEST_MATCH
              && vet_match_counted(m, f, i) == 0);
    }

    if (n <= f->test->over) {
        m->hits->n -= f->n;
    }
}


/*
 * Tells whether the phrase of hit i of a rule is that of an earlier one, or
 * shares its words with one: "vay tien" and "tien nhanh" are both bare in
 * "vay tien nhanh".
 */

static int
vet_match_counted(const vet_matcher_t *m, const vet_finding_t *f, size_t i)
{
    size_t            j;
    const vet_hit_t  *one, *other;

    one = &m->hits->elts[f->places[i]];

    for (j = 0; j < f->n; j++) {
        other = &m->hits->elts[f->places[j]];

        /* those that are not bare come first */

        if (one->bare == other->bare ? j >= i : !one->bare) {
            continue;
        }

        if (f->phrases[j] == f->phrases[i]
            || (one->field == other->field && one->start < other->end
                && other->start < one->end))
        {
            return 1;
        }
    }

    return 0;
}
