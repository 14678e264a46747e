
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl explain: what its files share.
 */


#ifndef EXPLAIN_H_INCLUDED
#define EXPLAIN_H_INCLUDED


#include "moderatectl.h"


#define EXPLAIN_BODY_MAX   (16 * 1024 * 1024)


typedef struct {
    vet_message_t           message;
    vet_form_t             *form;
    vet_context_t           context;
    vet_pool_t             *pool;
    vet_submission_t        submission;
    vet_field_t             field;      /* of a text alone */
    moderatectl_judge_t     judge;
    moderatectl_paths_t     paths;
    vet_hits_t              hits;
    vet_verdict_t           verdict;
    vet_str_t               method;     /* of a request, or empty */
    vet_str_t               target;
    const char             *text;       /* --text */
    const char             *text_file;  /* --file */
    const char             *request;    /* --request */
    char                   *body;       /* all that was read */
    size_t                  len;
    int                     installed;  /* rules are those installed */
    int                     json;
    int                     help;
} explain_t;


/*
 * explain_request.c: finds method, target, type, encoding and body in a
 * request that was recorded; a chunked body is joined in place.  Returns an
 * exit code after a message.
 */
int moderatectl_explain_request(explain_t *e);

/* explain_print.c */
int moderatectl_explain_json(explain_t *e);
int moderatectl_explain_print(explain_t *e);


#endif /* EXPLAIN_H_INCLUDED */
