#!/usr/bin/perl

# Copyright (C) the moderate authors

# The same submission gets the same verdict, and reaches the backend or the
# queue byte for byte, however it is framed and wherever nginx keeps its body.

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

    moderate_redis      unix:%%TESTDIR%%/redis.sock;
    moderate_rules      %%TESTDIR%%/rules.yaml;
    moderate_site       portal;
    moderate            on;
    proxy_http_version  1.1;

    client_body_buffer_size  1k;

    server {
        listen       127.0.0.1:8080;
        listen       127.0.0.1:8082 http2;

        location /small/ {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /large/ {
            client_body_buffer_size  64k;
            proxy_pass               http://127.0.0.1:8081;
        }

        location /file/ {
            client_body_in_file_only  on;
            proxy_pass                http://127.0.0.1:8081;
        }

        location /clean/ {
            client_body_in_file_only  clean;
            proxy_pass                http://127.0.0.1:8081;
        }

        location /single/ {
            client_body_in_single_buffer  on;
            proxy_pass                    http://127.0.0.1:8081;
        }

        location /stream/ {
            proxy_request_buffering  off;
            proxy_pass               http://127.0.0.1:8081;
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

  - id: test.reject
    title: Rejected
    category: scam
    words: ["lottery"]
    score: 20
    examples: { hit: ["lottery"], miss: ["lot"] }
EOF

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $json = 'application/json';
my @types = ([ form => $form ], [ json => $json ],
             [ multipart => 'multipart/form-data; boundary=b' ]);
my @places = qw/ small large file clean single stream /;
my @accept = ('Accept' => 'application/json');

# all of them take: uri, type, body, headers

my %framings = (
    'length'       => \&http_post,
    'one chunk'    => \&http_chunked,
    'byte chunks'  => sub { http_chunked(@_[0, 1], [ split //, $_[2] ],
                                         @_[3 .. $#_]) },
    'extensions'   => \&extensions,
    'drip'         => sub { http_drip(@_[0 .. 2], 1, -delay => 0.0001,
                                      @_[3 .. $#_]) },
    'drip chunked' => sub { http_chunked(@_[0, 1], [ split //, $_[2] ],
                                         -delay => 0.0001, @_[3 .. $#_]) },
    'expect'       => \&expect,
);

my @h2 = (
    [ 'h2' ],
    [ 'h2 no length', length => 0 ],
    [ 'h2 bytes', length => 0, frame => 1 ],
    [ 'h2 padding', frame => 100, padding => 9 ],
);

sub h2_post {
    my ($method, @opts) = @_;
    return sub { h2($method, @_[0 .. 2], port => 8082,
                    headers => [ @accept ], @opts) };
}

sub head {
    my ($uri, $type, @headers) = @_;
    my $head = "POST $uri HTTP/1.1\r\nHost: a\r\nContent-Type: $type\r\n";

    while (my ($name, $value) = splice @headers, 0, 2) {
        $head .= "$name: $value\r\n";
    }

    return "$head\r\n";
}

sub extensions {
    my ($uri, $type, $body, @headers) = @_;

    return http(head($uri, $type, 'Transfer-Encoding' => 'chunked',
                     'Connection' => 'close', @headers)
                . join('', map { sprintf "%X;a=\"b\"\r\n%s\r\n", length, $_ }
                           unpack '(a7)*', $body)
                . "0;c\r\nX-Trailer: pills lottery\r\n\r\n");
}

sub expect {
    my ($uri, $type, $body, @headers) = @_;
    my $s = http_start(head($uri, $type, 'Content-Length' => length $body,
                            'Expect' => '100-continue',
                            'Connection' => 'close', @headers));

    my $line = readline $s;
    readline $s;
    print $s $body;

    return $line =~ / 100 / ? http_end($s) : "no 100: $line";
}

# a body of that size whose first or last word of text is as given

sub make {
    my ($type, $size, $first, $last) = @_;
    my ($before, $after) = $type eq $form ? ('a=', '')
        : $type eq $json ? ('["', '"]')
        : (qq(--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n),
           "\r\n--b--\r\n");

    my $room = $size - length "$before$first$last$after";

    my $space = $type eq $form ? '+' : ' ';

    return $before . $first . substr("${space}ab" x $size, 0, $room - 1)
           . $space . $last . $after;
}

# what became of a body: status, and where it arrived whole

sub outcome {
    my ($send, $uri, $type, $body) = @_;

    $t->backend_forget();

    my $r = $send->($uri, $type, $body, @accept);
    my $receipt = (json($r) || {})->{receipt};
    my @came = $t->backend_requests();
    my $stored = $receipt && $t->redis('HGET', "m:{portal}:h:$receipt",
                                       'body');

    return status($r) . (@came == 1 && $came[0]{body} eq $body ? ' backend'
                         : @came ? ' backend differs' : '')
           . (!$receipt ? '' : $stored eq $body ? ' queue' : ' queue differs');
}

sub outcomes {
    my ($send, $uri, $type, $size) = @_;

    return join ', ', map { outcome($send, $uri, $type, $_) }
        make($type, $size, 'ab', 'ab'), make($type, $size, 'pills', 'ab'),
        make($type, $size, 'ab', 'lottery');
}

my $all = '200 backend, 202 queue, 403';

###############################################################################

for my $type (@types) {
    my ($name, $value) = @$type;

    # the size against the buffer, wherever the body is kept

    for my $place (@places) {
        for my $size (1023, 1024, 1025, 10240) {
            is(outcomes($framings{$_}, "/$place/", $value, $size), $all,
               "$name $place $size $_") for 'length', 'one chunk', 'extensions';
        }

        is(outcomes($framings{$_}, "/$place/", $value, 120), $all,
           "$name $place $_") for sort keys %framings;
    }

    is(outcomes($framings{$_}, '/small/', $value, 1025), $all,
       "$name one byte over the buffer $_")
        for 'byte chunks', 'drip chunked', 'drip', 'expect';

    for my $framing (@h2) {
        my ($how, @opts) = @$framing;
        is(outcomes(h2_post('POST', @opts), '/small/', $value, 1025), $all,
           "$name $how");
    }
}

is(outcomes(h2_post('POST', length => 0), "/$_/", $form, 10240), $all,
   "h2 no length $_") for @places;

# nothing and next to nothing

for my $place (@places) {
    for ('length', 'one chunk') {
        is(outcome($framings{$_}, "/$place/", $form, ''), '200 backend',
           "empty $place $_");
        is(outcome($framings{$_}, "/$place/", $form, '='), '200 backend',
           "one byte $place $_");
        is(outcome($framings{$_}, "/$place/", $json, '1'), '200 backend',
           "one digit $place $_");
    }
}

is(outcome(h2_post('POST'), '/small/', $form, ''), '200 backend', 'h2 empty');

# methods

for my $method (qw/ PUT PATCH /) {
    is(outcomes(sub { http_post(@_, -method => $method) }, '/small/', $form,
                1025), $all, $method);
    is(outcomes(h2_post($method), '/small/', $form, 120), $all,
       "$method h2");
}

# one connection after another request and ahead of the next

my @bodies = (make($form, 1025, 'ab', 'ab'), make($form, 300, 'ab', 'lottery'),
              make($form, 300, 'pills', 'ab'), make($form, 300, 'ab', 'ab'));
my @requests = map { (head('/small/', $form, 'Content-Length' => length $_,
                           'Connection' => 'keep-alive') . $_) } @bodies;
$requests[-1] =~ s/keep-alive/close/;

my %ways = ('kept alive' => \@requests, 'pipelined' => join('', @requests),
            'pipelined in bytes' => [ split //, join '', @requests ]);

for my $way (sort keys %ways) {
    $t->backend_forget();

    my @statuses = http($ways{$way}) =~ m!HTTP/1\.1 (\d+)!g;

    is("@statuses", '200 403 202 200', "$way verdicts");
    is_deeply([ map { $_->{body} } $t->backend_requests() ],
              [ @bodies[0, 3] ], "$way bodies");
}

$t->done_testing();

###############################################################################
