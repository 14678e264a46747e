
/*
 * Copyright (C) the moderate authors
 *
 * A submission is judged on the event loop when its body is small and judging
 * it takes no more than a moment, else in a thread.  The request is kept until
 * the thread is done with it, whoever leaves meanwhile.
 */


#include "ngx_http_moderate_judge.h"

#include <ngx_thread_pool.h>


/* what the engine may take for one submission, beside some times its body */

#define NGX_HTTP_MODERATE_POOL        (8 * 1024 * 1024)
#define NGX_HTTP_MODERATE_POOL_TIMES  32

/* us of CPU time on the loop; what takes longer begins anew in a thread */

#define NGX_HTTP_MODERATE_QUICK       4000

/* a worker that leaves waits for its timers, and so for a thread */

#define NGX_HTTP_MODERATE_JUDGING_TIMER  60000

/* "moderate_thread_size off" */

#define NGX_HTTP_MODERATE_NO_THREAD   NGX_MAX_SIZE_T_VALUE


/* all that is needed without the request, and what comes of it */

typedef struct {
    vet_message_t                 message;
    const vet_form_t             *form;
    const vet_ruleset_t          *ruleset;
    const u_char                 *shadow;
    vet_context_t                 context;
    vet_str_t                     secret;
    uint64_t                      now;          /* seconds */
    size_t                        memory;
    ngx_uint_t                    too_large;

    vet_pool_t                   *pool;
    vet_pools_t                  *pools;        /* of the loop; or NULL */
    vet_submission_t              submission;
    vet_hits_t                    hits;
    vet_str_t                     fingerprint;
    uint64_t                      spent;        /* us */
    int                           rc;           /* VET_OK or VET_ERROR */

    ngx_http_moderate_judged_pt   handler;
} ngx_http_moderate_job_t;


static void ngx_http_moderate_job_init(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_job_t *job);
static ngx_int_t ngx_http_moderate_judge_here(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_job_t *job,
    uint32_t microseconds);
static ngx_int_t ngx_http_moderate_judge_in_thread(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_job_t *job);
static void ngx_http_moderate_judge_thread(void *data, ngx_log_t *log);
static void ngx_http_moderate_judge_event(ngx_event_t *ev);
static void ngx_http_moderate_judging(ngx_http_request_t *r);
static ngx_int_t ngx_http_moderate_judge_end(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_job_t *job);

static void ngx_http_moderate_job_run(ngx_http_moderate_job_t *job,
    vet_scratch_t *scratch);
static void ngx_http_moderate_job_free(ngx_http_moderate_job_t *job);
static void ngx_http_moderate_job_begin(ngx_http_moderate_job_t *job);
static int ngx_http_moderate_job_parse(ngx_http_moderate_job_t *job);
static int ngx_http_moderate_job_match(ngx_http_moderate_job_t *job,
    vet_scratch_t *scratch);
static uint64_t ngx_http_moderate_job_clock(void);


ngx_int_t
ngx_http_moderate_judge(ngx_http_request_t *r, ngx_http_moderate_ctx_t *ctx,
    ngx_http_moderate_judged_pt handler)
{
    size_t                   size;
    ngx_int_t                rc;
    ngx_http_moderate_job_t  job;

    ngx_http_moderate_job_init(r, ctx, &job);
    job.handler = handler;

    size = ctx->conf->thread_size;

    if (size == NGX_HTTP_MODERATE_NO_THREAD) {
        (void) ngx_http_moderate_judge_here(r, ctx, &job, VET_TIME);
        return ngx_http_moderate_judge_end(r, ctx, &job);
    }

    if ((job.too_large || ctx->body.len <= size)
        && ngx_http_moderate_judge_here(r, ctx, &job, NGX_HTTP_MODERATE_QUICK)
           == NGX_OK)
    {
        return ngx_http_moderate_judge_end(r, ctx, &job);
    }

    rc = ngx_http_moderate_judge_in_thread(r, ctx, &job);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    /*
     * No thread takes it, as 65536 others wait: it gets its moment on the
     * loop, and is held when that is not enough.
     */

    if (job.pool == NULL) {
        (void) ngx_http_moderate_judge_here(r, ctx, &job,
                                            NGX_HTTP_MODERATE_QUICK);
    }

    return ngx_http_moderate_judge_end(r, ctx, &job);
}


static void
ngx_http_moderate_job_init(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_job_t *job)
{
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    ngx_memzero(job, sizeof(ngx_http_moderate_job_t));

    job->pools = &mmcf->pools;
    job->too_large = (ctx->submission.unreadable == VET_TOO_LARGE);
    job->form = ctx->conf->form;
    job->ruleset = ctx->set->ruleset;
    job->shadow = ngx_http_moderate_shadow(mmcf, ctx->set);
    job->now = (uint64_t) ngx_time();
    job->memory = NGX_HTTP_MODERATE_POOL
                  + NGX_HTTP_MODERATE_POOL_TIMES
                    * ngx_min(ctx->body.len, ctx->conf->body_size);

    ngx_http_moderate_message(r, &ctx->body, &job->message);
    ngx_http_moderate_context(r, &job->context, &job->secret);
}


/* NGX_AGAIN: that was not enough time */

static ngx_int_t
ngx_http_moderate_judge_here(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_job_t *job,
    uint32_t microseconds)
{
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    vet_scratch_time(mmcf->scratch, microseconds);
    ngx_http_moderate_job_run(job, mmcf->scratch);

    return (job->rc == VET_OK && vet_scratch_over(mmcf->scratch)) ? NGX_AGAIN
                                                                  : NGX_OK;
}


static ngx_int_t
ngx_http_moderate_judge_in_thread(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_job_t *job)
{
    size_t                          size;
    u_char                         *shadow;
    ngx_thread_task_t              *task;
    ngx_http_moderate_job_t        *copy;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    task = ngx_thread_task_alloc(r->pool, sizeof(ngx_http_moderate_job_t));
    if (task == NULL) {
        return NGX_ERROR;
    }

    copy = task->ctx;
    *copy = *job;
    copy->pool = NULL;
    copy->pools = NULL;

    /* the set's own may change while the thread reads it */

    if (job->shadow != NULL) {
        size = (vet_ruleset_rules(job->ruleset) + 7) / 8;

        shadow = ngx_pnalloc(r->pool, size);
        if (shadow == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(shadow, job->shadow, size);
        copy->shadow = shadow;
    }

    task->handler = ngx_http_moderate_judge_thread;
    task->event.handler = ngx_http_moderate_judge_event;
    task->event.data = r;
    task->event.log = r->connection->log;

    if (ngx_thread_task_post(mmcf->thread_pool, task) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_moderate_job_free(job);

    ctx->judging = task;
    ctx->state = NGX_HTTP_MODERATE_JUDGING;

    /*
     * A client that leaves is noticed; "blocked" keeps the request and its
     * pool, which has the task and the body, until the thread is done.
     */

    r->main->blocked++;
    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_moderate_judging;

    ngx_add_timer(&task->event, NGX_HTTP_MODERATE_JUDGING_TIMER);

    return NGX_AGAIN;
}


/* in a thread: the engine and libc only */

static void
ngx_http_moderate_judge_thread(void *data, ngx_log_t *log)
{
    vet_scratch_t            *scratch;
    ngx_http_moderate_job_t  *job;

    job = data;
    job->rc = VET_ERROR;

    /* nobody waits for it: the worker is told to end at once */

    if (ngx_terminate) {
        return;
    }

    scratch = vet_scratch_create();
    if (scratch == NULL) {
        return;
    }

    ngx_http_moderate_job_run(job, scratch);

    vet_scratch_destroy(scratch);
}


/* on the loop again: the thread is done, or it was only time */

static void
ngx_http_moderate_judge_event(ngx_event_t *ev)
{
    ngx_int_t                       rc;
    ngx_connection_t               *c;
    ngx_http_request_t             *r;
    ngx_http_moderate_ctx_t        *ctx;
    ngx_http_moderate_job_t        *job;

    r = ev->data;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (!ev->complete) {
        ev->timedout = 0;
        ngx_add_timer(ev, NGX_HTTP_MODERATE_JUDGING_TIMER);
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ctx = ngx_http_moderate_get_ctx(r);
    job = ctx->judging->ctx;

    rc = ngx_http_moderate_judge_end(r, ctx, job);

    ctx->judging = NULL;
    r->main->blocked--;

    if (r->write_event_handler != ngx_http_moderate_judging) {

        /* it was ended meanwhile, and waits for this to be freed */

        c->write->handler(c->write);
        return;
    }

    job->handler(r, rc);

    ngx_http_run_posted_requests(c);
}


/* stands for what waits for a thread: nothing is to be written */

static void
ngx_http_moderate_judging(ngx_http_request_t *r)
{
    ngx_http_request_empty_handler(r);
}


/* what was found is the submission's from here on */

static ngx_int_t
ngx_http_moderate_judge_end(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_job_t *job)
{
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    ctx->pool = job->pool;
    ctx->pools = &mmcf->pools;
    ctx->spent = job->spent;

    if (job->rc != VET_OK) {
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, 0,
                      "submission %*s could not be judged: no memory",
                      (size_t) NGX_HTTP_MODERATE_ID_LEN, ctx->id);
        return NGX_ERROR;
    }

    ctx->submission = job->submission;
    ctx->hits = job->hits;
    ctx->fingerprint.data = (u_char *) job->fingerprint.data;
    ctx->fingerprint.len = job->fingerprint.len;
    ctx->unreadable = (job->submission.unreadable != VET_READABLE);

    ngx_http_moderate_shadow_count(mmcf, ctx->set, &ctx->hits);

    return NGX_OK;
}


/* judging itself: no nginx from here on */


static void
ngx_http_moderate_job_run(ngx_http_moderate_job_t *job, vet_scratch_t *scratch)
{
    int       rc;
    uint64_t  started;

    started = ngx_http_moderate_job_clock();

    /* of an attempt before */

    ngx_http_moderate_job_free(job);
    ngx_http_moderate_job_begin(job);
    job->submission.unreadable = job->too_large ? VET_TOO_LARGE : VET_READABLE;

    job->rc = VET_ERROR;
    job->pool = (job->pools == NULL)
                ? vet_pool_create(job->memory)
                : vet_pool_reuse(job->pools, job->memory);

    if (job->pool != NULL) {

        /* 2 parse, 3 view, 4 match */

        rc = job->too_large ? VET_OK : ngx_http_moderate_job_parse(job);

        if (rc == VET_OK) {
            rc = ngx_http_moderate_job_match(job, scratch);
        }

        if (rc == VET_OK) {
            rc = vet_fingerprint(job->pool, &job->submission, &job->hits,
                                 &job->fingerprint);
        }

        /*
         * without memory for the fingerprint: not counted by what it says, but
         * by who says it
         */

        if (rc == VET_LIMIT) {
            job->fingerprint.len = 0;
            rc = VET_OK;
        }

        job->rc = rc;
    }

    /* of the scratch, which others use next */

    job->hits.readings = NULL;
    job->spent += ngx_http_moderate_job_clock() - started;
}


static void
ngx_http_moderate_job_free(ngx_http_moderate_job_t *job)
{
    if (job->pools == NULL) {
        vet_pool_destroy(job->pool);

    } else {
        vet_pool_spare(job->pools, job->pool);
    }

    job->pool = NULL;
}


static void
ngx_http_moderate_job_begin(ngx_http_moderate_job_t *job)
{
    ngx_memzero(&job->submission, sizeof(vet_submission_t));
    ngx_memzero(&job->hits, sizeof(vet_hits_t));
    ngx_memzero(&job->fingerprint, sizeof(vet_str_t));
}


static int
ngx_http_moderate_job_parse(ngx_http_moderate_job_t *job)
{
    int  rc;

    rc = vet_parse(job->pool, &job->message, job->form, &job->submission);

    if (rc == VET_LIMIT) {
        ngx_memzero(&job->submission, sizeof(vet_submission_t));
        job->submission.unreadable = VET_TOO_LARGE;
        return VET_OK;
    }

    return rc;
}


static int
ngx_http_moderate_job_match(ngx_http_moderate_job_t *job,
    vet_scratch_t *scratch)
{
    int  rc;

    job->submission.context = job->context;
    vet_token_find(&job->submission, job->secret, job->now);

    rc = vet_match_shadowed(job->pool, job->ruleset, scratch,
                            &job->submission, job->shadow, &job->hits);

    if (rc != VET_LIMIT) {
        return rc;
    }

    /*
     * The pool is spent and nothing more is found in it.  A body that needs
     * this much is judged as one that is too large.
     */

    ngx_http_moderate_job_free(job);
    ngx_http_moderate_job_begin(job);

    job->pool = vet_pool_create(NGX_HTTP_MODERATE_POOL);
    if (job->pool == NULL) {
        return VET_ERROR;
    }

    job->submission.unreadable = VET_TOO_LARGE;
    job->submission.context = job->context;

    rc = vet_match_shadowed(job->pool, job->ruleset, scratch,
                            &job->submission, job->shadow, &job->hits);

    return (rc == VET_OK) ? VET_OK : VET_ERROR;
}


static uint64_t
ngx_http_moderate_job_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


/* configuration */


char *
ngx_http_moderate_thread_size_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") != 0) {
        return ngx_conf_set_size_slot(cf, cmd, conf);
    }

    if (mlcf->thread_size != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    mlcf->thread_size = NGX_HTTP_MODERATE_NO_THREAD;

    return NGX_CONF_OK;
}
