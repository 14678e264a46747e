package Test::Moderate::Redis;

# Copyright (C) the moderate authors
#
# The smallest Redis client: one command, one connection, a Unix socket.

use warnings;
use strict;

use IO::Socket::UNIX;

use constant TIMEOUT => 10;     # seconds


# Returns a string, a number, an array reference, or undef for nil; dies of an
# error reply and when there is no answer.

sub command {
    my ($path, @command) = @_;

    my $s = IO::Socket::UNIX->new(Peer => $path) or die "redis: $!\n";

    $s->autoflush(1);

    # the test file has an alarm of its own

    local $SIG{ALRM} = sub { die "redis: timed out\n" };
    my $left = alarm(TIMEOUT);

    my $reply = eval {
        print $s '*' . @command . "\r\n",
                 map { '$' . length($_) . "\r\n$_\r\n" } @command;
        read_reply($s);
    };

    my $error = $@;
    alarm($left);
    die $error if $error;

    return $reply;
}


sub read_reply {
    my ($s) = @_;
    my $line = <$s>;

    die "redis: closed\n" unless defined $line;

    my ($type, $rest) = $line =~ /^(.)(.*)\r\n/s;

    return $rest if $type eq '+' || $type eq ':';
    die "redis: $rest\n" if $type eq '-';
    return undef if $rest == -1;
    return [ map { read_reply($s) } 1 .. $rest ] if $type eq '*';

    read($s, my $data, $rest + 2) == $rest + 2 or die "redis: closed\n";
    return substr $data, 0, $rest;
}


1;
