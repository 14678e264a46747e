
/*
 * Copyright (C) the moderate authors
 *
 * Rule sets for a fleet in Redis: the log of a name, to which one of those who
 * write at the same time adds the next entry (HSETNX), bundles in chunks, so
 * that no reply is large, and what is counted of a version.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_audit.h"
#include "ngx_http_moderate_fleet.h"
#include "ngx_http_moderate_keys.h"


#define NGX_HTTP_MODERATE_FLEET_COUNTS_TTL  "34560000"  /* 400 days */


static ngx_int_t ngx_http_moderate_fleet_send(
    ngx_http_moderate_fleet_ask_t *ask, ngx_http_moderate_batch_t *batch,
    ngx_http_moderate_reply_pt handler);
static void ngx_http_moderate_fleet_revision(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_fleet_entry(void *data, ngx_int_t rc,
    redisReply *reply);
static json_t *ngx_http_moderate_fleet_json(redisReply *reply);
static void ngx_http_moderate_fleet_history(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_fleet_ask_chunk(
    ngx_http_moderate_fleet_ask_t *ask);
static void ngx_http_moderate_fleet_chunk(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_http_moderate_fleet_add(
    ngx_http_moderate_fleet_ask_t *ask, ngx_str_t *chunk);
static void ngx_http_moderate_fleet_counts(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_fleet_word(ngx_str_t *word, json_t *entry,
    const char *key);
static void ngx_http_moderate_fleet_done(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_http_moderate_fleet_written(void *data, ngx_int_t rc,
    redisReply *reply);


ngx_int_t
ngx_http_moderate_fleet_ask_revision(ngx_http_moderate_fleet_ask_t *ask)
{
    ngx_int_t                  rc;
    ngx_str_t                  key;
    ngx_pool_t                *pool;
    ngx_http_moderate_batch_t  batch;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_moderate_key_ruleset_log(pool, &ask->name, &key);

    if (rc == NGX_OK) {
        ngx_http_moderate_batch_init(&batch, pool);
        ngx_http_moderate_command(&batch, "HLEN");
        ngx_http_moderate_arg(&batch, &key);

        rc = ngx_http_moderate_fleet_send(ask, &batch,
                                          ngx_http_moderate_fleet_revision);
    }

    ngx_destroy_pool(pool);

    return rc;
}


static ngx_int_t
ngx_http_moderate_fleet_send(ngx_http_moderate_fleet_ask_t *ask,
    ngx_http_moderate_batch_t *batch, ngx_http_moderate_reply_pt handler)
{
    return ngx_http_moderate_send(ask->redis, batch, &ask->wait, handler,
                                  ask);
}


static void
ngx_http_moderate_fleet_revision(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_fleet_ask_t *ask = data;

    if (rc == NGX_OK) {
        ask->revision = ngx_http_moderate_reply_int(reply, 0);
    }

    ask->handler(ask->data, rc);
}


ngx_int_t
ngx_http_moderate_fleet_ask_entry(ngx_http_moderate_fleet_ask_t *ask)
{
    ngx_int_t                  rc;
    ngx_str_t                  key;
    ngx_pool_t                *pool;
    ngx_http_moderate_batch_t  batch;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_moderate_key_ruleset_log(pool, &ask->name, &key);

    if (rc == NGX_OK) {
        ngx_http_moderate_batch_init(&batch, pool);
        ngx_http_moderate_command(&batch, "HMGET");
        ngx_http_moderate_arg(&batch, &key);
        ngx_http_moderate_number(&batch, ask->revision);

        rc = ngx_http_moderate_fleet_send(ask, &batch,
                                          ngx_http_moderate_fleet_entry);
    }

    ngx_destroy_pool(pool);

    return rc;
}


static void
ngx_http_moderate_fleet_entry(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_fleet_ask_t *ask = data;

    if (rc == NGX_OK) {
        json_decref(ask->entry);
        ask->entry = ngx_http_moderate_fleet_json(
                         ngx_http_moderate_reply_at(reply, 0));
    }

    ask->handler(ask->data, rc);
}


static json_t *
ngx_http_moderate_fleet_json(redisReply *reply)
{
    ngx_str_t  text;

    ngx_http_moderate_reply_str(reply, &text);

    if (text.len == 0 || text.len > NGX_HTTP_MODERATE_FLEET_ENTRY) {
        return NULL;
    }

    return json_loadb((char *) text.data, text.len, 0, NULL);
}


ngx_int_t
ngx_http_moderate_fleet_ask_history(ngx_http_moderate_fleet_ask_t *ask,
    ngx_uint_t n)
{
    ngx_int_t                  rc;
    ngx_str_t                  key;
    ngx_uint_t                 i;
    ngx_pool_t                *pool;
    ngx_http_moderate_batch_t  batch;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_moderate_key_ruleset_log(pool, &ask->name, &key);

    if (rc == NGX_OK) {
        ngx_http_moderate_batch_init(&batch, pool);
        ngx_http_moderate_command(&batch, "HMGET");
        ngx_http_moderate_arg(&batch, &key);

        for (i = 0; i < n && i < ask->revision; i++) {
            ngx_http_moderate_number(&batch, ask->revision - i);
        }

        rc = ngx_http_moderate_fleet_send(ask, &batch,
                                          ngx_http_moderate_fleet_history);
    }

    ngx_destroy_pool(pool);

    return rc;
}


static void
ngx_http_moderate_fleet_history(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_fleet_ask_t *ask = data;

    size_t   i;
    json_t  *entry;

    if (rc == NGX_OK) {
        json_decref(ask->list);
        ask->list = json_array();

        for (i = 0; i < reply->elements; i++) {
            entry = ngx_http_moderate_fleet_json(reply->element[i]);

            if (entry != NULL) {
                json_array_append_new(ask->list, entry);
            }
        }
    }

    ask->handler(ask->data, rc);
}


ngx_int_t
ngx_http_moderate_fleet_ask_bundle(ngx_http_moderate_fleet_ask_t *ask)
{
    free(ask->bundle);

    ask->bundle = NULL;
    ask->len = 0;
    ask->size = 0;
    ask->chunk = 0;

    return ngx_http_moderate_fleet_ask_chunk(ask);
}


/* field N has the Nth chunk; the one behind the last has "" */

static ngx_int_t
ngx_http_moderate_fleet_ask_chunk(ngx_http_moderate_fleet_ask_t *ask)
{
    ngx_int_t                  rc;
    ngx_str_t                  key;
    ngx_pool_t                *pool;
    ngx_http_moderate_batch_t  batch;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_moderate_key_ruleset_version(pool, &ask->name, ask->version,
                                               &key);

    if (rc == NGX_OK) {
        ngx_http_moderate_batch_init(&batch, pool);
        ngx_http_moderate_command(&batch, "HMGET");
        ngx_http_moderate_arg(&batch, &key);
        ngx_http_moderate_number(&batch, ask->chunk);

        rc = ngx_http_moderate_fleet_send(ask, &batch,
                                          ngx_http_moderate_fleet_chunk);
    }

    ngx_destroy_pool(pool);

    return rc;
}


static void
ngx_http_moderate_fleet_chunk(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_fleet_ask_t *ask = data;

    ngx_str_t  chunk;

    if (rc == NGX_OK) {
        reply = ngx_http_moderate_reply_at(reply, 0);

        if (reply == NULL || reply->type != REDIS_REPLY_STRING) {

            /* it is not there, or not all of it */

            ask->handler(ask->data, NGX_DECLINED);
            return;
        }

        ngx_http_moderate_reply_str(reply, &chunk);

        if (chunk.len == 0) {
            ask->handler(ask->data, NGX_OK);
            return;
        }

        rc = ngx_http_moderate_fleet_add(ask, &chunk);

        if (rc == NGX_OK) {
            ask->chunk++;
            rc = ngx_http_moderate_fleet_ask_chunk(ask);
        }

        if (rc == NGX_OK) {
            return;
        }
    }

    ask->handler(ask->data, rc);
}


static ngx_int_t
ngx_http_moderate_fleet_add(ngx_http_moderate_fleet_ask_t *ask,
    ngx_str_t *chunk)
{
    u_char  *p;
    size_t   size;

    if (chunk->len > NGX_HTTP_MODERATE_FLEET_BUNDLE - ask->len) {
        return NGX_DECLINED;
    }

    if (ask->len + chunk->len > ask->size) {
        size = 2 * (ask->len + chunk->len);

        p = realloc(ask->bundle, size);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ask->bundle = p;
        ask->size = size;
    }

    ngx_memcpy(ask->bundle + ask->len, chunk->data, chunk->len);
    ask->len += chunk->len;

    return NGX_OK;
}


ngx_int_t
ngx_http_moderate_fleet_ask_counts(ngx_http_moderate_fleet_ask_t *ask,
    const char **versions, ngx_uint_t n)
{
    ngx_int_t                  rc;
    ngx_str_t                 *key;
    ngx_uint_t                 i;
    ngx_pool_t                *pool;
    ngx_http_moderate_batch_t  batch;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_OK;
    ngx_http_moderate_batch_init(&batch, pool);

    for (i = 0; rc == NGX_OK && i < n; i++) {
        key = ngx_palloc(pool, sizeof(ngx_str_t));

        rc = (key == NULL) ? NGX_ERROR
             : ngx_http_moderate_key_ruleset_counts(pool, &ask->name,
                                                    versions[i], key);

        if (rc == NGX_OK) {
            ngx_http_moderate_command(&batch, "HGETALL");
            ngx_http_moderate_arg(&batch, key);
        }
    }

    /* one more, so that the reply is an array even for one version */

    ngx_http_moderate_command(&batch, "PING");

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_fleet_send(ask, &batch,
                                          ngx_http_moderate_fleet_counts);
    }

    ngx_destroy_pool(pool);

    return rc;
}


static void
ngx_http_moderate_fleet_counts(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_fleet_ask_t *ask = data;

    size_t       i, k;
    json_t      *one;
    ngx_str_t    field;
    redisReply  *hash;

    if (rc == NGX_OK) {
        json_decref(ask->list);
        ask->list = json_array();

        for (i = 0; i + 1 < reply->elements; i++) {
            hash = reply->element[i];
            one = json_object();

            for (k = 0; k + 1 < hash->elements; k += 2) {
                ngx_http_moderate_reply_str(hash->element[k], &field);

                json_object_setn_new(one, (char *) field.data, field.len,
                                     json_integer(ngx_http_moderate_reply_int(
                                                   hash->element[k + 1], 0)));
            }

            json_array_append_new(ask->list, one);
        }
    }

    ask->handler(ask->data, rc);
}


/* fields that are there stay: what was confirmed cannot be replaced */

ngx_int_t
ngx_http_moderate_fleet_put_bundle(ngx_http_moderate_fleet_ask_t *ask,
    const char *text, size_t len)
{
    size_t                     offset, n;
    ngx_int_t                  rc;
    ngx_str_t                  key, chunk;
    ngx_uint_t                 i;
    ngx_pool_t                *pool;
    ngx_http_moderate_batch_t  batch;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_moderate_key_ruleset_version(pool, &ask->name, ask->version,
                                               &key);

    ngx_http_moderate_batch_init(&batch, pool);

    for (offset = 0, i = 0; rc == NGX_OK; offset += n, i++) {
        n = ngx_min(len - offset, NGX_HTTP_MODERATE_FLEET_CHUNK);

        chunk.data = (u_char *) text + offset;
        chunk.len = n;

        ngx_http_moderate_command(&batch, "HSETNX");
        ngx_http_moderate_arg(&batch, &key);
        ngx_http_moderate_number(&batch, i);
        ngx_http_moderate_arg(&batch, &chunk);

        if (n == 0) {
            break;
        }
    }

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_fleet_send(ask, &batch,
                                          ngx_http_moderate_fleet_done);
    }

    ngx_destroy_pool(pool);

    return rc;
}


static void
ngx_http_moderate_fleet_done(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_fleet_ask_t *ask = data;

    ask->handler(ask->data, rc);
}


ngx_int_t
ngx_http_moderate_fleet_put_entry(ngx_http_moderate_fleet_ask_t *ask,
    json_t *entry)
{
    char                      *text;
    ngx_int_t                  rc;
    ngx_str_t                  key, value;
    ngx_pool_t                *pool;
    ngx_http_moderate_batch_t  batch;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    text = json_dumps(entry, JSON_COMPACT);
    rc = (text == NULL) ? NGX_ERROR
         : ngx_http_moderate_key_ruleset_log(pool, &ask->name, &key);

    if (rc == NGX_OK) {
        value.data = (u_char *) text;
        value.len = ngx_strlen(text);

        ngx_http_moderate_batch_init(&batch, pool);
        ngx_http_moderate_command(&batch, "HSETNX");
        ngx_http_moderate_arg(&batch, &key);
        ngx_http_moderate_number(&batch, ask->revision + 1);
        ngx_http_moderate_arg(&batch, &value);

        rc = ngx_http_moderate_fleet_send(ask, &batch,
                                          ngx_http_moderate_fleet_written);
    }

    free(text);
    ngx_destroy_pool(pool);

    return rc;
}


static void
ngx_http_moderate_fleet_written(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_fleet_ask_t *ask = data;

    ask->won = (rc == NGX_OK && ngx_http_moderate_reply_int(reply, 0) == 1);

    ask->handler(ask->data, rc);
}


/* HDEL, which a full Redis takes, of all chunks that there may be */

void
ngx_http_moderate_fleet_drop(ngx_http_moderate_redis_t *redis,
    ngx_str_t *name, const char *version)
{
    ngx_str_t                  key;
    ngx_uint_t                 i;
    ngx_pool_t                *pool;
    ngx_http_moderate_batch_t  batch;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    if (ngx_http_moderate_key_ruleset_version(pool, name, version, &key)
        == NGX_OK)
    {
        ngx_http_moderate_batch_init(&batch, pool);
        ngx_http_moderate_command(&batch, "HDEL");
        ngx_http_moderate_arg(&batch, &key);

        for (i = 0;
             i <= NGX_HTTP_MODERATE_FLEET_BUNDLE
                  / NGX_HTTP_MODERATE_FLEET_CHUNK + 1;
             i++)
        {
            ngx_http_moderate_number(&batch, i);
        }

        (void) ngx_http_moderate_send(redis, &batch, NULL, NULL, NULL);
    }

    ngx_destroy_pool(pool);
}


void
ngx_http_moderate_fleet_event(ngx_str_t *site, ngx_str_t *name, json_t *entry)
{
    u_char                          *p, detail[64];
    const char                      *version;
    ngx_http_moderate_audit_event_t  event;

    version = json_string_value(json_object_get(entry, "version"));

    p = ngx_snprintf(detail, sizeof(detail), "%s",
                     version ? version : "");

    if (json_object_get(entry, "share") != NULL) {
        p = ngx_snprintf(p, detail + sizeof(detail) - p, " %L",
                         (int64_t) json_integer_value(json_object_get(entry,
                                                                  "share")));
    }

    ngx_memzero(&event, sizeof(ngx_http_moderate_audit_event_t));

    event.site = *site;
    event.id = *name;
    event.detail.data = detail;
    event.detail.len = p - detail;
    event.version = json_integer_value(json_object_get(entry, "revision"));
    event.before = event.version - 1;

    ngx_http_moderate_fleet_word(&event.event, entry, "action");
    ngx_http_moderate_fleet_word(&event.actor, entry, "actor");

    ngx_http_moderate_audit_tell(&event);
}


static void
ngx_http_moderate_fleet_word(ngx_str_t *word, json_t *entry, const char *key)
{
    json_t  *value;

    value = json_object_get(entry, key);

    word->data = (u_char *) json_string_value(value);
    word->len = json_string_length(value);
}


ngx_int_t
ngx_http_moderate_fleet_add_counts(ngx_http_moderate_redis_t *redis,
    ngx_str_t *name, const char *version, ngx_uint_t *counts)
{
    ngx_int_t                  rc;
    ngx_str_t                  key, field[NGX_HTTP_MODERATE_VERDICTS];
    ngx_uint_t                 i;
    ngx_pool_t                *pool;
    ngx_http_moderate_batch_t  batch;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_moderate_key_ruleset_counts(pool, name, version, &key);

    ngx_http_moderate_batch_init(&batch, pool);

    for (i = 0; rc == NGX_OK && i < NGX_HTTP_MODERATE_VERDICTS; i++) {
        if (counts[i] == 0) {
            continue;
        }

        field[i] = *ngx_http_moderate_verdict_name(i, 0);

        ngx_http_moderate_command(&batch, "HINCRBY");
        ngx_http_moderate_arg(&batch, &key);
        ngx_http_moderate_arg(&batch, &field[i]);
        ngx_http_moderate_number(&batch, counts[i]);
    }

    ngx_http_moderate_command(&batch, "EXPIRE");
    ngx_http_moderate_arg(&batch, &key);
    ngx_http_moderate_word(&batch, NGX_HTTP_MODERATE_FLEET_COUNTS_TTL);

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_send(redis, &batch, NULL, NULL, NULL);
    }

    ngx_destroy_pool(pool);

    return rc;
}


void
ngx_http_moderate_fleet_ask_end(ngx_http_moderate_fleet_ask_t *ask)
{
    ngx_http_moderate_detach(ask->wait);

    json_decref(ask->entry);
    json_decref(ask->list);
    free(ask->bundle);

    ask->entry = NULL;
    ask->list = NULL;
    ask->bundle = NULL;
}
