
/*
 * Copyright (C) the moderate authors
 *
 * What a crash has left between two states: approved and not sent yet, which
 * goes back to where it was, or being delivered, which nobody knows the outcome
 * of.  It is found when the item is read, and by one worker that looks for it.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_steps.h"


#define NGX_HTTP_MODERATE_SWEEP        15000    /* ms, and some chance */
#define NGX_HTTP_MODERATE_SWEEP_FIRST  1000
#define NGX_HTTP_MODERATE_SWEEP_MAX    "20"     /* ids of a state and site */


/* one look at one site */

typedef struct {
    ngx_pool_t                 *pool;
    ngx_http_moderate_main_conf_t  *conf;
    ngx_uint_t                  i;          /* of conf->sites */
    ngx_str_t                   site;
    ngx_array_t                 found;      /* of item_t: id and state */
} ngx_http_moderate_sweep_t;


static void ngx_http_moderate_sweep(ngx_event_t *ev);
static void ngx_http_moderate_sweep_site(ngx_http_moderate_main_conf_t *mmcf,
    ngx_uint_t i);
static ngx_int_t ngx_http_moderate_sweep_ids(ngx_http_moderate_sweep_t *sweep);
static void ngx_http_moderate_sweep_ids_done(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_sweep_items(
    ngx_http_moderate_sweep_t *sweep);
static void ngx_http_moderate_sweep_items_done(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_sweep_item(ngx_http_moderate_sweep_t *sweep,
    ngx_http_moderate_item_t *item, redisReply *reply);
static void ngx_http_moderate_sweep_stamp(ngx_http_moderate_sweep_t *sweep,
    ngx_http_moderate_item_t *item);
static void ngx_http_moderate_sweep_end(ngx_http_moderate_sweep_t *sweep);


/* the states that end by themselves */

static ngx_uint_t  ngx_http_moderate_leased[] = {
    NGX_HTTP_MODERATE_APPROVED,
    NGX_HTTP_MODERATE_REPLAYING
};

#define NGX_HTTP_MODERATE_LEASED                                             \
    (sizeof(ngx_http_moderate_leased) / sizeof(ngx_uint_t))


ngx_uint_t
ngx_http_moderate_lease_over(ngx_http_moderate_item_t *item)
{
    time_t  lease;

    switch (item->state) {

    case NGX_HTTP_MODERATE_APPROVED:
        lease = NGX_HTTP_MODERATE_APPROVED_LEASE;
        break;

    case NGX_HTTP_MODERATE_REPLAYING:
        lease = NGX_HTTP_MODERATE_REPLAYING_LEASE;
        break;

    default:
        return 0;
    }

    return item->since != 0 && item->since + lease < ngx_time();
}


time_t
ngx_http_moderate_since(ngx_str_t *since, ngx_uint_t state)
{
    ngx_str_t  *name;
    ngx_int_t   n;

    if (state == NGX_HTTP_MODERATE_STATES) {
        return 0;
    }

    name = &ngx_http_moderate_states[state];

    if (since->len < name->len + 2
        || ngx_strncmp(since->data, name->data, name->len) != 0
        || since->data[name->len] != ' ')
    {
        return 0;
    }

    n = ngx_atoi(since->data + name->len + 1, since->len - name->len - 1);

    return (n == NGX_ERROR) ? 0 : (time_t) n;
}


ngx_int_t
ngx_http_moderate_recover(ngx_http_request_t *r,
    ngx_http_moderate_redis_t *redis, ngx_str_t *site,
    ngx_http_moderate_item_t *item, ngx_http_moderate_move_t **slot,
    ngx_http_moderate_move_pt handler)
{
    ngx_http_moderate_move_t   move;
    ngx_http_moderate_step_t  *step;

    ngx_memzero(&move, sizeof(ngx_http_moderate_move_t));

    move.redis = redis;
    move.site = *site;
    move.id = item->record.id;
    move.from = item->state;
    move.version = item->version + 1;
    ngx_str_set(&move.actor, "nginx");
    ngx_str_set(&move.action, "recover");

    /* only those whose lease can be over are here */

    step = ngx_http_moderate_step(&move.action, item->state);

    if (step == NULL) {
        return NGX_ERROR;
    }

    move.to = ngx_http_moderate_step_to(step, item);

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "%V: held submission %V was left in the state \"%V\", now "
                  "it is \"%V\"", site, &item->record.id,
                  &ngx_http_moderate_states[move.from],
                  &ngx_http_moderate_states[move.to]);

    return ngx_http_moderate_move(r, &move, slot, handler);
}


ngx_int_t
ngx_http_moderate_since_now(ngx_pool_t *pool, ngx_uint_t state,
    ngx_str_t *since)
{
    ngx_str_t  *name;

    name = &ngx_http_moderate_states[state];

    since->data = ngx_pnalloc(pool, name->len + 1 + NGX_TIME_T_LEN);
    if (since->data == NULL) {
        return NGX_ERROR;
    }

    since->len = ngx_sprintf(since->data, "%V %T", name, ngx_time())
                 - since->data;

    return NGX_OK;
}


/* one worker of all looks; it is another process after a crash */

void
ngx_http_moderate_sweep_start(ngx_http_moderate_main_conf_t *mmcf,
    ngx_cycle_t *cycle)
{
    if (ngx_worker != 0) {
        return;
    }

    mmcf->sweep.handler = ngx_http_moderate_sweep;
    mmcf->sweep.data = mmcf;
    mmcf->sweep.log = cycle->log;
    mmcf->sweep.cancelable = 1;

    ngx_add_timer(&mmcf->sweep, NGX_HTTP_MODERATE_SWEEP_FIRST
                                + ngx_random() % NGX_HTTP_MODERATE_SWEEP_FIRST);
}


static void
ngx_http_moderate_sweep(ngx_event_t *ev)
{
    if (ngx_exiting) {
        return;
    }

    ngx_add_timer(ev, NGX_HTTP_MODERATE_SWEEP
                      + ngx_random() % (NGX_HTTP_MODERATE_SWEEP / 3));

    ngx_http_moderate_sweep_site(ev->data, 0);
}


/* sites one behind the other, from this one on */

static void
ngx_http_moderate_sweep_site(ngx_http_moderate_main_conf_t *mmcf,
    ngx_uint_t i)
{
    ngx_pool_t                     *pool;
    ngx_http_moderate_sweep_t      *sweep;
    ngx_http_moderate_srv_conf_t  **site;

    site = mmcf->sites.elts;

    i = ngx_http_moderate_next_site(mmcf, i);

    if (i >= mmcf->sites.nelts || ngx_exiting) {
        return;
    }

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    sweep = ngx_pcalloc(pool, sizeof(ngx_http_moderate_sweep_t));

    if (sweep != NULL) {
        sweep->pool = pool;
        sweep->conf = mmcf;
        sweep->i = i;
        sweep->site = site[i]->site;

        if (ngx_http_moderate_sweep_ids(sweep) == NGX_OK) {
            return;
        }
    }

    ngx_destroy_pool(pool);
}


/* some of them: any set may be large, and what stays is seen next time */

static ngx_int_t
ngx_http_moderate_sweep_ids(ngx_http_moderate_sweep_t *sweep)
{
    ngx_str_t                  *key;
    ngx_uint_t                  n;
    ngx_http_moderate_batch_t   batch;

    key = ngx_palloc(sweep->pool,
                     sizeof(ngx_str_t) * NGX_HTTP_MODERATE_LEASED);

    if (key == NULL
        || ngx_array_init(&sweep->found, sweep->pool, 4,
                          sizeof(ngx_http_moderate_item_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_moderate_batch_init(&batch, sweep->pool);

    for (n = 0; n < NGX_HTTP_MODERATE_LEASED; n++) {

        if (ngx_http_moderate_key_state(sweep->pool, &sweep->site,
                                        ngx_http_moderate_leased[n], &key[n])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_moderate_command(&batch, "SRANDMEMBER");
        ngx_http_moderate_arg(&batch, &key[n]);
        ngx_http_moderate_word(&batch, NGX_HTTP_MODERATE_SWEEP_MAX);
    }

    return ngx_http_moderate_send(sweep->conf->queue, &batch, NULL,
                                  ngx_http_moderate_sweep_ids_done, sweep);
}


static void
ngx_http_moderate_sweep_ids_done(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_sweep_t *sweep = data;

    size_t                     i;
    ngx_str_t                  id;
    ngx_uint_t                 n;
    redisReply                *ids;
    ngx_http_moderate_item_t  *item;

    for (n = 0; rc == NGX_OK && n < NGX_HTTP_MODERATE_LEASED; n++) {
        ids = ngx_http_moderate_reply_at(reply, n);

        for (i = 0; ids != NULL && i < ids->elements; i++) {

            item = ngx_array_push(&sweep->found);
            if (item == NULL) {
                break;
            }

            ngx_memzero(item, sizeof(ngx_http_moderate_item_t));
            ngx_http_moderate_reply_str(ids->element[i], &id);

            item->state = ngx_http_moderate_leased[n];
            item->record.id.len = id.len;
            item->record.id.data = ngx_pstrdup(sweep->pool, &id);

            if (item->record.id.data == NULL) {
                sweep->found.nelts--;
                break;
            }
        }
    }

    if (sweep->found.nelts == 0
        || ngx_http_moderate_sweep_items(sweep) != NGX_OK)
    {
        ngx_http_moderate_sweep_end(sweep);
    }
}


static ngx_int_t
ngx_http_moderate_sweep_items(ngx_http_moderate_sweep_t *sweep)
{
    ngx_str_t                  *key;
    ngx_uint_t                  i;
    ngx_http_moderate_item_t   *item;
    ngx_http_moderate_batch_t   batch;

    item = sweep->found.elts;
    key = ngx_palloc(sweep->pool, sizeof(ngx_str_t) * sweep->found.nelts);
    if (key == NULL) {
        return NGX_ERROR;
    }

    ngx_http_moderate_batch_init(&batch, sweep->pool);

    for (i = 0; i < sweep->found.nelts; i++) {

        if (ngx_http_moderate_key_held(sweep->pool, &sweep->site,
                                       &item[i].record.id, &key[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_moderate_command(&batch, "HMGET");
        ngx_http_moderate_arg(&batch, &key[i]);
        ngx_http_moderate_word(&batch, "version");
        ngx_http_moderate_word(&batch, "since");
        ngx_http_moderate_word(&batch, "appeal");
    }

    /* one more, so that the reply is an array of them even for one id */

    ngx_http_moderate_command(&batch, "PING");

    return ngx_http_moderate_send(sweep->conf->queue, &batch, NULL,
                                  ngx_http_moderate_sweep_items_done, sweep);
}


static void
ngx_http_moderate_sweep_items_done(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_http_moderate_sweep_t *sweep = data;

    ngx_uint_t                 i;
    ngx_http_moderate_item_t  *item;

    item = sweep->found.elts;

    for (i = 0; rc == NGX_OK && i < sweep->found.nelts; i++) {
        ngx_http_moderate_sweep_item(sweep, &item[i],
                                     ngx_http_moderate_reply_at(reply, i));
    }

    ngx_http_moderate_sweep_end(sweep);
}


static void
ngx_http_moderate_sweep_item(ngx_http_moderate_sweep_t *sweep,
    ngx_http_moderate_item_t *item, redisReply *reply)
{
    ngx_str_t  since, appeal;

    item->version = ngx_http_moderate_reply_int(
                        ngx_http_moderate_reply_at(reply, 0), 0);

    ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(reply, 1), &since);
    ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(reply, 2), &appeal);

    item->since = ngx_http_moderate_since(&since, item->state);
    item->appealed = (appeal.len != 0);

    if (item->since == 0) {
        ngx_http_moderate_sweep_stamp(sweep, item);

    } else if (ngx_http_moderate_lease_over(item)) {
        (void) ngx_http_moderate_recover(NULL, sweep->conf->queue,
                                         &sweep->site, item, NULL, NULL);
    }
}


/* moved while Redis was full: its time starts when it is first seen */

static void
ngx_http_moderate_sweep_stamp(ngx_http_moderate_sweep_t *sweep,
    ngx_http_moderate_item_t *item)
{
    ngx_str_t                  key, since;
    ngx_http_moderate_batch_t  batch;

    /* erased: there is no hash to write into */

    if (item->version == 0
        || ngx_http_moderate_key_held(sweep->pool, &sweep->site,
                                      &item->record.id, &key) != NGX_OK
        || ngx_http_moderate_since_now(sweep->pool, item->state, &since)
           != NGX_OK)
    {
        return;
    }

    ngx_http_moderate_batch_init(&batch, sweep->pool);

    ngx_http_moderate_command(&batch, "HSET");
    ngx_http_moderate_arg(&batch, &key);
    ngx_http_moderate_word(&batch, "since");
    ngx_http_moderate_arg(&batch, &since);

    (void) ngx_http_moderate_send(sweep->conf->queue, &batch, NULL, NULL,
                                  NULL);
}


static void
ngx_http_moderate_sweep_end(ngx_http_moderate_sweep_t *sweep)
{
    ngx_uint_t                      i;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = sweep->conf;
    i = sweep->i + 1;

    ngx_destroy_pool(sweep->pool);

    ngx_http_moderate_sweep_site(mmcf, i);
}
