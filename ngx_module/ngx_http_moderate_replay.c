
/*
 * Copyright (C) the moderate authors
 *
 * Delivery of an approved submission: a background subrequest of the
 * moderator's request, with the method, URI, headers, body and address of the
 * poster.  It goes through the server's own configuration of today, and only
 * to a location where moderate is on.  Its response is swallowed.
 */


#include "ngx_http_moderate_replay.h"


typedef struct {
    ngx_http_moderate_delivery_pt  handler;
    ngx_http_moderate_delivery_t   delivery;
    ngx_http_moderate_loc_conf_t  *conf;        /* where it was let through */
    ngx_int_t                      error;       /* first one by nginx */
    ngx_str_t                      id;          /* of the submission */

    /* of the main request, while the poster stands in for the moderator */
    ngx_str_t                      method_name;
    ngx_str_t                      addr_text;
    struct sockaddr               *sockaddr;
    socklen_t                      socklen;

    unsigned                       guarded:1;
    unsigned                       uncertain:1;
    unsigned                       swapped:1;
    unsigned                       finished:1;
} ngx_http_moderate_replay_t;


static ngx_http_core_srv_conf_t *ngx_http_moderate_replay_server(
    ngx_http_request_t *r, ngx_http_moderate_record_t *record);
static void ngx_http_moderate_replay_abort(ngx_http_request_t *sr);
static ngx_int_t ngx_http_moderate_replay_swap(ngx_http_request_t *r,
    ngx_http_moderate_replay_t *replay, ngx_http_moderate_record_t *record);
static void ngx_http_moderate_replay_restore(void *data);
static ngx_int_t ngx_http_moderate_replay_done(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static void ngx_http_moderate_replay_outcome(ngx_http_request_t *sr,
    ngx_http_moderate_replay_t *replay);
static ngx_int_t ngx_http_moderate_replay_id(ngx_http_request_t *sr,
    ngx_http_moderate_replay_t *replay, char *name);
static ngx_uint_t ngx_http_moderate_replay_ok(
    ngx_http_moderate_loc_conf_t *mlcf, ngx_uint_t status);
static ngx_http_moderate_replay_t *ngx_http_moderate_get_replay(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_moderate_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_moderate_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_moderate_replay(ngx_http_request_t *r,
    ngx_http_moderate_record_t *record, ngx_http_moderate_delivery_pt handler,
    char **why)
{
    ngx_http_request_t          *sr;
    ngx_http_core_srv_conf_t    *cscf;
    ngx_http_post_subrequest_t  *ps;
    ngx_http_moderate_replay_t  *replay;

    *why = "no memory";

    cscf = ngx_http_moderate_replay_server(r, record);
    if (cscf == NULL) {
        *why = "no server has this name and site any more";
        return NGX_ERROR;
    }

    if (ngx_http_moderate_replay_uri(r, cscf, &record->uri) != NGX_OK) {
        *why = "the stored URI is not valid";
        return NGX_ERROR;
    }

    replay = ngx_pcalloc(r->pool, sizeof(ngx_http_moderate_replay_t));
    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));

    if (replay == NULL || ps == NULL
        || ngx_http_moderate_replay_swap(r, replay, record) != NGX_OK)
    {
        return NGX_ERROR;
    }

    replay->handler = handler;
    replay->id = record->id;

    ps->handler = ngx_http_moderate_replay_done;
    ps->data = replay;

    /* background: it goes on when the moderator's connection is lost */

    if (ngx_http_subrequest(r, &record->uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        ngx_http_moderate_replay_restore(replay);
        return NGX_ERROR;
    }

    if (ngx_http_moderate_replay_build(sr, cscf, record) != NGX_OK) {
        sr->write_event_handler = ngx_http_moderate_replay_abort;
    }

    return NGX_OK;
}


/* "index name": the index is a hint for servers of the same name */

static ngx_http_core_srv_conf_t *
ngx_http_moderate_replay_server(ngx_http_request_t *r,
    ngx_http_moderate_record_t *record)
{
    u_char                         *p;
    ngx_int_t                       hint;
    ngx_str_t                       name;
    ngx_uint_t                      i;
    ngx_http_core_srv_conf_t      **cscfp, *found;
    ngx_http_core_main_conf_t      *cmcf;
    ngx_http_moderate_srv_conf_t   *mscf;

    p = ngx_strlchr(record->server.data,
                    record->server.data + record->server.len, ' ');
    if (p == NULL) {
        return NULL;
    }

    hint = ngx_atoi(record->server.data, p - record->server.data);

    name.data = p + 1;
    name.len = record->server.data + record->server.len - name.data;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    cscfp = cmcf->servers.elts;
    found = NULL;

    for (i = 0; i < cmcf->servers.nelts; i++) {
        mscf = cscfp[i]->ctx->srv_conf[ngx_http_moderate_module.ctx_index];

        if (cscfp[i]->server_name.len != name.len
            || ngx_memcmp(cscfp[i]->server_name.data, name.data, name.len)
               != 0
            || mscf->site.len != record->site.len
            || ngx_memcmp(mscf->site.data, record->site.data, mscf->site.len)
               != 0)
        {
            continue;
        }

        if (found == NULL || (ngx_int_t) i == hint) {
            found = cscfp[i];
        }
    }

    return found;
}


static void
ngx_http_moderate_replay_abort(ngx_http_request_t *sr)
{
    ngx_http_finalize_request(sr, NGX_HTTP_INTERNAL_SERVER_ERROR);
}


/*
 * $request_method and $remote_addr are read from the main request and its
 * connection: the poster takes the moderator's place there for the while
 */

static ngx_int_t
ngx_http_moderate_replay_swap(ngx_http_request_t *r,
    ngx_http_moderate_replay_t *replay, ngx_http_moderate_record_t *record)
{
    ngx_addr_t           addr;
    ngx_connection_t    *c;
    ngx_http_cleanup_t  *cln;

    /* forgotten with a rejection that was taken back: nobody's */

    static ngx_str_t  nobody = ngx_string("0.0.0.0");

    c = r->connection;

    if (record->address.len == 0) {
        record->address = nobody;
    }

    /* not a pool's cleanup: that comes behind the access log */

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_moderate_replay_restore;
    cln->data = replay;

    replay->delivery.request = r;
    replay->method_name = r->method_name;
    replay->addr_text = c->addr_text;
    replay->sockaddr = c->sockaddr;
    replay->socklen = c->socklen;
    replay->swapped = 1;

    r->method_name = record->method;
    c->addr_text = record->address;

    /* a Unix socket's peer has no other address than its text */

    if (ngx_parse_addr(r->pool, &addr, record->address.data,
                       record->address.len)
        == NGX_OK)
    {
        c->sockaddr = addr.sockaddr;
        c->socklen = addr.socklen;
    }

    return NGX_OK;
}


static void
ngx_http_moderate_replay_restore(void *data)
{
    ngx_http_moderate_replay_t *replay = data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    if (!replay->swapped) {
        return;
    }

    replay->swapped = 0;

    r = replay->delivery.request;
    c = r->connection;

    r->method_name = replay->method_name;
    c->addr_text = replay->addr_text;
    c->sockaddr = replay->sockaddr;
    c->socklen = replay->socklen;
}


static ngx_int_t
ngx_http_moderate_replay_done(ngx_http_request_t *sr, void *data,
    ngx_int_t rc)
{
    ngx_http_moderate_replay_t *replay = data;

    ngx_http_upstream_t  *u;

    if (replay->finished) {
        return rc;
    }

    u = sr->upstream;

    if (rc != NGX_OK && u != NULL && u->request_sent
        && u->headers_in.status_n == 0)
    {
        replay->uncertain = 1;
    }

    if ((rc >= NGX_HTTP_SPECIAL_RESPONSE
         && rc != NGX_HTTP_REQUEST_TIME_OUT
         && rc != NGX_HTTP_CLOSE
         && rc != NGX_HTTP_CLIENT_CLOSED_REQUEST)
        || rc == NGX_HTTP_CREATED
        || rc == NGX_HTTP_NO_CONTENT)
    {
        /* error_page may have something to say; then we are here again */

        if (replay->error == 0 && rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            replay->error = rc;
        }

        return rc;
    }

    replay->finished = 1;

    ngx_http_moderate_replay_outcome(sr, replay);
    ngx_http_moderate_replay_restore(replay);

    replay->handler(replay->delivery.request, &replay->delivery);

    return NGX_OK;
}


/* an error page of nginx is no delivery, whatever its status */

static void
ngx_http_moderate_replay_outcome(ngx_http_request_t *sr,
    ngx_http_moderate_replay_t *replay)
{
    ngx_http_upstream_t           *u;
    ngx_http_moderate_delivery_t  *delivery;

    u = sr->upstream;
    delivery = &replay->delivery;

    if (u != NULL && u->headers_in.status_n) {
        delivery->status = u->headers_in.status_n;

    } else {
        delivery->status = replay->error ? (ngx_uint_t) replay->error
                                         : sr->headers_out.status;

        if (replay->uncertain) {
            delivery->uncertain = 1;
            return;
        }

        if (replay->error) {
            return;
        }
    }

    if (replay->guarded) {
        delivery->accepted = ngx_http_moderate_replay_ok(replay->conf,
                                                         delivery->status);
    }
}


static ngx_uint_t
ngx_http_moderate_replay_ok(ngx_http_moderate_loc_conf_t *mlcf,
    ngx_uint_t status)
{
    ngx_uint_t  i, *code;

    /* a portal answers a form with its page or with a redirect to it */

    if (mlcf->replay_ok == NULL) {
        return status >= 200 && status < 400;
    }

    code = mlcf->replay_ok->elts;

    for (i = 0; i < mlcf->replay_ok->nelts; i++) {
        if (code[i] == status || code[i] == status / 100) {
            return 1;
        }
    }

    return 0;
}


static ngx_http_moderate_replay_t *
ngx_http_moderate_get_replay(ngx_http_request_t *r)
{
    if (r->post_subrequest != NULL
        && r->post_subrequest->handler == ngx_http_moderate_replay_done)
    {
        return r->post_subrequest->data;
    }

    return NULL;
}


/* a stored URI leads to a place where submissions are judged, or nowhere */

ngx_int_t
ngx_http_moderate_replay_guard(ngx_http_request_t *r,
    ngx_http_moderate_loc_conf_t *mlcf)
{
    ngx_str_t                    value;
    ngx_uint_t                   i;
    ngx_http_moderate_key_t     *header;
    ngx_http_moderate_replay_t  *replay;

    replay = ngx_http_moderate_get_replay(r);

    /* other subrequests, and internal redirects behind the guard */

    if (replay == NULL || replay->guarded) {
        return NGX_DECLINED;
    }

    if (!mlcf->enable) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "a held submission to \"%V\" is not delivered: "
                      "\"moderate\" is not on there", &r->uri);
        return NGX_HTTP_FORBIDDEN;
    }

    replay->guarded = 1;
    replay->conf = mlcf;

    header = mlcf->set_headers ? mlcf->set_headers->elts : NULL;

    for (i = 0; header != NULL && i < mlcf->set_headers->nelts; i++) {

        if (ngx_http_complex_value(r, &header[i].value, &value) != NGX_OK
            || ngx_http_moderate_replay_header(r, &header[i].name, &value)
               != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ngx_http_moderate_replay_id(r, replay, "Idempotency-Key") != NGX_OK
        || ngx_http_moderate_replay_id(r, replay, "X-Moderate-Hold-Id")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/*
 * The same in each attempt, so that a backend can know it again; one that the
 * poster sent was kept, or is set, because the administrator said so
 */

static ngx_int_t
ngx_http_moderate_replay_id(ngx_http_request_t *sr,
    ngx_http_moderate_replay_t *replay, char *name)
{
    ngx_str_t                  header;
    ngx_http_moderate_walk_t   walk;

    ngx_memzero(&walk, sizeof(ngx_http_moderate_walk_t));

    if (ngx_http_moderate_next_header(sr, &walk, name) != NULL) {
        return NGX_OK;
    }

    header.data = (u_char *) name;
    header.len = ngx_strlen(name);

    return ngx_http_moderate_replay_header(sr, &header, &replay->id);
}


/* what the backend answers is for the poster, who is not there any more */


void
ngx_http_moderate_replay_init(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_moderate_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_moderate_body_filter;
}


static ngx_int_t
ngx_http_moderate_header_filter(ngx_http_request_t *r)
{
    ngx_http_request_t  *up;

    for (up = r; up != up->main; up = up->parent) {
        if (ngx_http_moderate_get_replay(up) != NULL) {
            r->header_sent = 1;
            return NGX_OK;
        }
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_moderate_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t           *b;
    ngx_chain_t         *cl;
    ngx_http_request_t  *up;

    for (up = r; up != up->main; up = up->parent) {
        if (ngx_http_moderate_get_replay(up) != NULL) {
            break;
        }
    }

    if (up == up->main) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;
        b->pos = b->last;
        b->file_pos = b->file_last;
    }

    return NGX_OK;
}
