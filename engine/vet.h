
/*
 * Copyright (C) the moderate authors
 *
 * vet: text in, verdict out.
 *
 * The engine reads the body of one submission as the backend could read it,
 * compares its fields with a rule set and decides: pass, hold or reject.  It
 * knows nothing of nginx or Redis, keeps no static mutable data, and may be
 * used from several threads as long as each object has one user at a time.
 * A rule set is immutable once loaded and may be shared by all threads.
 *
 * Conventions.  Text is (length, pointer) and may hold any byte, NUL included.
 * Sizes and offsets count bytes; start is inclusive, end exclusive.  What a
 * function returns inside a pool lives as long as the pool; what it takes is
 * never kept, unless said.  A field's name and value may point into the body,
 * so the body must outlive the submission.
 */


#ifndef VET_H_INCLUDED
#define VET_H_INCLUDED


#include <stddef.h>
#include <stdint.h>


#define VET_VERSION         "0.1.0"


/* what functions return; 0 is success, so "rc != VET_OK" is the usual test */

#define VET_OK              0
#define VET_ERROR          -1    /* out of memory, or the reason is in errors */
#define VET_DECLINED       -2    /* not found, or not of this kind */
#define VET_LIMIT          -3    /* a stated maximum would be passed */


typedef struct {
    size_t                  len;
    const unsigned char    *data;
} vet_str_t;


#define vet_string(s)       { sizeof(s) - 1, (const unsigned char *) (s) }


/*
 * Messages for the person who edits rule files or nginx.conf.  Each reads
 * "file:line:column: rule \"id\": what is wrong, expected ...": one line, no
 * newline, NUL-terminated.  All problems are counted in n; the first
 * VET_ERRORS_MAX are kept.  The caller zeroes the structure before the call.
 */

#define VET_ERRORS_MAX      16
#define VET_ERROR_LEN       384

typedef struct {
    size_t                  n;
    char                    text[VET_ERRORS_MAX][VET_ERROR_LEN];
} vet_errors_t;


/* Memory whose allocations are freed all at once, of a submission or a set. */

typedef struct vet_pool_s   vet_pool_t;

/*
 * Makes a pool that will hand out at most max bytes, its own overhead not
 * counted.  Returns NULL when memory is out.
 */
vet_pool_t *vet_pool_create(size_t max);

/*
 * The same for what is large: it has whole pages of the system's, apart from
 * all that malloc has, and they go back with it.
 */
vet_pool_t *vet_pool_create_mapped(size_t max);

/* Frees the pool and all that was allocated from it.  NULL is allowed. */
void vet_pool_destroy(vet_pool_t *pool);

/*
 * Pools of one thread that are used again, at most VET_POOLS_SPARE; zeroed by
 * the caller.  vet_pool_reuse is as vet_pool_create, and vet_pool_spare as
 * vet_pool_destroy, also for a pool of another thread; vet_pools_free frees
 * those that are there.
 */

#define VET_POOLS_SPARE     64

typedef struct {
    vet_pool_t             *first;
    size_t                  n;
} vet_pools_t;

vet_pool_t *vet_pool_reuse(vet_pools_t *spare, size_t max);
void vet_pool_spare(vet_pools_t *spare, vet_pool_t *pool);
void vet_pools_free(vet_pools_t *spare);

/*
 * Return size bytes aligned for any type (vet_pcalloc: zeroed), or NULL when
 * memory is out or the pool's maximum would be passed.
 */
void *vet_palloc(vet_pool_t *pool, size_t size);

/* The same; a large one goes back to the system with its pool. */
void *vet_palloc_mapped(vet_pool_t *pool, size_t size);
void *vet_pcalloc(vet_pool_t *pool, size_t size);

/* Tells whether an allocation was refused because of the pool's maximum. */
int vet_pool_exhausted(const vet_pool_t *pool);


/* What a field is for.  Roles are given to fields by a form. */

typedef enum {
    VET_ROLE_OTHER = 0,     /* no selector named it; it is still inspected */
    VET_ROLE_TEXT,
    VET_ROLE_TITLE,
    VET_ROLE_AUTHOR,
    VET_ROLE_EMAIL,
    VET_ROLE_URL,
    VET_ROLE_PHONE,
    VET_ROLE_HONEYPOT,
    VET_ROLE_IGNORE,        /* parsed, never matched: tokens, view state */
    VET_ROLE_N
} vet_role_t;

/* Returns the role's name in nginx.conf and rule files, a constant string. */
const char *vet_role_name(vet_role_t role);

/* Finds a role by its name; VET_DECLINED when there is none. */
int vet_role_find(vet_str_t name, vet_role_t *role);


/*
 * A form: which field has which role.  Selectors are "name" (exact),
 * "prefix*", "*suffix", "~regex" (PCRE2, unanchored) or a JSON path such as
 * "comment.text" and "comments[].text", where "[]" stands for every element.
 * The first selector that was added and matches wins.
 *
 * Backends rename fields: a name that PHP or ASP.NET would make equal to an
 * exact selector of a matched role (leading spaces dropped, "." and space
 * made "_", cut at a NUL, without ASCII case) has that role too.
 */

#define VET_SELECTOR_LEN    256      /* bytes of one selector */
#define VET_SELECTORS_MAX   256      /* selectors of one form */

typedef struct vet_form_s   vet_form_t;

/* Makes an empty form; NULL when memory is out. */
vet_form_t *vet_form_create(void);

void vet_form_destroy(vet_form_t *form);

/*
 * Adds a selector.  VET_ERROR with one message in errors when it is empty,
 * too long, one too many, or a regex that does not compile.
 */
int vet_form_add(vet_form_t *form, vet_role_t role, vet_str_t selector,
    vet_errors_t *errors);

/* Returns the role of a field name.  form may be NULL: VET_ROLE_OTHER. */
vet_role_t vet_form_role(const vet_form_t *form, vet_str_t name);

/*
 * Adds a decoder to those of a role, which are applied in the order they were
 * added: "urldecode", "entities", "tags" or "bbcode".  Values stay as they
 * were sent; rules are compared with what was sent and with what comes of it.
 * VET_ERROR with one message in errors when there is no such decoder, when it
 * is one too many, or when the role is not inspected.
 */

#define VET_DECODERS_MAX    8        /* decoders of one role */

int vet_form_decode(vet_form_t *form, vet_role_t role, vet_str_t name,
    vet_errors_t *errors);

/* Returns how many decoders the role has. */
size_t vet_form_decoders(const vet_form_t *form, vet_role_t role);


/*
 * Why a body cannot be read in one way only.  The names (vet_unreadable_name)
 * are shown to moderators, in logs and in metrics, and are stable.
 */

typedef enum {
    VET_READABLE = 0,
    VET_CONTENT_TYPE_MISSING,       /* content-type-missing: body without one */
    VET_CONTENT_TYPE_DUPLICATE,     /* content-type-duplicate */
    VET_CONTENT_TYPE_INVALID,       /* content-type-invalid: grammar */
    VET_CONTENT_TYPE_UNKNOWN,       /* content-type-unknown */
    VET_CONTENT_ENCODING,           /* content-encoding: compressed body */
    VET_CHARSET,                    /* charset: not read, or not in it */
    VET_FORM_AMBIGUOUS,             /* form-ambiguous: urlencoded pairs? */
    VET_BOUNDARY_INVALID,           /* boundary-invalid: absent or bad */
    VET_MULTIPART_INVALID,          /* multipart-invalid: structure */
    VET_PART_HEADER_INVALID,        /* part-header-invalid */
    VET_PART_ENCODING,              /* part-encoding: transfer encoding */
    VET_PART_CHARSET,               /* part-charset */
    VET_PART_NESTED,                /* part-nested: a message in a part */
    VET_FILE_AMBIGUOUS,             /* file-ambiguous: file or field? */
    VET_TRUNCATED,                  /* truncated: ends in the middle */
    VET_JSON_INVALID,               /* json-invalid */
    VET_JSON_DUPLICATE_KEY,         /* json-duplicate-key */
    VET_NUL_IN_NAME,                /* nul-in-name */
    VET_NAME_TOO_LONG,              /* name-too-long */
    VET_TOO_MANY_FIELDS,            /* too-many-fields */
    VET_TOO_DEEP,                   /* too-deep */
    VET_TOO_LARGE,                  /* too-large: set by the caller */
    VET_UNREADABLE_N
} vet_unreadable_t;

/* Returns the reason's name, a constant string; "" for VET_READABLE. */
const char *vet_unreadable_name(vet_unreadable_t reason);


/* Limits of a body.  Each is a verdict (unreadable), nothing is truncated. */

#define VET_FIELDS_MAX      1000     /* fields of one submission */
#define VET_NAME_LEN        4096     /* bytes of a decoded field name */
#define VET_JSON_DEPTH      64       /* nested objects and arrays */
#define VET_PART_HEADERS    16       /* header lines of a part */
#define VET_PART_HEADER_LEN 4096     /* bytes of the headers of a part */


/* One request body, as received. */

typedef struct {
    vet_str_t               body;
    vet_str_t               content_type;       /* header value; len 0: none */
    vet_str_t               content_encoding;   /* header value; len 0: none */
    unsigned                content_types;      /* how many such headers */
} vet_message_t;

typedef struct {
    vet_str_t               name;       /* decoded; JSON: path as "a.b[].c" */
    vet_str_t               value;      /* decoded bytes */
    vet_str_t               filename;   /* of a file part; may be empty */
    vet_role_t              role;
    const char             *charset;    /* converted from it; NULL: as sent */
    unsigned                file:1;     /* a file part: value is its content */
    unsigned                utf8:1;     /* value is valid UTF-8 */
} vet_field_t;

/*
 * What is known of a submission besides its body.  All zero: nothing, then no
 * rule with "forms" or "sites" applies, and no exception that asks for one.
 */

typedef enum {
    VET_TOKEN_UNKNOWN = 0,  /* not looked at: no rule about it hits */
    VET_TOKEN_MISSING,
    VET_TOKEN_INVALID,      /* not one that was issued for this site */
    VET_TOKEN_VALID
} vet_token_t;

typedef struct {
    vet_str_t               form;       /* path of the request, decoded */
    vet_str_t               site;       /* name of the tenant */
    vet_token_t             token;      /* what came back of a form's token */
    uint32_t                age;        /* seconds since a valid one */
} vet_context_t;

typedef struct {
    vet_field_t            *fields;
    size_t                  nfields;
    const vet_form_t       *form;       /* whose decoders apply; or NULL */
    vet_unreadable_t        unreadable;
    size_t                  offset;     /* where in the body it was noticed */
    vet_context_t           context;    /* zeroed by vet_parse, for callers */
} vet_submission_t;

/*
 * Tokens of forms.  vet_token_make writes the VET_TOKEN_LEN bytes of one that
 * a form issued now, in seconds, sends back as its field VET_TOKEN_FIELD.
 * VET_ERROR: memory is out, or the site has more than 256 bytes.
 *
 * vet_token_find looks for it and sets token and age of s->context, of which
 * site must be set; a field with a valid one gets the role ignore.  Of a
 * submission that is unreadable nothing is known.  More than one is none that
 * was issued.
 */

#define VET_TOKEN_FIELD     "moderate_token"
#define VET_TOKEN_LEN       54

int vet_token_make(vet_str_t secret, vet_str_t site, uint64_t now,
    unsigned char *token);
void vet_token_find(vet_submission_t *s, vet_str_t secret, uint64_t now);

/*
 * Reads the body into fields, in the order of the body.  form may be NULL, and
 * must outlive the submission.
 *
 * A field in a declared character set other than UTF-8, and not all of ASCII,
 * is two fields: the bytes as sent, for there are backends that pass over the
 * declaration, and behind it the text converted to UTF-8, with charset set.
 * Where it cannot be converted the body is unreadable.
 *
 * VET_OK: s is set.  When s->unreadable is not VET_READABLE the fields found
 * until then are there, to be shown and matched, but there may be more that a
 * backend sees.  A body of length 0 is readable and has no fields, whatever
 * its type.  VET_LIMIT: the pool's maximum was reached.  VET_ERROR: out of
 * memory.
 *
 * application/x-www-form-urlencoded: WHATWG URL, section 5.1.
 * multipart/form-data: RFC 7578, RFC 2046 section 5.1.
 * application/json, also "+json": RFC 8259; numbers, true, false and null are
 * fields too, with their spelling as the value.
 * text/plain: one field with an empty name, or the fields of a JSON body when
 * it is a JSON object or array (browsers send fetch() bodies so).
 */
int vet_parse(vet_pool_t *pool, const vet_message_t *m, const vet_form_t *form,
    vet_submission_t *s);


/* Scores are kept in tenths of a point: "score: 4" is 40. */

#define VET_POINT           10

typedef enum {
    VET_MODE_ENFORCE = 0,
    VET_MODE_SHADOW         /* counted, never scored */
} vet_mode_t;

/* What is public of a rule.  Strings live as long as the rule set. */

typedef struct {
    vet_str_t               id;
    vet_str_t               title;
    vet_str_t               category;
    vet_str_t               reason;     /* public code for the receipt */
    int                     score;      /* tenths; 0: part of others only */
    vet_mode_t              mode;
    const char             *file;       /* where it is; NULL: the engine's */
    size_t                  line;
} vet_rule_t;

typedef struct vet_scope_s  vet_scope_t;

typedef struct {
    vet_rule_t              rule;       /* id, score, mode as of a rule */
    vet_str_t               key;        /* "client", "fingerprint", ... */
    unsigned                held:1;     /* counts held submissions only, */
    unsigned                rejected:1; /* rejected ones only, or both; */
                                        /* neither: counts every one */
    unsigned                retry_after:1;
    uint32_t                over;       /* hit when the count is above this */
    uint32_t                per;        /* seconds */
    const vet_scope_t      *scope;      /* see vet_limit_applies; or NULL */
} vet_limit_t;


#define VET_RULES_MAX       20000    /* rules and limits of one set */
#define VET_RULE_FILE_SIZE  (16 * 1024 * 1024)
#define VET_RULE_FILES_MAX  1000

typedef struct vet_ruleset_s  vet_ruleset_t;

/*
 * Loads files, and folders' files named *.yaml in the order of their names,
 * compiles all rules and runs their examples: a set that fails one of its own
 * examples is not returned.  Thread-safe.  Returns NULL with every problem in
 * errors.  An empty file, or a set without a rule, is a problem.
 *
 * A folder's own files are followed by those in its local.d, which add, and
 * in its override.d, which replace rules and limits that exist, disable some
 * or set the thresholds anew.
 */
vet_ruleset_t *vet_ruleset_load(const vet_str_t *paths, size_t npaths,
    vet_errors_t *errors);

/*
 * As vet_ruleset_load, for a thread that must not be in the way of others:
 * calls the handler between pieces of the work, most of them of some
 * microseconds and few of more than a millisecond, in the same thread.  There
 * it may look at the clock, and sleep.
 */

typedef struct {
    void                  (*handler)(void *data);
    void                   *data;
} vet_rest_t;

vet_ruleset_t *vet_ruleset_load_resting(const vet_str_t *paths, size_t npaths,
    const vet_rest_t *rest, vet_errors_t *errors);

void vet_ruleset_destroy(vet_ruleset_t *rs);

/*
 * Makes the machine code of those patterns whose rules, by their ids, had use
 * of it in another set, so that texts cost at once what they did there.  Either
 * set may be in use in other threads meanwhile.  What fails is made later.
 * Rests between two patterns; rest may be NULL.
 */
void vet_ruleset_follow(vet_ruleset_t *rs, const vet_ruleset_t *old,
    const vet_rest_t *rest);

/* Returns 16 hexadecimal digits of a hash over all that was read. */
vet_str_t vet_ruleset_version(const vet_ruleset_t *rs);

/* Returns how many rules (limits not counted) the set has. */
size_t vet_ruleset_rules(const vet_ruleset_t *rs);

/*
 * Returns a rule, i from 0 to vet_ruleset_rules() - 1, or NULL behind it.
 * Rules are in file order; those made of others come last, behind their parts.
 */
const vet_rule_t *vet_ruleset_rule(const vet_ruleset_t *rs, size_t i);

/* Returns the i of a rule, or vet_ruleset_rules() when it is not of the set. */
size_t vet_ruleset_index(const vet_ruleset_t *rs, const vet_rule_t *rule);

/*
 * Return what a rule of vet_ruleset_rule looks for, "words", "match",
 * "measure", "hosts", "personal" or "parts", and the view that it looks at;
 * NULL behind the last rule, and a NULL view where a rule has no one view.
 */
const char *vet_ruleset_test(const vet_ruleset_t *rs, size_t i);
const char *vet_ruleset_view(const vet_ruleset_t *rs, size_t i);

/*
 * Tells whether a rule of vet_ruleset_rule is tried only on texts that have a
 * literal which it needs.  Others cost time for every text: patterns without
 * such a literal, phrases of signs only, and rules that are not about words.
 */
int vet_ruleset_filtered(const vet_ruleset_t *rs, size_t i);

/* An example of a rule.  Strings live as long as the rule set. */

typedef struct {
    vet_str_t               text;
    size_t                  line;       /* in the rule's file */
    unsigned                hit:1;      /* must hit; else must miss */
} vet_shown_example_t;

/*
 * Gives example k, from 0, of a rule; hits come first.  VET_DECLINED: there
 * is no such rule, or it has no more examples.
 */
int vet_ruleset_example(const vet_ruleset_t *rs, size_t i, size_t k,
    vet_shown_example_t *example);

/*
 * Tells whether a limit counts and judges a submission: its "forms" and
 * "sites", and exceptions that name it.
 */
int vet_limit_applies(const vet_limit_t *limit, const vet_context_t *context);

/* Returns the set's limits in file order and their number. */
const vet_limit_t *vet_ruleset_limits(const vet_ruleset_t *rs, size_t *n);

/*
 * Puts into signature a number that changes when one of the files that
 * vet_ruleset_load would read is added, removed, replaced or written: a hash
 * over names, sizes, inodes and modification times.  Reads the rule files for
 * the names of list files, but no list file.
 * VET_ERROR with a message when a path cannot be looked at.
 */
int vet_ruleset_signature(const vet_str_t *paths, size_t npaths,
    uint64_t *signature, vet_errors_t *errors);


/*
 * Calls the handler with each folder in which a file may come, go or change so
 * that the signature does; with some more than once.  VET_ERROR: memory is out.
 */
typedef void (*vet_folder_pt)(void *data, const char *folder);

int vet_ruleset_folders(const vet_str_t *paths, size_t npaths,
    vet_folder_pt handler, void *data);


/*
 * Working memory of the matcher: one per thread, made ahead.  What a match
 * needs is in it, and counts against what is left of the pool it is given; of
 * the hits nothing is there but what vet_fingerprint may use.
 */

typedef struct vet_scratch_s  vet_scratch_t;

/* Returns NULL when memory is out. */
vet_scratch_t *vet_scratch_create(void);

void vet_scratch_destroy(vet_scratch_t *scratch);

/*
 * Sets the CPU time that one vet_match with this scratch may take, which is
 * VET_TIME when it is made; and tells whether the last one took all of it, so
 * that it has an engine.budget hit that it might not have with more time.
 */

#define VET_TIME            250000   /* microseconds */

void vet_scratch_time(vet_scratch_t *scratch, uint32_t microseconds);
int vet_scratch_over(const vet_scratch_t *scratch);


#define VET_NO_FIELD        ((size_t) -1)
#define VET_HITS_PER_RULE   16       /* places kept per rule, for display */

typedef struct {
    const vet_rule_t       *rule;
    size_t                  field;      /* index, or VET_NO_FIELD */
    size_t                  start;      /* in the field's value */
    size_t                  end;
    int                     score;      /* tenths; what this hit is worth */
    const vet_rule_t       *about;      /* of engine.budget: which ran out */
    unsigned                bare:1;     /* an accented phrase, all bare */
} vet_hit_t;

typedef struct {
    vet_hit_t              *elts;
    size_t                  n;
    size_t                  size;

    /* of vet_match: what was made of the fields, in its scratch; or NULL */

    struct vet_readings_s  *readings;
} vet_hits_t;

/*
 * Gives a text as rules with "view: name" see it: "raw", "text", "folded" and
 * so on.  VET_DECLINED: there is no such view.  VET_LIMIT and VET_ERROR as of
 * vet_parse.
 */
int vet_view_text(vet_pool_t *pool, vet_str_t value, const char *name,
    vet_str_t *text);

/*
 * Compares the fields with all rules of the set and appends hits, in rule
 * order.  s->context tells which rules and exceptions apply.  Hits of a rule
 * with score 0, which is only a part of others, are not appended; a rule made
 * of others has the places of its parts.  Fields of role ignore and file
 * contents are passed over.  An unreadable submission gives an
 * engine.unreadable hit; a rule that ran out of its limits gives an
 * engine.budget hit about it.  When the time of all together is over, the hit
 * is about the rule that took more than half of it, or about none.  hits is
 * zeroed by the caller before the first call.  VET_LIMIT and VET_ERROR as of
 * vet_parse.
 */
int vet_match(vet_pool_t *pool, const vet_ruleset_t *rs,
    vet_scratch_t *scratch, const vet_submission_t *s, vet_hits_t *hits);

/*
 * The same with more rules in the shadow than those that their files put
 * there: shadow has a bit for each rule, 1 << i % 8 in byte i / 8 for rule i
 * of vet_ruleset_rule, and belongs to the caller; NULL: none.  Such a rule
 * gives no score, holds nothing when it runs out, and is given up then.
 */
int vet_match_shadowed(vet_pool_t *pool, const vet_ruleset_t *rs,
    vet_scratch_t *scratch, const vet_submission_t *s,
    const unsigned char *shadow, vet_hits_t *hits);

/* Appends the hit of a limit that its counter was found above. */
int vet_hit_limit(vet_pool_t *pool, const vet_limit_t *limit,
    vet_hits_t *hits);

/*
 * Appends an engine.counters hit: the counters could not be read.  Such a
 * submission is held, whatever its score.
 */
int vet_hit_counters(vet_pool_t *pool, vet_hits_t *hits);

/*
 * Gives the comparable text that a "fingerprint" limit counts by: the text and
 * title fields without case, accents, separators and invisible characters.
 * Its length is 0 when there is no such text; then nothing is to be counted.
 * With the hits of vet_match for this submission, whose scratch was not used
 * since, what it made of the fields is not made again; hits may be NULL.
 */
int vet_fingerprint(vet_pool_t *pool, const vet_submission_t *s,
    const vet_hits_t *hits, vet_str_t *text);


typedef enum {
    VET_PASS = 0,
    VET_HOLD,
    VET_REJECT
} vet_action_t;

typedef struct {
    vet_action_t            action;
    int                     score;      /* tenths */
    vet_str_t               reason;     /* public code of the strongest rule; */
                                        /* empty when passed */
    uint32_t                retry_after;    /* seconds; 0: none */
} vet_verdict_t;

/*
 * Decides, once.  A rule scores once, by its strongest hit; the score is
 * compared with the set's thresholds.  engine.unreadable acts as unreadable
 * says, engine.budget and engine.counters hold at least.  Never fails.
 */
void vet_decide(const vet_ruleset_t *rs, const vet_hits_t *hits,
    vet_action_t unreadable, vet_verdict_t *verdict);


/*
 * JSON for the record of a held submission, as UTF-8 without a final newline.
 *
 * vet_fields_json: [{"name","role","value"}], a file part as {"name","role",
 * "file":true,"filename","size"}; "charset" is what a value was converted from,
 * and the field before it then has the bytes of the same one.  Bytes that are
 * not UTF-8 become U+FFFD.
 * vet_hits_json: [{"rule","category","reason","score","field","index","start",
 * "end"}], where start and end count bytes of the shown value and index is the
 * place in the array of vet_fields_json; a hit without a field has only the
 * first four.  score is a number of points: 4, 2.5.  "about" is the id of the
 * rule that an engine.budget hit is about, and last.
 *
 * VET_LIMIT and VET_ERROR as of vet_parse.
 */
int vet_fields_json(vet_pool_t *pool, const vet_submission_t *s,
    vet_str_t *json);
int vet_hits_json(vet_pool_t *pool, const vet_submission_t *s,
    const vet_hits_t *hits, vet_str_t *json);

/*
 * Hides the personal data of a text: each byte of a citizen's number, a phone
 * or bank-card number or a mail address becomes VET_MASK, so that places stay
 * what they are.  Where there is none, *masked is the value itself.  VET_LIMIT
 * and VET_ERROR as of vet_parse; *masked is then not to be shown.
 */
#define VET_MASK  '*'

int vet_mask(vet_pool_t *pool, vet_str_t value, vet_str_t *masked);

/* The categories that there are, one by one; behind the last, an empty one. */
vet_str_t vet_category(size_t i);


/*
 * Looking into a set, for those who write rules.
 */

/* As vet_ruleset_load, and keeps what the files say, which takes memory. */
vet_ruleset_t *vet_ruleset_open(const vet_str_t *paths, size_t npaths,
    vet_errors_t *errors);

/* A rule; strings live as long as the set. */

typedef struct {
    const vet_rule_t       *rule;
    const char             *file;
    size_t                  line;
    size_t                  column;
    const char             *test;       /* as of vet_ruleset_test */
    const char             *view;       /* as of vet_ruleset_view */
    vet_role_t              role;       /* the first that it looks at */
    size_t                  nsources;   /* phrases, or the pattern */
    size_t                  nexamples;
    unsigned                over;       /* of so many it hits; 0: of one */
} vet_look_t;

/* A text of a rule: something it looks for, or an example. */

typedef struct {
    vet_str_t               text;
    const char             *file;       /* where it is */
    size_t                  line;
    size_t                  column;
    unsigned                hit:1;      /* an example that must hit */
} vet_look_text_t;

/*
 * Give rule i of a set that was opened, in file order, and what it looks for
 * and its examples.  VET_DECLINED: there is none, or the set was only loaded.
 */
int vet_look(const vet_ruleset_t *rs, size_t i, vet_look_t *look);
int vet_look_source(const vet_ruleset_t *rs, size_t i, size_t k,
    vet_look_text_t *source);
int vet_look_example(const vet_ruleset_t *rs, size_t i, size_t k,
    vet_look_text_t *example);

/*
 * Compares a text with rule i alone, as its examples are, in the first role
 * that it looks at.  Returns as vet_match; VET_DECLINED: there is no such rule.
 */
int vet_look_try(vet_pool_t *pool, const vet_ruleset_t *rs, size_t i,
    vet_scratch_t *scratch, vet_str_t text, vet_hits_t *hits);

/* Gives the thresholds of a set, in tenths. */
void vet_ruleset_thresholds(const vet_ruleset_t *rs, int *hold, int *reject);


/*
 * The audit log.  An event is a list of names and values; its mac, keyed by
 * the secret, shows that it was not made up, and the chain that none of them
 * is missing or at another place.  The head of a chain is the mac of all that
 * is in it; that of an empty one is all zero.
 */

#define VET_MAC_LEN         32       /* bytes of a key, a mac and a head */

/* Gives the key for a purpose.  VET_ERROR: libcrypto or memory failed. */
int vet_mac_key(vet_str_t secret, const char *purpose, unsigned char *key);

/*
 * Gives the HMAC-SHA256 of the parts, each behind its length, so that no two
 * lists have the same.  VET_LIMIT: they have more than 1 MB together.
 */
int vet_mac(const unsigned char *key, const vet_str_t *parts, size_t n,
    unsigned char *mac);

/* Writes 2 * VET_MAC_LEN digits in lower case, and reads them: VET_DECLINED. */
void vet_mac_hex(const unsigned char *mac, unsigned char *hex);
int vet_mac_read(vet_str_t hex, unsigned char *mac);


/*
 * Sealed values: encrypted, and bound to what they are about, a list of texts
 * of at most 4096 bytes as site, record and column are.  Whoever changes a
 * value, or puts it in another place, is found out.
 */

#define VET_SEAL_KEYS_MAX   16
#define VET_SEAL_KEY_LEN    32
#define VET_SEAL_ID_LEN     8
#define VET_SEAL_SALT_LEN   16
#define VET_SEAL_OVERHEAD   56       /* bytes that a sealed value has more */

typedef struct vet_seal_keys_s  vet_seal_keys_t;

vet_seal_keys_t *vet_seal_keys_create(void);
void vet_seal_keys_destroy(vet_seal_keys_t *keys);

/*
 * Adds a key made of the secret; the first one seals, and each unseals what
 * was sealed with it.  VET_DECLINED: it is there already; VET_LIMIT: there are
 * VET_SEAL_KEYS_MAX.
 */
int vet_seal_keys_add(vet_seal_keys_t *keys, vet_str_t secret);

/* Writes the id of the first key, 2 * VET_SEAL_ID_LEN digits. */
void vet_seal_keys_id(const vet_seal_keys_t *keys, unsigned char *hex);

/* The work on one record; it is of one thread, and keeps its key. */

typedef struct {
    const vet_seal_keys_t  *keys;
    struct evp_cipher_ctx_st  *ctx;
    unsigned char           own_salt[VET_SEAL_SALT_LEN];
    int                     salted;

    /* of the last value */
    unsigned char           id[VET_SEAL_ID_LEN];
    unsigned char           salt[VET_SEAL_SALT_LEN];
    unsigned char           key[VET_SEAL_KEY_LEN];
    int                     derived;
} vet_seal_t;

/* Begins, with no keys if keys is NULL; to be ended in any case. */
int vet_seal_begin(vet_seal_t *seal, const vet_seal_keys_t *keys);
void vet_seal_end(vet_seal_t *seal);

/*
 * Seals a text; sealed has room for VET_SEAL_OVERHEAD bytes more.  VET_LIMIT:
 * it has more than 1 GiB.
 */
int vet_seal(vet_seal_t *seal, const vet_str_t *about, size_t n,
    vet_str_t text, unsigned char *sealed);

typedef enum {
    VET_UNSEALED = 0,
    VET_UNSEALED_PLAIN,      /* it is no sealed value */
    VET_UNSEALED_NO_KEY,     /* of another key than those that are there */
    VET_UNSEALED_FORGED,     /* it was changed, or is about something else */
    VET_UNSEALED_ERROR       /* libcrypto or memory failed */
} vet_unsealed_t;

/* Tells whether a value looks like a sealed one. */
int vet_sealed(vet_str_t value);

/* Unseals a value; text has room for VET_SEAL_OVERHEAD bytes less. */
vet_unsealed_t vet_unseal(vet_seal_t *seal, const vet_str_t *about, size_t n,
    vet_str_t value, unsigned char *text);


#endif /* VET_H_INCLUDED */
