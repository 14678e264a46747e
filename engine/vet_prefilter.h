
/*
 * Copyright (C) the moderate authors
 *
 * Literals: what must be in a text before a pattern is worth to be tried, and
 * looking for all of them at once.  Nothing outside engine/ includes this
 * file.
 */


#ifndef VET_PREFILTER_H_INCLUDED
#define VET_PREFILTER_H_INCLUDED


#include "vet.h"


#define VET_LITERAL_LEN     64      /* bytes of a literal */
#define VET_LITERALS_MAX    256     /* of one pattern */
#define VET_FAR             UINT32_MAX

/* ASCII letters stand for both cases. */

typedef struct {
    vet_str_t              *elts;
    size_t                  n;
    uint32_t                reach;  /* most bytes from where a match begins */
                                    /* to its literal; VET_FAR: not known, */
                                    /* and it may be before it as well */
} vet_literals_t;

/*
 * vet_literal.c: finds literals of which at least one is in every text that a
 * PCRE2 pattern, compiled with PCRE2_UTF, matches somewhere.  VET_DECLINED:
 * none are known, it may match any text.
 */
int vet_literals_find(vet_pool_t *pool, vet_str_t pattern, int caseless,
    vet_literals_t *literals);


/*
 * The prefilter, vet_prefilter.c: looks for many literals in a text at once,
 * in a time that hardly depends on how many they are.
 */

typedef struct {
    vet_str_t               text;
    uint32_t                id;     /* what it stands for */
} vet_literal_t;

typedef struct vet_prefilter_s  vet_prefilter_t;

/*
 * Makes one of n literals, none empty, which it sorts and copies.  Several may
 * have the same id, and the same text may have several.  It lives as long as
 * the pool that it is made in.  NULL: memory is out.
 */
vet_prefilter_t *vet_prefilter_create(vet_pool_t *pool,
    vet_literal_t *literals, size_t n);

/* Returns its bytes of memory. */
size_t vet_prefilter_size(const vet_prefilter_t *pf);

/*
 * Returns the bytes of memory that a scan needs for itself, to be given to it
 * as seen, aligned for any type and with any content.
 */
size_t vet_prefilter_seen(const vet_prefilter_t *pf);

/*
 * A text has at most 64 blocks of 2^n bytes: returns n.  Which of them have
 * the begin of a literal is told as a bit for each, the first one being bit 0.
 */
unsigned vet_prefilter_block(size_t len);

#define VET_BLOCKS_ALL      UINT64_MAX

/*
 * Calls found for each id of which a literal is in the text, in no order: once
 * for a literal, where being the blocks in which it begins or, when seen is
 * NULL, for each place where one begins.  Ends with what found returns when
 * that is not VET_OK.
 */
typedef int (*vet_prefilter_pt)(void *data, uint32_t id, uint64_t where);

int vet_prefilter_scan(const vet_prefilter_t *pf, vet_str_t text, void *seen,
    vet_prefilter_pt found, void *data);

/* The same for a text that has all literals in all blocks; for tests. */
int vet_prefilter_all(const vet_prefilter_t *pf, vet_prefilter_pt found,
    void *data);


#endif /* VET_PREFILTER_H_INCLUDED */
