
/*
 * Copyright (C) the moderate authors
 *
 * Fields against rules: what a rule costs that does not hit.  Beside it, a
 * loop over the same rules as patterns, caseless, with PCRE2's JIT.
 *
 * Rules are made from a fixed seed: phrases of two to four words, Vietnamese
 * and English, alternations, words near each other, phone numbers, links, and
 * intents on the squeezed view.  Texts are ordinary sentences of the same
 * words: what a rule looks for is in them by chance.
 */


#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "vet_rules.h"


#define BENCH_POOL    (256 * 1024 * 1024)
#define BENCH_RULES   10000
#define BENCH_YAML    (8 * 1024 * 1024)
#define BENCH_SETS    4
#define BENCH_TEXTS   4
#define BENCH_SOURCE  1024
#define BENCH_KEYS    4096

#define CHOOSE(list)  ((list)[match_random(sizeof(list) / sizeof((list)[0]))])


typedef struct {
    pcre2_code             *codes[BENCH_RULES];
    size_t                  n;
    pcre2_match_data       *data;
} loop_t;

typedef struct {
    vet_ruleset_t          *rs;
    vet_scratch_t          *scratch;
    loop_t                 *loop;
    vet_str_t               texts[BENCH_TEXTS];     /* the field */
    vet_str_t               bodies[BENCH_TEXTS];    /* urlencoded */
} match_t;


static int match_wanted(bench_t *b, size_t set);
static void match_name(char *name, size_t set, size_t text);
static size_t match_random(size_t n);
static void match_load(bench_t *b, match_t *m, size_t rules);
static double match_memory(void);
static size_t match_rules(char *yaml, loop_t *loop, size_t rules);
static void match_words(char *keys, char *pattern);
static void match_alternatives(char *keys, char *pattern);
static void match_near(char *keys, char *pattern);
static void match_contact(char *keys, char *pattern);
static void match_squeezed(char *keys, char *pattern);
static void match_phrase(char *phrase, size_t words);
static void match_no_spaces(char *dst, const char *src);
static void match_compile(loop_t *loop, const char *pattern);
static void match_free(match_t *m);
static void match_texts(match_t *m);
static vet_str_t match_text(size_t size);
static vet_str_t match_body(vet_str_t text);
static void match_row(bench_t *b, match_t *m, size_t rules, size_t text);
static void match_field(void *data, size_t i);
static void match_engine(void *data, size_t i);
static void match_loop(void *data, size_t i);
static double match_now(void);


static const size_t  match_sets[BENCH_SETS] = { 10, 100, 1000, BENCH_RULES };
static const size_t  match_sizes[BENCH_TEXTS] = { 200, 1024, 10240, 65536 };

/* of the rows, for the figures: nanoseconds */

static double    match_engines[BENCH_SETS][BENCH_TEXTS];
static double    match_fields[BENCH_SETS][BENCH_TEXTS];
static double    match_loops[BENCH_SETS][BENCH_TEXTS];
static uint64_t  match_seed;

static const char *const  vietnamese[] = {
    "vay", "tiền", "nhanh", "thế chấp", "giải ngân", "lãi suất", "hồ sơ",
    "ngân hàng", "tài khoản", "mật khẩu", "trúng", "thưởng", "nhận", "quà",
    "tặng", "khuyến mãi", "giảm giá", "miễn phí", "liên hệ", "số điện thoại",
    "địa chỉ", "cửa hàng", "sản phẩm", "chất lượng", "uy tín", "đảm bảo",
    "cam kết", "hoàn tiền", "giao hàng", "tận nơi", "thuốc", "giảm cân",
    "làm đẹp", "da", "tóc", "sữa", "trẻ em", "học", "tiếng anh", "việc làm",
    "lương", "cao", "tại nhà", "cộng tác viên", "hoa hồng", "đầu tư",
    "lợi nhuận", "chứng khoán", "đất nền", "căn hộ", "dự án", "cho thuê",
    "xe máy", "ô tô", "bảo hiểm", "du lịch", "khách sạn", "vé", "máy bay",
    "đồng hồ", "điện thoại", "máy tính", "phần mềm", "trò chơi", "cá cược",
    "nhà cái", "bóng đá", "xổ số", "lô đề", "nổ hũ", "đánh bài", "thắng",
    "thua", "rút", "nạp", "mã", "thẻ", "cào", "giấy tờ", "bằng cấp",
    "chứng chỉ", "hộ chiếu", "lừa đảo", "công an", "bưu điện", "thuế", "phạt",
    "nguội", "đường", "phố", "cầu", "hầm", "rác", "nước", "điện", "cây xanh",
    "công viên", "trường", "bệnh viện", "bác sĩ", "giáo viên", "phụ huynh",
    "học sinh", "quy định", "nghị định", "thông tư", "luật", "hướng dẫn",
    "thủ tục", "một cửa", "trực tuyến", "căn cước", "khai sinh", "hộ khẩu",
    "đề nghị", "kiến nghị", "phản ánh", "xử lý", "kiểm tra", "giám sát",
    "người dân", "cán bộ", "ủy ban", "phường", "quận", "tỉnh", "thành phố"
};

static const char *const  english[] = {
    "loan", "instant", "approved", "credit", "bank", "account", "password",
    "winner", "prize", "claim", "free", "offer", "discount", "cheap", "buy",
    "order", "online", "delivery", "weight", "loss", "pills", "skin", "hair",
    "casino", "bonus", "deposit", "betting", "lottery", "jackpot", "invest",
    "profit", "trading", "crypto", "wallet", "passport", "diploma", "visa",
    "job", "salary", "home", "work", "street", "bridge", "water", "school",
    "hospital", "office", "permit", "procedure", "light", "noise", "traffic",
    "minister", "province", "citizen", "question", "answer", "thank", "please",
    "repair", "budget", "report", "public", "service", "road", "flood", "tax"
};

static const char *const  sentences[] = {
    "Đề nghị phường kiểm tra và xử lý điểm tập kết rác trên phố này.",
    "Thủ tục cấp căn cước ở một cửa rất nhanh, cảm ơn cán bộ.",
    "Cho tôi hỏi lãi suất vay ngân hàng chính sách năm nay là bao nhiêu?",
    "Con tôi học lớp 5, nhà trường thông báo nộp tiền hai lần trong tháng.",
    "Đường ngập sau mỗi trận mưa, xe máy chết máy giữa phố.",
    "Tôi nhận được tin nhắn trúng thưởng, chắc là lừa đảo, mọi người cẩn thận.",
    "Số điện thoại của ủy ban gọi không ai nghe từ 8h đến 11h30.",
    "Nghị định mới quy định mức phạt nguội cao hơn trước rất nhiều.",
    "Bệnh viện tỉnh đông quá, bác sĩ làm việc không kịp ăn trưa.",
    "Giá đất nền quanh dự án tăng gấp đôi, người dân khó mua nhà.",
    "Mong thành phố trồng thêm cây xanh và giữ công viên sạch đẹp.",
    "Ai chịu trách nhiệm khi cầu vừa sửa xong đã hỏng?",
    "Việc làm cho người khuyết tật vẫn còn quá ít, lương lại thấp.",
    "Thẻ bảo hiểm của mẹ tôi hết hạn ngày 30/6/2024, gia hạn ở đâu?",
    "Giáo viên dạy tiếng Anh ở vùng cao thiếu từ nhiều năm nay.",
    "The light in our street has been out for 3 weeks, please repair it.",
    "Thank you for the quick answer about the permit, the office was helpful.",
    "Why is the budget of the bridge not published on this page?",
    "The water was brown again this morning, is there a report?",
    "I paid the tax online and my account still shows the old amount.",
    "Traffic noise near the school is above what the law allows.",
    "Hồ sơ nộp trực tuyến từ tháng trước đến nay chưa có kết quả.",
    "Xin hỏi thủ tục khai sinh cho cháu khi bố mẹ chưa có hộ khẩu?",
    "Xem thêm tại https://www.example.gov.vn/van-ban/nghi-dinh-15.html nhé."
};


int
main(int argc, char **argv)
{
    size_t    set, text;
    match_t  *m;
    bench_t  *b;

    b = bench_begin("match", argc, argv);

    m = calloc(1, sizeof(match_t));
    if (m == NULL) {
        abort();
    }

    match_seed = 20240229;
    match_texts(m);

    for (set = 0; set < BENCH_SETS; set++) {
        if (!match_wanted(b, set)) {
            continue;
        }

        match_load(b, m, match_sets[set]);

        for (text = 0; text < BENCH_TEXTS; text++) {
            match_row(b, m, set, text);
        }

        match_free(m);
    }

    if (argc > 2) {
        return bench_end(b);
    }

    bench_figure(b, "1000 rules, 1 KiB", "part of the loop's time",
                 match_fields[2][1] / match_loops[2][1], 1.0 / 200);
    bench_figure(b, "10000 rules, 200 B", "times 10 rules",
                 match_engines[3][0] / match_engines[0][0], 5);
    bench_figure(b, "10000 rules, 1 KiB", "times 10 rules",
                 match_engines[3][1] / match_engines[0][1], 5);
    bench_figure(b, "10000 rules, 10 KiB", "times 10 rules",
                 match_engines[3][2] / match_engines[0][2], 5);
    bench_figure(b, "10000 rules, 64 KiB", "times 10 rules",
                 match_engines[3][3] / match_engines[0][3], 5);

    return bench_end(b);
}


static int
match_wanted(bench_t *b, size_t set)
{
    char    name[64];
    size_t  text;

    for (text = 0; text < BENCH_TEXTS; text++) {
        match_name(name, set, text);

        if (bench_wanted(b, name)) {
            return 1;
        }
    }

    return 0;
}


static void
match_name(char *name, size_t set, size_t text)
{
    (void) snprintf(name, 64, "%zu rules, %zu B", match_sets[set],
                    match_sizes[text]);
}


static size_t
match_random(size_t n)
{
    match_seed ^= match_seed << 13;
    match_seed ^= match_seed >> 7;
    match_seed ^= match_seed << 17;

    return (size_t) ((match_seed >> 20) % n);
}


static void
match_load(bench_t *b, match_t *m, size_t rules)
{
    int                 fd;
    char               *yaml, name[] = "/tmp/bench-match-XXXXXX.yaml";
    size_t              len;
    double              start, ms, kib;
    vet_str_t           path;
    vet_errors_t        errors;

    yaml = malloc(BENCH_YAML);
    m->loop = calloc(1, sizeof(loop_t));
    fd = mkstemps(name, 5);

    if (yaml == NULL || m->loop == NULL || fd == -1) {
        abort();
    }

    match_seed = 20240229;
    len = match_rules(yaml, m->loop, rules);

    if (write(fd, yaml, len) != (ssize_t) len || close(fd) != 0) {
        abort();
    }

    path.data = (const unsigned char *) name;
    path.len = strlen(name);
    memset(&errors, 0, sizeof(vet_errors_t));

    kib = match_memory();
    start = match_now();
    m->rs = vet_ruleset_load(&path, 1, &errors);
    ms = (match_now() - start) / 1e6;
    kib = match_memory() - kib;

    (void) unlink(name);
    m->scratch = vet_scratch_create();

    if (m->rs == NULL || m->scratch == NULL) {
        fprintf(stderr, "%s\n", errors.text[0]);
        exit(2);
    }

    printf("%zu rules: %.1f ms to load, %.0f KiB\n", rules, ms, kib);
    printf("%-29s %9s %9s %10s %8s %6s\n", "rules, bytes", "match us",
           "engine us", "loop us", "loop / m", "looks");

    if (rules == BENCH_RULES) {
        bench_figure(b, "10000 rules", "ms to load", ms, 500);
        bench_figure(b, "10000 rules", "MiB", kib / 1024, 24);
    }

    free(yaml);
}


/* Returns the KiB that the process has for itself, but for what is free. */

static double
match_memory(void)
{
    long   resident, shared;
    FILE  *statm;

    (void) malloc_trim(0);

    statm = fopen("/proc/self/statm", "r");

    if (statm == NULL
        || fscanf(statm, "%*s %ld %ld", &resident, &shared) != 2)
    {
        abort();
    }

    (void) fclose(statm);

    return (double) (resident - shared) * (double) sysconf(_SC_PAGESIZE)
           / 1024;
}


static size_t
match_rules(char *yaml, loop_t *loop, size_t rules)
{
    char    keys[BENCH_KEYS], pattern[BENCH_SOURCE];
    size_t  i, len, kind;

    len = (size_t) snprintf(yaml, BENCH_YAML, "version: 1\nthresholds: "
                            "{ hold: 5, reject: 15 }\nrules:\n");

    for (i = 0; i < rules; i++) {
        kind = match_random(100);

        if (kind < 55) {
            match_words(keys, pattern);

        } else if (kind < 73) {
            match_alternatives(keys, pattern);

        } else if (kind < 82) {
            match_near(keys, pattern);

        } else if (kind < 91) {
            match_contact(keys, pattern);

        } else {
            match_squeezed(keys, pattern);
        }

        len += (size_t) snprintf(yaml + len, BENCH_YAML - len,
                                 "  - id: bench.rule-%zu\n"
                                 "    category: advertising\n"
                                 "    score: 1\n%s", i, keys);

        if (len >= BENCH_YAML) {
            abort();
        }

        match_compile(loop, pattern);
    }

    return len;
}


/* One to six phrases. */

static void
match_words(char *keys, char *pattern)
{
    char    phrase[256], first[256];
    size_t  i, n, k, p;

    n = 1 + match_random(6);
    k = (size_t) snprintf(keys, BENCH_KEYS, "    words: [");
    p = (size_t) snprintf(pattern, BENCH_SOURCE, "\\b(?:");

    for (i = 0; i < n; i++) {
        match_phrase(phrase, 2 + match_random(3));

        if (i == 0) {
            strcpy(first, phrase);
        }

        k += (size_t) snprintf(keys + k, BENCH_KEYS - k, "%s\"%s\"",
                               (i == 0) ? "" : ", ", phrase);
        p += (size_t) snprintf(pattern + p, BENCH_SOURCE - p, "%s%s",
                               (i == 0) ? "" : "|", phrase);
    }

    (void) snprintf(keys + k, BENCH_KEYS - k, "]\n    examples: { hit: "
                    "[\"%s\"], miss: [x] }\n", first);
    (void) snprintf(pattern + p, BENCH_SOURCE - p, ")\\b");
}


static void
match_alternatives(char *keys, char *pattern)
{
    char    one[256], two[256], three[256];

    match_phrase(one, 1 + match_random(2));
    match_phrase(two, 2);
    match_phrase(three, 2);

    (void) snprintf(pattern, BENCH_SOURCE, "\\b(?:%s|%s) %s\\b", one, two,
                    three);
    (void) snprintf(keys, BENCH_KEYS, "    match: '%s'\n    examples: "
                    "{ hit: [\"%s %s\"], miss: [x] }\n", pattern, one, three);
}


/* Words in the neighbourhood of each other. */

static void
match_near(char *keys, char *pattern)
{
    char    one[256], two[256], three[256];

    match_phrase(one, 1);
    match_phrase(two, 2);
    match_phrase(three, 2);

    (void) snprintf(pattern, BENCH_SOURCE, "\\b(?:%s|%s)\\b.{0,40}\\b%s\\b",
                    one, two, three);
    (void) snprintf(keys, BENCH_KEYS, "    match: '%s'\n    examples: "
                    "{ hit: [\"%s, %s\"], miss: [x] }\n", pattern, one, three);
}


/* A number, however it is written, or pages of a host. */

static void
match_contact(char *keys, char *pattern)
{
    char    host[256], phrase[256];
    size_t  number;

    number = match_random(10000000);

    if (match_random(2) == 0) {
        (void) snprintf(pattern, BENCH_SOURCE, "(?<!\\d)09%02zu[ .-]?%03zu"
                        "[ .-]?%03zu(?!\\d)", number % 100,
                        number / 100 % 1000, number % 997);
        (void) snprintf(keys, BENCH_KEYS, "    match: '%s'\n    examples: "
                        "{ hit: [\"09%02zu %03zu %03zu\"], miss: [x] }\n",
                        pattern, number % 100, number / 100 % 1000,
                        number % 997);
        return;
    }

    (void) snprintf(phrase, sizeof(phrase), "%s %s", CHOOSE(english),
                    CHOOSE(english));
    match_no_spaces(host, phrase);

    (void) snprintf(pattern, BENCH_SOURCE, "https?://(?:www\\.)?%s%zu"
                    "\\.(?:com|net|vn)/\\w+", host, number % 1000);
    (void) snprintf(keys, BENCH_KEYS, "    match: '%s'\n    examples: "
                    "{ hit: [\"http://%s%zu.com/a\"], miss: [x] }\n", pattern,
                    host, number % 1000);
}


/* On the squeezed view; the loop has to allow for separators itself. */

static void
match_squeezed(char *keys, char *pattern)
{
    char    phrase[256];
    size_t  i, k, p, n;

    (void) snprintf(phrase, sizeof(phrase), "%s %s", CHOOSE(english),
                    CHOOSE(english));

    k = (size_t) snprintf(keys, BENCH_KEYS, "    view: squeezed\n"
                          "    match: '\\b");
    p = 0;
    n = strlen(phrase);

    for (i = 0; i < n; i++) {
        if (phrase[i] == ' ') {
            k += (size_t) snprintf(keys + k, BENCH_KEYS - k, " ?");
            continue;
        }

        p += (size_t) snprintf(pattern + p, BENCH_SOURCE - p, "%s%c",
                               (p == 0) ? "" : "[\\W_]*", phrase[i]);

        if (i == 0 || phrase[i] != phrase[i - 1]) {
            k += (size_t) snprintf(keys + k, BENCH_KEYS - k, "%c",
                                   phrase[i]);
        }
    }

    (void) snprintf(keys + k, BENCH_KEYS - k, "\\b'\n    examples: "
                    "{ hit: [\"%s\"], miss: [x] }\n", phrase);
}


static void
match_phrase(char *phrase, size_t words)
{
    size_t  i, len, foreign;

    foreign = match_random(3);
    len = 0;

    for (i = 0; i < words; i++) {
        len += (size_t) snprintf(phrase + len, 256 - len, "%s%s",
                                 (i == 0) ? "" : " ",
                                 (foreign == 0) ? CHOOSE(english)
                                                : CHOOSE(vietnamese));
    }
}


static void
match_no_spaces(char *dst, const char *src)
{
    for ( /* void */ ; *src != '\0'; src++) {
        if (*src != ' ') {
            *dst++ = *src;
        }
    }

    *dst = '\0';
}


static void
match_compile(loop_t *loop, const char *pattern)
{
    int         error;
    size_t      offset;
    pcre2_code *code;

    code = pcre2_compile((PCRE2_SPTR) pattern, PCRE2_ZERO_TERMINATED,
                         PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &error,
                         &offset, NULL);

    if (code == NULL || pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) != 0) {
        fprintf(stderr, "%s\n", pattern);
        abort();
    }

    if (loop->data == NULL) {
        loop->data = pcre2_match_data_create(1, NULL);
    }

    loop->codes[loop->n++] = code;
}


static void
match_free(match_t *m)
{
    size_t  i;

    for (i = 0; i < m->loop->n; i++) {
        pcre2_code_free(m->loop->codes[i]);
    }

    pcre2_match_data_free(m->loop->data);
    free(m->loop);

    vet_scratch_destroy(m->scratch);
    vet_ruleset_destroy(m->rs);
}


static void
match_texts(match_t *m)
{
    size_t  i;

    for (i = 0; i < BENCH_TEXTS; i++) {
        m->texts[i] = match_text(match_sizes[i]);
        m->bodies[i] = match_body(m->texts[i]);
    }
}


/* Whole sentences, with some words that rules are made of between them. */

static vet_str_t
match_text(size_t size)
{
    char       phrase[256], *p;
    size_t     n;
    vet_str_t  text;

    p = malloc(size + 1024);
    if (p == NULL) {
        abort();
    }

    text.data = (const unsigned char *) p;
    text.len = 0;

    for ( ;; ) {
        if (match_random(4) == 0) {
            match_phrase(phrase, 2);

        } else {
            (void) snprintf(phrase, sizeof(phrase), "%s", CHOOSE(sentences));
        }

        n = strlen(phrase);

        if (text.len != 0 && text.len + n + 1 > size) {
            return text;
        }

        memcpy(p + text.len, phrase, n);
        text.len += n;
        p[text.len++] = ' ';
    }
}


static vet_str_t
match_body(vet_str_t text)
{
    char       *p;
    size_t      i, len;
    vet_str_t   body;

    static const char  head[] = "author=Nguyen+An&email=an%40example.vn&"
                                "comment=";

    p = malloc(sizeof(head) + 3 * text.len + 1);
    if (p == NULL) {
        abort();
    }

    memcpy(p, head, sizeof(head));
    len = sizeof(head) - 1;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == ' ') {
            p[len++] = '+';

        } else if (text.data[i] > ' ' && text.data[i] < 0x7f
                   && strchr("&+%=", text.data[i]) == NULL)
        {
            p[len++] = (char) text.data[i];

        } else {
            len += (size_t) snprintf(p + len, 4, "%%%02X", text.data[i]);
        }
    }

    body.data = (const unsigned char *) p;
    body.len = len;

    return body;
}


static void
match_row(bench_t *b, match_t *m, size_t set, size_t text)
{
    char      name[64];
    double    field, engine, loop;
    unsigned  looks;

    match_name(name, set, text);

    if (!bench_wanted(b, name)) {
        return;
    }

    engine = bench_cell(b, name, match_sizes[text], match_engine, m, text);
    field = bench_cell(b, name, match_sizes[text], match_field, m, text);
    looks = vet_pattern_finds(m->scratch);
    loop = bench_cell(b, name, match_sizes[text], match_loop, m, text);

    match_fields[set][text] = field;
    match_engines[set][text] = engine;
    match_loops[set][text] = loop;

    printf("%-29s %9.1f %9.1f %10.1f %8.1f %6u\n", name, field / 1000,
           engine / 1000, loop / 1000, loop / field, looks);
    fflush(stdout);
}


static void
match_field(void *data, size_t i)
{
    match_t           *m = data;
    vet_hits_t         hits;
    vet_pool_t        *pool;
    vet_field_t        field;
    vet_submission_t   s;

    memset(&hits, 0, sizeof(vet_hits_t));
    memset(&field, 0, sizeof(vet_field_t));
    memset(&s, 0, sizeof(vet_submission_t));

    field.role = VET_ROLE_TEXT;
    field.value = m->texts[i];
    field.utf8 = 1;
    s.fields = &field;
    s.nfields = 1;

    pool = vet_pool_create(BENCH_POOL);

    if (pool == NULL
        || vet_match(pool, m->rs, m->scratch, &s, &hits) != VET_OK)
    {
        abort();
    }

    vet_pool_destroy(pool);
}


/* From the body to the verdict. */

static void
match_engine(void *data, size_t i)
{
    match_t           *m = data;
    vet_hits_t         hits;
    vet_pool_t        *pool;
    vet_message_t      message;
    vet_verdict_t      verdict;
    vet_submission_t   s;

    static const unsigned char  type[] = "application/x-www-form-urlencoded";

    memset(&hits, 0, sizeof(vet_hits_t));
    memset(&message, 0, sizeof(vet_message_t));

    message.body = m->bodies[i];
    message.content_type.data = type;
    message.content_type.len = sizeof(type) - 1;
    message.content_types = 1;

    pool = vet_pool_create(BENCH_POOL);

    if (pool == NULL
        || vet_parse(pool, &message, NULL, &s) != VET_OK
        || vet_match(pool, m->rs, m->scratch, &s, &hits) != VET_OK)
    {
        abort();
    }

    vet_decide(m->rs, &hits, VET_HOLD, &verdict);
    vet_pool_destroy(pool);
}


static void
match_loop(void *data, size_t i)
{
    size_t    k;
    match_t  *m = data;

    for (k = 0; k < m->loop->n; k++) {
        (void) pcre2_jit_match(m->loop->codes[k], m->texts[i].data,
                               m->texts[i].len, 0, PCRE2_NO_UTF_CHECK,
                               m->loop->data, NULL);
    }
}


static double
match_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (double) ts.tv_sec * 1e9 + (double) ts.tv_nsec;
}
