
/*
 * Copyright (C) the moderate authors
 *
 * The portal's own pages.  nginx serves them by an internal redirect, and their
 * status becomes that of what they tell.  A page that cannot be had must not
 * hide that a submission is held, or where its receipt is: then the built-in
 * page goes out in its place.
 */


#include "ngx_http_moderate_own_page.h"


static void ngx_http_moderate_own_page_cleanup(void *data);
static ngx_int_t ngx_http_moderate_own_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_moderate_own_page_replace(ngx_http_request_t *r,
    ngx_http_moderate_own_page_t *page);
static ngx_int_t ngx_http_moderate_own_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


char *
ngx_http_moderate_own_page_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                          *value;
    ngx_http_complex_value_t          **cv;
    ngx_http_compile_complex_value_t    ccv;

    cv = (ngx_http_complex_value_t **) ((char *) conf + cmd->offset);

    if (*cv != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        *cv = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].data[0] != '/' && value[1].data[0] != '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid page \"%V\" in \"%V\", expected a path of "
                           "this server, as in \"/pages/comment.html\", or "
                           "\"off\"", &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    *cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*cv == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));
    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = *cv;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK) ? NGX_CONF_OK
                                                            : NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_moderate_own_page(ngx_http_request_t *r,
    ngx_http_complex_value_t *uri, ngx_http_moderate_own_page_t *page)
{
    ngx_str_t            path, args;
    ngx_uint_t           flags;
    ngx_pool_cleanup_t  *cln;

    /* a page that leads to another answer of ours gets the built-in one */

    if (uri == NULL || ngx_http_moderate_get_own_page(r) != NULL) {
        return NGX_DECLINED;
    }

    if (ngx_http_complex_value(r, uri, &path) != NGX_OK) {
        return NGX_ERROR;
    }

    if (path.len == 0) {
        return NGX_DECLINED;
    }

    flags = 0;
    ngx_str_null(&args);

    if (path.data[0] != '/'
        || ngx_http_parse_unsafe_uri(r, &path, &args, &flags) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "\"%V\" is not the path of a page, the built-in one is "
                      "sent", &path);
        return NGX_DECLINED;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_moderate_own_page_t));

    if (cln == NULL
        || ngx_http_moderate_add_header(r, "Vary", "Accept, Accept-Language")
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(cln->data, page, sizeof(ngx_http_moderate_own_page_t));
    cln->handler = ngx_http_moderate_own_page_cleanup;

    /*
     * as error_page does; the body was dealt with, and reaches nobody else.
     * The page's own error_page has no say: what fails is built in here.
     */

    r->error_page = 1;

    if (r->method != NGX_HTTP_HEAD) {
        r->method = NGX_HTTP_GET;
        r->method_name = ngx_http_core_get_method;
    }

    ngx_http_moderate_drop_body(r);

    return ngx_http_internal_redirect(r, &path, &args);
}


ngx_http_moderate_own_page_t *
ngx_http_moderate_get_own_page(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    r = r->main;

    if (!r->internal) {
        return NULL;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_moderate_own_page_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


/* its data is found by it */

static void
ngx_http_moderate_own_page_cleanup(void *data)
{
    (void) data;
}


void
ngx_http_moderate_own_page_init(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_moderate_own_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_moderate_own_body_filter;
}


static ngx_int_t
ngx_http_moderate_own_header_filter(ngx_http_request_t *r)
{
    ngx_http_moderate_own_page_t  *page;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    page = ngx_http_moderate_get_own_page(r);

    if (page == NULL) {
        return ngx_http_next_header_filter(r);
    }

    if (r->headers_out.status != NGX_HTTP_OK) {

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "the page \"%V\" answers %ui, the built-in one is sent",
                      &r->uri, r->headers_out.status);

        if (ngx_http_moderate_own_page_replace(r, page) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    r->err_status = page->status;
    r->headers_out.status = page->status;
    r->headers_out.status_line.len = 0;

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_moderate_own_page_replace(ngx_http_request_t *r,
    ngx_http_moderate_own_page_t *page)
{
    page->replaced = 1;

    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_location(r);
    ngx_http_clear_etag(r);
    ngx_http_clear_content_length(r);

    r->allow_ranges = 0;
    r->headers_out.content_length_n = page->page.len;

    ngx_str_set(&r->headers_out.content_type, "text/html; charset=utf-8");
    r->headers_out.content_type_len = sizeof("text/html") - 1;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_null(&r->headers_out.charset);

    if (r->headers_out.content_encoding != NULL) {
        r->headers_out.content_encoding->hash = 0;
        r->headers_out.content_encoding = NULL;
    }

    if (r->headers_out.www_authenticate != NULL) {
        r->headers_out.www_authenticate->hash = 0;
        r->headers_out.www_authenticate = NULL;
    }

    if (ngx_http_moderate_add_header(r, "X-Content-Type-Options", "nosniff")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_moderate_add_header(r, "Content-Security-Policy",
                                        page->policy);
}


/* what the page that failed has to say is swallowed */

static ngx_int_t
ngx_http_moderate_own_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t                     *b;
    ngx_chain_t                   *cl, out;
    ngx_http_moderate_own_page_t  *page;

    if (in == NULL || r != r->main) {
        return ngx_http_next_body_filter(r, in);
    }

    page = ngx_http_moderate_get_own_page(r);

    if (page == NULL || !page->replaced) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    if (page->sent) {
        return NGX_OK;
    }

    page->sent = 1;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = page->page.data;
    b->last = page->page.data + page->page.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}
