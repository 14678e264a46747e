
/*
 * Copyright (C) the moderate authors
 *
 * Rule sets and submissions of a test, in few words.
 */


#ifndef RULE_CASE_H_INCLUDED
#define RULE_CASE_H_INCLUDED


#include <vet.h>


/*
 * Begins and ends a test program: it works in a folder of its own, so that
 * messages name files shortly.
 */
int rule_case_setup(void **state);
int rule_case_teardown(void **state);

vet_str_t rule_case_str(const char *s);

/* Writes a file; its length is strlen(text) or len bytes. */
void rule_case_write(const char *name, const char *text);
void rule_case_write_bytes(const char *name, const char *data, size_t len);

/* Loads a file as a set; NULL with errors set. */
vet_ruleset_t *rule_case_load(const char *name, vet_errors_t *errors);

/*
 * Loads a set of the text; a problem fails the test.  rule_case_rule takes
 * the keys of one rule, indented by four, without id, category and score.
 */
vet_ruleset_t *rule_case_set(const char *yaml);
vet_ruleset_t *rule_case_rule(const char *keys);


/* A set at work: made by rule_case_begin, which takes the set over. */

typedef struct {
    vet_ruleset_t          *rs;
    vet_scratch_t          *scratch;
    vet_pool_t             *pool;
    vet_field_t             fields[8];
    vet_submission_t        s;
    vet_hits_t              hits;
} rule_case_t;

void rule_case_begin(rule_case_t *c, vet_ruleset_t *rs);
void rule_case_end(rule_case_t *c);

/* Forgets fields, hits and the pool. */
void rule_case_clear(rule_case_t *c);

vet_field_t *rule_case_field(rule_case_t *c, vet_role_t role,
    const char *data, size_t len);

/* Matches; anything but VET_OK fails the test.  Returns the hits' number. */
size_t rule_case_match(rule_case_t *c);

/* Clears, and matches one text field. */
size_t rule_case_text(rule_case_t *c, const char *text);


#endif /* RULE_CASE_H_INCLUDED */
