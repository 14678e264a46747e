
/*
 * Copyright (C) the moderate authors
 *
 * moderatectl audit: the log of events, and whether it is whole.
 */


#ifndef MODERATECTL_AUDIT_H_INCLUDED
#define MODERATECTL_AUDIT_H_INCLUDED


#include "moderatectl.h"


#define MODERATECTL_SEQ_LEN      64


/* "ms-number" */

typedef struct {
    char                    text[MODERATECTL_SEQ_LEN];
    uint64_t                ms;
    uint64_t                n;
} moderatectl_seq_t;

/* a head of the chain, as the file has it */

typedef struct {
    moderatectl_seq_t       upto;
    uint64_t                count;
    unsigned char           head[VET_MAC_LEN];
} moderatectl_seal_t;

typedef struct {
    const char             *site;
    unsigned char           key[VET_MAC_LEN];
    int                     trimmed;        /* the beginning may be gone */

    moderatectl_seal_t     *seals;          /* in their order */
    size_t                  nseals;
    json_t                 *late;           /* mac: what it was */

    /* of the walk */
    size_t                  next;           /* seal */
    unsigned char           head[VET_MAC_LEN];
    uint64_t                count;
    uint64_t                sealed;         /* count that was compared */
    size_t                  edited;         /* since then */
    moderatectl_seq_t       last;
    size_t                  events;
    size_t                  repeated;
    json_t                 *seen;           /* macs */
    json_t                 *findings;
} moderatectl_chain_t;


/*
 * Reads the file of moderate_audit_file.  An exit code, after a message on
 * stderr; a line that is not signed is a finding.
 */
int moderatectl_seals_read(moderatectl_chain_t *chain, const char *name);

/* The next event, as the API gives it; then the end.  Exit codes. */
int moderatectl_chain_event(moderatectl_chain_t *chain, const json_t *event);
int moderatectl_chain_end(moderatectl_chain_t *chain);

/* Frees what the chain has; it was zeroed by the caller. */
void moderatectl_chain_destroy(moderatectl_chain_t *chain);

/* Adds a finding; 0, or -1 when memory is out. */
int moderatectl_finding(moderatectl_chain_t *chain, const char *kind,
    const char *seq, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

int moderatectl_seq_read(const char *s, moderatectl_seq_t *seq);
int moderatectl_seq_order(const moderatectl_seq_t *one,
    const moderatectl_seq_t *two);


#endif /* MODERATECTL_AUDIT_H_INCLUDED */
