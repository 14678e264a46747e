
/*
 * Copyright (C) the moderate authors
 *
 * Rule sets for a fleet, as admins change them: rulesets/NAME and what is
 * below it.  A version is taken apart, compiled and tried with its examples in
 * a thread before Redis gets it; then the log of the name has one entry more,
 * or the call is refused because another came first.
 */


#include "ngx_http_moderate_api.h"
#include "ngx_http_moderate_fleet.h"

#include <ngx_thread_pool.h>


#define NGX_HTTP_MODERATE_API_HISTORY  50    /* entries of one answer */
#define NGX_HTTP_MODERATE_API_TRIES    8     /* pushes at the same time */
#define NGX_HTTP_MODERATE_API_PUSHING  60000        /* ms, and once more */


struct ngx_http_moderate_api_fleet_s {
    ngx_http_request_t              *request;
    ngx_http_moderate_fleet_ask_t    ask;
    ngx_http_moderate_fleet_change_t  change;
    ngx_http_moderate_bundle_t      *bundle;    /* of the thread; or NULL */
    json_t                          *next;      /* the entry to be written */
    char                             version[NGX_HTTP_MODERATE_FLEET_VERSION
                                             + 1];
    char                            *user;
    char                            *dir;
    ngx_uint_t                       tries;
    void                           (*then)(ngx_http_request_t *r,
                                        ngx_http_moderate_api_t *api);
};


typedef struct {
    ngx_http_request_t              *request;
    ngx_http_moderate_bundle_t       bundle;
    int                              rc;
} ngx_http_moderate_api_push_t;


static ngx_int_t ngx_http_moderate_fleet_open(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api,
    void (*then)(ngx_http_request_t *r, ngx_http_moderate_api_t *api));
static void ngx_http_moderate_fleet_close(void *data);
static ngx_int_t ngx_http_moderate_fleet_begin_read(
    ngx_http_moderate_api_fleet_t *fleet);
static void ngx_http_moderate_fleet_numbered(void *data, ngx_int_t rc);
static void ngx_http_moderate_fleet_was_read(void *data, ngx_int_t rc);
static void ngx_http_moderate_fleet_away(ngx_http_request_t *r);

static void ngx_http_moderate_fleet_show(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static void ngx_http_moderate_fleet_shown(void *data, ngx_int_t rc);
static void ngx_http_moderate_fleet_past(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static void ngx_http_moderate_fleet_past_read(void *data, ngx_int_t rc);

static ngx_int_t ngx_http_moderate_fleet_post_bundle(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_str_t *body);
static void ngx_http_moderate_fleet_push_thread(void *data, ngx_log_t *log);
static void ngx_http_moderate_fleet_pushed(ngx_event_t *ev);
static void ngx_http_moderate_fleet_problems(ngx_http_request_t *r,
    ngx_http_moderate_bundle_t *bundle);
static json_t *ngx_http_moderate_fleet_pushed_version(
    ngx_http_moderate_api_fleet_t *fleet);
static void ngx_http_moderate_fleet_add_pushed(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static void ngx_http_moderate_fleet_stored(void *data, ngx_int_t rc);

static void ngx_http_moderate_fleet_decide(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static ngx_int_t ngx_http_moderate_fleet_arguments(
    ngx_http_moderate_api_t *api, ngx_http_moderate_fleet_change_t *change);
static void ngx_http_moderate_fleet_write(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static void ngx_http_moderate_fleet_changed(void *data, ngx_int_t rc);
static void ngx_http_moderate_fleet_dropped(
    ngx_http_moderate_api_fleet_t *fleet);


/* GET rulesets/NAME */

ngx_int_t
ngx_http_moderate_api_ruleset(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    return ngx_http_moderate_fleet_open(r, api, ngx_http_moderate_fleet_show);
}


/* GET rulesets/NAME/history */

ngx_int_t
ngx_http_moderate_api_ruleset_history(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    return ngx_http_moderate_fleet_open(r, api, ngx_http_moderate_fleet_past);
}


/* POST rulesets/NAME/activate, canary, rollback, policy */

ngx_int_t
ngx_http_moderate_api_ruleset_decide(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    return ngx_http_moderate_fleet_open(r, api,
                                        ngx_http_moderate_fleet_decide);
}


/* POST rulesets/NAME/push */

ngx_int_t
ngx_http_moderate_api_ruleset_push(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_int_t  rc;
    ngx_str_t  body;

    rc = ngx_http_moderate_body(r, NGX_HTTP_MODERATE_FLEET_BUNDLE, &body);

    if (rc == NGX_DECLINED) {
        ngx_http_moderate_api_error(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                    "too-large", "rules of more than 8 MiB");
        return NGX_OK;
    }

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_fleet_open(r, api,
                                          ngx_http_moderate_fleet_add_pushed);
    }

    return (rc == NGX_OK) ? ngx_http_moderate_fleet_post_bundle(r, api, &body)
                          : rc;
}


/* reads how things are, then goes on; a push does so when it was compiled */

static ngx_int_t
ngx_http_moderate_fleet_open(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api,
    void (*then)(ngx_http_request_t *r, ngx_http_moderate_api_t *api))
{
    ngx_time_t                     *tp;
    ngx_pool_cleanup_t             *cln;
    ngx_http_moderate_api_fleet_t  *fleet;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_moderate_api_fleet_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    fleet = cln->data;
    ngx_memzero(fleet, sizeof(ngx_http_moderate_api_fleet_t));
    cln->handler = ngx_http_moderate_fleet_close;

    fleet->request = r;
    fleet->then = then;
    fleet->user = ngx_pnalloc(r->pool, api->user.len + 1);
    if (fleet->user == NULL) {
        return NGX_ERROR;
    }

    *ngx_cpymem(fleet->user, api->user.data, api->user.len) = '\0';

    tp = ngx_timeofday();

    fleet->change.action = (char *) api->verb.data;
    fleet->change.actor = fleet->user;
    fleet->change.now = (uint64_t) tp->sec * 1000 + tp->msec;

    fleet->ask.redis = mmcf->queue;
    fleet->ask.name = api->ruleset;
    fleet->ask.data = fleet;

    api->fleet = fleet;

    if (then == ngx_http_moderate_fleet_add_pushed) {
        return NGX_OK;
    }

    return ngx_http_moderate_fleet_begin_read(fleet);
}


static void
ngx_http_moderate_fleet_close(void *data)
{
    ngx_http_moderate_api_fleet_t *fleet = data;

    ngx_http_moderate_fleet_ask_end(&fleet->ask);

    json_decref(fleet->next);
    json_decref(fleet->change.pushed);

    if (fleet->bundle != NULL) {
        free(fleet->bundle->text);
        vet_ruleset_destroy(fleet->bundle->ruleset);
    }
}


static ngx_int_t
ngx_http_moderate_fleet_begin_read(ngx_http_moderate_api_fleet_t *fleet)
{
    fleet->ask.handler = ngx_http_moderate_fleet_numbered;

    return ngx_http_moderate_fleet_ask_revision(&fleet->ask);
}


static void
ngx_http_moderate_fleet_numbered(void *data, ngx_int_t rc)
{
    ngx_http_moderate_api_fleet_t *fleet = data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = fleet->request;
    c = r->connection;

    if (rc == NGX_OK && fleet->ask.revision != 0) {
        fleet->ask.handler = ngx_http_moderate_fleet_was_read;

        if (ngx_http_moderate_fleet_ask_entry(&fleet->ask) == NGX_OK) {
            return;
        }

        rc = NGX_ERROR;
    }

    if (rc != NGX_OK) {
        ngx_http_moderate_fleet_away(r);

    } else {
        json_decref(fleet->ask.entry);
        fleet->ask.entry = NULL;
        fleet->then(r, ngx_http_moderate_get_api(r));
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_moderate_fleet_was_read(void *data, ngx_int_t rc)
{
    ngx_http_moderate_api_fleet_t *fleet = data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = fleet->request;
    c = r->connection;

    if (rc != NGX_OK || fleet->ask.entry == NULL) {
        ngx_http_moderate_fleet_away(r);

    } else {
        fleet->then(r, ngx_http_moderate_get_api(r));
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_moderate_fleet_away(ngx_http_request_t *r)
{
    ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                "unavailable", "Redis cannot be reached, or "
                                "did not take it: please look again");
}


/* GET */


static void
ngx_http_moderate_fleet_show(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_uint_t                       n;
    const char                      *versions[2];
    ngx_http_moderate_api_fleet_t   *fleet;
    ngx_http_moderate_fleet_state_t  state;

    fleet = api->fleet;

    if (ngx_http_moderate_fleet_read(fleet->ask.entry, &state) != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_NOT_FOUND, "not-found",
                                    "nothing was pushed under this name");
        return;
    }

    n = 0;

    if (state.active[0] != '\0') {
        versions[n++] = state.active;
    }

    if (state.canary[0] != '\0') {
        versions[n++] = state.canary;
    }

    fleet->ask.handler = ngx_http_moderate_fleet_shown;

    if (ngx_http_moderate_fleet_ask_counts(&fleet->ask, versions, n)
        != NGX_OK)
    {
        ngx_http_moderate_fleet_away(r);
    }
}


static void
ngx_http_moderate_fleet_shown(void *data, ngx_int_t rc)
{
    ngx_http_moderate_api_fleet_t *fleet = data;

    size_t               i;
    json_t              *entry;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    static const char  *members[] = { "active", "canary" };

    r = fleet->request;
    c = r->connection;

    if (rc != NGX_OK) {
        ngx_http_moderate_fleet_away(r);
        ngx_http_run_posted_requests(c);
        return;
    }

    entry = fleet->ask.entry;
    fleet->ask.entry = NULL;

    for (i = 0; i < json_array_size(fleet->ask.list); i++) {
        json_object_set(json_object_get(entry, members[i]), "counts",
                        json_array_get(fleet->ask.list, i));
    }

    json_object_set_new(entry, "name",
                        json_stringn((char *) fleet->ask.name.data,
                                     fleet->ask.name.len));

    ngx_http_moderate_api_send(r, NGX_HTTP_OK, entry, fleet->ask.revision);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_moderate_fleet_past(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_int_t                       before;
    ngx_str_t                       value;
    ngx_http_moderate_api_fleet_t  *fleet;

    fleet = api->fleet;

    if (fleet->ask.revision == 0) {
        ngx_http_moderate_api_error(r, NGX_HTTP_NOT_FOUND, "not-found",
                                    "nothing was pushed under this name");
        return;
    }

    if (ngx_http_arg(r, (u_char *) "before", 6, &value) == NGX_OK) {
        before = ngx_atoi(value.data, value.len);

        if (before < 2) {
            ngx_http_moderate_api_error(r, NGX_HTTP_BAD_REQUEST, "query",
                                        "expected before= of a page");
            return;
        }

        if ((ngx_uint_t) before <= fleet->ask.revision) {
            fleet->ask.revision = before - 1;
        }
    }

    fleet->ask.handler = ngx_http_moderate_fleet_past_read;

    if (ngx_http_moderate_fleet_ask_history(&fleet->ask,
                                            NGX_HTTP_MODERATE_API_HISTORY)
        != NGX_OK)
    {
        ngx_http_moderate_fleet_away(r);
    }
}


/* what was done; how all was behind it would be long */

static void
ngx_http_moderate_fleet_past_read(void *data, ngx_int_t rc)
{
    ngx_http_moderate_api_fleet_t *fleet = data;

    size_t               i, k;
    json_t              *list, *one, *entry, *value, *next;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    static const char  *members[] = {
        "revision", "time", "actor", "action", "version", "share", "on",
        "note", "confirms"
    };

    r = fleet->request;
    c = r->connection;

    if (rc != NGX_OK) {
        ngx_http_moderate_fleet_away(r);
        ngx_http_run_posted_requests(c);
        return;
    }

    list = json_array();

    json_array_foreach(fleet->ask.list, i, entry) {
        one = json_object();

        for (k = 0; k < sizeof(members) / sizeof(members[0]); k++) {
            value = json_object_get(entry, members[k]);

            if (value != NULL) {
                json_object_set(one, members[k], value);
            }
        }

        json_array_append_new(list, one);
    }

    next = json_null();

    if (fleet->ask.revision > NGX_HTTP_MODERATE_API_HISTORY) {
        next = json_integer(fleet->ask.revision
                            - NGX_HTTP_MODERATE_API_HISTORY + 1);
    }

    ngx_http_moderate_api_send(r, NGX_HTTP_OK,
                               json_pack("{s:o, s:o}", "entries", list,
                                         "next", next), 0);
    ngx_http_run_posted_requests(c);
}


/* push */


static ngx_int_t
ngx_http_moderate_fleet_post_bundle(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_str_t *body)
{
    char                           *p;
    size_t                          len;
    ngx_thread_task_t              *task;
    ngx_http_moderate_api_push_t   *push;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    if (mmcf->rules_cache == NULL || mmcf->thread_pool == NULL) {
        ngx_http_moderate_api_error(r, NGX_HTTP_CONFLICT, "no-cache",
                                    "versions are tried in a folder, which "
                                    "\"moderate_rules_cache\" names in the "
                                    "configuration of nginx");
        return NGX_OK;
    }

    len = mmcf->rules_cache->name.len + 1 + api->ruleset.len + 1;

    task = ngx_thread_task_alloc(r->pool,
                                 sizeof(ngx_http_moderate_api_push_t));
    p = ngx_pnalloc(r->pool, len);

    if (task == NULL || p == NULL) {
        return NGX_ERROR;
    }

    *ngx_sprintf((u_char *) p, "%V/%V", &mmcf->rules_cache->name,
                 &api->ruleset)
        = '\0';

    push = task->ctx;
    ngx_memzero(push, sizeof(ngx_http_moderate_api_push_t));

    push->request = r;
    push->bundle.dir = p;
    push->bundle.data = body->data;
    push->bundle.len = body->len;

    task->handler = ngx_http_moderate_fleet_push_thread;
    task->event.handler = ngx_http_moderate_fleet_pushed;
    task->event.data = push;
    task->event.log = r->connection->log;

    if (ngx_thread_task_post(mmcf->thread_pool, task) != NGX_OK) {
        return NGX_ERROR;
    }

    /* the body and the task are the request's: it stays */

    api->fleet->bundle = &push->bundle;
    r->main->blocked++;

    /* a worker that leaves waits for its timers, and so for the thread */

    ngx_add_timer(&task->event, NGX_HTTP_MODERATE_API_PUSHING);

    return NGX_OK;
}


static void
ngx_http_moderate_fleet_push_thread(void *data, ngx_log_t *log)
{
    ngx_http_moderate_api_push_t *push = data;

    push->rc = ngx_http_moderate_bundle_take(&push->bundle);
}


static void
ngx_http_moderate_fleet_pushed(ngx_event_t *ev)
{
    ngx_connection_t               *c;
    ngx_http_request_t             *r;
    ngx_http_moderate_api_t        *api;
    ngx_http_moderate_api_push_t   *push;
    ngx_http_moderate_api_fleet_t  *fleet;

    push = ev->data;
    r = push->request;
    c = r->connection;
    api = ngx_http_moderate_get_api(r);
    fleet = api->fleet;

    ngx_http_set_log_request(c->log, r);

    if (!ev->complete) {
        ev->timedout = 0;
        ngx_add_timer(ev, NGX_HTTP_MODERATE_API_PUSHING);
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    r->main->blocked--;

    if (push->rc != VET_OK) {
        ngx_http_moderate_fleet_problems(r, &push->bundle);

    } else {
        fleet->change.pushed = ngx_http_moderate_fleet_pushed_version(fleet);

        if (fleet->change.pushed == NULL
            || ngx_http_moderate_fleet_begin_read(fleet) != NGX_OK)
        {
            ngx_http_moderate_fleet_away(r);
        }
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_moderate_fleet_problems(ngx_http_request_t *r,
    ngx_http_moderate_bundle_t *bundle)
{
    size_t   i;
    json_t  *list;

    list = json_array();

    for (i = 0; i < bundle->errors.n && i < VET_ERRORS_MAX; i++) {
        json_array_append_new(list, json_string(bundle->errors.text[i]));
    }

    ngx_http_moderate_api_send(r, bundle->trouble
                                  ? NGX_HTTP_INTERNAL_SERVER_ERROR : 422,
                               json_pack("{s:s, s:s, s:I, s:o}",
                                         "error", bundle->trouble ? "disk"
                                                                  : "rules",
                                         "message", bundle->errors.text[0],
                                         "problems",
                                         (json_int_t) bundle->errors.n,
                                         "errors", list),
                               0);
}


static json_t *
ngx_http_moderate_fleet_pushed_version(ngx_http_moderate_api_fleet_t *fleet)
{
    ngx_http_moderate_bundle_t  *bundle;

    bundle = fleet->bundle;

    ngx_memcpy(fleet->version, bundle->version, sizeof(fleet->version));
    fleet->change.version = fleet->version;

    return json_pack("{s:s, s:s, s:I, s:I, s:s, s:I, s:s?}",
                     "version", bundle->version, "digest", bundle->digest,
                     "size", (json_int_t) ngx_strlen(bundle->text),
                     "rules", (json_int_t) vet_ruleset_rules(bundle->ruleset),
                     "by", fleet->change.actor,
                     "time", (json_int_t) fleet->change.now,
                     "note", bundle->note[0] ? bundle->note : NULL);
}


static void
ngx_http_moderate_fleet_add_pushed(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    char                           *code, *message;
    json_t                         *body;
    ngx_uint_t                      status;
    ngx_http_moderate_api_fleet_t  *fleet;

    fleet = api->fleet;

    json_decref(fleet->next);
    fleet->next = ngx_http_moderate_fleet_next(fleet->ask.entry,
                                               &fleet->change, &status, &code,
                                               &message);

    if (fleet->next == NULL) {

        if (status == NGX_HTTP_OK) {
            body = json_pack("{s:s, s:I, s:b}", "version", fleet->version,
                             "revision", (json_int_t) fleet->ask.revision,
                             "known", 1);
            ngx_http_moderate_api_send(r, NGX_HTTP_OK, body,
                                       fleet->ask.revision);
            return;
        }

        ngx_http_moderate_api_error(r, status, code, message);
        return;
    }

    /* the files first: a version that is in the log is there */

    ngx_memcpy(fleet->ask.version, fleet->version, sizeof(fleet->version));
    fleet->ask.handler = ngx_http_moderate_fleet_stored;

    if (ngx_http_moderate_fleet_put_bundle(&fleet->ask, fleet->bundle->text,
                                           ngx_strlen(fleet->bundle->text))
        != NGX_OK)
    {
        ngx_http_moderate_fleet_away(r);
    }
}


static void
ngx_http_moderate_fleet_stored(void *data, ngx_int_t rc)
{
    ngx_http_moderate_api_fleet_t *fleet = data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = fleet->request;
    c = r->connection;

    if (rc != NGX_OK) {
        ngx_http_moderate_fleet_away(r);

    } else {
        ngx_http_moderate_fleet_write(r, ngx_http_moderate_get_api(r));
    }

    ngx_http_run_posted_requests(c);
}


/* the others */


static void
ngx_http_moderate_fleet_decide(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    char                           *code, *message;
    ngx_uint_t                      status;
    ngx_http_moderate_api_fleet_t  *fleet;

    fleet = api->fleet;

    if (api->version != fleet->ask.revision) {
        ngx_http_moderate_api_error(r, NGX_HTTP_CONFLICT, "conflict",
                                    "it was changed meanwhile: look at the "
                                    "history");
        return;
    }

    if (ngx_http_moderate_fleet_arguments(api, &fleet->change) != NGX_OK) {
        ngx_http_moderate_api_error(r, 422, "ruleset",
                                    "activate needs {\"version\"}, canary "
                                    "{\"version\",\"share\"} with a share in "
                                    "percent, policy {\"two_person\"}");
        return;
    }

    fleet->next = ngx_http_moderate_fleet_next(fleet->ask.entry,
                                               &fleet->change, &status, &code,
                                               &message);

    if (fleet->next == NULL && status == NGX_HTTP_OK) {
        ngx_http_moderate_api_send(r, NGX_HTTP_OK,
                                   json_pack("{s:I, s:s, s:s}", "revision",
                                             (json_int_t) fleet->ask.revision,
                                             "action", code,
                                             "version",
                                             fleet->change.version),
                                   fleet->ask.revision);
        return;
    }

    if (fleet->next == NULL) {
        ngx_http_moderate_api_error(r, status, code, message);
        return;
    }

    ngx_http_moderate_fleet_write(r, api);
}


static ngx_int_t
ngx_http_moderate_fleet_arguments(ngx_http_moderate_api_t *api,
    ngx_http_moderate_fleet_change_t *change)
{
    double   share;
    json_t  *two;

    if (ngx_strcmp(change->action, "rollback") == 0) {
        return NGX_OK;
    }

    if (ngx_strcmp(change->action, "policy") == 0) {
        two = json_object_get(api->json, "two_person");
        change->on = json_is_true(two);

        return json_is_boolean(two) ? NGX_OK : NGX_ERROR;
    }

    change->version = json_string_value(json_object_get(api->json,
                                                        "version"));

    if (!ngx_http_moderate_fleet_version_ok(change->version)) {
        return NGX_ERROR;
    }

    if (ngx_strcmp(change->action, "canary") == 0) {
        share = json_number_value(json_object_get(api->json, "share"));

        if (!(share > 0 && share <= 100)) {
            return NGX_ERROR;
        }

        change->share = (ngx_uint_t) (share * 100 + 0.5);
    }

    return NGX_OK;
}


static void
ngx_http_moderate_fleet_write(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_http_moderate_api_fleet_t  *fleet;

    fleet = api->fleet;

    if (fleet->ask.revision >= NGX_HTTP_MODERATE_FLEET_LOG) {
        ngx_http_moderate_api_error(r, NGX_HTTP_CONFLICT, "full",
                                    "the log of this name has 10,000 entries: "
                                    "go on under another name");
        return;
    }

    fleet->ask.handler = ngx_http_moderate_fleet_changed;

    if (ngx_http_moderate_fleet_put_entry(&fleet->ask, fleet->next)
        != NGX_OK)
    {
        ngx_http_moderate_fleet_away(r);
    }
}


/* one of those who wrote this number has won */

static void
ngx_http_moderate_fleet_changed(void *data, ngx_int_t rc)
{
    ngx_http_moderate_api_fleet_t *fleet = data;

    json_t                   *body;
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_moderate_api_t  *api;

    r = fleet->request;
    c = r->connection;
    api = ngx_http_moderate_get_api(r);

    if (rc != NGX_OK) {
        ngx_http_moderate_fleet_away(r);

    } else if (!fleet->ask.won) {

        if (fleet->change.pushed != NULL
            && ++fleet->tries < NGX_HTTP_MODERATE_API_TRIES
            && ngx_http_moderate_fleet_begin_read(fleet) == NGX_OK)
        {
            return;
        }

        ngx_http_moderate_api_error(r, NGX_HTTP_CONFLICT, "conflict",
                                    "it was changed meanwhile: look at the "
                                    "history");

    } else {
        ngx_http_moderate_fleet_event(&api->site, &fleet->ask.name,
                                      fleet->next);
        ngx_http_moderate_fleet_dropped(fleet);

        body = fleet->next;
        fleet->next = NULL;

        json_object_del(body, "versions");

        ngx_http_moderate_api_send(r, NGX_HTTP_OK, body,
                                   fleet->ask.revision + 1);
    }

    ngx_http_run_posted_requests(c);
}


/* the files of versions that the new entry does not have any more */

static void
ngx_http_moderate_fleet_dropped(ngx_http_moderate_api_fleet_t *fleet)
{
    size_t       i, k;
    json_t      *one, *other, *now;
    const char  *version;

    now = json_object_get(fleet->next, "versions");

    json_array_foreach(json_object_get(fleet->ask.entry, "versions"), i, one) {

        json_array_foreach(now, k, other) {
            if (json_equal(json_object_get(one, "version"),
                           json_object_get(other, "version")))
            {
                break;
            }
        }

        version = json_string_value(json_object_get(one, "version"));

        if (k == json_array_size(now)
            && ngx_http_moderate_fleet_version_ok(version))
        {
            ngx_http_moderate_fleet_drop(fleet->ask.redis, &fleet->ask.name,
                                         version);
        }
    }
}
