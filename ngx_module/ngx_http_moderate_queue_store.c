
/*
 * Copyright (C) the moderate authors
 *
 * Pages of the queue: ids by time, their states, what is shown of those that
 * fit.  Ids are read from the narrowest place that has all that may fit: an
 * index of what waits, small sets of states, or the index of all.
 */


#include "ngx_http_moderate_payload.h"
#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_queue.h"


static ngx_uint_t ngx_http_moderate_list_waits(
    ngx_http_moderate_list_t *list);
static ngx_int_t ngx_http_moderate_list_key(ngx_http_moderate_list_t *list);
static void ngx_http_moderate_list_ids_done(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_list_id(ngx_http_moderate_list_t *list,
    redisReply *id, redisReply *score);
static ngx_int_t ngx_http_moderate_list_states(
    ngx_http_moderate_list_t *list);
static void ngx_http_moderate_list_states_done(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_list_fit(ngx_http_moderate_list_t *list,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_list_items(ngx_http_moderate_list_t *list);
static void ngx_http_moderate_list_items_done(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_list_item(ngx_http_moderate_list_t *list,
    ngx_http_moderate_id_t *id, redisReply *reply);
static void ngx_http_moderate_list_recover(ngx_http_moderate_list_t *list,
    ngx_http_moderate_id_t *id, ngx_http_moderate_item_t *item,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_list_open(ngx_http_moderate_list_t *list,
    ngx_http_moderate_item_t *item, redisReply *reply);
static ngx_int_t ngx_http_moderate_list_next(ngx_http_moderate_list_t *list,
    ngx_http_moderate_id_t *id);
static ngx_uint_t ngx_http_moderate_contains(ngx_str_t *json, char *key,
    ngx_str_t *value);


/* ids of one look: those of a page, then more when few of them fit */

#define NGX_HTTP_MODERATE_SCAN_FIRST  50
#define NGX_HTTP_MODERATE_SCAN_NEXT   500

/* items that are read at once */

#define NGX_HTTP_MODERATE_ITEMS_BATCH  100

/* an item of any other state is in no index of the queue */

#define NGX_HTTP_MODERATE_WAITING                                            \
    (ngx_http_moderate_bit(NGX_HTTP_MODERATE_PENDING_STATE)                  \
     |ngx_http_moderate_bit(NGX_HTTP_MODERATE_CLAIMED)                       \
     |ngx_http_moderate_bit(NGX_HTTP_MODERATE_APPEALED)                      \
     |ngx_http_moderate_bit(NGX_HTTP_MODERATE_APPROVED)                      \
     |ngx_http_moderate_bit(NGX_HTTP_MODERATE_REPLAYING))


ngx_int_t
ngx_http_moderate_list(ngx_http_moderate_list_t *list)
{
    ngx_pool_t  *pool;

    pool = list->request->pool;

    if (ngx_array_init(&list->items, pool, 20,
                       sizeof(ngx_http_moderate_item_t))
        != NGX_OK
        || ngx_array_init(&list->ids, pool, NGX_HTTP_MODERATE_ITEMS_BATCH,
                          sizeof(ngx_http_moderate_id_t))
           != NGX_OK
        || ngx_http_moderate_list_key(list) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (list->states && !ngx_http_moderate_list_waits(list)) {
        return ngx_http_moderate_list_few(list);
    }

    return ngx_http_moderate_list_ids(list);
}


/* only states of what waits are asked for */

static ngx_uint_t
ngx_http_moderate_list_waits(ngx_http_moderate_list_t *list)
{
    return list->states && !(list->states & ~NGX_HTTP_MODERATE_WAITING);
}


/* where the ids are looked for, one behind the other */

static ngx_int_t
ngx_http_moderate_list_key(ngx_http_moderate_list_t *list)
{
    u_char       kind;
    ngx_str_t   *value;
    ngx_pool_t  *pool;

    pool = list->request->pool;

    if (!ngx_http_moderate_list_waits(list)) {
        return ngx_http_moderate_key_index(pool, &list->site, &list->key);
    }

    kind = 0;
    value = NULL;

    if (list->rule.len) {
        kind = NGX_HTTP_MODERATE_BY_RULE;
        value = &list->rule;

    } else if (list->form.len) {
        kind = NGX_HTTP_MODERATE_BY_FORM;
        value = &list->form;

    } else if (list->category.len) {
        kind = NGX_HTTP_MODERATE_BY_CATEGORY;
        value = &list->category;
    }

    return ngx_http_moderate_key_queue(pool, &list->site, kind, value,
                                       &list->key);
}


ngx_int_t
ngx_http_moderate_list_ids(ngx_http_moderate_list_t *list)
{
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(list->request,
                                         ngx_http_moderate_module);

    list->ids.nelts = 0;
    list->read = 0;

    list->batch = (list->scanned == 0)
                  ? ngx_max(list->limit + 1, NGX_HTTP_MODERATE_SCAN_FIRST)
                  : NGX_HTTP_MODERATE_SCAN_NEXT;

    ngx_http_moderate_batch_init(&batch, list->request->pool);

    ngx_http_moderate_command(&batch, "ZREVRANGEBYSCORE");
    ngx_http_moderate_arg(&batch, &list->key);
    ngx_http_moderate_number(&batch, list->before);
    ngx_http_moderate_word(&batch, "-inf");
    ngx_http_moderate_word(&batch, "WITHSCORES");
    ngx_http_moderate_word(&batch, "LIMIT");
    ngx_http_moderate_number(&batch, list->offset);
    ngx_http_moderate_number(&batch, list->batch);

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

    list->last = (reply->elements < 2 * list->batch);

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

        if (list->states && !(list->states & ngx_http_moderate_bit(n))) {
            continue;
        }

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

    /* one more, so that the reply is an array of them even for one set */

    ngx_http_moderate_command(&batch, "PING");

    return ngx_http_moderate_send(mmcf->queue, &batch, list->slot,
                                  ngx_http_moderate_list_states_done, list);
}


static void
ngx_http_moderate_list_states_done(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_http_moderate_list_t *list = data;

    ngx_connection_t        *c;
    ngx_http_moderate_id_t  *ids;

    c = list->request->connection;

    if (rc != NGX_OK) {
        ngx_http_moderate_list_end(list, NGX_ERROR);
        ngx_http_run_posted_requests(c);
        return;
    }

    ids = list->ids.elts;
    list->seen = ids[list->ids.nelts - 1].id;

    ngx_http_moderate_list_fit(list, reply);
    ngx_http_moderate_list_go_on(list);
    ngx_http_run_posted_requests(c);
}


/* keeps those that are in a state that is asked for */

static void
ngx_http_moderate_list_fit(ngx_http_moderate_list_t *list, redisReply *reply)
{
    size_t                   set;
    redisReply              *members;
    ngx_uint_t               i, n, fit;
    ngx_http_moderate_id_t  *ids;

    ids = list->ids.elts;
    set = 0;

    for (n = 0; n < NGX_HTTP_MODERATE_STATES; n++) {

        if (list->states && !(list->states & ngx_http_moderate_bit(n))) {
            continue;
        }

        members = ngx_http_moderate_reply_at(reply, set++);

        for (i = 0; i < list->ids.nelts; i++) {
            if (ngx_http_moderate_reply_int(
                    ngx_http_moderate_reply_at(members, i), 0))
            {
                ids[i].state = n;
            }
        }
    }

    if (list->states == 0) {
        return;
    }

    fit = 0;

    for (i = 0; i < list->ids.nelts; i++) {
        if (ids[i].state != NGX_HTTP_MODERATE_STATES) {
            ids[fit++] = ids[i];
        }
    }

    list->ids.nelts = fit;
}


/* the next items, or the next ids, or the end */

void
ngx_http_moderate_list_go_on(ngx_http_moderate_list_t *list)
{
    ngx_int_t               rc;
    ngx_http_moderate_id_t  id;

    if (list->read < list->ids.nelts) {
        rc = ngx_http_moderate_list_items(list);

    } else if (list->last) {
        ngx_http_moderate_list_end(list, NGX_OK);
        return;

    } else if (list->scanned < NGX_HTTP_MODERATE_SCAN_MAX) {
        rc = ngx_http_moderate_list_ids(list);

    } else {
        id.id = list->seen;
        id.received = list->before;

        rc = ngx_http_moderate_list_next(list, &id);
        ngx_http_moderate_list_end(list, rc);
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_moderate_list_end(list, NGX_ERROR);
    }
}


static ngx_int_t
ngx_http_moderate_list_items(ngx_http_moderate_list_t *list)
{
    ngx_str_t                       key;
    ngx_uint_t                      i, n;
    ngx_pool_t                     *pool;
    ngx_http_moderate_id_t         *ids;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(list->request,
                                         ngx_http_moderate_module);
    pool = list->request->pool;
    ids = list->ids.elts;

    n = ngx_min(list->read + NGX_HTTP_MODERATE_ITEMS_BATCH, list->ids.nelts);

    ngx_http_moderate_batch_init(&batch, pool);

    for (i = list->read; i < n; i++) {

        if (ngx_http_moderate_key_held(pool, &list->site, &ids[i].id, &key)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_moderate_command(&batch, "HMGET");
        ngx_http_moderate_arg(&batch, &key);
        ngx_http_moderate_word(&batch, "form");
        ngx_http_moderate_word(&batch, "score");
        ngx_http_moderate_word(&batch, "hits");
        ngx_http_moderate_word(&batch, "excerpt");
        ngx_http_moderate_word(&batch, "claimed_by");
        ngx_http_moderate_word(&batch, "version");
        ngx_http_moderate_word(&batch, "received");
        ngx_http_moderate_word(&batch, "since");
        ngx_http_moderate_word(&batch, "appeal");
        ngx_http_moderate_word(&batch, "sealed");
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

    ngx_uint_t               i, n;
    ngx_connection_t        *c;
    ngx_http_moderate_id_t  *ids;

    c = list->request->connection;
    ids = list->ids.elts;

    n = ngx_min(NGX_HTTP_MODERATE_ITEMS_BATCH, list->ids.nelts - list->read);

    for (i = 0; rc == NGX_OK && i < n; i++) {

        rc = ngx_http_moderate_list_item(list, &ids[list->read],
                                         ngx_http_moderate_reply_at(reply, i));
        list->read++;

        if (rc == NGX_OK && list->items.nelts == list->limit
            && (list->read < list->ids.nelts || !list->last))
        {
            rc = ngx_http_moderate_list_next(list, &ids[list->read - 1]);
            goto done;
        }
    }

    if (rc == NGX_OK) {
        ngx_http_moderate_list_go_on(list);
        ngx_http_run_posted_requests(c);
        return;
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
        || (list->appealed && !one.appealed)
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

    return ngx_http_moderate_list_open(list, item, reply);
}


static ngx_int_t
ngx_http_moderate_list_open(ngx_http_moderate_list_t *list,
    ngx_http_moderate_item_t *item, redisReply *reply)
{
    ngx_http_moderate_main_conf_t  *mmcf;

    static ngx_str_t  excerpt = ngx_string("excerpt");

    mmcf = ngx_http_get_module_main_conf(list->request,
                                         ngx_http_moderate_module);

    ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(reply, 9),
                                &item->mark);

    if (ngx_http_moderate_copy(list->request->pool, &item->mark) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_moderate_payload_open_one(mmcf, list->request->pool,
                                              &list->site, &item->record.id,
                                              &item->mark, &excerpt,
                                              &item->record.excerpt,
                                              &item->payload);
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


void
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
