
/*
 * Copyright (C) the moderate authors
 *
 * How a name's log goes on: who may change what, and what the next entry says.
 * An entry has what was done, and how all is behind it:
 *
 * {"revision","time","actor","action","version","share","note",
 *  "active":{"version","by","confirmed"}, "canary":{..., "share"}, "two",
 *  "proposal":{"action","version","share","on","by","time"},
 *  "earlier":[version], "versions":[{"version","digest","size","rules","by",
 *  "time","note"}]}
 */


#include "ngx_http_moderate_fleet.h"


typedef struct {
    ngx_http_moderate_fleet_change_t  *change;
    json_t                     *entry;      /* the new one */
    const char                 *confirmed;  /* by whom it was asked first */
    ngx_uint_t                  status;
    char                       *code;
    char                       *message;
} ngx_http_moderate_fleet_step_t;


typedef struct {
    const char                 *action;
    ngx_uint_t                  two;        /* may need a second person */
    ngx_int_t                 (*handler)(ngx_http_moderate_fleet_step_t *step);
} ngx_http_moderate_fleet_action_t;


static json_t *ngx_http_moderate_fleet_copy(json_t *entry);
static ngx_int_t ngx_http_moderate_fleet_two(
    ngx_http_moderate_fleet_step_t *step);
static ngx_uint_t ngx_http_moderate_fleet_same(json_t *proposal,
    ngx_http_moderate_fleet_change_t *change);
static ngx_int_t ngx_http_moderate_fleet_propose(
    ngx_http_moderate_fleet_step_t *step);
static ngx_int_t ngx_http_moderate_fleet_push(
    ngx_http_moderate_fleet_step_t *step);
static ngx_int_t ngx_http_moderate_fleet_activate(
    ngx_http_moderate_fleet_step_t *step);
static ngx_int_t ngx_http_moderate_fleet_canary(
    ngx_http_moderate_fleet_step_t *step);
static ngx_int_t ngx_http_moderate_fleet_rollback(
    ngx_http_moderate_fleet_step_t *step);
static ngx_int_t ngx_http_moderate_fleet_policy(
    ngx_http_moderate_fleet_step_t *step);
static ngx_int_t ngx_http_moderate_fleet_refuse(
    ngx_http_moderate_fleet_step_t *step, ngx_uint_t status, char *code,
    char *message);
static json_t *ngx_http_moderate_fleet_find(json_t *entry,
    const char *version);
static const char *ngx_http_moderate_fleet_version(json_t *entry,
    const char *member);
static json_t *ngx_http_moderate_fleet_put(
    ngx_http_moderate_fleet_step_t *step, const char *version);
static void ngx_http_moderate_fleet_trim(json_t *entry);
static ngx_uint_t ngx_http_moderate_fleet_needed(json_t *entry,
    const char *version);
static void ngx_http_moderate_fleet_string(char *to, size_t size,
    json_t *from);


static const ngx_http_moderate_fleet_action_t
    ngx_http_moderate_fleet_actions[] =
{
    { "push", 0, ngx_http_moderate_fleet_push },
    { "activate", 1, ngx_http_moderate_fleet_activate },
    { "canary", 1, ngx_http_moderate_fleet_canary },
    { "rollback", 0, ngx_http_moderate_fleet_rollback },
    { "policy", 1, ngx_http_moderate_fleet_policy },
    { NULL, 0, NULL }
};


ngx_int_t
ngx_http_moderate_fleet_read(json_t *entry,
    ngx_http_moderate_fleet_state_t *state)
{
    json_t  *active, *canary, *version;

    ngx_memzero(state, sizeof(ngx_http_moderate_fleet_state_t));

    if (!json_is_object(entry)) {
        return NGX_ERROR;
    }

    state->revision = json_integer_value(json_object_get(entry, "revision"));

    active = json_object_get(entry, "active");
    canary = json_object_get(entry, "canary");

    ngx_http_moderate_fleet_string(state->active, sizeof(state->active),
                                   json_object_get(active, "version"));
    ngx_http_moderate_fleet_string(state->canary, sizeof(state->canary),
                                   json_object_get(canary, "version"));

    if (!ngx_http_moderate_fleet_version_ok(state->active)) {
        state->active[0] = '\0';
    }

    if (!ngx_http_moderate_fleet_version_ok(state->canary)) {
        state->canary[0] = '\0';
    }

    state->share = json_integer_value(json_object_get(canary, "share"));

    version = ngx_http_moderate_fleet_find(entry, state->active);
    ngx_http_moderate_fleet_string(state->active_digest,
                                   sizeof(state->active_digest),
                                   json_object_get(version, "digest"));

    version = ngx_http_moderate_fleet_find(entry, state->canary);
    ngx_http_moderate_fleet_string(state->canary_digest,
                                   sizeof(state->canary_digest),
                                   json_object_get(version, "digest"));

    return NGX_OK;
}


static void
ngx_http_moderate_fleet_string(char *to, size_t size, json_t *from)
{
    to[0] = '\0';

    if (json_is_string(from) && json_string_length(from) < size) {
        ngx_memcpy(to, json_string_value(from), json_string_length(from) + 1);
    }
}


json_t *
ngx_http_moderate_fleet_next(json_t *entry,
    ngx_http_moderate_fleet_change_t *change, ngx_uint_t *status,
    char **code, char **message)
{
    ngx_int_t                                rc;
    ngx_http_moderate_fleet_step_t           step;
    const ngx_http_moderate_fleet_action_t  *action;

    ngx_memzero(&step, sizeof(ngx_http_moderate_fleet_step_t));

    step.change = change;
    step.entry = ngx_http_moderate_fleet_copy(entry);

    action = ngx_http_moderate_fleet_actions;

    while (action[1].action != NULL
           && strcmp(action->action, change->action) != 0)
    {
        action++;
    }

    rc = NGX_OK;

    if (action->two) {
        rc = ngx_http_moderate_fleet_two(&step);
    }

    if (rc == NGX_OK) {
        rc = action->handler(&step);
    }

    if (rc == NGX_ERROR) {
        json_decref(step.entry);
        *status = step.status;
        *code = step.code;
        *message = step.message;
        return NULL;
    }

    json_object_set_new(step.entry, "time", json_integer(change->now));
    json_object_set_new(step.entry, "actor", json_string(change->actor));

    if (step.confirmed != NULL) {
        json_object_set_new(step.entry, "confirms",
                            json_string(step.confirmed));
    }

    if (rc == NGX_OK) {
        json_object_set_new(step.entry, "action",
                            json_string(change->action));

        /* what was proposed before was about another state */

        if (action->handler != ngx_http_moderate_fleet_push) {
            json_object_set_new(step.entry, "proposal", json_null());
        }
    }

    ngx_http_moderate_fleet_trim(step.entry);

    return step.entry;
}


/* how all is goes on; what was done does not */

static json_t *
ngx_http_moderate_fleet_copy(json_t *entry)
{
    json_t  *next;

    if (entry == NULL) {
        return json_pack("{s:i, s:n, s:n, s:b, s:n, s:[], s:[]}",
                         "revision", 1, "active", "canary", "two", 0,
                         "proposal", "earlier", "versions");
    }

    next = json_deep_copy(entry);

    json_object_set_new(next, "revision",
                        json_integer(json_integer_value(
                                       json_object_get(entry, "revision"))
                                     + 1));

    json_object_del(next, "version");
    json_object_del(next, "share");
    json_object_del(next, "note");
    json_object_del(next, "on");
    json_object_del(next, "confirms");

    return next;
}


/* NGX_OK: it may be done; NGX_DONE: it is proposed */

static ngx_int_t
ngx_http_moderate_fleet_two(ngx_http_moderate_fleet_step_t *step)
{
    json_t                            *proposal, *by;
    ngx_int_t                          rc;
    ngx_http_moderate_fleet_change_t  *change;

    change = step->change;

    if (!json_is_true(json_object_get(step->entry, "two"))) {
        return NGX_OK;
    }

    proposal = json_object_get(step->entry, "proposal");
    by = json_object_get(proposal, "by");

    if (!ngx_http_moderate_fleet_same(proposal, change)) {

        /* what could not be done is not to be proposed */

        rc = ngx_http_moderate_fleet_propose(step);
        return (rc == NGX_OK) ? NGX_DONE : rc;
    }

    if (!json_is_string(by) || strcmp(json_string_value(by), change->actor)
                               == 0)
    {
        return ngx_http_moderate_fleet_refuse(step, NGX_HTTP_CONFLICT,
                                              "second-person",
                                              "you have proposed this: "
                                              "another admin has to ask for "
                                              "the same");
    }

    step->confirmed = json_string_value(by);

    return NGX_OK;
}


static ngx_uint_t
ngx_http_moderate_fleet_same(json_t *proposal,
    ngx_http_moderate_fleet_change_t *change)
{
    json_int_t   time;
    const char  *action, *version;

    action = json_string_value(json_object_get(proposal, "action"));
    version = json_string_value(json_object_get(proposal, "version"));
    time = json_integer_value(json_object_get(proposal, "time"));

    if (action == NULL || strcmp(action, change->action) != 0
        || (json_int_t) change->now / 1000 - time / 1000
           > NGX_HTTP_MODERATE_FLEET_PROPOSAL)
    {
        return 0;
    }

    if ((version == NULL) != (change->version == NULL)
        || (version != NULL && strcmp(version, change->version) != 0))
    {
        return 0;
    }

    return json_integer_value(json_object_get(proposal, "share"))
           == (json_int_t) change->share
           && json_integer_value(json_object_get(proposal, "on"))
              == (json_int_t) change->on;
}


static ngx_int_t
ngx_http_moderate_fleet_propose(ngx_http_moderate_fleet_step_t *step)
{
    json_t                            *proposal, *next;
    ngx_uint_t                         status;
    char                              *code, *message;
    ngx_http_moderate_fleet_change_t  *change;

    change = step->change;

    /* tried as if one person were enough */

    next = json_deep_copy(step->entry);
    json_object_set_new(next, "two", json_false());

    proposal = ngx_http_moderate_fleet_next(next, change, &status, &code,
                                            &message);
    json_decref(next);

    if (proposal == NULL) {
        return ngx_http_moderate_fleet_refuse(step, status, code, message);
    }

    json_decref(proposal);

    proposal = json_pack("{s:s, s:s?, s:I, s:I, s:s, s:I}",
                         "action", change->action, "version", change->version,
                         "share", (json_int_t) change->share,
                         "on", (json_int_t) change->on,
                         "by", change->actor,
                         "time", (json_int_t) change->now);

    json_object_set_new(step->entry, "proposal", proposal);
    json_object_set_new(step->entry, "action", json_string("propose"));

    if (change->version != NULL) {
        json_object_set_new(step->entry, "version",
                            json_string(change->version));
    }

    if (change->share) {
        json_object_set_new(step->entry, "share",
                            json_integer(change->share));
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_fleet_push(ngx_http_moderate_fleet_step_t *step)
{
    json_t                            *known, *versions;
    const char                        *digest;
    ngx_http_moderate_fleet_change_t  *change;

    change = step->change;
    known = ngx_http_moderate_fleet_find(step->entry, change->version);

    if (known != NULL) {
        digest = json_string_value(json_object_get(known, "digest"));

        if (digest != NULL
            && strcmp(digest, json_string_value(
                                json_object_get(change->pushed, "digest")))
               == 0)
        {
            return ngx_http_moderate_fleet_refuse(step, NGX_HTTP_OK, "known",
                                                  "it is there already");
        }

        return ngx_http_moderate_fleet_refuse(step, NGX_HTTP_CONFLICT,
                                              "same-version",
                                              "the same rules are there under "
                                              "other names of files: change a "
                                              "comment in one of them");
    }

    versions = json_object_get(step->entry, "versions");
    json_array_insert(versions, 0, change->pushed);

    json_object_set_new(step->entry, "version", json_string(change->version));

    if (json_object_get(change->pushed, "note") != NULL) {
        json_object_set(step->entry, "note",
                        json_object_get(change->pushed, "note"));
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_fleet_activate(ngx_http_moderate_fleet_step_t *step)
{
    json_t      *one, *earlier;
    const char  *active;

    one = ngx_http_moderate_fleet_put(step, step->change->version);
    if (one == NULL) {
        return NGX_ERROR;
    }

    active = ngx_http_moderate_fleet_version(step->entry, "active");

    if (active != NULL && strcmp(active, step->change->version) == 0
        && ngx_http_moderate_fleet_version(step->entry, "canary") == NULL)
    {
        json_decref(one);
        return ngx_http_moderate_fleet_refuse(step, NGX_HTTP_OK, "active",
                                              "it is active already");
    }

    if (active != NULL && strcmp(active, step->change->version) != 0) {
        earlier = json_object_get(step->entry, "earlier");
        json_array_insert_new(earlier, 0, json_string(active));

        if (json_array_size(earlier) > NGX_HTTP_MODERATE_FLEET_EARLIER) {
            json_array_remove(earlier, NGX_HTTP_MODERATE_FLEET_EARLIER);
        }
    }

    json_object_set_new(step->entry, "active", one);
    json_object_set_new(step->entry, "canary", json_null());

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_fleet_canary(ngx_http_moderate_fleet_step_t *step)
{
    json_t      *one;
    const char  *active;

    active = ngx_http_moderate_fleet_version(step->entry, "active");

    if (active == NULL) {
        return ngx_http_moderate_fleet_refuse(step, NGX_HTTP_CONFLICT,
                                              "none-active",
                                              "no version is active, beside "
                                              "which this could be tried");
    }

    if (step->change->share == 0
        || step->change->share > NGX_HTTP_MODERATE_FLEET_SHARES / 2)
    {
        return ngx_http_moderate_fleet_refuse(step, 422, "share",
                                              "a canary gets from 0.01 to 50 "
                                              "percent of the submissions");
    }

    if (strcmp(active, step->change->version) == 0) {
        return ngx_http_moderate_fleet_refuse(step, NGX_HTTP_CONFLICT,
                                              "active",
                                              "this version is the active "
                                              "one");
    }

    one = ngx_http_moderate_fleet_put(step, step->change->version);
    if (one == NULL) {
        return NGX_ERROR;
    }

    json_object_set_new(one, "share", json_integer(step->change->share));
    json_object_set_new(step->entry, "share",
                        json_integer(step->change->share));
    json_object_set_new(step->entry, "canary", one);

    return NGX_OK;
}


/* to what was confirmed before: one person is enough, also at night */

static ngx_int_t
ngx_http_moderate_fleet_rollback(ngx_http_moderate_fleet_step_t *step)
{
    json_t      *one, *earlier;
    const char  *version;

    version = ngx_http_moderate_fleet_version(step->entry, "canary");

    if (version != NULL) {
        json_object_set_new(step->entry, "version", json_string(version));
        json_object_set_new(step->entry, "canary", json_null());
        return NGX_OK;
    }

    earlier = json_object_get(step->entry, "earlier");

    if (json_array_size(earlier) == 0) {
        return ngx_http_moderate_fleet_refuse(step, NGX_HTTP_CONFLICT,
                                              "none-earlier",
                                              "no version was active before "
                                              "this one");
    }

    one = ngx_http_moderate_fleet_put(step,
                                      json_string_value(
                                        json_array_get(earlier, 0)));
    if (one == NULL) {
        return NGX_ERROR;
    }

    json_array_remove(earlier, 0);
    json_object_set_new(step->entry, "active", one);

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_fleet_policy(ngx_http_moderate_fleet_step_t *step)
{
    json_object_set_new(step->entry, "on", json_integer(step->change->on));
    json_object_set_new(step->entry, "two", json_boolean(step->change->on));

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_fleet_refuse(ngx_http_moderate_fleet_step_t *step,
    ngx_uint_t status, char *code, char *message)
{
    step->status = status;
    step->code = code;
    step->message = message;

    return NGX_ERROR;
}


/* what is known of a version */

static json_t *
ngx_http_moderate_fleet_find(json_t *entry, const char *version)
{
    size_t       i;
    json_t      *one;
    const char  *known;

    if (version == NULL || version[0] == '\0') {
        return NULL;
    }

    json_array_foreach(json_object_get(entry, "versions"), i, one) {
        known = json_string_value(json_object_get(one, "version"));

        if (known != NULL && strcmp(known, version) == 0) {
            return one;
        }
    }

    return NULL;
}


static const char *
ngx_http_moderate_fleet_version(json_t *entry, const char *member)
{
    return json_string_value(json_object_get(json_object_get(entry, member),
                                             "version"));
}


/* {"version","by","confirmed"}, and notes the version as what was done */

static json_t *
ngx_http_moderate_fleet_put(ngx_http_moderate_fleet_step_t *step,
    const char *version)
{
    if (ngx_http_moderate_fleet_find(step->entry, version) == NULL) {
        (void) ngx_http_moderate_fleet_refuse(step, NGX_HTTP_NOT_FOUND,
                                              "not-found",
                                              "there is no such version under "
                                              "this name: push it first");
        return NULL;
    }

    json_object_set_new(step->entry, "version", json_string(version));

    return json_pack("{s:s, s:s, s:s?}", "version", version,
                     "by", step->confirmed ? step->confirmed
                                           : step->change->actor,
                     "confirmed", step->confirmed ? step->change->actor
                                                  : NULL);
}


/* the oldest versions that nothing needs are forgotten */

static void
ngx_http_moderate_fleet_trim(json_t *entry)
{
    size_t       i;
    json_t      *versions;
    const char  *version;

    versions = json_object_get(entry, "versions");

    for (i = json_array_size(versions);
         i-- > 0 && json_array_size(versions) > NGX_HTTP_MODERATE_FLEET_KEPT;
         /* void */ )
    {
        version = json_string_value(json_object_get(json_array_get(versions,
                                                                   i),
                                                    "version"));

        if (!ngx_http_moderate_fleet_needed(entry, version)) {
            json_array_remove(versions, i);
        }
    }
}


static ngx_uint_t
ngx_http_moderate_fleet_needed(json_t *entry, const char *version)
{
    size_t       i;
    json_t      *one;
    const char  *used;

    static const char  *members[] = { "active", "canary", "proposal" };

    for (i = 0; version != NULL && i < 3; i++) {
        used = ngx_http_moderate_fleet_version(entry, members[i]);

        if (used != NULL && strcmp(used, version) == 0) {
            return 1;
        }
    }

    json_array_foreach(json_object_get(entry, "earlier"), i, one) {
        if (version != NULL && strcmp(json_string_value(one), version) == 0) {
            return 1;
        }
    }

    return 0;
}
