
/*
 * Copyright (C) the moderate authors
 *
 * Personal data: numbers by their check digit or their structure, and mail
 * addresses.
 *
 * Sources: Circular 59/2021/TT-BCA, annex I (personal identification numbers:
 * codes of provinces; circular 07/2016 has the same, and the meaning of the
 * fourth digit); Circular 22/2014/TT-BTTTT with decision 2036/QD-BTTTT of 2016
 * (area codes); ISO/IEC 7812-1 annex B (Luhn) and the ranges of its issuers.
 */


#include <string.h>

#include "vet_personal.h"


#define VET_DIGITS          20       /* of groups looked at together */
#define VET_GAP             3        /* bytes between groups, at most */

#define VET_BORN_FIRST      15       /* 1915: an older person is no reader */
#define VET_BORN_LAST       35       /* 2035: the set is updated before that */

#define VET_LOCAL_LEN       64       /* RFC 5321, 4.5.3.1 */
#define VET_DOMAIN_LEN      253


/* Groups of digits that may be one number, or several. */

typedef struct {
    unsigned char           digits[VET_DIGITS];
    size_t                  ends[VET_DIGITS];   /* of each group: in the text */
    size_t                  counts[VET_DIGITS]; /* digits up to its end */
    size_t                  n;                  /* groups */
    size_t                  start;
    size_t                  mixed;      /* the first group that has another */
                                        /* separator before it than others */
    unsigned                plus:1;     /* "+" is before the first */
    unsigned                letter:1;   /* a letter is before it */
} vet_groups_t;


static void vet_groups_read(vet_str_t text, size_t i, vet_groups_t *g);
static size_t vet_groups_gap(vet_str_t text, size_t i, unsigned char *sep);
static int vet_personal_number(vet_str_t text, const vet_groups_t *g,
    unsigned kinds, vet_list_t *found, size_t *end);
static int vet_personal_kind(vet_str_t text, const vet_groups_t *g,
    size_t group, unsigned kinds, vet_personal_kind_t *kind);
static int vet_personal_add(vet_list_t *found, vet_personal_kind_t kind,
    const unsigned char *value, size_t len, size_t start, size_t end);
static int vet_personal_citizen(const unsigned char *d, size_t n);
static size_t vet_personal_phone(const unsigned char *d, size_t n, int plus);
static int vet_personal_subscriber(const unsigned char *d, size_t n);
static int vet_personal_card(const unsigned char *d, size_t n);
static int vet_personal_luhn(const unsigned char *d, size_t n);
static unsigned vet_personal_value(const unsigned char *d, size_t n);
static int vet_personal_email(vet_str_t text, size_t at, vet_list_t *found);
static size_t vet_email_start(vet_str_t text, size_t at);
static size_t vet_email_end(vet_str_t text, size_t at);
static int vet_is_digit(unsigned char c);
static int vet_is_letter(unsigned char c);


/* Provinces, as of their codes in personal identification numbers. */

static const unsigned char  vet_provinces[] = {
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31,
    33, 34, 35, 36, 37, 38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60,
    62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91,
    92, 93, 94, 95, 96
};

/* Area codes of land lines, but for 24 and 28, from first to last. */

static const struct {
    unsigned short          first;
    unsigned short          last;
} vet_areas[] = {
    { 203, 216 }, { 218, 222 }, { 225, 229 }, { 232, 239 }, { 251, 252 },
    { 254, 263 }, { 269, 277 }, { 290, 294 }, { 296, 297 }, { 299, 299 }
};

/* What payment cards begin with, and how long they are. */

static const struct {
    unsigned                first;
    unsigned                last;
    unsigned char           digits;     /* of first and last */
    unsigned char           min;
    unsigned char           max;
} vet_cards[] = {
    { 4, 4, 1, 13, 19 },
    { 51, 55, 2, 16, 16 },
    { 2221, 2720, 4, 16, 16 },
    { 34, 34, 2, 15, 15 },
    { 37, 37, 2, 15, 15 },
    { 3528, 3589, 4, 16, 19 },
    { 36, 36, 2, 14, 19 },
    { 300, 305, 3, 14, 16 },
    { 38, 39, 2, 14, 16 },
    { 6011, 6011, 4, 16, 19 },
    { 644, 659, 3, 16, 19 },
    { 62, 62, 2, 16, 19 },
    { 9704, 9704, 4, 16, 19 }
};


int
vet_personal_find(vet_str_t text, unsigned kinds, vet_list_t *found)
{
    int           rc;
    size_t        i, end;
    vet_groups_t  g;

    i = 0;

    while (i < text.len) {
        if (text.data[i] == '@' && kinds & 1u << VET_PERSONAL_EMAIL) {
            rc = vet_personal_email(text, i, found);
            if (rc != VET_OK) {
                return rc;
            }
        }

        if (!vet_is_digit(text.data[i])) {
            i++;
            continue;
        }

        vet_groups_read(text, i, &g);

        rc = vet_personal_number(text, &g, kinds, found, &end);
        if (rc != VET_OK) {
            return rc;
        }

        i = end;
    }

    return VET_OK;
}


static void
vet_groups_read(vet_str_t text, size_t i, vet_groups_t *g)
{
    size_t         n, gap;
    uint32_t       cp;
    unsigned char  sep, first;

    memset(g, 0, sizeof(vet_groups_t));
    g->start = i;
    g->plus = (i > 0 && text.data[i - 1] == '+');
    g->mixed = VET_DIGITS;
    n = 0;
    first = 0;

    if (i > 0) {
        for (gap = i - 1; gap > 0 && (text.data[gap] & 0xc0) == 0x80; gap--) {
            /* void */
        }

        (void) vet_uni_read(text.data + gap, i - gap, &cp);
        g->letter = (vet_uni(cp)->flags & VET_UNI_WORD) != 0;
    }

    for ( ;; ) {
        while (i < text.len && vet_is_digit(text.data[i])) {

            /* one that is longer than all numbers is no part of one */

            if (n == VET_DIGITS) {
                while (i < text.len && vet_is_digit(text.data[i])) {
                    i++;
                }

                g->ends[VET_DIGITS - 1] = i;
                return;
            }

            g->digits[n++] = text.data[i++];
        }

        g->ends[g->n] = i;
        g->counts[g->n] = n;
        g->n++;

        gap = vet_groups_gap(text, i, &sep);

        if (gap == 0 || n == VET_DIGITS) {
            return;
        }

        first = (g->n == 1) ? sep : first;

        if (sep != first && g->mixed == VET_DIGITS) {
            g->mixed = g->n;
        }

        i += gap;
    }
}


/* Returns how many bytes are between a group and the next one; 0: it ends. */

static size_t
vet_groups_gap(vet_str_t text, size_t i, unsigned char *sep)
{
    size_t  n;

    *sep = ' ';

    for (n = 0; i + n < text.len && n <= VET_GAP; n++) {
        switch (text.data[i + n]) {

        case ' ':
            break;

        case '.': case '-': case '(': case ')':
            *sep = text.data[i + n];
            break;

        default:
            return (n <= VET_GAP && vet_is_digit(text.data[i + n])) ? n : 0;
        }
    }

    return 0;
}


/*
 * Takes as many groups as make a number, and sets end behind them; behind the
 * first group when there is none.
 */

static int
vet_personal_number(vet_str_t text, const vet_groups_t *g, unsigned kinds,
    vet_list_t *found, size_t *end)
{
    size_t               i, len, from;
    unsigned char        value[VET_PERSONAL_LEN + 1];
    vet_personal_kind_t  kind;

    *end = (g->n == 0) ? g->ends[VET_DIGITS - 1] : g->ends[0];

    for (i = g->n; i > 0; i--) {
        if (!vet_personal_kind(text, g, i - 1, kinds, &kind)) {
            continue;
        }

        len = g->counts[i - 1];
        *end = g->ends[i - 1];

        if (kind != VET_PERSONAL_PHONE) {
            return vet_personal_add(found, kind, g->digits, len, g->start,
                                    *end);
        }

        /* with or without the country: the same line */

        from = vet_personal_phone(g->digits, len, g->plus);
        value[0] = '0';
        memcpy(value + 1, g->digits + from, len - from);

        return vet_personal_add(found, kind, value, len - from + 1,
                                g->start - g->plus, *end);
    }

    return VET_OK;
}


/* Tells what the groups up to this one are together. */

static int
vet_personal_kind(vet_str_t text, const vet_groups_t *g, size_t group,
    unsigned kinds, vet_personal_kind_t *kind)
{
    int     word;
    size_t  n, end;

    n = g->counts[group];
    end = g->ends[group];

    if (n > VET_PERSONAL_LEN) {
        return 0;
    }

    /* people write a word and their number in one, but no other number */

    word = g->letter || g->plus
           || (end < text.len && vet_is_letter(text.data[end]))
           || group >= g->mixed;

    if (kinds & 1u << VET_PERSONAL_CARD && !word
        && vet_personal_card(g->digits, n))
    {
        *kind = VET_PERSONAL_CARD;
        return 1;
    }

    if (kinds & 1u << VET_PERSONAL_CITIZEN && !word
        && vet_personal_citizen(g->digits, n))
    {
        *kind = VET_PERSONAL_CITIZEN;
        return 1;
    }

    *kind = VET_PERSONAL_PHONE;

    return kinds & 1u << VET_PERSONAL_PHONE
           && vet_personal_phone(g->digits, n, g->plus) != 0;
}


static int
vet_personal_add(vet_list_t *found, vet_personal_kind_t kind,
    const unsigned char *value, size_t len, size_t start, size_t end)
{
    unsigned char   *p;
    vet_personal_t  *data;

    p = vet_palloc(found->pool, len);
    if (p == NULL) {
        return vet_pool_failed(found->pool);
    }

    data = vet_list_push(found);
    if (data == NULL) {
        return vet_pool_failed(found->pool);
    }

    memcpy(p, value, len);
    data->kind = kind;
    data->value.data = p;
    data->value.len = len;
    data->start = start;
    data->end = end;

    return VET_OK;
}


/* Province, sex and century, year of birth, six digits that mean nothing. */

static int
vet_personal_citizen(const unsigned char *d, size_t n)
{
    size_t    i;
    unsigned  year, province;

    if (n != 12 || d[3] > '3') {
        return 0;
    }

    province = vet_personal_value(d, 3);
    year = vet_personal_value(d + 4, 2);

    if ((d[3] < '2' && year < VET_BORN_FIRST)
        || (d[3] >= '2' && year > VET_BORN_LAST))
    {
        return 0;
    }

    for (i = 0; i < sizeof(vet_provinces); i++) {
        if (vet_provinces[i] == province) {
            return 1;
        }
    }

    return 0;
}


/* Returns where the number begins behind its prefix; 0: it is none. */

static size_t
vet_personal_phone(const unsigned char *d, size_t n, int plus)
{
    size_t  from;

    from = 0;

    if (plus) {
        from = (n > 2 && d[0] == '8' && d[1] == '4') ? 2 : 0;

    } else if (n > 4 && memcmp(d, "0084", 4) == 0) {
        from = 4;

    } else if (n > 2 && d[0] == '8' && d[1] == '4') {
        from = 2;

    } else if (n > 1 && d[0] == '0') {
        from = 1;
    }

    /* "+84 (0) 912 ..." */

    if (from > 1 && from < n && d[from] == '0') {
        from++;
    }

    return (from != 0 && vet_personal_subscriber(d + from, n - from)) ? from
                                                                      : 0;
}


/* Mobiles have 9 digits behind the prefix, land lines 10. */

static int
vet_personal_subscriber(const unsigned char *d, size_t n)
{
    size_t    i;
    unsigned  area;

    if (n == 9) {
        return d[0] == '3' || d[0] == '5' || d[0] == '7' || d[0] == '8'
               || d[0] == '9';
    }

    if (n != 10 || d[0] != '2') {
        return 0;
    }

    if (d[1] == '4' || d[1] == '8') {
        return 1;
    }

    area = vet_personal_value(d, 3);

    for (i = 0; i < sizeof(vet_areas) / sizeof(vet_areas[0]); i++) {
        if (area >= vet_areas[i].first && area <= vet_areas[i].last) {
            return 1;
        }
    }

    return 0;
}


static int
vet_personal_card(const unsigned char *d, size_t n)
{
    size_t    i;
    unsigned  begin;

    for (i = 1; i < n && d[i] == d[0]; i++) { /* void */ }

    if (n < 13 || i == n) {
        return 0;
    }

    for (i = 0; i < sizeof(vet_cards) / sizeof(vet_cards[0]); i++) {
        begin = vet_personal_value(d, vet_cards[i].digits);

        if (begin >= vet_cards[i].first && begin <= vet_cards[i].last
            && n >= vet_cards[i].min && n <= vet_cards[i].max)
        {
            return vet_personal_luhn(d, n);
        }
    }

    return 0;
}


static int
vet_personal_luhn(const unsigned char *d, size_t n)
{
    size_t    i;
    unsigned  sum, digit;

    sum = 0;

    for (i = 0; i < n; i++) {
        digit = d[n - 1 - i] - '0';

        if (i % 2 == 1) {
            digit = (digit > 4) ? 2 * digit - 9 : 2 * digit;
        }

        sum += digit;
    }

    return sum % 10 == 0;
}


static unsigned
vet_personal_value(const unsigned char *d, size_t n)
{
    unsigned  value;

    for (value = 0; n > 0; n--, d++) {
        value = value * 10 + (*d - '0');
    }

    return value;
}


/* What is before and behind "@". */

static int
vet_personal_email(vet_str_t text, size_t at, vet_list_t *found)
{
    size_t  start, end;

    start = vet_email_start(text, at);
    end = vet_email_end(text, at);

    if (start == at || end == at) {
        return VET_OK;
    }

    return vet_personal_add(found, VET_PERSONAL_EMAIL, text.data + start,
                            end - start, start, end);
}


static size_t
vet_email_start(vet_str_t text, size_t at)
{
    size_t         i;
    unsigned char  c;

    for (i = at; i > 0 && at - i < VET_LOCAL_LEN; i--) {
        c = text.data[i - 1];

        if (!vet_is_letter(c) && !vet_is_digit(c) && c != '.' && c != '_'
            && c != '%' && c != '+' && c != '-')
        {
            break;
        }
    }

    while (i < at && (text.data[i] == '.' || text.data[i] == '-')) {
        i++;
    }

    return (i < at && text.data[at - 1] != '.') ? i : at;
}


/* The last label has letters, as all top level domains have. */

static size_t
vet_email_end(vet_str_t text, size_t at)
{
    size_t         i, label, end, letters;
    unsigned char  c;

    end = at;
    label = at + 1;
    letters = 0;

    for (i = at + 1; i <= text.len && i - at <= VET_DOMAIN_LEN + 1; i++) {
        c = (i < text.len) ? text.data[i] : ' ';

        if (vet_is_letter(c) || vet_is_digit(c) || c == '-') {
            letters += vet_is_letter(c);
            continue;
        }

        /* "xn--" is a top level domain as well, with digits in it */

        if (label != at + 1 && i - label >= 2 && letters > 0) {
            end = i;
        }

        if (c != '.' || i == label) {
            break;
        }

        label = i + 1;
        letters = 0;
    }

    return end;
}


static int
vet_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}


/* The text view has lower case. */

static int
vet_is_letter(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}
