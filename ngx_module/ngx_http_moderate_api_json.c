
/*
 * Copyright (C) the moderate authors
 *
 * The answers of the API.
 */


#include "ngx_http_moderate_api.h"
#include "ngx_http_moderate_payload.h"


#define NGX_HTTP_MODERATE_API_BEGIN  16384    /* bytes of a raw body shown */


static ngx_int_t ngx_http_moderate_api_headers(ngx_http_request_t *r,
    ngx_uint_t version);
static json_t *ngx_http_moderate_api_embed(ngx_str_t *s);
static void ngx_http_moderate_api_unreadable(ngx_http_request_t *r,
    ngx_http_moderate_record_t *record, json_t *json, ngx_uint_t *masked);
static json_t *ngx_http_moderate_api_history(
    ngx_http_moderate_item_t *item);
static json_t *ngx_http_moderate_api_event(ngx_http_moderate_event_t *event);


void
ngx_http_moderate_api_send(ngx_http_request_t *r, ngx_uint_t status,
    json_t *body, ngx_uint_t version)
{
    char                      *text;
    size_t                     len;
    ngx_int_t                  rc;
    ngx_http_moderate_api_t   *api;
    ngx_http_complex_value_t   cv;

    static ngx_str_t  type = ngx_string("application/json");

    api = ngx_http_moderate_get_api(r);

    if (api->results != NULL) {
        ngx_http_moderate_api_result(r, api, status, body);
        return;
    }

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));

    rc = NGX_ERROR;
    text = json_dumps(body, JSON_COMPACT);

    if (text != NULL) {
        len = ngx_strlen(text);

        cv.value.data = ngx_pnalloc(r->pool, len + 1);

        if (cv.value.data != NULL) {
            ngx_memcpy(cv.value.data, text, len);
            cv.value.data[len] = LF;
            cv.value.len = len + 1;

            rc = ngx_http_moderate_api_headers(r, version);
        }

        free(text);
    }

    json_decref(body);

    if (rc == NGX_OK) {
        rc = ngx_http_send_response(r, status, &type, &cv);

    } else {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_http_moderate_api_headers(ngx_http_request_t *r, ngx_uint_t version)
{
    u_char  *p;

    /* If-Match is the version that was seen, not one of this answer */

    r->disable_not_modified = 1;

    if (version) {
        p = ngx_pnalloc(r->pool, NGX_INT_T_LEN + 3);
        if (p == NULL) {
            return NGX_ERROR;
        }

        *ngx_sprintf(p, "\"%ui\"", version) = '\0';

        if (ngx_http_moderate_add_header(r, "ETag", (char *) p) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ngx_http_moderate_add_header(r, "Cache-Control", "no-store") != NGX_OK
        || ngx_http_moderate_add_header(r, "X-Content-Type-Options", "nosniff")
           != NGX_OK
        || ngx_http_moderate_add_header(r, "X-Robots-Tag", "noindex")
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_moderate_api_error(ngx_http_request_t *r, ngx_uint_t status,
    char *code, char *message)
{
    ngx_http_moderate_api_send(r, status,
                               json_pack("{s:s, s:s}", "error", code,
                                         "message", message),
                               0);
}


/* tells that an item cannot be read, if it is so */

ngx_uint_t
ngx_http_moderate_api_sealed(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item)
{
    if (item->payload == NGX_HTTP_MODERATE_PAYLOAD_OK) {
        return 0;
    }

    ngx_http_moderate_api_error(r, NGX_HTTP_CONFLICT,
                                ngx_http_moderate_payload_code(item->payload),
                                ngx_http_moderate_payload_text(item->payload));
    return 1;
}


/* one line of the queue */

json_t *
ngx_http_moderate_api_summary(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item)
{
    char                     *state;
    json_t                   *json, *claimed_by, *excerpt;
    ngx_uint_t                masked;
    ngx_http_moderate_api_t  *api;

    api = ngx_http_moderate_get_api(r);

    state = (item->state < NGX_HTTP_MODERATE_STATES)
            ? (char *) ngx_http_moderate_states[item->state].data : "lost";

    claimed_by = item->claimed_by.len
                 ? ngx_http_moderate_api_string(&item->claimed_by)
                 : json_null();

    masked = 0;
    excerpt = ngx_http_moderate_api_string(&item->record.excerpt);
    excerpt = ngx_http_moderate_api_mask(api, excerpt, &masked);

    json = json_pack("{s:o, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:b}",
                     "id", ngx_http_moderate_api_string(&item->record.id),
                     "state", state,
                     "version", (json_int_t) item->version,
                     "received",
                     ngx_http_moderate_api_time(&item->record.received),
                     "form", ngx_http_moderate_api_string(&item->record.form),
                     "score", ngx_http_moderate_api_embed(&item->record.score),
                     "hits", ngx_http_moderate_api_embed(&item->record.hits),
                     "excerpt", excerpt,
                     "masked", (int) masked,
                     "claimed_by", claimed_by,
                     "appealed", (int) item->appealed);

    if (item->payload) {
        json_object_set_new(json, "error",
                            json_string(ngx_http_moderate_payload_code(
                                                            item->payload)));
    }

    return json;
}


/* all of it; the body only where it could not be read into fields */

json_t *
ngx_http_moderate_api_item(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item)
{
    json_t                      *json, *uri, *fields, *appeal;
    ngx_uint_t                   masked;
    ngx_http_moderate_api_t     *api;
    ngx_http_moderate_record_t  *record;

    api = ngx_http_moderate_get_api(r);
    record = &item->record;
    json = ngx_http_moderate_api_summary(r, item);

    if (json == NULL) {
        return NULL;
    }

    masked = json_is_true(json_object_get(json, "masked"));

    uri = ngx_http_moderate_api_string(&record->uri);
    uri = ngx_http_moderate_api_mask(api, uri, &masked);

    fields = ngx_http_moderate_api_embed(&record->fields);
    ngx_http_moderate_api_mask_fields(api, fields, &masked);

    appeal = json_null();

    if (item->appealed) {
        appeal = ngx_http_moderate_api_string(&item->appeal);
        appeal = ngx_http_moderate_api_mask(api, appeal, &masked);
    }

    json_object_set_new(json, "method",
                        ngx_http_moderate_api_string(&record->method));
    json_object_set_new(json, "uri", uri);
    json_object_set_new(json, "host",
                        ngx_http_moderate_api_string(&record->host));
    json_object_set_new(json, "reason",
                        ngx_http_moderate_api_string(&record->reason));
    json_object_set_new(json, "ruleset",
                        ngx_http_moderate_api_string(&record->ruleset));
    json_object_set_new(json, "size", json_integer(record->body.len));
    json_object_set_new(json, "fields", fields);
    json_object_set_new(json, "history",
                        ngx_http_moderate_api_history(item));
    json_object_set_new(json, "appeal", appeal);
    json_object_set_new(json, "explanation",
                        item->explanation.len
                        ? ngx_http_moderate_api_string(&item->explanation)
                        : json_null());

    ngx_http_moderate_api_unreadable(r, record, json, &masked);

    json_object_set_new(json, "masked", json_boolean(masked));

    return json;
}


static void
ngx_http_moderate_api_unreadable(ngx_http_request_t *r,
    ngx_http_moderate_record_t *record, json_t *json, ngx_uint_t *masked)
{
    json_t     *body;
    ngx_str_t   begin;

    if (record->unreadable.len == 0) {
        json_object_set_new(json, "unreadable", json_null());
        return;
    }

    json_object_set_new(json, "unreadable",
                        ngx_http_moderate_api_string(&record->unreadable));

    if (ngx_http_moderate_excerpt(r->pool, NGX_HTTP_MODERATE_API_BEGIN,
                                  record->body.data, record->body.len, &begin)
        == NGX_OK)
    {
        body = ngx_http_moderate_api_string(&begin);
        body = ngx_http_moderate_api_mask(ngx_http_moderate_get_api(r), body,
                                          masked);

        json_object_set_new(json, "body", body);
    }
}


/* not all that is stored is UTF-8: a URI may have any byte */

json_t *
ngx_http_moderate_api_string(ngx_str_t *s)
{
    u_char      *p;
    json_t      *json;
    ngx_uint_t   i;

    json = json_stringn((char *) s->data, s->len);

    if (json != NULL) {
        return json;
    }

    p = ngx_alloc(s->len + 1, ngx_cycle->log);
    if (p == NULL) {
        return NULL;
    }

    for (i = 0; i < s->len; i++) {
        p[i] = (s->data[i] < 0x80) ? s->data[i] : '?';
    }

    json = json_stringn((char *) p, s->len);

    ngx_free(p);

    return json;
}


/* JSON that the engine has written */

static json_t *
ngx_http_moderate_api_embed(ngx_str_t *s)
{
    json_t  *json;

    json = json_loadb((char *) s->data, s->len, JSON_DECODE_ANY|JSON_ALLOW_NUL,
                      NULL);

    return json ? json : json_null();
}


/* RFC 3339, to the millisecond, in UTC */

json_t *
ngx_http_moderate_api_time(ngx_str_t *ms)
{
    ngx_tm_t   tm;
    ngx_int_t  n;

    n = ngx_atoi(ms->data, ms->len);

    if (n == NGX_ERROR) {
        return json_null();
    }

    ngx_gmtime(n / 1000, &tm);

    return json_sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                        (int) tm.ngx_tm_year, (int) tm.ngx_tm_mon,
                        (int) tm.ngx_tm_mday, (int) tm.ngx_tm_hour,
                        (int) tm.ngx_tm_min, (int) tm.ngx_tm_sec,
                        (int) (n % 1000));
}


static json_t *
ngx_http_moderate_api_history(ngx_http_moderate_item_t *item)
{
    json_t                     *history;
    ngx_uint_t                  i;
    ngx_http_moderate_event_t  *event;

    history = json_array();
    event = item->history.elts;

    for (i = 0; i < item->history.nelts; i++) {
        json_array_append_new(history, ngx_http_moderate_api_event(&event[i]));
    }

    return history;
}


static json_t *
ngx_http_moderate_api_event(ngx_http_moderate_event_t *event)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:o}",
                     "version", (json_int_t) event->version,
                     "time", ngx_http_moderate_api_time(&event->time),
                     "actor", ngx_http_moderate_api_string(&event->actor),
                     "action", ngx_http_moderate_api_string(&event->action),
                     "detail", ngx_http_moderate_api_string(&event->detail));
}
