#!/usr/bin/perl

# Copyright (C) the moderate authors

# Rules that differ in all they say are swapped fifty times while submissions
# come without a pause, large ones, which threads judge, among them: everybody
# has an answer, and each is of one version or of the other.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;
use Time::HiRes qw/ sleep time /;

use constant SWAPS => $ENV{TEST_SWAPS} || 50;

my $t = Test::Moderate->new(workers => 2);

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis          unix:%%TESTDIR%%/redis.sock;
    moderate_redis_timeout  10s;
    moderate_site           portal;
    moderate_field          text comment;

    add_header  X-Set    $moderate_ruleset  always;
    add_header  X-Rules  $moderate_rules    always;
    add_header  X-Score  $moderate_score    always;

    server {
        listen  127.0.0.1:8080;

        location / {
            moderate        on;
            moderate_rules  %%TESTDIR%%/rules.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location = /status {
            moderate_status;
        }
    }
}
EOF

# what one rejects the other passes, with several rules each

sub rules {
    my ($n) = @_;
    my ($name, @words) = $n % 2 ? qw/ odd apple pear / : qw/ even plum fig /;

    return "version: 1\n# $n\nrules:\n" . join '', map { <<"EOF" } @words;
  - id: $name.$_
    category: scam
    words: [$_]
    score: 8
    examples: { hit: [$_], miss: [nothing] }
EOF
}

$t->write_file('rules.yaml', rules(0));
$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $pad = '+lorem+ipsum' x 1000;
my %expected = (
    apple => { odd => '403 odd.apple,odd.pear 16.0', even => '200 - 0.0' },
    plum  => { even => '403 even.plum,even.fig 16.0', odd => '200 - 0.0' },
);
my $live = sub {
    my %sets = map { $_->{rulesets}[0]{version} => 1 }
               @{json(http_get('/status'))->{workers}};
    return keys %sets == 1 ? (keys %sets)[0] : '';
};
my ($old, $now, $failed, %names, @lines, @bad);

###############################################################################

$t->run_daemon(\&submit, $_) for 1 .. 2;
ok(wait_until(sub { lines() > 20 }), 'they come');

$names{$old = $live->()} = 'even';

for my $n (1 .. SWAPS) {
    $t->write_file('rules.yaml', rules($n));

    if (!wait_until(sub { ($now = $live->()) && $now ne $old }, 30)) {
        $failed = $n;
        last;
    }

    $names{$old = $now} = $n % 2 ? 'odd' : 'even';
}

is($failed, undef, 'all swaps');
is(scalar keys %names, SWAPS + 1, 'as many versions');

$t->write_file('end', '');
ok(wait_until(sub { 2 == grep { /^end/ } lines() }), 'they end');

@lines = grep { !/^end/ } lines();
cmp_ok(scalar @lines, '>', 10 * SWAPS, 'submissions');

my %seen;

for (@lines) {
    my ($text, $set, $verdict) = /^(\w+) (\S+) (.*)/;
    my $name = $names{$set} || '?';

    $seen{"$text $name"}++;
    push @bad, $_ if $verdict ne ($expected{$text}{$name} || '');
}

is(scalar @bad, 0, 'each has the verdict of its version')
    or diag(join "\n", @bad[0 .. ($#bad < 9 ? $#bad : 9)]);
is(scalar keys %seen, 4, 'all verdicts were there');
unlike($t->error_log(), qr/could not|\[error\]/, 'nothing failed');

$t->done_testing();

###############################################################################

sub lines {
    return map { split /\n/, $t->read_file("daemon$_.out") || '' } 1 .. 2;
}


sub submit {
    my ($n) = @_;

    $| = 1;

    while (!defined $t->read_file('end')) {
        my ($text, $words) = $n % 2 ? ('apple', 'apple+pear')
                                    : ('plum', 'plum+fig');
        my $r = http_post('/', $form, "comment=$words"
                                      . ($n++ % 4 < 2 ? '' : $pad));

        # in one write: a line is there or not

        print join(' ', $text, header($r, 'X-Set') || '-', status($r) || 0,
                   header($r, 'X-Rules') || '-', header($r, 'X-Score') || '-')
              . "\n";
    }

    print "end\n";
}

###############################################################################
