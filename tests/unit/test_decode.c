
/*
 * Copyright (C) the moderate authors
 *
 * Decoders: what comes of a value, where its parts are from, and that nothing
 * gets out of sight.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <vet_rules.h>

#include "guard.h"


typedef struct {
    uint32_t                first;
    uint16_t                second;
    uint16_t                name;
} vet_entity_t;

#include <vet_entities_tables.h>


#define BYTES(s)  sizeof(s) - 1, s
#define POOL      (256 * 1024 * 1024)
#define NL        "\n"


/* decoders, a value, and the text that a browser would show */

typedef struct {
    const char             *decoders;
    size_t                  len;
    const char             *value;
    const char             *shown;
} decode_case_t;

/* a phrase that has to be in one of the readings, as the text view has it */

typedef struct {
    const char             *decoders;
    const char             *value;
    const char             *phrase;
} hidden_case_t;

/* one form, one value, and its readings */

typedef struct {
    vet_form_t             *form;
    vet_pool_t             *pool;
    vet_field_t             field;
    vet_readings_t          readings;
} decoded_t;


static void test_shown(void **state);
static void test_hidden(void **state);
static void test_names(void **state);
static void test_numbers(void **state);
static void test_lengths(void **state);
static void test_mixed(void **state);
static void test_linear(void **state);
static void test_offsets(void **state);
static void test_windows_1258(void **state);
static void test_small_pool(void **state);
static void test_form(void **state);
static vet_form_t *make_form(const char *decoders);
static void decode(decoded_t *d, vet_form_t *form, const void *data,
    size_t len);
static void sound(const decoded_t *d);
static void shown(const char *decoders, const void *data, size_t len,
    const void *want, size_t nwant);
static int found(vet_pool_t *pool, const vet_readings_t *readings,
    const char *phrase);
static const char *repeated(char *buf, const char *a, const char *b,
    size_t len);


static const decode_case_t  cases[] = {

    /* urldecode */

    { "urldecode", BYTES("T%C3%B4i%20"), "Tôi " },
    { "urldecode", BYTES("a+b%2Bc"), "a+b+c" },
    { "urldecode", BYTES("100% %4 %zz %%41 %4%41"), "100% %4 %zz %A %4A" },
    { "urldecode", BYTES("%2541"), "%41" },
    { "urldecode urldecode", BYTES("%2541"), "A" },
    { "urldecode", BYTES("%u0041"), "%u0041" },

    /* entities: names */

    { "entities", BYTES("T&ocirc;i &egrave;&nbsp;&amp;"), "Tôi è\xc2\xa0&" },
    { "entities", BYTES("&notit; &notin; &noti;"), "¬it; ∉ ¬i;" },
    { "entities", BYTES("&amp &ampx &AMP;&Amp;"), "& &x &&Amp;" },
    { "entities", BYTES("&amp;lt;"), "&lt;" },
    { "entities entities", BYTES("&amp;lt;"), "<" },
    { "entities", BYTES("&nGt;&nLt;&bne;"), "≫⃒≪⃒=⃥" },
    { "entities", BYTES("&CounterClockwiseContourIntegral;"), "∳" },
    { "entities", BYTES("&CounterClockwiseContourIntegral"),
      "&CounterClockwiseContourIntegral" },
    { "entities", BYTES("&; & &&lt &unknown; &#; &#x; &"),
      "&; & &< &unknown; &#; &#x; &" },
    { "entities", BYTES("?a=1&copy=2&x=3"), "?a=1©=2&x=3" },

    /* entities: numbers */

    { "entities", BYTES("&#7873;&#x1EC1;&#X1ec1;&#07873;"), "ềềềề" },
    { "entities", BYTES("&#118iagra &#0000000000000000000118;&#x076"),
      "viagra vv" },
    { "entities", BYTES("&#128;&#x93;&#150&#129;"), "€“–\xc2\x81" },
    { "entities", BYTES("&#0;&#xD800;&#xDFFF;&#x110000;"),
      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "entities", BYTES("&#99999999999999999999;&#xFFFFFFFFFFFFFFFFF;"),
      "\xef\xbf\xbd\xef\xbf\xbd" },
    { "entities", BYTES("&#x10FFFF;&#-1;&# 65;&#65x;"),
      "\xf4\x8f\xbf\xbf&#-1;&# 65;Ax;" },

    /* tags */

    { "tags", BYTES("vi<b>ag</b>ra"), "viagra" },
    { "tags", BYTES("<p>vay</p><p>tien</p>"), NL "vay" NL NL "tien" NL },
    { "tags", BYTES("vay<br>tien<BR/>nhanh"), "vay" NL "tien" NL "nhanh" },
    { "tags", BYTES("<a href=\"http://x.vn/\" title='a>b'>y</a>"), "y" },
    { "tags", BYTES("<span\nclass = x >a</span >b"), "ab" },
    { "tags", BYTES("vi<!-- x -->ag<!---->ra"), "viagra" },
    { "tags", BYTES("vi<!-->ag<!--->ra"), "viagra" },
    { "tags", BYTES("vi<!-- a --!>agra"), "viagra" },
    { "tags", BYTES("vi<!doctype x>ag<?php x ?>ra</>!"), "viagra!" },
    { "tags", BYTES("vi<script>var a = '<b>';</script>agra"), "viagra" },
    { "tags", BYTES("vi<STYLE>b</Style >agra"), "viagra" },
    { "tags", BYTES("1 < 2 > 1, I <3 you, a<"), "1 < 2 > 1, I <3 you, a<" },
    { "tags", BYTES("open <b never closed"), "open <b never closed" },
    { "tags", BYTES("open <b title=\"x>y"), "open y" },
    { "tags", BYTES("open <!-- never closed"), "open <!-- never closed" },
    { "tags", BYTES("<script>never closed"), "never closed" },
    { "tags", BYTES("</b></i>x<b><i>"), "x" },
    { "tags", BYTES("<unknown-thing>x</unknown-thing>"), "x" },
    { "tags", BYTES("<averyveryverylongname x=y>x"), "x" },
    { "tags", BYTES("&lt;b&gt;"), "&lt;b&gt;" },

    /* the order is what was written */

    { "tags entities", BYTES("<b>&lt;i&gt;</b>"), "<i>" },
    { "entities tags", BYTES("<b>&lt;i&gt;x</b>"), "x" },
    { "urldecode tags entities", BYTES("%3Cb%3E%26ocirc;%3C/b%3E"), "ô" },
    { "urldecode entities", BYTES("%26ocirc;&eacute;"), "ôé" },

    /* bbcode */

    { "bbcode", BYTES("vi[b]ag[/b]ra [i][u]x[/u][/i]"), "viagra x" },
    { "bbcode", BYTES("[url=http://x.vn]y[/url]"), "y" },
    { "bbcode", BYTES("[url]http://x.vn[/url]"), "http://x.vn" },
    { "bbcode", BYTES("[URL=\"http://x.vn\"]y[/Url]"), "y" },
    { "bbcode", BYTES("[list][*]a[*]b[/list]"), NL NL "a" NL "b" NL },
    { "bbcode", BYTES("[quote=\"lan\"]a[/quote]b"), NL "a" NL "b" },
    { "bbcode", BYTES("[color=red]a[/color] [size=7 x]b[/size]"), "a b" },
    { "bbcode", BYTES("a[0] = b[i][1], [sic] [viagra] [/x]"),
      "a[0] = b[1], [sic] [viagra] [/x]" },
    { "bbcode", BYTES("[b x [url=[b]]y ["), "[b x [url=]y [" },
    { "bbcode", BYTES("[b"), "[b" },
    { "bbcode", BYTES("[]"), "[]" },

    /* nothing to do */

    { "urldecode entities tags bbcode", BYTES(""), "" },
    { "urldecode entities tags bbcode", BYTES("Tôi đồng ý."), "Tôi đồng ý." },
    { "tags", BYTES("<b></b>"), "" },
    { "entities", BYTES("&\0#65;\0&#65;"), "&" },
};


static const hidden_case_t  hidden[] = {

    /* what a backend shows that does not decode */

    { "urldecode", "%zz viagra 50%def", "50%def" },
    { "tags", "buy <viagra now>", "buy <viagra now>" },
    { "bbcode", "[b=viagra now]x", "viagra now" },
    { "entities", "a &viagra; b", "viagra" },

    /* attributes, comments, scripts, with all that is to be decoded */

    { "tags", "<a href=\"http://viagra.example/\">x</a>",
      "http://viagra.example/" },
    { "tags entities", "<a href='&#104;ttp://viagra&period;example'>x</a>",
      "http://viagra.example" },
    { "tags entities", "<img alt=\"vi&shy;ag&zwnj;ra\">", "viagra" },
    { "tags entities", "<!-- vi&#97;gra -->", "viagra" },
    { "tags entities", "<![CDATA[ vi&#97;gra ]]>", "viagra" },
    { "tags entities", "<script>vi&#97;gra</script>", "viagra" },
    { "urldecode tags", "%3Cimg src=x alt=viagra%3E", "viagra" },
    { "bbcode", "[url=http://viagra.example]x[/url]",
      "http://viagra.example" },
    { "bbcode urldecode", "[url=http://vi%61gra.example]x[/url]",
      "http://viagra.example" },
    { "tags entities", "x <b unclosed vi&#97;gra", "viagra" },

    /* joined by some of those who strip */

    { "tags", "vi<b title=\"a>b\">agra", "viagra" },
    { "tags", "vi<b \"a>b\">agra", "viagra" },
    { "tags", "vi<b title=\"x>ag<i y=\">ra", "viagra" },
    { "tags", "vi<3>agra", "viagra" },
    { "tags", "vi<b<i>>agra", "viagra" },
    { "tags", "vi<br>agra", "viagra" },
    { "tags", "vi<p>agra</p>", "viagra" },
    { "bbcode", "vi[list]agra", "viagra" },
    { "tags", "<script>vi<b>agra</b></script>", "viagra" },
    { "tags", "<title>vi<b>agra</title>", "viagra" },
    { "tags", "<!-- > vi<b>agra</b> -->", "viagra" },
    { "tags", "vi<!-- > -->agra", "viagra" },
    { "tags", "vi<!-- ' -->agra", "viagra" },
    { "tags", "vi<?php echo '?>' ?>agra", "viagra" },
    { "tags", "vi<a =\">agra", "viagra" },
    { "tags", "vi<a b=c=\">agra", "viagra" },
    { "tags entities", "vi<b>&#97;</b>gra <!", "viagra" },
    { "tags tags", "vi<<b>b>agra", "viagra" },
};


static void
test_shown(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        /* the last one ends in the middle of what is between NULs */

        shown(cases[i].decoders, cases[i].value, cases[i].len, cases[i].shown,
              (cases[i].len == 12 && cases[i].value[1] == '\0')
              ? 0 : strlen(cases[i].shown));
    }
}


static void
shown(const char *decoders, const void *data, size_t len, const void *want,
    size_t nwant)
{
    guard_t      g;
    decoded_t    d;
    vet_str_t    value, text;
    vet_form_t  *form;

    guard_init(&g, len);
    form = make_form(decoders);

    value = guard_copy(&g, data, len);
    decode(&d, form, value.data, value.len);
    sound(&d);

    text = d.readings.elts[d.readings.plain].text;

    if (nwant != 0 || len == 0) {
        if (text.len != nwant || memcmp(text.data, want, nwant) != 0) {
            fail_msg("%s: %.*s\nis \"%.*s\"\nnot \"%.*s\"", decoders,
                     (int) len, (const char *) data, (int) text.len, text.data,
                     (int) nwant, (const char *) want);
        }
    }

    vet_pool_destroy(d.pool);
    vet_form_destroy(form);
    guard_done(&g);
}


static void
test_hidden(void **state)
{
    size_t       i;
    guard_t      g;
    decoded_t    d;
    vet_str_t    value;
    vet_form_t  *form;

    (void) state;

    guard_init(&g, 256);

    for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {

        form = make_form(hidden[i].decoders);
        value = guard_copy(&g, hidden[i].value, strlen(hidden[i].value));
        decode(&d, form, value.data, value.len);
        sound(&d);

        if (!found(d.pool, &d.readings, hidden[i].phrase)) {
            fail_msg("%s: \"%s\" is not found in \"%s\"", hidden[i].decoders,
                     hidden[i].phrase, hidden[i].value);
        }

        vet_pool_destroy(d.pool);
        vet_form_destroy(form);
    }

    guard_done(&g);
}


static int
found(vet_pool_t *pool, const vet_readings_t *readings, const char *phrase)
{
    size_t      i, k, len;
    vet_view_t  view;

    len = strlen(phrase);

    for (i = 0; i < readings->n; i++) {
        assert_int_equal(vet_view_build(pool, readings->elts[i].text,
                                        VET_VIEW_TEXT, &view), VET_OK);

        for (k = 0; k + len <= view.text.len; k++) {
            if (memcmp(view.text.data + k, phrase, len) == 0) {
                return 1;
            }
        }
    }

    return 0;
}


static vet_form_t *
make_form(const char *decoders)
{
    size_t         len;
    vet_str_t      name;
    vet_form_t    *form;
    vet_errors_t   errors;

    memset(&errors, 0, sizeof(vet_errors_t));

    form = vet_form_create();
    assert_non_null(form);

    while (*decoders != '\0') {
        len = strcspn(decoders, " ");
        name.data = (const unsigned char *) decoders;
        name.len = len;

        assert_int_equal(vet_form_decode(form, VET_ROLE_TEXT, name, &errors),
                         VET_OK);

        decoders += len + (decoders[len] == ' ');
    }

    return form;
}


static void
decode(decoded_t *d, vet_form_t *form, const void *data, size_t len)
{
    memset(d, 0, sizeof(decoded_t));
    d->form = form;
    d->pool = vet_pool_create(POOL);
    assert_non_null(d->pool);

    d->field.role = VET_ROLE_TEXT;
    d->field.value.data = data;
    d->field.value.len = len;

    assert_int_equal(vet_readings_make(d->pool, form, &d->field,
                                       &d->readings), VET_OK);
}


/*
 * The first reading is the value; the way back from all others stays in it
 * and never turns around.
 */

static void
sound(const decoded_t *d)
{
    size_t                i, pos, start, end, last_start, last_end;
    const vet_reading_t  *r;

    assert_in_range(d->readings.n, 1, VET_READINGS_MAX);
    assert_true(d->readings.plain < d->readings.n);
    assert_true(d->readings.whole < d->readings.n);

    r = d->readings.elts;
    assert_int_equal(r->nstages, 0);
    assert_ptr_equal(r->text.data, d->field.value.data);
    assert_int_equal(r->text.len, d->field.value.len);

    for (i = 1; i < d->readings.n; i++) {
        r = &d->readings.elts[i];
        assert_true(r->nstages > 0);

        last_start = 0;
        last_end = 0;

        for (pos = 0; pos < r->text.len; pos++) {
            start = vet_reading_start(r, pos);
            end = vet_reading_end(r, pos + 1);

            assert_true(start < end);
            assert_true(end <= d->field.value.len);
            assert_true(start >= last_start && end >= last_end);

            last_start = start;
            last_end = end;
        }
    }
}


/* Each name of the standard, and what follows it is not touched. */

static void
test_names(void **state)
{
    char                 value[64], want[32];
    size_t               i, len, n;
    unsigned char        utf8[8];
    const vet_entity_t  *e;

    (void) state;

    for (i = 0; i < VET_ENTITIES_N; i++) {
        e = &vet_entities[i];
        len = (size_t) (e[1].name - e[0].name);

        value[0] = '&';
        memcpy(value + 1, vet_entity_names + e->name, len);

        n = vet_uni_write(e->first, utf8);
        n += (e->second != 0) ? vet_uni_write(e->second, utf8 + n) : 0;

        shown("entities", value, len + 1, utf8, n);

        /* "!" is in no name, so that no longer one is found */

        value[len + 1] = '!';
        memcpy(want, utf8, n);
        want[n] = '!';

        shown("entities", value, len + 2, want, n + 1);
    }
}


static void
test_numbers(void **state)
{
    int          base;
    char        *text, *p;
    size_t       n;
    uint32_t     cp, got;
    decoded_t    d;
    vet_str_t    out;
    vet_form_t  *form;

    (void) state;

    text = malloc(0x112000 * 12);
    assert_non_null(text);

    form = make_form("entities");

    for (base = 0; base < 2; base++) {
        p = text;

        for (cp = 0; cp < 0x111000; cp++) {
            p += sprintf(p, (base == 0) ? "&#%u" : "&#x%05x;", cp);
        }

        decode(&d, form, text, (size_t) (p - text));
        out = d.readings.elts[d.readings.plain].text;

        for (cp = 0; cp < 0x111000; cp++) {
            n = vet_uni_read(out.data, out.len, &got);
            out.data += n;
            out.len -= n;

            if (cp == 0 || (cp >= 0xd800 && cp < 0xe000) || cp > 0x10ffff) {
                assert_int_equal(got, 0xfffd);

            } else if (cp < 0x80 || cp >= 0xa0) {
                assert_int_equal(got, cp);

            } else {
                assert_int_equal(got, vet_entity_numbers[cp - 0x80]);
            }
        }

        assert_int_equal(out.len, 0);
        vet_pool_destroy(d.pool);
    }

    vet_form_destroy(form);
    free(text);
}


/* pieces that mean something to some decoder, and their parts */

static const char *const  pieces[] = {
    "<", ">", "</", "<!", "<!--", "-->", "--!>", "-", "<b", "<br>", "<p>",
    "<a b=\"", "<a b='", "\"", "'", "=", "<script>", "</script>", "<style",
    "<?", "?>", "<![CDATA[", "]]>", "/>", "<3", "<>", "a", " ", "\n", "\t",
    "[", "]", "[b]", "[/b]", "[url=", "[list]", "[*]", "&", "&#", "&#x",
    "&#1", "&#x1", ";", "&a", "&amp", "&amp;", "&lt;", "&nGt;", "&not", "0",
    "9", "f", "%", "%4", "%41", "%3C", "%26", "%25", "\xc3", "\xb4",
    "\xe1\xbb\x81", "\xff", "\x80", "\0", "x", "<title>", "<iframe>", "<!d",
};

static const char *const  chains[] = {
    "urldecode", "entities", "tags", "bbcode", "tags entities",
    "entities tags", "bbcode tags", "urldecode entities tags bbcode",
    "tags tags entities entities", "urldecode urldecode urldecode"
};

#define PIECES  (sizeof(pieces) / sizeof(pieces[0]))
#define CHAINS  (sizeof(chains) / sizeof(chains[0]))


/*
 * Each piece over and over, cut at each of the lengths from 0 to 64, in each
 * of the chains; all pairs of pieces at some of the lengths in some of them.
 */

static void
test_lengths(void **state)
{
    char         text[128];
    size_t       i, k, c, n, len;
    guard_t      g;
    decoded_t    d;
    vet_str_t    value;
    vet_form_t  *forms[CHAINS];

    (void) state;

    guard_init(&g, 64);

    for (c = 0; c < CHAINS; c++) {
        forms[c] = make_form(chains[c]);
    }

    for (i = 0; i < PIECES; i++) {
        for (k = 0; k < PIECES; k++) {
            for (n = 0; n <= 64 * CHAINS; n += (i == k) ? 1 : 37) {

                len = n / CHAINS;
                c = (n + i + k) % CHAINS;

                (void) repeated(text, pieces[i], pieces[k], len);
                value = guard_copy(&g, text, len);

                decode(&d, forms[c], value.data, value.len);
                sound(&d);
                vet_pool_destroy(d.pool);
            }
        }
    }

    for (c = 0; c < CHAINS; c++) {
        vet_form_destroy(forms[c]);
    }

    guard_done(&g);
}


static const char *
repeated(char *buf, const char *a, const char *b, size_t len)
{
    size_t       n, used;
    const char  *piece;

    piece = a;

    for (used = 0; used < len; used += n) {
        n = (*piece == '\0') ? 1 : strlen(piece);
        n = (n > len - used) ? len - used : n;
        memcpy(buf + used, piece, n);
        piece = (piece == a) ? b : a;
    }

    return buf;
}


/* Random texts of pieces, with each of the chains; the seed is fixed. */

static void
test_mixed(void **state)
{
    char         text[512];
    size_t       i, k, c, n, len;
    guard_t      g;
    uint32_t     seed;
    decoded_t    d;
    vet_str_t    value;
    vet_form_t  *forms[CHAINS];

    (void) state;

    guard_init(&g, sizeof(text));
    seed = 20261121;

    for (c = 0; c < CHAINS; c++) {
        forms[c] = make_form(chains[c]);
    }

    for (i = 0; i < 10000; i++) {
        len = 0;

        for (k = 0; k < 1 + i % 40; k++) {
            seed = seed * 1664525 + 1013904223;
            c = (seed >> 8) % PIECES;
            n = (*pieces[c] == '\0') ? 1 : strlen(pieces[c]);
            memcpy(text + len, pieces[c], n);
            len += n;
        }

        value = guard_copy(&g, text, len);
        decode(&d, forms[i % CHAINS], value.data, value.len);
        sound(&d);
        vet_pool_destroy(d.pool);
    }

    for (c = 0; c < CHAINS; c++) {
        vet_form_destroy(forms[c]);
    }

    guard_done(&g);
}


/*
 * 64 KiB of any piece, and of any piece behind one that is never closed.  Were
 * one of them quadratic this would take minutes.
 */

static void
test_linear(void **state)
{
    char        *text;
    size_t       i, c, used, n;
    decoded_t    d;
    vet_form_t  *form;

    static const char *const  starts[] = { "", "<a b=\"", "<!--", "<script>" };

    (void) state;

    text = malloc(64 * 1024 + 16);
    assert_non_null(text);

    form = make_form("urldecode entities tags bbcode");

    for (i = 0; i < PIECES; i++) {
        for (c = 0; c < sizeof(starts) / sizeof(starts[0]); c++) {

            used = strlen(starts[c]);
            memcpy(text, starts[c], used);

            n = (*pieces[i] == '\0') ? 1 : strlen(pieces[i]);

            for ( /* void */ ; used < 64 * 1024; used += n) {
                memcpy(text + used, pieces[i], n);
            }

            decode(&d, form, text, used);
            vet_pool_destroy(d.pool);
        }
    }

    vet_form_destroy(form);
    free(text);
}


/* What is found is where it was sent. */

static void
test_offsets(void **state)
{
    size_t                i, k, len, start, end;
    decoded_t             d;
    vet_form_t           *form;
    vet_view_t            view;
    const vet_reading_t  *r;

    static const struct {
        const char         *decoders;
        const char         *value;
        const char         *phrase;
        const char         *sent;
    } places[] = {
        { "entities", "x kh&ocirc;ng y", "không", "kh&ocirc;ng" },
        { "entities", "x &ocirc;&#7873; y", "ôề", "&ocirc;&#7873;" },
        { "entities", "xo&#770;y", "ô", "o&#770;" },
        { "tags", "x <b>vi</b>a<i>gra</i> y", "viagra",
          "vi</b>a<i>gra" },
        { "tags entities", "<p>vi&#97;<b>gra</b></p>", "viagra",
          "vi&#97;<b>gra" },
        { "urldecode", "x %C3%B4i y", "ôi", "%C3%B4i" },
        { "urldecode tags entities", "%3Cb%3Ev%26#105;a%3C/b%3Egra",
          "viagra", "v%26#105;a%3C/b%3Egra" },
        { "bbcode", "[b]vi[/b]agra[/b]", "viagra", "vi[/b]agra" },
    };

    (void) state;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {

        form = make_form(places[i].decoders);
        decode(&d, form, places[i].value, strlen(places[i].value));

        r = &d.readings.elts[d.readings.plain];
        len = strlen(places[i].phrase);

        assert_int_equal(vet_view_build(d.pool, r->text, VET_VIEW_TEXT,
                                        &view), VET_OK);

        for (k = 0; k + len < view.text.len; k++) {
            if (memcmp(view.text.data + k, places[i].phrase, len) == 0) {
                break;
            }
        }

        start = vet_reading_start(r, vet_view_start(&view, k));
        end = vet_reading_end(r, vet_view_end(&view, k + len));

        assert_int_equal(end - start, strlen(places[i].sent));
        assert_memory_equal(places[i].value + start, places[i].sent,
                            end - start);

        vet_pool_destroy(d.pool);
        vet_form_destroy(form);
    }
}


/* What old pages send: bytes, and references for letters there are none of. */

static void
test_windows_1258(void **state)
{
    size_t       i;
    decoded_t    d;
    vet_form_t  *form;

    static const char *const  values[] = {
        "Ti&#7871;ng Vi&#7879;t \xfdu \xf0" "a\xdei",
        "Ti\xea\xec" "ng Vi\xea\xf2t \xfdu \xf0" "a\xdei",
        "TI&#x1ebe;NG VI\xca\xf2T \xddU \xd0" "A\xdeI",
    };

    (void) state;

    form = make_form("entities");

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        decode(&d, form, values[i], strlen(values[i]));
        sound(&d);
        assert_true(found(d.pool, &d.readings, "tiếng việt ưu đãi"));
        vet_pool_destroy(d.pool);
    }

    /* valid UTF-8 is nothing else */

    decode(&d, NULL, "T\xc3\xb4i", 4);
    assert_int_equal(d.readings.n, 1);
    vet_pool_destroy(d.pool);

    /* as sent, with U+FFFD, as windows-1258 */

    decode(&d, NULL, "T\xf4ii", 4);
    assert_int_equal(d.readings.n, 3);
    assert_true(found(d.pool, &d.readings, "t\xef\xbf\xbdii"));
    vet_pool_destroy(d.pool);

    vet_form_destroy(form);
}


static void
test_small_pool(void **state)
{
    int              rc;
    size_t           max;
    vet_form_t      *form;
    vet_pool_t      *pool;
    vet_field_t      field;
    vet_readings_t   readings;

    static const char  value[] = "<p>T&ocirc;i <!-- > -->[b]\xf4[/b]%41</p>"
                                 "<br>";

    (void) state;

    form = make_form("urldecode entities tags bbcode");

    memset(&field, 0, sizeof(vet_field_t));
    field.role = VET_ROLE_TEXT;
    field.value.data = (const unsigned char *) value;
    field.value.len = sizeof(value) - 1;

    for (max = 0; /* void */ ; max += 8) {
        pool = vet_pool_create(max);
        assert_non_null(pool);

        rc = vet_readings_make(pool, form, &field, &readings);

        assert_int_equal(rc, vet_pool_exhausted(pool) ? VET_LIMIT : VET_OK);
        vet_pool_destroy(pool);

        if (rc == VET_OK) {
            break;
        }
    }

    assert_true(max > 0);
    vet_form_destroy(form);
}


static void
test_form(void **state)
{
    size_t         i;
    vet_str_t      name = vet_string("tags");
    vet_str_t      other = vet_string("html");
    vet_form_t    *form;
    vet_errors_t   errors;

    (void) state;

    memset(&errors, 0, sizeof(vet_errors_t));
    form = vet_form_create();
    assert_non_null(form);

    assert_int_equal(vet_form_decode(form, VET_ROLE_TEXT, other, &errors),
                     VET_ERROR);
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.text[0], "decoder \"html\" is unknown, "
                        "expected \"urldecode\", \"entities\", \"tags\" or "
                        "\"bbcode\"");
    assert_int_equal(vet_form_decoders(form, VET_ROLE_TEXT), 0);

    assert_int_equal(vet_form_decode(form, VET_ROLE_IGNORE, name, &errors),
                     VET_ERROR);
    assert_string_equal(errors.text[1], "decoder \"tags\" is for role "
                        "\"ignore\", which is not inspected");

    for (i = 0; i < VET_DECODERS_MAX; i++) {
        assert_int_equal(vet_form_decode(form, VET_ROLE_OTHER, name, &errors),
                         VET_OK);
    }

    assert_int_equal(vet_form_decoders(form, VET_ROLE_OTHER),
                     VET_DECODERS_MAX);
    assert_int_equal(vet_form_decode(form, VET_ROLE_OTHER, name, &errors),
                     VET_ERROR);
    assert_string_equal(errors.text[2], "decoder \"tags\" is one too many, "
                        "expected at most 8");

    vet_form_destroy(form);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_windows_1258),
        cmocka_unit_test(test_small_pool),
        cmocka_unit_test(test_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
