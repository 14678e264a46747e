
/*
 * Copyright (C) the moderate authors
 *
 * The call that reads the audit log.
 */


#include "ngx_http_moderate_api.h"


#define NGX_HTTP_MODERATE_API_EVENTS  100    /* events, when not said */


static ngx_int_t ngx_http_moderate_api_events_query(ngx_http_request_t *r,
    ngx_http_moderate_events_t *events);
static ngx_int_t ngx_http_moderate_api_seq(ngx_str_t *seq);
static void ngx_http_moderate_api_events_done(ngx_http_request_t *r,
    ngx_int_t rc);
static json_t *ngx_http_moderate_api_told(ngx_http_moderate_told_t *told);
static json_t *ngx_http_moderate_api_told_value(ngx_str_t *name,
    ngx_str_t *value);


ngx_int_t
ngx_http_moderate_api_events(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_http_moderate_events_t  *events;

    events = &api->events;

    events->request = r;
    events->slot = &api->wait;
    events->site = api->site;
    events->handler = ngx_http_moderate_api_events_done;

    if (ngx_http_moderate_api_events_query(r, events) != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_BAD_REQUEST, "query",
                                    "expected after= with the seq of an event "
                                    "and limit= from 1 to 1000");
        return NGX_OK;
    }

    return ngx_http_moderate_events(events);
}


static ngx_int_t
ngx_http_moderate_api_events_query(ngx_http_request_t *r,
    ngx_http_moderate_events_t *events)
{
    ngx_int_t  n;
    ngx_str_t  value;

    events->limit = NGX_HTTP_MODERATE_API_EVENTS;

    if (ngx_http_moderate_api_arg(r, "after", &events->after) != NGX_OK
        || ngx_http_moderate_api_arg(r, "limit", &value) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (events->after.len
        && ngx_http_moderate_api_seq(&events->after) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (value.len) {
        n = ngx_atoi(value.data, value.len);

        if (n < 1 || n > NGX_HTTP_MODERATE_EVENTS_MAX) {
            return NGX_ERROR;
        }

        events->limit = n;
    }

    return NGX_OK;
}


/* digits, "-", digits; none of more than 64 bits, which Redis would refuse */

static ngx_int_t
ngx_http_moderate_api_seq(ngx_str_t *seq)
{
    u_char  *p;

    p = ngx_strlchr(seq->data, seq->data + seq->len, '-');

    if (p == NULL
        || ngx_atoi(seq->data, p - seq->data) == NGX_ERROR
        || ngx_atoi(p + 1, seq->data + seq->len - p - 1) == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_moderate_api_events_done(ngx_http_request_t *r, ngx_int_t rc)
{
    json_t                      *list, *next;
    ngx_uint_t                   i, n;
    ngx_http_moderate_api_t     *api;
    ngx_http_moderate_told_t    *told;

    api = ngx_http_moderate_get_api(r);

    if (rc != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                    "unavailable", "Redis cannot be reached");
        return;
    }

    list = json_array();
    told = api->events.events.elts;
    n = api->events.events.nelts;

    for (i = 0; i < n; i++) {
        json_array_append_new(list, ngx_http_moderate_api_told(&told[i]));
    }

    next = (n == api->events.limit)
           ? ngx_http_moderate_api_string(&told[n - 1].seq) : json_null();

    ngx_http_moderate_api_send(r, NGX_HTTP_OK,
                               json_pack("{s:o, s:o}", "events", list, "next",
                                         next),
                               0);
}


/* in the order of the stream: the chain is made over it */

static json_t *
ngx_http_moderate_api_told(ngx_http_moderate_told_t *told)
{
    char        name[64];
    json_t     *json;
    ngx_str_t  *pair;
    ngx_uint_t  i;

    json = json_object();
    json_object_set_new(json, "seq", ngx_http_moderate_api_string(&told->seq));

    pair = told->pairs.elts;

    for (i = 0; i + 1 < told->pairs.nelts; i += 2) {
        ngx_snprintf((u_char *) name, sizeof(name) - 1, "%V%Z", &pair[i]);
        name[sizeof(name) - 1] = '\0';

        json_object_set_new(json, name,
                            ngx_http_moderate_api_told_value(&pair[i],
                                                             &pair[i + 1]));
    }

    return json;
}


/* what was not written by us stays a string, as it is */

static json_t *
ngx_http_moderate_api_told_value(ngx_str_t *name, ngx_str_t *value)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    if (n != NGX_ERROR && (value->len == 1 || value->data[0] != '0')) {

        if ((name->len == 6 && ngx_strncmp(name->data, "before", 6) == 0)
            || (name->len == 7 && ngx_strncmp(name->data, "version", 7) == 0))
        {
            return json_integer(n);
        }

        if (value->len == 13 && name->len == 4
            && ngx_strncmp(name->data, "time", 4) == 0)
        {
            return ngx_http_moderate_api_time(value);
        }
    }

    return value->len ? ngx_http_moderate_api_string(value) : json_null();
}
