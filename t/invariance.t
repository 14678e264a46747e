#!/usr/bin/perl

# Copyright (C) the moderate authors

# However a body arrives and wherever nginx keeps it, the same fields are seen
# in it, the same places are hit, and the verdict is the same: each parser, an
# offending part in each place, and each way there is to send it.

###############################################################################

use warnings;
use strict;
use utf8;

use Encode qw/ decode /;
use JSON::PP ();
use Test::More;
use Test::Moderate;
use Time::HiRes qw/ sleep /;

my $t = Test::Moderate->new();

# where nginx keeps a body

my %places = (
    memory => '',
    single => 'client_body_in_single_buffer  on;',
    small  => 'client_body_buffer_size  16;',
    file   => 'client_body_in_file_only  clean;',
);

my $locations = join '', map { my $place = $_; map { <<"EOF" }
        location /$_/$place/ {
            moderate        on;
            moderate_rules  %%TESTDIR%%/$_.yaml;
            proxy_pass      http://127.0.0.1:8083;
            $places{$place}
        }

EOF
    qw/ shown judged / } sort keys %places;

$t->write_file_expand('nginx.conf', <<"EOF");
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_site   portal;

    server {
        listen  127.0.0.1:8080;
        listen  127.0.0.1:8082 http2;

        add_header  X-Verdict  "\$moderate_verdict \$moderate_score"  always;
        add_header  X-Rules    "\$moderate_rules"                     always;

$locations
    }

    server {
        listen  127.0.0.1:8083;

        location / {
            return  200;
        }
    }
}
EOF

# one that judges, and one that holds all, so that its fields are there to see

my $word = <<'EOF';
  - id: test.word
    category: advertising
    in: [text, title, author, email, url, phone, honeypot, other]
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }
EOF

$t->write_file('judged.yaml', "version: 1\nrules:\n$word");
$t->write_file('shown.yaml', "version: 1\nrules:\n$word" . <<'EOF');
  - id: test.any
    category: abuse
    in: [text, title, author, email, url, phone, honeypot, other]
    match: '\S'
    score: 5
    examples: { hit: [x], miss: [" "] }
EOF

$t->run_redis()->run();

# Of each parser: its type, how parts become a body, and parts as they are
# sent with the fields that are seen of them.  A body has three parts; "bad" is
# unreadable for that reason.  What is text, or does not become JSON ("all"), is
# one field.

my %parsers = (
    urlencoded => {
        type   => 'application/x-www-form-urlencoded',
        body   => sub { join '&', @_ },
        first  => [ 't%C3%AAn=Nguy%E1%BB%85n+An', 'tên = Nguyễn An' ],
        second => [ 'b[]=%2B1%26=ò', 'b[] = +1&=ò' ],
        hit    => [ 'h=p%69lls', 'h = pills' ],
        bad    => [ 'n%00=x', "n\0 = x" ],
        reason => 'nul-in-name',
    },

    multipart => {
        type   => 'multipart/form-data; boundary="-b-"',
        body   => sub {
            join('', map { "---b-\r\nContent-Disposition: form-data; $_\r\n" }
                     @_) . "---b---\r\n"
        },
        first  => [ "name=\"tên\"\r\n\r\nmột\r\n---b\r\n--b-\r\nhai",
                    "tên = một\r\n---b\r\n--b-\r\nhai" ],
        second => [ "name=f; filename=\"a;\\\"b.txt\"\r\n"
                    . "Content-Type: image/png\r\n\r\n\x01\r\n\r\n-",
                    'f = file a;"b.txt, 6 bytes' ],
        hit    => [ "name=\"h\"\r\ncontent-type: text/plain\r\n\r\npills",
                    'h = pills' ],
        bad    => [ "name=\"e\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                    . 'eA==', 'e = eA==' ],
        reason => 'part-encoding',
    },

    json => {
        type   => 'application/json',
        body   => sub { '{ ' . join(" ,\n", @_) . '}' },
        first  => [ '"tên" : {"a":["x",-1.5e3,true]}', 'tên.a[] = x',
                    'tên.a[] = -1.5e3', 'tên.a[] = true' ],
        second => [ '"\u0065":"\ud83d\ude00 \"ò\n"', qq(e = \x{1f600} "ò\n) ],
        hit    => [ '"h":[{"":"p\u0069lls"}]', 'h[]. = pills' ],
        bad    => [ '"d":1,"\u0064":2', 'd = 1', 'd = 2' ],
        reason => 'json-duplicate-key',
    },

    'text of JSON' => {
        type   => 'text/plain;charset=UTF-8',
        body   => sub { "\n[" . join(',', @_) . ']' },
        first  => [ '["ò",null]', '[][] = ò', '[][] = null' ],
        second => [ '{"a":{}, "b":"x"}', '[].b = x' ],
        hit    => [ '"pi\u006c\u006cs"', '[] = pills' ],
        bad    => [ '"\x"', ],
        reason => 'json-invalid',
        all    => 1,
    },

    text => {
        type   => 'text/plain; charset=us-ascii',
        body   => sub { join "\r\n", @_ },
        first  => [ 'one & two' ],
        second => [ "--b\r\n%41=" ],
        hit    => [ 'pills' ],
        bad    => [ "\xff\x00" ],
        reason => 'charset',
        text   => 1,
    },
);

# each has benign parts, one that is hit, or one that is unreadable

my @cases = map { cases($_) } sort keys %parsers;

sub cases {
    my ($name) = @_;
    my $p = $parsers{$name};
    my @benign = unique(@$p{qw/ first second first /});
    my @cases = [ "$name benign", $p, undef, @benign ];

    for my $kind (qw/ hit bad /) {
        for my $place (0 .. 2) {
            my @parts = @benign;
            $parts[$place] = $p->{$kind};
            push @cases, [ "$name $kind " . (qw/ first middle last /)[$place],
                           $p, $kind eq 'bad' ? $place : undef, @parts ];
        }
    }

    return @cases;
}


# the last part has another name: a key of JSON is there once

sub unique {
    my ($first, $second, $last) = @_;
    return ($first, $second, [ map { s/t(ên|%C3%AAn)/l$1/r } @$last ]);
}

###############################################################################

for my $case (@cases) {
    my ($name, $p, $bad, @parts) = @$case;
    my $body = $p->{body}->(map { $_->[0] } @parts);

    utf8::encode($body) if $p->{reason} ne 'charset';

    my $shown = outcome(http_post('/shown/memory/', $p->{type}, $body));
    my $judged = outcome(http_post('/judged/memory/', $p->{type}, $body));

    # in one piece it is what the table says

    my @fields = expected($p, $bad, $body, @parts);
    is_deeply([ split /\n \| /, $shown->{fields} ], \@fields,
              "$name: fields");
    is($shown->{unreadable}, defined $bad ? $p->{reason} : '',
       "$name: readable");
    is($judged->{verdict},
       defined $bad ? '202 HELD 0.0 engine.unreadable'
       : $name =~ / hit / ? '202 HELD 5.0 test.word' : '200 PASSED 0.0 ',
       "$name: verdict");

    # and in all other ways it is the same

    my %same = (shown => text_of($shown), judged => text_of($judged));

    is(differing(\%same, $p->{type}, split_in_two($body)), '',
       "$name: split in two");
    is(differing(\%same, $p->{type}, dripped($body)), '', "$name: dripped");
    is(differing(\%same, $p->{type}, chunked($body)), '', "$name: chunked");
    is(differing_h2(\%same, $p->{type}, $body), '', "$name: HTTP/2");
}

$t->done_testing();

###############################################################################

# what the table says that is seen

sub expected {
    my ($p, $bad, $body, @parts) = @_;

    return ' = ' . decode('UTF-8', $body) if $p->{all} && defined $bad;

    return ' = ' . ($body =~ s/[\x80-\xff]/\x{fffd}/gr) if $p->{text};

    return map { @$_[1 .. $#$_] } @parts;
}


# what became of a submission, and what was stored of it

sub outcome {
    my ($answer) = @_;
    my %outcome = (
        verdict    => join(' ', status($answer),
                           map { scalar header($answer, $_) || '' }
                               qw/ X-Verdict X-Rules /),
        fields     => '',
        hits       => '',
        unreadable => '',
    );

    if (my $receipt = $answer =~ /\b([0-9a-f]{32})\b/ && $1) {
        my $record = "m:{portal}:h:$receipt";

        $outcome{$_} = $t->redis('HGET', $record, $_) || ''
            for qw/ hits unreadable /;
        $outcome{fields} = join "\n | ", map { field($_) } @{
            JSON::PP->new->utf8->decode($t->redis('HGET', $record, 'fields')) };
    }

    return \%outcome;
}


sub field {
    my ($field) = @_;
    return "$field->{name} = " . ($field->{file}
        ? "file $field->{filename}, $field->{size} bytes" : $field->{value});
}


sub text_of {
    my ($outcome) = @_;
    return join "\n", map { "$_: $outcome->{$_}" } sort keys %$outcome;
}


# the offsets in, before and behind all that has a meaning to a parser

sub structural {
    my ($body) = @_;
    return grep { substr($body, $_ - 1, 2) =~ /[^a-zA-Z0-9 ]/ }
        1 .. length($body) - 1;
}


sub pieces {
    my ($body, @offsets) = @_;
    my @from = (0, @offsets);
    my @to = (@offsets, length $body);
    return map { substr $body, $from[$_], $to[$_] - $from[$_] } 0 .. $#from;
}


# Ways to send a body: a name, the place, and what is sent, piece by piece.
# The first piece has the headers with it, so that what nginx has read with
# them is one buffer and what it reads then is another.

sub split_in_two {
    my ($body) = @_;
    my @offsets = structural($body);

    return map { my $place = $_; map {
        [ "$place $_", $place, length $body, substr($body, 0, $_),
          substr $body, $_ ]
    } @offsets } qw/ memory single /;
}


sub dripped {
    my ($body) = @_;

    return map { [ $_, $_, length $body, pieces($body, structural($body)) ] }
        sort keys %places;
}


# of few bytes; between all structural places; the same, and dripped

sub chunked {
    my ($body) = @_;
    my @pieces = pieces($body, structural($body));

    return map { my $place = $_; (
        (map { [ "$place of $_", $place, undef,
                 join '', chunks(unpack "(a$_)*", $body) ] } 1, 2, 3),
        [ "$place at places", $place, undef, join '', chunks(@pieces) ],
        [ "$place at places dripped", $place, undef, chunks(@pieces) ],
    ) } sort keys %places;
}


sub chunks {
    return ((map { sprintf "%x\r\n%s\r\n", length, $_ } @_), "0\r\n\r\n");
}


# Sends a body in all these ways, many of them at once, to be shown and to be
# judged; returns the names of those that came to something else.

sub differing {
    my ($same, $type, @ways) = @_;
    my @differing;

    @ways = map { my $way = $_; map { [ $_, @$way ] } qw/ shown judged / }
            @ways;

    while (my @some = splice @ways, 0, 100) {
        my @sent = map { start($type, @$_) } @some;

        # each piece is sent when nginx has had time to read the one before

        for (my $n = 1; grep { $n < @{$_->{pieces}} } @sent; $n++) {
            sleep $n == 1 ? 0.02 : 0.002;
            print { $_->{socket} } $_->{pieces}[$n]
                for grep { $n < @{$_->{pieces}} } @sent;
        }

        for (@sent) {
            my $outcome = text_of(outcome(http_end($_->{socket})));
            next if $outcome eq $same->{$_->{rules}};
            push @differing, $_->{name};
            diag("$_->{name}:\n$outcome\nexpected:\n$same->{$_->{rules}}")
                if @differing == 1;
        }
    }

    return join ', ', @differing;
}


sub start {
    my ($type, $rules, $name, $place, $length, @pieces) = @_;

    my $head = "POST /$rules/$place/ HTTP/1.1\r\nHost: a\r\n"
               . "Connection: close\r\nContent-Type: $type\r\n"
               . (defined $length ? "Content-Length: $length\r\n\r\n"
                                  : "Transfer-Encoding: chunked\r\n\r\n");

    return { name => "$rules $name", rules => $rules, pieces => \@pieces,
             socket => http_start($head . $pieces[0]) };
}


sub differing_h2 {
    my ($same, $type, $body) = @_;

    my %ways = (
        'memory, length'       => [],
        'memory, no length'    => [ length => 0 ],
        'small, length, bytes' => [ frame => 1 ],
        'file, no length'      => [ length => 0, frame => 7, padding => 3 ],
    );

    return join ', ', grep {
        my ($place) = /^(\w+)/;
        text_of(outcome(h2('POST', "/shown/$place/", $type, $body,
                           port => 8082, @{$ways{$_}}))) ne $same->{shown}
    } sort keys %ways;
}


###############################################################################
