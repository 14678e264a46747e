
/*
 * Copyright (C) the moderate authors
 *
 * Redis over hiredis' asynchronous API on nginx's event loop: one connection
 * per worker and endpoint, commands in batches, a deadline for each batch.
 */


#ifndef NGX_HTTP_MODERATE_REDIS_H_INCLUDED_
#define NGX_HTTP_MODERATE_REDIS_H_INCLUDED_


#include "ngx_http_moderate_module.h"
#include "ngx_http_moderate_audit.h"

#include <hiredis/hiredis.h>
#include <hiredis/async.h>


/*
 * Commands sent together: one as it is, several as a transaction; but those
 * that only read, or may be done in part, one behind the other.
 */

typedef struct ngx_http_moderate_batch_s {
    ngx_pool_t                 *pool;
    ngx_array_t                 commands;       /* of ngx_array_t of str_t */
    size_t                      bytes;
    unsigned                    failed:1;       /* sticky: out of memory */
    unsigned                    apart:1;        /* no transaction is needed */
} ngx_http_moderate_batch_t;


/*
 * What has become of a batch.  NGX_OK: reply is the command's reply, or the
 * array of all replies; it lives until the handler returns.  NGX_DECLINED:
 * Redis refused, nothing was done.  NGX_ERROR: Redis is away or did not answer
 * in time; it is not known whether the commands were done.
 */
typedef void (*ngx_http_moderate_reply_pt)(void *data, ngx_int_t rc,
    redisReply *reply);


/*
 * Build a batch.  What is added is not copied: it has to live until the batch
 * is sent.  An error is kept and returned by ngx_http_moderate_send.
 */
void ngx_http_moderate_batch_init(ngx_http_moderate_batch_t *batch,
    ngx_pool_t *pool);
void ngx_http_moderate_command(ngx_http_moderate_batch_t *batch, char *name);
void ngx_http_moderate_arg(ngx_http_moderate_batch_t *batch, ngx_str_t *arg);
void ngx_http_moderate_word(ngx_http_moderate_batch_t *batch, char *arg);
void ngx_http_moderate_number(ngx_http_moderate_batch_t *batch, uint64_t n);

/*
 * Sends the batch, which ends its life.  The handler is called once, later,
 * unless the wait, kept in *slot until then, is detached.  slot may be NULL
 * with a handler that needs no owner.  NGX_ERROR: not sent, no call.
 */
ngx_int_t ngx_http_moderate_send(ngx_http_moderate_redis_t *redis,
    ngx_http_moderate_batch_t *batch, ngx_http_moderate_wait_t **slot,
    ngx_http_moderate_reply_pt handler, void *data);

/*
 * Reads of a reply; a reply of another type, or NULL, is as if there was
 * nothing there: an empty string, the default number, NULL.
 */
void ngx_http_moderate_reply_str(redisReply *reply, ngx_str_t *value);
ngx_int_t ngx_http_moderate_reply_int(redisReply *reply, ngx_int_t absent);
redisReply *ngx_http_moderate_reply_at(redisReply *reply, size_t i);


/* ngx_http_moderate_waiting_store.c */

/*
 * Adds reads of how the queue of a site is; the first replies are theirs, and
 * are read back.
 */
struct ngx_http_moderate_waiting_s;

void ngx_http_moderate_waiting_ask(ngx_http_moderate_batch_t *batch,
    ngx_str_t *site);
void ngx_http_moderate_waiting_read(redisReply *reply,
    struct ngx_http_moderate_waiting_s *waiting);


/* ngx_http_moderate_audit_store.c */

/* Adds an event that was made to the batch; key and event live until then. */
void ngx_http_moderate_audit_add(ngx_http_moderate_batch_t *batch,
    ngx_str_t *key, ngx_http_moderate_audit_event_t *event);


#endif /* NGX_HTTP_MODERATE_REDIS_H_INCLUDED_ */
