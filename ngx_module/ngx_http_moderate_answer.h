
/*
 * Copyright (C) the moderate authors
 *
 * What the pages for the person who commented have in common.
 */


#ifndef NGX_HTTP_MODERATE_ANSWER_H_INCLUDED_
#define NGX_HTTP_MODERATE_ANSWER_H_INCLUDED_


#include "ngx_http_moderate_module.h"


typedef enum {
    NGX_HTTP_MODERATE_VI = 0,
    NGX_HTTP_MODERATE_EN,
    NGX_HTTP_MODERATE_LANGUAGES
} ngx_http_moderate_language_e;


extern ngx_str_t  ngx_http_moderate_html_type;
extern ngx_str_t  ngx_http_moderate_json_type;
extern ngx_str_t  ngx_http_moderate_langs[];
extern ngx_str_t  ngx_http_moderate_style;


/* Returns the language that the person reads. */
ngx_uint_t ngx_http_moderate_language(ngx_http_request_t *r);

/* Tells whether JSON is asked for more than a page. */
ngx_uint_t ngx_http_moderate_wants_json(ngx_http_request_t *r);

/* Returns what a public reason means. */
ngx_str_t *ngx_http_moderate_reason_text(ngx_str_t *code, ngx_uint_t lang);


#endif /* NGX_HTTP_MODERATE_ANSWER_H_INCLUDED_ */
