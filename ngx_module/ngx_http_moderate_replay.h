
/*
 * Copyright (C) the moderate authors
 *
 * A delivery's request, made of what was stored.
 */


#ifndef NGX_HTTP_MODERATE_REPLAY_H_INCLUDED_
#define NGX_HTTP_MODERATE_REPLAY_H_INCLUDED_


#include "ngx_http_moderate_module.h"


/* Tells whether the subrequest's server can parse the URI; or NGX_ERROR. */
ngx_int_t ngx_http_moderate_replay_uri(ngx_http_request_t *r,
    ngx_http_core_srv_conf_t *cscf, ngx_str_t *uri);

/* Turns a new subrequest into the stored request to this server. */
ngx_int_t ngx_http_moderate_replay_build(ngx_http_request_t *sr,
    ngx_http_core_srv_conf_t *cscf, ngx_http_moderate_record_t *record);

/* Adds a header, which is copied; headers of a connection are passed over. */
ngx_int_t ngx_http_moderate_replay_header(ngx_http_request_t *sr,
    ngx_str_t *name, ngx_str_t *value);


#endif /* NGX_HTTP_MODERATE_REPLAY_H_INCLUDED_ */
