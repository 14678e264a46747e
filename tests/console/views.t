#!/usr/bin/perl

# Copyright (C) the moderate authors

# The words of the console, its other views in a real browser, and held texts
# that would like to be more than text.

###############################################################################

use warnings;
use strict;

use FindBin;
use lib $FindBin::Bin;

use Stories;

###############################################################################

stories(qw/ words appeal figures rules hostile /);

###############################################################################
