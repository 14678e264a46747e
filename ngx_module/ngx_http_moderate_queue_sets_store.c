
/*
 * Copyright (C) the moderate authors
 *
 * Few of many: when states have few items, the sets of these are read whole,
 * and put in the order of the index.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_queue.h"


static void ngx_http_moderate_list_counted(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_list_sets(ngx_http_moderate_list_t *list,
    char *command, ngx_http_moderate_reply_pt handler);
static void ngx_http_moderate_list_members(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_list_scores(
    ngx_http_moderate_list_t *list);
static void ngx_http_moderate_list_scored(void *data, ngx_int_t rc,
    redisReply *reply);
static int ngx_libc_cdecl ngx_http_moderate_list_newer(const void *one,
    const void *two);


#define NGX_HTTP_MODERATE_SETS_MAX  2000    /* ids that are few */


ngx_int_t
ngx_http_moderate_list_few(ngx_http_moderate_list_t *list)
{
    return ngx_http_moderate_list_sets(list, "SCARD",
                                       ngx_http_moderate_list_counted);
}


static ngx_int_t
ngx_http_moderate_list_sets(ngx_http_moderate_list_t *list, char *command,
    ngx_http_moderate_reply_pt handler)
{
    ngx_str_t                       key;
    ngx_uint_t                      n;
    ngx_pool_t                     *pool;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(list->request,
                                         ngx_http_moderate_module);
    pool = list->request->pool;

    ngx_http_moderate_batch_init(&batch, pool);

    for (n = 0; n < NGX_HTTP_MODERATE_STATES; n++) {

        if (!(list->states & ngx_http_moderate_bit(n))) {
            continue;
        }

        if (ngx_http_moderate_key_state(pool, &list->site, n, &key)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_moderate_command(&batch, command);
        ngx_http_moderate_arg(&batch, &key);
    }

    /* one more, so that the reply is an array of them even for one set */

    ngx_http_moderate_command(&batch, "PING");

    return ngx_http_moderate_send(mmcf->queue, &batch, list->slot, handler,
                                  list);
}


static void
ngx_http_moderate_list_counted(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_list_t *list = data;

    size_t             i;
    ngx_uint_t         n;
    ngx_connection_t  *c;

    c = list->request->connection;

    n = 0;

    for (i = 0; rc == NGX_OK && i + 1 < reply->elements; i++) {
        n += ngx_http_moderate_reply_int(reply->element[i], 0);
    }

    if (rc == NGX_OK) {
        rc = (n <= NGX_HTTP_MODERATE_SETS_MAX)
             ? ngx_http_moderate_list_sets(list, "SMEMBERS",
                                           ngx_http_moderate_list_members)
             : ngx_http_moderate_list_ids(list);
    }

    if (rc != NGX_OK) {
        ngx_http_moderate_list_end(list, NGX_ERROR);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_moderate_list_members(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_list_t *list = data;

    size_t                   i;
    ngx_str_t                id;
    ngx_uint_t               n, set;
    redisReply              *ids;
    ngx_connection_t        *c;
    ngx_http_moderate_id_t  *known;

    c = list->request->connection;
    set = 0;

    for (n = 0; rc == NGX_OK && n < NGX_HTTP_MODERATE_STATES; n++) {

        if (!(list->states & ngx_http_moderate_bit(n))) {
            continue;
        }

        ids = ngx_http_moderate_reply_at(reply, set++);

        for (i = 0; ids != NULL && i < ids->elements; i++) {
            ngx_http_moderate_reply_str(ids->element[i], &id);

            known = ngx_array_push(&list->ids);

            if (known == NULL
                || ngx_http_moderate_copy(list->request->pool, &id) != NGX_OK)
            {
                rc = NGX_ERROR;
                break;
            }

            known->id = id;
            known->received = 0;
            known->state = n;
        }
    }

    list->last = 1;

    if (rc == NGX_OK && list->ids.nelts == 0) {
        ngx_http_moderate_list_end(list, NGX_OK);

    } else if (rc != NGX_OK || ngx_http_moderate_list_scores(list) != NGX_OK) {
        ngx_http_moderate_list_end(list, NGX_ERROR);
    }

    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_moderate_list_scores(ngx_http_moderate_list_t *list)
{
    ngx_uint_t                      i;
    ngx_http_moderate_id_t         *ids;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(list->request,
                                         ngx_http_moderate_module);
    ids = list->ids.elts;

    ngx_http_moderate_batch_init(&batch, list->request->pool);

    ngx_http_moderate_command(&batch, "ZMSCORE");
    ngx_http_moderate_arg(&batch, &list->key);

    for (i = 0; i < list->ids.nelts; i++) {
        ngx_http_moderate_arg(&batch, &ids[i].id);
    }

    return ngx_http_moderate_send(mmcf->queue, &batch, list->slot,
                                  ngx_http_moderate_list_scored, list);
}


/* in the order of the index, from behind the page before */

static void
ngx_http_moderate_list_scored(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_list_t *list = data;

    ngx_uint_t               i, n;
    ngx_connection_t        *c;
    ngx_http_moderate_id_t  *ids, before;

    c = list->request->connection;

    if (rc != NGX_OK || reply->type != REDIS_REPLY_ARRAY) {
        ngx_http_moderate_list_end(list, NGX_ERROR);
        ngx_http_run_posted_requests(c);
        return;
    }

    before.id = list->before_id;
    before.received = list->before;

    ids = list->ids.elts;
    n = 0;

    for (i = 0; i < list->ids.nelts; i++) {
        ids[i].received = ngx_http_moderate_reply_int(
                              ngx_http_moderate_reply_at(reply, i), 0);

        if (ngx_http_moderate_list_newer(&before, &ids[i]) < 0) {
            ids[n++] = ids[i];
        }
    }

    list->ids.nelts = n;

    ngx_qsort(ids, n, sizeof(ngx_http_moderate_id_t),
              ngx_http_moderate_list_newer);

    ngx_http_moderate_list_go_on(list);
    ngx_http_run_posted_requests(c);
}


/* as ZREVRANGEBYSCORE has them: of one millisecond the greater id is first */

static int ngx_libc_cdecl
ngx_http_moderate_list_newer(const void *one, const void *two)
{
    size_t                         len;
    const ngx_http_moderate_id_t  *a, *b;

    a = one;
    b = two;

    if (a->received != b->received) {
        return (a->received > b->received) ? -1 : 1;
    }

    /* without an id, before all of this time */

    if (a->id.len == 0) {
        return -1;
    }

    len = ngx_min(a->id.len, b->id.len);

    return ngx_memcmp(b->id.data, a->id.data, len);
}
