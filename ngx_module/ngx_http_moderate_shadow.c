
/*
 * Copyright (C) the moderate authors
 *
 * A rule that keeps running out of its limits holds what it should not, and
 * costs what others need.  It goes into the shadow, in all workers, for as
 * long as its rule set is in use.  What is counted of it is in the zone of
 * shared memory; each worker has a copy of what comes of it beside its set.
 */


#include "ngx_http_moderate_judge.h"
#include "ngx_http_moderate_stats.h"


static void ngx_http_moderate_shadow_copy(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set, ngx_atomic_uint_t shadows);
static ngx_uint_t ngx_http_moderate_shadow_counted(const vet_hits_t *hits,
    size_t n);
static void ngx_http_moderate_shadow_strike(
    ngx_http_moderate_main_conf_t *mmcf, ngx_http_moderate_set_t *set,
    const vet_rule_t *rule);
static ngx_http_moderate_shadow_stats_t *ngx_http_moderate_shadow_find(
    ngx_http_moderate_main_conf_t *mmcf, ngx_http_moderate_set_t *set,
    const vet_rule_t *rule);
static ngx_http_moderate_shadow_stats_t *ngx_http_moderate_shadow_add(
    ngx_http_moderate_main_conf_t *mmcf, ngx_http_moderate_set_t *set,
    const vet_rule_t *rule);
static ngx_uint_t ngx_http_moderate_shadow_of_set(
    ngx_http_moderate_main_conf_t *mmcf, ngx_http_moderate_set_t *set,
    ngx_http_moderate_shadow_stats_t *shadow);
static ngx_uint_t ngx_http_moderate_shadow_unused(
    ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_shadow_stats_t *shadow);
static ngx_uint_t ngx_http_moderate_shadow_due(
    ngx_http_moderate_shadow_stats_t *shadow, time_t now);


const u_char *
ngx_http_moderate_shadow(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set)
{
    ngx_atomic_uint_t  shadows;

    shadows = mmcf->stats->shadows;

    if (shadows != set->shadows) {
        ngx_http_moderate_shadow_copy(mmcf, set, shadows);
    }

    return set->shadow;
}


/* another worker, or this one, has put a rule there, or forgot one */

static void
ngx_http_moderate_shadow_copy(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set, ngx_atomic_uint_t shadows)
{
    size_t                             i, k, n, size;
    const vet_rule_t                  *rule;
    ngx_http_moderate_shadow_stats_t  *shadow;

    n = vet_ruleset_rules(set->ruleset);
    size = (n + 7) / 8;

    if (set->shadow == NULL) {
        set->shadow = ngx_alloc(size, ngx_cycle->log);

        if (set->shadow == NULL) {

            /* tried again with the next submission */
            return;
        }
    }

    ngx_memzero(set->shadow, size);

    ngx_shmtx_lock(&mmcf->stats_pool->mutex);

    for (k = 0; k < NGX_HTTP_MODERATE_STATS_SHADOWS; k++) {
        shadow = &mmcf->stats->shadow[k];

        if (shadow->since == 0
            || !ngx_http_moderate_shadow_of_set(mmcf, set, shadow))
        {
            continue;
        }

        for (i = 0; i < n; i++) {
            rule = vet_ruleset_rule(set->ruleset, i);

            if (rule->id.len == shadow->len
                && ngx_memcmp(rule->id.data, shadow->id, shadow->len) == 0)
            {
                set->shadow[i / 8] |= 1 << i % 8;
            }
        }
    }

    ngx_shmtx_unlock(&mmcf->stats_pool->mutex);

    set->shadows = shadows;
}


void
ngx_http_moderate_shadow_count(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set, const vet_hits_t *hits)
{
    size_t             i, n;
    const u_char      *shadow;
    const vet_rule_t  *rule;

    for (n = 0; n < hits->n; n++) {
        rule = hits->elts[n].about;

        /* one that its file has in the shadow is there already */

        if (rule == NULL || rule->mode == VET_MODE_SHADOW
            || ngx_http_moderate_shadow_counted(hits, n))
        {
            continue;
        }

        i = vet_ruleset_index(set->ruleset, rule);
        shadow = ngx_http_moderate_shadow(mmcf, set);

        if (i < vet_ruleset_rules(set->ruleset)
            && (shadow == NULL || !(shadow[i / 8] >> i % 8 & 1)))
        {
            ngx_http_moderate_shadow_strike(mmcf, set, rule);
        }
    }
}


/* a submission counts once for a rule, in however many fields that was */

static ngx_uint_t
ngx_http_moderate_shadow_counted(const vet_hits_t *hits, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (hits->elts[i].about == hits->elts[n].about) {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_moderate_shadow_strike(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set, const vet_rule_t *rule)
{
    time_t                             now;
    ngx_uint_t                         due;
    ngx_http_moderate_shadow_stats_t  *shadow;

    now = ngx_time();
    due = 0;

    ngx_shmtx_lock(&mmcf->stats_pool->mutex);

    shadow = ngx_http_moderate_shadow_find(mmcf, set, rule);

    if (shadow == NULL) {
        shadow = ngx_http_moderate_shadow_add(mmcf, set, rule);
    }

    if (shadow != NULL && shadow->since == 0) {
        shadow->strikes[shadow->n++ % NGX_HTTP_MODERATE_STATS_STRIKES] = now;
        due = ngx_http_moderate_shadow_due(shadow, now);

        if (due) {
            shadow->since = now;
            mmcf->stats->shadows++;
        }
    }

    ngx_shmtx_unlock(&mmcf->stats_pool->mutex);

    if (shadow == NULL) {
        (void) ngx_atomic_fetch_add(
                 &mmcf->stats->full[NGX_HTTP_MODERATE_STATS_FULL_SHADOWS], 1);
    }

    if (due) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "%s:%uz: rule \"%*s\": ran out of its limits %d times "
                      "in %d minutes and is in the shadow now, expected a "
                      "pattern that is found, or not, in less time",
                      rule->file, rule->line, rule->id.len, rule->id.data,
                      NGX_HTTP_MODERATE_STATS_STRIKES,
                      NGX_HTTP_MODERATE_STATS_STRIKE_TIME / 60);
    }
}


static ngx_http_moderate_shadow_stats_t *
ngx_http_moderate_shadow_find(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set, const vet_rule_t *rule)
{
    ngx_uint_t                         i;
    ngx_http_moderate_shadow_stats_t  *shadow;

    for (i = 0; i < NGX_HTTP_MODERATE_STATS_SHADOWS; i++) {
        shadow = &mmcf->stats->shadow[i];

        if (ngx_http_moderate_shadow_of_set(mmcf, set, shadow)
            && shadow->len == rule->id.len
            && ngx_memcmp(shadow->id, rule->id.data, rule->id.len) == 0)
        {
            return shadow;
        }
    }

    return NULL;
}


static ngx_http_moderate_shadow_stats_t *
ngx_http_moderate_shadow_add(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set, const vet_rule_t *rule)
{
    u_char                            *last;
    vet_str_t                          version;
    ngx_uint_t                         i;
    ngx_http_moderate_shadow_stats_t  *shadow;

    version = vet_ruleset_version(set->ruleset);

    if (rule->id.len > NGX_HTTP_MODERATE_STATS_NAME
        || version.len > NGX_HTTP_MODERATE_STATS_NAME)
    {
        return NULL;
    }

    for (i = 0; i < NGX_HTTP_MODERATE_STATS_SHADOWS; i++) {
        shadow = &mmcf->stats->shadow[i];

        if (!ngx_http_moderate_shadow_unused(mmcf, shadow)) {
            continue;
        }

        ngx_memzero(shadow, sizeof(ngx_http_moderate_shadow_stats_t));

        shadow->generation = mmcf->generation;
        shadow->version_len = version.len;
        ngx_memcpy(shadow->version, version.data, version.len);
        shadow->len = rule->id.len;
        ngx_memcpy(shadow->id, rule->id.data, rule->id.len);

        last = ngx_snprintf(shadow->place.data, NGX_HTTP_MODERATE_STATS_TEXT,
                            "%s:%uz", rule->file, rule->line);
        shadow->place.len = last - shadow->place.data;

        return shadow;
    }

    return NULL;
}


/* versions are of a configuration: a reload begins anew */

static ngx_uint_t
ngx_http_moderate_shadow_of_set(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set, ngx_http_moderate_shadow_stats_t *shadow)
{
    vet_str_t  version;

    version = vet_ruleset_version(set->ruleset);

    return shadow->len != 0 && shadow->generation == mmcf->generation
           && shadow->version_len == version.len
           && ngx_memcmp(shadow->version, version.data, version.len) == 0;
}


/* a free place, of a configuration before, or of what ran out long ago */

static ngx_uint_t
ngx_http_moderate_shadow_unused(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_shadow_stats_t *shadow)
{
    time_t  last;

    if (shadow->len == 0 || shadow->generation < mmcf->generation) {
        return 1;
    }

    last = shadow->strikes[(shadow->n + NGX_HTTP_MODERATE_STATS_STRIKES - 1)
                           % NGX_HTTP_MODERATE_STATS_STRIKES];

    return shadow->since == 0
           && ngx_time() - last > NGX_HTTP_MODERATE_STATS_STRIKE_TIME;
}


static ngx_uint_t
ngx_http_moderate_shadow_due(ngx_http_moderate_shadow_stats_t *shadow,
    time_t now)
{
    time_t  first;

    if (shadow->n < NGX_HTTP_MODERATE_STATS_STRIKES) {
        return 0;
    }

    first = shadow->strikes[shadow->n % NGX_HTTP_MODERATE_STATS_STRIKES];

    return now - first <= NGX_HTTP_MODERATE_STATS_STRIKE_TIME;
}


ngx_int_t
ngx_http_moderate_stats_shadows(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_status_t *status)
{
    ngx_int_t                          rc;
    ngx_uint_t                         i;
    ngx_http_moderate_shadow_stats_t  *shadow, *copy;

    if (ngx_array_init(&status->shadows, status->pool, 4,
                       sizeof(ngx_http_moderate_shadow_stats_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = NGX_OK;

    ngx_shmtx_lock(&mmcf->stats_pool->mutex);

    for (i = 0; i < NGX_HTTP_MODERATE_STATS_SHADOWS; i++) {
        shadow = &mmcf->stats->shadow[i];

        if (shadow->since == 0 || shadow->generation != mmcf->generation) {
            continue;
        }

        copy = ngx_array_push(&status->shadows);
        if (copy == NULL) {
            rc = NGX_ERROR;
            break;
        }

        *copy = *shadow;
    }

    ngx_shmtx_unlock(&mmcf->stats_pool->mutex);

    return rc;
}


void
ngx_http_moderate_shadow_forget(ngx_http_moderate_main_conf_t *mmcf,
    ngx_http_moderate_set_t *set)
{
    ngx_uint_t                         i;
    ngx_http_moderate_shadow_stats_t  *shadow;

    ngx_shmtx_lock(&mmcf->stats_pool->mutex);

    for (i = 0; i < NGX_HTTP_MODERATE_STATS_SHADOWS; i++) {
        shadow = &mmcf->stats->shadow[i];

        if (ngx_http_moderate_shadow_of_set(mmcf, set, shadow)) {
            mmcf->stats->shadows += (shadow->since != 0);
            shadow->len = 0;
            shadow->since = 0;
        }
    }

    ngx_shmtx_unlock(&mmcf->stats_pool->mutex);
}
