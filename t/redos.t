#!/usr/bin/perl

# Copyright (C) the moderate authors

# Patterns that somebody might write, and texts made to slow them: no such
# text is ever taken for one that does not match, and nobody waits for it.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;
use Test::Moderate::Redos;

# name, pattern, prefix, infix, suffix, a text that is hit

my @cases = (

    # a repeat of repeats

    [ 'nested plus',     '(a+)+[yz]$',         '', 'a', '!', 'aay' ],
    [ 'nested star',     '(?:x*)*[yz]!',       '', 'x', '?!', 'xy!' ],
    [ 'words',           '(\w+\s?)+[;?]$',     '', 'ab ', ':', 'ab cd?' ],
    [ 'letters, digit',  '^([a-z]+)*\d$',      '', 'b', '!', 'b1' ],
    [ 'nested twice',    '((a*)*b?)*[yz]#',    '', 'ab', '!#', 'abz#' ],
    [ 'counted',         '(?:\w{1,30}){1,30}[;?]', '', 'q', '!', 'q?' ],
    [ 'counted twice',   '^(?:(?:a{1,9}){1,9})+[yz]', '', 'a', '!', 'az' ],

    # alternatives that begin alike

    [ 'a or aa',         '(a|aa)+[yz]$',       '', 'a', '!', 'ay' ],
    [ 'word or digit',   '^(?:\w|\d|_)+[;?]$', '', '7', '!', '7?' ],
    [ 'ba, bab, ab',     '(?:ba|bab|ab)+[yz]!', '', 'bab', '?!', 'baz!' ],
    [ 'the same twice',  '(?:x|x)*[yz]#',      '', 'x', '!#', 'xy#' ],
    [ 'dot or newline',  '<q>(?:.|\n)*?</q[yz]>', '', '<q>', "\n", '<q></qy>' ],

    # repeats beside each other

    [ 'stars of dots',   '.*.*=.*[yz]#',       '', '=', '!#', 'a=y#' ],
    [ 'three words',     '\w+\w+\w+[;?]',      '', 'w', '!', 'www?' ],
    [ 'words, spaces',   '[a-z]*\s*[a-z]*\s*[;?]#', '', 'a', '!#', 'a ?#' ],
    [ 'digits',          '\d+\d*\d+[yz]',      '', '4', '!', '44y' ],
    [ 'spaces',          '\s*\s*\s*[yz]#',     '', ' ', '!#', ' z#' ],
    [ 'lazy list',       '^(?:.*?,){12}[yz]',  '', '1,', '!', '1,' x 12 . 'y' ],
    [ 'lazy marks',      '<b>(.*?)<c>.*?<[de]>', '', '<b><c>', "\n",
                         '<b><c><d>' ],

    # looking back, ahead and again

    [ 'behind',          '(?<=a)(?:a*+)[yz]',  '', 'a', '!', 'aay' ],
    [ 'behind, not',     '(?<!b)(?:[ac]*+)[yz]#', '', 'ac', '!#', 'acy#' ],
    [ 'ahead',           '(?!^).(?=[^@]+@)',   '', 'm', '!', 'mmm@' ],
    [ 'same again',      '(a*)\1+[yz]',        '', 'a', '!', 'aay' ],
    [ 'word again',      '(\w+)\1\1[;?]',      '', 'ab', '!', 'aaa?' ],
    [ 'recursion',       '\((?:[^()]++|(?R))*\)[yz]', '', '(a', ')!', '(a)y' ],
    [ 'recursion, open', '\((?:[^()]+|(?R))*\)[yz]', '', '(', 'a)!', '(a)y' ],

    # what a portal's rules might well have

    [ 'mail address',    '([a-z0-9]+[.-]?)+@[a-z]+[yz]$', '', 'a.', '!@',
                         'ab@xy' ],
    [ 'link',            '(https?://.*?)(?: |&lt;|\n[yz])', '', 'http://', '!',
                         'http://a ' ],
    [ 'money',           '^(\d+[.,]?)+\s*(?:usd|vnd)$', '', '1.', '!d',
                         '1.000 vnd' ],
);

my $t = redos_start(Test::Moderate->new(), @cases);
my (@results, $r);

###############################################################################

for my $size (2048, 16 * 1024, 64 * 1024) {
    for my $i (0 .. $#cases) {
        my $name = "$cases[$i][0], $size";

        push @results, $r = redos_judge($i, $cases[$i], $size);

        like("$r->{status} $r->{rules}",
             qr/^202 (?:engine\.budget:test\.redos|test\.redos)$/,
             "$name: held") if $size > 2048;
        is($r->{others}, 200, "$name: another one is answered");

        # what takes as long as this is in a thread, whatever its size

        ok($r->{first}, "$name: meanwhile") if $r->{time} > 50;
    }
}

is(scalar @{[ $t->workers() ]}, 1, 'by one worker');
redos_table(@results);

$t->done_testing();

###############################################################################
