
/*
 * Copyright (C) the moderate authors
 *
 * Transitions: one SMOVE, and what its winner notes behind it.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_steps.h"


static ngx_int_t ngx_http_moderate_move_send(ngx_http_moderate_move_t *move);
static ngx_int_t ngx_http_moderate_move_copy(ngx_http_moderate_move_t *move);
static void ngx_http_moderate_moved(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_move_figure(
    ngx_http_moderate_move_t *move);
static void ngx_http_moderate_move_forget(ngx_http_moderate_move_t *move);
static void ngx_http_moderate_move_index(ngx_http_moderate_batch_t *batch,
    ngx_http_moderate_move_t *move);
static void ngx_http_moderate_move_remove(ngx_http_moderate_move_t *move);
static void ngx_http_moderate_move_removed(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_move_note(ngx_http_moderate_move_t *move);
static ngx_int_t ngx_http_moderate_move_event(ngx_http_moderate_move_t *move);
static void ngx_http_moderate_move_noted(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_move_end(ngx_http_moderate_move_t *move,
    ngx_int_t rc);


ngx_int_t
ngx_http_moderate_move(ngx_http_request_t *r, ngx_http_moderate_move_t *say,
    ngx_http_moderate_move_t **slot, ngx_http_moderate_move_pt handler)
{
    ngx_pool_t                     *pool;
    ngx_http_moderate_move_t       *move;
    ngx_http_moderate_main_conf_t  *mmcf;

    if (!ngx_http_moderate_step_ok(&say->action, say->from, say->to)) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "%V: there is no step \"%V\" from state %ui to %ui",
                      &say->site, &say->action, say->from, say->to);
        return NGX_ERROR;
    }

    /* its own pool: it outlives a moderator who leaves */

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    move = ngx_palloc(pool, sizeof(ngx_http_moderate_move_t));
    if (move == NULL) {
        goto failed;
    }

    *move = *say;
    move->pool = pool;

    if (r != NULL) {
        mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);
        move->redis = mmcf->queue;
    }

    move->request = r;
    move->slot = slot;
    move->wait = NULL;
    move->handler = handler;

    if (ngx_http_moderate_move_copy(move) != NGX_OK
        || ngx_http_moderate_move_send(move) != NGX_OK)
    {
        goto failed;
    }

    if (slot != NULL) {
        *slot = move;
    }

    return NGX_OK;

failed:

    ngx_destroy_pool(pool);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_moderate_move_copy(ngx_http_moderate_move_t *move)
{
    ngx_pool_t  *pool;

    pool = move->pool;

    if (ngx_http_moderate_copy(pool, &move->site) != NGX_OK
        || ngx_http_moderate_copy(pool, &move->id) != NGX_OK
        || ngx_http_moderate_copy(pool, &move->actor) != NGX_OK
        || ngx_http_moderate_copy(pool, &move->action) != NGX_OK
        || ngx_http_moderate_copy(pool, &move->detail) != NGX_OK
        || ngx_http_moderate_copy(pool, &move->appeal) != NGX_OK
        || ngx_http_moderate_copy(pool, &move->explanation) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_moderate_move_figure(move);
}


static ngx_int_t
ngx_http_moderate_move_send(ngx_http_moderate_move_t *move)
{
    ngx_str_t                  from, to, held;
    ngx_pool_t                *pool;
    ngx_http_moderate_batch_t  batch;

    pool = move->pool;

    if (ngx_http_moderate_key_held(pool, &move->site, &move->id, &held)
        != NGX_OK
        || ngx_http_moderate_key_state(pool, &move->site, move->from, &from)
           != NGX_OK
        || ngx_http_moderate_key_state(pool, &move->site, move->to, &to)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_moderate_batch_init(&batch, pool);

    ngx_http_moderate_command(&batch, "SMOVE");
    ngx_http_moderate_arg(&batch, &from);
    ngx_http_moderate_arg(&batch, &to);
    ngx_http_moderate_arg(&batch, &move->id);

    if (move->appeal.len) {
        ngx_http_moderate_command(&batch, "HSET");
        ngx_http_moderate_arg(&batch, &held);
        ngx_http_moderate_word(&batch, "appeal");
        ngx_http_moderate_arg(&batch, &move->appeal);

        ngx_http_moderate_move_index(&batch, move);
    }

    return ngx_http_moderate_send(move->redis, &batch, &move->wait,
                                  ngx_http_moderate_moved, move);
}


/* decisions and what comes of them; claims are no figures */

static ngx_int_t
ngx_http_moderate_move_figure(ngx_http_moderate_move_t *move)
{
    ngx_http_moderate_item_t    *item;
    ngx_http_moderate_figure_t  *figure;

    item = move->item;
    figure = &move->figure;

    move->item = NULL;

    if (item == NULL) {
        return NGX_OK;
    }

    switch (move->to) {

    case NGX_HTTP_MODERATE_REJECTED_STATE:
    case NGX_HTTP_MODERATE_DELIVERED:
        figure->decided = 1;

        /* fall through */

    case NGX_HTTP_MODERATE_FAILED_STATE:
    case NGX_HTTP_MODERATE_UNKNOWN:
        figure->what = ngx_http_moderate_states[move->to];
        break;

    case NGX_HTTP_MODERATE_REMOVING:
        break;

    case NGX_HTTP_MODERATE_APPEALED:
    case NGX_HTTP_MODERATE_PENDING_STATE:
        if (move->from != NGX_HTTP_MODERATE_REJECTED_STATE) {
            return NGX_OK;
        }

        if (move->appeal.len) {
            ngx_str_set(&figure->what, "appealed");

        } else {
            ngx_str_set(&figure->what, "undone");
        }

        break;

    default:
        return NGX_OK;
    }

    figure->site = move->site;
    figure->form = item->record.form;
    figure->hits = item->record.hits;
    figure->received = item->record.received;

    if (ngx_http_moderate_copy(move->pool, &figure->form) != NGX_OK
        || ngx_http_moderate_copy(move->pool, &figure->hits) != NGX_OK
        || ngx_http_moderate_copy(move->pool, &figure->received) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_moderate_move_detach(ngx_http_moderate_move_t *move)
{
    if (move != NULL) {
        *move->slot = NULL;
        move->request = NULL;
    }
}


static void
ngx_http_moderate_moved(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_move_t *move = data;

    if (rc != NGX_OK) {
        ngx_http_moderate_move_end(move, NGX_ERROR);
        return;
    }

    if (move->appeal.len) {
        reply = ngx_http_moderate_reply_at(reply, 0);
    }

    if (ngx_http_moderate_reply_int(reply, 0) != 1) {
        ngx_http_moderate_move_end(move, NGX_DECLINED);
        return;
    }

    if (move->to == NGX_HTTP_MODERATE_REMOVING) {
        ngx_http_moderate_move_remove(move);
        return;
    }

    ngx_http_moderate_move_forget(move);

    if (move->figure.what.len) {
        ngx_http_moderate_figures_count(move->redis, move->pool,
                                        &move->figure);
    }

    if (ngx_http_moderate_move_event(move) != NGX_OK) {
        ngx_http_moderate_move_end(move, NGX_OK);

    } else if (ngx_http_moderate_move_note(move) != NGX_OK) {
        ngx_http_moderate_move_noted(move, NGX_ERROR, NULL);
    }
}


/* what is told of it, whether Redis takes that now or later */

static ngx_int_t
ngx_http_moderate_move_event(ngx_http_moderate_move_t *move)
{
    ngx_http_moderate_audit_event_t  *event;

    event = ngx_pcalloc(move->pool, sizeof(ngx_http_moderate_audit_event_t));
    if (event == NULL) {
        return NGX_ERROR;
    }

    event->site = move->site;
    event->event = move->action;
    event->id = move->id;
    event->actor = move->actor;
    event->from = ngx_http_moderate_states[move->from];
    event->before = move->version - 1;
    event->version = move->version;
    event->detail = move->detail;

    if (move->to == NGX_HTTP_MODERATE_REMOVING) {
        ngx_str_set(&event->to, "removed");
        event->version = 0;

    } else {
        event->to = ngx_http_moderate_states[move->to];
    }

    move->event = event;

    return ngx_http_moderate_audit_make(move->pool, event);
}


/*
 * What was kept for the state that is left.  Not in the transaction of the
 * note: a full Redis takes an HDEL, unless it comes with an HSET.
 */

static void
ngx_http_moderate_move_forget(ngx_http_moderate_move_t *move)
{
    ngx_str_t                  held;
    ngx_http_moderate_batch_t  batch;

    if (ngx_http_moderate_key_held(move->pool, &move->site, &move->id, &held)
        != NGX_OK)
    {
        return;
    }

    ngx_http_moderate_batch_init(&batch, move->pool);

    /* queueing takes memory: a full Redis would refuse a transaction */

    batch.apart = 1;

    if (move->from == NGX_HTTP_MODERATE_CLAIMED) {
        ngx_http_moderate_command(&batch, "HDEL");
        ngx_http_moderate_arg(&batch, &held);
        ngx_http_moderate_word(&batch, "claimed_by");
        ngx_http_moderate_word(&batch, "claimed_at");
    }

    /* that of a rejection goes with it; an appeal is against it */

    if (move->from == NGX_HTTP_MODERATE_REJECTED_STATE
        && move->appeal.len == 0)
    {
        ngx_http_moderate_command(&batch, "HDEL");
        ngx_http_moderate_arg(&batch, &held);
        ngx_http_moderate_word(&batch, "explanation");
    }

    switch (move->to) {

    case NGX_HTTP_MODERATE_DELIVERED:
    case NGX_HTTP_MODERATE_REJECTED_STATE:

        /* the address was kept to be delivered with, and for nothing else */

        ngx_http_moderate_command(&batch, "HDEL");
        ngx_http_moderate_arg(&batch, &held);
        ngx_http_moderate_word(&batch, "address");
        ngx_http_moderate_word(&batch, "explanation");

        /* fall through */

    case NGX_HTTP_MODERATE_FAILED_STATE:
    case NGX_HTTP_MODERATE_UNKNOWN:
        ngx_http_moderate_move_index(&batch, move);
    }

    if (batch.commands.nelts == 0) {
        return;
    }

    (void) ngx_http_moderate_send(move->redis, &batch, NULL, NULL, NULL);
}


/*
 * All of it goes, one command behind the other, which a full Redis takes.  The
 * id stays in its set: what was on its way is removed by the keeper's next
 * rounds, and so is what a crash has left here.
 */

static void
ngx_http_moderate_move_remove(ngx_http_moderate_move_t *move)
{
    ngx_str_t                  held, index;
    ngx_http_moderate_batch_t  batch;

    if (ngx_http_moderate_move_event(move) == NGX_OK) {
        ngx_http_moderate_audit_tell(move->event);
    }

    if (ngx_http_moderate_key_held(move->pool, &move->site, &move->id, &held)
        != NGX_OK
        || ngx_http_moderate_key_index(move->pool, &move->site, &index)
           != NGX_OK)
    {
        ngx_http_moderate_move_end(move, NGX_OK);
        return;
    }

    ngx_http_moderate_batch_init(&batch, move->pool);
    batch.apart = 1;

    ngx_http_moderate_command(&batch, "DEL");
    ngx_http_moderate_arg(&batch, &held);

    ngx_http_moderate_command(&batch, "ZREM");
    ngx_http_moderate_arg(&batch, &index);
    ngx_http_moderate_arg(&batch, &move->id);

    ngx_http_moderate_queue_remove(&batch, &move->site, &move->id,
                                   &move->figure.form, &move->figure.hits);

    if (ngx_http_moderate_send(move->redis, &batch, &move->wait,
                               ngx_http_moderate_move_removed, move)
        != NGX_OK)
    {
        ngx_http_moderate_move_end(move, NGX_OK);
    }
}


static void
ngx_http_moderate_move_removed(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_move_end(data, NGX_OK);
}


/* it waits for a person again, or no more; a recovery leaves that be */

static void
ngx_http_moderate_move_index(ngx_http_moderate_batch_t *batch,
    ngx_http_moderate_move_t *move)
{
    ngx_http_moderate_figure_t  *figure;

    figure = &move->figure;

    if (figure->what.len == 0) {
        return;
    }

    if (move->to == NGX_HTTP_MODERATE_PENDING_STATE
        || move->to == NGX_HTTP_MODERATE_APPEALED)
    {
        ngx_http_moderate_queue_add(batch, &move->site, &move->id,
                                    &figure->received, &figure->form,
                                    &figure->hits);
        return;
    }

    ngx_http_moderate_queue_remove(batch, &move->site, &move->id,
                                   &figure->form, &figure->hits);
}


/* the winner alone is here: the versions of an item are in one line */

static ngx_int_t
ngx_http_moderate_move_note(ngx_http_moderate_move_t *move)
{
    size_t                      len;
    ngx_str_t                   held, events, name, text, since;
    ngx_http_moderate_batch_t   batch;

    if (ngx_http_moderate_key_held(move->pool, &move->site, &move->id, &held)
        != NGX_OK
        || ngx_http_moderate_key_events(move->pool, &move->site, &events)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    len = move->actor.len + move->action.len + move->detail.len
          + NGX_INT64_LEN + 3;

    name.data = ngx_pnalloc(move->pool, NGX_INT_T_LEN + 2);
    text.data = ngx_pnalloc(move->pool, len);

    if (name.data == NULL || text.data == NULL
        || ngx_http_moderate_since_now(move->pool, move->to, &since) != NGX_OK)
    {
        return NGX_ERROR;
    }

    name.len = ngx_sprintf(name.data, "e:%ui", move->version) - name.data;
    text.len = ngx_sprintf(text.data, "%T%03M %V %V %V", ngx_time(),
                           ngx_timeofday()->msec, &move->actor, &move->action,
                           &move->detail)
               - text.data;

    ngx_http_moderate_batch_init(&batch, move->pool);

    ngx_http_moderate_command(&batch, "HSET");
    ngx_http_moderate_arg(&batch, &held);
    ngx_http_moderate_word(&batch, "version");
    ngx_http_moderate_number(&batch, move->version);
    ngx_http_moderate_word(&batch, "actor");
    ngx_http_moderate_arg(&batch, &move->actor);
    ngx_http_moderate_word(&batch, "since");
    ngx_http_moderate_arg(&batch, &since);
    ngx_http_moderate_arg(&batch, &name);
    ngx_http_moderate_arg(&batch, &text);

    if (move->explanation.len) {
        ngx_http_moderate_word(&batch, "explanation");
        ngx_http_moderate_arg(&batch, &move->explanation);
    }

    if (move->to == NGX_HTTP_MODERATE_CLAIMED) {
        ngx_http_moderate_word(&batch, "claimed_by");
        ngx_http_moderate_arg(&batch, &move->actor);
        ngx_http_moderate_word(&batch, "claimed_at");
        ngx_http_moderate_number(&batch, ngx_time());
    }

    if (move->from == NGX_HTTP_MODERATE_REJECTED_STATE
        && move->appeal.len == 0)
    {
        ngx_http_moderate_move_index(&batch, move);
    }

    ngx_http_moderate_audit_add(&batch, &events, move->event);

    return ngx_http_moderate_send(move->redis, &batch, &move->wait,
                                  ngx_http_moderate_move_noted, move);
}


static void
ngx_http_moderate_move_noted(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_move_t *move = data;

    /* the version and who it was are gone, what happened is not */

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "%V: the %V of %V by \"%V\" was done, but could not be "
                      "noted", &move->site, &move->action, &move->id,
                      &move->actor);

        ngx_http_moderate_audit_late(move->event);
    }

    ngx_http_moderate_move_end(move, NGX_OK);
}


static void
ngx_http_moderate_move_end(ngx_http_moderate_move_t *move, ngx_int_t rc)
{
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_moderate_move_pt   handler;

    r = move->request;
    handler = move->handler;

    ngx_http_moderate_detach(move->wait);

    if (r != NULL) {
        *move->slot = NULL;
    }

    ngx_destroy_pool(move->pool);

    if (r != NULL) {
        c = r->connection;
        handler(r, rc);
        ngx_http_run_posted_requests(c);
    }
}


ngx_int_t
ngx_http_moderate_copy(ngx_pool_t *pool, ngx_str_t *s)
{
    u_char  *p;

    p = ngx_pstrdup(pool, s);
    if (p == NULL) {
        return NGX_ERROR;
    }

    s->data = p;

    return NGX_OK;
}
