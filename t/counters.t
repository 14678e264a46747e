#!/usr/bin/perl

# Copyright (C) the moderate authors

# Limits: what is counted, and what a count is worth.

###############################################################################

use warnings;
use strict;

use IO::Socket::UNIX;
use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

# a window whose middle is now: none ends while this test runs

my $per = 7200;
$per++ while time % $per < 0.45 * $per || time % $per > 0.55 * $per;

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis          unix:%%TESTDIR%%/redis.sock;
    moderate_redis_timeout  8s;
    moderate_site           portal;
    moderate_field          text comment;
    moderate_rules          %%TESTDIR%%/client.yaml;

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

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my ($r, @keys);

###############################################################################

# by client

is(post('/', '10.0.0.1'), '200 200 202', 'over the limit');
is(post('/', '10.0.0.2'), '200 200 202', 'another client');
is(post('/', '10.0.0.1', -port => 8082), '202 202 202', 'servers of a site');
is(post('/', '10.0.0.1', -port => 8083), '200 200 202', 'another site');

is(scalar(@keys = counted('portal', 'client')), 2, 'one key for a client');
is(join(' ', sort map { $t->redis('GET', $_) } @keys), '3 6', 'all counted');

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
    my @names = sort @{$t->redis('KEYS', "m:{$site}:c:$limit:*")};
    return @names;
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
