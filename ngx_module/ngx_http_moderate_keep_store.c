
/*
 * Copyright (C) the moderate authors
 *
 * The keeper: one worker that goes round all that is held, a piece of each
 * site at a time.  It tells how long the queue has waited, removes what has
 * been over for longer than is said, and puts right what a crash has left in
 * the indexes of the queue.  Each of several nginx has one; what two of them
 * do at the same time has one winner, or may be done twice.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_unnoted.h"
#include "ngx_http_moderate_waiting.h"


#define NGX_HTTP_MODERATE_KEEP          1000    /* ms, and some chance */
#define NGX_HTTP_MODERATE_KEEP_PAUSE    5       /* seconds between rounds */
#define NGX_HTTP_MODERATE_KEEP_IDS      250     /* of a piece */
#define NGX_HTTP_MODERATE_KEEP_CHANGES  100     /* of a piece */
#define NGX_HTTP_MODERATE_KEEP_REMOVING 20


typedef enum {
    NGX_HTTP_MODERATE_KEEP_ADD = 0,     /* to the queue's indexes */
    NGX_HTTP_MODERATE_KEEP_TAKE,        /* out of them */
    NGX_HTTP_MODERATE_KEEP_REMOVE
} ngx_http_moderate_keep_e;


/* of a site, in this process */

struct ngx_http_moderate_keeper_s {
    uint64_t                    received;   /* ms: where the next piece is */
    ngx_uint_t                  offset;     /* of those of that time */
    time_t                      next;       /* not before */
    ngx_uint_t                  nremoving;  /* seen in the piece before */
    u_char                      removing[NGX_HTTP_MODERATE_KEEP_REMOVING]
                                        [NGX_HTTP_MODERATE_ID_LEN];
    unsigned                    round_over:1;
    ngx_http_moderate_unnoted_t  unnoted;
};


typedef struct {
    ngx_http_moderate_item_t    item;       /* what is needed of it */
    ngx_uint_t                  noted;      /* the state, by its last note */
    ngx_uint_t                  queued;
    ngx_http_moderate_keep_e    change;
} ngx_http_moderate_kept_item_t;


/* one piece of one site */

typedef struct {
    ngx_pool_t                     *pool;
    ngx_http_moderate_main_conf_t  *conf;
    ngx_uint_t                      i;          /* of conf->sites */
    ngx_http_moderate_srv_conf_t   *srv;
    ngx_array_t                     items;      /* of kept_item_t */
} ngx_http_moderate_piece_t;


static void ngx_http_moderate_keep(ngx_event_t *ev);
static void ngx_http_moderate_keep_site(ngx_http_moderate_main_conf_t *mmcf,
    ngx_uint_t i);
static ngx_int_t ngx_http_moderate_keep_begin(
    ngx_http_moderate_piece_t *piece);
static void ngx_http_moderate_keep_begun(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_keep_removing(ngx_http_moderate_piece_t *piece,
    redisReply *ids);
static void ngx_http_moderate_keep_finish(ngx_http_moderate_piece_t *piece,
    ngx_str_t *id);
static ngx_int_t ngx_http_moderate_keep_ids(ngx_http_moderate_piece_t *piece,
    redisReply *ids);
static ngx_int_t ngx_http_moderate_keep_states(
    ngx_http_moderate_piece_t *piece);
static void ngx_http_moderate_keep_states_done(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_uint_t ngx_http_moderate_keep_noted(ngx_str_t *since);
static ngx_uint_t ngx_http_moderate_keep_change(
    ngx_http_moderate_piece_t *piece, ngx_http_moderate_kept_item_t *kept);
static ngx_int_t ngx_http_moderate_keep_items(
    ngx_http_moderate_piece_t *piece);
static void ngx_http_moderate_keep_items_done(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_keep_do(ngx_http_moderate_piece_t *piece,
    ngx_http_moderate_kept_item_t *kept);
static void ngx_http_moderate_keep_end(ngx_http_moderate_piece_t *piece);


void
ngx_http_moderate_keep_start(ngx_http_moderate_main_conf_t *mmcf,
    ngx_cycle_t *cycle)
{
    ngx_uint_t                      i;
    ngx_http_moderate_srv_conf_t  **site;

    if (ngx_worker != 0) {
        return;
    }

    site = mmcf->sites.elts;

    for (i = 0; i < mmcf->sites.nelts; i++) {
        site[i]->keeper = ngx_pcalloc(cycle->pool,
                                      sizeof(ngx_http_moderate_keeper_t));
        if (site[i]->keeper == NULL) {
            return;
        }
    }

    mmcf->keep.handler = ngx_http_moderate_keep;
    mmcf->keep.data = mmcf;
    mmcf->keep.log = cycle->log;
    mmcf->keep.cancelable = 1;

    ngx_add_timer(&mmcf->keep, ngx_random() % NGX_HTTP_MODERATE_KEEP + 1);
}


static void
ngx_http_moderate_keep(ngx_event_t *ev)
{
    if (ngx_exiting) {
        return;
    }

    ngx_add_timer(ev, NGX_HTTP_MODERATE_KEEP
                      + ngx_random() % (NGX_HTTP_MODERATE_KEEP / 4));

    ngx_http_moderate_keep_site(ev->data, 0);
}


/* sites one behind the other, from this one on; the first server says how */

static void
ngx_http_moderate_keep_site(ngx_http_moderate_main_conf_t *mmcf, ngx_uint_t i)
{
    ngx_pool_t                     *pool;
    ngx_http_moderate_piece_t      *piece;
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

    piece = ngx_pcalloc(pool, sizeof(ngx_http_moderate_piece_t));

    if (piece != NULL) {
        piece->pool = pool;
        piece->conf = mmcf;
        piece->i = i;
        piece->srv = site[i];

        if (ngx_http_moderate_keep_begin(piece) == NGX_OK) {
            return;
        }
    }

    ngx_destroy_pool(pool);
}


static ngx_int_t
ngx_http_moderate_keep_begin(ngx_http_moderate_piece_t *piece)
{
    ngx_str_t                    index, removing;
    ngx_http_moderate_batch_t    batch;
    ngx_http_moderate_keeper_t  *keeper;

    keeper = piece->srv->keeper;

    if (ngx_http_moderate_key_index(piece->pool, &piece->srv->site, &index)
        != NGX_OK
        || ngx_http_moderate_key_state(piece->pool, &piece->srv->site,
                                       NGX_HTTP_MODERATE_REMOVING, &removing)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_moderate_batch_init(&batch, piece->pool);
    ngx_http_moderate_waiting_ask(&batch, &piece->srv->site);

    ngx_http_moderate_command(&batch, "SRANDMEMBER");
    ngx_http_moderate_arg(&batch, &removing);
    ngx_http_moderate_number(&batch, NGX_HTTP_MODERATE_KEEP_REMOVING);

    ngx_http_moderate_command(&batch, "ZRANGEBYSCORE");
    ngx_http_moderate_arg(&batch, &index);
    ngx_http_moderate_number(&batch, keeper->received);
    ngx_http_moderate_word(&batch, "+inf");
    ngx_http_moderate_word(&batch, "WITHSCORES");
    ngx_http_moderate_word(&batch, "LIMIT");
    ngx_http_moderate_number(&batch, keeper->offset);
    ngx_http_moderate_number(&batch, keeper->next > ngx_time()
                                     ? 0 : NGX_HTTP_MODERATE_KEEP_IDS);

    return ngx_http_moderate_send(piece->conf->queue, &batch, NULL,
                                  ngx_http_moderate_keep_begun, piece);
}


static void
ngx_http_moderate_keep_begun(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_piece_t *piece = data;

    ngx_http_moderate_waiting_t  waiting;

    if (rc != NGX_OK || reply->elements < 2) {
        ngx_http_moderate_keep_end(piece);
        return;
    }

    ngx_http_moderate_waiting_read(reply, &waiting);
    ngx_http_moderate_waiting_tell(piece->conf, piece->srv, &waiting);

    ngx_http_moderate_keep_removing(piece,
                                    reply->element[reply->elements - 2]);

    if (ngx_http_moderate_keep_ids(piece,
                                   reply->element[reply->elements - 1])
        != NGX_OK
        || piece->items.nelts == 0
        || ngx_http_moderate_keep_states(piece) != NGX_OK)
    {
        ngx_http_moderate_keep_end(piece);
    }
}


/*
 * What was seen a piece ago is removed once more, with all that was written
 * late, and then forgotten.
 */

static void
ngx_http_moderate_keep_removing(ngx_http_moderate_piece_t *piece,
    redisReply *ids)
{
    size_t                       i;
    ngx_str_t                    id;
    ngx_uint_t                   n;
    ngx_http_moderate_keeper_t  *keeper;

    keeper = piece->srv->keeper;

    for (i = 0; ids != NULL && i < ids->elements; i++) {
        ngx_http_moderate_reply_str(ids->element[i], &id);

        for (n = 0; n < keeper->nremoving; n++) {
            if (id.len == NGX_HTTP_MODERATE_ID_LEN
                && ngx_memcmp(keeper->removing[n], id.data, id.len) == 0)
            {
                ngx_http_moderate_keep_finish(piece, &id);
                break;
            }
        }
    }

    n = 0;

    for (i = 0; ids != NULL && i < ids->elements; i++) {
        ngx_http_moderate_reply_str(ids->element[i], &id);

        if (id.len == NGX_HTTP_MODERATE_ID_LEN
            && n < NGX_HTTP_MODERATE_KEEP_REMOVING)
        {
            ngx_memcpy(keeper->removing[n++], id.data, id.len);
        }
    }

    keeper->nremoving = n;
}


static void
ngx_http_moderate_keep_finish(ngx_http_moderate_piece_t *piece, ngx_str_t *id)
{
    ngx_str_t                  held, index, removing;
    ngx_http_moderate_batch_t  batch;

    if (ngx_http_moderate_key_held(piece->pool, &piece->srv->site, id, &held)
        != NGX_OK
        || ngx_http_moderate_key_index(piece->pool, &piece->srv->site, &index)
           != NGX_OK
        || ngx_http_moderate_key_state(piece->pool, &piece->srv->site,
                                       NGX_HTTP_MODERATE_REMOVING, &removing)
           != NGX_OK)
    {
        return;
    }

    ngx_http_moderate_batch_init(&batch, piece->pool);
    batch.apart = 1;

    ngx_http_moderate_command(&batch, "DEL");
    ngx_http_moderate_arg(&batch, &held);

    ngx_http_moderate_command(&batch, "ZREM");
    ngx_http_moderate_arg(&batch, &index);
    ngx_http_moderate_arg(&batch, id);

    ngx_http_moderate_command(&batch, "SREM");
    ngx_http_moderate_arg(&batch, &removing);
    ngx_http_moderate_arg(&batch, id);

    (void) ngx_http_moderate_send(piece->conf->queue, &batch, NULL, NULL,
                                  NULL);
}


/* the oldest first; behind the last of them, the round begins anew */

static ngx_int_t
ngx_http_moderate_keep_ids(ngx_http_moderate_piece_t *piece, redisReply *ids)
{
    size_t                          i;
    uint64_t                        received;
    ngx_str_t                       id;
    ngx_http_moderate_keeper_t     *keeper;
    ngx_http_moderate_kept_item_t  *kept;

    keeper = piece->srv->keeper;

    if (ngx_array_init(&piece->items, piece->pool, NGX_HTTP_MODERATE_KEEP_IDS,
                       sizeof(ngx_http_moderate_kept_item_t))
        != NGX_OK
        || ids->type != REDIS_REPLY_ARRAY)
    {
        return NGX_ERROR;
    }

    for (i = 0; i + 1 < ids->elements; i += 2) {
        ngx_http_moderate_reply_str(ids->element[i], &id);
        received = ngx_http_moderate_reply_int(ids->element[i + 1], 0);

        if (received == keeper->received) {
            keeper->offset++;

        } else {
            keeper->received = received;
            keeper->offset = 1;
        }

        kept = ngx_array_push(&piece->items);

        if (kept == NULL
            || ngx_http_moderate_copy(piece->pool, &id) != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_memzero(kept, sizeof(ngx_http_moderate_kept_item_t));
        kept->item.record.id = id;
        kept->item.state = NGX_HTTP_MODERATE_STATES;
    }

    if (keeper->next <= ngx_time()
        && ids->elements < 2 * NGX_HTTP_MODERATE_KEEP_IDS)
    {
        keeper->received = 0;
        keeper->offset = 0;
        keeper->round_over = 1;
        keeper->next = ngx_time() + NGX_HTTP_MODERATE_KEEP_PAUSE;
    }

    return NGX_OK;
}


/* all are reads, so that they need no memory of a full Redis */

static ngx_int_t
ngx_http_moderate_keep_states(ngx_http_moderate_piece_t *piece)
{
    ngx_str_t                       key;
    ngx_uint_t                      i, n;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_kept_item_t  *kept;

    kept = piece->items.elts;

    ngx_http_moderate_batch_init(&batch, piece->pool);

    for (n = 0; n <= NGX_HTTP_MODERATE_STATES; n++) {

        if (n < NGX_HTTP_MODERATE_STATES) {
            if (ngx_http_moderate_key_state(piece->pool, &piece->srv->site, n,
                                            &key) != NGX_OK)
            {
                return NGX_ERROR;
            }

            ngx_http_moderate_command(&batch, "SMISMEMBER");

        } else {
            if (ngx_http_moderate_key_queue(piece->pool, &piece->srv->site, 0,
                                            NULL, &key) != NGX_OK)
            {
                return NGX_ERROR;
            }

            ngx_http_moderate_command(&batch, "ZMSCORE");
        }

        ngx_http_moderate_arg(&batch, &key);

        for (i = 0; i < piece->items.nelts; i++) {
            ngx_http_moderate_arg(&batch, &kept[i].item.record.id);
        }
    }

    for (i = 0; i < piece->items.nelts; i++) {

        if (ngx_http_moderate_key_held(piece->pool, &piece->srv->site,
                                       &kept[i].item.record.id, &key)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_moderate_command(&batch, "HMGET");
        ngx_http_moderate_arg(&batch, &key);
        ngx_http_moderate_word(&batch, "since");
        ngx_http_moderate_word(&batch, "version");
    }

    return ngx_http_moderate_send(piece->conf->queue, &batch, NULL,
                                  ngx_http_moderate_keep_states_done, piece);
}


static void
ngx_http_moderate_keep_states_done(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_http_moderate_piece_t *piece = data;

    redisReply                     *one;
    ngx_str_t                       since;
    ngx_uint_t                      i, n, changes;
    ngx_http_moderate_kept_item_t  *kept;

    kept = piece->items.elts;
    changes = 0;

    for (i = 0; rc == NGX_OK && i < piece->items.nelts; i++) {

        for (n = 0; n < NGX_HTTP_MODERATE_STATES; n++) {
            one = ngx_http_moderate_reply_at(reply, n);

            if (ngx_http_moderate_reply_int(
                    ngx_http_moderate_reply_at(one, i), 0))
            {
                kept[i].item.state = n;
            }
        }

        one = ngx_http_moderate_reply_at(reply, NGX_HTTP_MODERATE_STATES);
        kept[i].queued = ngx_http_moderate_reply_int(
                             ngx_http_moderate_reply_at(one, i), 0) != 0;

        one = ngx_http_moderate_reply_at(reply,
                                         NGX_HTTP_MODERATE_STATES + 1 + i);
        ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(one, 0),
                                    &since);
        kept[i].noted = ngx_http_moderate_keep_noted(&since);
        kept[i].item.since = ngx_http_moderate_since(&since,
                                                     kept[i].item.state);
        kept[i].item.version = ngx_http_moderate_reply_int(
                                   ngx_http_moderate_reply_at(one, 1), 0);

        ngx_http_moderate_unnoted_look(piece->conf, piece->srv,
                                       &piece->srv->keeper->unnoted,
                                       &kept[i].item, kept[i].noted);

        if (changes < NGX_HTTP_MODERATE_KEEP_CHANGES
            && ngx_http_moderate_keep_change(piece, &kept[i]))
        {
            kept[changes++] = kept[i];
        }
    }

    piece->items.nelts = changes;

    if (changes == 0 || ngx_http_moderate_keep_items(piece) != NGX_OK) {
        ngx_http_moderate_keep_end(piece);
    }
}


/* what was held and never moved has no note of its own */

static ngx_uint_t
ngx_http_moderate_keep_noted(ngx_str_t *since)
{
    ngx_uint_t  n;

    for (n = 0; n < NGX_HTTP_MODERATE_STATES; n++) {
        if (ngx_http_moderate_since(since, n)) {
            return n;
        }
    }

    return NGX_HTTP_MODERATE_PENDING_STATE;
}


/* of no state: it is on its way, and looked at in the next round */

static ngx_uint_t
ngx_http_moderate_keep_change(ngx_http_moderate_piece_t *piece,
    ngx_http_moderate_kept_item_t *kept)
{
    time_t  time;

    switch (kept->item.state) {

    case NGX_HTTP_MODERATE_STATES:
        return 0;

    case NGX_HTTP_MODERATE_DELIVERED:
    case NGX_HTTP_MODERATE_REJECTED_STATE:
    case NGX_HTTP_MODERATE_FAILED_STATE:
    case NGX_HTTP_MODERATE_UNKNOWN:
        time = piece->srv->retention[kept->item.state];

        if (time && kept->item.since
            && kept->item.since + time <= ngx_time())
        {
            kept->change = NGX_HTTP_MODERATE_KEEP_REMOVE;
            return 1;
        }

        kept->change = NGX_HTTP_MODERATE_KEEP_TAKE;
        return kept->queued;

    default:
        kept->change = NGX_HTTP_MODERATE_KEEP_ADD;
        return !kept->queued;
    }
}


static ngx_int_t
ngx_http_moderate_keep_items(ngx_http_moderate_piece_t *piece)
{
    ngx_str_t                       key;
    ngx_uint_t                      i;
    ngx_http_moderate_batch_t       batch;
    ngx_http_moderate_kept_item_t  *kept;

    kept = piece->items.elts;

    ngx_http_moderate_batch_init(&batch, piece->pool);

    for (i = 0; i < piece->items.nelts; i++) {

        if (ngx_http_moderate_key_held(piece->pool, &piece->srv->site,
                                       &kept[i].item.record.id, &key)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_moderate_command(&batch, "HMGET");
        ngx_http_moderate_arg(&batch, &key);
        ngx_http_moderate_word(&batch, "version");
        ngx_http_moderate_word(&batch, "received");
        ngx_http_moderate_word(&batch, "form");
        ngx_http_moderate_word(&batch, "hits");
    }

    /* one more, so that the reply is an array of them even for one id */

    ngx_http_moderate_command(&batch, "PING");

    return ngx_http_moderate_send(piece->conf->queue, &batch, NULL,
                                  ngx_http_moderate_keep_items_done, piece);
}


static void
ngx_http_moderate_keep_items_done(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_piece_t *piece = data;

    redisReply                     *one;
    ngx_uint_t                      i;
    ngx_http_moderate_record_t     *record;
    ngx_http_moderate_kept_item_t  *kept;

    kept = piece->items.elts;

    for (i = 0; rc == NGX_OK && i < piece->items.nelts; i++) {
        one = ngx_http_moderate_reply_at(reply, i);
        record = &kept[i].item.record;

        kept[i].item.version = ngx_http_moderate_reply_int(
                                   ngx_http_moderate_reply_at(one, 0), 0);

        ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(one, 1),
                                    &record->received);
        ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(one, 2),
                                    &record->form);
        ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(one, 3),
                                    &record->hits);

        if (kept[i].item.version) {
            ngx_http_moderate_keep_do(piece, &kept[i]);
        }
    }

    ngx_http_moderate_keep_end(piece);
}


static void
ngx_http_moderate_keep_do(ngx_http_moderate_piece_t *piece,
    ngx_http_moderate_kept_item_t *kept)
{
    ngx_http_moderate_move_t     move;
    ngx_http_moderate_batch_t    batch;
    ngx_http_moderate_record_t  *record;

    record = &kept->item.record;

    if (kept->change == NGX_HTTP_MODERATE_KEEP_REMOVE) {
        ngx_memzero(&move, sizeof(ngx_http_moderate_move_t));

        move.redis = piece->conf->queue;
        move.site = piece->srv->site;
        move.id = record->id;
        move.from = kept->item.state;
        move.to = NGX_HTTP_MODERATE_REMOVING;
        move.version = kept->item.version + 1;
        move.item = &kept->item;
        ngx_str_set(&move.actor, "nginx");
        ngx_str_set(&move.action, "remove");
        ngx_str_set(&move.detail, "retention");

        (void) ngx_http_moderate_move(NULL, &move, NULL, NULL);

        return;
    }

    ngx_http_moderate_batch_init(&batch, piece->pool);
    batch.apart = 1;

    if (kept->change == NGX_HTTP_MODERATE_KEEP_ADD) {
        ngx_http_moderate_queue_add(&batch, &piece->srv->site, &record->id,
                                    &record->received, &record->form,
                                    &record->hits);

    } else {
        ngx_http_moderate_queue_remove(&batch, &piece->srv->site, &record->id,
                                       &record->form, &record->hits);
    }

    (void) ngx_http_moderate_send(piece->conf->queue, &batch, NULL, NULL,
                                  NULL);
}


static void
ngx_http_moderate_keep_end(ngx_http_moderate_piece_t *piece)
{
    ngx_uint_t                      i;
    ngx_http_moderate_keeper_t     *keeper;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = piece->conf;
    i = piece->i + 1;
    keeper = piece->srv->keeper;

    if (keeper->round_over) {
        keeper->round_over = 0;
        ngx_http_moderate_unnoted_round(&keeper->unnoted);
    }

    ngx_destroy_pool(piece->pool);

    ngx_http_moderate_keep_site(mmcf, i);
}
