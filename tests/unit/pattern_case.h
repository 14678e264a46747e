
/*
 * Copyright (C) the moderate authors
 *
 * Patterns made at random, and texts that they probably match.
 */


#ifndef PATTERN_CASE_H_INCLUDED
#define PATTERN_CASE_H_INCLUDED


#include <stddef.h>
#include <stdint.h>


#define PATTERN_CASE_SIZE    4096
#define PATTERN_CASE_GROUPS  8


typedef struct {
    char                    data[PATTERN_CASE_SIZE];
    size_t                  len;
} pattern_text_t;

/* All zero but random, which is not 0, before the first call. */

typedef struct {
    uint64_t                random;
    pattern_text_t          pattern;
    pattern_text_t          sample;     /* what it may match */
    pattern_text_t          groups[PATTERN_CASE_GROUPS];
    unsigned                ngroups;
    unsigned                depth;
    int                     caseless;
    int                     extended;
} pattern_case_t;

/* Returns a number below n. */
size_t pattern_random(pattern_case_t *c, size_t n);

/* Makes a pattern, for which caseless tells how it is to be compiled. */
void pattern_make(pattern_case_t *c, int caseless);

/* Makes a text with the sample in it, or with something alike. */
void pattern_sample(pattern_case_t *c, pattern_text_t *text);


#endif /* PATTERN_CASE_H_INCLUDED */
