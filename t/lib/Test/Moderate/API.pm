package Test::Moderate::API;

# Copyright (C) the moderate authors
#
# Every answer of the API that a test gets is as docs/openapi.yaml says.

use warnings;
use strict;

use Cwd qw/ abs_path /;
use Fcntl qw/ :flock /;
use File::Basename qw/ dirname /;
use JSON::PP ();

my $ROOT = abs_path(dirname(__FILE__) . '/../../../..');
my $PYTHON = -x '/usr/bin/python3' ? '/usr/bin/python3' : 'python3';

# where tests have a location with moderate_api

my $API = qr!^/(?:moderation/api|api|admin|ctl|viewer|moderation)/([^?]*)!;

my (%asked, $file);


# The file that answers are kept in, until they are looked at.

sub keep { $file = $_[0] }


sub asked {
    my ($s, $request) = @_;
    $asked{$s} = ref $request ? join '', @$request : $request;
}


# What nginx itself has answered has no such header.

sub answered {
    my ($s, $answer) = @_;
    my $request = delete $asked{$s};

    return unless $file && defined $request && $answer =~ /^X-Robots-Tag:/mi;

    my ($method, $uri) = $request =~ /^(\S+) (\S+)/;
    my ($path) = ($uri || '') =~ $API or return;

    # children of a test write here too

    open my $fh, '>>', $file or die "$file: $!\n";
    flock $fh, LOCK_EX;
    print $fh JSON::PP->new->latin1->encode({
        method => $method,
        path => $path,
        status => 0 + Test::Moderate::HTTP::status($answer),
        body => Test::Moderate::HTTP::body($answer),
    }), "\n";
    close $fh;
}


# Returns the calls that the file has: method, path, role.

sub calls {
    return map { JSON::PP->new->decode($_) }
           `$PYTHON $ROOT/tools/openapi.py calls`;
}


# Returns what is wrong with them.

sub problems {
    return () unless $file && -s $file;

    my @lines = `$PYTHON $ROOT/tools/openapi.py answers $file 2>&1`;
    push @lines, 'openapi.py failed' if $? && !@lines;
    chomp @lines;

    return @lines;
}


1;
