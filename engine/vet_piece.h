
/*
 * Copyright (C) the moderate authors
 *
 * What vet_squeeze.c and vet_piece.c share with each other.
 */


#ifndef VET_PIECE_H_INCLUDED
#define VET_PIECE_H_INCLUDED


#include "vet_rules.h"


#define VET_NONE            UINT32_MAX

#define VET_ROW             2       /* digits for letters in a row */


typedef enum {
    VET_SPACE = 0,
    VET_PUNCT,
    VET_SIGN,
    VET_DIGIT,
    VET_LETTER,
    VET_MARK
} vet_class_t;

typedef enum {
    VET_PIECE_NONE = 0,
    VET_PIECE_LETTERS,
    VET_PIECE_DIGITS,
    VET_PIECE_MIXED
} vet_piece_kind_t;

/* The letter written last, which the next one may repeat. */

typedef struct {
    uint32_t                cp;         /* VET_NONE: nothing can repeat it */
    uint32_t                bare;
    size_t                  from;       /* in the base view */
} vet_last_t;

typedef struct {
    vet_piece_kind_t        kind;
    size_t                  from;
    size_t                  to;
    vet_last_t              last;       /* of a plain one: where it ends */
    unsigned                single:1;   /* one character, repeats aside */
    unsigned                plain:1;    /* written as it is */
    unsigned                mapped:1;   /* its digits may be letters */
    unsigned                second:1;   /* may join what is before it */
} vet_piece_t;


/*
 * Returns where the next token begins at i or behind it, or the end; space
 * tells whether white space was there.
 */
size_t vet_piece_next(const vet_str_t *s, size_t i, int *space);

/* Reads the token that begins at i. */
void vet_piece_read(const vet_str_t *s, size_t i, vet_piece_t *token);

/* Of ASCII; what words are made of is mostly that, and read by few steps. */
extern const unsigned char  vet_piece_classes[128];

/* Reads a character of a token, as what comes out: letter, digit or mark. */
vet_class_t vet_piece_other(const vet_str_t *s, const vet_piece_t *token,
    size_t i, uint32_t *cp, size_t *n);

static inline vet_class_t
vet_piece_char(const vet_str_t *s, const vet_piece_t *token, size_t i,
    uint32_t *cp, size_t *n)
{
    *cp = s->data[i];
    *n = 1;

    return (*cp < 0x80 && vet_piece_classes[*cp] == VET_LETTER)
           ? VET_LETTER : vet_piece_other(s, token, i, cp, n);
}

/* Returns the letter that a digit or sign is written for, or 0. */
uint32_t vet_piece_letter(uint32_t cp);

/*
 * Tells whether a letter, with next behind it, repeats the last one, which is
 * then changed.
 */
int vet_piece_alike(const vet_str_t *s, vet_last_t *last, uint32_t cp,
    size_t next);

static inline int
vet_piece_repeats(const vet_str_t *s, vet_last_t *last, uint32_t cp,
    size_t next)
{
    if (last->cp == VET_NONE || (cp < 0x80 && cp != last->bare)) {
        return 0;
    }

    return vet_piece_alike(s, last, cp, next);
}

/* Returns the letter without its accent, where it is one. */
uint32_t vet_piece_unaccented(uint32_t cp);

static inline uint32_t
vet_piece_bare(uint32_t cp)
{
    return (cp < 0x80) ? cp : vet_piece_unaccented(cp);
}


#endif /* VET_PIECE_H_INCLUDED */
