
/*
 * Copyright (C) the moderate authors
 *
 * HTML and BBCode taken out of a text.  Words that only markup divides are
 * joined, as on the page; what stands in blocks or lines of its own is kept
 * apart.  What is taken out is not lost: other readings have it.
 *
 * Markup that is not well formed is stripped by everyone in another way.  It
 * is noted as odd, and the text is then read in the two other common ways too.
 * Each way looks at a byte a bounded number of times: what was looked for in
 * vain up to the end of the text is not looked for again.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* memmem() */
#endif

#include <string.h>

#include "vet_rules.h"


#define VET_TAG_LEN         10       /* bytes of the longest name below */


typedef enum {
    VET_TAG_INLINE = 0,
    VET_TAG_BLOCK,          /* what is around it stands apart */
    VET_TAG_HIDDEN          /* what is in it is not shown */
} vet_tag_kind_t;

typedef struct {
    char                    name[VET_TAG_LEN + 1];
    vet_tag_kind_t          kind;
} vet_tag_t;


typedef enum {
    VET_PHP_TEXT = 0,
    VET_PHP_TAG,
    VET_PHP_CODE,
    VET_PHP_DECLARATION,
    VET_PHP_COMMENT
} vet_php_state_t;

typedef struct {
    vet_php_state_t         state;
    size_t                  depth;      /* "<" in a tag, not closed yet */
    unsigned char           quote;      /* 0: in none */
} vet_php_t;


typedef struct {
    vet_decoding_t         *d;
    const unsigned char    *p;
    size_t                  len;
    size_t                  next;       /* the ">" or bracket found last */
    uint32_t                unclosed;   /* bits: hidden elements without end */
    unsigned                looked:1;   /* next is set */
    unsigned                open:1;     /* a tag does not end */
    unsigned                comment:1;  /* a comment does not end */
    unsigned                word:1;     /* the text written ends in a word */
    unsigned                broken:1;   /* right behind it was a break */
} vet_markup_t;


static void vet_markup_init(vet_markup_t *m, vet_decoding_t *d);
static void vet_markup_text(vet_markup_t *m, size_t from, size_t to);
static void vet_markup_break(vet_markup_t *m, size_t from, size_t to);
static int vet_markup_word(unsigned char c);
static size_t vet_markup_close(vet_markup_t *m, size_t i);
static const vet_tag_t *vet_markup_find(const vet_tag_t *tags, size_t n,
    const unsigned char *name, size_t len);
static void vet_tags_strip(vet_decoding_t *d);
static size_t vet_tags_browser(vet_markup_t *m, size_t i);
static size_t vet_tags_comment(vet_markup_t *m, size_t i);
static size_t vet_tags_element(vet_markup_t *m, size_t i, size_t name);
static size_t vet_tags_end(vet_markup_t *m, size_t i);
static size_t vet_tags_value(vet_markup_t *m, size_t i);
static size_t vet_tags_hidden(vet_markup_t *m, const vet_tag_t *tag,
    size_t i);
static size_t vet_tags_simple(vet_markup_t *m, size_t i);
static size_t vet_tags_name(const vet_markup_t *m, size_t i);
static const vet_tag_t *vet_tags_known(const vet_markup_t *m, size_t i,
    size_t len);
static void vet_tags_php(vet_decoding_t *d);
static void vet_php_markup(vet_php_t *php, const unsigned char *p, size_t i,
    unsigned char next);
static void vet_php_close(vet_php_t *php, const unsigned char *p, size_t i);
static size_t vet_bbcode_tag(vet_markup_t *m, size_t i,
    const vet_tag_t **tag);
static int vet_markup_space(unsigned char c);
static int vet_markup_letter(unsigned char c);


/* Both tables are in the order of their names. */

static const vet_tag_t  vet_tags_html[] = {
    { "address", VET_TAG_BLOCK },
    { "article", VET_TAG_BLOCK },
    { "aside", VET_TAG_BLOCK },
    { "audio", VET_TAG_HIDDEN },
    { "blockquote", VET_TAG_BLOCK },
    { "body", VET_TAG_BLOCK },
    { "br", VET_TAG_BLOCK },
    { "canvas", VET_TAG_HIDDEN },
    { "caption", VET_TAG_BLOCK },
    { "center", VET_TAG_BLOCK },
    { "datalist", VET_TAG_HIDDEN },
    { "dd", VET_TAG_BLOCK },
    { "details", VET_TAG_BLOCK },
    { "dir", VET_TAG_BLOCK },
    { "div", VET_TAG_BLOCK },
    { "dl", VET_TAG_BLOCK },
    { "dt", VET_TAG_BLOCK },
    { "fieldset", VET_TAG_BLOCK },
    { "figcaption", VET_TAG_BLOCK },
    { "figure", VET_TAG_BLOCK },
    { "footer", VET_TAG_BLOCK },
    { "form", VET_TAG_BLOCK },
    { "h1", VET_TAG_BLOCK },
    { "h2", VET_TAG_BLOCK },
    { "h3", VET_TAG_BLOCK },
    { "h4", VET_TAG_BLOCK },
    { "h5", VET_TAG_BLOCK },
    { "h6", VET_TAG_BLOCK },
    { "header", VET_TAG_BLOCK },
    { "hgroup", VET_TAG_BLOCK },
    { "hr", VET_TAG_BLOCK },
    { "html", VET_TAG_BLOCK },
    { "iframe", VET_TAG_HIDDEN },
    { "legend", VET_TAG_BLOCK },
    { "li", VET_TAG_BLOCK },
    { "main", VET_TAG_BLOCK },
    { "menu", VET_TAG_BLOCK },
    { "nav", VET_TAG_BLOCK },
    { "noembed", VET_TAG_HIDDEN },
    { "noframes", VET_TAG_HIDDEN },
    { "noscript", VET_TAG_HIDDEN },
    { "ol", VET_TAG_BLOCK },
    { "optgroup", VET_TAG_BLOCK },
    { "option", VET_TAG_BLOCK },
    { "p", VET_TAG_BLOCK },
    { "pre", VET_TAG_BLOCK },
    { "script", VET_TAG_HIDDEN },
    { "search", VET_TAG_BLOCK },
    { "section", VET_TAG_BLOCK },
    { "style", VET_TAG_HIDDEN },
    { "summary", VET_TAG_BLOCK },
    { "table", VET_TAG_BLOCK },
    { "tbody", VET_TAG_BLOCK },
    { "td", VET_TAG_BLOCK },
    { "template", VET_TAG_HIDDEN },
    { "tfoot", VET_TAG_BLOCK },
    { "th", VET_TAG_BLOCK },
    { "thead", VET_TAG_BLOCK },
    { "title", VET_TAG_HIDDEN },
    { "tr", VET_TAG_BLOCK },
    { "ul", VET_TAG_BLOCK },
    { "video", VET_TAG_HIDDEN },
};

static const vet_tag_t  vet_tags_bbcode[] = {
    { "*", VET_TAG_BLOCK },
    { "align", VET_TAG_BLOCK },
    { "b", VET_TAG_INLINE },
    { "bgcolor", VET_TAG_INLINE },
    { "br", VET_TAG_BLOCK },
    { "center", VET_TAG_BLOCK },
    { "code", VET_TAG_BLOCK },
    { "color", VET_TAG_INLINE },
    { "email", VET_TAG_INLINE },
    { "face", VET_TAG_INLINE },
    { "font", VET_TAG_INLINE },
    { "h1", VET_TAG_BLOCK },
    { "h2", VET_TAG_BLOCK },
    { "h3", VET_TAG_BLOCK },
    { "h4", VET_TAG_BLOCK },
    { "h5", VET_TAG_BLOCK },
    { "h6", VET_TAG_BLOCK },
    { "hide", VET_TAG_INLINE },
    { "highlight", VET_TAG_INLINE },
    { "hr", VET_TAG_BLOCK },
    { "i", VET_TAG_INLINE },
    { "img", VET_TAG_INLINE },
    { "indent", VET_TAG_BLOCK },
    { "ins", VET_TAG_INLINE },
    { "justify", VET_TAG_BLOCK },
    { "left", VET_TAG_BLOCK },
    { "li", VET_TAG_BLOCK },
    { "link", VET_TAG_INLINE },
    { "list", VET_TAG_BLOCK },
    { "media", VET_TAG_INLINE },
    { "noparse", VET_TAG_INLINE },
    { "ol", VET_TAG_BLOCK },
    { "p", VET_TAG_BLOCK },
    { "php", VET_TAG_BLOCK },
    { "pre", VET_TAG_BLOCK },
    { "quote", VET_TAG_BLOCK },
    { "right", VET_TAG_BLOCK },
    { "s", VET_TAG_INLINE },
    { "size", VET_TAG_INLINE },
    { "spoiler", VET_TAG_BLOCK },
    { "strike", VET_TAG_INLINE },
    { "strong", VET_TAG_INLINE },
    { "style", VET_TAG_INLINE },
    { "sub", VET_TAG_INLINE },
    { "sup", VET_TAG_INLINE },
    { "table", VET_TAG_BLOCK },
    { "td", VET_TAG_BLOCK },
    { "th", VET_TAG_BLOCK },
    { "tr", VET_TAG_BLOCK },
    { "tt", VET_TAG_INLINE },
    { "u", VET_TAG_INLINE },
    { "ul", VET_TAG_BLOCK },
    { "url", VET_TAG_INLINE },
    { "video", VET_TAG_INLINE },
    { "youtube", VET_TAG_INLINE },
};

#define VET_TAGS_HTML    (sizeof(vet_tags_html) / sizeof(vet_tag_t))
#define VET_TAGS_BBCODE  (sizeof(vet_tags_bbcode) / sizeof(vet_tag_t))


void
vet_decode_tags(vet_decoding_t *d)
{
    if (d->strip == VET_STRIP_PHP) {
        vet_tags_php(d);

    } else {
        vet_tags_strip(d);
    }
}


static void
vet_tags_strip(vet_decoding_t *d)
{
    size_t                i, end;
    vet_markup_t          m;
    const unsigned char  *lt;

    vet_markup_init(&m, d);

    for (i = 0; i < m.len && !d->failed; i = end) {

        lt = memchr(m.p + i, '<', m.len - i);
        end = (lt == NULL) ? m.len : (size_t) (lt - m.p);

        if (end > i) {
            vet_markup_text(&m, i, end);
            continue;
        }

        end = (d->strip == VET_STRIP_BROWSER) ? vet_tags_browser(&m, i)
                                              : vet_tags_simple(&m, i);

        /* a "<" that begins nothing is text */

        if (end == i) {
            end = i + 1;
            vet_markup_text(&m, i, end);
            d->odd = 1;
        }
    }
}


static void
vet_markup_init(vet_markup_t *m, vet_decoding_t *d)
{
    memset(m, 0, sizeof(vet_markup_t));
    m->d = d;
    m->p = d->in.data;
    m->len = d->in.len;
}


/* Where only a break divides a word, somebody may see the word: it is odd. */

static void
vet_markup_text(vet_markup_t *m, size_t from, size_t to)
{
    if (m->broken && vet_markup_word(m->p[from])) {
        m->d->odd = 1;
    }

    m->broken = 0;
    m->word = vet_markup_word(m->p[to - 1]) != 0;

    vet_decoding_copy(m->d, from, to);
}


static void
vet_markup_break(vet_markup_t *m, size_t from, size_t to)
{
    m->broken |= m->word;
    m->word = 0;

    vet_decoding_put(m->d, (const unsigned char *) "\n", 1, from, to);
}


static int
vet_markup_word(unsigned char c)
{
    return vet_markup_letter(c) || (c >= '0' && c <= '9') || c >= 0x80;
}


/* Returns the place of the next ">" from i on, or the length of the text. */

static size_t
vet_markup_close(vet_markup_t *m, size_t i)
{
    const unsigned char  *gt;

    if (!m->looked || m->next < i) {
        gt = memchr(m->p + i, '>', m->len - i);
        m->next = (gt == NULL) ? m->len : (size_t) (gt - m->p);
        m->looked = 1;
    }

    return m->next;
}


static const vet_tag_t *
vet_markup_find(const vet_tag_t *tags, size_t n, const unsigned char *name,
    size_t len)
{
    int     rc;
    char    lower[VET_TAG_LEN + 1];
    size_t  i, low, high, mid;

    if (len > VET_TAG_LEN) {
        return NULL;
    }

    for (i = 0; i < len; i++) {
        lower[i] = (char) name[i];

        if (name[i] >= 'A' && name[i] <= 'Z') {
            lower[i] = (char) (name[i] | 0x20);
        }
    }

    lower[len] = '\0';

    low = 0;
    high = n;

    while (low < high) {
        mid = low + (high - low) / 2;
        rc = (int) tags[mid].name[0] - (int) lower[0];

        if (rc == 0) {
            rc = strcmp(tags[mid].name, lower);
        }

        if (rc == 0) {
            return &tags[mid];
        }

        if (rc < 0) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return NULL;
}


/*
 * Returns what is behind the markup that begins at i, or i if there is none:
 * HTML standard, section 13.2.5.
 */

static size_t
vet_tags_browser(vet_markup_t *m, size_t i)
{
    size_t         end;
    unsigned char  c, next;

    c = (m->len - i > 1) ? m->p[i + 1] : '\0';
    next = (m->len - i > 2) ? m->p[i + 2] : '\0';

    if (vet_markup_letter(c)) {
        return vet_tags_element(m, i, i + 1);
    }

    if (c == '/' && vet_markup_letter(next)) {
        return vet_tags_element(m, i, i + 2);
    }

    if (c != '!' && c != '?' && (c != '/' || m->len - i == 2)) {
        return i;
    }

    m->d->odd = 1;

    end = (m->len - i > 3 && c == '!' && next == '-' && m->p[i + 3] == '-')
          ? vet_tags_comment(m, i) : 0;

    if (end == 0) {
        end = vet_markup_close(m, i);

        if (end == m->len) {
            return i;
        }

        end++;
    }

    vet_decoding_skip(m->d);

    return end;
}


/* Returns what is behind the comment at i, or 0 when it does not end. */

static size_t
vet_tags_comment(vet_markup_t *m, size_t i)
{
    size_t  k, dashes;

    if (m->comment) {
        return 0;
    }

    /* the two of "<!--" count: "<!-->" and "<!--->" are comments */

    dashes = 2;

    for (k = i + 4; k < m->len; k++) {

        if (m->p[k] == '>' && dashes >= 2) {
            return k + 1;
        }

        if (m->p[k] == '!' && dashes >= 2 && k > i + 5
            && k + 1 < m->len && m->p[k + 1] == '>')
        {
            return k + 2;
        }

        dashes = (m->p[k] == '-') ? dashes + 1 : 0;
    }

    m->comment = 1;

    return 0;
}


/* name is where the name of the tag begins */

static size_t
vet_tags_element(vet_markup_t *m, size_t i, size_t name)
{
    size_t            len, end;
    const vet_tag_t  *tag;

    len = vet_tags_name(m, name);
    end = vet_tags_end(m, name);

    if (end == m->len) {
        return i;
    }

    end++;
    tag = vet_tags_known(m, name, len);

    if (tag != NULL && tag->kind == VET_TAG_BLOCK) {
        vet_markup_break(m, i, end);
        return end;
    }

    vet_decoding_skip(m->d);

    if (tag != NULL && tag->kind == VET_TAG_HIDDEN && name == i + 1) {
        end = vet_tags_hidden(m, tag, end);
    }

    return end;
}


/*
 * Returns the place of the ">" that ends a tag, or the length of the text; i
 * is where its name begins, which is a letter.  Quotes that are not closed are
 * none: text behind them is shown when the page goes on.
 */

static size_t
vet_tags_end(vet_markup_t *m, size_t i)
{
    size_t         k;
    unsigned char  c;

    if (m->open) {
        m->d->odd = 1;
        return vet_markup_close(m, i);
    }

    k = vet_tags_value(m, i);

    for ( /* void */ ; k < m->len; k++) {
        c = m->p[k];

        if (c == '>') {
            return k;
        }

        if (c == '=') {
            m->d->odd |= vet_markup_space(m->p[k - 1])
                         || m->p[k - 1] == '/' || m->p[k - 1] == '=';
            k = vet_tags_value(m, k + 1) - 1;

        } else if (c == '"' || c == '\'' || c == '<') {
            m->d->odd = 1;
        }
    }

    m->open = 1;
    m->d->odd = 1;

    return vet_markup_close(m, i);
}


/* Returns what is behind the value of an attribute, or behind a name. */

static size_t
vet_tags_value(vet_markup_t *m, size_t i)
{
    size_t                len;
    unsigned char         c;
    const unsigned char  *end;

    while (i < m->len && vet_markup_space(m->p[i])) {
        i++;
    }

    if (i < m->len && (m->p[i] == '"' || m->p[i] == '\'')) {

        end = memchr(m->p + i + 1, m->p[i], m->len - i - 1);
        if (end == NULL) {
            return m->len;
        }

        len = (size_t) (end - m->p) - i;

        m->d->odd |= memchr(m->p + i, '>', len) != NULL
                     || memchr(m->p + i, '<', len) != NULL;

        return i + len + 1;
    }

    for ( /* void */ ; i < m->len; i++) {
        c = m->p[i];

        if (c == '>' || vet_markup_space(c)) {
            break;
        }

        m->d->odd |= c == '"' || c == '\'' || c == '<' || c == '=';
    }

    return i;
}


/* Returns where the end tag of a hidden element is, or i if it has none. */

static size_t
vet_tags_hidden(vet_markup_t *m, const vet_tag_t *tag, size_t i)
{
    size_t                k, len;
    uint32_t              bit;
    const unsigned char  *lt;

    static const char  bits[] = "acdinstv";

    /* one bit for a letter, as few names begin alike */

    bit = 1u << (strchr(bits, tag->name[0]) - bits);

    m->d->odd = 1;

    if (m->unclosed & bit) {
        return i;
    }

    for (k = i; k < m->len; k++) {

        lt = memchr(m->p + k, '<', m->len - k);
        if (lt == NULL) {
            break;
        }

        k = (size_t) (lt - m->p);

        if (m->len - k > 2 && m->p[k + 1] == '/') {
            len = vet_tags_name(m, k + 2);

            if (vet_tags_known(m, k + 2, len) == tag) {
                return k;
            }
        }
    }

    m->unclosed |= bit;

    return i;
}


/* The same for all that is between "<" and ">", as many a regex has it. */

static size_t
vet_tags_simple(vet_markup_t *m, size_t i)
{
    size_t            end, name;
    const vet_tag_t  *tag;

    end = vet_markup_close(m, i);

    if (end == m->len) {
        return i;
    }

    end++;
    name = i + 1 + (m->p[i + 1] == '/');
    tag = vet_tags_known(m, name, vet_tags_name(m, name));

    if (tag != NULL && tag->kind == VET_TAG_BLOCK) {
        vet_markup_break(m, i, end);

    } else {
        vet_decoding_skip(m->d);
    }

    return end;
}


/* Returns the length of a name, as far as it may be one of the table. */

static size_t
vet_tags_name(const vet_markup_t *m, size_t i)
{
    size_t  k;

    for (k = i; k < m->len && k - i <= VET_TAG_LEN; k++) {
        if (m->p[k] == '>' || m->p[k] == '/' || vet_markup_space(m->p[k])) {
            break;
        }
    }

    return k - i;
}


static const vet_tag_t *
vet_tags_known(const vet_markup_t *m, size_t i, size_t len)
{
    return vet_markup_find(vet_tags_html, VET_TAGS_HTML, m->p + i, len);
}


/*
 * strip_tags() of PHP 8: quotes count anywhere in a tag, "<" in a tag has to
 * be closed too, NUL is dropped, and nothing takes the place of what is taken
 * out, not even of a line break.
 */

static void
vet_tags_php(vet_decoding_t *d)
{
    size_t         i, from;
    vet_php_t      php;
    unsigned char  c, next;

    memset(&php, 0, sizeof(vet_php_t));
    from = 0;

    for (i = 0; i < d->in.len && !d->failed; i++) {
        c = d->in.data[i];
        next = (i + 1 < d->in.len) ? d->in.data[i + 1] : '\0';

        if (php.state != VET_PHP_TEXT) {
            vet_php_markup(&php, d->in.data, i, next);
            from = i + 1;

        } else if ((c == '<' && !vet_markup_space(next)) || c == '\0') {
            vet_decoding_copy(d, from, i);
            vet_decoding_skip(d);
            php.state = (c == '<') ? VET_PHP_TAG : VET_PHP_TEXT;
            from = i + 1;
        }
    }

    if (php.state == VET_PHP_TEXT) {
        vet_decoding_copy(d, from, d->in.len);
    }
}


/* Takes the byte at i, which is in some markup: i is more than 0. */

static void
vet_php_markup(vet_php_t *php, const unsigned char *p, size_t i,
    unsigned char next)
{
    unsigned char  c;

    c = p[i];

    if (c == '>') {
        vet_php_close(php, p, i);
        return;
    }

    if (php->state == VET_PHP_COMMENT) {
        return;
    }

    if (c == '"' || c == '\'') {

        if ((php->state == VET_PHP_TAG || p[i - 1] != '\\')
            && (php->quote == 0 || php->quote == c))
        {
            php->quote = (php->quote == 0) ? c : 0;
        }

    } else if (php->state == VET_PHP_DECLARATION) {

        if (c == '-' && p[i - 1] == '-' && p[i - 2] == '!') {
            php->state = VET_PHP_COMMENT;
            php->quote = 0;
        }

    } else if (php->state == VET_PHP_TAG) {

        if (c == '<' && php->quote == 0) {
            php->depth += !vet_markup_space(next);

        } else if (p[i - 1] == '<' && (c == '!' || c == '?')) {
            php->state = (c == '!') ? VET_PHP_DECLARATION : VET_PHP_CODE;
        }
    }
}


static void
vet_php_close(vet_php_t *php, const unsigned char *p, size_t i)
{
    if (php->state == VET_PHP_COMMENT) {

        if (i < 2 || p[i - 1] != '-' || p[i - 2] != '-') {
            return;
        }

    } else if (php->depth != 0) {
        php->depth--;
        return;

    } else if (php->quote != 0
               || (php->state == VET_PHP_CODE && p[i - 1] != '?'))
    {
        return;
    }

    php->state = VET_PHP_TEXT;
    php->quote = 0;
}


void
vet_decode_bbcode(vet_decoding_t *d)
{
    size_t                i, end;
    vet_markup_t          m;
    const vet_tag_t      *tag;
    const unsigned char  *bracket;

    vet_markup_init(&m, d);

    for (i = 0; i < m.len && !d->failed; i = end) {

        bracket = memchr(m.p + i, '[', m.len - i);
        end = (bracket == NULL) ? m.len : (size_t) (bracket - m.p);

        if (end > i) {
            vet_markup_text(&m, i, end);
            continue;
        }

        end = vet_bbcode_tag(&m, i, &tag);

        if (tag == NULL) {
            vet_markup_text(&m, i, end);

        } else if (tag->kind == VET_TAG_BLOCK && d->strip != VET_STRIP_PHP) {
            vet_markup_break(&m, i, end);

        } else {
            vet_decoding_skip(d);
        }
    }
}


/*
 * Returns what is behind the tag at i; behind the bracket, with *tag NULL, if
 * no portal would take it for a tag: then it is shown.
 */

static size_t
vet_bbcode_tag(vet_markup_t *m, size_t i, const vet_tag_t **tag)
{
    size_t         k, name;
    unsigned char  c;

    *tag = NULL;
    name = i + 1 + (m->len - i > 1 && m->p[i + 1] == '/');

    for (k = name; k < m->len && k - name <= VET_TAG_LEN; k++) {
        c = m->p[k];

        if (c == ']' || c == '=' || vet_markup_space(c) || c == '[') {
            break;
        }
    }

    if (k == m->len || m->p[k] == '[') {
        return i + 1;
    }

    *tag = vet_markup_find(vet_tags_bbcode, VET_TAGS_BBCODE, m->p + name,
                           k - name);

    /* the next bracket of either kind, found once for all tags before it */

    if (m->next < k) {
        for (m->next = k; m->next < m->len; m->next++) {
            if (m->p[m->next] == ']' || m->p[m->next] == '[') {
                break;
            }
        }
    }

    if (*tag == NULL || m->next == m->len || m->p[m->next] == '[') {
        *tag = NULL;
        return i + 1;
    }

    return m->next + 1;
}


static int
vet_markup_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}


static int
vet_markup_letter(unsigned char c)
{
    c |= 0x20;

    return c >= 'a' && c <= 'z';
}
