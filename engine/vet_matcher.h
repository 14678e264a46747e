
/*
 * Copyright (C) the moderate authors
 *
 * The matcher at work: what the files that look for different things share.
 */


#ifndef VET_MATCHER_H_INCLUDED
#define VET_MATCHER_H_INCLUDED


#include "vet_rules.h"


/* What a rule of the set has found, for those made of it. */

typedef struct {
    size_t                   first;     /* its hits are among these */
    size_t                   end;
    unsigned                 spent:1;   /* there may be more */
} vet_outcome_t;

/* Where the phrases of an exception are, in one field: apart, in order. */

typedef struct {
    vet_link_t              *places;
    size_t                   n;
    unsigned                 done:1;
} vet_covers_t;

/*
 * Where literals led to: a pattern is worth to be tried in a reading, or a
 * phrase is at a place of one of its views.  Where a view has joiners patterns
 * are tried without them, and then with them: they may have been written
 * either way, and the text as well.  The first look is that of phrases.
 */

typedef enum {
    VET_CANDIDATE_TEXT = 0,
    VET_CANDIDATE_JOINED,
    VET_CANDIDATE_UNJOINED, /* a pattern, on the view without its joiners */
    VET_CANDIDATE_PATTERN
} vet_candidate_kind_t;

typedef struct {
    uint32_t                 rule;      /* its index */
    uint32_t                 order;     /* among those at one place */
    uint32_t                 number;    /* of the phrase */
    uint32_t                 start;     /* of a phrase, in the view */
    uint32_t                 end;
    uint64_t                 blocks;    /* that have a literal of a pattern */
    uint16_t                 field;
    uint8_t                  reading;
    uint8_t                  kind;
    unsigned                 bare:1;
} vet_candidate_t;

typedef struct {
    vet_pool_t              *pool;      /* of the scratch */
    vet_pool_t              *keep;      /* of the caller: for hits only */
    const vet_ruleset_t     *rs;
    vet_scratch_t           *scratch;
    const vet_submission_t  *s;
    vet_hits_t              *hits;
    vet_readings_t          *readings;  /* one a field, made at need */
    unsigned char           *spent;     /* a field has an engine.budget hit */
    vet_outcome_t           *outcomes;  /* one a rule; NULL: not needed */
    vet_covers_t           **covers;    /* by exception, then field */
    vet_list_t               found;     /* of vet_candidate_t, in order */
    const vet_candidate_t   *candidates;    /* of the rule being matched */
    size_t                   ncandidates;
    const unsigned char     *shadow;    /* as of vet_match_shadowed */
    const vet_test_rule_t   *current;   /* being matched, and since when */
    long long                began;
    const vet_test_rule_t   *slowest;   /* what took most time, and how much */
    long long                most;
    int                      everywhere;    /* no scopes, no exceptions */
    int                      ran_out;   /* the rule being matched */
} vet_matcher_t;

/* What one rule has found so far. */

typedef struct {
    const vet_test_rule_t   *test;
    size_t                   n;         /* hits kept */
    size_t                   places[VET_HITS_PER_RULE]; /* their indexes */
    uint32_t                 phrases[VET_HITS_PER_RULE];  /* of these */
    uint32_t                 phrase;    /* the one being added */
    size_t                   seen;      /* of them, of earlier readings */
    int                      full;      /* one of them is not bare */
} vet_finding_t;


/*
 * vet_match.c.  All return VET_OK, or VET_LIMIT and VET_ERROR as of vet_parse.
 *
 * vet_match_applies tells whether a rule looks at a field.  vet_match_add adds
 * a hit, unless an exception drops it.
 */
int vet_match_applies(const vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field);
int vet_match_readings(vet_matcher_t *m, size_t field,
    vet_readings_t **readings);
int vet_match_view(vet_matcher_t *m, vet_reading_t *reading,
    vet_view_kind_t kind, const vet_view_t **view);
int vet_match_add(vet_matcher_t *m, vet_finding_t *f, size_t field,
    size_t start, size_t end, int bare);
int vet_match_spent(vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field);

/* Returns the view without joiners of the text or the folded one. */

static inline vet_view_kind_t
vet_match_unjoined(vet_view_kind_t kind)
{
    return (kind == VET_VIEW_TEXT) ? VET_VIEW_WORDS : VET_VIEW_FOLDED_WORDS;
}

/*
 * vet_match_find.c.  Finds the candidates of all rules or, when only is not
 * NULL, of that one.
 */
int vet_match_find(vet_matcher_t *m, const vet_test_rule_t *only);

/* Makes those of a rule the ones being matched. */
void vet_match_take(vet_matcher_t *m, size_t rule);

/*
 * Gives where in a view a match of a pattern may begin, at from or behind it:
 * in [from, limit].  Blocks have a literal of the pattern.  Returns 0: nowhere.
 */
int vet_match_window(vet_str_t text, uint32_t reach, uint64_t blocks,
    size_t *from, size_t *limit);

/*
 * Finds where phrases are in a reading, on its words view, and adds their
 * places there to a list of vet_link_t.
 */
int vet_match_phrases(vet_matcher_t *m, const vet_test_rule_t *rule,
    vet_reading_t *reading, vet_list_t *places);

/* The kinds of rules, but for words and patterns. */

int vet_match_measure(vet_matcher_t *m, vet_finding_t *f);
int vet_match_hosts(vet_matcher_t *m, vet_finding_t *f);
int vet_match_personal(vet_matcher_t *m, vet_finding_t *f);
int vet_match_parts(vet_matcher_t *m, vet_finding_t *f);

/*
 * vet_match_total.c.  Gives the strongest hit of a rule with "most" what its
 * different phrases are worth together.  There must be a hit.
 */
void vet_match_total(vet_matcher_t *m, const vet_finding_t *f);

/* Takes the hits of a rule with "over" back, unless there are more phrases. */
void vet_match_enough(vet_matcher_t *m, const vet_finding_t *f);

/*
 * vet_match_except.c.  Tells whether exceptions drop all of a rule's hits, or
 * all in a field; and, with dropped, the one at a place.
 */
int vet_except_rule(const vet_matcher_t *m, const vet_test_rule_t *test);
int vet_except_field(const vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field);
int vet_except_place(vet_matcher_t *m, const vet_test_rule_t *test,
    size_t field, size_t start, size_t end, int *dropped);


#endif /* VET_MATCHER_H_INCLUDED */
