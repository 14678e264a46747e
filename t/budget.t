#!/usr/bin/perl

# Copyright (C) the moderate authors

# A rule that runs out of its limits holds what it was to judge, and is named;
# when it keeps doing so it goes into the shadow, in all workers, until its
# set is another one.

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

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_site   portal;
    moderate_field  text a*;

    add_header  X-Set    "$pid $moderate_ruleset"  always;
    add_header  X-Rules  $moderate_rules           always;

    server {
        listen          127.0.0.1:8080 reuseport;
        moderate        on;
        moderate_rules  %%TESTDIR%%/rules.yaml;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location = /status {
            moderate_status;
        }

        location = /metrics {
            moderate_status  prometheus;
        }
    }
}
EOF

sub rules {
    my ($title) = @_;

    return <<"EOF";
version: 1

rules:
  - id: test.slow
    title: $title
    category: scam
    match: '(?:(a+)+[yz]\$)|[\\x{e000}-\\x{f8ff}]'
    score: 5
    examples: { hit: [aaz], miss: [b] }

  - id: test.part
    category: scam
    all: [test.slow]
    score: 5
    examples: { hit: [aaz], miss: [b] }

  - id: test.plain
    category: scam
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }
EOF
}

$t->write_file('rules.yaml', rules('first'));
$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $slow = 'a' x 1000;
my $both = 'engine.budget:test.slow,engine.budget:test.part';
my ($r, $s, %seen, $set, $id);

###############################################################################

# at first it holds, and is named

$r = http_post('/', $form, "a=$slow", 'Accept' => 'application/json');
is(status($r), 202, 'held');
is(header($r, 'X-Rules'), $both, 'and by which');

($id) = @{$t->redis('SMEMBERS', 'm:{portal}:s:pending')};
is(join(' ', map { $_->{about} }
             @{JSON::PP->new->decode($t->redis('HGET', "m:{portal}:h:$id",
                                               'hits'))}),
   'test.slow test.part', 'the record has it');

is(post("a=$slow"), "202 $both", "held again: $_") for 2 .. 4;
is(scalar @{status_json()->{shadowed}}, 0, 'not yet in the shadow');
unlike($t->error_log(), qr/shadow/, 'nothing said yet');

# a submission with many such fields counts once

is(post("a=$slow&a2=$slow&a3=$slow"), "202 $both", 'the fifth is held');

# then it is in the shadow, in each worker

for (1 .. 200) {
    $r = http_post('/', $form, "a=$slow");
    my ($pid) = split / /, header($r, 'X-Set');
    $seen{$pid}{status($r)}++;
    last if keys %seen == 2 && $_ >= 10;
}

is(scalar keys %seen, 2, 'both workers asked');
is(join(' ', map { sort keys %$_ } values %seen), '200 200', 'none holds');
is(post('a=aaz'), '200 test.slow,test.part', 'it hits, and holds nothing');
is(post("a=$slow&a2=pills"), '202 test.plain', 'others do');

$s = status_json();
$set = (split / /, header($r, 'X-Set'))[1];
is($s->{status}, 'degraded', 'degraded');
is((join ' ', map { $_->{code} } @{$s->{reasons}}), 'rules-shadowed', 'why');
is(join(' ', map { $_->{rule} } @{$s->{shadowed}}), 'test.slow test.part',
   'which');
is($s->{shadowed}[0]{version}, $set, 'of which set');
is($s->{shadowed}[0]{place}, $t->testdir() . '/rules.yaml:4', 'where');
cmp_ok(abs($s->{shadowed}[0]{since} - time), '<', 30, 'since when');
like(http_get('/metrics'),
     qr/^moderate_rule_shadowed\{rule="test\.slow",version="$set"\} 1$/m,
     'for Prometheus');

my @lines = grep { /shadow/ } split /\n/, $t->error_log();
is(scalar @lines, 2, 'said once for each');
like($lines[0], qr!\Q@{[$t->testdir()]}\E/rules\.yaml:4: rule "test\.slow": !,
     'with its place');

# another set begins anew

$t->write_file('rules.yaml', rules('second'));
ok(wait_until(sub {
    my %sets;
    $sets{header(http_post('/', $form, 'a=x'), 'X-Set')} = 1 for 1 .. 20;
    return keys %sets == 2 && !grep { / $set/ } keys %sets;
}, 30), 'another set');

is(status_json()->{status}, 'ok', 'well again');
is(post("a=$slow"), "202 $both", 'it holds again');

# and so does a reload

post("a=$slow") for 1 .. 5;
is(status_json()->{status}, 'degraded', 'in the shadow again');
ok($t->reload(), 'reload');
is(status_json()->{status}, 'ok', 'well after a reload');
is(post("a=$slow"), "202 $both", 'it holds after a reload');

$t->done_testing();

###############################################################################

sub status_json { json(http_get('/status')) }


sub post {
    my $answer = http_post('/', $form, @_);
    return status($answer) . ' ' . (header($answer, 'X-Rules') || '-');
}

###############################################################################
