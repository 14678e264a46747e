package Test::Moderate::Redos;

# Copyright (C) the moderate authors

# Patterns that are slow on some texts, each as the only rule of a location,
# and what becomes of those texts and of others meanwhile.  A case is
# [name, pattern, prefix, infix, suffix, a text that is hit]: the text is
# prefix, infix as often as there is room, suffix.  Without a text that is hit
# the pattern gets an alternative that has one.

use warnings;
use strict;

use Exporter qw/ import /;
use IO::Select;
use JSON::PP ();
use Test::More ();
use Time::HiRes qw/ time /;

use Test::Moderate;

our @EXPORT = qw/ redos_start redos_judge redos_table /;

my $CONF = <<'EOF';
%%TEST_GLOBALS%%

thread_pool  judges  threads=2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis        unix:%%TESTDIR%%/redis.sock;
    moderate_thread_pool  judges;
    moderate_site         portal;

    add_header  X-Rules  $moderate_rules  always;
    add_header  X-Time   $moderate_time   always;

    server {
        listen  127.0.0.1:8080;

        location = /other {
            moderate        on;
            moderate_rules  %%TESTDIR%%/other.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

LOCATIONS
    }
}
EOF


# Starts nginx with a location for each case.

sub redos_start {
    my ($t, @cases) = @_;
    my $locations = '';

    for my $i (0 .. $#cases) {
        $locations .= <<"EOF";
        location = /$i {
            moderate        on;
            moderate_rules  %%TESTDIR%%/$i.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

EOF
        $t->write_file("$i.yaml", _rules($cases[$i]));
    }

    $t->write_file('other.yaml', _rules([ 'other', 'pills', '', '', '',
                                          'pills' ]));
    $t->write_file_expand('nginx.conf', $CONF =~ s/LOCATIONS/$locations/r);
    $t->run_redis()->run_backend()->run();

    return $t;
}


sub _rules {
    my ($case) = @_;
    my ($name, $pattern, $prefix, $infix, $suffix, $hit) = @$case;

    if (!defined $hit) {
        $hit = 'zq9zq9';

        # a rule must not match the empty text

        $pattern = "(?=[\\s\\S])(?:$pattern)" if eval { '' =~ /$pattern/i };
        $pattern = "(?:$pattern)|$hit";
    }

    # else a text without what it needs is not compared at all

    $pattern = "(?:$pattern)|[\\x{e000}-\\x{f8ff}]";

    # what others wrote may match nearly everything

    my @texts = ('-', "\n", '0', 'm', "/\n/", "aa\nbb\ncc");
    my ($miss) = grep { my $text = $_;
                        !eval { $text =~ /$pattern/i } } @texts;

    s/'/''/g for $pattern, $hit;
    $miss = JSON::PP->new->allow_nonref->encode($miss);

    my $rules = <<"EOF";
version: 1

rules:
  - id: test.redos
    category: scam
    in: [other]
    view: raw
    match: '$pattern'
    score: 5
    examples: { hit: ['$hit'], miss: [$miss] }
EOF

    utf8::encode($rules) if utf8::is_utf8($rules);

    return $rules;
}


# Sends the text of a case, of so many bytes, and then a small submission to
# the same worker, whose answers are read as they come.

sub redos_judge {
    my ($n, $case, $size) = @_;
    my ($name, $pattern, $prefix, $infix, $suffix) = @$case;

    utf8::encode($_) for grep { utf8::is_utf8($_) } $prefix, $infix, $suffix;

    my $times = ($size - length($prefix . $suffix)) / length $infix;
    my $text = $prefix . $infix x $times . $suffix;
    my %result = (name => $name, size => $size);

    my $slow = http_start(_request("/$n", $text));
    my $start = time;

    $result{others} = status(http(_request('/other', 'hello')));
    $result{latency} = 1000 * (time - $start);
    $result{first} = !IO::Select->new($slow)->can_read(0);

    my $answer = http_end($slow, 30);

    $result{answer} = 1000 * (time - $start);
    $result{status} = status($answer);
    $result{rules} = header($answer, 'X-Rules') || '-';
    $result{time} = 1000 * (header($answer, 'X-Time') || 0);

    return \%result;
}


sub _request {
    my ($uri, $text) = @_;
    return "POST $uri HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
           . "Content-Type: text/plain\r\nContent-Length: "
           . length($text) . "\r\n\r\n$text";
}


# Tells what was measured: for each size, and the worst by name.

sub redos_table {
    my (@results) = @_;
    my %sizes = map { $_->{size} => 1 } @results;

    for my $size (sort { $a <=> $b } keys %sizes) {
        my @of = grep { $_->{size} == $size } @results;
        my @latency = sort { $a <=> $b } map { $_->{latency} } @of;
        my @time = sort { $a <=> $b } map { $_->{time} } @of;

        Test::More::diag(sprintf "%6d bytes: %d out of limits, %d hit, "
            . "%d compared to the end; judged in %.1f ms (median), %.1f ms "
            . "(longest); another one meanwhile answered in %.1f ms (median)"
            . ", %.1f ms (longest), above 20 ms: %d",
            $size, scalar(grep { $_->{rules} =~ /engine/ } @of),
            scalar(grep { $_->{rules} eq 'test.redos' } @of),
            scalar(grep { $_->{rules} eq '-' } @of), $time[$#time / 2],
            $time[-1], $latency[$#latency / 2], $latency[-1],
            scalar(grep { $_ > 20 } @latency));
    }
}


1;
