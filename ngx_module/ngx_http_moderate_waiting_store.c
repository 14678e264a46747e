
/*
 * Copyright (C) the moderate authors
 *
 * How the queue of a site is: how many are in which state, how long they have
 * waited, of which category they are.  Asked for in one round trip, whatever
 * the queue's length.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_store.h"
#include "ngx_http_moderate_waiting.h"


typedef struct {
    ngx_http_request_t            *request;
    ngx_http_moderate_waiting_t   *waiting;
    ngx_http_moderate_waiting_pt   handler;
} ngx_http_moderate_waiting_ask_t;


static void ngx_http_moderate_waiting_done(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_waiting_line_ask(
    ngx_http_moderate_batch_t *batch, ngx_str_t *key);
static void ngx_http_moderate_waiting_line_read(redisReply *count,
    redisReply *first, ngx_http_moderate_waiting_line_t *line);


const ngx_uint_t  ngx_http_moderate_waiting_ages[] = {
    3600, 14400, 86400, 259200, 604800, 0
};


ngx_int_t
ngx_http_moderate_waiting(ngx_http_request_t *r,
    ngx_http_moderate_wait_t **slot, ngx_str_t *site,
    ngx_http_moderate_waiting_t *waiting, ngx_http_moderate_waiting_pt handler)
{
    ngx_http_moderate_batch_t         batch;
    ngx_http_moderate_main_conf_t    *mmcf;
    ngx_http_moderate_waiting_ask_t  *ask;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    ask = ngx_palloc(r->pool, sizeof(ngx_http_moderate_waiting_ask_t));
    if (ask == NULL) {
        return NGX_ERROR;
    }

    ask->request = r;
    ask->waiting = waiting;
    ask->handler = handler;

    ngx_http_moderate_batch_init(&batch, r->pool);
    ngx_http_moderate_waiting_ask(&batch, site);

    return ngx_http_moderate_send(mmcf->queue, &batch, slot,
                                  ngx_http_moderate_waiting_done, ask);
}


static void
ngx_http_moderate_waiting_done(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_waiting_ask_t *ask = data;

    ngx_connection_t  *c;

    c = ask->request->connection;

    if (rc == NGX_OK) {
        ngx_http_moderate_waiting_read(reply, ask->waiting);
    }

    ask->handler(ask->request, rc);
    ngx_http_run_posted_requests(c);
}


/* all are reads, and are answered in this order */

void
ngx_http_moderate_waiting_ask(ngx_http_moderate_batch_t *batch,
    ngx_str_t *site)
{
    time_t      age;
    uint64_t    now;
    vet_str_t   category;
    ngx_str_t   key, name;
    ngx_uint_t  n;

    now = (uint64_t) ngx_time() * 1000 + ngx_cached_time->msec;

    for (n = 0; n < NGX_HTTP_MODERATE_STATES; n++) {

        if (ngx_http_moderate_key_state(batch->pool, site, n, &key)
            != NGX_OK)
        {
            batch->failed = 1;
            return;
        }

        ngx_http_moderate_command(batch, "SCARD");
        ngx_http_moderate_arg(batch, &key);
    }

    if (ngx_http_moderate_key_queue(batch->pool, site, 0, NULL, &key)
        != NGX_OK)
    {
        batch->failed = 1;
        return;
    }

    ngx_http_moderate_waiting_line_ask(batch, &key);

    for (n = 0; ngx_http_moderate_waiting_ages[n]; n++) {
        age = ngx_http_moderate_waiting_ages[n];

        ngx_http_moderate_command(batch, "ZCOUNT");
        ngx_http_moderate_arg(batch, &key);
        ngx_http_moderate_number(batch, now - (uint64_t) age * 1000);
        ngx_http_moderate_word(batch, "+inf");
    }

    for (n = 0; n < NGX_HTTP_MODERATE_CATEGORIES; n++) {
        category = vet_category(n);

        if (category.len == 0) {
            break;
        }

        name.data = (u_char *) category.data;
        name.len = category.len;

        if (ngx_http_moderate_key_queue(batch->pool, site,
                                        NGX_HTTP_MODERATE_BY_CATEGORY, &name,
                                        &key)
            != NGX_OK)
        {
            batch->failed = 1;
            return;
        }

        ngx_http_moderate_waiting_line_ask(batch, &key);
    }
}


void
ngx_http_moderate_waiting_read(redisReply *reply,
    ngx_http_moderate_waiting_t *waiting)
{
    size_t      i;
    ngx_int_t   younger, before;
    ngx_uint_t  n;

    ngx_memzero(waiting, sizeof(ngx_http_moderate_waiting_t));

    i = 0;

    for (n = 0; n < NGX_HTTP_MODERATE_STATES; n++) {
        waiting->states[n] = ngx_http_moderate_reply_int(
                                 ngx_http_moderate_reply_at(reply, i++), 0);
    }

    ngx_http_moderate_waiting_line_read(ngx_http_moderate_reply_at(reply, i),
                                        ngx_http_moderate_reply_at(reply,
                                                                   i + 1),
                                        &waiting->all);
    i += 2;
    before = 0;

    for (n = 0; ngx_http_moderate_waiting_ages[n]; n++) {
        younger = ngx_http_moderate_reply_int(
                      ngx_http_moderate_reply_at(reply, i++), 0);

        waiting->ages[n] = (younger > before) ? younger - before : 0;
        before = younger;
    }

    waiting->ages[n] = ((ngx_int_t) waiting->all.count > before)
                       ? waiting->all.count - before : 0;

    for (n = 0;
         n < NGX_HTTP_MODERATE_CATEGORIES && vet_category(n).len;
         n++)
    {
        ngx_http_moderate_waiting_line_read(
                                    ngx_http_moderate_reply_at(reply, i),
                                    ngx_http_moderate_reply_at(reply, i + 1),
                                    &waiting->categories[n]);
        i += 2;
    }
}


static void
ngx_http_moderate_waiting_line_ask(ngx_http_moderate_batch_t *batch,
    ngx_str_t *key)
{
    ngx_http_moderate_command(batch, "ZCARD");
    ngx_http_moderate_arg(batch, key);

    ngx_http_moderate_command(batch, "ZRANGE");
    ngx_http_moderate_arg(batch, key);
    ngx_http_moderate_word(batch, "0");
    ngx_http_moderate_word(batch, "0");
    ngx_http_moderate_word(batch, "WITHSCORES");
}


static void
ngx_http_moderate_waiting_line_read(redisReply *count, redisReply *first,
    ngx_http_moderate_waiting_line_t *line)
{
    ngx_str_t  id;

    line->count = ngx_http_moderate_reply_int(count, 0);
    line->oldest = ngx_http_moderate_reply_int(
                       ngx_http_moderate_reply_at(first, 1), 0);

    ngx_http_moderate_reply_str(ngx_http_moderate_reply_at(first, 0), &id);

    if (id.len == NGX_HTTP_MODERATE_ID_LEN) {
        ngx_memcpy(line->id, id.data, id.len);
    }
}
