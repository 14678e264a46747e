
/*
 * Copyright (C) the moderate authors
 *
 * What the files that look for the literals of a pattern share.  Nothing
 * outside of them includes this file.
 */


#ifndef VET_LITERAL_H_INCLUDED
#define VET_LITERAL_H_INCLUDED


#include "vet_prefilter.h"
#include "vet_rules.h"


/*
 * A piece of a pattern: what is known of the text that it matches.  Only of
 * best the reach is told: where it is in the piece, or behind its begin.
 */

typedef struct {
    vet_literals_t          head;       /* begins with one of these */
    vet_literals_t          tail;       /* ends with one of these */
    vet_literals_t          best;       /* one of these is in it, or known */
                                        /* to be elsewhere in the text */
    uint32_t                most;       /* bytes that it may take; VET_FAR */
    unsigned                whole:1;    /* tail has all that it may be */
} vet_piece_t;

/* A pattern as it is read. */

typedef struct {
    vet_pool_t             *pool;
    const unsigned char    *p;
    const unsigned char    *end;
    vet_literals_t          empty;      /* { "" } */
    unsigned                depth;
    unsigned                caseless:1;
    unsigned                extended:1;
    unsigned                quoted:1;   /* behind \Q */
    unsigned                unsure:1;   /* nothing can be known */
    unsigned                failed:1;   /* memory is out */
} vet_re_t;


/* vet_literal.c */

/* Tell whether there is more to read, and whether s is next. */
int vet_re_more(vet_re_t *r);
int vet_re_is(const vet_re_t *r, const char *s);

/* Passes over the next c. */
void vet_re_until(vet_re_t *r, unsigned char c);


/* vet_literal_class.c: behind "\" and behind "[" */

void vet_re_escape(vet_re_t *r, vet_piece_t *piece);
void vet_re_class(vet_re_t *r, vet_piece_t *piece);


/* vet_literal_piece.c */

/* Anything; any one character; nothing; a character. */
void vet_piece_any(const vet_re_t *r, vet_piece_t *piece);
void vet_piece_one(const vet_re_t *r, vet_piece_t *piece);
void vet_piece_empty(const vet_re_t *r, vet_piece_t *piece);
void vet_piece_character(vet_re_t *r, uint32_t cp, vet_piece_t *piece);

/* Adds what is behind it. */
void vet_piece_append(vet_re_t *r, vet_piece_t *piece,
    const vet_piece_t *next);

/* Makes it one that may be either. */
void vet_piece_join(vet_re_t *r, vet_piece_t *piece,
    const vet_piece_t *other);

/* Repeats it from min to max times. */
void vet_piece_repeat(vet_re_t *r, vet_piece_t *piece, uint32_t min,
    uint32_t max);

/* Makes best the best of all that is known. */
void vet_piece_best(vet_piece_t *piece);

/* VET_OK or VET_ERROR. */
int vet_literals_one(vet_pool_t *pool, const unsigned char *data, size_t len,
    vet_literals_t *set);


#endif /* VET_LITERAL_H_INCLUDED */
