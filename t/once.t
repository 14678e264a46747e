#!/usr/bin/perl

# Copyright (C) the moderate authors

# A submission is counted once, wherever it is sent within nginx, and what is
# none is never: Redis' own figures tell.

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

    moderate_redis          unix:%%TESTDIR%%/redis.sock;
    moderate_redis_timeout  8s;
    moderate_rules          %%TESTDIR%%/rules.yaml;

    limit_req_zone  $uri zone=req:1m rate=1r/m;

    server {
        listen    127.0.0.1:8080;
        listen    127.0.0.1:8082 http2;
        moderate  on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /try/ {
            try_files  /none @portal;
        }

        location @portal {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /dead/ {
            error_page  502 504 = @portal;
            proxy_pass  http://127.0.0.1:8083;
        }

        location /status/ {
            proxy_intercept_errors  on;
            error_page              404 = @portal;
            proxy_pass              http://127.0.0.1:8081;
        }

        location /accel/ {
            proxy_pass  http://127.0.0.1:8084;
        }

        location /inside/ {
            internal;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /moved/ {
            rewrite  ^/moved/(.*) /$1 last;
        }

        location /mirror/ {
            mirror      /copy;
            proxy_pass  http://127.0.0.1:8081;
        }

        location = /copy {
            internal;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /request/ {
            auth_request  /allow;
            proxy_pass    http://127.0.0.1:8081;
        }

        location = /allow {
            internal;
            proxy_pass_request_body  off;
            proxy_set_header         Content-Length "";
            proxy_pass               http://127.0.0.1:8081;
        }

        location /basic/ {
            auth_basic            closed;
            auth_basic_user_file  %%TESTDIR%%/passwords;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /denied/ {
            auth_request  /deny;
            proxy_pass    http://127.0.0.1:8081;
        }

        location = /deny {
            internal;
            return  403;
        }

        location /any/ {
            satisfy       any;
            deny          all;
            auth_request  /deny;
            proxy_pass    http://127.0.0.1:8081;
        }

        location /limited/ {
            limit_req   zone=req;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /small/ {
            client_max_body_size  5;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /return/ {
            return  200;
        }

        location /off/ {
            moderate    off;
            proxy_pass  http://127.0.0.1:8081;

            location /off/on/ {
                moderate    on;
                proxy_pass  http://127.0.0.1:8081;
            }
        }

        location /if/ {
            if ($http_x_trusted) {
                moderate    off;
                proxy_pass  http://127.0.0.1:8081;
            }

            proxy_pass  http://127.0.0.1:8081;
        }

        location /to/off/ {
            rewrite  ^/to(/.*) $1 last;
        }

        location /dry/ {
            moderate_dry_run  on;
            try_files         /none @portal;
        }
    }

    server {
        listen  127.0.0.1:8084;

        location / {
            add_header  X-Accel-Redirect /inside/a;
            return      204;
        }
    }
}
EOF

$t->write_file('passwords', "lan:{PLAIN}secret\n");

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.reject
    category: scam
    words: [lottery]
    score: 20
    examples: { hit: [lottery], miss: [lots] }

limits:
  - { id: rate, key: client, over: 1000000, per: 1h, score: 5 }
EOF

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';

###############################################################################

# once

is(counted('/a'), '200 1', 'proxy_pass');
is(counted('/try/a'), '200 1', 'try_files');
is(counted('/dead/a'), '200 1', 'error_page of a dead backend');
is(counted('/status/404'), '404 1', 'error_page of a status');
is(counted('/accel/a'), '200 1', 'X-Accel-Redirect');
is(counted('/moved/a'), '200 1', 'rewrite');
is(counted('/mirror/a'), '200 1', 'mirror');
is(counted('/request/a'), '200 1', 'auth_request');
is(counted('/off/on/a'), '200 1', 'on within off');
is(counted('/if/a'), '200 1', 'if');
is(counted('/dry/a'), '200 1', 'dry run');
is(counted('/limited/a'), '200 1', 'limit_req');

# never

is(counted('/basic/a'), '401 0', 'auth_basic denied');
is(counted('/denied/a'), '403 0', 'auth_request denied');
is(counted('/any/a'), '403 0', 'satisfy any denied');
is(counted('/limited/a'), '503 0', 'limit_req denied');
is(counted('/small/a'), '413 0', 'client_max_body_size');
is(counted('/return/a'), '200 0', 'return');
is(counted('/off/a'), '200 0', 'off');
is(counted('/if/a', 'X-Trusted' => 'yes'), '200 0', 'off in if');
is(counted('/to/off/a'), '200 0', 'rewrite to off');
is(counted('/a', -method => 'GET'), '200 0', 'GET with a body');
is(counted('/a', -method => 'DELETE'), '200 0', 'method not listed');
is(counted('/inside/a'), '404 0', 'internal');

# nor is it waited for: the answer is there before the body

for my $uri ('/basic/', '/denied/', '/any/', '/limited/a', '/return/') {
    my $s = http_start("POST $uri HTTP/1.1\r\nHost: localhost\r\n"
                       . "Content-Type: $form\r\nContent-Length: 1000\r\n\r\n");
    my $answer = '';

    wait_until(sub { sysread $s, $answer, 1000 });
    ok(status($answer) != 0, "$uri does not wait for a body");
    close $s;
}

# over HTTP/2

is(counted_h2('/a'), '200 1', 'HTTP/2');
is(counted_h2('/try/a'), '200 1', 'HTTP/2 try_files');
is(counted_h2('/basic/a'), '401 0', 'HTTP/2 auth_basic denied');
is(counted_h2('/denied/a'), '403 0', 'HTTP/2 auth_request denied');
is(counted_h2('/small/a'), '413 0', 'HTTP/2 client_max_body_size');

# what is rejected goes nowhere

$t->backend_forget();

is(status(http_post($_, $form, 'comment=lottery')), 403, "$_ rejected")
    for qw! / /try/ /dead/ /status/404 /accel/ /moved/ /mirror/ /off/on/ !;
is(scalar(grep { $_->{body} ne '' } $t->backend_requests()), 0,
   'nothing of it was sent on');

$t->done_testing();

###############################################################################

# Returns the code of a submission and how often it was counted.

sub counted {
    my ($uri, @more) = @_;
    my $before = counts();
    my $status = status(http_post($uri, $form, 'comment=hello', @more));
    return "$status " . (counts() - $before);
}


sub counted_h2 {
    my ($uri) = @_;
    my $before = counts();
    my $status = status(h2('POST', $uri, $form, 'comment=hello',
                           port => 8082));
    return "$status " . (counts() - $before);
}


sub counts {
    my ($n) = $t->redis('INFO', 'commandstats') =~ /^cmdstat_incr:calls=(\d+)/m;
    return $n || 0;
}

###############################################################################
