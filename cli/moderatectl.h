
/*
 * Copyright (C) the moderate authors
 *
 * The command line: what its files share.
 */


#ifndef MODERATECTL_H_INCLUDED
#define MODERATECTL_H_INCLUDED


#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include <vet.h>


/* exit codes */

#define MODERATECTL_OK           0
#define MODERATECTL_REFUSED      1    /* the answer is no, or "they differ" */
#define MODERATECTL_USAGE        2
#define MODERATECTL_TROUBLE      3    /* there is no answer */


/* Commands: argv[0] is the command itself, such as "rules" or "corpus". */

int moderatectl_rules(int argc, char **argv);
int moderatectl_rules_check(int argc, char **argv);
int moderatectl_rules_corpus(int argc, char **argv);
int moderatectl_rules_diff(int argc, char **argv);
int moderatectl_rules_test(int argc, char **argv);
int moderatectl_rules_explain(int argc, char **argv);
int moderatectl_rules_fleet(int argc, char **argv);
int moderatectl_rules_precision(int argc, char **argv);
int moderatectl_explain(int argc, char **argv);
int moderatectl_queue(int argc, char **argv);
int moderatectl_audit(int argc, char **argv);
int moderatectl_erase(int argc, char **argv);
int moderatectl_report(int argc, char **argv);
int moderatectl_webhooks(int argc, char **argv);


/*
 * Writes text that strangers wrote so that a terminal takes nothing in it for
 * a command and nobody is misled: control, invisible and direction characters
 * become <U+200B>, bytes that are not UTF-8 <0xFF>, and "<" before what looks
 * like such an escape <U+003C>.  indent < 0: one line, line ends are escaped
 * too; otherwise each line begins with that many spaces, and a line end is
 * added when the text has none.
 */
void moderatectl_print(FILE *out, const char *text, size_t len, int indent);


/*
 * As above, with open before and close behind each mark.  Marks are bytes of
 * the text, not empty, in order and apart from each other.
 */

typedef struct {
    size_t                  start;
    size_t                  end;
} moderatectl_mark_t;

void moderatectl_print_marked(FILE *out, const char *text, size_t len,
    int indent, const moderatectl_mark_t *marks, size_t n, const char *open,
    const char *close);

/* As above, one line, to be read beside what it is about. */
void moderatectl_print_str(FILE *out, vet_str_t text);

int moderatectl_is_utf8(vet_str_t text);

/*
 * Writes JSON in ASCII and a line end; flags as of json_dumpf().  Returns an
 * exit code.
 */
int moderatectl_print_json(FILE *out, const json_t *json, size_t flags);

/* Returns a string as the engine takes it. */
vet_str_t moderatectl_str(const char *s);

/* Says that memory is out; returns the exit code for it. */
int moderatectl_no_memory(void);


/* Texts are judged, judge.c. */

#define MODERATECTL_PATHS_MAX    64

typedef struct {
    size_t                  n;
    vet_str_t               elts[MODERATECTL_PATHS_MAX];
} moderatectl_paths_t;

typedef struct {
    vet_ruleset_t          *rules;
    vet_scratch_t          *scratch;
} moderatectl_judge_t;

typedef struct {
    vet_pool_t             *pool;
    vet_submission_t        submission;
    vet_hits_t              hits;
    vet_verdict_t           verdict;
    vet_field_t             fields[VET_ROLE_N];
} moderatectl_judged_t;

/* Adds a rule file or folder; an exit code and a message when it is too many */
int moderatectl_paths_add(moderatectl_paths_t *paths, const char *path);

/*
 * Loads the rules, those of "make install" when there is no path, and returns
 * an exit code after a message on stderr.  To be destroyed in any case; the
 * structure is zeroed by the caller.
 */
int moderatectl_judge_create(moderatectl_judge_t *judge,
    const moderatectl_paths_t *paths);
void moderatectl_judge_destroy(moderatectl_judge_t *judge);

/*
 * The same without a message about wrong rules: MODERATECTL_REFUSED, and what
 * is wrong is in errors, zeroed by the caller.
 */
int moderatectl_judge_open(moderatectl_judge_t *judge,
    const moderatectl_paths_t *paths, vet_errors_t *errors);

void moderatectl_print_errors(FILE *out, const vet_errors_t *errors);

/*
 * Judges a record, which has texts under the names of roles, as a submission
 * with a field for each.  The texts are not copied.  Limits are not counted.
 * An exit code; judged is to be destroyed in any case.
 */
int moderatectl_judge(const moderatectl_judge_t *judge, const json_t *record,
    moderatectl_judged_t *judged);
void moderatectl_judged_destroy(moderatectl_judged_t *judged);

/* Returns "pass", "hold" or "reject". */
const char *moderatectl_action(vet_action_t action);

/*
 * Returns the ids of the rules that were hit, each once, or NULL when memory
 * is out.
 */
json_t *moderatectl_hit_rules(const moderatectl_judged_t *judged);


/* Records: JSON Lines with texts, records.c. */

typedef struct {
    const char             *file;
    size_t                  line;
    json_t                 *object;
} moderatectl_record_t;

/* Returns MODERATECTL_OK, or an exit code that ends the reading. */
typedef int (*moderatectl_record_pt)(void *data,
    const moderatectl_record_t *record);

/*
 * Reads a file, "-" is standard input, and calls the handler for each record.
 * A record is an object with at least one text under the name of a role.  A
 * line that is none is trouble.  Returns an exit code.
 */
int moderatectl_records(const char *file, moderatectl_record_pt handler,
    void *data);

/*
 * Returns what a record has under a name: text without NUL, or a number as
 * text (then it is put in the record); else "".
 */
const char *moderatectl_record_name(const moderatectl_record_t *record,
    const char *name);

/* Writes "file:line: " to stderr, for a message to follow. */
void moderatectl_record_place(const moderatectl_record_t *record);


/*
 * Counts by source and label, counts.c.  Groups are an object of sources with
 * objects of labels with objects of counts; NULL or not 0: memory is out.
 */

json_t *moderatectl_count_group(json_t *groups,
    const moderatectl_record_t *record, const char *label);

/* Returns the object under a name, made if there is none. */
json_t *moderatectl_child(json_t *object, const char *name);

/* Adds one to the number under a name; a number that is not there is 0. */
int moderatectl_count(json_t *object, const char *name);

/* Adds one to "pass", "hold" or "reject", all of which are there then. */
int moderatectl_count_verdict(json_t *object, vet_action_t verdict);

json_int_t moderatectl_number(const json_t *object, const char *name);

/* Returns the groups as a list of objects with source, label and counts. */
json_t *moderatectl_count_list(json_t *groups);


/* The JSON API of the module. */

typedef struct moderatectl_api_s  moderatectl_api_t;

/*
 * Makes a client for the API at url, with credentials from the file (its first
 * line is user:password) unless it is NULL.  Returns NULL after a message on
 * stderr.
 */
moderatectl_api_t *moderatectl_api_create(const char *url,
    const char *credentials);

void moderatectl_api_destroy(moderatectl_api_t *api);

/*
 * Sends a request: GET when body is NULL, else POST.  path follows the url as
 * it is; version, unless NULL, goes into If-Match.  MODERATECTL_OK: *answer is
 * the JSON object received, to be released by the caller.  Otherwise a message
 * is on stderr and the exit code is returned.
 */
int moderatectl_api_call(moderatectl_api_t *api, const char *path,
    const json_t *body, const char *version, json_t **answer);

/* Returns s with all but unreserved characters percent-encoded, or NULL. */
char *moderatectl_api_escape(const char *s);

/*
 * Commands about some days, stats.c.  A day is like "2026-11-21"; NULL each for
 * those that the API takes by itself.
 */

typedef struct {
    const char             *api;
    const char             *credentials;
    const char             *from;
    const char             *to;
} moderatectl_days_t;

/* Takes the API from the environment. */
void moderatectl_days_init(moderatectl_days_t *days);

/* Takes an option a(pi), c(redentials), f(rom) or t(o); 0: it is another. */
int moderatectl_days_option(moderatectl_days_t *days, int option,
    const char *arg);

/*
 * Runs a command with the API, when reading its options had that outcome; its
 * name is for a message.  Returns an exit code.
 */
int moderatectl_days_run(const moderatectl_days_t *days, const char *command,
    int rc, int (*run)(void *data, moderatectl_api_t *api), void *data);

/*
 * Asks for the figures of the days.  Returns an exit code after a message; what
 * is got is the caller's.
 */
int moderatectl_stats(moderatectl_api_t *api, const moderatectl_days_t *days,
    json_t **stats);


#endif /* MODERATECTL_H_INCLUDED */
