
/*
 * Copyright (C) the moderate authors
 *
 * moderate_status, in the text format 0.0.4 of Prometheus: all samples of a
 * metric follow its HELP and TYPE.
 */


#include "ngx_http_moderate_stats.h"


#define NGX_HTTP_MODERATE_LINE  256    /* bytes of a metric's name or value */


/* a figure of a rule set or of a Redis connection: a word of its structure */

typedef struct {
    char                       *name;
    char                       *type;
    char                       *help;
    size_t                      offset;
} ngx_http_moderate_figure_t;


static void ngx_http_moderate_prometheus_health(
    ngx_http_moderate_status_t *status, ngx_http_moderate_text_t *text);
static void ngx_http_moderate_prometheus_sites(
    ngx_http_moderate_stats_t *stats, ngx_http_moderate_text_t *text);
static void ngx_http_moderate_prometheus_queues(
    ngx_http_moderate_stats_t *stats, ngx_http_moderate_text_t *text);
static void ngx_http_moderate_prometheus_events(
    ngx_http_moderate_stats_t *stats, ngx_http_moderate_text_t *text);
static void ngx_http_moderate_prometheus_judging(
    ngx_http_moderate_stats_t *stats, ngx_http_moderate_text_t *text);
static void ngx_http_moderate_prometheus_rules(
    ngx_http_moderate_stats_t *stats, ngx_http_moderate_text_t *text);
static void ngx_http_moderate_prometheus_shadows(
    ngx_http_moderate_status_t *status, ngx_http_moderate_text_t *text);
static void ngx_http_moderate_prometheus_workers(
    ngx_http_moderate_status_t *status, ngx_http_moderate_text_t *text);
static void ngx_http_moderate_prometheus_sets(
    ngx_http_moderate_status_t *status, ngx_http_moderate_text_t *text,
    const ngx_http_moderate_figure_t *figure);
static void ngx_http_moderate_prometheus_redis(
    ngx_http_moderate_status_t *status, ngx_http_moderate_text_t *text,
    const ngx_http_moderate_figure_t *figure);

static void ngx_http_moderate_metric(ngx_http_moderate_text_t *text,
    char *name, char *type, char *help);
static void ngx_http_moderate_word_of(ngx_http_moderate_text_t *text,
    const char *word);
static void ngx_http_moderate_name(ngx_http_moderate_text_t *text,
    char *name);
static void ngx_http_moderate_label(ngx_http_moderate_text_t *text,
    char *name, const void *value, size_t len);
static void ngx_http_moderate_label_word(ngx_http_moderate_text_t *text,
    char *name, const char *value);
static void ngx_http_moderate_label_pid(ngx_http_moderate_text_t *text,
    ngx_http_moderate_worker_stats_t *worker);
static void ngx_http_moderate_value(ngx_http_moderate_text_t *text,
    uint64_t value);
static void ngx_http_moderate_seconds(ngx_http_moderate_text_t *text,
    uint64_t microseconds);


static const ngx_http_moderate_figure_t  ngx_http_moderate_set_figures[] = {

    { "moderate_ruleset_rules", "gauge", "Rules of the set in use.",
      offsetof(ngx_http_moderate_set_stats_t, rules) },

    { "moderate_ruleset_limits", "gauge", "Limits of the set in use.",
      offsetof(ngx_http_moderate_set_stats_t, limits) },

    { "moderate_ruleset_loaded_timestamp_seconds", "gauge",
      "When the set in use was loaded.",
      offsetof(ngx_http_moderate_set_stats_t, loaded) },

    { "moderate_ruleset_swaps_total", "counter",
      "Sets that replaced one in this worker.",
      offsetof(ngx_http_moderate_set_stats_t, swaps) },

    { "moderate_ruleset_canary_share", "gauge",
      "Hundredths of a percent of the submissions that a canary gets.",
      offsetof(ngx_http_moderate_set_stats_t, share) },

    { "moderate_ruleset_watched", "gauge",
      "Whether the kernel tells of changes of the files.",
      offsetof(ngx_http_moderate_set_stats_t, watched) },

    { "moderate_ruleset_failures_total", "counter",
      "Sets that could not be loaded by this worker.",
      offsetof(ngx_http_moderate_set_stats_t, failures) },

    { "moderate_ruleset_problems", "gauge",
      "Problems of the files as they are, 0 when their set is in use.",
      offsetof(ngx_http_moderate_set_stats_t, problems) },

    { NULL, NULL, NULL, 0 }
};


static const ngx_http_moderate_figure_t  ngx_http_moderate_redis_figures[] = {

    { "moderate_redis_connected", "gauge", "Whether Redis is connected.",
      offsetof(ngx_http_moderate_redis_stats_t, connected) },

    { "moderate_redis_late", "gauge",
      "Whether Redis has not answered in time since its last reply.",
      offsetof(ngx_http_moderate_redis_stats_t, late) },

    { "moderate_redis_refused", "gauge",
      "Whether Redis has refused a command since its last write.",
      offsetof(ngx_http_moderate_redis_stats_t, refused) },

    { "moderate_redis_unsafe", "gauge",
      "Whether the settings of Redis may lose held submissions.",
      offsetof(ngx_http_moderate_redis_stats_t, unsafe)
      + offsetof(ngx_http_moderate_stats_text_t, len) },

    { NULL, NULL, NULL, 0 }
};


void
ngx_http_moderate_status_prometheus(ngx_http_moderate_status_t *status,
    ngx_http_moderate_text_t *text)
{
    const ngx_http_moderate_figure_t  *figure;

    ngx_http_moderate_prometheus_health(status, text);
    ngx_http_moderate_prometheus_sites(status->stats, text);
    ngx_http_moderate_prometheus_queues(status->stats, text);
    ngx_http_moderate_prometheus_events(status->stats, text);
    ngx_http_moderate_prometheus_judging(status->stats, text);
    ngx_http_moderate_prometheus_rules(status->stats, text);
    ngx_http_moderate_prometheus_shadows(status, text);
    ngx_http_moderate_prometheus_workers(status, text);

    for (figure = ngx_http_moderate_set_figures; figure->name; figure++) {
        ngx_http_moderate_prometheus_sets(status, text, figure);
    }

    for (figure = ngx_http_moderate_redis_figures; figure->name; figure++) {
        ngx_http_moderate_prometheus_redis(status, text, figure);
    }
}


static void
ngx_http_moderate_prometheus_health(ngx_http_moderate_status_t *status,
    ngx_http_moderate_text_t *text)
{
    ngx_uint_t  i;

    ngx_http_moderate_metric(text, "moderate_degraded", "gauge",
                             "Whether something needs a look.");

    for (i = 0; i < NGX_HTTP_MODERATE_DEGRADED_N; i++) {
        ngx_http_moderate_name(text, "moderate_degraded");
        ngx_http_moderate_label(text, "reason",
                                ngx_http_moderate_degraded[i].code.data,
                                ngx_http_moderate_degraded[i].code.len);
        ngx_http_moderate_value(text, status->degraded[i]);
    }

    ngx_http_moderate_metric(text, "moderate_not_counted_total", "counter",
                             "What found no room in the zone, by its table.");

    for (i = 0; i < NGX_HTTP_MODERATE_STATS_TABLES; i++) {
        ngx_http_moderate_name(text, "moderate_not_counted_total");
        ngx_http_moderate_label(text, "table",
                                ngx_http_moderate_stats_tables[i].data,
                                ngx_http_moderate_stats_tables[i].len);
        ngx_http_moderate_value(text, status->stats->full[i]);
    }
}


static void
ngx_http_moderate_prometheus_sites(ngx_http_moderate_stats_t *stats,
    ngx_http_moderate_text_t *text)
{
    ngx_str_t                       *verdict;
    ngx_uint_t                       i, n, dry_run;
    ngx_http_moderate_site_stats_t  *site;

    ngx_http_moderate_metric(text, "moderate_submissions_total", "counter",
                             "Submissions, by what became of them.");

    for (i = 0; i < stats->nsites; i++) {
        site = &stats->sites[i];

        for (n = 0; n < 2 * NGX_HTTP_MODERATE_VERDICTS; n++) {
            dry_run = n / NGX_HTTP_MODERATE_VERDICTS;
            verdict = ngx_http_moderate_verdict_name(
                                 n % NGX_HTTP_MODERATE_VERDICTS, dry_run);

            ngx_http_moderate_name(text, "moderate_submissions_total");
            ngx_http_moderate_label(text, "site", site->name, site->len);
            ngx_http_moderate_label(text, "verdict", verdict->data,
                                    verdict->len);
            ngx_http_moderate_value(text,
                    site->verdicts[n % NGX_HTTP_MODERATE_VERDICTS][dry_run]);
        }
    }

    ngx_http_moderate_metric(text, "moderate_unreadable_total", "counter",
                             "Submissions that could be read in several ways "
                             "or not at all, whatever became of them.");

    for (i = 0; i < stats->nsites; i++) {
        site = &stats->sites[i];

        for (n = VET_READABLE + 1; n < VET_UNREADABLE_N; n++) {
            ngx_http_moderate_name(text, "moderate_unreadable_total");
            ngx_http_moderate_label(text, "site", site->name, site->len);
            ngx_http_moderate_label_word(text, "reason",
                                         vet_unreadable_name(n));
            ngx_http_moderate_value(text, site->unreadable[n]);
        }
    }
}


/* of sites that a keeper has looked at */

static void
ngx_http_moderate_prometheus_queues(ngx_http_moderate_stats_t *stats,
    ngx_http_moderate_text_t *text)
{
    vet_str_t                        name;
    ngx_uint_t                       i, n;
    ngx_http_moderate_site_stats_t  *site;

    ngx_http_moderate_metric(text, "moderate_queue_items", "gauge",
                             "Held submissions, by their state.");

    for (i = 0; i < stats->nsites; i++) {
        site = &stats->sites[i];

        for (n = 0; site->queue.time && n < NGX_HTTP_MODERATE_STATES; n++) {
            ngx_http_moderate_name(text, "moderate_queue_items");
            ngx_http_moderate_label(text, "site", site->name, site->len);
            ngx_http_moderate_label(text, "state",
                                    ngx_http_moderate_states[n].data,
                                    ngx_http_moderate_states[n].len);
            ngx_http_moderate_value(text, site->queue.states[n]);
        }
    }

    ngx_http_moderate_metric(text, "moderate_queue_oldest_seconds", "gauge",
                             "How long the oldest that waits for a moderator "
                             "has waited; 0: none does.");

    for (i = 0; i < stats->nsites; i++) {
        site = &stats->sites[i];

        for (n = 0; site->queue.time && n < NGX_HTTP_MODERATE_CATEGORIES; n++)
        {
            name = vet_category(n);

            if (name.len == 0) {
                break;
            }

            ngx_http_moderate_name(text, "moderate_queue_oldest_seconds");
            ngx_http_moderate_label(text, "site", site->name, site->len);
            ngx_http_moderate_label(text, "category", name.data, name.len);
            ngx_http_moderate_value(text, ngx_http_moderate_stats_age(
                                        site->queue.categories[n].oldest));
        }

        if (site->queue.time) {
            ngx_http_moderate_name(text, "moderate_queue_oldest_seconds");
            ngx_http_moderate_label(text, "site", site->name, site->len);
            ngx_http_moderate_label_word(text, "category", "all");
            ngx_http_moderate_value(text, ngx_http_moderate_stats_age(
                                              site->queue.oldest));
        }
    }

    ngx_http_moderate_metric(text, "moderate_queue_overdue", "gauge",
                             "Whether it has waited for longer than "
                             "moderate_queue_age.");

    for (i = 0; i < stats->nsites; i++) {
        site = &stats->sites[i];

        if (site->queue.time && site->queue.limit) {
            ngx_http_moderate_name(text, "moderate_queue_overdue");
            ngx_http_moderate_label(text, "site", site->name, site->len);
            ngx_http_moderate_value(text,
                              ngx_http_moderate_stats_overdue(&site->queue));
        }
    }
}


static void
ngx_http_moderate_prometheus_events(ngx_http_moderate_stats_t *stats,
    ngx_http_moderate_text_t *text)
{
    char                            *name;
    ngx_uint_t                       i, n;
    ngx_http_moderate_site_stats_t  *site;

    static struct {
        char        *name;
        char        *help;              /* NULL: another of the metric above */
        char        *outcome;
        ngx_uint_t   event;
    } events[] = {
        { "moderate_inspected_bytes_total", "Bytes of bodies inspected.",
          NULL, NGX_HTTP_MODERATE_STATS_BYTES },
        { "moderate_out_of_budget_total",
          "Submissions that a rule ran out of its limits on.",
          NULL, NGX_HTTP_MODERATE_STATS_BUDGET },
        { "moderate_without_counters_total",
          "Submissions whose counters were out of reach.",
          NULL, NGX_HTTP_MODERATE_STATS_NO_COUNTERS },
        { "moderate_store_failures_total",
          "Submissions to be held that could not be stored.",
          NULL, NGX_HTTP_MODERATE_STATS_NO_STORE },
        { "moderate_not_decrypted_total",
          "Looks at held submissions that could not be decrypted.",
          NULL, NGX_HTTP_MODERATE_STATS_NOT_DECRYPTED },
        { "moderate_deliveries_total",
          "Deliveries of approved submissions, by their outcome.",
          "delivered", NGX_HTTP_MODERATE_STATS_DELIVERED },
        { "moderate_deliveries_total", NULL,
          "failed", NGX_HTTP_MODERATE_STATS_NOT_DELIVERED },
        { "moderate_deliveries_total", NULL,
          "unknown", NGX_HTTP_MODERATE_STATS_UNCERTAIN },
        { NULL, NULL, NULL, 0 }
    };

    for (n = 0; events[n].name; n++) {
        name = events[n].name;

        if (events[n].help) {
            ngx_http_moderate_metric(text, name, "counter", events[n].help);
        }

        for (i = 0; i < stats->nsites; i++) {
            site = &stats->sites[i];

            ngx_http_moderate_name(text, name);
            ngx_http_moderate_label(text, "site", site->name, site->len);

            if (events[n].outcome) {
                ngx_http_moderate_label_word(text, "outcome",
                                             events[n].outcome);
            }

            ngx_http_moderate_value(text, site->events[events[n].event]);
        }
    }
}


static void
ngx_http_moderate_prometheus_judging(ngx_http_moderate_stats_t *stats,
    ngx_http_moderate_text_t *text)
{
    u_char                          *p, le[NGX_HTTP_MODERATE_LINE];
    uint64_t                         count;
    ngx_uint_t                       i, n, bound;
    ngx_http_moderate_site_stats_t  *site;

    ngx_http_moderate_metric(text, "moderate_judging_seconds", "histogram",
                             "Time of the engine for one submission.");

    for (i = 0; i < stats->nsites; i++) {
        site = &stats->sites[i];
        count = 0;

        for (n = 0; n <= NGX_HTTP_MODERATE_STATS_BUCKETS; n++) {
            count += site->took[n];

            if (n < NGX_HTTP_MODERATE_STATS_BUCKETS) {
                bound = ngx_http_moderate_stats_bounds[n];
                p = ngx_sprintf(le, "%ui.%06ui", bound / 1000000,
                                bound % 1000000);

                while (p[-1] == '0') {
                    p--;
                }

            } else {
                p = ngx_sprintf(le, "+Inf");
            }

            ngx_http_moderate_name(text, "moderate_judging_seconds_bucket");
            ngx_http_moderate_label(text, "site", site->name, site->len);
            ngx_http_moderate_label(text, "le", le, p - le);
            ngx_http_moderate_value(text, count);
        }

        ngx_http_moderate_name(text, "moderate_judging_seconds_sum");
        ngx_http_moderate_label(text, "site", site->name, site->len);
        ngx_http_moderate_seconds(text, site->microseconds);

        ngx_http_moderate_name(text, "moderate_judging_seconds_count");
        ngx_http_moderate_label(text, "site", site->name, site->len);
        ngx_http_moderate_value(text, count);
    }
}


static void
ngx_http_moderate_prometheus_rules(ngx_http_moderate_stats_t *stats,
    ngx_http_moderate_text_t *text)
{
    ngx_uint_t                       i, n;
    ngx_atomic_t                    *count;
    ngx_http_moderate_rule_stats_t  *rule;

    static struct {
        char    *name;
        char    *help;
        size_t   offset;
    } counts[] = {
        { "moderate_rule_hits_total", "Submissions that the rule has hit.",
          offsetof(ngx_http_moderate_rule_stats_t, hits) },
        { "moderate_rule_held_total",
          "Submissions to be held that the rule took part in.",
          offsetof(ngx_http_moderate_rule_stats_t, held) },
        { "moderate_rule_rejected_total",
          "Submissions to be rejected that the rule took part in.",
          offsetof(ngx_http_moderate_rule_stats_t, rejected) },
        { "moderate_rule_overturned_total",
          "Submissions that the rule has hit and a moderator approved.",
          offsetof(ngx_http_moderate_rule_stats_t, overturned) },
        { "moderate_rule_confirmed_total",
          "Submissions that the rule has hit and a moderator rejected.",
          offsetof(ngx_http_moderate_rule_stats_t, confirmed) },
        { NULL, NULL, 0 }
    };

    for (n = 0; counts[n].name; n++) {
        ngx_http_moderate_metric(text, counts[n].name, "counter",
                                 counts[n].help);

        for (i = 0; i < NGX_HTTP_MODERATE_STATS_SLOTS; i++) {
            rule = &stats->rules[i];

            if (rule->len == 0) {
                continue;
            }

            ngx_memory_barrier();
            count = (ngx_atomic_t *) ((u_char *) rule + counts[n].offset);

            ngx_http_moderate_name(text, counts[n].name);
            ngx_http_moderate_label(text, "rule", rule->id, rule->len);
            ngx_http_moderate_value(text, *count);
        }
    }
}


static void
ngx_http_moderate_prometheus_shadows(ngx_http_moderate_status_t *status,
    ngx_http_moderate_text_t *text)
{
    ngx_uint_t                         i;
    ngx_http_moderate_shadow_stats_t  *shadow;

    ngx_http_moderate_metric(text, "moderate_rule_shadowed", "gauge",
                             "Rules that kept running out of their limits.");

    shadow = status->shadows.elts;

    for (i = 0; i < status->shadows.nelts; i++) {
        ngx_http_moderate_name(text, "moderate_rule_shadowed");
        ngx_http_moderate_label(text, "rule", shadow[i].id, shadow[i].len);
        ngx_http_moderate_label(text, "version", shadow[i].version,
                                shadow[i].version_len);
        ngx_http_moderate_value(text, 1);
    }
}


static void
ngx_http_moderate_prometheus_workers(ngx_http_moderate_status_t *status,
    ngx_http_moderate_text_t *text)
{
    ngx_str_t                           paths;
    ngx_uint_t                          i, n;
    ngx_http_moderate_set_stats_t      *set;
    ngx_http_moderate_worker_stats_t  **worker;

    worker = status->workers.elts;

    ngx_http_moderate_metric(text, "moderate_worker_started_timestamp_seconds",
                             "gauge", "When the worker was started.");

    for (i = 0; i < status->workers.nelts; i++) {
        ngx_http_moderate_name(text,
                               "moderate_worker_started_timestamp_seconds");
        ngx_http_moderate_label_pid(text, worker[i]);
        ngx_http_moderate_label_word(text, "leaving",
                                     worker[i]->generation != status->newest
                                     ? "1" : "0");
        ngx_http_moderate_value(text, worker[i]->started);
    }

    ngx_http_moderate_metric(text, "moderate_ruleset_info", "gauge",
                             "The version of the set in use.");

    for (i = 0; i < status->workers.nelts; i++) {
        for (n = 0; n < worker[i]->nsets; n++) {
            set = &worker[i]->sets[n];
            paths = ngx_http_moderate_stats_paths(status, worker[i], set);

            ngx_http_moderate_name(text, "moderate_ruleset_info");
            ngx_http_moderate_label_pid(text, worker[i]);
            ngx_http_moderate_label(text, "paths", paths.data, paths.len);
            ngx_http_moderate_label(text, "version", set->version,
                                    set->version_len);
            ngx_http_moderate_value(text, 1);
        }
    }
}


static void
ngx_http_moderate_prometheus_sets(ngx_http_moderate_status_t *status,
    ngx_http_moderate_text_t *text, const ngx_http_moderate_figure_t *figure)
{
    ngx_str_t                           paths;
    ngx_uint_t                          i, n;
    ngx_http_moderate_set_stats_t      *set;
    ngx_http_moderate_worker_stats_t  **worker;

    ngx_http_moderate_metric(text, figure->name, figure->type, figure->help);

    worker = status->workers.elts;

    for (i = 0; i < status->workers.nelts; i++) {
        for (n = 0; n < worker[i]->nsets; n++) {
            set = &worker[i]->sets[n];
            paths = ngx_http_moderate_stats_paths(status, worker[i], set);

            ngx_http_moderate_name(text, figure->name);
            ngx_http_moderate_label_pid(text, worker[i]);
            ngx_http_moderate_label(text, "paths", paths.data, paths.len);
            ngx_http_moderate_value(text,
                                    *(size_t *) ((u_char *) set
                                                 + figure->offset));
        }
    }
}


static void
ngx_http_moderate_prometheus_redis(ngx_http_moderate_status_t *status,
    ngx_http_moderate_text_t *text, const ngx_http_moderate_figure_t *figure)
{
    size_t                              value;
    ngx_uint_t                          i, n;
    ngx_http_moderate_redis_stats_t    *redis;
    ngx_http_moderate_worker_stats_t  **worker;

    ngx_http_moderate_metric(text, figure->name, figure->type, figure->help);

    worker = status->workers.elts;

    for (i = 0; i < status->workers.nelts; i++) {
        for (n = 0; n < 2; n++) {
            redis = ngx_http_moderate_stats_redis_of(worker[i], n);

            if (redis == NULL) {
                continue;
            }

            value = *(size_t *) ((u_char *) redis + figure->offset);

            ngx_http_moderate_name(text, figure->name);
            ngx_http_moderate_label_pid(text, worker[i]);
            ngx_http_moderate_label_word(text, "for",
                                         n ? "counters" : "queue");
            ngx_http_moderate_value(text, value != 0);
        }
    }
}


/* the format */


static void
ngx_http_moderate_metric(ngx_http_moderate_text_t *text, char *name,
    char *type, char *help)
{
    ngx_http_moderate_word_of(text, "# HELP ");
    ngx_http_moderate_word_of(text, name);
    ngx_http_moderate_word_of(text, " ");
    ngx_http_moderate_word_of(text, help);
    ngx_http_moderate_word_of(text, "\n# TYPE ");
    ngx_http_moderate_word_of(text, name);
    ngx_http_moderate_word_of(text, " ");
    ngx_http_moderate_word_of(text, type);
    ngx_http_moderate_word_of(text, "\n");
}


static void
ngx_http_moderate_word_of(ngx_http_moderate_text_t *text, const char *word)
{
    ngx_http_moderate_text(text, word, ngx_strlen(word));
}


/* a sample: its name, labels, one at least, and the value */

static void
ngx_http_moderate_name(ngx_http_moderate_text_t *text, char *name)
{
    ngx_http_moderate_word_of(text, name);
    text->labels = 0;
}


/* in a value a backslash, a quote and a line feed are escaped */

static void
ngx_http_moderate_label(ngx_http_moderate_text_t *text, char *name,
    const void *value, size_t len)
{
    const u_char  *p, *last;

    ngx_http_moderate_word_of(text, text->labels++ ? "," : "{");
    ngx_http_moderate_word_of(text, name);
    ngx_http_moderate_word_of(text, "=\"");

    p = value;

    for (last = p + len; p < last; p++) {

        if (*p == '\n') {
            ngx_http_moderate_word_of(text, "\\n");
            continue;
        }

        if (*p == '\\' || *p == '"') {
            ngx_http_moderate_word_of(text, "\\");
        }

        ngx_http_moderate_text(text, p, 1);
    }

    ngx_http_moderate_word_of(text, "\"");
}


static void
ngx_http_moderate_label_word(ngx_http_moderate_text_t *text, char *name,
    const char *value)
{
    ngx_http_moderate_label(text, name, value, ngx_strlen(value));
}


static void
ngx_http_moderate_label_pid(ngx_http_moderate_text_t *text,
    ngx_http_moderate_worker_stats_t *worker)
{
    u_char  *p, pid[NGX_HTTP_MODERATE_LINE];

    p = ngx_sprintf(pid, "%P", worker->pid);
    ngx_http_moderate_label(text, "pid", pid, p - pid);
}


static void
ngx_http_moderate_value(ngx_http_moderate_text_t *text, uint64_t value)
{
    u_char  *p, line[NGX_HTTP_MODERATE_LINE];

    p = ngx_sprintf(line, "} %uL\n", value);
    ngx_http_moderate_text(text, line, p - line);
}


static void
ngx_http_moderate_seconds(ngx_http_moderate_text_t *text,
    uint64_t microseconds)
{
    u_char  *p, line[NGX_HTTP_MODERATE_LINE];

    p = ngx_sprintf(line, "} %uL.%06uL\n", microseconds / 1000000,
                    microseconds % 1000000);
    ngx_http_moderate_text(text, line, p - line);
}
