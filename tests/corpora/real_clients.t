#!/usr/bin/perl

# Copyright (C) the moderate authors

# Every recorded request of real clients passes untouched where no rule speaks
# against it; where all is held, what the module sees is what the backend
# parses after the approval.  CORPORA names the folder with the recordings.

###############################################################################

use warnings;
use strict;
use utf8;

use JSON::PP ();
use MIME::Base64 qw/ decode_base64 /;
use Test::More;
use Test::Moderate;
use Test::Moderate::Fields;
use Unicode::Normalize qw/ NFC /;

my $corpus = ($ENV{CORPORA} || '') . '/real-clients.jsonl';

-r $corpus or die "cannot read $corpus: set CORPORA to its folder\n";

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    log_format  moderate  '$moderate_verdict';
    access_log  %%TESTDIR%%/moderate.log  moderate;

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate        on;

    server {
        listen          127.0.0.1:8080;
        moderate_rules  %%ROOT%%/lua-free-rules/00-thresholds.yaml
                        %%TESTDIR%%/rules.yaml;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }
    }

    server {
        listen          127.0.0.1:8082;
        moderate_rules  %%TESTDIR%%/rules.yaml %%TESTDIR%%/all.yaml;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /moderation/ {
            moderate_api  role=moderator user=lan;
        }
    }
}
EOF

# what the recorded comments say is counted in the first server, and not scored

my $rules = <<'EOF';
version: 1

rules:
  - id: test.light
    title: The sentence that all the recorded comments have
    category: advertising
    in: [text, title, author, email, url, phone, honeypot, other]
    words: ["phường sửa đèn"]
    score: 5
    mode: shadow
    examples: { hit: ["phường sửa đèn"], miss: ["phường sửa nhà"] }
EOF

utf8::encode($rules);
$t->write_file('rules.yaml', $rules);

$t->write_file('all.yaml', <<'EOF');
version: 1

limits:
  - { id: test.all, key: client, over: 0, per: 10m, score: 5 }
EOF

$t->run_redis()->run_backend()->run();

open my $fh, '<:raw', $corpus or die "$corpus: $!\n";
my @recorded = map { JSON::PP->new->utf8->decode($_) } <$fh>;
close $fh;

# as recorded, but for the address, the connection and the page that is asked
# for in answer

sub request {
    my ($recorded, $body) = @_;
    my $request = "$recorded->{request_line}\r\n";

    for (@{$recorded->{headers}}) {
        my ($name, $value) = @$_;
        next if $name =~ /^(?:Host|Connection|Accept|Transfer-Encoding)$/i;
        $request .= "$name: $value\r\n";
    }

    utf8::encode($request);
    $request .= "Host: localhost\r\nConnection: close\r\n"
                . "Accept: application/json\r\n";

    return "$request\r\n$body" unless $recorded->{chunked};
    return "${request}Transfer-Encoding: chunked\r\n\r\n"
           . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $body, $body);
}

# one line of what arrived: method, URI, type, whether the body is the same

sub arrived {
    my ($request, $body) = @_;
    my ($type) = map { $_->[1] } grep { lc $_->[0] eq 'content-type' }
                 @{$request->{headers} || []};

    return join ' ', map { defined $_ ? $_ : '-' } $request->{method},
        $request->{uri}, $type,
        defined $request->{body} && $request->{body} eq $body
        ? 'same body' : 'other body';
}

my ($r, $request, $item);
my $hits = 0;

###############################################################################

cmp_ok(scalar @recorded, '>', 0, 'recordings');

for my $recorded (@recorded) {
    my $name = $recorded->{id};
    my $body = decode_base64($recorded->{body_b64});

    my ($method, $uri) = split / /, $recorded->{request_line};
    my ($type) = map { $_->[1] } grep { lc $_->[0] eq 'content-type' }
                 @{$recorded->{headers}};
    my $expected = "$method $uri $type same body";

    # passed

    $t->backend_forget();

    is(status(http(request($recorded, $body))), 200, "$name: passed");

    ($request) = $t->backend_requests();

    is(arrived($request, $body), $expected, "$name: arrived");
    is($request->{error}, undef, "$name: parsed");

    my $fields = fields_parsed($request);

    isnt(scalar @$fields, 0, "$name: has fields");

    # held and approved

    $t->backend_forget();

    $r = http(request($recorded, $body), port => 8082);
    is(status($r), 202, "$name: held");

    $item = json(http_get('/moderation/held/' . json($r)->{receipt},
                          -port => 8082));
    is($item->{unreadable}, undef, "$name: readable");
    is_deeply(fields_shown($item), $fields, "$name: fields");

    my @light = grep { NFC($fields->[$_]) =~ /phường sửa đèn/i }
                0 .. $#$fields;

    is_deeply([ map { $_->{index} } grep { $_->{rule} eq 'test.light' }
                @{$item->{hits}} ],
              \@light, "$name: hits");

    $hits += @light;

    $r = http_post("/moderation/held/$item->{id}/approve", 'application/json',
                   '', 'If-Match' => '"1"', -port => 8082);
    is(json($r)->{state}, 'delivered', "$name: delivered");

    ($request) = $t->backend_requests();

    is(arrived($request, $body), $expected, "$name: arrived after approval");
    is_deeply(fields_parsed($request), $fields, "$name: fields after it");
}

cmp_ok($hits, '>', @recorded / 2, 'most have the sentence');

$t->stop();

is(scalar(() = $t->read_file('moderate.log') =~ /^PASSED$/mg),
   scalar @recorded, 'all passed');

$t->done_testing();

###############################################################################
