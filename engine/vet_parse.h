
/*
 * Copyright (C) the moderate authors
 *
 * What the files that read a request body share.
 */


#ifndef VET_PARSE_H_INCLUDED
#define VET_PARSE_H_INCLUDED


#include "vet.h"


/*
 * A reader gives VET_OK when it got to the end, VET_DECLINED when it stopped
 * at something unreadable, VET_LIMIT or VET_ERROR when memory was refused.
 */

typedef enum {
    VET_CS_UTF8 = 0,
    VET_CS_ASCII,
    VET_CS_1258,
    VET_CS_1252,
    VET_CS_LATIN1,
    VET_CS_UTF16,           /* from here on not even ASCII is as in UTF-8 */
    VET_CS_UTF16LE,
    VET_CS_UTF16BE,
    VET_CS_N
} vet_charset_t;

typedef struct {
    vet_pool_t             *pool;
    const vet_form_t       *form;
    vet_submission_t       *s;
    vet_str_t               body;
    size_t                  size;       /* fields there is room for */
    vet_charset_t           charset;    /* of all text */
    unsigned                declared:1; /* charset is not the default */
    void                   *iconv[VET_CS_N];    /* NULL: not opened */
} vet_reader_t;

int vet_read_urlencoded(vet_reader_t *r);
int vet_read_multipart(vet_reader_t *r, vet_str_t boundary);
int vet_read_json(vet_reader_t *r);

/*
 * Records why the body is unreadable; the first reason stays.  After a note
 * the reader goes on, so that all it can find is shown and matched.
 */
void vet_reader_note(vet_reader_t *r, vet_unreadable_t reason, size_t offset);

/* The same for a reader that cannot go on: returns VET_DECLINED. */
int vet_reader_stop(vet_reader_t *r, vet_unreadable_t reason, size_t offset);

/*
 * Appends a copy of the field, whose role and utf8 are set here.  offset is
 * where the field is in the body.  Returns as a reader does.
 */
int vet_reader_add(vet_reader_t *r, const vet_field_t *field, size_t offset);

/*
 * Character sets, vet_charset.c.  The same for a field of which names or
 * values are in other sets: what is not the same in UTF-8 is added as another
 * field, converted, behind it.  What does not convert is noted as why says.
 */
int vet_charset_add(vet_reader_t *r, vet_charset_t names,
    vet_charset_t values, const vet_field_t *field, size_t offset,
    vet_unreadable_t why);

/* Finds a set by one of its names; VET_DECLINED: it is not read here. */
int vet_charset_find(vet_str_t name, vet_charset_t *cs);

/* Tells whether it is UTF-16 in one of its orders. */
int vet_charset_wide(vet_charset_t cs);

/* Frees what was opened to convert. */
void vet_charset_close(vet_reader_t *r);

/* Tells a refusal of the pool (VET_LIMIT) from lack of memory (VET_ERROR). */
int vet_pool_failure(const vet_pool_t *pool);

/* As vet_form_role, but VET_ERROR when memory is out. */
int vet_form_find(const vet_form_t *form, vet_str_t name, vet_role_t *role);


/* One "; name=value" of a header. */

typedef struct {
    vet_str_t               name;
    vet_str_t               value;      /* inside of the quotes, as sent */
    unsigned                escaped:1;  /* value has a backslash in it */
    unsigned                quoted:1;
} vet_param_t;

/*
 * Reads the next parameter and moves *pos behind it.  VET_DECLINED: there is
 * none; VET_ERROR: bad grammar, param->name is set when it was read.
 */
int vet_param_next(const unsigned char **pos, const unsigned char *end,
    vet_param_t *param);

#define VET_PARAMS_MAX      16

/* Tells whether a name, in any case, is among the n names and appends it. */
int vet_param_seen(vet_str_t *names, size_t n, vet_str_t name);


/* A Content-Type, of the message or of a part. */

typedef struct {
    vet_str_t               type;
    vet_str_t               subtype;
    vet_str_t               charset;
    vet_str_t               boundary;
    unsigned                has_charset:1;
    unsigned                has_boundary:1;
    unsigned                bad_charset:1;  /* RFC 2231, or escapes in it */
    unsigned                bad_boundary:1;
} vet_media_t;

/* VET_OK, or VET_ERROR for bad grammar with what was read until then. */
int vet_media_read(vet_str_t value, vet_media_t *m);

/* Gives the set that is declared; VET_DECLINED: it is not read here. */
int vet_media_charset(const vet_media_t *m, vet_charset_t *cs);


/* Returns how many bytes from pos on may stand in an RFC 9110 token. */
size_t vet_token_len(const unsigned char *pos, const unsigned char *end);

/* Compares without regard to ASCII case. */
int vet_token_eq(vet_str_t a, vet_str_t b);
int vet_token_is(vet_str_t s, const char *lower);

/* Returns s without spaces and tabs around it. */
vet_str_t vet_token_trim(vet_str_t s);


/*
 * Returns the length of the UTF-8 sequence at pos, or, with *valid 0, that of
 * the bytes which one U+FFFD replaces (maximal subpart, as WHATWG decodes).
 * pos < end.
 */
size_t vet_utf8_step(const unsigned char *pos, const unsigned char *end,
    unsigned *valid);

/* Returns the offset of the first byte that is not UTF-8, or s.len. */
size_t vet_utf8_check(vet_str_t s);

/* Tells whether there is no byte above 0x7f. */
int vet_ascii_check(vet_str_t s);


#endif /* VET_PARSE_H_INCLUDED */
