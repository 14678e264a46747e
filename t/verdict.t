#!/usr/bin/perl

# Copyright (C) the moderate authors

# A submission passes, is held or is rejected, and the person is told.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    log_format  moderate  '$uri verdict=$moderate_verdict '
                          'score=$moderate_score rules=$moderate_rules '
                          'id=$moderate_id set=$moderate_ruleset '
                          'time=$moderate_time';
    access_log  %%TESTDIR%%/moderate.log  moderate;

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;
    moderate_site   portal;

    server {
        listen       127.0.0.1:8080;

        location / {
            moderate        on;
            moderate_field  text comment;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /dry {
            moderate          on;
            moderate_dry_run  on;
            moderate_field    text comment;
            proxy_pass        http://127.0.0.1:8081;
        }

        location /off/ {
            proxy_pass  http://127.0.0.1:8081;
        }
    }
}
EOF

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.hold
    title: Held
    category: advertising
    words: ["buy pills"]
    score: 5
    examples: { hit: ["Buy  Pills now"], miss: ["buy bills"] }

  - id: test.reject
    title: Rejected
    category: scam
    match: 'lottery \d+'
    score: 20
    examples: { hit: ["Lottery 7"], miss: ["lottery"] }
EOF

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my ($r, $id);

###############################################################################

# pass

$r = http_post('/a?x=1', $form, 'comment=hello&name=lan');
is(status($r), 200, 'pass');
is(($t->backend_requests())[0]{body}, 'comment=hello&name=lan', 'pass body');
is(($t->backend_requests())[0]{uri}, '/a?x=1', 'pass uri');

# hold

$t->backend_forget();

$r = http_post('/b', $form, 'comment=BUY+pills');
is(status($r), 202, 'hold');
like(header($r, 'Content-Type'), qr!^text/html!, 'hold page');
like(body($r), qr/<html lang="vi">/, 'hold in Vietnamese');
like(body($r), qr/[0-9a-f]{32}/, 'hold receipt');
is(header($r, 'Cache-Control'), 'no-store', 'hold not cached');

$r = http_post('/b', $form, 'comment=buy+pills',
               'Accept' => 'application/json', 'Accept-Language' => 'en-GB');
is(json($r)->{status}, 'held', 'hold json');
like(json($r)->{receipt}, qr/^[0-9a-f]{32}$/, 'hold json receipt');
like(json($r)->{message}, qr/kept/, 'hold in English');

$id = json($r)->{receipt};

is($t->redis('HGET', "m:{portal}:h:$id", 'body'), 'comment=buy+pills',
   'hold stored whole');
is($t->redis('SISMEMBER', 'm:{portal}:s:pending', $id), 1, 'hold pending');
ok($t->redis('ZSCORE', 'm:{portal}:index', $id), 'hold indexed');
is(scalar($t->backend_requests()), 0, 'hold reaches no backend');

# reject

$r = http_post('/c', $form, 'comment=lottery+7', 'Accept-Language' => 'en');
is(status($r), 403, 'reject');
like(body($r), qr/looks like a scam/, 'reject reason');

$r = http_post('/c', $form, 'comment=LOTTERY+7',
               'Accept' => '*/*;q=0.1, application/json');
is(json($r)->{reason}, 'scam', 'reject json');
is(scalar($t->backend_requests()), 0, 'reject reaches no backend');

# other fields are inspected too

is(status(http_post('/d', $form, 'comment=x&name=lottery+7')), 403,
   'field without a role');

# not submissions

is(status(http_get('/e?comment=lottery+7')), 200, 'get');
is(status(http_post('/f', $form, 'comment=lottery+7', -method => 'DELETE')),
   200, 'method not listed');
is(status(http_post('/off/', $form, 'comment=lottery+7')), 200, 'off');

# dry run

is(status(http_post('/dry', $form, 'comment=lottery+7')), 200, 'dry run');

$t->stop();

my $log = $t->read_file('moderate.log');

like($log, qr!^/a verdict=PASSED score=0\.0 rules=- id=[0-9a-f]{32} !m,
     'log pass');
like($log, qr! set=[0-9a-f]{16} time=0\.\d{6}$!m, 'log set and time');
like($log, qr!^/b verdict=HELD score=5\.0 rules=test\.hold !m, 'log hold');
like($log, qr!^/c verdict=REJECTED score=20\.0 rules=test\.reject !m,
     'log reject');
like($log, qr!^/dry verdict=REJECTED_DRY_RUN !m, 'log dry run');
like($log, qr!^/e verdict=- !m, 'log get');
unlike($t->error_log(), qr/lottery|pills/i, 'log has no text');

$t->done_testing();

###############################################################################
