
/*
 * Copyright (C) the moderate authors
 *
 * Judging: parse, view and match, on the event loop or in a thread; and rules
 * that are in the shadow, as they kept running out of their limits.
 */


#ifndef NGX_HTTP_MODERATE_JUDGE_H_INCLUDED_
#define NGX_HTTP_MODERATE_JUDGE_H_INCLUDED_


#include "ngx_http_moderate_module.h"


typedef void (*ngx_http_moderate_judged_pt)(ngx_http_request_t *r,
    ngx_int_t rc);


/* ngx_http_moderate_judge.c */

/*
 * Judges a submission of which the body was read.  NGX_OK: done; NGX_ERROR:
 * out of memory.  NGX_AGAIN: in a thread; the handler is called with one of
 * the two, but not when the client has left by then.
 */
ngx_int_t ngx_http_moderate_judge(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_judged_pt handler);

/* moderate_thread_size size | off */
char *ngx_http_moderate_thread_size_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


/* ngx_http_moderate_shadow.c */

/*
 * Returns the rules that are in the shadow in this set, as vet_match_shadowed
 * takes them, or NULL.  They are the set's, and change on the loop.
 */
const u_char *ngx_http_moderate_shadow(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set);

/* Counts the rules of the set that ran out of their limits. */
void ngx_http_moderate_shadow_count(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set, const vet_hits_t *hits);

/* Forgets all of a set that was replaced. */
void ngx_http_moderate_shadow_forget(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set);


#endif /* NGX_HTTP_MODERATE_JUDGE_H_INCLUDED_ */
