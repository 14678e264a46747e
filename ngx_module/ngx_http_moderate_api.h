
/*
 * Copyright (C) the moderate authors
 *
 * What the files of the JSON API share.
 */


#ifndef NGX_HTTP_MODERATE_API_H_INCLUDED_
#define NGX_HTTP_MODERATE_API_H_INCLUDED_


#include "ngx_http_moderate_module.h"
#include "ngx_http_moderate_store.h"

#include <jansson.h>


/* a moderator's request, from its URI to its answer */

typedef struct ngx_http_moderate_api_s  ngx_http_moderate_api_t;

typedef ngx_int_t (*ngx_http_moderate_api_pt)(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);

typedef struct {
    ngx_str_t                   name;       /* behind the id; or none */
    ngx_uint_t                  method;
    ngx_uint_t                  id;         /* 1: the path has one */
    ngx_uint_t                  decides;    /* 1: not for viewers */
    ngx_http_moderate_api_pt    handler;
} ngx_http_moderate_route_t;

struct ngx_http_moderate_api_s {
    ngx_http_moderate_route_t  *route;
    ngx_http_moderate_wait_t   *wait;
    ngx_http_moderate_move_t   *move;

    ngx_str_t                   site;
    ngx_str_t                   id;
    ngx_str_t                   user;
    ngx_str_t                   reason;     /* of a rejection */
    ngx_uint_t                  version;    /* If-Match */

    ngx_http_moderate_list_t    list;
    ngx_http_moderate_item_t   *item;
    ngx_http_moderate_delivery_t  delivery;
    ngx_uint_t                  state;      /* that was reached */

    unsigned                    admin:1;
    unsigned                    viewer:1;
    unsigned                    late:1;     /* the item is read to say why */
};


/* Returns the request's API call, or NULL. */
ngx_http_moderate_api_t *ngx_http_moderate_get_api(ngx_http_request_t *r);


/* ngx_http_moderate_api_json.c: what is answered */

/*
 * Sends body, which it takes over, and finalizes the request.  version, when
 * not 0, is the ETag.
 */
void ngx_http_moderate_api_send(ngx_http_request_t *r, ngx_uint_t status,
    json_t *body, ngx_uint_t version);

/* Sends {"error","message"} likewise. */
void ngx_http_moderate_api_error(ngx_http_request_t *r, ngx_uint_t status,
    char *code, char *message);

/* Return a new object, or NULL when memory is out. */
json_t *ngx_http_moderate_api_summary(ngx_http_moderate_item_t *item);
json_t *ngx_http_moderate_api_item(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item);


/* ngx_http_moderate_api_read.c: the queue, and one item */

ngx_int_t ngx_http_moderate_api_list(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
ngx_int_t ngx_http_moderate_api_show(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);


/* ngx_http_moderate_api_decide.c: claim, unclaim, approve, reject */

ngx_int_t ngx_http_moderate_api_decide(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);


#endif /* NGX_HTTP_MODERATE_API_H_INCLUDED_ */
