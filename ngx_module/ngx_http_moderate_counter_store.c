
/*
 * Copyright (C) the moderate authors
 *
 * Sliding-window counters: the count of the current bucket and the part of
 * the bucket before it that the window still covers.  All limits of a
 * submission travel together, each command for itself: a transaction would be
 * as many replies more, and counts need none.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_keys.h"


#define NGX_HTTP_MODERATE_KEY_BYTES  16    /* of the HMAC, in a counter key */

/* what a limit can be over; times a year of seconds it is no overflow */

#define NGX_HTTP_MODERATE_COUNT_MAX  ((ngx_int_t) NGX_MAX_UINT32_VALUE)


typedef struct {
    ngx_http_request_t         *request;
    ngx_http_moderate_ctx_t    *ctx;
    ngx_http_moderate_count_pt  handler;
    time_t                      now;
    ngx_uint_t                 *first;      /* reply of a limit, 0-based */
} ngx_http_moderate_count_t;


typedef struct {
    ngx_str_t                   key;        /* keyed hash, in hex */
    ngx_str_t                   current;
    ngx_str_t                   previous;
} ngx_http_moderate_window_t;


static ngx_int_t ngx_http_moderate_window(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, const vet_limit_t *limit, time_t now,
    ngx_http_moderate_window_t *window);
static ngx_int_t ngx_http_moderate_limit_key(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, const vet_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_http_moderate_keyed_hash(ngx_http_request_t *r,
    const vet_str_t *name, ngx_str_t *value, ngx_str_t *hex);
static void ngx_http_moderate_window_read(ngx_http_moderate_batch_t *batch,
    const vet_limit_t *limit, ngx_http_moderate_window_t *window);
static void ngx_http_moderate_window_add(ngx_http_moderate_batch_t *batch,
    const vet_limit_t *limit, ngx_http_moderate_window_t *window);
static void ngx_http_moderate_counted(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_estimates(ngx_http_moderate_count_t *count,
    redisReply *reply, ngx_int_t *counts);
static ngx_int_t ngx_http_moderate_bucket(redisReply *reply, size_t i);
static ngx_int_t ngx_http_moderate_estimate(const vet_limit_t *limit,
    time_t now, ngx_int_t current, ngx_int_t previous);


ngx_int_t
ngx_http_moderate_count(ngx_http_request_t *r, ngx_http_moderate_ctx_t *ctx,
    ngx_http_moderate_count_pt handler)
{
    size_t                          n;
    ngx_int_t                       rc;
    ngx_uint_t                      i;
    const vet_limit_t              *limits;
    ngx_http_moderate_count_t      *count;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_window_t      window;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    limits = vet_ruleset_limits(ctx->set->ruleset, &n);

    if (n == 0) {
        return NGX_DECLINED;
    }

    count = ngx_pcalloc(r->pool, sizeof(ngx_http_moderate_count_t)
                                 + n * sizeof(ngx_uint_t));
    if (count == NULL) {
        return NGX_ERROR;
    }

    count->request = r;
    count->ctx = ctx;
    count->handler = handler;
    count->now = ngx_time();
    count->first = (ngx_uint_t *) (count + 1);

    ngx_http_moderate_batch_init(&batch, r->pool);
    batch.apart = 1;

    for (i = 0; i < n; i++) {
        rc = ngx_http_moderate_window(r, ctx, &limits[i], count->now,
                                      &window);
        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        count->first[i] = NGX_MAX_UINT32_VALUE;

        if (rc == NGX_OK) {
            count->first[i] = batch.commands.nelts;
            ngx_http_moderate_window_read(&batch, &limits[i], &window);
        }
    }

    if (batch.commands.nelts == 0 && !batch.failed) {
        return NGX_DECLINED;
    }

    if (ngx_http_moderate_send(mmcf->counters, &batch, &ctx->wait,
                               ngx_http_moderate_counted, count)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


/* NGX_DECLINED: the submission has no such key and is not counted by it */

static ngx_int_t
ngx_http_moderate_window(ngx_http_request_t *r, ngx_http_moderate_ctx_t *ctx,
    const vet_limit_t *limit, time_t now, ngx_http_moderate_window_t *window)
{
    time_t                          bucket;
    ngx_int_t                       rc;
    vet_str_t                       id;
    ngx_str_t                       value;
    ngx_http_moderate_srv_conf_t   *mscf;

    if (!vet_limit_applies(limit, &ctx->submission.context)) {
        return NGX_DECLINED;
    }

    rc = ngx_http_moderate_limit_key(r, ctx, &limit->key, &value);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_moderate_keyed_hash(r, &limit->key, &value, &window->key)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);

    id = limit->rule.id;
    bucket = now / limit->per;

    if (ngx_http_moderate_key_counter(r->pool, &mscf->site, &id, &window->key,
                                      bucket, &window->current)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_moderate_key_counter(r->pool, &mscf->site, &id,
                                         &window->key, bucket - 1,
                                         &window->previous);
}


static ngx_int_t
ngx_http_moderate_limit_key(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, const vet_str_t *name, ngx_str_t *value)
{
    ngx_uint_t                i;
    ngx_http_moderate_key_t  *key;

    static ngx_str_t  fingerprint = ngx_string("fingerprint");

    if (name->len == fingerprint.len
        && ngx_strncmp(name->data, fingerprint.data, name->len) == 0)
    {
        *value = ctx->fingerprint;
        return value->len ? NGX_OK : NGX_DECLINED;
    }

    key = ctx->conf->keys->elts;

    for (i = 0; i < ctx->conf->keys->nelts; i++) {
        if (key[i].name.len == name->len
            && ngx_strncmp(key[i].name.data, name->data, name->len) == 0)
        {
            if (ngx_http_complex_value(r, &key[i].value, value) != NGX_OK) {
                return NGX_ERROR;
            }

            return value->len ? NGX_OK : NGX_DECLINED;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_moderate_keyed_hash(ngx_http_request_t *r, const vet_str_t *name,
    ngx_str_t *value, ngx_str_t *hex)
{
    u_char                          md[NGX_HTTP_MODERATE_KEYED_LEN];
    ngx_str_t                       parts[3];
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    hex->data = ngx_pnalloc(r->pool, 2 * NGX_HTTP_MODERATE_KEY_BYTES);
    if (hex->data == NULL) {
        return NGX_ERROR;
    }

    parts[0].data = (u_char *) name->data;
    parts[0].len = name->len;
    parts[1].data = (u_char *) "\0";
    parts[1].len = 1;
    parts[2] = *value;

    if (ngx_http_moderate_keyed(mmcf, parts, 3, md) != NGX_OK) {
        return NGX_ERROR;
    }

    hex->len = ngx_hex_dump(hex->data, md, NGX_HTTP_MODERATE_KEY_BYTES)
               - hex->data;

    return NGX_OK;
}


/* two replies: the current and the previous bucket; then what EXPIRE says */

static void
ngx_http_moderate_window_read(ngx_http_moderate_batch_t *batch,
    const vet_limit_t *limit, ngx_http_moderate_window_t *window)
{
    ngx_http_moderate_command(batch, "GET");
    ngx_http_moderate_arg(batch, &window->previous);

    if (limit->held || limit->rejected) {
        ngx_http_moderate_command(batch, "GET");
        ngx_http_moderate_arg(batch, &window->current);
        return;
    }

    ngx_http_moderate_window_add(batch, limit, window);
}


/* a bucket is read until the end of the next one */

static void
ngx_http_moderate_window_add(ngx_http_moderate_batch_t *batch,
    const vet_limit_t *limit, ngx_http_moderate_window_t *window)
{
    ngx_http_moderate_command(batch, "INCR");
    ngx_http_moderate_arg(batch, &window->current);

    ngx_http_moderate_command(batch, "EXPIRE");
    ngx_http_moderate_arg(batch, &window->current);
    ngx_http_moderate_number(batch, 2 * (uint64_t) limit->per);
}


static void
ngx_http_moderate_counted(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_count_t *count = data;

    ngx_int_t         *counts;
    ngx_connection_t  *c;

    c = count->request->connection;

    /* first[] is not read again behind the one that is written */
    counts = (ngx_int_t *) count->first;

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_estimates(count, reply, counts);
    }

    if (rc == NGX_OK) {
        count->handler(count->request, NGX_OK, counts);

    } else {
        count->handler(count->request, NGX_ERROR, NULL);
    }

    ngx_http_run_posted_requests(c);
}


/* NGX_ERROR: what Redis has there is no count */

static ngx_int_t
ngx_http_moderate_estimates(ngx_http_moderate_count_t *count,
    redisReply *reply, ngx_int_t *counts)
{
    size_t              n;
    ngx_int_t           current, previous;
    ngx_uint_t          i, first;
    const vet_limit_t  *limits;

    limits = vet_ruleset_limits(count->ctx->set->ruleset, &n);

    for (i = 0; i < n; i++) {
        first = count->first[i];

        if (first == NGX_MAX_UINT32_VALUE) {
            counts[i] = -1;
            continue;
        }

        previous = ngx_http_moderate_bucket(reply, first);
        current = ngx_http_moderate_bucket(reply, first + 1);

        if (previous == NGX_ERROR || current == NGX_ERROR) {
            ngx_log_error(NGX_LOG_ERR, count->request->connection->log, 0,
                          "counter of limit \"%*s\" is not a number",
                          limits[i].rule.id.len, limits[i].rule.id.data);
            return NGX_ERROR;
        }

        counts[i] = ngx_http_moderate_estimate(&limits[i], count->now,
                                               current, previous);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_bucket(redisReply *reply, size_t i)
{
    ngx_int_t  n;

    reply = ngx_http_moderate_reply_at(reply, i);

    if (reply != NULL && reply->type == REDIS_REPLY_NIL) {
        return 0;
    }

    n = ngx_http_moderate_reply_int(reply, NGX_ERROR);

    if (n < 0) {
        return NGX_ERROR;
    }

    return ngx_min(n, NGX_HTTP_MODERATE_COUNT_MAX);
}


static ngx_int_t
ngx_http_moderate_estimate(const vet_limit_t *limit, time_t now,
    ngx_int_t current, ngx_int_t previous)
{
    time_t  elapsed;

    elapsed = now % limit->per;

    return current + previous * (limit->per - elapsed) / limit->per;
}


/* the person does not wait for this, and a lost count harms nobody */

void
ngx_http_moderate_count_outcome(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx)
{
    size_t                          n;
    ngx_uint_t                      i;
    const vet_limit_t              *limits;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_window_t      window;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    if (ctx->verdict.action == VET_PASS) {
        return;
    }

    limits = vet_ruleset_limits(ctx->set->ruleset, &n);

    ngx_http_moderate_batch_init(&batch, r->pool);
    batch.apart = 1;

    for (i = 0; i < n; i++) {

        if (!(limits[i].held && ctx->verdict.action == VET_HOLD)
            && !(limits[i].rejected && ctx->verdict.action == VET_REJECT))
        {
            continue;
        }

        if (ngx_http_moderate_window(r, ctx, &limits[i], ngx_time(), &window)
            == NGX_OK)
        {
            ngx_http_moderate_window_add(&batch, &limits[i], &window);
        }
    }

    if (batch.commands.nelts) {
        (void) ngx_http_moderate_send(mmcf->counters, &batch, NULL, NULL,
                                      NULL);
    }
}
