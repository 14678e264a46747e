
/*
 * Copyright (C) the moderate authors
 */


#include "ngx_http_moderate_answer.h"
#include "ngx_http_moderate_own_page.h"


#define NGX_HTTP_MODERATE_ESCAPE_LEN  6    /* "&#127;" */


static ngx_int_t ngx_http_moderate_verdict_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_moderate_score_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_moderate_string_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_moderate_id_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_moderate_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_moderate_reason_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_moderate_told_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_moderate_page_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_moderate_language_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_moderate_value(ngx_http_variable_value_t *v,
    ngx_str_t *value);


static ngx_http_variable_t  ngx_http_moderate_vars[] = {

    { ngx_string("moderate_verdict"), NULL,
      ngx_http_moderate_verdict_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("moderate_score"), NULL,
      ngx_http_moderate_score_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("moderate_rules"), NULL,
      ngx_http_moderate_string_variable,
      offsetof(ngx_http_moderate_ctx_t, rules), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("moderate_id"), NULL,
      ngx_http_moderate_id_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("moderate_ruleset"), NULL,
      ngx_http_moderate_string_variable,
      offsetof(ngx_http_moderate_ctx_t, ruleset), NGX_HTTP_VAR_NOCACHEABLE,
      0 },

    { ngx_string("moderate_time"), NULL,
      ngx_http_moderate_time_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("moderate_reason"), NULL,
      ngx_http_moderate_reason_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("moderate_state"), NULL,
      ngx_http_moderate_told_variable,
      offsetof(ngx_http_moderate_own_page_t, state),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("moderate_receipt"), NULL,
      ngx_http_moderate_told_variable,
      offsetof(ngx_http_moderate_own_page_t, receipt),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("moderate_form"), NULL,
      ngx_http_moderate_told_variable,
      offsetof(ngx_http_moderate_own_page_t, form),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("moderate_page"), NULL,
      ngx_http_moderate_page_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("moderate_language"), NULL,
      ngx_http_moderate_language_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("moderate_form_token"), NULL,
      ngx_http_moderate_token_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_moderate_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_moderate_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_verdict_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                *name;
    ngx_http_moderate_ctx_t  *ctx;

    ctx = ngx_http_moderate_get_ctx(r);

    if (ctx == NULL || ctx->state < NGX_HTTP_MODERATE_PASSED) {
        v->not_found = 1;
        return NGX_OK;
    }

    name = ngx_http_moderate_verdict_name(ngx_http_moderate_verdict(ctx),
                                          ctx->dry_run);

    v->data = name->data;
    v->len = name->len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


ngx_uint_t
ngx_http_moderate_verdict(ngx_http_moderate_ctx_t *ctx)
{
    if (ctx->state == NGX_HTTP_MODERATE_FAILED) {
        return NGX_HTTP_MODERATE_VERDICT_FAILED;
    }

    if (ctx->state == NGX_HTTP_MODERATE_TOO_LARGE) {
        return NGX_HTTP_MODERATE_VERDICT_REJECTED;
    }

    if (ctx->unreadable && ctx->verdict.action == VET_PASS) {
        return NGX_HTTP_MODERATE_VERDICT_UNREADABLE;
    }

    if (ctx->state == NGX_HTTP_MODERATE_PASSED && !ctx->dry_run
        && ctx->verdict.action != VET_PASS)
    {
        /* moderate_failure store=pass */
        return NGX_HTTP_MODERATE_VERDICT_FAILED;
    }

    return ctx->verdict.action;
}


ngx_str_t *
ngx_http_moderate_verdict_name(ngx_uint_t verdict, ngx_uint_t dry_run)
{
    static ngx_str_t  names[][2] = {
        { ngx_string("PASSED"), ngx_string("PASSED_DRY_RUN") },
        { ngx_string("HELD"), ngx_string("HELD_DRY_RUN") },
        { ngx_string("REJECTED"), ngx_string("REJECTED_DRY_RUN") },
        { ngx_string("UNREADABLE"), ngx_string("UNREADABLE_DRY_RUN") },
        { ngx_string("FAILED"), ngx_string("FAILED_DRY_RUN") }
    };

    return &names[verdict][dry_run];
}


static ngx_int_t
ngx_http_moderate_score_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_moderate_ctx_t  *ctx;

    ctx = ngx_http_moderate_get_ctx(r);

    if (ctx == NULL || ctx->state < NGX_HTTP_MODERATE_PASSED) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, NGX_INT_T_LEN + 2);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%d.%d", ctx->verdict.score / VET_POINT,
                         ctx->verdict.score % VET_POINT)
             - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_string_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                *s;
    ngx_http_moderate_ctx_t  *ctx;

    ctx = ngx_http_moderate_get_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    s = (ngx_str_t *) ((u_char *) ctx + data);

    if (s->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = s->data;
    v->len = s->len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_id_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                 id;
    ngx_http_moderate_ctx_t  *ctx;

    ctx = ngx_http_moderate_get_ctx(r);

    if (ctx == NULL) {
        return ngx_http_moderate_told_variable(r, v,
                                     offsetof(ngx_http_moderate_own_page_t,
                                              id));
    }

    id.data = ctx->id;
    id.len = NGX_HTTP_MODERATE_ID_LEN;

    ngx_http_moderate_value(v, &id);

    return NGX_OK;
}


/* of the engine; waiting for the body and for Redis does not count */

static ngx_int_t
ngx_http_moderate_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_moderate_ctx_t  *ctx;

    ctx = ngx_http_moderate_get_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, NGX_INT64_LEN + 8);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%uL.%06uL", ctx->spent / 1000000,
                         ctx->spent % 1000000)
             - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* of a submission, or of one that a receipt is about */

static ngx_int_t
ngx_http_moderate_reason_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    if (ngx_http_moderate_get_ctx(r) != NULL) {
        return ngx_http_moderate_string_variable(r, v,
                                 offsetof(ngx_http_moderate_ctx_t, reason));
    }

    return ngx_http_moderate_told_variable(r, v,
                                 offsetof(ngx_http_moderate_own_page_t,
                                          reason));
}


/* what a page of the portal's own tells; elsewhere there is none of it */

static ngx_int_t
ngx_http_moderate_told_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_moderate_own_page_t  *page;

    page = ngx_http_moderate_get_own_page(r);

    if (page == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_moderate_value(v, (ngx_str_t *) ((u_char *) page + data));

    return NGX_OK;
}


/*
 * What is in the built-in page, to be put into another one as it is.  It has
 * no line ends: somebody may put it into a header, and what was sent is in it.
 */

static ngx_int_t
ngx_http_moderate_page_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                        *p, *begin, *end;
    ngx_str_t                      text;
    ngx_http_moderate_own_page_t  *page;

    page = ngx_http_moderate_get_own_page(r);

    if (page == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    begin = ngx_strnstr(page->page.data, "<main>", page->page.len);

    if (begin == NULL) {
        return NGX_ERROR;
    }

    begin += sizeof("<main>") - 1;
    end = page->page.data + page->page.len - sizeof("</main></body></html>"
                                                    CRLF) + 1;

    text.data = ngx_pnalloc(r->pool, (end - begin)
                                     * NGX_HTTP_MODERATE_ESCAPE_LEN + 1);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    for (p = text.data; begin < end; begin++) {
        if (*begin < ' ' || *begin == 0x7f) {
            p = ngx_sprintf(p, "&#%ud;", *begin);
        } else {
            *p++ = *begin;
        }
    }

    text.len = p - text.data;
    ngx_http_moderate_value(v, &text);

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_language_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_moderate_value(v,
                 &ngx_http_moderate_langs[ngx_http_moderate_language(r->main)]);

    return NGX_OK;
}


static void
ngx_http_moderate_value(ngx_http_variable_value_t *v, ngx_str_t *value)
{
    v->data = value->data;
    v->len = value->len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = (value->len == 0);
}
