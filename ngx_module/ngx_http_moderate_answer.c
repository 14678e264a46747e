
/*
 * Copyright (C) the moderate authors
 *
 * The answer to the person who commented: a page or JSON by Accept, in
 * Vietnamese or English by Accept-Language.  A page of the portal takes
 * precedence: that of moderate_held_page or moderate_reject_page, or the one
 * that error_page names for the status.
 */


#include "ngx_http_moderate_answer.h"
#include "ngx_http_moderate_own_page.h"


#define NGX_HTTP_MODERATE_RETRY_AFTER  30    /* seconds, when Redis is away */

#define NGX_HTTP_MODERATE_ANSWER_POLICY                                      \
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


typedef struct {
    ngx_str_t                   code;
    ngx_str_t                   text[NGX_HTTP_MODERATE_LANGUAGES];
} ngx_http_moderate_reason_t;


typedef struct {
    ngx_uint_t                  status;
    ngx_str_t                   name;       /* in JSON */
    ngx_str_t                   title[NGX_HTTP_MODERATE_LANGUAGES];
    ngx_str_t                   text[NGX_HTTP_MODERATE_LANGUAGES];
} ngx_http_moderate_notice_t;


static ngx_int_t ngx_http_moderate_answer_headers(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_notice_t *notice);
static ngx_int_t ngx_http_moderate_answer_page(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_notice_t *notice);
static ngx_uint_t ngx_http_moderate_has_error_page(ngx_http_request_t *r,
    ngx_uint_t status);
static ngx_int_t ngx_http_moderate_send_notice(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_notice_t *notice);
static ngx_int_t ngx_http_moderate_page(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_notice_t *notice,
    ngx_uint_t lang, ngx_str_t *page);
static ngx_int_t ngx_http_moderate_json(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_notice_t *notice,
    ngx_uint_t lang, ngx_str_t *json);
static ngx_uint_t ngx_http_moderate_rank(ngx_http_request_t *r,
    char *header, ngx_str_t *value);
static ngx_uint_t ngx_http_moderate_named(ngx_str_t *choice,
    ngx_str_t *value);
static ngx_int_t ngx_http_moderate_next_choice(u_char **pos, u_char *last,
    ngx_str_t *choice, ngx_uint_t *q);


ngx_str_t  ngx_http_moderate_html_type =
    ngx_string("text/html; charset=utf-8");
ngx_str_t  ngx_http_moderate_json_type = ngx_string("application/json");

ngx_str_t  ngx_http_moderate_langs[] = {
    ngx_string("vi"),
    ngx_string("en")
};

ngx_str_t  ngx_http_moderate_style = ngx_string(
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;"
    "margin:3rem auto;padding:0 1rem}"
    "dt{font-weight:bold}dd{margin:0 0 1rem}code{word-break:break-all}"
    "@media(prefers-color-scheme:dark){body{background:#161616;"
    "color:#eee}a{color:#9cf}}");

static ngx_str_t  ngx_http_moderate_labels[][NGX_HTTP_MODERATE_LANGUAGES] = {
    { ngx_string("Mã biên nhận"), ngx_string("Receipt") },
    { ngx_string("Lý do"), ngx_string("Reason") },
    { ngx_string("Xem ý kiến của bạn đang được xử lý đến đâu"),
      ngx_string("See what becomes of your submission") }
};


/* the public reasons; vet's rule files know the same codes */

static ngx_http_moderate_reason_t  ngx_http_moderate_reasons[] = {

    { ngx_string("contact-advertising"),
      { ngx_string("Nội dung có dấu hiệu quảng cáo hoặc mời chào liên hệ."),
        ngx_string("The text looks like advertising or an offer to make "
                   "contact.") } },

    { ngx_string("scam"),
      { ngx_string("Nội dung có dấu hiệu lừa đảo."),
        ngx_string("The text looks like a scam.") } },

    { ngx_string("abuse"),
      { ngx_string("Nội dung có lời lẽ thô tục hoặc xúc phạm cá nhân."),
        ngx_string("The text has profanity or insults a person.") } },

    { ngx_string("personal-data"),
      { ngx_string("Nội dung có dữ liệu cá nhân không nên công khai."),
        ngx_string("The text has personal data that should not be made "
                   "public.") } },

    { ngx_string("impersonation"),
      { ngx_string("Nội dung có dấu hiệu mạo danh cơ quan."),
        ngx_string("The text looks as if it came from an office.") } },

    { ngx_string("link-flood"),
      { ngx_string("Nội dung có quá nhiều liên kết."),
        ngx_string("The text has too many links.") } },

    { ngx_string("duplicate"),
      { ngx_string("Nội dung này đã được gửi nhiều lần."),
        ngx_string("The same text was sent several times.") } },

    { ngx_string("rate"),
      { ngx_string("Đã có quá nhiều lượt gửi trong thời gian ngắn."),
        ngx_string("There were too many submissions in a short time.") } },

    { ngx_string("automated"),
      { ngx_string("Lượt gửi có dấu hiệu tự động."),
        ngx_string("The submission looks automated.") } },

    { ngx_string("unreadable"),
      { ngx_string("Dữ liệu gửi lên không đọc được một cách chắc chắn."),
        ngx_string("What was sent cannot be read with certainty.") } },

    { ngx_string("check-unavailable"),
      { ngx_string("Việc kiểm tra tự động chưa hoàn tất."),
        ngx_string("The automatic check could not be completed.") } },

    { ngx_string("other"),
      { ngx_string("Nội dung cần được người kiểm duyệt xem xét."),
        ngx_string("A person has to look at the text.") } },

    { ngx_null_string, { ngx_null_string, ngx_null_string } }
};


static ngx_http_moderate_notice_t  ngx_http_moderate_held_notice = {
    NGX_HTTP_ACCEPTED, ngx_string("held"),
    { ngx_string("Ý kiến của bạn đã được tiếp nhận"),
      ngx_string("Your submission has been received") },
    { ngx_string("Ý kiến được lưu đầy đủ và đang chờ người kiểm duyệt xem. "
                 "Bạn không cần gửi lại. Hãy giữ mã biên nhận."),
      ngx_string("It is kept in full and waits for a person to look at it. "
                 "There is no need to send it again. Please keep the "
                 "receipt.") }
};

static ngx_http_moderate_notice_t  ngx_http_moderate_rejected_notice = {
    NGX_HTTP_FORBIDDEN, ngx_string("rejected"),
    { ngx_string("Ý kiến của bạn không được tiếp nhận"),
      ngx_string("Your submission was not accepted") },
    { ngx_string("Ý kiến không được lưu lại. Bạn có thể quay lại, sửa nội "
                 "dung và gửi lại."),
      ngx_string("It has not been kept. You can go back, change the text and "
                 "send it again.") }
};

static ngx_http_moderate_notice_t  ngx_http_moderate_large_notice = {
    NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, ngx_string("too-large"),
    { ngx_string("Nội dung gửi lên quá lớn"),
      ngx_string("What was sent is too large") },
    { ngx_string("Ý kiến cần người kiểm duyệt xem nhưng lớn hơn mức có thể "
                 "lưu. Hãy rút ngắn hoặc bỏ tệp đính kèm rồi gửi lại."),
      ngx_string("A person would have to look at it, and it is larger than "
                 "what can be kept. Please shorten it, or leave out the "
                 "attachment, and send it again.") }
};

static ngx_http_moderate_notice_t  ngx_http_moderate_failed_notice = {
    NGX_HTTP_SERVICE_UNAVAILABLE, ngx_string("unavailable"),
    { ngx_string("Chưa thể tiếp nhận ý kiến"),
      ngx_string("Submissions cannot be taken right now") },
    { ngx_string("Ý kiến của bạn chưa được lưu. Hãy giữ lại nội dung và gửi "
                 "lại sau ít phút."),
      ngx_string("Yours has not been kept. Please keep the text and send it "
                 "again in a few minutes.") }
};


ngx_int_t
ngx_http_moderate_answer(ngx_http_request_t *r, ngx_http_moderate_ctx_t *ctx)
{
    ngx_int_t                    rc;
    ngx_uint_t                   again;
    ngx_http_moderate_notice_t  *notice;

    switch (ctx->state) {

    case NGX_HTTP_MODERATE_HELD:
        notice = &ngx_http_moderate_held_notice;
        break;

    case NGX_HTTP_MODERATE_REJECTED:
        notice = &ngx_http_moderate_rejected_notice;
        break;

    case NGX_HTTP_MODERATE_TOO_LARGE:
        notice = &ngx_http_moderate_large_notice;
        break;

    case NGX_HTTP_MODERATE_FAILED:
        notice = &ngx_http_moderate_failed_notice;
        break;

    default: /* NGX_HTTP_MODERATE_PASSED */
        return NGX_DECLINED;
    }

    if (!ctx->answered
        && ngx_http_moderate_answer_headers(r, ctx, notice) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /*
     * the page of error_page is asked for once, it may lead back here; and
     * without the body, the page may come from a backend
     */

    again = ctx->answered;
    ctx->answered = 1;

    rc = ngx_http_moderate_answer_page(r, ctx, notice);

    if (rc != NGX_DECLINED) {
        ngx_http_finalize_request(r, rc);
        return NGX_DONE;
    }

    if (!again && ngx_http_moderate_has_error_page(r, notice->status)) {
        ngx_http_moderate_drop_body(r);
        return notice->status;
    }

    ngx_http_finalize_request(r, ngx_http_moderate_send_notice(r, ctx,
                                                               notice));
    return NGX_DONE;
}


/* these stay when error_page serves another page */

static ngx_int_t
ngx_http_moderate_answer_headers(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_notice_t *notice)
{
    u_char    *p;
    uint32_t   after;

    after = 0;

    if (notice->status == NGX_HTTP_SERVICE_UNAVAILABLE) {
        after = NGX_HTTP_MODERATE_RETRY_AFTER;

    } else if (notice->status == NGX_HTTP_FORBIDDEN) {
        after = ctx->verdict.retry_after;
    }

    if (after) {
        p = ngx_pnalloc(r->pool, NGX_INT32_LEN + 1);
        if (p == NULL) {
            return NGX_ERROR;
        }

        *ngx_sprintf(p, "%uD", after) = '\0';

        if (ngx_http_moderate_add_header(r, "Retry-After", (char *) p)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_moderate_add_header(r, "Cache-Control", "no-store");
}


/* NGX_DONE: the portal's own page is served; NGX_DECLINED: it has none */

static ngx_int_t
ngx_http_moderate_answer_page(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_notice_t *notice)
{
    ngx_int_t                      rc;
    ngx_str_t                      receipt;
    ngx_http_complex_value_t      *uri;
    ngx_http_moderate_own_page_t   page;

    switch (ctx->state) {

    case NGX_HTTP_MODERATE_HELD:
        uri = ctx->conf->held_page;
        break;

    case NGX_HTTP_MODERATE_REJECTED:
        uri = ctx->conf->reject_page;
        break;

    default:
        return NGX_DECLINED;
    }

    if (uri == NULL || ngx_http_moderate_wants_json(r)) {
        return NGX_DECLINED;
    }

    ngx_memzero(&page, sizeof(ngx_http_moderate_own_page_t));

    page.status = notice->status;
    page.state = notice->name;
    page.reason = ctx->reason;
    page.id.data = ctx->id;
    page.id.len = NGX_HTTP_MODERATE_ID_LEN;
    page.policy = NGX_HTTP_MODERATE_ANSWER_POLICY;

    if (ctx->state == NGX_HTTP_MODERATE_HELD
        && ngx_http_moderate_receipt(r, ctx->id, &receipt, &page.receipt)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_moderate_page(r, ctx, notice, ngx_http_moderate_language(r),
                               &page.page)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_moderate_own_page(r, uri, &page);

    return (rc == NGX_ERROR) ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
}


static ngx_uint_t
ngx_http_moderate_has_error_page(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->error_pages == NULL
        || (r->error_page && !clcf->recursive_error_pages))
    {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (page[i].status == (ngx_int_t) status) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_moderate_send_notice(ngx_http_request_t *r,
    ngx_http_moderate_ctx_t *ctx, ngx_http_moderate_notice_t *notice)
{
    ngx_int_t                  rc;
    ngx_str_t                 *type;
    ngx_uint_t                 lang;
    ngx_http_complex_value_t   cv;

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));

    lang = ngx_http_moderate_language(r);

    if (ngx_http_moderate_wants_json(r)) {
        type = &ngx_http_moderate_json_type;
        rc = ngx_http_moderate_json(r, ctx, notice, lang, &cv.value);

    } else {
        type = &ngx_http_moderate_html_type;
        rc = ngx_http_moderate_page(r, ctx, notice, lang, &cv.value);
    }

    if (rc != NGX_OK
        || ngx_http_moderate_add_header(r, "Vary", "Accept, Accept-Language")
           != NGX_OK
        || ngx_http_moderate_add_header(r, "X-Content-Type-Options", "nosniff")
           != NGX_OK
        || ngx_http_moderate_add_header(r, "Content-Security-Policy",
                                        NGX_HTTP_MODERATE_ANSWER_POLICY)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_send_response(r, notice->status, type, &cv);
}


static ngx_int_t
ngx_http_moderate_page(ngx_http_request_t *r, ngx_http_moderate_ctx_t *ctx,
    ngx_http_moderate_notice_t *notice, ngx_uint_t lang, ngx_str_t *page)
{
    size_t       len;
    u_char      *p, *last;
    ngx_str_t   *reason, receipt, uri;

    reason = ngx_http_moderate_reason_text(&ctx->reason, lang);

    if (ngx_http_moderate_receipt(r, ctx->id, &receipt, &uri) != NGX_OK) {
        return NGX_ERROR;
    }

    len = 1024 + ngx_http_moderate_style.len + 2 * notice->title[lang].len
          + notice->text[lang].len + reason->len + receipt.len + uri.len
          + ngx_http_moderate_labels[2][lang].len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    page->data = p;
    last = p + len;

    p = ngx_slprintf(p, last,
                     "<!DOCTYPE html>" CRLF
                     "<html lang=\"%V\"><head><meta charset=\"utf-8\">" CRLF
                     "<meta name=\"viewport\" content=\"width=device-width,"
                     "initial-scale=1\">" CRLF
                     "<meta name=\"color-scheme\" content=\"light dark\">" CRLF
                     "<title>%V</title><style>%V</style></head>" CRLF
                     "<body><main><h1>%V</h1><p>%V</p>",
                     &ngx_http_moderate_langs[lang], &notice->title[lang],
                     &ngx_http_moderate_style, &notice->title[lang],
                     &notice->text[lang]);

    if (ctx->state == NGX_HTTP_MODERATE_HELD) {
        p = ngx_slprintf(p, last, "<dl><dt>%V</dt><dd><code>%V</code></dd>"
                         "</dl>",
                         &ngx_http_moderate_labels[0][lang], &receipt);

        if (uri.len) {
            p = ngx_slprintf(p, last, "<p><a href=\"%V\">%V</a></p>", &uri,
                             &ngx_http_moderate_labels[2][lang]);
        }

    } else if (ctx->state == NGX_HTTP_MODERATE_REJECTED) {
        p = ngx_slprintf(p, last, "<dl><dt>%V</dt><dd>%V</dd></dl>",
                         &ngx_http_moderate_labels[1][lang], reason);
    }

    p = ngx_cpymem(p, "</main></body></html>" CRLF,
                   sizeof("</main></body></html>" CRLF) - 1);

    page->len = p - page->data;

    return NGX_OK;
}


/* all that is put in is our own and has no character that JSON escapes */

static ngx_int_t
ngx_http_moderate_json(ngx_http_request_t *r, ngx_http_moderate_ctx_t *ctx,
    ngx_http_moderate_notice_t *notice, ngx_uint_t lang, ngx_str_t *json)
{
    size_t      len;
    u_char     *p, *last;
    ngx_str_t  *reason, receipt, uri;

    reason = ngx_http_moderate_reason_text(&ctx->reason, lang);

    if (ngx_http_moderate_receipt(r, ctx->id, &receipt, &uri) != NGX_OK) {
        return NGX_ERROR;
    }

    len = 256 + notice->text[lang].len + reason->len
          + ctx->reason.len + receipt.len + uri.len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    json->data = p;
    last = p + len - 1;

    p = ngx_slprintf(p, last, "{\"status\":\"%V\"", &notice->name);

    if (ctx->state == NGX_HTTP_MODERATE_HELD) {
        p = ngx_slprintf(p, last, ",\"receipt\":\"%V\"", &receipt);

        if (uri.len) {
            p = ngx_slprintf(p, last, ",\"uri\":\"%V\"", &uri);
        }
    }

    if (ctx->state == NGX_HTTP_MODERATE_REJECTED) {
        p = ngx_slprintf(p, last, ",\"reason\":\"%*s\",\"message\":\"%V %V\"}",
                         ctx->reason.len, ctx->reason.data, reason,
                         &notice->text[lang]);

    } else {
        p = ngx_slprintf(p, last, ",\"message\":\"%V\"}", &notice->text[lang]);
    }

    *p++ = LF;

    json->len = p - json->data;

    return NGX_OK;
}


ngx_str_t *
ngx_http_moderate_reason_text(ngx_str_t *code, ngx_uint_t lang)
{
    ngx_http_moderate_reason_t  *reason;

    for (reason = ngx_http_moderate_reasons; reason[1].code.len; reason++) {
        if (reason->code.len == code->len
            && ngx_memcmp(reason->code.data, code->data, code->len) == 0)
        {
            break;
        }
    }

    /* the last one fits all */

    return &reason->text[lang];
}


ngx_uint_t
ngx_http_moderate_reason_known(ngx_str_t *code)
{
    ngx_http_moderate_reason_t  *reason;

    for (reason = ngx_http_moderate_reasons; reason->code.len; reason++) {
        if (reason->code.len == code->len
            && ngx_memcmp(reason->code.data, code->data, code->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Vietnamese, unless English is asked for more than it */

ngx_uint_t
ngx_http_moderate_language(ngx_http_request_t *r)
{
    ngx_uint_t  vi, en;

    vi = ngx_http_moderate_rank(r, "Accept-Language",
                                &ngx_http_moderate_langs[NGX_HTTP_MODERATE_VI]);
    en = ngx_http_moderate_rank(r, "Accept-Language",
                                &ngx_http_moderate_langs[NGX_HTTP_MODERATE_EN]);

    return (en > vi) ? NGX_HTTP_MODERATE_EN : NGX_HTTP_MODERATE_VI;
}


ngx_uint_t
ngx_http_moderate_wants_json(ngx_http_request_t *r)
{
    static ngx_str_t  html = ngx_string("text/html");

    return ngx_http_moderate_rank(r, "Accept", &ngx_http_moderate_json_type)
           > ngx_http_moderate_rank(r, "Accept", &html);
}


/*
 * RFC 9110, sections 12.4.2 and 12.5: what names the value most closely says
 * its quality.  Of equal qualities the one that was named more closely ranks
 * higher: scripts send "application/json" and then any.  0: not acceptable.
 */

static ngx_uint_t
ngx_http_moderate_rank(ngx_http_request_t *r, char *header, ngx_str_t *value)
{
    u_char                    *p, *last;
    ngx_str_t                  choice;
    ngx_uint_t                 n, q, named, best;
    ngx_table_elt_t           *h;
    ngx_http_moderate_walk_t   walk;

    ngx_memzero(&walk, sizeof(ngx_http_moderate_walk_t));

    best = 0;
    named = 0;

    for ( ;; ) {
        h = ngx_http_moderate_next_header(r, &walk, header);

        if (h == NULL) {
            break;
        }

        p = h->value.data;
        last = p + h->value.len;

        while (ngx_http_moderate_next_choice(&p, last, &choice, &q)
               == NGX_OK)
        {
            n = ngx_http_moderate_named(&choice, value);

            if (n > named || (n && n == named && q > best)) {
                named = n;
                best = q;
            }
        }
    }

    return best ? best * 4 + named : 0;
}


/* 3: by its name, or "en" by "en-GB"; 2: by its type; 1: as any; 0: not */

static ngx_uint_t
ngx_http_moderate_named(ngx_str_t *choice, ngx_str_t *value)
{
    size_t   len;
    u_char  *slash;

    slash = ngx_strlchr(value->data, value->data + value->len, '/');

    if (choice->len >= value->len
        && ngx_strncasecmp(choice->data, value->data, value->len) == 0
        && (choice->len == value->len
            || (slash == NULL && choice->data[value->len] == '-')))
    {
        return 3;
    }

    if (slash == NULL) {
        return (choice->len == 1 && choice->data[0] == '*') ? 1 : 0;
    }

    len = slash - value->data + 1;

    if (choice->len == len + 1 && choice->data[len] == '*'
        && ngx_strncasecmp(choice->data, value->data, len) == 0)
    {
        return 2;
    }

    return (choice->len == 3 && ngx_strncmp(choice->data, "*/*", 3) == 0)
           ? 1 : 0;
}


/* one of "a, b;q=0.5, c;x=y;q=0.25" */

static ngx_int_t
ngx_http_moderate_next_choice(u_char **pos, u_char *last, ngx_str_t *choice,
    ngx_uint_t *q)
{
    u_char     *p, *end, *param;
    ngx_int_t   n;

    p = *pos;

    while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
        p++;
    }

    if (p == last) {
        return NGX_DONE;
    }

    end = ngx_strlchr(p, last, ',');
    if (end == NULL) {
        end = last;
    }

    *pos = end;

    choice->data = p;

    while (p < end && *p != ';' && *p != ' ' && *p != '\t') {
        p++;
    }

    choice->len = p - choice->data;
    *q = 1000;

    for (param = p; param + 2 < end; param++) {

        if ((param[0] == 'q' || param[0] == 'Q') && param[1] == '='
            && (param[-1] == ';' || param[-1] == ' ' || param[-1] == '\t'))
        {
            for (p = param + 2; p < end && *p != ';' && *p != ' ' && *p != '\t';
                 p++)
            {
                /* void */
            }

            n = ngx_atofp(param + 2, p - param - 2, 3);
            *q = (n == NGX_ERROR || n > 1000) ? 0 : n;
            break;
        }
    }

    return NGX_OK;
}
