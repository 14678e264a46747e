
/*
 * Copyright (C) the moderate authors
 *
 * What is to be forgotten: the submission of a receipt or of an id, or those
 * that somebody sent, by the address or number that was given with them.  An
 * event without content is all that is left.
 */


#include "ngx_http_moderate_api.h"


#define NGX_HTTP_MODERATE_ERASE_PAGE     20     /* ids at a time */
#define NGX_HTTP_MODERATE_ERASE_LOOK     200    /* items of one call */
#define NGX_HTTP_MODERATE_ERASE_TRIES    3
#define NGX_HTTP_MODERATE_SUBJECT_LEAST  4      /* bytes */
#define NGX_HTTP_MODERATE_SUBJECT_MOST   256


struct ngx_http_moderate_erase_s {
    ngx_str_t                   by;         /* "receipt", "id", "subject" */
    ngx_str_t                   subject;    /* empty: of one item only */
    ngx_uint_t                  tries;      /* of this item */
    ngx_uint_t                  next;       /* of the page's items */
    ngx_uint_t                  looked;
    ngx_uint_t                  erased;
    ngx_uint_t                  busy;       /* being delivered */
    ngx_uint_t                  sealed;     /* nobody knows whose they are */
};


static ngx_int_t ngx_http_moderate_erase_what(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static ngx_int_t ngx_http_moderate_erase_cursor(
    ngx_http_moderate_api_t *api);
static ngx_int_t ngx_http_moderate_erase_page(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static void ngx_http_moderate_erase_listed(ngx_http_request_t *r,
    ngx_int_t rc);
static void ngx_http_moderate_erase_next(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static void ngx_http_moderate_erase_item(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item);
static ngx_uint_t ngx_http_moderate_erase_is_of(ngx_str_t *fields,
    ngx_str_t *subject);
static ngx_uint_t ngx_http_moderate_erase_same(json_t *value,
    ngx_str_t *subject);
static ngx_int_t ngx_http_moderate_erase_move(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static void ngx_http_moderate_erase_moved(ngx_http_request_t *r,
    ngx_int_t rc);
static void ngx_http_moderate_erase_done(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api);
static void ngx_http_moderate_erase_failed(ngx_http_request_t *r);


/* {"receipt"}, {"id"}, or {"subject","after"} */

ngx_int_t
ngx_http_moderate_api_erase(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_int_t  rc;

    api->erase = ngx_pcalloc(r->pool, sizeof(ngx_http_moderate_erase_t));
    if (api->erase == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_moderate_erase_what(r, api);

    if (rc == NGX_DECLINED) {
        ngx_http_moderate_api_error(r, 422, "erase", "erase needs one of "
                                    "{\"receipt\"}, {\"id\"}, and "
                                    "{\"subject\"} of 4 to 256 bytes with "
                                    "the \"after\" of the call before");
        return NGX_OK;
    }

    if (rc != NGX_OK) {
        return rc;
    }

    if (api->erase->subject.len) {
        return ngx_http_moderate_erase_page(r, api);
    }

    return ngx_http_moderate_item(r, &api->wait, &api->site, &api->id,
                                  ngx_http_moderate_erase_item);
}


/* exactly one of them; NGX_DECLINED: it is not */

static ngx_int_t
ngx_http_moderate_erase_what(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_str_t                   receipt, id;
    ngx_http_moderate_erase_t  *erase;

    erase = api->erase;

    ngx_str_null(&receipt);
    ngx_str_null(&id);

    ngx_http_moderate_api_member(api->json, "receipt", &receipt);
    ngx_http_moderate_api_member(api->json, "id", &id);
    ngx_http_moderate_api_member(api->json, "subject", &erase->subject);

    if ((receipt.data != NULL) + (id.data != NULL)
        + (erase->subject.data != NULL) != 1)
    {
        return NGX_DECLINED;
    }

    if (receipt.data != NULL) {
        ngx_str_set(&erase->by, "receipt");

        return ngx_http_moderate_receipt_id(r, &receipt, &api->id);
    }

    if (id.data != NULL) {
        ngx_str_set(&erase->by, "id");
        api->id = id;

        return ngx_http_moderate_api_id_ok(&id) ? NGX_OK : NGX_DECLINED;
    }

    ngx_str_set(&erase->by, "subject");

    if (erase->subject.len < NGX_HTTP_MODERATE_SUBJECT_LEAST
        || erase->subject.len > NGX_HTTP_MODERATE_SUBJECT_MOST)
    {
        return NGX_DECLINED;
    }

    return ngx_http_moderate_erase_cursor(api);
}


/* the "next" of the call before, as that of a page of the queue */

static ngx_int_t
ngx_http_moderate_erase_cursor(ngx_http_moderate_api_t *api)
{
    ngx_str_t  after;

    api->list.before = NGX_MAX_INT_T_VALUE;
    ngx_str_null(&after);

    ngx_http_moderate_api_member(api->json, "after", &after);

    if (after.data == NULL) {
        return NGX_OK;
    }

    return ngx_http_moderate_list_cursor(&api->list, &after) == NGX_OK
           ? NGX_OK : NGX_DECLINED;
}


/* newest first, as what is asked for is mostly young */

static ngx_int_t
ngx_http_moderate_erase_page(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_http_moderate_list_t  *list;

    list = &api->list;

    list->request = r;
    list->slot = &api->wait;
    list->site = api->site;
    list->limit = NGX_HTTP_MODERATE_ERASE_PAGE;
    list->handler = ngx_http_moderate_erase_listed;

    ngx_str_null(&list->next);
    list->offset = 0;
    list->scanned = 0;
    list->last = 0;

    api->erase->next = 0;

    return ngx_http_moderate_list(list);
}


static void
ngx_http_moderate_erase_listed(ngx_http_request_t *r, ngx_int_t rc)
{
    if (rc != NGX_OK) {
        ngx_http_moderate_erase_failed(r);
        return;
    }

    ngx_http_moderate_erase_next(r, ngx_http_moderate_get_api(r));
}


/* the next item of the page, or the next page, or the end */

static void
ngx_http_moderate_erase_next(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_int_t                   rc;
    ngx_str_t                   cursor;
    ngx_http_moderate_item_t   *item;
    ngx_http_moderate_erase_t  *erase;

    erase = api->erase;
    item = api->list.items.elts;

    if (erase->next < api->list.items.nelts) {
        api->id = item[erase->next++].record.id;
        erase->tries = 0;
        erase->looked++;

        rc = ngx_http_moderate_item(r, &api->wait, &api->site, &api->id,
                                    ngx_http_moderate_erase_item);

    } else if (api->list.next.len == 0
               || erase->looked >= NGX_HTTP_MODERATE_ERASE_LOOK)
    {
        ngx_http_moderate_erase_done(r, api);
        return;

    } else {
        cursor = api->list.next;
        rc = ngx_http_moderate_list_cursor(&api->list, &cursor);

        if (rc == NGX_OK) {
            rc = ngx_http_moderate_erase_page(r, api);
        }
    }

    if (rc != NGX_OK) {
        ngx_http_moderate_erase_failed(r);
    }
}


static void
ngx_http_moderate_erase_item(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_moderate_item_t *item)
{
    ngx_uint_t                  one;
    ngx_http_moderate_api_t    *api;
    ngx_http_moderate_erase_t  *erase;

    api = ngx_http_moderate_get_api(r);
    erase = api->erase;
    one = (erase->subject.len == 0);

    if (rc == NGX_ERROR) {
        ngx_http_moderate_erase_failed(r);
        return;
    }

    if (rc == NGX_DECLINED || item->state == NGX_HTTP_MODERATE_STATES) {

        if (one) {
            ngx_http_moderate_api_error(r, NGX_HTTP_NOT_FOUND, "not-found",
                                        "no held submission is of this");
            return;
        }

        ngx_http_moderate_erase_next(r, api);
        return;
    }

    if (!one && item->payload) {
        erase->sealed++;
        ngx_http_moderate_erase_next(r, api);
        return;
    }

    if (!one && !ngx_http_moderate_erase_is_of(&item->record.fields,
                                               &erase->subject))
    {
        ngx_http_moderate_erase_next(r, api);
        return;
    }

    api->item = item;

    /* it would be told to the backend and to nobody here */

    if (item->state == NGX_HTTP_MODERATE_APPROVED
        || item->state == NGX_HTTP_MODERATE_REPLAYING
        || erase->tries++ == NGX_HTTP_MODERATE_ERASE_TRIES)
    {
        if (one) {
            ngx_http_moderate_api_error(r, NGX_HTTP_CONFLICT, "delivering",
                                        "it is being delivered or decided: "
                                        "please try again in a moment");
            return;
        }

        erase->busy++;
        ngx_http_moderate_erase_next(r, api);
        return;
    }

    if (ngx_http_moderate_erase_move(r, api) != NGX_OK) {
        ngx_http_moderate_erase_failed(r);
    }
}


/* a field that is no text of its own, and has just this */

static ngx_uint_t
ngx_http_moderate_erase_is_of(ngx_str_t *text, ngx_str_t *subject)
{
    size_t       i;
    json_t      *fields, *field;
    ngx_uint_t   found;
    const char  *role;

    fields = json_loadb((char *) text->data, text->len, JSON_ALLOW_NUL, NULL);
    found = 0;

    json_array_foreach(fields, i, field) {
        role = json_string_value(json_object_get(field, "role"));

        if (role == NULL || ngx_strcmp(role, "text") == 0
            || ngx_strcmp(role, "title") == 0)
        {
            continue;
        }

        if (ngx_http_moderate_erase_same(json_object_get(field, "value"),
                                         subject))
        {
            found = 1;
            break;
        }
    }

    json_decref(fields);

    return found;
}


/* but for spaces around it, and for case */

static ngx_uint_t
ngx_http_moderate_erase_same(json_t *value, ngx_str_t *subject)
{
    u_char  *p, *last;

    if (!json_is_string(value)) {
        return 0;
    }

    p = (u_char *) json_string_value(value);
    last = p + json_string_length(value);

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (last > p && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    return (size_t) (last - p) == subject->len
           && ngx_strncasecmp(p, subject->data, subject->len) == 0;
}


static ngx_int_t
ngx_http_moderate_erase_move(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    ngx_http_moderate_move_t  move;

    ngx_memzero(&move, sizeof(ngx_http_moderate_move_t));

    move.site = api->site;
    move.id = api->id;
    move.from = api->item->state;
    move.to = NGX_HTTP_MODERATE_REMOVING;
    move.version = api->item->version + 1;
    move.actor = api->user;
    move.detail = api->erase->by;
    move.item = api->item;
    ngx_str_set(&move.action, "erase");

    return ngx_http_moderate_move(r, &move, &api->move,
                                  ngx_http_moderate_erase_moved);
}


static void
ngx_http_moderate_erase_moved(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_moderate_api_t  *api;

    api = ngx_http_moderate_get_api(r);

    /* decided meanwhile: it is erased from where it is now */

    if (rc == NGX_DECLINED) {
        rc = ngx_http_moderate_item(r, &api->wait, &api->site, &api->id,
                                    ngx_http_moderate_erase_item);
        if (rc == NGX_OK) {
            return;
        }
    }

    if (rc != NGX_OK) {
        ngx_http_moderate_erase_failed(r);
        return;
    }

    api->erase->erased++;

    if (api->erase->subject.len) {
        ngx_http_moderate_erase_next(r, api);

    } else {
        ngx_http_moderate_erase_done(r, api);
    }
}


static void
ngx_http_moderate_erase_done(ngx_http_request_t *r,
    ngx_http_moderate_api_t *api)
{
    json_t                     *body;
    ngx_http_moderate_erase_t  *erase;

    erase = api->erase;

    body = json_pack("{s:I}", "erased", (json_int_t) erase->erased);

    if (erase->subject.len) {
        json_object_set_new(body, "busy", json_integer(erase->busy));
        json_object_set_new(body, "sealed", json_integer(erase->sealed));
        json_object_set_new(body, "looked", json_integer(erase->looked));
        json_object_set_new(body, "next",
                            api->list.next.len
                            ? ngx_http_moderate_api_string(&api->list.next)
                            : json_null());
    }

    ngx_http_moderate_api_send(r, NGX_HTTP_OK, body, 0);
}


/* what was erased before is; the call may be made again */

static void
ngx_http_moderate_erase_failed(ngx_http_request_t *r)
{
    ngx_http_moderate_api_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                "unavailable", "Redis did not answer: not all "
                                "was erased, please call again");
}
