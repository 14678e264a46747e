
/*
 * Copyright (C) the moderate authors
 *
 * What of a rule set is looked for by literals.  Nothing outside engine/
 * includes this file.
 */


#ifndef VET_FILTER_H_INCLUDED
#define VET_FILTER_H_INCLUDED


#include "vet_prefilter.h"
#include "vet_rules.h"
#include "vet_words.h"


/*
 * A number of a phrase counts those of all rules.  Indexes of two elements are
 * for the text view and for the joined one.  Roles are bits: a field of another
 * one is of no rule that is looked for there.
 */

struct vet_filter_s {
    vet_prefilter_t        *patterns[VET_VIEW_N];   /* ids: rules; or NULL */
    vet_prefilter_t        *keys[2];    /* ids: numbers of phrases; or NULL */
    uint32_t               *rules;      /* of a phrase */
    size_t                  nphrases;
    uint32_t               *keyless[2]; /* numbers of phrases */
    size_t                  nkeyless[2];
    unsigned                pattern_roles[VET_VIEW_N];
    unsigned                phrase_roles[2];
    unsigned                roles;      /* all of these */
    uint32_t               *always;     /* rules that are always tried */
    size_t                  nalways;
    vet_key_table_t         table;
};

/* Makes that of the set, of rules that are compiled.  VET_OK or VET_ERROR. */
int vet_filter_make(vet_ruleset_t *rs);


#endif /* VET_FILTER_H_INCLUDED */
