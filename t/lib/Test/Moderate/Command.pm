package Test::Moderate::Command;

# Copyright (C) the moderate authors
#
# The command line, run to its end.

use warnings;
use strict;

use Cwd qw/ abs_path /;
use Exporter qw/ import /;
use File::Basename qw/ dirname /;

our @EXPORT = qw/ moderatectl moderatectl_path /;

my $COMMAND = abs_path(dirname(__FILE__) . '/../../../..')
              . '/build/moderatectl';


# Where it is, to be run as a daemon.

sub moderatectl_path { $COMMAND }


# Runs moderatectl; returns its exit code, and all that it wrote.

sub moderatectl {
    my $command = join ' ', map { s/'/'\\''/gr =~ s/(.*)/'$1'/sr }
                  $COMMAND, @_;
    my $out = `$command 2>&1 </dev/null`;

    return ($? >> 8, $out);
}


1;
