
/*
 * Copyright (C) the moderate authors
 *
 * Measures: what is counted in a text rather than found in it.
 */


#include <string.h>

#include "vet_rules.h"


typedef struct {
    vet_str_t               text;
    vet_link_t             *places;
    size_t                  max;
    size_t                  n;
} vet_links_t;


static size_t vet_links_host(vet_str_t text, size_t i);
static int vet_links_is_host(vet_str_t text, size_t i, size_t *n);
static size_t vet_links_token(vet_links_t *links, size_t start, size_t end);
static int vet_links_scheme(const vet_links_t *links, size_t start,
    size_t end);
static int vet_links_domain(vet_str_t host);
static int vet_links_top(vet_str_t label);
static size_t vet_links_end(vet_str_t text, size_t i);
static int vet_links_at(vet_str_t text, size_t i, const char *s);
static size_t vet_links_add(vet_links_t *links, size_t start, size_t end);


/*
 * Top level domains that are taken for a link without "http" or "www", when
 * they end a name.  A list, as "end.Next" without a space is common.
 */

static const char *const  vet_links_tops[] = {
    "asia", "bet", "biz", "cc", "club", "cn", "com", "edu", "gov", "icu",
    "info", "link", "net", "online", "org", "ru", "shop", "site", "store",
    "tk", "top", "vip", "vn", "website", "xyz", NULL
};


size_t
vet_measure_links(vet_str_t text, vet_link_t *places, size_t max)
{
    size_t       i, end, n;
    vet_links_t  links;

    links.text = text;
    links.places = places;
    links.max = max;
    links.n = 0;

    i = 0;

    while (i < text.len) {
        end = vet_links_host(text, i);

        if (end == i) {
            (void) vet_links_is_host(text, i, &n);
            i += n;
            continue;
        }

        i = vet_links_token(&links, i, end);
    }

    return links.n;
}


/* Returns the end of the name of a host, as far as it may be one. */

static size_t
vet_links_host(vet_str_t text, size_t i)
{
    size_t  n;

    while (i < text.len && vet_links_is_host(text, i, &n)) {
        i += n;
    }

    return i;
}


/* Vietnamese letters are in names under .vn, so all letters count. */

static int
vet_links_is_host(vet_str_t text, size_t i, size_t *n)
{
    uint32_t  cp;

    *n = vet_uni_read(text.data + i, text.len - i, &cp);

    return cp == '.' || cp == '-' || (vet_uni(cp)->flags & VET_UNI_WORD);
}


/* Counts what may be a host; returns where to go on, which is at least end. */

static size_t
vet_links_token(vet_links_t *links, size_t start, size_t end)
{
    vet_str_t             host;
    const unsigned char  *p;

    p = links->text.data;
    host.data = p + start;
    host.len = end - start;

    if (vet_links_scheme(links, start, end)) {
        return vet_links_add(links, start, end + 3);
    }

    /* either side of a mail address */

    if ((start > 0 && p[start - 1] == '@')
        || (end < links->text.len && p[end] == '@'))
    {
        return end;
    }

    if ((host.len > 4 && memcmp(p + start, "www.", 4) == 0)
        || vet_links_domain(host))
    {
        return vet_links_add(links, start, end);
    }

    return end;
}


static int
vet_links_scheme(const vet_links_t *links, size_t start, size_t end)
{
    size_t  len;

    if (!vet_links_at(links->text, end, "://") || end + 3 == links->text.len) {
        return 0;
    }

    len = end - start;

    return (len >= 4 && vet_links_at(links->text, end - 4, "http"))
           || (len >= 5 && vet_links_at(links->text, end - 5, "https"));
}


/*
 * A label behind the first one is enough, so that "example.com.The" without a
 * space is one.
 */

static int
vet_links_domain(vet_str_t host)
{
    size_t     i, start;
    vet_str_t  label;

    start = 0;

    for (i = 0; i <= host.len; i++) {
        if (i < host.len && host.data[i] != '.') {
            continue;
        }

        label.data = host.data + start;
        label.len = i - start;

        if (start > 1 && host.data[start - 2] != '.'
            && vet_links_top(label))
        {
            return 1;
        }

        start = i + 1;
    }

    return 0;
}


static int
vet_links_top(vet_str_t label)
{
    const char *const  *top;

    for (top = vet_links_tops; *top != NULL; top++) {
        if (strlen(*top) == label.len
            && memcmp(*top, label.data, label.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Returns the end of an address.  One that begins inside of another counts
 * again: else a comma would make many links one.
 */

static size_t
vet_links_end(vet_str_t text, size_t i)
{
    while (i < text.len) {
        switch (text.data[i]) {

        case ' ': case '<': case '>': case '"': case '\'': case ',':
        case ';': case '|': case '(': case ')': case '[': case ']':
            return i;

        case 'h':
            if (vet_links_at(text, i, "http://")
                || vet_links_at(text, i, "https://"))
            {
                return i;
            }
        }

        i++;
    }

    return i;
}


static int
vet_links_at(vet_str_t text, size_t i, const char *s)
{
    size_t  len;

    len = strlen(s);

    return text.len - i >= len && memcmp(text.data + i, s, len) == 0;
}


/* Notes a link of which [start, i) is known; returns its end. */

static size_t
vet_links_add(vet_links_t *links, size_t start, size_t i)
{
    size_t  end;

    end = vet_links_end(links->text, i);

    if (links->n < links->max) {
        links->places[links->n].start = start;
        links->places[links->n].end = end;
    }

    links->n++;

    return end;
}


size_t
vet_measure_length(vet_str_t value)
{
    size_t    i, n;
    uint32_t  cp;

    n = 0;

    for (i = 0; i < value.len; n++) {
        i += vet_uni_read(value.data + i, value.len - i, &cp);
    }

    return n;
}
