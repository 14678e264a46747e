#!/usr/bin/perl

# Copyright (C) the moderate authors

# How long the console takes to show the first page of a long queue: "make
# bench-console".  COUNT items wait in Redis; the figures are printed, and kept
# in the file that is named by BENCH_CONSOLE.

use warnings;
use strict;

use FindBin;
use lib $FindBin::Bin;

use IO::Socket::UNIX;
use JSON::PP;
use Test::More;
use Test::Moderate;

use Stories;

use constant HOURS => 20;       # that the items came in: none is overdue
use constant BATCH => 500;      # items that are written together
use constant ROOM  => 8;        # digits of an item's number

my $count = $ENV{COUNT} || 100_000;
my $zeros = '0' x ROOM;
my $t = stage(save => '', appendonly => 'no');


# One of each kind is held by the module; all others are like them.

sub patterns {
    my @texts = ("buy pills number $zeros",
                 "pay the debt number $zeros " . 'and think of it ' x 30,
                 "win the lottery, buy pills, number $zeros \x{1ec7}" x 3,
                 "buy pills\nand pay the debt\n" x 20 . $zeros);

    for my $text (@texts) {
        utf8::encode($text);
        http_post('/comments', 'application/json',
                  JSON::PP->new->encode({ name => 'Lan', comment => $text }));
    }

    return map { pattern($_) } @{$t->redis('ZRANGE', 'm:{portal}:index',
                                           0, -1)};
}


# Where an item is: its hash, and the sets that have its id.

sub pattern {
    my ($id) = @_;
    my (@sets, @sorted);

    for my $key (@{$t->redis('KEYS', 'm:{portal}:*')}) {
        my $type = $t->redis('TYPE', $key);

        push @sets, $key
            if $type eq 'set' && $t->redis('SISMEMBER', $key, $id);
        push @sorted, $key
            if $type eq 'zset' && defined $t->redis('ZSCORE', $key, $id);
    }

    my %hash = @{$t->redis('HGETALL', "m:{portal}:h:$id")};

    return { hash => \%hash, sets => \@sets, sorted => \@sorted };
}


sub command {
    return '*' . @_ . "\r\n" . join '', map { '$' . length($_) . "\r\n$_\r\n" }
                                           @_;
}


# The commands that write one, and how many they are.

sub item {
    my ($pattern, $number, $received) = @_;
    my $id = sprintf '%032x', $number;
    my $name = sprintf '%0*d', ROOM, $number;
    my %hash = map { (my $value = $_) =~ s/$zeros/$name/g; $value }
                   %{$pattern->{hash}};

    $hash{received} = $received;

    return (command('HSET', "m:{portal}:h:$id", %hash),
            map({ command('SADD', $_, $id) } @{$pattern->{sets}}),
            map({ command('ZADD', $_, $received, $id) }
                @{$pattern->{sorted}}),
            command('XADD', 'm:{portal}:events', "$received-0",
                    event => 'held', id => $id, to => 'pending',
                    version => 1, time => $received));
}


# Writes them; the oldest first, as the log of events has them.

sub seed {
    my (@patterns) = @_;
    my $redis = IO::Socket::UNIX->new(Peer => $t->testdir() . '/redis.sock')
        or die "redis: $!\n";
    my $step = int(HOURS * 3600_000 / $count);
    my $from = time * 1000 - $step * $count - 120_000;
    my ($out, $written) = ('', 0);

    for my $n (1 .. $count) {
        my @commands = item($patterns[$n % @patterns], $n, $from + $n * $step);

        $out .= join '', @commands;
        $written += @commands;

        if ($n % BATCH == 0 || $n == $count) {
            print $redis $out;
            $redis->flush();

            for (1 .. $written) {
                my $reply = <$redis>;

                die "redis: $reply" if !defined $reply || $reply =~ /^-/;
                <$redis> if $reply =~ /^\$/;
            }

            ($out, $written) = ('', 0);
        }
    }
}


# Of nginx and Redis, in megabytes.

sub memory {
    my ($worker) = $t->workers();
    my ($nginx) = ($t->read_file("/proc/$worker/status") || '')
        =~ /VmRSS:\s+(\d+)/;
    my ($redis) = $t->redis('INFO', 'memory') =~ /used_memory:(\d+)/;

    return (nginx => sprintf('%.0f', $nginx / 1024),
            redis => sprintf('%.0f', $redis / 1024 / 1024));
}


$t->redis('FLUSHALL');

my @patterns = patterns();

$t->redis('FLUSHALL');
seed(@patterns);

is($t->redis('ZCARD', 'm:{portal}:queue'), $count, 'all of them wait');

my @command = ('node', "$ENV{CONSOLE_DIR}/bench.js",
               'http://127.0.0.1:' . port(8080) . '/', $ENV{CONSOLE_SHOTS});

open my $node, '-|', @command or die "node: $!\n";

my $result = do { local $/; <$node> };
my $figures = eval { decode_json($result) } or diag($result);

ok($figures, 'the console has shown them');

my %all = (items => $count, memory => { memory() }, %{$figures || {}});
my $text = JSON::PP->new->canonical->pretty->encode(\%all);

diag($text);

if ($ENV{BENCH_CONSOLE}) {
    open my $file, '>', $ENV{BENCH_CONSOLE} or die "$ENV{BENCH_CONSOLE}: $!\n";
    print $file $text;
    close $file;
}

$t->done_testing();
