#!/usr/bin/perl

# Copyright (C) the moderate authors

# The audit log while Redis is full for long: as many events wait for it as a
# worker keeps, and what is beyond that is told of, not dropped in silence.

###############################################################################

use warnings;
use strict;

use JSON::PP ();

use Test::More;
use Test::Moderate;

use constant { ITEMS => 100, KEPT => 10000 };

my $t = Test::Moderate->new(workers => 1);

$t->write_file_expand('nginx.conf', <<'CONF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;
    moderate_field  text comment;

    server {
        listen  127.0.0.1:8080;

        location / {
            moderate    on;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /api/ {
            moderate_api  role=moderator user=lan;
        }
    }
}
CONF

$t->write_file('rules.yaml', <<'RULES');
version: 1

rules:
  - id: test.pills
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }
RULES

$t->run_redis()->run_backend()->run();

my $json = 'application/json';
my $lost = qr/event "(?:un)?claim" of \w{32} is not kept/;
my $done = 0;
my @ids;

###############################################################################

push @ids, json(http_post('/', 'application/x-www-form-urlencoded',
                          'comment=pills', 'Accept' => $json))->{receipt}
    for 1 .. ITEMS;

$t->redis('CONFIG', 'SET', 'maxmemory', 1);

$done += bulk($_ % 2 ? 'claim' : 'unclaim') for 1 .. KEPT / ITEMS;

is($done, KEPT, 'all is done on a full Redis');
unlike($t->error_log(), $lost, 'and kept');

is(bulk('claim'), ITEMS, 'a hundred more are done');
ok(wait_until(sub { (() = $t->error_log() =~ /$lost/g) == ITEMS }),
   'and each that is not kept is told of');
like($t->error_log(), qr/10000 wait .* expected a "moderate_audit_file"/,
     'and what was expected');

# what was kept is taken in its order

$t->redis('CONFIG', 'SET', 'maxmemory', 0);
ok(wait_until(sub { events() == KEPT + ITEMS }, 120), 'taken later');

# what waits when the worker ends is told of too

$t->redis('CONFIG', 'SET', 'maxmemory', 1);
is(bulk('unclaim'), ITEMS, 'full again');
$t->stop();
like($t->error_log(), qr/100 events of the audit log were not taken/,
     'told of when the worker ends');

$t->done_testing();

###############################################################################

# Returns how many it was done to.

sub bulk {
    my ($action) = @_;
    my $body = JSON::PP->new()->encode({
        action => $action, ids => [ map { { id => $_, version => 1 } } @ids ]
    });

    return grep { $_->{status} == 200 }
        @{json(http_post('/api/held/bulk', $json, $body))->{results}};
}


sub events { return $t->redis('XLEN', 'm:{default}:events') }

###############################################################################
