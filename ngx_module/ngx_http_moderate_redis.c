
/*
 * Copyright (C) the moderate authors
 */


#include "ngx_http_moderate_redis.h"


/* a Redis that hangs must not fill the worker's memory */

#define NGX_HTTP_MODERATE_PENDING        8192
#define NGX_HTTP_MODERATE_PENDING_BYTES  (64 * 1024 * 1024)

/* silence with commands in flight after which a connection is given up */

#define NGX_HTTP_MODERATE_SILENCE        10000

#define NGX_HTTP_MODERATE_BACKOFF        100
#define NGX_HTTP_MODERATE_BACKOFF_STEPS  5
#define NGX_HTTP_MODERATE_CHECK          60000


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
    unsigned                    stopping:1;     /* calls nobody back */
    unsigned                    unsafe:1;
};


struct ngx_http_moderate_wait_s {
    ngx_http_moderate_redis_t  *redis;
    ngx_http_moderate_wait_t  **slot;
    ngx_http_moderate_reply_pt  handler;        /* NULL: detached */
    void                       *data;
    ngx_event_t                 timer;
    size_t                      bytes;
    ngx_uint_t                  commands;
    ngx_uint_t                  left;           /* replies to come */
    unsigned                    refused:1;
};


static void ngx_http_moderate_redis_connect(ngx_http_moderate_redis_t *redis);
static redisAsyncContext *ngx_http_moderate_redis_open(
    ngx_http_moderate_redis_t *redis);
static void ngx_http_moderate_redis_hello(ngx_http_moderate_redis_t *redis);
static void ngx_http_moderate_redis_hello_done(redisAsyncContext *ac,
    void *reply, void *data);
static void ngx_http_moderate_redis_connected(const redisAsyncContext *ac,
    int status);
static void ngx_http_moderate_redis_disconnected(const redisAsyncContext *ac,
    int status);
static void ngx_http_moderate_redis_connect_timeout(ngx_event_t *ev);
static void ngx_http_moderate_redis_drop(ngx_event_t *ev);
static void ngx_http_moderate_redis_backoff(ngx_http_moderate_redis_t *redis);
static void ngx_http_moderate_redis_retry(ngx_event_t *ev);

static void ngx_http_moderate_redis_read(ngx_event_t *ev);
static void ngx_http_moderate_redis_write(ngx_event_t *ev);
static void ngx_http_moderate_redis_add_read(void *data);
static void ngx_http_moderate_redis_del_read(void *data);
static void ngx_http_moderate_redis_add_write(void *data);
static void ngx_http_moderate_redis_del_write(void *data);
static void ngx_http_moderate_redis_cleanup(void *data);

static void ngx_http_moderate_redis_guard(ngx_http_moderate_redis_t *redis);
static void *ngx_http_moderate_redis_string(const redisReadTask *task,
    char *str, size_t len);
static void *ngx_http_moderate_redis_integer(const redisReadTask *task,
    long long value);
static void *ngx_http_moderate_redis_nil(const redisReadTask *task);
static ngx_uint_t ngx_http_moderate_redis_surplus(const redisReadTask *task);

static ngx_int_t ngx_http_moderate_command_send(
    ngx_http_moderate_redis_t *redis, ngx_http_moderate_wait_t *wait,
    ngx_array_t *args);
static void ngx_http_moderate_replied(redisAsyncContext *ac, void *reply,
    void *data);
static void ngx_http_moderate_complete(ngx_http_moderate_wait_t *wait,
    ngx_int_t rc, redisReply *reply);
static void ngx_http_moderate_deadline(ngx_event_t *ev);
static void ngx_http_moderate_silence(ngx_http_moderate_redis_t *redis);
static ngx_int_t ngx_http_moderate_reply_status(
    ngx_http_moderate_wait_t *wait, redisReply *reply);
static void ngx_http_moderate_refusal(ngx_http_moderate_redis_t *redis,
    redisReply *reply);

static void ngx_http_moderate_redis_check(ngx_event_t *ev);
static void ngx_http_moderate_redis_checked(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_redis_password(ngx_conf_t *cf,
    ngx_http_moderate_redis_t *redis, ngx_str_t *file);
static ngx_int_t ngx_http_moderate_redis_param(ngx_conf_t *cf,
    ngx_http_moderate_redis_t *redis, ngx_str_t *param);
static ngx_int_t ngx_http_moderate_redis_address(ngx_conf_t *cf,
    ngx_http_moderate_redis_t *redis, ngx_str_t *address);


/* commands */


void
ngx_http_moderate_batch_init(ngx_http_moderate_batch_t *batch,
    ngx_pool_t *pool)
{
    batch->pool = pool;
    batch->bytes = 0;
    batch->failed = 0;

    if (ngx_array_init(&batch->commands, pool, 4, sizeof(ngx_array_t))
        != NGX_OK)
    {
        batch->failed = 1;
    }
}


void
ngx_http_moderate_command(ngx_http_moderate_batch_t *batch, char *name)
{
    ngx_array_t  *args;

    if (batch->failed) {
        return;
    }

    args = ngx_array_push(&batch->commands);
    if (args == NULL
        || ngx_array_init(args, batch->pool, 8, sizeof(ngx_str_t)) != NGX_OK)
    {
        batch->failed = 1;
        return;
    }

    ngx_http_moderate_word(batch, name);
}


void
ngx_http_moderate_arg(ngx_http_moderate_batch_t *batch, ngx_str_t *arg)
{
    ngx_str_t    *s;
    ngx_array_t  *args;

    if (batch->failed) {
        return;
    }

    args = batch->commands.elts;
    args = &args[batch->commands.nelts - 1];

    s = ngx_array_push(args);
    if (s == NULL) {
        batch->failed = 1;
        return;
    }

    *s = *arg;
    batch->bytes += arg->len;
}


void
ngx_http_moderate_word(ngx_http_moderate_batch_t *batch, char *arg)
{
    ngx_str_t  s;

    s.data = (u_char *) arg;
    s.len = ngx_strlen(arg);

    ngx_http_moderate_arg(batch, &s);
}


void
ngx_http_moderate_number(ngx_http_moderate_batch_t *batch, uint64_t n)
{
    ngx_str_t  s;

    s.data = ngx_pnalloc(batch->pool, NGX_INT64_LEN);
    if (s.data == NULL) {
        batch->failed = 1;
        return;
    }

    s.len = ngx_sprintf(s.data, "%uL", n) - s.data;

    ngx_http_moderate_arg(batch, &s);
}


ngx_int_t
ngx_http_moderate_send(ngx_http_moderate_redis_t *redis,
    ngx_http_moderate_batch_t *batch, ngx_http_moderate_wait_t **slot,
    ngx_http_moderate_reply_pt handler, void *data)
{
    ngx_uint_t                 i, n;
    ngx_array_t               *commands, transaction;
    ngx_http_moderate_wait_t  *wait;

    static ngx_str_t  multi[] = { ngx_string("MULTI") };
    static ngx_str_t  exec[] = { ngx_string("EXEC") };

    if (batch->failed) {
        return NGX_ERROR;
    }

    if (redis->ac == NULL && !redis->retry.timer_set) {
        ngx_http_moderate_redis_connect(redis);
    }

    if (redis->ac == NULL) {
        return NGX_ERROR;
    }

    if (redis->pending >= NGX_HTTP_MODERATE_PENDING
        || redis->pending_bytes + batch->bytes
           > NGX_HTTP_MODERATE_PENDING_BYTES)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "redis \"%V\" has %ui commands in flight, no more are "
                      "sent", &redis->name, redis->pending);
        ngx_http_moderate_silence(redis);
        return NGX_ERROR;
    }

    wait = ngx_calloc(sizeof(ngx_http_moderate_wait_t), ngx_cycle->log);
    if (wait == NULL) {
        return NGX_ERROR;
    }

    n = batch->commands.nelts;
    commands = batch->commands.elts;

    wait->redis = redis;
    wait->slot = slot;
    wait->handler = handler;
    wait->data = data;
    wait->bytes = batch->bytes;
    wait->commands = n;

    ngx_memzero(&transaction, sizeof(ngx_array_t));
    transaction.nelts = 1;

    /*
     * redisAsyncCommandArgv() fails on a connection that is going down, which
     * it is for all of the batch or for none: within one call stack nothing
     * reads from it
     */

    if (n > 1) {
        transaction.elts = multi;

        if (ngx_http_moderate_command_send(redis, wait, &transaction)
            != NGX_OK)
        {
            ngx_free(wait);
            return NGX_ERROR;
        }
    }

    for (i = 0; i < n; i++) {
        if (ngx_http_moderate_command_send(redis, wait, &commands[i])
            != NGX_OK)
        {
            goto broken;
        }
    }

    if (n > 1) {
        transaction.elts = exec;

        if (ngx_http_moderate_command_send(redis, wait, &transaction)
            != NGX_OK)
        {
            goto broken;
        }
    }

    /* nothing was to be heard while nothing was asked */

    if (redis->pending == 0) {
        redis->heard = ngx_current_msec;
    }

    redis->pending++;
    redis->pending_bytes += wait->bytes;

    /* not cancelable: a request that waits has to be answered on reload */

    wait->timer.handler = ngx_http_moderate_deadline;
    wait->timer.data = wait;
    wait->timer.log = ngx_cycle->log;

    ngx_add_timer(&wait->timer, redis->timeout);

    if (slot != NULL) {
        *slot = wait;
    }

    return NGX_OK;

broken:

    /* out of memory half-way: an open transaction has to go with it all */

    if (wait->left == 0) {
        ngx_free(wait);
        return NGX_ERROR;
    }

    wait->handler = NULL;
    wait->slot = NULL;
    wait->bytes = 0;
    redis->pending++;

    ngx_post_event(&redis->drop, &ngx_posted_events);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_moderate_command_send(ngx_http_moderate_redis_t *redis,
    ngx_http_moderate_wait_t *wait, ngx_array_t *args)
{
    int           rc;
    size_t       *lens;
    ngx_str_t    *s;
    ngx_uint_t    i;
    const char  **argv;

    argv = ngx_alloc(args->nelts * (sizeof(char *) + sizeof(size_t)),
                     ngx_cycle->log);
    if (argv == NULL) {
        return NGX_ERROR;
    }

    lens = (size_t *) (argv + args->nelts);
    s = args->elts;

    for (i = 0; i < args->nelts; i++) {
        argv[i] = (const char *) s[i].data;
        lens[i] = s[i].len;
    }

    rc = redisAsyncCommandArgv(redis->ac, ngx_http_moderate_replied, wait,
                               (int) args->nelts, argv, lens);
    ngx_free(argv);

    if (rc != REDIS_OK) {
        return NGX_ERROR;
    }

    wait->left++;

    return NGX_OK;
}


/* hiredis calls this once for each command, in order; the last one counts */

static void
ngx_http_moderate_replied(redisAsyncContext *ac, void *reply, void *data)
{
    ngx_http_moderate_wait_t *wait = data;

    ngx_int_t                   rc;
    redisReply                 *r;
    ngx_http_moderate_redis_t  *redis;

    r = reply;
    redis = wait->redis;
    wait->left--;

    if (r != NULL) {
        redis->heard = ngx_current_msec;
        rc = ngx_http_moderate_reply_status(wait, r);

    } else {
        rc = NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        wait->refused = 1;
    }

    if (wait->left) {
        return;
    }

    if (rc == NGX_OK && wait->refused) {
        rc = NGX_DECLINED;
    }

    redis->pending--;
    redis->pending_bytes -= wait->bytes;

    ngx_http_moderate_complete(wait, rc, r);

    ngx_free(wait);

    if (ngx_exiting && redis->pending == 0 && redis->ac == ac) {
        redisAsyncDisconnect(ac);
    }
}


static void
ngx_http_moderate_complete(ngx_http_moderate_wait_t *wait, ngx_int_t rc,
    redisReply *reply)
{
    void                        *data;
    ngx_http_moderate_reply_pt   handler;

    handler = wait->handler;
    data = wait->data;

    ngx_http_moderate_detach(wait);

    if (handler != NULL && !wait->redis->stopping) {
        handler(data, rc, (rc == NGX_OK) ? reply : NULL);
    }
}


void
ngx_http_moderate_detach(ngx_http_moderate_wait_t *wait)
{
    if (wait == NULL) {
        return;
    }

    if (wait->timer.timer_set) {
        ngx_del_timer(&wait->timer);
    }

    if (wait->slot != NULL) {
        *wait->slot = NULL;
    }

    wait->slot = NULL;
    wait->handler = NULL;
}


/* the commands stay in flight: a slow Redis is not a lost connection */

static void
ngx_http_moderate_deadline(ngx_event_t *ev)
{
    ngx_http_moderate_redis_t  *redis;
    ngx_http_moderate_wait_t   *wait;

    wait = ev->data;
    redis = wait->redis;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "redis \"%V\" has not answered in %M ms",
                  &redis->name, redis->timeout);

    ngx_http_moderate_complete(wait, NGX_ERROR, NULL);

    ngx_http_moderate_silence(redis);
}


static void
ngx_http_moderate_silence(ngx_http_moderate_redis_t *redis)
{
    if (redis->ac == NULL
        || ngx_current_msec - redis->heard <= NGX_HTTP_MODERATE_SILENCE)
    {
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "redis \"%V\" is silent, connecting anew", &redis->name);

    /* not here: somebody may be in the middle of a request */

    ngx_post_event(&redis->drop, &ngx_posted_events);
}


static ngx_int_t
ngx_http_moderate_reply_status(ngx_http_moderate_wait_t *wait,
    redisReply *reply)
{
    size_t                      i;
    ngx_http_moderate_redis_t  *redis;

    redis = wait->redis;

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_http_moderate_refusal(redis, reply);
        return NGX_DECLINED;
    }

    redis->failures = 0;

    /* the reply to EXEC is all replies: anything else is not known */

    if (wait->commands > 1 && wait->left == 0
        && (reply->type != REDIS_REPLY_ARRAY
            || reply->elements != wait->commands))
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "redis \"%V\" has not answered a transaction of %ui "
                      "commands with as many replies",
                      &redis->name, wait->commands);
        return NGX_ERROR;
    }

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NGX_OK;
    }

    /* an error inside a transaction: the others were done all the same */

    for (i = 0; i < reply->elements; i++) {
        if (reply->element[i]->type == REDIS_REPLY_ERROR) {
            ngx_http_moderate_refusal(redis, reply->element[i]);
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static void
ngx_http_moderate_refusal(ngx_http_moderate_redis_t *redis, redisReply *reply)
{
    ngx_str_t   text;
    ngx_uint_t  i;

    /*
     * this Redis cannot serve, another one behind the address may, or the
     * same one when it has loaded its data or knows the user
     */

    static ngx_str_t  away[] = {
        ngx_string("READONLY"),
        ngx_string("MASTERDOWN"),
        ngx_string("LOADING"),
        ngx_string("NOAUTH"),
        ngx_null_string
    };

    text.data = (u_char *) reply->str;
    text.len = ngx_min((size_t) reply->len, 200);

    /* a refusal is repeated by every request: one line a second will do */

    if (redis->logged != ngx_time()) {
        redis->logged = ngx_time();
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "redis \"%V\" refused: \"%V\"", &redis->name, &text);
    }

    for (i = 0; away[i].len; i++) {
        if (text.len >= away[i].len
            && ngx_strncmp(text.data, away[i].data, away[i].len) == 0
            && redis->ac != NULL)
        {
            /* inside a callback hiredis frees after it has returned */
            ngx_http_moderate_redis_drop(&redis->drop);
            return;
        }
    }

    redis->failures = 0;
}


void
ngx_http_moderate_reply_str(redisReply *reply, ngx_str_t *value)
{
    if (reply == NULL || reply->type != REDIS_REPLY_STRING) {
        ngx_str_null(value);
        return;
    }

    value->data = (u_char *) reply->str;
    value->len = reply->len;
}


ngx_int_t
ngx_http_moderate_reply_int(redisReply *reply, ngx_int_t absent)
{
    ngx_int_t  n;

    if (reply == NULL) {
        return absent;
    }

    if (reply->type == REDIS_REPLY_INTEGER) {
        return (ngx_int_t) reply->integer;
    }

    if (reply->type == REDIS_REPLY_STRING) {
        n = ngx_atoi((u_char *) reply->str, reply->len);
        return (n == NGX_ERROR) ? absent : n;
    }

    return absent;
}


redisReply *
ngx_http_moderate_reply_at(redisReply *reply, size_t i)
{
    if (reply == NULL
        || reply->type != REDIS_REPLY_ARRAY
        || i >= reply->elements)
    {
        return NULL;
    }

    return reply->element[i];
}


/* the connection */


void
ngx_http_moderate_redis_start(ngx_http_moderate_redis_t *redis,
    ngx_msec_t timeout, ngx_cycle_t *cycle)
{
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_moderate_module);

    redis->queue = (redis == mmcf->queue);
    redis->timeout = timeout;

    redis->connecting.handler = ngx_http_moderate_redis_connect_timeout;
    redis->connecting.data = redis;
    redis->connecting.log = cycle->log;
    redis->connecting.cancelable = 1;

    redis->retry.handler = ngx_http_moderate_redis_retry;
    redis->retry.data = redis;
    redis->retry.log = cycle->log;
    redis->retry.cancelable = 1;

    redis->drop.handler = ngx_http_moderate_redis_drop;
    redis->drop.data = redis;
    redis->drop.log = cycle->log;

    redis->check.handler = ngx_http_moderate_redis_check;
    redis->check.data = redis;
    redis->check.log = cycle->log;
    redis->check.cancelable = 1;

    ngx_http_moderate_redis_connect(redis);
}


void
ngx_http_moderate_redis_stop(ngx_http_moderate_redis_t *redis)
{
    /* requests that still wait are closed by nginx, not by us */
    redis->stopping = 1;

    if (redis->ac != NULL) {
        redisAsyncFree(redis->ac);
    }

    if (redis->pool != NULL) {
        ngx_destroy_pool(redis->pool);
        redis->pool = NULL;
    }
}


static void
ngx_http_moderate_redis_connect(ngx_http_moderate_redis_t *redis)
{
    ngx_connection_t   *c;
    redisAsyncContext  *ac;

    ac = ngx_http_moderate_redis_open(redis);

    if (ac == NULL) {
        ngx_http_moderate_redis_backoff(redis);
        return;
    }

    c = ngx_get_connection(ac->c.fd, ngx_cycle->log);

    if (c == NULL) {
        redisAsyncFree(ac);
        ngx_http_moderate_redis_backoff(redis);
        return;
    }

    c->data = redis;
    c->log = ngx_cycle->log;
    c->pool = NULL;
    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_http_moderate_redis_read;
    c->write->handler = ngx_http_moderate_redis_write;

    /* so that a worker that exits closes it */
    c->idle = 1;

    ac->data = redis;
    ac->ev.data = redis;
    ac->ev.addRead = ngx_http_moderate_redis_add_read;
    ac->ev.delRead = ngx_http_moderate_redis_del_read;
    ac->ev.addWrite = ngx_http_moderate_redis_add_write;
    ac->ev.delWrite = ngx_http_moderate_redis_del_write;
    ac->ev.cleanup = ngx_http_moderate_redis_cleanup;

    redis->ac = ac;
    redis->connection = c;
    redis->heard = ngx_current_msec;

    ngx_http_moderate_redis_guard(redis);

    /* the connect callback arms the first write: only now */

    redisAsyncSetConnectCallback(ac, ngx_http_moderate_redis_connected);
    redisAsyncSetDisconnectCallback(ac, ngx_http_moderate_redis_disconnected);

    ngx_add_timer(&redis->connecting, redis->timeout);

    ngx_http_moderate_redis_hello(redis);
}


static redisAsyncContext *
ngx_http_moderate_redis_open(ngx_http_moderate_redis_t *redis)
{
    redisAsyncContext  *ac;

    /* host is an address: a name would block the worker */

    ac = redis->port ? redisAsyncConnect(redis->host, redis->port)
                     : redisAsyncConnectUnix(redis->host);

    if (ac == NULL) {
        return NULL;
    }

    if (ac->err) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "redis \"%V\" cannot be reached: %s",
                      &redis->name, ac->errstr);
        redisAsyncFree(ac);
        return NULL;
    }

    return ac;
}


/* these travel first, whatever is queued behind them */

static void
ngx_http_moderate_redis_hello(ngx_http_moderate_redis_t *redis)
{
    int          n;
    size_t       lens[3];
    const char  *argv[3];

    if (redis->password.len) {
        n = 0;
        argv[n] = "AUTH";
        lens[n++] = 4;

        if (redis->user.len) {
            argv[n] = (const char *) redis->user.data;
            lens[n++] = redis->user.len;
        }

        argv[n] = (const char *) redis->password.data;
        lens[n++] = redis->password.len;

        redisAsyncCommandArgv(redis->ac, ngx_http_moderate_redis_hello_done,
                              redis, n, argv, lens);
    }

    if (redis->database.len) {
        argv[0] = "SELECT";
        lens[0] = 6;
        argv[1] = (const char *) redis->database.data;
        lens[1] = redis->database.len;

        redisAsyncCommandArgv(redis->ac, ngx_http_moderate_redis_hello_done,
                              redis, 2, argv, lens);
    }
}


static void
ngx_http_moderate_redis_hello_done(redisAsyncContext *ac, void *reply,
    void *data)
{
    redisReply *r = reply;

    ngx_uint_t                  failures;
    ngx_http_moderate_redis_t  *redis;

    redis = data;

    if (r == NULL || r->type != REDIS_REPLY_ERROR) {
        return;
    }

    /* as another user, or in another database, is nothing to be done */

    failures = redis->failures;
    ngx_http_moderate_refusal(redis, r);
    redis->failures = ngx_max(failures, redis->failures);

    ngx_http_moderate_redis_drop(&redis->drop);
}


/* a failed connect: hiredis frees the context after this */

static void
ngx_http_moderate_redis_connected(const redisAsyncContext *ac, int status)
{
    ngx_http_moderate_redis_t  *redis;

    redis = ac->data;

    if (redis->connecting.timer_set) {
        ngx_del_timer(&redis->connecting);
    }

    if (status != REDIS_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "redis \"%V\" cannot be reached: %s",
                      &redis->name, ac->errstr);
        ngx_http_moderate_redis_backoff(redis);
        return;
    }

    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "redis \"%V\" connected", &redis->name);

    /* there may be nobody behind it: a reply makes it good, or a long life */

    redis->connected = 1;
    redis->since = ngx_current_msec;
    redis->heard = ngx_current_msec;

    if (redis->queue && !ngx_exiting) {
        ngx_add_timer(&redis->check, 1);
    }
}


static void
ngx_http_moderate_redis_disconnected(const redisAsyncContext *ac, int status)
{
    ngx_http_moderate_redis_t  *redis;

    redis = ac->data;

    if (status == REDIS_OK) {
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "redis \"%V\" connection lost: %s",
                  &redis->name, ac->errstr);

    if (ngx_current_msec - redis->since > NGX_HTTP_MODERATE_SILENCE) {
        redis->failures = 0;
    }

    ngx_http_moderate_redis_backoff(redis);
}


static void
ngx_http_moderate_redis_connect_timeout(ngx_event_t *ev)
{
    ngx_http_moderate_redis_t  *redis;

    redis = ev->data;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "redis \"%V\" cannot be reached: no connection in %M ms",
                  &redis->name, redis->timeout);

    ngx_http_moderate_redis_drop(&redis->drop);
}


static void
ngx_http_moderate_redis_drop(ngx_event_t *ev)
{
    ngx_http_moderate_redis_t  *redis;

    redis = ev->data;

    if (redis->ac != NULL) {
        redisAsyncFree(redis->ac);
    }

    ngx_http_moderate_redis_backoff(redis);
}


static void
ngx_http_moderate_redis_backoff(ngx_http_moderate_redis_t *redis)
{
    ngx_msec_t  delay;

    if (ngx_exiting || redis->retry.timer_set) {
        return;
    }

    delay = NGX_HTTP_MODERATE_BACKOFF
            << ngx_min(redis->failures, NGX_HTTP_MODERATE_BACKOFF_STEPS);

    /* so that the workers of a fleet do not come back all at once */
    delay += ngx_random() % delay;

    redis->failures++;
    ngx_add_timer(&redis->retry, delay);
}


static void
ngx_http_moderate_redis_retry(ngx_event_t *ev)
{
    ngx_http_moderate_redis_t  *redis;

    redis = ev->data;

    if (redis->ac == NULL && !ngx_exiting) {
        ngx_http_moderate_redis_connect(redis);
    }
}


/* hiredis' hooks; hiredis owns the socket and closes it */


static void
ngx_http_moderate_redis_read(ngx_event_t *ev)
{
    ngx_connection_t           *c;
    ngx_http_moderate_redis_t  *redis;

    c = ev->data;
    redis = c->data;

    if (c->close) {

        /* the worker exits; with commands in flight the last reply closes */

        if (redis->pending == 0) {
            redisAsyncFree(redis->ac);
            return;
        }

        c->close = 0;
        return;
    }

    /* the connection may be gone after this */

    redisAsyncHandleRead(redis->ac);
}


static void
ngx_http_moderate_redis_write(ngx_event_t *ev)
{
    ngx_connection_t           *c;
    ngx_http_moderate_redis_t  *redis;

    c = ev->data;
    redis = c->data;

    redisAsyncHandleWrite(redis->ac);
}


/* level-triggered: hiredis reads 16K per event and does not drain */

static void
ngx_http_moderate_redis_add_read(void *data)
{
    ngx_event_t                *ev;
    ngx_http_moderate_redis_t  *redis;

    redis = data;
    ev = redis->connection->read;

    if (!ev->active) {
        (void) ngx_add_event(ev, NGX_READ_EVENT, NGX_LEVEL_EVENT);
    }
}


static void
ngx_http_moderate_redis_del_read(void *data)
{
    ngx_event_t                *ev;
    ngx_http_moderate_redis_t  *redis;

    redis = data;
    ev = redis->connection->read;

    if (ev->active) {
        (void) ngx_del_event(ev, NGX_READ_EVENT, 0);
    }
}


static void
ngx_http_moderate_redis_add_write(void *data)
{
    ngx_event_t                *ev;
    ngx_http_moderate_redis_t  *redis;

    redis = data;
    ev = redis->connection->write;

    if (!ev->active) {
        (void) ngx_add_event(ev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);
    }
}


static void
ngx_http_moderate_redis_del_write(void *data)
{
    ngx_event_t                *ev;
    ngx_http_moderate_redis_t  *redis;

    redis = data;
    ev = redis->connection->write;

    if (ev->active) {
        (void) ngx_del_event(ev, NGX_WRITE_EVENT, 0);
    }
}


static void
ngx_http_moderate_redis_cleanup(void *data)
{
    ngx_connection_t           *c;
    ngx_http_moderate_redis_t  *redis;

    redis = data;
    c = redis->connection;

    if (redis->connecting.timer_set) {
        ngx_del_timer(&redis->connecting);
    }

    if (c == NULL) {
        return;
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_http_moderate_redis_del_read(redis);
    ngx_http_moderate_redis_del_write(redis);

    c->fd = (ngx_socket_t) -1;
    ngx_free_connection(c);

    redis->ac = NULL;
    redis->connection = NULL;
    redis->connected = 0;
}


/*
 * hiredis asserts that each reply was asked for: one that was not would take
 * the worker down.  So nothing is made of it, which ends the connection; only
 * an error, as of too many clients, hiredis expects at any time.
 */


static void
ngx_http_moderate_redis_guard(ngx_http_moderate_redis_t *redis)
{
    redisReader  *reader;

    reader = redis->ac->c.reader;

    redis->replies = reader->fn;
    redis->guarded = *reader->fn;

    redis->guarded.createString = ngx_http_moderate_redis_string;
    redis->guarded.createInteger = ngx_http_moderate_redis_integer;
    redis->guarded.createNil = ngx_http_moderate_redis_nil;

    reader->fn = &redis->guarded;
    reader->privdata = redis;
}


static void *
ngx_http_moderate_redis_string(const redisReadTask *task, char *str,
    size_t len)
{
    ngx_http_moderate_redis_t  *redis;

    redis = task->privdata;

    if (task->type != REDIS_REPLY_ERROR
        && ngx_http_moderate_redis_surplus(task))
    {
        return NULL;
    }

    return redis->replies->createString(task, str, len);
}


static void *
ngx_http_moderate_redis_integer(const redisReadTask *task, long long value)
{
    ngx_http_moderate_redis_t  *redis;

    redis = task->privdata;

    if (ngx_http_moderate_redis_surplus(task)) {
        return NULL;
    }

    return redis->replies->createInteger(task, value);
}


static void *
ngx_http_moderate_redis_nil(const redisReadTask *task)
{
    ngx_http_moderate_redis_t  *redis;

    redis = task->privdata;

    if (ngx_http_moderate_redis_surplus(task)) {
        return NULL;
    }

    return redis->replies->createNil(task);
}


static ngx_uint_t
ngx_http_moderate_redis_surplus(const redisReadTask *task)
{
    ngx_http_moderate_redis_t  *redis;

    redis = task->privdata;

    if (redis->ac->replies.head != NULL) {
        return 0;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "redis \"%V\" sent a reply that nobody asked for",
                  &redis->name);

    return 1;
}


/* what is held must outlive a full or restarted Redis: say when it will not */


static void
ngx_http_moderate_redis_check(ngx_event_t *ev)
{
    ngx_uint_t                  i;
    ngx_http_moderate_batch_t   batch;
    ngx_http_moderate_redis_t  *redis;

    static char  *names[] = { "maxmemory-policy", "appendonly", "appendfsync" };

    redis = ev->data;

    if (ngx_exiting) {
        return;
    }

    ngx_add_timer(ev, NGX_HTTP_MODERATE_CHECK);

    if (!redis->connected) {
        return;
    }

    if (redis->pool != NULL) {
        ngx_destroy_pool(redis->pool);
    }

    redis->pool = ngx_create_pool(1024, ngx_cycle->log);
    if (redis->pool == NULL) {
        return;
    }

    ngx_http_moderate_batch_init(&batch, redis->pool);

    for (i = 0; i < 3; i++) {
        ngx_http_moderate_command(&batch, "CONFIG");
        ngx_http_moderate_word(&batch, "GET");
        ngx_http_moderate_word(&batch, names[i]);
    }

    (void) ngx_http_moderate_send(redis, &batch, NULL,
                                  ngx_http_moderate_redis_checked, redis);
}


static void
ngx_http_moderate_redis_checked(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_redis_t *redis = data;

    ngx_str_t   value;
    ngx_uint_t  i, unsafe;

    static struct {
        char       *name;
        ngx_str_t   safe;
    } wanted[] = {
        { "maxmemory-policy", ngx_string("noeviction") },
        { "appendonly", ngx_string("yes") },
        { "appendfsync", ngx_string("always") }
    };

    if (rc == NGX_DECLINED && !redis->unsafe) {
        redis->unsafe = 1;
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "redis \"%V\" may lose held submissions: it refuses to "
                      "tell its settings with CONFIG GET", &redis->name);
    }

    if (rc != NGX_OK) {
        return;
    }

    unsafe = 0;

    for (i = 0; i < 3; i++) {
        ngx_http_moderate_reply_str(
            ngx_http_moderate_reply_at(ngx_http_moderate_reply_at(reply, i),
                                       1),
            &value);

        if (value.len == wanted[i].safe.len
            && ngx_strncmp(value.data, wanted[i].safe.data, value.len) == 0)
        {
            continue;
        }

        unsafe = 1;

        if (!redis->unsafe) {
            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          "redis \"%V\" may lose held submissions: \"%s\" is "
                          "\"%V\", \"%V\" is safe", &redis->name,
                          wanted[i].name, &value, &wanted[i].safe);
        }
    }

    redis->unsafe = unsafe;
}


/* configuration */


ngx_http_moderate_redis_t *
ngx_http_moderate_redis_create(ngx_conf_t *cf, ngx_str_t *args,
    ngx_uint_t nargs)
{
    ngx_uint_t                  i;
    ngx_http_moderate_redis_t  *redis;

    redis = ngx_pcalloc(cf->pool, sizeof(ngx_http_moderate_redis_t));
    if (redis == NULL) {
        return NULL;
    }

    redis->name = args[0];

    if (ngx_http_moderate_redis_address(cf, redis, &args[0]) != NGX_OK) {
        return NULL;
    }

    for (i = 1; i < nargs; i++) {
        if (ngx_http_moderate_redis_param(cf, redis, &args[i]) != NGX_OK) {
            return NULL;
        }
    }

    if (redis->user.len && redis->password.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"user=\" needs \"password_file=\"");
        return NULL;
    }

    return redis;
}


static ngx_int_t
ngx_http_moderate_redis_address(ngx_conf_t *cf,
    ngx_http_moderate_redis_t *redis, ngx_str_t *address)
{
    u_char      *p, text[NGX_SOCKADDR_STRLEN];
    size_t       len;
    ngx_url_t    u;

    if (address->len > 5 && ngx_strncmp(address->data, "unix:", 5) == 0) {

        /* sun_path of sockaddr_un, with its NUL */

        if (address->len - 5 > 107) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "too long path in \"%V\"", address);
            return NGX_ERROR;
        }

        redis->host = (char *) address->data + 5;
        return NGX_OK;
    }

    if (ngx_strnstr(address->data, "://", address->len) != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unsupported scheme in \"%V\", expected "
                           "\"unix:/path\" or \"host:port\"", address);
        return NGX_ERROR;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));
    u.url = *address;
    u.default_port = 6379;

    /* a name is looked up now: doing so later would block a worker */

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.naddrs == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\"",
                           u.err ? u.err : "no address", address);
        return NGX_ERROR;
    }

    len = ngx_sock_ntop(u.addrs[0].sockaddr, u.addrs[0].socklen, text,
                        NGX_SOCKADDR_STRLEN, 0);

    p = ngx_pnalloc(cf->pool, len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    redis->port = ngx_inet_get_port(u.addrs[0].sockaddr);

    /* "[::1]" without the brackets */

    if (len > 2 && text[0] == '[') {
        ngx_cpystrn(p, text + 1, len - 1);

    } else {
        ngx_cpystrn(p, text, len + 1);
    }

    redis->host = (char *) p;

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_redis_param(ngx_conf_t *cf, ngx_http_moderate_redis_t *redis,
    ngx_str_t *param)
{
    ngx_str_t  value;

    if (ngx_strncmp(param->data, "user=", 5) == 0 && param->len > 5) {
        redis->user.data = param->data + 5;
        redis->user.len = param->len - 5;
        return NGX_OK;
    }

    if (ngx_strncmp(param->data, "db=", 3) == 0
        && ngx_atoi(param->data + 3, param->len - 3) != NGX_ERROR)
    {
        redis->database.data = param->data + 3;
        redis->database.len = param->len - 3;
        return NGX_OK;
    }

    if (ngx_strncmp(param->data, "password_file=", 14) == 0
        && param->len > 14)
    {
        value.data = param->data + 14;
        value.len = param->len - 14;
        return ngx_http_moderate_redis_password(cf, redis, &value);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", expected \"user=\", "
                       "\"password_file=\" or \"db=\"", param);
    return NGX_ERROR;
}


/* the password is the file's first line */

static ngx_int_t
ngx_http_moderate_redis_password(ngx_conf_t *cf,
    ngx_http_moderate_redis_t *redis, ngx_str_t *name)
{
    u_char     *p;
    size_t      len;
    ssize_t     n;
    ngx_file_t  file;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = *name;
    file.log = cf->log;
    file.fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    p = ngx_pnalloc(cf->pool, 1024);
    n = (p == NULL) ? NGX_ERROR : ngx_read_file(&file, p, 1024, 0);
    ngx_close_file(file.fd);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    for (len = 0; len < (size_t) n && p[len] != LF && p[len] != CR; len++) {
        /* void */
    }

    if (len == 0 || len == 1024) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no password in the first line of \"%V\"", name);
        return NGX_ERROR;
    }

    redis->password.data = p;
    redis->password.len = len;

    return NGX_OK;
}
