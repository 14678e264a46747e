
/*
 * Copyright (C) the moderate authors
 *
 * Rule sets: loading reads files, parses them, compiles the rules and runs
 * their examples.  What is loaded never changes.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vet_filter.h"
#include "vet_pool.h"
#include "vet_rules.h"


#define VET_HOLD_DEFAULT    (5 * VET_POINT)
#define VET_REJECT_DEFAULT  (15 * VET_POINT)

/* far above what VET_RULES_MAX rules take: it is there to end a mistake */

#define VET_SET_MEMORY      ((size_t) 1024 * 1024 * 1024)
#define VET_EXAMPLE_MEMORY  ((size_t) 256 * 1024 * 1024)


static vet_ruleset_t *vet_ruleset_make(const vet_str_t *paths, size_t npaths,
    const vet_rest_t *rest, vet_errors_t *errors);
static vet_ruleset_t *vet_ruleset_create(void);
static int vet_ruleset_build(vet_ruleset_t *rs, const vet_str_t *paths,
    size_t npaths, vet_errors_t *errors);
static int vet_ruleset_read(vet_ruleset_t *rs, const vet_str_t *paths,
    size_t npaths, vet_errors_t *errors);
static int vet_ruleset_parse(vet_ruleset_t *rs, const vet_rule_path_t *file,
    vet_errors_t *errors);
static void vet_ruleset_count(const vet_ruleset_t *rs, vet_errors_t *errors);
static int vet_ruleset_compile(vet_ruleset_t *rs, vet_errors_t *errors);
static int vet_ruleset_rule_compile(vet_ruleset_t *rs, vet_test_rule_t *rule,
    vet_errors_t *errors);
static int vet_ruleset_covers(vet_ruleset_t *rs, vet_errors_t *errors);
static int vet_ruleset_match(vet_ruleset_t *rs, vet_test_rule_t *rule,
    vet_errors_t *errors);
static int vet_ruleset_examples(vet_ruleset_t *rs, vet_errors_t *errors);
static int vet_ruleset_try(const vet_ruleset_t *rs,
    const vet_test_rule_t *rule, vet_scratch_t *scratch, vet_errors_t *errors);
static int vet_example_run(const vet_ruleset_t *rs,
    const vet_test_rule_t *rule, const vet_example_t *example,
    vet_scratch_t *scratch, vet_errors_t *errors);
static void vet_example_context(const vet_test_rule_t *rule,
    const vet_example_t *example, vet_submission_t *s);
static void vet_example_judge(const vet_test_rule_t *rule,
    const vet_example_t *example, const vet_hits_t *hits,
    vet_errors_t *errors);
static int vet_rule_capitals(const vet_test_rule_t *rule);
static void vet_ruleset_forget(vet_ruleset_t *rs);
static void vet_ruleset_patterns(vet_test_rule_t *rule);
static int vet_ruleset_order(const void *one, const void *two);
static const vet_test_rule_t *vet_ruleset_at(const vet_ruleset_t *rs,
    size_t i);


vet_ruleset_t *
vet_ruleset_load(const vet_str_t *paths, size_t npaths, vet_errors_t *errors)
{
    return vet_ruleset_load_resting(paths, npaths, NULL, errors);
}


vet_ruleset_t *
vet_ruleset_load_resting(const vet_str_t *paths, size_t npaths,
    const vet_rest_t *rest, vet_errors_t *errors)
{
    vet_ruleset_t  *rs;

    rs = vet_ruleset_make(paths, npaths, rest, errors);

    if (rs != NULL) {
        vet_ruleset_forget(rs);
        vet_pool_rest(rs->pool, NULL);
    }

    return rs;
}


vet_ruleset_t *
vet_ruleset_open(const vet_str_t *paths, size_t npaths, vet_errors_t *errors)
{
    return vet_ruleset_make(paths, npaths, NULL, errors);
}


static vet_ruleset_t *
vet_ruleset_make(const vet_str_t *paths, size_t npaths,
    const vet_rest_t *rest, vet_errors_t *errors)
{
    int             rc;
    size_t          n;
    vet_place_t     place;
    vet_ruleset_t  *rs;

    n = errors->n;
    rs = vet_ruleset_create();
    rc = VET_ERROR;

    if (rs != NULL) {
        vet_pool_rest(rs->pool, rest);
        vet_pool_rest(rs->source, rest);

        rc = vet_ruleset_build(rs, paths, npaths, errors);
    }

    if (rc == VET_ERROR) {
        memset(&place, 0, sizeof(vet_place_t));
        place.file = "rules";
        vet_rule_error(errors, &place, "out of memory, expected at most 1 GiB "
                       "to be enough");
    }

    if (errors->n != n) {
        vet_ruleset_destroy(rs);
        return NULL;
    }

    return rs;
}


static vet_ruleset_t *
vet_ruleset_create(void)
{
    vet_ruleset_t  *rs;

    rs = calloc(1, sizeof(vet_ruleset_t));
    if (rs == NULL) {
        return NULL;
    }

    rs->pool = vet_pool_create_mapped(VET_SET_MEMORY);
    rs->source = vet_pool_create_mapped(VET_SET_MEMORY);
    rs->maker = (rs->pool == NULL) ? NULL : vet_pattern_maker(rs->pool);

    if (rs->maker == NULL || rs->source == NULL) {
        vet_ruleset_destroy(rs);
        return NULL;
    }

    rs->rules.size = sizeof(vet_test_rule_t);
    rs->rules.pool = rs->source;       /* vet_combine copies them */
    rs->limits.size = sizeof(vet_limit_t);
    rs->limits.pool = rs->pool;
    rs->excepts.size = sizeof(vet_except_t *);
    rs->excepts.pool = rs->pool;
    rs->disabled.size = sizeof(vet_phrase_t);
    rs->disabled.pool = rs->source;
    rs->lists.size = sizeof(vet_list_file_t);
    rs->lists.pool = rs->source;
    rs->names.size = sizeof(vet_name_t);
    rs->names.pool = rs->source;
    rs->hold = VET_HOLD_DEFAULT;
    rs->reject = VET_REJECT_DEFAULT;

    return rs;
}


/* Returns VET_ERROR when memory is out; else errors tell how it went. */

static int
vet_ruleset_build(vet_ruleset_t *rs, const vet_str_t *paths, size_t npaths,
    vet_errors_t *errors)
{
    int  rc;

    rc = vet_ruleset_read(rs, paths, npaths, errors);

    if (rc == VET_OK) {
        rc = vet_combine(rs, errors);
    }

    if (rc == VET_OK) {
        rs->trial = vet_scratch_create_trial();
        rs->work = vet_pool_create_work();
        rc = (rs->trial == NULL || rs->work == NULL) ? VET_ERROR : VET_OK;
    }

    if (rc == VET_OK) {
        vet_ruleset_count(rs, errors);
        rc = vet_ruleset_compile(rs, errors);
    }

    if (rc == VET_OK) {
        rc = vet_filter_make(rs);
    }

    if (rc == VET_OK) {
        rc = vet_ruleset_examples(rs, errors);
    }

    vet_scratch_destroy(rs->trial);
    vet_pool_destroy(rs->work);
    rs->trial = NULL;
    rs->work = NULL;

    (void) snprintf(rs->version, sizeof(rs->version), "%016llx",
                    (unsigned long long) rs->hash);

    return rc;
}


static int
vet_ruleset_read(vet_ruleset_t *rs, const vet_str_t *paths, size_t npaths,
    vet_errors_t *errors)
{
    int               rc;
    size_t            i;
    unsigned          override;
    vet_list_t        files;
    vet_rule_path_t  *file;

    memset(&files, 0, sizeof(vet_list_t));
    files.size = sizeof(vet_rule_path_t);
    files.pool = rs->source;

    rc = vet_rule_files(paths, npaths, &files, errors);

    /* what replaces comes behind all that there is to replace */

    for (override = 0; override <= 1; override++) {
        for (i = 0; rc != VET_ERROR && i < files.n; i++) {
            file = (vet_rule_path_t *) files.elts + i;

            if (file->override == override) {
                rc = vet_ruleset_parse(rs, file, errors);
            }
        }
    }

    return (rc == VET_ERROR) ? VET_ERROR : VET_OK;
}


static int
vet_ruleset_parse(vet_ruleset_t *rs, const vet_rule_path_t *file,
    vet_errors_t *errors)
{
    int        rc;
    vet_str_t  data;

    rc = vet_rule_file(rs->source, file->path, NULL, &data, errors);
    if (rc != VET_OK) {
        return rc;
    }

    rs->hash = vet_rule_hash(rs->hash, data);

    return vet_rule_read(rs, file, data, errors);
}


static void
vet_ruleset_count(const vet_ruleset_t *rs, vet_errors_t *errors)
{
    vet_place_t  place;

    memset(&place, 0, sizeof(vet_place_t));
    place.file = "rules";

    if (rs->rules.n == 0 && errors->n == 0) {
        vet_rule_error(errors, &place, "no rule in these files, expected at "
                       "least one");
    }

    if (rs->rules.n + rs->limits.n > VET_RULES_MAX) {
        vet_rule_error(errors, &place, "too many rules and limits, expected "
                       "at most %d", VET_RULES_MAX);
    }
}


static int
vet_ruleset_compile(vet_ruleset_t *rs, vet_errors_t *errors)
{
    int               rc;
    size_t            i;
    vet_test_rule_t  *rule;

    rc = VET_OK;

    for (i = 0; i < rs->rules.n && rc != VET_ERROR; i++) {
        rule = (vet_test_rule_t *) rs->rules.elts + i;

        rc = vet_ruleset_rule_compile(rs, rule, errors);

        /* one that does not compile has no examples to run */

        if (rc != VET_OK) {
            rule->nexamples = 0;
        }
    }

    if (rc != VET_ERROR) {
        rc = vet_ruleset_covers(rs, errors);
    }

    return (rc == VET_ERROR) ? VET_ERROR : VET_OK;
}


static int
vet_ruleset_rule_compile(vet_ruleset_t *rs, vet_test_rule_t *rule,
    vet_errors_t *errors)
{
    switch (rule->test) {

    case VET_TEST_WORDS:
        return vet_words_compile(rs, rule, errors);

    case VET_TEST_MATCH:
        return vet_ruleset_match(rs, rule, errors);

    case VET_TEST_HOSTS:
        return vet_hosts_compile(rs, rule, errors);

    default:
        return VET_OK;
    }
}


/* The phrases of exceptions. */

static int
vet_ruleset_covers(vet_ruleset_t *rs, vet_errors_t *errors)
{
    int             rc;
    size_t          i;
    vet_except_t  **excepts;

    rc = VET_OK;
    excepts = rs->excepts.elts;

    for (i = 0; rc != VET_ERROR && i < rs->excepts.n; i++) {
        if (excepts[i]->text != NULL) {
            rc = vet_words_compile(rs, excepts[i]->text, errors);
        }
    }

    return rc;
}


static int
vet_ruleset_match(vet_ruleset_t *rs, vet_test_rule_t *rule,
    vet_errors_t *errors)
{
    int            rc;
    char           text[VET_PATTERN_TEXT];
    size_t         offset;
    uint32_t       options;
    vet_str_t      source;
    vet_found_t    found;

    rule->patterns = vet_pcalloc(rs->pool, sizeof(vet_pattern_t));
    if (rule->patterns == NULL) {
        return VET_ERROR;
    }

    rule->npatterns = 1;
    source = rule->phrases[0].text;
    options = PCRE2_UCP | ((rule->view == VET_VIEW_RAW) ? PCRE2_CASELESS : 0);

    rc = vet_pattern_compile(rs->maker, rule->patterns, source.data,
                             source.len, options, text, &offset);

    if (rc == VET_DECLINED) {
        vet_rule_error(errors, &rule->phrases[0].place, "pattern is wrong at "
                       "its byte %zu: %s, expected a PCRE2 pattern",
                       offset + 1, text);
    }

    if (rc != VET_OK) {
        return rc;
    }

    /* such a pattern would be found in every text */

    source.len = 0;
    vet_pattern_begin(rs->trial);
    rc = vet_pattern_find(rule->patterns, rs->trial, source, 0, 0, &found);

    if (rc == VET_OK) {
        vet_rule_error(errors, &rule->phrases[0].place, "pattern matches the "
                       "empty text, expected one that needs a character");
        return VET_DECLINED;
    }

    return VET_OK;
}


static int
vet_ruleset_examples(vet_ruleset_t *rs, vet_errors_t *errors)
{
    int     rc;
    size_t  i;

    rc = VET_OK;

    for (i = 0; i < rs->rules.n && rc == VET_OK; i++) {
        rc = vet_ruleset_try(rs, (vet_test_rule_t *) rs->rules.elts + i,
                             rs->trial, errors);
    }

    return rc;
}


static int
vet_ruleset_try(const vet_ruleset_t *rs, const vet_test_rule_t *rule,
    vet_scratch_t *scratch, vet_errors_t *errors)
{
    int     rc;
    size_t  i;

    for (i = 0; i < rule->nexamples; i++) {
        vet_pool_pause(rs->pool);

        rc = vet_example_run(rs, rule, &rule->examples[i], scratch, errors);
        if (rc != VET_OK) {
            return rc;
        }
    }

    return VET_OK;
}


/* The example is the only field, in the first role that the rule looks at. */

static int
vet_example_run(const vet_ruleset_t *rs, const vet_test_rule_t *rule,
    const vet_example_t *example, vet_scratch_t *scratch,
    vet_errors_t *errors)
{
    int               rc, role;
    vet_hits_t        hits;
    vet_pool_t       *pool;
    vet_field_t       field;
    vet_submission_t  s;

    pool = vet_pool_create(VET_EXAMPLE_MEMORY);
    if (pool == NULL) {
        return VET_ERROR;
    }

    memset(&hits, 0, sizeof(vet_hits_t));
    memset(&field, 0, sizeof(vet_field_t));
    memset(&s, 0, sizeof(vet_submission_t));

    for (role = VET_ROLE_TEXT; role < VET_ROLE_N - 1; role++) {
        if (rule->roles & 1u << role) {
            break;
        }
    }

    field.role = (rule->roles & 1u << role) ? (vet_role_t) role
                                            : VET_ROLE_OTHER;
    field.value = example->text;
    field.utf8 = 1;
    s.fields = &field;
    s.nfields = 1;

    vet_example_context(rule, example, &s);

    rc = vet_match_one(pool, rs, rule, scratch, &s, &hits);

    if (rc == VET_OK) {
        vet_example_judge(rule, example, &hits, errors);
    }

    vet_pool_destroy(pool);

    return (rc == VET_OK) ? VET_OK : VET_ERROR;
}


/*
 * An example of a rule about the token of a form says what came back of it: a
 * number of seconds, "missing" or "invalid".
 */

static void
vet_example_context(const vet_test_rule_t *rule, const vet_example_t *example,
    vet_submission_t *s)
{
    size_t      i;
    uint32_t    age;
    vet_str_t   text;

    if (rule->test != VET_TEST_MEASURE) {
        return;
    }

    if (rule->measure == VET_MEASURE_HONEYPOT) {
        s->fields[0].role = VET_ROLE_HONEYPOT;
    }

    if (rule->measure < VET_MEASURE_AGE) {
        return;
    }

    text = example->text;
    s->nfields = 0;
    age = 0;

    for (i = 0; i < text.len && i < 9; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            break;
        }

        age = age * 10 + (text.data[i] - '0');
    }

    s->context.age = age;
    s->context.token = (i == text.len) ? VET_TOKEN_VALID
                       : vet_str_is(text, "missing") ? VET_TOKEN_MISSING
                       : vet_str_is(text, "invalid") ? VET_TOKEN_INVALID
                       : VET_TOKEN_UNKNOWN;
}


static void
vet_example_judge(const vet_test_rule_t *rule, const vet_example_t *example,
    const vet_hits_t *hits, vet_errors_t *errors)
{
    size_t       i, n;
    vet_place_t  place;
    vet_shown_t  shown;

    vet_example_place(rule, example, &place);
    n = 0;

    for (i = 0; i < hits->n; i++) {
        n += (hits->elts[i].rule == &rule->rule);

        if (hits->elts[i].rule == &vet_rule_budget) {
            vet_rule_error(errors, &place, "example \"%s\" takes too "
                           "long, expected a pattern with less to try",
                           vet_shown(&shown, example->text));
            return;
        }
    }

    if (example->hit && n == 0) {
        vet_rule_error(errors, &place, "example \"%s\" is not "
                       "matched, expected a hit%s",
                       vet_shown(&shown, example->text),
                       vet_rule_capitals(rule)
                       ? "; the view is in lower case, the pattern is not"
                       : "");
    }

    if (!example->hit && n != 0) {
        vet_rule_error(errors, &place, "example \"%s\" is matched, "
                       "expected a miss", vet_shown(&shown, example->text));
    }
}


void
vet_example_place(const vet_test_rule_t *rule, const vet_example_t *example,
    vet_place_t *place)
{
    *place = rule->place;
    place->line = example->line;
    place->column = example->column;
}


/* Tells whether a pattern has capitals, which only the raw view has. */

static int
vet_rule_capitals(const vet_test_rule_t *rule)
{
    size_t     i;
    vet_str_t  s;

    if (rule->test != VET_TEST_MATCH || rule->view == VET_VIEW_RAW) {
        return 0;
    }

    s = rule->phrases[0].text;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '\\') {
            i++;

        } else if (s.data[i] >= 'A' && s.data[i] <= 'Z') {
            return 1;
        }
    }

    return 0;
}


/* Frees what only loading needed. */

static void
vet_ruleset_forget(vet_ruleset_t *rs)
{
    size_t             i, k;
    vet_except_t     **excepts;
    vet_test_rule_t   *rule;

    for (i = 0; i < rs->rules.n; i++) {
        rule = (vet_test_rule_t *) rs->rules.elts + i;
        rule->phrases = NULL;
        rule->nphrases = 0;
        memset(&rule->place, 0, sizeof(vet_place_t));

        for (k = 0; k < rule->nparts; k++) {
            memset(&rule->parts[k].place, 0, sizeof(vet_place_t));
        }
    }

    excepts = rs->excepts.elts;

    for (i = 0; i < rs->excepts.n; i++) {
        memset(&excepts[i]->place, 0, sizeof(vet_place_t));

        if (excepts[i]->text != NULL) {
            excepts[i]->text->phrases = NULL;
            excepts[i]->text->nphrases = 0;
        }
    }

    memset(&rs->names, 0, sizeof(vet_list_t));
    memset(&rs->disabled, 0, sizeof(vet_list_t));
    memset(&rs->lists, 0, sizeof(vet_list_t));
    rs->thresholds = NULL;
    rs->override = NULL;

    vet_pool_destroy(rs->source);
    rs->source = NULL;
}


void
vet_ruleset_destroy(vet_ruleset_t *rs)
{
    size_t            i;

    if (rs == NULL) {
        return;
    }

    for (i = 0; i < rs->rules.n; i++) {
        vet_ruleset_patterns((vet_test_rule_t *) rs->rules.elts + i);
    }

    vet_pool_destroy(rs->source);
    vet_pool_destroy(rs->pool);
    free(rs);
}


static void
vet_ruleset_patterns(vet_test_rule_t *rule)
{
    size_t  i;

    for (i = 0; i < rule->npatterns; i++) {
        vet_pattern_destroy(&rule->patterns[i]);
    }
}


vet_str_t
vet_ruleset_version(const vet_ruleset_t *rs)
{
    vet_str_t  version;

    version.data = (const unsigned char *) rs->version;
    version.len = sizeof(rs->version) - 1;

    return version;
}


size_t
vet_ruleset_rules(const vet_ruleset_t *rs)
{
    return rs->rules.n;
}


/* Returns NULL behind the last rule. */

static const vet_test_rule_t *
vet_ruleset_at(const vet_ruleset_t *rs, size_t i)
{
    return (i < rs->rules.n) ? (const vet_test_rule_t *) rs->rules.elts + i
                             : NULL;
}


const vet_rule_t *
vet_ruleset_rule(const vet_ruleset_t *rs, size_t i)
{
    const vet_test_rule_t  *rule;

    rule = vet_ruleset_at(rs, i);

    return (rule == NULL) ? NULL : &rule->rule;
}


size_t
vet_ruleset_index(const vet_ruleset_t *rs, const vet_rule_t *rule)
{
    size_t                  i;
    const vet_test_rule_t  *tests;

    tests = rs->rules.elts;

    for (i = 0; i < rs->rules.n && &tests[i].rule != rule; i++) { /* void */ }

    return i;
}


const char *
vet_ruleset_test(const vet_ruleset_t *rs, size_t i)
{
    const vet_test_rule_t  *rule;

    static const char *const  names[] = {
        NULL, "words", "match", "measure", "hosts", "personal", "parts"
    };

    rule = vet_ruleset_at(rs, i);

    return (rule == NULL) ? NULL : names[rule->test];
}


const char *
vet_ruleset_view(const vet_ruleset_t *rs, size_t i)
{
    const vet_test_rule_t  *rule;

    rule = vet_ruleset_at(rs, i);

    if (rule == NULL || (rule->test != VET_TEST_WORDS
                         && rule->test != VET_TEST_MATCH
                         && rule->test != VET_TEST_HOSTS))
    {
        return NULL;
    }

    return vet_view_name(rule->view);
}


void
vet_ruleset_follow(vet_ruleset_t *rs, const vet_ruleset_t *old,
    const vet_rest_t *rest)
{
    size_t                   i, n;
    vet_test_rule_t         *rule;
    const vet_test_rule_t   *was, **used;

    used = malloc((old->rules.n + 1) * sizeof(const vet_test_rule_t *));
    if (used == NULL) {
        return;
    }

    was = old->rules.elts;
    n = 0;

    for (i = 0; i < old->rules.n; i++) {
        if (was[i].npatterns != 0 && vet_pattern_used(was[i].patterns)) {
            used[n++] = &was[i];
        }
    }

    qsort(used, n, sizeof(const vet_test_rule_t *), vet_ruleset_order);

    for (i = 0; i < rs->rules.n; i++) {
        rule = (vet_test_rule_t *) rs->rules.elts + i;
        was = rule;

        if (rule->npatterns != 0
            && bsearch(&was, used, n, sizeof(const vet_test_rule_t *),
                       vet_ruleset_order) != NULL)
        {
            if (rest != NULL) {
                rest->handler(rest->data);
            }

            vet_pattern_prepare(rule->patterns);
        }
    }

    free(used);
}


/* Of pointers to rules: by their ids. */

static int
vet_ruleset_order(const void *one, const void *two)
{
    vet_str_t  a, b;

    a = (*(const vet_test_rule_t *const *) one)->rule.id;
    b = (*(const vet_test_rule_t *const *) two)->rule.id;

    return (a.len != b.len) ? (a.len > b.len) - (a.len < b.len)
                            : memcmp(a.data, b.data, a.len);
}


int
vet_ruleset_filtered(const vet_ruleset_t *rs, size_t i)
{
    const vet_test_rule_t  *rule;

    rule = vet_ruleset_at(rs, i);

    return rule != NULL && rule->filtered && !rule->keyless;
}


int
vet_ruleset_example(const vet_ruleset_t *rs, size_t i, size_t k,
    vet_shown_example_t *example)
{
    const vet_test_rule_t  *rule;

    rule = vet_ruleset_at(rs, i);

    if (rule == NULL || k >= rule->nexamples) {
        return VET_DECLINED;
    }

    example->text = rule->examples[k].text;
    example->line = rule->examples[k].line;
    example->hit = rule->examples[k].hit;

    return VET_OK;
}


const vet_limit_t *
vet_ruleset_limits(const vet_ruleset_t *rs, size_t *n)
{
    *n = rs->limits.n;

    return rs->limits.elts;
}
