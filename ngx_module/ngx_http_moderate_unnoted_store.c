
/*
 * Copyright (C) the moderate authors
 *
 * A step stands and who took it is not known: nginx was killed between its
 * SMOVE and its note.  That it was taken is told of.  Where Redis was full the
 * events of such steps come late, and nothing is to be told.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_unnoted.h"


#define NGX_HTTP_MODERATE_UNNOTED_QUIET  3600   /* s, after a full Redis */


/* what is told of when it was noted */

typedef struct {
    ngx_pool_t                      *pool;
    ngx_http_moderate_unnoted_t     *unnoted;
    ngx_http_moderate_audit_event_t  event;
    ngx_str_t                        key;
    ngx_str_t                        since;
} ngx_http_moderate_found_t;


static void ngx_http_moderate_found(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_found_t *found);
static ngx_http_moderate_found_t *ngx_http_moderate_create_found(
    ngx_str_t *site, ngx_http_moderate_item_t *item, ngx_uint_t noted);
static void ngx_http_moderate_found_noted(void *data, ngx_int_t rc,
    redisReply *reply);


/* what is being delivered is seen to by the sweep */

void
ngx_http_moderate_unnoted_look(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_srv_conf_t *mscf, ngx_http_moderate_unnoted_t *unnoted,
    ngx_http_moderate_item_t *item, ngx_uint_t noted)
{
    ngx_str_t                         *id;
    ngx_uint_t                         i;
    ngx_http_moderate_found_t         *found;
    ngx_http_moderate_unnoted_item_t  *seen;

    id = &item->record.id;

    if (item->version == 0
        || item->state == noted
        || item->state == NGX_HTTP_MODERATE_STATES
        || item->state == NGX_HTTP_MODERATE_APPROVED
        || item->state == NGX_HTTP_MODERATE_REPLAYING
        || id->len != NGX_HTTP_MODERATE_ID_LEN)
    {
        return;
    }

    /* the event itself comes late, with who it was */

    if (mmcf->audit.nlate) {
        unnoted->refused = ngx_time();
    }

    for (i = 0; i < unnoted->nseen; i++) {
        seen = &unnoted->seen[i];

        if (seen->state == item->state
            && ngx_memcmp(seen->id, id->data, id->len) == 0)
        {
            found = ngx_http_moderate_create_found(&mscf->site, item, noted);

            if (found != NULL) {
                found->unnoted = unnoted;
                ngx_http_moderate_found(mmcf, found);
            }

            return;
        }
    }

    if (unnoted->nnow < NGX_HTTP_MODERATE_UNNOTED_MAX) {
        seen = &unnoted->now[unnoted->nnow++];
        seen->state = item->state;
        ngx_memcpy(seen->id, id->data, id->len);
    }
}


void
ngx_http_moderate_unnoted_round(ngx_http_moderate_unnoted_t *unnoted)
{
    unnoted->nseen = unnoted->nnow;
    unnoted->nnow = 0;

    ngx_memcpy(unnoted->seen, unnoted->now, sizeof(unnoted->seen));
}


/* noted first: what a full Redis does not take is not told of again */

static void
ngx_http_moderate_found(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_found_t *found)
{
    ngx_http_moderate_batch_t  batch;

    ngx_http_moderate_batch_init(&batch, found->pool);

    ngx_http_moderate_command(&batch, "HSET");
    ngx_http_moderate_arg(&batch, &found->key);
    ngx_http_moderate_word(&batch, "since");
    ngx_http_moderate_arg(&batch, &found->since);

    if (ngx_http_moderate_send(mmcf->queue, &batch, NULL,
                               ngx_http_moderate_found_noted, found)
        != NGX_OK)
    {
        ngx_destroy_pool(found->pool);
    }
}


static ngx_http_moderate_found_t *
ngx_http_moderate_create_found(ngx_str_t *site, ngx_http_moderate_item_t *item,
    ngx_uint_t noted)
{
    ngx_pool_t                       *pool;
    ngx_http_moderate_found_t        *found;
    ngx_http_moderate_audit_event_t  *event;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    found = ngx_pcalloc(pool, sizeof(ngx_http_moderate_found_t));

    if (found == NULL) {
        goto failed;
    }

    found->pool = pool;

    event = &found->event;
    event->site = *site;
    event->id = item->record.id;
    event->from = ngx_http_moderate_states[noted];
    event->to = ngx_http_moderate_states[item->state];
    event->before = item->version;
    event->version = item->version;
    ngx_str_set(&event->event, "found");
    ngx_str_set(&event->actor, "nginx");

    if (ngx_http_moderate_since_now(pool, item->state, &found->since) != NGX_OK
        || ngx_http_moderate_copy(pool, &event->id) != NGX_OK
        || ngx_http_moderate_key_held(pool, site, &event->id, &found->key)
           != NGX_OK)
    {
        goto failed;
    }

    return found;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


static void
ngx_http_moderate_found_noted(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_found_t *found = data;

    ngx_http_moderate_audit_event_t  *event;

    event = &found->event;

    if (rc == NGX_DECLINED) {
        found->unnoted->refused = ngx_time();

    } else if (rc == NGX_OK
               && found->unnoted->refused + NGX_HTTP_MODERATE_UNNOTED_QUIET
                  < ngx_time())
    {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "%V: held submission %V is \"%V\", and there is no note "
                      "of how it became so from \"%V\"", &event->site,
                      &event->id, &event->to, &event->from);

        ngx_http_moderate_audit_tell(event);
    }

    ngx_destroy_pool(found->pool);
}
