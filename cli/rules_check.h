
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl rules check: what its files share.
 */


#ifndef RULES_CHECK_H_INCLUDED
#define RULES_CHECK_H_INCLUDED


#include "moderatectl.h"


typedef struct {
    moderatectl_judge_t     judge;
    moderatectl_paths_t     paths;
    size_t                  warnings;
    double                  budget;     /* milliseconds */
    int                     strict;
    int                     help;
} moderatectl_check_t;


/*
 * Begin a warning, or a note, about a rule on standard error: its place, that
 * of the text at or, when that is NULL, of the rule.  Notes are never problems.
 */
void moderatectl_check_warn(moderatectl_check_t *c, const vet_look_t *look,
    const vet_look_text_t *at);
void moderatectl_check_note(const vet_look_t *look,
    const vet_look_text_t *at);


/*
 * What a pattern is made of, rules_pattern.c.  A piece is a run of characters
 * that it has as they are, or one character of many that it allows.
 */

#define MODERATECTL_PIECE_LEN    64

typedef struct {
    char                    text[MODERATECTL_PIECE_LEN];
    size_t                  len;
    unsigned                literal:1;
    unsigned                caseless:1;
    unsigned                negative:1; /* in what must not be there */
} moderatectl_piece_t;

typedef void (*moderatectl_piece_pt)(void *data,
    const moderatectl_piece_t *piece);

/* Calls the handler for each piece of a pattern that compiles, in order. */
void moderatectl_pattern(vet_str_t pattern, moderatectl_piece_pt handler,
    void *data);


/*
 * Exit codes after a message: memory only.  rules_check_views.c, _cost.c and
 * _literal.c, of patterns, and the last one also of phrases
 */

int moderatectl_check_views(moderatectl_check_t *c, size_t i,
    const vet_look_t *look);
int moderatectl_check_cost(moderatectl_check_t *c, size_t i,
    const vet_look_t *look);

int moderatectl_check_literal(moderatectl_check_t *c, size_t i,
    const vet_look_t *look);

/* rules_check_overlap.c: of all rules */
int moderatectl_check_overlaps(moderatectl_check_t *c);


#endif /* RULES_CHECK_H_INCLUDED */
