
/*
 * Copyright (C) the moderate authors
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "body_case.h"


#define FORM  "multipart/form-data; boundary=b--B"
#define D     "--b--B"
#define CD    "Content-Disposition: form-data; name="
#define CT    "Content-Type: "

/* a part named a with value 1, and the end of a body */

#define A     D "\r\n" CD "\"a\"\r\n\r\n1\r\n"
#define Z     D "--\r\n"

/* a body with one part of these headers and the value 1 */

#define ONE(headers)  BODY(D "\r\n" headers "\r\n\r\n1\r\n" Z)

/* the same between two good parts: what one says holds anywhere */

#define MID(headers)  BODY(A D "\r\n" headers "\r\n\r\n2\r\n" A Z)


static void test_multipart(void **state);
static void test_roles(void **state);
static void test_positions(void **state);
static void test_limits(void **state);
static void test_linear(void **state);
static double seconds(unsigned char *text, size_t len);
static vet_str_t part(char *buf, size_t size, size_t pad, size_t lines);
static int cut_last_line(const body_case_t *c, size_t len);


static const body_case_t  cases[] = {

    { "one field", FORM, ONE(CD "\"a\""), VET_READABLE, "a=1" },
    { "no CRLF at the end", FORM, BODY(A D "--"), VET_READABLE, "a=1" },
    { "two fields", FORM, BODY(A D "\r\n" CD "\"c\"\r\n\r\n\r\n" Z),
      VET_READABLE, "a=1 | c=" },
    { "no fields", FORM, BODY(D "--\r\n"), VET_READABLE, "" },
    { "name without quotes", FORM, ONE(CD "a"), VET_READABLE, "a=1" },
    { "any case", FORM,
      ONE("content-DISPOSITION:FORM-data;NAME=\"a\"\r\n"
          "content-type:TEXT/plain"),
      VET_READABLE, "a=1" },
    { "blanks", FORM,
      ONE("Content-Disposition: \t form-data \t; \tname=\"a\" \t"),
      VET_READABLE, "a=1" },
    { "other headers and parameters", FORM,
      ONE(CD "\"a\"; size=3\r\nX-Id: 7\r\nContent-Length: 1"),
      VET_READABLE, "a=1" },
    { "lines in the value", FORM,
      BODY(D "\r\n" CD "\"a\"\r\n\r\n1\r\n\r\n2\n3\r--\r\n--b--\r\n-\r\n" Z),
      VET_READABLE,
      "a=1\\x0d\\x0a\\x0d\\x0a2\\x0a3\\x0d--\\x0d\\x0a--b--\\x0d\\x0a-" },
    { "NUL in the value", FORM,
      BODY(D "\r\n" CD "\"a\"\r\n\r\n1\0002\r\n" A Z), VET_READABLE,
      "a=1\\x002 | a=1" },
    { "value not UTF-8", FORM,
      BODY(D "\r\n" CD "\"a\"\r\n\r\nd\xe9\r\n" Z), VET_READABLE,
      "a!=d\\xe9" },
    { "name in UTF-8", FORM, ONE(CD "\"H\xe1\xbb\x8d t\xc3\xaan\""),
      VET_READABLE, "H\\xe1\\xbb\\x8d t\\xc3\\xaan=1" },
    { "a name twice is two fields", FORM, BODY(A A Z), VET_READABLE,
      "a=1 | a=1" },
    { "percent stays", FORM, ONE(CD "\"a%22b%0D%0A\""), VET_READABLE,
      "a%22b%0D%0A=1" },
    { "escaped quote", FORM, ONE(CD "\"a\\\"b\\\\c\""), VET_READABLE,
      "a\"b\\x5cc=1" },
    { "other backslashes stay", FORM, ONE(CD "\"a\\b\\c\""), VET_READABLE,
      "a\\x5cb\\x5cc=1" },
    { "empty name", FORM, ONE(CD "\"\""), VET_READABLE, "=1" },
    { "equals sign and semicolon in a name", FORM, ONE(CD "\"a=1;b\""),
      VET_READABLE, "a=1;b=1" },
    { "part with charset", FORM,
      ONE(CD "\"a\"\r\n" CT "text/plain; charset=\"UTF-8\""), VET_READABLE,
      "a=1" },
    { "transfer encodings that are none", FORM,
      BODY(D "\r\n" CD "a\r\nContent-Transfer-Encoding: 8BIT\r\n\r\n1\r\n"
           D "\r\n" CD "b\r\nContent-Transfer-Encoding: binary\r\n\r\n2\r\n"
           D "\r\n" CD "c\r\nContent-Transfer-Encoding: 7bit\r\n\r\n3\r\n" Z),
      VET_READABLE, "a=1 | b=2 | c=3" },
    { "_charset_", FORM,
      BODY(D "\r\n" CD "\"_charset_\"\r\n\r\nUTF-8\r\n" A Z), VET_READABLE,
      "_charset_=UTF-8 | a=1" },

    /* files */

    { "file", FORM, ONE(CD "\"f\"; filename=\"x.pdf\"\r\n" CT "image/png"),
      VET_READABLE, "f@x.pdf=1" },
    { "file name with a backslash", FORM,
      ONE(CD "\"f\"; filename=\"C:\\files\\x.pdf\""), VET_READABLE,
      "f@C:\\x5cfiles\\x5cx.pdf=1" },
    { "file before name", FORM,
      ONE("Content-Disposition: form-data; filename=\"x.pdf\"; name=f"),
      VET_READABLE, "f@x.pdf=1" },
    { "file in small letters, as Dart sends it", FORM,
      ONE("content-disposition: form-data; name=\"f\"; filename=\"x.pdf\""),
      VET_READABLE, "f@x.pdf=1" },
    { "no file chosen", FORM,
      BODY(D "\r\n" CD "\"f\"; filename=\"\"\r\n"
           CT "application/octet-stream\r\n\r\n\r\n" A Z), VET_READABLE,
      "f@= | a=1" },
    { "file without a name, with content", FORM,
      MID(CD "\"f\"; filename=\"\""), VET_FILE_AMBIGUOUS,
      "a=1 | f=2 | a=1" },
    { "filename*", FORM,
      MID(CD "\"f\"; filename*=UTF-8''x.pdf"), VET_FILE_AMBIGUOUS,
      "a=1 | f=2 | a=1" },
    { "filename and filename*", FORM,
      MID(CD "\"f\"; filename=\"x\"; filename*=UTF-8''x.pdf"),
      VET_FILE_AMBIGUOUS, "a=1 | f@x=2 | a=1" },
    { "filename*0", FORM, MID(CD "\"f\"; filename*0=\"x\""),
      VET_FILE_AMBIGUOUS, "a=1 | f=2 | a=1" },
    { "parameter inside of an escaped quote", FORM,
      MID(CD "\"f\\\"; filename=\\\"x\""), VET_PART_HEADER_INVALID,
      "a=1 | f\"; filename=\"x=2 | a=1" },

    /* files to most, fields to CGI.pm or werkzeug */

    { "file name without quotes", FORM, MID(CD "\"f\"; filename=x.pdf"),
      VET_FILE_AMBIGUOUS, "a=1 | f=2 | a=1" },
    { "no blank before filename", FORM, MID(CD "\"f\";filename=\"x\""),
      VET_FILE_AMBIGUOUS, "a=1 | f=2 | a=1" },
    { "tab before filename", FORM, MID(CD "\"f\";\tfilename=\"x\""),
      VET_FILE_AMBIGUOUS, "a=1 | f=2 | a=1" },
    { "blank before a semicolon", FORM,
      MID("Content-Disposition: form-data ; name=f; filename=\"x\""),
      VET_FILE_AMBIGUOUS, "a=1 | f=2 | a=1" },
    { "two semicolons", FORM, MID(CD "f; ; filename=\"x\""),
      VET_FILE_AMBIGUOUS, "a=1 | f=2 | a=1" },
    { "filename in a name", FORM,
      MID(CD "\"f filename=-\"; filename=\"x\""), VET_FILE_AMBIGUOUS,
      "a=1 | f filename=-=2 | a=1" },
    { "file, no blank behind the colon", FORM,
      MID("Content-Disposition:form-data; name=\"f\"; filename=\"x\""),
      VET_FILE_AMBIGUOUS, "a=1 | f=2 | a=1" },
    { "file, header in capitals", FORM,
      MID("CONTENT-DISPOSITION: form-data; name=\"f\"; filename=\"x\""),
      VET_FILE_AMBIGUOUS, "a=1 | f=2 | a=1" },
    { "file, empty header before", FORM,
      MID("X:\r\n" CD "\"f\"; filename=\"x\""), VET_FILE_AMBIGUOUS,
      "a=1 | f=2 | a=1" },

    /* headers */

    { "no Content-Disposition", FORM, MID(CT "text/plain"),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "no headers", FORM, BODY(A D "\r\n\r\n2\r\n" Z),
      VET_PART_HEADER_INVALID, "a=1 | =2" },
    { "no name", FORM, MID("Content-Disposition: form-data"),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "name without value", FORM, MID(CD), VET_PART_HEADER_INVALID,
      "a=1 | =2 | a=1" },
    { "attachment", FORM, MID("Content-Disposition: attachment; name=c"),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "form-data in quotes", FORM,
      MID("Content-Disposition: \"form-data\"; name=c"),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "form-data and more", FORM,
      MID("Content-Disposition: form-datax; name=c"),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "name twice", FORM, MID(CD "\"c\"; name=\"d\""),
      VET_PART_HEADER_INVALID, "a=1 | c=2 | a=1" },
    { "filename twice", FORM,
      MID(CD "\"c\"; filename=\"d\"; FileName=\"e\""),
      VET_PART_HEADER_INVALID, "a=1 | c@d=2 | a=1" },
    { "header twice", FORM, MID(CD "\"c\"\r\n" CD "\"d\""),
      VET_PART_HEADER_INVALID, "a=1 | c=2 | a=1" },
    { "other header twice", FORM, MID(CD "\"c\"\r\nX: 1\r\nx: 2"),
      VET_PART_HEADER_INVALID, "a=1 | c=2 | a=1" },
    { "name*", FORM, MID(CD "\"c\"; name*=UTF-8''d"),
      VET_PART_HEADER_INVALID, "a=1 | c=2 | a=1" },
    { "name*0", FORM, MID("Content-Disposition: form-data; name*0=c"),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "single quotes", FORM, MID(CD "'c'"), VET_PART_HEADER_INVALID,
      "a=1 | 'c'=2 | a=1" },
    { "quote not closed", FORM, MID(CD "\"c"), VET_PART_HEADER_INVALID,
      "a=1 | =2 | a=1" },
    { "text behind the quotes", FORM, MID(CD "\"c\"d"),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "blank around the equals sign", FORM,
      MID("Content-Disposition: form-data; name =c"),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "comma", FORM, MID("Content-Disposition: form-data, name=c"),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "blank before the colon", FORM,
      MID("Content-Disposition : form-data; name=c"),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "no colon", FORM, MID(CD "\"c\"\r\nXY"),
      VET_PART_HEADER_INVALID, "a=1 | c=2 | a=1" },
    { "folded line", FORM,
      MID("Content-Disposition: form-data;\r\n name=\"c\""),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "byte above in a header name", FORM, MID(CD "\"c\"\r\nX\xc3\xa0: 1"),
      VET_PART_HEADER_INVALID, "a=1 | c=2 | a=1" },
    { "space in a header name", FORM, MID(CD "\"c\"\r\nX Y: 1"),
      VET_PART_HEADER_INVALID, "a=1 | c=2 | a=1" },
    { "NUL in a header name", FORM, MID(CD "\"c\"\r\nX\0: 1"),
      VET_PART_HEADER_INVALID, "a=1 | c=2 | a=1" },
    { "NUL in a header", FORM, MID(CD "\"c\"\r\nX: \0"),
      VET_PART_HEADER_INVALID, "a=1 | c=2 | a=1" },
    { "control in a header", FORM, MID(CD "\"c\x01\""),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "CR in a header", FORM, MID(CD "\"c\rd\""),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "NUL in the name", FORM, MID(CD "\"c\0d\""), VET_NUL_IN_NAME,
      "a=1 | c\\x00d=2 | a=1" },
    { "NUL behind the name", FORM, MID(CD "\"c\"\0"),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "NUL in form-data", FORM,
      MID("Content-Disposition: form-da\0ta; name=\"c\""),
      VET_PART_HEADER_INVALID, "a=1 | =2 | a=1" },
    { "NUL in the file name", FORM, MID(CD "\"c\"; filename=\"x\0.png\""),
      VET_PART_HEADER_INVALID, "a=1 | c@x\\x00.png=2 | a=1" },
    { "LF in headers", FORM, MID("X: 1\n" CD "\"c\""),
      VET_MULTIPART_INVALID, "a=1 | =2 | a=1" },
    { "empty type", FORM, MID(CD "\"c\"\r\n" CT), VET_PART_HEADER_INVALID,
      "a=1 | c=2 | a=1" },

    /* parts that a backend may decode */

    { "base64", FORM, MID(CD "\"c\"\r\nContent-Transfer-Encoding: base64"),
      VET_PART_ENCODING, "a=1 | c=2 | a=1" },
    { "quoted-printable", FORM,
      MID(CD "\"c\"\r\ncontent-transfer-encoding:Quoted-Printable"),
      VET_PART_ENCODING, "a=1 | c=2 | a=1" },
    { "empty encoding", FORM, MID(CD "\"c\"\r\nContent-Transfer-Encoding:"),
      VET_PART_ENCODING, "a=1 | c=2 | a=1" },
    { "charset of a part", FORM,
      MID(CD "\"c\"\r\n" CT "text/plain; charset=utf-7"),
      VET_PART_CHARSET, "a=1 | c=2 | a=1" },
    { "charset in pieces", FORM,
      MID(CD "\"c\"\r\n" CT "text/plain; charset*0=utf-8"),
      VET_PART_CHARSET, "a=1 | c=2 | a=1" },
    { "_charset_ of another", FORM,
      BODY(D "\r\n" CD "\"_charset_\"\r\n\r\nutf-7\r\n" A Z),
      VET_PART_CHARSET, "_charset_=utf-7 | a=1" },
    { "_charset_ with NUL", FORM,
      BODY(D "\r\n" CD "\"_charset_\"\r\n\r\nutf-8\0\r\n" A Z),
      VET_PART_CHARSET, "_charset_=utf-8\\x00 | a=1" },
    { "nested", FORM, MID(CD "\"c\"\r\n" CT "multipart/mixed; boundary=x"),
      VET_PART_NESTED, "a=1 | c=2 | a=1" },
    { "mail in a part", FORM, MID(CD "\"c\"\r\n" CT "message/rfc822"),
      VET_PART_NESTED, "a=1 | c=2 | a=1" },
    { "ASCII that is none", FORM,
      BODY(D "\r\n" CD "\"c\"\r\n" CT "text/plain; charset=us-ascii"
           "\r\n\r\n\xc4\x91\r\n" A Z),
      VET_PART_CHARSET, NULL },
    { "nested, not well", FORM, MID(CD "\"c\"\r\n" CT "multipart/mixed; ="),
      VET_PART_NESTED, "a=1 | c=2 | a=1" },

    /* structure */

    { "text before", FORM, BODY("x\r\n" A Z), VET_MULTIPART_INVALID, "a=1" },
    { "line before", FORM, BODY("\r\n" A Z), VET_MULTIPART_INVALID, "a=1" },
    { "text behind", FORM, BODY(A Z "x"), VET_MULTIPART_INVALID, "a=1" },
    { "line behind", FORM, BODY(A Z "\r\n"), VET_MULTIPART_INVALID, "a=1" },
    { "part behind", FORM, BODY(A Z A Z), VET_MULTIPART_INVALID, "a=1" },
    { "blank behind a delimiter", FORM,
      BODY(A D " \r\n" CD "c\r\n\r\n2\r\n" Z), VET_MULTIPART_INVALID,
      "a=1\\x0d\\x0a--b--B \\x0d\\x0aContent-Disposition: form-data; name=c"
      "\\x0d\\x0a\\x0d\\x0a2" },
    { "blank behind the first", FORM,
      BODY(D " \r\n" CD "c\r\n\r\n2\r\n" Z), VET_MULTIPART_INVALID,
      "=--b--B \\x0d\\x0aContent-Disposition: form-data; name=c"
      "\\x0d\\x0a\\x0d\\x0a2\\x0d\\x0a--b--B--\\x0d\\x0a" },
    { "LF only", FORM, BODY(D "\n" CD "c\n\n2\n" D "--\n"),
      VET_MULTIPART_INVALID,
      "=--b--B\\x0aContent-Disposition: form-data; name=c"
      "\\x0a\\x0a2\\x0a--b--B--\\x0a" },
    { "LF before a delimiter", FORM,
      BODY(D "\r\n" CD "a\r\n\r\n1\n" D "\r\n" CD "c\r\n\r\n2\r\n" Z),
      VET_MULTIPART_INVALID,
      "a=1\\x0a--b--B\\x0d\\x0aContent-Disposition: form-data; name=c"
      "\\x0d\\x0a\\x0d\\x0a2" },
    { "LF headers", FORM, BODY(D "\r\n" CD "c\n\n2\r\n" Z),
      VET_MULTIPART_INVALID,
      "=Content-Disposition: form-data; name=c\\x0a\\x0a2" },
    { "delimiter inside of a line", FORM,
      BODY(D "\r\n" CD "a\r\n\r\n1" D "2\r\n" Z), VET_MULTIPART_INVALID,
      "a=1--b--B2" },
    { "delimiter in a name", FORM, ONE(CD "\"a" D "\""),
      VET_MULTIPART_INVALID, "a--b--B=1" },
    { "longer boundary", FORM,
      BODY(A D "x\r\n" CD "c\r\n\r\n2\r\n" Z), VET_MULTIPART_INVALID,
      "a=1\\x0d\\x0a--b--Bx\\x0d\\x0aContent-Disposition: form-data; name=c"
      "\\x0d\\x0a\\x0d\\x0a2" },
    { "one dash more", FORM, BODY(A "-" Z), VET_MULTIPART_INVALID, NULL },
    { "headers without end", FORM, BODY(D "\r\n" CD "a\r\n" Z),
      VET_PART_HEADER_INVALID,
      "=Content-Disposition: form-data; name=a" },
    { "no content and no line for it", FORM,
      BODY(D "\r\n" CD "a\r\n\r\n" Z), VET_PART_HEADER_INVALID, NULL },
    { "empty part", FORM, BODY(A D "\r\n" Z), VET_MULTIPART_INVALID, NULL },
    { "another boundary", FORM, BODY("--c\r\n" CD "a\r\n\r\n1\r\n--c--"),
      VET_MULTIPART_INVALID, NULL },

    { "cut in the first line", FORM, BODY("--b-"), VET_TRUNCATED, "=--b-" },
    { "cut in headers", FORM, BODY(A D "\r\n" CD "\"c"), VET_TRUNCATED,
      "a=1 | =Content-Disposition: form-data; name=\"c" },
    { "cut in content", FORM, BODY(A D "\r\n" CD "\"c\"\r\n\r\nxyz"),
      VET_TRUNCATED, "a=1 | c=xyz" },
    { "no last delimiter", FORM, BODY(A D "\r\n"), VET_TRUNCATED,
      "a=1 | =" },
    { "half a last delimiter", FORM, BODY(A D "-"), VET_TRUNCATED, "a=1" },

    /* of one byte */

    { "short boundary", "multipart/form-data; boundary=x",
      BODY("--x\r\n" CD "a\r\n\r\n1\r\n--x--"), VET_READABLE, "a=1" },
    { "boundary in quotes", "multipart/form-data; boundary=\"x y\"",
      BODY("--x y\r\n" CD "a\r\n\r\n1\r\n--x y--"), VET_READABLE, "a=1" },
    { "boundary of dashes", "multipart/form-data; boundary=--",
      BODY("----\r\n" CD "a\r\n\r\n1\r\n------"), VET_READABLE, "a=1" },
};


static void
test_multipart(void **state)
{
    (void) state;

    body_cases_run(cases, sizeof(cases) / sizeof(cases[0]), NULL,
                   cut_last_line);
}


/*
 * The CRLF behind the last delimiter may be missing.  A body with something
 * wrong behind that delimiter is one of these when it is cut there.
 */

static int
cut_last_line(const body_case_t *c, size_t len)
{
    size_t             i;
    const body_case_t  *cut;

    static const char *const  ends[] = { D "--", D "--\r\n", "------",
                                         "--x--", "--x y--" };

    cut = c;

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t  n = strlen(ends[i]);

        if (len >= n && memcmp(cut->body.data + len - n, ends[i], n) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
test_roles(void **state)
{
    vet_form_t  *form;

    static const vet_str_t  content = vet_string("content");
    static const vet_str_t  file = vet_string("file*");
    static const vet_str_t  trap = vet_string("trap");

    static const body_case_t  roles[] = {
        { "roles", FORM, ONE(CD "\"content\""), VET_READABLE,
          "content(text)=1" },
        { "file of a watched name", FORM,
          MID(CD "\"content\"; filename=\"x\""), VET_FILE_AMBIGUOUS,
          "a=1 | content(text)=2 | a=1" },
        { "file of nearly a watched name", FORM,
          MID(CD "\" Content\"; filename=\"x\""), VET_FILE_AMBIGUOUS,
          "a=1 |  Content(text)=2 | a=1" },
        { "file of a name that is not matched", FORM,
          MID(CD "\"fileattach\"; filename=\"x\""), VET_READABLE,
          "a=1 | fileattach(ignore)@x=2 | a=1" },
        { "file of a honeypot's name", FORM,
          MID(CD "\"trap\"; filename=\"x\""), VET_READABLE,
          "a=1 | trap(honeypot)@x=2 | a=1" },
        { "filename* of a watched name", FORM,
          MID(CD "\"content\"; filename*=UTF-8''x"), VET_FILE_AMBIGUOUS,
          "a=1 | content(text)=2 | a=1" },
    };

    (void) state;

    form = vet_form_create();
    assert_non_null(form);

    assert_int_equal(vet_form_add(form, VET_ROLE_TEXT, content, NULL), VET_OK);
    assert_int_equal(vet_form_add(form, VET_ROLE_IGNORE, file, NULL), VET_OK);
    assert_int_equal(vet_form_add(form, VET_ROLE_HONEYPOT, trap, NULL),
                     VET_OK);

    body_cases_run(roles, sizeof(roles) / sizeof(roles[0]), form,
                   cut_last_line);

    vet_form_destroy(form);
}


/* A bad part is found wherever it stands and however many good ones follow. */

static void
test_positions(void **state)
{
    size_t          i, n, place;
    vet_str_t       body;
    unsigned char  *text;

    static const char  bad[] = D "\r\n" CD "\"c\"\r\n"
                               CT "text/plain; charset=utf-7\r\n\r\n2\r\n";

    (void) state;

    text = malloc(4096);
    assert_non_null(text);

    for (place = 0; place < 8; place++) {
        body.len = 0;

        for (i = 0; i < 8; i++) {
            n = (i == place) ? sizeof(bad) - 1 : sizeof(A) - 1;
            memcpy(text + body.len, (i == place) ? bad : A, n);
            body.len += n;
        }

        memcpy(text + body.len, Z, sizeof(Z) - 1);
        body.len += sizeof(Z) - 1;
        body.data = text;

        n = body_check("place", FORM, body, NULL, VET_PART_CHARSET, NULL);
        assert_int_equal(n, 8);
    }

    free(text);
}


static void
test_limits(void **state)
{
    char       *text;
    size_t      i, n, size;
    vet_str_t   body;

    (void) state;

    size = 64 * 1024;

    text = malloc(size);
    assert_non_null(text);

    /* parts */

    body.data = (unsigned char *) text;
    body.len = 0;

    for (i = 0; i <= VET_FIELDS_MAX; i++) {
        memcpy(text + body.len, A, sizeof(A) - 1);
        body.len += sizeof(A) - 1;
    }

    memcpy(text + body.len, Z, sizeof(Z) - 1);
    body.len += sizeof(Z) - 1;

    n = body_check("too many parts", FORM, body, NULL, VET_TOO_MANY_FIELDS,
                   NULL);
    assert_int_equal(n, VET_FIELDS_MAX);

    body.len -= sizeof(A) - 1;
    memcpy(text + body.len - (sizeof(Z) - 1), Z, sizeof(Z) - 1);

    n = body_check("most parts", FORM, body, NULL, VET_READABLE, NULL);
    assert_int_equal(n, VET_FIELDS_MAX);

    /* header lines, the one with the name counted */

    (void) body_check("most headers", FORM,
                      part(text, size, 1, VET_PART_HEADERS - 1), NULL,
                      VET_READABLE, NULL);
    (void) body_check("too many headers", FORM,
                      part(text, size, 1, VET_PART_HEADERS), NULL,
                      VET_PART_HEADER_INVALID, NULL);

    /* header bytes: "X1: " and a value, the line with the name, two CRLF */

    n = VET_PART_HEADER_LEN - (sizeof(CD "\"a\"") - 1) - 2 - 4;

    (void) body_check("longest headers", FORM, part(text, size, n, 1), NULL,
                      VET_READABLE, NULL);
    (void) body_check("longer headers", FORM, part(text, size, n + 1, 1), NULL,
                      VET_PART_HEADER_INVALID, NULL);

    free(text);
}


/* Makes a body of one part with so many more header lines. */

static vet_str_t
part(char *buf, size_t size, size_t pad, size_t lines)
{
    FILE       *file;
    size_t      i, n;
    vet_str_t   body;

    file = fmemopen(buf, size, "w");
    assert_non_null(file);

    fputs(D "\r\n" CD "\"a\"\r\n", file);

    for (i = 0; i < lines; i++) {
        fprintf(file, "X%c: ", (int) ('a' + i));

        for (n = 0; n < pad; n++) {
            fputc('v', file);
        }

        fputs("\r\n", file);
    }

    fputs("\r\n1\r\n" Z, file);

    body.data = (unsigned char *) buf;
    body.len = (size_t) ftell(file);

    fclose(file);

    return body;
}


/* Twice the body takes about twice the time, whatever it is made of. */

static void
test_linear(void **state)
{
    size_t          i, n;
    double          one, two;
    unsigned char  *text;

    static const char *const  units[] = {
        "\r\n" D "x", D, "--b--", "\r\n", "\n", A, "-",
        D "\r\n" CD "\"c", D "\r\n\r\n"
    };

    (void) state;

    text = malloc(1024 * 1024);
    assert_non_null(text);

    memcpy(text, A, sizeof(A) - 1);

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {

        for (n = sizeof(A) - 1; n < 1024 * 1024; n++) {
            text[n] = (unsigned char)
                      units[i][(n - sizeof(A) + 1) % strlen(units[i])];
        }

        one = seconds(text, 512 * 1024);
        two = seconds(text, 1024 * 1024);

        /* a wide margin and a floor: the machine may be busy */

        if (two > 0.2 && two > 6 * one) {
            fail_msg("unit %zu: %f s and %f s", i, one, two);
        }
    }

    free(text);
}


static double
seconds(unsigned char *text, size_t len)
{
    clock_t            start;
    vet_str_t          type = vet_string(FORM);
    vet_pool_t        *pool;
    vet_message_t      m;
    vet_submission_t   s;

    memset(&m, 0, sizeof(vet_message_t));
    m.content_type = type;
    m.content_types = 1;
    m.body.data = text;
    m.body.len = len;

    pool = vet_pool_create(1024 * 1024);
    assert_non_null(pool);

    start = clock();
    assert_int_equal(vet_parse(pool, &m, NULL, &s), VET_OK);
    start = clock() - start;

    vet_pool_destroy(pool);

    return (double) start / CLOCKS_PER_SEC;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_multipart),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_linear),
    };

    return cmocka_run_group_tests_name("multipart", tests, NULL, NULL);
}
