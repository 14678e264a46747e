
/*
 * Copyright (C) the moderate authors
 *
 * What is kept of a submission, encrypted.
 *
 * A sealed value is
 *
 *     "\0vs1"  key id  salt  nonce  ciphertext  tag
 *         4       8     16     12                16   bytes
 *
 * AES-256-GCM under a key of its record: HKDF-SHA256 (RFC 5869) makes it of
 * the master key and of a salt at random, so that a nonce at random, of 96
 * bits, is safe for the few dozen values of a record.  What a value is about,
 * and all that is before the nonce, is authenticated with it.
 */


#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "vet.h"


#define VET_SEAL_MAGIC      "\0vs1"
#define VET_SEAL_MAGIC_LEN  4
#define VET_SEAL_NONCE_LEN  12
#define VET_SEAL_TAG_LEN    16

/* where the parts begin */

#define VET_SEAL_ID         VET_SEAL_MAGIC_LEN
#define VET_SEAL_SALT       (VET_SEAL_ID + VET_SEAL_ID_LEN)
#define VET_SEAL_NONCE      (VET_SEAL_SALT + VET_SEAL_SALT_LEN)
#define VET_SEAL_TEXT       (VET_SEAL_NONCE + VET_SEAL_NONCE_LEN)

#define VET_SEAL_TEXT_MAX   ((size_t) 1 << 30)   /* EVP counts in int */
#define VET_SEAL_ABOUT_MAX  4096


typedef struct {
    unsigned char           id[VET_SEAL_ID_LEN];
    unsigned char           key[VET_SEAL_KEY_LEN];
} vet_seal_master_t;


struct vet_seal_keys_s {
    size_t                  n;
    vet_seal_master_t       master[VET_SEAL_KEYS_MAX];
    EVP_CIPHER             *cipher;
};


static int vet_seal_derive(const vet_seal_master_t *master,
    const unsigned char *salt, unsigned char *key);
static int vet_seal_hmac(const unsigned char *key, size_t key_len,
    const unsigned char *text, size_t len, unsigned char *mac);
static int vet_seal_use(vet_seal_t *seal, const vet_seal_master_t *master,
    const unsigned char *salt);
static int vet_seal_about(vet_seal_t *seal, const unsigned char *head,
    const vet_str_t *about, size_t n);


vet_seal_keys_t *
vet_seal_keys_create(void)
{
    vet_seal_keys_t  *keys;

    keys = calloc(1, sizeof(vet_seal_keys_t));
    if (keys == NULL) {
        return NULL;
    }

    keys->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);

    if (keys->cipher == NULL) {
        free(keys);
        return NULL;
    }

    return keys;
}


void
vet_seal_keys_destroy(vet_seal_keys_t *keys)
{
    if (keys == NULL) {
        return;
    }

    EVP_CIPHER_free(keys->cipher);
    OPENSSL_cleanse(keys, sizeof(vet_seal_keys_t));
    free(keys);
}


int
vet_seal_keys_add(vet_seal_keys_t *keys, vet_str_t secret)
{
    size_t              i;
    unsigned char       mac[VET_MAC_LEN];
    vet_seal_master_t  *master;

    if (keys->n == VET_SEAL_KEYS_MAX) {
        return VET_LIMIT;
    }

    master = &keys->master[keys->n];

    if (vet_mac_key(secret, "moderate payload key", master->key) != VET_OK
        || vet_mac_key(secret, "moderate payload key id", mac) != VET_OK)
    {
        return VET_ERROR;
    }

    memcpy(master->id, mac, VET_SEAL_ID_LEN);
    OPENSSL_cleanse(mac, sizeof(mac));

    for (i = 0; i < keys->n; i++) {
        if (memcmp(keys->master[i].id, master->id, VET_SEAL_ID_LEN) == 0) {
            OPENSSL_cleanse(master, sizeof(vet_seal_master_t));
            return VET_DECLINED;
        }
    }

    keys->n++;

    return VET_OK;
}


void
vet_seal_keys_id(const vet_seal_keys_t *keys, unsigned char *hex)
{
    size_t             i;
    static const char  digits[] = "0123456789abcdef";

    for (i = 0; i < VET_SEAL_ID_LEN; i++) {
        hex[2 * i] = digits[keys->master[0].id[i] >> 4];
        hex[2 * i + 1] = digits[keys->master[0].id[i] & 0xf];
    }
}


int
vet_seal_begin(vet_seal_t *seal, const vet_seal_keys_t *keys)
{
    memset(seal, 0, sizeof(vet_seal_t));

    seal->keys = keys;
    seal->ctx = EVP_CIPHER_CTX_new();

    return (seal->ctx == NULL) ? VET_ERROR : VET_OK;
}


void
vet_seal_end(vet_seal_t *seal)
{
    EVP_CIPHER_CTX_free(seal->ctx);
    OPENSSL_cleanse(seal, sizeof(vet_seal_t));
}


/* the first key seals; the salt is the one of all that is sealed with this */

int
vet_seal(vet_seal_t *seal, const vet_str_t *about, size_t n, vet_str_t text,
    unsigned char *sealed)
{
    int                       len;
    unsigned char            *p;
    const vet_seal_master_t  *master;

    if (text.len > VET_SEAL_TEXT_MAX) {
        return VET_LIMIT;
    }

    if (seal->keys == NULL || seal->keys->n == 0) {
        return VET_ERROR;
    }

    master = &seal->keys->master[0];

    if (!seal->salted) {
        if (RAND_bytes(seal->own_salt, VET_SEAL_SALT_LEN) != 1) {
            return VET_ERROR;
        }

        seal->salted = 1;
    }

    memcpy(sealed, VET_SEAL_MAGIC, VET_SEAL_MAGIC_LEN);
    memcpy(sealed + VET_SEAL_ID, master->id, VET_SEAL_ID_LEN);
    memcpy(sealed + VET_SEAL_SALT, seal->own_salt, VET_SEAL_SALT_LEN);

    if (RAND_bytes(sealed + VET_SEAL_NONCE, VET_SEAL_NONCE_LEN) != 1
        || vet_seal_use(seal, master, seal->own_salt) != VET_OK
        || EVP_EncryptInit_ex(seal->ctx, seal->keys->cipher, NULL, seal->key,
                              sealed + VET_SEAL_NONCE)
           != 1
        || vet_seal_about(seal, sealed, about, n) != VET_OK)
    {
        return VET_ERROR;
    }

    p = sealed + VET_SEAL_TEXT;

    if (text.len != 0
        && EVP_EncryptUpdate(seal->ctx, p, &len, text.data, (int) text.len)
           != 1)
    {
        return VET_ERROR;
    }

    p += text.len;

    if (EVP_EncryptFinal_ex(seal->ctx, p, &len) != 1
        || EVP_CIPHER_CTX_ctrl(seal->ctx, EVP_CTRL_GCM_GET_TAG,
                               VET_SEAL_TAG_LEN, p)
           != 1)
    {
        return VET_ERROR;
    }

    return VET_OK;
}


int
vet_sealed(vet_str_t value)
{
    return value.len >= VET_SEAL_OVERHEAD
           && memcmp(value.data, VET_SEAL_MAGIC, VET_SEAL_MAGIC_LEN) == 0;
}


vet_unsealed_t
vet_unseal(vet_seal_t *seal, const vet_str_t *about, size_t n, vet_str_t value,
    unsigned char *text)
{
    int                       len;
    size_t                    i, size;
    const unsigned char      *p;
    const vet_seal_keys_t    *keys;
    const vet_seal_master_t  *master;

    if (!vet_sealed(value)) {
        return VET_UNSEALED_PLAIN;
    }

    keys = seal->keys;
    master = NULL;
    p = value.data;

    for (i = 0; keys != NULL && i < keys->n; i++) {
        if (memcmp(keys->master[i].id, p + VET_SEAL_ID, VET_SEAL_ID_LEN) == 0)
        {
            master = &keys->master[i];
        }
    }

    if (master == NULL) {
        return VET_UNSEALED_NO_KEY;
    }

    size = value.len - VET_SEAL_OVERHEAD;

    if (size > VET_SEAL_TEXT_MAX) {
        return VET_UNSEALED_FORGED;
    }

    if (vet_seal_use(seal, master, p + VET_SEAL_SALT) != VET_OK
        || EVP_DecryptInit_ex(seal->ctx, keys->cipher, NULL, seal->key,
                              p + VET_SEAL_NONCE)
           != 1
        || vet_seal_about(seal, p, about, n) != VET_OK
        || (size != 0
            && EVP_DecryptUpdate(seal->ctx, text, &len, p + VET_SEAL_TEXT,
                                 (int) size)
               != 1)
        || EVP_CIPHER_CTX_ctrl(seal->ctx, EVP_CTRL_GCM_SET_TAG,
                               VET_SEAL_TAG_LEN,
                               (void *) (p + VET_SEAL_TEXT + size))
           != 1)
    {
        OPENSSL_cleanse(text, size);
        return VET_UNSEALED_ERROR;
    }

    if (EVP_DecryptFinal_ex(seal->ctx, text + size, &len) != 1) {
        OPENSSL_cleanse(text, size);
        return VET_UNSEALED_FORGED;
    }

    return VET_UNSEALED;
}


/* the key of a record, which most values before were of too */

static int
vet_seal_use(vet_seal_t *seal, const vet_seal_master_t *master,
    const unsigned char *salt)
{
    if (seal->derived
        && memcmp(seal->id, master->id, VET_SEAL_ID_LEN) == 0
        && memcmp(seal->salt, salt, VET_SEAL_SALT_LEN) == 0)
    {
        return VET_OK;
    }

    seal->derived = 0;

    if (vet_seal_derive(master, salt, seal->key) != VET_OK) {
        return VET_ERROR;
    }

    memcpy(seal->id, master->id, VET_SEAL_ID_LEN);
    memcpy(seal->salt, salt, VET_SEAL_SALT_LEN);
    seal->derived = 1;

    return VET_OK;
}


/* RFC 5869: extract, and the first and only block of expand */

static int
vet_seal_derive(const vet_seal_master_t *master, const unsigned char *salt,
    unsigned char *key)
{
    int                         rc;
    unsigned char               prk[VET_MAC_LEN];
    static const unsigned char  info[] = "moderate payload 1\x01";

    rc = vet_seal_hmac(salt, VET_SEAL_SALT_LEN, master->key, VET_SEAL_KEY_LEN,
                       prk);

    if (rc == VET_OK) {
        rc = vet_seal_hmac(prk, sizeof(prk), info, sizeof(info) - 1, key);
    }

    OPENSSL_cleanse(prk, sizeof(prk));

    return rc;
}


static int
vet_seal_hmac(const unsigned char *key, size_t key_len,
    const unsigned char *text, size_t len, unsigned char *mac)
{
    unsigned  n;

    n = 0;

    return (HMAC(EVP_sha256(), key, (int) key_len, text, len, mac, &n) != NULL
            && n == VET_MAC_LEN)
           ? VET_OK : VET_ERROR;
}


/* the head, and the parts, each behind its length: no two lists are the same */

static int
vet_seal_about(vet_seal_t *seal, const unsigned char *head,
    const vet_str_t *about, size_t n)
{
    int            len;
    size_t         i, k;
    unsigned char  prefix[4];

    if (EVP_CipherUpdate(seal->ctx, NULL, &len, head, VET_SEAL_NONCE) != 1) {
        return VET_ERROR;
    }

    for (i = 0; i < n; i++) {

        if (about[i].len > VET_SEAL_ABOUT_MAX) {
            return VET_ERROR;
        }

        for (k = 0; k < sizeof(prefix); k++) {
            prefix[k] = (unsigned char) (about[i].len >> (24 - 8 * k));
        }

        if (EVP_CipherUpdate(seal->ctx, NULL, &len, prefix, sizeof(prefix))
            != 1
            || (about[i].len != 0
                && EVP_CipherUpdate(seal->ctx, NULL, &len, about[i].data,
                                    (int) about[i].len)
                   != 1))
        {
            return VET_ERROR;
        }
    }

    return VET_OK;
}
