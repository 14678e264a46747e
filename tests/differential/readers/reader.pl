#!/usr/bin/perl

# Copyright (C) the moderate authors

# Messages on standard input, on standard output a line of JSON for each: the
# values that CGI.pm and JSON::PP see, in base64; see ../fields.c.

###############################################################################

use warnings;
use strict;

use CGI;
use Encode ();
use JSON::PP ();
use MIME::Base64 qw/ encode_base64 /;

open(my $in, '<&', \*STDIN) or die "cannot keep the input: $!\n";
open(my $out, '>&', \*STDOUT) or die "cannot keep the output: $!\n";
open(STDERR, '>', '/dev/null');
binmode($_) for $in, $out;
$out->autoflush(1);

my $json = JSON::PP->new()->allow_nonref();

while (defined(my $head = part($in, 16))) {
    my ($types, @lengths) = unpack('N4', $head);
    my ($type, $coding, $body) = map { part($in, $_) } @lengths;
    my %seen = ('cgi-pm' => cgi($types ? $type : undef, $body),
                'json-pp' => json($body));

    print $out $json->encode(\%seen), "\n";
}

sub part {
    my ($from, $size) = @_;
    my $data = '';

    while (length $data < $size) {
        my $n = read($from, $data, $size - length $data, length $data);
        die "cannot read: $!\n" unless defined $n;
        return undef if $n == 0;
    }

    return $data;
}

sub cgi {
    my ($type, $body) = @_;
    my @values;

    local %ENV = (%ENV, REQUEST_METHOD => 'POST', CONTENT_LENGTH =>
                  length $body, QUERY_STRING => '',
                  defined $type ? (CONTENT_TYPE => $type) : ());

    my $done = eval {
        local $SIG{ALRM} = sub { die "too long\n" };
        alarm(10);
        close(STDIN);
        open(STDIN, '<', \$body) or die "cannot open: $!\n";
        CGI::initialize_globals();
        $CGI::LIST_CONTEXT_WARN = 0;

        my $q = CGI->new();
        my $error = $q->cgi_error();
        die "$error\n" if $error;

        # the body as it is; of JSON the fields matter, not their text

        my $raw = ($type // '') =~ m!^text/plain! ? '' : 'POSTDATA';

        for my $name (grep { $_ ne $raw } $q->multi_param()) {
            push @values, grep { !ref } $q->multi_param($name);
        }

        1;
    };

    alarm(0);

    return $done ? coded(@values) : undef;
}

sub json {
    my ($body) = @_;
    my @values;
    my @rest = eval { JSON::PP->new()->utf8()->allow_nonref()
                      ->allow_bignum(0)->decode($body) };

    return undef if $@;

    while (@rest) {
        my $value = shift @rest;

        if (ref $value eq 'HASH') {
            push @rest, values %$value;
        } elsif (ref $value eq 'ARRAY') {
            push @rest, @$value;
        } elsif (defined $value && !ref $value && is_text($value)) {
            push @values, $value;
        }
    }

    return coded(@values);
}

# JSON::PP itself knows a string from a number so

sub is_text {
    my ($value) = @_;
    return JSON::PP->new()->allow_nonref()->encode($value) =~ /^"/;
}

# characters as UTF-8, bytes as they are

sub coded {
    return [ map { my $v = $_;
                   utf8::encode($v) if utf8::is_utf8($v);
                   encode_base64($v, '') } @_ ];
}
