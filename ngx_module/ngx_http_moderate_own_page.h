
/*
 * Copyright (C) the moderate authors
 *
 * The portal's own pages in the place of the built-in ones.
 */


#ifndef NGX_HTTP_MODERATE_OWN_PAGE_H_INCLUDED_
#define NGX_HTTP_MODERATE_OWN_PAGE_H_INCLUDED_


#include "ngx_http_moderate_module.h"


/* what is told; what is not set is empty */

typedef struct {
    ngx_uint_t                  status;
    ngx_str_t                   state;      /* as JSON has it */
    ngx_str_t                   id;
    ngx_str_t                   reason;
    ngx_str_t                   receipt;    /* address of its page */
    ngx_str_t                   form;       /* where it can be sent again */
    ngx_str_t                   page;       /* the built-in one, whole */
    char                       *policy;     /* its Content-Security-Policy */

    unsigned                    replaced:1; /* by the built-in page */
    unsigned                    sent:1;
} ngx_http_moderate_own_page_t;


/* moderate_held_page, moderate_reject_page, moderate_receipt_page */
char *ngx_http_moderate_own_page_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Lets nginx serve the page at uri, with the status of page; page is copied.
 * NGX_DONE: it does, and the caller finalizes the request with NGX_DONE.
 * NGX_DECLINED: the built-in page is to be sent.  NGX_ERROR: out of memory.
 */
ngx_int_t ngx_http_moderate_own_page(ngx_http_request_t *r,
    ngx_http_complex_value_t *uri, ngx_http_moderate_own_page_t *page);

/* Returns what the page that is being served tells; NULL: none is. */
ngx_http_moderate_own_page_t *ngx_http_moderate_get_own_page(
    ngx_http_request_t *r);

/* Installs the filters. */
void ngx_http_moderate_own_page_init(void);


#endif /* NGX_HTTP_MODERATE_OWN_PAGE_H_INCLUDED_ */
