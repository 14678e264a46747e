#!/usr/bin/perl

# Copyright (C) the moderate authors

# Reload after reload while submissions come without a pause, and Redis goes
# and comes: everybody gets an answer, and what has a receipt is held.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new(workers => 2);

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis          unix:%%TESTDIR%%/redis.sock;
    moderate_redis_timeout  5s;
    moderate_site           portal;
    moderate_field          text comment;
    moderate_rules          %%TESTDIR%%/rules.yaml;

    server {
        listen       127.0.0.1:8080;

        location / {
            moderate    on;
            proxy_pass  http://127.0.0.1:8081;
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

limits:
  - { id: rate, key: client, over: 1000000, per: 1h, score: 5 }
EOF

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my (@first, @idle, @lines, @receipts);

###############################################################################

# connections that wait for their next request, too

@idle = map {
    http_start("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
} 1 .. 5;
sysread $_, my $answer, 10000 for @idle;

@first = $t->workers();

$t->run_daemon(\&collect, $_) for 1 .. 3;
ok(wait_until(sub { lines() > 30 }), 'they come');

for (1 .. 4) {
    ok($t->reload(), "reload $_");
    more("after reload $_");
}

ok(wait_until(sub { 2 == (() = $t->workers()) }), 'old workers are gone');
is(scalar(grep { my $pid = $_; grep { $_ == $pid } @first } $t->workers()), 0,
   'the first ones are');
is(scalar(grep { !/^200$|^202 [0-9a-f]{32}$/ } lines()), 0,
   'nobody noticed') or diag(join "\n", lines());

# Redis goes and comes, and reloads in between

for (1 .. 3) {
    $t->kill_redis();
    ok($t->reload(), "reload without Redis $_");
    $t->restart_redis();
    ok($t->reload(), "reload with Redis $_");
    ok(wait_until(sub { status(http_post('/', $form, 'comment=hello')) == 200
                        && status(http_post('/', $form, 'comment=x')) == 200
                      }), "back $_");
}

more('after all');
$t->write_file('end', '');
ok(wait_until(sub { 3 == grep { /end/ } lines() }), 'they end');

@lines = grep { !/end/ } lines();
@receipts = map { /^202 (\w+)/ ? $1 : () } @lines;

is(scalar(grep { !/^200$|^202 [0-9a-f]{32}$|^503$/ } @lines), 0,
   'everybody has an answer') or diag(join "\n", @lines);
cmp_ok(scalar @receipts, '>', 0, 'receipts');
is(scalar(grep { !$t->redis('SISMEMBER', 'm:{portal}:s:pending', $_) }
               @receipts), 0, 'what has a receipt is held');
is(scalar(grep { ($t->redis('HGET', "m:{portal}:h:$_", 'body') || '')
                 ne 'comment=pills' } @receipts), 0, 'and whole');

ok(wait_until(sub { 2 == (() = $t->workers()) }), 'no worker is left');
close $_ for @idle;

$t->stop();

unlike($t->error_log(), qr/open socket/, 'no open sockets');

$t->done_testing();

###############################################################################

sub more {
    my ($name) = @_;
    my $n = lines();
    ok(wait_until(sub { lines() > $n + 10 }), "more $name");
}


# What the clients were told, one line each.

sub lines {
    my @lines = map { split /\n/, $t->read_file("daemon$_.out") || '' } 1 .. 3;
    return @lines;
}


sub collect {
    my $n = shift;

    $| = 1;

    while (!defined $t->read_file('end')) {
        my $r = http_post('/', $form,
                          'comment=' . ($n++ % 2 ? 'pills' : 'hello'),
                          'Accept' => 'application/json');

        # in one write: a line is there or not

        print status($r) . (status($r) == 202 ? ' ' . json($r)->{receipt} : '')
              . "\n";
    }

    print "end\n";
}

###############################################################################
