#!/usr/bin/perl

# Copyright (C) the moderate authors

# The console's queue in a real browser: days of several moderators, what others
# do meanwhile and what one may do, campaigns, and what is hidden.

###############################################################################

use warnings;
use strict;

use FindBin;
use lib $FindBin::Bin;

use Stories;

###############################################################################

stories(qw/ walk others groups personal /);

###############################################################################
