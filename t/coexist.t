#!/usr/bin/perl

# Copyright (C) the moderate authors

# Beside other modules: what they refuse is never read, what is no submission
# is untouched, and only what passed goes on.

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

    log_format  moderate  '$uri $status $moderate_verdict';
    access_log  %%TESTDIR%%/moderate.log  moderate;

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;

    limit_req_zone   $binary_remote_addr zone=req:1m rate=1r/m;
    limit_conn_zone  $binary_remote_addr zone=conn:1m;

    moderate        on;

    server {
        listen       127.0.0.1:8080;
        listen       127.0.0.1:8082 http2;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /basic/ {
            auth_basic            "closed";
            auth_basic_user_file  %%TESTDIR%%/passwords;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /request/ {
            auth_request  /auth;
            proxy_pass    http://127.0.0.1:8081;
        }

        location = /auth {
            internal;
            if ($http_x_user = "") {
                return  401;
            }
            return  204;
        }

        location /any/ {
            satisfy               any;
            deny                  all;
            auth_basic            "closed";
            auth_basic_user_file  %%TESTDIR%%/passwords;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /any/open/ {
            satisfy               any;
            allow                 all;
            auth_basic            "closed";
            auth_basic_user_file  %%TESTDIR%%/passwords;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /deny/ {
            deny        all;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /limit_req/ {
            limit_req   zone=req;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /limit_conn/ {
            limit_conn  conn 1;
            proxy_pass  http://127.0.0.1:8081/slow/1?;
        }

        location /except/ {
            limit_except GET {
                deny  all;
            }
            proxy_pass  http://127.0.0.1:8081;
        }

        location /size/ {
            client_max_body_size  10;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /return/ {
            return  204;
        }

        location /off/ {
            moderate    off;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /mirror/ {
            mirror      /copy;
            proxy_pass  http://127.0.0.1:8081;
        }

        location = /copy {
            internal;
            proxy_pass  http://127.0.0.1:8081/copied$request_uri;
        }

        location /try/ {
            try_files  /nothing @try;
        }

        location @try {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /rewrite/ {
            rewrite  ^/rewrite/(.*) /moved/$1 last;
        }

        location /index/ {
            error_page  405 = @try;
            root        %%TESTDIR%%;
        }

        location /accel/ {
            proxy_pass  http://127.0.0.1:8083;
        }

        location /inside/ {
            internal;
            alias  %%TESTDIR%%/files/;
        }

        location /page/ {
            error_page  403 @page;
            proxy_pass  http://127.0.0.1:8081;
        }

        location @page {
            moderate    off;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /page/on/ {
            error_page  403 @page_on;
            proxy_pass  http://127.0.0.1:8081;
        }

        location @page_on {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /files/ {
            root  %%TESTDIR%%;
        }

        location /ssi/ {
            ssi   on;
            root  %%TESTDIR%%;
        }
    }

    server {
        listen    127.0.0.1:8083;
        moderate  off;

        location / {
            add_header  X-Accel-Redirect /inside/page.html;
            return      200;
        }
    }
}
EOF

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.reject
    title: Rejected
    category: scam
    words: ["lottery"]
    score: 15
    examples: { hit: ["lottery"], miss: ["bingo"] }
EOF

$t->write_file('passwords', "lan:{PLAIN}secret\n");
$t->make_dir('files');
$t->write_file('files/page.html', 'a page');
$t->make_dir('index');
$t->write_file("index/$_", 'static') for qw/ a b /;
$t->make_dir('ssi');
$t->write_file('ssi/page.html', '<!--#include virtual="/files/page.html" -->');

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $auth = 'Basic bGFuOnNlY3JldA==';
my $s;

sub post {
    my ($uri, @headers) = @_;
    return status(http_post($uri, $form, 'text=hello', @headers));
}

sub bad {
    my ($uri, @headers) = @_;
    return status(http_post($uri, $form, 'text=lottery', @headers));
}

sub reached {
    my @uris = map { "$_->{method} $_->{uri}" } $t->backend_requests();
    $t->backend_forget();
    return "@uris";
}

# a verdict in the log: it was read

sub verdict {
    my ($uri) = @_;
    my @lines = $t->read_file('moderate.log') =~ m!^\Q$uri\E \d+ (\S+)$!gm;
    return $lines[-1];
}

###############################################################################

# who is not let in is not read

is(bad('/basic/a'), 401, 'auth_basic');
is(bad('/basic/b', 'Authorization' => $auth), 403, 'auth_basic let in');
is(bad('/request/a'), 401, 'auth_request');
is(bad('/request/b', 'X-User' => 'lan'), 403, 'auth_request let in');
is(post('/request/c', 'X-User' => 'lan'), 200, 'auth_request passed');
is(bad('/any/a'), 401, 'satisfy any');
is(bad('/any/b', 'Authorization' => $auth), 403, 'satisfy any let in');
is(bad('/any/open/c'), 403, 'satisfy any does not override the verdict');
is(bad('/deny/a'), 403, 'deny');
is(bad('/except/a'), 403, 'limit_except');
is(post('/limit_req/a'), 200, 'limit_req first');
is(bad('/limit_req/b'), 503, 'limit_req');
is(bad('/size/a'), 413, 'client_max_body_size');
is(bad('/return/a'), 204, 'return');

$s = http_start("GET /limit_conn/a HTTP/1.1\r\nHost: x\r\n"
                . "Connection: close\r\n\r\n");
wait_until(sub { $t->backend_requests() >= 3 });
is(bad('/limit_conn/b'), 503, 'limit_conn');
like(http_end($s), qr/ 200 /, 'limit_conn first');

is(verdict($_), '-', "$_ not read") for qw! /basic/a /request/a /any/a /deny/a
    /except/a /limit_req/b /size/a /return/a /limit_conn/b !;
is(verdict($_), 'REJECTED', "$_ read") for qw! /basic/b /request/b /any/b
    /any/open/c !;

is(reached(), 'POST /request/c POST /limit_req/a GET /slow/1?a',
   'only these reach the backend');

# what is no submission

is(status(http_get('/a?text=lottery')), 200, 'get');
like(http("HEAD /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
     qr/ 200 /, 'head');
is(status(http_post('/c', $form, 'text=lottery', -method => 'GET')), 200,
   'get with a body');
is(bad('/off/a'), 200, 'off');
like(http_get('/files/page.html'), qr/a page/, 'static');
is(post('/files/page.html'), 405, 'static post');
like(http_get('/ssi/page.html'), qr/a page/, 'ssi');
is(reached(), 'GET /a?text=lottery HEAD /b GET /c POST /off/a', 'untouched');
is(verdict('/off/a'), '-', 'off not read');

# what passed goes on, and what did not does not

is(post('/mirror/a'), 200, 'mirror passed');
is(bad('/mirror/b'), 403, 'mirror rejected');
wait_until(sub { $t->backend_requests() >= 2 });
is(join(' ', sort split / /, reached()),
   '/copied/mirror/a /mirror/a POST POST', 'mirror gets what passed');

is(post('/try/a'), 200, 'try_files');
is(bad('/try/b'), 403, 'try_files rejected');
is(post('/rewrite/a'), 200, 'rewrite');
is(bad('/rewrite/b'), 403, 'rewrite rejected');
is(post('/index/a'), 200, 'error_page with a post');
is(bad('/index/b'), 403, 'error_page with a post, rejected');
is(reached(), 'POST /try/a POST /moved/a POST /index/a', 'internal redirects');

like(http_post('/accel/a', $form, 'text=hello'), qr/a page/, 'accel');
is(bad('/accel/b'), 403, 'accel rejected');

# a page for what is rejected

is(bad('/page/a'), 403, 'page of a backend');
is(($t->backend_requests())[0]{body}, '', 'without what was rejected');
reached();
is(bad('/page/on/a'), 403, 'page of a moderated place');
is(reached(), '', 'reaches no backend');

# over HTTP/2

is(status(h2('POST', '/h2/a', $form, 'text=hello', port => 8082)), 200,
   'http2');
is(status(h2('POST', '/basic/h2', $form, 'text=lottery', port => 8082)), 401,
   'http2 auth_basic');
is(verdict('/basic/h2'), '-', 'http2 not read');

$t->done_testing();

###############################################################################
