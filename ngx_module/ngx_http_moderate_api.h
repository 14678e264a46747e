
/*
 * Copyright (C) the moderate authors
 *
 * What the files of the JSON API share.
 */


#ifndef NGX_HTTP_MODERATE_API_H_INCLUDED_
#define NGX_HTTP_MODERATE_API_H_INCLUDED_


#include "ngx_http_moderate_module.h"
#include "ngx_http_moderate_store.h"

#include <jansson.h>


/* a moderator's request, from its URI to its answer */

typedef struct ngx_http_moderate_api_s  ngx_http_moderate_api_t;
typedef struct ngx_http_moderate_api_fleet_s  ngx_http_moderate_api_fleet_t;
typedef struct ngx_http_moderate_erase_s  ngx_http_moderate_erase_t;

typedef ngx_int_t (*ngx_http_moderate_api_pt)(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);

typedef enum {
    NGX_HTTP_MODERATE_READS = 0,
    NGX_HTTP_MODERATE_DECIDES,              /* one version; not for viewers */
    NGX_HTTP_MODERATE_WRITES,               /* without If-Match; likewise */
    NGX_HTTP_MODERATE_RULES,                /* with If-Match, for admins */
    NGX_HTTP_MODERATE_PUSHES,               /* a body of its own; likewise */
    NGX_HTTP_MODERATE_ERASES                /* without If-Match; likewise */
} ngx_http_moderate_decides_e;

typedef struct {
    ngx_str_t                   name;       /* behind the id; or none */
    ngx_uint_t                  method;
    ngx_uint_t                  id;         /* 1: the path has one */
    ngx_uint_t                  decides;    /* of decides_e */
    ngx_http_moderate_api_pt    handler;
} ngx_http_moderate_route_t;

struct ngx_http_moderate_api_s {
    ngx_http_moderate_route_t  *route;
    ngx_http_moderate_wait_t   *wait;
    ngx_http_moderate_move_t   *move;

    ngx_str_t                   site;
    ngx_str_t                   id;
    ngx_str_t                   user;
    ngx_str_t                   action;     /* of a decision */
    ngx_str_t                   reason;     /* of a rejection */
    ngx_str_t                   text;       /* of a note */
    ngx_uint_t                  version;    /* If-Match */

    ngx_str_t                   ruleset;    /* its name */
    ngx_str_t                   verb;       /* what is done to it */
    ngx_http_moderate_api_fleet_t  *fleet;
    ngx_http_moderate_erase_t  *erase;

    ngx_http_moderate_list_t    list;
    ngx_http_moderate_events_t  events;
    ngx_http_moderate_item_t   *item;
    ngx_http_moderate_delivery_t  delivery;
    ngx_uint_t                  state;      /* that was reached */

    json_t                     *json;       /* the request's; or NULL */
    json_t                     *results;    /* of several; or NULL */
    ngx_uint_t                  next;       /* of them */

    unsigned                    admin:1;
    unsigned                    viewer:1;
    unsigned                    late:1;     /* the item is read to say why */
    unsigned                    preview:1;  /* nothing is done */
    unsigned                    reveal:1;   /* personal data is shown */
};


/* Returns the request's API call, or NULL. */
ngx_http_moderate_api_t *ngx_http_moderate_get_api(ngx_http_request_t *r);


/* Tells whether it has the form of an id. */
ngx_uint_t ngx_http_moderate_api_id_ok(ngx_str_t *id);

/*
 * Gives a member of the request's JSON, which lives as long as that; what is
 * no string leaves value as it is.
 */
void ngx_http_moderate_api_member(json_t *json, char *name, ngx_str_t *value);


/* ngx_http_moderate_api_json.c: what is answered */

/*
 * Sends body, which it takes over, and finalizes the request.  version, when
 * not 0, is the ETag.
 */
void ngx_http_moderate_api_send(ngx_http_request_t *r, ngx_uint_t status,
    json_t *body, ngx_uint_t version);

/* Sends {"error","message"} likewise. */
void ngx_http_moderate_api_error(ngx_http_request_t *r, ngx_uint_t status,
    char *code, char *message);

/* A string in any bytes, those that are not UTF-8 as "?"; a time in ms. */
json_t *ngx_http_moderate_api_string(ngx_str_t *s);
json_t *ngx_http_moderate_api_time(ngx_str_t *ms);

/*
 * Return a new object, or NULL when memory is out.  Personal data is masked
 * unless the call is to reveal it.
 */
json_t *ngx_http_moderate_api_summary(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item);
json_t *ngx_http_moderate_api_item(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item);

/* Returns 1 when an item cannot be read, and an error was sent. */
ngx_uint_t ngx_http_moderate_api_sealed(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item);


/* ngx_http_moderate_api_read.c: the queue, and one item */

/* Gives a parameter of the query, decoded; empty when it is not there. */
ngx_int_t ngx_http_moderate_api_arg(ngx_http_request_t *r, char *name,
    ngx_str_t *value);

/* Reads the cursor of a page, which is not copied.  NGX_ERROR: it is none. */
ngx_int_t ngx_http_moderate_list_cursor(ngx_http_moderate_list_t *list,
    ngx_str_t *value);

ngx_int_t ngx_http_moderate_api_list(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
ngx_int_t ngx_http_moderate_api_show(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
ngx_int_t ngx_http_moderate_api_me(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);


/* ngx_http_moderate_api_decide.c: claim, unclaim, approve, reject, undo */

ngx_int_t ngx_http_moderate_api_decide(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);

/* Tells whether there is such an action. */
ngx_uint_t ngx_http_moderate_action_known(ngx_str_t *action);


/* ngx_http_moderate_api_write.c: notes, and decisions on several */

ngx_int_t ngx_http_moderate_api_note(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
ngx_int_t ngx_http_moderate_api_bulk(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);

ngx_int_t ngx_http_moderate_api_reveal(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);

/* ngx_http_moderate_api_erase.c: what is to be forgotten */

ngx_int_t ngx_http_moderate_api_erase(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);

/* ngx_http_moderate_api_mask.c: personal data */

/*
 * Replace, in place, what is personal in a string of JSON, or in the values of
 * vet_fields_json; *masked is set when there was something.  What cannot be
 * looked through is replaced as a whole.
 */
json_t *ngx_http_moderate_api_mask(ngx_http_moderate_api_t *api,
    json_t *string, ngx_uint_t *masked);
void ngx_http_moderate_api_mask_fields(ngx_http_moderate_api_t *api,
    json_t *fields, ngx_uint_t *masked);

/* ngx_http_moderate_api_fleet.c: rule sets for a fleet */

ngx_int_t ngx_http_moderate_api_ruleset(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
ngx_int_t ngx_http_moderate_api_ruleset_history(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
ngx_int_t ngx_http_moderate_api_ruleset_push(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
ngx_int_t ngx_http_moderate_api_ruleset_decide(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);

/* ngx_http_moderate_api_figures.c: what was decided, what the rules do */

ngx_int_t ngx_http_moderate_api_stats(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
ngx_int_t ngx_http_moderate_api_rules(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);

/* ngx_http_moderate_api_events.c: the audit log */

ngx_int_t ngx_http_moderate_api_events(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);

/* Keeps the answer of one of several, which it takes over; then the next. */
void ngx_http_moderate_api_result(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_uint_t status, json_t *body);


#endif /* NGX_HTTP_MODERATE_API_H_INCLUDED_ */
