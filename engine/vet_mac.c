
/*
 * Copyright (C) the moderate authors
 *
 * Keyed hashes of lists, for the audit log.
 */


#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "vet.h"


#define VET_MAC_SIZE        (1024 * 1024)
#define VET_MAC_PREFIX      8        /* bytes of a length */


static int vet_mac_digit(unsigned char c);


int
vet_mac_key(vet_str_t secret, const char *purpose, unsigned char *key)
{
    unsigned  n;

    n = 0;

    if (HMAC(EVP_sha256(), secret.data, (int) secret.len,
             (const unsigned char *) purpose, strlen(purpose), key, &n)
        == NULL || n != VET_MAC_LEN)
    {
        return VET_ERROR;
    }

    return VET_OK;
}


int
vet_mac(const unsigned char *key, const vet_str_t *parts, size_t n,
    unsigned char *mac)
{
    int             rc;
    size_t          i, k, size;
    unsigned        len;
    unsigned char  *text, *p;

    size = 0;

    for (i = 0; i < n; i++) {
        size += VET_MAC_PREFIX;

        if (parts[i].len > VET_MAC_SIZE || size + parts[i].len > VET_MAC_SIZE)
        {
            return VET_LIMIT;
        }

        size += parts[i].len;
    }

    text = malloc(size + 1);
    if (text == NULL) {
        return VET_ERROR;
    }

    p = text;

    for (i = 0; i < n; i++) {

        for (k = 0; k < VET_MAC_PREFIX; k++) {
            *p++ = (unsigned char) ((uint64_t) parts[i].len
                                    >> (8 * (VET_MAC_PREFIX - 1 - k)));
        }

        if (parts[i].len != 0) {
            memcpy(p, parts[i].data, parts[i].len);
            p += parts[i].len;
        }
    }

    len = 0;
    rc = VET_OK;

    if (HMAC(EVP_sha256(), key, VET_MAC_LEN, text, size, mac, &len) == NULL
        || len != VET_MAC_LEN)
    {
        rc = VET_ERROR;
    }

    free(text);

    return rc;
}


void
vet_mac_hex(const unsigned char *mac, unsigned char *hex)
{
    size_t             i;
    static const char  digits[] = "0123456789abcdef";

    for (i = 0; i < VET_MAC_LEN; i++) {
        hex[2 * i] = digits[mac[i] >> 4];
        hex[2 * i + 1] = digits[mac[i] & 0xf];
    }
}


int
vet_mac_read(vet_str_t hex, unsigned char *mac)
{
    int     high, low;
    size_t  i;

    if (hex.len != 2 * VET_MAC_LEN) {
        return VET_DECLINED;
    }

    for (i = 0; i < VET_MAC_LEN; i++) {
        high = vet_mac_digit(hex.data[2 * i]);
        low = vet_mac_digit(hex.data[2 * i + 1]);

        if (high < 0 || low < 0) {
            return VET_DECLINED;
        }

        mac[i] = (unsigned char) (high << 4 | low);
    }

    return VET_OK;
}


static int
vet_mac_digit(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return -1;
}
