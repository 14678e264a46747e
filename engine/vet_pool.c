
/*
 * Copyright (C) the moderate authors
 *
 * Memory for one submission or one rule set: many small allocations, freed all
 * at once.
 */


#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "vet_parse.h"
#include "vet_pool.h"


#define VET_POOL_BLOCK      (32 * 1024)
#define VET_POOL_ALIGN      _Alignof(max_align_t)


/*
 * Under AddressSanitizer each allocation is a block of its own, so that a
 * byte read or written past the end of one is reported and not lost in its
 * neighbour.
 */

#if defined(__SANITIZE_ADDRESS__)
#define VET_POOL_SMALL      0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VET_POOL_SMALL      0
#endif
#endif

#ifndef VET_POOL_SMALL
#define VET_POOL_SMALL      (VET_POOL_BLOCK / 4)
#endif


#define VET_POOL_MAPPED     (128 * 1024)    /* less is not worth a call */
#define VET_POOL_LARGE      (1024 * 1024)   /* a block of those that are */

/*
 * The first block comes with the pool: what was parsed and found of most
 * submissions is in one, and so is what is only needed to find it.
 */

#define VET_POOL_FIRST      ((VET_POOL_SMALL == 0) ? 0 : 8 * 1024)
#define VET_POOL_WORK       ((VET_POOL_SMALL == 0) ? 0 : 96 * 1024)


typedef struct vet_block_s  vet_block_t;

struct vet_block_s {
    vet_block_t            *next;
    size_t                  mapped;     /* bytes, the block's too; 0: malloc */
    max_align_t             data[];
};


struct vet_pool_s {
    vet_pool_t             *next;       /* that is spare too */
    size_t                  max;
    size_t                  used;       /* bytes asked for, without padding */
    unsigned char          *pos;        /* free part of the current block */
    unsigned char          *end;
    size_t                  first;      /* bytes of data */
    vet_block_t            *blocks;
    const vet_rest_t       *rest;       /* or NULL */
    unsigned                exhausted:1;
    unsigned                mapped:1;   /* all of its blocks */
    unsigned                again:1;    /* may be used once more */
    max_align_t             data[];
};


static vet_pool_t *vet_pool_make(size_t max, size_t first);
static void vet_pool_clear(vet_pool_t *pool);
static void vet_pool_free(vet_pool_t *pool);
static int vet_pool_fits(const vet_pool_t *pool, size_t size);
static size_t vet_pool_padded(size_t size);
static void *vet_pool_small(vet_pool_t *pool, size_t size);
static void *vet_pool_block(vet_pool_t *pool, size_t size);
static void *vet_pool_map(vet_pool_t *pool, size_t size);


vet_pool_t *
vet_pool_create(size_t max)
{
    return vet_pool_make(max, VET_POOL_FIRST);
}


vet_pool_t *
vet_pool_create_work(void)
{
    return vet_pool_make(0, VET_POOL_WORK);
}


/*
 * What malloc has between other things leaves holes when it is freed: those of
 * rule files made a heap of 64 MiB, of which submissions then used a bit here
 * and a bit there.
 */

vet_pool_t *
vet_pool_create_mapped(size_t max)
{
    vet_pool_t  *pool;

    pool = vet_pool_make(max, 0);

    if (pool != NULL) {
        pool->mapped = (VET_POOL_SMALL != 0);
    }

    return pool;
}


static vet_pool_t *
vet_pool_make(size_t max, size_t first)
{
    vet_pool_t  *pool;

    pool = malloc(sizeof(vet_pool_t) + first);
    if (pool == NULL) {
        return NULL;
    }

    memset(pool, 0, sizeof(vet_pool_t));
    pool->max = max;
    pool->pos = (unsigned char *) pool->data;
    pool->end = pool->pos + first;
    pool->first = first;

    return pool;
}


vet_pool_t *
vet_pool_reuse(vet_pools_t *spare, size_t max)
{
    vet_pool_t  *pool;

    pool = spare->first;

    if (pool == NULL) {
        pool = vet_pool_create(max);

        /* under AddressSanitizer what was freed is not used again */

        if (pool != NULL) {
            pool->again = (VET_POOL_SMALL != 0);
        }

        return pool;
    }

    spare->first = pool->next;
    spare->n--;
    pool->max = max;

    return pool;
}


void
vet_pool_spare(vet_pools_t *spare, vet_pool_t *pool)
{
    if (pool == NULL) {
        return;
    }

    if (spare->n == VET_POOLS_SPARE || !pool->again) {
        vet_pool_destroy(pool);
        return;
    }

    vet_pool_clear(pool);

    pool->next = spare->first;
    spare->first = pool;
    spare->n++;
}


void
vet_pools_free(vet_pools_t *spare)
{
    vet_pool_t  *pool;

    while (spare->first != NULL) {
        pool = spare->first;
        spare->first = pool->next;
        vet_pool_destroy(pool);
    }

    spare->n = 0;
}


void
vet_pool_rest(vet_pool_t *pool, const vet_rest_t *rest)
{
    pool->rest = rest;
}


void
vet_pool_pause(const vet_pool_t *pool)
{
    if (pool->rest != NULL) {
        pool->rest->handler(pool->rest->data);
    }
}


void
vet_pool_begin(vet_pool_t *pool, const vet_pool_t *within)
{
    vet_pool_clear(pool);
    pool->max = within->max - within->used;
}


/* Frees what was allocated; all that is kept is the first block. */

static void
vet_pool_clear(vet_pool_t *pool)
{
    vet_pool_free(pool);

    pool->used = 0;
    pool->exhausted = 0;
    pool->blocks = NULL;
    pool->pos = (unsigned char *) pool->data;
    pool->end = pool->pos + pool->first;
}


void
vet_pool_end(const vet_pool_t *pool, vet_pool_t *within)
{
    within->exhausted |= pool->exhausted;
}


void
vet_pool_destroy(vet_pool_t *pool)
{
    if (pool == NULL) {
        return;
    }

    vet_pool_free(pool);
    free(pool);
}


/* Frees all but the first block. */

static void
vet_pool_free(vet_pool_t *pool)
{
    vet_block_t  *block, *next;

    for (block = pool->blocks; block != NULL; block = next) {
        next = block->next;

        if (block->mapped) {
            (void) munmap(block, block->mapped);

        } else {
            free(block);
        }
    }
}


void *
vet_palloc(vet_pool_t *pool, size_t size)
{
    void  *p;

    vet_pool_pause(pool);

    /* nothing would count against the maximum, and pointers must differ */

    if (size == 0) {
        size = 1;
    }

    if (size > pool->max - pool->used) {
        pool->exhausted = 1;
        return NULL;
    }

    /* what is large has a block of its own, unless there is room for it */

    if (size <= (pool->mapped ? VET_POOL_LARGE / 4 : VET_POOL_SMALL)
        || (VET_POOL_SMALL != 0 && vet_pool_fits(pool, size)))
    {
        p = vet_pool_small(pool, size);

    } else {
        p = vet_pool_block(pool, size);
    }

    if (p != NULL) {
        pool->used += size;
    }

    return p;
}


/*
 * malloc keeps what was freed for the thread that had it: one of many threads
 * that read a large file each would keep as much.
 */

void *
vet_palloc_mapped(vet_pool_t *pool, size_t size)
{
    void  *p;

    if (VET_POOL_SMALL == 0 || size < VET_POOL_MAPPED
        || size > pool->max - pool->used)
    {
        return vet_palloc(pool, size);
    }

    p = vet_pool_map(pool, sizeof(vet_block_t) + size);

    if (p != NULL) {
        pool->used += size;
    }

    return p;
}


void *
vet_pcalloc(vet_pool_t *pool, size_t size)
{
    void  *p;

    p = vet_palloc(pool, size);

    /* the system's pages are zeros, and are there once they are written to */

    if (p != NULL && !pool->mapped) {
        memset(p, 0, size);
    }

    return p;
}


int
vet_pool_exhausted(const vet_pool_t *pool)
{
    return pool->exhausted;
}


int
vet_pool_failure(const vet_pool_t *pool)
{
    return pool->exhausted ? VET_LIMIT : VET_ERROR;
}


/* Tells whether there is room for it in the current block. */

static int
vet_pool_fits(const vet_pool_t *pool, size_t size)
{
    return size <= (size_t) (pool->end - pool->pos)
           && vet_pool_padded(size) <= (size_t) (pool->end - pool->pos);
}


static size_t
vet_pool_padded(size_t size)
{
    return (size + VET_POOL_ALIGN - 1) & ~((size_t) VET_POOL_ALIGN - 1);
}


static void *
vet_pool_small(vet_pool_t *pool, size_t size)
{
    void    *p;
    size_t   padded, block;

    padded = vet_pool_padded(size);

    if (padded > (size_t) (pool->end - pool->pos)) {

        block = pool->mapped ? VET_POOL_LARGE - sizeof(vet_block_t)
                             : VET_POOL_BLOCK;

        p = vet_pool_block(pool, block);
        if (p == NULL) {
            return NULL;
        }

        pool->pos = p;
        pool->end = pool->pos + block;
    }

    p = pool->pos;
    pool->pos += padded;

    return p;
}


static void *
vet_pool_block(vet_pool_t *pool, size_t size)
{
    vet_block_t  *block;

    if (size > SIZE_MAX - sizeof(vet_block_t)) {
        return NULL;
    }

    if (pool->mapped) {
        return vet_pool_map(pool, sizeof(vet_block_t) + size);
    }

    block = malloc(sizeof(vet_block_t) + size);
    if (block == NULL) {
        return NULL;
    }

    block->mapped = 0;
    block->next = pool->blocks;
    pool->blocks = block;

    return block->data;
}


/* A block of size bytes, its own among them. */

static void *
vet_pool_map(vet_pool_t *pool, size_t size)
{
    vet_block_t  *block;

    block = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS,
                 -1, 0);
    if (block == MAP_FAILED) {
        return NULL;
    }

    block->mapped = size;
    block->next = pool->blocks;
    pool->blocks = block;

    return block->data;
}
