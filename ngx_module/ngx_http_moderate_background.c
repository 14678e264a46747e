
/*
 * Copyright (C) the moderate authors
 *
 * Work that takes long and that nobody waits for, such as loading rules, in a
 * thread that gives way to event loops.  The threads of a pool cannot be that:
 * one that has lowered its priority may not raise it again, and submissions
 * are judged there.
 */


#include "ngx_http_moderate_background.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>

#if (NGX_LINUX)
#include <sys/prctl.h>
#endif


/*
 * On a processor that is busy otherwise such a thread gets about a tenth of
 * what others get, and is interrupted soon by one that wakes up.
 */

#define NGX_HTTP_MODERATE_NICE   10
#define NGX_HTTP_MODERATE_SLICE  100000      /* ns without an interruption */

/*
 * The system moves what waits for a processor to another one when that has
 * nothing to do; a thread that is only interrupted keeps it busy.
 */

#define NGX_HTTP_MODERATE_WORK   200         /* us at a time */
#define NGX_HTTP_MODERATE_NAP    100000      /* ns behind each */
#define NGX_HTTP_MODERATE_SLACK  1000        /* ns later, that is */


/* struct sched_attr, which libc does not have: sched_setattr(2) */

typedef struct {
    uint32_t                    size;
    uint32_t                    policy;
    uint64_t                    flags;
    int32_t                     nice;
    uint32_t                    priority;
    uint64_t                    slice;
    uint64_t                    deadline;
    uint64_t                    period;
} ngx_http_moderate_schedule_t;

typedef struct {
    void                      (*work)(void *data);
    void                       *data;
} ngx_http_moderate_background_t;


static void *ngx_http_moderate_background_thread(void *data);
static void ngx_http_moderate_background_nap(void *data);
static uint64_t ngx_http_moderate_background_clock(void);


void
ngx_http_moderate_background(void (*work)(void *data), void *data)
{
    pthread_t                       tid;
    ngx_http_moderate_background_t  background;

    background.work = work;
    background.data = data;

    if (pthread_create(&tid, NULL, ngx_http_moderate_background_thread,
                       &background)
        != 0)
    {
        work(data);
        return;
    }

    (void) pthread_join(tid, NULL);
}


/*
 * The call is of Linux 3.14, and the slice of 6.12: before it is passed over.
 * Without a lower priority the work is done, too.
 */

static void *
ngx_http_moderate_background_thread(void *data)
{
    ngx_http_moderate_background_t *background = data;

#if defined(SYS_sched_setattr)

    ngx_http_moderate_schedule_t  schedule;

    ngx_memzero(&schedule, sizeof(ngx_http_moderate_schedule_t));

    schedule.size = sizeof(ngx_http_moderate_schedule_t);
    schedule.policy = SCHED_OTHER;
    schedule.nice = NGX_HTTP_MODERATE_NICE;
    schedule.slice = NGX_HTTP_MODERATE_SLICE;

    (void) syscall(SYS_sched_setattr, 0, &schedule, 0);
    (void) prctl(PR_SET_TIMERSLACK, NGX_HTTP_MODERATE_SLACK);

#endif

    background->work(background->data);

    return NULL;
}


const vet_rest_t *
ngx_http_moderate_rest(ngx_http_moderate_rest_t *rest)
{
    rest->rest.handler = ngx_http_moderate_background_nap;
    rest->rest.data = rest;
    rest->began = ngx_http_moderate_background_clock();

    return &rest->rest;
}


static void
ngx_http_moderate_background_nap(void *data)
{
    ngx_http_moderate_rest_t *rest = data;

    struct timespec  nap;

    if (ngx_http_moderate_background_clock() - rest->began
        < NGX_HTTP_MODERATE_WORK)
    {
        return;
    }

    nap.tv_sec = 0;
    nap.tv_nsec = NGX_HTTP_MODERATE_NAP;

    /* one that a signal ends is none the worse for it */

    (void) nanosleep(&nap, NULL);

    rest->began = ngx_http_moderate_background_clock();
}


static uint64_t
ngx_http_moderate_background_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
