#!/usr/bin/perl

# Copyright (C) the moderate authors

# A portal behind fastcgi_pass gets what passed, and what was approved, as it
# was sent.

###############################################################################

use warnings;
use strict;

use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw/ decode_base64 encode_base64 /;
use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

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
    moderate_field          ignore filler;
    moderate_rules          %%TESTDIR%%/rules.yaml;

    fastcgi_param  REQUEST_METHOD  $request_method;
    fastcgi_param  REQUEST_URI     $request_uri;
    fastcgi_param  QUERY_STRING    $query_string;
    fastcgi_param  CONTENT_TYPE    $content_type;
    fastcgi_param  CONTENT_LENGTH  $content_length;
    fastcgi_param  REMOTE_ADDR     $remote_addr;

    set_real_ip_from  127.0.0.1;
    real_ip_header    X-Client;

    server {
        listen    127.0.0.1:8080;
        listen    127.0.0.1:8082 http2;
        moderate  on;

        location / {
            fastcgi_pass  127.0.0.1:8081;
        }

        location /stream/ {
            fastcgi_request_buffering  off;
            fastcgi_pass               127.0.0.1:8081;
        }

        location /file/ {
            client_body_in_file_only  clean;
            fastcgi_pass              127.0.0.1:8081;
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
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }

  - id: test.reject
    category: scam
    words: [lottery]
    score: 20
    examples: { hit: [lottery], miss: [lots] }
EOF

$t->run_daemon(\&portal, port(8081), $t->testdir() . '/portal.jsonl');
$t->waitforsocket('127.0.0.1:' . port(8081));
$t->run_redis()->run();

my $form = 'application/x-www-form-urlencoded';
my $long = 'filler=' . 'x' x 300000 . '&comment=hello';
my ($r, $id, $got);

###############################################################################

# passed, as it came

$r = http_post('/a%2Fb?x=%20', $form, 'comment=hello', 'X-Client' => '10.0.0.1',
               'X-Portal' => 'yes');
is(status($r), 201, 'status of the portal');
is(body($r), "portal\n", 'answer of the portal');

$got = got();
is($got->{REQUEST_METHOD}, 'POST', 'method');
is($got->{REQUEST_URI}, '/a%2Fb?x=%20', 'uri');
is($got->{QUERY_STRING}, 'x=%20', 'query');
is($got->{CONTENT_TYPE}, $form, 'type');
is($got->{CONTENT_LENGTH}, 13, 'length');
is($got->{REMOTE_ADDR}, '10.0.0.1', 'address');
is($got->{HTTP_X_PORTAL}, 'yes', 'header');
is($got->{body}, 'comment=hello', 'body');

# however it comes

for my $uri ('/', '/stream/', '/file/') {
    http_post($uri, $form, $long);
    is(got()->{body}, $long, "$uri large");

    http_chunked($uri, $form, [ 'com', 'ment', '=hello' ]);
    is(got()->{body}, 'comment=hello', "$uri chunked");

    http_drip($uri, $form, 'comment=hello', 2);
    is(got()->{body}, 'comment=hello', "$uri slow");

    h2('POST', $uri, $form, $long, port => 8082, length => 0);
    is(got()->{body}, $long, "$uri HTTP/2");

    is(status(http_post($uri, $form, "$long+pills")), 202, "$uri held");
    is(status(http_post($uri, $form, "$long+lottery")), 403, "$uri rejected");
    is(got(), undef, "$uri stays away");
}

# approved

for my $uri ('/?x=%20', '/file/', '/stream/') {
    $r = http_post($uri, $form, "$long+pills", 'Accept' => 'application/json',
                   'X-Client' => '10.0.0.2', -method => 'PUT');
    $id = json($r)->{receipt};

    $r = http_post("/api/held/$id/approve", 'application/json', '{}',
                   'If-Match' => '"1"', 'X-Client' => '10.0.0.3');
    is(status($r), 200, "$uri approved");
    is(json($r)->{state}, 'delivered', "$uri delivered");
    is(json($r)->{replay}{status}, 201, "$uri status of the portal");

    $got = got();
    is($got->{REQUEST_METHOD}, 'PUT', "$uri method");
    is($got->{REQUEST_URI}, $uri, "$uri uri");
    is($got->{CONTENT_LENGTH}, length "$long+pills", "$uri length");
    is($got->{REMOTE_ADDR}, '10.0.0.2', "$uri address");
    is($got->{body}, "$long+pills", "$uri body");
}

$t->done_testing();

###############################################################################

# Returns what the portal has received since it was asked last: parameters and
# body of the one request, or undef.

sub got {
    my $log = $t->read_file('portal.jsonl') || '';
    truncate $t->testdir() . '/portal.jsonl', 0;

    my @got = map { JSON::PP->new->utf8->decode($_) } split /\n/, $log;
    return undef if @got != 1;

    $got[0]{body} = decode_base64($got[0]{body});
    return $got[0];
}


# FastCGI, one request at a time, one on a connection.

sub portal {
    my ($port, $log) = @_;

    my $listen = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port",
                                       Listen => 10, ReuseAddr => 1)
        or die "listen: $!\n";

    while (my $s = $listen->accept()) {
        my ($params, $body, $id) = ('', '');

        while (read $s, my $head, 8) {
            my ($type, $number, $length, $padding) = unpack 'xCnnC', $head;
            my $data = '';

            read $s, $data, $length + $padding;
            $data = substr $data, 0, $length;
            $id = $number;

            $params .= $data if $type == 4;
            $body .= $data if $type == 5;
            last if $type == 5 && $length == 0;
        }

        next unless defined $id;

        open my $file, '>>', $log;
        print $file JSON::PP->new->utf8->encode({
            parameters($params), body => encode_base64($body, ''),
        }), "\n";
        close $file;

        my $answer = "Status: 201 Created\r\nContent-Type: text/plain\r\n"
                     . "\r\nportal\n";
        print $s pack('CCnnCC', 1, 6, $id, length $answer, 0, 0), $answer,
                 pack('CCnnCC', 1, 6, $id, 0, 0, 0),
                 pack('CCnnCCNN', 1, 3, $id, 8, 0, 0, 0, 0);
        close $s;
    }
}


sub parameters {
    my ($data) = @_;
    my @pairs;

    while (length $data) {
        my @size = map {
            my $long = ord($data) & 0x80;
            my $n = substr $data, 0, $long ? 4 : 1, '';
            $long ? unpack('N', $n) & 0x7fffffff : ord $n;
        } 1, 2;

        push @pairs, map { substr $data, 0, $_, '' } @size;
    }

    return @pairs;
}

###############################################################################
