#!/usr/bin/perl

# Copyright (C) the moderate authors

# Patterns of others that are known to be slow, with the texts that make them
# so: as t/redos.t.  CORPORA names the folder with redos-pcre2.jsonl.

###############################################################################

use warnings;
use strict;

use JSON::PP ();
use Test::More;
use Test::Moderate;
use Test::Moderate::Redos;

my $corpus = ($ENV{CORPORA} || '') . '/redos-pcre2.jsonl';

-r $corpus or die "cannot read $corpus: set CORPORA to its folder\n";

open my $fh, '<:raw', $corpus or die "$corpus: $!\n";
my @recorded = map { JSON::PP->new->utf8->decode($_) } <$fh>;
close $fh;

my @cases = map { [ @$_{qw/ id regex prefix infix suffix /} ] } @recorded;

my $t = redos_start(Test::Moderate->new(), @cases);
my (@results, $r);

###############################################################################

cmp_ok(scalar @cases, '>=', 20, 'cases');

for my $size (16 * 1024, 64 * 1024) {
    for my $i (0 .. $#cases) {
        my $name = "$cases[$i][0], $size";

        push @results, $r = redos_judge($i, $cases[$i], $size);

        # PCRE2 found, in all the time it wanted, that it does match

        my $matches = $recorded[$i]{interp_rc} > 0
                      || $recorded[$i]{jit_rc} > 0;

        # some are like JSON, and not quite; those that differ may be told so

        my $held = qr/202\ (?:engine\.unreadable,)?
                      (?:engine\.budget:test\.redos|test\.redos)/x;

        like("$r->{status} $r->{rules}", $matches
             ? qr/^$held$/ : qr/^(?:$held|200 -)$/,
             "$name: held, or does not match");
        is($r->{others}, 200, "$name: another one is answered");
        ok($r->{first}, "$name: meanwhile") if $r->{time} > 50;
    }
}

cmp_ok(scalar(grep { $_->{rules} eq '-' } @results), '<=', @results / 10,
       'few are compared to the end');
redos_table(@results);

$t->done_testing();

###############################################################################
