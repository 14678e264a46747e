
/*
 * Copyright (C) the moderate authors
 *
 * What a receipt shows: the state in words, the reason, what happens next, and
 * to its holder alone the text that was sent.
 */


#include "ngx_http_moderate_own_page.h"
#include "ngx_http_moderate_receipt.h"


#define NGX_HTTP_MODERATE_RECEIPT_POLICY                                     \
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "    \
    "frame-ancestors 'none'; base-uri 'none'"


typedef struct {
    ngx_str_t                   name;       /* in JSON */
    ngx_str_t                   title[NGX_HTTP_MODERATE_LANGUAGES];
    ngx_str_t                   text[NGX_HTTP_MODERATE_LANGUAGES];
} ngx_http_moderate_words_t;


static ngx_int_t ngx_http_moderate_receipt_own(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt, ngx_str_t *built_in);
static ngx_int_t ngx_http_moderate_receipt_built_in(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt, ngx_str_t *type, ngx_str_t *text);
static ngx_uint_t ngx_http_moderate_receipt_status(
    ngx_http_moderate_receipt_t *receipt);
static ngx_http_moderate_words_t *ngx_http_moderate_receipt_words(
    ngx_http_moderate_receipt_t *receipt);
static ngx_uint_t ngx_http_moderate_receipt_open(
    ngx_http_moderate_item_t *item);
static ngx_str_t *ngx_http_moderate_receipt_reason(
    ngx_http_moderate_item_t *item);
static ngx_int_t ngx_http_moderate_receipt_headers(ngx_http_request_t *r);
static ngx_int_t ngx_http_moderate_receipt_json(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt, ngx_uint_t lang, ngx_str_t *text);
static json_t *ngx_http_moderate_receipt_object(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt, ngx_uint_t lang);
static json_t *ngx_http_moderate_receipt_explanation(
    ngx_http_moderate_item_t *item);
static json_t *ngx_http_moderate_receipt_again(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item);
static json_t *ngx_http_moderate_receipt_sent(ngx_pool_t *pool,
    ngx_http_moderate_item_t *item);
static ngx_int_t ngx_http_moderate_receipt_page(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt, ngx_uint_t lang, ngx_str_t *page);
static u_char *ngx_http_moderate_receipt_words_page(u_char *p, u_char *last,
    ngx_http_moderate_receipt_t *receipt, ngx_uint_t lang);
static u_char *ngx_http_moderate_receipt_head(u_char *p, u_char *last,
    ngx_str_t *title, ngx_uint_t lang);
static u_char *ngx_http_moderate_receipt_facts(u_char *p, u_char *last,
    ngx_http_moderate_receipt_t *receipt, json_t *sent, ngx_uint_t lang);
static u_char *ngx_http_moderate_receipt_time(u_char *p, u_char *last,
    ngx_str_t *ms, char *fmt);
static u_char *ngx_http_moderate_receipt_form(u_char *p, u_char *last,
    ngx_uint_t lang);


/* by the state of the item */

static ngx_http_moderate_words_t  ngx_http_moderate_state_words[] = {

    { ngx_string("waiting"),
      { ngx_string("Ý kiến của bạn đang chờ"),
        ngx_string("Your submission is waiting") },
      { ngx_string("Ý kiến đã được lưu đầy đủ. Người kiểm duyệt sẽ xem và "
                   "quyết định; kết quả sẽ có ở trang này."),
        ngx_string("It is kept in full. A person will look at it and decide; "
                   "the outcome will be shown on this page.") } },

    { ngx_string("in-review"),
      { ngx_string("Ý kiến của bạn đang được xem"),
        ngx_string("Your submission is being looked at") },
      { ngx_string("Người kiểm duyệt đang xem ý kiến này; kết quả sẽ có ở "
                   "trang này."),
        ngx_string("A person is looking at it; the outcome will be shown on "
                   "this page.") } },

    { ngx_string("accepted"),
      { ngx_string("Ý kiến của bạn đã được duyệt"),
        ngx_string("Your submission has been approved") },
      { ngx_string("Ý kiến đang được chuyển đến cổng thông tin."),
        ngx_string("It is being passed to the portal.") } },

    { ngx_string("accepted"),
      { ngx_string("Ý kiến của bạn đã được duyệt"),
        ngx_string("Your submission has been approved") },
      { ngx_string("Ý kiến đang được chuyển đến cổng thông tin."),
        ngx_string("It is being passed to the portal.") } },

    { ngx_string("published"),
      { ngx_string("Ý kiến của bạn đã được đăng"),
        ngx_string("Your submission has been published") },
      { ngx_string("Ý kiến đã được duyệt và cổng thông tin đã nhận. Bạn không "
                   "cần làm gì thêm."),
        ngx_string("It was approved, and the portal has taken it. There is "
                   "nothing more for you to do.") } },

    { ngx_string("retrying"),
      { ngx_string("Ý kiến của bạn sẽ được chuyển lại"),
        ngx_string("Your submission is being delivered again") },
      { ngx_string("Ý kiến đã được duyệt nhưng cổng thông tin chưa nhận được. "
                   "Ý kiến vẫn được lưu và sẽ được chuyển lại; bạn không cần "
                   "gửi lại."),
        ngx_string("It was approved, but the portal could not take it yet. It "
                   "is still kept and will be delivered again; there is no "
                   "need to send it again.") } },

    { ngx_string("checking"),
      { ngx_string("Việc chuyển ý kiến của bạn đang được kiểm tra"),
        ngx_string("The delivery of your submission is being checked") },
      { ngx_string("Ý kiến đã được duyệt và gửi đến cổng thông tin nhưng chưa "
                   "có trả lời. Một người sẽ kiểm tra để ý kiến không bị mất "
                   "hoặc đăng hai lần; bạn không cần gửi lại."),
        ngx_string("It was approved and sent to the portal, which has not "
                   "answered. A person will check, so that it is neither lost "
                   "nor published twice; there is no need to send it "
                   "again.") } },

    { ngx_string("not-published"),
      { ngx_string("Ý kiến của bạn không được đăng"),
        ngx_string("Your submission was not published") },
      { ngx_string("Người kiểm duyệt đã xem và quyết định không đăng. Bạn có "
                   "thể sửa nội dung và gửi ý kiến mới."),
        ngx_string("A person has looked at it and decided not to publish it. "
                   "You can change the text and send a new submission.") } },

    { ngx_string("appealed"),
      { ngx_string("Đề nghị xem xét lại của bạn đã được tiếp nhận"),
        ngx_string("Your appeal has been received") },
      { ngx_string("Một người kiểm duyệt khác sẽ xem lại; kết quả sẽ có ở "
                   "trang này."),
        ngx_string("Another person will look at it; the outcome will be shown "
                   "on this page.") } },

    { ngx_string("checking"),
      { ngx_string("Ý kiến của bạn đang được kiểm tra"),
        ngx_string("Your submission is being checked") },
      { ngx_string("Ý kiến vẫn được lưu. Xin xem lại sau."),
        ngx_string("It is still kept. Please look again later.") } }
};


/* by the outcome, when there is no item; or above its state */

static ngx_http_moderate_words_t  ngx_http_moderate_outcome_words[] = {

    { ngx_null_string, { ngx_null_string, ngx_null_string },
      { ngx_null_string, ngx_null_string } },

    { ngx_string("not-found"),
      { ngx_string("Không tìm thấy mã biên nhận này"),
        ngx_string("There is nothing with this receipt") },
      { ngx_string("Hãy kiểm tra lại mã biên nhận. Ý kiến đã bị xoá thì không "
                   "còn xem được."),
        ngx_string("Please check the receipt. A submission that was erased "
                   "cannot be seen any more.") } },

    { ngx_string("note"),
      { ngx_string("Chưa gửi được đề nghị"),
        ngx_string("The appeal was not sent") },
      { ngx_string("Hãy viết vì sao ý kiến nên được đăng, không quá 2.000 ký "
                   "tự."),
        ngx_string("Please write why it should be published, in at most 2,000 "
                   "characters.") } },

    { ngx_string("no-appeal"),
      { ngx_string("Không thể đề nghị xem xét lại"),
        ngx_string("An appeal is not possible") },
      { ngx_string("Chỉ có thể đề nghị một lần, khi ý kiến không được đăng."),
        ngx_string("There is one appeal, when a submission was not "
                   "published.") } },

    { ngx_string("unavailable"),
      { ngx_string("Chưa thể xem lúc này"),
        ngx_string("This cannot be done right now") },
      { ngx_string("Ý kiến của bạn vẫn được lưu. Hãy thử lại sau ít phút; nếu "
                   "vừa gửi đề nghị, hãy xem lại trước khi gửi lần nữa."),
        ngx_string("Your submission is still kept. Please try again in a few "
                   "minutes; if you have just sent an appeal, look here "
                   "before you send it again.") } }
};


/* an appeal was rejected: there is no second one */

static ngx_str_t  ngx_http_moderate_final_words[] = {
    ngx_string("Một người kiểm duyệt khác đã xem lại đề nghị của bạn và giữ "
               "quyết định không đăng. Bạn có thể gửi ý kiến mới."),
    ngx_string("Another person has looked at your appeal and decided again "
               "not to publish it. You can send a new submission.")
};


typedef enum {
    NGX_HTTP_MODERATE_LABEL_RECEIPT = 0,
    NGX_HTTP_MODERATE_LABEL_RECEIVED,
    NGX_HTTP_MODERATE_LABEL_HELD,
    NGX_HTTP_MODERATE_LABEL_REJECTED,
    NGX_HTTP_MODERATE_LABEL_EXPLANATION,
    NGX_HTTP_MODERATE_LABEL_TEXT,
    NGX_HTTP_MODERATE_LABEL_APPEAL,
    NGX_HTTP_MODERATE_LABEL_NOTE,
    NGX_HTTP_MODERATE_LABEL_SEND
} ngx_http_moderate_label_e;

static ngx_str_t
    ngx_http_moderate_receipt_labels[][NGX_HTTP_MODERATE_LANGUAGES] = {

    { ngx_string("Mã biên nhận"), ngx_string("Receipt") },
    { ngx_string("Thời điểm tiếp nhận"), ngx_string("Received") },
    { ngx_string("Vì sao cần người xem"),
      ngx_string("Why a person looks at it") },
    { ngx_string("Lý do không đăng"), ngx_string("Why it was not published") },
    { ngx_string("Lời của người kiểm duyệt"),
      ngx_string("What the moderator says") },
    { ngx_string("Ý kiến của bạn"), ngx_string("What you sent") },
    { ngx_string("Đề nghị xem xét lại"), ngx_string("Appeal") },
    { ngx_string("Bạn có thể đề nghị một lần; một người kiểm duyệt khác sẽ "
                 "xem. Vì sao ý kiến nên được đăng? (không quá 2.000 ký tự)"),
      ngx_string("You can appeal once; another person will look at it. Why "
                 "should it be published? (at most 2,000 characters)") },
    { ngx_string("Gửi đề nghị"), ngx_string("Send the appeal") }
};


void
ngx_http_moderate_receipt_send(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt)
{
    ngx_int_t    rc;
    ngx_str_t    text, *type;
    ngx_uint_t   lang;

    lang = ngx_http_moderate_language(r);

    if (ngx_http_moderate_wants_json(r)) {
        type = &ngx_http_moderate_json_type;
        rc = ngx_http_moderate_receipt_json(r, receipt, lang, &text);

    } else {
        type = &ngx_http_moderate_html_type;
        rc = ngx_http_moderate_receipt_page(r, receipt, lang, &text);
    }

    if (rc != NGX_OK || ngx_http_moderate_receipt_headers(r) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    rc = (type == &ngx_http_moderate_html_type)
         ? ngx_http_moderate_receipt_own(r, receipt, &text) : NGX_DECLINED;

    if (rc == NGX_DECLINED) {
        rc = ngx_http_moderate_receipt_built_in(r, receipt, type, &text);
    }

    ngx_http_finalize_request(r, rc == NGX_ERROR
                                 ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc);
}


/* moderate_receipt_page; NGX_DECLINED: there is none */

static ngx_int_t
ngx_http_moderate_receipt_own(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt, ngx_str_t *built_in)
{
    ngx_str_t                     *reason;
    ngx_http_moderate_own_page_t   page;
    ngx_http_moderate_loc_conf_t  *mlcf;

    mlcf = ngx_http_get_module_loc_conf(r, ngx_http_moderate_module);

    ngx_memzero(&page, sizeof(ngx_http_moderate_own_page_t));

    page.status = ngx_http_moderate_receipt_status(receipt);
    page.state = ngx_http_moderate_receipt_words(receipt)->name;
    page.page = *built_in;
    page.policy = NGX_HTTP_MODERATE_RECEIPT_POLICY;

    if (receipt->item != NULL) {
        page.id = receipt->id;
        page.receipt = r->uri;

        reason = ngx_http_moderate_receipt_reason(receipt->item);

        if (reason != NULL) {
            page.reason = *reason;
        }

        if (ngx_http_moderate_receipt_open(receipt->item)) {
            ngx_http_moderate_receipt_source(r, receipt->item, &page.form);
        }
    }

    return ngx_http_moderate_own_page(r, mlcf->receipt_page, &page);
}


static ngx_int_t
ngx_http_moderate_receipt_built_in(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt, ngx_str_t *type, ngx_str_t *text)
{
    ngx_http_complex_value_t  cv;

    if (ngx_http_moderate_add_header(r, "Vary", "Accept, Accept-Language")
        != NGX_OK
        || ngx_http_moderate_add_header(r, "X-Content-Type-Options", "nosniff")
           != NGX_OK
        || ngx_http_moderate_add_header(r, "Content-Security-Policy",
                                        NGX_HTTP_MODERATE_RECEIPT_POLICY)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));
    cv.value = *text;

    return ngx_http_send_response(r, ngx_http_moderate_receipt_status(receipt),
                                  type, &cv);
}


static ngx_uint_t
ngx_http_moderate_receipt_status(ngx_http_moderate_receipt_t *receipt)
{
    switch (receipt->outcome) {

    case NGX_HTTP_MODERATE_RECEIPT_UNKNOWN:
        return NGX_HTTP_NOT_FOUND;

    case NGX_HTTP_MODERATE_RECEIPT_NOTE:
        return 422;

    case NGX_HTTP_MODERATE_RECEIPT_CLOSED:
        return NGX_HTTP_CONFLICT;

    case NGX_HTTP_MODERATE_RECEIPT_AWAY:
        return NGX_HTTP_SERVICE_UNAVAILABLE;

    default:
        return NGX_HTTP_OK;
    }
}


static ngx_http_moderate_words_t *
ngx_http_moderate_receipt_words(ngx_http_moderate_receipt_t *receipt)
{
    if (receipt->item == NULL) {
        return &ngx_http_moderate_outcome_words[receipt->outcome];
    }

    return &ngx_http_moderate_state_words[receipt->item->state];
}


static ngx_uint_t
ngx_http_moderate_receipt_open(ngx_http_moderate_item_t *item)
{
    return item->state == NGX_HTTP_MODERATE_REJECTED_STATE && !item->appealed;
}


/* of the rejection, or of being held; NULL: neither asks for one now */

static ngx_str_t *
ngx_http_moderate_receipt_reason(ngx_http_moderate_item_t *item)
{
    if (item->state == NGX_HTTP_MODERATE_REJECTED_STATE
        || item->state == NGX_HTTP_MODERATE_APPEALED)
    {
        return item->rejected ? &item->rejected->detail : &item->record.reason;
    }

    return (item->state == NGX_HTTP_MODERATE_DELIVERED)
           ? NULL : &item->record.reason;
}


/* the address is the key to it: it is neither kept nor passed on */

static ngx_int_t
ngx_http_moderate_receipt_headers(ngx_http_request_t *r)
{
    ngx_uint_t  i;

    static char  *headers[][2] = {
        { "Cache-Control", "no-store" },
        { "X-Robots-Tag", "noindex, nofollow" },
        { "Referrer-Policy", "no-referrer" },
        { NULL, NULL }
    };

    for (i = 0; headers[i][0] != NULL; i++) {
        if (ngx_http_moderate_add_header(r, headers[i][0], headers[i][1])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_moderate_receipt_json(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt, ngx_uint_t lang, ngx_str_t *text)
{
    char    *dump;
    size_t   len;
    json_t  *json;

    json = ngx_http_moderate_receipt_object(r, receipt, lang);
    dump = json_dumps(json, JSON_COMPACT);
    json_decref(json);

    if (dump == NULL) {
        return NGX_ERROR;
    }

    len = ngx_strlen(dump);
    text->data = ngx_pnalloc(r->pool, len + 1);

    if (text->data != NULL) {
        ngx_memcpy(text->data, dump, len);
        text->data[len] = LF;
        text->len = len + 1;
    }

    free(dump);

    return (text->data == NULL) ? NGX_ERROR : NGX_OK;
}


static json_t *
ngx_http_moderate_receipt_object(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt, ngx_uint_t lang)
{
    u_char                      time[64], *last;
    json_t                     *json;
    ngx_str_t                  *reason, *text;
    ngx_http_moderate_item_t   *item;
    ngx_http_moderate_words_t  *words;

    item = receipt->item;
    words = &ngx_http_moderate_outcome_words[receipt->outcome];

    json = json_object();

    if (receipt->outcome != NGX_HTTP_MODERATE_RECEIPT_OK) {
        json_object_set_new(json, "error",
                            json_string((char *) words->name.data));
        json_object_set_new(json, "message",
                            json_string((char *) words->text[lang].data));
    }

    if (item == NULL) {
        return json;
    }

    words = ngx_http_moderate_receipt_words(receipt);
    text = (item->state == NGX_HTTP_MODERATE_REJECTED_STATE && item->appealed)
           ? &ngx_http_moderate_final_words[lang] : &words->text[lang];
    reason = ngx_http_moderate_receipt_reason(item);

    last = ngx_http_moderate_receipt_time(time, time + sizeof(time),
                                          &item->record.received,
                                          "%04d-%02d-%02dT%02d:%02d:%02dZ");

    json_object_set_new(json, "status",
                        json_string((char *) words->name.data));
    json_object_set_new(json, "title",
                        json_string((char *) words->title[lang].data));
    json_object_set_new(json, "next", json_string((char *) text->data));
    json_object_set_new(json, "received",
                        json_stringn((char *) time, last - time));
    json_object_set_new(json, "reason", reason == NULL ? json_null()
                        : json_stringn((char *) reason->data, reason->len));
    json_object_set_new(json, "meaning", reason == NULL ? json_null()
                        : json_string((char *)
                          ngx_http_moderate_reason_text(reason, lang)->data));
    json_object_set_new(json, "explanation",
                        ngx_http_moderate_receipt_explanation(item));
    json_object_set_new(json, "sent",
                        ngx_http_moderate_receipt_sent(r->pool, item));
    json_object_set_new(json, "appeal",
                        json_boolean(ngx_http_moderate_receipt_open(item)));
    json_object_set_new(json, "correct",
                        ngx_http_moderate_receipt_again(r, item));

    return json;
}


/* as it was written, or null */

static json_t *
ngx_http_moderate_receipt_explanation(ngx_http_moderate_item_t *item)
{
    json_t  *json;

    json = item->explanation.len
           ? json_stringn((char *) item->explanation.data,
                          item->explanation.len)
           : NULL;

    return json ? json : json_null();
}


/* what can be corrected and sent again, or null */

static json_t *
ngx_http_moderate_receipt_again(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item)
{
    ngx_str_t  path;

    if (!ngx_http_moderate_receipt_open(item)) {
        return json_null();
    }

    ngx_http_moderate_receipt_source(r, item, &path);

    return json_pack("{s:o, s:o}",
                     "form", path.len == 0 ? json_null()
                             : json_stringn((char *) path.data, path.len),
                     "fields", ngx_http_moderate_receipt_fields(item));
}


/* the title and the text, an array of strings; or how it begins */

static json_t *
ngx_http_moderate_receipt_sent(ngx_pool_t *pool,
    ngx_http_moderate_item_t *item)
{
    size_t      i;
    json_t     *sent, *fields, *field;
    ngx_str_t   excerpt;

    sent = json_array();
    fields = ngx_http_moderate_receipt_fields(item);

    json_array_foreach(fields, i, field) {
        json_array_append(sent, json_object_get(field, "value"));
    }

    json_decref(fields);

    if (json_array_size(sent) == 0
        && ngx_http_moderate_excerpt(pool, item->record.excerpt.len,
                                     item->record.excerpt.data,
                                     item->record.excerpt.len, &excerpt)
           == NGX_OK)
    {
        json_array_append_new(sent, json_stringn((char *) excerpt.data,
                                                 excerpt.len));
    }

    return sent;
}


static ngx_int_t
ngx_http_moderate_receipt_page(ngx_http_request_t *r,
    ngx_http_moderate_receipt_t *receipt, ngx_uint_t lang, ngx_str_t *page)
{
    size_t       len, i;
    u_char      *p, *last;
    json_t      *sent, *fields, *value;
    ngx_str_t    path;
    ngx_uint_t   open;

    sent = NULL;
    fields = NULL;
    open = 0;
    ngx_str_null(&path);

    if (receipt->item != NULL) {
        open = ngx_http_moderate_receipt_open(receipt->item);
        sent = ngx_http_moderate_receipt_sent(r->pool, receipt->item);
    }

    if (open) {
        fields = ngx_http_moderate_receipt_fields(receipt->item);
        ngx_http_moderate_receipt_source(r, receipt->item, &path);
    }

    /* each byte of the text may become "&quot;" */

    len = 8192 + ngx_http_moderate_style.len
          + ngx_http_moderate_receipt_correct_len(fields, &path);

    if (receipt->item != NULL) {
        len += 128 + 6 * receipt->item->explanation.len;
    }

    json_array_foreach(sent, i, value) {
        len += 64 + 6 * json_string_length(value);
    }

    p = ngx_pnalloc(r->pool, len);
    page->data = p;

    if (p != NULL) {
        last = p + len;
        p = ngx_http_moderate_receipt_words_page(p, last, receipt, lang);

        /* what is there to be copied is not shown twice */

        if (receipt->item != NULL) {
            p = ngx_http_moderate_receipt_facts(p, last, receipt,
                                       json_array_size(fields) ? NULL : sent,
                                       lang);
        }

        if (open) {
            p = ngx_http_moderate_receipt_correct(p, last, fields, &path,
                                                  lang);
            p = ngx_http_moderate_receipt_form(p, last, lang);
        }

        p = ngx_slprintf(p, last, "</main></body></html>" CRLF);
        page->len = p - page->data;
    }

    json_decref(sent);
    json_decref(fields);

    return (page->data == NULL) ? NGX_ERROR : NGX_OK;
}


/* the head, what it is, and what comes next */

static u_char *
ngx_http_moderate_receipt_words_page(u_char *p, u_char *last,
    ngx_http_moderate_receipt_t *receipt, ngx_uint_t lang)
{
    ngx_str_t                  *text;
    ngx_http_moderate_words_t  *words, *error;

    words = ngx_http_moderate_receipt_words(receipt);
    error = &ngx_http_moderate_outcome_words[receipt->outcome];
    text = &words->text[lang];

    p = ngx_http_moderate_receipt_head(p, last, &words->title[lang], lang);

    if (receipt->item != NULL) {

        if (receipt->outcome != NGX_HTTP_MODERATE_RECEIPT_OK) {
            p = ngx_slprintf(p, last, "<p role=\"alert\"><strong>%V.</strong> "
                             "%V</p>", &error->title[lang],
                             &error->text[lang]);
        }

        if (receipt->item->state == NGX_HTTP_MODERATE_REJECTED_STATE
            && receipt->item->appealed)
        {
            text = &ngx_http_moderate_final_words[lang];
        }
    }

    return ngx_slprintf(p, last, "<h1>%V</h1><p>%V</p>" CRLF,
                        &words->title[lang], text);
}


static u_char *
ngx_http_moderate_receipt_head(u_char *p, u_char *last, ngx_str_t *title,
    ngx_uint_t lang)
{
    return ngx_slprintf(p, last,
                     "<!DOCTYPE html>" CRLF
                     "<html lang=\"%V\"><head><meta charset=\"utf-8\">" CRLF
                     "<meta name=\"viewport\" content=\"width=device-width,"
                     "initial-scale=1\">" CRLF
                     "<meta name=\"color-scheme\" content=\"light dark\">" CRLF
                     "<title>%V</title><style>%V"
                     ".sent{white-space:pre-wrap;overflow-wrap:anywhere}"
                     "textarea{display:block;width:100%%;margin:.5rem 0;"
                     "box-sizing:border-box;font:inherit}"
                     "button{font:inherit;padding:.5rem 1rem}"
                     "</style></head>" CRLF
                     "<body><main>",
                     &ngx_http_moderate_langs[lang], title,
                     &ngx_http_moderate_style);
}


static u_char *
ngx_http_moderate_receipt_facts(u_char *p, u_char *last,
    ngx_http_moderate_receipt_t *receipt, json_t *sent, ngx_uint_t lang)
{
    size_t                     i;
    json_t                    *value;
    ngx_str_t                 *reason;
    ngx_uint_t                 label;
    ngx_http_moderate_item_t  *item;

    item = receipt->item;
    reason = ngx_http_moderate_receipt_reason(item);

    p = ngx_slprintf(p, last, "<dl><dt>%V</dt><dd><code>%V</code></dd>" CRLF
                     "<dt>%V</dt><dd><time datetime=\"",
                     &ngx_http_moderate_receipt_labels[
                         NGX_HTTP_MODERATE_LABEL_RECEIPT][lang],
                     &receipt->receipt,
                     &ngx_http_moderate_receipt_labels[
                         NGX_HTTP_MODERATE_LABEL_RECEIVED][lang]);

    p = ngx_http_moderate_receipt_time(p, last, &item->record.received,
                                       "%04d-%02d-%02dT%02d:%02d:%02dZ");
    p = ngx_slprintf(p, last, "\">");
    p = ngx_http_moderate_receipt_time(p, last, &item->record.received,
                                       "%04d-%02d-%02d %02d:%02d:%02d UTC");
    p = ngx_slprintf(p, last, "</time></dd>" CRLF);

    if (reason != NULL) {
        label = (reason == &item->record.reason
                 && item->state != NGX_HTTP_MODERATE_REJECTED_STATE)
                ? NGX_HTTP_MODERATE_LABEL_HELD
                : NGX_HTTP_MODERATE_LABEL_REJECTED;

        p = ngx_slprintf(p, last, "<dt>%V</dt><dd>%V</dd>" CRLF,
                         &ngx_http_moderate_receipt_labels[label][lang],
                         ngx_http_moderate_reason_text(reason, lang));
    }

    if (item->explanation.len) {
        p = ngx_slprintf(p, last, "<dt>%V</dt><dd class=\"sent\" "
                         "dir=\"auto\">",
                         &ngx_http_moderate_receipt_labels[
                             NGX_HTTP_MODERATE_LABEL_EXPLANATION][lang]);
        p = (u_char *) ngx_escape_html(p, item->explanation.data,
                                       item->explanation.len);
        p = ngx_slprintf(p, last, "</dd>" CRLF);
    }

    if (sent != NULL) {
        p = ngx_slprintf(p, last, "<dt>%V</dt>",
                         &ngx_http_moderate_receipt_labels[
                             NGX_HTTP_MODERATE_LABEL_TEXT][lang]);
    }

    json_array_foreach(sent, i, value) {
        p = ngx_slprintf(p, last, "<dd class=\"sent\" dir=\"auto\">");
        p = (u_char *) ngx_escape_html(p, (u_char *) json_string_value(value),
                                       json_string_length(value));
        p = ngx_slprintf(p, last, "</dd>" CRLF);
    }

    return ngx_slprintf(p, last, "</dl>" CRLF);
}


/* ms since the epoch, in UTC */

static u_char *
ngx_http_moderate_receipt_time(u_char *p, u_char *last, ngx_str_t *ms,
    char *fmt)
{
    ngx_tm_t   tm;
    ngx_int_t  n;

    n = ngx_atoi(ms->data, ms->len);

    if (n == NGX_ERROR) {
        return p;
    }

    ngx_gmtime(n / 1000, &tm);

    return ngx_slprintf(p, last, fmt, tm.ngx_tm_year, tm.ngx_tm_mon,
                        tm.ngx_tm_mday, tm.ngx_tm_hour, tm.ngx_tm_min,
                        tm.ngx_tm_sec);
}


/* without an action: it is sent to where it is */

static u_char *
ngx_http_moderate_receipt_form(u_char *p, u_char *last, ngx_uint_t lang)
{
    return ngx_slprintf(p, last,
                        "<h2>%V</h2><form method=\"post\">"
                        "<label for=\"note\">%V</label>"
                        "<textarea id=\"note\" name=\"note\" rows=\"6\" "
                        "maxlength=\"%d\" required></textarea>"
                        "<button>%V</button></form>" CRLF,
                        &ngx_http_moderate_receipt_labels[
                            NGX_HTTP_MODERATE_LABEL_APPEAL][lang],
                        &ngx_http_moderate_receipt_labels[
                            NGX_HTTP_MODERATE_LABEL_NOTE][lang],
                        NGX_HTTP_MODERATE_NOTE_MAX,
                        &ngx_http_moderate_receipt_labels[
                            NGX_HTTP_MODERATE_LABEL_SEND][lang]);
}
