
/*
 * Copyright (C) the moderate authors
 *
 * How one held submission is written to Redis and read back.
 */


#include "ngx_http_moderate_payload.h"
#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_stats.h"
#include "ngx_http_moderate_store.h"


typedef struct {
    ngx_str_t                   name;
    size_t                      offset;     /* in record_t */
    ngx_uint_t                  sealed;     /* with moderate_payload_key_file */
} ngx_http_moderate_column_t;


typedef struct {
    ngx_http_request_t         *request;
    ngx_http_moderate_hold_pt   handler;
    ngx_http_moderate_figure_t  figure;     /* of what is held; or empty */
} ngx_http_moderate_hold_t;


typedef struct {
    ngx_http_request_t         *request;
    ngx_http_moderate_wait_t  **slot;
    ngx_http_moderate_move_t   *move;
    ngx_str_t                   site;
    ngx_str_t                   id;
    ngx_http_moderate_item_pt   handler;
    unsigned                    recovered:1;
} ngx_http_moderate_fetch_t;


static ngx_int_t ngx_http_moderate_hold_columns(
    ngx_http_moderate_batch_t *batch, ngx_http_moderate_main_conf_t *mmcf,
    ngx_pool_t *pool, ngx_http_moderate_record_t *record);
static ngx_int_t ngx_http_moderate_hold_sealed(
    ngx_http_moderate_batch_t *batch, ngx_http_moderate_payload_t *payload,
    ngx_http_moderate_record_t *record);
static void ngx_http_moderate_hold_done(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_item_send(
    ngx_http_moderate_fetch_t *fetch);
static ngx_int_t ngx_http_moderate_item_recover(
    ngx_http_moderate_fetch_t *fetch, ngx_http_moderate_item_t *item);
static void ngx_http_moderate_fetch_cleanup(void *data);
static void ngx_http_moderate_item_recovered(ngx_http_request_t *r,
    ngx_int_t rc);
static void ngx_http_moderate_item_done(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_item_read(ngx_pool_t *pool,
    redisReply *hash, ngx_http_moderate_item_t *item);
static ngx_int_t ngx_http_moderate_item_open(ngx_http_moderate_fetch_t *fetch,
    ngx_http_moderate_item_t *item);
static ngx_int_t ngx_http_moderate_item_open_columns(
    ngx_http_moderate_payload_t *payload, ngx_http_moderate_item_t *item);
static void ngx_http_moderate_item_empty(ngx_http_moderate_item_t *item);
static ngx_int_t ngx_http_moderate_item_column(ngx_pool_t *pool,
    ngx_str_t *name, redisReply *value, ngx_http_moderate_item_t *item);
static ngx_int_t ngx_http_moderate_item_event(ngx_pool_t *pool,
    ngx_str_t *name, redisReply *value, ngx_http_moderate_item_t *item);
static void ngx_http_moderate_item_judged(ngx_http_moderate_item_t *item);
static ngx_int_t ngx_http_moderate_reply_copy(ngx_pool_t *pool,
    redisReply *reply, ngx_str_t *value);
static int ngx_libc_cdecl ngx_http_moderate_event_order(const void *one,
    const void *two);


/* the columns of the hash; version, actor, claimed_* and e:* are beside them */

/* the address is removed when it is not needed any more */

#define NGX_HTTP_MODERATE_SEALED  1
#define NGX_HTTP_MODERATE_LEAVES  2

static ngx_http_moderate_column_t  ngx_http_moderate_columns[] = {

    { ngx_string("method"), offsetof(ngx_http_moderate_record_t, method),
      NGX_HTTP_MODERATE_SEALED },
    { ngx_string("uri"), offsetof(ngx_http_moderate_record_t, uri),
      NGX_HTTP_MODERATE_SEALED },
    { ngx_string("host"), offsetof(ngx_http_moderate_record_t, host),
      NGX_HTTP_MODERATE_SEALED },
    { ngx_string("server"), offsetof(ngx_http_moderate_record_t, server),
      NGX_HTTP_MODERATE_SEALED },
    { ngx_string("address"), offsetof(ngx_http_moderate_record_t, address),
      NGX_HTTP_MODERATE_LEAVES },
    { ngx_string("headers"), offsetof(ngx_http_moderate_record_t, headers),
      NGX_HTTP_MODERATE_SEALED },
    { ngx_string("variables"), offsetof(ngx_http_moderate_record_t, variables),
      NGX_HTTP_MODERATE_SEALED },
    { ngx_string("body"), offsetof(ngx_http_moderate_record_t, body),
      NGX_HTTP_MODERATE_SEALED },
    { ngx_string("form"), offsetof(ngx_http_moderate_record_t, form),
      0 },
    { ngx_string("fields"), offsetof(ngx_http_moderate_record_t, fields),
      NGX_HTTP_MODERATE_SEALED },
    { ngx_string("hits"), offsetof(ngx_http_moderate_record_t, hits),
      0 },
    { ngx_string("excerpt"), offsetof(ngx_http_moderate_record_t, excerpt),
      NGX_HTTP_MODERATE_SEALED },
    { ngx_string("unreadable"),
      offsetof(ngx_http_moderate_record_t, unreadable),
      NGX_HTTP_MODERATE_SEALED },
    { ngx_string("reason"), offsetof(ngx_http_moderate_record_t, reason),
      0 },
    { ngx_string("ruleset"), offsetof(ngx_http_moderate_record_t, ruleset),
      0 },
    { ngx_string("score"), offsetof(ngx_http_moderate_record_t, score),
      0 },
    { ngx_string("received"), offsetof(ngx_http_moderate_record_t, received),
      0 },

    { ngx_null_string, 0, 0 }
};


ngx_int_t
ngx_http_moderate_hold(ngx_http_request_t *r, ngx_http_moderate_ctx_t *ctx,
    ngx_http_moderate_record_t *record, ngx_http_moderate_hold_pt handler)
{
    ngx_str_t                         held, index, pending, events;
    ngx_http_moderate_hold_t         *hold;
    ngx_http_moderate_batch_t         batch;
    ngx_http_moderate_main_conf_t    *mmcf;
    ngx_http_moderate_audit_event_t   event;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    ngx_memzero(&event, sizeof(ngx_http_moderate_audit_event_t));
    event.site = record->site;
    event.id = record->id;
    event.to = ngx_http_moderate_states[NGX_HTTP_MODERATE_PENDING_STATE];
    event.version = 1;
    ngx_str_set(&event.event, "held");

    hold = ngx_pcalloc(r->pool, sizeof(ngx_http_moderate_hold_t));

    if (hold == NULL
        || ngx_http_moderate_audit_make(r->pool, &event) != NGX_OK
        || ngx_http_moderate_key_held(r->pool, &record->site, &record->id,
                                      &held) != NGX_OK
        || ngx_http_moderate_key_index(r->pool, &record->site, &index)
           != NGX_OK
        || ngx_http_moderate_key_state(r->pool, &record->site,
                                       NGX_HTTP_MODERATE_PENDING_STATE,
                                       &pending) != NGX_OK
        || ngx_http_moderate_key_events(r->pool, &record->site, &events)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    hold->request = r;
    hold->handler = handler;

    ngx_str_set(&hold->figure.what, "held");
    hold->figure.site = record->site;
    hold->figure.form = record->form;
    hold->figure.hits = record->hits;

    ngx_http_moderate_batch_init(&batch, r->pool);

    ngx_http_moderate_command(&batch, "HSET");
    ngx_http_moderate_arg(&batch, &held);

    if (ngx_http_moderate_hold_columns(&batch, mmcf, r->pool, record)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_moderate_command(&batch, "ZADD");
    ngx_http_moderate_arg(&batch, &index);
    ngx_http_moderate_word(&batch, "NX");
    ngx_http_moderate_arg(&batch, &record->received);
    ngx_http_moderate_arg(&batch, &record->id);

    ngx_http_moderate_command(&batch, "SADD");
    ngx_http_moderate_arg(&batch, &pending);
    ngx_http_moderate_arg(&batch, &record->id);

    ngx_http_moderate_queue_add(&batch, &record->site, &record->id,
                                &record->received, &record->form,
                                &record->hits);

    ngx_http_moderate_audit_add(&batch, &events, &event);

    return ngx_http_moderate_send(mmcf->queue, &batch, &ctx->wait,
                                  ngx_http_moderate_hold_done, hold);
}


static ngx_int_t
ngx_http_moderate_hold_columns(ngx_http_moderate_batch_t *batch,
    ngx_http_moderate_main_conf_t *mmcf, ngx_pool_t *pool,
    ngx_http_moderate_record_t *record)
{
    ngx_int_t                     rc;
    ngx_str_t                     mark;
    ngx_http_moderate_payload_t   payload;

    ngx_http_moderate_word(batch, "version");
    ngx_http_moderate_word(batch, "1");

    rc = ngx_http_moderate_payload_begin(&payload, mmcf, pool, &record->site,
                                         &record->id);

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_payload_mark(&payload, mmcf, &mark);
    }

    if (rc == NGX_OK && mark.len) {
        ngx_http_moderate_word(batch, "sealed");
        ngx_http_moderate_arg(batch, &mark);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_hold_sealed(batch, &payload, record);
    }

    ngx_http_moderate_payload_end(&payload);

    return rc;
}


static ngx_int_t
ngx_http_moderate_hold_sealed(ngx_http_moderate_batch_t *batch,
    ngx_http_moderate_payload_t *payload, ngx_http_moderate_record_t *record)
{
    ngx_str_t                    value;
    ngx_http_moderate_column_t  *column;

    for (column = ngx_http_moderate_columns; column->name.len; column++) {

        value = *(ngx_str_t *) ((u_char *) record + column->offset);

        if (column->sealed
            && ngx_http_moderate_payload_seal(payload, &column->name, &value)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_moderate_arg(batch, &column->name);
        ngx_http_moderate_arg(batch, &value);
    }

    return NGX_OK;
}


static void
ngx_http_moderate_hold_done(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_hold_t *hold = data;

    ngx_connection_t               *c;
    ngx_http_moderate_main_conf_t  *mmcf;

    c = hold->request->connection;

    if (rc == NGX_OK && hold->figure.what.len) {
        mmcf = ngx_http_get_module_main_conf(hold->request,
                                             ngx_http_moderate_module);

        ngx_http_moderate_figures_count(mmcf->queue, hold->request->pool,
                                        &hold->figure);
    }

    hold->handler(hold->request, rc);
    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_moderate_item(ngx_http_request_t *r, ngx_http_moderate_wait_t **slot,
    ngx_str_t *site, ngx_str_t *id, ngx_http_moderate_item_pt handler)
{
    ngx_http_moderate_fetch_t  *fetch;

    fetch = ngx_pcalloc(r->pool, sizeof(ngx_http_moderate_fetch_t));
    if (fetch == NULL) {
        return NGX_ERROR;
    }

    fetch->request = r;
    fetch->slot = slot;
    fetch->site = *site;
    fetch->id = *id;
    fetch->handler = handler;

    return ngx_http_moderate_item_send(fetch);
}


static ngx_int_t
ngx_http_moderate_item_send(ngx_http_moderate_fetch_t *fetch)
{
    ngx_str_t                      *key;
    ngx_uint_t                      i;
    ngx_pool_t                     *pool;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(fetch->request,
                                         ngx_http_moderate_module);
    pool = fetch->request->pool;

    key = ngx_palloc(pool, sizeof(ngx_str_t) * (NGX_HTTP_MODERATE_STATES + 1));

    if (key == NULL
        || ngx_http_moderate_key_held(pool, &fetch->site, &fetch->id, key)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_moderate_batch_init(&batch, pool);

    ngx_http_moderate_command(&batch, "HGETALL");
    ngx_http_moderate_arg(&batch, key);

    for (i = 0; i < NGX_HTTP_MODERATE_STATES; i++) {
        key++;

        if (ngx_http_moderate_key_state(pool, &fetch->site, i, key)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_moderate_command(&batch, "SISMEMBER");
        ngx_http_moderate_arg(&batch, key);
        ngx_http_moderate_arg(&batch, &fetch->id);
    }

    return ngx_http_moderate_send(mmcf->queue, &batch, fetch->slot,
                                  ngx_http_moderate_item_done, fetch);
}


static void
ngx_http_moderate_item_done(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_fetch_t *fetch = data;

    ngx_uint_t                 i;
    redisReply                *hash;
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_moderate_item_t  *item;

    r = fetch->request;
    c = r->connection;
    item = NULL;

    hash = ngx_http_moderate_reply_at(reply, 0);

    if (rc != NGX_OK || hash == NULL || hash->type != REDIS_REPLY_ARRAY) {
        rc = NGX_ERROR;

    } else if (hash->elements == 0) {
        rc = NGX_DECLINED;

    } else {
        item = ngx_pcalloc(r->pool, sizeof(ngx_http_moderate_item_t));
        rc = (item == NULL) ? NGX_ERROR
                            : ngx_http_moderate_item_read(r->pool, hash, item);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_item_open(fetch, item);
    }

    if (rc == NGX_OK) {
        item->record.id = fetch->id;
        item->state = NGX_HTTP_MODERATE_STATES;

        for (i = 0; i < NGX_HTTP_MODERATE_STATES; i++) {
            if (ngx_http_moderate_reply_int(
                    ngx_http_moderate_reply_at(reply, i + 1), 0))
            {
                item->state = i;
            }
        }

        item->since = ngx_http_moderate_since(&item->moved, item->state);

        if (ngx_http_moderate_item_recover(fetch, item) == NGX_OK) {
            return;
        }
    }

    fetch->handler(r, rc, item);
    ngx_http_run_posted_requests(c);
}


/* what a crash has left is moved on, and read again; NGX_OK: that goes on */

static ngx_int_t
ngx_http_moderate_item_recover(ngx_http_moderate_fetch_t *fetch,
    ngx_http_moderate_item_t *item)
{
    ngx_pool_cleanup_t             *cln;
    ngx_http_request_t             *r;
    ngx_http_moderate_main_conf_t  *mmcf;

    if (fetch->recovered || !ngx_http_moderate_lease_over(item)) {
        return NGX_DECLINED;
    }

    r = fetch->request;
    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_moderate_fetch_cleanup;
    cln->data = fetch;

    fetch->recovered = 1;

    return ngx_http_moderate_recover(r, mmcf->queue, &fetch->site, item,
                                     &fetch->move,
                                     ngx_http_moderate_item_recovered);
}


static void
ngx_http_moderate_fetch_cleanup(void *data)
{
    ngx_http_moderate_fetch_t *fetch = data;

    ngx_http_moderate_move_detach(fetch->move);
}


/* the latest of the request's fetches is the one that waits */

static void
ngx_http_moderate_item_recovered(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_pool_cleanup_t         *cln;
    ngx_http_moderate_fetch_t  *fetch;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_moderate_fetch_cleanup) {
            break;
        }
    }

    if (cln == NULL) {
        return;
    }

    fetch = cln->data;

    if (rc == NGX_ERROR || ngx_http_moderate_item_send(fetch) != NGX_OK) {
        fetch->handler(r, NGX_ERROR, NULL);
    }
}


static ngx_int_t
ngx_http_moderate_item_read(ngx_pool_t *pool, redisReply *hash,
    ngx_http_moderate_item_t *item)
{
    size_t      i;
    ngx_str_t   name;

    if (ngx_array_init(&item->history, pool, 4,
                       sizeof(ngx_http_moderate_event_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i + 1 < hash->elements; i += 2) {
        ngx_http_moderate_reply_str(hash->element[i], &name);

        if (ngx_http_moderate_item_column(pool, &name, hash->element[i + 1],
                                          item)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_qsort(item->history.elts, item->history.nelts,
              sizeof(ngx_http_moderate_event_t),
              ngx_http_moderate_event_order);

    ngx_http_moderate_item_judged(item);

    return NGX_OK;
}


/* what cannot be read has nothing in it that might be taken for its content */

static ngx_int_t
ngx_http_moderate_item_open(ngx_http_moderate_fetch_t *fetch,
    ngx_http_moderate_item_t *item)
{
    ngx_int_t                       rc;
    ngx_http_moderate_payload_t     payload;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(fetch->request,
                                         ngx_http_moderate_module);

    rc = ngx_http_moderate_payload_begin(&payload, mmcf, fetch->request->pool,
                                         &fetch->site, &fetch->id);

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_item_open_columns(&payload, item);
    }

    item->payload = payload.state;

    if (rc == NGX_OK && item->payload) {
        ngx_http_moderate_payload_log(&payload);
        ngx_http_moderate_stats_event(fetch->request,
                                      NGX_HTTP_MODERATE_STATS_NOT_DECRYPTED);
        ngx_http_moderate_item_empty(item);
    }

    ngx_http_moderate_payload_end(&payload);

    return rc;
}


static ngx_int_t
ngx_http_moderate_item_open_columns(ngx_http_moderate_payload_t *payload,
    ngx_http_moderate_item_t *item)
{
    ngx_str_t                   *value;
    ngx_uint_t                   i;
    ngx_http_moderate_event_t   *event;
    ngx_http_moderate_column_t  *column;

    static ngx_str_t  appeal = ngx_string("appeal");
    static ngx_str_t  explanation = ngx_string("explanation");

    if (ngx_http_moderate_payload_marked(payload, &item->mark) != NGX_OK) {
        return NGX_OK;
    }

    for (column = ngx_http_moderate_columns; column->name.len; column++) {

        value = (ngx_str_t *) ((u_char *) &item->record + column->offset);

        if (!column->sealed
            || (column->sealed == NGX_HTTP_MODERATE_LEAVES
                && value->data == NULL))
        {
            continue;
        }

        if (ngx_http_moderate_payload_open(payload, &column->name, value, 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (item->appeal.len
        && ngx_http_moderate_payload_open(payload, &appeal, &item->appeal, 1)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (item->explanation.len
        && ngx_http_moderate_payload_open(payload, &explanation,
                                          &item->explanation, 1)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    event = item->history.elts;

    for (i = 0; i < item->history.nelts; i++) {
        if (event[i].note
            && ngx_http_moderate_payload_open(payload, &event[i].column,
                                              &event[i].detail, 1)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_moderate_item_empty(ngx_http_moderate_item_t *item)
{
    ngx_uint_t                   i;
    ngx_http_moderate_event_t   *event;
    ngx_http_moderate_column_t  *column;

    for (column = ngx_http_moderate_columns; column->name.len; column++) {
        if (column->sealed) {
            ngx_str_null((ngx_str_t *) ((u_char *) &item->record
                                        + column->offset));
        }
    }

    ngx_str_null(&item->appeal);
    ngx_str_null(&item->explanation);

    event = item->history.elts;

    for (i = 0; i < item->history.nelts; i++) {
        if (event[i].note) {
            ngx_str_null(&event[i].detail);
        }
    }
}


/* who rejected it, and whether that was appealed against */

static void
ngx_http_moderate_item_judged(ngx_http_moderate_item_t *item)
{
    ngx_uint_t                  i;
    ngx_http_moderate_event_t  *event;

    event = item->history.elts;

    for (i = 0; i < item->history.nelts; i++) {

        if (event[i].action.len == 6
            && ngx_strncmp(event[i].action.data, "reject", 6) == 0)
        {
            item->rejected = &event[i];

        } else if (event[i].action.len == 6
                   && ngx_strncmp(event[i].action.data, "appeal", 6) == 0)
        {
            item->judged = item->rejected;
            item->appealed = 1;
        }
    }
}


static ngx_int_t
ngx_http_moderate_item_column(ngx_pool_t *pool, ngx_str_t *name,
    redisReply *value, ngx_http_moderate_item_t *item)
{
    ngx_http_moderate_column_t  *column;

    for (column = ngx_http_moderate_columns; column->name.len; column++) {
        if (name->len == column->name.len
            && ngx_strncmp(name->data, column->name.data, name->len) == 0)
        {
            return ngx_http_moderate_reply_copy(pool, value,
                                   (ngx_str_t *) ((u_char *) &item->record
                                                  + column->offset));
        }
    }

    if (name->len > 2 && ngx_strncmp(name->data, "e:", 2) == 0) {
        return ngx_http_moderate_item_event(pool, name, value, item);
    }

    if (name->len == 7 && ngx_strncmp(name->data, "version", 7) == 0) {
        item->version = ngx_http_moderate_reply_int(value, 0);
        return NGX_OK;
    }

    if (name->len == 10 && ngx_strncmp(name->data, "claimed_at", 10) == 0) {
        item->claimed_at = ngx_http_moderate_reply_int(value, 0);
        return NGX_OK;
    }

    if (name->len == 10 && ngx_strncmp(name->data, "claimed_by", 10) == 0) {
        return ngx_http_moderate_reply_copy(pool, value, &item->claimed_by);
    }

    if (name->len == 5 && ngx_strncmp(name->data, "actor", 5) == 0) {
        return ngx_http_moderate_reply_copy(pool, value, &item->actor);
    }

    if (name->len == 5 && ngx_strncmp(name->data, "since", 5) == 0) {
        return ngx_http_moderate_reply_copy(pool, value, &item->moved);
    }

    if (name->len == 11 && ngx_strncmp(name->data, "explanation", 11) == 0) {
        return ngx_http_moderate_reply_copy(pool, value, &item->explanation);
    }

    if (name->len == 6 && ngx_strncmp(name->data, "appeal", 6) == 0) {
        return ngx_http_moderate_reply_copy(pool, value, &item->appeal);
    }

    if (name->len == 6 && ngx_strncmp(name->data, "sealed", 6) == 0) {
        return ngx_http_moderate_reply_copy(pool, value, &item->mark);
    }

    return NGX_OK;
}


/* "ms actor action detail" */

static ngx_int_t
ngx_http_moderate_item_event(ngx_pool_t *pool, ngx_str_t *name,
    redisReply *value, ngx_http_moderate_item_t *item)
{
    u_char                     *p, *end, *last;
    ngx_str_t                   text, *word[4];
    ngx_uint_t                  i;
    ngx_http_moderate_event_t  *event;

    event = ngx_array_push(&item->history);

    if (event == NULL
        || ngx_http_moderate_reply_copy(pool, value, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    event->column = *name;

    /* "e:VERSION", or of a note "e:VERSION.NUMBER.RANDOM" */

    p = name->data + 2;
    last = name->data + name->len;
    end = ngx_strlchr(p, last, '.');

    event->version = ngx_atoi(p, (end ? end : last) - p);
    event->note = 0;

    if (end != NULL) {
        item->notes++;

        p = end + 1;
        end = ngx_strlchr(p, last, '.');

        event->note = ngx_atoi(p, (end ? end : last) - p);
    }

    word[0] = &event->time;
    word[1] = &event->actor;
    word[2] = &event->action;
    word[3] = &event->detail;

    p = text.data;
    last = p + text.len;

    for (i = 0; i < 4; i++) {
        end = (i < 3) ? ngx_strlchr(p, last, ' ') : last;

        if (end == NULL) {
            end = last;
        }

        word[i]->data = p;
        word[i]->len = end - p;

        p = (end < last) ? end + 1 : last;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_reply_copy(ngx_pool_t *pool, redisReply *reply,
    ngx_str_t *value)
{
    ngx_str_t  s;

    ngx_http_moderate_reply_str(reply, &s);

    value->len = s.len;
    value->data = ngx_pnalloc(pool, s.len + 1);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(value->data, s.data, s.len);
    value->data[s.len] = '\0';

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_http_moderate_event_order(const void *one, const void *two)
{
    const ngx_http_moderate_event_t  *a, *b;

    a = one;
    b = two;

    if (a->version != b->version) {
        return (a->version > b->version) ? 1 : -1;
    }

    /* notes follow the transition to the version they were made on */

    return (a->note > b->note) - (a->note < b->note);
}
