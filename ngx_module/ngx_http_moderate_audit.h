
/*
 * Copyright (C) the moderate authors
 *
 * The audit log.  Whoever changes something adds an event, with a mac, to the
 * stream of its site; one worker of each nginx reads the streams, in their
 * order, and appends the head of the chain to a file outside Redis.  The head
 * follows from the stream alone, so that several nginx need not agree.
 */


#ifndef NGX_HTTP_MODERATE_AUDIT_H_INCLUDED_
#define NGX_HTTP_MODERATE_AUDIT_H_INCLUDED_


#include "ngx_http_moderate_module.h"


#define NGX_HTTP_MODERATE_AUDIT_PAIRS  10
#define NGX_HTTP_MODERATE_EVENTS_MAX   1000    /* events of one answer */


/* what happened, without content; what is not set is empty or 0 */

typedef struct {
    ngx_str_t                   site;
    ngx_str_t                   event;
    ngx_str_t                   id;
    ngx_str_t                   actor;
    ngx_str_t                   from;       /* states, or none */
    ngx_str_t                   to;
    ngx_uint_t                  before;     /* versions */
    ngx_uint_t                  version;
    ngx_str_t                   detail;     /* a code or a number */

    /* made of it: name, value, name, value */
    ngx_str_t                   pair[2 * NGX_HTTP_MODERATE_AUDIT_PAIRS];
} ngx_http_moderate_audit_event_t;


/* ngx_http_moderate_audit.c: events, lines, the file */

char *ngx_http_moderate_audit_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Makes the key; with a file, finds where its chains end. */
ngx_int_t ngx_http_moderate_audit_init(ngx_conf_t *cf,
    ngx_http_moderate_main_conf_t *mmcf);

/*
 * Fills in event->pair, all of the event with its time and mac; strings live
 * in the pool or where the event's do.  NGX_ERROR: out of memory.
 */
ngx_int_t ngx_http_moderate_audit_make(ngx_pool_t *pool,
    ngx_http_moderate_audit_event_t *event);

/* Appends the head of the chain to the file, in a thread. */
void ngx_http_moderate_audit_seal(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_chain_t *chain);

/* Writes down, at once, an event that Redis has refused. */
void ngx_http_moderate_audit_refused(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_audit_event_t *event);

/* Compares two "ms-number"; as memcmp. */
int ngx_http_moderate_audit_order(ngx_str_t *one, ngx_str_t *two);


/* ngx_http_moderate_audit_store.c: the streams */

/* Starts sealing, in one worker. */
void ngx_http_moderate_audit_start(ngx_http_moderate_main_conf_t *mmcf,
    ngx_cycle_t *cycle);

/* When a worker ends: tells of events that Redis has not taken, and frees. */
void ngx_http_moderate_audit_stop(ngx_http_moderate_main_conf_t *mmcf,
    ngx_log_t *log);

/* Copies the values of an event that was made, but for its site. */
ngx_int_t ngx_http_moderate_audit_copy(ngx_pool_t *pool,
    ngx_http_moderate_audit_event_t *event);

/*
 * Keeps a copy of an event that was made and refused, or is not known to be
 * taken: it is added as soon as Redis takes it.
 */
void ngx_http_moderate_audit_late(ngx_http_moderate_audit_event_t *event);

/* Makes an event and adds it, without waiting; late, if that is refused. */
void ngx_http_moderate_audit_tell(ngx_http_moderate_audit_event_t *event);


/* Some events of a site, from one on. */

typedef struct {
    ngx_str_t                   seq;
    ngx_array_t                 pairs;      /* of ngx_str_t: name, value */
} ngx_http_moderate_told_t;

typedef struct {
    ngx_http_request_t         *request;
    ngx_http_moderate_wait_t  **slot;
    ngx_str_t                   site;
    ngx_str_t                   after;      /* empty: from the first one */
    ngx_uint_t                  limit;
    void                      (*handler)(ngx_http_request_t *r, ngx_int_t rc);
    ngx_array_t                 events;     /* of told_t */
} ngx_http_moderate_events_t;

ngx_int_t ngx_http_moderate_events(ngx_http_moderate_events_t *events);


#endif /* NGX_HTTP_MODERATE_AUDIT_H_INCLUDED_ */
