
/*
 * Copyright (C) the moderate authors
 *
 * The path of one submission: read, parse, view and match, count, decide, act.
 */


#include "ngx_http_moderate_fleet.h"
#include "ngx_http_moderate_judge.h"
#include "ngx_http_moderate_own_page.h"
#include "ngx_http_moderate_stats.h"
#include "ngx_http_moderate_store.h"


static ngx_uint_t ngx_http_moderate_is_submission(ngx_http_request_t *r,
    ngx_http_moderate_loc_conf_t *mlcf);
static ngx_http_moderate_ctx_t *ngx_http_moderate_create_ctx(
    ngx_http_request_t *r, ngx_http_moderate_loc_conf_t *mlcf);
static void ngx_http_moderate_ctx_cleanup(void *data);
static void ngx_http_moderate_ctx_free(ngx_http_moderate_ctx_t *ctx);

static void ngx_http_moderate_read(ngx_http_request_t *r);
static void ngx_http_moderate_judged(ngx_http_request_t *r, ngx_int_t rc);
static ngx_uint_t ngx_http_moderate_says_something(
    ngx_http_moderate_ctx_t *ctx);
static void ngx_http_moderate_wait(ngx_http_request_t *r);
static void ngx_http_moderate_counted(ngx_http_request_t *r, ngx_int_t rc,
    ngx_int_t *counts);
static ngx_int_t ngx_http_moderate_limits(ngx_http_moderate_ctx_t *ctx,
    ngx_int_t *counts);
static void ngx_http_moderate_decide(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx);
static ngx_int_t ngx_http_moderate_rule_names(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx);
static u_char *ngx_http_moderate_rule_name(u_char *p, vet_hit_t *hit);
static void ngx_http_moderate_log_verdict(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx);
static ngx_int_t ngx_http_moderate_store(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx);
static void ngx_http_moderate_stored(ngx_http_request_t *r, ngx_int_t rc);
static void ngx_http_moderate_store_failed(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx);
static void ngx_http_moderate_resume(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_state_e state);
static uint64_t ngx_http_moderate_microseconds(void);


ngx_int_t
ngx_http_moderate_handler(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_http_moderate_ctx_t       *ctx;
    ngx_http_moderate_loc_conf_t  *mlcf;

    mlcf = ngx_http_get_module_loc_conf(r, ngx_http_moderate_module);

    if (r != r->main) {
        return ngx_http_moderate_replay_guard(r, mlcf);
    }

    /* nor is a page inspected that tells what became of a submission */

    if (ngx_http_moderate_get_own_page(r) != NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_moderate_get_ctx(r);

    if (ctx != NULL) {

        /* again here with the verdict, or after an internal redirect */

        if (ctx->state < NGX_HTTP_MODERATE_PASSED) {
            return NGX_DONE;
        }

        /* error_page serves its page; what it hands on is refused again */

        if (ctx->answered && !ngx_http_moderate_is_submission(r, mlcf)) {
            return NGX_DECLINED;
        }

        return ngx_http_moderate_answer(r, ctx);
    }

    if (!ngx_http_moderate_is_submission(r, mlcf)) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_moderate_create_ctx(r, mlcf);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_moderate_read);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


static ngx_uint_t
ngx_http_moderate_is_submission(ngx_http_request_t *r,
    ngx_http_moderate_loc_conf_t *mlcf)
{
    ngx_str_t   *method;
    ngx_uint_t   i;

    if (!mlcf->enable) {
        return 0;
    }

    method = mlcf->methods->elts;

    for (i = 0; i < mlcf->methods->nelts; i++) {
        if (method[i].len == r->method_name.len
            && ngx_strncmp(method[i].data, r->method_name.data, method[i].len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_http_moderate_ctx_t *
ngx_http_moderate_create_ctx(ngx_http_request_t *r,
    ngx_http_moderate_loc_conf_t *mlcf)
{
    u_char                          id[NGX_HTTP_MODERATE_ID_LEN / 2];
    vet_str_t                       version;
    ngx_time_t                     *tp;
    ngx_pool_cleanup_t             *cln;
    ngx_http_moderate_ctx_t        *ctx;
    ngx_http_moderate_main_conf_t  *mmcf;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_moderate_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_moderate_ctx_t));

    /* the id is made before the first write, so that a write may be repeated */

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    if (ngx_http_moderate_random(mmcf, id, sizeof(id)) != NGX_OK) {
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, 0,
                      "no random bytes for the id of a submission");
        return NULL;
    }

    ngx_hex_dump(ctx->id, id, sizeof(id));

    tp = ngx_timeofday();

    ctx->conf = mlcf;
    ctx->dry_run = mlcf->dry_run;
    ctx->received = (uint64_t) tp->sec * 1000 + tp->msec;

    ctx->set = mlcf->rules->live;
    ctx->set->refs++;

    cln->handler = ngx_http_moderate_ctx_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_http_moderate_module);

    version = vet_ruleset_version(ctx->set->ruleset);

    ctx->ruleset.len = version.len;
    ctx->ruleset.data = ngx_pnalloc(r->pool, version.len);
    if (ctx->ruleset.data == NULL) {
        return NULL;
    }

    ngx_memcpy(ctx->ruleset.data, version.data, version.len);

    return ctx;
}


/* internal redirects forget r->ctx, the pool does not */

ngx_http_moderate_ctx_t *
ngx_http_moderate_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_moderate_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_get_module_ctx(r, ngx_http_moderate_module);

    if (ctx != NULL) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_moderate_ctx_cleanup) {
            ctx = cln->data;
            ngx_http_set_ctx(r, ctx, ngx_http_moderate_module);
            return ctx;
        }
    }

    return NULL;
}


static void
ngx_http_moderate_ctx_cleanup(void *data)
{
    ngx_http_moderate_ctx_t *ctx = data;

    ngx_http_moderate_detach(ctx->wait);
    ngx_http_moderate_ctx_free(ctx);
}


/* what is not needed behind the verdict: the backend may take its time */

static void
ngx_http_moderate_ctx_free(ngx_http_moderate_ctx_t *ctx)
{
    if (ctx->set != NULL) {
        ngx_http_moderate_set_release(ctx->set);
        ctx->set = NULL;
    }

    if (ctx->pool != NULL) {
        vet_pool_spare(ctx->pools, ctx->pool);
        ctx->pool = NULL;
    }

    ngx_memzero(&ctx->submission, sizeof(vet_submission_t));
    ngx_memzero(&ctx->hits, sizeof(vet_hits_t));
    ngx_str_null(&ctx->body);
}


/* 1 read */

static void
ngx_http_moderate_read(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_moderate_ctx_t  *ctx;

    ctx = ngx_http_moderate_get_ctx(r);

    rc = ngx_http_moderate_body(r, ctx->conf->body_size, &ctx->body);

    if (rc == NGX_DECLINED) {
        ctx->submission.unreadable = VET_TOO_LARGE;
    }

    if (rc == NGX_OK && ctx->conf->rules->canary != NULL) {
        ngx_http_moderate_fleet_choose(r, ctx);
    }

    /* 2 parse, 3 view, 4 match */

    if (rc != NGX_ERROR) {
        rc = ngx_http_moderate_judge(r, ctx, ngx_http_moderate_judged);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_moderate_judged(r, rc);
    }
}


/* 5 count */

static void
ngx_http_moderate_judged(ngx_http_request_t *r, ngx_int_t rc)
{
    uint64_t                  now;
    ngx_http_moderate_ctx_t  *ctx;

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ctx = ngx_http_moderate_get_ctx(r);
    now = ngx_http_moderate_microseconds();

    rc = ngx_http_moderate_says_something(ctx)
         ? ngx_http_moderate_count(r, ctx, ngx_http_moderate_counted)
         : NGX_DECLINED;

    ctx->spent += ngx_http_moderate_microseconds() - now;

    if (rc == NGX_AGAIN) {
        ctx->state = NGX_HTTP_MODERATE_COUNTING;
        ngx_http_moderate_wait(r);
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_http_moderate_decide(r, ctx);
        return;
    }

    ngx_http_moderate_counted(r, NGX_ERROR, NULL);
}


/* a like, or a page of comments, is only of fields that are ignored */

static ngx_uint_t
ngx_http_moderate_says_something(ngx_http_moderate_ctx_t *ctx)
{
    size_t        i;
    vet_field_t  *field;

    field = ctx->submission.fields;

    for (i = 0; i < ctx->submission.nfields; i++) {
        if (field[i].role != VET_ROLE_IGNORE || field[i].file) {
            return 1;
        }
    }

    return ctx->unreadable || i == 0;
}


/* a client that leaves meanwhile is noticed, and its request ends */

static void
ngx_http_moderate_wait(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;
}


/* the counters' answer; 6 decide */

static void
ngx_http_moderate_counted(ngx_http_request_t *r, ngx_int_t rc,
    ngx_int_t *counts)
{
    uint64_t                  now;
    ngx_http_moderate_ctx_t  *ctx;

    ctx = ngx_http_moderate_get_ctx(r);
    now = ngx_http_moderate_microseconds();

    if (rc != NGX_OK) {
        ngx_http_moderate_stats_event(r, NGX_HTTP_MODERATE_STATS_NO_COUNTERS);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_limits(ctx, counts);

    } else if (ctx->conf->failure_counters == NGX_HTTP_MODERATE_FAILURE_PASS) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "submission %*s is judged without counters",
                      (size_t) NGX_HTTP_MODERATE_ID_LEN, ctx->id);
        rc = NGX_OK;

    } else {
        rc = (vet_hit_counters(ctx->pool, &ctx->hits) == VET_OK) ? NGX_OK
                                                                 : NGX_ERROR;
    }

    if (rc != NGX_OK) {
        ngx_http_moderate_resume(r, ctx, NGX_HTTP_MODERATE_FAILED);
        return;
    }

    ctx->spent += ngx_http_moderate_microseconds() - now;

    ngx_http_moderate_decide(r, ctx);
}


static ngx_int_t
ngx_http_moderate_limits(ngx_http_moderate_ctx_t *ctx, ngx_int_t *counts)
{
    size_t              i, n;
    const vet_limit_t  *limits;

    limits = vet_ruleset_limits(ctx->set->ruleset, &n);

    for (i = 0; i < n; i++) {
        if (counts[i] > (ngx_int_t) limits[i].over
            && vet_hit_limit(ctx->pool, &limits[i], &ctx->hits) != VET_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_moderate_decide(ngx_http_request_t *r, ngx_http_moderate_ctx_t *ctx)
{
    vet_decide(ctx->set->ruleset, &ctx->hits, ctx->conf->unreadable,
               &ctx->verdict);

    if (ngx_http_moderate_rule_names(r, ctx) != NGX_OK) {
        ngx_http_moderate_resume(r, ctx, NGX_HTTP_MODERATE_FAILED);
        return;
    }

    ngx_http_moderate_log_verdict(r, ctx);

    if (ctx->dry_run || ctx->verdict.action == VET_PASS) {
        ngx_http_moderate_resume(r, ctx, NGX_HTTP_MODERATE_PASSED);
        return;
    }

    if (ctx->verdict.action == VET_REJECT) {
        ngx_http_moderate_resume(r, ctx, NGX_HTTP_MODERATE_REJECTED);
        return;
    }

    if (ctx->body.len > ctx->conf->hold_size) {
        ngx_http_moderate_resume(r, ctx, NGX_HTTP_MODERATE_TOO_LARGE);
        return;
    }

    ctx->state = NGX_HTTP_MODERATE_STORING;

    if (ngx_http_moderate_store(r, ctx) != NGX_OK) {
        ngx_http_moderate_store_failed(r, ctx);
        return;
    }

    ngx_http_moderate_wait(r);
}


/* the rules that were hit, once each, for the access log, and the reason */

static ngx_int_t
ngx_http_moderate_rule_names(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx)
{
    size_t             i, len;
    u_char            *p;
    const vet_rule_t  *rule;

    len = 0;

    for (i = 0; i < ctx->hits.n; i++) {
        rule = ctx->hits.elts[i].about;
        len += ctx->hits.elts[i].rule->id.len + 1
               + ((rule == NULL) ? 0 : rule->id.len + 1);
    }

    p = ngx_pnalloc(r->pool, len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ctx->rules.data = p;

    for (i = 0; i < ctx->hits.n; i++) {
        rule = ctx->hits.elts[i].rule;

        /* hits come in the order of the rules */

        if (i > 0 && rule == ctx->hits.elts[i - 1].rule
            && ctx->hits.elts[i].about == ctx->hits.elts[i - 1].about)
        {
            continue;
        }

        if (p != ctx->rules.data) {
            *p++ = ',';
        }

        p = ngx_http_moderate_rule_name(p, &ctx->hits.elts[i]);
    }

    ctx->rules.len = p - ctx->rules.data;

    /* the verdict's lives in the rule set, which may be swapped meanwhile */

    ctx->reason.len = ctx->verdict.reason.len;
    ctx->reason.data = ngx_pnalloc(r->pool, ctx->reason.len + 1);
    if (ctx->reason.data == NULL) {
        return NGX_ERROR;
    }

    /* ngx_memcpy() must not be given NULL, which a passed one has here */

    if (ctx->reason.len) {
        ngx_memcpy(ctx->reason.data, ctx->verdict.reason.data,
                   ctx->reason.len);
    }

    return NGX_OK;
}


/* scam.loan, or engine.budget:scam.loan */

static u_char *
ngx_http_moderate_rule_name(u_char *p, vet_hit_t *hit)
{
    p = ngx_cpymem(p, hit->rule->id.data, hit->rule->id.len);

    if (hit->about != NULL) {
        *p++ = ':';
        p = ngx_cpymem(p, hit->about->id.data, hit->about->id.len);
    }

    return p;
}


/* ids only: no text, no address of a person is ever logged here */

static void
ngx_http_moderate_log_verdict(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx)
{
    static char  *actions[] = { "passed", "held", "rejected" };

    if (ctx->verdict.action == VET_PASS && !ctx->unreadable) {
        return;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "submission %*s is %s%s, score %d.%d, rules \"%V\"%s%s",
                  (size_t) NGX_HTTP_MODERATE_ID_LEN, ctx->id,
                  actions[ctx->verdict.action],
                  ctx->dry_run ? " (dry run)" : "",
                  ctx->verdict.score / VET_POINT,
                  ctx->verdict.score % VET_POINT, &ctx->rules,
                  ctx->unreadable ? ", unreadable: " : "",
                  vet_unreadable_name(ctx->submission.unreadable));
}


/* 7 act: a submission is stored before its answer goes out */

static ngx_int_t
ngx_http_moderate_store(ngx_http_request_t *r, ngx_http_moderate_ctx_t *ctx)
{
    ngx_int_t                   rc;
    ngx_http_moderate_record_t  record;

    /* too large to inspect may be small enough to hold */

    if (ctx->body.data == NULL) {
        rc = ngx_http_moderate_body(r, ctx->conf->hold_size, &ctx->body);
        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    rc = ngx_http_moderate_record(r, ctx, &record);

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_hold(r, ctx, &record, ngx_http_moderate_stored);
    }

    return rc;
}


static void
ngx_http_moderate_stored(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_moderate_ctx_t  *ctx;

    ctx = ngx_http_moderate_get_ctx(r);

    if (rc != NGX_OK) {
        ngx_http_moderate_store_failed(r, ctx);
        return;
    }

    ngx_http_moderate_resume(r, ctx, NGX_HTTP_MODERATE_HELD);
}


static void
ngx_http_moderate_store_failed(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx)
{
    ngx_http_moderate_stats_event(r, NGX_HTTP_MODERATE_STATS_NO_STORE);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "submission %*s should be held and could not be stored",
                  (size_t) NGX_HTTP_MODERATE_ID_LEN, ctx->id);

    ngx_http_moderate_resume(r, ctx,
                             ctx->conf->failure_store
                             == NGX_HTTP_MODERATE_FAILURE_PASS
                             ? NGX_HTTP_MODERATE_PASSED
                             : NGX_HTTP_MODERATE_FAILED);
}


/* back into the phases, which come to the handler again */

static void
ngx_http_moderate_resume(ngx_http_request_t *r, ngx_http_moderate_ctx_t *ctx,
    ngx_http_moderate_state_e state)
{
    ctx->state = state;

    if (state == NGX_HTTP_MODERATE_PASSED || state == NGX_HTTP_MODERATE_HELD
        || state == NGX_HTTP_MODERATE_REJECTED)
    {
        ngx_http_moderate_count_outcome(r, ctx);
    }

    ngx_http_moderate_stats_submission(r, ctx);

    if (ctx->conf->rules->fleet != NULL) {
        ngx_http_moderate_fleet_count(ctx);
    }

    /* a body of several buffers, or of a file, was copied */

    if (ctx->body.data != NULL
        && ctx->body.data != r->request_body->bufs->buf->pos)
    {
        (void) ngx_pfree(r->pool, ctx->body.data);
    }

    ctx->fingerprint.len = 0;
    ngx_http_moderate_ctx_free(ctx);

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}


static uint64_t
ngx_http_moderate_microseconds(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
