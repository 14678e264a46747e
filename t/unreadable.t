#!/usr/bin/perl

# Copyright (C) the moderate authors

# A body that cannot be read in one way only, or that is too large to inspect,
# is held, rejected or passed as moderate_unreadable says; one that is too
# large to keep is refused.  None is passed in silence, none is an error.

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

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;
    moderate_site   portal;
    moderate        on;
    add_header      X-Verdict  $moderate_verdict  always;

    client_body_buffer_size  1k;

    server {
        listen       127.0.0.1:8080;
        listen       127.0.0.1:8082 http2;

        location /hold {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /reject {
            moderate_unreadable  reject;
            proxy_pass           http://127.0.0.1:8081;
        }

        location /pass {
            moderate_unreadable  pass;
            proxy_pass           http://127.0.0.1:8081;
        }

        location /hold/sized {
            moderate_body_size  1000;
            proxy_pass          http://127.0.0.1:8081;
        }

        location /reject/sized {
            moderate_unreadable  reject;
            moderate_body_size   1000;
            proxy_pass           http://127.0.0.1:8081;
        }

        location /pass/sized {
            moderate_unreadable  pass;
            moderate_body_size   1000;
            proxy_pass           http://127.0.0.1:8081;
        }

        location /keep {
            moderate_hold_size  1000;
            proxy_pass          http://127.0.0.1:8081;
        }

        location /keep/sized {
            moderate_body_size  500;
            moderate_hold_size  1000;
            proxy_pass          http://127.0.0.1:8081;
        }

        location /api/ {
            moderate_api  role=moderator user=lan;
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
EOF

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $multipart = 'multipart/form-data; boundary=b';
my $json = 'application/json';
my $disposition = 'Content-Disposition: form-data; name="a"';

# reason, type, body, headers

my @bodies = (
    [ 'content-type-missing', undef, 'comment=x' ],
    [ 'content-type-unknown', 'application/octet-stream', 'comment=x' ],
    [ 'content-type-unknown', 'text/xml', '<a/>' ],
    [ 'content-type-unknown', 'multipart/form-dataX; boundary=b', 'x' ],
    [ 'content-type-invalid', 'form', 'comment=x' ],
    [ 'content-type-invalid', 'application/json, text/plain', '{}' ],
    [ 'content-type-duplicate', $form, 'comment=x', 'Content-Type' => $json ],
    [ 'content-encoding', $form, "\x1f\x8b\x08comment=x",
      'Content-Encoding' => 'gzip' ],
    [ 'content-encoding', $form, 'comment=x', 'Content-Encoding' => 'br' ],
    [ 'content-encoding', $form, 'comment=x',
      'Content-Encoding' => 'identity', 'Content-Encoding' => 'deflate' ],
    [ 'content-encoding', $form, 'comment=x',
      'Content-Encoding' => 'gzip', 'Content-Encoding' => 'identity' ],
    [ 'charset', "$form; charset=utf-16", 'comment=x' ],
    [ 'charset', "$json; charset=utf-7", '{"a":"x"}' ],
    [ 'boundary-invalid', 'multipart/form-data', "--b\r\n\r\n" ],
    [ 'multipart-invalid', $multipart, 'comment=x' ],
    [ 'truncated', $multipart, "--b\r\n$disposition\r\n\r\nx" ],
    [ 'part-encoding', $multipart,
      "--b\r\n$disposition\r\nContent-Transfer-Encoding: base64\r\n\r\n"
      . "eA==\r\n--b--\r\n" ],
    [ 'truncated', $json, '{"a":' ],
    [ 'json-invalid', $json, "{'a':1}" ],
    [ 'json-invalid', 'application/problem+json', '{} {}' ],
    [ 'json-duplicate-key', $json, '{"a":"x","a":"y"}' ],
    [ 'too-deep', $json, '[' x 100 . ']' x 100 ],
    [ 'too-many-fields', $form, 'a=1&' x 1001 ],
    [ 'name-too-long', $form, 'a' x 5000 . '=1' ],
    [ 'nul-in-name', $form, 'com%00ment=x' ],
);

# of the size, with a word that is held or with none

sub make {
    my ($size, $word) = @_;
    return 'comment=' . ($word || '') . '+a' x (($size - 13) / 2)
           . ($size % 2 ? '' : '+') . ($word ? '' : 'bills');
}

my %framings = (
    'length'       => \&http_post,
    'chunked'      => \&http_chunked,
    'h2 no length' => sub { h2('POST', @_[0 .. 2], length => 0, port => 8082,
                               headers => [ @_[3 .. $#_] ]) },
);

sub stored {
    return $t->redis('ZCARD', 'm:{portal}:index');
}

# status, verdict, why it is unreadable, and where all of the body is

sub outcome {
    my ($send, $uri, $type, $body, @headers) = @_;

    $t->backend_forget();

    my $before = stored();
    my $r = $send->($uri, $type, $body, 'Accept' => 'application/json',
                    @headers);
    my $told = json($r) || {};
    my @came = $t->backend_requests();
    my $item = {};

    if ($told->{receipt}) {
        $item = json(http_get("/api/held/$told->{receipt}"));
        $item->{whole} = $t->redis('HGET', "m:{portal}:h:$told->{receipt}",
                                   'body') eq $body;
    }

    return join ' ', grep { defined && length } status($r),
        header($r, 'X-Verdict'), $told->{reason}, $item->{unreadable},
        $item->{whole} ? 'kept' : (), stored() == $before ? () : 'stored',
        @came == 1 && $came[0]{body} eq $body ? 'delivered' : @came;
}

###############################################################################

for my $case (@bodies) {
    my ($reason, @request) = @$case;
    my $name = join ' ', $reason, defined $request[0] ? $request[0] : ();

    is(outcome(\&http_post, '/hold', @request),
       "202 HELD $reason kept stored", "hold $name");
    is(outcome(\&http_post, '/reject', @request),
       '403 REJECTED unreadable', "reject $name");
    is(outcome(\&http_post, '/pass', @request),
       '200 UNREADABLE delivered', "pass $name");
}

is(scalar(() = $t->error_log() =~ /, unreadable: [a-z]/g), 3 * @bodies,
   'each is in the log');

# what is readable for all that

for my $uri (qw! /hold /reject /pass !) {
    is(outcome($framings{$_}, $uri, $form, ''), '200 PASSED delivered',
       "empty $uri $_") for sort keys %framings;
    is(outcome(\&http_post, $uri, undef, ''), '200 PASSED delivered',
       "empty without a type $uri");
    is(outcome(\&http_post, $uri, 'text/xml', '', 'Content-Encoding' => 'br'),
       '200 PASSED delivered', "empty of any type $uri");
    is(outcome(\&http_post, $uri, $form, 'a=x',
               'Content-Encoding' => 'identity'), '200 PASSED delivered',
       "not encoded $uri");
}

# a word that is held is found in what can be read of it

is(outcome(\&http_post, '/pass', $json, '{"a":"pills","b":'),
   '202 HELD truncated kept stored', 'hit before the end of sense');

# too large to inspect

for my $framing (sort keys %framings) {
    my $send = $framings{$framing};

    for my $size (999, 1000) {
        is(outcome($send, "/$_/sized", $form, make($size)),
           '200 PASSED delivered', "$_ $size $framing")
            for qw/ hold reject pass /;
        is(outcome($send, '/hold/sized', $form, make($size, 'pills')),
           '202 HELD kept stored', "hit $size $framing");
    }

    for my $size (1001, 10000) {
        is(outcome($send, '/hold/sized', $form, make($size)),
           '202 HELD too-large kept stored', "hold $size $framing");
        is(outcome($send, '/reject/sized', $form, make($size)),
           '403 REJECTED unreadable', "reject $size $framing");
        is(outcome($send, '/pass/sized', $form, make($size)),
           '200 UNREADABLE delivered', "pass $size $framing");
    }

    # too large to keep

    is(outcome($send, '/keep', $form, make($_, 'pills')),
       '202 HELD kept stored', "keep $_ $framing") for 999, 1000;
    is(outcome($send, '/keep', $form, make($_, 'pills')),
       '413 REJECTED', "not kept $_ $framing") for 1001, 10000;
    is(outcome($send, '/keep', $form, make(10000)),
       '200 PASSED delivered', "large and not held $framing");

    # both

    is(outcome($send, '/keep/sized', $form, make($_)),
       '202 HELD too-large kept stored', "both $_ $framing") for 501, 1000;
    is(outcome($send, '/keep/sized', $form, make($_)),
       '413 REJECTED', "both, not kept $_ $framing") for 1001, 10000;
}

my $r = http_post('/keep', $form, make(1001, 'pills'),
                  'Accept' => 'application/json', 'Accept-Language' => 'en');
is(json($r)->{status}, 'too-large', 'told');
like(json($r)->{message}, qr/shorten/, 'told what to do');

$t->done_testing();

###############################################################################
