
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl rules diff: which verdicts other rules would change.
 */


#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "moderatectl.h"


typedef struct {
    moderatectl_judge_t     old;
    moderatectl_judge_t     new;
    json_t                 *groups;     /* source: label: counts */
    json_t                 *changes;
    size_t                  texts;
    size_t                  other;      /* same verdict, by other rules */
    int                     json;
    int                     help;
} diff_t;

/* One text, judged twice. */

typedef struct {
    moderatectl_judged_t    old;
    moderatectl_judged_t    new;
    json_t                 *old_rules;
    json_t                 *new_rules;
} diff_text_t;


static const struct option  diff_long[] = {
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static int diff_options(diff_t *d, int argc, char **argv);
static int diff_load(moderatectl_judge_t *judge, const char *path);
static int diff_run(diff_t *d, char **argv);
static int diff_record(void *data, const moderatectl_record_t *record);
static int diff_judge(diff_t *d, const moderatectl_record_t *record,
    diff_text_t *t);
static int diff_compare(diff_t *d, const moderatectl_record_t *record,
    diff_text_t *t);
static int diff_count(diff_t *d, const moderatectl_record_t *record,
    const diff_text_t *t);
static int diff_change(diff_t *d, const moderatectl_record_t *record,
    const diff_text_t *t, json_t *gained, json_t *lost);
static json_t *diff_less(const json_t *rules, const json_t *others);
static int diff_report(diff_t *d);
static json_t *diff_document(diff_t *d);
static void diff_print(const json_t *document);
static void diff_print_group(const json_t *group);
static void diff_print_change(const json_t *change);
static void diff_print_rules(const json_t *rules, const char *sign);
static const char *diff_string(const json_t *object, const char *name);


static const char  diff_usage[] =
    "usage: moderatectl rules diff [--json] OLD NEW FILE\n"
    "\n"
    "Judges each text of FILE, as \"rules corpus\" does, by the rules of OLD\n"
    "and by those of NEW, each a rule file or a folder, and tells which\n"
    "verdicts change and which rules do that.\n"
    "\n"
    "Exits as diff does, with 0 when none changes, 1 when one does; 2 for a\n"
    "wrong command line; 3 when something cannot be read.\n";


int
moderatectl_rules_diff(int argc, char **argv)
{
    int     rc;
    diff_t  d;

    memset(&d, 0, sizeof(diff_t));

    rc = diff_options(&d, argc, argv);

    if (d.help) {
        fputs(diff_usage, stdout);
        return MODERATECTL_OK;
    }

    if (rc != MODERATECTL_OK) {
        fprintf(stderr, "\"moderatectl rules diff --help\" tells more\n");
        return rc;
    }

    d.groups = json_object();
    d.changes = json_array();

    rc = (d.groups == NULL || d.changes == NULL) ? moderatectl_no_memory()
                                                 : diff_run(&d, argv + optind);

    json_decref(d.groups);
    json_decref(d.changes);
    moderatectl_judge_destroy(&d.old);
    moderatectl_judge_destroy(&d.new);

    return rc;
}


static int
diff_options(diff_t *d, int argc, char **argv)
{
    int  option;

    optind = 1;

    for ( ;; ) {
        option = getopt_long(argc, argv, "", diff_long, NULL);

        if (option == -1) {
            break;
        }

        if (option == 'j') {
            d->json = 1;

        } else if (option == 'h') {
            d->help = 1;
            return MODERATECTL_OK;

        } else {
            return MODERATECTL_USAGE;
        }
    }

    if (argc - optind != 3) {
        fprintf(stderr, "moderatectl: expected old rules, new rules and a "
                "file of texts\n");
        return MODERATECTL_USAGE;
    }

    return MODERATECTL_OK;
}


static int
diff_run(diff_t *d, char **argv)
{
    int  rc;

    rc = diff_load(&d->old, argv[0]);

    if (rc == MODERATECTL_OK) {
        rc = diff_load(&d->new, argv[1]);
    }

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_records(argv[2], diff_record, d);
    }

    return (rc == MODERATECTL_OK) ? diff_report(d) : rc;
}


static int
diff_load(moderatectl_judge_t *judge, const char *path)
{
    moderatectl_paths_t  paths;

    memset(&paths, 0, sizeof(moderatectl_paths_t));
    (void) moderatectl_paths_add(&paths, path);

    return moderatectl_judge_create(judge, &paths);
}


static int
diff_record(void *data, const moderatectl_record_t *record)
{
    int          rc;
    diff_t      *d;
    diff_text_t  t;

    d = data;
    memset(&t, 0, sizeof(diff_text_t));

    rc = diff_judge(d, record, &t);

    if (rc == MODERATECTL_OK) {
        rc = diff_compare(d, record, &t);
    }

    json_decref(t.old_rules);
    json_decref(t.new_rules);
    moderatectl_judged_destroy(&t.old);
    moderatectl_judged_destroy(&t.new);

    return rc;
}


static int
diff_judge(diff_t *d, const moderatectl_record_t *record, diff_text_t *t)
{
    int  rc;

    rc = moderatectl_judge(&d->old, record->object, &t->old);

    if (rc == MODERATECTL_OK) {
        rc = moderatectl_judge(&d->new, record->object, &t->new);
    }

    if (rc != MODERATECTL_OK) {
        return rc;
    }

    t->old_rules = moderatectl_hit_rules(&t->old);
    t->new_rules = moderatectl_hit_rules(&t->new);

    if (t->old_rules == NULL || t->new_rules == NULL) {
        return moderatectl_no_memory();
    }

    d->texts++;

    return diff_count(d, record, t);
}


static int
diff_compare(diff_t *d, const moderatectl_record_t *record, diff_text_t *t)
{
    int      rc;
    json_t  *gained, *lost;

    gained = diff_less(t->new_rules, t->old_rules);
    lost = diff_less(t->old_rules, t->new_rules);

    if (gained == NULL || lost == NULL) {
        rc = moderatectl_no_memory();

    } else if (t->old.verdict.action != t->new.verdict.action) {
        rc = diff_change(d, record, t, gained, lost);

    } else {
        d->other += json_array_size(gained) + json_array_size(lost) != 0;
        rc = MODERATECTL_OK;
    }

    json_decref(gained);
    json_decref(lost);

    return rc;
}


static int
diff_count(diff_t *d, const moderatectl_record_t *record, const diff_text_t *t)
{
    json_t        *group;
    vet_action_t   old, new;

    old = t->old.verdict.action;
    new = t->new.verdict.action;
    group = moderatectl_count_group(d->groups, record, "label");

    if (group == NULL
        || moderatectl_count(group, "n") != 0
        || moderatectl_count_verdict(moderatectl_child(group, "old"), old) != 0
        || moderatectl_count_verdict(moderatectl_child(group, "new"), new) != 0
        || (old != new
            && moderatectl_count(group, (old < new) ? "stricter" : "milder")
               != 0))
    {
        return moderatectl_no_memory();
    }

    return MODERATECTL_OK;
}


static int
diff_change(diff_t *d, const moderatectl_record_t *record,
    const diff_text_t *t, json_t *gained, json_t *lost)
{
    json_t  *change;

    change = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:f,s:f,s:O,s:O,s:O*}",
                       "line", (json_int_t) record->line,
                       "id", moderatectl_record_name(record, "id"),
                       "source", moderatectl_record_name(record, "source"),
                       "label", moderatectl_record_name(record, "label"),
                       "old", moderatectl_action(t->old.verdict.action),
                       "new", moderatectl_action(t->new.verdict.action),
                       "old_score", (double) t->old.verdict.score / VET_POINT,
                       "new_score", (double) t->new.verdict.score / VET_POINT,
                       "gained", gained, "lost", lost,
                       "text", json_object_get(record->object, "text"));

    if (json_array_append_new(d->changes, change) != 0) {
        return moderatectl_no_memory();
    }

    return MODERATECTL_OK;
}


/* Returns the rules that are not among the others. */

static json_t *
diff_less(const json_t *rules, const json_t *others)
{
    size_t   i, j;
    json_t  *less, *rule, *other;

    less = json_array();
    if (less == NULL) {
        return NULL;
    }

    json_array_foreach(rules, i, rule) {

        json_array_foreach(others, j, other) {
            if (json_equal(rule, other)) {
                break;
            }
        }

        if (j == json_array_size(others)
            && json_array_append(less, rule) != 0)
        {
            json_decref(less);
            return NULL;
        }
    }

    return less;
}


static int
diff_report(diff_t *d)
{
    int      rc;
    json_t  *document;

    document = diff_document(d);
    if (document == NULL) {
        return moderatectl_no_memory();
    }

    rc = MODERATECTL_OK;

    if (d->json) {
        rc = moderatectl_print_json(stdout, document,
                                    JSON_INDENT(1) | JSON_REAL_PRECISION(9));

    } else {
        diff_print(document);
    }

    json_decref(document);

    if (rc == MODERATECTL_OK && json_array_size(d->changes) != 0) {
        return MODERATECTL_REFUSED;
    }

    return rc;
}


static json_t *
diff_document(diff_t *d)
{
    vet_str_t  old, new;

    old = vet_ruleset_version(d->old.rules);
    new = vet_ruleset_version(d->new.rules);

    return json_pack("{s:s%,s:s%,s:I,s:I,s:I,s:o,s:O}",
                     "old", old.data, old.len, "new", new.data, new.len,
                     "texts", (json_int_t) d->texts,
                     "changed", (json_int_t) json_array_size(d->changes),
                     "other_rules", (json_int_t) d->other,
                     "groups", moderatectl_count_list(d->groups),
                     "changes", d->changes);
}


static void
diff_print(const json_t *document)
{
    size_t   i;
    json_t  *row;

    json_array_foreach(json_object_get(document, "changes"), i, row) {
        diff_print_change(row);
    }

    json_array_foreach(json_object_get(document, "groups"), i, row) {
        diff_print_group(row);
    }

    printf("%lld of %lld texts change, %lld more are judged the same by "
           "other rules\n",
           (long long) moderatectl_number(document, "changed"),
           (long long) moderatectl_number(document, "texts"),
           (long long) moderatectl_number(document, "other_rules"));
}


static void
diff_print_group(const json_t *group)
{
    const json_t  *old, *new;

    old = json_object_get(group, "old");
    new = json_object_get(group, "new");

    moderatectl_print_str(stdout, moderatectl_str(diff_string(group,
                                                              "source")));
    printf(" ");
    moderatectl_print_str(stdout, moderatectl_str(diff_string(group,
                                                              "label")));
    printf(": %lld texts, %lld stricter, %lld milder; "
           "pass %lld to %lld, hold %lld to %lld, reject %lld to %lld\n",
           (long long) moderatectl_number(group, "n"),
           (long long) moderatectl_number(group, "stricter"),
           (long long) moderatectl_number(group, "milder"),
           (long long) moderatectl_number(old, "pass"),
           (long long) moderatectl_number(new, "pass"),
           (long long) moderatectl_number(old, "hold"),
           (long long) moderatectl_number(new, "hold"),
           (long long) moderatectl_number(old, "reject"),
           (long long) moderatectl_number(new, "reject"));
}


static void
diff_print_change(const json_t *change)
{
    const json_t  *text;

    printf("%lld: ", (long long) moderatectl_number(change, "line"));
    moderatectl_print_str(stdout, moderatectl_str(diff_string(change, "id")));
    printf("  ");
    moderatectl_print_str(stdout, moderatectl_str(diff_string(change,
                                                              "source")));
    printf(" ");
    moderatectl_print_str(stdout, moderatectl_str(diff_string(change,
                                                              "label")));
    printf("  %s %.1f -> %s %.1f ", diff_string(change, "old"),
           json_real_value(json_object_get(change, "old_score")),
           diff_string(change, "new"),
           json_real_value(json_object_get(change, "new_score")));
    diff_print_rules(json_object_get(change, "lost"), "-");
    diff_print_rules(json_object_get(change, "gained"), "+");
    printf("\n");

    text = json_object_get(change, "text");

    if (text != NULL) {
        moderatectl_print(stdout, json_string_value(text),
                          json_string_length(text), 4);
    }

    printf("\n");
}


static void
diff_print_rules(const json_t *rules, const char *sign)
{
    size_t   i;
    json_t  *id;

    json_array_foreach(rules, i, id) {
        printf(" %s%s", sign, json_string_value(id));
    }
}


static const char *
diff_string(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}
