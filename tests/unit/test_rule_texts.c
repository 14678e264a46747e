
/*
 * Copyright (C) the moderate authors
 *
 * Rules that measure or look for hosts and personal data: a text, and whether
 * it hits.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <vet.h>

#include "rule_case.h"


/* The keys of a rule, a text, and whether it hits. */

typedef struct {
    int          hit;
    const char  *keys;
    const char  *text;
} text_case_t;


static void test_texts(void **state);


#define DIGITS   "    measure: digits-ratio\n    over: 40\n"                   \
                 "    examples: { hit: [\"12\"] }\n"
#define UPPER    "    measure: upper-ratio\n    over: 70\n"                    \
                 "    min_length: 5\n    examples: { hit: [AAAAA] }\n"
#define ACCENTS  "    measure: accents-ratio\n    over: 24\n"                 \
                 "    examples: { hit: [\"đ\"] }\n"
#define REPEATS  "    measure: repeats\n    over: 4\n"                         \
                 "    examples: { hit: [aaaaa], miss: [aaaa] }\n"
#define SAME     "    measure: repeats-ratio\n    over: 49\n"                  \
                 "    examples: { hit: [a a b], miss: [a b c] }\n"
#define EMOJI    "    measure: emoji-ratio\n    over: 50\n"                    \
                 "    examples: { hit: [\"\U0001f600\U0001f600a\"] }\n"
#define UNSEEN   "    measure: invisible-count\n    over: 1\n"                 \
                 "    examples: { hit: [\"a\u200bb\u200b\"] }\n"
#define MIXED    "    measure: mixed-script\n    over: 0\n"                    \
                 "    examples: { hit: [\"v\u0430y\"] }\n"
#define SHORT    "    measure: length\n    under: 3\n"                         \
                 "    examples: { hit: [ab], miss: [abc] }\n"
#define BETWEEN  "    measure: length\n    over: 2\n    under: 5\n"            \
                 "    examples: { hit: [abc], miss: [ab, abcde] }\n"
#define HOSTS    "    hosts: [example.com, \"Vi\u1ec7tNam.vn.\", 10.0.0.1,\n"  \
                 "            xn--mnchen-3ya.de, \"2001:db8::1\", a.b.c.vn,\n" \
                 "            localhost, \"3232235777\"]\n"                    \
                 "    examples: { hit: [example.com], miss: [a] }\n"
#define CITIZEN  "    personal: [vn-citizen-id]\n"                             \
                 "    examples: { hit: [\"001099012345\"], miss: [a] }\n"
#define PHONE    "    personal: [vn-phone]\n"                                  \
                 "    examples: { hit: [\"0912345678\"], miss: [a] }\n"
#define CARD     "    personal: [bank-card]\n"                                 \
                 "    examples: { hit: [\"4111111111111111\"],\n"              \
                 "                miss: [\"4111111111111112\"] }\n"
#define EMAIL    "    personal: [email]\n"                                     \
                 "    examples: { hit: [a@b.vn], miss: [a] }\n"
#define TWO      "    personal: [email, vn-phone]\n    over: 1\n"              \
                 "    examples: { hit: [\"a@b.vn c@b.vn\"], miss: [a@b.vn] }\n"


static const text_case_t  texts[] = {

    /* ratios are rounded down, and are of what can be seen */

    { 1, DIGITS, "ab123" },
    { 0, DIGITS, "abc12" },
    { 1, DIGITS, "a\u200bb 1 2 3" },
    { 1, DIGITS, "ab\uff11\uff12\uff13" },
    { 0, DIGITS, "không có số" },
    { 1, UPPER, "KHÔNG THỂ CHẤP NHẬN" },
    { 1, UPPER, "KHO\u0302NG THE\u0302\u0309" },
    { 0, UPPER, "Không thể chấp nhận" },
    { 0, UPPER, "UBND" },
    { 1, UPPER, "UBNDx" },
    { 0, UPPER, "12345678" },
    { 0, UPPER, "ßßßßßß" },
    { 1, UPPER, "\u0410\u0411\u0412\u0413\u0414" },
    { 1, ACCENTS, "Đđ abcdef" },
    { 1, ACCENTS, "\u1ec7 a 1 b 2 c 3" },
    { 1, ACCENTS, "e\u0323\u0302bcd" },
    { 0, ACCENTS, "e\u0323\u0302bcde" },
    { 1, ACCENTS, "e\u200b\u0323bcd" },
    { 0, ACCENTS, "\u0323 \u0302 abc" },
    { 0, ACCENTS, "1\u0323 abc" },
    { 0, ACCENTS, "k\u0430\u0435\u043e" },
    { 0, ACCENTS, "khong dau" },
    { 0, ACCENTS, "" },
    { 1, REPEATS, "hay quaaaaa" },
    { 0, REPEATS, "hay quaaaa" },
    { 1, REPEATS, "hay quaAaAa" },
    { 1, REPEATS, "!!!!!" },
    { 0, REPEATS, "a          b" },
    { 0, REPEATS, "aa aa aa" },
    { 1, REPEATS, "aa\u200baaa" },
    { 1, SAME, "mua mua mua bán" },
    { 1, SAME, "mua, MUA" },
    { 0, SAME, "mua bán nhà đất" },
    { 0, SAME, "mua" },
    { 0, SAME, "..." },
    { 1, EMOJI, "\U0001f600\U0001f600\U0001f600 hi" },
    { 0, EMOJI, "xin chào \U0001f600" },
    { 0, EMOJI, "123 #*" },
    { 1, UNSEEN, "v\u200ba\u200cy" },
    { 0, UNSEEN, "v\u200bay" },
    { 0, UNSEEN, "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f" },
    { 0, UNSEEN, "một\r\nhai\tba" },
    { 0, UNSEEN, "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 "
      "\u0646\u0645\u06cc\u200c\u0631\u0648\u0645" },
    { 0, UNSEEN, "\u0915\u094d\u200d\u0937 \u0915\u094d\u200c\u0937" },
    { 1, UNSEEN, "\u0645\u200c\u200c\u200c\u0646" },
    { 1, UNSEEN, "\u0645v\u200ca\u200dy" },
    { 1, UNSEEN, "\u0645\u200b\u0646\u200b" },
    { 1, MIXED, "p\u0430ypal" },
    { 1, MIXED, "\u03bfk và (\u0430b)" },
    { 1, MIXED, "p\u200b\u0430ypal" },
    { 0, MIXED, "paypal \u0430\u0431\u0432" },
    { 0, MIXED, "tiếng Việt" },
    { 1, SHORT, "ab" },
    { 0, SHORT, "abc" },
    { 1, BETWEEN, "abcd" },
    { 0, BETWEEN, "ab" },
    { 0, BETWEEN, "abcde" },

    /* hosts */

    { 1, HOSTS, "xem example.com nhé" },
    { 1, HOSTS, "https://EXAMPLE.com/x" },
    { 1, HOSTS, "https://a.b.example.com:8080/" },
    { 1, HOSTS, "example.com." },
    { 1, HOSTS, "(example.com)" },
    { 1, HOSTS, "http://user:pass@example.com/" },
    { 1, HOSTS, "http://good.vn@example.com/" },
    { 0, HOSTS, "http://example.com@good.vn/" },
    { 0, HOSTS, "http://example.com:80@good.vn/" },
    { 0, HOSTS, "a@example.com" },
    { 1, HOSTS, "http://a@b@example.com/" },
    { 0, HOSTS, "http://a/b@c@example.com" },
    { 0, HOSTS, "a@b@example.com" },
    { 1, HOSTS, "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.example.com" },
    { 0, HOSTS, "example.com@good.vn" },
    { 0, HOSTS, "notexample.com" },
    { 0, HOSTS, "not_example.com" },
    { 0, HOSTS, "việtexample.com" },
    { 0, HOSTS, "example.com.vn" },
    { 0, HOSTS, "example.comx" },
    { 0, HOSTS, "example" },
    { 1, HOSTS, "http://ex%61mple%2ecom/" },
    { 1, HOSTS, "50%example.com" },
    { 1, HOSTS, "hxxp://example[.]com" },
    { 1, HOSTS, "example(dot)com" },
    { 1, HOSTS, "example [ dot ] com" },
    { 1, HOSTS, "example dot com" },
    { 1, HOSTS, "example chấm com" },
    { 1, HOSTS, "example.com dot" },
    { 1, HOSTS, "example.com dot net" },
    { 0, HOSTS, "example com" },
    { 0, HOSTS, "exampledotcom" },
    { 1, HOSTS, "example\u3002com" },
    { 1, HOSTS, "ｅｘａｍｐｌｅ．ｃｏｍ" },
    { 1, HOSTS, "exam\u200bple.com" },
    { 1, HOSTS, "example.comđể" },
    { 1, HOSTS, "việtnam.vn" },
    { 1, HOSTS, "xn--vitnam-jk8b.vn" },
    { 1, HOSTS, "vie\u0323\u0302tnam.vn" },
    { 0, HOSTS, "vietnam.vn" },
    { 1, HOSTS, "www.münchen.de" },
    { 1, HOSTS, "http://10.0.0.1/" },
    { 0, HOSTS, "210.0.0.1" },
    { 0, HOSTS, "1.10.0.0.1" },
    { 1, HOSTS, "http://[2001:db8::1]:80/" },
    { 0, HOSTS, "mục [2001:db8::1]" },
    { 1, HOSTS, "http://localhost/" },
    { 0, HOSTS, "localhost" },
    { 0, HOSTS, "http://a.localhost/" },
    { 1, HOSTS, "http://3232235777/" },
    { 0, HOSTS, "số 3232235777" },
    { 0, HOSTS, "b.c.vn" },
    { 1, HOSTS, "x.a.b.c.vn" },

    /* personal data */

    { 1, CITIZEN, "CCCD: 001099012345." },
    { 1, CITIZEN, "079 203 012 345" },
    { 0, CITIZEN, "003099012345" },
    { 0, CITIZEN, "001499012345" },
    { 0, CITIZEN, "001299012345" },
    { 0, CITIZEN, "001010012345" },
    { 0, CITIZEN, "0010990123456" },
    { 0, CITIZEN, "1001099012345" },
    { 0, CITIZEN, "A001099012345" },
    { 0, CITIZEN, "001-099.012 345" },
    { 1, PHONE, "gọi 0912 345 678" },
    { 1, PHONE, "zalo0912.345.678nhé" },
    { 1, PHONE, "+84 912 345 678" },
    { 1, PHONE, "+84 (0)912-345-678" },
    { 1, PHONE, "0084912345678" },
    { 1, PHONE, "(024) 3825 1234" },
    { 1, PHONE, "0 9 1 2 3 4 5 6 7 8" },
    { 1, PHONE, "năm 2024, 0323456789" },
    { 1, PHONE, "1. 0323456789" },
    { 1, PHONE, "０９１２３４５６７８" },
    { 0, PHONE, "0112345678" },
    { 0, PHONE, "09123456789" },
    { 0, PHONE, "0200 3825 123" },
    { 1, PHONE, "0203 3825 123" },
    { 0, PHONE, "+85 912 345 678" },
    { 0, PHONE, "1.000.000.000" },
    { 0, PHONE, "15/2020/NĐ-CP" },
    { 1, CARD, "4111 1111 1111 1111" },
    { 1, CARD, "5500-0000-0000-0004" },
    { 1, CARD, "378282246310005" },
    { 0, CARD, "4111 1111-1111 1111" },
    { 0, CARD, "4444 4444 4444 4444" },
    { 0, CARD, "1111 1111 1111 1117" },
    { 0, CARD, "41111111111111111" },
    { 1, EMAIL, "thư: A.b+c@Mail.example.com." },
    { 0, EMAIL, "a@b" },
    { 0, EMAIL, "@example.com" },
    { 0, EMAIL, "a@1.2" },
    { 0, EMAIL, "a @ b.vn" },
    { 1, TWO, "a@b.vn 0912345678" },
    { 0, TWO, "0912345678, +84 912 345 678" },
    { 1, TWO, "0912345678 0987654321" },
    { 1, TWO, "0912 345 678 - 0987 654 321" },
    { 1, TWO, "1 2 3 4 5 6 7 8 9 0912345678 0 0987654321" },
    { 0, TWO, "A@b.vn a@B.vn" },
};


static void
test_texts(void **state)
{
    size_t              i;
    const char         *keys;
    rule_case_t         c;
    const text_case_t  *t;

    (void) state;

    keys = NULL;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        t = &texts[i];

        if (keys == NULL || strcmp(keys, t->keys) != 0) {
            if (keys != NULL) {
                rule_case_end(&c);
            }

            keys = t->keys;
            rule_case_begin(&c, rule_case_rule(keys));
        }

        if ((rule_case_text(&c, t->text) != 0) != t->hit) {
            fail_msg("\"%s\"\n%s", t->text, t->keys);
        }
    }

    rule_case_end(&c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, rule_case_setup,
                                  rule_case_teardown);
}
