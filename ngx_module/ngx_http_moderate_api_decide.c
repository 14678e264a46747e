
/*
 * Copyright (C) the moderate authors
 *
 * What moderators decide.  An item is read, compared with what the moderator
 * saw, and moved; the move has one winner, and only the winner delivers.
 */


#include "ngx_http_moderate_api.h"
#include "ngx_http_moderate_payload.h"
#include "ngx_http_moderate_steps.h"
#include "ngx_http_moderate_stats.h"


static ngx_http_moderate_step_t *ngx_http_moderate_decide_step(
    ngx_http_moderate_api_t *api);
static void ngx_http_moderate_decide_item(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item);
static ngx_uint_t ngx_http_moderate_decide_refused(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_http_moderate_step_t *step);
static void ngx_http_moderate_preview(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_http_moderate_step_t *step);
static ngx_uint_t ngx_http_moderate_taken(ngx_http_moderate_api_t *api,
    ngx_http_moderate_item_t *item);
static ngx_uint_t ngx_http_moderate_is_user(ngx_http_moderate_api_t *api,
    ngx_str_t *user);
static void ngx_http_moderate_decide_move(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_uint_t to, ngx_str_t *action,
    ngx_str_t *detail, ngx_http_moderate_move_pt handler);
static ngx_int_t ngx_http_moderate_decide_send(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_uint_t to, ngx_str_t *action,
    ngx_str_t *detail, ngx_http_moderate_move_pt handler);
static ngx_uint_t ngx_http_moderate_decide_won(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_int_t rc);
static void ngx_http_moderate_expired(ngx_http_request_t *r, ngx_int_t rc);
static void ngx_http_moderate_decided(ngx_http_request_t *r, ngx_int_t rc);
static void ngx_http_moderate_approved(ngx_http_request_t *r, ngx_int_t rc);
static void ngx_http_moderate_deliver(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static void ngx_http_moderate_replaying(ngx_http_request_t *r, ngx_int_t rc);
static void ngx_http_moderate_not_delivered(ngx_http_request_t *r,
    ngx_int_t rc);
static void ngx_http_moderate_delivered(ngx_http_request_t *r,
    ngx_http_moderate_delivery_t *delivery);
static ngx_int_t ngx_http_moderate_decide_outcome(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_uint_t state);
static void ngx_http_moderate_delivery_noted(ngx_http_request_t *r,
    ngx_int_t rc);
static void ngx_http_moderate_delivery_lost(ngx_http_request_t *r);
static void ngx_http_moderate_conflict(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item);


static ngx_str_t  ngx_http_moderate_no_detail = ngx_null_string;


ngx_int_t
ngx_http_moderate_api_decide(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_http_moderate_step_t  *step;

    step = ngx_http_moderate_decide_step(api);

    if (step->to == NGX_HTTP_MODERATE_REJECTED_STATE
        && !ngx_http_moderate_reason_known(&api->reason))
    {
        ngx_http_moderate_api_error(r, 422, "reason",
                                    "reject needs {\"reason\"} with a public "
                                    "reason code, as in \"scam\"");
        return NGX_OK;
    }

    if (step->to == NGX_HTTP_MODERATE_REJECTED_STATE
        && json_object_get(api->json, "text") != NULL
        && !ngx_http_moderate_note_ok(&api->text))
    {
        ngx_http_moderate_api_error(r, 422, "text", "the text of a rejection, "
                                    "which is shown on the receipt, has 1 to "
                                    "2000 characters, or is left out");
        return NGX_OK;
    }

    return ngx_http_moderate_item(r, &api->wait, &api->site, &api->id,
                                  ngx_http_moderate_decide_item);
}


/* the route, or a bulk, has seen to it that there is one */

static ngx_http_moderate_step_t *
ngx_http_moderate_decide_step(ngx_http_moderate_api_t *api)
{
    return ngx_http_moderate_step(&api->action, NGX_HTTP_MODERATE_STATES);
}


ngx_uint_t
ngx_http_moderate_action_known(ngx_str_t *action)
{
    ngx_http_moderate_step_t  *step;

    step = ngx_http_moderate_step(action, NGX_HTTP_MODERATE_STATES);

    return step != NULL && step->by == NGX_HTTP_MODERATE_BY_MODERATOR;
}


static void
ngx_http_moderate_decide_item(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item)
{
    ngx_http_moderate_api_t   *api;
    ngx_http_moderate_step_t  *step;

    static ngx_str_t  expired = ngx_string("expire");

    api = ngx_http_moderate_get_api(r);

    if (rc == NGX_DECLINED) {
        ngx_http_moderate_api_error(r, NGX_HTTP_NOT_FOUND, "not-found",
                                    "no held submission has this id");
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                    "unavailable", "Redis cannot be reached");
        return;
    }

    if (ngx_http_moderate_api_sealed(r, item)) {
        return;
    }

    api->item = item;
    step = ngx_http_moderate_decide_step(api);

    if (api->late
        || item->version != api->version
        || !(step->from & 1 << item->state)
        || ngx_http_moderate_taken(api, item))
    {
        ngx_http_moderate_conflict(r, item);
        return;
    }

    if (ngx_http_moderate_decide_refused(r, api, step)) {
        return;
    }

    if (api->preview) {
        ngx_http_moderate_preview(r, api, step);
        return;
    }

    if (item->state == step->to && step->to == NGX_HTTP_MODERATE_APPROVED) {
        ngx_http_moderate_deliver(r, api);
        return;
    }

    /* a claim is taken over in two moves: a move to itself has no winner */

    if (item->state == step->to) {
        step = ngx_http_moderate_step(&expired, item->state);

        ngx_http_moderate_decide_move(r, api,
                                      ngx_http_moderate_step_to(step, item),
                                      &expired, &ngx_http_moderate_no_detail,
                                      ngx_http_moderate_expired);
        return;
    }

    ngx_http_moderate_decide_move(r, api,
                                  ngx_http_moderate_step_to(step, item),
                                  &step->action,
                                  step->to == NGX_HTTP_MODERATE_REJECTED_STATE
                                  ? &api->reason
                                  : &ngx_http_moderate_no_detail,
                                  step->to == NGX_HTTP_MODERATE_APPROVED
                                  ? ngx_http_moderate_approved
                                  : ngx_http_moderate_decided);
}


/* the state is right, and the moderator is not: 1 when an error was sent */

static ngx_uint_t
ngx_http_moderate_decide_refused(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_http_moderate_step_t *step)
{
    ngx_int_t                  ms;
    ngx_http_moderate_item_t  *item;

    item = api->item;

    /* an appeal is heard by someone else, from its first step on */

    if (item->judged != NULL
        && ngx_http_moderate_is_user(api, &item->judged->actor)
        && step->to != NGX_HTTP_MODERATE_HOME)
    {
        ngx_http_moderate_api_error(r, NGX_HTTP_CONFLICT, "own-decision",
                                    "the appeal is against your decision: "
                                    "another moderator has to decide");
        return 1;
    }

    if (item->state != NGX_HTTP_MODERATE_REJECTED_STATE) {
        return 0;
    }

    /* undo of a rejection */

    if (!api->admin
        && (item->rejected == NULL
            || !ngx_http_moderate_is_user(api, &item->rejected->actor)))
    {
        ngx_http_moderate_api_error(r, NGX_HTTP_FORBIDDEN, "forbidden",
                                    "only who rejected it, or an admin, can "
                                    "undo this");
        return 1;
    }

    ms = item->rejected ? ngx_atoi(item->rejected->time.data,
                                   item->rejected->time.len)
                        : NGX_ERROR;

    if (ms == NGX_ERROR || ms / 1000 + NGX_HTTP_MODERATE_UNDO < ngx_time()) {
        ngx_http_moderate_api_error(r, NGX_HTTP_CONFLICT, "too-late",
                                    "the rejection is more than 10 minutes "
                                    "old: it cannot be undone");
        return 1;
    }

    return 0;
}


/* what would come of it; of an approval, when the portal takes it */

static void
ngx_http_moderate_preview(ngx_http_request_t *r, ngx_http_moderate_api_t *api,
    ngx_http_moderate_step_t *step)
{
    ngx_uint_t  to;

    to = (step->to == NGX_HTTP_MODERATE_APPROVED)
         ? (ngx_uint_t) NGX_HTTP_MODERATE_DELIVERED
         : ngx_http_moderate_step_to(step, api->item);

    ngx_http_moderate_api_send(r, NGX_HTTP_OK,
                        json_pack("{s:s, s:I, s:s}",
                                  "state",
                                  ngx_http_moderate_states[api->item->state]
                                      .data,
                                  "version", (json_int_t) api->item->version,
                                  "to", ngx_http_moderate_states[to].data),
                        0);
}


/* by another moderator, whose claim has not run out */

static ngx_uint_t
ngx_http_moderate_taken(ngx_http_moderate_api_t *api,
    ngx_http_moderate_item_t *item)
{
    if (item->state != NGX_HTTP_MODERATE_CLAIMED
        || ngx_http_moderate_is_user(api, &item->claimed_by)
        || (time_t) (item->claimed_at + NGX_HTTP_MODERATE_LEASE) < ngx_time())
    {
        return 0;
    }

    return !api->admin;
}


static ngx_uint_t
ngx_http_moderate_is_user(ngx_http_moderate_api_t *api, ngx_str_t *user)
{
    return user->len == api->user.len
           && ngx_strncmp(user->data, api->user.data, user->len) == 0;
}


/* the item's next state; a move that cannot be sent has not happened */

static void
ngx_http_moderate_decide_move(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_uint_t to, ngx_str_t *action,
    ngx_str_t *detail, ngx_http_moderate_move_pt handler)
{
    if (ngx_http_moderate_decide_send(r, api, to, action, detail, handler)
        != NGX_OK)
    {
        ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                    "unavailable", "Redis cannot be reached");
    }
}


static ngx_int_t
ngx_http_moderate_decide_send(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_uint_t to, ngx_str_t *action,
    ngx_str_t *detail, ngx_http_moderate_move_pt handler)
{
    ngx_http_moderate_move_t        move;
    ngx_http_moderate_main_conf_t  *mmcf;

    static ngx_str_t  column = ngx_string("explanation");

    ngx_memzero(&move, sizeof(ngx_http_moderate_move_t));

    move.site = api->site;
    move.id = api->id;
    move.from = api->item->state;
    move.to = to;
    move.version = api->item->version + 1;
    move.actor = api->user;
    move.action = *action;
    move.detail = *detail;
    move.item = api->item;

    if (to == NGX_HTTP_MODERATE_REJECTED_STATE && api->text.len) {
        mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);
        move.explanation = api->text;

        if (ngx_http_moderate_payload_one(mmcf, r->pool, &api->site, &api->id,
                                          &column, &move.explanation)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    api->state = to;

    return ngx_http_moderate_move(r, &move, &api->move, handler);
}


/* the item has moved on; for a loser it is read again, to say who was first */

static ngx_uint_t
ngx_http_moderate_decide_won(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_int_t rc)
{
    if (rc == NGX_OK) {
        api->item->state = api->state;
        api->item->version++;
        return 1;
    }

    if (rc == NGX_DECLINED) {
        api->late = 1;

        if (ngx_http_moderate_item(r, &api->wait, &api->site, &api->id,
                                   ngx_http_moderate_decide_item)
            == NGX_OK)
        {
            return 0;
        }
    }

    ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                "unavailable", "Redis did not answer: it is "
                                "not known whether this was done, please look "
                                "again");
    return 0;
}


static void
ngx_http_moderate_expired(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_moderate_api_t   *api;
    ngx_http_moderate_step_t  *step;

    api = ngx_http_moderate_get_api(r);

    if (!ngx_http_moderate_decide_won(r, api, rc)) {
        return;
    }

    step = ngx_http_moderate_decide_step(api);

    ngx_http_moderate_decide_move(r, api, step->to, &step->action,
                                  &ngx_http_moderate_no_detail,
                                  ngx_http_moderate_decided);
}


static void
ngx_http_moderate_decided(ngx_http_request_t *r, ngx_int_t rc)
{
    json_t                    *body;
    ngx_http_moderate_api_t   *api;
    ngx_http_moderate_item_t  *item;

    api = ngx_http_moderate_get_api(r);

    if (!ngx_http_moderate_decide_won(r, api, rc)) {
        return;
    }

    item = api->item;

    body = json_pack("{s:s%, s:s, s:I}",
                     "id", api->id.data, api->id.len,
                     "state", ngx_http_moderate_states[item->state].data,
                     "version", (json_int_t) item->version);

    ngx_http_moderate_api_send(r, NGX_HTTP_OK, body, item->version);
}


/* approve: whoever moves it to replaying delivers it, and nobody else */

static void
ngx_http_moderate_approved(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_moderate_api_t  *api;

    api = ngx_http_moderate_get_api(r);

    if (ngx_http_moderate_decide_won(r, api, rc)) {
        ngx_http_moderate_deliver(r, api);
    }
}


static void
ngx_http_moderate_deliver(ngx_http_request_t *r, ngx_http_moderate_api_t *api)
{
    static ngx_str_t  action = ngx_string("deliver");

    ngx_http_moderate_decide_move(r, api, NGX_HTTP_MODERATE_REPLAYING,
                                  &action, &ngx_http_moderate_no_detail,
                                  ngx_http_moderate_replaying);
}


static void
ngx_http_moderate_replaying(ngx_http_request_t *r, ngx_int_t rc)
{
    char                     *why;
    ngx_str_t                 detail;
    ngx_http_moderate_api_t  *api;

    static ngx_str_t  failed = ngx_string("failed");

    api = ngx_http_moderate_get_api(r);

    if (!ngx_http_moderate_decide_won(r, api, rc)) {
        return;
    }

    api->item->record.site = api->site;

    if (ngx_http_moderate_replay(r, &api->item->record,
                                 ngx_http_moderate_delivered, &why)
        == NGX_OK)
    {
        return;
    }

    ngx_http_moderate_stats_event(r, NGX_HTTP_MODERATE_STATS_NOT_DELIVERED);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "held submission %V cannot be delivered: %s", &api->id, why);

    detail.data = (u_char *) why;
    detail.len = ngx_strlen(why);

    ngx_http_moderate_decide_move(r, api, NGX_HTTP_MODERATE_FAILED_STATE,
                                  &failed, &detail,
                                  ngx_http_moderate_not_delivered);
}


static void
ngx_http_moderate_not_delivered(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_moderate_delivery_noted(r, rc);
}


/* called while the subrequest ends: it may be answered, but not from here */

static void
ngx_http_moderate_delivered(ngx_http_request_t *r,
    ngx_http_moderate_delivery_t *delivery)
{
    ngx_uint_t                state;
    ngx_http_moderate_api_t  *api;

    api = ngx_http_moderate_get_api(r);
    api->delivery = *delivery;

    state = delivery->accepted ? NGX_HTTP_MODERATE_DELIVERED
            : delivery->uncertain ? NGX_HTTP_MODERATE_UNKNOWN
            : NGX_HTTP_MODERATE_FAILED_STATE;

    ngx_http_moderate_stats_event(r,
                              delivery->accepted
                              ? NGX_HTTP_MODERATE_STATS_DELIVERED
                              : delivery->uncertain
                              ? NGX_HTTP_MODERATE_STATS_UNCERTAIN
                              : NGX_HTTP_MODERATE_STATS_NOT_DELIVERED);

    if (ngx_http_moderate_decide_outcome(r, api, state) != NGX_OK) {
        r->write_event_handler = ngx_http_moderate_delivery_lost;
        (void) ngx_http_post_request(r, NULL);
    }
}


static ngx_int_t
ngx_http_moderate_decide_outcome(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_uint_t state)
{
    u_char     *p;
    ngx_str_t   detail;

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);

    detail.data = p;
    detail.len = p ? ngx_sprintf(p, "%ui", api->delivery.status) - p : 0;

    return ngx_http_moderate_decide_send(r, api, state,
                                         &ngx_http_moderate_states[state],
                                         &detail,
                                         ngx_http_moderate_delivery_noted);
}


static void
ngx_http_moderate_delivery_noted(ngx_http_request_t *r, ngx_int_t rc)
{
    json_t                    *body, *status;
    ngx_http_moderate_api_t   *api;
    ngx_http_moderate_item_t  *item;

    api = ngx_http_moderate_get_api(r);
    item = api->item;

    /* the backend took longer than the lease: now the outcome is known */

    if (rc == NGX_DECLINED && item->state == NGX_HTTP_MODERATE_REPLAYING
        && api->state != NGX_HTTP_MODERATE_UNKNOWN)
    {
        item->state = NGX_HTTP_MODERATE_UNKNOWN;
        item->version++;

        if (ngx_http_moderate_decide_outcome(r, api, api->state) == NGX_OK) {
            return;
        }
    }

    if (rc != NGX_OK) {
        ngx_http_moderate_delivery_lost(r);
        return;
    }

    item->state = api->state;
    item->version++;

    status = api->delivery.status ? json_integer(api->delivery.status)
                                  : json_null();

    body = json_pack("{s:s%, s:s, s:I, s:{s:o}}",
                     "id", api->id.data, api->id.len,
                     "state", ngx_http_moderate_states[item->state].data,
                     "version", (json_int_t) item->version,
                     "replay", "status", status);

    ngx_http_moderate_api_send(r, NGX_HTTP_OK, body, item->version);
}


static void
ngx_http_moderate_delivery_lost(ngx_http_request_t *r)
{
    u_char                   *p;
    ngx_http_moderate_api_t  *api;

    api = ngx_http_moderate_get_api(r);

    ngx_log_error(NGX_LOG_CRIT, r->connection->log, 0,
                  "the delivery of %V was answered with %ui, which could not "
                  "be written to Redis: it stays in the state \"replaying\"",
                  &api->id, api->delivery.status);

    p = ngx_pnalloc(r->pool, 128);

    if (p == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    *ngx_sprintf(p, "the backend answered %ui, but Redis cannot be reached: "
                 "the state stays \"replaying\"", api->delivery.status) = '\0';

    ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE, "unrecorded",
                                (char *) p);
}


static void
ngx_http_moderate_conflict(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item)
{
    char      *state;
    json_t    *body;
    ngx_str_t *by;

    by = item->claimed_by.len ? &item->claimed_by : &item->actor;

    state = (item->state < NGX_HTTP_MODERATE_STATES)
            ? (char *) ngx_http_moderate_states[item->state].data : "lost";

    body = json_pack("{s:s, s:s, s:s, s:I, s:s%}",
                     "error", "conflict",
                     "message", "the submission is not as it was seen: look "
                     "at it again",
                     "state", state,
                     "version", (json_int_t) item->version,
                     "by", by->data ? (char *) by->data : "", by->len);

    ngx_http_moderate_api_send(r, NGX_HTTP_CONFLICT, body, item->version);
}
