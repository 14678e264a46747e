
/*
 * Copyright (C) the moderate authors
 *
 * The JSON API of the moderators: who may call it, and what is called.
 */


#include "ngx_http_moderate_api.h"
#include "ngx_http_moderate_fleet.h"


#define NGX_HTTP_MODERATE_API_BODY  65536    /* bytes of a request's JSON */


typedef enum {
    NGX_HTTP_MODERATE_VIEWER = 0,
    NGX_HTTP_MODERATE_MODERATOR,
    NGX_HTTP_MODERATE_ADMIN,
    NGX_HTTP_MODERATE_NOBODY
} ngx_http_moderate_role_e;


static ngx_int_t ngx_http_moderate_api_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_moderate_api_refuse(ngx_http_request_t *r,
    ngx_uint_t status, char *code, char *message);
static ngx_http_moderate_api_t *ngx_http_moderate_create_api(
    ngx_http_request_t *r);
static void ngx_http_moderate_api_cleanup(void *data);
static ngx_int_t ngx_http_moderate_api_identity(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static ngx_http_moderate_role_e ngx_http_moderate_api_role(ngx_str_t *name);
static ngx_int_t ngx_http_moderate_api_origin(ngx_http_request_t *r);
static ngx_int_t ngx_http_moderate_api_route(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static ngx_int_t ngx_http_moderate_api_path(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, ngx_str_t *action);
static ngx_int_t ngx_http_moderate_api_ruleset_path(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, u_char *p, u_char *last, ngx_str_t *action);
static ngx_table_elt_t *ngx_http_moderate_api_header(ngx_http_request_t *r,
    char *name);
static void ngx_http_moderate_api_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_moderate_api_parse(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static ngx_int_t ngx_http_moderate_api_version(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static ngx_int_t ngx_http_moderate_api_is_json(ngx_http_request_t *r);
static char *ngx_http_moderate_api_param(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t **cv);


static ngx_http_moderate_route_t  ngx_http_moderate_routes[] = {

    { ngx_null_string, NGX_HTTP_GET, 0, NGX_HTTP_MODERATE_READS,
      ngx_http_moderate_api_list },
    { ngx_null_string, NGX_HTTP_GET, 1, NGX_HTTP_MODERATE_READS,
      ngx_http_moderate_api_show },

    { ngx_string("claim"), NGX_HTTP_POST, 1, NGX_HTTP_MODERATE_DECIDES,
      ngx_http_moderate_api_decide },
    { ngx_string("unclaim"), NGX_HTTP_POST, 1, NGX_HTTP_MODERATE_DECIDES,
      ngx_http_moderate_api_decide },
    { ngx_string("approve"), NGX_HTTP_POST, 1, NGX_HTTP_MODERATE_DECIDES,
      ngx_http_moderate_api_decide },
    { ngx_string("reject"), NGX_HTTP_POST, 1, NGX_HTTP_MODERATE_DECIDES,
      ngx_http_moderate_api_decide },

    { ngx_string("undo"), NGX_HTTP_POST, 1, NGX_HTTP_MODERATE_DECIDES,
      ngx_http_moderate_api_decide },

    { ngx_string("note"), NGX_HTTP_POST, 1, NGX_HTTP_MODERATE_WRITES,
      ngx_http_moderate_api_note },
    { ngx_string("reveal"), NGX_HTTP_POST, 1, NGX_HTTP_MODERATE_WRITES,
      ngx_http_moderate_api_reveal },
    { ngx_string("erase"), NGX_HTTP_POST, 0, NGX_HTTP_MODERATE_ERASES,
      ngx_http_moderate_api_erase },
    { ngx_string("held/bulk"), NGX_HTTP_POST, 0, NGX_HTTP_MODERATE_WRITES,
      ngx_http_moderate_api_bulk },

    { ngx_string("me"), NGX_HTTP_GET, 0, NGX_HTTP_MODERATE_READS,
      ngx_http_moderate_api_me },
    { ngx_string("stats"), NGX_HTTP_GET, 0, NGX_HTTP_MODERATE_READS,
      ngx_http_moderate_api_stats },
    { ngx_string("rules"), NGX_HTTP_GET, 0, NGX_HTTP_MODERATE_READS,
      ngx_http_moderate_api_rules },
    { ngx_string("events"), NGX_HTTP_GET, 0, NGX_HTTP_MODERATE_READS,
      ngx_http_moderate_api_events },

    { ngx_string("rulesets"), NGX_HTTP_GET, 0, NGX_HTTP_MODERATE_READS,
      ngx_http_moderate_api_ruleset },
    { ngx_string("rulesets/history"), NGX_HTTP_GET, 0, NGX_HTTP_MODERATE_READS,
      ngx_http_moderate_api_ruleset_history },
    { ngx_string("rulesets/push"), NGX_HTTP_POST, 0, NGX_HTTP_MODERATE_PUSHES,
      ngx_http_moderate_api_ruleset_push },
    { ngx_string("rulesets/activate"), NGX_HTTP_POST, 0,
      NGX_HTTP_MODERATE_RULES, ngx_http_moderate_api_ruleset_decide },
    { ngx_string("rulesets/canary"), NGX_HTTP_POST, 0,
      NGX_HTTP_MODERATE_RULES, ngx_http_moderate_api_ruleset_decide },
    { ngx_string("rulesets/rollback"), NGX_HTTP_POST, 0,
      NGX_HTTP_MODERATE_RULES, ngx_http_moderate_api_ruleset_decide },
    { ngx_string("rulesets/policy"), NGX_HTTP_POST, 0,
      NGX_HTTP_MODERATE_RULES, ngx_http_moderate_api_ruleset_decide },

    { ngx_null_string, 0, 0, 0, NULL }
};


/* moderate_api role=... user=... */

char *
ngx_http_moderate_api_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    char                           *rv;
    ngx_str_t                      *value, rest;
    ngx_uint_t                      i;
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_complex_value_t      **cv;
    ngx_http_moderate_main_conf_t  *mmcf;

    if (mlcf->role != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "role=", 5) == 0) {
            cv = &mlcf->role;

        } else if (ngx_strncmp(value[i].data, "user=", 5) == 0) {
            cv = &mlcf->user;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", expected \"role=\" "
                               "and \"user=\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        rest.data = value[i].data + 5;
        rest.len = value[i].len - 5;

        rv = ngx_http_moderate_api_param(cf, &rest, cv);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (mlcf->role == NULL || mlcf->user == NULL) {
        return "needs both \"role=\" and \"user=\"";
    }

    /* a variable is looked at when it has a value */

    if (mlcf->role->lengths == NULL
        && ngx_http_moderate_api_role(&mlcf->role->value)
           == NGX_HTTP_MODERATE_NOBODY)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown role \"%V\", expected \"viewer\", "
                           "\"moderator\", \"admin\" or a variable",
                           &mlcf->role->value);
        return NGX_CONF_ERROR;
    }

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_moderate_module);

    if (mmcf->queue == NULL) {
        return "needs \"moderate_redis\" before it";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_moderate_api_handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_moderate_api_param(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t **cv)
{
    ngx_str_t                        *text;
    ngx_http_compile_complex_value_t  ccv;

    if (*cv != NULL || value->len == 0) {
        return "has an empty or repeated parameter";
    }

    text = ngx_palloc(cf->pool, sizeof(ngx_str_t));
    *cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));

    if (text == NULL || *cv == NULL) {
        return NGX_CONF_ERROR;
    }

    *text = *value;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));
    ccv.cf = cf;
    ccv.value = text;
    ccv.complex_value = *cv;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_moderate_api_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_moderate_api_t  *api;

    if (r != r->main) {
        return NGX_HTTP_NOT_FOUND;
    }

    api = ngx_http_moderate_create_api(r);
    if (api == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_moderate_api_identity(r, api);

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_api_route(r, api);
    }

    if (rc == NGX_OK && api->route->method != NGX_HTTP_GET) {
        rc = ngx_http_moderate_api_origin(r);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_moderate_api_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/* answers a request whose body was not read; what a phase handler returns */

static ngx_int_t
ngx_http_moderate_api_refuse(ngx_http_request_t *r, ngx_uint_t status,
    char *code, char *message)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->main->count++;
    ngx_http_moderate_api_error(r, status, code, message);

    return NGX_DONE;
}


static ngx_http_moderate_api_t *
ngx_http_moderate_create_api(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t            *cln;
    ngx_http_moderate_api_t       *api;
    ngx_http_moderate_srv_conf_t  *mscf;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_moderate_api_t));
    if (cln == NULL) {
        return NULL;
    }

    api = cln->data;
    ngx_memzero(api, sizeof(ngx_http_moderate_api_t));
    cln->handler = ngx_http_moderate_api_cleanup;

    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);
    api->site = mscf->site;

    return api;
}


/* not in r->ctx, where a submission would be looked for */

ngx_http_moderate_api_t *
ngx_http_moderate_get_api(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_moderate_api_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


static void
ngx_http_moderate_api_cleanup(void *data)
{
    ngx_http_moderate_api_t *api = data;

    ngx_http_moderate_detach(api->wait);
    ngx_http_moderate_move_detach(api->move);

    json_decref(api->json);
    json_decref(api->results);
}


static ngx_int_t
ngx_http_moderate_api_identity(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    u_char                         c;
    json_t                        *name;
    ngx_str_t                      role;
    ngx_uint_t                     i, valid;
    ngx_http_moderate_loc_conf_t  *mlcf;

    mlcf = ngx_http_get_module_loc_conf(r, ngx_http_moderate_module);

    if (ngx_http_complex_value(r, mlcf->role, &role) != NGX_OK
        || ngx_http_complex_value(r, mlcf->user, &api->user) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* the name is written into the history: one word of UTF-8, printable */

    name = json_stringn((char *) api->user.data, api->user.len);
    valid = (name != NULL);
    json_decref(name);

    for (i = 0; i < api->user.len; i++) {
        c = api->user.data[i];

        if (c <= ' ' || c == 0x7f) {
            break;
        }
    }

    if (api->user.len == 0 || api->user.len > NGX_HTTP_MODERATE_USER_LEN
        || i != api->user.len || !valid)
    {
        return ngx_http_moderate_api_refuse(r, NGX_HTTP_UNAUTHORIZED,
                                            "no-identity",
                                            "the user parameter of "
                                            "moderate_api gives no name");
    }

    switch (ngx_http_moderate_api_role(&role)) {

    case NGX_HTTP_MODERATE_ADMIN:
        api->admin = 1;
        return NGX_OK;

    case NGX_HTTP_MODERATE_MODERATOR:
        return NGX_OK;

    case NGX_HTTP_MODERATE_VIEWER:
        api->viewer = 1;
        return NGX_OK;

    default:
        return ngx_http_moderate_api_refuse(r, NGX_HTTP_FORBIDDEN, "no-role",
                                            "the role parameter of "
                                            "moderate_api gives neither "
                                            "viewer, moderator nor admin");
    }
}


static ngx_http_moderate_role_e
ngx_http_moderate_api_role(ngx_str_t *name)
{
    ngx_uint_t  i;

    static ngx_str_t  names[] = {
        ngx_string("viewer"),
        ngx_string("moderator"),
        ngx_string("admin")
    };

    for (i = 0; i < NGX_HTTP_MODERATE_NOBODY; i++) {
        if (names[i].len == name->len
            && ngx_strncmp(names[i].data, name->data, name->len) == 0)
        {
            break;
        }
    }

    return i;
}


/* the path below the location, then the method */

static ngx_int_t
ngx_http_moderate_api_route(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_str_t                   action;
    ngx_uint_t                  found;
    ngx_http_moderate_route_t  *route;

    if (ngx_http_moderate_api_path(r, api, &action) != NGX_OK) {
        return ngx_http_moderate_api_refuse(r, NGX_HTTP_NOT_FOUND,
                                            "not-found", "no such call");
    }

    found = 0;

    for (route = ngx_http_moderate_routes; route->handler; route++) {

        if (route->id != (api->id.len ? 1 : 0)
            || route->name.len != action.len
            || (action.len != 0
                && ngx_strncmp(route->name.data, action.data, action.len)
                   != 0))
        {
            continue;
        }

        found = 1;

        if (r->method & route->method
            || (r->method == NGX_HTTP_HEAD && route->method == NGX_HTTP_GET))
        {
            api->route = route;
            break;
        }
    }

    if (!found) {
        return ngx_http_moderate_api_refuse(r, NGX_HTTP_NOT_FOUND,
                                            "not-found", "no such call");
    }

    if (api->route == NULL) {
        return ngx_http_moderate_api_refuse(r, NGX_HTTP_NOT_ALLOWED,
                                            "method", "GET reads, POST "
                                            "decides");
    }

    if (api->route->decides && api->viewer) {
        return ngx_http_moderate_api_refuse(r, NGX_HTTP_FORBIDDEN,
                                            "forbidden",
                                            "a viewer cannot decide");
    }

    if (api->route->decides >= NGX_HTTP_MODERATE_RULES && !api->admin) {
        return ngx_http_moderate_api_refuse(r, NGX_HTTP_FORBIDDEN,
                                            "forbidden",
                                            "this is done by an admin");
    }

    return NGX_OK;
}


/* held, held/<id>, held/<id>/<action>; others are an action without an id */

static ngx_int_t
ngx_http_moderate_api_path(ngx_http_request_t *r, ngx_http_moderate_api_t *api,
    ngx_str_t *action)
{
    u_char                    *p, *last, *end;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ngx_str_null(action);

    p = r->uri.data;
    last = p + r->uri.len;

    if (r->uri.len < clcf->name.len
        || ngx_strncmp(p, clcf->name.data, clcf->name.len) != 0)
    {
        return NGX_DECLINED;
    }

    p += clcf->name.len;

    if (p < last && *p == '/') {
        p++;
    }

    if (last - p > 9 && ngx_strncmp(p, "rulesets/", 9) == 0) {
        return ngx_http_moderate_api_ruleset_path(r, api, p + 9, last, action);
    }

    if (last - p < 4 || ngx_strncmp(p, "held", 4) != 0
        || (last - p == 9 && ngx_strncmp(p, "held/bulk", 9) == 0))
    {
        action->data = p;
        action->len = last - p;

        return action->len ? NGX_OK : NGX_DECLINED;
    }

    p += 4;

    if (p == last) {
        return NGX_OK;
    }

    if (*p++ != '/') {
        return NGX_DECLINED;
    }

    end = ngx_strlchr(p, last, '/');

    api->id.data = p;
    api->id.len = (end ? end : last) - p;

    if (!ngx_http_moderate_api_id_ok(&api->id)) {
        return NGX_DECLINED;
    }

    if (end != NULL) {
        action->data = end + 1;
        action->len = last - action->data;

        if (action->len == 0) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_moderate_api_id_ok(ngx_str_t *id)
{
    u_char      c;
    ngx_uint_t  i;

    if (id->len != NGX_HTTP_MODERATE_ID_LEN) {
        return 0;
    }

    for (i = 0; i < id->len; i++) {
        c = id->data[i];

        if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
            return 0;
        }
    }

    return 1;
}


/* NAME or NAME/VERB; the action is rulesets, or rulesets/VERB */

static ngx_int_t
ngx_http_moderate_api_ruleset_path(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api, u_char *p, u_char *last, ngx_str_t *action)
{
    u_char  *end;

    end = ngx_strlchr(p, last, '/');

    api->ruleset.data = p;
    api->ruleset.len = (end ? end : last) - p;

    if (!ngx_http_moderate_fleet_name_ok(api->ruleset.data, api->ruleset.len))
    {
        return NGX_DECLINED;
    }

    api->verb.len = end ? (size_t) (last - end - 1) : 0;
    api->verb.data = ngx_pnalloc(r->pool, api->verb.len + 1);
    action->data = ngx_pnalloc(r->pool, sizeof("rulesets/") + api->verb.len);

    if (api->verb.data == NULL || action->data == NULL
        || (end && api->verb.len == 0))
    {
        return NGX_DECLINED;
    }

    *ngx_cpymem(api->verb.data, end ? end + 1 : last, api->verb.len) = '\0';

    action->len = ngx_sprintf(action->data, end ? "rulesets/%V" : "rulesets",
                              &api->verb)
                  - action->data;

    return NGX_OK;
}


/* a page of another site must not decide with a moderator's credentials */

static ngx_int_t
ngx_http_moderate_api_origin(ngx_http_request_t *r)
{
    u_char           *p;
    ngx_table_elt_t  *h, *host;

    h = ngx_http_moderate_api_header(r, "Sec-Fetch-Site");

    if (h != NULL
        && !(h->value.len == 11
             && ngx_strncmp(h->value.data, "same-origin", 11) == 0)
        && !(h->value.len == 4 && ngx_strncmp(h->value.data, "none", 4) == 0))
    {
        goto refused;
    }

    h = ngx_http_moderate_api_header(r, "Origin");

    if (h == NULL) {
        return NGX_OK;
    }

    p = ngx_strnstr(h->value.data, "://", h->value.len);
    host = r->headers_in.host;

    if (p != NULL && host != NULL
        && (size_t) (h->value.data + h->value.len - p - 3) == host->value.len
        && ngx_strncasecmp(p + 3, host->value.data, host->value.len) == 0)
    {
        return NGX_OK;
    }

refused:

    return ngx_http_moderate_api_refuse(r, NGX_HTTP_FORBIDDEN, "origin",
                                        "the request comes from a page of "
                                        "another site");
}


static ngx_table_elt_t *
ngx_http_moderate_api_header(ngx_http_request_t *r, char *name)
{
    ngx_http_moderate_walk_t  walk;

    ngx_memzero(&walk, sizeof(ngx_http_moderate_walk_t));

    return ngx_http_moderate_next_header(r, &walk, name);
}


static void
ngx_http_moderate_api_body(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_moderate_api_t  *api;

    api = ngx_http_moderate_get_api(r);

    /*
     * a moderator who leaves does not stop what was begun: the item would be
     * between two states
     */

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (api->route->decides == NGX_HTTP_MODERATE_PUSHES) {
        rc = NGX_OK;

        if (!ngx_http_moderate_api_is_json(r)) {
            ngx_http_moderate_api_error(r, NGX_HTTP_BAD_REQUEST, "json",
                                        "the body is no JSON of type "
                                        "application/json");
            return;
        }

    } else if (api->route->decides) {
        rc = ngx_http_moderate_api_parse(r, api);

        if (rc == NGX_DECLINED) {
            return;
        }

    } else {
        rc = NGX_OK;
    }

    if (rc == NGX_OK) {
        rc = api->route->handler(r, api);
    }

    if (rc == NGX_ERROR) {
        ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                    "unavailable", "Redis cannot be reached");
    }
}


/* If-Match and the body; NGX_DECLINED: an error was sent */

static ngx_int_t
ngx_http_moderate_api_parse(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_int_t  rc;
    ngx_str_t  body;

    if ((api->route->decides == NGX_HTTP_MODERATE_DECIDES
         || api->route->decides == NGX_HTTP_MODERATE_RULES)
        && ngx_http_moderate_api_version(r, api) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    api->action = api->route->name;

    rc = ngx_http_moderate_body(r, NGX_HTTP_MODERATE_API_BODY, &body);

    if (rc == NGX_DECLINED) {
        ngx_http_moderate_api_error(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                    "too-large", "the body is too large");
        return NGX_DECLINED;
    }

    if (rc != NGX_OK || body.len == 0) {
        return rc;
    }

    if (ngx_http_moderate_api_is_json(r)) {
        api->json = json_loadb((char *) body.data, body.len,
                               JSON_REJECT_DUPLICATES, NULL);
    }

    if (!json_is_object(api->json)) {
        ngx_http_moderate_api_error(r, NGX_HTTP_BAD_REQUEST, "json",
                                    "the body is no JSON object of type "
                                    "application/json");
        return NGX_DECLINED;
    }

    /* these live as long as the JSON, and that as long as the request */

    ngx_http_moderate_api_member(api->json, "reason", &api->reason);
    ngx_http_moderate_api_member(api->json, "text", &api->text);

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_api_version(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_int_t         n;
    ngx_table_elt_t  *h;

    h = ngx_http_moderate_api_header(r, "If-Match");

    if (h == NULL) {
        ngx_http_moderate_api_error(r, NGX_HTTP_PRECONDITION_FAILED,
                                    "if-match", "If-Match with the version "
                                    "that was seen is needed, as in \"1\"");
        return NGX_DECLINED;
    }

    n = NGX_ERROR;

    if (h->value.len > 2 && h->value.data[0] == '"'
        && h->value.data[h->value.len - 1] == '"')
    {
        n = ngx_atoi(h->value.data + 1, h->value.len - 2);
    }

    if (n == NGX_ERROR) {
        ngx_http_moderate_api_error(r, NGX_HTTP_PRECONDITION_FAILED,
                                    "if-match", "If-Match is no version, "
                                    "expected one as in \"1\"");
        return NGX_DECLINED;
    }

    api->version = n;

    return NGX_OK;
}


void
ngx_http_moderate_api_member(json_t *json, char *name, ngx_str_t *value)
{
    json = json_object_get(json, name);

    if (json_is_string(json)) {
        value->data = (u_char *) json_string_value(json);
        value->len = json_string_length(json);
    }
}


/* a form of another site cannot send this type without being asked first */

static ngx_int_t
ngx_http_moderate_api_is_json(ngx_http_request_t *r)
{
    u_char     *p;
    size_t      len;
    ngx_str_t  *type;

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    type = &r->headers_in.content_type->value;

    p = ngx_strlchr(type->data, type->data + type->len, ';');
    len = p ? (size_t) (p - type->data) : type->len;

    while (len && type->data[len - 1] == ' ') {
        len--;
    }

    return len == 16
           && ngx_strncasecmp(type->data, (u_char *) "application/json", 16)
              == 0;
}
