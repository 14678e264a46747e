
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl rules test: the examples of rules, and cases of whole
 * submissions, run as tests.
 */


#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderatectl.h"


#define TEST_FILES_MAX    256
#define TEST_PROBLEM_LEN  512


typedef struct {
    moderatectl_judge_t     judge;
    moderatectl_paths_t     paths;
    vet_errors_t            errors;
    char                   *files[TEST_FILES_MAX];
    size_t                  nfiles;
    size_t                  run;        /* rules and cases */
    size_t                  cases;
    size_t                  examples;
    json_t                 *failures;
    int                     tap;
    int                     json;
    int                     help;
} test_t;


static const struct option  test_long[] = {
    { "rules", required_argument, NULL, 'r' },
    { "cases", required_argument, NULL, 'c' },
    { "tap", no_argument, NULL, 't' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

/* Beside the roles: what a case may say.  Another key would be a mistake. */

static const char  *test_keys[] = {
    "id", "name", "note", "source", "label", "lang", "split", "category",
    "form", "pair", "tone", "verdict", "hit", "miss", NULL
};


static int test_options(test_t *t, int argc, char **argv);
static int test_option(test_t *t, int option);
static int test_cases(test_t *t, const char *path);
static int test_file(test_t *t, const char *folder, const char *name);
static int test_is_cases(const char *name);
static int test_entry(const struct dirent *entry);
static int test_run(test_t *t);
static int test_rules(test_t *t);
static int test_examples(test_t *t);
static int test_case(void *data, const moderatectl_record_t *record);
static int test_check(const test_t *t, const moderatectl_record_t *record);
static int test_known(const char *key);
static int test_check_ids(const test_t *t, const moderatectl_record_t *record,
    const char *name);
static int test_has_rule(const test_t *t, const char *id);
static int test_wrong(const moderatectl_record_t *record, const char *name,
    const char *what);
static int test_compare(test_t *t, const moderatectl_record_t *record,
    const moderatectl_judged_t *judged);
static void test_problem(const moderatectl_record_t *record,
    const moderatectl_judged_t *judged, const json_t *rules, char *problem);
static int test_is_hit(const json_t *rules, const json_t *id);
static int test_result(test_t *t, const moderatectl_record_t *record,
    const char *name, const char *problem);
static void test_tap_name(const char *name);
static int test_report(test_t *t);
static void test_summary(const test_t *t);
static void test_destroy(test_t *t);


static const char  test_usage[] =
    "usage: moderatectl rules test [OPTION ...] [RULES ...] "
    "[CASES.jsonl ...]\n"
    "\n"
    "Runs the examples of the rules, and cases: JSON Lines of submissions,\n"
    "as of \"rules corpus\", with what is expected of each:\n"
    "\n"
    "  {\"text\": \"...\", \"verdict\": \"hold\",\n"
    "   \"hit\": [\"scam.loan-vi\"], \"miss\": [\"links.any\"]}\n"
    "\n"
    "  --rules PATH  rule file or folder, any number of times; default\n"
    "                " MODERATECTL_RULES_PATH "\n"
    "  --cases PATH  a file of cases, or a folder with *.jsonl\n"
    "  --tap         all results, for prove and the like\n"
    "  --json        for programs\n"
    "\n"
    "Exits with 0 when all is as expected, 1 when not, 2 for a wrong command\n"
    "line, 3 when a case cannot be read.\n";


int
moderatectl_rules_test(int argc, char **argv)
{
    int      rc;
    test_t  *t;

    t = calloc(1, sizeof(test_t));
    if (t == NULL) {
        return moderatectl_no_memory();
    }

    rc = test_options(t, argc, argv);

    if (t->help) {
        fputs(test_usage, stdout);

    } else if (rc == MODERATECTL_USAGE) {
        fprintf(stderr, "\"moderatectl rules test --help\" tells more\n");

    } else if (rc == MODERATECTL_OK) {
        t->failures = json_array();
        rc = (t->failures == NULL) ? moderatectl_no_memory() : test_run(t);
    }

    test_destroy(t);

    return rc;
}


static int
test_options(test_t *t, int argc, char **argv)
{
    int  option, rc;

    optind = 1;

    for ( ;; ) {
        option = getopt_long(argc, argv, "", test_long, NULL);

        if (option == -1) {
            break;
        }

        rc = test_option(t, option);
        if (rc != MODERATECTL_OK || t->help) {
            return rc;
        }
    }

    for ( /* void */ ; optind < argc; optind++) {
        rc = test_is_cases(argv[optind])
             ? test_file(t, NULL, argv[optind])
             : moderatectl_paths_add(&t->paths, argv[optind]);

        if (rc != MODERATECTL_OK) {
            return rc;
        }
    }

    if (t->tap && t->json) {
        fprintf(stderr, "moderatectl: --tap or --json, not both\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static int
test_option(test_t *t, int option)
{
    switch (option) {

    case 'r':
        return moderatectl_paths_add(&t->paths, optarg);

    case 'c':
        return test_cases(t, optarg);

    case 't':
        t->tap = 1;
        return MODERATECTL_OK;

    case 'j':
        t->json = 1;
        return MODERATECTL_OK;

    case 'h':
        t->help = 1;
        return MODERATECTL_OK;

    default:
        return MODERATECTL_USAGE;
    }
}


/* Adds a file, or those of a folder in the order of their names. */

static int
test_cases(test_t *t, const char *path)
{
    int              i, n, rc;
    struct dirent  **entries;

    if (strcmp(path, "-") == 0) {
        return test_file(t, NULL, path);
    }

    n = scandir(path, &entries, test_entry, alphasort);

    if (n < 0) {
        if (errno == ENOTDIR) {
            return test_file(t, NULL, path);
        }

        fprintf(stderr, "moderatectl: ");
        moderatectl_print_str(stderr, moderatectl_str(path));
        fprintf(stderr, ": %s\n", strerror(errno));
        return MODERATECTL_TROUBLE;
    }

    rc = MODERATECTL_OK;

    for (i = 0; i < n; i++) {
        if (rc == MODERATECTL_OK) {
            rc = test_file(t, path, entries[i]->d_name);
        }

        free(entries[i]);
    }

    free(entries);

    if (n == 0) {
        fprintf(stderr, "moderatectl: no *.jsonl in ");
        moderatectl_print_str(stderr, moderatectl_str(path));
        fprintf(stderr, "\n");
        return MODERATECTL_TROUBLE;
    }

    return rc;
}


static int
test_file(test_t *t, const char *folder, const char *name)
{
    char    *file;
    size_t   size;

    if (t->nfiles == TEST_FILES_MAX) {
        fprintf(stderr, "moderatectl: more than %d files of cases\n",
                TEST_FILES_MAX);
        return MODERATECTL_USAGE;
    }

    size = strlen(name) + 1 + ((folder == NULL) ? 0 : strlen(folder) + 1);

    file = malloc(size);
    if (file == NULL) {
        return moderatectl_no_memory();
    }

    (void) snprintf(file, size, "%s%s%s", (folder == NULL) ? "" : folder,
                    (folder == NULL) ? "" : "/", name);
    t->files[t->nfiles++] = file;

    return MODERATECTL_OK;
}


static int
test_is_cases(const char *name)
{
    size_t  len;

    len = strlen(name);

    return len > 6 && strcmp(name + len - 6, ".jsonl") == 0;
}


static int
test_entry(const struct dirent *entry)
{
    return test_is_cases(entry->d_name);
}


static int
test_run(test_t *t)
{
    int     rc;
    size_t  i;

    rc = test_rules(t);

    for (i = 0; rc == MODERATECTL_OK && i < t->nfiles; i++) {
        rc = moderatectl_records(t->files[i], test_case, t);
    }

    return (rc == MODERATECTL_OK || rc == MODERATECTL_REFUSED)
           ? test_report(t) : rc;
}


/* Rules that do not load are failures, and there is nothing to run then. */

static int
test_rules(test_t *t)
{
    int     rc;
    size_t  i;

    rc = moderatectl_judge_open(&t->judge, &t->paths, &t->errors);

    if (rc == MODERATECTL_OK) {
        return test_examples(t);
    }

    for (i = 0; i < t->errors.n && i < VET_ERRORS_MAX; i++) {
        if (test_result(t, NULL, "rules", t->errors.text[i])
            != MODERATECTL_OK)
        {
            return MODERATECTL_TROUBLE;
        }
    }

    return rc;
}


static int
test_examples(test_t *t)
{
    int         rc;
    char        name[128];
    size_t      i;
    vet_look_t  look;

    for (i = 0; vet_look(t->judge.rules, i, &look) == VET_OK; i++) {
        (void) snprintf(name, sizeof(name), "%.*s, %zu examples",
                        (int) look.rule->id.len,
                        (const char *) look.rule->id.data, look.nexamples);

        rc = test_result(t, NULL, name, "");
        if (rc != MODERATECTL_OK) {
            return rc;
        }

        t->examples += look.nexamples;
    }

    return MODERATECTL_OK;
}


static int
test_case(void *data, const moderatectl_record_t *record)
{
    int                    rc;
    test_t                *t;
    moderatectl_judged_t   judged;

    t = data;

    rc = test_check(t, record);
    if (rc != MODERATECTL_OK) {
        return rc;
    }

    t->cases++;
    rc = moderatectl_judge(&t->judge, record->object, &judged);

    if (rc == MODERATECTL_OK) {
        rc = test_compare(t, record, &judged);
    }

    moderatectl_judged_destroy(&judged);

    return rc;
}


/* A case with a mistake would be one that cannot fail. */

static int
test_check(const test_t *t, const moderatectl_record_t *record)
{
    int          rc;
    json_t      *value;
    vet_role_t   role;
    const char  *key, *verdict;

    json_object_foreach(record->object, key, value) {
        if (!test_known(key)
            && vet_role_find(moderatectl_str(key), &role) != VET_OK)
        {
            return test_wrong(record, key, "unknown, expected one of a case");
        }
    }

    value = json_object_get(record->object, "verdict");
    verdict = json_string_value(value);

    if (value != NULL
        && (verdict == NULL
            || (strcmp(verdict, "pass") != 0 && strcmp(verdict, "hold") != 0
                && strcmp(verdict, "reject") != 0)))
    {
        return test_wrong(record, "verdict", "expected \"pass\", \"hold\" or "
                          "\"reject\"");
    }

    if (value == NULL
        && json_array_size(json_object_get(record->object, "hit")) == 0
        && json_array_size(json_object_get(record->object, "miss")) == 0)
    {
        return test_wrong(record, "verdict", "nothing is expected of this "
                          "case, expected a verdict, a hit or a miss");
    }

    rc = test_check_ids(t, record, "hit");

    return (rc == MODERATECTL_OK) ? test_check_ids(t, record, "miss") : rc;
}


static int
test_known(const char *key)
{
    size_t  i;

    for (i = 0; test_keys[i] != NULL; i++) {
        if (strcmp(key, test_keys[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
test_check_ids(const test_t *t, const moderatectl_record_t *record,
    const char *name)
{
    size_t   i;
    json_t  *ids, *id;

    ids = json_object_get(record->object, name);

    if (ids != NULL && !json_is_array(ids)) {
        return test_wrong(record, name, "expected a list of rule ids");
    }

    json_array_foreach(ids, i, id) {
        if (!json_is_string(id) || !test_has_rule(t, json_string_value(id))) {
            return test_wrong(record, name, "names no rule of the set");
        }
    }

    return MODERATECTL_OK;
}


static int
test_has_rule(const test_t *t, const char *id)
{
    size_t      i, len;
    vet_look_t  look;

    len = strlen(id);

    if (strncmp(id, "engine.", 7) == 0) {
        return 1;
    }

    for (i = 0; vet_look(t->judge.rules, i, &look) == VET_OK; i++) {
        if (look.rule->id.len == len
            && memcmp(look.rule->id.data, id, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static int
test_wrong(const moderatectl_record_t *record, const char *name,
    const char *what)
{
    moderatectl_record_place(record);
    fprintf(stderr, "\"");
    moderatectl_print_str(stderr, moderatectl_str(name));
    fprintf(stderr, "\": %s\n", what);

    return MODERATECTL_TROUBLE;
}


static int
test_compare(test_t *t, const moderatectl_record_t *record,
    const moderatectl_judged_t *judged)
{
    char         problem[TEST_PROBLEM_LEN];
    json_t      *rules;
    const char  *name;

    rules = moderatectl_hit_rules(judged);
    if (rules == NULL) {
        return moderatectl_no_memory();
    }

    test_problem(record, judged, rules, problem);
    json_decref(rules);

    name = moderatectl_record_name(record, "name");

    if (name[0] == '\0') {
        name = moderatectl_record_name(record, "id");
    }

    return test_result(t, record, name, problem);
}


/* The first difference from what is expected, or an empty text. */

static void
test_problem(const moderatectl_record_t *record,
    const moderatectl_judged_t *judged, const json_t *rules, char *problem)
{
    size_t       i;
    json_t      *id;
    const char  *verdict, *expected;

    problem[0] = '\0';
    verdict = moderatectl_action(judged->verdict.action);
    expected = json_string_value(json_object_get(record->object, "verdict"));

    if (expected != NULL && strcmp(verdict, expected) != 0) {
        (void) snprintf(problem, TEST_PROBLEM_LEN, "verdict %s with score "
                        "%d.%d, expected %s", verdict,
                        judged->verdict.score / VET_POINT,
                        judged->verdict.score % VET_POINT, expected);
        return;
    }

    json_array_foreach(json_object_get(record->object, "hit"), i, id) {
        if (!test_is_hit(rules, id)) {
            (void) snprintf(problem, TEST_PROBLEM_LEN, "no hit of %s, "
                            "expected one", json_string_value(id));
            return;
        }
    }

    json_array_foreach(json_object_get(record->object, "miss"), i, id) {
        if (test_is_hit(rules, id)) {
            (void) snprintf(problem, TEST_PROBLEM_LEN, "a hit of %s, "
                            "expected none", json_string_value(id));
            return;
        }
    }
}


static int
test_is_hit(const json_t *rules, const json_t *id)
{
    size_t   i;
    json_t  *rule;

    json_array_foreach(rules, i, rule) {
        if (json_equal(rule, id)) {
            return 1;
        }
    }

    return 0;
}


/* An empty problem is success; record is NULL for what is not of a case. */

static int
test_result(test_t *t, const moderatectl_record_t *record, const char *name,
    const char *problem)
{
    json_t  *failure;

    t->run++;

    if (t->tap) {
        printf("%s %zu - ", problem[0] ? "not ok" : "ok", t->run);

        if (record != NULL) {
            moderatectl_print_str(stdout, moderatectl_str(record->file));
            printf(":%zu: ", record->line);
        }

        test_tap_name(name);
        printf("\n");
    }

    if (problem[0] == '\0') {
        return MODERATECTL_OK;
    }

    if (!t->json) {
        printf("%s", t->tap ? "# " : "");

        if (record != NULL) {
            moderatectl_print_str(stdout, moderatectl_str(record->file));
            printf(":%zu: ", record->line);
            moderatectl_print_str(stdout, moderatectl_str(name));
            printf("%s", name[0] ? ": " : "");
        }

        moderatectl_print_str(stdout, moderatectl_str(problem));
        printf("\n");
    }

    failure = json_pack("{s:s*,s:I,s:s,s:s}",
                        "file", (record == NULL) ? NULL : record->file,
                        "line", (json_int_t) ((record == NULL)
                                              ? 0 : record->line),
                        "name", name, "problem", problem);

    return (json_array_append_new(t->failures, failure) == 0)
           ? MODERATECTL_OK : moderatectl_no_memory();
}


/* "# TODO" in a name would excuse a failure. */

static void
test_tap_name(const char *name)
{
    vet_str_t  part;

    for ( ;; ) {
        part.data = (const unsigned char *) name;
        part.len = strcspn(name, "#");
        moderatectl_print_str(stdout, part);
        name += part.len;

        if (*name == '\0') {
            return;
        }

        printf("\\#");
        name++;
    }
}


static int
test_report(test_t *t)
{
    int      rc;
    json_t  *document;

    rc = MODERATECTL_OK;

    if (t->tap) {
        printf("1..%zu\n", t->run);

    } else if (t->json) {
        document = json_pack("{s:I,s:I,s:I,s:O}",
                             "examples", (json_int_t) t->examples,
                             "cases", (json_int_t) t->cases,
                             "failed", (json_int_t) json_array_size(
                                       t->failures),
                             "failures", t->failures);

        rc = moderatectl_print_json(stdout, document, JSON_INDENT(1));
        json_decref(document);

    } else {
        test_summary(t);
    }

    if (rc == MODERATECTL_OK && json_array_size(t->failures) != 0) {
        return MODERATECTL_REFUSED;
    }

    return rc;
}


static void
test_summary(const test_t *t)
{
    if (t->judge.rules == NULL) {
        printf("failed: the rules cannot be used, no case was run\n");
        return;
    }

    printf("%s: %zu examples, %zu cases, %zu failed\n",
           json_array_size(t->failures) ? "failed" : "ok", t->examples,
           t->cases, json_array_size(t->failures));
}


static void
test_destroy(test_t *t)
{
    size_t  i;

    for (i = 0; i < t->nfiles; i++) {
        free(t->files[i]);
    }

    json_decref(t->failures);
    moderatectl_judge_destroy(&t->judge);
    free(t);
}
