#!/usr/bin/perl

# Copyright (C) the moderate authors

# What is approved reaches the backend as it was sent: method, URI, headers,
# body and address; once; and what became of it is known.

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

    log_format  api  '$remote_addr $request_method $uri $status $moderate_id';

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;

    proxy_set_header  Host $http_host;
    proxy_set_header  X-Real-IP $remote_addr;
    proxy_set_header  X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header  X-Method $request_method;
    proxy_read_timeout  500ms;

    set_real_ip_from  127.0.0.1;
    real_ip_header    X-Client;

    limit_req_zone  $binary_remote_addr zone=one:1m rate=1r/m;

    server {
        listen       127.0.0.1:8080;
        server_name  portal.example;

        location / {
            moderate    on;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /keep/ {
            moderate              on;
            moderate_replay_keep  Cookie $kept;
            moderate_replay_set_header  X-Moderated "by $http_host";
            auth_request          /auth;
            auth_request_set      $kept $http_x_login;
            proxy_set_header      X-Kept $kept;
            proxy_set_header      X-Moderated $http_x_moderated;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /rewritten/ {
            moderate    on;
            rewrite     ^/rewritten/(.*)$ /new/$1?r=1 break;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /limited/ {
            moderate    on;
            limit_req   zone=one;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /strict/ {
            moderate            on;
            moderate_replay_ok  201 3xx;
            proxy_pass          http://127.0.0.1:8081/;
        }

        location /refused/ {
            moderate    on;
            proxy_pass  http://127.0.0.1:8089;
        }

        location /error/ {
            moderate    on;
            proxy_pass  http://127.0.0.1:8089;
            error_page  502 =200 /sorry;
        }

        location = /auth {
            internal;
            return  204;
        }

        location = /sorry {
            return  200 "sorry";
        }

        location /mirrored/ {
            moderate    on;
            mirror      /mirror;
            proxy_pass  http://127.0.0.1:8081;
        }

        location = /mirror {
            internal;
            proxy_pass  http://127.0.0.1:8081/mirror;
        }

        location /tried/ {
            moderate   on;
            try_files  $uri @fallback;
        }

        location @fallback {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /unguarded/ {
            proxy_pass  http://127.0.0.1:8081;
        }
    }

    server {
        listen  127.0.0.1:8082 http2;
        listen  127.0.0.1:8083;

        access_log  %%TESTDIR%%/api.log  api;

        location /api/ {
            moderate_api  role=moderator user=lan;
        }
    }
}
EOF

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.hold
    category: advertising
    title: Held
    match: 'pills'
    view: raw
    score: 5
    examples: { hit: ["pills"], miss: ["bills"] }
EOF

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my ($r, $q, $id, @answers, @s);

sub held {
    my ($uri, $body, @more) = @_;
    $r = http_post($uri, $form, $body // 'comment=pills', 'Host' =>
                   'Portal.example:81', 'Accept' => 'application/json', @more);
    return json($r)->{receipt};
}

sub approve_request {
    my ($id, $version) = @_;
    return ("/api/held/$id/approve", 'application/json', '{}',
            'If-Match' => sprintf('"%d"', $version // 1));
}

sub approve {
    return http_post(approve_request(@_), -port => 8083);
}

sub last_request {
    my %q = %{($t->backend_requests())[-1]};
    $q{header} = { map { lc $_->[0] => $_->[1] } @{$q{headers}} };
    return \%q;
}

###############################################################################

# method, URI, headers, body, address

$id = held('/a%2Fb//c%20d?x=%26&y', "comment=pills&z=%00\0\r\n",
           'X-Client' => '192.0.2.7', 'User-Agent' => 'Firefox',
           'Accept-Language' => 'vi', 'Cookie' => 'session=1',
           'Authorization' => 'Basic eDp5', 'X-Login' => 'an',
           'Referer' => 'http://portal.example/', -method => 'PUT');
$r = approve($id);
is(json($r)->{state}, 'delivered', 'delivered');
is(json($r)->{replay}{status}, 200, 'status');

$q = last_request();
is($q->{method}, 'PUT', 'method');
is($q->{uri}, '/a%2Fb//c%20d?x=%26&y', 'uri');
is($q->{body}, "comment=pills&z=%00\0\r\n", 'body');
is($q->{header}{'host'}, 'Portal.example:81', 'host');
is($q->{header}{'content-type'}, $form, 'content type');
is($q->{header}{'content-length'}, 22, 'content length');
is($q->{header}{'user-agent'}, 'Firefox', 'user agent');
is($q->{header}{'accept-language'}, 'vi', 'accept language');
is($q->{header}{'referer'}, 'http://portal.example/', 'referer');
is($q->{header}{'x-real-ip'}, '192.0.2.7', 'address');
is($q->{header}{'x-forwarded-for'}, '192.0.2.7', 'forwarded for');
is($q->{header}{'x-method'}, 'PUT', 'method variable');
is($q->{header}{'cookie'}, undef, 'no cookie');
is($q->{header}{'authorization'}, undef, 'no authorization');
is($q->{header}{'accept'}, undef, 'no other header');

# what is named is kept

$id = held('/keep/', undef, 'Cookie' => 'session=1', 'X-Login' => 'an');
approve($id);
$q = last_request();
is($q->{header}{'cookie'}, 'session=1', 'cookie kept');
is($q->{header}{'x-kept'}, 'an', 'variable kept');
is($q->{header}{'x-moderated'}, 'by Portal.example:81', 'header added');
is($q->{header}{'content-type'}, $form, 'content type always');
is($q->{header}{'user-agent'}, undef, 'not named');

# configuration of today

approve(held('/rewritten/x?y'));
is(last_request()->{uri}, '/new/x?r=1&y', 'rewritten once');

held('/limited/', undef, 'X-Client' => '192.0.2.8');
$id = json($r)->{receipt};
approve($id);
is(last_request()->{uri}, '/limited/', 'not limited again');

approve(held('/tried/x'));
is(last_request()->{uri}, '/tried/x', 'named location');

$t->backend_forget();
$r = approve(held('/mirrored/x'));
is(json($r)->{state}, 'delivered', 'mirrored');
is_deeply([ map { $_->{uri} } $t->backend_requests() ], [ '/mirrored/x' ],
          'nginx mirrors no subrequest');

# statuses

for (201, 204, 303) {
    $r = json(approve(held("/status/$_")));
    is("$r->{state} $r->{replay}{status}", "delivered $_", "status $_");
}

for (400, 404, 413, 500, 503) {
    $r = json(approve(held("/status/$_")));
    is("$r->{state} $r->{replay}{status}", "failed $_", "status $_");
}

$r = json(approve(held('/strict/status/200')));
is("$r->{state} $r->{replay}{status}", 'failed 200', 'not an accepted code');
$r = json(approve(held('/strict/status/201')));
is("$r->{state} $r->{replay}{status}", 'delivered 201', 'accepted code');
$r = json(approve(held('/strict/status/302')));
is("$r->{state} $r->{replay}{status}", 'delivered 302', 'accepted class');

# a backend that cannot be reached has nothing; one that falls silent may have

$id = held('/refused/');
$r = json(approve($id));
is("$r->{state} $r->{replay}{status}", 'failed 502', 'refused');
$r = json(approve(held('/error/')));
is("$r->{state} $r->{replay}{status}", 'failed 502', 'error page');
$r = json(approve(held('/slow/2')));
is("$r->{state} $r->{replay}{status}", 'unknown 504', 'no answer in time');
$r = json(approve(held('/close')));
is("$r->{state} $r->{replay}{status}", 'unknown 502', 'closed');

# what failed can be approved again

$r = json(http_get("/api/held/$id", -port => 8083));
is_deeply([ map { "$_->{version} $_->{action}" } @{$r->{history}} ],
          [ '2 approve', '3 deliver', '4 failed' ], 'history');
is(json(approve($id, 4))->{state}, 'failed', 'again');

# large answers are swallowed

$r = approve(held('/large/3000000'));
is(json($r)->{state}, 'delivered', 'large answer');
unlike($r, qr/Set-Cookie/i, 'not the answer of the backend');

# a place that is not moderated any more

$id = held('/b');
$t->redis('HSET', "m:{default}:h:$id", 'uri', '/unguarded/b');
$t->backend_forget();
$r = json(approve($id));
is("$r->{state} $r->{replay}{status}", 'failed 403', 'not moderated');
$id = held('/b');
$t->redis('HSET', "m:{default}:h:$id", 'server', '0 gone.example');
is(json(approve($id))->{state}, 'failed', 'server gone');
$id = held('/b');
$t->redis('HSET', "m:{default}:h:$id", 'uri', 'http:nothing');
is(json(approve($id))->{state}, 'failed', 'no uri');
$id = held('/b');
$t->redis('HSET', "m:{default}:h:$id", 'headers', "X: a\rY: b\n");
is(json(approve($id))->{state}, 'failed', 'no header');
is(scalar($t->backend_requests()), 0, 'none of these is delivered');

# all at once, once

$id = held('/slow/0.2');
$t->backend_forget();

for (1 .. 8) {
    push @s, http_start(join("\r\n", "POST /api/held/$id/approve HTTP/1.1",
        'Host: x', 'Connection: close', 'If-Match: "1"', 'Content-Length: 0')
        . "\r\n\r\n", port => 8083);
}

@answers = map { http_end($_) } @s;
is(scalar(grep { status($_) == 200 } @answers), 1, 'one approval');
is(scalar(grep { status($_) == 409 } @answers), 7, 'seven conflicts');
like((grep { status($_) == 409 } @answers)[0], qr/"by":"lan"/, 'who was first');
is(scalar($t->backend_requests()), 1, 'one delivery');

# a moderator who leaves

$id = held('/slow/0.3');
http_abort(http_start(join("\r\n", "POST /api/held/$id/approve HTTP/1.1",
    'Host: x', 'If-Match: "1"', 'Content-Length: 0') . "\r\n\r\n",
    port => 8083));
ok(wait_until(sub {
    $t->redis('SISMEMBER', 'm:{default}:s:delivered', $id)
}), 'delivered without the moderator');

# moderators over HTTP/2

$id = held('/c');
$r = h2('POST', "/api/held/$id/approve", 'application/json', '{}',
        port => 8082, headers => [ 'If-Match', '"1"' ]);
is(json($r)->{state}, 'delivered', 'http2');

$t->stop();

$r = $t->read_file('api.log');
like($r, qr!^127\.0\.0\.1 POST /api/held/\w+/approve 200 -$!m,
     'log of the moderator');
unlike($r, qr/192\.0\.2/, 'not of the poster');

$t->done_testing();

###############################################################################
