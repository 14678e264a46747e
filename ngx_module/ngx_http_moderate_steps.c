
/*
 * Copyright (C) the moderate authors
 *
 * All that can become of a held submission: one table.  Each step is one SMOVE
 * from one state to another, so it has one winner; a move that is not here is
 * refused before it is sent.  tools/steps.py reads this table, proves what must
 * hold of it, and writes docs/states.md.
 */


#include "ngx_http_moderate_steps.h"


#define S(state)  (1 << NGX_HTTP_MODERATE_##state)


static ngx_http_moderate_step_t  ngx_http_moderate_steps[] = {

    /* what a moderator asks for; a claim that ran out is taken over */

    { ngx_string("claim"), NGX_HTTP_MODERATE_BY_MODERATOR,
      S(PENDING_STATE)|S(APPEALED)|S(CLAIMED),
      NGX_HTTP_MODERATE_CLAIMED },

    { ngx_string("unclaim"), NGX_HTTP_MODERATE_BY_MODERATOR,
      S(CLAIMED),
      NGX_HTTP_MODERATE_HOME },

    /* approved: nginx was stopped before the delivery began */

    { ngx_string("approve"), NGX_HTTP_MODERATE_BY_MODERATOR,
      S(PENDING_STATE)|S(APPEALED)|S(CLAIMED)|S(APPROVED)|S(FAILED_STATE)
      |S(UNKNOWN),
      NGX_HTTP_MODERATE_APPROVED },

    { ngx_string("reject"), NGX_HTTP_MODERATE_BY_MODERATOR,
      S(PENDING_STATE)|S(APPEALED)|S(CLAIMED)|S(FAILED_STATE),
      NGX_HTTP_MODERATE_REJECTED_STATE },

    /* what was sent cannot be undone; what a crash has left can */

    { ngx_string("undo"), NGX_HTTP_MODERATE_BY_MODERATOR,
      S(REJECTED_STATE)|S(APPROVED),
      NGX_HTTP_MODERATE_HOME },

    /* a move to itself has no winner: a claim is taken over in two */

    { ngx_string("expire"), NGX_HTTP_MODERATE_BY_NGINX,
      S(CLAIMED),
      NGX_HTTP_MODERATE_HOME },

    /* a delivery, which an approve begins */

    { ngx_string("deliver"), NGX_HTTP_MODERATE_BY_DELIVERY,
      S(APPROVED),
      NGX_HTTP_MODERATE_REPLAYING },

    /* unknown: the backend took longer than the lease */

    { ngx_string("delivered"), NGX_HTTP_MODERATE_BY_DELIVERY,
      S(REPLAYING)|S(UNKNOWN),
      NGX_HTTP_MODERATE_DELIVERED },

    { ngx_string("failed"), NGX_HTTP_MODERATE_BY_DELIVERY,
      S(REPLAYING)|S(UNKNOWN),
      NGX_HTTP_MODERATE_FAILED_STATE },

    { ngx_string("unknown"), NGX_HTTP_MODERATE_BY_DELIVERY,
      S(REPLAYING),
      NGX_HTTP_MODERATE_UNKNOWN },

    /* who holds the receipt */

    { ngx_string("appeal"), NGX_HTTP_MODERATE_BY_RECEIPT,
      S(REJECTED_STATE),
      NGX_HTTP_MODERATE_APPEALED },

    /* what a crash has left: nothing was sent, or nobody knows */

    { ngx_string("recover"), NGX_HTTP_MODERATE_BY_NGINX,
      S(APPROVED),
      NGX_HTTP_MODERATE_HOME },

    { ngx_string("recover"), NGX_HTTP_MODERATE_BY_NGINX,
      S(REPLAYING),
      NGX_HTTP_MODERATE_UNKNOWN },

    /* the end; nothing goes by its age that waits for somebody */

    { ngx_string("remove"), NGX_HTTP_MODERATE_BY_NGINX,
      S(DELIVERED)|S(REJECTED_STATE)|S(FAILED_STATE)|S(UNKNOWN),
      NGX_HTTP_MODERATE_REMOVING },

    { ngx_string("erase"), NGX_HTTP_MODERATE_BY_ADMIN,
      S(PENDING_STATE)|S(CLAIMED)|S(APPEALED)|S(DELIVERED)|S(REJECTED_STATE)
      |S(FAILED_STATE)|S(UNKNOWN),
      NGX_HTTP_MODERATE_REMOVING },

    { ngx_null_string, 0, 0, 0 }
};


ngx_http_moderate_step_t *
ngx_http_moderate_step(ngx_str_t *action, ngx_uint_t state)
{
    ngx_http_moderate_step_t  *step;

    for (step = ngx_http_moderate_steps; step->action.len; step++) {

        if (step->action.len == action->len
            && ngx_strncmp(step->action.data, action->data, action->len) == 0
            && (state == NGX_HTTP_MODERATE_STATES
                || step->from & 1 << state))
        {
            return step;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_moderate_step_to(ngx_http_moderate_step_t *step,
    ngx_http_moderate_item_t *item)
{
    if (step->to != NGX_HTTP_MODERATE_HOME) {
        return step->to;
    }

    return item->appealed ? NGX_HTTP_MODERATE_APPEALED
                          : NGX_HTTP_MODERATE_PENDING_STATE;
}


ngx_uint_t
ngx_http_moderate_step_ok(ngx_str_t *action, ngx_uint_t from, ngx_uint_t to)
{
    ngx_http_moderate_step_t  *step;

    if (from >= NGX_HTTP_MODERATE_STATES) {
        return 0;
    }

    step = ngx_http_moderate_step(action, from);

    if (step == NULL) {
        return 0;
    }

    if (step->to == NGX_HTTP_MODERATE_HOME) {
        return to == NGX_HTTP_MODERATE_PENDING_STATE
               || to == NGX_HTTP_MODERATE_APPEALED;
    }

    return to == step->to;
}
