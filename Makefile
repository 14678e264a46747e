# Copyright (C) the moderate authors
#
# GNU make.  "make help" lists what there is to make; all output goes below
# build/.  The module itself is built by nginx's own configure and make, from
# the file "config"; the rest is built here.

BUILD      = build
PORT       = 8080
PREFIX     = /usr/local
RULES_DIR  = $(PREFIX)/share/moderate
MAN_DIR    = $(PREFIX)/share/man
JOBS       = $(shell nproc 2>/dev/null || echo 1)

# the nginx source tree to build against: Debian's nginx-dev, or any other

NGINX_SRC  = /usr/share/nginx/src
NGINX_OPTS =

CC         = cc
AR         = ar
CFLAGS     = -O2 -g
WARNINGS   = -Wall -Wextra -Wmissing-prototypes -Wshadow -Werror

# nginx compiles with -Wall and -Werror of its own; these come on top

NGINX_CC   = $(CC) -Wmissing-prototypes -Wshadow

ENGINE_LIBS = -lpcre2-8 -lyaml -ljansson -lcrypto
CLI_LIBS    = -lcurl
UNIT_LIBS   = -lcmocka

# what is linked statically can be refused its memory by tests/fuzz/alloc.c

FUZZ_CC     = clang
FUZZ_LIBS   = -Wl,-Bstatic -lpcre2-8 -lyaml -Wl,-Bdynamic -ljansson -lcrypto
FUZZ_WRAP   = -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc

SANITIZE    = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined


# "make V=1" shows the commands

ifeq ($(V),1)
say         = @:
else
Q           = @
QUIET       = --silent
say         = @echo '  $(1)'
endif

NGINX_MAKE  = $(MAKE) --no-print-directory $(QUIET) -f ../Makefile


# what is what

ENGINE_SRCS = $(sort $(wildcard engine/*.c))
MODULE_SRCS = $(sort $(wildcard ngx_module/*.c))
CLI_SRCS    = $(sort $(wildcard cli/*.c))
UNIT_SRCS   = $(sort $(wildcard tests/unit/test_*.c))
UNIT_AUX    = $(filter-out $(UNIT_SRCS),$(sort $(wildcard tests/unit/*.c)))

MODULE      = $(BUILD)/module/ngx_http_moderate_module.so
CLI         = $(BUILD)/moderatectl
ENGINE      = $(BUILD)/engine/libvet.a
UNIT_TESTS  = $(UNIT_SRCS:tests/unit/%.c=$(BUILD)/unit/%)
FUZZ_SRCS   = $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_AUX    = tests/fuzz/alloc.c tests/fuzz/fuzz.c tests/fuzz/submission.c
FUZZERS     = $(FUZZ_SRCS:tests/fuzz/%.c=$(BUILD)/fuzz/%)
REPLAYS     = $(FUZZ_SRCS:tests/fuzz/fuzz_%.c=$(BUILD)/unit/replay_%)
BENCH_SRCS  = $(sort $(wildcard tests/bench/bench_*.c))
BENCHES     = $(BENCH_SRCS:tests/bench/%.c=$(BUILD)/bench/%)

# the sanitized build; its targets are in the section "Sanitizers"

SAN_DIR     = $(BUILD)/sanitize
SAN_MODULE  = $(SAN_DIR)/module/ngx_http_moderate_module.so

PROVE       = prove --jobs $(JOBS) --timer --directives
PYTHON      = $(firstword $(wildcard /usr/bin/python3) python3)
DEPS        = tools/deps.sh

# all processors, or "make JOBS=1"

ifeq ($(MAKELEVEL),0)
MAKEFLAGS  += -j$(JOBS)
endif

.PHONY: all help module nginx cli man unit sanitize test lint demo install clean
.PHONY: deps test-deps demo-deps lint-deps test-plain test-sanitized FORCE
.PHONY: check-corpora quality fuzz fuzzers bench bench-proxy bench-swaps
.PHONY: bench-engine bench-queue
.PHONY: prefilter-check
.PHONY: differential differential-deps differential-short
.PHONY: test-console console-deps bench-console
.DELETE_ON_ERROR:

all: module cli

help:
	@echo 'make            the module and moderatectl'
	@echo 'make module     $(MODULE)'
	@echo '                against nginx-dev, or NGINX_SRC=/path/to/nginx'
	@echo 'make nginx NGINX_SRC=/path'
	@echo '                nginx itself: $(BUILD)/module/nginx'
	@echo 'make cli        $(CLI)'
	@echo 'make man        $(BUILD)/moderatectl.1'
	@echo 'make deps       install the packages that building and testing need'
	@echo 'make demo       a portal with moderation on 127.0.0.1, PORT=$(PORT);'
	@echo '                DEMO_CHECK=1 plays the story once and exits'
	@echo 'make unit       unit tests of the engine, with sanitizers'
	@echo 'make test       everything: unit tests, then t/ with the plain and'
	@echo '                with the sanitized module; TESTS="t/a.t" runs some'
	@echo 'make test-console'
	@echo '                the console in a browser; screenshots are left in'
	@echo '                $(CONSOLE_DIR)/shots'
	@echo 'make check-corpora CORPORA=/path'
	@echo '                tests/corpora/ with material made by others'
	@echo 'make quality    how well the shipped rules judge: build/quality.json;'
	@echo '                CORPORA=/path adds its comments, SPLIT=dev or test;'
	@echo '                LOST=1 prints the disguised texts that pass'
	@echo 'make fuzz       all fuzz targets, SECONDS=$(SECONDS) or RUNS= for'
	@echo '                each; TARGETS="json form" runs some'
	@echo 'make differential'
	@echo '                what real backends read, and the engine: COUNT=$(COUNT)'
	@echo '                messages of SEED=, CORPORA=/path; BYTES=1: all bytes'
	@echo '                in all places of headers; ALL=1: unreadable ones too'
	@echo 'make prefilter-check'
	@echo '                no hit is lost by looking for literals first:'
	@echo '                COUNT= pairs made at random from SEED='
	@echo 'make bench      all of these, in one table: $(BUILD)/bench.json'
	@echo 'make bench-engine'
	@echo '                how fast the engine is, and how it grows'
	@echo 'make bench-proxy'
	@echo '                submissions through nginx, beside ModSecurity and'
	@echo '                a loop in Lua: build/bench-proxy.json; ROUNDS=5'
	@echo 'make bench-queue'
	@echo '                pages of the queue, and deliveries, ITEMS=$(ITEMS)'
	@echo 'make bench-swaps'
	@echo '                rules swapped SWAPS=$(SWAPS) times under load, whose'
	@echo '                clients pause for PAUSE=$(PAUSE) ms'
	@echo 'make bench-console'
	@echo '                the first page of a long queue in the console:'
	@echo '                build/bench-console.json; COUNT=100000'
	@echo 'make lint       the rules of CONTRIBUTING.md, checked'
	@echo 'make install    PREFIX=$(PREFIX), DESTDIR='
	@echo 'make clean      remove $(BUILD)/'


# A file that changes only when its text does: make then sees a changed list
# of sources, other flags or another nginx tree as a newer prerequisite.

define remember
@mkdir -p $(@D)
@printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' > $@
endef


# Module

NGINX_H = $(wildcard $(NGINX_SRC)/src/core/nginx.h)

$(BUILD)/module.flags: FORCE
	$(call remember,$(NGINX_SRC) $(NGINX_OPTS) $(CC) $(CFLAGS) \
	    $(MODULE_SRCS) $(ENGINE_SRCS))

$(BUILD)/module/Makefile: config tools/configure-nginx.sh \
                          $(BUILD)/module.flags $(NGINX_H)
	$(call say,configure  $(@D))
	$(Q)tools/configure-nginx.sh $(@D) '$(NGINX_SRC)' --with-cc='$(CC)' \
	    --with-cc-opt='$(CFLAGS)' --add-dynamic-module='$(CURDIR)' $(NGINX_OPTS)

module: $(BUILD)/module/Makefile
	$(call say,module  $(MODULE))
	+@$(NGINX_MAKE) -C $(BUILD)/module/tree modules CC='$(NGINX_CC)'

nginx: module
	$(call say,nginx  $(BUILD)/module/nginx)
	+@$(NGINX_MAKE) -C $(BUILD)/module/tree binary


# Engine and command line

ENGINE_OBJS = $(ENGINE_SRCS:%.c=$(BUILD)/%.o)
CLI_OBJS    = $(CLI_SRCS:%.c=$(BUILD)/%.o)

# the rules of a command that names none

CLI_RULES   = '-DMODERATECTL_RULES_PATH="$(RULES_DIR)/lua-free-rules"'

COMPILE = $(CC) -std=gnu11 -I engine $(WARNINGS) -MMD -MP

$(BUILD)/plain.flags: FORCE
	$(call remember,$(COMPILE) $(CFLAGS) $(LDFLAGS) $(RULES_DIR) \
	    $(ENGINE_SRCS) $(CLI_SRCS))

$(ENGINE_OBJS): $(BUILD)/%.o: %.c $(BUILD)/plain.flags
	@mkdir -p $(@D)
	$(call say,cc  $<)
	$(Q)$(COMPILE) $(CFLAGS) -fPIC -fvisibility=hidden -c -o $@ $<

$(CLI_OBJS): $(BUILD)/%.o: %.c $(BUILD)/plain.flags
	@mkdir -p $(@D)
	$(call say,cc  $<)
	$(Q)$(COMPILE) $(CFLAGS) $(CLI_RULES) -c -o $@ $<

$(ENGINE): $(ENGINE_OBJS) $(BUILD)/plain.flags
	@rm -f $@
	$(call say,ar  $@)
	$(Q)$(AR) rcs $@ $(ENGINE_OBJS)

$(CLI): $(CLI_OBJS) $(ENGINE)
	$(call say,link  $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(CLI_OBJS) $(ENGINE) \
	    $(ENGINE_LIBS) $(CLI_LIBS)

cli: $(CLI)


# The manual page, which tells where the installed rules are

$(BUILD)/moderatectl.1: docs/man/moderatectl.1 $(BUILD)/plain.flags
	@mkdir -p $(@D)
	$(call say,man  $@)
	$(Q)sed 's,@RULES@,$(RULES_DIR)/lua-free-rules,' $< > $@

man: $(BUILD)/moderatectl.1


# Unit tests: each tests/unit/test_*.c is a program

SAN_ENGINE_OBJS = $(ENGINE_SRCS:%.c=$(SAN_DIR)/%.o)
UNIT_OBJS       = $(UNIT_SRCS:%.c=$(SAN_DIR)/%.o)
UNIT_AUX_OBJS   = $(UNIT_AUX:%.c=$(SAN_DIR)/%.o)

$(SAN_DIR)/plain.flags: FORCE
	$(call remember,$(COMPILE) $(SANITIZE) $(LDFLAGS) \
	    $(ENGINE_SRCS) $(UNIT_AUX))

$(SAN_ENGINE_OBJS) $(UNIT_OBJS) $(UNIT_AUX_OBJS): \
		$(SAN_DIR)/%.o: %.c $(SAN_DIR)/plain.flags
	@mkdir -p $(@D)
	$(call say,cc  $<)
	$(Q)$(COMPILE) $(SANITIZE) -c -o $@ $<

$(UNIT_TESTS): $(BUILD)/unit/%: $(SAN_DIR)/tests/unit/%.o \
		$(UNIT_AUX_OBJS) $(SAN_ENGINE_OBJS)
	@mkdir -p $(@D)
	$(call say,link  $@)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(ENGINE_LIBS) $(UNIT_LIBS)

unit: $(UNIT_TESTS) $(REPLAYS)
	@echo 'unit tests, and what was kept of fuzzing'
	@CMOCKA_MESSAGE_OUTPUT=TAP UBSAN_OPTIONS=halt_on_error=1 \
	    $(PROVE) --exec '' $(UNIT_TESTS) $(REPLAYS)


# those of the unit tests with patterns, phrases and rules made at random, at
# length

PREFILTER   = $(BUILD)/unit/test_prefilter $(BUILD)/unit/test_word_places \
              $(BUILD)/unit/test_squeeze_plain $(BUILD)/unit/test_filter

prefilter-check: COUNT = 1000000
prefilter-check: $(PREFILTER)
	@for test in $(PREFILTER); do \
	    PREFILTER_COUNT='$(COUNT)' PREFILTER_SEED='$(or $(SEED),$(shell \
	        date +%s))' $$test || exit 1; \
	done


# Fuzzing: each tests/fuzz/fuzz_*.c is a target.  It is built twice: with clang
# for libFuzzer, and with tests/fuzz/replay.c as one of the unit tests.

REPLAY_SRCS = $(FUZZ_SRCS) $(FUZZ_AUX) tests/fuzz/replay.c
REPLAY_OBJS = $(REPLAY_SRCS:%.c=$(SAN_DIR)/%.o)
REPLAY_AUX  = $(filter-out $(SAN_DIR)/tests/fuzz/fuzz_%,$(REPLAY_OBJS))

$(REPLAY_OBJS): $(SAN_DIR)/%.o: %.c $(SAN_DIR)/plain.flags
	@mkdir -p $(@D)
	$(call say,cc  $<)
	$(Q)$(COMPILE) $(SANITIZE) -c -o $@ $<

$(REPLAYS): $(BUILD)/unit/replay_%: $(SAN_DIR)/tests/fuzz/fuzz_%.o \
		$(REPLAY_AUX) $(SAN_ENGINE_OBJS)
	@mkdir -p $(@D)
	$(call say,link  $@)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) $(FUZZ_WRAP) -o $@ $^ $(FUZZ_LIBS)

FUZZ_DIR    = $(BUILD)/fuzz
FUZZ_ENGINE = $(ENGINE_SRCS:%.c=$(FUZZ_DIR)/%.o)
FUZZ_OBJS   = $(FUZZ_SRCS:%.c=$(FUZZ_DIR)/%.o)
FUZZ_AUX_OBJS = $(FUZZ_AUX:%.c=$(FUZZ_DIR)/%.o)

# without a look at each comparison: twice as fast, and there are dictionaries

FUZZ_COVER  = -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp
FUZZ_SAN    = $(SANITIZE) -O2 -fno-sanitize-recover=undefined

$(FUZZ_DIR)/fuzz.flags $(FUZZ_ENGINE) $(FUZZ_OBJS) $(FUZZ_AUX_OBJS) \
		$(FUZZERS): CC = $(FUZZ_CC)

$(FUZZ_DIR)/fuzz.flags: FORCE
	$(call remember,$(COMPILE) $(FUZZ_SAN) $(FUZZ_COVER) $(LDFLAGS) \
	    $(ENGINE_SRCS))

$(FUZZ_ENGINE): $(FUZZ_DIR)/%.o: %.c $(FUZZ_DIR)/fuzz.flags
	@mkdir -p $(@D)
	$(call say,$(CC)  $<)
	$(Q)$(COMPILE) $(FUZZ_SAN) $(FUZZ_COVER) -c -o $@ $<

$(FUZZ_OBJS) $(FUZZ_AUX_OBJS): $(FUZZ_DIR)/%.o: %.c $(FUZZ_DIR)/fuzz.flags
	@mkdir -p $(@D)
	$(call say,$(CC)  $<)
	$(Q)$(COMPILE) $(FUZZ_SAN) -c -o $@ $<

$(FUZZERS): $(FUZZ_DIR)/%: $(FUZZ_DIR)/tests/fuzz/%.o $(FUZZ_AUX_OBJS) \
		$(FUZZ_ENGINE)
	@mkdir -p $(@D)
	$(call say,link  $@)
	$(Q)$(CC) $(FUZZ_SAN) -fsanitize=fuzzer $(LDFLAGS) $(FUZZ_WRAP) \
	    -o $@ $^ $(FUZZ_LIBS)

# Fuzzing begins with the cases of the unit tests, which write them.

SECONDS     = 60
TARGETS     = $(FUZZ_SRCS:tests/fuzz/fuzz_%.c=%)

$(FUZZ_DIR)/seeds: $(UNIT_TESTS)
	@mkdir -p $@
	$(call say,seeds  $@)
	$(Q)for test in $^; do \
	    SEEDS=$(abspath $@) $$test > /dev/null 2>&1 \
	    || { echo "$$test: fails, see make unit" >&2; exit 1; }; \
	done
	@touch $@

fuzzers: $(FUZZERS)

fuzz: test-deps
	+@$(MAKE) --no-print-directory fuzzers $(FUZZ_DIR)/seeds
	@$(PYTHON) tests/fuzz/run.py --jobs $(JOBS) --dir $(FUZZ_DIR) \
	    $(if $(RUNS),--runs $(RUNS),--seconds $(SECONDS)) $(TARGETS)


# The engine's reading beside that of real backends, tests/differential/: the
# packaged ones, and the few that Debian has not alone

DIFF_DIR    = $(BUILD)/differential
DIFF_FIELDS = $(DIFF_DIR)/fields
DIFF_OBJ    = $(SAN_DIR)/tests/differential/fields.o
DIFF_NODE   = $(DIFF_DIR)/node_modules
DIFFERENTIAL = $(PYTHON) -B tests/differential/differential.py \
               --fields $(DIFF_FIELDS) \
               --node-path /usr/share/nodejs:$(abspath $(DIFF_NODE))

COUNT       = 100000
SEED        =

$(DIFF_OBJ): tests/differential/fields.c $(SAN_DIR)/plain.flags
	@mkdir -p $(@D)
	$(call say,cc  $<)
	$(Q)$(COMPILE) $(SANITIZE) -c -o $@ $<

$(DIFF_FIELDS): $(DIFF_OBJ) $(SAN_ENGINE_OBJS)
	@mkdir -p $(@D)
	$(call say,link  $@)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(ENGINE_LIBS)

$(DIFF_NODE): tests/differential/package-lock.json
	@mkdir -p $(DIFF_DIR)
	@cp tests/differential/package.json $< $(DIFF_DIR)
	$(call say,npm  $@)
	$(Q)cd $(DIFF_DIR) && npm ci --silent --no-audit --no-fund
	@touch $@

differential: test-deps differential-deps
	+@$(MAKE) --no-print-directory $(DIFF_FIELDS) \
	    $(if $(shell command -v npm),$(DIFF_NODE))
	@$(DIFFERENTIAL) --count $(COUNT) $(if $(SEED),--seed '$(SEED)') \
	    $(if $(CORPORA),--corpora '$(CORPORA)') $(if $(BYTES),--bytes) \
	    $(if $(ALL),--all)

# the part that "make test" has time for, always the same messages

differential-short: $(DIFF_FIELDS)
	@echo 'what real backends read'
	@$(DIFFERENTIAL) --count 5000 --seed 1


# Benchmarks: each tests/bench/bench_*.c is a program, run one after another
# with the engine of the normal build

BENCH_OBJS  = $(patsubst %.c,$(BUILD)/%.o,$(BENCH_SRCS) tests/bench/bench.c)
BENCH_JSON  = $(BENCHES:%=%.json)

$(BENCH_OBJS): $(BUILD)/%.o: %.c $(BUILD)/plain.flags
	@mkdir -p $(@D)
	$(call say,cc  $<)
	$(Q)$(COMPILE) $(CFLAGS) -c -o $@ $<

$(BENCHES): $(BUILD)/bench/%: $(BUILD)/tests/bench/%.o \
		$(BUILD)/tests/bench/bench.o $(ENGINE)
	@mkdir -p $(@D)
	$(call say,link  $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ENGINE_LIBS)

bench-engine: $(BENCHES)
	@failed=0; \
	for bench in $(BENCHES); do $$bench $$bench.json || failed=1; done; \
	exit $$failed

# all of them, one after another, and one table: with fewer swaps than
# "make bench-swaps" makes

bench:
	@since=$$(date +%s); \
	for part in engine proxy queue swaps; do \
	    echo; echo "== bench-$$part"; \
	    $(MAKE) --no-print-directory bench-$$part SWAPS=$(BENCH_SWAPS) \
	        || true; \
	done; \
	$(PYTHON) -B tests/bench/all.py --out $(BUILD)/bench.json \
	    --since $$since $(BENCH_JSON) $(BUILD)/bench-proxy.json \
	    $(BUILD)/bench-queue.json $(BUILD)/bench-swaps.json

BENCH_SWAPS = 100

# end to end, beside ModSecurity and Lua in nginx

BENCH_EMPTY = $(BUILD)/bench/empty/ngx_http_bench_empty_module.so

$(BENCH_EMPTY): $(wildcard tests/bench/empty/*) tools/configure-nginx.sh
	$(call say,module  $@)
	$(Q)tools/configure-nginx.sh $(@D) '$(NGINX_SRC)' --with-cc='$(CC)' \
	    --with-cc-opt='$(CFLAGS)' \
	    --add-dynamic-module='$(CURDIR)/tests/bench/empty' $(NGINX_OPTS)
	+@$(NGINX_MAKE) -C $(@D)/tree modules CC='$(NGINX_CC)'

ROUNDS      = 5

bench-proxy:
	@sh tools/deps.sh test bench
	+@$(MAKE) --no-print-directory module $(BENCH_EMPTY)
	@$(PYTHON) -B tests/bench/proxy.py --module $(MODULE) \
	    --empty $(BENCH_EMPTY) --rounds $(ROUNDS) \
	    --json $(BUILD)/bench-proxy.json $(BENCH_OPTS)

# the moderators' queue, with many items

ITEMS       = 100000

bench-queue: test-deps
	+@$(MAKE) --no-print-directory module
	@$(PYTHON) -B tests/bench/queue.py --module $(MODULE) \
	    --items $(ITEMS) --json $(BUILD)/bench-queue.json

# each takes as long as the rules take to load, and half a second, and as much
# time again without; PAUSE: milliseconds between what a client sends

SWAPS       = 1000
PAUSE       = 4

bench-swaps: test-deps
	+@$(MAKE) --no-print-directory module $(BENCH_EMPTY)
	@$(PYTHON) -B tests/bench/swaps.py --module $(MODULE) --swaps $(SWAPS) \
	    --empty $(BENCH_EMPTY) --pause $(PAUSE) \
	    --json $(BUILD)/bench-swaps.json


# Sanitizers: nginx and the module under AddressSanitizer, the module under
# UndefinedBehaviorSanitizer too; NGX_DEBUG_PALLOC makes every nginx
# allocation one of its own, so that an overrun inside a pool is seen.  nginx
# is built from the source of the packaged version; where that cannot be had,
# the packaged nginx runs with the sanitizers' libraries loaded ahead.  nginx
# unloads modules before leaks are looked for, hence nodelete.

SAN_CC_OPT = -O1 -g -fno-omit-frame-pointer -fsanitize=address \
             -DNGX_DEBUG_PALLOC=1
SAN_LD_OPT = -fsanitize=address -Wl,-z,nodelete

$(SAN_DIR)/source: tools/fetch-nginx.sh $(NGINX_H)
	@tools/fetch-nginx.sh $(SAN_DIR) '$(NGINX_SRC)'

$(SAN_DIR)/nginx.flags: FORCE
	$(call remember,$(CC) $(SAN_CC_OPT))

$(SAN_DIR)/module.flags: FORCE
	$(call remember,$(CC) $(SAN_CC_OPT) $(MODULE_SRCS) $(ENGINE_SRCS))

$(SAN_DIR)/module/Makefile: config $(SAN_DIR)/module.flags
$(SAN_DIR)/module/Makefile: SAN_MODULE_OPT = --add-dynamic-module='$(CURDIR)'

$(SAN_DIR)/nginx/Makefile $(SAN_DIR)/module/Makefile: \
		tools/configure-nginx.sh $(SAN_DIR)/nginx.flags $(SAN_DIR)/source
	$(call say,configure  $(@D))
	$(Q)ASAN_OPTIONS=detect_leaks=0 tools/configure-nginx.sh $(@D) \
	    "$$(cat $(SAN_DIR)/source)" --with-cc='$(CC)' $(SAN_MODULE_OPT) \
	    --with-cc-opt='$(SAN_CC_OPT)' --with-ld-opt='$(SAN_LD_OPT)'

sanitize: $(SAN_DIR)/nginx/Makefile $(SAN_DIR)/module/Makefile
	$(call say,nginx and module with sanitizers  $(SAN_DIR))
	+@test -f $(SAN_DIR)/fallback || \
	    $(NGINX_MAKE) -C $(SAN_DIR)/nginx/tree binary
	+@$(NGINX_MAKE) -C $(SAN_DIR)/module/tree \
	    modules CC='$(NGINX_CC) -fsanitize=undefined'


# Tests

TESTS = t/*.t

deps:
	@$(DEPS) demo test lint

test-deps demo-deps lint-deps differential-deps console-deps: %-deps:
	@$(DEPS) $*

test: test-deps
	+@$(MAKE) --no-print-directory unit
	+@$(MAKE) --no-print-directory differential-short
	+@$(MAKE) --no-print-directory all sanitize
	+@$(MAKE) --no-print-directory test-plain
	+@$(MAKE) --no-print-directory test-sanitized
	+@$(MAKE) --no-print-directory test-console

test-plain: all
	@echo 't/ with the plain module'
	@TEST_MODERATE_MODULE=$(abspath $(MODULE)) \
	    $(PROVE) -I t/lib $(TESTS)

test-sanitized: all sanitize
	@echo 't/ with the sanitized module'
	@env TEST_MODERATE_MODULE=$(abspath $(SAN_MODULE)) \
	    $$(tools/fetch-nginx.sh --environment $(SAN_DIR)) \
	    $(PROVE) -I t/lib $(TESTS)

# The console in a browser.  What npm brings stays below build/.

CONSOLE_DIR   = $(BUILD)/console
CONSOLE_TESTS = $(wildcard tests/console/*.js tests/console/*.json)

$(CONSOLE_DIR)/.installed: $(CONSOLE_TESTS)
	@mkdir -p $(@D)
	@cp $(CONSOLE_TESTS) $(@D)
	$(call say,npm  $(@D))
	$(Q)cd $(@D) && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

test-console: console-deps
	+@$(MAKE) --no-print-directory module $(CONSOLE_DIR)/.installed
	@echo 'console/ in a browser'
	@TEST_MODERATE_MODULE=$(abspath $(MODULE)) CONSOLE_ROOT=$(CURDIR) \
	    CONSOLE_DIR=$(abspath $(CONSOLE_DIR)) \
	    CONSOLE_SHOTS=$(abspath $(CONSOLE_DIR)/shots) \
	    $(PROVE) -I t/lib tests/console/*.t

# A long queue in the console: COUNT items, 100,000 if it is not said.

bench-console: console-deps
	+@$(MAKE) --no-print-directory module $(CONSOLE_DIR)/.installed
	@TEST_MODERATE_MODULE=$(abspath $(MODULE)) CONSOLE_ROOT=$(CURDIR) \
	    CONSOLE_DIR=$(abspath $(CONSOLE_DIR)) \
	    CONSOLE_SHOTS=$(abspath $(CONSOLE_DIR)/shots) \
	    BENCH_CONSOLE=$(abspath $(BUILD))/bench-console.json \
	    $(PROVE) -I t/lib tests/console/bench.pl

# What others recorded, written or attacked with is no part of the project:
# CORPORA is the folder where it is.

CORPORA =

check-corpora:
ifeq ($(CORPORA),)
	@echo 'usage: make check-corpora CORPORA=/path/to/corpora' >&2
	@exit 2
else
	+@$(MAKE) --no-print-directory test-deps
	+@$(MAKE) --no-print-directory all
	@CORPORA=$(abspath $(CORPORA)) TEST_MODERATE_MODULE=$(abspath $(MODULE)) \
	    $(PROVE) -I t/lib tests/corpora/*.t
endif

# How well the rules judge.  Edit them with SPLIT=dev before you look at
# SPLIT=test.

SPLIT =

quality: cli
	@$(PYTHON) -B tools/quality.py --moderatectl $(CLI) \
	    --out $(BUILD)/quality.json $(if $(SPLIT),--split '$(SPLIT)') \
	    $(if $(CORPORA),--corpora '$(CORPORA)') $(if $(LOST),--lost)

lint: lint-deps
	+@$(MAKE) --no-print-directory all
	@tools/lint.sh $(MODULE) $(CLI)


# Demo, installation

demo: demo-deps
	+@$(MAKE) --no-print-directory all
	@exec $(PYTHON) demo/demo.py --port '$(PORT)' --dir $(BUILD)/demo \
	    --module $(MODULE) $(if $(filter 1,$(DEMO_CHECK)),--check)

NGINX_MODULES = /usr/lib/nginx/modules

install: all man
	install -d '$(DESTDIR)$(NGINX_MODULES)' '$(DESTDIR)$(PREFIX)/bin' \
	    '$(DESTDIR)$(RULES_DIR)' '$(DESTDIR)$(MAN_DIR)/man1'
	install -m 644 $(MODULE) '$(DESTDIR)$(NGINX_MODULES)'
	install -m 755 $(CLI) '$(DESTDIR)$(PREFIX)/bin'
	install -m 644 $(BUILD)/moderatectl.1 '$(DESTDIR)$(MAN_DIR)/man1'
	cp -R lua-free-rules '$(DESTDIR)$(RULES_DIR)'
	cp -R console '$(DESTDIR)$(PREFIX)/share/moderate'

clean:
	rm -rf $(BUILD)


FORCE:

-include $(wildcard $(BUILD)/engine/*.d $(BUILD)/cli/*.d \
                    $(SAN_DIR)/engine/*.d $(SAN_DIR)/tests/*/*.d \
                    $(BUILD)/fuzz/engine/*.d $(BUILD)/fuzz/tests/fuzz/*.d \
                    $(BUILD)/tests/bench/*.d)
