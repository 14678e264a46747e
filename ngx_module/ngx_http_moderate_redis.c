
/*
 * Copyright (C) the moderate authors
 *
 * Commands and replies: a batch is sent as a whole and answered as a whole.
 */


#include "ngx_http_moderate_connection.h"


/* a Redis that hangs must not fill the worker's memory */

#define NGX_HTTP_MODERATE_PENDING        8192
#define NGX_HTTP_MODERATE_PENDING_BYTES  (64 * 1024 * 1024)


static ngx_int_t ngx_http_moderate_ready(ngx_http_moderate_redis_t *redis,
    ngx_http_moderate_batch_t *batch);
static ngx_http_moderate_wait_t *ngx_http_moderate_wait_create(
    ngx_http_moderate_redis_t *redis, ngx_http_moderate_batch_t *batch);
static ngx_uint_t ngx_http_moderate_only_reads(
    ngx_http_moderate_batch_t *batch);
static u_char *ngx_http_moderate_format_room(ngx_http_moderate_wait_t *wait,
    ngx_http_moderate_batch_t *batch);
static u_char *ngx_http_moderate_format(ngx_http_moderate_wait_t *wait,
    ngx_array_t *args, u_char *p);
static u_char *ngx_http_moderate_format_length(u_char *p, u_char type,
    size_t n);
static void ngx_http_moderate_replied(redisAsyncContext *ac, void *reply,
    void *data);
static void ngx_http_moderate_heard(ngx_http_moderate_wait_t *wait,
    ngx_int_t rc);
static ngx_int_t ngx_http_moderate_gather(ngx_http_moderate_wait_t *wait,
    redisReply *reply);
static redisReply *ngx_http_moderate_gathered(ngx_http_moderate_wait_t *wait,
    size_t i);
static void ngx_http_moderate_wait_free(ngx_http_moderate_wait_t *wait);
static void ngx_http_moderate_complete(ngx_http_moderate_wait_t *wait,
    ngx_int_t rc, redisReply *reply);
static void ngx_http_moderate_deadline(ngx_event_t *ev);
static void ngx_http_moderate_silence(ngx_http_moderate_redis_t *redis);
static ngx_int_t ngx_http_moderate_reply_status(
    ngx_http_moderate_wait_t *wait, redisReply *reply);
static void ngx_http_moderate_refusal_code(ngx_http_moderate_redis_t *redis,
    ngx_str_t *text);


/* commands */


void
ngx_http_moderate_batch_init(ngx_http_moderate_batch_t *batch,
    ngx_pool_t *pool)
{
    batch->pool = pool;
    batch->bytes = 0;
    batch->failed = 0;
    batch->apart = 0;

    if (ngx_array_init(&batch->commands, pool, 8, sizeof(ngx_array_t))
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
        || ngx_array_init(args, batch->pool, 4, sizeof(ngx_str_t)) != NGX_OK)
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
    ngx_http_moderate_wait_t  *wait;

    if (batch->failed || ngx_http_moderate_ready(redis, batch) != NGX_OK) {
        return NGX_ERROR;
    }

    wait = ngx_http_moderate_wait_create(redis, batch);
    if (wait == NULL) {
        return NGX_ERROR;
    }

    /* what is sent before it is known who we are may be done as another */

    if (redis->greeting) {
        ngx_queue_insert_tail(&redis->deferred, &wait->queue);

    } else if (ngx_http_moderate_write(wait) != NGX_OK) {
        ngx_http_moderate_wait_free(wait);
        return NGX_ERROR;
    }

    /* nothing was to be heard while nothing was asked */

    if (redis->pending == 0) {
        redis->heard = ngx_current_msec;
    }

    redis->pending++;
    redis->pending_bytes += wait->bytes;

    wait->slot = slot;
    wait->handler = handler;
    wait->data = data;

    /* not cancelable: a request that waits has to be answered on reload */

    wait->timer.handler = ngx_http_moderate_deadline;
    wait->timer.data = wait;
    wait->timer.log = ngx_cycle->log;

    ngx_add_timer(&wait->timer, redis->timeout);

    if (slot != NULL) {
        *slot = wait;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_ready(ngx_http_moderate_redis_t *redis,
    ngx_http_moderate_batch_t *batch)
{
    if (redis->ac == NULL && !redis->retry.timer_set) {
        ngx_http_moderate_redis_connect(redis);
    }

    if (redis->ac == NULL) {
        return NGX_ERROR;
    }

    if (redis->pending < NGX_HTTP_MODERATE_PENDING
        && redis->pending_bytes + batch->bytes
           <= NGX_HTTP_MODERATE_PENDING_BYTES)
    {
        return NGX_OK;
    }

    ngx_http_moderate_redis_fault(redis, "has %ui commands in flight, no more "
                                  "are sent", redis->pending);

    ngx_http_moderate_silence(redis);

    return NGX_ERROR;
}


static ngx_http_moderate_wait_t *
ngx_http_moderate_wait_create(ngx_http_moderate_redis_t *redis,
    ngx_http_moderate_batch_t *batch)
{
    size_t                     size;
    u_char                    *p;
    ngx_uint_t                 i, n, multi, reads;
    ngx_array_t               *commands;
    ngx_http_moderate_wait_t  *wait;

    static ngx_str_t    begin = ngx_string("MULTI");
    static ngx_str_t    end = ngx_string("EXEC");

    static ngx_array_t  transaction[] = {
        { &begin, 1, sizeof(ngx_str_t), 1, NULL },
        { &end, 1, sizeof(ngx_str_t), 1, NULL }
    };

    n = batch->commands.nelts;
    commands = batch->commands.elts;

    reads = (n > 1 && ngx_http_moderate_only_reads(batch));

    /* queueing takes memory: a full Redis would refuse reads with EXECABORT */

    multi = (n > 1 && !reads && !batch->apart);

    /* replies are gathered in the same block */

    size = (n > 1 && !multi) ? (n + 1) * sizeof(redisReply)
                               + n * sizeof(redisReply *) : 0;

    wait = ngx_calloc(sizeof(ngx_http_moderate_wait_t) + size, ngx_cycle->log);
    if (wait == NULL) {
        return NULL;
    }

    wait->redis = redis;
    wait->bytes = batch->bytes;
    wait->commands = n;

    if (size) {
        wait->writes = !reads;
        wait->gathered = (redisReply *) (wait + 1);
        wait->gathered->type = REDIS_REPLY_ARRAY;
        wait->gathered->elements = n;
        wait->gathered->element = (redisReply **) (wait->gathered + n + 1);
    }

    p = ngx_http_moderate_format_room(wait, batch);
    if (p == NULL) {
        ngx_http_moderate_wait_free(wait);
        return NULL;
    }

    if (multi) {
        p = ngx_http_moderate_format(wait, &transaction[0], p);
    }

    for (i = 0; i < n; i++) {
        p = ngx_http_moderate_format(wait, &commands[i], p);
    }

    if (multi) {
        (void) ngx_http_moderate_format(wait, &transaction[1], p);
    }

    return wait;
}


static ngx_uint_t
ngx_http_moderate_only_reads(ngx_http_moderate_batch_t *batch)
{
    ngx_str_t    *name;
    ngx_uint_t    i, n;
    ngx_array_t  *commands;

    static ngx_str_t  reads[] = {
        ngx_string("GET"),
        ngx_string("HGETALL"),
        ngx_string("HLEN"),
        ngx_string("HMGET"),
        ngx_string("SCARD"),
        ngx_string("SISMEMBER"),
        ngx_string("SMEMBERS"),
        ngx_string("SMISMEMBER"),
        ngx_string("SRANDMEMBER"),
        ngx_string("ZCARD"),
        ngx_string("ZCOUNT"),
        ngx_string("ZMSCORE"),
        ngx_string("ZRANGE"),
        ngx_string("ZRANGEBYSCORE"),
        ngx_string("ZREVRANGEBYSCORE"),
        ngx_string("CONFIG"),
        ngx_string("PING"),
        ngx_null_string
    };

    commands = batch->commands.elts;

    for (i = 0; i < batch->commands.nelts; i++) {
        name = commands[i].elts;

        for (n = 0; reads[n].len; n++) {
            if (reads[n].len == name->len
                && ngx_strncmp(reads[n].data, name->data, name->len) == 0)
            {
                break;
            }
        }

        if (reads[n].len == 0) {
            return 0;
        }
    }

    return 1;
}


/* one block for all commands of a batch, and MULTI and EXEC */

static u_char *
ngx_http_moderate_format_room(ngx_http_moderate_wait_t *wait,
    ngx_http_moderate_batch_t *batch)
{
    size_t        size, head;
    ngx_uint_t    i;
    ngx_array_t  *commands;

    commands = batch->commands.elts;
    head = (batch->commands.nelts + 2) * sizeof(ngx_http_moderate_formatted_t);

    size = head + batch->bytes + sizeof("*1\r\n$5\r\nMULTI\r\n")
           + sizeof("*1\r\n$4\r\nEXEC\r\n");

    for (i = 0; i < batch->commands.nelts; i++) {
        size += (commands[i].nelts + 1) * (sizeof("$\r\n\r\n")
                                           + NGX_SIZE_T_LEN);
    }

    wait->formatted = ngx_alloc(size, ngx_cycle->log);

    return (wait->formatted == NULL) ? NULL
                                     : (u_char *) wait->formatted + head;
}


/* an array of bulk strings; returns where the next command may begin */

static u_char *
ngx_http_moderate_format(ngx_http_moderate_wait_t *wait, ngx_array_t *args,
    u_char *p)
{
    ngx_str_t                      *s;
    ngx_uint_t                      i;
    ngx_http_moderate_formatted_t  *formatted;

    formatted = &wait->formatted[wait->left++];
    formatted->data = p;
    s = args->elts;

    p = ngx_http_moderate_format_length(p, '*', args->nelts);

    for (i = 0; i < args->nelts; i++) {
        p = ngx_http_moderate_format_length(p, '$', s[i].len);

        if (s[i].len) {
            p = ngx_cpymem(p, s[i].data, s[i].len);
        }

        *p++ = CR;
        *p++ = LF;
    }

    formatted->len = p - formatted->data;

    return p;
}


static u_char *
ngx_http_moderate_format_length(u_char *p, u_char type, size_t n)
{
    u_char  text[NGX_SIZE_T_LEN], *q;

    *p++ = type;
    q = text + NGX_SIZE_T_LEN;

    do {
        *--q = (u_char) ('0' + n % 10);
        n /= 10;
    } while (n);

    p = ngx_cpymem(p, q, text + NGX_SIZE_T_LEN - q);
    *p++ = CR;
    *p++ = LF;

    return p;
}


ngx_int_t
ngx_http_moderate_write(ngx_http_moderate_wait_t *wait)
{
    ngx_uint_t                  n;
    ngx_http_moderate_redis_t  *redis;

    redis = wait->redis;

    for (n = 0; n < wait->left; n++) {
        if (redisAsyncFormattedCommand(redis->ac, ngx_http_moderate_replied,
                                       wait,
                                       (char *) wait->formatted[n].data,
                                       wait->formatted[n].len)
            != REDIS_OK)
        {
            break;
        }
    }

    /* a connection that is going down takes nothing */

    if (n == 0) {
        return NGX_ERROR;
    }

    /* out of memory half-way: an open transaction has to go with it all */

    if (n != wait->left) {
        ngx_post_event(&redis->drop, &ngx_posted_events);
    }

    ngx_free(wait->formatted);

    wait->formatted = NULL;
    wait->left = n;

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
        ngx_http_moderate_heard(wait, rc);

        if (rc == NGX_OK && wait->gathered != NULL) {
            rc = ngx_http_moderate_gather(wait, r);
        }

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

    ngx_http_moderate_finish(wait, rc, wait->gathered ? wait->gathered : r);

    if (ngx_exiting && redis->pending == 0 && redis->ac == ac) {
        redisAsyncDisconnect(ac);
    }
}


/* reads do not tell whether writes are taken */

static void
ngx_http_moderate_heard(ngx_http_moderate_wait_t *wait, ngx_int_t rc)
{
    ngx_http_moderate_redis_t  *redis;

    redis = wait->redis;
    redis->late = 0;

    if (wait->gathered == NULL || wait->writes) {

        if (rc == NGX_DECLINED) {
            redis->refused = 1;

        } else if (rc == NGX_OK && wait->commands > 1 && wait->left == 0
                   && !wait->refused)
        {
            redis->refused = 0;
        }
    }

    ngx_http_moderate_redis_state(redis);
}


void
ngx_http_moderate_finish(ngx_http_moderate_wait_t *wait, ngx_int_t rc,
    redisReply *reply)
{
    wait->redis->pending--;
    wait->redis->pending_bytes -= wait->bytes;

    ngx_http_moderate_complete(wait, rc, reply);
    ngx_http_moderate_wait_free(wait);
}


/*
 * hiredis frees the reply behind the callback: what is in it is taken out.
 * There is room for each, but one that has memory of its own is freed by
 * hiredis later, which frees the reply with it.
 */

static ngx_int_t
ngx_http_moderate_gather(ngx_http_moderate_wait_t *wait, redisReply *reply)
{
    size_t       i;
    redisReply  *r;

    i = wait->commands - 1 - wait->left;
    r = ngx_http_moderate_gathered(wait, i);

    if (reply->type != REDIS_REPLY_INTEGER && reply->type != REDIS_REPLY_NIL) {

        r = ngx_alloc(sizeof(redisReply), ngx_cycle->log);
        if (r == NULL) {
            wait->refused = 1;
            return NGX_ERROR;
        }
    }

    *r = *reply;
    reply->type = REDIS_REPLY_NIL;

    wait->gathered->element[i] = r;

    return NGX_OK;
}


/* the room for one of them, in the same block */

static redisReply *
ngx_http_moderate_gathered(ngx_http_moderate_wait_t *wait, size_t i)
{
    return wait->gathered + 1 + i;
}


static void
ngx_http_moderate_wait_free(ngx_http_moderate_wait_t *wait)
{
    size_t       i;
    redisReply  *r;

    if (wait->gathered != NULL) {

        for (i = 0; i < wait->gathered->elements; i++) {
            r = wait->gathered->element[i];

            if (r != NULL && r != ngx_http_moderate_gathered(wait, i)) {
                freeReplyObject(r);
            }
        }
    }

    if (wait->formatted != NULL) {
        ngx_free(wait->formatted);
    }

    ngx_free(wait);
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

    redis->late = 1;
    ngx_http_moderate_redis_fault(redis, "has not answered in %M ms",
                                  redis->timeout);

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

    ngx_http_moderate_redis_fault(redis, "is silent, connecting anew");

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

    if (wait->commands > 1 && wait->gathered == NULL && wait->left == 0
        && (reply->type != REDIS_REPLY_ARRAY
            || reply->elements != wait->commands))
    {
        ngx_http_moderate_redis_fault(redis, "has not answered a transaction "
                                      "of %ui commands with as many replies",
                                      wait->commands);
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


void
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

    ngx_http_moderate_refusal_code(redis, &text);

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


/* what follows the code may repeat what the command was of */

static void
ngx_http_moderate_refusal_code(ngx_http_moderate_redis_t *redis,
    ngx_str_t *text)
{
    u_char  *last, code[64];
    size_t   len;

    for (len = 0; len < text->len && text->data[len] != ' '; len++) {
        /* void */
    }

    /* the command before it was refused, and said why */

    if (len == sizeof("EXECABORT") - 1
        && ngx_strncmp(text->data, "EXECABORT", len) == 0)
    {
        return;
    }

    last = ngx_snprintf(code, sizeof(code), "refused: %*s", len, text->data);

    ngx_http_moderate_stats_redis_error(redis->stats, code, last - code);
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
