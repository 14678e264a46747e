
/*
 * Copyright (C) the moderate authors
 *
 * Which rules of a set are looked for by literals, and making what looks for
 * them.
 */


#include <stdlib.h>
#include <string.h>

#include "vet_filter.h"
#include "vet_pool.h"


/* Literals by what they are looked for in, before they are put together. */

typedef struct {
    vet_ruleset_t          *rs;
    vet_filter_t           *filter;
    vet_list_t              patterns[VET_VIEW_N];   /* of vet_literal_t */
    vet_list_t              keys[2];
    vet_list_t              keyless[2];             /* of uint32_t */
    vet_list_t              rules;
    vet_list_t              always;
} vet_filtering_t;


static void vet_filter_lists(vet_filtering_t *f);
static int vet_filter_rule(vet_filtering_t *f, uint32_t index);
static int vet_filter_pattern(vet_filtering_t *f, vet_test_rule_t *rule,
    uint32_t index);
static int vet_filter_words(vet_filtering_t *f, vet_test_rule_t *rule,
    uint32_t index);
static int vet_filter_word(vet_filtering_t *f, vet_word_t *word,
    uint32_t number, int joined, int *keyless);
static int vet_filter_number(vet_list_t *list, uint32_t number);
static int vet_filter_literal(vet_list_t *list, vet_str_t text, uint32_t id);
static int vet_filter_build(vet_filtering_t *f);
static int vet_filter_table(const vet_filtering_t *f, const vet_list_t *list,
    vet_prefilter_t **pf);


int
vet_filter_make(vet_ruleset_t *rs)
{
    int              rc;
    uint32_t         i;
    vet_filtering_t  f;

    memset(&f, 0, sizeof(vet_filtering_t));
    f.rs = rs;
    f.filter = vet_pcalloc(rs->pool, sizeof(vet_filter_t));

    if (f.filter == NULL) {
        return VET_ERROR;
    }

    rs->filter = f.filter;
    vet_key_table(&f.filter->table);
    vet_filter_lists(&f);

    rc = VET_OK;

    for (i = 0; rc == VET_OK && i < rs->rules.n; i++) {
        rc = vet_filter_rule(&f, i);
    }

    return (rc == VET_OK) ? vet_filter_build(&f) : VET_ERROR;
}


/* What stays is in the set's own pool. */

static void
vet_filter_lists(vet_filtering_t *f)
{
    size_t  i;

    for (i = 0; i < VET_VIEW_N; i++) {
        f->patterns[i].pool = f->rs->source;
        f->patterns[i].size = sizeof(vet_literal_t);
    }

    for (i = 0; i < 2; i++) {
        f->keys[i].pool = f->rs->source;
        f->keys[i].size = sizeof(vet_literal_t);
        f->keyless[i].pool = f->rs->pool;
        f->keyless[i].size = sizeof(uint32_t);
    }

    f->rules.pool = f->rs->pool;
    f->rules.size = sizeof(uint32_t);
    f->always.pool = f->rs->pool;
    f->always.size = sizeof(uint32_t);
}


static int
vet_filter_rule(vet_filtering_t *f, uint32_t index)
{
    int               rc;
    vet_test_rule_t  *rule;

    rule = (vet_test_rule_t *) f->rs->rules.elts + index;
    rc = VET_DECLINED;

    if (rule->test == VET_TEST_WORDS) {
        rc = vet_filter_words(f, rule, index);

    } else if (rule->test == VET_TEST_MATCH && rule->npatterns != 0) {
        rc = vet_filter_pattern(f, rule, index);
    }

    rule->filtered = (rc == VET_OK);

    return (rc == VET_DECLINED) ? vet_filter_number(&f->always, index) : rc;
}


static int
vet_filter_pattern(vet_filtering_t *f, vet_test_rule_t *rule, uint32_t index)
{
    int             rc;
    size_t          i;
    vet_literals_t  literals;

    rc = vet_literals_find(f->rs->source, rule->phrases[0].text,
                           rule->view == VET_VIEW_RAW, &literals);

    rule->reach = literals.reach;

    if (rc == VET_OK) {
        f->filter->pattern_roles[rule->view] |= rule->roles;
        f->filter->roles |= rule->roles;
    }

    for (i = 0; rc == VET_OK && i < literals.n; i++) {
        rc = vet_filter_literal(&f->patterns[rule->view], literals.elts[i],
                                index);
    }

    return rc;
}


static int
vet_filter_words(vet_filtering_t *f, vet_test_rule_t *rule, uint32_t index)
{
    int     rc, keyless;
    size_t  i;

    rule->first = (uint32_t) f->rules.n;
    f->filter->phrase_roles[0] |= rule->roles;
    f->filter->roles |= rule->roles;
    keyless = 0;
    rc = VET_OK;

    for (i = 0; rc == VET_OK && i < rule->nwords; i++) {
        rc = vet_filter_number(&f->rules, index);

        if (rc == VET_OK) {
            rc = vet_filter_word(f, &rule->words[i],
                                 rule->first + (uint32_t) i, 0, &keyless);
        }

        if (rc == VET_OK && rule->words[i].squeezed.len != 0) {
            f->filter->phrase_roles[1] |= rule->roles;
            rc = vet_filter_word(f, &rule->words[i],
                                 rule->first + (uint32_t) i, 1, &keyless);
        }
    }

    rule->keyless = (keyless != 0);

    return rc;
}


static int
vet_filter_word(vet_filtering_t *f, vet_word_t *word, uint32_t number,
    int joined, int *keyless)
{
    int        rc;
    vet_str_t  key;

    vet_pool_begin(f->rs->work, f->rs->source);
    rc = vet_word_key(f->rs->work, &f->filter->table, word, joined, &key);

    if (rc == VET_OK) {
        rc = vet_words_copy(f->rs->source, key, &key);
        return (rc == VET_OK)
               ? vet_filter_literal(&f->keys[joined], key, number) : VET_ERROR;
    }

    if (rc != VET_DECLINED) {
        return VET_ERROR;
    }

    *keyless = 1;

    return vet_filter_number(&f->keyless[joined], number);
}


static int
vet_filter_number(vet_list_t *list, uint32_t number)
{
    uint32_t  *place;

    place = vet_list_push(list);
    if (place == NULL) {
        return VET_ERROR;
    }

    *place = number;

    return VET_OK;
}


static int
vet_filter_literal(vet_list_t *list, vet_str_t text, uint32_t id)
{
    vet_literal_t  *literal;

    literal = vet_list_push(list);
    if (literal == NULL) {
        return VET_ERROR;
    }

    literal->text = text;
    literal->id = id;

    return VET_OK;
}


static int
vet_filter_build(vet_filtering_t *f)
{
    int            rc;
    size_t         i;
    vet_filter_t  *filter;

    filter = f->filter;
    rc = VET_OK;

    for (i = 0; rc == VET_OK && i < VET_VIEW_N; i++) {
        rc = vet_filter_table(f, &f->patterns[i], &filter->patterns[i]);
    }

    for (i = 0; rc == VET_OK && i < 2; i++) {
        rc = vet_filter_table(f, &f->keys[i], &filter->keys[i]);
        filter->keyless[i] = f->keyless[i].elts;
        filter->nkeyless[i] = f->keyless[i].n;
    }

    filter->rules = f->rules.elts;
    filter->nphrases = f->rules.n;
    filter->always = f->always.elts;
    filter->nalways = f->always.n;

    return rc;
}


static int
vet_filter_table(const vet_filtering_t *f, const vet_list_t *list,
    vet_prefilter_t **pf)
{
    if (list->n == 0) {
        return VET_OK;
    }

    *pf = vet_prefilter_create(f->rs->pool, list->elts, list->n);

    return (*pf == NULL) ? VET_ERROR : VET_OK;
}
