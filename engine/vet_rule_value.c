
/*
 * Copyright (C) the moderate authors
 *
 * Single values of a rule file, and what is said when they are wrong.
 */


#include <string.h>

#include "vet_rules.h"


#define VET_SCORE_MAX       (1000 * VET_POINT)
#define VET_OVER_MAX        1000000000
#define VET_NAMES_LEN       256


const vet_node_t *
vet_child(const vet_node_t *map, const char *name)
{
    const vet_node_t  *node;

    for (node = map->child; node != NULL; node = node->next) {
        if (vet_str_is(node->key->value, name)) {
            return node;
        }
    }

    return NULL;
}


void
vet_check_keys(vet_reader_t *r, const vet_node_t *map,
    const char *const *names)
{
    const vet_node_t  *node;

    for (node = map->child; node != NULL; node = node->next) {
        if (names[vet_index(names, node->key->value)] == NULL) {
            vet_unknown(r, node->key, "key", names);
        }
    }
}


const vet_node_t *
vet_need(vet_reader_t *r, const vet_node_t *map, const char *name,
    const char *expected)
{
    const vet_node_t  *node;

    node = vet_child(map, name);

    if (node == NULL) {
        vet_rule_error(r->errors, vet_at(r, map), "\"%s\" is missing, "
                       "expected %s", name, expected);
    }

    return node;
}


/* Tells whether the node is a text with something in it; says so if not. */

int
vet_is_text(vet_reader_t *r, const vet_node_t *node, const char *expected)
{
    vet_shown_t  shown;

    if (node->kind == VET_NODE_SCALAR && node->value.len != 0) {
        return 1;
    }

    if (node->key == NULL) {
        vet_rule_error(r->errors, vet_at(r, node), "item is %s, expected %s",
                       (node->kind == VET_NODE_SCALAR) ? "empty"
                       : (node->kind == VET_NODE_LIST) ? "a list" : "a map",
                       expected);
        return 0;
    }

    vet_rule_error(r->errors, vet_at(r, node), "\"%s\" is %s, expected %s",
                   vet_shown(&shown, node->key->value),
                   (node->kind == VET_NODE_SCALAR) ? "empty"
                   : (node->kind == VET_NODE_LIST) ? "a list" : "a map",
                   expected);

    return 0;
}


/* Tells whether the node is a list with something in it; says so if not. */

int
vet_is_list(vet_reader_t *r, const vet_node_t *node, const char *expected)
{
    vet_shown_t  shown;

    if (node->kind == VET_NODE_LIST && node->n != 0) {
        return 1;
    }

    vet_rule_error(r->errors, vet_at(r, node), "\"%s\" is %s, expected %s",
                   vet_shown(&shown, node->key->value),
                   (node->kind == VET_NODE_LIST) ? "an empty list"
                   : (node->kind == VET_NODE_MAP) ? "a map" : "not a list",
                   expected);

    return 0;
}


/* Reads points with at most one decimal, as tenths. */

void
vet_read_score(vet_reader_t *r, const vet_node_t *map, const char *name,
    int least, int *score)
{
    int                n;
    size_t             i, point;
    vet_str_t          s;
    vet_shown_t        shown;
    const vet_node_t  *node;

    node = vet_need(r, map, name, "points such as 4 or 2.5");

    if (node == NULL || !vet_is_text(r, node, "points such as 4 or 2.5")) {
        return;
    }

    s = node->value;
    n = 0;
    point = 0;

    for (i = 0; i < s.len && i < 6; i++) {
        if (s.data[i] == '.' && i > 0 && point == 0 && i + 2 == s.len) {
            point = i;
            continue;
        }

        if (s.data[i] < '0' || s.data[i] > '9') {
            break;
        }

        n = n * 10 + (s.data[i] - '0');
    }

    n = (point == 0) ? n * VET_POINT : n;

    if (i != s.len || n < least || n > VET_SCORE_MAX) {
        vet_rule_error(r->errors, vet_at(r, node), "bad \"%s\" \"%s\", "
                       "expected %s to 1000 with at most one decimal, such "
                       "as 4 or 2.5", name, vet_shown(&shown, s),
                       (least == 0) ? "0" : "0.1");
        return;
    }

    *score = n;
}


void
vet_read_number(vet_reader_t *r, const vet_node_t *map, const char *name,
    uint32_t *number)
{
    size_t             i;
    uint64_t           n;
    vet_str_t          s;
    vet_shown_t        shown;
    const vet_node_t  *node;

    node = vet_need(r, map, name, "a whole number such as 3");

    if (node == NULL || !vet_is_text(r, node, "a whole number such as 3")) {
        return;
    }

    s = node->value;
    n = 0;

    for (i = 0; i < s.len && i < 12; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            break;
        }

        n = n * 10 + (s.data[i] - '0');
    }

    if (i != s.len || n > VET_OVER_MAX) {
        vet_rule_error(r->errors, vet_at(r, node), "bad \"%s\" \"%s\", "
                       "expected a whole number from 0 to %d", name,
                       vet_shown(&shown, s), VET_OVER_MAX);
        return;
    }

    *number = (uint32_t) n;
}


void
vet_unknown(vet_reader_t *r, const vet_node_t *node, const char *what,
    const char *const *names)
{
    char          list[VET_NAMES_LEN];
    const char   *meant;
    vet_shown_t   shown;

    vet_names(names, list, sizeof(list));
    meant = vet_closest(names, node->value);

    if (meant != NULL) {
        vet_rule_error(r->errors, vet_at(r, node), "unknown %s \"%s\", "
                       "expected one of %s; did you mean \"%s\"?", what,
                       vet_shown(&shown, node->value), list, meant);
        return;
    }

    vet_rule_error(r->errors, vet_at(r, node), "unknown %s \"%s\", expected "
                   "one of %s", what, vet_shown(&shown, node->value), list);
}


/* Returns the place of a name in names, or of the NULL at their end. */

size_t
vet_index(const char *const *names, vet_str_t s)
{
    size_t  i;

    for (i = 0; names[i] != NULL; i++) {
        if (vet_str_is(s, names[i])) {
            break;
        }
    }

    return i;
}


/* Copies what lives as long as the set. */

vet_str_t
vet_keep(vet_reader_t *r, vet_str_t s)
{
    vet_str_t       kept;
    unsigned char  *p;

    p = vet_palloc(r->rs->pool, s.len + 1);

    if (p == NULL) {
        r->failed = 1;
        kept.data = (const unsigned char *) "";
        kept.len = 0;
        return kept;
    }

    memcpy(p, s.data, s.len);
    p[s.len] = '\0';
    kept.data = p;
    kept.len = s.len;

    return kept;
}


/* The name of the file being read, kept once for all that is in it. */

const char *
vet_keep_path(vet_reader_t *r)
{
    vet_str_t  path;

    if (r->path == NULL) {
        path.data = (const unsigned char *) r->place.file;
        path.len = strlen(r->place.file);
        r->path = (const char *) vet_keep(r, path).data;
    }

    return r->path;
}


int
vet_str_is(vet_str_t s, const char *text)
{
    return strlen(text) == s.len && memcmp(text, s.data, s.len) == 0;
}


const vet_place_t *
vet_at(vet_reader_t *r, const vet_node_t *node)
{
    r->place.line = node->line;
    r->place.column = node->column;

    return &r->place;
}
