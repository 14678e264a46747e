
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl rules corpus: what rules make of many texts.
 */


#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderatectl.h"


/* what is printed of each text */

typedef enum {
    CORPUS_TABLE = 0,
    CORPUS_LIST,
    CORPUS_EACH
} corpus_output_t;

typedef struct {
    moderatectl_judge_t     judge;
    moderatectl_paths_t     paths;
    corpus_output_t         output;
    const char             *file;
    const char             *label;      /* the name of the label's field */
    const char             *only_label;
    const char             *only_source;
    const char             *only_split;
    const char             *verdict;
    const char             *rule;
    json_t                 *groups;     /* source: label: counts */
    json_t                 *rules;      /* id: counts */
    size_t                  texts;
    int                     json;
    int                     hits;
    int                     help;
} corpus_t;

/* One text at work. */

typedef struct {
    const moderatectl_record_t  *record;
    const char                  *source;
    const char                  *label;
    const char                  *verdict;
    moderatectl_judged_t         judged;
    json_t                      *rules;
} corpus_text_t;


static const struct option  corpus_long[] = {
    { "rules", required_argument, NULL, 'r' },
    { "label", required_argument, NULL, 'f' },
    { "only-label", required_argument, NULL, 'l' },
    { "only-source", required_argument, NULL, 's' },
    { "split", required_argument, NULL, 'p' },
    { "verdict", required_argument, NULL, 'v' },
    { "rule", required_argument, NULL, 'u' },
    { "list", no_argument, NULL, 'i' },
    { "each", no_argument, NULL, 'e' },
    { "hits", no_argument, NULL, 'H' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static int corpus_options(corpus_t *c, int argc, char **argv);
static int corpus_option(corpus_t *c, int option);
static int corpus_check(const corpus_t *c);
static int corpus_run(corpus_t *c);
static int corpus_record(void *data, const moderatectl_record_t *record);
static int corpus_text(corpus_t *c, corpus_text_t *t);
static int corpus_wanted(const corpus_t *c, const corpus_text_t *t);
static int corpus_count(corpus_t *c, const corpus_text_t *t);
static int corpus_count_rules(corpus_t *c, corpus_text_t *t);
static json_t *corpus_rule(corpus_t *c, const vet_rule_t *rule);
static int corpus_decides(const corpus_t *c, const corpus_text_t *t,
    const vet_rule_t *rule);
static int corpus_each(const corpus_t *c, corpus_text_t *t);
static json_t *corpus_hits(const corpus_text_t *t);
static void corpus_list(const corpus_text_t *t);
static int corpus_report(corpus_t *c);
static json_t *corpus_document(corpus_t *c);
static json_t *corpus_rules(corpus_t *c);
static int corpus_order(const void *one, const void *two);
static void corpus_table(const json_t *document);
static void corpus_group(const json_t *group, int source, int label);
static void corpus_table_rule(const json_t *rule);
static int corpus_width(const json_t *groups, const char *name);
static void corpus_cell(const char *text, int width);


static const char  corpus_usage[] =
    "usage: moderatectl rules corpus FILE [RULES ...] [OPTION ...]\n"
    "\n"
    "Judges each line of FILE, a JSON object, as a submission whose fields\n"
    "are \"text\", \"title\", \"author\", \"email\", \"url\", \"phone\",\n"
    "\"honeypot\" and \"other\", and counts by \"source\" and \"label\".\n"
    "Limits are not counted.  \"-\" is standard input.\n"
    "\n"
    "  --rules PATH      rule file or folder, any number of times; default\n"
    "                    " MODERATECTL_RULES_PATH "\n"
    "  --label FIELD     where the label is, default \"label\"\n"
    "  --only-label L, --only-source S, --split S\n"
    "                    judge only these\n"
    "  --verdict VERDICT, --rule ID, --list\n"
    "                    list texts: with this verdict, with a hit of this\n"
    "                    rule, all\n"
    "  --each            one line of JSON for each text, or for each one of\n"
    "                    these; --hits adds the places\n"
    "  --json            the table for programs\n"
    "\n"
    "\"decides\" counts the texts that would have a milder verdict without\n"
    "the rule.\n"
    "\n"
    "Exits with 0, 2 for a wrong command line, 3 when the rules or a line of\n"
    "FILE cannot be read.\n";


int
moderatectl_rules_corpus(int argc, char **argv)
{
    int       rc;
    corpus_t  c;

    memset(&c, 0, sizeof(corpus_t));
    c.label = "label";

    rc = corpus_options(&c, argc, argv);

    if (c.help) {
        fputs(corpus_usage, stdout);
        return MODERATECTL_OK;
    }

    if (rc != MODERATECTL_OK) {
        fprintf(stderr, "\"moderatectl rules corpus --help\" tells more\n");
        return rc;
    }

    c.groups = json_object();
    c.rules = json_object();

    rc = (c.groups == NULL || c.rules == NULL) ? moderatectl_no_memory()
                                               : corpus_run(&c);

    json_decref(c.groups);
    json_decref(c.rules);
    moderatectl_judge_destroy(&c.judge);

    return rc;
}


static int
corpus_options(corpus_t *c, int argc, char **argv)
{
    int  option, rc;

    optind = 1;

    for ( ;; ) {
        option = getopt_long(argc, argv, "", corpus_long, NULL);

        if (option == -1) {
            break;
        }

        rc = corpus_option(c, option);
        if (rc != MODERATECTL_OK || c->help) {
            return rc;
        }
    }

    if (optind == argc) {
        fprintf(stderr, "moderatectl: which file of texts?\n");
        return MODERATECTL_USAGE;
    }

    c->file = argv[optind];

    while (++optind < argc) {
        rc = moderatectl_paths_add(&c->paths, argv[optind]);
        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    return corpus_check(c);
}


static int
corpus_option(corpus_t *c, int option)
{
    switch (option) {

    case 'r':
        return moderatectl_paths_add(&c->paths, optarg);

    case 'f':
        c->label = optarg;
        return MODERATECTL_OK;

    case 'l':
        c->only_label = optarg;
        return MODERATECTL_OK;

    case 's':
        c->only_source = optarg;
        return MODERATECTL_OK;

    case 'p':
        c->only_split = optarg;
        return MODERATECTL_OK;

    case 'v':
        c->verdict = optarg;
        c->output = (c->output == CORPUS_EACH) ? CORPUS_EACH : CORPUS_LIST;
        return MODERATECTL_OK;

    case 'u':
        c->rule = optarg;
        c->output = (c->output == CORPUS_EACH) ? CORPUS_EACH : CORPUS_LIST;
        return MODERATECTL_OK;

    case 'i':
        c->output = (c->output == CORPUS_EACH) ? CORPUS_EACH : CORPUS_LIST;
        return MODERATECTL_OK;

    case 'e':
        c->output = CORPUS_EACH;
        return MODERATECTL_OK;

    case 'H':
        c->hits = 1;
        return MODERATECTL_OK;

    case 'j':
        c->json = 1;
        return MODERATECTL_OK;

    case 'h':
        c->help = 1;
        return MODERATECTL_OK;

    default:
        return MODERATECTL_USAGE;
    }
}


static int
corpus_check(const corpus_t *c)
{
    if (c->verdict != NULL
        && strcmp(c->verdict, "pass") != 0
        && strcmp(c->verdict, "hold") != 0
        && strcmp(c->verdict, "reject") != 0)
    {
        fprintf(stderr, "moderatectl: --verdict \"%s\", expected pass, hold "
                "or reject\n", c->verdict);
        return MODERATECTL_USAGE;
    }

    if (c->json && c->output != CORPUS_TABLE) {
        fprintf(stderr, "moderatectl: --json is the table; texts are listed "
                "as JSON by --each\n");
        return MODERATECTL_USAGE;
    }

    if (c->hits && c->output != CORPUS_EACH) {
        fprintf(stderr, "moderatectl: --hits goes with --each\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static int
corpus_run(corpus_t *c)
{
    int  rc;

    rc = moderatectl_judge_create(&c->judge, &c->paths);

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_records(c->file, corpus_record, c);
    }

    if (rc == MODERATECTL_OK && c->output == CORPUS_TABLE) {
        rc = corpus_report(c);
    }

    return rc;
}


static int
corpus_record(void *data, const moderatectl_record_t *record)
{
    int             rc;
    corpus_t       *c;
    corpus_text_t   t;

    c = data;
    memset(&t, 0, sizeof(corpus_text_t));

    t.record = record;
    t.label = moderatectl_record_name(record, c->label);
    t.source = moderatectl_record_name(record, "source");

    if ((c->only_label != NULL && strcmp(t.label, c->only_label) != 0)
        || (c->only_source != NULL && strcmp(t.source, c->only_source) != 0)
        || (c->only_split != NULL
            && strcmp(moderatectl_record_name(record, "split"),
                      c->only_split) != 0))
    {
        return MODERATECTL_OK;
    }

    rc = corpus_text(c, &t);

    json_decref(t.rules);
    moderatectl_judged_destroy(&t.judged);

    return rc;
}


static int
corpus_text(corpus_t *c, corpus_text_t *t)
{
    int  rc;

    rc = moderatectl_judge(&c->judge, t->record->object, &t->judged);
    if (rc != MODERATECTL_OK) {
        return rc;
    }

    t->verdict = moderatectl_action(t->judged.verdict.action);
    t->rules = moderatectl_hit_rules(&t->judged);

    if (t->rules == NULL) {
        return moderatectl_no_memory();
    }

    c->texts++;

    if (c->output == CORPUS_TABLE) {
        rc = corpus_count(c, t);
        return (rc == MODERATECTL_OK) ? corpus_count_rules(c, t) : rc;
    }

    if (!corpus_wanted(c, t)) {
        return MODERATECTL_OK;
    }

    if (c->output == CORPUS_EACH) {
        return corpus_each(c, t);
    }

    corpus_list(t);

    return MODERATECTL_OK;
}


static int
corpus_wanted(const corpus_t *c, const corpus_text_t *t)
{
    size_t   i;
    json_t  *id;

    if (c->verdict != NULL && strcmp(t->verdict, c->verdict) != 0) {
        return 0;
    }

    if (c->rule == NULL) {
        return 1;
    }

    json_array_foreach(t->rules, i, id) {
        if (strcmp(json_string_value(id), c->rule) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
corpus_count(corpus_t *c, const corpus_text_t *t)
{
    json_t  *group;

    group = moderatectl_count_group(c->groups, t->record, c->label);

    if (group == NULL
        || moderatectl_count(group, "n") != 0
        || moderatectl_count_verdict(group,
                                     t->judged.verdict.action) != 0)
    {
        return moderatectl_no_memory();
    }

    return MODERATECTL_OK;
}


static int
corpus_count_rules(corpus_t *c, corpus_text_t *t)
{
    size_t             i, j;
    json_t            *counts;
    const vet_rule_t  *rule;

    for (i = 0; i < t->judged.hits.n; i++) {
        rule = t->judged.hits.elts[i].rule;

        for (j = 0; j < i; j++) {
            if (t->judged.hits.elts[j].rule == rule) {
                break;
            }
        }

        if (j < i) {
            continue;
        }

        counts = corpus_rule(c, rule);

        if (counts == NULL
            || moderatectl_count(counts, "texts") != 0
            || moderatectl_count(json_object_get(counts, "labels"),
                                 t->label) != 0
            || (corpus_decides(c, t, rule)
                && moderatectl_count(counts, "decides") != 0))
        {
            return moderatectl_no_memory();
        }
    }

    return MODERATECTL_OK;
}


static json_t *
corpus_rule(corpus_t *c, const vet_rule_t *rule)
{
    json_t  *counts;

    counts = json_object_getn(c->rules, (const char *) rule->id.data,
                              rule->id.len);
    if (counts != NULL) {
        return counts;
    }

    counts = json_pack("{s:s%,s:s%,s:s%,s:f,s:s,s:i,s:i,s:{}}",
                       "rule", rule->id.data, rule->id.len,
                       "category", rule->category.data, rule->category.len,
                       "title", rule->title.data, rule->title.len,
                       "score", (double) rule->score / VET_POINT,
                       "mode", (rule->mode == VET_MODE_SHADOW) ? "shadow"
                                                               : "enforce",
                       "texts", 0, "decides", 0, "labels");

    if (counts == NULL
        || json_object_setn_new(c->rules, (const char *) rule->id.data,
                                rule->id.len, counts) != 0)
    {
        return NULL;
    }

    return counts;
}


/* Tells whether the verdict would be milder without a rule. */

static int
corpus_decides(const corpus_t *c, const corpus_text_t *t,
    const vet_rule_t *rule)
{
    size_t         i;
    vet_hits_t     others;
    vet_verdict_t  verdict;

    if (t->judged.verdict.action == VET_PASS) {
        return 0;
    }

    memset(&others, 0, sizeof(vet_hits_t));

    others.elts = vet_palloc(t->judged.pool,
                             t->judged.hits.n * sizeof(vet_hit_t));
    if (others.elts == NULL) {
        return 0;
    }

    for (i = 0; i < t->judged.hits.n; i++) {
        if (t->judged.hits.elts[i].rule != rule) {
            others.elts[others.n++] = t->judged.hits.elts[i];
        }
    }

    vet_decide(c->judge.rules, &others, VET_HOLD, &verdict);

    return verdict.action < t->judged.verdict.action;
}


static int
corpus_each(const corpus_t *c, corpus_text_t *t)
{
    int      rc;
    json_t  *each;

    each = json_pack("{s:I,s:s,s:s,s:s,s:s,s:f,s:O}",
                     "line", (json_int_t) t->record->line,
                     "id", moderatectl_record_name(t->record, "id"),
                     "label", t->label, "source", t->source,
                     "verdict", t->verdict,
                     "score", (double) t->judged.verdict.score / VET_POINT,
                     "rules", t->rules);

    if (each != NULL && c->hits
        && json_object_set_new(each, "hits", corpus_hits(t)) != 0)
    {
        json_decref(each);
        each = NULL;
    }

    rc = moderatectl_print_json(stdout, each, JSON_COMPACT
                                              | JSON_REAL_PRECISION(9));
    json_decref(each);

    return rc;
}


static json_t *
corpus_hits(const corpus_text_t *t)
{
    vet_str_t  hits;

    if (vet_hits_json(t->judged.pool, &t->judged.submission, &t->judged.hits,
                      &hits) != VET_OK)
    {
        return NULL;
    }

    return json_loadb((const char *) hits.data, hits.len, JSON_ALLOW_NUL,
                      NULL);
}


static void
corpus_list(const corpus_text_t *t)
{
    size_t              i;
    json_t             *id;
    const vet_field_t  *field;

    moderatectl_print_str(stdout, moderatectl_str(t->record->file));
    printf(":%zu: ", t->record->line);
    moderatectl_print_str(stdout, moderatectl_str(
                          moderatectl_record_name(t->record, "id")));
    printf("  ");
    moderatectl_print_str(stdout, moderatectl_str(t->source));
    printf(" ");
    moderatectl_print_str(stdout, moderatectl_str(t->label));
    printf("  %s %d.%d ", t->verdict, t->judged.verdict.score / VET_POINT,
           t->judged.verdict.score % VET_POINT);

    json_array_foreach(t->rules, i, id) {
        printf(" %s", json_string_value(id));
    }

    printf("\n");

    for (i = 0; i < t->judged.submission.nfields; i++) {
        field = &t->judged.submission.fields[i];

        if (field->role != VET_ROLE_TEXT) {
            printf("    %s:\n", vet_role_name(field->role));
        }

        moderatectl_print(stdout, (const char *) field->value.data,
                          field->value.len, 4);
    }
}


static int
corpus_report(corpus_t *c)
{
    int      rc;
    json_t  *document;

    document = corpus_document(c);

    if (document == NULL) {
        return moderatectl_no_memory();
    }

    rc = MODERATECTL_OK;

    if (c->json) {
        rc = moderatectl_print_json(stdout, document,
                                    JSON_INDENT(1) | JSON_REAL_PRECISION(9));

    } else {
        corpus_table(document);
    }

    json_decref(document);

    return rc;
}


static json_t *
corpus_document(corpus_t *c)
{
    vet_str_t  version;

    version = vet_ruleset_version(c->judge.rules);

    return json_pack("{s:s%,s:I,s:o,s:o}",
                     "version", version.data, version.len,
                     "texts", (json_int_t) c->texts,
                     "groups", moderatectl_count_list(c->groups),
                     "rules", corpus_rules(c));
}


/* Rules in the order of how many texts they hit. */

static json_t *
corpus_rules(corpus_t *c)
{
    size_t       i, n;
    json_t      *rules, *counts, **sorted;
    const char  *id;

    n = json_object_size(c->rules);
    rules = json_array();
    sorted = calloc(n + 1, sizeof(json_t *));

    if (rules == NULL || sorted == NULL) {
        json_decref(rules);
        free(sorted);
        return NULL;
    }

    i = 0;

    json_object_foreach(c->rules, id, counts) {
        sorted[i++] = counts;
    }

    qsort(sorted, n, sizeof(json_t *), corpus_order);

    for (i = 0; i < n; i++) {
        if (json_array_append(rules, sorted[i]) != 0) {
            json_decref(rules);
            rules = NULL;
            break;
        }
    }

    free(sorted);

    return rules;
}


static int
corpus_order(const void *one, const void *two)
{
    json_int_t     m, n;
    const json_t  *a, *b;

    a = *(json_t *const *) one;
    b = *(json_t *const *) two;
    m = moderatectl_number(a, "texts");
    n = moderatectl_number(b, "texts");

    if (m != n) {
        return (m < n) ? 1 : -1;
    }

    return strcmp(json_string_value(json_object_get(a, "rule")),
                  json_string_value(json_object_get(b, "rule")));
}


static void
corpus_table(const json_t *document)
{
    int      source, label;
    size_t   i;
    json_t  *groups, *rules, *row;

    groups = json_object_get(document, "groups");
    rules = json_object_get(document, "rules");
    source = corpus_width(groups, "source");
    label = corpus_width(groups, "label");

    printf("%-*s  %-*s  %7s  %7s %7s  %7s %7s  %7s %7s\n", source, "source",
           label, "label", "n", "pass", "%", "hold", "%", "reject", "%");

    json_array_foreach(groups, i, row) {
        corpus_group(row, source, label);
    }

    printf("\n%-34s %7s  %7s %7s  %s\n", "rule", "score", "texts", "decides",
           "labels");

    json_array_foreach(rules, i, row) {
        corpus_table_rule(row);
    }
}


static void
corpus_group(const json_t *group, int source, int label)
{
    size_t       i;
    json_int_t   n, m;

    static const char  *verdicts[] = { "pass", "hold", "reject" };

    n = moderatectl_number(group, "n");

    corpus_cell(json_string_value(json_object_get(group, "source")), source);
    corpus_cell(json_string_value(json_object_get(group, "label")), label);
    printf("%7lld", (long long) n);

    for (i = 0; i < 3; i++) {
        m = moderatectl_number(group, verdicts[i]);
        printf("  %7lld %7.2f", (long long) m, 100.0 * (double) m / (double) n);
    }

    printf("\n");
}


static void
corpus_table_rule(const json_t *rule)
{
    json_t      *n;
    const char  *label, *separator;

    printf("%-34s %7.1f  %7lld %7lld  ",
           json_string_value(json_object_get(rule, "rule")),
           json_real_value(json_object_get(rule, "score")),
           (long long) moderatectl_number(rule, "texts"),
           (long long) moderatectl_number(rule, "decides"));

    separator = "";

    json_object_foreach(json_object_get(rule, "labels"), label, n) {
        printf("%s", separator);
        moderatectl_print_str(stdout, moderatectl_str(label));
        printf(" %lld", (long long) json_integer_value(n));
        separator = ", ";
    }

    if (strcmp(json_string_value(json_object_get(rule, "mode")), "shadow")
        == 0)
    {
        printf("  (shadow)");
    }

    printf("\n");
}


/* Cells are as wide as their bytes: names are ASCII, or a bit off. */

static int
corpus_width(const json_t *groups, const char *name)
{
    size_t   i, len, width;
    json_t  *group;

    width = strlen(name);

    json_array_foreach(groups, i, group) {
        len = json_string_length(json_object_get(group, name));
        width = (len > width && len < 40) ? len : width;
    }

    return (int) width;
}


static void
corpus_cell(const char *text, int width)
{
    int  len;

    len = (int) strlen(text);

    moderatectl_print_str(stdout, moderatectl_str(text));
    printf("%*s", 2 + ((len < width) ? width - len : 0), "");
}
