
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl webhooks: what happens is told to other systems.
 */


#ifndef MODERATECTL_WEBHOOKS_H_INCLUDED
#define MODERATECTL_WEBHOOKS_H_INCLUDED


#include <curl/curl.h>

#include "audit.h"


#define WEBHOOKS_TARGETS_MAX     32
#define WEBHOOKS_KEYS_MAX        2        /* the second while one is changed */
#define WEBHOOKS_KEY_MIN         32
#define WEBHOOKS_KEY_MAX         256
#define WEBHOOKS_ID_LEN          32       /* hexadecimal digits */
#define WEBHOOKS_SIGNATURE_LEN   256


/* what receivers are told of */

typedef enum {
    WEBHOOKS_HELD = 0,
    WEBHOOKS_DECIDED,
    WEBHOOKS_UNDONE,
    WEBHOOKS_DELIVERED,
    WEBHOOKS_FAILED,
    WEBHOOKS_UNKNOWN,
    WEBHOOKS_APPEALED,
    WEBHOOKS_OVERDUE,
    WEBHOOKS_REMOVED,
    WEBHOOKS_NONE
} webhooks_kind_t;

typedef struct {
    size_t                  len;
    unsigned char           data[WEBHOOKS_KEY_MAX];
} webhooks_key_t;

typedef struct {
    const char             *name;           /* strings are of the config */
    const char             *url;
    const char             *ca_file;
    webhooks_key_t          keys[WEBHOOKS_KEYS_MAX];
    size_t                  nkeys;
    unsigned                kinds;          /* a bit for each */
    int                     from_start;

    /* the last event that is done with; empty: none is */
    char                    after[MODERATECTL_SEQ_LEN];
    int                     placed;         /* it has a place in the log */
    int                     ahead;          /* of what the file says */

    json_t                 *page;           /* events that were read */
    size_t                  next;

    /* the event at hand, or NULL */
    char                   *body;
    char                    id[WEBHOOKS_ID_LEN + 1];
    char                    seq[MODERATECTL_SEQ_LEN];

    /* its way */
    CURL                   *curl;
    struct curl_slist      *headers;
    int                     busy;
    size_t                  received;       /* bytes of the answer */
    unsigned                tries;
    double                  due;            /* seconds, as webhooks_clock() */
    double                  since;          /* of the first failure */
    double                  told;
    int                     dead;
    int                     doubt;          /* it was dead until now */
    int                     left;           /* --once: given up */
} webhooks_target_t;

typedef struct {
    const char             *api_url;
    const char             *credentials;
    const char             *config_name;
    const char             *state_name;
    long                    interval;       /* seconds */
    long                    dead_after;
    int                     once;
    int                     help;

    json_t                 *config;
    json_t                 *state;
    int                     lock;           /* file descriptor */
    char                   *site;
    moderatectl_api_t      *api;
    unsigned                api_failed;     /* in a row */
    double                  api_due;
    CURLM                  *multi;
    webhooks_target_t       targets[WEBHOOKS_TARGETS_MAX];
    size_t                  n;
} webhooks_t;


/* webhooks_config.c: exit codes, after a message on stderr */

int webhooks_config(webhooks_t *w);


/* webhooks_state.c: how far each target is, in a file */

/* Locks and reads the file; there may be none.  Exit codes, as above. */
int webhooks_state_read(webhooks_t *w);

/* Gives the targets the places that they have in the file. */
int webhooks_state_place(webhooks_t *w);

/* Writes the file anew, so that it is there whatever happens then. */
int webhooks_state_write(webhooks_t *w);


/* webhooks_event.c: what is told */

/* The kind by its name; WEBHOOKS_NONE: there is no such. */
webhooks_kind_t webhooks_kind(const char *name);

/* The names of all, for a message. */
extern const char *const  webhooks_kinds[];

/*
 * Makes id, seq and body of an event of the log.  MODERATECTL_OK with a body
 * of NULL: it is nothing that the target is told of.
 */
int webhooks_event(webhooks_target_t *target, const char *site,
    const json_t *event);

/* "t=...,v1=..." of the body, to be sent at that time */
int webhooks_sign(const webhooks_target_t *target, long long time,
    char *signature);


/* webhooks_send.c */

/* Begins to send what is at hand.  Exit codes. */
int webhooks_send(webhooks_t *w, webhooks_target_t *target);

/*
 * Lets transfers go on, and takes what has ended.  Exit codes; *done counts
 * the events that were taken.
 */
int webhooks_sent(webhooks_t *w, size_t *done);

/* Seconds, of a clock that nobody sets. */
double webhooks_clock(void);


#endif /* MODERATECTL_WEBHOOKS_H_INCLUDED */
