
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


/* exit codes */

#define MODERATECTL_OK           0
#define MODERATECTL_REFUSED      1    /* the answer is no */
#define MODERATECTL_USAGE        2
#define MODERATECTL_UNREACHABLE  3    /* there is no answer */


/* Commands: argv[0] is the command itself, such as "rules". */

int moderatectl_rules(int argc, char **argv);
int moderatectl_explain(int argc, char **argv);
int moderatectl_queue(int argc, char **argv);


/*
 * Writes text that strangers wrote so that a terminal takes nothing in it for
 * a command and nobody is misled: control, invisible and direction characters,
 * bytes that are not UTF-8 and backslashes become visible escapes.  indent < 0:
 * one line, line ends are escaped too; otherwise each line begins with that
 * many spaces, and a line end is added when the text has none.
 */
void moderatectl_print(FILE *out, const char *text, size_t len, int indent);


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


#endif /* MODERATECTL_H_INCLUDED */
