#!/usr/bin/perl

# Copyright (C) the moderate authors

# A Redis that wants a user and a password, and a database by its number.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

my $conf = <<'EOF';
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis          REDIS;
    moderate_redis_timeout  8s;
    moderate_site           portal;
    moderate_field          text comment;
    moderate_rules          %%TESTDIR%%/rules.yaml;

    server {
        listen  127.0.0.1:8080;

        location / {
            moderate    on;
            proxy_pass  http://127.0.0.1:8081;
        }
    }
}
EOF

for ([ 'nginx.conf',    'user=lan password_file=password' ],
     [ 'password.conf', 'password_file=password' ],
     [ 'database.conf', 'password_file=password db=5' ],
     [ 'absent.conf',   'password_file=password db=99' ],
     [ 'user.conf',     'user=lan' ],
     [ 'empty.conf',    'password_file=empty' ])
{
    my ($name, $more) = @$_;
    $t->write_file_expand($name, $conf =~
        s/REDIS/unix:%%TESTDIR%%\/redis.sock $more/r);
}

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.hold
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }

limits:
  - { id: rate, key: client, over: 1000, per: 1h, score: 5 }
EOF

$t->write_file('password', "swordfish\r\nnot this line\n");
$t->write_file('empty', "\n");

$t->allow_log(qr/\[emerg\].*password/);

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';

###############################################################################

# a user who is not known, and then is: back by itself

is(post('hello'), 503, 'unknown user');
ok(wait_until(sub { $t->error_log() =~ /refused: "WRONGPASS/ }), 'and why');
is(scalar(@{$t->redis('KEYS', '*')}), 0, 'nothing done as another user');

$t->redis('ACL', 'SETUSER', 'lan', 'on', '>swordfish', '~m:{*', '+@all');
ok(wait_until(sub { post('hello') == 200 }), 'known user');
is(post('pills'), 202, 'known user holds');

# a user who may not do all

$t->redis('ACL', 'SETUSER', 'lan', '-incr');
is(post('hello'), 202, 'may not count');
$t->redis('ACL', 'SETUSER', 'lan', '-xadd');
is(post('hello'), 503, 'may not store');
is($t->redis('ZCARD', 'm:{portal}:index'), 2, 'nothing is half stored');
$t->redis('ACL', 'SETUSER', 'lan', '+@all');
is(post('hello'), 200, 'may again');

# the least that is needed

$t->redis('ACL', 'SETUSER', 'lan', '-@all', map { "+$_" }
          qw/ multi exec get incr expire hset zadd sadd xadd /);
$t->stop()->run();
is(post('hello'), 200, 'least rights pass');
is(post('pills'), 202, 'least rights hold');
ok(wait_until(sub { $t->error_log() =~ /refuses to tell its settings/ }),
   'safety not known');

# a password alone

$t->redis('CONFIG', 'SET', 'requirepass', 'swordfish');
$t->stop()->run('password.conf');
is(post('hello'), 200, 'password');

# and a database

$t->stop()->run('database.conf');
is(post('pills'), 202, 'database');

# not another one than was named

$t->stop()->run('absent.conf');
is(post('hello'), 503, 'no such database');
like($t->error_log(), qr/refused: "ERR DB index is out of range"/, 'and why');

$t->stop();

ok(!eval { $t->redis('PING') }, 'password is needed');

unlike($t->error_log(), qr/swordfish/, 'password not logged');

# configuration

config('user.conf', qr/"user=" needs "password_file="/, 'no password');
config('empty.conf', qr/no password in the first line of/, 'empty password');

$t->done_testing();

###############################################################################

sub post {
    my ($text) = @_;
    return status(http_post('/', $form, "comment=$text"));
}


sub config {
    my ($conf, $re, $name) = @_;
    my ($code, $output) = $t->config_test($conf);

    is($code, 1, $name);
    like($output, qr/\[emerg\].*$re.* in \S+:\d+/, "$name told");
}

###############################################################################
