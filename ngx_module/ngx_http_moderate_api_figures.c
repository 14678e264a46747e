
/*
 * Copyright (C) the moderate authors
 *
 * The calls that tell figures: what was decided, and what the rules do.
 */


#include "ngx_http_moderate_api.h"
#include "ngx_http_moderate_figures.h"
#include "ngx_http_moderate_stats.h"
#include "ngx_http_moderate_waiting.h"


typedef struct {
    ngx_http_moderate_figures_t  figures;
    ngx_http_moderate_waiting_t  waiting;
    json_t                      *json;      /* the answer, with all of them */
    unsigned                     sent:1;
} ngx_http_moderate_api_figures_t;


static ngx_int_t ngx_http_moderate_api_days(ngx_http_request_t *r,
    ngx_http_moderate_figures_t *figures);
static time_t ngx_http_moderate_api_day(ngx_str_t *value);
static json_t *ngx_http_moderate_api_figures(
    ngx_http_moderate_figures_t *figures);
static json_t *ngx_http_moderate_api_date(time_t day);
static json_t *ngx_http_moderate_api_object(json_t *json, char *name);
static ngx_http_moderate_api_figures_t *ngx_http_moderate_get_figures(
    ngx_http_request_t *r);
static void ngx_http_moderate_api_figures_cleanup(void *data);
static void ngx_http_moderate_api_figures_done(ngx_http_request_t *r,
    ngx_int_t rc);
static void ngx_http_moderate_api_figures_end(ngx_http_request_t *r,
    ngx_int_t rc);
static json_t *ngx_http_moderate_api_waiting(ngx_http_request_t *r,
    ngx_http_moderate_waiting_t *waiting);
static json_t *ngx_http_moderate_api_oldest(uint64_t oldest);
static json_t *ngx_http_moderate_api_bounds(json_t *by_time);
static json_t *ngx_http_moderate_api_set(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_rules_t *rules);
static json_t *ngx_http_moderate_api_rule(ngx_http_moderate_main_conf_t *mmcf,
    const vet_rule_t *rule);


ngx_int_t
ngx_http_moderate_api_stats(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_pool_cleanup_t               *cln;
    ngx_http_moderate_api_figures_t  *all;

    cln = ngx_pool_cleanup_add(r->pool,
                               sizeof(ngx_http_moderate_api_figures_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    all = cln->data;
    ngx_memzero(all, sizeof(ngx_http_moderate_api_figures_t));
    cln->handler = ngx_http_moderate_api_figures_cleanup;

    all->figures.request = r;
    all->figures.slot = &api->wait;
    all->figures.site = api->site;
    all->figures.handler = ngx_http_moderate_api_figures_done;

    if (ngx_http_moderate_api_days(r, &all->figures) != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_BAD_REQUEST, "query",
                                    "expected from= and to= as in 2026-11-21, "
                                    "in order, of at most 100 days");
        return NGX_OK;
    }

    all->json = ngx_http_moderate_api_figures(&all->figures);
    if (all->json == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_moderate_figures(&all->figures);
}


/* the last 30 days, when it is not said */

static ngx_int_t
ngx_http_moderate_api_days(ngx_http_request_t *r,
    ngx_http_moderate_figures_t *figures)
{
    time_t      from, to;
    ngx_str_t   value;

    to = ngx_time() - ngx_time() % 86400;

    if (ngx_http_arg(r, (u_char *) "to", 2, &value) == NGX_OK) {
        to = ngx_http_moderate_api_day(&value);
    }

    from = to - 29 * 86400;

    if (ngx_http_arg(r, (u_char *) "from", 4, &value) == NGX_OK) {
        from = ngx_http_moderate_api_day(&value);
    }

    if (to < 0 || from < 0 || from > to
        || to - from >= NGX_HTTP_MODERATE_FIGURES_DAYS * 86400)
    {
        return NGX_ERROR;
    }

    figures->from = from;
    figures->days = (to - from) / 86400 + 1;

    return NGX_OK;
}


/* of "2026-11-21", in UTC; -1: it is no day */

static time_t
ngx_http_moderate_api_day(ngx_str_t *value)
{
    time_t      day;
    ngx_tm_t    tm;
    ngx_int_t   year, month, mday;

    if (value->len != 10 || value->data[4] != '-' || value->data[7] != '-') {
        return -1;
    }

    year = ngx_atoi(value->data, 4);
    month = ngx_atoi(value->data + 5, 2);
    mday = ngx_atoi(value->data + 8, 2);

    if (year < 1970 || month < 1 || month > 12 || mday < 1 || mday > 31) {
        return -1;
    }

    /* days since the epoch, the year beginning in March */

    if (month < 3) {
        year--;
        month += 12;
    }

    day = 365 * year + year / 4 - year / 100 + year / 400
          + (153 * (month - 3) + 2) / 5 + mday - 1 - 719468;

    day *= 86400;

    ngx_gmtime(day, &tm);

    return (day >= 0 && tm.ngx_tm_mday == mday) ? day : -1;
}


static json_t *
ngx_http_moderate_api_figures(ngx_http_moderate_figures_t *figures)
{
    json_t  *json;

    json = json_pack("{s:o, s:o}",
                     "from", ngx_http_moderate_api_date(figures->from),
                     "to", ngx_http_moderate_api_date(figures->from
                               + (time_t) (figures->days - 1) * 86400));

    figures->decisions = ngx_http_moderate_api_object(json, "decisions");
    figures->by_day = ngx_http_moderate_api_object(json, "days");
    figures->by_hour = ngx_http_moderate_api_object(json, "hours");
    figures->by_form = ngx_http_moderate_api_object(json, "forms");
    figures->by_category = ngx_http_moderate_api_object(json, "categories");
    figures->by_rule = ngx_http_moderate_api_object(json, "rules");
    figures->by_time = ngx_http_moderate_api_object(json, "time");

    return json;
}


static json_t *
ngx_http_moderate_api_date(time_t day)
{
    ngx_tm_t  tm;

    ngx_gmtime(day, &tm);

    return json_sprintf("%04d-%02d-%02d", (int) tm.ngx_tm_year,
                        (int) tm.ngx_tm_mon, (int) tm.ngx_tm_mday);
}


/* the object's owner is the one that it is in */

static json_t *
ngx_http_moderate_api_object(json_t *json, char *name)
{
    json_t  *object;

    object = json_object();
    json_object_set_new(json, name, object);

    return object;
}


static ngx_http_moderate_api_figures_t *
ngx_http_moderate_get_figures(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_moderate_api_figures_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


static void
ngx_http_moderate_api_figures_cleanup(void *data)
{
    ngx_http_moderate_api_figures_t *all = data;

    if (!all->sent) {
        json_decref(all->json);
    }
}


static void
ngx_http_moderate_api_figures_done(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_moderate_api_t          *api;
    ngx_http_moderate_api_figures_t  *all;

    api = ngx_http_moderate_get_api(r);
    all = ngx_http_moderate_get_figures(r);

    if (rc != NGX_OK
        || ngx_http_moderate_waiting(r, &api->wait, &api->site, &all->waiting,
                                     ngx_http_moderate_api_figures_end)
           != NGX_OK)
    {
        ngx_http_moderate_api_figures_end(r, NGX_ERROR);
    }
}


static void
ngx_http_moderate_api_figures_end(ngx_http_request_t *r, ngx_int_t rc)
{
    json_t                           *bounds, *queue;
    ngx_http_moderate_api_figures_t  *all;

    all = ngx_http_moderate_get_figures(r);

    if (rc != NGX_OK) {
        ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                    "unavailable", "Redis cannot be reached");
        return;
    }

    bounds = ngx_http_moderate_api_bounds(all->figures.by_time);
    json_object_set_new(all->json, "time", bounds);

    queue = ngx_http_moderate_api_waiting(r, &all->waiting);
    json_object_set_new(all->json, "queue", queue);

    all->sent = 1;

    ngx_http_moderate_api_send(r, NGX_HTTP_OK, all->json, 0);
}


/* how the queue is now, whatever days are asked for */

static json_t *
ngx_http_moderate_api_waiting(ngx_http_request_t *r,
    ngx_http_moderate_waiting_t *waiting)
{
    json_t                        *states, *ages, *categories, *one;
    vet_str_t                      name;
    ngx_uint_t                     i;
    ngx_http_moderate_srv_conf_t  *mscf;

    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);

    states = json_object();
    ages = json_array();
    categories = json_object();

    for (i = 0; i < NGX_HTTP_MODERATE_STATES; i++) {
        json_object_set_new(states, (char *) ngx_http_moderate_states[i].data,
                            json_integer(waiting->states[i]));
    }

    for (i = 0; i < NGX_HTTP_MODERATE_AGES; i++) {
        one = ngx_http_moderate_waiting_ages[i]
              ? json_integer(ngx_http_moderate_waiting_ages[i]) : json_null();

        json_array_append_new(ages,
                              json_pack("{s:o, s:I}", "seconds", one, "count",
                                        (json_int_t) waiting->ages[i]));
    }

    for (i = 0; i < NGX_HTTP_MODERATE_CATEGORIES; i++) {
        name = vet_category(i);

        if (name.len == 0 || waiting->categories[i].count == 0) {
            continue;
        }

        one = ngx_http_moderate_api_oldest(waiting->categories[i].oldest);

        json_object_set_new(categories, (char *) name.data,
                            json_pack("{s:I, s:o}", "count",
                                      (json_int_t)
                                          waiting->categories[i].count,
                                      "oldest", one));
    }

    return json_pack("{s:o, s:I, s:o, s:o, s:o, s:o}",
                     "states", states,
                     "open", (json_int_t) waiting->all.count,
                     "oldest",
                     ngx_http_moderate_api_oldest(waiting->all.oldest),
                     "ages", ages,
                     "categories", categories,
                     "limit", mscf->queue_age ? json_integer(mscf->queue_age)
                              : json_null());
}


static json_t *
ngx_http_moderate_api_oldest(uint64_t oldest)
{
    u_char     text[NGX_INT64_LEN];
    ngx_str_t  ms;

    if (oldest == 0) {
        return json_null();
    }

    ms.data = text;
    ms.len = ngx_sprintf(text, "%uL", oldest) - text;

    return ngx_http_moderate_api_time(&ms);
}


/* {"0": {"rejected": 2}} as [{"seconds": 60, "rejected": 2}] */

static json_t *
ngx_http_moderate_api_bounds(json_t *by_time)
{
    char         name[NGX_INT_T_LEN + 1];
    json_t      *times, *one, *counts;
    ngx_uint_t   i;

    times = json_array();

    for (i = 0; /* void */ ; i++) {
        *ngx_sprintf((u_char *) name, "%ui", i) = '\0';

        one = json_object();
        json_object_set_new(one, "seconds",
                            ngx_http_moderate_figures_bounds[i]
                            ? json_integer(ngx_http_moderate_figures_bounds[i])
                            : json_null());

        counts = json_object_get(by_time, name);

        if (counts != NULL) {
            json_object_update(one, counts);
        }

        json_array_append_new(times, one);

        if (ngx_http_moderate_figures_bounds[i] == 0) {
            return times;
        }
    }
}


/* the sets that this worker judges by, and what was counted since the start */

ngx_int_t
ngx_http_moderate_api_rules(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    json_t                          *sets;
    ngx_uint_t                       i;
    ngx_http_moderate_rules_t      **rules;
    ngx_http_moderate_main_conf_t   *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    sets = json_array();
    rules = mmcf->rules.elts;

    for (i = 0; i < mmcf->rules.nelts; i++) {
        if (rules[i]->users.nelts) {
            json_array_append_new(sets,
                                  ngx_http_moderate_api_set(mmcf, rules[i]));
        }
    }

    ngx_http_moderate_api_send(r, NGX_HTTP_OK, json_pack("{s:o}", "sets",
                                                         sets), 0);
    return NGX_OK;
}


static json_t *
ngx_http_moderate_api_set(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_rules_t *rules)
{
    size_t              i, n;
    json_t             *list;
    vet_str_t           version;
    vet_ruleset_t      *rs;
    const vet_limit_t  *limit;

    rs = rules->live->ruleset;
    version = vet_ruleset_version(rs);

    list = json_array();

    for (i = 0; i < vet_ruleset_rules(rs); i++) {
        json_array_append_new(list,
                              ngx_http_moderate_api_rule(mmcf,
                                                 vet_ruleset_rule(rs, i)));
    }

    limit = vet_ruleset_limits(rs, &n);

    for (i = 0; i < n; i++) {
        json_array_append_new(list,
                              ngx_http_moderate_api_rule(mmcf,
                                                         &limit[i].rule));
    }

    return json_pack("{s:s%, s:s%, s:I, s:o}",
                     "paths", rules->name.data, rules->name.len,
                     "version", version.data, version.len,
                     "loaded", (json_int_t) rules->loaded,
                     "rules", list);
}


static json_t *
ngx_http_moderate_api_rule(ngx_http_moderate_main_conf_t *mmcf,
    const vet_rule_t *rule)
{
    vet_str_t                        id;
    ngx_http_moderate_rule_stats_t  *stats;

    id = rule->id;
    stats = NULL;

    if (mmcf->stats != NULL) {
        stats = ngx_http_moderate_stats_find(mmcf->stats, &id);
    }

    if (stats != NULL && stats->len == 0) {
        stats = NULL;
    }

    return json_pack("{s:s%, s:s%, s:s%, s:s%, s:s, s:f, s:I, s:I, s:I, s:I, "
                     "s:I}",
                     "id", id.data, id.len,
                     "title", rule->title.len ? rule->title.data
                              : (const unsigned char *) "", rule->title.len,
                     "category", rule->category.len ? rule->category.data
                                 : (const unsigned char *) "",
                     rule->category.len,
                     "reason", rule->reason.len ? rule->reason.data
                               : (const unsigned char *) "", rule->reason.len,
                     "mode", rule->mode == VET_MODE_SHADOW ? "shadow"
                             : "enforce",
                     "score", (double) rule->score / VET_POINT,
                     "hits", (json_int_t) (stats ? stats->hits : 0),
                     "held", (json_int_t) (stats ? stats->held : 0),
                     "rejected", (json_int_t) (stats ? stats->rejected : 0),
                     "overturned",
                     (json_int_t) (stats ? stats->overturned : 0),
                     "confirmed",
                     (json_int_t) (stats ? stats->confirmed : 0));
}
