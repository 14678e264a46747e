
/*
 * Copyright (C) the moderate authors
 *
 * The queue of held submissions, as nginx sees it.  What is handed to a
 * handler lives as long as the request.
 */


#ifndef NGX_HTTP_MODERATE_STORE_H_INCLUDED_
#define NGX_HTTP_MODERATE_STORE_H_INCLUDED_


#include "ngx_http_moderate_module.h"
#include "ngx_http_moderate_keys.h"
#include "ngx_http_moderate_figures.h"
#include "ngx_http_moderate_audit.h"


#define NGX_HTTP_MODERATE_LIST_MAX   200    /* items of one page */
#define NGX_HTTP_MODERATE_SCAN_MAX   5000   /* ids looked at for one page */
#define NGX_HTTP_MODERATE_LEASE      600    /* seconds a claim lasts */
#define NGX_HTTP_MODERATE_UNDO       600    /* seconds to undo a rejection */
#define NGX_HTTP_MODERATE_NOTE_MAX   2000   /* characters of a note */
#define NGX_HTTP_MODERATE_NOTES_MAX  50     /* of one item */

/*
 * Seconds after which a crash is assumed: approved lasts for one round trip to
 * Redis, replaying for as long as a backend is waited for.
 */

#define NGX_HTTP_MODERATE_APPROVED_LEASE   60
#define NGX_HTTP_MODERATE_REPLAYING_LEASE  600


typedef struct {
    ngx_http_moderate_record_t  record;
    ngx_uint_t                  state;      /* STATES: in none */
    ngx_uint_t                  version;
    ngx_str_t                   actor;      /* of the last transition */
    ngx_str_t                   claimed_by;
    ngx_uint_t                  claimed_at; /* seconds since the epoch */
    time_t                      since;      /* in this state; 0: not noted */
    ngx_str_t                   moved;      /* state and time, as noted */
    ngx_array_t                 history;    /* of event_t, by version */
    ngx_str_t                   appeal;     /* note of the receipt's holder */
    ngx_str_t                   explanation;    /* of the rejection, or none */

    /* as the history tells; NULL: not, or it was not noted */
    struct ngx_http_moderate_event_s  *rejected;    /* the last time */
    struct ngx_http_moderate_event_s  *judged;      /* before the appeal */
    ngx_uint_t                  notes;      /* of moderators */
    ngx_str_t                   mark;       /* of its key; empty: plain */
    ngx_uint_t                  payload;    /* payload_e; 0: it can be read */
    unsigned                    appealed:1; /* once, whatever came of it */
} ngx_http_moderate_item_t;


typedef struct ngx_http_moderate_event_s {
    ngx_uint_t                  version;
    ngx_uint_t                  note;       /* its number; 0: none */
    ngx_str_t                   time;       /* ms */
    ngx_str_t                   actor;
    ngx_str_t                   action;
    ngx_str_t                   detail;     /* or empty */
    ngx_str_t                   column;     /* while the item is read */
} ngx_http_moderate_event_t;


/*
 * Stores a submission that is held: all of it in one transaction, or nothing.
 * The handler gets NGX_OK, NGX_DECLINED (refused) or NGX_ERROR (not known; the
 * same record may be stored again).  NGX_ERROR: not sent, no call.
 */
typedef void (*ngx_http_moderate_hold_pt)(ngx_http_request_t *r, ngx_int_t rc);

ngx_int_t ngx_http_moderate_hold(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_record_t *record,
    ngx_http_moderate_hold_pt handler);


/*
 * Reads one item whole.  The handler gets NGX_OK, NGX_DECLINED (there is none)
 * or NGX_ERROR.  An item whose payload is not 0 has nothing of what was sent
 * and cannot be delivered.
 */
typedef void (*ngx_http_moderate_item_pt)(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item);

ngx_int_t ngx_http_moderate_item(ngx_http_request_t *r,
    ngx_http_moderate_wait_t **slot, ngx_str_t *site, ngx_str_t *id,
    ngx_http_moderate_item_pt handler);


/*
 * Adds what a moderator notes to the history of an item that was read.  The
 * handler gets NGX_OK, or NGX_ERROR: it may have been added.
 */
typedef void (*ngx_http_moderate_note_pt)(ngx_http_request_t *r, ngx_int_t rc);

ngx_int_t ngx_http_moderate_note(ngx_http_request_t *r,
    ngx_http_moderate_wait_t **slot, ngx_str_t *site,
    ngx_http_moderate_item_t *item, ngx_str_t *actor, ngx_str_t *text,
    ngx_http_moderate_note_pt handler);

/*
 * Tells whether it is a note: text in UTF-8, not blank, of NOTE_MAX characters
 * at most; a line's end counts as one.
 */
ngx_uint_t ngx_http_moderate_note_ok(ngx_str_t *note);


/*
 * ngx_http_moderate_queue_index_store.c: what waits for a person, by time.
 * Each adds commands to a batch; the strings live until it is sent.  hits is
 * the JSON of a record.  What was removed is in no index of the queue.
 */
#define NGX_HTTP_MODERATE_BY_CATEGORY  'c'
#define NGX_HTTP_MODERATE_BY_RULE      'r'
#define NGX_HTTP_MODERATE_BY_FORM      'f'

struct ngx_http_moderate_batch_s;

void ngx_http_moderate_queue_add(struct ngx_http_moderate_batch_s *batch,
    ngx_str_t *site, ngx_str_t *id, ngx_str_t *received, ngx_str_t *form,
    ngx_str_t *hits);
void ngx_http_moderate_queue_remove(struct ngx_http_moderate_batch_s *batch,
    ngx_str_t *site, ngx_str_t *id, ngx_str_t *form, ngx_str_t *hits);


/* A page of the queue, newest first; filters of length 0 let all through. */

typedef struct {
    ngx_http_request_t         *request;
    ngx_http_moderate_wait_t  **slot;
    ngx_str_t                   site;

    ngx_uint_t                  states;     /* a bit each; 0: any */
    ngx_str_t                   form;
    ngx_str_t                   rule;
    ngx_str_t                   category;
    ngx_uint_t                  limit;
    unsigned                    appealed:1; /* only those */
    uint64_t                    before;     /* ms; with before_id */
    ngx_str_t                   before_id;

    ngx_array_t                 items;      /* of item_t; record in part */
    ngx_str_t                   next;       /* cursor; empty at the end */

    /* of the scan */
    void                      (*handler)(ngx_http_request_t *r, ngx_int_t rc);
    ngx_str_t                   key;        /* where ids are */
    ngx_array_t                 ids;        /* of id_t: those that may fit */
    ngx_uint_t                  read;       /* of them */
    ngx_str_t                   seen;       /* the last id that was looked at */
    ngx_uint_t                  batch;
    ngx_uint_t                  offset;
    ngx_uint_t                  scanned;
    unsigned                    last:1;
} ngx_http_moderate_list_t;

ngx_int_t ngx_http_moderate_list(ngx_http_moderate_list_t *list);


/*
 * A transition: one SMOVE, so it has one winner and works on a full Redis.
 * What is noted beside it (version, actor, history, event) is written by the
 * winner, and is missing when Redis is full.  It goes on when the request has
 * ended; only the handler is not called then.
 *
 * An appeal's note is no such thing: it is written in one transaction with the
 * SMOVE, which a full Redis refuses as a whole.
 *
 * The handler gets NGX_OK, NGX_DECLINED (the item is in another state: someone
 * was first) or NGX_ERROR.
 */
typedef struct ngx_http_moderate_move_s  ngx_http_moderate_move_t;

typedef void (*ngx_http_moderate_move_pt)(ngx_http_request_t *r, ngx_int_t rc);

struct ngx_http_moderate_move_s {
    ngx_pool_t                 *pool;
    ngx_http_moderate_redis_t  *redis;
    ngx_http_request_t         *request;    /* NULL: it has ended */
    ngx_http_moderate_move_t  **slot;
    ngx_http_moderate_wait_t   *wait;
    ngx_http_moderate_move_pt   handler;

    ngx_str_t                   site;
    ngx_str_t                   id;
    ngx_uint_t                  from;
    ngx_uint_t                  to;
    ngx_uint_t                  version;    /* after it */
    ngx_str_t                   actor;
    ngx_str_t                   action;
    ngx_str_t                   detail;     /* reason code, status; or none */
    ngx_str_t                   appeal;     /* kept with the move, or not */
    ngx_str_t                   explanation;    /* noted behind it, or none */
    ngx_http_moderate_item_t   *item;       /* to be counted; while it lives */
    ngx_http_moderate_figure_t  figure;     /* what of it is counted */
    ngx_http_moderate_audit_event_t  *event;
};

/*
 * Copies what move says, which has to be a step of the table in
 * ngx_http_moderate_steps.c; *slot is the way to detach it.  Without a request,
 * r NULL, move->redis is used, slot may be NULL and nobody is told.
 */
ngx_int_t ngx_http_moderate_move(ngx_http_request_t *r,
    ngx_http_moderate_move_t *move, ngx_http_moderate_move_t **slot,
    ngx_http_moderate_move_pt handler);

/* Puts a copy of the string into the pool.  NGX_ERROR: out of memory. */
ngx_int_t ngx_http_moderate_copy(ngx_pool_t *pool, ngx_str_t *s);


/* ngx_http_moderate_recover_store.c */

/* Tells whether the item was left in its state by a crash. */
ngx_uint_t ngx_http_moderate_lease_over(ngx_http_moderate_item_t *item);

/* Returns the time in "STATE TIME", or 0 when it is of another state. */
time_t ngx_http_moderate_since(ngx_str_t *since, ngx_uint_t state);

/* Makes that of now.  NGX_ERROR: out of memory. */
ngx_int_t ngx_http_moderate_since_now(ngx_pool_t *pool, ngx_uint_t state,
    ngx_str_t *since);

/* Moves such an item on: to where it can be decided again, or to unknown. */
ngx_int_t ngx_http_moderate_recover(ngx_http_request_t *r,
    ngx_http_moderate_redis_t *redis, ngx_str_t *site,
    ngx_http_moderate_item_t *item, ngx_http_moderate_move_t **slot,
    ngx_http_moderate_move_pt handler);

void ngx_http_moderate_move_detach(ngx_http_moderate_move_t *move);


#endif /* NGX_HTTP_MODERATE_STORE_H_INCLUDED_ */
