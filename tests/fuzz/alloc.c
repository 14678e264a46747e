
/*
 * Copyright (C) the moderate authors
 *
 * Allocations that fail: the linker puts these in the place of malloc() and
 * its like (--wrap) in all that is linked statically.  They count by thread, as
 * libFuzzer has one of its own, which must get its memory.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"


typedef struct {
    size_t                  every;
    size_t                  asked;
    size_t                  refused;
    unsigned                paused;
    int                     counting;
} fuzz_alloc_t;


void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);

static int fuzz_alloc_refuse(void);


static __thread fuzz_alloc_t  fuzz_alloc;


void
fuzz_alloc_begin(size_t every)
{
    memset(&fuzz_alloc, 0, sizeof(fuzz_alloc_t));
    fuzz_alloc.every = every;
    fuzz_alloc.counting = 1;
}


size_t
fuzz_alloc_end(void)
{
    fuzz_alloc.counting = 0;

    return fuzz_alloc.asked;
}


void
fuzz_alloc_pause(void)
{
    fuzz_alloc.paused++;
}


void
fuzz_alloc_resume(void)
{
    fuzz_alloc.paused--;
}


size_t
fuzz_alloc_refused(void)
{
    return fuzz_alloc.refused;
}


int
fuzz_alloc_refuses(void)
{
    return fuzz_alloc.every != 0;
}


static int
fuzz_alloc_refuse(void)
{
    if (!fuzz_alloc.counting || fuzz_alloc.paused != 0) {
        return 0;
    }

    fuzz_alloc.asked++;

    if (fuzz_alloc.every == 0 || fuzz_alloc.asked % fuzz_alloc.every != 0) {
        return 0;
    }

    fuzz_alloc.refused++;

    return 1;
}


void *
__wrap_malloc(size_t size)
{
    return fuzz_alloc_refuse() ? NULL : __real_malloc(size);
}


void *
__wrap_calloc(size_t n, size_t size)
{
    return fuzz_alloc_refuse() ? NULL : __real_calloc(n, size);
}


void *
__wrap_realloc(void *p, size_t size)
{
    return fuzz_alloc_refuse() ? NULL : __real_realloc(p, size);
}


vet_str_t
fuzz_copy(vet_str_t s)
{
    vet_str_t       copy;
    unsigned char  *p;

    p = __real_malloc(s.len);
    FUZZ_CHECK(p != NULL);

    if (s.len != 0) {
        memcpy(p, s.data, s.len);
    }

    copy.data = p;
    copy.len = s.len;

    return copy;
}


void
fuzz_copy_free(vet_str_t s)
{
    free((void *) s.data);
}
