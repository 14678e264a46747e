
/*
 * Copyright (C) the moderate authors
 *
 * What can become of a held submission.
 */


#ifndef NGX_HTTP_MODERATE_STEPS_H_INCLUDED_
#define NGX_HTTP_MODERATE_STEPS_H_INCLUDED_


#include "ngx_http_moderate_store.h"


typedef enum {
    NGX_HTTP_MODERATE_BY_MODERATOR = 0,
    NGX_HTTP_MODERATE_BY_ADMIN,
    NGX_HTTP_MODERATE_BY_RECEIPT,
    NGX_HTTP_MODERATE_BY_DELIVERY,
    NGX_HTTP_MODERATE_BY_NGINX
} ngx_http_moderate_by_e;


/* back to where it came from: pending, or appealed after an appeal */

#define NGX_HTTP_MODERATE_HOME  NGX_HTTP_MODERATE_STATES


typedef struct {
    ngx_str_t                   action;
    ngx_http_moderate_by_e      by;
    ngx_uint_t                  from;       /* a set of states, a bit each */
    ngx_uint_t                  to;         /* a state, HOME or REMOVING */
} ngx_http_moderate_step_t;


/*
 * Returns the step of an action from a state, or from any with STATES; NULL:
 * there is none.
 */
ngx_http_moderate_step_t *ngx_http_moderate_step(ngx_str_t *action,
    ngx_uint_t state);

/* Returns the state that it leads this item to. */
ngx_uint_t ngx_http_moderate_step_to(ngx_http_moderate_step_t *step,
    ngx_http_moderate_item_t *item);

/* Tells whether there is such a step. */
ngx_uint_t ngx_http_moderate_step_ok(ngx_str_t *action, ngx_uint_t from,
    ngx_uint_t to);


#endif /* NGX_HTTP_MODERATE_STEPS_H_INCLUDED_ */
