
/*
 * Copyright (C) the moderate authors
 *
 * From hits to a verdict; and the hits that are not found in a text.
 */


#include <string.h>

#include "vet_rules.h"


static int vet_decide_again(const vet_hits_t *hits, size_t i,
    uintptr_t *seen);
static int vet_decide_best(const vet_hits_t *hits, size_t *i);
static vet_action_t vet_decide_engine(const vet_rule_t *rule,
    vet_action_t unreadable);
static uint32_t vet_decide_retry(const vet_ruleset_t *rs,
    const vet_hits_t *hits);


const vet_rule_t  vet_rule_unreadable = {
    vet_string("engine.unreadable"),
    vet_string("The body cannot be read in one way only"),
    vet_string("unreadable"),
    vet_string("unreadable"),
    0,
    VET_MODE_ENFORCE,
    NULL,
    0
};

const vet_rule_t  vet_rule_budget = {
    vet_string("engine.budget"),
    vet_string("A field could not be checked within its limits"),
    vet_string("unreadable"),
    vet_string("check-unavailable"),
    0,
    VET_MODE_ENFORCE,
    NULL,
    0
};

const vet_rule_t  vet_rule_counters = {
    vet_string("engine.counters"),
    vet_string("The counters could not be read"),
    vet_string("unreadable"),
    vet_string("check-unavailable"),
    0,
    VET_MODE_ENFORCE,
    NULL,
    0
};


void
vet_decide(const vet_ruleset_t *rs, const vet_hits_t *hits,
    vet_action_t unreadable, vet_verdict_t *verdict)
{
    int                best, strongest;
    size_t             i, next;
    uintptr_t          seen;
    vet_action_t       action, forced;
    const vet_rule_t  *reason, *engine;

    memset(verdict, 0, sizeof(vet_verdict_t));
    strongest = 0;
    seen = 0;
    forced = VET_PASS;
    reason = NULL;
    engine = NULL;

    for (i = 0; i < hits->n; i = next) {
        action = vet_decide_engine(hits->elts[i].rule, unreadable);

        if (action > forced) {
            forced = action;
            engine = hits->elts[i].rule;
        }

        next = i;
        best = vet_decide_best(hits, &next);

        if (best <= 0 || vet_decide_again(hits, i, &seen)) {
            continue;
        }

        verdict->score += best;

        if (best > strongest) {
            strongest = best;
            reason = hits->elts[i].rule;
        }
    }

    if (verdict->score >= rs->reject) {
        verdict->action = VET_REJECT;

    } else if (verdict->score >= rs->hold) {
        verdict->action = VET_HOLD;
    }

    if (forced > verdict->action) {
        verdict->action = forced;
        reason = engine;
    }

    if (verdict->action != VET_PASS && reason != NULL) {
        verdict->reason = reason->reason;
        verdict->retry_after = vet_decide_retry(rs, hits);
    }
}


/*
 * Finds the strongest of all hits of the rule of hit *i, and moves *i behind
 * the hits of this rule that follow it at once.
 */

static int
vet_decide_best(const vet_hits_t *hits, size_t *i)
{
    int                best;
    size_t             j;
    const vet_rule_t  *rule;

    rule = hits->elts[*i].rule;
    best = 0;
    j = *i;

    while (j < hits->n && hits->elts[j].rule == rule) {
        if (hits->elts[j].score > best) {
            best = hits->elts[j].score;
        }

        j++;
    }

    *i = j;

    return (rule->mode == VET_MODE_SHADOW) ? 0 : best;
}


/*
 * Tells whether the rule of hit i had hits before.  Hits come in the order of
 * the set's rules, which is the order of their addresses, so that looking back
 * is rare: the work is linear.
 */

static int
vet_decide_again(const vet_hits_t *hits, size_t i, uintptr_t *seen)
{
    size_t  j;

    if ((uintptr_t) hits->elts[i].rule > *seen) {
        *seen = (uintptr_t) hits->elts[i].rule;
        return 0;
    }

    for (j = 0; j < i; j++) {
        if (hits->elts[j].rule == hits->elts[i].rule) {
            return 1;
        }
    }

    return 0;
}


static vet_action_t
vet_decide_engine(const vet_rule_t *rule, vet_action_t unreadable)
{
    if (rule == &vet_rule_unreadable) {
        return unreadable;
    }

    if (rule == &vet_rule_budget || rule == &vet_rule_counters) {
        return VET_HOLD;
    }

    return VET_PASS;
}


/* Returns the longest time of the limits that say when to come again. */

static uint32_t
vet_decide_retry(const vet_ruleset_t *rs, const vet_hits_t *hits)
{
    size_t              i;
    uint32_t            retry;
    uintptr_t           p, first;
    const vet_limit_t  *limit;

    retry = 0;
    first = (uintptr_t) rs->limits.elts;

    for (i = 0; i < hits->n; i++) {
        p = (uintptr_t) hits->elts[i].rule;

        if (p < first || p >= first + rs->limits.n * sizeof(vet_limit_t)) {
            continue;
        }

        /* a limit begins with its rule */

        limit = (const vet_limit_t *) p;

        if (limit->retry_after && limit->rule.mode != VET_MODE_SHADOW
            && limit->per > retry)
        {
            retry = limit->per;
        }
    }

    return retry;
}


int
vet_hit_limit(vet_pool_t *pool, const vet_limit_t *limit, vet_hits_t *hits)
{
    vet_hit_t  *hit;

    hit = vet_hit_push(pool, hits);
    if (hit == NULL) {
        return vet_pool_failed(pool);
    }

    hit->rule = &limit->rule;
    hit->field = VET_NO_FIELD;
    hit->score = (limit->rule.mode == VET_MODE_SHADOW) ? 0
                                                       : limit->rule.score;

    return VET_OK;
}


int
vet_hit_counters(vet_pool_t *pool, vet_hits_t *hits)
{
    vet_hit_t  *hit;

    hit = vet_hit_push(pool, hits);
    if (hit == NULL) {
        return vet_pool_failed(pool);
    }

    hit->rule = &vet_rule_counters;
    hit->field = VET_NO_FIELD;

    return VET_OK;
}
