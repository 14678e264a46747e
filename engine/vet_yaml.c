
/*
 * Copyright (C) the moderate authors
 *
 * YAML as rule files use it: one document of maps, lists and scalars, each
 * with its place.  Anchors, aliases, tags and a second document are refused:
 * a rule must mean what is written at its place.
 */


#include <string.h>
#include <yaml.h>

#include "vet_rules.h"


#define VET_YAML_DEPTH      8        /* rules need 5 */
#define VET_YAML_KEYS       64       /* of one map; keeps duplicates cheap */


typedef struct {
    vet_pool_t             *pool;
    vet_errors_t           *errors;
    vet_place_t             place;
    vet_str_t               data;
    yaml_parser_t           parser;
    yaml_event_t            event;
    int                     have;       /* event is to be deleted */
} vet_yaml_t;


static int vet_yaml_document(vet_yaml_t *y, vet_node_t **root);
static int vet_yaml_next(vet_yaml_t *y);
static int vet_yaml_node(vet_yaml_t *y, int depth, vet_node_t **node);
static int vet_yaml_check(vet_yaml_t *y, int depth);
static int vet_yaml_scalar(vet_yaml_t *y, vet_node_t *node);
static int vet_yaml_children(vet_yaml_t *y, int depth, vet_node_t *node);
static int vet_yaml_key(vet_yaml_t *y, int depth, const vet_node_t *map,
    vet_node_t **key);
static int vet_yaml_problem(vet_yaml_t *y);
static int vet_yaml_is_tab(const vet_yaml_t *y, size_t index);
static void vet_yaml_at(vet_yaml_t *y, size_t offset);
static int vet_yaml_refuse(vet_yaml_t *y, const char *text);


int
vet_yaml_read(vet_pool_t *pool, const char *file, vet_str_t data,
    vet_node_t **root, vet_errors_t *errors)
{
    int         rc;
    vet_yaml_t  y;

    memset(&y, 0, sizeof(vet_yaml_t));
    y.pool = pool;
    y.errors = errors;
    y.data = data;
    y.place.file = file;

    if (!yaml_parser_initialize(&y.parser)) {
        return VET_ERROR;
    }

    /* stated, or a first byte could make it UTF-16 */

    yaml_parser_set_encoding(&y.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&y.parser, data.data, data.len);

    rc = vet_yaml_document(&y, root);

    if (y.have) {
        yaml_event_delete(&y.event);
    }

    yaml_parser_delete(&y.parser);

    return rc;
}


static int
vet_yaml_document(vet_yaml_t *y, vet_node_t **root)
{
    int  rc;

    rc = vet_yaml_next(y);                      /* stream start */
    if (rc == VET_OK) {
        rc = vet_yaml_next(y);
    }

    if (rc != VET_OK) {
        return rc;
    }

    if (y->event.type == YAML_STREAM_END_EVENT) {
        y->place.line = 0;
        return vet_yaml_refuse(y, "file is empty, expected \"version: 1\" "
                                  "and rules");
    }

    rc = vet_yaml_next(y);
    if (rc == VET_OK) {
        rc = vet_yaml_node(y, 0, root);
    }

    if (rc == VET_OK) {
        rc = vet_yaml_next(y);                  /* document end */
    }

    if (rc == VET_OK) {
        rc = vet_yaml_next(y);
    }

    if (rc == VET_OK && y->event.type != YAML_STREAM_END_EVENT) {
        return vet_yaml_refuse(y, "a second document begins, expected one "
                                  "document in a file");
    }

    return rc;
}


/* Reads the next event and sets the place to where it is. */

static int
vet_yaml_next(vet_yaml_t *y)
{
    if (y->have) {
        yaml_event_delete(&y->event);
        y->have = 0;
    }

    if (!yaml_parser_parse(&y->parser, &y->event)) {
        return vet_yaml_problem(y);
    }

    y->have = 1;
    y->place.line = y->event.start_mark.line + 1;
    y->place.column = y->event.start_mark.column + 1;

    return VET_OK;
}


/* Makes a node of the event read last, and of those that belong to it. */

static int
vet_yaml_node(vet_yaml_t *y, int depth, vet_node_t **node)
{
    int          rc;
    vet_node_t  *n;

    rc = vet_yaml_check(y, depth);
    if (rc != VET_OK) {
        return rc;
    }

    n = vet_pcalloc(y->pool, sizeof(vet_node_t));
    if (n == NULL) {
        return VET_ERROR;
    }

    n->line = y->place.line;
    n->column = y->place.column;
    *node = n;

    switch (y->event.type) {

    case YAML_SCALAR_EVENT:
        n->kind = VET_NODE_SCALAR;
        return vet_yaml_scalar(y, n);

    case YAML_SEQUENCE_START_EVENT:
        n->kind = VET_NODE_LIST;
        return vet_yaml_children(y, depth, n);

    default:                                    /* the start of a mapping */
        n->kind = VET_NODE_MAP;
        return vet_yaml_children(y, depth, n);
    }
}


static int
vet_yaml_check(vet_yaml_t *y, int depth)
{
    const yaml_char_t  *anchor, *tag;

    anchor = NULL;
    tag = NULL;

    switch (y->event.type) {

    case YAML_ALIAS_EVENT:
        return vet_yaml_refuse(y, "aliases (*name) are not read, expected "
                                  "the value itself");

    case YAML_SCALAR_EVENT:
        anchor = y->event.data.scalar.anchor;
        tag = y->event.data.scalar.tag;
        break;

    case YAML_SEQUENCE_START_EVENT:
        anchor = y->event.data.sequence_start.anchor;
        tag = y->event.data.sequence_start.tag;
        break;

    case YAML_MAPPING_START_EVENT:
        anchor = y->event.data.mapping_start.anchor;
        tag = y->event.data.mapping_start.tag;
        break;

    default:
        return vet_yaml_refuse(y, "unexpected structure, expected a value");
    }

    if (anchor != NULL) {
        return vet_yaml_refuse(y, "anchors (&name) are not read, expected "
                                  "the value alone");
    }

    if (tag != NULL) {
        return vet_yaml_refuse(y, "tags (!name) are not read, expected the "
                                  "value alone");
    }

    if (depth == VET_YAML_DEPTH) {
        return vet_yaml_refuse(y, "nested too deep, expected at most 8 "
                                  "levels");
    }

    return VET_OK;
}


static int
vet_yaml_scalar(vet_yaml_t *y, vet_node_t *node)
{
    size_t          len;
    unsigned char  *p;

    len = y->event.data.scalar.length;

    if (memchr(y->event.data.scalar.value, '\0', len) != NULL) {
        return vet_yaml_refuse(y, "value has a NUL character, expected text");
    }

    p = vet_palloc(y->pool, len + 1);
    if (p == NULL) {
        return VET_ERROR;
    }

    memcpy(p, y->event.data.scalar.value, len);
    p[len] = '\0';

    node->value.data = p;
    node->value.len = len;

    return VET_OK;
}


static int
vet_yaml_children(vet_yaml_t *y, int depth, vet_node_t *node)
{
    int           rc;
    vet_node_t   *key, **next;

    key = NULL;
    next = &node->child;

    for ( ;; ) {
        rc = vet_yaml_next(y);
        if (rc != VET_OK) {
            return rc;
        }

        if (y->event.type == YAML_SEQUENCE_END_EVENT
            || y->event.type == YAML_MAPPING_END_EVENT)
        {
            return VET_OK;
        }

        if (node->kind == VET_NODE_MAP) {
            rc = vet_yaml_key(y, depth, node, &key);
        }

        if (rc == VET_OK) {
            rc = vet_yaml_node(y, depth + 1, next);
        }

        if (rc != VET_OK) {
            return rc;
        }

        (*next)->key = key;
        next = &(*next)->next;
        node->n++;
    }
}


/* Reads a key; then the event read last is the one of its value. */

static int
vet_yaml_key(vet_yaml_t *y, int depth, const vet_node_t *map, vet_node_t **key)
{
    int                rc;
    vet_shown_t        shown;
    const vet_node_t  *n;

    if (map->n == VET_YAML_KEYS) {
        return vet_yaml_refuse(y, "too many keys, expected at most 64");
    }

    rc = vet_yaml_node(y, depth + 1, key);
    if (rc != VET_OK) {
        return rc;
    }

    if ((*key)->kind != VET_NODE_SCALAR) {
        y->place.line = (*key)->line;
        y->place.column = (*key)->column;
        return vet_yaml_refuse(y, "key is not a name, expected \"name: "
                                  "value\"");
    }

    for (n = map->child; n != NULL; n = n->next) {
        if (n->key->value.len == (*key)->value.len
            && memcmp(n->key->value.data, (*key)->value.data,
                      (*key)->value.len) == 0)
        {
            vet_rule_error(y->errors, &y->place,
                           "duplicate key \"%s\", expected it once, first at "
                           "line %zu", vet_shown(&shown, (*key)->value),
                           n->key->line);
            return VET_DECLINED;
        }
    }

    return vet_yaml_next(y);
}


/* Puts what libyaml found into words. */

static int
vet_yaml_problem(vet_yaml_t *y)
{
    const char  *problem;

    problem = (y->parser.problem != NULL) ? y->parser.problem : "not YAML";

    switch (y->parser.error) {

    case YAML_MEMORY_ERROR:
        return VET_ERROR;

    case YAML_READER_ERROR:
        vet_yaml_at(y, y->parser.problem_offset);

        if (y->parser.problem_value == 0) {
            return vet_yaml_refuse(y, "NUL character, expected text");
        }

        vet_rule_error(y->errors, &y->place, "%s, expected UTF-8 text",
                       problem);
        return VET_DECLINED;

    default:
        break;
    }

    y->place.line = y->parser.problem_mark.line + 1;
    y->place.column = y->parser.problem_mark.column + 1;

    if (vet_yaml_is_tab(y, y->parser.problem_mark.index)) {
        return vet_yaml_refuse(y, "tab character, expected spaces");
    }

    vet_rule_error(y->errors, &y->place, "%s, expected YAML", problem);

    return VET_DECLINED;
}


/* libyaml counts characters. */

static int
vet_yaml_is_tab(const vet_yaml_t *y, size_t index)
{
    size_t  i;

    for (i = 0; i < y->data.len; i++) {
        if ((y->data.data[i] & 0xc0) == 0x80) {
            continue;
        }

        if (index-- == 0) {
            return y->data.data[i] == '\t';
        }
    }

    return 0;
}


/* Sets the place to a byte of the file. */

static void
vet_yaml_at(vet_yaml_t *y, size_t offset)
{
    size_t  i;

    y->place.line = 1;
    y->place.column = 1;

    for (i = 0; i < offset && i < y->data.len; i++) {
        if (y->data.data[i] == '\n') {
            y->place.line++;
            y->place.column = 1;

        } else if ((y->data.data[i] & 0xc0) != 0x80) {
            y->place.column++;
        }
    }
}


static int
vet_yaml_refuse(vet_yaml_t *y, const char *text)
{
    vet_rule_error(y->errors, &y->place, "%s", text);

    return VET_DECLINED;
}
