
/*
 * Copyright (C) the moderate authors
 *
 * What is kept of a request that is held: enough to deliver it later as it
 * came, and to show a moderator what was found in it.
 */


#include "ngx_http_moderate_module.h"


#define NGX_HTTP_MODERATE_EXCERPT  240    /* bytes */


static ngx_int_t ngx_http_moderate_record_request(ngx_http_request_t *r,
    ngx_http_moderate_record_t *record);
static ngx_int_t ngx_http_moderate_record_server(ngx_http_request_t *r,
    ngx_str_t *server);
static ngx_int_t ngx_http_moderate_record_headers(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_str_t *headers);
static ngx_uint_t ngx_http_moderate_kept(ngx_array_t *names,
    ngx_table_elt_t *h);
static ngx_int_t ngx_http_moderate_record_variables(ngx_http_request_t *r,
    ngx_array_t *names, ngx_str_t *variables);
static ngx_int_t ngx_http_moderate_record_verdict(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_record_t *record);
static ngx_int_t ngx_http_moderate_record_excerpt(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_str_t *excerpt);


ngx_int_t
ngx_http_moderate_record(ngx_http_request_t *r, ngx_http_moderate_ctx_t *ctx,
    ngx_http_moderate_record_t *record)
{
    ngx_memzero(record, sizeof(ngx_http_moderate_record_t));

    record->id.data = ctx->id;
    record->id.len = NGX_HTTP_MODERATE_ID_LEN;
    record->body = ctx->body;

    if (ngx_http_moderate_record_request(r, record) != NGX_OK
        || ngx_http_moderate_record_headers(r, ctx, &record->headers)
           != NGX_OK
        || ngx_http_moderate_record_variables(r, ctx->conf->keep_variables,
                                              &record->variables)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_moderate_record_verdict(r, ctx, record);
}


/* the URI as it was sent: r->uri may have been rewritten */

static ngx_int_t
ngx_http_moderate_record_request(ngx_http_request_t *r,
    ngx_http_moderate_record_t *record)
{
    u_char                        *p;
    ngx_http_moderate_srv_conf_t  *mscf;

    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);

    record->site = mscf->site;
    record->method = r->method_name;
    record->uri = r->unparsed_uri;
    record->address = r->connection->addr_text;

    if (r->headers_in.host != NULL) {
        record->host = r->headers_in.host->value;

    } else {
        record->host = r->headers_in.server;
    }

    record->form = record->uri;

    p = ngx_strlchr(record->uri.data, record->uri.data + record->uri.len, '?');
    if (p != NULL) {
        record->form.len = p - record->uri.data;
    }

    return ngx_http_moderate_record_server(r, &record->server);
}


/* "index name": several servers may have one name, on http and on https */

static ngx_int_t
ngx_http_moderate_record_server(ngx_http_request_t *r, ngx_str_t *server)
{
    ngx_uint_t                   i;
    ngx_http_core_srv_conf_t    *cscf, **cscfp;
    ngx_http_core_main_conf_t   *cmcf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    cscfp = cmcf->servers.elts;

    for (i = 0; i < cmcf->servers.nelts; i++) {
        if (cscfp[i] == cscf) {
            break;
        }
    }

    server->data = ngx_pnalloc(r->pool,
                               NGX_INT_T_LEN + 1 + cscf->server_name.len);
    if (server->data == NULL) {
        return NGX_ERROR;
    }

    server->len = ngx_sprintf(server->data, "%ui %V", i, &cscf->server_name)
                  - server->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_record_headers(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_str_t *headers)
{
    size_t                     len;
    u_char                    *p;
    ngx_uint_t                 pass;
    ngx_table_elt_t           *h;
    ngx_http_moderate_walk_t   walk;

    p = NULL;
    len = 0;

    /* the first pass measures, the second writes */

    for (pass = 0; pass < 2; pass++) {

        ngx_memzero(&walk, sizeof(ngx_http_moderate_walk_t));

        for ( ;; ) {
            h = ngx_http_moderate_next_header(r, &walk, NULL);

            if (h == NULL) {
                break;
            }

            if (!ngx_http_moderate_kept(ctx->conf->keep_headers, h)) {
                continue;
            }

            if (p == NULL) {
                len += h->key.len + h->value.len + 3;
                continue;
            }

            p = ngx_sprintf(p, "%V: %V\n", &h->key, &h->value);
        }

        if (p == NULL) {
            p = ngx_pnalloc(r->pool, len + 1);
            if (p == NULL) {
                return NGX_ERROR;
            }

            headers->data = p;
        }
    }

    headers->len = p - headers->data;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_moderate_kept(ngx_array_t *names, ngx_table_elt_t *h)
{
    ngx_str_t   *name;
    ngx_uint_t   i;

    /* without these the body would be another one */

    static ngx_str_t  always[] = {
        ngx_string("Content-Type"),
        ngx_string("Content-Encoding"),
        ngx_null_string
    };

    /* removed by a module */

    if (h->hash == 0) {
        return 0;
    }

    for (name = always; name->len; name++) {
        if (h->key.len == name->len
            && ngx_strncasecmp(h->key.data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    name = names->elts;

    for (i = 0; i < names->nelts; i++) {
        if (h->key.len == name[i].len
            && ngx_strncasecmp(h->key.data, name[i].data, name[i].len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* what auth_request_set and others left; a subrequest does not see it again */

static ngx_int_t
ngx_http_moderate_record_variables(ngx_http_request_t *r, ngx_array_t *names,
    ngx_str_t *variables)
{
    size_t                       len;
    u_char                      *p;
    ngx_uint_t                   i;
    ngx_http_moderate_kept_t    *kept;
    ngx_http_variable_value_t  **v;

    if (names == NULL || names->nelts == 0) {
        return NGX_OK;
    }

    v = ngx_palloc(r->pool, names->nelts * sizeof(*v));
    if (v == NULL) {
        return NGX_ERROR;
    }

    kept = names->elts;
    len = 0;

    for (i = 0; i < names->nelts; i++) {
        v[i] = ngx_http_get_indexed_variable(r, kept[i].index);

        /* a value with a line feed is no header's value either */

        if (v[i] == NULL || v[i]->not_found
            || ngx_strlchr(v[i]->data, v[i]->data + v[i]->len, LF) != NULL)
        {
            v[i] = NULL;
            continue;
        }

        len += kept[i].name.len + v[i]->len + 2;
    }

    p = ngx_pnalloc(r->pool, len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    variables->data = p;

    for (i = 0; i < names->nelts; i++) {
        if (v[i] != NULL) {
            p = ngx_sprintf(p, "%V %v\n", &kept[i].name, v[i]);
        }
    }

    variables->len = p - variables->data;

    return NGX_OK;
}


ngx_int_t
ngx_http_moderate_record_line(ngx_str_t *lines, ngx_str_t *sep,
    ngx_str_t *name, ngx_str_t *value)
{
    u_char  *eol, *p;

    if (lines->len == 0) {
        return NGX_DONE;
    }

    eol = ngx_strlchr(lines->data, lines->data + lines->len, LF);
    if (eol == NULL) {
        return NGX_ERROR;
    }

    p = ngx_strnstr(lines->data, (char *) sep->data, eol - lines->data);
    if (p == NULL || p == lines->data) {
        return NGX_ERROR;
    }

    name->data = lines->data;
    name->len = p - lines->data;

    value->data = p + sep->len;
    value->len = eol - value->data;

    lines->len -= eol + 1 - lines->data;
    lines->data = eol + 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_record_verdict(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_record_t *record)
{
    vet_str_t  fields, hits;

    if (vet_fields_json(ctx->pool, &ctx->submission, &fields) != VET_OK
        || vet_hits_json(ctx->pool, &ctx->submission, &ctx->hits, &hits)
           != VET_OK)
    {
        return NGX_ERROR;
    }

    record->fields.data = (u_char *) fields.data;
    record->fields.len = fields.len;
    record->hits.data = (u_char *) hits.data;
    record->hits.len = hits.len;

    record->reason = ctx->reason;
    record->ruleset = ctx->ruleset;

    record->unreadable.data = (u_char *)
                          vet_unreadable_name(ctx->submission.unreadable);
    record->unreadable.len = ngx_strlen(record->unreadable.data);

    record->score.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN + 2);
    record->received.data = ngx_pnalloc(r->pool, NGX_INT64_LEN);

    if (record->score.data == NULL || record->received.data == NULL) {
        return NGX_ERROR;
    }

    record->score.len = ngx_sprintf(record->score.data, "%d.%d",
                                    ctx->verdict.score / VET_POINT,
                                    ctx->verdict.score % VET_POINT)
                        - record->score.data;
    record->received.len = ngx_sprintf(record->received.data, "%uL",
                                       ctx->received)
                           - record->received.data;

    return ngx_http_moderate_record_excerpt(r, ctx, &record->excerpt);
}


static ngx_int_t
ngx_http_moderate_record_excerpt(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_str_t *excerpt)
{
    size_t        i;
    vet_field_t  *field, *shown;

    shown = NULL;

    for (i = 0; i < ctx->submission.nfields; i++) {
        field = &ctx->submission.fields[i];

        if (field->file || field->role == VET_ROLE_IGNORE
            || field->value.len == 0)
        {
            continue;
        }

        if (field->role == VET_ROLE_TEXT) {
            shown = field;
            break;
        }

        if (shown == NULL || field->value.len > shown->value.len) {
            shown = field;
        }
    }

    /* its bytes made readable are behind a field in another character set */

    i = (shown == NULL) ? 0 : (size_t) (shown - ctx->submission.fields) + 1;

    if (i != 0 && i < ctx->submission.nfields
        && ctx->submission.fields[i].charset != NULL)
    {
        shown = &ctx->submission.fields[i];
    }

    /* of a body that could not be read: how it begins */

    if (shown == NULL) {
        return ngx_http_moderate_excerpt(r->pool, NGX_HTTP_MODERATE_EXCERPT,
                                         ctx->body.data, ctx->body.len,
                                         excerpt);
    }

    return ngx_http_moderate_excerpt(r->pool, NGX_HTTP_MODERATE_EXCERPT,
                                     shown->value.data, shown->value.len,
                                     excerpt);
}


ngx_int_t
ngx_http_moderate_excerpt(ngx_pool_t *pool, size_t max, const u_char *p,
    size_t len, ngx_str_t *excerpt)
{
    u_char    *dst, *src, *last;
    uint32_t   n;

    dst = ngx_pnalloc(pool, max + sizeof("\xe2\x80\xa6"));
    if (dst == NULL) {
        return NGX_ERROR;
    }

    excerpt->data = dst;

    src = (u_char *) p;
    last = src + len;

    while (src < last) {
        p = src;

        if (*src < 0x80) {
            n = *src++;

        } else {
            n = ngx_utf8_decode(&src, last - src);

            if (n > 0x10ffff) {
                src = (u_char *) p + 1;
            }
        }

        if ((size_t) (dst - excerpt->data) + (src - p) > max) {
            dst = ngx_cpymem(dst, "\xe2\x80\xa6", 3);
            break;
        }

        if (n > 0x10ffff || n < 0x20 || (n >= 0x7f && n < 0xa0)
            || (n >= 0xd800 && n < 0xe000))
        {
            *dst++ = ' ';
            continue;
        }

        dst = ngx_cpymem(dst, p, src - p);
    }

    excerpt->len = dst - excerpt->data;

    return NGX_OK;
}
