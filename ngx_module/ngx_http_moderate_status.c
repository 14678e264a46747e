
/*
 * Copyright (C) the moderate authors
 *
 * moderate_status: health and figures, at one moment, for machines.
 */


#include "ngx_http_moderate_stats.h"


#define NGX_HTTP_MODERATE_TEXT_BUFFER  16384


static ngx_int_t ngx_http_moderate_status_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_moderate_status_send(ngx_http_request_t *r,
    ngx_http_moderate_text_t *text, ngx_uint_t format);
static void ngx_http_moderate_status_health(
    ngx_http_moderate_status_t *status);
static void ngx_http_moderate_status_rules(
    ngx_http_moderate_status_t *status,
    ngx_http_moderate_worker_stats_t *worker,
    ngx_http_moderate_worker_stats_t *first);
static void ngx_http_moderate_status_redis(
    ngx_http_moderate_status_t *status,
    ngx_http_moderate_redis_stats_t *redis);


/* codes are for monitoring, and are stable */

const ngx_http_moderate_reason_t
    ngx_http_moderate_degraded[NGX_HTTP_MODERATE_DEGRADED_N] =
{
    { ngx_string("rules-broken"),
      "a rule set could not be loaded, the last good one stays" },
    { ngx_string("rules-differ"),
      "workers have different versions of a rule set" },
    { ngx_string("rules-shadowed"),
      "a rule kept running out of its limits and is in the shadow" },
    { ngx_string("redis-away"),
      "a worker has no Redis that answers" },
    { ngx_string("redis-refuses"),
      "Redis has refused to write" },
    { ngx_string("redis-unsafe"),
      "Redis may lose held submissions" },
    { ngx_string("queue-overdue"),
      "somebody has waited for a moderator for too long" },
    { ngx_string("zone-full"),
      "not everything is counted or listed here" }
};


const ngx_str_t
    ngx_http_moderate_stats_tables[NGX_HTTP_MODERATE_STATS_TABLES] =
{
    ngx_string("sites"),
    ngx_string("rules"),
    ngx_string("workers"),
    ngx_string("shadowed")
};


static ngx_str_t  ngx_http_moderate_status_types[] = {
    ngx_string("application/json"),
    ngx_string("text/plain; version=0.0.4; charset=utf-8")
};


char *
ngx_http_moderate_status_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (mlcf->status) {
        return "is duplicate";
    }

    mlcf->status = NGX_HTTP_MODERATE_STATUS_JSON;

    if (cf->args->nelts == 2) {
        value = cf->args->elts;

        if (ngx_strcmp(value[1].data, "prometheus") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", expected "
                               "\"prometheus\" or none", &value[1]);
            return NGX_CONF_ERROR;
        }

        mlcf->status = NGX_HTTP_MODERATE_STATUS_PROMETHEUS;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_moderate_status_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_moderate_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_moderate_text_t        text;
    ngx_http_moderate_status_t      status;
    ngx_http_moderate_loc_conf_t   *mlcf;
    ngx_http_moderate_main_conf_t  *mmcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    mlcf = ngx_http_get_module_loc_conf(r, ngx_http_moderate_module);
    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    ngx_memzero(&status, sizeof(ngx_http_moderate_status_t));
    ngx_memzero(&text, sizeof(ngx_http_moderate_text_t));

    status.pool = r->pool;
    status.stats = mmcf->stats;

    if (ngx_http_moderate_stats_workers(mmcf, r->pool, &status.workers)
        != NGX_OK
        || ngx_http_moderate_stats_shadows(mmcf, &status) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_moderate_status_health(&status);

    text.pool = r->pool;
    text.last = &text.out;

    if (mlcf->status == NGX_HTTP_MODERATE_STATUS_PROMETHEUS) {
        ngx_http_moderate_status_prometheus(&status, &text);

    } else {
        ngx_http_moderate_status_json(&status, &text);
    }

    return ngx_http_moderate_status_send(r, &text, mlcf->status);
}


static ngx_int_t
ngx_http_moderate_status_send(ngx_http_request_t *r,
    ngx_http_moderate_text_t *text, ngx_uint_t format)
{
    ngx_int_t   rc;
    ngx_str_t  *type;

    if (text->failed || text->buf == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    text->buf->last_buf = (r == r->main);
    text->buf->last_in_chain = 1;

    type = &ngx_http_moderate_status_types[format
                                           - NGX_HTTP_MODERATE_STATUS_JSON];

    /* the type has its charset: the "charset" directive adds none */

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = text->size;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len =
                     ngx_strlchr(type->data, type->data + type->len, ';')
                     ? sizeof("text/plain") - 1 : type->len;

    if (ngx_http_moderate_add_header(r, "Cache-Control", "no-store") != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, text->out);
}


/* workers of configurations before the newest are on their way out */

static void
ngx_http_moderate_status_health(ngx_http_moderate_status_t *status)
{
    ngx_uint_t                          i;
    ngx_http_moderate_redis_stats_t    *redis;
    ngx_http_moderate_worker_stats_t  **worker, *first;

    worker = status->workers.elts;
    first = NULL;

    for (i = 0; i < status->workers.nelts; i++) {
        status->newest = ngx_max(status->newest, worker[i]->generation);
    }

    for (i = 0; i < status->workers.nelts; i++) {

        if (worker[i]->generation != status->newest) {
            continue;
        }

        if (first == NULL) {
            first = worker[i];
        }

        ngx_http_moderate_status_rules(status, worker[i], first);

        redis = ngx_http_moderate_stats_redis_of(worker[i], 0);
        ngx_http_moderate_status_redis(status, redis);

        redis = ngx_http_moderate_stats_redis_of(worker[i], 1);
        ngx_http_moderate_status_redis(status, redis);
    }

    status->degraded[NGX_HTTP_MODERATE_RULES_SHADOWED] =
                                                (status->shadows.nelts != 0);

    for (i = 0; i < status->stats->nsites; i++) {
        if (ngx_http_moderate_stats_overdue(&status->stats->sites[i].queue)) {
            status->degraded[NGX_HTTP_MODERATE_QUEUE_OVERDUE] = 1;
        }
    }

    for (i = 0; i < NGX_HTTP_MODERATE_STATS_TABLES; i++) {
        if (status->stats->full[i]) {
            status->degraded[NGX_HTTP_MODERATE_ZONE_FULL] = 1;
        }
    }
}


/* sets of workers of one configuration are in one order */

static void
ngx_http_moderate_status_rules(ngx_http_moderate_status_t *status,
    ngx_http_moderate_worker_stats_t *worker,
    ngx_http_moderate_worker_stats_t *first)
{
    ngx_uint_t                      i;
    ngx_http_moderate_set_stats_t  *set;

    for (i = 0; i < worker->nsets; i++) {
        set = &worker->sets[i];

        if (set->error.len) {
            status->degraded[NGX_HTTP_MODERATE_RULES_BROKEN] = 1;
        }

        if (set->version_len != first->sets[i].version_len
            || ngx_memcmp(set->version, first->sets[i].version,
                          set->version_len)
               != 0)
        {
            status->degraded[NGX_HTTP_MODERATE_RULES_DIFFER] = 1;
        }
    }
}


static void
ngx_http_moderate_status_redis(ngx_http_moderate_status_t *status,
    ngx_http_moderate_redis_stats_t *redis)
{
    if (redis == NULL) {
        return;
    }

    if (!redis->connected || redis->late) {
        status->degraded[NGX_HTTP_MODERATE_REDIS_AWAY] = 1;
    }

    if (redis->refused) {
        status->degraded[NGX_HTTP_MODERATE_REDIS_REFUSES] = 1;
    }

    if (redis->unsafe.len) {
        status->degraded[NGX_HTTP_MODERATE_REDIS_UNSAFE] = 1;
    }
}


ngx_http_moderate_redis_stats_t *
ngx_http_moderate_stats_redis_of(ngx_http_moderate_worker_stats_t *worker,
    ngx_uint_t n)
{
    if (worker->nredis == 0) {
        return NULL;
    }

    return &worker->redis[(worker->nredis == 1) ? 0 : n];
}


ngx_str_t
ngx_http_moderate_stats_message(ngx_http_moderate_status_t *status,
    ngx_http_moderate_stats_text_t *text)
{
    ngx_str_t  shown;

    ngx_str_null(&shown);

    /* room for the mark of what is cut, here or when it was stored */

    if (text->len
        && ngx_http_moderate_excerpt(status->pool,
                                     NGX_HTTP_MODERATE_STATS_TEXT - 4,
                                     text->data, text->len, &shown)
           != NGX_OK)
    {
        ngx_str_set(&shown, "no memory");
    }

    return shown;
}


/* a path may be of any bytes */

ngx_str_t
ngx_http_moderate_stats_paths(ngx_http_moderate_status_t *status,
    ngx_http_moderate_worker_stats_t *worker,
    ngx_http_moderate_set_stats_t *set)
{
    ngx_str_t  shown;

    if (ngx_http_moderate_excerpt(status->pool, set->name_len,
                                  (u_char *) worker + set->name,
                                  set->name_len, &shown)
        != NGX_OK)
    {
        ngx_str_set(&shown, "no memory");
    }

    return shown;
}


void
ngx_http_moderate_text(ngx_http_moderate_text_t *text, const void *data,
    size_t len)
{
    size_t         n;
    ngx_chain_t   *cl;
    const u_char  *p;

    for (p = data; len && !text->failed; p += n, len -= n) {

        if (text->buf == NULL || text->buf->last == text->buf->end) {
            cl = ngx_alloc_chain_link(text->pool);
            text->buf = ngx_create_temp_buf(text->pool,
                                            NGX_HTTP_MODERATE_TEXT_BUFFER);

            if (cl == NULL || text->buf == NULL) {
                text->failed = 1;
                return;
            }

            cl->buf = text->buf;
            cl->next = NULL;
            *text->last = cl;
            text->last = &cl->next;
        }

        n = ngx_min(len, (size_t) (text->buf->end - text->buf->last));

        text->buf->last = ngx_cpymem(text->buf->last, p, n);
        text->size += n;
    }
}
