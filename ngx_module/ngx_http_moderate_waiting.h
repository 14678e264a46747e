
/*
 * Copyright (C) the moderate authors
 *
 * How the queue of a site is, and who looks after it.
 */


#ifndef NGX_HTTP_MODERATE_WAITING_H_INCLUDED_
#define NGX_HTTP_MODERATE_WAITING_H_INCLUDED_


#include "ngx_http_moderate_keys.h"


#define NGX_HTTP_MODERATE_AGES        6
#define NGX_HTTP_MODERATE_CATEGORIES  16    /* at most, of vet_category */


/* what waits for a person: pending, claimed, appealed */

typedef struct {
    ngx_uint_t                  count;
    uint64_t                    oldest;     /* received, ms; 0: none */
    u_char                      id[NGX_HTTP_MODERATE_ID_LEN];   /* of it */
} ngx_http_moderate_waiting_line_t;

typedef struct ngx_http_moderate_waiting_s {
    ngx_uint_t                        states[NGX_HTTP_MODERATE_STATES];
    ngx_uint_t                        ages[NGX_HTTP_MODERATE_AGES];
    ngx_http_moderate_waiting_line_t  all;
    ngx_http_moderate_waiting_line_t
                                categories[NGX_HTTP_MODERATE_CATEGORIES];
} ngx_http_moderate_waiting_t;

/* Upper bounds of ages, seconds; 0, the last: all that are older. */
extern const ngx_uint_t  ngx_http_moderate_waiting_ages[];


/*
 * Asks for it and fills in waiting, which lives until the handler is called
 * with NGX_OK or NGX_ERROR.  NGX_ERROR: not sent, no call.
 */
typedef void (*ngx_http_moderate_waiting_pt)(ngx_http_request_t *r,
    ngx_int_t rc);

ngx_int_t ngx_http_moderate_waiting(ngx_http_request_t *r,
    ngx_http_moderate_wait_t **slot, ngx_str_t *site,
    ngx_http_moderate_waiting_t *waiting,
    ngx_http_moderate_waiting_pt handler);


/*
 * ngx_http_moderate_overdue_store.c: notes it for moderate_status, and adds an
 * event for each category that is overdue, once in that time.
 */
void ngx_http_moderate_waiting_tell(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_srv_conf_t *mscf, ngx_http_moderate_waiting_t *waiting);


#endif /* NGX_HTTP_MODERATE_WAITING_H_INCLUDED_ */
