
/*
 * Copyright (C) the moderate authors
 *
 * The zone of shared memory and the counters in it.  Its name and its size
 * are those of this file.  It never grows; what finds no room is counted as
 * such, and is nothing that a visitor sees.
 */


#include "ngx_http_moderate_stats.h"


/*
 * Beside the tables there is room for what workers say: of a few hundred with
 * ten sets of rules each.  Pages that are not used cost nothing.
 */

#define NGX_HTTP_MODERATE_STATS_WORKERS  (4 * 1024 * 1024)


/* a rule and what it has to do with the verdict */

typedef struct {
    const vet_rule_t           *rule;
    ngx_uint_t                  took_part;
} ngx_http_moderate_part_t;


static ngx_int_t ngx_http_moderate_stats_init(ngx_shm_zone_t *zone,
    void *data);
static void ngx_http_moderate_stats_site(ngx_http_moderate_stats_t *stats,
    ngx_http_moderate_srv_conf_t *mscf, ngx_log_t *log);
static void ngx_http_moderate_stats_time(
    ngx_http_moderate_site_stats_t *site, uint64_t spent);
static void ngx_http_moderate_stats_hits(ngx_http_request_t *r,
    ngx_http_moderate_main_conf_t *mmcf, ngx_http_moderate_ctx_t *ctx,
    ngx_http_moderate_site_stats_t *site);
static ngx_uint_t ngx_http_moderate_stats_took_part(
    ngx_http_moderate_ctx_t *ctx, vet_hit_t *hit);
static int ngx_libc_cdecl ngx_http_moderate_stats_by_rule(const void *one,
    const void *two);
static void ngx_http_moderate_stats_rule(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_part_t *part);
static ngx_http_moderate_rule_stats_t *ngx_http_moderate_stats_add_rule(
    ngx_http_moderate_main_conf_t *mmcf, const vet_str_t *id);


const ngx_uint_t
    ngx_http_moderate_stats_bounds[NGX_HTTP_MODERATE_STATS_BUCKETS] =
{
    100, 250, 1000, 2500, 10000, 25000, 100000, 250000
};


/* configuration */


ngx_int_t
ngx_http_moderate_stats_add(ngx_conf_t *cf)
{
    size_t                          size;
    ngx_shm_zone_t                 *zone;
    ngx_http_moderate_main_conf_t  *mmcf;

    static ngx_str_t  name = ngx_string("moderate");

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_moderate_module);

    size = sizeof(ngx_http_moderate_stats_t) + NGX_HTTP_MODERATE_STATS_WORKERS;

    /* the slab allocator's own: below 32 bytes a page, and its beginning */

    size += size / 128 + 8 * ngx_pagesize;

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_moderate_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_http_moderate_stats_init;
    zone->data = mmcf;

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_stats_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_moderate_main_conf_t *old = data;

    ngx_uint_t                       i;
    ngx_http_moderate_srv_conf_t   **mscf;
    ngx_http_moderate_main_conf_t   *mmcf;

    mmcf = zone->data;
    mmcf->stats_pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (old != NULL) {
        mmcf->stats = old->stats;

    } else {
        mmcf->stats = ngx_slab_calloc(mmcf->stats_pool,
                                      sizeof(ngx_http_moderate_stats_t));
        if (mmcf->stats == NULL) {
            return NGX_ERROR;
        }

        ngx_queue_init(&mmcf->stats->workers);

        /* that there is no room for a worker is said where it is found */

        mmcf->stats_pool->log_nomem = 0;
    }

    mmcf->generation = ++mmcf->stats->generation;
    mscf = mmcf->sites.elts;

    for (i = 0; i < mmcf->sites.nelts; i++) {
        ngx_http_moderate_stats_site(mmcf->stats, mscf[i], zone->shm.log);
    }

    return NGX_OK;
}


/* only the master adds sites; workers of before may read meanwhile */

static void
ngx_http_moderate_stats_site(ngx_http_moderate_stats_t *stats,
    ngx_http_moderate_srv_conf_t *mscf, ngx_log_t *log)
{
    ngx_uint_t                       i;
    ngx_http_moderate_site_stats_t  *site;

    for (i = 0; i < stats->nsites; i++) {
        site = &stats->sites[i];

        if (site->len == mscf->site.len
            && ngx_strncmp(site->name, mscf->site.data, site->len) == 0)
        {
            mscf->stats = site;
            return;
        }
    }

    if (i == NGX_HTTP_MODERATE_STATS_SITES) {
        (void) ngx_atomic_fetch_add(
                         &stats->full[NGX_HTTP_MODERATE_STATS_FULL_SITES], 1);
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "site \"%V\" is not counted: \"moderate_status\" has "
                      "room for %d sites", &mscf->site,
                      NGX_HTTP_MODERATE_STATS_SITES);
        return;
    }

    site = &stats->sites[i];

    ngx_memcpy(site->name, mscf->site.data, mscf->site.len);
    site->len = mscf->site.len;

    ngx_memory_barrier();
    stats->nsites = i + 1;

    mscf->stats = site;
}


/* a submission */


void
ngx_http_moderate_stats_submission(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx)
{
    ngx_uint_t                       verdict;
    ngx_http_moderate_srv_conf_t    *mscf;
    ngx_http_moderate_main_conf_t   *mmcf;
    ngx_http_moderate_site_stats_t  *site;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);
    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);
    site = mscf->stats;

    if (site != NULL) {
        verdict = ngx_http_moderate_verdict(ctx);

        (void) ngx_atomic_fetch_add(&site->verdicts[verdict][ctx->dry_run], 1);

        if (ctx->unreadable) {
            (void) ngx_atomic_fetch_add(
                      &site->unreadable[ctx->submission.unreadable], 1);
        }

        /* a larger one was not inspected */

        if (ctx->body.len <= ctx->conf->body_size) {
            (void) ngx_atomic_fetch_add(
                      &site->events[NGX_HTTP_MODERATE_STATS_BYTES],
                      ctx->body.len);
        }

        ngx_http_moderate_stats_time(site, ctx->spent);

    } else {
        (void) ngx_atomic_fetch_add(
                   &mmcf->stats->full[NGX_HTTP_MODERATE_STATS_FULL_SITES], 1);
    }

    ngx_http_moderate_stats_hits(r, mmcf, ctx, site);
}


static void
ngx_http_moderate_stats_time(ngx_http_moderate_site_stats_t *site,
    uint64_t spent)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_MODERATE_STATS_BUCKETS; i++) {
        if (spent <= ngx_http_moderate_stats_bounds[i]) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&site->took[i], 1);
    (void) ngx_atomic_fetch_add(&site->microseconds, spent);
}


void
ngx_http_moderate_stats_event(ngx_http_request_t *r, ngx_uint_t event)
{
    ngx_http_moderate_srv_conf_t  *mscf;

    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);

    if (mscf->stats != NULL) {
        (void) ngx_atomic_fetch_add(&mscf->stats->events[event], 1);
    }
}


/* each rule once, however many places it was hit in */

static void
ngx_http_moderate_stats_hits(ngx_http_request_t *r,
    ngx_http_moderate_main_conf_t *mmcf, ngx_http_moderate_ctx_t *ctx,
    ngx_http_moderate_site_stats_t *site)
{
    size_t                     i, n;
    ngx_http_moderate_part_t  *parts;

    if (ctx->hits.n == 0) {
        return;
    }

    parts = ngx_alloc(ctx->hits.n * sizeof(ngx_http_moderate_part_t),
                      r->connection->log);
    if (parts == NULL) {
        return;
    }

    for (i = 0; i < ctx->hits.n; i++) {
        parts[i].rule = ctx->hits.elts[i].rule;
        parts[i].took_part = ngx_http_moderate_stats_took_part(ctx,
                                                        &ctx->hits.elts[i]);
    }

    ngx_qsort(parts, ctx->hits.n, sizeof(ngx_http_moderate_part_t),
              ngx_http_moderate_stats_by_rule);

    for (i = 0; i < ctx->hits.n; i = n) {

        for (n = i + 1; n < ctx->hits.n; n++) {
            if (parts[n].rule != parts[i].rule) {
                break;
            }

            parts[i].took_part |= parts[n].took_part;
        }

        ngx_http_moderate_stats_rule(mmcf, ctx, &parts[i]);
        ngx_http_moderate_hits_add(r, &parts[i].rule->id);

        if (site != NULL
            && parts[i].rule->id.len == sizeof("engine.budget") - 1
            && ngx_memcmp(parts[i].rule->id.data, "engine.budget",
                          sizeof("engine.budget") - 1)
               == 0)
        {
            (void) ngx_atomic_fetch_add(
                      &site->events[NGX_HTTP_MODERATE_STATS_BUDGET], 1);
        }
    }

    ngx_free(parts);
}


/* a rule in the shadow does not, nor one without points; the engine's do */

static ngx_uint_t
ngx_http_moderate_stats_took_part(ngx_http_moderate_ctx_t *ctx,
    vet_hit_t *hit)
{
    const vet_rule_t  *rule;

    rule = hit->rule;

    if (rule->id.len > 7 && ngx_strncmp(rule->id.data, "engine.", 7) == 0) {
        return rule->id.len != sizeof("engine.unreadable") - 1
               || ctx->conf->unreadable != VET_PASS;
    }

    return rule->mode == VET_MODE_ENFORCE && hit->score > 0;
}


static int ngx_libc_cdecl
ngx_http_moderate_stats_by_rule(const void *one, const void *two)
{
    uintptr_t  a, b;

    a = (uintptr_t) ((const ngx_http_moderate_part_t *) one)->rule;
    b = (uintptr_t) ((const ngx_http_moderate_part_t *) two)->rule;

    return (a > b) - (a < b);
}


static void
ngx_http_moderate_stats_rule(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_part_t *part)
{
    ngx_http_moderate_rule_stats_t  *rule;

    rule = ngx_http_moderate_stats_find(mmcf->stats, &part->rule->id);

    if (rule != NULL && rule->len == 0) {
        rule = ngx_http_moderate_stats_add_rule(mmcf, &part->rule->id);
    }

    if (rule == NULL) {
        (void) ngx_atomic_fetch_add(
                   &mmcf->stats->full[NGX_HTTP_MODERATE_STATS_FULL_RULES], 1);
        return;
    }

    (void) ngx_atomic_fetch_add(&rule->hits, 1);

    if (!part->took_part) {
        return;
    }

    if (ctx->verdict.action == VET_HOLD) {
        (void) ngx_atomic_fetch_add(&rule->held, 1);

    } else if (ctx->verdict.action == VET_REJECT) {
        (void) ngx_atomic_fetch_add(&rule->rejected, 1);
    }
}


void
ngx_http_moderate_stats_decided(ngx_str_t *name, ngx_uint_t confirmed)
{
    vet_str_t                        id;
    ngx_http_moderate_main_conf_t   *mmcf;
    ngx_http_moderate_rule_stats_t  *rule;

    mmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_moderate_module);

    id.data = name->data;
    id.len = name->len;

    rule = ngx_http_moderate_stats_find(mmcf->stats, &id);

    /* held before nginx was started: not hit since */

    if (rule != NULL && rule->len == 0) {
        rule = ngx_http_moderate_stats_add_rule(mmcf, &id);
    }

    if (rule != NULL) {
        (void) ngx_atomic_fetch_add(confirmed ? &rule->confirmed
                                              : &rule->overturned, 1);
    }
}


/* the rule's place, or a free one that it could have; NULL: too long an id */

ngx_http_moderate_rule_stats_t *
ngx_http_moderate_stats_find(ngx_http_moderate_stats_t *stats,
    const vet_str_t *id)
{
    ngx_uint_t                       i;
    ngx_http_moderate_rule_stats_t  *rule;

    if (id->len == 0 || id->len > NGX_HTTP_MODERATE_STATS_NAME) {
        return NULL;
    }

    i = ngx_murmur_hash2((u_char *) id->data, id->len);

    /* half of the places are always free: this ends */

    for ( ;; ) {
        rule = &stats->rules[i++ % NGX_HTTP_MODERATE_STATS_SLOTS];

        if (rule->len == 0) {
            return rule;
        }

        ngx_memory_barrier();

        if (rule->len == id->len
            && ngx_memcmp(rule->id, id->data, id->len) == 0)
        {
            return rule;
        }
    }
}


static ngx_http_moderate_rule_stats_t *
ngx_http_moderate_stats_add_rule(ngx_http_moderate_main_conf_t *mmcf,
    const vet_str_t *id)
{
    ngx_http_moderate_stats_t       *stats;
    ngx_http_moderate_rule_stats_t  *rule;

    stats = mmcf->stats;

    if (stats->nrules >= NGX_HTTP_MODERATE_STATS_RULES) {
        return NULL;
    }

    ngx_shmtx_lock(&mmcf->stats_pool->mutex);

    /* another worker may have been first */

    rule = ngx_http_moderate_stats_find(stats, id);

    if (rule->len == 0) {

        if (stats->nrules < NGX_HTTP_MODERATE_STATS_RULES) {
            ngx_memcpy(rule->id, id->data, id->len);
            ngx_memory_barrier();
            rule->len = id->len;
            stats->nrules++;

        } else {
            rule = NULL;
        }
    }

    ngx_shmtx_unlock(&mmcf->stats_pool->mutex);

    return rule;
}
