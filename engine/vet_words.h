
/*
 * Copyright (C) the moderate authors
 *
 * Phrases of words rules: their keys, and whether one is at a place.  Nothing
 * outside engine/ includes this file.
 */


#ifndef VET_WORDS_H_INCLUDED
#define VET_WORDS_H_INCLUDED


#include "vet_rules.h"


/*
 * Keys, vet_key.c.  The key of a view has marks that lead back to it.
 */

typedef struct {
    uint32_t                view;       /* a place of the view, */
    uint32_t                key;        /* the length of the key up to it, */
    uint32_t                last;       /* and what it ends with */
} vet_key_mark_t;

/* What of a key most characters are, on a text view and on a joined one. */

#define VET_KEY_CODES       0x2000

typedef struct {
    unsigned char           symbols[2][VET_KEY_CODES];
} vet_key_table_t;

void vet_key_table(vet_key_table_t *table);

typedef struct {
    const vet_key_table_t  *table;
    vet_str_t               text;
    vet_str_t               view;       /* what it was made of */
    vet_key_mark_t         *marks;
    const vet_view_t       *folded;     /* that is of, instead of what the */
    const vet_view_t       *own;        /* key is for; or NULL */
    unsigned                joined:1;
} vet_key_t;

/* Makes the key of a text view or, with joined, of a joined one. */
int vet_key_make(vet_pool_t *pool, const vet_key_table_t *table,
    vet_str_t text, int joined, vet_key_t *key);

/*
 * Makes the key of a text view that is latin, of the folded one of the same
 * value: it is the same key, and takes a tenth of the time.
 */
int vet_key_folded(vet_pool_t *pool, const vet_key_table_t *table,
    const vet_view_t *text, const vet_view_t *folded, vet_key_t *key);


/* The squeezed view of ordinary text, vet_squeeze_plain.c. */

/*
 * The text of a squeezed view, and where in it words and numbers were put
 * together or a letter was there more than twice.
 */

typedef struct {
    vet_str_t               text;
    int                     odd;        /* as of the view */
    vet_list_t              places;     /* of uint32_t, in order */
} vet_plain_t;

/*
 * Gives that of the squeezed view of a folded one, for a small part of the
 * price, where no digit or sign in it is a letter and no word is spelled out.
 * VET_DECLINED: there may be, and nothing is said.
 */
int vet_squeeze_plain(vet_pool_t *pool, const vet_view_t *base,
    vet_plain_t *plain);

/*
 * Gives the key of the joined view of a text whose squeezed one is known by
 * vet_squeeze_plain, without the way back to either.  The n places of the
 * squeezed one, which are in order, become those of the key.
 */
int vet_key_squeezed(vet_pool_t *pool, vet_str_t squeezed, vet_str_t *key,
    uint32_t *places, size_t n);

/*
 * Where the key of a phrase was found at pos: gives the range of the view that
 * the phrase begins in, if it is there.
 */
void vet_key_start(const vet_key_t *key, const vet_word_t *word, size_t pos,
    size_t *start, size_t *end);


/* Phrases, vet_words.c. */

struct vet_word_s {
    vet_str_t               text;       /* its text view, trimmed */
    vet_str_t               squeezed;   /* its joined view; empty: none */
    unsigned                accented:1;
    unsigned                lead:1;     /* begins with what its key has not */
};

/* Where a phrase is in a view. */

typedef struct {
    size_t                  start;
    size_t                  end;
    unsigned                bare:1;     /* without all of its accents */
} vet_word_place_t;

/* Copies bytes into the pool.  VET_ERROR: no memory. */
int vet_words_copy(vet_pool_t *pool, vet_str_t s, vet_str_t *copy);

/*
 * Gives the key of the phrase on the text view, for which it sets lead, or,
 * with joined, on the joined one.  VET_DECLINED: there is none.  VET_ERROR or
 * VET_LIMIT: no memory.
 */
int vet_word_key(vet_pool_t *pool, const vet_key_table_t *table,
    vet_word_t *word, int joined, vet_str_t *key);

/*
 * Tells whether a phrase begins at a place of a text view.  VET_DECLINED: it
 * does not.  VET_LIMIT: no memory.
 */
int vet_word_at(vet_pool_t *pool, const vet_word_t *word, vet_str_t text,
    size_t at, vet_word_place_t *place);

/*
 * vet_spelling.c: the same on the joined view of a value, which must be odd.
 * VET_DECLINED: it is not there, or not written to be overlooked.  VET_ERROR
 * or VET_LIMIT: no memory.
 */
int vet_word_joined_at(vet_pool_t *pool, const vet_word_t *word,
    const vet_view_t *view, vet_str_t value, size_t at,
    vet_word_place_t *place);


#endif /* VET_WORDS_H_INCLUDED */
