#!/usr/bin/perl

# Copyright (C) the moderate authors

# What bounds a fleet's rule set: a proposal that nobody confirms for a day, the
# versions that are kept, the entries of its log.

###############################################################################

use warnings;
use strict;

use JSON::PP qw/ decode_json encode_json /;
use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis        unix:%%TESTDIR%%/redis.sock;
    moderate_secret_file  %%TESTDIR%%/secret;
    moderate_rules_cache  %%TESTDIR%%/cache;
    moderate_field        text comment;

    server {
        listen  127.0.0.1:8080;

        location / {
            moderate        on;
            moderate_rules  redis:town %%TESTDIR%%/rules.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /api/ {
            moderate_api  role=admin user=$http_x_user;
        }
    }
}
EOF

$t->write_file('rules.yaml', rules('zero'));
$t->write_file('secret', 'x' x 40);
$t->run_redis()->run_backend()->run();

my $log = 'm:rules:{town}:log';
my (@versions, $r);

###############################################################################

# a proposal is for a day

push @versions, pushed('one'), pushed('two');
is(status(post('lan', 'policy', '{"two_person":true}')), 200, 'two persons');

$r = json(post('lan', 'activate', qq({"version":"$versions[0]"})));
is($r->{action}, 'propose', 'proposed');
age(86500);

$r = json(post('binh', 'activate', qq({"version":"$versions[0]"})));
is($r->{action}, 'propose', 'a day later it is a new proposal');
is(state()->{proposal}{by}, 'binh', 'by who asked');
is(state()->{active}, undef, 'and nothing is active');

age(86300);
$r = json(post('lan', 'activate', qq({"version":"$versions[0]"})));
is($r->{action}, 'activate', 'within a day it is confirmed');
is(state()->{active}{version}, $versions[0], 'and active');

# of the versions twenty are kept, and what is used is one of them

push @versions, pushed("word$_") for 1 .. 23;
my %kept = map { $_->{version} => 1 } @{state()->{versions}};

is(scalar keys %kept, 20, 'twenty versions');
ok($kept{$versions[0]}, 'the active one is kept, the oldest of them');
ok(!$kept{$versions[1]}, 'the oldest that is not used is gone');
ok($kept{$versions[-1]}, 'the newest is there');
is($t->redis('EXISTS', "m:rules:{town}:v:$versions[1]"), 0, 'its files too');
is($t->redis('EXISTS', "m:rules:{town}:v:$versions[0]"), 1,
   'not those of what is active');
is(status(post('lan', 'activate', qq({"version":"$versions[1]"}))), 404,
   'what is gone is not activated');

# a log that is full takes nothing more, and all else goes on

my $n = $t->redis('HLEN', $log);
my $last = $t->redis('HGET', $log, $n);
my $entry = decode_json($last);

for my $i ($n + 1 .. 10000) {
    $t->redis('HSET', $log, $i, encode_json({ %$entry, revision => $i }));
}

is(state()->{revision}, 10000, 'ten thousand entries');
$r = post('lan', 'activate', qq({"version":"$versions[-1]"}));
is(status($r) . ' ' . json($r)->{error}, '409 full', 'no more');
is($t->redis('HLEN', $log), 10000, 'none was added');
is(state()->{active}{version}, $versions[0], 'what is active stays');
is(scalar @{json(get('rulesets/town/history'))->{entries}}, 50,
   'its history can be read');
is(status(http_post('/', 'application/x-www-form-urlencoded', 'comment=one')),
   403, 'and judges');

$t->done_testing();

###############################################################################

sub rules {
    my ($word) = @_;

    return <<"EOF";
version: 1

rules:
  - id: test.word
    category: advertising
    words: [$word]
    score: 20
    examples: { hit: [$word], miss: [nothing] }
EOF
}


sub get { return http_get("/api/$_[0]", 'X-User' => 'lan') }
sub state { return json(get('rulesets/town')) }


sub post {
    my ($user, $what, $body) = @_;
    my $revision = (json(get('rulesets/town')) || {})->{revision} || 0;

    return http_post("/api/rulesets/town/$what", 'application/json', $body,
                     'X-User' => $user, 'If-Match' => qq("$revision"));
}


sub pushed {
    my ($word) = @_;
    my $r = post('lan', 'push', encode_json({ paths => [ 'town.yaml' ],
                 files => [ { name => 'town.yaml', text => rules($word) } ] }));

    return json($r)->{version};
}


# the proposal is as old as that

sub age {
    my ($seconds) = @_;
    my $n = $t->redis('HLEN', $log);
    my $entry = decode_json($t->redis('HGET', $log, $n));

    $entry->{proposal}{time} -= $seconds * 1000;
    $t->redis('HSET', $log, $n, encode_json($entry));
}

###############################################################################
