
/*
 * Copyright (C) the moderate authors
 *
 * What the *_redis.c files know of each other: a connection and the batches
 * that wait on it.
 */


#ifndef NGX_HTTP_MODERATE_CONNECTION_H_INCLUDED_
#define NGX_HTTP_MODERATE_CONNECTION_H_INCLUDED_


#include "ngx_http_moderate_redis.h"


/* silence with commands in flight after which a connection is given up */

#define NGX_HTTP_MODERATE_SILENCE        10000


struct ngx_http_moderate_redis_s {
    ngx_str_t                   name;           /* as configured */
    char                       *host;           /* or path of a socket */
    int                         port;           /* 0: a socket */
    ngx_str_t                   user;
    ngx_str_t                   password;
    ngx_str_t                   database;
    ngx_msec_t                  timeout;

    /* of this process */

    redisAsyncContext          *ac;
    ngx_connection_t           *connection;
    ngx_event_t                 connecting;     /* deadline of a connect */
    ngx_event_t                 retry;
    ngx_event_t                 check;
    ngx_event_t                 drop;           /* posted */
    ngx_queue_t                 deferred;       /* of waits, until greeted */
    ngx_uint_t                  greeting;       /* replies to AUTH, SELECT */
    ngx_uint_t                  failures;
    ngx_uint_t                  pending;
    size_t                      pending_bytes;
    ngx_msec_t                  since;          /* connected */
    ngx_msec_t                  heard;          /* of the last reply */
    time_t                      logged;
    ngx_pool_t                 *pool;           /* of the safety check */
    redisReplyObjectFunctions  *replies;        /* hiredis' own */
    redisReplyObjectFunctions   guarded;

    unsigned                    queue:1;        /* what is held is here */
    unsigned                    connected:1;
    unsigned                    writing:1;      /* hiredis is at it */
    unsigned                    stopping:1;     /* calls nobody back */
    unsigned                    unsafe:1;
    unsigned                    late:1;         /* since the last reply */
    unsigned                    refused:1;      /* since the last write */

    ngx_http_moderate_redis_stats_t  *stats;    /* or NULL */
};


/* in the protocol of Redis */

typedef struct {
    u_char                     *data;       /* in the same block */
    size_t                      len;
} ngx_http_moderate_formatted_t;


struct ngx_http_moderate_wait_s {
    ngx_queue_t                 queue;          /* while it is deferred */
    ngx_http_moderate_redis_t  *redis;
    ngx_http_moderate_wait_t  **slot;
    ngx_http_moderate_reply_pt  handler;        /* NULL: detached */
    void                       *data;
    ngx_event_t                 timer;
    size_t                      bytes;
    ngx_uint_t                  commands;
    ngx_http_moderate_formatted_t  *formatted;  /* until it is written */
    ngx_uint_t                  left;           /* to write, or replies */
    redisReply                 *gathered;       /* of reads, as of EXEC */
    unsigned                    refused:1;
    unsigned                    writes:1;       /* gathered, but not reads */
};


/* ngx_http_moderate_redis.c: commands */

/*
 * Hands a batch to hiredis.  NGX_ERROR: nothing of it was; the wait is still
 * the caller's.
 */
ngx_int_t ngx_http_moderate_write(ngx_http_moderate_wait_t *wait);

/* Calls the handler, unless it is detached, and ends the wait. */
void ngx_http_moderate_finish(ngx_http_moderate_wait_t *wait, ngx_int_t rc,
    redisReply *reply);

/* Logs an error reply; when another Redis could do better, connects anew. */
void ngx_http_moderate_refusal(ngx_http_moderate_redis_t *redis,
    redisReply *reply);


/* ngx_http_moderate_connection_redis.c */

/* Connects, or sees to it that it is tried later. */
void ngx_http_moderate_redis_connect(ngx_http_moderate_redis_t *redis);

/* Logs what is wrong and shows it, and how the connection is, as status. */
void ngx_http_moderate_redis_fault(ngx_http_moderate_redis_t *redis,
    char *fmt, ...);
void ngx_http_moderate_redis_state(ngx_http_moderate_redis_t *redis);

/* An event handler: gives the connection up and connects later. */
void ngx_http_moderate_redis_drop(ngx_event_t *ev);


/* ngx_http_moderate_conf_redis.c */

/* An event handler: asks whether what is held is safe, again and again. */
void ngx_http_moderate_redis_check(ngx_event_t *ev);


#endif /* NGX_HTTP_MODERATE_CONNECTION_H_INCLUDED_ */
