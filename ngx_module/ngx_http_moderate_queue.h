
/*
 * Copyright (C) the moderate authors
 *
 * What the files that make a page of the queue share.
 */


#ifndef NGX_HTTP_MODERATE_QUEUE_H_INCLUDED_
#define NGX_HTTP_MODERATE_QUEUE_H_INCLUDED_


#include "ngx_http_moderate_store.h"


#define ngx_http_moderate_bit(state)  (1 << (state))


typedef struct {
    ngx_str_t                   id;
    uint64_t                    received;   /* ms */
    ngx_uint_t                  state;
} ngx_http_moderate_id_t;


/* ngx_http_moderate_queue_store.c */

/* Reads the next ids off list->key.  NGX_ERROR: not sent. */
ngx_int_t ngx_http_moderate_list_ids(ngx_http_moderate_list_t *list);

/* Reads the next items of list->ids, or the next ids, or ends. */
void ngx_http_moderate_list_go_on(ngx_http_moderate_list_t *list);

/* Calls the list's handler. */
void ngx_http_moderate_list_end(ngx_http_moderate_list_t *list, ngx_int_t rc);


/* ngx_http_moderate_queue_sets_store.c */

/*
 * Reads the states' sets when they are small, else ids one behind the other.
 * NGX_ERROR: not sent.
 */
ngx_int_t ngx_http_moderate_list_few(ngx_http_moderate_list_t *list);


#endif /* NGX_HTTP_MODERATE_QUEUE_H_INCLUDED_ */
