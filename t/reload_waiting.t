#!/usr/bin/perl

# Copyright (C) the moderate authors

# Reload and quit while submissions wait for Redis: each gets its answer.

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
    moderate_redis_timeout  5s;
    moderate_rules          %%TESTDIR%%/rules.yaml;

    server {
        listen       127.0.0.1:8080;

        location / {
            moderate    on;
            proxy_pass  http://127.0.0.1:8081;
        }

        location = /status {
            stub_status;
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
    words: ["pills"]
    score: 5
    examples: { hit: ["pills"], miss: ["bills"] }

limits:
  - { id: rate.client, key: client, over: 1000, per: 10m, score: 5 }
EOF

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my (@old, @s, @answers);

sub start {
    my ($body) = @_;
    return http_start("POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                      . "Content-Type: $form\r\nContent-Length: "
                      . length($body) . "\r\n\r\n$body");
}

# so many are in the hands of nginx, beside the one that asks

sub waiting {
    my ($n) = @_;
    return wait_until(sub {
        my ($writing) = http_get('/status') =~ /Writing: (\d+)/;
        return $writing == $n + 1;
    });
}

sub gone {
    my %now = map { $_ => 1 } $t->workers();
    return !grep { $now{$_} } @old;
}

###############################################################################

# reload: the old worker answers those that wait, then it ends

is(status(http_post('/a', $form, 'text=hello')), 200, 'before');

@old = $t->workers();
$t->freeze_redis();
@s = map { start($_ % 2 ? 'text=pills' : 'text=hello') } 1 .. 10;
waiting(10);

ok($t->reload(), 'reload');
ok(!gone(), 'old worker waits with them');

$t->thaw_redis();
@answers = map { status(http_end($_)) } @s;
is(scalar(grep { $_ == 202 } @answers), 5, 'held by the old worker');
is(scalar(grep { $_ == 200 } @answers), 5, 'passed by the old worker');
is($t->redis('SCARD', 'm:{default}:s:pending'), 5, 'and stored');
ok(wait_until(\&gone), 'old worker ends');

# reload with nothing to do but idle connections

@old = $t->workers();
ok($t->reload(), 'reload idle');
ok(wait_until(\&gone), 'idle worker ends');

# reload in the middle of a body

@old = $t->workers();
@s = (http_start("POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                 . "Content-Type: $form\r\nContent-Length: 10\r\n\r\ntext="));
waiting(1);
ok($t->reload(), 'reload in a body');
print {$s[0]} 'pills';
is(status(http_end($s[0])), 202, 'body goes on');
ok(wait_until(\&gone), 'worker ends behind the body');

# Redis comes back during a reload

@old = $t->workers();
$t->kill_redis();
ok($t->reload(), 'reload without Redis');
is(status(http_post('/a', $form, 'text=hello')), 503, 'away');
$t->restart_redis();
ok(wait_until(sub { status(http_post('/a', $form, 'text=hello')) == 200 }),
   'back');
is($t->redis('SCARD', 'm:{default}:s:pending'), 6, 'nothing lost');
ok(wait_until(\&gone), 'worker without Redis ends');

# a worker that never gets its answer ends with a clear one

@old = $t->workers();
$t->freeze_redis();
@s = map { start('text=pills') } 1 .. 3;
waiting(3);
ok($t->reload(), 'reload frozen');
@answers = map { status(http_end($_)) } @s;
is("@answers", '503 503 503', 'not answered by Redis');
ok(wait_until(\&gone), 'worker ends behind a frozen Redis');
$t->thaw_redis();

# quit, once the new worker, which began without Redis, has found it

ok(wait_until(sub { status(http_post('/a', $form, 'text=hello')) == 200 }),
   'back again');
$t->freeze_redis();
@s = map { start('text=hello') } 1 .. 3;
waiting(3);
kill 'QUIT', $t->{pid};
$t->thaw_redis();
@answers = map { status(http_end($_)) } @s;
is("@answers", '200 200 200', 'quit answers them');

$t->stop();

unlike($t->error_log(), qr/open socket/, 'no open sockets');

$t->done_testing();

###############################################################################
