
/*
 * Copyright (C) the moderate authors
 *
 * What a rule set says and where, for those who write rules.
 */


#include <string.h>

#include "vet_rules.h"


static const vet_test_rule_t *vet_look_rule(const vet_ruleset_t *rs, size_t i);
static void vet_look_text(vet_look_text_t *look, vet_str_t text,
    const vet_place_t *place);
static vet_role_t vet_look_role(const vet_test_rule_t *rule);


int
vet_look(const vet_ruleset_t *rs, size_t i, vet_look_t *look)
{
    const vet_test_rule_t  *rule;

    rule = vet_look_rule(rs, i);
    if (rule == NULL) {
        return VET_DECLINED;
    }

    look->rule = &rule->rule;
    look->file = rule->place.file;
    look->line = rule->place.line;
    look->column = rule->place.column;
    look->test = vet_ruleset_test(rs, i);
    look->view = vet_ruleset_view(rs, i);
    look->role = vet_look_role(rule);
    look->nsources = rule->nphrases;
    look->nexamples = rule->nexamples;
    look->over = rule->over;

    return VET_OK;
}


static const vet_test_rule_t *
vet_look_rule(const vet_ruleset_t *rs, size_t i)
{
    if (rs->source == NULL || i >= rs->rules.n) {
        return NULL;
    }

    return (const vet_test_rule_t *) rs->rules.elts + i;
}


int
vet_look_source(const vet_ruleset_t *rs, size_t i, size_t k,
    vet_look_text_t *source)
{
    const vet_test_rule_t  *rule;

    rule = vet_look_rule(rs, i);
    if (rule == NULL || k >= rule->nphrases) {
        return VET_DECLINED;
    }

    vet_look_text(source, rule->phrases[k].text, &rule->phrases[k].place);

    return VET_OK;
}


static void
vet_look_text(vet_look_text_t *look, vet_str_t text, const vet_place_t *place)
{
    memset(look, 0, sizeof(vet_look_text_t));
    look->text = text;
    look->file = place->file;
    look->line = place->line;
    look->column = place->column;
}


int
vet_look_example(const vet_ruleset_t *rs, size_t i, size_t k,
    vet_look_text_t *example)
{
    vet_place_t             place;
    const vet_test_rule_t  *rule;

    rule = vet_look_rule(rs, i);
    if (rule == NULL || k >= rule->nexamples) {
        return VET_DECLINED;
    }

    vet_example_place(rule, &rule->examples[k], &place);
    vet_look_text(example, rule->examples[k].text, &place);
    example->hit = rule->examples[k].hit;

    return VET_OK;
}


int
vet_look_try(vet_pool_t *pool, const vet_ruleset_t *rs, size_t i,
    vet_scratch_t *scratch, vet_str_t text, vet_hits_t *hits)
{
    vet_field_t             field;
    vet_submission_t        s;
    const vet_test_rule_t  *rule;

    rule = vet_look_rule(rs, i);
    if (rule == NULL) {
        return VET_DECLINED;
    }

    memset(&field, 0, sizeof(vet_field_t));
    memset(&s, 0, sizeof(vet_submission_t));

    field.role = vet_look_role(rule);
    field.value = text;
    field.utf8 = vet_view_valid(text) != 0;
    s.fields = &field;
    s.nfields = 1;

    return vet_match_one(pool, rs, rule, scratch, &s, hits);
}


static vet_role_t
vet_look_role(const vet_test_rule_t *rule)
{
    int  role;

    for (role = VET_ROLE_TEXT; role < VET_ROLE_IGNORE; role++) {
        if (rule->roles & 1u << role) {
            return (vet_role_t) role;
        }
    }

    return VET_ROLE_OTHER;
}


void
vet_ruleset_thresholds(const vet_ruleset_t *rs, int *hold, int *reject)
{
    *hold = rs->hold;
    *reject = rs->reject;
}
