#!/usr/bin/perl

# Copyright (C) the moderate authors

# Counters in Redis: buckets, how long they live, names that name nobody.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

# a window whose middle is now: no bucket ends while this test runs

my $per = 7200;
$per++ while time % $per < 0.45 * $per || time % $per > 0.55 * $per;

my $conf = <<'EOF';
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    REDIS;
    moderate_redis_timeout  8s;
    moderate_site           portal;
    moderate_field          text comment;
    moderate_key            account $http_x_account;
    moderate_rules          %%TESTDIR%%/rules.yaml;

    set_real_ip_from  127.0.0.1;
    real_ip_header    X-Client;

    server {
        listen  127.0.0.1:8080;

        location / {
            moderate    on;
            proxy_pass  http://127.0.0.1:8081;
        }
    }
}
EOF

$t->write_file_expand('nginx.conf', $conf =~ s/REDIS/
    moderate_redis          unix:%%TESTDIR%%\/redis.sock/r);

$t->write_file_expand('secret.conf', $conf =~ s/REDIS/
    moderate_redis        unix:%%TESTDIR%%\/redis.sock;
    moderate_secret_file  %%TESTDIR%%\/secret/r);

$t->write_file_expand('apart.conf', $conf =~ s/REDIS/
    moderate_redis  counters unix:%%TESTDIR%%\/counters.sock user=counter
                    password_file=%%TESTDIR%%\/password db=3;
    moderate_redis  queue unix:%%TESTDIR%%\/redis.sock/r);

$t->write_file('rules.yaml', <<"EOF");
version: 1

rules:
  - id: test.hold
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }

limits:
  - { id: client, key: client, over: 100, per: ${per}s, score: 5 }
  - { id: account, key: account, over: 100, per: ${per}s, score: 5 }
  - { id: same, key: fingerprint, over: 100, per: ${per}s, score: 5 }
  - { id: held, key: client, of: held, over: 100, per: ${per}s, score: 5 }
EOF

$t->write_file('secret', 's' x 32);
$t->write_file('password', "swordfish\nnot this line\n");

$t->run_redis()->run_redis(name => 'counters')->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my (@keys, $left);

###############################################################################

# a bucket is kept until the window has passed it

is(post('10.0.0.1', 'hello'), 200, 'counted');
is(post('10.0.0.1', 'pills'), 202, 'counted and held');
is(post('10.0.0.1', 'world', 'X-Account' => 'an'), 200, 'counted by account');

ok(wait_until(sub { counted('held') }), 'outcome counted');
is(scalar(counted('client')), 1, 'client');
is(scalar(counted('account')), 1, 'account');
is(scalar(counted('same')), 3, 'fingerprints');

for my $key (counted('*')) {
    my ($limit) = $key =~ /c:(\w+):/;
    my $ttl = $t->redis('TTL', $key);

    like($key, qr/^m:\{portal\}:c:$limit:[0-9a-f]{32}:\d+$/, "key of $limit");
    ok($ttl > $per && $ttl <= 2 * $per, "time to live of $limit");
}

# the window slides: what it still covers of the bucket before counts

($keys[0]) = counted('client');
$left = ($per - time % $per) / $per;

is(before($keys[0], 80 / $left), 200, 'most of the last bucket is past');
is(before($keys[0], 120 / $left), 202, 'part of the last bucket counts');
is(before($keys[0], 2 ** 62), 202, 'as many as can be');

$t->redis('DEL', previous($keys[0]));
is(post('10.0.0.1', 'hello'), 200, 'no bucket before');

# what is no count is not taken for one

for my $value ('many', -5, '99999999999999999999', '') {
    $t->redis('SET', previous($keys[0]), $value);
    is(post('10.0.0.1', 'hello'), 202, "not a count: \"$value\"");
}

$t->redis('DEL', previous($keys[0]));
$t->redis('LPUSH', previous($keys[0]), 'x');
is(post('10.0.0.1', 'hello'), 202, 'not a string');
like($t->redis('HGET', 'm:{portal}:h:' . newest(), 'hits'),
     qr/engine\.counters/, 'held for a person, and why');
$t->redis('DEL', previous($keys[0]));

# the secret is as old as nginx

@keys = counted('client');

ok($t->reload(), 'reload');
is(post('10.0.0.1', 'hello'), 200, 'after reload');
is_deeply([ counted('client') ], \@keys, 'same key after reload');

$t->stop()->run();
is(post('10.0.0.1', 'hello'), 200, 'after restart');
is(scalar(counted('client')), 2, 'another key after restart');

# or it is in a file

for (1 .. 2) {
    $t->stop()->run('secret.conf');
    is(post('10.0.0.2', 'hello'), 200, "with a secret file $_");
}

@keys = counted('client');
is(scalar @keys, 3, 'one key with a secret file');
is(join(' ', grep { $_ == 2 } map { $t->redis('GET', $_) } @keys), 2,
   'counted twice');

# nobody is named

is_deeply([ grep { /10\.0\.0|127\.0\.0|an\b|hello|pills/ } counted('*') ], [],
          'names without names');

# counters apart: with a user who may only count, and in a database

$t->redis_at('counters', 'ACL', 'SETUSER', 'counter', 'on', '>swordfish',
             '~m:{*', '+multi', '+exec', '+get', '+incr', '+expire',
             '+select');

$t->stop();
$t->redis('FLUSHALL');
$t->run('apart.conf');

is(post('10.0.0.1', 'hello'), 200, 'counters apart');
is(post('10.0.0.1', 'pills'), 202, 'queue apart');
is(scalar(counted('*')), 0, 'no counters in the queue');
is($t->redis('ZCARD', 'm:{portal}:index'), 1, 'one held in the queue');

ok(wait_until(sub {
    $t->redis_at('counters', 'INFO', 'keyspace') =~ /^db3:keys=4,/m
}), 'counters in a database');

like($t->redis_at('counters', 'CLIENT', 'LIST'),
     qr/ db=3 .* user=counter\b/, 'counters by a user');
unlike($t->error_log(), qr/swordfish/, 'password not logged');

$t->done_testing();

###############################################################################

sub post {
    my ($client, $text, @more) = @_;
    return status(http_post('/', $form, "comment=$text",
                            'X-Client' => $client, @more));
}


sub counted {
    my ($limit) = @_;
    my @names = sort @{$t->redis('KEYS', "m:{portal}:c:$limit:*")};
    return @names;
}


sub newest {
    return $t->redis('ZREVRANGE', 'm:{portal}:index', 0, 0)->[0];
}


sub previous {
    my ($key) = @_;
    return $key =~ s/(\d+)$/$1 - 1/er;
}


# Sets the count of the bucket before this one; returns a submission's code.

sub before {
    my ($key, $count) = @_;

    $t->redis('SET', previous($key), sprintf '%d', $count);
    return post('10.0.0.1', 'hello');
}

###############################################################################
