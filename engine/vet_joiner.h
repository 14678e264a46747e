
/*
 * Copyright (C) the moderate authors
 *
 * Joiners and non-joiners: where they are spelling, and where they hide a
 * word.  Nothing outside engine/ includes this file.
 */


#ifndef VET_JOINER_H_INCLUDED
#define VET_JOINER_H_INCLUDED


#include "vet_rules.h"


#define VET_NON_JOINER      0x200c
#define VET_JOINER          0x200d

#define VET_IS_JOINER(cp)   (((cp) | 1) == VET_JOINER)

/* Joining_Type, Extended_Pictographic and Emoji_Modifier of Unicode. */

#define VET_JOINS_NEXT      0x01    /* types L and D */
#define VET_JOINS_LAST      0x02    /* types R and D */
#define VET_JOINS_CLEAR     0x04    /* type T */
#define VET_JOINS_PICTURE   0x08
#define VET_JOINS_TONE      0x10    /* the colour of a skin */

#define VET_CCC_VIRAMA      9

/* Code points that have the same of these. */

typedef struct {
    uint32_t                first;
    uint32_t                last;
    uint32_t                flags;
} vet_uni_range_t;

/* vet_unicode.c.  Returns what of these a code point has. */
unsigned vet_uni_joins(uint32_t cp);

/* Tells whether the joiner at i is spelling, so that views have it. */
int vet_joiner_stays(vet_str_t value, size_t i);


#endif /* VET_JOINER_H_INCLUDED */
