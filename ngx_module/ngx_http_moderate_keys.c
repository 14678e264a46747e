
/*
 * Copyright (C) the moderate authors
 */


#include "ngx_http_moderate_keys.h"


#define NGX_HTTP_MODERATE_PREFIX  "m:{%V}:"


static ngx_int_t ngx_http_moderate_key(ngx_pool_t *pool, ngx_str_t *name,
    size_t len, const char *fmt, ...);


ngx_str_t  ngx_http_moderate_states[] = {
    ngx_string("pending"),
    ngx_string("claimed"),
    ngx_string("approved"),
    ngx_string("replaying"),
    ngx_string("delivered"),
    ngx_string("failed"),
    ngx_string("unknown"),
    ngx_string("rejected"),
    ngx_string("appealed"),
    ngx_null_string
};


ngx_int_t
ngx_http_moderate_key_counter(ngx_pool_t *pool, ngx_str_t *site,
    vet_str_t *limit, ngx_str_t *key, time_t bucket, ngx_str_t *name)
{
    return ngx_http_moderate_key(pool, name,
                                 site->len + limit->len + key->len,
                                 NGX_HTTP_MODERATE_PREFIX "c:%*s:%V:%T",
                                 site, limit->len, limit->data, key, bucket);
}


ngx_int_t
ngx_http_moderate_key_held(ngx_pool_t *pool, ngx_str_t *site, ngx_str_t *id,
    ngx_str_t *name)
{
    return ngx_http_moderate_key(pool, name, site->len + id->len,
                                 NGX_HTTP_MODERATE_PREFIX "h:%V", site, id);
}


ngx_int_t
ngx_http_moderate_key_index(ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *name)
{
    return ngx_http_moderate_key(pool, name, site->len,
                                 NGX_HTTP_MODERATE_PREFIX "index", site);
}


/* kind: 0 for all that waits, or what it is by */

ngx_int_t
ngx_http_moderate_key_queue(ngx_pool_t *pool, ngx_str_t *site, u_char kind,
    ngx_str_t *value, ngx_str_t *name)
{
    if (kind == 0) {
        return ngx_http_moderate_key(pool, name, site->len,
                                     NGX_HTTP_MODERATE_PREFIX "queue", site);
    }

    return ngx_http_moderate_key(pool, name, site->len + value->len,
                                 NGX_HTTP_MODERATE_PREFIX "queue:%c:%V", site,
                                 kind, value);
}


ngx_int_t
ngx_http_moderate_key_state(ngx_pool_t *pool, ngx_str_t *site,
    ngx_uint_t state, ngx_str_t *name)
{
    ngx_str_t  *s;

    static ngx_str_t  removing = ngx_string("removing");

    s = (state == NGX_HTTP_MODERATE_REMOVING)
        ? &removing : &ngx_http_moderate_states[state];

    return ngx_http_moderate_key(pool, name, site->len + s->len,
                                 NGX_HTTP_MODERATE_PREFIX "s:%V", site, s);
}


ngx_int_t
ngx_http_moderate_key_overdue(ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *category, ngx_str_t *name)
{
    return ngx_http_moderate_key(pool, name, site->len + category->len,
                                 NGX_HTTP_MODERATE_PREFIX "overdue:%V", site,
                                 category);
}


ngx_int_t
ngx_http_moderate_key_events(ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *name)
{
    return ngx_http_moderate_key(pool, name, site->len,
                                 NGX_HTTP_MODERATE_PREFIX "events", site);
}


ngx_int_t
ngx_http_moderate_key_figures(ngx_pool_t *pool, ngx_str_t *site, time_t day,
    ngx_str_t *name)
{
    ngx_tm_t  tm;

    ngx_gmtime(day, &tm);

    return ngx_http_moderate_key(pool, name, site->len,
                                 NGX_HTTP_MODERATE_PREFIX "stat:%04d%02d%02d",
                                 site, tm.ngx_tm_year, tm.ngx_tm_mon,
                                 tm.ngx_tm_mday);
}


/* not of a site: a fleet has them together */

ngx_int_t
ngx_http_moderate_key_ruleset_log(ngx_pool_t *pool, ngx_str_t *ruleset,
    ngx_str_t *name)
{
    return ngx_http_moderate_key(pool, name, ruleset->len + sizeof("rules:log"),
                                 "m:rules:{%V}:log", ruleset);
}


ngx_int_t
ngx_http_moderate_key_ruleset_version(ngx_pool_t *pool, ngx_str_t *ruleset,
    const char *version, ngx_str_t *name)
{
    return ngx_http_moderate_key(pool, name,
                                 ruleset->len + ngx_strlen(version)
                                 + sizeof("rules:"),
                                 "m:rules:{%V}:v:%s", ruleset, version);
}


ngx_int_t
ngx_http_moderate_key_ruleset_counts(ngx_pool_t *pool, ngx_str_t *ruleset,
    const char *version, ngx_str_t *name)
{
    return ngx_http_moderate_key(pool, name,
                                 ruleset->len + ngx_strlen(version)
                                 + sizeof("rules:"),
                                 "m:rules:{%V}:n:%s", ruleset, version);
}


/* len: of all strings; the fixed parts and one number are added here */

static ngx_int_t
ngx_http_moderate_key(ngx_pool_t *pool, ngx_str_t *name, size_t len,
    const char *fmt, ...)
{
    va_list  args;

    len += sizeof("m:{}:index:c:::") + NGX_TIME_T_LEN;

    name->data = ngx_pnalloc(pool, len);
    if (name->data == NULL) {
        return NGX_ERROR;
    }

    va_start(args, fmt);
    name->len = ngx_vslprintf(name->data, name->data + len, fmt, args)
                - name->data;
    va_end(args);

    return NGX_OK;
}
