
/*
 * Copyright (C) the moderate authors
 *
 * Tokens of forms: when a form was issued, signed, so that a submission tells
 * how long somebody had it.
 *
 * A token is the time and the HMAC-SHA256 of the site and the time, in
 * base64url (RFC 4648, section 5) without padding.  It names nobody, and it
 * may come back more than once: that one form is sent often is for limits.
 */


#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "vet.h"


#define VET_TIME_BYTES      8
#define VET_MAC_BYTES       32
#define VET_TOKEN_BYTES     (VET_TIME_BYTES + VET_MAC_BYTES)

#define VET_SITE_BYTES      256
#define VET_CLOCKS          60       /* seconds that two servers may differ */

#define VET_TOKEN_PURPOSE   "moderate form token"


static int vet_token_sign(vet_str_t secret, vet_str_t site, uint64_t now,
    unsigned char *bytes);
static vet_token_t vet_token_read(vet_str_t secret, vet_str_t site,
    vet_str_t value, uint64_t now, uint32_t *age);
static int vet_token_decode(vet_str_t value, unsigned char *bytes);
static int vet_token_digit(unsigned char c);


static const char  vet_token_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


int
vet_token_make(vet_str_t secret, vet_str_t site, uint64_t now,
    unsigned char *token)
{
    size_t         i, n;
    uint32_t       bits;
    unsigned       have;
    unsigned char  bytes[VET_TOKEN_BYTES];

    if (vet_token_sign(secret, site, now, bytes) != VET_OK) {
        return VET_ERROR;
    }

    bits = 0;
    have = 0;
    n = 0;

    for (i = 0; i < sizeof(bytes); i++) {
        bits = bits << 8 | bytes[i];

        for (have += 8; have >= 6; have -= 6) {
            token[n++] = vet_token_digits[bits >> (have - 6) & 0x3f];
        }
    }

    token[n] = vet_token_digits[bits << (6 - have) & 0x3f];

    return VET_OK;
}


static int
vet_token_sign(vet_str_t secret, vet_str_t site, uint64_t now,
    unsigned char *bytes)
{
    size_t         i, len;
    unsigned       n;
    unsigned char  text[sizeof(VET_TOKEN_PURPOSE) + VET_TIME_BYTES
                        + VET_SITE_BYTES];

    if (site.len > VET_SITE_BYTES) {
        return VET_ERROR;
    }

    for (i = 0; i < VET_TIME_BYTES; i++) {
        bytes[i] = (unsigned char) (now >> (8 * (VET_TIME_BYTES - 1 - i)));
    }

    len = sizeof(VET_TOKEN_PURPOSE);
    memcpy(text, VET_TOKEN_PURPOSE, len);
    memcpy(text + len, bytes, VET_TIME_BYTES);
    len += VET_TIME_BYTES;

    if (site.len != 0) {
        memcpy(text + len, site.data, site.len);
        len += site.len;
    }

    n = 0;

    if (HMAC(EVP_sha256(), secret.data, (int) secret.len, text, len,
             bytes + VET_TIME_BYTES, &n) == NULL || n != VET_MAC_BYTES)
    {
        return VET_ERROR;
    }

    return VET_OK;
}


/* A field that was converted has the bytes of the one before it. */

void
vet_token_find(vet_submission_t *s, vet_str_t secret, uint64_t now)
{
    size_t        i, n;
    vet_field_t  *f;

    s->context.token = VET_TOKEN_UNKNOWN;
    s->context.age = 0;

    if (s->unreadable != VET_READABLE) {
        return;
    }

    s->context.token = VET_TOKEN_MISSING;
    n = 0;

    for (i = 0; i < s->nfields; i++) {
        f = &s->fields[i];

        if (f->file || f->charset != NULL
            || f->name.len != sizeof(VET_TOKEN_FIELD) - 1
            || memcmp(f->name.data, VET_TOKEN_FIELD, f->name.len) != 0)
        {
            continue;
        }

        /* one that is empty was never filled in by who issues forms */

        n += (f->value.len != 0);

        if (f->value.len == 0) {
            continue;
        }

        s->context.token = vet_token_read(secret, s->context.site, f->value,
                                          now, &s->context.age);

        /* what is signed says nothing that rules are for */

        if (s->context.token == VET_TOKEN_VALID) {
            f->role = VET_ROLE_IGNORE;
        }
    }

    if (n > 1) {
        s->context.token = VET_TOKEN_INVALID;
        s->context.age = 0;
    }
}


static vet_token_t
vet_token_read(vet_str_t secret, vet_str_t site, vet_str_t value,
    uint64_t now, uint32_t *age)
{
    size_t         i;
    uint64_t       time;
    unsigned char  bytes[VET_TOKEN_BYTES], own[VET_TOKEN_BYTES];

    *age = 0;

    if (!vet_token_decode(value, bytes)) {
        return VET_TOKEN_INVALID;
    }

    time = 0;

    for (i = 0; i < VET_TIME_BYTES; i++) {
        time = time << 8 | bytes[i];
    }

    if (vet_token_sign(secret, site, time, own) != VET_OK
        || CRYPTO_memcmp(bytes, own, VET_TOKEN_BYTES) != 0
        || (time > now && time - now > VET_CLOCKS))
    {
        return VET_TOKEN_INVALID;
    }

    if (now > time) {
        *age = (now - time > UINT32_MAX) ? UINT32_MAX
                                         : (uint32_t) (now - time);
    }

    return VET_TOKEN_VALID;
}


/* Only what vet_token_make writes: the bits that are left are 0. */

static int
vet_token_decode(vet_str_t value, unsigned char *bytes)
{
    int       digit;
    size_t    i, n;
    uint32_t  bits;
    unsigned  have;

    if (value.len != VET_TOKEN_LEN) {
        return 0;
    }

    bits = 0;
    have = 0;
    n = 0;

    for (i = 0; i < value.len; i++) {
        digit = vet_token_digit(value.data[i]);
        if (digit < 0) {
            return 0;
        }

        bits = (bits << 6 | (uint32_t) digit) & 0xffff;
        have += 6;

        if (have >= 8) {
            have -= 8;
            bytes[n++] = (unsigned char) (bits >> have);
        }
    }

    return (bits & ((1u << have) - 1)) == 0;
}


static int
vet_token_digit(unsigned char c)
{
    const char  *p;

    p = (c == '\0') ? NULL : strchr(vet_token_digits, c);

    return (p == NULL) ? -1 : (int) (p - vet_token_digits);
}
