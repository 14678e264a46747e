
/*
 * Copyright (C) the moderate authors
 *
 * What the ids of a set mean, once all files are read: rules and limits that
 * are replaced or disabled, rules made of others, exceptions.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vet_rules.h"


#define VET_CIRCLE_LEN      160      /* bytes of a circle in a message */


typedef struct {
    vet_ruleset_t          *rs;
    vet_errors_t           *errors;
    vet_test_rule_t        *rules;
    vet_name_t             *names;
    const char            **ids;        /* for suggestions; NULL: not yet */
    int                     failed;     /* memory is out */

    /* the rules in the order in which they are matched */

    size_t                 *order;
    size_t                  n;
    unsigned char          *state;      /* VET_STATE_... of each rule */
    size_t                 *stack;      /* rules on the way to this one, */
    size_t                 *next;       /* and their parts looked at next */
} vet_combiner_t;

#define VET_STATE_NEW       0
#define VET_STATE_OPEN      1
#define VET_STATE_DONE      2


static void vet_combine_names(vet_combiner_t *c);
static void vet_combine_same(vet_combiner_t *c, vet_name_t *names, size_t n);
static void vet_combine_duplicate(vet_combiner_t *c, const vet_name_t *name,
    const vet_name_t *first);
static void vet_combine_replace(vet_combiner_t *c, vet_name_t *base,
    const vet_name_t *name);
static int vet_name_order(const void *one, const void *two);
static int vet_name_compare(vet_str_t a, vet_str_t b);
static vet_name_t *vet_combine_find(vet_combiner_t *c, vet_str_t id);
static void vet_combine_unknown(vet_combiner_t *c, const vet_place_t *place,
    const char *what, vet_str_t id, const char *expected);
static const char *const *vet_combine_ids(vet_combiner_t *c);
static void vet_combine_disable(vet_combiner_t *c);
static void vet_combine_parts(vet_combiner_t *c, vet_test_rule_t *rule);
static void vet_combine_scores(vet_combiner_t *c);
static void vet_combine_excepts(vet_combiner_t *c);
static void vet_combine_except(vet_combiner_t *c, vet_except_t *except);
static int vet_combine_order(vet_combiner_t *c);
static void vet_combine_visit(vet_combiner_t *c, size_t index);
static void vet_combine_circle(vet_combiner_t *c, const vet_part_t *part,
    size_t depth);
static int vet_combine_move(vet_combiner_t *c);
static void vet_combine_limits(vet_ruleset_t *rs);
static void vet_combine_examples(vet_combiner_t *c);


int
vet_combine(vet_ruleset_t *rs, vet_errors_t *errors)
{
    int             rc;
    size_t          i;
    vet_combiner_t  c;

    memset(&c, 0, sizeof(vet_combiner_t));
    c.rs = rs;
    c.errors = errors;
    c.rules = rs->rules.elts;
    c.names = rs->names.elts;

    vet_combine_names(&c);
    vet_combine_disable(&c);

    for (i = 0; i < rs->rules.n; i++) {
        if (!c.rules[i].gone) {
            vet_combine_parts(&c, &c.rules[i]);
        }
    }

    vet_combine_scores(&c);
    vet_combine_excepts(&c);
    rc = VET_OK;

    if (errors->n == 0 && rs->rules.n != 0) {
        rc = vet_combine_order(&c);
    }

    if (rc == VET_OK && errors->n == 0) {
        vet_combine_limits(rs);
    }

    vet_combine_examples(&c);

    return (rc != VET_OK || c.failed) ? VET_ERROR : VET_OK;
}


/*
 * Ids are unique among all files of a set, but for those in override.d, which
 * are of what is there.
 */

static void
vet_combine_names(vet_combiner_t *c)
{
    size_t  i, n;

    if (c->rs->names.n == 0) {
        return;
    }

    qsort(c->names, c->rs->names.n, sizeof(vet_name_t), vet_name_order);

    for (i = 0; i < c->rs->names.n; i += n) {
        n = 1;

        while (i + n < c->rs->names.n
               && vet_name_compare(c->names[i + n].place.id,
                                   c->names[i].place.id) == 0)
        {
            n++;
        }

        vet_combine_same(c, c->names + i, n);
    }
}


/* Files of override.d are read last: their names are behind the others. */

static void
vet_combine_same(vet_combiner_t *c, vet_name_t *names, size_t n)
{
    size_t  i, first;

    first = 0;

    for (i = 1; i < n; i++) {
        if (names[i].override == names[first].override) {
            vet_combine_duplicate(c, &names[i], &names[first]);

        } else {
            first = i;
            vet_combine_replace(c, &names[0], &names[i]);
        }
    }

    if (names[0].override) {
        names[0].bad = 1;
        vet_combine_unknown(c, &names[0].place, "replaces nothing", names[0]
                            .place.id, "an id that a file outside override.d "
                            "has");
    }
}


static void
vet_combine_duplicate(vet_combiner_t *c, const vet_name_t *name,
    const vet_name_t *first)
{
    vet_rule_error(c->errors, &name->place, "duplicate id, expected another "
                   "one, first at %s:%zu:%zu", first->place.file,
                   first->place.line, first->place.column);
}


/* It takes the place of what it replaces. */

static void
vet_combine_replace(vet_combiner_t *c, vet_name_t *base,
    const vet_name_t *name)
{
    vet_limit_t  *limits;

    if (base->limit != name->limit) {
        vet_rule_error(c->errors, &name->place, "id is that of a %s, expected "
                       "a %s to replace it, at %s:%zu:%zu",
                       base->limit ? "limit" : "rule",
                       base->limit ? "limit" : "rule", base->place.file,
                       base->place.line, base->place.column);
        return;
    }

    if (base->bad || name->bad) {
        return;
    }

    if (base->limit) {
        limits = c->rs->limits.elts;
        limits[base->index] = limits[name->index];
        limits[name->index].rule.id.len = 0;
        return;
    }

    c->rules[base->index] = c->rules[name->index];
    c->rules[name->index].gone = 1;
}


static int
vet_name_order(const void *one, const void *two)
{
    int                order;
    const vet_name_t  *a, *b;

    a = one;
    b = two;
    order = vet_name_compare(a->place.id, b->place.id);

    if (order != 0) {
        return order;
    }

    return (a->order > b->order) - (a->order < b->order);
}


static int
vet_name_compare(vet_str_t a, vet_str_t b)
{
    if (a.len != b.len) {
        return (a.len > b.len) ? 1 : -1;
    }

    return memcmp(a.data, b.data, a.len);
}


/* Returns the first name of this id, or NULL. */

static vet_name_t *
vet_combine_find(vet_combiner_t *c, vet_str_t id)
{
    int     order;
    size_t  low, high, mid;

    low = 0;
    high = c->rs->names.n;

    while (low < high) {
        mid = low + (high - low) / 2;
        order = vet_name_compare(c->names[mid].place.id, id);

        if (order < 0) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    if (low < c->rs->names.n
        && vet_name_compare(c->names[low].place.id, id) == 0)
    {
        return &c->names[low];
    }

    return NULL;
}


static void
vet_combine_unknown(vet_combiner_t *c, const vet_place_t *place,
    const char *what, vet_str_t id, const char *expected)
{
    const char         *meant;
    vet_shown_t         shown;
    const char *const  *ids;

    meant = NULL;

    /* comparing with all ids is for messages that are kept */

    if (c->errors->n < VET_ERRORS_MAX) {
        ids = vet_combine_ids(c);
        meant = (ids == NULL) ? NULL : vet_closest(ids, id);
    }

    vet_rule_error(c->errors, place, "%s \"%s\", expected %s%s%s%s", what,
                   vet_shown(&shown, id), expected,
                   (meant == NULL) ? "" : "; did you mean \"",
                   (meant == NULL) ? "" : meant,
                   (meant == NULL) ? "" : "\"?");
}


/* The ids that may be meant, with NULL behind them. */

static const char *const *
vet_combine_ids(vet_combiner_t *c)
{
    size_t  i, n;

    if (c->ids != NULL) {
        return c->ids;
    }

    c->ids = vet_palloc(c->rs->source,
                        (c->rs->names.n + 1) * sizeof(char *));
    if (c->ids == NULL) {
        c->failed = 1;
        return NULL;
    }

    n = 0;

    for (i = 0; i < c->rs->names.n; i++) {
        if (!c->names[i].override && !c->names[i].gone) {
            c->ids[n++] = (const char *) c->names[i].place.id.data;
        }
    }

    c->ids[n] = NULL;

    return c->ids;
}


static void
vet_combine_disable(vet_combiner_t *c)
{
    size_t         i;
    vet_name_t    *name;
    vet_limit_t   *limits;
    vet_phrase_t  *ids;

    ids = c->rs->disabled.elts;
    limits = c->rs->limits.elts;

    for (i = 0; i < c->rs->disabled.n; i++) {
        name = vet_combine_find(c, ids[i].text);

        if (name == NULL) {
            vet_combine_unknown(c, &ids[i].place, "unknown id", ids[i].text,
                                "that of a rule or limit of this set");
            continue;
        }

        name->gone = 1;

        if (name->bad) {
            continue;
        }

        if (name->limit) {
            limits[name->index].rule.id.len = 0;

        } else {
            c->rules[name->index].gone = 1;
        }
    }
}


static void
vet_combine_parts(vet_combiner_t *c, vet_test_rule_t *rule)
{
    size_t        i;
    vet_name_t   *name;
    vet_part_t   *part;
    vet_shown_t   shown;

    for (i = 0; i < rule->nparts; i++) {
        part = &rule->parts[i];
        name = vet_combine_find(c, part->id);

        if (name == NULL) {
            vet_combine_unknown(c, &part->place, "unknown rule", part->id,
                                "the id of a rule of this set");

        } else if (name->gone) {
            vet_rule_error(c->errors, &part->place, "rule \"%s\" is disabled, "
                           "expected one that is not",
                           vet_shown(&shown, part->id));

        } else if (name->limit) {
            vet_rule_error(c->errors, &part->place, "\"%s\" is a limit, "
                           "expected a rule", vet_shown(&shown, part->id));

        } else if (!name->bad) {
            part->index = name->index;
            c->rules[name->index].named = 1;
        }
    }
}


/* With a problem it may be that the rule that names it was left out. */

static void
vet_combine_scores(vet_combiner_t *c)
{
    size_t  i, n;

    n = c->errors->n;

    for (i = 0; n == 0 && i < c->rs->rules.n; i++) {
        if (!c->rules[i].gone && !c->rules[i].named
            && c->rules[i].rule.score == 0)
        {
            vet_rule_error(c->errors, &c->rules[i].place, "score is 0, "
                           "expected 0.1 to 1000, or another rule that names "
                           "this one as a part");
        }
    }
}


static void
vet_combine_excepts(vet_combiner_t *c)
{
    size_t          i;
    vet_except_t  **excepts;

    excepts = c->rs->excepts.elts;

    /* each goes first in its list: the last one first */

    for (i = c->rs->excepts.n; i > 0; i--) {
        vet_combine_except(c, excepts[i - 1]);
    }
}


/* What is disabled may still have exceptions. */

static void
vet_combine_except(vet_combiner_t *c, vet_except_t *except)
{
    vet_name_t   *name;
    vet_limit_t  *limits;
    vet_scope_t  *scope;

    name = vet_combine_find(c, except->id);

    if (name == NULL) {
        vet_combine_unknown(c, &except->place, "unknown id", except->id,
                            "that of a rule or limit of this set");
        return;
    }

    if (name->limit && (except->roles != 0 || except->text != NULL)) {
        vet_rule_error(c->errors, &except->place, "\"%s\" is a limit, "
                       "expected only \"form\" and \"site\" in \"when\"",
                       (const char *) except->id.data);
        return;
    }

    if (name->bad || name->gone) {
        return;
    }

    if (name->limit) {
        limits = c->rs->limits.elts;
        scope = (vet_scope_t *) limits[name->index].scope;

    } else {
        scope = &c->rules[name->index].scope;
    }

    except->next = scope->excepts;
    scope->excepts = except;
}


/*
 * Rules that look at fields come first, as they are in the files, then those
 * made of others, each behind its parts.
 */

static int
vet_combine_order(vet_combiner_t *c)
{
    size_t  i, n;

    n = c->rs->rules.n;

    c->order = vet_palloc(c->rs->source, n * sizeof(size_t));
    c->stack = vet_palloc(c->rs->source, n * sizeof(size_t));
    c->next = vet_palloc(c->rs->source, n * sizeof(size_t));
    c->state = vet_pcalloc(c->rs->source, n);

    if (c->order == NULL || c->stack == NULL || c->next == NULL
        || c->state == NULL)
    {
        return VET_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (c->rules[i].gone || c->rules[i].test != VET_TEST_PARTS) {
            c->state[i] = VET_STATE_DONE;
        }

        if (!c->rules[i].gone && c->rules[i].test != VET_TEST_PARTS) {
            c->order[c->n++] = i;
        }
    }

    for (i = 0; i < n; i++) {
        if (c->state[i] == VET_STATE_NEW) {
            vet_combine_visit(c, i);
        }
    }

    return (c->errors->n == 0) ? vet_combine_move(c) : VET_OK;
}


/* Depth first, without recursion: a chain may be as long as the set. */

static void
vet_combine_visit(vet_combiner_t *c, size_t index)
{
    size_t            depth;
    vet_part_t       *part;
    vet_test_rule_t  *rule;

    depth = 0;
    c->stack[0] = index;
    c->next[0] = 0;
    c->state[index] = VET_STATE_OPEN;

    for ( ;; ) {
        index = c->stack[depth];
        rule = &c->rules[index];

        if (c->next[depth] < rule->nparts) {
            part = &rule->parts[c->next[depth]++];

            if (c->state[part->index] == VET_STATE_OPEN) {
                vet_combine_circle(c, part, depth);

            } else if (c->state[part->index] == VET_STATE_NEW) {
                depth++;
                c->stack[depth] = part->index;
                c->next[depth] = 0;
                c->state[part->index] = VET_STATE_OPEN;

            } else {
                rule->context |= c->rules[part->index].context;
            }

            continue;
        }

        c->state[index] = VET_STATE_DONE;
        c->order[c->n++] = index;

        if (depth == 0) {
            return;
        }

        depth--;
        c->rules[c->stack[depth]].context |= rule->context;
    }
}


static void
vet_combine_circle(vet_combiner_t *c, const vet_part_t *part, size_t depth)
{
    int               n;
    char              text[VET_CIRCLE_LEN];
    size_t            i, len;
    const vet_rule_t *rule;

    for (i = depth; c->stack[i] != part->index; i--) { /* void */ }

    len = 0;
    text[0] = '\0';

    for ( /* void */ ; i <= depth; i++) {
        rule = &c->rules[c->stack[i]].rule;

        n = snprintf(text + len, sizeof(text) - len, "%.*s -> ",
                     (int) rule->id.len, (const char *) rule->id.data);

        if (n < 0 || (size_t) n >= sizeof(text) - len) {
            text[len] = '\0';
            break;
        }

        len += (size_t) n;
    }

    vet_rule_error(c->errors, &part->place, "rules are made of each other: "
                   "%s%s, expected no circle", text,
                   (const char *) part->id.data);
}


static int
vet_combine_move(vet_combiner_t *c)
{
    size_t            i, k, *place;
    vet_test_rule_t  *rules;

    rules = vet_palloc(c->rs->pool, (c->n + 1) * sizeof(vet_test_rule_t));
    place = vet_palloc(c->rs->source, c->rs->rules.n * sizeof(size_t));

    if (rules == NULL || place == NULL) {
        return VET_ERROR;
    }

    for (i = 0; i < c->n; i++) {
        rules[i] = c->rules[c->order[i]];
        place[c->order[i]] = i;

        for (k = 0; k < rules[i].nparts; k++) {
            rules[i].parts[k].index = place[rules[i].parts[k].index];
        }
    }

    c->rs->rules.elts = rules;
    c->rs->rules.n = c->n;
    c->rs->rules.nalloc = c->n;
    c->rules = rules;

    return VET_OK;
}


static void
vet_combine_limits(vet_ruleset_t *rs)
{
    size_t        i, n;
    vet_limit_t  *limits;

    limits = rs->limits.elts;
    n = 0;

    for (i = 0; i < rs->limits.n; i++) {
        if (limits[i].rule.id.len != 0) {
            limits[n++] = limits[i];
        }
    }

    rs->limits.n = n;
}


/*
 * Rules made of others have examples of both kinds, if a text can show what
 * they are for.  Where something is wrong already they are not run.
 */

static void
vet_combine_examples(vet_combiner_t *c)
{
    size_t            i, k, n, hits;
    vet_test_rule_t  *rule;

    n = c->errors->n;

    for (i = 0; i < c->rs->rules.n; i++) {
        rule = &c->rules[i];

        if (rule->test != VET_TEST_PARTS) {
            continue;
        }

        if (n != 0) {
            rule->nexamples = 0;
            continue;
        }

        if (rule->context) {
            continue;
        }

        hits = 0;

        for (k = 0; k < rule->nexamples; k++) {
            hits += rule->examples[k].hit;
        }

        if (rule->nexamples == 0) {
            vet_rule_error(c->errors, &rule->place, "\"examples\" is missing, "
                           "expected { hit: [...], miss: [...] }");

        } else if (hits == 0 || hits == rule->nexamples) {
            vet_rule_error(c->errors, &rule->place, "no example is a %s, "
                           "expected some of both, hit and miss",
                           (hits == 0) ? "hit" : "miss");
        }
    }
}
