
/*
 * Copyright (C) the moderate authors
 *
 * The connection to Redis: made, greeted, given up and made anew; hiredis'
 * hooks on nginx's event loop.
 */


#include "ngx_http_moderate_connection.h"


#define NGX_HTTP_MODERATE_BACKOFF        100
#define NGX_HTTP_MODERATE_BACKOFF_STEPS  5


static redisAsyncContext *ngx_http_moderate_redis_open(
    ngx_http_moderate_redis_t *redis);
static void ngx_http_moderate_redis_hello(ngx_http_moderate_redis_t *redis);
static void ngx_http_moderate_redis_hello_send(
    ngx_http_moderate_redis_t *redis, int argc, const char **argv,
    size_t *lens);
static void ngx_http_moderate_redis_hello_done(redisAsyncContext *ac,
    void *reply, void *data);
static void ngx_http_moderate_redis_greeted(ngx_http_moderate_redis_t *redis);
static void ngx_http_moderate_redis_not_greeted(
    ngx_http_moderate_redis_t *redis);
static void ngx_http_moderate_redis_connected(const redisAsyncContext *ac,
    int status);
static void ngx_http_moderate_redis_disconnected(const redisAsyncContext *ac,
    int status);
static void ngx_http_moderate_redis_connect_timeout(ngx_event_t *ev);
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


void
ngx_http_moderate_redis_start(ngx_http_moderate_redis_t *redis,
    ngx_msec_t timeout, ngx_http_moderate_redis_stats_t *stats,
    ngx_cycle_t *cycle)
{
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_moderate_module);

    ngx_queue_init(&redis->deferred);

    redis->queue = (redis == mmcf->queue);
    redis->timeout = timeout;
    redis->stats = stats;

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
    redis->stats = NULL;

    if (redis->ac != NULL) {
        redisAsyncFree(redis->ac);
    }

    if (redis->pool != NULL) {
        ngx_destroy_pool(redis->pool);
        redis->pool = NULL;
    }
}


void
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
        ngx_http_moderate_redis_fault(redis, "cannot be reached: %s",
                                      ac->errstr);
        redisAsyncFree(ac);
        return NULL;
    }

    return ac;
}


/* these travel first; all else is deferred until they have been answered */

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

        ngx_http_moderate_redis_hello_send(redis, n, argv, lens);
    }

    if (redis->database.len) {
        argv[0] = "SELECT";
        lens[0] = 6;
        argv[1] = (const char *) redis->database.data;
        lens[1] = redis->database.len;

        ngx_http_moderate_redis_hello_send(redis, 2, argv, lens);
    }
}


static void
ngx_http_moderate_redis_hello_send(ngx_http_moderate_redis_t *redis, int argc,
    const char **argv, size_t *lens)
{
    /* without memory for it nobody is greeted, and the connection is dropped */

    redis->greeting++;

    if (redisAsyncCommandArgv(redis->ac, ngx_http_moderate_redis_hello_done,
                              redis, argc, argv, lens)
        != REDIS_OK)
    {
        ngx_post_event(&redis->drop, &ngx_posted_events);
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

    if (r == NULL) {
        return;
    }

    if (r->type != REDIS_REPLY_ERROR) {
        redis->heard = ngx_current_msec;

        if (--redis->greeting == 0) {
            ngx_http_moderate_redis_greeted(redis);
        }

        return;
    }

    /* as another user, or in another database, is nothing to be done */

    failures = redis->failures;
    ngx_http_moderate_refusal(redis, r);
    redis->failures = ngx_max(failures, redis->failures);

    ngx_http_moderate_redis_drop(&redis->drop);
}


static void
ngx_http_moderate_redis_greeted(ngx_http_moderate_redis_t *redis)
{
    ngx_queue_t               *q;
    ngx_http_moderate_wait_t  *wait;

    while (!ngx_queue_empty(&redis->deferred)) {
        q = ngx_queue_head(&redis->deferred);
        ngx_queue_remove(q);

        wait = ngx_queue_data(q, ngx_http_moderate_wait_t, queue);

        if (ngx_http_moderate_write(wait) != NGX_OK) {
            ngx_http_moderate_finish(wait, NGX_ERROR, NULL);
        }
    }
}


static void
ngx_http_moderate_redis_not_greeted(ngx_http_moderate_redis_t *redis)
{
    ngx_queue_t               *q;
    ngx_http_moderate_wait_t  *wait;

    redis->greeting = 0;

    if (ngx_queue_empty(&redis->deferred)) {
        return;
    }

    /* what they do now must not connect at once */

    ngx_http_moderate_redis_backoff(redis);

    while (!ngx_queue_empty(&redis->deferred)) {
        q = ngx_queue_head(&redis->deferred);
        ngx_queue_remove(q);

        wait = ngx_queue_data(q, ngx_http_moderate_wait_t, queue);
        ngx_http_moderate_finish(wait, NGX_ERROR, NULL);
    }
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
        ngx_http_moderate_redis_fault(redis, "cannot be reached: %s",
                                      ac->errstr);
        ngx_http_moderate_redis_backoff(redis);
        return;
    }

    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "redis \"%V\" connected", &redis->name);

    /* there may be nobody behind it: a reply makes it good, or a long life */

    redis->connected = 1;
    redis->since = ngx_current_msec;
    redis->heard = ngx_current_msec;
    redis->late = 0;
    redis->refused = 0;

    ngx_http_moderate_redis_state(redis);

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

    ngx_http_moderate_redis_fault(redis, "connection lost: %s", ac->errstr);

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

    ngx_http_moderate_redis_fault(redis,
                                  "cannot be reached: no connection in %M ms",
                                  redis->timeout);

    ngx_http_moderate_redis_drop(&redis->drop);
}


void
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


void
ngx_http_moderate_redis_fault(ngx_http_moderate_redis_t *redis, char *fmt,
    ...)
{
    u_char   *last, text[NGX_MAX_ERROR_STR];
    va_list   args;

    va_start(args, fmt);
    last = ngx_vslprintf(text, text + NGX_MAX_ERROR_STR, fmt, args);
    va_end(args);

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "redis \"%V\" %*s",
                  &redis->name, last - text, text);

    ngx_http_moderate_stats_redis_error(redis->stats, text, last - text);
    ngx_http_moderate_redis_state(redis);
}


void
ngx_http_moderate_redis_state(ngx_http_moderate_redis_t *redis)
{
    ngx_http_moderate_stats_redis_state(redis->stats, redis->connected,
                                        redis->late, redis->refused);
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

    /* the connection may be gone after this */

    redis->writing = 1;
    redisAsyncHandleWrite(redis->ac);
    redis->writing = 0;
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


/*
 * All commands of a turn of the event loop are written at its end, and the
 * kernel is asked to tell when it can take more only where it did not take all.
 */

static void
ngx_http_moderate_redis_add_write(void *data)
{
    ngx_event_t                *ev;
    ngx_http_moderate_redis_t  *redis;

    redis = data;
    ev = redis->connection->write;

    if (ev->active) {
        return;
    }

    if (redis->connected && !redis->writing) {
        ngx_post_event(ev, &ngx_posted_events);

    } else {
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

    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }

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

    ngx_http_moderate_redis_del_read(redis);
    ngx_http_moderate_redis_del_write(redis);

    c->fd = (ngx_socket_t) -1;
    ngx_free_connection(c);

    redis->ac = NULL;
    redis->connection = NULL;
    redis->connected = 0;

    ngx_http_moderate_redis_state(redis);
    ngx_http_moderate_redis_not_greeted(redis);
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

    ngx_http_moderate_redis_fault(redis, "sent a reply that nobody asked for");

    return 1;
}
