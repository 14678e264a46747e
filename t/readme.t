#!/usr/bin/perl

# Copyright (C) the moderate authors

# The configuration of README's synopsis runs as printed; only its paths and
# ports are those of the test.

###############################################################################

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

my $root = abs_path(dirname(__FILE__) . '/..');
my $readme = $t->read_file("$root/README.md");

my ($synopsis) = $readme =~ /^## Synopsis\n\n(.*?)\n\S/ms;
my ($command) = $readme =~ /^    \$ curl -d '([^']*)'/m;

my $conf = $synopsis =~ s/^ {4}//gmr;
$conf =~ s!^load_module.*!%%TEST_GLOBALS%%!m;
$conf =~ s!^http \{!$&\n    %%TEST_GLOBALS_HTTP%%!m;
$conf =~ s!unix:/\S+\.sock!unix:%%TESTDIR%%/redis.sock!;
$conf =~ s!/usr/local/share/moderate!%%ROOT%%!;
$conf =~ s!/etc/nginx/moderators!%%TESTDIR%%/moderators!;
$conf =~ s!127\.0\.0\.1:8000!127.0.0.1:8081!;

$t->write_file_expand('nginx.conf', $conf);
$t->write_file('moderators', "lan:{PLAIN}secret\n");

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $r;

###############################################################################

is(status(http_post('/comments', $form, 'name=an&comment=hello')), 200,
   'benign');

$r = http_post('/comments', $form, $command, 'Accept' => 'application/json');
is(status($r), 202, 'the example is held');
is(json($r)->{status}, 'held', 'and says so');

is(status(http_get('/moderation/api/held')), 401, 'queue needs a password');
$r = http_get('/moderation/api/held', 'Authorization' => 'Basic '
              . 'bGFuOnNlY3JldA==');
is(scalar @{json($r)->{items}}, 1, 'queue');

$t->done_testing();

###############################################################################
