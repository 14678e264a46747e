#!/usr/bin/perl

# Copyright (C) the moderate authors

# Limits: what is counted, under which key, and what a count is worth.

###############################################################################

use warnings;
use strict;

use IO::Socket::UNIX;
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
    moderate_site   portal;
    moderate_field  text comment;
    moderate_rules  %%TESTDIR%%/client.yaml;

    set_real_ip_from  127.0.0.1;
    real_ip_header    X-Client;

    server {
        listen    127.0.0.1:8080;
        moderate  on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /sum {
            moderate_rules  %%TESTDIR%%/sum.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /account {
            moderate_rules  %%TESTDIR%%/account.yaml;
            moderate_key    account $http_x_account;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /same {
            moderate_rules  %%TESTDIR%%/same.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /strikes {
            moderate_rules  %%TESTDIR%%/strikes.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /shadow {
            moderate_rules  %%TESTDIR%%/shadow.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /window {
            moderate_rules  %%TESTDIR%%/window.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }
    }

    server {
        listen    127.0.0.1:8082;
        moderate  on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }
    }

    server {
        listen         127.0.0.1:8083;
        moderate       on;
        moderate_site  other;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }
    }
}
EOF

my $redis = 'moderate_redis  unix:%%TESTDIR%%/redis.sock';
my $password = 'password_file=%%TESTDIR%%/password db=3';

$t->write_file_expand('nginx.conf', $conf =~ s/REDIS/$redis/r);
$t->write_file_expand('secret.conf', $conf =~ s/REDIS/$redis;
    moderate_secret_file  %%TESTDIR%%\/secret/r);
$t->write_file_expand('apart.conf', $conf =~ s/REDIS/
    moderate_redis  counters unix:%%TESTDIR%%\/counters.sock
                    user=counter $password;
    moderate_redis  queue unix:%%TESTDIR%%\/redis.sock/r);

limits('client', "{ id: client, key: client, over: 2, per: ${per}s,"
               . ' score: 5 }');
limits('sum', map { "{ id: sum.$_->[0], key: client, over: $_->[0],"
                  . " per: ${per}s, score: $_->[1], retry_after: true }" }
                  [ 1, 2 ], [ 2, 3 ], [ 3, 10 ]);
limits('account', "{ id: account, key: account, over: 1, per: ${per}s,"
                . ' score: 5 }');
limits('same', "{ id: same, key: fingerprint, over: 1, per: ${per}s,"
             . ' score: 5 }');
limits('strikes', "{ id: strikes, key: client, of: held+rejected, over: 2,"
                . " per: ${per}s, score: 15 }",
                  "{ id: rejected, key: client, of: rejected, over: 0,"
                . " per: ${per}s, score: 0.1 }");
limits('shadow', "{ id: shadow, key: client, over: 0, per: ${per}s,"
               . ' score: 20, mode: shadow }');
limits('window', "{ id: window, key: client, over: 100, per: ${per}s,"
               . ' score: 5 }');

$t->write_file('secret', 's' x 32);
$t->write_file('password', "swordfish\nnot this line\n");

$t->run_redis()->run_redis(name => 'counters')->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my ($r, $key, @keys);

###############################################################################

# by client

is(post('/', '10.0.0.1'), '200 200 202', 'over the limit');
is(post('/', '10.0.0.2'), '200 200 202', 'another client');
is(post('/', '10.0.0.1', -port => 8082), '202 202 202', 'servers of a site');
is(post('/', '10.0.0.1', -port => 8083), '200 200 202', 'another site');

is(scalar(@keys = counted('portal', 'client')), 2, 'one key for a client');
is(join(' ', sort map { $t->redis('GET', $_) } @keys), '3 6', 'all counted');
cmp_ok($t->redis('TTL', $keys[0]), '>', $per, 'kept for the next window');
cmp_ok($t->redis('TTL', $keys[0]), '<=', 2 * $per, 'and no longer');
like($keys[0], qr/^m:\{portal\}:c:client:[0-9a-f]{32}:\d+$/, 'key');

# scores add up

is(post('/sum', '10.0.1.1'), '200 200 202', 'sum holds');

$r = http_post('/sum', $form, 'comment=1', 'X-Client' => '10.0.1.1');
is(status($r), 403, 'sum rejects');
is(header($r, 'Retry-After'), $per, 'retry after');

# all in one round trip: Redis reads once for each of three submissions, and
# once for the question

ok(wait_until(sub {
    my $before = reads();
    post('/sum', '10.0.1.1');
    return reads() - $before == 4;
}), 'one round trip for three limits');

# by another key, and by none

my @an = ('X-Account' => 'an');

is(post('/account', '10.0.2.1', @an), '200 202 202', 'account');
is(post('/account', '10.0.2.2', @an), '202 202 202', 'account elsewhere');
is(scalar(counted('portal', 'account')), 1, 'one key for an account');
is(post('/account', '10.0.2.1'), '200 200 200', 'no account');
is(post('/account', '10.0.2.1', 'X-Account' => ''), '200 200 200',
   'empty account');
is(scalar(counted('portal', 'account')), 1, 'no key for no account');

# the same text

is(same("Vay ti\xe1\xbb\x81n nhanh"), 200, 'new text');
is(same("VAY  TI\xe1\xbb\x80N, nhanh!"), 202, 'in another case');
is(same("vay tie\xcc\x82\xcc\x80n nhanh"), 202, 'decomposed');
is(same("v a y tien nhanh"), 202, 'without accents');
is(same("vay ti\xe1\xbb\x81n ngay"), 200, 'another text');
is(same('...'), 200, 'no text');
is(same('...'), 200, 'no text is not counted');
is(scalar(counted('portal', 'same')), 2, 'one key for a text');

# by outcome

is(post('/strikes', '10.0.3.1'), '200 200 200', 'passed is no strike');
is(status(http_post('/strikes', $form, "comment=$_",
                    'X-Client' => '10.0.3.1')), $_ eq 'pills' ? 202 : 403,
   "strike of $_") for 'pills', 'pills', 'lottery';
ok(wait_until(sub {
    grep { $t->redis('GET', $_) == 3 } counted('portal', 'strikes')
}), 'strikes counted');
is(post('/strikes', '10.0.3.1'), '403 403 403', 'three strikes');
is(post('/strikes', '10.0.3.2'), '200 200 200', 'not for others');
cmp_ok($t->redis('TTL', (counted('portal', 'strikes'))[0]), '>', 0,
       'strikes end');
is($t->redis('GET', (counted('portal', 'rejected'))[0]), 4, 'only rejected');

# shadow

is(post('/shadow', '10.0.4.1'), '200 200 200', 'shadow');
is($t->redis('GET', (counted('portal', 'shadow'))[0]), 3, 'shadow counted');

# the window slides: what is left of the one before counts

is(post('/window', '10.0.5.1'), '200 200 200', 'window');
($key) = counted('portal', 'window');

my $left = ($per - time % $per) / $per;

is(before($key, 80 / $left), 200, 'most of the last bucket is past');
is(before($key, 120 / $left), 202, 'part of the last bucket');
is(before($key, 1e15), 202, 'huge bucket');
$t->redis('LPUSH', previous($key), 'x') if $t->redis('DEL', previous($key));
is(before($key), 202, 'bucket of another type');
like((held())[0] || '', qr/engine\.counters/, 'then counters have failed');
$t->redis('DEL', previous($key));

# the secret is kept

($key) = counted('portal', 'shadow');
ok($t->reload(), 'reload');
is(post('/shadow', '10.0.4.1'), '200 200 200', 'shadow after reload');
is_deeply([ counted('portal', 'shadow') ], [ $key ], 'same key after reload');

$t->stop()->run();
is(post('/shadow', '10.0.4.1'), '200 200 200', 'shadow after restart');
is(scalar(counted('portal', 'shadow')), 2, 'another key after restart');

$t->redis('DEL', counted('portal', 'shadow'));

for (1 .. 2) {
    $t->stop()->run('secret.conf');
    is(post('/shadow', '10.0.4.1'), '200 200 200', "secret file $_");
}

($key, @keys) = counted('portal', 'shadow');
is($t->redis('GET', $key), 6, 'same key with a secret file');
is(scalar @keys, 0, 'and no other');

# nobody is named

is_deeply([ grep { /10\.0\.\d|127\.0\.0\.1|:an\b|vay/ }
            @{$t->redis('KEYS', 'm:*:c:*')} ], [], 'keys without names');

# counters apart, with a password, in a database

$t->redis_at('counters', 'ACL', 'SETUSER', 'counter', 'on', '>swordfish',
             '~m:{*', '+multi', '+exec', '+get', '+incr', '+expire',
             '+select');

$t->stop()->run('apart.conf');
$t->redis('FLUSHALL');

is(post('/', '10.0.0.1'), '200 200 202', 'counters apart');
is(scalar(held()), 1, 'queue apart');
is(scalar(@{$t->redis('KEYS', 'm:*:c:*')}), 0, 'no counters in the queue');
like($t->redis_at('counters', 'INFO', 'keyspace'), qr/\bdb3:keys=1,/, 'db');
like($t->redis_at('counters', 'CLIENT', 'LIST'), qr/\buser=counter\b/, 'user');
unlike($t->error_log(), qr/swordfish/, 'password not logged');

$t->done_testing();

###############################################################################

sub limits {
    my ($name, @limits) = @_;

    $t->write_file("$name.yaml", <<'END' . join '', map { "  - $_\n" } @limits);
version: 1

thresholds: { hold: 5, reject: 15 }

rules:
  - { id: hold, category: advertising, words: [pills], score: 5,
      examples: { hit: [pills], miss: [bills] } }
  - { id: reject, category: scam, words: [lottery], score: 20,
      examples: { hit: [lottery], miss: [lots] } }

limits:
END
}


# Returns the codes of three submissions, each with another text.

sub post {
    my ($uri, $client, @more) = @_;

    return join ' ', map {
        status(http_post($uri, $form, "comment=$_", 'X-Client' => $client,
                         @more))
    } 'one', 'two', 'three';
}


sub same {
    my ($text) = @_;
    return status(http_post('/same', $form, "comment=$text"));
}


sub counted {
    my ($site, $limit) = @_;
    return sort @{$t->redis('KEYS', "m:{$site}:c:$limit:*")};
}


sub held {
    return map { $t->redis('HGET', "m:{portal}:h:$_", 'hits') }
               @{$t->redis('ZREVRANGE', 'm:{portal}:index', 0, -1)};
}


sub previous {
    my ($key) = @_;
    return $key =~ s/(\d+)$/$1 - 1/er;
}


# Sets the count of the bucket before this one; returns a submission's code.

sub before {
    my ($key, $count) = @_;

    $t->redis('SET', previous($key), int $count) if defined $count;
    return status(http_post('/window', $form, 'comment=x',
                            'X-Client' => '10.0.5.1'));
}


# Returns how often Redis has read from any client.

my $info;

sub reads {
    $info ||= IO::Socket::UNIX->new(Peer => $t->testdir() . '/redis.sock');
    $info->autoflush(1);
    print $info "INFO stats\r\n";

    my ($n) = Test::Moderate::Redis::read_reply($info)
        =~ /^total_reads_processed:(\d+)/m;
    return $n;
}

###############################################################################
