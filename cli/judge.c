
/*
 * Copyright (C) the moderate authors
 *
 * Rule sets and texts on the command line: what nginx would make of a text.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moderatectl.h"


#define JUDGE_MEMORY  ((size_t) 64 * 1024 * 1024)


static void judge_fields(const json_t *record, moderatectl_judged_t *judged);


static const char  *judge_actions[] = { "pass", "hold", "reject" };


vet_str_t
moderatectl_str(const char *s)
{
    vet_str_t  str;

    str.data = (const unsigned char *) s;
    str.len = strlen(s);

    return str;
}


int
moderatectl_no_memory(void)
{
    fprintf(stderr, "moderatectl: out of memory\n");

    return MODERATECTL_TROUBLE;
}


const char *
moderatectl_action(vet_action_t action)
{
    return judge_actions[action];
}


int
moderatectl_paths_add(moderatectl_paths_t *paths, const char *path)
{
    if (paths->n == MODERATECTL_PATHS_MAX) {
        fprintf(stderr, "moderatectl: more than %d rule paths\n",
                MODERATECTL_PATHS_MAX);
        return MODERATECTL_USAGE;
    }

    paths->elts[paths->n++] = moderatectl_str(path);

    return MODERATECTL_OK;
}


int
moderatectl_judge_create(moderatectl_judge_t *judge,
    const moderatectl_paths_t *paths)
{
    int            rc;
    vet_errors_t  *errors;

    errors = calloc(1, sizeof(vet_errors_t));
    if (errors == NULL) {
        return moderatectl_no_memory();
    }

    rc = moderatectl_judge_open(judge, paths, errors);
    moderatectl_print_errors(stderr, errors);
    free(errors);

    return (rc == MODERATECTL_REFUSED) ? MODERATECTL_TROUBLE : rc;
}


int
moderatectl_judge_open(moderatectl_judge_t *judge,
    const moderatectl_paths_t *paths, vet_errors_t *errors)
{
    moderatectl_paths_t  installed;

    memset(&installed, 0, sizeof(moderatectl_paths_t));
    (void) moderatectl_paths_add(&installed, MODERATECTL_RULES_PATH);

    if (paths->n == 0) {
        paths = &installed;
    }

    judge->rules = vet_ruleset_open(paths->elts, paths->n, errors);
    if (judge->rules == NULL) {
        return MODERATECTL_REFUSED;
    }

    judge->scratch = vet_scratch_create();

    return (judge->scratch == NULL) ? moderatectl_no_memory() : MODERATECTL_OK;
}


void
moderatectl_print_errors(FILE *out, const vet_errors_t *errors)
{
    size_t  i;

    for (i = 0; i < errors->n && i < VET_ERRORS_MAX; i++) {
        moderatectl_print_str(out, moderatectl_str(errors->text[i]));
        fprintf(out, "\n");
    }

    if (errors->n > VET_ERRORS_MAX) {
        fprintf(out, "and %zu more\n", errors->n - VET_ERRORS_MAX);
    }
}


void
moderatectl_judge_destroy(moderatectl_judge_t *judge)
{
    vet_scratch_destroy(judge->scratch);
    vet_ruleset_destroy(judge->rules);
}


int
moderatectl_judge(const moderatectl_judge_t *judge, const json_t *record,
    moderatectl_judged_t *judged)
{
    int  rc;

    memset(judged, 0, sizeof(moderatectl_judged_t));
    judge_fields(record, judged);

    judged->pool = vet_pool_create(JUDGE_MEMORY);
    if (judged->pool == NULL) {
        return moderatectl_no_memory();
    }

    rc = vet_match(judged->pool, judge->rules, judge->scratch,
                   &judged->submission, &judged->hits);

    if (rc == VET_LIMIT) {
        fprintf(stderr, "moderatectl: a text needs more than %zu bytes to be "
                "judged\n", JUDGE_MEMORY);
        return MODERATECTL_TROUBLE;
    }

    if (rc != VET_OK) {
        return moderatectl_no_memory();
    }

    vet_decide(judge->rules, &judged->hits, VET_HOLD, &judged->verdict);

    return MODERATECTL_OK;
}


static void
judge_fields(const json_t *record, moderatectl_judged_t *judged)
{
    int           role;
    vet_field_t  *field;
    const json_t *text;

    judged->submission.fields = judged->fields;
    field = judged->fields;

    for (role = 0; role < VET_ROLE_IGNORE; role++) {
        text = json_object_get(record, vet_role_name((vet_role_t) role));

        if (!json_is_string(text)) {
            continue;
        }

        field->name = moderatectl_str(vet_role_name((vet_role_t) role));
        field->role = (vet_role_t) role;
        field->value.data = (const unsigned char *) json_string_value(text);
        field->value.len = json_string_length(text);
        field->utf8 = 1;
        field++;
    }

    judged->submission.nfields = (size_t) (field - judged->fields);
}


void
moderatectl_judged_destroy(moderatectl_judged_t *judged)
{
    vet_pool_destroy(judged->pool);
    judged->pool = NULL;
}


/* Hits are in rule order, those of the engine may stand between. */

json_t *
moderatectl_hit_rules(const moderatectl_judged_t *judged)
{
    size_t   i, j;
    json_t  *rules;

    rules = json_array();

    for (i = 0; rules != NULL && i < judged->hits.n; i++) {

        for (j = 0; j < i; j++) {
            if (judged->hits.elts[j].rule == judged->hits.elts[i].rule) {
                break;
            }
        }

        if (j == i
            && json_array_append_new(rules, json_stringn(
                   (const char *) judged->hits.elts[i].rule->id.data,
                   judged->hits.elts[i].rule->id.len)) != 0)
        {
            json_decref(rules);
            return NULL;
        }
    }

    return rules;
}
