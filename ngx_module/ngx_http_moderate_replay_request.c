
/*
 * Copyright (C) the moderate authors
 */


#include "ngx_http_moderate_replay.h"


static ngx_uint_t ngx_http_moderate_replay_method(ngx_str_t *name);
static ngx_int_t ngx_http_moderate_replay_body(ngx_http_request_t *sr,
    ngx_str_t *body);
static ngx_int_t ngx_http_moderate_replay_variables(ngx_http_request_t *sr,
    ngx_http_moderate_record_t *record);
static ngx_int_t ngx_http_moderate_replay_headers(ngx_http_request_t *sr,
    ngx_http_moderate_record_t *record);
static ngx_int_t ngx_http_moderate_replay_host(ngx_http_request_t *sr,
    ngx_str_t *host, ngx_str_t *server);
static ngx_uint_t ngx_http_moderate_replay_hop(ngx_str_t *name);
static ngx_table_elt_t *ngx_http_moderate_replay_push(ngx_http_request_t *sr,
    ngx_str_t *name, ngx_str_t *value);


/*
 * A URI that does not parse ends a subrequest before it has begun, so it is
 * tried on a request that is nobody's
 */

ngx_int_t
ngx_http_moderate_replay_uri(ngx_http_request_t *r,
    ngx_http_core_srv_conf_t *cscf, ngx_str_t *uri)
{
    ngx_http_request_t  *trial;

    trial = ngx_pcalloc(r->pool, sizeof(ngx_http_request_t));
    if (trial == NULL || uri->len == 0) {
        return NGX_ERROR;
    }

    trial->connection = r->connection;
    trial->pool = r->pool;
    trial->uri_start = uri->data;
    trial->uri_end = uri->data + uri->len;

    if (ngx_http_parse_uri(trial) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!trial->complex_uri && !trial->quoted_uri
        && !trial->empty_path_in_uri)
    {
        return NGX_OK;
    }

    trial->uri.len = uri->len + 1;
    trial->uri.data = ngx_pnalloc(r->pool, trial->uri.len);
    if (trial->uri.data == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_parse_complex_uri(trial, cscf->merge_slashes);
}


/* the subrequest is made, and runs when we have returned to the loop */

ngx_int_t
ngx_http_moderate_replay_build(ngx_http_request_t *sr,
    ngx_http_core_srv_conf_t *cscf, ngx_http_moderate_record_t *record)
{
    sr->srv_conf = cscf->ctx->srv_conf;
    sr->loc_conf = cscf->ctx->loc_conf;

    sr->method_name = record->method;
    sr->method = ngx_http_moderate_replay_method(&record->method);

    /* from the unparsed URI, so that %2F and "//" arrive as they were sent */

    ngx_str_null(&sr->args);
    ngx_str_null(&sr->exten);
    sr->uri_start = record->uri.data;
    sr->uri_end = record->uri.data + record->uri.len;

    if (ngx_http_parse_uri(sr) != NGX_OK
        || ngx_http_process_request_uri(sr) != NGX_OK)
    {
        return NGX_ERROR;
    }

    sr->request_line.data = ngx_pnalloc(sr->pool, record->method.len
                                                  + record->uri.len + 10);
    if (sr->request_line.data == NULL) {
        return NGX_ERROR;
    }

    sr->request_line.len = ngx_sprintf(sr->request_line.data,
                                       "%V %V HTTP/1.1", &record->method,
                                       &record->uri)
                           - sr->request_line.data;

    if (ngx_http_moderate_replay_body(sr, &record->body) != NGX_OK
        || ngx_http_moderate_replay_variables(sr, record) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* it was counted when it came; the rate of approvals is no rate of posts */

    sr->main->limit_req_status = 1;
    sr->main->limit_conn_status = 1;

    return ngx_http_moderate_replay_headers(sr, record);
}


static ngx_uint_t
ngx_http_moderate_replay_method(ngx_str_t *name)
{
    ngx_uint_t  i;

    static struct {
        ngx_str_t   name;
        ngx_uint_t  method;
    } methods[] = {
        { ngx_string("POST"), NGX_HTTP_POST },
        { ngx_string("PUT"), NGX_HTTP_PUT },
        { ngx_string("PATCH"), NGX_HTTP_PATCH },
        { ngx_string("DELETE"), NGX_HTTP_DELETE },
        { ngx_string("GET"), NGX_HTTP_GET },
        { ngx_null_string, 0 }
    };

    for (i = 0; methods[i].name.len; i++) {
        if (methods[i].name.len == name->len
            && ngx_strncmp(methods[i].name.data, name->data, name->len) == 0)
        {
            return methods[i].method;
        }
    }

    return NGX_HTTP_UNKNOWN;
}


static ngx_int_t
ngx_http_moderate_replay_body(ngx_http_request_t *sr, ngx_str_t *body)
{
    ngx_buf_t                *b;
    ngx_chain_t              *cl;
    ngx_http_request_body_t  *rb;

    rb = ngx_pcalloc(sr->pool, sizeof(ngx_http_request_body_t));
    if (rb == NULL) {
        return NGX_ERROR;
    }

    sr->request_body = rb;
    sr->discard_body = 0;

    if (body->len == 0) {
        return NGX_OK;
    }

    b = ngx_calloc_buf(sr->pool);
    cl = ngx_alloc_chain_link(sr->pool);

    if (b == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    b->memory = 1;
    b->last_buf = 1;
    b->start = body->data;
    b->pos = body->data;
    b->last = body->data + body->len;
    b->end = b->last;

    cl->buf = b;
    cl->next = NULL;

    rb->bufs = cl;
    rb->buf = b;

    return NGX_OK;
}


/* its own: shared ones would show the poster in the moderator's log line */

static ngx_int_t
ngx_http_moderate_replay_variables(ngx_http_request_t *sr,
    ngx_http_moderate_record_t *record)
{
    ngx_str_t                       lines, name, value;
    ngx_uint_t                      i;
    ngx_http_moderate_kept_t       *kept;
    ngx_http_variable_value_t      *v;
    ngx_http_core_main_conf_t      *cmcf;
    ngx_http_moderate_main_conf_t  *mmcf;

    static ngx_str_t  sep = ngx_string(" ");

    cmcf = ngx_http_get_module_main_conf(sr, ngx_http_core_module);
    mmcf = ngx_http_get_module_main_conf(sr, ngx_http_moderate_module);

    sr->variables = ngx_pcalloc(sr->pool, cmcf->variables.nelts
                                          * sizeof(ngx_http_variable_value_t));
    if (sr->variables == NULL) {
        return NGX_ERROR;
    }

    kept = mmcf->kept.elts;
    lines = record->variables;

    while (ngx_http_moderate_record_line(&lines, &sep, &name, &value)
           == NGX_OK)
    {
        for (i = 0; i < mmcf->kept.nelts; i++) {

            if (kept[i].name.len != name.len
                || ngx_strncmp(kept[i].name.data, name.data, name.len) != 0)
            {
                continue;
            }

            v = &sr->variables[kept[i].index];
            v->data = value.data;
            v->len = value.len;
            v->valid = 1;
        }
    }

    return NGX_OK;
}


/* an allow-list when it was stored; the framing is made anew */

static ngx_int_t
ngx_http_moderate_replay_headers(ngx_http_request_t *sr,
    ngx_http_moderate_record_t *record)
{
    ngx_int_t               rc;
    ngx_str_t               lines, name, value;
    ngx_table_elt_t        *h;
    ngx_http_headers_in_t  *in;

    static ngx_str_t  sep = ngx_string(": ");
    static ngx_str_t  host = ngx_string("Host");
    static ngx_str_t  length = ngx_string("Content-Length");

    in = &sr->headers_in;

    ngx_memzero(in, sizeof(ngx_http_headers_in_t));

    if (ngx_list_init(&in->headers, sr->pool, 20, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#if (nginx_version < 1023000)

    if (ngx_array_init(&in->cookies, sr->pool, 2, sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#endif

    in->content_length_n = record->body.len;
    in->keep_alive_n = -1;

    in->host = ngx_http_moderate_replay_push(sr, &host, &record->host);
    if (in->host == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_moderate_replay_host(sr, &record->host, &in->server)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    value.data = ngx_pnalloc(sr->pool, NGX_SIZE_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%uz", record->body.len) - value.data;

    h = ngx_http_moderate_replay_push(sr, &length, &value);
    if (h == NULL) {
        return NGX_ERROR;
    }

    in->content_length = h;

    lines = record->headers;

    for ( ;; ) {
        rc = ngx_http_moderate_record_line(&lines, &sep, &name, &value);

        if (rc == NGX_DONE) {
            return NGX_OK;
        }

        if (rc != NGX_OK
            || ngx_http_moderate_replay_header(sr, &name, &value) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }
}


/* what $host is: without the port and in lower case */

static ngx_int_t
ngx_http_moderate_replay_host(ngx_http_request_t *sr, ngx_str_t *host,
    ngx_str_t *server)
{
    u_char  *p, *last;

    server->data = ngx_pnalloc(sr->pool, host->len + 1);
    if (server->data == NULL) {
        return NGX_ERROR;
    }

    ngx_strlow(server->data, host->data, host->len);

    last = server->data + host->len;

    /* the colons of "[::1]:8080" */

    p = ngx_strlchr(server->data, last, ']');
    p = ngx_strlchr(p ? p : server->data, last, ':');

    server->len = (p ? p : last) - server->data;

    return NGX_OK;
}


ngx_int_t
ngx_http_moderate_replay_header(ngx_http_request_t *sr, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_uint_t                  i;
    ngx_table_elt_t            *h;
    ngx_http_header_t          *hh;
    ngx_http_core_main_conf_t  *cmcf;

    if (ngx_http_moderate_replay_hop(name)) {
        return NGX_OK;
    }

    /* nginx lets none of these in; a record could have been tampered with */

    for (i = 0; i < value->len; i++) {
        if (value->data[i] == CR || value->data[i] == '\0') {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < name->len; i++) {
        if (name->data[i] <= ' ' || name->data[i] >= 0x7f) {
            return NGX_ERROR;
        }
    }

    h = ngx_http_moderate_replay_push(sr, name, value);
    if (h == NULL) {
        return NGX_ERROR;
    }

    cmcf = ngx_http_get_module_main_conf(sr, ngx_http_core_module);

    hh = ngx_hash_find(&cmcf->headers_in_hash, h->hash, h->lowcase_key,
                       h->key.len);

    if (hh != NULL && hh->handler != NULL) {
        return hh->handler(sr, h, hh->offset);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_moderate_replay_hop(ngx_str_t *name)
{
    ngx_uint_t  i;

    /* of one connection or one framing; Host has its own place */

    static ngx_str_t  names[] = {
        ngx_string("Host"),
        ngx_string("Content-Length"),
        ngx_string("Transfer-Encoding"),
        ngx_string("Connection"),
        ngx_string("Keep-Alive"),
        ngx_string("Proxy-Connection"),
        ngx_string("TE"),
        ngx_string("Trailer"),
        ngx_string("Upgrade"),
        ngx_string("Expect"),
        ngx_null_string
    };

    for (i = 0; names[i].len; i++) {
        if (names[i].len == name->len
            && ngx_strncasecmp(names[i].data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_table_elt_t *
ngx_http_moderate_replay_push(ngx_http_request_t *sr, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&sr->headers_in.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key = *name;
    h->lowcase_key = ngx_pnalloc(sr->pool, name->len);
    h->value.data = ngx_pnalloc(sr->pool, value->len + 1);

    if (h->lowcase_key == NULL || h->value.data == NULL) {
        return NULL;
    }

    h->hash = ngx_hash_strlow(h->lowcase_key, name->data, name->len);

    ngx_memcpy(h->value.data, value->data, value->len);
    h->value.data[value->len] = '\0';
    h->value.len = value->len;

    return h;
}
