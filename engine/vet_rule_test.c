
/*
 * Copyright (C) the moderate authors
 *
 * What a rule looks for, but for words and patterns: measures, hosts, personal
 * data and other rules; and the texts of list files.
 */


#include <string.h>

#include "vet_rules.h"


#define VET_PARTS_MAX       64
#define VET_HOSTS_MAX       1000000
#define VET_PERCENT         100


static uint32_t vet_read_bound(vet_reader_t *r, const vet_node_t *map,
    const char *name);
static void vet_read_list(vet_reader_t *r, const vet_node_t *node,
    vet_list_t *phrases);
static void vet_read_phrase(vet_reader_t *r, vet_str_t text,
    const vet_place_t *place, vet_list_t *phrases);
static void vet_read_part(vet_reader_t *r, const vet_node_t *node,
    vet_parts_kind_t kind, vet_list_t *parts);


/* What a measure is. */

#define VET_IS_RATIO        0x01    /* percent */
#define VET_IS_FLAG         0x02    /* has no bounds */
#define VET_IS_CONTEXT      0x04    /* not of the text: needs no examples */
#define VET_IS_NOWHERE      0x08    /* looks at no role that a rule may say */
#define VET_IS_TEXT         0x10    /* of one text, which may be too short */

/* in the order of vet_measure_t */

static const char *const  vet_measures[] = {
    "links", "hosts", "length", "digits-ratio", "upper-ratio", "accents-ratio",
    "repeats", "repeats-ratio", "emoji-ratio", "invisible-count",
    "mixed-script", "fields-filled", "honeypot-filled", "age-of-form",
    "form-token-missing", "form-token-invalid", NULL
};

static const unsigned char  vet_measure_flags[] = {
    0, 0, 0,
    VET_IS_RATIO|VET_IS_TEXT,
    VET_IS_RATIO|VET_IS_TEXT,
    VET_IS_RATIO|VET_IS_TEXT,
    VET_IS_TEXT,
    VET_IS_RATIO|VET_IS_TEXT,
    VET_IS_RATIO|VET_IS_TEXT,
    VET_IS_TEXT,
    VET_IS_TEXT,
    VET_IS_CONTEXT,
    VET_IS_CONTEXT|VET_IS_NOWHERE,
    VET_IS_CONTEXT|VET_IS_NOWHERE,
    VET_IS_CONTEXT|VET_IS_NOWHERE|VET_IS_FLAG,
    VET_IS_CONTEXT|VET_IS_NOWHERE|VET_IS_FLAG
};

/* in the order of vet_personal_kind_t */

static const char *const  vet_personals[] = {
    "vn-citizen-id", "vn-phone", "bank-card", "email", NULL
};

/* in the order of vet_parts_kind_t */

static const char *const  vet_parts[] = { "any", "all", "none" };


void
vet_read_measure(vet_reader_t *r, const vet_node_t *map,
    const vet_node_t *node, vet_test_rule_t *rule)
{
    size_t             i;
    unsigned           flags;
    const vet_node_t  *over, *under, *floor, *in;

    rule->test = VET_TEST_MEASURE;

    if (!vet_is_text(r, node, "a measure such as links")) {
        return;
    }

    i = vet_index(vet_measures, node->value);

    if (vet_measures[i] == NULL) {
        vet_unknown(r, node, "measure", vet_measures);
        return;
    }

    rule->measure = (vet_measure_t) i;
    flags = vet_measure_flags[i];

    if (rule->measure == VET_MEASURE_HONEYPOT) {
        rule->roles = 1u << VET_ROLE_HONEYPOT;
    }

    rule->context = (flags & VET_IS_CONTEXT) != 0;

    over = vet_child(map, "over");
    under = vet_child(map, "under");
    floor = vet_child(map, "min_length");
    in = vet_child(map, "in");

    rule->has_over = (over != NULL);
    rule->has_under = (under != NULL);

    if (over == NULL && under == NULL && (flags & VET_IS_FLAG) == 0) {
        vet_rule_error(r->errors, vet_at(r, map), "\"over\" is missing, "
                       "expected a whole number such as 3, or \"under\"");
    }

    if ((over != NULL || under != NULL) && (flags & VET_IS_FLAG)) {
        vet_rule_error(r->errors, vet_at(r, (over != NULL) ? over : under),
                       "\"%s\" has no use here, expected \"%s\" alone",
                       (over != NULL) ? "over" : "under", vet_measures[i]);
        return;
    }

    rule->over = vet_read_bound(r, map, "over");
    rule->under = vet_read_bound(r, map, "under");
    rule->min_length = vet_read_bound(r, map, "min_length");

    if (over != NULL && under != NULL && rule->under <= rule->over + 1) {
        vet_rule_error(r->errors, vet_at(r, under), "nothing is over %u and "
                       "under %u, expected \"under\" to be more than %u",
                       rule->over, rule->under, rule->over + 1);
    }

    if (under != NULL && rule->under == 0) {
        vet_rule_error(r->errors, vet_at(r, under), "nothing is under 0, "
                       "expected 1 or more");
    }

    if (over != NULL && (flags & VET_IS_RATIO) && rule->over >= VET_PERCENT) {
        vet_rule_error(r->errors, vet_at(r, over), "no ratio is over %u, "
                       "expected percent from 0 to 99", rule->over);
    }

    if (floor != NULL && (flags & VET_IS_TEXT) == 0) {
        vet_rule_error(r->errors, vet_at(r, floor), "\"min_length\" has no "
                       "use here, expected it with a measure of one text, "
                       "such as upper-ratio");
    }

    if (in != NULL && (flags & VET_IS_NOWHERE)) {
        vet_rule_error(r->errors, vet_at(r, in), "\"in\" has no use here, "
                       "\"%s\" knows where to look", vet_measures[i]);
    }
}


static uint32_t
vet_read_bound(vet_reader_t *r, const vet_node_t *map, const char *name)
{
    uint32_t  number;

    number = 0;

    if (vet_child(map, name) != NULL) {
        vet_read_number(r, map, name, &number);
    }

    return number;
}


/* Of phrases or places: 0 is what the rule means anyway. */

void
vet_read_least(vet_reader_t *r, const vet_node_t *map, vet_test_rule_t *rule)
{
    const vet_node_t  *node;

    node = vet_child(map, "over");
    if (node == NULL) {
        return;
    }

    vet_read_number(r, map, "over", &rule->over);

    if (rule->over >= VET_HITS_PER_RULE) {
        vet_rule_error(r->errors, vet_at(r, node), "\"over\" is %u, expected "
                       "a number of places from 0 to %d", rule->over,
                       VET_HITS_PER_RULE - 1);
        rule->over = 0;
    }
}


/* Links are looked for everywhere when a rule does not say where. */

void
vet_read_hosts(vet_reader_t *r, const vet_node_t *map, const vet_node_t *node,
    vet_test_rule_t *rule)
{
    vet_list_t  phrases;

    rule->test = VET_TEST_HOSTS;
    rule->view = VET_VIEW_TEXT;

    if (vet_child(map, "in") == NULL) {
        rule->roles = (1u << VET_ROLE_N) - 1;
        rule->roles &= ~(1u << VET_ROLE_IGNORE);
    }

    memset(&phrases, 0, sizeof(vet_list_t));
    phrases.size = sizeof(vet_phrase_t);
    phrases.pool = r->rs->source;

    vet_read_phrases(r, node, "names such as [example.com], or "
                              "{ file: hosts.txt }",
                     "a name such as example.com", &phrases);

    rule->phrases = phrases.elts;
    rule->nphrases = phrases.n;

    if (phrases.n > VET_HOSTS_MAX) {
        vet_rule_error(r->errors, vet_at(r, node), "too many hosts, expected "
                       "at most %d", VET_HOSTS_MAX);
        rule->nphrases = 0;
    }
}


void
vet_read_personal(vet_reader_t *r, const vet_node_t *map,
    const vet_node_t *node, vet_test_rule_t *rule)
{
    size_t             i;
    const vet_node_t  *kind;

    rule->test = VET_TEST_PERSONAL;
    rule->over = vet_read_bound(r, map, "over");

    if (!vet_is_list(r, node, "kinds such as [vn-phone, email]")) {
        return;
    }

    for (kind = node->child; kind != NULL; kind = kind->next) {
        if (!vet_is_text(r, kind, "a kind such as vn-phone")) {
            continue;
        }

        i = vet_index(vet_personals, kind->value);

        if (vet_personals[i] == NULL) {
            vet_unknown(r, kind, "kind of personal data", vet_personals);
            continue;
        }

        rule->personal |= 1u << i;
    }
}


/* What the ids mean is found out when all files are read. */

void
vet_read_parts(vet_reader_t *r, const vet_node_t *map, vet_test_rule_t *rule)
{
    size_t             i;
    vet_list_t         parts;
    const vet_node_t  *list, *node;

    rule->test = VET_TEST_PARTS;

    memset(&parts, 0, sizeof(vet_list_t));
    parts.size = sizeof(vet_part_t);
    parts.pool = r->rs->pool;

    for (i = 0; i < VET_PARTS_N; i++) {
        list = vet_child(map, vet_parts[i]);

        if (list == NULL || !vet_is_list(r, list, "ids of rules")) {
            continue;
        }

        if (list->n > VET_PARTS_MAX) {
            vet_rule_error(r->errors, vet_at(r, list), "too many ids, "
                           "expected at most %d", VET_PARTS_MAX);
            continue;
        }

        for (node = list->child; node != NULL; node = node->next) {
            vet_read_part(r, node, (vet_parts_kind_t) i, &parts);
        }
    }

    rule->parts = parts.elts;
    rule->nparts = parts.n;
}


static void
vet_read_part(vet_reader_t *r, const vet_node_t *node, vet_parts_kind_t kind,
    vet_list_t *parts)
{
    vet_part_t  *part;

    if (!vet_is_text(r, node, "the id of a rule")) {
        return;
    }

    part = vet_list_push(parts);
    if (part == NULL) {
        r->failed = 1;
        return;
    }

    part->kind = kind;
    part->id = vet_keep(r, node->value);
    part->place = *vet_at(r, node);
}


void
vet_read_phrases(vet_reader_t *r, const vet_node_t *node,
    const char *expected, const char *item, vet_list_t *phrases)
{
    const vet_node_t  *word;

    if (node->kind == VET_NODE_MAP) {
        vet_read_list(r, node, phrases);
        return;
    }

    if (!vet_is_list(r, node, expected)) {
        return;
    }

    for (word = node->child; word != NULL; word = word->next) {
        if (word->kind == VET_NODE_MAP) {
            vet_read_list(r, word, phrases);

        } else if (vet_is_text(r, word, item)) {
            vet_read_phrase(r, word->value, vet_at(r, word), phrases);
        }
    }
}


/* A list file: { file: name }. */

static void
vet_read_list(vet_reader_t *r, const vet_node_t *node, vet_list_t *phrases)
{
    int                rc;
    size_t             i;
    vet_place_t        place;
    const vet_node_t  *name;
    vet_list_file_t    list;

    static const char *const  keys[] = { "file", NULL };

    vet_check_keys(r, node, keys);
    name = vet_need(r, node, "file", "the name of a list file");

    if (name == NULL || !vet_is_text(r, name, "the name of a list file")) {
        return;
    }

    rc = vet_list_read(r->rs, vet_at(r, name), name->value, &list, r->errors);

    if (rc != VET_OK) {
        r->failed |= (rc == VET_ERROR);
        return;
    }

    /* a line of the list that is wrong has its own place, in the same rule */

    for (i = 0; i < list.n; i++) {
        place = list.lines[i].place;
        place.kind = r->place.kind;
        place.id = r->place.id;

        vet_read_phrase(r, list.lines[i].text, &place, phrases);
    }
}


static void
vet_read_phrase(vet_reader_t *r, vet_str_t text, const vet_place_t *place,
    vet_list_t *phrases)
{
    vet_phrase_t  *phrase;

    phrase = vet_list_push(phrases);
    if (phrase == NULL) {
        r->failed = 1;
        return;
    }

    phrase->text = text;
    phrase->place = *place;
}
