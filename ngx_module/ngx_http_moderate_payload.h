
/*
 * Copyright (C) the moderate authors
 *
 * What is kept of a submission, encrypted at rest: moderate_payload_key_file.
 */


#ifndef NGX_HTTP_MODERATE_PAYLOAD_H_INCLUDED_
#define NGX_HTTP_MODERATE_PAYLOAD_H_INCLUDED_


#include "ngx_http_moderate_module.h"


/* what came of opening a record, the worst of it; as item->payload has it */

typedef enum {
    NGX_HTTP_MODERATE_PAYLOAD_OK = 0,
    NGX_HTTP_MODERATE_PAYLOAD_PLAIN,    /* and "plain=refuse" is set */
    NGX_HTTP_MODERATE_PAYLOAD_NO_KEY,
    NGX_HTTP_MODERATE_PAYLOAD_FORGED    /* changed, or of another record */
} ngx_http_moderate_payload_e;


/* the work on one record */

typedef struct {
    vet_seal_t                  seal;
    ngx_pool_t                 *pool;
    ngx_str_t                   site;
    ngx_str_t                   id;
    ngx_str_t                   mark;       /* as read; empty: it is plain */
    ngx_uint_t                  state;      /* payload_e */
    unsigned                    keys:1;     /* there are some */
    unsigned                    refuse:1;   /* what is plain */
} ngx_http_moderate_payload_t;


char *ngx_http_moderate_payload_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Begins with a record.  NGX_ERROR: out of memory.  To be ended in any case.
 */
ngx_int_t ngx_http_moderate_payload_begin(ngx_http_moderate_payload_t *payload,
    ngx_http_moderate_main_conf_t *mmcf, ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *id);
void ngx_http_moderate_payload_end(ngx_http_moderate_payload_t *payload);

/*
 * Gives what marks a record as sealed, the id of the key; its length is 0 when
 * nothing is to be sealed.
 */
ngx_int_t ngx_http_moderate_payload_mark(ngx_http_moderate_payload_t *payload,
    ngx_http_moderate_main_conf_t *mmcf, ngx_str_t *mark);

/*
 * Replaces the value of a column by the sealed one, in the pool; without keys
 * it stays as it is.
 */
ngx_int_t ngx_http_moderate_payload_seal(ngx_http_moderate_payload_t *payload,
    ngx_str_t *column, ngx_str_t *value);

/*
 * Says how the record is marked, before anything of it is opened.
 * NGX_DECLINED: it is plain, which is refused.
 */
ngx_int_t ngx_http_moderate_payload_marked(
    ngx_http_moderate_payload_t *payload, ngx_str_t *mark);

/*
 * Replaces the value by what was sealed, or by nothing, and payload->state
 * tells why.  What is added to a record later, extra, is sealed or not by
 * itself.  NGX_ERROR: out of memory.
 */
ngx_int_t ngx_http_moderate_payload_open(ngx_http_moderate_payload_t *payload,
    ngx_str_t *column, ngx_str_t *value, ngx_uint_t extra);

/* Seals one value that is added to a record later. */
ngx_int_t ngx_http_moderate_payload_one(ngx_http_moderate_main_conf_t *mmcf,
    ngx_pool_t *pool, ngx_str_t *site, ngx_str_t *id, ngx_str_t *column,
    ngx_str_t *value);

/* Opens one value of a record that is so marked; state becomes the record's. */
ngx_int_t ngx_http_moderate_payload_open_one(
    ngx_http_moderate_main_conf_t *mmcf, ngx_pool_t *pool, ngx_str_t *site,
    ngx_str_t *id, ngx_str_t *mark, ngx_str_t *column, ngx_str_t *value,
    ngx_uint_t *state);

/* Says in the log why a record cannot be read. */
void ngx_http_moderate_payload_log(ngx_http_moderate_payload_t *payload);

/* Returns the error code of a state, and what it means. */
char *ngx_http_moderate_payload_code(ngx_uint_t state);
char *ngx_http_moderate_payload_text(ngx_uint_t state);


#endif /* NGX_HTTP_MODERATE_PAYLOAD_H_INCLUDED_ */
