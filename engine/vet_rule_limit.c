
/*
 * Copyright (C) the moderate authors
 *
 * The limits of a rule file: how often is too often.
 */


#include "vet_rules.h"


#define VET_KEY_LEN         32
#define VET_PER_MAX         (366 * 86400)


static void vet_read_key(vet_reader_t *r, const vet_node_t *map,
    vet_limit_t *limit);
static void vet_read_of(vet_reader_t *r, const vet_node_t *map,
    vet_limit_t *limit);
static void vet_read_per(vet_reader_t *r, const vet_node_t *map,
    vet_limit_t *limit);
static void vet_read_retry(vet_reader_t *r, const vet_node_t *map,
    vet_limit_t *limit);


static const char *const  vet_limit_keys[] = {
    "id", "key", "of", "over", "per", "score", "retry_after", "mode",
    "category", "reason", "forms", "sites", NULL
};

static const char *const  vet_ofs[] = {
    "held", "rejected", "held+rejected", NULL
};


void
vet_read_limit(vet_reader_t *r, const vet_node_t *node)
{
    size_t        n;
    vet_name_t   *name;
    vet_limit_t  *limit;
    vet_scope_t  *scope;

    n = r->errors->n;
    r->place.id.len = 0;

    if (node->kind != VET_NODE_MAP) {
        vet_rule_error(r->errors, vet_at(r, node), "not a map, expected "
                       "\"id: ...\" and more keys");
        return;
    }

    limit = vet_list_push(&r->rs->limits);
    scope = vet_pcalloc(r->rs->pool, sizeof(vet_scope_t));

    if (limit == NULL || scope == NULL) {
        r->failed = 1;
        return;
    }

    limit->scope = scope;

    name = vet_read_id(r, node, &limit->rule);
    vet_check_keys(r, node, vet_limit_keys);
    vet_read_key(r, node, limit);
    vet_read_of(r, node, limit);
    vet_read_number(r, node, "over", &limit->over);
    vet_read_per(r, node, limit);
    vet_read_score(r, node, "score", 1, &limit->rule.score);
    vet_read_retry(r, node, limit);
    vet_read_mode(r, node, &limit->rule);

    if (vet_child(node, "category") != NULL) {
        vet_read_category(r, node, &limit->rule);
    }

    vet_read_reason(r, node, &limit->rule);
    vet_read_scope(r, node, scope);

    r->place.id.len = 0;

    if (name != NULL) {
        name->limit = 1;
        name->index = r->rs->limits.n - 1;
        name->bad = (r->errors->n != n);
    }
}


/* Sets also what a limit is when it does not say: it goes by its key. */

static void
vet_read_key(vet_reader_t *r, const vet_node_t *map, vet_limit_t *limit)
{
    static const vet_category_t  rate =
        { vet_string("automated"), vet_string("rate") };
    static const vet_category_t  same =
        { vet_string("duplicate"), vet_string("duplicate") };

    size_t                       i;
    vet_str_t                    s;
    vet_shown_t                  shown;
    const vet_node_t            *node;

    limit->rule.category = rate.name;
    limit->rule.reason = rate.reason;

    node = vet_need(r, map, "key", "a name such as client or fingerprint");

    if (node == NULL || !vet_is_text(r, node, "a name such as client")) {
        return;
    }

    s = node->value;

    for (i = 0; i < s.len && i < VET_KEY_LEN; i++) {
        if (!((s.data[i] >= 'a' && s.data[i] <= 'z')
              || (i > 0 && (s.data[i] == '_'
                            || (s.data[i] >= '0' && s.data[i] <= '9')))))
        {
            break;
        }
    }

    if (s.len == 0 || i != s.len) {
        vet_rule_error(r->errors, vet_at(r, node), "bad key \"%s\", expected "
                       "at most 32 of a-z, 0-9 and \"_\", first a letter",
                       vet_shown(&shown, s));
        return;
    }

    limit->key = vet_keep(r, s);

    if (vet_str_is(s, "fingerprint")) {
        limit->rule.category = same.name;
        limit->rule.reason = same.reason;
    }
}


static void
vet_read_of(vet_reader_t *r, const vet_node_t *map, vet_limit_t *limit)
{
    size_t             i;
    const vet_node_t  *node;

    node = vet_child(map, "of");

    if (node == NULL || !vet_is_text(r, node, "held, rejected or "
                                              "held+rejected"))
    {
        return;
    }

    i = vet_index(vet_ofs, node->value);

    if (vet_ofs[i] == NULL) {
        vet_unknown(r, node, "\"of\"", vet_ofs);
        return;
    }

    limit->held = (i != 1);
    limit->rejected = (i != 0);
}


static void
vet_read_per(vet_reader_t *r, const vet_node_t *map, vet_limit_t *limit)
{
    size_t             i;
    uint32_t           n, unit;
    vet_str_t          s;
    vet_shown_t        shown;
    const vet_node_t  *node;

    node = vet_need(r, map, "per", "a time such as 10s, 5m, 1h or 1d");

    if (node == NULL || !vet_is_text(r, node, "a time such as 10s")) {
        return;
    }

    s = node->value;
    n = 0;

    for (i = 0; i < s.len && i < 8; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            break;
        }

        n = n * 10 + (s.data[i] - '0');
    }

    unit = 0;

    if (i > 0 && i + 1 == s.len) {
        switch (s.data[i]) {
        case 's': unit = 1; break;
        case 'm': unit = 60; break;
        case 'h': unit = 3600; break;
        case 'd': unit = 86400; break;
        }
    }

    if (unit == 0 || n == 0 || n > VET_PER_MAX / unit) {
        vet_rule_error(r->errors, vet_at(r, node), "bad time \"%s\", expected "
                       "1s to 366d, such as 10s, 5m, 1h or 1d",
                       vet_shown(&shown, s));
        return;
    }

    limit->per = n * unit;
}


static void
vet_read_retry(vet_reader_t *r, const vet_node_t *map, vet_limit_t *limit)
{
    vet_shown_t        shown;
    const vet_node_t  *node;

    node = vet_child(map, "retry_after");

    if (node == NULL || !vet_is_text(r, node, "true or false")) {
        return;
    }

    if (vet_str_is(node->value, "true")) {
        limit->retry_after = 1;

    } else if (!vet_str_is(node->value, "false")) {
        vet_rule_error(r->errors, vet_at(r, node), "bad \"retry_after\" "
                       "\"%s\", expected true or false",
                       vet_shown(&shown, node->value));
    }
}
