
/*
 * Copyright (C) the moderate authors
 *
 * The streams of the audit log: what is added, what is read, and the chain
 * that is made of it.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_store.h"


#define NGX_HTTP_MODERATE_SEAL_EVERY   1000     /* ms */
#define NGX_HTTP_MODERATE_SEAL_BATCH   1000     /* events read at a time */
#define NGX_HTTP_MODERATE_LATE_EVERY   1000
#define NGX_HTTP_MODERATE_LATE_BATCH   100
#define NGX_HTTP_MODERATE_LATE_MAX     10000    /* of a worker */
#define NGX_HTTP_MODERATE_FIELDS_MAX   40       /* strings of one event */


/* an event that waits for Redis; it has a pool of its own */

typedef struct {
    ngx_queue_t                 queue;
    ngx_pool_t                 *pool;
    ngx_http_moderate_audit_event_t  event;
} ngx_http_moderate_late_t;


/* a look at a stream */

typedef struct {
    ngx_pool_t                 *pool;
    ngx_http_moderate_chain_t  *chain;
} ngx_http_moderate_reading_t;


static void ngx_http_moderate_audit_timer(ngx_event_t *ev);
static void ngx_http_moderate_audit_next(
    ngx_http_moderate_main_conf_t *mmcf, ngx_http_moderate_chain_t *chain);
static void ngx_http_moderate_audit_got(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_audit_chained(
    ngx_http_moderate_chain_t *chain, redisReply *event);
static ngx_http_moderate_late_t *ngx_http_moderate_audit_keep(
    ngx_http_moderate_audit_t *audit, ngx_http_moderate_audit_event_t *event);
static void ngx_http_moderate_audit_retry(ngx_event_t *ev);
static ngx_uint_t ngx_http_moderate_audit_some(
    ngx_http_moderate_audit_t *audit, ngx_http_moderate_batch_t *batch);
static void ngx_http_moderate_audit_taken(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_audit_told(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_audit_range(
    ngx_http_moderate_batch_t *batch, ngx_str_t *site, ngx_str_t *after,
    ngx_uint_t limit);
static void ngx_http_moderate_events_done(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_events_one(
    ngx_http_moderate_events_t *events, redisReply *reply);


void
ngx_http_moderate_audit_add(ngx_http_moderate_batch_t *batch, ngx_str_t *key,
    ngx_http_moderate_audit_event_t *event)
{
    ngx_uint_t  i;

    ngx_http_moderate_command(batch, "XADD");
    ngx_http_moderate_arg(batch, key);
    ngx_http_moderate_word(batch, "*");

    for (i = 0; i < 2 * NGX_HTTP_MODERATE_AUDIT_PAIRS; i++) {
        ngx_http_moderate_arg(batch, &event->pair[i]);
    }
}


void
ngx_http_moderate_audit_tell(ngx_http_moderate_audit_event_t *event)
{
    ngx_str_t                       key;
    ngx_pool_t                     *pool;
    ngx_http_moderate_late_t       *late;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    late = ngx_pcalloc(pool, sizeof(ngx_http_moderate_late_t));

    if (late == NULL
        || ngx_http_moderate_audit_make(pool, event) != NGX_OK
        || ngx_http_moderate_key_events(pool, &event->site, &key) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return;
    }

    late->pool = pool;
    late->event = *event;

    ngx_http_moderate_batch_init(&batch, pool);
    ngx_http_moderate_audit_add(&batch, &key, event);

    /* its strings may live no longer than the caller's */

    if (ngx_http_moderate_copy(pool, &late->event.site) != NGX_OK
        || ngx_http_moderate_audit_copy(pool, &late->event) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return;
    }

    if (ngx_http_moderate_send(mmcf->queue, &batch, NULL,
                               ngx_http_moderate_audit_told, late)
        != NGX_OK)
    {
        ngx_http_moderate_audit_late(&late->event);
        ngx_destroy_pool(pool);
    }
}


static void
ngx_http_moderate_audit_told(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_late_t *late = data;

    if (rc != NGX_OK) {
        ngx_http_moderate_audit_late(&late->event);
    }

    ngx_destroy_pool(late->pool);
}


ngx_int_t
ngx_http_moderate_audit_copy(ngx_pool_t *pool,
    ngx_http_moderate_audit_event_t *event)
{
    ngx_uint_t  i;

    for (i = 1; i < 2 * NGX_HTTP_MODERATE_AUDIT_PAIRS; i += 2) {
        if (ngx_http_moderate_copy(pool, &event->pair[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_moderate_audit_late(ngx_http_moderate_audit_event_t *event)
{
    ngx_http_moderate_late_t       *late;
    ngx_http_moderate_audit_t      *audit;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);
    audit = &mmcf->audit;

    ngx_http_moderate_audit_refused(mmcf, event);

    late = ngx_http_moderate_audit_keep(audit, event);

    if (late == NULL) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "event \"%V\" of %V is not kept for Redis, as memory is "
                      "out or %d wait already, %s",
                      &event->event, &event->id, NGX_HTTP_MODERATE_LATE_MAX,
                      (audit->file != NULL) ? "\"moderate_audit_file\" has it"
                                            : "and is lost: expected a "
                                              "\"moderate_audit_file\"");
        return;
    }

    ngx_queue_insert_tail(&audit->late, &late->queue);
    audit->nlate++;

    if (!audit->retry.timer_set) {
        audit->retry.handler = ngx_http_moderate_audit_retry;
        audit->retry.data = mmcf;
        audit->retry.log = ngx_cycle->log;
        audit->retry.cancelable = 1;

        ngx_add_timer(&audit->retry, NGX_HTTP_MODERATE_LATE_EVERY);
    }
}


/* NULL: there are as many as are kept, or memory is out */

static ngx_http_moderate_late_t *
ngx_http_moderate_audit_keep(ngx_http_moderate_audit_t *audit,
    ngx_http_moderate_audit_event_t *event)
{
    ngx_pool_t                *pool;
    ngx_http_moderate_late_t  *late;

    if (audit->nlate >= NGX_HTTP_MODERATE_LATE_MAX) {
        return NULL;
    }

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    late = ngx_palloc(pool, sizeof(ngx_http_moderate_late_t));

    if (late != NULL) {
        late->pool = pool;
        late->event = *event;

        if (ngx_http_moderate_copy(pool, &late->event.site) == NGX_OK
            && ngx_http_moderate_audit_copy(pool, &late->event) == NGX_OK)
        {
            return late;
        }
    }

    ngx_destroy_pool(pool);

    return NULL;
}


void
ngx_http_moderate_audit_stop(ngx_http_moderate_main_conf_t *mmcf,
    ngx_log_t *log)
{
    ngx_queue_t                *q;
    ngx_http_moderate_late_t   *late;
    ngx_http_moderate_audit_t  *audit;

    audit = &mmcf->audit;

    if (audit->nlate == 0) {
        return;
    }

    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "%ui events of the audit log were not taken by Redis before "
                  "this worker ended, %s", audit->nlate,
                  (audit->file != NULL) ? "\"moderate_audit_file\" has them"
                                        : "and are lost: expected a "
                                          "\"moderate_audit_file\"");

    while (audit->nlate) {
        q = ngx_queue_head(&audit->late);
        ngx_queue_remove(q);
        audit->nlate--;

        late = ngx_queue_data(q, ngx_http_moderate_late_t, queue);
        ngx_destroy_pool(late->pool);
    }
}


/* one batch at a time, so that they come in their order */

static void
ngx_http_moderate_audit_retry(ngx_event_t *ev)
{
    ngx_pool_t                     *pool;
    ngx_uint_t                      n;
    ngx_http_moderate_audit_t      *audit;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ev->data;
    audit = &mmcf->audit;

    if (audit->nlate == 0) {
        return;
    }

    ngx_add_timer(ev, NGX_HTTP_MODERATE_LATE_EVERY);

    if (audit->sending) {
        return;
    }

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    ngx_http_moderate_batch_init(&batch, pool);

    n = ngx_http_moderate_audit_some(audit, &batch);

    if (n != 0
        && ngx_http_moderate_send(mmcf->queue, &batch, NULL,
                                  ngx_http_moderate_audit_taken,
                                  (void *) (uintptr_t) n)
           == NGX_OK)
    {
        audit->sending = 1;
    }

    ngx_destroy_pool(pool);
}


/* returns how many; 0 when memory is out */

static ngx_uint_t
ngx_http_moderate_audit_some(ngx_http_moderate_audit_t *audit,
    ngx_http_moderate_batch_t *batch)
{
    ngx_str_t                 *key, *site;
    ngx_uint_t                 n;
    ngx_queue_t               *q;
    ngx_http_moderate_late_t  *late;

    n = 0;
    site = NULL;

    for (q = ngx_queue_head(&audit->late);
         q != ngx_queue_sentinel(&audit->late)
         && n < NGX_HTTP_MODERATE_LATE_BATCH;
         q = ngx_queue_next(q))
    {
        late = ngx_queue_data(q, ngx_http_moderate_late_t, queue);

        /* one site at a time too: a transaction stays in its slot */

        if (site != NULL
            && (site->len != late->event.site.len
                || ngx_memcmp(site->data, late->event.site.data, site->len)
                   != 0))
        {
            break;
        }

        site = &late->event.site;
        key = ngx_palloc(batch->pool, sizeof(ngx_str_t));

        if (key == NULL
            || ngx_http_moderate_key_events(batch->pool, site, key) != NGX_OK)
        {
            return 0;
        }

        ngx_http_moderate_audit_add(batch, key, &late->event);
        n++;
    }

    return n;
}


/* data: how many of them, from the first on */

static void
ngx_http_moderate_audit_taken(void *data, ngx_int_t rc, redisReply *reply)
{
    uintptr_t                       n;
    ngx_queue_t                    *q;
    ngx_http_moderate_late_t       *late;
    ngx_http_moderate_audit_t      *audit;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);
    audit = &mmcf->audit;
    audit->sending = 0;

    if (rc != NGX_OK) {
        return;
    }

    for (n = (uintptr_t) data; n && audit->nlate; n--) {
        q = ngx_queue_head(&audit->late);
        ngx_queue_remove(q);
        audit->nlate--;

        late = ngx_queue_data(q, ngx_http_moderate_late_t, queue);
        ngx_destroy_pool(late->pool);
    }

    if (audit->nlate == 0) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "Redis has taken all events that it refused");
        return;
    }

    /* it takes them again: the next ones need not wait */

    ngx_http_moderate_audit_retry(&audit->retry);
}


/* sealing; in one worker of each nginx */

void
ngx_http_moderate_audit_start(ngx_http_moderate_main_conf_t *mmcf,
    ngx_cycle_t *cycle)
{
    ngx_http_moderate_audit_t  *audit;

    audit = &mmcf->audit;

    if (ngx_worker != 0 || audit->file == NULL || mmcf->thread_pool == NULL) {
        return;
    }

    audit->seal.handler = ngx_http_moderate_audit_timer;
    audit->seal.data = mmcf;
    audit->seal.log = cycle->log;
    audit->seal.cancelable = 1;

    ngx_add_timer(&audit->seal, NGX_HTTP_MODERATE_SEAL_EVERY);
}


static void
ngx_http_moderate_audit_timer(ngx_event_t *ev)
{
    ngx_uint_t                      i;
    ngx_http_moderate_chain_t      *chain;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ev->data;

    if (ngx_exiting) {
        return;
    }

    ngx_add_timer(ev, NGX_HTTP_MODERATE_SEAL_EVERY);

    chain = mmcf->audit.chains.elts;

    for (i = 0; i < mmcf->audit.chains.nelts; i++) {
        if (!chain[i].reading) {
            ngx_http_moderate_audit_next(mmcf, &chain[i]);
        }
    }
}


static void
ngx_http_moderate_audit_next(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_chain_t *chain)
{
    ngx_pool_t                   *pool;
    ngx_http_moderate_batch_t     batch;
    ngx_http_moderate_reading_t  *reading;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    reading = ngx_palloc(pool, sizeof(ngx_http_moderate_reading_t));

    if (reading != NULL) {
        reading->pool = pool;
        reading->chain = chain;

        ngx_http_moderate_batch_init(&batch, pool);

        if (ngx_http_moderate_audit_range(&batch, &chain->site, &chain->upto,
                                          NGX_HTTP_MODERATE_SEAL_BATCH)
            == NGX_OK
            && ngx_http_moderate_send(mmcf->queue, &batch, NULL,
                                      ngx_http_moderate_audit_got, reading)
               == NGX_OK)
        {
            chain->reading = 1;
            return;
        }
    }

    ngx_destroy_pool(pool);
}


/* the chain goes on behind what was read before, or from the beginning */

static ngx_int_t
ngx_http_moderate_audit_range(ngx_http_moderate_batch_t *batch,
    ngx_str_t *site, ngx_str_t *after, ngx_uint_t limit)
{
    ngx_str_t  *key, from;

    key = ngx_palloc(batch->pool, sizeof(ngx_str_t));
    from.data = ngx_pnalloc(batch->pool, after->len + 1);

    if (key == NULL || from.data == NULL
        || ngx_http_moderate_key_events(batch->pool, site, key) != NGX_OK)
    {
        return NGX_ERROR;
    }

    from.len = ngx_sprintf(from.data, "(%V", after) - from.data;

    ngx_http_moderate_command(batch, "XRANGE");
    ngx_http_moderate_arg(batch, key);

    if (after->len) {
        ngx_http_moderate_arg(batch, &from);

    } else {
        ngx_http_moderate_word(batch, "-");
    }

    ngx_http_moderate_word(batch, "+");
    ngx_http_moderate_word(batch, "COUNT");
    ngx_http_moderate_number(batch, limit);

    return NGX_OK;
}


static void
ngx_http_moderate_audit_got(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_reading_t *reading = data;

    size_t                          i;
    ngx_http_moderate_chain_t      *chain;
    ngx_http_moderate_main_conf_t  *mmcf;

    chain = reading->chain;
    ngx_destroy_pool(reading->pool);

    chain->reading = 0;

    if (rc != NGX_OK || reply->type != REDIS_REPLY_ARRAY) {
        return;
    }

    for (i = 0; i < reply->elements; i++) {
        if (ngx_http_moderate_audit_chained(chain, reply->element[i])
            != NGX_OK)
        {
            return;
        }
    }

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);

    if (reply->elements == NGX_HTTP_MODERATE_SEAL_BATCH && !ngx_exiting) {
        ngx_http_moderate_audit_next(mmcf, chain);
    }

    ngx_http_moderate_audit_seal(mmcf, chain);
}


/* all that the event has, not only what we would have written */

static ngx_int_t
ngx_http_moderate_audit_chained(ngx_http_moderate_chain_t *chain,
    redisReply *event)
{
    size_t                          i;
    u_char                          head[VET_MAC_LEN];
    vet_str_t                       part[NGX_HTTP_MODERATE_FIELDS_MAX + 3];
    ngx_str_t                       seq, s;
    redisReply                     *fields;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);

    ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(event, 0), &seq);
    fields = ngx_http_moderate_reply_at(event, 1);

    if (seq.len == 0 || seq.len > NGX_HTTP_MODERATE_SEQ_LEN || fields == NULL
        || fields->type != REDIS_REPLY_ARRAY)
    {
        return NGX_ERROR;
    }

    part[0].data = (u_char *) "head";
    part[0].len = 4;
    part[1].data = chain->head;
    part[1].len = VET_MAC_LEN;
    part[2].data = seq.data;
    part[2].len = seq.len;

    /* what has more was made by nobody here, and shows as a wrong head */

    for (i = 0; i < fields->elements && i < NGX_HTTP_MODERATE_FIELDS_MAX; i++)
    {
        ngx_http_moderate_reply_str(fields->element[i], &s);
        part[3 + i].data = s.data;
        part[3 + i].len = s.len;
    }

    if (vet_mac(mmcf->audit.key, part, 3 + i, head) != VET_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(chain->head, head, VET_MAC_LEN);
    ngx_memcpy(chain->upto.data, seq.data, seq.len);
    chain->upto.len = seq.len;
    chain->count++;

    return NGX_OK;
}


ngx_int_t
ngx_http_moderate_events(ngx_http_moderate_events_t *events)
{
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(events->request,
                                         ngx_http_moderate_module);

    ngx_http_moderate_batch_init(&batch, events->request->pool);

    if (ngx_array_init(&events->events, events->request->pool, 16,
                       sizeof(ngx_http_moderate_told_t))
        != NGX_OK
        || ngx_http_moderate_audit_range(&batch, &events->site,
                                         &events->after, events->limit)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_moderate_send(mmcf->queue, &batch, events->slot,
                                  ngx_http_moderate_events_done, events);
}


static void
ngx_http_moderate_events_done(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_events_t *events = data;

    size_t             i;
    ngx_connection_t  *c;

    c = events->request->connection;

    if (rc == NGX_OK && reply->type != REDIS_REPLY_ARRAY) {
        rc = NGX_ERROR;
    }

    for (i = 0; rc == NGX_OK && i < reply->elements; i++) {
        rc = ngx_http_moderate_events_one(events, reply->element[i]);
    }

    events->handler(events->request, rc == NGX_OK ? NGX_OK : NGX_ERROR);
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_moderate_events_one(ngx_http_moderate_events_t *events,
    redisReply *reply)
{
    size_t                     i;
    ngx_str_t                 *s;
    ngx_pool_t                *pool;
    redisReply                *fields;
    ngx_http_moderate_told_t  *told;

    pool = events->request->pool;
    fields = ngx_http_moderate_reply_at(reply, 1);

    told = ngx_array_push(&events->events);

    if (told == NULL || fields == NULL
        || fields->type != REDIS_REPLY_ARRAY
        || ngx_array_init(&told->pairs, pool, 20, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(reply, 0),
                                &told->seq);

    if (ngx_http_moderate_copy(pool, &told->seq) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < fields->elements; i++) {
        s = ngx_array_push(&told->pairs);
        if (s == NULL) {
            return NGX_ERROR;
        }

        ngx_http_moderate_reply_str(fields->element[i], s);

        if (ngx_http_moderate_copy(pool, s) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
