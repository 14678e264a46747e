
/*
 * Copyright (C) the moderate authors
 */


#include "ngx_http_moderate_module.h"


static ngx_int_t ngx_http_moderate_body_copy(ngx_chain_t *cl, u_char *p,
    size_t size);


ngx_int_t
ngx_http_moderate_body(ngx_http_request_t *r, size_t max, ngx_str_t *body)
{
    off_t         size;
    ngx_buf_t    *b;
    ngx_chain_t  *cl, *in;

    ngx_str_null(body);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    in = r->request_body->bufs;
    size = 0;

    for (cl = in; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    body->len = (size_t) size;

    if (size > (off_t) max) {
        return NGX_DECLINED;
    }

    b = in->buf;

    if (in->next == NULL && ngx_buf_in_memory(b)) {
        body->data = b->pos;
        return NGX_OK;
    }

    body->data = ngx_palloc(r->pool, body->len + 1);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_moderate_body_copy(in, body->data, body->len);
}


/* a buffer is asked for a file only when it has one: the last may be empty */

static ngx_int_t
ngx_http_moderate_body_copy(ngx_chain_t *cl, u_char *p, size_t size)
{
    size_t      len;
    ssize_t     n;
    off_t       offset;
    ngx_buf_t  *b;

    for ( /* void */ ; cl; cl = cl->next) {
        b = cl->buf;
        len = (size_t) ngx_buf_size(b);

        if (ngx_buf_in_memory(b)) {
            p = ngx_cpymem(p, b->pos, len);
            size -= len;
            continue;
        }

        if (!b->in_file) {
            continue;
        }

        for (offset = b->file_pos; len; offset += n) {
            n = ngx_read_file(b->file, p, len, offset);

            if (n == NGX_ERROR || n == 0) {
                return NGX_ERROR;
            }

            p += n;
            len -= n;
            size -= n;
        }
    }

    return (size == 0) ? NGX_OK : NGX_ERROR;
}


void
ngx_http_moderate_drop_body(ngx_http_request_t *r)
{
    static ngx_str_t  zero = ngx_string("0");

    if (r->request_body != NULL) {
        r->request_body->bufs = NULL;
    }

    /* $content_length is the header, proxy_pass asks for the number */

    if (r->headers_in.content_length != NULL) {
        r->headers_in.content_length->value = zero;
    }

    r->headers_in.content_length_n = 0;
}


void
ngx_http_moderate_message(ngx_http_request_t *r, ngx_str_t *body,
    vet_message_t *m)
{
    ngx_table_elt_t           *h;
    ngx_http_moderate_walk_t   walk;

    ngx_memzero(m, sizeof(vet_message_t));
    ngx_memzero(&walk, sizeof(ngx_http_moderate_walk_t));

    m->body.data = body->data;
    m->body.len = body->len;

    /* not headers_in.content_type: a second header of that name is hidden */

    for ( ;; ) {
        h = ngx_http_moderate_next_header(r, &walk, NULL);

        if (h == NULL) {
            break;
        }

        if (ngx_http_moderate_header_is(h, "Content-Type")) {
            m->content_types++;
            m->content_type.data = h->value.data;
            m->content_type.len = h->value.len;
        }

        /* of several any one that is not "identity" counts */

        if (ngx_http_moderate_header_is(h, "Content-Encoding")
            && (m->content_encoding.len == 0
                || h->value.len != sizeof("identity") - 1
                || ngx_strncasecmp(h->value.data, (u_char *) "identity",
                                   h->value.len)
                   != 0))
        {
            m->content_encoding.data = h->value.data;
            m->content_encoding.len = h->value.len;
        }
    }
}
