
/*
 * Copyright (C) the moderate authors
 *
 * Patterns: compiling them, and running them within limits.
 *
 * Views are valid UTF-8, so no call checks that again, and no byte of a value
 * can hide what is around it.
 *
 * PCRE2's match limit counts for one start offset only, and single-item
 * repeats do not count at all.  So a long text is matched in slices of start
 * offsets, and CPU time is looked at between slices and between finds.  CPU
 * time, as a busy machine must not change verdicts.
 *
 * Most submissions take no time that is worth a system call: what the thread
 * had used a moment ago stands for what it has used when one begins.
 */


#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vet_pool.h"
#include "vet_rules.h"


/*
 * With JIT 164 known slow patterns on 64 KiB took 506 ms at worst with a match
 * limit of 10000 and 53 ms with 1000, and no sane pattern needs more.  Without
 * JIT the interpreter counts every step, alternatives included.
 */

#define VET_MATCH_LIMIT          1000
#define VET_MATCH_LIMIT_NOJIT    50000
#define VET_DEPTH_LIMIT          1000
#define VET_HEAP_LIMIT           1024         /* KiB */
#define VET_PARENS_LIMIT         64
#define VET_JIT_STACK_START      (32 * 1024)
#define VET_JIT_STACK_MAX        (512 * 1024)

#define VET_WHOLE                2048         /* bytes matched in one call */
#define VET_SLICE                256          /* start offsets of a slice, */
#define VET_SLICE_MOST           4096         /* as long as they take no */
#define VET_SLICE_TIME           50000LL      /* more than these ns */

#define VET_FIND_TIME            20000000LL   /* ns, one pattern, one text */
#define VET_FINDS_PER_CLOCK      16           /* may be a system call */
#define VET_MOMENT               200000LL     /* ns */
#define VET_GLANCE               20000LL      /* of a look, by the wall */


/* Of the machine code of a pattern. */

enum {
    VET_JIT_NONE = 0,
    VET_JIT_BUSY,
    VET_JIT_DONE
};

/*
 * A set has thousands of compiled patterns, and one follows another: with
 * malloc they would be between what submissions need, and leave holes.
 */

struct vet_pattern_maker_s {
    vet_pool_t             *pool;
    pcre2_compile_context  *context;
    unsigned                stays:1;    /* what is allocated is the pool's */
};

struct vet_scratch_s {
    pcre2_match_data       *data;
    pcre2_match_context    *jit;
    pcre2_match_context    *nojit;
    pcre2_jit_stack        *stack;
    vet_pool_t             *pool;
    long long               time;       /* ns, of a submission */
    long long               end;        /* of the submission's time */
    long long               looked;     /* at the clock, the last time */
    long long               asked;      /* when that was, by the wall */
    pthread_t               thread;     /* whose CPU time that was */
    unsigned                finds;
    unsigned                over:1;     /* it has passed */
    unsigned                trial:1;
    unsigned                unfiltered:1;
};


static pcre2_match_context *vet_scratch_context(uint32_t limit);
static void *vet_pattern_malloc(PCRE2_SIZE size, void *data);
static void vet_pattern_free(void *p, void *data);
static void vet_pattern_count(vet_pattern_t *p);
static pcre2_code *vet_pattern_jit(vet_pattern_t *p);
static pcre2_code *vet_pattern_translate(const vet_pattern_t *p);
static int vet_pattern_run(const pcre2_code *code, vet_scratch_t *scratch,
    pcre2_match_context *context, vet_str_t text, size_t from, size_t most,
    vet_found_t *found);
static int vet_pattern_slice(const pcre2_code *code, vet_scratch_t *scratch,
    pcre2_match_context *context, vet_str_t text, size_t from, size_t limit,
    vet_found_t *found);
static long long vet_pattern_look(vet_scratch_t *scratch);
static long long vet_clock(clockid_t clock);


vet_scratch_t *
vet_scratch_create(void)
{
    vet_scratch_t  *scratch;

    scratch = calloc(1, sizeof(vet_scratch_t));
    if (scratch == NULL) {
        return NULL;
    }

    scratch->data = pcre2_match_data_create(2, NULL);
    scratch->jit = vet_scratch_context(VET_MATCH_LIMIT);
    scratch->nojit = vet_scratch_context(VET_MATCH_LIMIT_NOJIT);
    scratch->stack = pcre2_jit_stack_create(VET_JIT_STACK_START,
                                            VET_JIT_STACK_MAX, NULL);

    scratch->pool = vet_pool_create_work();

    if (scratch->data == NULL || scratch->jit == NULL
        || scratch->nojit == NULL || scratch->pool == NULL)
    {
        vet_scratch_destroy(scratch);
        return NULL;
    }

    /* no stack: JIT was left out of PCRE2, or has 32 KiB of its own */

    if (scratch->stack != NULL) {
        pcre2_jit_stack_assign(scratch->jit, NULL, scratch->stack);
    }

    vet_scratch_time(scratch, VET_TIME);
    vet_pattern_begin(scratch);

    return scratch;
}


vet_scratch_t *
vet_scratch_create_trial(void)
{
    vet_scratch_t  *scratch;

    scratch = vet_scratch_create();

    if (scratch != NULL) {
        scratch->trial = 1;
    }

    return scratch;
}


void
vet_scratch_unfiltered(vet_scratch_t *scratch)
{
    scratch->unfiltered = 1;
}


int
vet_scratch_is_unfiltered(const vet_scratch_t *scratch)
{
    return scratch->unfiltered;
}


static pcre2_match_context *
vet_scratch_context(uint32_t limit)
{
    pcre2_match_context  *context;

    context = pcre2_match_context_create(NULL);
    if (context == NULL) {
        return NULL;
    }

    (void) pcre2_set_match_limit(context, limit);
    (void) pcre2_set_depth_limit(context, VET_DEPTH_LIMIT);
    (void) pcre2_set_heap_limit(context, VET_HEAP_LIMIT);

    return context;
}


void
vet_scratch_destroy(vet_scratch_t *scratch)
{
    if (scratch == NULL) {
        return;
    }

    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->jit);
    pcre2_match_context_free(scratch->nojit);
    pcre2_jit_stack_free(scratch->stack);
    vet_pool_destroy(scratch->pool);
    free(scratch);
}


vet_pool_t *
vet_scratch_pool(const vet_scratch_t *scratch)
{
    return scratch->pool;
}


void
vet_scratch_time(vet_scratch_t *scratch, uint32_t microseconds)
{
    scratch->time = microseconds * 1000LL;
}


int
vet_scratch_over(const vet_scratch_t *scratch)
{
    return vet_pattern_spent(scratch);
}


vet_pattern_maker_t *
vet_pattern_maker(vet_pool_t *pool)
{
    vet_pattern_maker_t    *maker;
    pcre2_general_context  *general;

    maker = vet_pcalloc(pool, sizeof(vet_pattern_maker_t));
    if (maker == NULL) {
        return NULL;
    }

    maker->pool = pool;
    maker->stays = 1;

    general = pcre2_general_context_create(vet_pattern_malloc,
                                           vet_pattern_free, maker);
    if (general == NULL) {
        return NULL;
    }

    maker->context = pcre2_compile_context_create(general);
    if (maker->context == NULL) {
        return NULL;
    }

    (void) pcre2_set_parens_nest_limit(maker->context, VET_PARENS_LIMIT);
    maker->stays = 0;

    return maker;
}


static void *
vet_pattern_malloc(PCRE2_SIZE size, void *data)
{
    vet_pattern_maker_t  *maker = data;

    return maker->stays ? vet_palloc(maker->pool, size) : malloc(size);
}


/* Nothing of the pool is freed singly. */

static void
vet_pattern_free(void *p, void *data)
{
    (void) data;
    free(p);
}


/* PCRE2 needs more while it compiles: what stays is a copy. */

int
vet_pattern_compile(vet_pattern_maker_t *maker, vet_pattern_t *p,
    const unsigned char *data, size_t len, uint32_t options, char *text,
    size_t *offset)
{
    int          code;
    size_t       at;
    pcre2_code  *made;

    made = pcre2_compile(data, len, options | PCRE2_UTF
                         | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT,
                         &code, &at, maker->context);

    if (made == NULL) {
        *offset = at;
        text[0] = '\0';
        (void) pcre2_get_error_message(code, (PCRE2_UCHAR *) text,
                                       VET_PATTERN_TEXT);
        return VET_DECLINED;
    }

    maker->stays = 1;
    p->code = pcre2_code_copy(made);
    maker->stays = 0;
    pcre2_code_free(made);

    return (p->code == NULL) ? VET_ERROR : VET_OK;
}


void
vet_pattern_destroy(vet_pattern_t *p)
{
    pcre2_code_free(p->jit);
    memset(p, 0, sizeof(vet_pattern_t));
}


void
vet_pattern_prepare(vet_pattern_t *p)
{
    (void) vet_pattern_jit(p);
}


int
vet_pattern_used(const vet_pattern_t *p)
{
    return __atomic_load_n(&p->tried, __ATOMIC_RELAXED) > 1;
}


void
vet_pattern_begin(vet_scratch_t *scratch)
{
    long long  now;

    now = vet_clock(CLOCK_MONOTONIC);

    if (now - scratch->asked > VET_MOMENT
        || !pthread_equal(scratch->thread, pthread_self()))
    {
        scratch->looked = vet_clock(CLOCK_THREAD_CPUTIME_ID);
        scratch->asked = now;
        scratch->thread = pthread_self();
    }

    scratch->end = scratch->looked + scratch->time;
    scratch->finds = 0;
    scratch->over = 0;
}


/*
 * What runs into a limit in a trial may do so without JIT only: its limits are
 * not the same.
 */

int
vet_pattern_find(vet_pattern_t *p, vet_scratch_t *scratch, vet_str_t text,
    size_t from, size_t limit, vet_found_t *found)
{
    int          rc;
    pcre2_code  *code;

    if (vet_pattern_over(scratch)) {
        return VET_LIMIT;
    }

    if (scratch->trial) {
        rc = vet_pattern_run(p->code, scratch, scratch->nojit, text, from,
                             limit, found);
        if (rc != VET_LIMIT) {
            return rc;
        }
    }

    vet_pattern_count(p);
    code = vet_pattern_jit(p);

    return (code != NULL)
           ? vet_pattern_run(code, scratch, scratch->jit, text, from, limit,
                             found)
           : vet_pattern_run(p->code, scratch, scratch->nojit, text, from,
                             limit, found);
}


/* Threads that count at the same time may count as one. */

static void
vet_pattern_count(vet_pattern_t *p)
{
    int  tried;

    tried = __atomic_load_n(&p->tried, __ATOMIC_RELAXED);

    if (tried < 2) {
        __atomic_store_n(&p->tried, tried + 1, __ATOMIC_RELAXED);
    }
}


/*
 * Returns the machine code, made by the first thread that asks.  Others get
 * NULL meanwhile; so do all where memory may not be made executable.
 */

static pcre2_code *
vet_pattern_jit(vet_pattern_t *p)
{
    int          state;
    pcre2_code  *code;

    state = __atomic_load_n(&p->state, __ATOMIC_ACQUIRE);

    if (state == VET_JIT_DONE) {
        return p->jit;
    }

    state = VET_JIT_NONE;

    if (!__atomic_compare_exchange_n(&p->state, &state, VET_JIT_BUSY, 0,
                                     __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
    {
        return NULL;
    }

    code = vet_pattern_translate(p);

    p->jit = code;
    __atomic_store_n(&p->state, VET_JIT_DONE, __ATOMIC_RELEASE);

    return code;
}


static pcre2_code *
vet_pattern_translate(const vet_pattern_t *p)
{
    size_t       size;
    pcre2_code  *code;

    code = pcre2_code_copy(p->code);
    if (code == NULL) {
        return NULL;
    }

    (void) pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);

    size = 0;
    (void) pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &size);

    if (size == 0) {
        pcre2_code_free(code);
        return NULL;
    }

    return code;
}


/*
 * Matches few start offsets in one call, and many in slices.  Each call looks
 * ahead for what the pattern needs, so few calls are better: slices grow while
 * they are fast.
 */

static int
vet_pattern_run(const pcre2_code *code, vet_scratch_t *scratch,
    pcre2_match_context *context, vet_str_t text, size_t from, size_t most,
    vet_found_t *found)
{
    int        rc;
    size_t     limit, slice;
    long long  end, now, last;

    if (most - from <= VET_WHOLE) {
        return vet_pattern_slice(code, scratch, context, text, from, most,
                                 found);
    }

    last = vet_pattern_look(scratch);
    end = last + VET_FIND_TIME;
    slice = VET_SLICE;

    for ( ;; ) {
        limit = (most - from <= slice) ? most : from + slice;

        while (limit < most && (text.data[limit] & 0xc0) == 0x80) {
            limit++;
        }

        rc = vet_pattern_slice(code, scratch, context, text, from, limit,
                               found);

        if (rc != VET_DECLINED || limit == most) {
            return rc;
        }

        now = vet_pattern_look(scratch);

        if (now > end || scratch->over) {
            return VET_LIMIT;
        }

        slice = (now - last > VET_SLICE_TIME) ? VET_SLICE
                : (slice < VET_SLICE_MOST) ? 2 * slice : slice;
        last = now;
        from = limit;
    }
}


int
vet_pattern_spent(const vet_scratch_t *scratch)
{
    return scratch->over;
}


unsigned
vet_pattern_finds(const vet_scratch_t *scratch)
{
    return scratch->finds;
}


void
vet_pattern_end(vet_scratch_t *scratch)
{
    scratch->over = 1;
}


int
vet_pattern_over(vet_scratch_t *scratch)
{
    if (scratch->over) {
        return 1;
    }

    if (++scratch->finds % VET_FINDS_PER_CLOCK == 0) {
        (void) vet_pattern_look(scratch);
    }

    return scratch->over;
}


/*
 * Returns the time; the submission's may be found to be over.  CPU time does
 * not pass faster than that of the wall, which takes no system call.
 */

static long long
vet_pattern_look(vet_scratch_t *scratch)
{
    long long  now;

    now = vet_clock(CLOCK_MONOTONIC);

    if (now - scratch->asked > VET_GLANCE) {
        scratch->looked = vet_clock(CLOCK_THREAD_CPUTIME_ID);
        scratch->asked = now;
    }

    if (scratch->looked > scratch->end) {
        scratch->over = 1;
    }

    return scratch->looked;
}


long long
vet_pattern_time(const vet_scratch_t *scratch)
{
    return scratch->time;
}


long long
vet_pattern_looked(const vet_scratch_t *scratch)
{
    return scratch->looked;
}


/* Looks for a place that starts in [from, limit]. */

static int
vet_pattern_slice(const pcre2_code *code, vet_scratch_t *scratch,
    pcre2_match_context *context, vet_str_t text, size_t from, size_t limit,
    vet_found_t *found)
{
    int            rc;
    const size_t  *ovector;

    (void) pcre2_set_offset_limit(context, limit);

    rc = pcre2_match(code, text.data, text.len, from, PCRE2_NO_UTF_CHECK,
                     scratch->data, context);

    if (rc == PCRE2_ERROR_NOMATCH) {
        return VET_DECLINED;
    }

    /* a limit, or any other error: it is not known that nothing matches */

    if (rc < 0) {
        return VET_LIMIT;
    }

    ovector = pcre2_get_ovector_pointer(scratch->data);

    found->start = ovector[0];
    found->end = ovector[1];

    /* \K in a lookahead may turn them round */

    if (found->start > found->end) {
        found->start = found->end;
    }

    return VET_OK;
}


static long long
vet_clock(clockid_t clock)
{
    struct timespec  ts;

    if (clock_gettime(clock, &ts) != 0) {
        return 0;
    }

    return (long long) ts.tv_sec * 1000000000LL + ts.tv_nsec;
}
