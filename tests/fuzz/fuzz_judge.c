
/*
 * Copyright (C) the moderate authors
 *
 * The input is a message, see fuzz_message(): from its bytes to the record of
 * a held submission.
 */


#include <string.h>
#include <jansson.h>

#include "fuzz.h"


static vet_ruleset_t *fuzz_rules(void);
static int fuzz_judge(vet_pool_t *pool, vet_scratch_t *scratch,
    const vet_message_t *m, uint64_t *digest);
static int fuzz_hits(const vet_submission_t *s, const vet_hits_t *hits);
static void fuzz_verdict(const vet_submission_t *s, const vet_hits_t *hits,
    const vet_verdict_t *verdict);
static void fuzz_json(vet_str_t text, size_t n);


static const char  fuzz_yaml[] =
    "version: 1\n"
    "thresholds: { hold: 5, reject: 15 }\n"
    "rules:\n"
    "  - { id: words, category: abuse, score: 5,\n"
    "      words: [\"gi\xc3\xa1 s\xe1\xbb\x89\", \"ab\", \"lan m\"],\n"
    "      examples: { hit: [ab], miss: [abc] } }\n"
    "  - { id: regex, category: abuse, score: 2.5, view: folded,\n"
    "      match: '(\\d[ .]?){5}(x|\\b)',\n"
    "      examples: { hit: [\"12345\"], miss: [a] } }\n"
    "  - { id: raw, category: abuse, score: 1, view: raw, match: 'A+\\s',\n"
    "      examples: { hit: [\"A \"], miss: [b] } }\n"
    "  - { id: shadow, category: abuse, score: 9, mode: shadow, words: [a],\n"
    "      examples: { hit: [a], miss: [b] } }\n"
    "  - { id: links, category: link-flood, score: 12, measure: links,\n"
    "      over: 1, examples: { hit: [\"http://a.vn http://b.vn\"],\n"
    "      miss: [a] } }\n"
    "  - { id: length, category: automated, score: 4, measure: length,\n"
    "      over: 20, examples: { hit: [\"aaaaaaaaaaaaaaaaaaaaaaaa\"],\n"
    "      miss: [a] } }\n"
    "  - { id: hosts, category: scam, score: 3, hosts: [a.vn, ab.com,\n"
    "      \"vi\xe1\xbb\x87t.vn\", 10.0.0.1, \"::1\"],\n"
    "      examples: { hit: [\"b.a[.]vn\"], miss: [ba.vn] } }\n"
    "  - { id: personal, category: personal-data, score: 2,\n"
    "      personal: [vn-citizen-id, vn-phone, bank-card, email],\n"
    "      examples: { hit: [a@b.vn], miss: [a] } }\n"
    "  - { id: some-hosts, category: link-flood, score: 1, measure: hosts,\n"
    "      over: 0, examples: { hit: [a.vn], miss: [a] } }\n"
    "  - { id: digits, category: automated, score: 1, over: 40,\n"
    "      measure: digits-ratio, examples: { hit: [\"12\"] } }\n"
    "  - { id: upper, category: automated, score: 1, over: 40,\n"
    "      measure: upper-ratio, examples: { hit: [AB] } }\n"
    "  - { id: emoji, category: automated, score: 1, over: 10,\n"
    "      measure: emoji-ratio,\n"
    "      examples: { hit: [\"\xe2\x98\x80\"] } }\n"
    "  - { id: runs, category: automated, score: 1, over: 3,\n"
    "      measure: repeats, examples: { hit: [aaaa] } }\n"
    "  - { id: same, category: automated, score: 1, over: 49,\n"
    "      measure: repeats-ratio, examples: { hit: [a a] } }\n"
    "  - { id: unseen, category: automated, score: 1, over: 0,\n"
    "      measure: invisible-count,\n"
    "      examples: { hit: [\"a\xe2\x80\x8b\"] } }\n"
    "  - { id: mixed, category: automated, score: 1, over: 0,\n"
    "      measure: mixed-script, examples: { hit: [\"a\xd0\xb0\"] } }\n"
    "  - { id: filled, category: automated, score: 1, under: 2,\n"
    "      measure: fields-filled }\n"
    "  - { id: part, category: abuse, score: 0, words: [b],\n"
    "      examples: { hit: [b], miss: [a] } }\n"
    "  - { id: parts, category: abuse, score: 2, any: [part, links],\n"
    "      all: [shadow], none: [raw],\n"
    "      examples: { hit: [b a], miss: [a] } }\n"
    "except:\n"
    "  - { rule: words, when: { text: [ab ab, gia] } }\n"
    "  - { rule: parts, when: { field: author } }\n";


int
fuzz_one(vet_str_t in, uint64_t *digest)
{
    int             rc;
    vet_pool_t     *pool;
    vet_message_t   m;
    vet_scratch_t  *scratch;

    fuzz_message(in, &m);
    (void) fuzz_rules();

    scratch = vet_scratch_create();
    pool = vet_pool_create(FUZZ_POOL);

    rc = (scratch == NULL || pool == NULL) ? VET_ERROR
                                    : fuzz_judge(pool, scratch, &m, digest);

    vet_pool_destroy(pool);
    vet_scratch_destroy(scratch);

    return rc;
}


static vet_ruleset_t *
fuzz_rules(void)
{
    vet_str_t              yaml;
    vet_errors_t           errors;
    static vet_ruleset_t  *rs;

    if (rs == NULL) {
        yaml.data = (const unsigned char *) fuzz_yaml;
        yaml.len = sizeof(fuzz_yaml) - 1;

        fuzz_alloc_pause();
        rs = fuzz_ruleset(yaml, &errors);
        fuzz_alloc_resume();

        if (rs == NULL) {
            fuzz_fail(errors.text[0], 0, "rules");
        }
    }

    return rs;
}


static int
fuzz_judge(vet_pool_t *pool, vet_scratch_t *scratch, const vet_message_t *m,
    uint64_t *digest)
{
    int                rc, budget;
    vet_str_t          fields, shown, print, made;
    vet_hits_t         hits;
    vet_verdict_t      verdict;
    vet_submission_t   s;

    memset(&hits, 0, sizeof(vet_hits_t));

    rc = fuzz_parse(pool, m, &s);

    if (rc == VET_OK) {
        rc = vet_match(pool, fuzz_rules(), scratch, &s, &hits);
    }

    if (rc == VET_OK) {
        rc = vet_fields_json(pool, &s, &fields);
    }

    if (rc == VET_OK) {
        rc = vet_hits_json(pool, &s, &hits, &shown);
    }

    if (rc == VET_OK) {
        rc = vet_fingerprint(pool, &s, &hits, &print);
    }

    if (rc == VET_OK) {
        rc = vet_fingerprint(pool, &s, NULL, &made);
    }

    if (rc != VET_OK) {
        FUZZ_CHECK(rc == (vet_pool_exhausted(pool) ? VET_LIMIT : VET_ERROR));
        return rc;
    }

    vet_decide(fuzz_rules(), &hits, VET_HOLD, &verdict);

    budget = fuzz_hits(&s, &hits);
    fuzz_verdict(&s, &hits, &verdict);

    if (!fuzz_alloc_refuses()) {
        fuzz_json(fields, s.nfields);
        fuzz_json(shown, hits.n);
        FUZZ_CHECK(fuzz_utf8(print));
        FUZZ_CHECK(print.len == made.len
                   && memcmp(print.data, made.data, made.len) == 0);
    }

    fuzz_digest_str(digest, fields);
    fuzz_digest_str(digest, print);

    /* a budget is time, which is never the same */

    if (!budget) {
        fuzz_digest_str(digest, shown);
        fuzz_digest_size(digest, verdict.action);
        fuzz_digest_size(digest, (size_t) verdict.score);
    }

    return VET_OK;
}


/* Returns whether a rule ran out of its limits. */

static int
fuzz_hits(const vet_submission_t *s, const vet_hits_t *hits)
{
    int                 budget;
    size_t              i;
    const vet_hit_t    *hit;
    const vet_field_t  *f;

    budget = 0;

    for (i = 0; i < hits->n; i++) {
        hit = &hits->elts[i];

        if (strcmp((const char *) hit->rule->id.data, "engine.budget") == 0) {
            budget = 1;
        }

        if (hit->field == VET_NO_FIELD) {
            continue;
        }

        FUZZ_CHECK(hit->field < s->nfields);
        f = &s->fields[hit->field];

        FUZZ_CHECK(hit->start <= hit->end && hit->end <= f->value.len);
        FUZZ_CHECK(!f->file && f->role != VET_ROLE_IGNORE);
        FUZZ_CHECK(hit->score >= 0);
    }

    return budget;
}


static void
fuzz_verdict(const vet_submission_t *s, const vet_hits_t *hits,
    const vet_verdict_t *verdict)
{
    size_t  i;
    int     most;

    most = 0;

    for (i = 0; i < hits->n; i++) {
        most = (hits->elts[i].score > most) ? hits->elts[i].score : most;
    }

    FUZZ_CHECK(verdict->score >= most);
    FUZZ_CHECK(verdict->action != VET_PASS || verdict->score < 50);
    FUZZ_CHECK(verdict->action != VET_PASS
               || s->unreadable == VET_READABLE);
    FUZZ_CHECK((verdict->action == VET_REJECT) == (verdict->score >= 150));
    FUZZ_CHECK((verdict->action == VET_PASS) == (verdict->reason.len == 0));
}


static void
fuzz_json(vet_str_t text, size_t n)
{
    json_t        *json;
    json_error_t   error;

    json = json_loadb((const char *) text.data, text.len, JSON_ALLOW_NUL,
                      &error);

    FUZZ_CHECK(json != NULL);
    FUZZ_CHECK(json_array_size(json) == n);

    json_decref(json);
}
