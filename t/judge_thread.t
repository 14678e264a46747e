#!/usr/bin/perl

# Copyright (C) the moderate authors

# What takes time to be judged is judged in a thread: meanwhile the worker
# answers others, clients may leave, nginx may be reloaded or stopped, and the
# verdict is the one that it would be without threads.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;
use Time::HiRes qw/ time /;

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

thread_pool  judges  threads=2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    log_format  verdict  '$uri $status $moderate_verdict $moderate_rules';
    access_log  %%TESTDIR%%/verdict.log  verdict;

    moderate_redis          unix:%%TESTDIR%%/redis.sock;
    moderate_redis_timeout  60s;
    moderate_thread_pool    judges;
    moderate_thread_size    16k;
    moderate_site           portal;
    client_max_body_size    2m;
    moderate_field          text a*;

    add_header  X-Verdict  $moderate_verdict  always;
    add_header  X-Rules    $moderate_rules    always;

    server {
        listen          127.0.0.1:8080;
        listen          127.0.0.1:8082 http2;
        moderate        on;
        moderate_rules  %%TESTDIR%%/rules.yaml;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /all {
            moderate_thread_size  0;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /off {
            moderate_thread_size  off;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /steady {
            moderate_rules  %%TESTDIR%%/steady.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /steady/off {
            moderate_thread_size  off;
            moderate_rules        %%TESTDIR%%/steady.yaml;
            proxy_pass            http://127.0.0.1:8081;
        }

        location = /status {
            moderate  off;
            stub_status;
        }
    }
}
EOF

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.hold
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }

  - id: test.reject
    category: scam
    words: [winner]
    score: 20
    examples: { hit: [winner], miss: [dinner] }

limits:
  - { id: rate, key: client, over: 1000000, per: 1h, score: 5 }
EOF

# each costs time in each field, and none runs out of its own limits there, or
# takes most of the time

my $steady = join '', map { <<"EOF" }
  - id: test.steady-$_
    category: advertising
    match: '(?<=x)(?:x*+)[yz]{1,$_}'
    score: 5
    examples: { hit: [xz], miss: [x] }

EOF
    10 .. 49;

$t->write_file('steady.yaml', "version: 1\n\nrules:\n$steady");

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $pad = 'lorem ipsum ' x 4000;
my ($s, @s, $worker, $open, $start, $pid);

# fields of which each takes some milliseconds, behind "a1="

sub steady {
    my ($n) = @_;
    return join '&', 'x' x 3000, map { "a$_=" . 'x' x 3000 } 2 .. $n;
}

###############################################################################

# the same verdict

for my $uri (qw! / /all /off !) {
    for my $text ('hello', "hello $pad") {
        is(post($uri, $text), '200 PASSED', "$uri: passed");
        is(post($uri, "$text pills"), '202 HELD test.hold', "$uri: held");
        is(post($uri, "$text winner pills"),
           '403 REJECTED test.hold,test.reject', "$uri: rejected");
    }

    is(status(http_post($uri, $form, '')), 200, "$uri: nothing");
    is(verdict(http_post($uri, 'a/b', 'x' x 20000)),
       '202 HELD engine.unreadable', "$uri: unreadable");
    is(verdict(http_post($uri, $form, 'a=' . 'x' x 1048575)),
       '413 REJECTED engine.unreadable', "$uri: too large to inspect");
    is(verdict(http_chunked($uri, $form, [ 'a=', $pad, 'winner' ])),
       '403 REJECTED test.reject', "$uri: chunked");
    is(verdict(h2('POST', $uri, $form, "a=$pad+winner", port => 8082)),
       '403 REJECTED test.reject', "$uri: HTTP/2");
}

# on a connection that stays

$s = http_start(request('/all', "hello $pad", 'keep-alive')
                . request('/all', 'hello', 'keep-alive')
                . request('/all', "winner $pad", 'close'));
is(join(' ', http_end($s) =~ m!^HTTP/1\.1 (\d+)!mg), '200 200 403',
   'pipelined, one after the other');

# others are served meanwhile

($worker) = $t->workers();
ok(wait_until(sub { active() == 1 }), 'one connection');
$open = files();

is(post('/steady', steady(8)), '202 HELD engine.budget',
   'out of time: held');
is(post('/steady/off', steady(8)), '202 HELD engine.budget',
   'the same without a thread');

for my $n (8, 1) {
    @s = map { http_start(request('/steady', steady($n))) } 1 .. 4;
    $start = time;
    is(status(http_get('/status')), 200, "$n fields: others are answered");
    ok(time - $start < 0.2, "$n fields: at once");
    like(verdict(http_end($_)), qr/^20[02] (?:PASSED|HELD)/,
         "$n fields: judged") for @s;
}

# clients leave

for my $how (sub { close $_[0] }, \&http_abort, sub { shutdown $_[0], 1 }) {
    @s = map { http_start(request('/steady', steady(8))) } 1 .. 5;
    ok(wait_until(sub { writing() == 6 }), 'judging');
    $how->($_) for @s;
    @s = ();
    ok(wait_until(sub { active() == 1 && files() == $open }, 20), 'left');
}

is(scalar(() = $t->read_file('verdict.log') =~ m!^/steady 499 !mg), 15,
   'each was logged');

h2('POST', '/steady', $form, 'a1=' . steady(8), port => 8082,
   delay => 0.001, frame => 16000, abort => 24000);
ok(wait_until(sub { active() == 1 && files() == $open }, 20), 'stream left');
is(post('/all', 'pills'), '202 HELD test.hold', 'and it goes on');
is(join(' ', $t->workers()), $worker, 'the same worker');

# a reload, and the end

@s = map { http_start(request('/steady', steady(8))) } 1 .. 6;
ok(wait_until(sub { writing() == 7 }), 'judging before a reload');
ok($t->reload(), 'reloaded');
is(status(http_end($_, 30)), 202, 'answered by the old worker') for @s;
ok(wait_until(sub { !grep { $_ == $worker } $t->workers() }), 'which is gone');

@s = map { http_start(request('/steady', steady(8))) } 1 .. 6;
ok(wait_until(sub { writing() == 7 }), 'judging before the end');
kill 'QUIT', $t->read_file('nginx.pid');
is(status(http_end($_, 30)), 202, 'answered before the end') for @s;
$t->stop();

$t->run();
@s = map { http_start(request('/steady', steady(8))) } 1 .. 6;
ok(wait_until(sub { writing() == 7 }), 'judging before a fast end');
kill 'TERM', $t->read_file('nginx.pid');
ok(wait_until(sub { !$t->workers() }), 'ended');
$t->stop();

$t->done_testing();

###############################################################################

sub request {
    my ($uri, $text, $connection) = @_;
    $connection ||= 'close';
    return "POST $uri HTTP/1.1\r\nHost: localhost\r\n"
           . "Connection: $connection\r\nAccept: application/json\r\n"
           . "Content-Type: $form\r\nContent-Length: "
           . (3 + length $text) . "\r\n\r\na1=$text";
}


sub verdict {
    my ($answer) = @_;
    return join ' ', grep { defined && length && $_ ne '-' }
        status($answer), header($answer, 'X-Verdict'),
        header($answer, 'X-Rules');
}


sub post { verdict(http(request(@_))) }
sub active { http_get('/status') =~ /Active connections: (\d+)/ && $1 }
sub writing { http_get('/status') =~ /Writing: (\d+)/ && $1 }
sub files { scalar(() = glob "/proc/$worker/fd/*") }

###############################################################################
