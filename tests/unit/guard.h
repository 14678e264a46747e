
/*
 * Copyright (C) the moderate authors
 *
 * Inputs that end where memory ends: a copy is placed flush against a page
 * that may not be touched, so a read of one byte too many is a crash, with or
 * without sanitizers.
 */


#ifndef GUARD_H_INCLUDED
#define GUARD_H_INCLUDED


#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vet.h"


typedef struct {
    unsigned char          *map;
    size_t                  size;       /* of the map with the guard page */
    size_t                  page;
} guard_t;


/* Makes room for texts of up to max bytes. */

static inline void
guard_init(guard_t *g, size_t max)
{
    g->page = (size_t) sysconf(_SC_PAGESIZE);
    g->size = (max / g->page + 2) * g->page;

    g->map = mmap(NULL, g->size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (g->map == MAP_FAILED
        || mprotect(g->map + g->size - g->page, g->page, PROT_NONE) != 0)
    {
        abort();
    }
}


/* Returns a copy that lives until the next one; an empty one is at the end. */

static inline vet_str_t
guard_copy(guard_t *g, const void *text, size_t len)
{
    vet_str_t       s;
    unsigned char  *p;

    if (len > g->size - g->page) {
        abort();
    }

    p = g->map + g->size - g->page - len;

    if (len != 0) {
        memcpy(p, text, len);
    }

    s.data = p;
    s.len = len;

    return s;
}


static inline void
guard_done(guard_t *g)
{
    munmap(g->map, g->size);
}


#endif /* GUARD_H_INCLUDED */
