
/*
 * Copyright (C) the moderate authors
 *
 * The page of a receipt, and the appeal that is made there.  A receipt is the
 * id of the submission and half an HMAC of it: moderators, who see the id,
 * cannot make it, and nothing has to be stored for it.
 */


#include "ngx_http_moderate_payload.h"
#include "ngx_http_moderate_receipt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>


#define NGX_HTTP_MODERATE_RECEIPT_BYTES  16     /* of the HMAC */
#define NGX_HTTP_MODERATE_RECEIPT_LEN                                        \
    (NGX_HTTP_MODERATE_ID_LEN + 1 + 2 * NGX_HTTP_MODERATE_RECEIPT_BYTES)

#define NGX_HTTP_MODERATE_RECEIPT_BODY   32768  /* bytes of a form */
#define NGX_HTTP_MODERATE_RECEIPT_POOL   (512 * 1024)


static ngx_int_t ngx_http_moderate_receipt_handler(ngx_http_request_t *r);
static ngx_http_moderate_receipt_t *ngx_http_moderate_create_receipt(
    ngx_http_request_t *r);
static ngx_http_moderate_receipt_t *ngx_http_moderate_get_receipt(
    ngx_http_request_t *r);
static void ngx_http_moderate_receipt_cleanup(void *data);
static void ngx_http_moderate_receipt_path(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt);
static ngx_uint_t ngx_http_moderate_receipt_formed(ngx_str_t *receipt);
static ngx_int_t ngx_http_moderate_receipt_mac(ngx_http_request_t *r,
    char *label, ngx_str_t *id, u_char *hex);
static void ngx_http_moderate_receipt_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_moderate_receipt_note(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt);
static ngx_int_t ngx_http_moderate_receipt_field(ngx_http_request_t *r,
    vet_submission_t *s, ngx_str_t *note);
static void ngx_http_moderate_receipt_read(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt);
static void ngx_http_moderate_receipt_item(ngx_http_request_t *r,
    ngx_int_t rc, ngx_http_moderate_item_t *item);
static ngx_int_t ngx_http_moderate_receipt_appeal(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt);
static void ngx_http_moderate_receipt_appealed(ngx_http_request_t *r,
    ngx_int_t rc);


/* moderate_receipt; */

char *
ngx_http_moderate_receipt_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_moderate_loc_conf_t *mlcf = conf;

    u_char                          c;
    ngx_uint_t                      i;
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_moderate_srv_conf_t   *mscf;
    ngx_http_moderate_main_conf_t  *mmcf;

    if (mlcf->receipt) {
        return "is duplicate";
    }

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_moderate_module);
    mscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_moderate_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (mmcf->queue == NULL) {
        return "needs \"moderate_redis\" before it";
    }

    /* the secret must outlive a restart, as the receipts do */

    if (mmcf->secret_file.len == 0) {
        return "needs \"moderate_secret_file\" before it";
    }

    /* the answers of the server tell where it is, unescaped */

    for (i = 0; i < clcf->name.len; i++) {
        c = clcf->name.data[i];

        if (c <= ' ' || c >= 0x7f || strchr("\"&'<>\\%?#", c) != NULL) {
            return "must be in a location without special characters";
        }
    }

    if (clcf->exact_match || clcf->named || clcf->noname
#if (NGX_PCRE)
        || clcf->regex
#endif
       )
    {
        return "must be in a location with a prefix, as \"/receipt/\"";
    }

    if (mscf->receipt.len) {
        return "is there twice in this server";
    }

    mscf->receipt = clcf->name;
    mlcf->receipt = 1;
    clcf->handler = ngx_http_moderate_receipt_handler;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_moderate_receipt(ngx_http_request_t *r, u_char *id,
    ngx_str_t *receipt, ngx_str_t *uri)
{
    u_char                        *p;
    ngx_str_t                      s;
    ngx_http_moderate_srv_conf_t  *mscf;

    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);

    ngx_str_null(uri);

    receipt->data = id;
    receipt->len = NGX_HTTP_MODERATE_ID_LEN;

    if (mscf->receipt.len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, mscf->receipt.len + 1
                             + NGX_HTTP_MODERATE_RECEIPT_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    uri->data = p;
    p = ngx_cpymem(p, mscf->receipt.data, mscf->receipt.len);

    if (p[-1] != '/') {
        *p++ = '/';
    }

    s.data = id;
    s.len = NGX_HTTP_MODERATE_ID_LEN;

    receipt->data = p;
    receipt->len = NGX_HTTP_MODERATE_RECEIPT_LEN;

    p = ngx_cpymem(p, id, NGX_HTTP_MODERATE_ID_LEN);
    *p++ = '.';

    uri->len = receipt->data + receipt->len - uri->data;

    return ngx_http_moderate_receipt_mac(r, "receipt", &s, p);
}


static ngx_int_t
ngx_http_moderate_receipt_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_http_moderate_receipt_t  *receipt;

    if (r != r->main) {
        return NGX_HTTP_NOT_FOUND;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_POST))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    receipt = ngx_http_moderate_create_receipt(r);
    if (receipt == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_moderate_receipt_path(r, receipt);

    if (ngx_http_moderate_receipt_id(r, &receipt->receipt, &receipt->id)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    receipt->appeals = (r->method == NGX_HTTP_POST);

    rc = ngx_http_read_client_request_body(r, ngx_http_moderate_receipt_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static ngx_http_moderate_receipt_t *
ngx_http_moderate_create_receipt(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t            *cln;
    ngx_http_moderate_receipt_t   *receipt;
    ngx_http_moderate_srv_conf_t  *mscf;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_moderate_receipt_t));
    if (cln == NULL) {
        return NULL;
    }

    receipt = cln->data;
    ngx_memzero(receipt, sizeof(ngx_http_moderate_receipt_t));
    cln->handler = ngx_http_moderate_receipt_cleanup;

    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);
    receipt->site = mscf->site;

    return receipt;
}


static ngx_http_moderate_receipt_t *
ngx_http_moderate_get_receipt(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_moderate_receipt_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


static void
ngx_http_moderate_receipt_cleanup(void *data)
{
    ngx_http_moderate_receipt_t *receipt = data;

    ngx_http_moderate_detach(receipt->wait);
    ngx_http_moderate_move_detach(receipt->move);
}


/* what is behind the location */

static void
ngx_http_moderate_receipt_path(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt)
{
    u_char                    *p, *last;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    p = r->uri.data;
    last = p + r->uri.len;

    p += ngx_min(clcf->name.len, r->uri.len);

    if (p < last && *p == '/') {
        p++;
    }

    receipt->receipt.data = p;
    receipt->receipt.len = last - p;
}


/*
 * A receipt that nobody was given, mistyped or not, becomes an id that nothing
 * is held under: so it is the same work whether there is such an id or not.
 */

ngx_int_t
ngx_http_moderate_receipt_id(ngx_http_request_t *r, ngx_str_t *receipt,
    ngx_str_t *id)
{
    u_char     *mac, *nobody;
    ngx_str_t   begin;

    mac = ngx_pnalloc(r->pool, 4 * NGX_HTTP_MODERATE_RECEIPT_BYTES);
    if (mac == NULL) {
        return NGX_ERROR;
    }

    nobody = mac + 2 * NGX_HTTP_MODERATE_RECEIPT_BYTES;

    begin.data = receipt->data;
    begin.len = ngx_min(receipt->len, NGX_HTTP_MODERATE_ID_LEN);

    if (ngx_http_moderate_receipt_mac(r, "receipt", &begin, mac) != NGX_OK
        || ngx_http_moderate_receipt_mac(r, "nobody", &begin, nobody)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    id->len = NGX_HTTP_MODERATE_ID_LEN;
    id->data = (ngx_http_moderate_receipt_formed(receipt)
                && CRYPTO_memcmp(mac, begin.data + begin.len + 1,
                                 2 * NGX_HTTP_MODERATE_RECEIPT_BYTES)
                   == 0)
               ? begin.data : nobody;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_moderate_receipt_formed(ngx_str_t *receipt)
{
    u_char      c;
    ngx_uint_t  i;

    if (receipt->len != NGX_HTTP_MODERATE_RECEIPT_LEN) {
        return 0;
    }

    for (i = 0; i < NGX_HTTP_MODERATE_RECEIPT_LEN; i++) {
        c = receipt->data[i];

        if (i == NGX_HTTP_MODERATE_ID_LEN) {
            if (c != '.') {
                return 0;
            }

        } else if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
            return 0;
        }
    }

    return 1;
}


/* label NUL site NUL id; hex has room for two characters a byte */

static ngx_int_t
ngx_http_moderate_receipt_mac(ngx_http_request_t *r, char *label,
    ngx_str_t *id, u_char *hex)
{
    u_char                          md[EVP_MAX_MD_SIZE], *text, *p;
    unsigned int                    len;
    ngx_http_moderate_srv_conf_t   *mscf;
    ngx_http_moderate_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);
    mscf = ngx_http_get_module_srv_conf(r, ngx_http_moderate_module);

    text = ngx_pnalloc(r->pool, ngx_strlen(label) + mscf->site.len + id->len
                                + 2);
    if (text == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(text, label, ngx_strlen(label) + 1);
    p = ngx_cpymem(p, mscf->site.data, mscf->site.len);
    *p++ = '\0';
    p = ngx_cpymem(p, id->data, id->len);

    if (HMAC(EVP_sha256(), mmcf->secret, NGX_HTTP_MODERATE_SECRET_LEN, text,
             p - text, md, &len)
        == NULL)
    {
        return NGX_ERROR;
    }

    ngx_hex_dump(hex, md, NGX_HTTP_MODERATE_RECEIPT_BYTES);

    return NGX_OK;
}


static void
ngx_http_moderate_receipt_body(ngx_http_request_t *r)
{
    ngx_http_moderate_receipt_t  *receipt;

    receipt = ngx_http_moderate_get_receipt(r);

    /* an appeal that was begun goes on when the person has left */

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (receipt->outcome == NGX_HTTP_MODERATE_RECEIPT_OK && receipt->appeals
        && ngx_http_moderate_receipt_note(r, receipt) != NGX_OK)
    {
        receipt->outcome = NGX_HTTP_MODERATE_RECEIPT_AWAY;
    }

    if (receipt->outcome == NGX_HTTP_MODERATE_RECEIPT_AWAY) {
        ngx_http_moderate_receipt_send(r, receipt);
        return;
    }

    ngx_http_moderate_receipt_read(r, receipt);
}


/* a note that does not fit is an outcome; NGX_ERROR: out of memory */

static ngx_int_t
ngx_http_moderate_receipt_note(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt)
{
    int               rc;
    ngx_int_t         n;
    ngx_str_t         body;
    vet_pool_t       *pool;
    vet_message_t     message;
    vet_submission_t  s;

    n = ngx_http_moderate_body(r, NGX_HTTP_MODERATE_RECEIPT_BODY, &body);

    if (n == NGX_DECLINED) {
        receipt->outcome = NGX_HTTP_MODERATE_RECEIPT_NOTE;
        return NGX_OK;
    }

    if (n != NGX_OK) {
        return NGX_ERROR;
    }

    pool = vet_pool_create(NGX_HTTP_MODERATE_RECEIPT_POOL);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    ngx_http_moderate_message(r, &body, &message);

    rc = vet_parse(pool, &message, NULL, &s);
    n = NGX_OK;

    if (rc == VET_OK && s.unreadable == VET_READABLE) {
        n = ngx_http_moderate_receipt_field(r, &s, &receipt->note);
    }

    vet_pool_destroy(pool);

    if (rc == VET_ERROR || n != NGX_OK) {
        return NGX_ERROR;
    }

    if (!ngx_http_moderate_note_ok(&receipt->note)) {
        receipt->outcome = NGX_HTTP_MODERATE_RECEIPT_NOTE;
    }

    return NGX_OK;
}


/* the one field of this name; of two none */

static ngx_int_t
ngx_http_moderate_receipt_field(ngx_http_request_t *r, vet_submission_t *s,
    ngx_str_t *note)
{
    size_t        i;
    ngx_str_t     value;
    vet_field_t  *found;

    found = NULL;

    for (i = 0; i < s->nfields; i++) {

        if (s->fields[i].name.len != 4
            || ngx_memcmp(s->fields[i].name.data, "note", 4) != 0)
        {
            continue;
        }

        if (found != NULL) {
            return NGX_OK;
        }

        found = &s->fields[i];
    }

    if (found == NULL || found->file || found->value.len == 0) {
        return NGX_OK;
    }

    value.data = (u_char *) found->value.data;
    value.len = found->value.len;

    note->len = value.len;
    note->data = ngx_pstrdup(r->pool, &value);

    return (note->data == NULL) ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_moderate_receipt_read(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt)
{
    if (ngx_http_moderate_item(r, &receipt->wait, &receipt->site, &receipt->id,
                               ngx_http_moderate_receipt_item)
        != NGX_OK)
    {
        receipt->outcome = NGX_HTTP_MODERATE_RECEIPT_AWAY;
        ngx_http_moderate_receipt_send(r, receipt);
    }
}


static void
ngx_http_moderate_receipt_item(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item)
{
    ngx_http_moderate_receipt_t  *receipt;

    receipt = ngx_http_moderate_get_receipt(r);

    if (rc == NGX_DECLINED) {
        receipt->outcome = NGX_HTTP_MODERATE_RECEIPT_UNKNOWN;

    } else if (rc != NGX_OK || item->payload) {
        receipt->outcome = NGX_HTTP_MODERATE_RECEIPT_AWAY;

    } else {
        receipt->item = item;

        if (receipt->appeals
            && receipt->outcome == NGX_HTTP_MODERATE_RECEIPT_OK
            && ngx_http_moderate_receipt_appeal(r, receipt) == NGX_OK)
        {
            return;
        }
    }

    ngx_http_moderate_receipt_send(r, receipt);
}


/* NGX_OK: it is on its way */

static ngx_int_t
ngx_http_moderate_receipt_appeal(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt)
{
    ngx_int_t                       rc;
    ngx_http_moderate_move_t        move;
    ngx_http_moderate_main_conf_t  *mmcf;

    static ngx_str_t  column = ngx_string("appeal");

    if (receipt->item->state != NGX_HTTP_MODERATE_REJECTED_STATE
        || receipt->item->appealed)
    {
        receipt->outcome = NGX_HTTP_MODERATE_RECEIPT_CLOSED;
        return NGX_DECLINED;
    }

    ngx_memzero(&move, sizeof(ngx_http_moderate_move_t));

    move.site = receipt->site;
    move.id = receipt->id;
    move.from = NGX_HTTP_MODERATE_REJECTED_STATE;
    move.to = NGX_HTTP_MODERATE_APPEALED;
    move.version = receipt->item->version + 1;
    move.appeal = receipt->note;
    move.item = receipt->item;
    ngx_str_set(&move.actor, "receipt");
    ngx_str_set(&move.action, "appeal");

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_moderate_module);

    rc = ngx_http_moderate_payload_one(mmcf, r->pool, &move.site, &move.id,
                                       &column, &move.appeal);

    if (rc == NGX_OK) {
        rc = ngx_http_moderate_move(r, &move, &receipt->move,
                                    ngx_http_moderate_receipt_appealed);
    }

    if (rc != NGX_OK) {
        receipt->item = NULL;
        receipt->outcome = NGX_HTTP_MODERATE_RECEIPT_AWAY;
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* whatever came of it, the state is shown as it is now */

static void
ngx_http_moderate_receipt_appealed(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_moderate_receipt_t  *receipt;

    receipt = ngx_http_moderate_get_receipt(r);

    receipt->item = NULL;
    receipt->appeals = 0;

    if (rc == NGX_ERROR) {
        receipt->outcome = NGX_HTTP_MODERATE_RECEIPT_AWAY;
        ngx_http_moderate_receipt_send(r, receipt);
        return;
    }

    if (rc == NGX_DECLINED) {
        receipt->outcome = NGX_HTTP_MODERATE_RECEIPT_CLOSED;
    }

    ngx_http_moderate_receipt_read(r, receipt);
}
