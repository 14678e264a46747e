
/*
 * Copyright (C) the moderate authors
 *
 * Latin letters by the blocks that have most of them.  Nothing outside of
 * engine/ includes this file.
 */


#ifndef VET_LETTERS_H_INCLUDED
#define VET_LETTERS_H_INCLUDED


#include "vet_rules.h"


/*
 * The Latin letters in U+0080..U+027F and U+1E00..U+1EFF, as the text and the
 * folded view have them when nothing joins them, never longer; 0: in another
 * way.  They join nothing either.
 */

#define VET_UNI_LATIN_N     0x300

extern const uint16_t  vet_uni_latin_text[];
extern const uint16_t  vet_uni_latin_fold[];

/* Reads a letter of these two blocks, at is its place; 0: there is none. */
static inline size_t
vet_uni_latin_read(const unsigned char *p, size_t len, size_t *at)
{
    if (p[0] >= 0xc2 && p[0] <= 0xc9) {
        if (len < 2 || (p[1] & 0xc0) != 0x80) {
            return 0;
        }

        *at = ((size_t) (p[0] & 0x1f) << 6 | (p[1] & 0x3f)) - 0x80;
        return 2;
    }

    if (p[0] != 0xe1 || len < 3 || p[1] < 0xb8 || p[1] > 0xbb
        || (p[2] & 0xc0) != 0x80)
    {
        return 0;
    }

    *at = 0x200 + ((size_t) (p[1] - 0xb8) << 6 | (p[2] & 0x3f));
    return 3;
}


#endif /* VET_LETTERS_H_INCLUDED */
