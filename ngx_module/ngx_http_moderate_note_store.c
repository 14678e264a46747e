
/*
 * Copyright (C) the moderate authors
 *
 * What moderators note on a held submission.
 */


#include "ngx_http_moderate_payload.h"
#include "ngx_http_moderate_redis.h"
#include "ngx_http_moderate_store.h"


typedef struct {
    ngx_http_request_t         *request;
    ngx_http_moderate_note_pt   handler;
} ngx_http_moderate_noted_t;


static void ngx_http_moderate_note_done(void *data, ngx_int_t rc,
    redisReply *reply);


ngx_uint_t
ngx_http_moderate_note_ok(ngx_str_t *note)
{
    u_char      *p, *last;
    uint32_t     c;
    ngx_uint_t   n, blank;

    n = 0;
    blank = 1;
    p = note->data;
    last = p + note->len;

    while (p < last) {
        c = (*p < 0x80) ? *p++ : ngx_utf8_decode(&p, last - p);

        if (c > 0x10ffff || c == 0 || (c >= 0xd800 && c < 0xe000)) {
            return 0;
        }

        if (c != CR) {
            n++;
        }

        if (c > ' ') {
            blank = 0;
        }
    }

    return !blank && n <= NGX_HTTP_MODERATE_NOTE_MAX;
}


/*
 * Its version is that of the item, which stays as it is: a note does not stop
 * the decision of somebody else.  The event tells of it, not what it says.
 */

ngx_int_t
ngx_http_moderate_note(ngx_http_request_t *r, ngx_http_moderate_wait_t **slot,
    ngx_str_t *site, ngx_http_moderate_item_t *item, ngx_str_t *actor,
    ngx_str_t *text, ngx_http_moderate_note_pt handler)
{
    ngx_str_t                         held, events, name, note, value;
    ngx_http_moderate_noted_t        *noted;
    ngx_http_moderate_batch_t         batch;
    ngx_http_moderate_main_conf_t    *mmcf;
    ngx_http_moderate_audit_event_t   event;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    ngx_memzero(&event, sizeof(ngx_http_moderate_audit_event_t));
    event.site = *site;
    event.id = item->record.id;
    event.actor = *actor;
    event.before = item->version;
    event.version = item->version;
    ngx_str_set(&event.event, "note");

    noted = ngx_palloc(r->pool, sizeof(ngx_http_moderate_noted_t));
    name.data = ngx_pnalloc(r->pool, 2 * NGX_INT_T_LEN + 12);
    value.data = ngx_pnalloc(r->pool, NGX_INT64_LEN + actor->len + text->len
                                      + VET_SEAL_OVERHEAD
                                      + sizeof("  note "));

    if (noted == NULL || name.data == NULL || value.data == NULL
        || ngx_http_moderate_audit_make(r->pool, &event) != NGX_OK
        || ngx_http_moderate_key_held(r->pool, site, &item->record.id, &held)
           != NGX_OK
        || ngx_http_moderate_key_events(r->pool, site, &events) != NGX_OK)
    {
        return NGX_ERROR;
    }

    noted->request = r;
    noted->handler = handler;

    name.len = ngx_sprintf(name.data, "e:%ui.%ui.%08xD", item->version,
                           item->notes + 1, (uint32_t) ngx_random())
               - name.data;

    note = *text;

    if (ngx_http_moderate_payload_one(mmcf, r->pool, site, &item->record.id,
                                      &name, &note)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%T%03M %V note %V", ngx_time(),
                            ngx_timeofday()->msec, actor, &note)
                - value.data;

    ngx_http_moderate_batch_init(&batch, r->pool);

    ngx_http_moderate_command(&batch, "HSET");
    ngx_http_moderate_arg(&batch, &held);
    ngx_http_moderate_arg(&batch, &name);
    ngx_http_moderate_arg(&batch, &value);

    ngx_http_moderate_audit_add(&batch, &events, &event);

    return ngx_http_moderate_send(mmcf->queue, &batch, slot,
                                  ngx_http_moderate_note_done, noted);
}


static void
ngx_http_moderate_note_done(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_http_moderate_noted_t *noted = data;

    ngx_connection_t  *c;

    c = noted->request->connection;

    noted->handler(noted->request, rc);
    ngx_http_run_posted_requests(c);
}
