
/*
 * Copyright (C) the moderate authors
 *
 * Rules that hit what another rule hits: two scores for one thing.  A signal
 * that is worth less is meant to add to what is found beside it.
 */


#include <stdlib.h>
#include <string.h>

#include "rules_check.h"


/* each example is compared with all rules: 2000 take about a minute */

#define OVERLAP_RULES_MAX  2000
#define OVERLAP_MEMORY     ((size_t) 64 * 1024 * 1024)


typedef struct {
    const vet_rule_t       *rule;
    size_t                  hits;       /* examples that hit it too */
    size_t                  last;       /* the example counted last, from 1 */
    unsigned                left_out:1;
} overlap_other_t;


static int overlap_of(moderatectl_check_t *c, size_t i,
    overlap_other_t *others, size_t n);
static int overlap_example(moderatectl_check_t *c, const vet_look_t *look,
    vet_str_t text, size_t k, overlap_other_t *others, size_t n);
static void overlap_count(const vet_hits_t *hits, size_t k,
    overlap_other_t *others, size_t n);


int
moderatectl_check_overlaps(moderatectl_check_t *c)
{
    int               rc;
    size_t            i, n;
    vet_look_t        look;
    overlap_other_t  *others;

    n = vet_ruleset_rules(c->judge.rules);

    if (n > OVERLAP_RULES_MAX) {
        fprintf(stderr, "moderatectl: overlaps are looked for among at most "
                "%d rules\n", OVERLAP_RULES_MAX);
        return MODERATECTL_OK;
    }

    others = calloc(n, sizeof(overlap_other_t));
    if (others == NULL) {
        return moderatectl_no_memory();
    }

    /*
     * A rule on trial is meant to hit what others do, more links are some
     * links, and what is a part of others has no score.
     */

    for (i = 0; vet_look(c->judge.rules, i, &look) == VET_OK; i++) {
        others[i].rule = look.rule;
        others[i].left_out = look.rule->mode == VET_MODE_SHADOW
                             || look.rule->score == 0
                             || (strcmp(look.test, "words") != 0
                                 && strcmp(look.test, "match") != 0);
    }

    rc = MODERATECTL_OK;

    for (i = 0; i < n && rc == MODERATECTL_OK; i++) {
        if (!others[i].left_out) {
            rc = overlap_of(c, i, others, n);
        }
    }

    free(others);

    return rc;
}


static int
overlap_of(moderatectl_check_t *c, size_t i, overlap_other_t *others, size_t n)
{
    int              rc;
    size_t           j, k, examples;
    vet_look_t       look;
    vet_look_text_t  example;

    (void) vet_look(c->judge.rules, i, &look);
    examples = 0;

    for (j = 0; j < n; j++) {
        others[j].hits = 0;
        others[j].last = 0;
    }

    for (k = 0; vet_look_example(c->judge.rules, i, k, &example) == VET_OK;
         k++)
    {
        if (!example.hit) {
            continue;
        }

        examples++;

        rc = overlap_example(c, &look, example.text, k + 1, others, n);
        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    for (j = 0; j < n; j++) {
        if (j != i && !others[j].left_out && examples != 0
            && others[j].hits == examples
            && others[j].rule->score >= look.rule->score)
        {
            moderatectl_check_warn(c, &look, NULL);
            fprintf(stderr, "all it is meant to hit is hit by \"%.*s\" too, "
                    "expected an example that is not\n",
                    (int) others[j].rule->id.len,
                    (const char *) others[j].rule->id.data);
        }
    }

    return MODERATECTL_OK;
}


static int
overlap_example(moderatectl_check_t *c, const vet_look_t *look, vet_str_t text,
    size_t k, overlap_other_t *others, size_t n)
{
    int               rc;
    vet_hits_t        hits;
    vet_pool_t       *pool;
    vet_field_t       field;
    vet_submission_t  s;

    memset(&hits, 0, sizeof(vet_hits_t));
    memset(&field, 0, sizeof(vet_field_t));
    memset(&s, 0, sizeof(vet_submission_t));

    field.role = look->role;
    field.value = text;
    field.utf8 = 1;
    s.fields = &field;
    s.nfields = 1;

    pool = vet_pool_create(OVERLAP_MEMORY);
    rc = (pool == NULL) ? VET_ERROR : vet_match(pool, c->judge.rules,
                                                c->judge.scratch, &s, &hits);

    if (rc == VET_OK) {
        overlap_count(&hits, k, others, n);
    }

    vet_pool_destroy(pool);

    return (rc == VET_OK) ? MODERATECTL_OK : moderatectl_no_memory();
}


static void
overlap_count(const vet_hits_t *hits, size_t k, overlap_other_t *others,
    size_t n)
{
    size_t  i, j;

    for (i = 0; i < hits->n; i++) {
        for (j = 0; j < n; j++) {
            if (others[j].rule == hits->elts[i].rule && others[j].last != k) {
                others[j].last = k;
                others[j].hits++;
            }
        }
    }
}
