
/*
 * Copyright (C) the moderate authors
 *
 * Pages of the queue: ids by time, their states, what is shown of those that
 * fit.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_store.h"


typedef struct {
    ngx_str_t                   id;
    uint64_t                    received;   /* ms */
    ngx_uint_t                  state;
} ngx_http_moderate_id_t;


static ngx_int_t ngx_http_moderate_list_ids(ngx_http_moderate_list_t *list);
static void ngx_http_moderate_list_ids_done(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_list_id(ngx_http_moderate_list_t *list,
    redisReply *id, redisReply *score);
static ngx_int_t ngx_http_moderate_list_states(
    ngx_http_moderate_list_t *list);
static void ngx_http_moderate_list_states_done(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_list_items(ngx_http_moderate_list_t *list);
static void ngx_http_moderate_list_items_done(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_list_item(ngx_http_moderate_list_t *list,
    ngx_http_moderate_id_t *id, redisReply *reply);
static void ngx_http_moderate_list_recover(ngx_http_moderate_list_t *list,
    ngx_http_moderate_id_t *id, ngx_http_moderate_item_t *item,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_list_next(ngx_http_moderate_list_t *list,
    ngx_http_moderate_id_t *id);
static void ngx_http_moderate_list_end(ngx_http_moderate_list_t *list,
    ngx_int_t rc);
static ngx_uint_t ngx_http_moderate_contains(ngx_str_t *json, char *key,
    ngx_str_t *value);


#define NGX_HTTP_MODERATE_SCAN_BATCH  100


ngx_int_t
ngx_http_moderate_list(ngx_http_moderate_list_t *list)
{
    if (ngx_array_init(&list->items, list->request->pool, 20,
                       sizeof(ngx_http_moderate_item_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_moderate_list_ids(list);
}


static ngx_int_t
ngx_http_moderate_list_ids(ngx_http_moderate_list_t *list)
{
    ngx_str_t                       index;
    ngx_pool_t                     *pool;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(list->request,
                                         ngx_http_moderate_module);
    pool = list->request->pool;

    if (ngx_array_init(&list->ids, pool, NGX_HTTP_MODERATE_SCAN_BATCH,
                       sizeof(ngx_http_moderate_id_t))
        != NGX_OK
        || ngx_http_moderate_key_index(pool, &list->site, &index) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_moderate_batch_init(&batch, pool);

    ngx_http_moderate_command(&batch, "ZREVRANGEBYSCORE");
    ngx_http_moderate_arg(&batch, &index);
    ngx_http_moderate_number(&batch, list->before);
    ngx_http_moderate_word(&batch, "-inf");
    ngx_http_moderate_word(&batch, "WITHSCORES");
    ngx_http_moderate_word(&batch, "LIMIT");
    ngx_http_moderate_number(&batch, list->offset);
    ngx_http_moderate_number(&batch, NGX_HTTP_MODERATE_SCAN_BATCH);

    return ngx_http_moderate_send(mmcf->queue, &batch, list->slot,
                                  ngx_http_moderate_list_ids_done, list);
}


static void
ngx_http_moderate_list_ids_done(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_list_t *list = data;

    size_t             i;
    ngx_connection_t  *c;

    c = list->request->connection;

    if (rc != NGX_OK || reply->type != REDIS_REPLY_ARRAY) {
        goto failed;
    }

    list->last = (reply->elements < 2 * NGX_HTTP_MODERATE_SCAN_BATCH);

    for (i = 0; i + 1 < reply->elements; i += 2) {
        if (ngx_http_moderate_list_id(list, reply->element[i],
                                      reply->element[i + 1])
            != NGX_OK)
        {
            goto failed;
        }
    }

    if (list->ids.nelts == 0) {

        if (list->last) {
            ngx_http_moderate_list_end(list, NGX_OK);

        } else if (ngx_http_moderate_list_ids(list) != NGX_OK) {
            goto failed;
        }

    } else if (ngx_http_moderate_list_states(list) != NGX_OK) {
        goto failed;
    }

    ngx_http_run_posted_requests(c);
    return;

failed:

    ngx_http_moderate_list_end(list, NGX_ERROR);
    ngx_http_run_posted_requests(c);
}


/* before and offset follow: they name the place where the next batch starts */

static ngx_int_t
ngx_http_moderate_list_id(ngx_http_moderate_list_t *list, redisReply *reply,
    redisReply *score)
{
    size_t                   len;
    uint64_t                 received;
    ngx_str_t                id;
    ngx_http_moderate_id_t  *known;

    ngx_http_moderate_reply_str(reply, &id);
    received = ngx_http_moderate_reply_int(score, 0);

    if (received == list->before) {
        list->offset++;

    } else {
        list->before = received;
        list->before_id.len = 0;
        list->offset = 1;
    }

    list->scanned++;

    /* those of a page before, received in the same millisecond */

    if (list->before_id.len) {
        len = ngx_min(id.len, list->before_id.len);

        if (ngx_memcmp(id.data, list->before_id.data, len) >= 0) {
            return NGX_OK;
        }
    }

    known = ngx_array_push(&list->ids);
    if (known == NULL) {
        return NGX_ERROR;
    }

    known->received = received;
    known->state = NGX_HTTP_MODERATE_STATES;
    known->id.len = id.len;
    known->id.data = ngx_pstrdup(list->request->pool, &id);

    return (known->id.data == NULL) ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_http_moderate_list_states(ngx_http_moderate_list_t *list)
{
    ngx_str_t                      *keys;
    ngx_uint_t                      i, n;
    ngx_pool_t                     *pool;
    ngx_http_moderate_id_t         *ids;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(list->request,
                                         ngx_http_moderate_module);
    pool = list->request->pool;
    ids = list->ids.elts;

    keys = ngx_palloc(pool, sizeof(ngx_str_t) * NGX_HTTP_MODERATE_STATES);
    if (keys == NULL) {
        return NGX_ERROR;
    }

    ngx_http_moderate_batch_init(&batch, pool);

    for (n = 0; n < NGX_HTTP_MODERATE_STATES; n++) {

        if (ngx_http_moderate_key_state(pool, &list->site, n, &keys[n])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_moderate_command(&batch, "SMISMEMBER");
        ngx_http_moderate_arg(&batch, &keys[n]);

        for (i = 0; i < list->ids.nelts; i++) {
            ngx_http_moderate_arg(&batch, &ids[i].id);
        }
    }

    return ngx_http_moderate_send(mmcf->queue, &batch, list->slot,
                                  ngx_http_moderate_list_states_done, list);
}


static void
ngx_http_moderate_list_states_done(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_http_moderate_list_t *list = data;

    redisReply              *members;
    ngx_uint_t               i, n;
    ngx_connection_t        *c;
    ngx_http_moderate_id_t  *ids;

    c = list->request->connection;

    if (rc != NGX_OK) {
        ngx_http_moderate_list_end(list, NGX_ERROR);
        ngx_http_run_posted_requests(c);
        return;
    }

    ids = list->ids.elts;

    for (n = 0; n < NGX_HTTP_MODERATE_STATES; n++) {
        members = ngx_http_moderate_reply_at(reply, n);

        for (i = 0; i < list->ids.nelts; i++) {
            if (ngx_http_moderate_reply_int(
                    ngx_http_moderate_reply_at(members, i), 0))
            {
                ids[i].state = n;
            }
        }
    }

    if (ngx_http_moderate_list_items(list) != NGX_OK) {
        ngx_http_moderate_list_end(list, NGX_ERROR);
    }

    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_moderate_list_items(ngx_http_moderate_list_t *list)
{
    ngx_str_t                      *key;
    ngx_uint_t                      i;
    ngx_pool_t                     *pool;
    ngx_http_moderate_id_t         *ids;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(list->request,
                                         ngx_http_moderate_module);
    pool = list->request->pool;
    ids = list->ids.elts;

    ngx_http_moderate_batch_init(&batch, pool);

    for (i = 0; i < list->ids.nelts; i++) {

        key = ngx_palloc(pool, sizeof(ngx_str_t));

        if (key == NULL
            || ngx_http_moderate_key_held(pool, &list->site, &ids[i].id, key)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_moderate_command(&batch, "HMGET");
        ngx_http_moderate_arg(&batch, key);
        ngx_http_moderate_word(&batch, "form");
        ngx_http_moderate_word(&batch, "score");
        ngx_http_moderate_word(&batch, "hits");
        ngx_http_moderate_word(&batch, "excerpt");
        ngx_http_moderate_word(&batch, "claimed_by");
        ngx_http_moderate_word(&batch, "version");
        ngx_http_moderate_word(&batch, "received");
        ngx_http_moderate_word(&batch, "since");
        ngx_http_moderate_word(&batch, "appeal");
    }

    /* one more, so that the reply is an array of them even for one id */

    ngx_http_moderate_command(&batch, "PING");

    return ngx_http_moderate_send(mmcf->queue, &batch, list->slot,
                                  ngx_http_moderate_list_items_done, list);
}


static void
ngx_http_moderate_list_items_done(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_http_moderate_list_t *list = data;

    ngx_uint_t               i;
    ngx_connection_t        *c;
    ngx_http_moderate_id_t  *ids;

    c = list->request->connection;
    ids = list->ids.elts;

    for (i = 0; rc == NGX_OK && i < list->ids.nelts; i++) {

        rc = ngx_http_moderate_list_item(list, &ids[i],
                                         ngx_http_moderate_reply_at(reply, i));

        if (rc == NGX_OK && list->items.nelts == list->limit
            && (i + 1 < list->ids.nelts || !list->last))
        {
            rc = ngx_http_moderate_list_next(list, &ids[i]);
            goto done;
        }
    }

    if (rc == NGX_OK && !list->last) {

        if (list->scanned >= NGX_HTTP_MODERATE_SCAN_MAX) {
            rc = ngx_http_moderate_list_next(list, &ids[i - 1]);
            goto done;
        }

        if (ngx_http_moderate_list_ids(list) == NGX_OK) {
            ngx_http_run_posted_requests(c);
            return;
        }

        rc = NGX_ERROR;
    }

done:

    ngx_http_moderate_list_end(list, rc == NGX_OK ? NGX_OK : NGX_ERROR);
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_moderate_list_item(ngx_http_moderate_list_t *list,
    ngx_http_moderate_id_t *id, redisReply *reply)
{
    ngx_uint_t                 i;
    ngx_str_t                 *column[6];
    ngx_http_moderate_item_t  *item, one;

    ngx_memzero(&one, sizeof(ngx_http_moderate_item_t));

    column[0] = &one.record.form;
    column[1] = &one.record.score;
    column[2] = &one.record.hits;
    column[3] = &one.record.excerpt;
    column[4] = &one.claimed_by;

    for (i = 0; i < 5; i++) {
        ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(reply, i),
                                    column[i]);
    }

    ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(reply, 6),
                                &one.record.received);
    column[5] = &one.record.received;

    one.version = ngx_http_moderate_reply_int(
                      ngx_http_moderate_reply_at(reply, 5), 0);

    ngx_http_moderate_list_recover(list, id, &one, reply);

    /* version 0: erased between the index and here */

    if (one.version == 0
        || (list->states && !(list->states & (1 << id->state)))
        || (list->form.len
            && (list->form.len != one.record.form.len
                || ngx_memcmp(list->form.data, one.record.form.data,
                              list->form.len) != 0))
        || !ngx_http_moderate_contains(&one.record.hits, "rule", &list->rule)
        || !ngx_http_moderate_contains(&one.record.hits, "category",
                                       &list->category))
    {
        return NGX_OK;
    }

    item = ngx_array_push(&list->items);
    if (item == NULL) {
        return NGX_ERROR;
    }

    *item = one;
    item->record.id = id->id;
    item->state = id->state;

    column[0] = &item->record.form;
    column[1] = &item->record.score;
    column[2] = &item->record.hits;
    column[3] = &item->record.excerpt;
    column[4] = &item->claimed_by;
    column[5] = &item->record.received;

    for (i = 0; i < 6; i++) {
        if (ngx_http_moderate_copy(list->request->pool, column[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* shown as it was; the next page has it as it is then */

static void
ngx_http_moderate_list_recover(ngx_http_moderate_list_t *list,
    ngx_http_moderate_id_t *id, ngx_http_moderate_item_t *item,
    redisReply *reply)
{
    ngx_str_t                       since, appeal;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(list->request,
                                         ngx_http_moderate_module);

    ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(reply, 7), &since);
    ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(reply, 8), &appeal);

    item->record.id = id->id;
    item->state = id->state;
    item->since = ngx_http_moderate_since(&since, id->state);
    item->appealed = (appeal.len != 0);

    if (ngx_http_moderate_lease_over(item)) {
        (void) ngx_http_moderate_recover(NULL, mmcf->queue, &list->site, item,
                                         NULL, NULL);
    }
}


/* the page ends behind this id */

static ngx_int_t
ngx_http_moderate_list_next(ngx_http_moderate_list_t *list,
    ngx_http_moderate_id_t *id)
{
    list->next.data = ngx_pnalloc(list->request->pool,
                                  NGX_INT64_LEN + 1 + id->id.len);
    if (list->next.data == NULL) {
        return NGX_ERROR;
    }

    list->next.len = ngx_sprintf(list->next.data, "%uL-%V", id->received,
                                 &id->id)
                     - list->next.data;

    return NGX_OK;
}


static void
ngx_http_moderate_list_end(ngx_http_moderate_list_t *list, ngx_int_t rc)
{
    list->handler(list->request, rc);
}


/* the JSON is our own, so "key":"value" is spelled in one way only */

static ngx_uint_t
ngx_http_moderate_contains(ngx_str_t *json, char *key, ngx_str_t *value)
{
    u_char  text[256], *last;

    if (value->len == 0) {
        return 1;
    }

    if (value->len > 200) {
        return 0;
    }

    last = ngx_snprintf(text, sizeof(text) - 1, "\"%s\":\"%V\"", key, value);
    *last = '\0';

    return ngx_strnstr(json->data, (char *) text, json->len) != NULL;
}
