
/*
 * Copyright (C) the moderate authors
 *
 * The calls that read: the queue, and one item of it.
 */


#include "ngx_http_moderate_api.h"


#define NGX_HTTP_MODERATE_API_PAGE  50    /* items, when not said */


static ngx_int_t ngx_http_moderate_api_query(ngx_http_request_t *r,
    ngx_http_moderate_list_t *list);
static ngx_int_t ngx_http_moderate_api_states(ngx_str_t *value,
    ngx_uint_t *states);
static void ngx_http_moderate_api_listed(ngx_http_request_t *r, ngx_int_t rc);
static void ngx_http_moderate_api_shown(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item);


ngx_int_t
ngx_http_moderate_api_list(ngx_http_request_t *r, ngx_http_moderate_api_t *api)
{
    ngx_http_moderate_list_t  *list;

    list = &api->list;

    list->request = r;
    list->slot = &api->wait;
    list->site = api->site;
    list->handler = ngx_http_moderate_api_listed;

    if (ngx_http_moderate_api_query(r, list) != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_BAD_REQUEST, "query",
                                    "expected state= of one or more, form=, "
                                    "rule=, category=, appealed=1, before= of "
                                    "a page and limit= from 1 to 200");
        return NGX_OK;
    }

    return ngx_http_moderate_list(list);
}


static ngx_int_t
ngx_http_moderate_api_query(ngx_http_request_t *r,
    ngx_http_moderate_list_t *list)
{
    ngx_int_t   n;
    ngx_str_t   value;

    list->limit = NGX_HTTP_MODERATE_API_PAGE;
    list->before = NGX_MAX_INT_T_VALUE;

    if (ngx_http_moderate_api_arg(r, "form", &list->form) != NGX_OK
        || ngx_http_moderate_api_arg(r, "rule", &list->rule) != NGX_OK
        || ngx_http_moderate_api_arg(r, "category", &list->category) != NGX_OK
        || ngx_http_moderate_api_arg(r, "state", &value) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (value.len
        && ngx_http_moderate_api_states(&value, &list->states) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_moderate_api_arg(r, "appealed", &value) != NGX_OK
        || value.len > 1 || (value.len && value.data[0] != '1'))
    {
        return NGX_ERROR;
    }

    list->appealed = (value.len != 0);

    if (ngx_http_moderate_api_arg(r, "limit", &value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (value.len) {
        n = ngx_atoi(value.data, value.len);

        if (n < 1 || n > NGX_HTTP_MODERATE_LIST_MAX) {
            return NGX_ERROR;
        }

        list->limit = n;
    }

    if (ngx_http_moderate_api_arg(r, "before", &value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (value.len == 0) {
        return NGX_OK;
    }

    return ngx_http_moderate_list_cursor(list, &value);
}


/* "ms-id" */

ngx_int_t
ngx_http_moderate_list_cursor(ngx_http_moderate_list_t *list,
    ngx_str_t *value)
{
    u_char     *p;
    ngx_int_t   n;

    p = ngx_strlchr(value->data, value->data + value->len, '-');
    if (p == NULL) {
        return NGX_ERROR;
    }

    n = ngx_atoi(value->data, p - value->data);

    list->before_id.data = p + 1;
    list->before_id.len = value->data + value->len - p - 1;

    if (n == NGX_ERROR || list->before_id.len != NGX_HTTP_MODERATE_ID_LEN) {
        return NGX_ERROR;
    }

    list->before = n;

    return NGX_OK;
}


/* "pending,claimed" */

static ngx_int_t
ngx_http_moderate_api_states(ngx_str_t *value, ngx_uint_t *states)
{
    u_char      *p, *end, *last;
    ngx_uint_t   i;

    p = value->data;
    last = p + value->len;

    for ( ;; ) {
        end = ngx_strlchr(p, last, ',');

        if (end == NULL) {
            end = last;
        }

        for (i = 0; i < NGX_HTTP_MODERATE_STATES; i++) {
            if (ngx_http_moderate_states[i].len == (size_t) (end - p)
                && ngx_strncmp(ngx_http_moderate_states[i].data, p, end - p)
                   == 0)
            {
                break;
            }
        }

        if (i == NGX_HTTP_MODERATE_STATES) {
            return NGX_ERROR;
        }

        *states |= 1 << i;

        if (end == last) {
            return NGX_OK;
        }

        p = end + 1;
    }
}


ngx_int_t
ngx_http_moderate_api_arg(ngx_http_request_t *r, char *name, ngx_str_t *value)
{
    u_char     *dst, *src;
    ngx_str_t   arg;

    ngx_str_null(value);

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &arg) != NGX_OK) {
        return NGX_OK;
    }

    dst = ngx_pnalloc(r->pool, arg.len + 1);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    value->data = dst;
    src = arg.data;

    ngx_unescape_uri(&dst, &src, arg.len, 0);

    value->len = dst - value->data;

    return NGX_OK;
}


static void
ngx_http_moderate_api_listed(ngx_http_request_t *r, ngx_int_t rc)
{
    json_t                    *body, *items, *next;
    ngx_uint_t                 i;
    ngx_http_moderate_api_t   *api;
    ngx_http_moderate_item_t  *item;

    api = ngx_http_moderate_get_api(r);

    if (rc != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                    "unavailable", "Redis cannot be reached");
        return;
    }

    items = json_array();
    item = api->list.items.elts;

    for (i = 0; i < api->list.items.nelts; i++) {
        json_array_append_new(items, ngx_http_moderate_api_summary(r,
                                                             &item[i]));
    }

    next = api->list.next.len ? json_stringn((char *) api->list.next.data,
                                             api->list.next.len)
                              : json_null();

    body = json_pack("{s:o, s:o}", "items", items, "next", next);

    ngx_http_moderate_api_send(r, NGX_HTTP_OK, body, 0);
}


ngx_int_t
ngx_http_moderate_api_show(ngx_http_request_t *r, ngx_http_moderate_api_t *api)
{
    return ngx_http_moderate_item(r, &api->wait, &api->site, &api->id,
                                  ngx_http_moderate_api_shown);
}


static void
ngx_http_moderate_api_shown(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item)
{
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

    ngx_http_moderate_api_send(r, NGX_HTTP_OK,
                               ngx_http_moderate_api_item(r, item),
                               item->version);
}


ngx_int_t
ngx_http_moderate_api_me(ngx_http_request_t *r, ngx_http_moderate_api_t *api)
{
    ngx_http_moderate_api_send(r, NGX_HTTP_OK,
                               json_pack("{s:s%, s:s, s:s%}",
                                         "user", api->user.data, api->user.len,
                                         "role", api->admin ? "admin"
                                                 : api->viewer ? "viewer"
                                                 : "moderator",
                                         "site", api->site.data,
                                         api->site.len),
                               0);
    return NGX_OK;
}
