
/*
 * Copyright (C) the moderate authors
 *
 * Personal data in what moderators see: hidden until they ask for it, byte for
 * byte, so that the places of hits stay what they are.
 */


#include "ngx_http_moderate_api.h"


#define NGX_HTTP_MODERATE_MASK_ROOM  64     /* times the text, of memory */
#define NGX_HTTP_MODERATE_MASK_LEAST 65536


static json_t *ngx_http_moderate_api_mask_text(const char *text, size_t len,
    ngx_uint_t *masked);
static json_t *ngx_http_moderate_api_mask_all(const char *text, size_t len);
static ngx_uint_t ngx_http_moderate_api_is_address(json_t *role);


json_t *
ngx_http_moderate_api_mask(ngx_http_moderate_api_t *api, json_t *string,
    ngx_uint_t *masked)
{
    json_t  *text;

    if (api->reveal || !json_is_string(string)) {
        return string;
    }

    text = ngx_http_moderate_api_mask_text(json_string_value(string),
                                           json_string_length(string), masked);
    if (text == NULL) {
        return string;
    }

    json_decref(string);

    return text;
}


void
ngx_http_moderate_api_mask_fields(ngx_http_moderate_api_t *api,
    json_t *fields, ngx_uint_t *masked)
{
    size_t   i;
    json_t  *field, *value, *text;

    if (api->reveal) {
        return;
    }

    json_array_foreach(fields, i, field) {

        value = json_object_get(field, "value");

        if (!json_is_string(value) || json_string_length(value) == 0) {
            continue;
        }

        /* what somebody gave as an address is one, whatever it looks like */

        if (ngx_http_moderate_api_is_address(json_object_get(field, "role"))) {
            text = ngx_http_moderate_api_mask_all(json_string_value(value),
                                                  json_string_length(value));
            *masked = 1;

        } else {
            text = ngx_http_moderate_api_mask_text(json_string_value(value),
                                                   json_string_length(value),
                                                   masked);
        }

        if (text != NULL) {
            json_object_set_new(field, "value", text);
        }
    }
}


/* NULL: there is none */

static json_t *
ngx_http_moderate_api_mask_text(const char *text, size_t len,
    ngx_uint_t *masked)
{
    int          rc;
    json_t      *json;
    vet_str_t    value, hidden;
    vet_pool_t  *pool;

    value.data = (const u_char *) text;
    value.len = len;

    pool = vet_pool_create(len * NGX_HTTP_MODERATE_MASK_ROOM
                           + NGX_HTTP_MODERATE_MASK_LEAST);

    rc = (pool == NULL) ? VET_ERROR : vet_mask(pool, value, &hidden);

    if (rc != VET_OK) {
        json = ngx_http_moderate_api_mask_all(text, len);
        *masked = 1;

    } else if (hidden.data == value.data) {
        json = NULL;

    } else {
        json = json_stringn((const char *) hidden.data, hidden.len);
        *masked = 1;
    }

    vet_pool_destroy(pool);

    return json;
}


static json_t *
ngx_http_moderate_api_mask_all(const char *text, size_t len)
{
    u_char  *p;
    json_t  *json;

    p = ngx_alloc(len + 1, ngx_cycle->log);
    if (p == NULL) {
        return json_string("");
    }

    ngx_memset(p, VET_MASK, len);

    json = json_stringn((char *) p, len);

    ngx_free(p);

    return json ? json : json_string("");
}


static ngx_uint_t
ngx_http_moderate_api_is_address(json_t *role)
{
    const char  *name;

    name = json_string_value(role);

    return name != NULL
           && (ngx_strcmp(name, "email") == 0
               || ngx_strcmp(name, "phone") == 0);
}
