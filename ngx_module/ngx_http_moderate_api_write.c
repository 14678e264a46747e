
/*
 * Copyright (C) the moderate authors
 *
 * Notes on an item, and one decision on several items, one after the other.
 */


#include "ngx_http_moderate_api.h"


#define NGX_HTTP_MODERATE_BULK_MAX  100    /* items */


static void ngx_http_moderate_note_item(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item);
static void ngx_http_moderate_noted(ngx_http_request_t *r, ngx_int_t rc);
static void ngx_http_moderate_reveal_item(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item);
static ngx_uint_t ngx_http_moderate_bulk_ok(json_t *ids);
static void ngx_http_moderate_bulk_next(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);


ngx_int_t
ngx_http_moderate_api_note(ngx_http_request_t *r, ngx_http_moderate_api_t *api)
{
    if (!ngx_http_moderate_note_ok(&api->text)) {
        ngx_http_moderate_api_error(r, 422, "text", "note needs {\"text\"} of "
                                    "1 to 2000 characters");
        return NGX_OK;
    }

    return ngx_http_moderate_item(r, &api->wait, &api->site, &api->id,
                                  ngx_http_moderate_note_item);
}


static void
ngx_http_moderate_note_item(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item)
{
    ngx_http_moderate_api_t  *api;

    api = ngx_http_moderate_get_api(r);

    if (rc == NGX_DECLINED) {
        ngx_http_moderate_api_error(r, NGX_HTTP_NOT_FOUND, "not-found",
                                    "no held submission has this id");
        return;
    }

    if (rc == NGX_OK && ngx_http_moderate_api_sealed(r, item)) {
        return;
    }

    if (rc == NGX_OK && item->notes >= NGX_HTTP_MODERATE_NOTES_MAX) {
        ngx_http_moderate_api_error(r, NGX_HTTP_CONFLICT, "too-many-notes",
                                    "there are 50 notes already");
        return;
    }

    if (rc == NGX_OK) {
        api->item = item;
        rc = ngx_http_moderate_note(r, &api->wait, &api->site, item,
                                    &api->user, &api->text,
                                    ngx_http_moderate_noted);
    }

    if (rc != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                    "unavailable", "Redis cannot be reached");
    }
}


static void
ngx_http_moderate_noted(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_moderate_api_t   *api;
    ngx_http_moderate_item_t  *item;

    api = ngx_http_moderate_get_api(r);
    item = api->item;

    if (rc != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                    "unavailable", "Redis did not take it, or "
                                    "did not answer: please look again");
        return;
    }

    ngx_http_moderate_api_send(r, NGX_HTTP_OK,
                               json_pack("{s:s%, s:I, s:I}",
                                         "id", api->id.data, api->id.len,
                                         "version", (json_int_t) item->version,
                                         "notes",
                                         (json_int_t) (item->notes + 1)),
                               item->version);
}


/* one item whole, with its personal data; who looked is told first */

ngx_int_t
ngx_http_moderate_api_reveal(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    return ngx_http_moderate_item(r, &api->wait, &api->site, &api->id,
                                  ngx_http_moderate_reveal_item);
}


static void
ngx_http_moderate_reveal_item(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item)
{
    ngx_http_moderate_api_t          *api;
    ngx_http_moderate_audit_event_t   event;

    api = ngx_http_moderate_get_api(r);

    if (rc == NGX_DECLINED) {
        ngx_http_moderate_api_error(r, NGX_HTTP_NOT_FOUND, "not-found",
                                    "no held submission has this id");
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                    "unavailable", "Redis cannot be reached");
        return;
    }

    if (ngx_http_moderate_api_sealed(r, item)) {
        return;
    }

    ngx_memzero(&event, sizeof(ngx_http_moderate_audit_event_t));

    event.site = api->site;
    event.id = api->id;
    event.actor = api->user;
    event.before = item->version;
    event.version = item->version;
    ngx_str_set(&event.event, "reveal");

    ngx_http_moderate_audit_tell(&event);

    api->reveal = 1;

    ngx_http_moderate_api_send(r, NGX_HTTP_OK,
                               ngx_http_moderate_api_item(r, item),
                               item->version);
}


/* {"ids":[{"id","version"}],"action","reason","preview"} */

ngx_int_t
ngx_http_moderate_api_bulk(ngx_http_request_t *r, ngx_http_moderate_api_t *api)
{
    json_t  *ids, *action;

    ids = json_object_get(api->json, "ids");
    action = json_object_get(api->json, "action");

    ngx_str_null(&api->action);

    if (json_is_string(action)) {
        api->action.data = (u_char *) json_string_value(action);
        api->action.len = json_string_length(action);
    }

    if (!ngx_http_moderate_bulk_ok(ids)
        || !ngx_http_moderate_action_known(&api->action))
    {
        ngx_http_moderate_api_error(r, 422, "bulk", "bulk needs {\"ids\"} with "
                                    "1 to 100 of {\"id\",\"version\"}, none "
                                    "twice, and {\"action\"}");
        return NGX_OK;
    }

    api->preview = json_is_true(json_object_get(api->json, "preview"));
    api->results = json_array();

    if (api->results == NULL) {
        ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                    "unavailable", "no memory");
        return NGX_OK;
    }

    ngx_http_moderate_bulk_next(r, api);

    return NGX_OK;
}


static ngx_uint_t
ngx_http_moderate_bulk_ok(json_t *ids)
{
    size_t       i, n, len;
    json_t      *one, *id, *other;
    const char  *s;

    if (json_array_size(ids) == 0
        || json_array_size(ids) > NGX_HTTP_MODERATE_BULK_MAX)
    {
        return 0;
    }

    json_array_foreach(ids, i, one) {
        id = json_object_get(one, "id");
        s = json_string_value(id);
        len = json_string_length(id);

        if (s == NULL || len != NGX_HTTP_MODERATE_ID_LEN
            || strspn(s, "0123456789abcdef") != len
            || json_integer_value(json_object_get(one, "version")) < 1)
        {
            return 0;
        }

        for (n = 0; n < i; n++) {
            other = json_object_get(json_array_get(ids, n), "id");

            if (json_equal(id, other)) {
                return 0;
            }
        }
    }

    return 1;
}


/* one is begun when the one before has its answer */

static void
ngx_http_moderate_bulk_next(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    json_t  *one, *id, *results;

    one = json_array_get(json_object_get(api->json, "ids"), api->next);

    if (one == NULL) {
        results = api->results;
        api->results = NULL;

        ngx_http_moderate_api_send(r, NGX_HTTP_OK,
                                   json_pack("{s:o, s:b}", "results", results,
                                             "preview", api->preview),
                                   0);
        return;
    }

    id = json_object_get(one, "id");

    api->id.data = (u_char *) json_string_value(id);
    api->id.len = json_string_length(id);
    api->version = json_integer_value(json_object_get(one, "version"));
    api->item = NULL;
    api->late = 0;
    ngx_memzero(&api->delivery, sizeof(ngx_http_moderate_delivery_t));

    if (ngx_http_moderate_api_decide(r, api) != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                    "unavailable", "Redis cannot be reached");
    }
}


void
ngx_http_moderate_api_result(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_uint_t status, json_t *body)
{
    if (body == NULL) {
        body = json_object();
    }

    json_object_set_new(body, "id", json_stringn((char *) api->id.data,
                                                 api->id.len));
    json_object_set_new(body, "status", json_integer(status));
    json_array_append_new(api->results, body);

    api->next++;

    ngx_http_moderate_bulk_next(r, api);
}
