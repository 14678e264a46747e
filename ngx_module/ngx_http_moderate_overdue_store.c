
/*
 * Copyright (C) the moderate authors
 *
 * How the queue is, for moderate_status; and an event when somebody has waited
 * for longer than "moderate_queue_age" says.
 */


#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_waiting.h"
#include "ngx_http_moderate_stats.h"


/* told of when the key was set */

typedef struct {
    ngx_pool_t                      *pool;
    ngx_http_moderate_audit_event_t  event;
    u_char                           id[NGX_HTTP_MODERATE_ID_LEN];
} ngx_http_moderate_escalation_t;


static void ngx_http_moderate_waiting_status(
    ngx_http_moderate_srv_conf_t *mscf, ngx_http_moderate_waiting_t *waiting);
static void ngx_http_moderate_waiting_overdue(
    ngx_http_moderate_main_conf_t *mmcf, ngx_http_moderate_srv_conf_t *mscf,
    ngx_http_moderate_waiting_t *waiting);
static void ngx_http_moderate_waiting_escalate(
    ngx_http_moderate_main_conf_t *mmcf, ngx_http_moderate_srv_conf_t *mscf,
    ngx_str_t *category, ngx_http_moderate_waiting_line_t *line);
static void ngx_http_moderate_waiting_escalated(void *data, ngx_int_t rc,
    redisReply *reply);


void
ngx_http_moderate_waiting_tell(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_srv_conf_t *mscf, ngx_http_moderate_waiting_t *waiting)
{
    if (mscf->stats != NULL) {
        ngx_http_moderate_waiting_status(mscf, waiting);
    }

    if (mscf->queue_age) {
        ngx_http_moderate_waiting_overdue(mmcf, mscf, waiting);
    }
}


static void
ngx_http_moderate_waiting_status(ngx_http_moderate_srv_conf_t *mscf,
    ngx_http_moderate_waiting_t *waiting)
{
    ngx_uint_t                        i;
    ngx_http_moderate_queue_stats_t  *queue;

    queue = &mscf->stats->queue;

    for (i = 0; i < NGX_HTTP_MODERATE_STATES; i++) {
        queue->states[i] = waiting->states[i];
    }

    queue->waiting = waiting->all.count;
    queue->oldest = waiting->all.oldest / 1000;

    for (i = 0; i < NGX_HTTP_MODERATE_CATEGORIES; i++) {
        queue->categories[i].waiting = waiting->categories[i].count;
        queue->categories[i].oldest = waiting->categories[i].oldest / 1000;
    }

    queue->limit = mscf->queue_age;
    queue->time = ngx_time();
}


/* by category, so that those who see to it hear; else of what has none */

static void
ngx_http_moderate_waiting_overdue(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_srv_conf_t *mscf, ngx_http_moderate_waiting_t *waiting)
{
    uint64_t    before;
    vet_str_t   category;
    ngx_str_t   name;
    ngx_uint_t  i, told;

    before = (uint64_t) (ngx_time() - mscf->queue_age) * 1000;
    told = 0;

    for (i = 0; i < NGX_HTTP_MODERATE_CATEGORIES; i++) {
        category = vet_category(i);

        if (category.len == 0) {
            break;
        }

        if (waiting->categories[i].oldest == 0
            || waiting->categories[i].oldest >= before)
        {
            continue;
        }

        name.data = (u_char *) category.data;
        name.len = category.len;
        told = 1;

        ngx_http_moderate_waiting_escalate(mmcf, mscf, &name,
                                           &waiting->categories[i]);
    }

    if (!told && waiting->all.oldest && waiting->all.oldest < before) {
        ngx_str_set(&name, "other");
        ngx_http_moderate_waiting_escalate(mmcf, mscf, &name, &waiting->all);
    }
}


/* once, by whoever sets the key; and again when it is as late once more */

static void
ngx_http_moderate_waiting_escalate(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_srv_conf_t *mscf,
    ngx_str_t *category, ngx_http_moderate_waiting_line_t *line)
{
    ngx_str_t                        key;
    ngx_pool_t                      *pool;
    ngx_http_moderate_batch_t        batch;
    ngx_http_moderate_escalation_t  *late;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    late = ngx_pcalloc(pool, sizeof(ngx_http_moderate_escalation_t));

    if (late == NULL
        || ngx_http_moderate_key_overdue(pool, &mscf->site, category,
                                         &key) != NGX_OK)
    {
        goto failed;
    }

    late->pool = pool;
    late->event.site = mscf->site;
    late->event.detail = *category;
    late->event.id.data = late->id;
    late->event.id.len = NGX_HTTP_MODERATE_ID_LEN;
    ngx_memcpy(late->id, line->id, NGX_HTTP_MODERATE_ID_LEN);
    ngx_str_set(&late->event.event, "overdue");
    ngx_str_set(&late->event.actor, "nginx");

    ngx_http_moderate_batch_init(&batch, pool);

    ngx_http_moderate_command(&batch, "SET");
    ngx_http_moderate_arg(&batch, &key);
    ngx_http_moderate_arg(&batch, &late->event.id);
    ngx_http_moderate_word(&batch, "NX");
    ngx_http_moderate_word(&batch, "EX");
    ngx_http_moderate_number(&batch, mscf->queue_age);

    if (ngx_http_moderate_send(mmcf->queue, &batch, NULL,
                               ngx_http_moderate_waiting_escalated, late)
        == NGX_OK)
    {
        return;
    }

failed:

    ngx_destroy_pool(pool);
}


/* names of categories are constants, that of a site is of the cycle */

static void
ngx_http_moderate_waiting_escalated(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_escalation_t *late = data;

    if (rc == NGX_OK && reply->type == REDIS_REPLY_STATUS) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "%V: the queue of \"%V\" is overdue, its oldest is %V",
                      &late->event.site, &late->event.detail,
                      &late->event.id);

        ngx_http_moderate_audit_tell(&late->event);
    }

    ngx_destroy_pool(late->pool);
}
