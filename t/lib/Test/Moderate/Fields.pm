package Test::Moderate::Fields;

# Copyright (C) the moderate authors
#
# Fields as the module shows them to a moderator, and as the backend parsed
# them, in one form that can be compared: a list of "name = value", and of
# "name = file NAME, SIZE bytes" for a file.

use warnings;
use strict;

use Exporter qw/ import /;

our @EXPORT = qw/ fields_shown fields_parsed /;


# $item is the API's answer to "GET held/<id>".

sub fields_shown {
    my ($item) = @_;

    return [ map { _field($_->{name}, $_->{value},
                          $_->{file} ? @$_{qw/ filename size /} : ()) }
             @{$item->{fields} || []} ];
}


# $request is one of backend_requests().  backend.py writes a byte that is not
# UTF-8 as "\xe9", and a lone surrogate as "\ud800"; the module shows U+FFFD.

sub fields_parsed {
    my ($request) = @_;
    my @fields;

    for my $field (@{$request->{fields}}) {
        my ($name, $value, $file) = @$field;
        my $size;

        if (defined $file) {
            $size = $value;
            $size =~ s/\\x[0-9a-f]{2}/?/g;
            utf8::encode($size);
            $size = length $size;
        }

        s/\\x[0-9a-f]{2}|\\ud[89a-f][0-9a-f]{2}/\x{fffd}/g
            for grep { defined } $name, $value, $file;

        push @fields, _field($name, $value, $file, $size);
    }

    return \@fields;
}


sub _field {
    my ($name, $value, $file, $size) = @_;

    return defined $file ? "$name = file $file, $size bytes"
                         : "$name = $value";
}


1;
