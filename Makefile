# Copyright (C) the moderate authors
#
# GNU make.  "make help" lists what there is to make; all output goes below
# build/.  The module itself is built by nginx's own configure and make, from
# the file "config"; the rest is built here.

BUILD      = build
PORT       = 8080
PREFIX     = /usr/local
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

.PHONY: all help module nginx cli unit sanitize test lint demo install clean
.PHONY: deps test-deps demo-deps lint-deps test-plain test-sanitized FORCE
.PHONY: check-corpora
.DELETE_ON_ERROR:

all: module cli

help:
	@echo 'make            the module and moderatectl'
	@echo 'make module     $(MODULE)'
	@echo '                against nginx-dev, or NGINX_SRC=/path/to/nginx'
	@echo 'make nginx NGINX_SRC=/path'
	@echo '                nginx itself: $(BUILD)/module/nginx'
	@echo 'make cli        $(CLI)'
	@echo 'make deps       install the packages that building and testing need'
	@echo 'make demo       a portal with moderation on 127.0.0.1, PORT=$(PORT);'
	@echo '                DEMO_CHECK=1 plays the story once and exits'
	@echo 'make unit       unit tests of the engine, with sanitizers'
	@echo 'make test       everything: unit tests, then t/ with the plain and'
	@echo '                with the sanitized module; TESTS="t/a.t" runs some'
	@echo 'make check-corpora CORPORA=/path'
	@echo '                tests/corpora/ with material made by others'
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

COMPILE = $(CC) -std=gnu11 -I engine $(WARNINGS) -MMD -MP

$(BUILD)/plain.flags: FORCE
	$(call remember,$(COMPILE) $(CFLAGS) $(LDFLAGS) \
	    $(ENGINE_SRCS) $(CLI_SRCS))

$(ENGINE_OBJS): $(BUILD)/%.o: %.c $(BUILD)/plain.flags
	@mkdir -p $(@D)
	$(call say,cc  $<)
	$(Q)$(COMPILE) $(CFLAGS) -fPIC -fvisibility=hidden -c -o $@ $<

$(CLI_OBJS): $(BUILD)/%.o: %.c $(BUILD)/plain.flags
	@mkdir -p $(@D)
	$(call say,cc  $<)
	$(Q)$(COMPILE) $(CFLAGS) -c -o $@ $<

$(ENGINE): $(ENGINE_OBJS) $(BUILD)/plain.flags
	@rm -f $@
	$(call say,ar  $@)
	$(Q)$(AR) rcs $@ $(ENGINE_OBJS)

$(CLI): $(CLI_OBJS) $(ENGINE)
	$(call say,link  $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(CLI_OBJS) $(ENGINE) \
	    $(ENGINE_LIBS) $(CLI_LIBS)

cli: $(CLI)


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

unit: $(UNIT_TESTS)
	@echo 'unit tests'
	@CMOCKA_MESSAGE_OUTPUT=TAP UBSAN_OPTIONS=halt_on_error=1 \
	    $(PROVE) --exec '' $(UNIT_TESTS)


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

test-deps demo-deps lint-deps: %-deps:
	@$(DEPS) $*

test: test-deps
	+@$(MAKE) --no-print-directory unit
	+@$(MAKE) --no-print-directory all sanitize
	+@$(MAKE) --no-print-directory test-plain
	+@$(MAKE) --no-print-directory test-sanitized

test-plain: all
	@echo 't/ with the plain module'
	@TEST_MODERATE_MODULE=$(abspath $(MODULE)) \
	    $(PROVE) -I t/lib $(TESTS)

test-sanitized: all sanitize
	@echo 't/ with the sanitized module'
	@env TEST_MODERATE_MODULE=$(abspath $(SAN_MODULE)) \
	    $$(tools/fetch-nginx.sh --environment $(SAN_DIR)) \
	    $(PROVE) -I t/lib $(TESTS)

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

lint: lint-deps
	+@$(MAKE) --no-print-directory all
	@tools/lint.sh $(MODULE) $(CLI)


# Demo, installation

demo: demo-deps
	+@$(MAKE) --no-print-directory all
	@exec $(PYTHON) demo/demo.py --port '$(PORT)' --dir $(BUILD)/demo \
	    --module $(MODULE) $(if $(filter 1,$(DEMO_CHECK)),--check)

NGINX_MODULES = /usr/lib/nginx/modules

install: all
	install -d '$(DESTDIR)$(NGINX_MODULES)' '$(DESTDIR)$(PREFIX)/bin' \
	    '$(DESTDIR)$(PREFIX)/share/moderate'
	install -m 644 $(MODULE) '$(DESTDIR)$(NGINX_MODULES)'
	install -m 755 $(CLI) '$(DESTDIR)$(PREFIX)/bin'
	cp -R lua-free-rules '$(DESTDIR)$(PREFIX)/share/moderate'

clean:
	rm -rf $(BUILD)


FORCE:

-include $(wildcard $(BUILD)/engine/*.d $(BUILD)/cli/*.d \
                    $(SAN_DIR)/engine/*.d $(SAN_DIR)/tests/unit/*.d)
