
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl explain: what it tells.
 */


#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"


/* in the order in which each is made of the one before it */

static const char  *explain_views[] = {
    "raw", "text", "folded", "squeezed", NULL
};


static int explain_view(explain_t *e, size_t field, const char *name,
    vet_str_t *text);
static void explain_print_reading(const explain_t *e);
static int explain_print_field(explain_t *e, size_t i);
static int explain_print_value(const explain_t *e, size_t i);
static size_t explain_marks(const explain_t *e, size_t field,
    moderatectl_mark_t *marks);
static int explain_mark_order(const void *one, const void *two);
static int explain_print_views(explain_t *e, size_t field);
static void explain_print_rules(const explain_t *e);
static int explain_is_first(const explain_t *e, size_t i);
static void explain_print_rule(const explain_t *e, size_t i);
static void explain_print_place(const explain_t *e, const vet_hit_t *hit);
static void explain_print_verdict(const explain_t *e);
static json_t *explain_object(explain_t *e);
static json_t *explain_json_views(explain_t *e);
static int explain_json_verdict(explain_t *e, json_t *object);
static json_t *explain_json_rules(const explain_t *e);
static json_t *explain_string(vet_str_t s);
static json_t *explain_points(int score);


/* Returns VET_DECLINED when the engine has no such view. */

static int
explain_view(explain_t *e, size_t field, const char *name, vet_str_t *text)
{
    return vet_view_text(e->pool, e->submission.fields[field].value, name,
                         text);
}


int
moderatectl_explain_print(explain_t *e)
{
    int     rc;
    size_t  i;

    explain_print_reading(e);

    for (i = 0; i < e->submission.nfields; i++) {
        rc = explain_print_field(e, i);
        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    if (e->judge.rules != NULL) {
        explain_print_rules(e);
        explain_print_verdict(e);
    }

    return MODERATECTL_OK;
}


static void
explain_print_reading(const explain_t *e)
{
    if (e->method.len != 0) {
        printf("request: ");
        moderatectl_print_str(stdout, e->method);
        printf(" ");
        moderatectl_print_str(stdout, e->target);
        printf("\n");
    }

    if (e->submission.unreadable != VET_READABLE) {
        printf("unreadable: %s, noticed at byte %zu\n",
               vet_unreadable_name(e->submission.unreadable),
               e->submission.offset);

    } else {
        printf("readable: %zu field%s\n", e->submission.nfields,
               e->submission.nfields == 1 ? "" : "s");
    }
}


static int
explain_print_field(explain_t *e, size_t i)
{
    int                 rc;
    const vet_field_t  *f;

    f = &e->submission.fields[i];

    printf("\n%zu  ", i);
    moderatectl_print_str(stdout, f->name);
    printf("  (%s%s%s%s)\n", vet_role_name(f->role),
           f->utf8 ? "" : ", not UTF-8",
           (f->charset == NULL) ? "" : ", converted from ",
           (f->charset == NULL) ? "" : f->charset);

    if (f->file) {
        printf("    file, %zu bytes, ", f->value.len);
        moderatectl_print_str(stdout, f->filename);
        printf("\n");
        return MODERATECTL_OK;
    }

    rc = explain_print_value(e, i);

    if (rc != MODERATECTL_OK || f->role == VET_ROLE_IGNORE) {
        return rc;
    }

    return explain_print_views(e, i);
}


static int
explain_print_value(const explain_t *e, size_t i)
{
    int                  colour;
    size_t               n;
    vet_str_t            value;
    moderatectl_mark_t  *marks;

    marks = calloc(e->hits.n + 1, sizeof(moderatectl_mark_t));
    if (marks == NULL) {
        return moderatectl_no_memory();
    }

    n = explain_marks(e, i, marks);
    value = e->submission.fields[i].value;
    colour = isatty(STDOUT_FILENO);

    moderatectl_print_marked(stdout, (const char *) value.data, value.len, 4,
                             marks, n, colour ? "\x1b[1;31m" : "[",
                             colour ? "\x1b[0m" : "]");
    free(marks);

    return MODERATECTL_OK;
}


/* Puts the places of hits in marks, in order and joined; returns how many. */

static size_t
explain_marks(const explain_t *e, size_t field, moderatectl_mark_t *marks)
{
    size_t            i, n, last;
    const vet_hit_t  *hit;

    n = 0;

    for (i = 0; i < e->hits.n; i++) {
        hit = &e->hits.elts[i];

        if (hit->field == field && hit->end > hit->start) {
            marks[n].start = hit->start;
            marks[n].end = hit->end;
            n++;
        }
    }

    if (n == 0) {
        return 0;
    }

    qsort(marks, n, sizeof(moderatectl_mark_t), explain_mark_order);
    last = 0;

    for (i = 1; i < n; i++) {
        if (marks[i].start > marks[last].end) {
            marks[++last] = marks[i];

        } else if (marks[i].end > marks[last].end) {
            marks[last].end = marks[i].end;
        }
    }

    return last + 1;
}


static int
explain_mark_order(const void *one, const void *two)
{
    const moderatectl_mark_t  *a, *b;

    a = one;
    b = two;

    return (a->start > b->start) - (a->start < b->start);
}


/* A view that is as the one before it is left out. */

static int
explain_print_views(explain_t *e, size_t field)
{
    int          rc;
    size_t       i;
    vet_str_t    before, text;

    before = e->submission.fields[field].value;

    for (i = 0; explain_views[i] != NULL; i++) {
        rc = explain_view(e, field, explain_views[i], &text);

        if (rc == VET_DECLINED) {
            continue;
        }

        if (rc != VET_OK) {
            return moderatectl_no_memory();
        }

        if (text.len == before.len
            && (text.len == 0
                || memcmp(text.data, before.data, text.len) == 0))
        {
            continue;
        }

        printf("  %s:\n", explain_views[i]);
        moderatectl_print(stdout, (const char *) text.data, text.len, 4);
        before = text;
    }

    return MODERATECTL_OK;
}


static void
explain_print_rules(const explain_t *e)
{
    size_t  i;

    printf("\n");

    for (i = 0; i < e->hits.n; i++) {
        if (explain_is_first(e, i)) {
            explain_print_rule(e, i);
        }
    }
}


static int
explain_is_first(const explain_t *e, size_t i)
{
    size_t  j;

    for (j = 0; j < i; j++) {
        if (e->hits.elts[j].rule == e->hits.elts[i].rule) {
            return 0;
        }
    }

    return 1;
}


/* A rule counts once, by its strongest hit; i is its first one. */

static void
explain_print_rule(const explain_t *e, size_t i)
{
    int                score;
    size_t             j;
    const vet_rule_t  *rule;

    rule = e->hits.elts[i].rule;
    score = 0;

    for (j = i; j < e->hits.n; j++) {
        if (e->hits.elts[j].rule == rule && e->hits.elts[j].score > score) {
            score = e->hits.elts[j].score;
        }
    }

    printf("%d.%d  %.*s  %.*s", score / VET_POINT, score % VET_POINT,
           (int) rule->id.len, (const char *) rule->id.data,
           (int) rule->category.len, (const char *) rule->category.data);

    if (rule->title.len != 0) {
        printf(": ");
        moderatectl_print_str(stdout, rule->title);
    }

    printf("%s\n", (rule->mode == VET_MODE_SHADOW) ? " (shadow)" : "");

    for (j = i; j < e->hits.n; j++) {
        if (e->hits.elts[j].rule == rule
            && e->hits.elts[j].field != VET_NO_FIELD)
        {
            explain_print_place(e, &e->hits.elts[j]);
        }
    }
}


static void
explain_print_place(const explain_t *e, const vet_hit_t *hit)
{
    vet_str_t  text;

    text.data = e->submission.fields[hit->field].value.data + hit->start;
    text.len = hit->end - hit->start;

    printf("     field %zu, bytes %zu to %zu%s: ", hit->field, hit->start,
           hit->end, hit->bare ? ", without accents" : "");
    moderatectl_print_str(stdout, text);
    printf("\n");
}


static void
explain_print_verdict(const explain_t *e)
{
    int  hold, reject;

    vet_ruleset_thresholds(e->judge.rules, &hold, &reject);

    printf("score %d.%d: %s (hold from %d.%d, reject from %d.%d)",
           e->verdict.score / VET_POINT, e->verdict.score % VET_POINT,
           moderatectl_action(e->verdict.action), hold / VET_POINT,
           hold % VET_POINT, reject / VET_POINT, reject % VET_POINT);

    if (e->verdict.reason.len != 0) {
        printf(", reason %.*s", (int) e->verdict.reason.len,
               (const char *) e->verdict.reason.data);
    }

    printf("\n");
}


int
moderatectl_explain_json(explain_t *e)
{
    int      rc;
    json_t  *object;

    object = explain_object(e);

    rc = moderatectl_print_json(stdout, object, JSON_COMPACT
                                                | JSON_REAL_PRECISION(9));
    json_decref(object);

    return rc;
}


static json_t *
explain_object(explain_t *e)
{
    json_t     *object;
    vet_str_t   fields;

    if (vet_fields_json(e->pool, &e->submission, &fields) != VET_OK) {
        return NULL;
    }

    object = json_pack("{s:s,s:I,s:o,s:o}",
                       "unreadable",
                       vet_unreadable_name(e->submission.unreadable),
                       "offset", (json_int_t) e->submission.offset,
                       "fields", json_loadb((const char *) fields.data,
                                            fields.len, JSON_ALLOW_NUL, NULL),
                       "views", explain_json_views(e));

    if (object == NULL) {
        return NULL;
    }

    if ((e->method.len != 0
         && (json_object_set_new(object, "method", explain_string(e->method))
             != 0
             || json_object_set_new(object, "target",
                                    explain_string(e->target)) != 0))
        || (e->judge.rules != NULL && explain_json_verdict(e, object) != 0))
    {
        json_decref(object);
        return NULL;
    }

    return object;
}


/* Views are UTF-8, whatever the value is. */

static json_t *
explain_json_views(explain_t *e)
{
    int         rc;
    size_t      i, k;
    json_t     *views, *view;
    vet_str_t   text;

    views = json_array();

    for (i = 0; views != NULL && i < e->submission.nfields; i++) {

        view = json_pack("{s:I}", "index", (json_int_t) i);

        if (json_array_append_new(views, view) != 0) {
            json_decref(views);
            return NULL;
        }

        if (e->submission.fields[i].file) {
            continue;
        }

        for (k = 0; explain_views[k] != NULL; k++) {
            rc = explain_view(e, i, explain_views[k], &text);

            if (rc != VET_DECLINED
                && (rc != VET_OK
                    || json_object_set_new(view, explain_views[k],
                                           explain_string(text)) != 0))
            {
                json_decref(views);
                return NULL;
            }
        }
    }

    return views;
}


static int
explain_json_verdict(explain_t *e, json_t *object)
{
    int         hold, reject;
    json_t     *more;
    vet_str_t   hits;

    if (vet_hits_json(e->pool, &e->submission, &e->hits, &hits) != VET_OK) {
        return -1;
    }

    vet_ruleset_thresholds(e->judge.rules, &hold, &reject);

    more = json_pack("{s:o,s:o,s:o,s:o,s:o,s:s,s:o}",
                     "hits", json_loadb((const char *) hits.data, hits.len,
                                        JSON_ALLOW_NUL, NULL),
                     "rules", explain_json_rules(e),
                     "score", explain_points(e->verdict.score),
                     "hold", explain_points(hold),
                     "reject", explain_points(reject),
                     "verdict", moderatectl_action(e->verdict.action),
                     "reason", explain_string(e->verdict.reason));

    return json_object_update_new(object, more);
}


static json_t *
explain_json_rules(const explain_t *e)
{
    size_t             i;
    json_t            *rules, *row;
    const vet_rule_t  *rule;

    rules = json_array();

    for (i = 0; rules != NULL && i < e->hits.n; i++) {
        if (!explain_is_first(e, i)) {
            continue;
        }

        rule = e->hits.elts[i].rule;

        row = json_pack("{s:o,s:o,s:o,s:o,s:s}",
                        "rule", explain_string(rule->id),
                        "title", explain_string(rule->title),
                        "category", explain_string(rule->category),
                        "score", explain_points(rule->score),
                        "mode", (rule->mode == VET_MODE_SHADOW) ? "shadow"
                                                                : "enforce");

        if (json_array_append_new(rules, row) != 0) {
            json_decref(rules);
            return NULL;
        }
    }

    return rules;
}


static json_t *
explain_string(vet_str_t s)
{
    return json_stringn((s.len == 0) ? "" : (const char *) s.data, s.len);
}


static json_t *
explain_points(int score)
{
    return json_real((double) score / VET_POINT);
}
