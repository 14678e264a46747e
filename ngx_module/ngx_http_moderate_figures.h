
/*
 * Copyright (C) the moderate authors
 *
 * What moderation does, in numbers without content.
 */


#ifndef NGX_HTTP_MODERATE_FIGURES_H_INCLUDED_
#define NGX_HTTP_MODERATE_FIGURES_H_INCLUDED_


#include "ngx_http_moderate_module.h"
#include "ngx_http_moderate_keys.h"

#include <jansson.h>


#define NGX_HTTP_MODERATE_FIGURES_DAYS  100    /* of one answer */
#define NGX_HTTP_MODERATE_FIGURES_TTL   "34560000"      /* 400 days */


/* one thing that happened */

typedef struct {
    ngx_str_t                   site;
    ngx_str_t                   what;       /* "held", "rejected", ... */
    ngx_str_t                   form;
    ngx_str_t                   hits;       /* JSON */
    ngx_str_t                   received;   /* ms */
    unsigned                    decided:1;  /* the time it took counts */
} ngx_http_moderate_figure_t;

/* Counts it, and waits for nothing; all may go when it returns. */
void ngx_http_moderate_figures_count(ngx_http_moderate_redis_t *redis,
    ngx_pool_t *pool, ngx_http_moderate_figure_t *figure);


/*
 * Tells whether a hit before this one, of the array, has the same value: each
 * rule and each category counts once, however many places were hit.
 */
ngx_uint_t ngx_http_moderate_figures_before(json_t *hits, size_t i,
    const char *member, json_t *value);


/* the sums of some days; each object is the caller's */

typedef struct {
    ngx_http_request_t         *request;
    ngx_http_moderate_wait_t  **slot;
    ngx_str_t                   site;
    time_t                      from;       /* seconds, of the first day */
    ngx_uint_t                  days;
    void                      (*handler)(ngx_http_request_t *r, ngx_int_t rc);

    json_t                     *decisions;  /* {what: n} */
    json_t                     *by_day;     /* {name: {what: n}} */
    json_t                     *by_hour;
    json_t                     *by_form;
    json_t                     *by_category;
    json_t                     *by_rule;
    json_t                     *by_time;    /* name: index of bounds */
} ngx_http_moderate_figures_t;

extern const ngx_uint_t  ngx_http_moderate_figures_bounds[];

ngx_int_t ngx_http_moderate_figures(ngx_http_moderate_figures_t *figures);


#endif /* NGX_HTTP_MODERATE_FIGURES_H_INCLUDED_ */
