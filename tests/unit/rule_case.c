
/*
 * Copyright (C) the moderate authors
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <dirent.h>
#include <cmocka.h>

#include "rule_case.h"
#include "seeds.h"


#define RULE_CASE_MEMORY    (64 * 1024 * 1024)


static void rule_case_empty(const char *folder);


int
rule_case_setup(void **state)
{
    static char  folder[] = "/tmp/moderate-unit-XXXXXX";

    if (mkdtemp(folder) == NULL || chdir(folder) != 0) {
        return -1;
    }

    *state = folder;

    return 0;
}


int
rule_case_teardown(void **state)
{
    rule_case_empty(*state);

    if (chdir("/") != 0) {
        return -1;
    }

    return rmdir(*state);
}


static void
rule_case_empty(const char *folder)
{
    DIR            *dir;
    char            path[512];
    struct dirent  *entry;

    dir = opendir(folder);

    if (dir == NULL) {
        return;
    }

    for (entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") == 0
            || strcmp(entry->d_name, "..") == 0)
        {
            continue;
        }

        (void) snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);

        if (unlink(path) != 0) {
            rule_case_empty(path);
            (void) rmdir(path);
        }
    }

    (void) closedir(dir);
}


vet_str_t
rule_case_str(const char *s)
{
    vet_str_t  str;

    str.len = strlen(s);
    str.data = (const unsigned char *) s;

    return str;
}


void
rule_case_write(const char *name, const char *text)
{
    rule_case_write_bytes(name, text, strlen(text));
}


void
rule_case_write_bytes(const char *name, const char *data, size_t len)
{
    FILE  *f;

    seeds_rules(data, len);

    f = fopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}


vet_ruleset_t *
rule_case_load(const char *name, vet_errors_t *errors)
{
    vet_str_t  path;

    path = rule_case_str(name);
    memset(errors, 0, sizeof(vet_errors_t));

    return vet_ruleset_load(&path, 1, errors);
}


vet_ruleset_t *
rule_case_set(const char *yaml)
{
    vet_errors_t    errors;
    vet_ruleset_t  *rs;

    rule_case_write("set.yaml", yaml);
    rs = rule_case_load("set.yaml", &errors);

    if (rs == NULL) {
        fail_msg("%s", errors.text[0]);
    }

    return rs;
}


vet_ruleset_t *
rule_case_rule(const char *keys)
{
    char  yaml[8192];

    (void) snprintf(yaml, sizeof(yaml),
                    "version: 1\n"
                    "rules:\n"
                    "  - id: r\n"
                    "    category: abuse\n"
                    "    score: 4\n"
                    "%s", keys);

    return rule_case_set(yaml);
}


void
rule_case_begin(rule_case_t *c, vet_ruleset_t *rs)
{
    memset(c, 0, sizeof(rule_case_t));
    c->rs = rs;
    c->scratch = vet_scratch_create();
    assert_non_null(c->scratch);
    rule_case_clear(c);
}


void
rule_case_end(rule_case_t *c)
{
    vet_pool_destroy(c->pool);
    vet_scratch_destroy(c->scratch);
    vet_ruleset_destroy(c->rs);
}


void
rule_case_clear(rule_case_t *c)
{
    vet_pool_destroy(c->pool);
    c->pool = vet_pool_create(RULE_CASE_MEMORY);
    assert_non_null(c->pool);

    memset(c->fields, 0, sizeof(c->fields));
    memset(&c->s, 0, sizeof(vet_submission_t));
    memset(&c->hits, 0, sizeof(vet_hits_t));
    c->s.fields = c->fields;
}


vet_field_t *
rule_case_field(rule_case_t *c, vet_role_t role, const char *data, size_t len)
{
    vet_field_t  *f;

    assert_true(c->s.nfields < sizeof(c->fields) / sizeof(c->fields[0]));

    f = &c->fields[c->s.nfields++];
    f->role = role;
    f->value.data = (const unsigned char *) data;
    f->value.len = len;

    return f;
}


size_t
rule_case_match(rule_case_t *c)
{
    memset(&c->hits, 0, sizeof(vet_hits_t));
    assert_int_equal(vet_match(c->pool, c->rs, c->scratch, &c->s, &c->hits),
                     VET_OK);

    return c->hits.n;
}


size_t
rule_case_text(rule_case_t *c, const char *text)
{
    rule_case_clear(c);
    (void) rule_case_field(c, VET_ROLE_TEXT, text, strlen(text));

    return rule_case_match(c);
}
