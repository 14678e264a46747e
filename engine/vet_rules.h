
/*
 * Copyright (C) the moderate authors
 *
 * What the judging half of the engine shares with itself: views, patterns,
 * rules as read, errors.  Nothing outside engine/ includes this file.
 */


#ifndef VET_RULES_H_INCLUDED
#define VET_RULES_H_INCLUDED


#define PCRE2_CODE_UNIT_WIDTH  8

#include <pcre2.h>

#include "vet.h"
#include "vet_decode.h"


/*
 * Unicode, vet_unicode.c.
 */

#define VET_UNI_REMOVE      0x01    /* invisible: in neither view */
#define VET_UNI_DROP        0x02    /* not in the folded view */
#define VET_UNI_SECOND      0x04    /* may join the character before it */
#define VET_UNI_BREAK       0x08    /* never changes what is before it */
#define VET_UNI_WORD        0x10    /* letter, mark or number */
#define VET_UNI_MARK        0x20    /* a mark, with VET_UNI_WORD */
#define VET_UNI_LATIN       0x40    /* a Latin letter */
#define VET_UNI_ACCENT      0x80    /* a mark that Latin letters have */

#define VET_UNI_BYTES       4       /* longest UTF-8 sequence */

typedef struct {
    uint16_t                text;       /* places in vet_uni_pool */
    uint16_t                quick;      /* text, composed to one; 0: none */
    uint16_t                fold;
    uint8_t                 text_len;   /* 0: the code point itself */
    uint8_t                 fold_len;   /* 0: as text */
    uint8_t                 ccc;        /* canonical combining class */
    uint8_t                 flags;
} vet_uni_t;

typedef struct {
    uint32_t                first;
    uint32_t                second;
    uint32_t                joined;
} vet_uni_pair_t;

const vet_uni_t *vet_uni(uint32_t cp);

/*
 * Reads one code point; len is at least 1.  Returns its length in bytes.  A
 * byte that begins no valid sequence is read alone, as ISO 8859-1; that is
 * the only case of length 1 and a code point above 127.
 */
size_t vet_uni_read(const unsigned char *p, size_t len, uint32_t *cp);

/* Writes at most VET_UNI_BYTES, returns how many. */
size_t vet_uni_write(uint32_t cp, unsigned char *p);

/* Returns what two code points compose to, or 0. */
uint32_t vet_uni_join(uint32_t first, uint32_t second);

/*
 * Returns the n code points a view has for cp, decomposed.  own is room for
 * cp itself.
 */
const uint32_t *vet_uni_map(uint32_t cp, const vet_uni_t *u, int folded,
    uint32_t *own, size_t *n);

/* Finds the one code point a view has for cp when nothing is around it. */
int vet_uni_single(uint32_t cp, const vet_uni_t *u, int folded,
    uint32_t *single);


/*
 * Views, vet_view.c and vet_squeeze.c: a field as rules see it.
 */

typedef enum {
    VET_VIEW_RAW = 0,       /* as sent */
    VET_VIEW_TEXT,          /* composed, folded case, nothing invisible */
    VET_VIEW_FOLDED,        /* also without accents */
    VET_VIEW_SQUEEZED,      /* also without separators and repeats */
    VET_VIEW_JOINED,        /* squeezed, with accents; no rule names it */
    VET_VIEW_WORDS,         /* text without joiners; no rule names these */
    VET_VIEW_FOLDED_WORDS,  /* folded without joiners */
    VET_VIEW_N
} vet_view_kind_t;

/*
 * A stretch of a view, up to the next span, and where it is from.  When to is
 * 0 the bytes stand one for one; else the whole is from [from, to).
 */

typedef struct {
    uint32_t                view;
    uint32_t                from;
    uint32_t                to;
} vet_span_t;

typedef struct vet_view_s   vet_view_t;

struct vet_view_s {
    vet_str_t               text;       /* valid UTF-8, always */
    vet_span_t             *spans;      /* none: text is the value itself */
    size_t                  nspans;
    const vet_view_t       *base;       /* spans are places of it; or NULL */
    unsigned                odd:1;      /* squeezed, joined: has, or may have */
                                        /* what words look for there */
    unsigned                wide:1;     /* folded: a letter became several, */
                                        /* or what is no letter lost marks */
    unsigned                joiners:1;  /* text, folded: has some */
    unsigned                latin:1;    /* text, folded: of what vet_latin.c */
                                        /* takes, one character for one */
};

/*
 * What a view is made of; or what is the same where it has no joiners; or
 * itself.
 */
extern const vet_view_kind_t  vet_view_bases[VET_VIEW_N];

/* VET_LIMIT and VET_ERROR as of vet_parse. */
int vet_view_build(vet_pool_t *pool, vet_str_t value, vet_view_kind_t kind,
    vet_view_t *view);

/* Makes a squeezed view of a folded one, or a joined one, without joiners. */
int vet_view_squeeze(vet_pool_t *pool, const vet_view_t *base,
    vet_view_t *view);

/*
 * Give the place in the value of a place in the view, as where something
 * starts and as where something ends.  Neither ever falls as pos rises.
 */
size_t vet_view_start(const vet_view_t *view, size_t pos);
size_t vet_view_end(const vet_view_t *view, size_t pos);

/* The same, as places in what the view was made of: its base or the value. */
size_t vet_view_base_start(const vet_view_t *view, size_t pos);
size_t vet_view_base_end(const vet_view_t *view, size_t pos);

/*
 * Tells whether [start, end) of a view is a row of as many bytes of what the
 * view was made of, which need not be the same ones, and where they begin.
 */
int vet_view_row(const vet_view_t *view, size_t start, size_t end,
    size_t *from);

/* Gives the place in a view that is latin of a character of its value. */
size_t vet_view_place(const vet_view_t *view, size_t from);

/* Tells whether a part of a text view has a letter with an accent. */
int vet_view_accented(const unsigned char *p, size_t len);

/* Tells whether the value is valid UTF-8. */
int vet_view_valid(vet_str_t value);

/* VET_LIMIT or VET_ERROR, after an allocation failed. */
int vet_pool_failed(const vet_pool_t *pool);

#define VET_VIEW_GONE       0xff    /* in vet_view_ascii */

extern const unsigned char  vet_view_ascii[128];

/* A list that grows; elts are contiguous. */

typedef struct {
    void                   *elts;
    size_t                  n;
    size_t                  nalloc;
    size_t                  size;       /* of an element */
    vet_pool_t             *pool;
} vet_list_t;

/* Returns room for one more element, zeroed; NULL when memory is out. */
void *vet_list_push(vet_list_t *list);


/*
 * ASCII and Latin letters, vet_latin.c.  out has room for as many bytes as
 * are left of data, and VET_LATIN_ROOM more.
 */

#define VET_LATIN_ROOM      16

typedef struct {
    const unsigned char    *data;
    size_t                  size;
    const uint16_t         *map;        /* vet_uni_latin_text or _fold */
    size_t                  i;
    unsigned char          *out;
    size_t                  len;
    vet_list_t             *spans;      /* of vet_span_t */
    unsigned                region:1;   /* the last span may be continued */
} vet_latin_t;

/* Writes all from i on up to what is neither.  VET_ERROR, VET_LIMIT. */
int vet_latin_run(vet_latin_t *l);

/* Takes back the last character that was written. */
void vet_latin_undo(vet_latin_t *l);

/* What was seen of 64 bytes of a text, the first one lowest. */

typedef struct {
    size_t                  at;         /* the first byte; 0: none yet */
    uint64_t                letters;    /* small ones of ASCII */
    uint64_t                spaces;
    uint64_t                repeats;    /* letters as the one before */
    uint64_t                alone;      /* letters that are no word, but fair */
    uint64_t                bad;        /* of no ordinary word */
} vet_line_t;

/*
 * vet_latin_words.c.  Returns the end of the words from i on, a SPACE, that a
 * squeezed view has as they are, one SPACE before each; or i.  The last letter
 * begins at from, which must be a place in the text before.  The line is of
 * the same text, zeroed before its first use.
 */
size_t vet_latin_words(vet_str_t text, vet_line_t *line, size_t i,
    uint32_t *cp, uint32_t *bare, size_t *from);

/*
 * Returns the end of the word behind a SPACE at i that is of small letters of
 * ASCII, some of them repeats, by their bit from the first letter on; or 0,
 * also where a word of that kind is not known to be one.
 */
size_t vet_latin_doubled(vet_str_t text, const vet_line_t *line, size_t i,
    uint64_t *repeats);

/* Returns how many ASCII bytes from i on are as their view has them. */
size_t vet_latin_same(vet_str_t value, size_t i, vet_view_kind_t kind);

/*
 * Tells whether at i, behind a token, is a character of ASCII that is neither
 * white space nor of any token.
 */
int vet_latin_point(vet_str_t text, size_t i);

/*
 * Returns how many of the bytes from p on are whole characters of valid UTF-8,
 * looking at one block; 0: look at the character.
 */
size_t vet_latin_whole(const unsigned char *p, size_t len);


/*
 * Readings, vet_decode.c: a value, and what may be made of it before people
 * see it.  The first is the value as it was sent.
 */

#define VET_READINGS_MAX    30

typedef struct {
    vet_str_t               text;
    vet_view_t             *stages;     /* how it came from the value */
    size_t                  nstages;
    vet_view_t             *views[VET_VIEW_N];  /* built at need; or NULL */
} vet_reading_t;

typedef struct vet_readings_s {
    vet_reading_t          *elts;
    size_t                  n;          /* 0: not made yet */
    size_t                  whole;      /* index: decoded, with its markup */
    size_t                  plain;      /* index: as a browser shows it */
} vet_readings_t;

/* Makes the readings of a field.  VET_LIMIT and VET_ERROR as of vet_parse. */
int vet_readings_make(vet_pool_t *pool, const vet_form_t *form,
    const vet_field_t *field, vet_readings_t *readings);

/* The same but for words that are spelled out, which are behind all others. */
int vet_readings_shown(vet_pool_t *pool, const vet_form_t *form,
    const vet_field_t *field, vet_readings_t *readings);

/* Give the place in the value of a place in the reading, as of a view. */
size_t vet_reading_start(const vet_reading_t *r, size_t pos);
size_t vet_reading_end(const vet_reading_t *r, size_t pos);


/*
 * One decoder at work.  It writes all that is left of the text, in order; a
 * failure is noted, and what is written after it is lost.
 */

typedef enum {
    VET_STRIP_NONE = 0,     /* markup stays */
    VET_STRIP_BROWSER,      /* as browsers read it */
    VET_STRIP_SIMPLE,       /* all that is between "<" and ">" */
    VET_STRIP_PHP,          /* as strip_tags() of PHP */
    VET_STRIP_N
} vet_strip_t;

typedef struct {
    vet_pool_t             *pool;
    vet_str_t               in;
    vet_strip_t             strip;
    unsigned char          *out;
    size_t                  len;
    size_t                  size;
    vet_list_t              spans;      /* of vet_span_t */
    int                     changed;
    int                     failed;     /* memory was refused */
    int                     odd;        /* another way would strip otherwise */
} vet_decoding_t;

/* Copies the text from from to to. */
void vet_decoding_copy(vet_decoding_t *d, size_t from, size_t to);

/* Writes n bytes in place of the text from from to to. */
void vet_decoding_put(vet_decoding_t *d, const unsigned char *bytes, size_t n,
    size_t from, size_t to);

/* Leaves out what is behind the text written last. */
void vet_decoding_skip(vet_decoding_t *d);

/* vet_entities.c, vet_markup.c and vet_spelled.c */
void vet_decode_spelled(vet_decoding_t *d);
void vet_decode_entities(vet_decoding_t *d);
void vet_decode_tags(vet_decoding_t *d);
void vet_decode_bbcode(vet_decoding_t *d);


/*
 * Patterns, vet_pattern.c: the only file that runs PCRE2.
 */

#define VET_PATTERN_LEN     4096     /* bytes a rule may write */

/*
 * JIT takes longer than all else that is done at loading, and most patterns
 * are never tried: one is compiled to machine code when it is tried first.
 * That is all of a set that changes, and may be done by any thread.
 */

typedef struct {
    pcre2_code             *code;
    pcre2_code             *jit;        /* a copy; NULL: there is none yet */
    int                     state;      /* of the copy */
    int                     tried;      /* how often; 2: twice or more */
} vet_pattern_t;

/* What patterns of a set are compiled with; they are in its pool. */

typedef struct vet_pattern_maker_s  vet_pattern_maker_t;

typedef struct {
    size_t                  start;      /* in the view */
    size_t                  end;
} vet_found_t;

/* NULL: memory is out.  Lives as long as the pool, and is for one thread. */
vet_pattern_maker_t *vet_pattern_maker(vet_pool_t *pool);

/*
 * Compiles a pattern of len bytes.  VET_DECLINED: text, of at least
 * VET_PATTERN_TEXT bytes, tells what is wrong, offset where.  Destroy it before
 * the pool.
 */

#define VET_PATTERN_TEXT    128

int vet_pattern_compile(vet_pattern_maker_t *maker, vet_pattern_t *p,
    const unsigned char *data, size_t len, uint32_t options, char *text,
    size_t *offset);
void vet_pattern_destroy(vet_pattern_t *p);

/* Makes the machine code now; tells whether it is used, not just once. */
void vet_pattern_prepare(vet_pattern_t *p);
int vet_pattern_used(const vet_pattern_t *p);

/*
 * As vet_scratch_create, for trying each pattern once or twice: without JIT,
 * unless its limits make a difference.
 */
vet_scratch_t *vet_scratch_create_trial(void);

/* Returns the pool for what a match needs; it is of vet_pool_create_work. */
vet_pool_t *vet_scratch_pool(const vet_scratch_t *scratch);

/* For tests: with it each pattern is tried on all texts. */
void vet_scratch_unfiltered(vet_scratch_t *scratch);
int vet_scratch_is_unfiltered(const vet_scratch_t *scratch);

/* Starts the time that all finds for one submission may take together. */
void vet_pattern_begin(vet_scratch_t *scratch);

/* Ends that time; looks whether it is over, now and then; tells whether so. */
void vet_pattern_end(vet_scratch_t *scratch);
int vet_pattern_over(vet_scratch_t *scratch);
int vet_pattern_spent(const vet_scratch_t *scratch);

/* Returns how often something was looked for since it began. */
unsigned vet_pattern_finds(const vet_scratch_t *scratch);

/* That time, and the CPU time when it was last looked at: nanoseconds. */
long long vet_pattern_time(const vet_scratch_t *scratch);
long long vet_pattern_looked(const vet_scratch_t *scratch);

/*
 * Finds the first place that begins in [from, limit]; both are where
 * characters begin, or the end of the text.  VET_DECLINED: there is none;
 * VET_LIMIT: time or a limit of PCRE2 ran out, there may be one.
 */
int vet_pattern_find(vet_pattern_t *p, vet_scratch_t *scratch,
    vet_str_t text, size_t from, size_t limit, vet_found_t *found);


/*
 * Rules as read from files.
 */

typedef struct {
    const char             *file;
    size_t                  line;       /* 0: the file as a whole */
    size_t                  column;
    const char             *kind;       /* "rule", "limit"; NULL: neither */
    vet_str_t               id;         /* may be empty */
} vet_place_t;

typedef enum {
    VET_TEST_WORDS = 1,
    VET_TEST_MATCH,
    VET_TEST_MEASURE,
    VET_TEST_HOSTS,
    VET_TEST_PERSONAL,
    VET_TEST_PARTS
} vet_test_t;

/* in the order of vet_measures[] */

typedef enum {
    VET_MEASURE_LINKS = 0,
    VET_MEASURE_HOSTS,
    VET_MEASURE_LENGTH,
    VET_MEASURE_DIGITS,
    VET_MEASURE_UPPER,
    VET_MEASURE_ACCENTS,
    VET_MEASURE_REPEATS,
    VET_MEASURE_WORDS,
    VET_MEASURE_EMOJI,
    VET_MEASURE_INVISIBLE,
    VET_MEASURE_SCRIPT,
    VET_MEASURE_FILLED,
    VET_MEASURE_HONEYPOT,
    VET_MEASURE_AGE,
    VET_MEASURE_TOKEN_MISSING,
    VET_MEASURE_TOKEN_INVALID
} vet_measure_t;

/* There are more of them than rules.  A file has at most 16 MiB. */

typedef struct {
    vet_str_t               text;
    uint32_t                line;       /* of its rule's file */
    unsigned                column:31;
    unsigned                hit:1;      /* must hit; else must miss */
} vet_example_t;

typedef struct {
    vet_str_t               text;
    vet_place_t             place;
} vet_phrase_t;

/* A phrase as the joined view has it, vet_spelling.c. */

#define VET_SPELLING_LEAST  3           /* letters; shorter ones have none */

typedef struct {
    uint32_t                own;
    uint32_t                bare;       /* without its accent */
    uint32_t                moved;      /* with the tone of its neighbour */
    unsigned                gap:1;      /* begins a word, not the first */
} vet_letter_t;

typedef struct {
    vet_letter_t           *letters;
    size_t                  n;
    size_t                  count;      /* digits aside */
    unsigned                accented:1;
} vet_spelling_t;

typedef struct vet_word_s       vet_word_t;
typedef struct vet_filter_s     vet_filter_t;
typedef struct vet_test_rule_s  vet_test_rule_t;
typedef struct vet_except_s     vet_except_t;
typedef struct vet_host_set_s   vet_host_set_t;

/* Texts that live as long as the set. */

typedef struct {
    vet_str_t              *elts;
    size_t                  n;
} vet_texts_t;

struct vet_scope_s {
    vet_texts_t             forms;      /* prefixes, or "=path"; none: all */
    vet_texts_t             sites;
    vet_except_t           *excepts;    /* that name the rule or limit */
};

/* Where the hits of a rule are dropped: all that it states must hold. */

struct vet_except_s {
    vet_except_t           *next;       /* of the same rule or limit */
    vet_str_t               id;
    vet_place_t             place;
    vet_scope_t             scope;
    unsigned                roles;      /* bits; 0: any field */
    vet_test_rule_t        *text;       /* words at the hit; or NULL */
    size_t                  index;
};

typedef enum {
    VET_PARTS_ANY = 0,
    VET_PARTS_ALL,
    VET_PARTS_NONE,
    VET_PARTS_N
} vet_parts_kind_t;

typedef struct {
    vet_parts_kind_t        kind;
    vet_str_t               id;
    vet_place_t             place;
    size_t                  index;      /* of the rule */
} vet_part_t;

struct vet_test_rule_s {
    vet_rule_t              rule;       /* first: hits point at it */
    unsigned                roles;      /* bits, 1 << VET_ROLE_... */
    vet_test_t              test;
    vet_view_kind_t         view;       /* of match */
    int                     bare_score; /* tenths, of a hit that is bare */
    unsigned                most;       /* phrases that score; 0: one */
    vet_scope_t             scope;

    vet_measure_t           measure;
    uint32_t                over;       /* of a measure, or of personal */
    uint32_t                under;
    uint32_t                min_length;
    unsigned                has_over:1;
    unsigned                has_under:1;

    unsigned                override:1; /* replaces the one of this id */
    unsigned                gone:1;     /* replaced, or disabled */
    unsigned                named:1;    /* by another rule */
    unsigned                context:1;  /* a text alone cannot make it hit */
    unsigned                personal;   /* bits, 1 << vet_personal_kind_t */

    vet_pattern_t          *patterns;
    size_t                  npatterns;
    uint32_t                reach;      /* of the literals of match */
    vet_word_t             *words;      /* of words, in order */
    size_t                  nwords;
    uint32_t                first;      /* number of the first one of them */
    unsigned                filtered:1; /* is looked for by literals, */
    unsigned                keyless:1;  /* but for some of its phrases */
    vet_host_set_t         *hosts;
    vet_part_t             *parts;
    size_t                  nparts;
    vet_example_t          *examples;
    size_t                  nexamples;

    /* in the source pool, gone after loading */

    vet_phrase_t           *phrases;    /* of words and hosts; one for match */
    size_t                  nphrases;
    vet_place_t             place;
};

/* An id and where it was given, to find the second use and what is meant. */

typedef struct {
    vet_place_t             place;
    size_t                  order;
    size_t                  index;      /* of the rule or limit */
    unsigned                limit:1;
    unsigned                override:1;
    unsigned                bad:1;      /* has a problem, is not in the set */
    unsigned                gone:1;     /* disabled */
} vet_name_t;

/* A file of a set. */

typedef struct {
    char                   *path;
    unsigned                override:1; /* replaces what is there */
} vet_rule_path_t;

struct vet_ruleset_s {
    vet_pool_t             *pool;
    vet_pool_t             *source;     /* what only loading needs */
    vet_pool_t             *work;       /* what only one phrase needs */
    vet_list_t              rules;      /* of vet_test_rule_t */
    vet_list_t              limits;     /* of vet_limit_t */
    vet_list_t              excepts;    /* of vet_except_t * */
    vet_list_t              names;      /* of vet_name_t */
    vet_list_t              disabled;   /* of vet_phrase_t */
    vet_list_t              lists;      /* of vet_list_file_t */
    vet_filter_t           *filter;
    vet_scratch_t          *trial;      /* for examples, while loading */
    vet_pattern_maker_t    *maker;
    int                     hold;       /* thresholds, tenths */
    int                     reject;
    const char             *thresholds; /* the file that set them; or NULL */
    const char             *override;   /* the same, in override.d */
    uint64_t                hash;
    char                    version[17];
};

extern const vet_rule_t  vet_rule_unreadable;
extern const vet_rule_t  vet_rule_budget;
extern const vet_rule_t  vet_rule_counters;

/*
 * vet_rule_files.c: the files that paths stand for, as a list of
 * vet_rule_path_t; and the bytes of one; place is where a list
 * file is named, or NULL.  VET_DECLINED: errors tell why.
 */
int vet_rule_files(const vet_str_t *paths, size_t npaths, vet_list_t *files,
    vet_errors_t *errors);
int vet_rule_file(vet_pool_t *pool, const char *file,
    const vet_place_t *place, vet_str_t *data, vet_errors_t *errors);

/* FNV-1a of 64 bits, continued; begins with 0. */
uint64_t vet_rule_hash(uint64_t hash, vet_str_t bytes);

/*
 * vet_rule_yaml.c: reads one file into the set.  Problems go to errors.
 * VET_ERROR: memory is out.
 */
int vet_rule_read(vet_ruleset_t *rs, const vet_rule_path_t *file,
    vet_str_t data, vet_errors_t *errors);

/*
 * vet_rule_list.c: list files.  vet_list_read gives the lines of one as
 * phrases and adds its bytes to the version, once a set; VET_DECLINED: errors
 * tell why.  vet_list_names adds to files the names that the bytes of a rule
 * file give, which may be too many.
 */

typedef struct {
    const char             *path;
    vet_phrase_t           *lines;
    size_t                  n;
} vet_list_file_t;

int vet_list_read(vet_ruleset_t *rs, const vet_place_t *place, vet_str_t name,
    vet_list_file_t *list, vet_errors_t *errors);
int vet_list_names(vet_list_t *files, const char *file, vet_str_t data);

/*
 * vet_combine.c: what ids mean: replaces and disables, finds the parts of
 * rules and brings the rules into an order in which they can be matched, and
 * gives exceptions to what they name.  VET_ERROR: memory is out.
 */
int vet_combine(vet_ruleset_t *rs, vet_errors_t *errors);

/* vet_ruleset.c: gives the place of an example, while the set is loaded. */
void vet_example_place(const vet_test_rule_t *rule,
    const vet_example_t *example, vet_place_t *place);

/* vet_scope.c */
int vet_scope_holds(const vet_scope_t *scope, const vet_context_t *context);

/* vet_words.c: reads the phrases of a words rule. */
int vet_words_compile(vet_ruleset_t *rs, vet_test_rule_t *rule,
    vet_errors_t *errors);

/*
 * vet_spelling.c: reads a phrase as the joined view has it.  VET_DECLINED: it
 * is not looked for there, being too short, or with letters that are more than
 * one code point or become more when they are bare.
 */
int vet_spelling_read(vet_pool_t *pool, vet_str_t text,
    vet_spelling_t *spelling);

/* Returns what else a vowel may be, its neighbours having a tone; or 0. */
uint32_t vet_spelling_moved(uint32_t before, uint32_t cp, uint32_t behind);

/*
 * vet_match.c: compares the fields with one rule of the set, and with those
 * that it is made of, wherever it applies and without exceptions.
 */
int vet_match_one(vet_pool_t *pool, const vet_ruleset_t *rs,
    const vet_test_rule_t *rule, vet_scratch_t *scratch,
    const vet_submission_t *s, vet_hits_t *hits);

/*
 * vet_hosts.c.  vet_hosts_compile makes the set of names of a hosts rule.
 * vet_host_name writes the one spelling of a host, lower case and punycode, of
 * at most VET_HOST_LEN bytes, and returns its length; 0: it is none.
 * vet_hosts_find tells whether a host, or one that it is under, is in the set;
 * link: it is known to be a host, and may have one label.
 * vet_host_of gives the host of a link as it is spelled.
 */

#define VET_HOST_LEN        253

int vet_hosts_compile(vet_ruleset_t *rs, vet_test_rule_t *rule,
    vet_errors_t *errors);
size_t vet_host_name(vet_str_t host, unsigned char *name);
int vet_hosts_find(const vet_host_set_t *set, vet_str_t host, int link);
vet_str_t vet_host_of(vet_str_t link);

/* Returns room for one more hit, zeroed; NULL when memory is out. */
vet_hit_t *vet_hit_push(vet_pool_t *pool, vet_hits_t *hits);

/*
 * vet_measure.c.  Counts the links of a text view; the first max are put in
 * places as [start, end) of the view.
 */

typedef struct {
    size_t                  start;
    size_t                  end;
} vet_link_t;

size_t vet_measure_links(vet_str_t text, vet_link_t *places, size_t max);
size_t vet_measure_length(vet_str_t value);

/*
 * vet_measure_text.c.  Measures of one text, as it was sent: ratios are
 * percent.  vet_measure_words needs memory: VET_LIMIT and VET_ERROR as of
 * vet_parse.
 */
size_t vet_measure_digits(vet_str_t text);
size_t vet_measure_upper(vet_str_t text);
size_t vet_measure_accents(vet_str_t text);
size_t vet_measure_emoji(vet_str_t text);
size_t vet_measure_repeats(vet_str_t text);
size_t vet_measure_invisible(vet_str_t text);
size_t vet_measure_scripts(vet_str_t text);
int vet_measure_words(vet_pool_t *pool, vet_str_t text, size_t *percent);


/*
 * YAML, vet_yaml.c: a file as a tree.
 */

typedef enum {
    VET_NODE_SCALAR = 0,
    VET_NODE_LIST,
    VET_NODE_MAP
} vet_node_kind_t;

typedef struct vet_node_s   vet_node_t;

struct vet_node_s {
    vet_node_kind_t         kind;
    size_t                  line;       /* from 1 */
    size_t                  column;
    vet_str_t               value;      /* of a scalar */
    vet_node_t             *key;        /* in a map: its name */
    vet_node_t             *child;      /* the first one */
    vet_node_t             *next;
    size_t                  n;          /* children */
};

/* VET_DECLINED: it is not such a file, errors tell why. */
int vet_yaml_read(vet_pool_t *pool, const char *file, vet_str_t data,
    vet_node_t **root, vet_errors_t *errors);


/*
 * Reading a rule file, vet_rule_yaml.c, vet_rule_limit.c and, for single
 * values, vet_rule_value.c.  Problems are noted, and reading goes on.
 */

typedef struct {
    vet_ruleset_t          *rs;
    vet_errors_t           *errors;
    vet_place_t             place;      /* of the rule or limit being read */
    const char             *path;       /* of the file, kept; or NULL yet */
    int                     override;   /* the file is in override.d */
    int                     failed;     /* memory is out */
} vet_reader_t;

/* A category, and the reason that a rule of it has when it states none. */

typedef struct {
    vet_str_t               name;
    vet_str_t               reason;
} vet_category_t;

void vet_read_limit(vet_reader_t *r, const vet_node_t *node);
vet_name_t *vet_read_id(vet_reader_t *r, const vet_node_t *map,
    vet_rule_t *rule);
void vet_read_category(vet_reader_t *r, const vet_node_t *map,
    vet_rule_t *rule);
void vet_read_reason(vet_reader_t *r, const vet_node_t *map, vet_rule_t *rule);
void vet_read_mode(vet_reader_t *r, const vet_node_t *map, vet_rule_t *rule);
void vet_read_roles(vet_reader_t *r, const vet_node_t *node, size_t n,
    unsigned *roles);

/*
 * vet_rule_test.c: what a rule looks for, but for words and match; of these,
 * how many it wants.
 */
void vet_read_measure(vet_reader_t *r, const vet_node_t *map,
    const vet_node_t *node, vet_test_rule_t *rule);
void vet_read_hosts(vet_reader_t *r, const vet_node_t *map,
    const vet_node_t *node, vet_test_rule_t *rule);
void vet_read_least(vet_reader_t *r, const vet_node_t *map,
    vet_test_rule_t *rule);
void vet_read_personal(vet_reader_t *r, const vet_node_t *map,
    const vet_node_t *node, vet_test_rule_t *rule);
void vet_read_parts(vet_reader_t *r, const vet_node_t *map,
    vet_test_rule_t *rule);

/*
 * Adds the texts of a list, of the file that "file: name" means or of the
 * files in a list to phrases.
 */
void vet_read_phrases(vet_reader_t *r, const vet_node_t *node,
    const char *expected, const char *item, vet_list_t *phrases);

size_t vet_view_index(vet_str_t name);
const char *vet_view_name(vet_view_kind_t view);

/* vet_rule_scope.c: where a rule or limit applies, and the exceptions. */
void vet_read_scope(vet_reader_t *r, const vet_node_t *map,
    vet_scope_t *scope);
void vet_read_except(vet_reader_t *r, const vet_node_t *node);
void vet_read_disable(vet_reader_t *r, const vet_node_t *node);

/* vet_need, vet_is_text and vet_is_list say what is wrong and expected. */

const vet_node_t *vet_child(const vet_node_t *map, const char *name);
void vet_check_keys(vet_reader_t *r, const vet_node_t *map,
    const char *const *names);
const vet_node_t *vet_need(vet_reader_t *r, const vet_node_t *map,
    const char *name, const char *expected);
int vet_is_text(vet_reader_t *r, const vet_node_t *node, const char *expected);
int vet_is_list(vet_reader_t *r, const vet_node_t *node, const char *expected);
void vet_read_score(vet_reader_t *r, const vet_node_t *map, const char *name,
    int least, int *score);
void vet_read_number(vet_reader_t *r, const vet_node_t *map, const char *name,
    uint32_t *number);
void vet_unknown(vet_reader_t *r, const vet_node_t *node, const char *what,
    const char *const *names);
size_t vet_index(const char *const *names, vet_str_t s);

/* Copy what lives as long as the set. */
const char *vet_keep_path(vet_reader_t *r);
vet_str_t vet_keep(vet_reader_t *r, vet_str_t s);

int vet_str_is(vet_str_t s, const char *text);

/* Sets the place of the next message. */
const vet_place_t *vet_at(vet_reader_t *r, const vet_node_t *node);


/*
 * Messages, vet_rule_error.c.
 */

void vet_rule_error(vet_errors_t *errors, const vet_place_t *place,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Bytes of a file made fit to be shown inside quotes: short, printable. */

typedef struct {
    char                    text[72];
} vet_shown_t;

const char *vet_shown(vet_shown_t *shown, vet_str_t s);

/* Returns the name that was probably meant, or NULL; names end with NULL. */
const char *vet_closest(const char *const *names, vet_str_t s);

/* Writes "a, b, c" into text, as much as fits. */
void vet_names(const char *const *names, char *text, size_t size);


#endif /* VET_RULES_H_INCLUDED */
