
/*
 * Copyright (C) the moderate authors
 *
 * Receipts: what the person who commented holds to see what has become of it.
 */


#ifndef NGX_HTTP_MODERATE_RECEIPT_H_INCLUDED_
#define NGX_HTTP_MODERATE_RECEIPT_H_INCLUDED_


#include <jansson.h>

#include "ngx_http_moderate_answer.h"
#include "ngx_http_moderate_store.h"


/* what came of an appeal, beside the state */

typedef enum {
    NGX_HTTP_MODERATE_RECEIPT_OK = 0,
    NGX_HTTP_MODERATE_RECEIPT_UNKNOWN,      /* nobody's, or mistyped */
    NGX_HTTP_MODERATE_RECEIPT_NOTE,         /* none, or too long */
    NGX_HTTP_MODERATE_RECEIPT_CLOSED,       /* not rejected, or appealed */
    NGX_HTTP_MODERATE_RECEIPT_AWAY          /* Redis */
} ngx_http_moderate_receipt_outcome_e;


/* one look at a receipt */

typedef struct {
    ngx_http_moderate_wait_t   *wait;
    ngx_http_moderate_move_t   *move;
    ngx_http_moderate_item_t   *item;       /* NULL: none is shown */
    ngx_str_t                   receipt;    /* as it was asked for */
    ngx_str_t                   site;
    ngx_str_t                   id;         /* or of nobody */
    ngx_str_t                   note;       /* of an appeal */
    ngx_uint_t                  outcome;
    unsigned                    appeals:1;
} ngx_http_moderate_receipt_t;


/*
 * Sends the page or the JSON and finalizes the request.
 */
void ngx_http_moderate_receipt_send(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt);


/* ngx_http_moderate_receipt_correct.c: to correct it, and to send it again */

/* Returns the titles and texts: an array of {"name", "role", "value"}. */
json_t *ngx_http_moderate_receipt_fields(ngx_http_moderate_item_t *item);

/* Finds the path of the page with the form; its length is 0 if not known. */
void ngx_http_moderate_receipt_source(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item, ngx_str_t *path);

/* Writes that part of the page, and says how long it is at most. */
size_t ngx_http_moderate_receipt_correct_len(json_t *fields, ngx_str_t *path);
u_char *ngx_http_moderate_receipt_correct(u_char *p, u_char *last,
    json_t *fields, ngx_str_t *path, ngx_uint_t lang);


#endif /* NGX_HTTP_MODERATE_RECEIPT_H_INCLUDED_ */
