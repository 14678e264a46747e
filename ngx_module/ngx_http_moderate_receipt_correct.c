
/*
 * Copyright (C) the moderate authors
 *
 * What was rejected can be corrected and sent again: its holder gets the text
 * to copy, and the way back to the page that it was written on.  The form is
 * the portal's, and so it is sent from there.
 */


#include "ngx_http_moderate_receipt.h"


#define NGX_HTTP_MODERATE_SOURCE_LEN  2048   /* of a path */


static ngx_uint_t ngx_http_moderate_source_host(ngx_http_request_t *r,
    ngx_http_moderate_record_t *record, ngx_str_t *referer, ngx_str_t *path);
static ngx_uint_t ngx_http_moderate_source_path(ngx_str_t *path);


typedef enum {
    NGX_HTTP_MODERATE_CORRECT_HEAD = 0,
    NGX_HTTP_MODERATE_CORRECT_HOW,
    NGX_HTTP_MODERATE_CORRECT_TITLE,
    NGX_HTTP_MODERATE_CORRECT_TEXT,
    NGX_HTTP_MODERATE_CORRECT_FORM
} ngx_http_moderate_correct_label_e;

static ngx_str_t
    ngx_http_moderate_correct_labels[][NGX_HTTP_MODERATE_LANGUAGES] = {

    { ngx_string("Sửa và gửi lại"), ngx_string("Correct and send again") },
    { ngx_string("Bạn có thể chép nội dung đã gửi, sửa theo lý do ở trên rồi "
                 "gửi lại bằng biểu mẫu của cổng thông tin. Ý kiến đã sửa được "
                 "xem như một ý kiến mới."),
      ngx_string("You can copy what you sent, change what the reason is about, "
                 "and send it again with the form of the portal. What is "
                 "corrected is treated as a new submission.") },
    { ngx_string("Tiêu đề đã gửi"), ngx_string("Title, as sent") },
    { ngx_string("Nội dung đã gửi"), ngx_string("Text, as sent") },
    { ngx_string("Trở lại trang có biểu mẫu"),
      ngx_string("Back to the page with the form") }
};


/*
 * The titles and texts, an array of objects: names, addresses and numbers are
 * not shown, as a receipt may be passed on
 */

json_t *
ngx_http_moderate_receipt_fields(ngx_http_moderate_item_t *item)
{
    size_t       i;
    json_t      *shown, *fields, *field;
    const char  *role;

    shown = json_array();
    fields = json_loadb((char *) item->record.fields.data,
                        item->record.fields.len, JSON_ALLOW_NUL, NULL);

    json_array_foreach(fields, i, field) {
        role = json_string_value(json_object_get(field, "role"));

        if (role == NULL || !json_is_string(json_object_get(field, "value"))
            || (ngx_strcmp(role, "text") != 0
                && ngx_strcmp(role, "title") != 0))
        {
            continue;
        }

        /* what is converted stands for the bytes before it */

        if (json_object_get(field, "charset") != NULL
            && json_array_size(shown))
        {
            json_array_remove(shown, json_array_size(shown) - 1);
        }

        json_array_append_new(shown,
                              json_pack("{s:O?, s:O, s:O}",
                                        "name", json_object_get(field, "name"),
                                        "role", json_object_get(field, "role"),
                                        "value",
                                        json_object_get(field, "value")));
    }

    json_decref(fields);

    return shown;
}


/*
 * The page that the form is on, as the poster's browser said: a path of the
 * very host that the receipt is looked at on, or nothing.
 */

void
ngx_http_moderate_receipt_source(ngx_http_request_t *r,
    ngx_http_moderate_item_t *item, ngx_str_t *path)
{
    ngx_str_t         lines, name, value;
    static ngx_str_t  sep = ngx_string(": ");

    ngx_str_null(path);

    lines = item->record.headers;

    while (ngx_http_moderate_record_line(&lines, &sep, &name, &value)
           == NGX_OK)
    {
        if (name.len == sizeof("Referer") - 1
            && ngx_strncasecmp(name.data, (u_char *) "Referer", name.len) == 0)
        {
            if (path->len
                || !ngx_http_moderate_source_host(r, &item->record, &value,
                                                  path)
                || !ngx_http_moderate_source_path(path))
            {
                /* of two headers none */

                ngx_str_null(path);
                return;
            }
        }
    }
}


/* TLS may end before nginx: http and https of a host are one portal */

static ngx_uint_t
ngx_http_moderate_source_host(ngx_http_request_t *r,
    ngx_http_moderate_record_t *record, ngx_str_t *referer, ngx_str_t *path)
{
    u_char      *p, *last;
    ngx_str_t   *host;

    p = referer->data;
    last = p + referer->len;

    if (referer->len > 8 && ngx_strncasecmp(p, (u_char *) "https://", 8) == 0)
    {
        p += 8;

    } else if (referer->len > 7
               && ngx_strncasecmp(p, (u_char *) "http://", 7) == 0)
    {
        p += 7;

    } else {
        return 0;
    }

    if (r->headers_in.host == NULL) {
        return 0;
    }

    host = &r->headers_in.host->value;

    if (host->len == 0 || host->len != record->host.len
        || ngx_strncasecmp(host->data, record->host.data, host->len) != 0
        || (size_t) (last - p) <= host->len
        || ngx_strncasecmp(p, host->data, host->len) != 0)
    {
        return 0;
    }

    path->data = p + host->len;
    path->len = last - path->data;

    return 1;
}


/* without query; "//" would lead to another host, and so does "\" for some */

static ngx_uint_t
ngx_http_moderate_source_path(ngx_str_t *path)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < path->len; i++) {
        c = path->data[i];

        if (c == '?' || c == '#') {
            break;
        }

        if ((c < '0' || c > '9') && (c < 'A' || c > 'Z')
            && (c < 'a' || c > 'z')
            && (c == '\0' || strchr("/-._~!$()*+,;=:@%", c) == NULL))
        {
            return 0;
        }
    }

    path->len = i;

    return i != 0 && i <= NGX_HTTP_MODERATE_SOURCE_LEN && path->data[0] == '/'
           && (i == 1 || path->data[1] != '/');
}


size_t
ngx_http_moderate_receipt_correct_len(json_t *fields, ngx_str_t *path)
{
    size_t   i, len;
    json_t  *field;

    len = 2048 + path->len;

    /* each byte of the text may become "&quot;" */

    json_array_foreach(fields, i, field) {
        len += 256 + 6 * json_string_length(json_object_get(field, "value"));
    }

    return len;
}


/* the first line end of a textarea is none of its text */

u_char *
ngx_http_moderate_receipt_correct(u_char *p, u_char *last, json_t *fields,
    ngx_str_t *path, ngx_uint_t lang)
{
    size_t       i;
    json_t      *field, *value;
    ngx_uint_t   label;

    p = ngx_slprintf(p, last, "<h2>%V</h2><p>%V</p>" CRLF,
                     &ngx_http_moderate_correct_labels[
                         NGX_HTTP_MODERATE_CORRECT_HEAD][lang],
                     &ngx_http_moderate_correct_labels[
                         NGX_HTTP_MODERATE_CORRECT_HOW][lang]);

    json_array_foreach(fields, i, field) {
        value = json_object_get(field, "value");

        label = (ngx_strcmp(json_string_value(json_object_get(field, "role")),
                            "title") == 0)
                ? NGX_HTTP_MODERATE_CORRECT_TITLE
                : NGX_HTTP_MODERATE_CORRECT_TEXT;

        p = ngx_slprintf(p, last, "<label for=\"sent%uz\">%V</label>"
                         "<textarea id=\"sent%uz\" rows=\"%d\" dir=\"auto\" "
                         "readonly>\n",
                         i, &ngx_http_moderate_correct_labels[label][lang], i,
                         label == NGX_HTTP_MODERATE_CORRECT_TITLE ? 1 : 8);

        p = (u_char *) ngx_escape_html(p, (u_char *) json_string_value(value),
                                       json_string_length(value));
        p = ngx_slprintf(p, last, "</textarea>" CRLF);
    }

    if (path->len) {
        p = ngx_slprintf(p, last, "<p><a href=\"%V\">%V</a></p>" CRLF, path,
                         &ngx_http_moderate_correct_labels[
                             NGX_HTTP_MODERATE_CORRECT_FORM][lang]);
    }

    return p;
}
