
/*
 * Copyright (C) the moderate authors
 *
 * The language of rule files: from the tree of a YAML file to rules.
 *
 * Every problem is noted and reading goes on, so that one look at a file
 * shows all of them.  A rule with a problem is left out of the set, which is
 * not going to be used anyway.
 */


#include <stdlib.h>
#include <string.h>

#include "vet_rules.h"


#define VET_ID_LEN          64
#define VET_TITLE_LEN       200
#define VET_PHRASE_LEN      200
#define VET_PHRASES_MAX     10000
#define VET_NAMES_LEN       256


static void vet_read_file(vet_reader_t *r, const vet_node_t *root);
static void vet_read_version(vet_reader_t *r, const vet_node_t *root);
static void vet_read_thresholds(vet_reader_t *r, const vet_node_t *node);
static void vet_read_rule(vet_reader_t *r, const vet_node_t *node);
static int vet_id_valid(vet_str_t id);
static void vet_read_title(vet_reader_t *r, const vet_node_t *map,
    vet_rule_t *rule);
static void vet_read_in(vet_reader_t *r, const vet_node_t *node,
    vet_test_rule_t *rule);
static void vet_read_points(vet_reader_t *r, const vet_node_t *map,
    vet_test_rule_t *rule);
static void vet_read_test(vet_reader_t *r, const vet_node_t *map,
    vet_test_rule_t *rule);
static const char *vet_read_tests(const vet_node_t *map);
static void vet_read_unused(vet_reader_t *r, const vet_node_t *map,
    const char *test);
static void vet_read_words(vet_reader_t *r, const vet_node_t *node,
    vet_test_rule_t *rule);
static void vet_read_most(vet_reader_t *r, const vet_node_t *map,
    vet_test_rule_t *rule);
static void vet_read_match(vet_reader_t *r, const vet_node_t *node,
    const vet_node_t *view, vet_test_rule_t *rule);
static void vet_read_examples(vet_reader_t *r, const vet_node_t *map,
    vet_test_rule_t *rule);
static size_t vet_read_example(vet_reader_t *r, const vet_node_t *list,
    int hit, vet_list_t *examples);


static const char *const  vet_file_keys[] = {
    "version", "thresholds", "rules", "limits", "except", "disable", NULL
};

static const char *const  vet_threshold_keys[] = { "hold", "reject", NULL };

static const char *const  vet_rule_keys[] = {
    "id", "title", "category", "reason", "in", "words", "match", "measure",
    "over", "view", "score", "mode", "examples", "any", "all", "none",
    "hosts", "personal", "under", "min_length", "bare_score", "forms",
    "sites", "most", NULL
};

/* what a rule may look for; any, all and none go together */

static const char *const  vet_tests[] = {
    "words", "match", "measure", "hosts", "personal", "any", "all", "none",
    NULL
};

/* keys that only some tests have a use for */

static const struct {
    const char  *key;
    const char  *tests;         /* each with a SPACE behind it */
    const char  *expected;
} vet_uses[] = {
    { "view", "match ", "\"match\"" },
    { "over", "measure personal words match ",
      "\"words\", \"match\", \"measure\" or \"personal\"" },
    { "under", "measure ", "\"measure\"" },
    { "min_length", "measure ", "\"measure\"" },
    { "bare_score", "words ", "\"words\"" },
    { "most", "words ", "\"words\"" },
    { "in", "words match measure hosts personal ",
      "a rule that looks at fields itself" }
};

static const char *const  vet_example_keys[] = { "hit", "miss", NULL };

/* in the order of vet_category_list */

static const char *const  vet_categories[] = {
    "advertising", "scam", "abuse", "personal-data", "impersonation",
    "link-flood", "duplicate", "automated", "unreadable", NULL
};

static const vet_category_t  vet_category_list[] = {
    { vet_string("advertising"),   vet_string("contact-advertising") },
    { vet_string("scam"),          vet_string("scam") },
    { vet_string("abuse"),         vet_string("abuse") },
    { vet_string("personal-data"), vet_string("personal-data") },
    { vet_string("impersonation"), vet_string("impersonation") },
    { vet_string("link-flood"),    vet_string("link-flood") },
    { vet_string("duplicate"),     vet_string("duplicate") },
    { vet_string("automated"),     vet_string("automated") },
    { vet_string("unreadable"),    vet_string("unreadable") }
};

static const char *const  vet_reasons[] = {
    "contact-advertising", "scam", "abuse", "personal-data", "impersonation",
    "link-flood", "duplicate", "rate", "automated", "unreadable",
    "check-unavailable", "other", NULL
};

/* role ignore is not among them: such a field is never matched */

static const char *const  vet_roles[] = {
    "text", "title", "author", "email", "url", "phone", "honeypot", "other",
    NULL
};

static const vet_role_t  vet_role_list[] = {
    VET_ROLE_TEXT, VET_ROLE_TITLE, VET_ROLE_AUTHOR, VET_ROLE_EMAIL,
    VET_ROLE_URL, VET_ROLE_PHONE, VET_ROLE_HONEYPOT, VET_ROLE_OTHER
};

/* in the order of vet_view_kind_t */

static const char *const  vet_views[] = { "raw", "text", "folded", "squeezed",
                                         NULL };

static const char *const  vet_modes[] = { "enforce", "shadow", NULL };


int
vet_rule_read(vet_ruleset_t *rs, const vet_rule_path_t *file, vet_str_t data,
    vet_errors_t *errors)
{
    int            rc;
    vet_node_t    *root;
    vet_reader_t   r;

    rc = vet_yaml_read(rs->source, file->path, data, &root, errors);
    if (rc != VET_OK) {
        return rc;
    }

    memset(&r, 0, sizeof(vet_reader_t));
    r.rs = rs;
    r.errors = errors;
    r.place.file = file->path;
    r.override = file->override;

    vet_read_file(&r, root);

    return r.failed ? VET_ERROR : VET_OK;
}


static void
vet_read_file(vet_reader_t *r, const vet_node_t *root)
{
    const vet_node_t  *node, *rules, *limits, *except;

    if (root->kind != VET_NODE_MAP) {
        vet_rule_error(r->errors, vet_at(r, root), "not a rule file, expected "
                       "\"version: 1\" and rules");
        return;
    }

    vet_check_keys(r, root, vet_file_keys);
    vet_read_version(r, root);
    vet_read_thresholds(r, vet_child(root, "thresholds"));

    rules = vet_child(root, "rules");

    if (rules != NULL && vet_is_list(r, rules, "a list of rules")) {
        for (node = rules->child; node != NULL; node = node->next) {
            r->place.kind = "rule";
            vet_read_rule(r, node);
        }
    }

    r->place.kind = NULL;
    limits = vet_child(root, "limits");

    if (limits != NULL && vet_is_list(r, limits, "a list of limits")) {
        for (node = limits->child; node != NULL; node = node->next) {
            r->place.kind = "limit";
            vet_read_limit(r, node);
        }
    }

    r->place.kind = NULL;
    except = vet_child(root, "except");

    if (except != NULL && vet_is_list(r, except, "a list of exceptions")) {
        for (node = except->child; node != NULL; node = node->next) {
            r->place.kind = "except";
            vet_read_except(r, node);
        }
    }

    r->place.kind = NULL;
    vet_read_disable(r, vet_child(root, "disable"));
}


static void
vet_read_version(vet_reader_t *r, const vet_node_t *root)
{
    vet_shown_t        shown;
    const vet_node_t  *node;

    node = vet_need(r, root, "version", "1");

    if (node != NULL && vet_is_text(r, node, "1")
        && !vet_str_is(node->value, "1"))
    {
        vet_rule_error(r->errors, vet_at(r, node), "unknown version \"%s\", "
                       "expected 1", vet_shown(&shown, node->value));
    }
}


static void
vet_read_thresholds(vet_reader_t *r, const vet_node_t *node)
{
    size_t        n;
    const char  **first;

    if (node == NULL) {
        return;
    }

    first = r->override ? &r->rs->override : &r->rs->thresholds;

    if (node->kind != VET_NODE_MAP) {
        vet_rule_error(r->errors, vet_at(r, node), "\"thresholds\" is not a "
                       "map, expected { hold: 5, reject: 15 }");
        return;
    }

    if (*first != NULL) {
        vet_rule_error(r->errors, vet_at(r, node), "\"thresholds\" is set "
                       "again, expected it in one file of a set, first in %s",
                       *first);
        return;
    }

    *first = r->place.file;
    n = r->errors->n;

    vet_check_keys(r, node, vet_threshold_keys);

    if (vet_child(node, "hold") != NULL) {
        vet_read_score(r, node, "hold", 1, &r->rs->hold);
    }

    if (vet_child(node, "reject") != NULL) {
        vet_read_score(r, node, "reject", 1, &r->rs->reject);
    }

    if (r->errors->n == n && r->rs->reject <= r->rs->hold) {
        vet_rule_error(r->errors, vet_at(r, node), "\"reject\" is not above "
                       "\"hold\", expected more than %d.%d",
                       r->rs->hold / VET_POINT, r->rs->hold % VET_POINT);
    }
}


static void
vet_read_rule(vet_reader_t *r, const vet_node_t *node)
{
    size_t            n;
    vet_name_t       *name;
    vet_test_rule_t  *rule;

    n = r->errors->n;
    r->place.id.len = 0;

    if (node->kind != VET_NODE_MAP) {
        vet_rule_error(r->errors, vet_at(r, node), "not a map, expected "
                       "\"id: ...\" and more keys");
        return;
    }

    rule = vet_list_push(&r->rs->rules);
    if (rule == NULL) {
        r->failed = 1;
        return;
    }

    name = vet_read_id(r, node, &rule->rule);
    rule->place = *vet_at(r, node);
    rule->override = (r->override != 0);

    vet_check_keys(r, node, vet_rule_keys);
    vet_read_title(r, node, &rule->rule);
    vet_read_category(r, node, &rule->rule);
    vet_read_reason(r, node, &rule->rule);
    vet_read_in(r, vet_child(node, "in"), rule);
    vet_read_test(r, node, rule);
    vet_read_points(r, node, rule);
    vet_read_scope(r, node, &rule->scope);
    vet_read_mode(r, node, &rule->rule);
    vet_read_examples(r, node, rule);

    r->place.id.len = 0;

    if (name != NULL) {
        name->index = r->rs->rules.n - 1;
        name->bad = (r->errors->n != n);
    }

    if (r->errors->n != n) {
        memset(rule, 0, sizeof(vet_test_rule_t));
        r->rs->rules.n--;
    }
}


/* Returns the id's entry among the names, or NULL when there is none. */

vet_name_t *
vet_read_id(vet_reader_t *r, const vet_node_t *map, vet_rule_t *rule)
{
    vet_name_t        *name;
    vet_shown_t        shown;
    const vet_node_t  *node;

    node = vet_need(r, map, "id", "a name such as scam.loan");

    if (node == NULL || !vet_is_text(r, node, "a name such as scam.loan")) {
        return NULL;
    }

    if (!vet_id_valid(node->value)) {
        vet_rule_error(r->errors, vet_at(r, node), "bad id \"%s\", expected "
                       "at most 64 of a-z, 0-9, \".\" and \"-\", first a "
                       "letter or digit", vet_shown(&shown, node->value));
        return NULL;
    }

    r->place.id = node->value;

    if (node->value.len >= 7 && memcmp(node->value.data, "engine.", 7) == 0) {
        vet_rule_error(r->errors, vet_at(r, node), "id begins with "
                       "\"engine.\", expected another: those are the "
                       "engine's own");
    }

    rule->id = vet_keep(r, node->value);
    rule->line = map->line;
    rule->file = vet_keep_path(r);

    name = vet_list_push(&r->rs->names);
    if (name == NULL) {
        r->failed = 1;
        return NULL;
    }

    name->place = *vet_at(r, node);
    name->place.id = rule->id;
    name->order = r->rs->names.n;
    name->override = (r->override != 0);

    return name;
}


static int
vet_id_valid(vet_str_t id)
{
    size_t         i;
    unsigned char  c;

    if (id.len == 0 || id.len > VET_ID_LEN) {
        return 0;
    }

    for (i = 0; i < id.len; i++) {
        c = id.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || (i > 0 && (c == '.' || c == '-'))))
        {
            return 0;
        }
    }

    return 1;
}


static void
vet_read_title(vet_reader_t *r, const vet_node_t *map, vet_rule_t *rule)
{
    const vet_node_t  *node;

    node = vet_child(map, "title");

    if (node == NULL || !vet_is_text(r, node, "a short text")) {
        return;
    }

    if (node->value.len > VET_TITLE_LEN) {
        vet_rule_error(r->errors, vet_at(r, node), "\"title\" is too long, "
                       "expected at most %d bytes", VET_TITLE_LEN);
        return;
    }

    rule->title = vet_keep(r, node->value);
}


void
vet_read_category(vet_reader_t *r, const vet_node_t *map, vet_rule_t *rule)
{
    char               names[VET_NAMES_LEN];
    size_t             i;
    const vet_node_t  *node;

    vet_names(vet_categories, names, sizeof(names));

    node = vet_child(map, "category");

    if (node == NULL) {
        vet_rule_error(r->errors, vet_at(r, map), "\"category\" is missing, "
                       "expected one of %s", names);
        return;
    }

    if (!vet_is_text(r, node, "a name")) {
        return;
    }

    i = vet_index(vet_categories, node->value);

    if (vet_categories[i] == NULL) {
        vet_unknown(r, node, "category", vet_categories);
        return;
    }

    /* a limit has them from its key already, and keeps that reason */

    rule->category = vet_category_list[i].name;

    if (rule->reason.len == 0) {
        rule->reason = vet_category_list[i].reason;
    }
}


vet_str_t
vet_category(size_t i)
{
    vet_str_t  none = { 0, NULL };

    return (i < sizeof(vet_category_list) / sizeof(vet_category_t))
           ? vet_category_list[i].name : none;
}


void
vet_read_reason(vet_reader_t *r, const vet_node_t *map, vet_rule_t *rule)
{
    size_t             i;
    const vet_node_t  *node;

    node = vet_child(map, "reason");

    if (node == NULL || !vet_is_text(r, node, "a name")) {
        return;
    }

    i = vet_index(vet_reasons, node->value);

    if (vet_reasons[i] == NULL) {
        vet_unknown(r, node, "reason", vet_reasons);
        return;
    }

    rule->reason.data = (const unsigned char *) vet_reasons[i];
    rule->reason.len = strlen(vet_reasons[i]);
}


void
vet_read_mode(vet_reader_t *r, const vet_node_t *map, vet_rule_t *rule)
{
    const vet_node_t  *node;

    node = vet_child(map, "mode");

    if (node == NULL || !vet_is_text(r, node, "enforce or shadow")) {
        return;
    }

    if (vet_str_is(node->value, "shadow")) {
        rule->mode = VET_MODE_SHADOW;

    } else if (!vet_str_is(node->value, "enforce")) {
        vet_unknown(r, node, "mode", vet_modes);
    }
}


static void
vet_read_in(vet_reader_t *r, const vet_node_t *node, vet_test_rule_t *rule)
{
    rule->roles = 1 << VET_ROLE_TEXT | 1 << VET_ROLE_TITLE
                  | 1 << VET_ROLE_OTHER;

    if (node != NULL && vet_is_list(r, node, "roles such as [text, title]")) {
        rule->roles = 0;
        vet_read_roles(r, node->child, node->n, &rule->roles);
    }
}


/* Adds the roles that n nodes name. */

void
vet_read_roles(vet_reader_t *r, const vet_node_t *node, size_t n,
    unsigned *roles)
{
    size_t  i;

    for ( /* void */ ; n > 0; n--, node = node->next) {
        if (!vet_is_text(r, node, "a role such as text")) {
            continue;
        }

        i = vet_index(vet_roles, node->value);

        if (vet_roles[i] == NULL) {
            vet_unknown(r, node, "role", vet_roles);
            continue;
        }

        *roles |= 1u << vet_role_list[i];
    }

    /* a field that no selector named may be the text */

    if (*roles & 1u << VET_ROLE_TEXT) {
        *roles |= 1u << VET_ROLE_OTHER;
    }
}


/* A score of 0 is for parts of other rules, which are known at the end. */

static void
vet_read_points(vet_reader_t *r, const vet_node_t *map, vet_test_rule_t *rule)
{
    const vet_node_t  *node;

    vet_read_score(r, map, "score", 0, &rule->rule.score);
    rule->bare_score = rule->rule.score / 2;

    node = vet_child(map, "bare_score");
    if (node == NULL) {
        return;
    }

    vet_read_score(r, map, "bare_score", 0, &rule->bare_score);

    if (rule->bare_score > rule->rule.score) {
        vet_rule_error(r->errors, vet_at(r, node), "\"bare_score\" is above "
                       "\"score\", expected at most %d.%d",
                       rule->rule.score / VET_POINT,
                       rule->rule.score % VET_POINT);
    }
}


static void
vet_read_test(vet_reader_t *r, const vet_node_t *map, vet_test_rule_t *rule)
{
    const char        *test;
    const vet_node_t  *node;

    test = vet_read_tests(map);

    if (test == NULL || *test == '\0') {
        vet_rule_error(r->errors, vet_at(r, map), "%s, expected one of "
                       "\"words\", \"match\", \"measure\", \"hosts\", "
                       "\"personal\", or \"any\", \"all\" and \"none\"",
                       (test == NULL) ? "rule has nothing to look for"
                                      : "rule looks for two things");
        return;
    }

    vet_read_unused(r, map, test);
    node = vet_child(map, test);

    if (strcmp(test, "words") == 0) {
        vet_read_words(r, node, rule);
        vet_read_most(r, map, rule);
        vet_read_least(r, map, rule);

    } else if (strcmp(test, "match") == 0) {
        vet_read_match(r, node, vet_child(map, "view"), rule);
        vet_read_least(r, map, rule);

    } else if (strcmp(test, "measure") == 0) {
        vet_read_measure(r, map, node, rule);

    } else if (strcmp(test, "hosts") == 0) {
        vet_read_hosts(r, map, node, rule);

    } else if (strcmp(test, "personal") == 0) {
        vet_read_personal(r, map, node, rule);

    } else {
        vet_read_parts(r, map, rule);
    }
}


/* Returns what the rule looks for; NULL: nothing; "": more than one thing. */

static const char *
vet_read_tests(const vet_node_t *map)
{
    size_t       i;
    const char  *test;

    test = NULL;

    for (i = 0; vet_tests[i] != NULL; i++) {
        if (vet_child(map, vet_tests[i]) == NULL) {
            continue;
        }

        if (test != NULL && vet_tests[i][0] != 'n' && vet_tests[i][0] != 'a') {
            return "";
        }

        if (test != NULL && test[0] != 'a') {
            return "";
        }

        test = vet_tests[i];
    }

    return test;
}


static void
vet_read_unused(vet_reader_t *r, const vet_node_t *map, const char *test)
{
    size_t             i, len;
    const char        *p;
    const vet_node_t  *node;

    len = strlen(test);

    for (i = 0; i < sizeof(vet_uses) / sizeof(vet_uses[0]); i++) {
        node = vet_child(map, vet_uses[i].key);
        if (node == NULL) {
            continue;
        }

        p = strstr(vet_uses[i].tests, test);

        if (p == NULL || p[len] != ' ') {
            vet_rule_error(r->errors, vet_at(r, node), "\"%s\" has no use "
                           "here, expected it with %s only", vet_uses[i].key,
                           vet_uses[i].expected);
        }
    }
}


static void
vet_read_words(vet_reader_t *r, const vet_node_t *node, vet_test_rule_t *rule)
{
    size_t       i;
    vet_list_t   phrases;

    rule->test = VET_TEST_WORDS;
    rule->view = VET_VIEW_TEXT;

    memset(&phrases, 0, sizeof(vet_list_t));
    phrases.size = sizeof(vet_phrase_t);
    phrases.pool = r->rs->source;

    vet_read_phrases(r, node, "phrases such as [\"vay tiền nhanh\"]",
                     "a phrase", &phrases);

    rule->phrases = phrases.elts;
    rule->nphrases = phrases.n;

    if (phrases.n > VET_PHRASES_MAX) {
        vet_rule_error(r->errors, vet_at(r, node), "too many phrases, "
                       "expected at most %d", VET_PHRASES_MAX);
        return;
    }

    for (i = 0; i < phrases.n; i++) {
        if (rule->phrases[i].text.len > VET_PHRASE_LEN) {
            vet_rule_error(r->errors, &rule->phrases[i].place, "phrase is too "
                           "long, expected at most %d bytes", VET_PHRASE_LEN);
        }
    }
}


/* No more than there are hits kept to count. */

static void
vet_read_most(vet_reader_t *r, const vet_node_t *map, vet_test_rule_t *rule)
{
    uint32_t           most;
    const vet_node_t  *node;

    node = vet_child(map, "most");
    if (node == NULL) {
        return;
    }

    most = 1;
    vet_read_number(r, map, "most", &most);

    if (most == 0 || most > VET_HITS_PER_RULE) {
        vet_rule_error(r->errors, vet_at(r, node), "\"most\" is %u, expected "
                       "a number of phrases from 1 to %d", most,
                       VET_HITS_PER_RULE);
        return;
    }

    rule->most = most;
}


static void
vet_read_match(vet_reader_t *r, const vet_node_t *node,
    const vet_node_t *view, vet_test_rule_t *rule)
{
    size_t  i;

    rule->test = VET_TEST_MATCH;
    rule->view = VET_VIEW_TEXT;

    if (view != NULL && vet_is_text(r, view, "raw, text or folded")) {
        i = vet_index(vet_views, view->value);

        if (vet_views[i] == NULL) {
            vet_unknown(r, view, "view", vet_views);

        } else {
            rule->view = (vet_view_kind_t) i;
        }
    }

    if (!vet_is_text(r, node, "a PCRE2 pattern")) {
        return;
    }

    if (node->value.len > VET_PATTERN_LEN) {
        vet_rule_error(r->errors, vet_at(r, node), "pattern is too long, "
                       "expected at most %d bytes", VET_PATTERN_LEN);
        return;
    }

    rule->phrases = vet_pcalloc(r->rs->source, sizeof(vet_phrase_t));
    if (rule->phrases == NULL) {
        r->failed = 1;
        return;
    }

    rule->nphrases = 1;
    rule->phrases[0].text = node->value;
    rule->phrases[0].place = *vet_at(r, node);
}


size_t
vet_view_index(vet_str_t name)
{
    return vet_index(vet_views, name);
}


const char *
vet_view_name(vet_view_kind_t view)
{
    return vet_views[view];
}


static void
vet_read_examples(vet_reader_t *r, const vet_node_t *map,
    vet_test_rule_t *rule)
{
    size_t             hits, misses;
    vet_list_t         examples;
    const vet_node_t  *node, *hit, *miss;

    /* what a text alone cannot show needs none; of parts it is not known yet */

    if ((rule->context || rule->test == VET_TEST_PARTS)
        && vet_child(map, "examples") == NULL)
    {
        return;
    }

    node = vet_need(r, map, "examples", "{ hit: [...], miss: [...] }");
    if (node == NULL) {
        return;
    }

    if (node->kind != VET_NODE_MAP) {
        vet_rule_error(r->errors, vet_at(r, node), "\"examples\" is not a "
                       "map, expected { hit: [...], miss: [...] }");
        return;
    }

    hit = vet_child(node, "hit");
    miss = vet_child(node, "miss");

    /* room for all: a list that grows keeps three times what it needs */

    memset(&examples, 0, sizeof(vet_list_t));
    examples.size = sizeof(vet_example_t);
    examples.pool = r->rs->pool;
    examples.nalloc = (hit == NULL ? 0 : hit->n) + (miss == NULL ? 0 : miss->n);
    examples.elts = vet_palloc(examples.pool, examples.nalloc * examples.size);

    if (examples.elts == NULL) {
        r->failed = 1;
        return;
    }

    vet_check_keys(r, node, vet_example_keys);
    hits = vet_read_example(r, hit, 1, &examples);
    misses = vet_read_example(r, miss, 0, &examples);

    if (hits == 0 && rule->test != VET_TEST_PARTS) {
        vet_rule_error(r->errors, vet_at(r, node), "no example is a hit, "
                       "expected hit: [\"...\"] with a text the rule is for");
    }

    if (misses == 0 && vet_child(map, "measure") == NULL
        && rule->test != VET_TEST_PARTS)
    {
        vet_rule_error(r->errors, vet_at(r, node), "no example is a miss, "
                       "expected miss: [\"...\"] with a text that is nearly "
                       "one");
    }

    rule->examples = examples.elts;
    rule->nexamples = examples.n;
}


/* Returns how many there are; list may be NULL. */

static size_t
vet_read_example(vet_reader_t *r, const vet_node_t *list, int hit,
    vet_list_t *examples)
{
    vet_example_t     *example;
    const vet_node_t  *node;

    if (list == NULL || !vet_is_list(r, list, "texts")) {
        return (list == NULL) ? 0 : 1;
    }

    for (node = list->child; node != NULL; node = node->next) {
        if (!vet_is_text(r, node, "a text")) {
            continue;
        }

        example = vet_list_push(examples);
        if (example == NULL) {
            r->failed = 1;
            return list->n;
        }

        example->text = vet_keep(r, node->value);
        example->line = (uint32_t) node->line;
        example->column = (unsigned) node->column & 0x7fffffff;
        example->hit = (hit != 0);
    }

    return list->n;
}
