
/*
 * Copyright (C) the moderate authors
 *
 * Where rules and limits apply, and the exceptions: reading and asking.
 */


#include <string.h>

#include "vet_rules.h"


#define VET_FORM_LEN        1024
#define VET_SITE_LEN        256
#define VET_EXCEPTS_MAX     10000


static void vet_read_texts(vet_reader_t *r, const vet_node_t *node, size_t n,
    const char *expected, int forms, vet_texts_t *texts);
static void vet_read_place(vet_reader_t *r, const vet_node_t *node,
    const char *expected, int forms, vet_texts_t *texts);
static void vet_read_when(vet_reader_t *r, const vet_node_t *when,
    vet_except_t *except);
static const vet_node_t *vet_when_list(const vet_node_t *when,
    const char *name, size_t *n);
static void vet_read_covers(vet_reader_t *r, const vet_node_t *word, size_t n,
    vet_except_t *except);
static int vet_scope_form(const vet_texts_t *forms, vet_str_t path);
static int vet_scope_site(const vet_texts_t *sites, vet_str_t site);


static const char *const  vet_except_keys[] = { "rule", "when", NULL };

static const char *const  vet_when_keys[] = {
    "form", "field", "site", "text", NULL
};


void
vet_read_scope(vet_reader_t *r, const vet_node_t *map, vet_scope_t *scope)
{
    const vet_node_t  *node;

    node = vet_child(map, "forms");

    if (node != NULL && vet_is_list(r, node, "paths such as [/gop-y/]")) {
        vet_read_texts(r, node->child, node->n, "a path such as /gop-y/, or "
                                                "=/gop-y",
                       1, &scope->forms);
    }

    node = vet_child(map, "sites");

    if (node != NULL && vet_is_list(r, node, "names of sites")) {
        vet_read_texts(r, node->child, node->n, "the name of a site", 0,
                       &scope->sites);
    }
}


/* Adds the texts of n nodes. */

static void
vet_read_texts(vet_reader_t *r, const vet_node_t *node, size_t n,
    const char *expected, int forms, vet_texts_t *texts)
{
    texts->elts = vet_pcalloc(r->rs->pool, (n + 1) * sizeof(vet_str_t));
    if (texts->elts == NULL) {
        r->failed = 1;
        return;
    }

    for ( /* void */ ; n > 0; n--, node = node->next) {
        if (vet_is_text(r, node, expected)) {
            vet_read_place(r, node, expected, forms, texts);
        }
    }
}


static void
vet_read_place(vet_reader_t *r, const vet_node_t *node, const char *expected,
    int forms, vet_texts_t *texts)
{
    size_t       max;
    vet_str_t    s;
    vet_shown_t  shown;

    s = node->value;
    max = forms ? VET_FORM_LEN : VET_SITE_LEN;

    if (s.len > max) {
        vet_rule_error(r->errors, vet_at(r, node), "\"%s\" is too long, "
                       "expected at most %zu bytes", vet_shown(&shown, s),
                       max);
        return;
    }

    if (forms && s.data[0] != '/'
        && !(s.len > 1 && s.data[0] == '=' && s.data[1] == '/'))
    {
        vet_rule_error(r->errors, vet_at(r, node), "bad path \"%s\", expected "
                       "%s", vet_shown(&shown, s), expected);
        return;
    }

    texts->elts[texts->n++] = vet_keep(r, s);
}


void
vet_read_except(vet_reader_t *r, const vet_node_t *node)
{
    size_t             n;
    vet_except_t      *except, **place;
    const vet_node_t  *rule, *when;

    n = r->errors->n;
    r->place.id.len = 0;

    if (node->kind != VET_NODE_MAP) {
        vet_rule_error(r->errors, vet_at(r, node), "not a map, expected "
                       "{ rule: id, when: { form: \"/path/\" } }");
        return;
    }

    except = vet_pcalloc(r->rs->pool, sizeof(vet_except_t));
    if (except == NULL) {
        r->failed = 1;
        return;
    }

    vet_check_keys(r, node, vet_except_keys);
    rule = vet_need(r, node, "rule", "the id of a rule or limit");
    when = vet_need(r, node, "when", "{ form: \"/path/\" }");

    if (rule != NULL && vet_is_text(r, rule, "the id of a rule or limit")) {
        except->id = vet_keep(r, rule->value);
        except->place = *vet_at(r, rule);
    }

    if (when != NULL) {
        vet_read_when(r, when, except);
    }

    if (r->errors->n != n) {
        return;
    }

    if (r->rs->excepts.n == VET_EXCEPTS_MAX) {
        vet_rule_error(r->errors, vet_at(r, node), "one exception too many, "
                       "expected at most %d", VET_EXCEPTS_MAX);
        return;
    }

    except->index = r->rs->excepts.n;

    place = vet_list_push(&r->rs->excepts);
    if (place == NULL) {
        r->failed = 1;
        return;
    }

    *place = except;
}


static void
vet_read_when(vet_reader_t *r, const vet_node_t *when, vet_except_t *except)
{
    size_t             n;
    const vet_node_t  *node;

    if (when->kind != VET_NODE_MAP || when->n == 0) {
        vet_rule_error(r->errors, vet_at(r, when), "\"when\" %s, expected "
                       "{ form: \"/path/\" } and the like",
                       (when->kind == VET_NODE_MAP) ? "is empty"
                                                    : "is not a map");
        return;
    }

    vet_check_keys(r, when, vet_when_keys);

    node = vet_when_list(when, "form", &n);

    if (node != NULL) {
        vet_read_texts(r, node, n, "a path such as /gop-y/, or =/gop-y", 1,
                       &except->scope.forms);
    }

    node = vet_when_list(when, "site", &n);

    if (node != NULL) {
        vet_read_texts(r, node, n, "the name of a site", 0,
                       &except->scope.sites);
    }

    node = vet_when_list(when, "field", &n);

    if (node != NULL) {
        vet_read_roles(r, node, n, &except->roles);
    }

    node = vet_when_list(when, "text", &n);

    if (node != NULL) {
        vet_read_covers(r, node, n, except);
    }
}


/* Returns the first of n nodes: one value, or those of a list. */

static const vet_node_t *
vet_when_list(const vet_node_t *when, const char *name, size_t *n)
{
    const vet_node_t  *node;

    node = vet_child(when, name);

    if (node == NULL || node->kind != VET_NODE_LIST || node->n == 0) {
        *n = 1;
        return node;
    }

    *n = node->n;

    return node->child;
}


/* Phrases are found as those of a rule are. */

static void
vet_read_covers(vet_reader_t *r, const vet_node_t *word, size_t n,
    vet_except_t *except)
{
    vet_phrase_t     *phrase;
    vet_test_rule_t  *text;

    text = vet_pcalloc(r->rs->pool, sizeof(vet_test_rule_t));
    if (text == NULL) {
        r->failed = 1;
        return;
    }

    text->test = VET_TEST_WORDS;
    text->view = VET_VIEW_TEXT;

    text->phrases = vet_pcalloc(r->rs->source, n * sizeof(vet_phrase_t));
    if (text->phrases == NULL) {
        r->failed = 1;
        return;
    }

    for ( /* void */ ; n > 0; n--, word = word->next) {
        if (!vet_is_text(r, word, "a phrase")) {
            continue;
        }

        phrase = &text->phrases[text->nphrases++];
        phrase->text = word->value;
        phrase->place = *vet_at(r, word);
    }

    except->text = text;
}


void
vet_read_disable(vet_reader_t *r, const vet_node_t *node)
{
    vet_phrase_t      *id;
    const vet_node_t  *item;

    if (node == NULL) {
        return;
    }

    if (!r->override) {
        vet_rule_error(r->errors, vet_at(r, node), "\"disable\" has no use "
                       "here, expected it in a file of override.d");
        return;
    }

    if (!vet_is_list(r, node, "ids of rules and limits")) {
        return;
    }

    for (item = node->child; item != NULL; item = item->next) {
        if (!vet_is_text(r, item, "the id of a rule or limit")) {
            continue;
        }

        id = vet_list_push(&r->rs->disabled);
        if (id == NULL) {
            r->failed = 1;
            return;
        }

        id->text = item->value;
        id->place = *vet_at(r, item);
    }
}


int
vet_scope_holds(const vet_scope_t *scope, const vet_context_t *context)
{
    return vet_scope_form(&scope->forms, context->form)
           && vet_scope_site(&scope->sites, context->site);
}


static int
vet_scope_form(const vet_texts_t *forms, vet_str_t path)
{
    size_t     i;
    vet_str_t  s;

    for (i = 0; i < forms->n; i++) {
        s = forms->elts[i];

        if (s.data[0] == '=') {
            if (path.len == s.len - 1
                && memcmp(path.data, s.data + 1, path.len) == 0)
            {
                return 1;
            }

        } else if (path.len >= s.len
                   && memcmp(path.data, s.data, s.len) == 0)
        {
            return 1;
        }
    }

    return forms->n == 0;
}


static int
vet_scope_site(const vet_texts_t *sites, vet_str_t site)
{
    size_t  i;

    for (i = 0; i < sites->n; i++) {
        if (sites->elts[i].len == site.len
            && memcmp(sites->elts[i].data, site.data, site.len) == 0)
        {
            return 1;
        }
    }

    return sites->n == 0;
}


int
vet_limit_applies(const vet_limit_t *limit, const vet_context_t *context)
{
    const vet_except_t  *except;

    if (limit->scope == NULL) {
        return 1;
    }

    if (!vet_scope_holds(limit->scope, context)) {
        return 0;
    }

    for (except = limit->scope->excepts; except != NULL;
         except = except->next)
    {
        if (vet_scope_holds(&except->scope, context)) {
            return 0;
        }
    }

    return 1;
}
