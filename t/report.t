#!/usr/bin/perl

# Copyright (C) the moderate authors

# moderatectl report: what was held and what became of it, by day, form,
# category, rule and time to the decision.

###############################################################################

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;
use JSON::PP ();

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'CONF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;
    moderate_site   portal;
    moderate_field  text comment;

    server {
        listen    127.0.0.1:8080;
        moderate  on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /api/ {
            moderate_api  role=moderator user=lan;
        }

        location /viewer/ {
            moderate_api  role=viewer user=minh;
        }
    }
}
CONF

$t->write_file('rules.yaml', <<'RULES');
version: 1

rules:
  - id: test.pills
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }
RULES

$t->run_redis()->run_backend()->run();

my $ctl = abs_path(dirname(__FILE__) . '/..') . '/build/moderatectl';
my $form = 'application/x-www-form-urlencoded';
my ($out, $code, @ids, $day);

###############################################################################

push @ids, held('/comments', "pills $_") for 1 .. 3;
push @ids, held('/=cmd|x', 'pills');

decide($ids[0], 'approve', '{}');
decide($ids[$_], 'reject', '{"reason":"scam"}') for 1, 3;

ok(wait_until(sub { told()->{decisions}{rejected} == 2 }),
   'all are counted');

my $r = told();
is("$r->{site} $r->{decisions}{held} $r->{decisions}{delivered}", 'portal 4 1',
   'JSON');
$day = $r->{to};

# for a spreadsheet

report('--csv');
is($code, 0, 'exits 0');
like($out, qr/^site,from,to,by,name,held,delivered,failed,unknown,rejected,
              undone,appealed\r\n/x, 'header');
like($out, qr/^"portal",[\d-]+,$day,all,"",4,1,0,0,2,0,0\r$/m, 'all');
like($out, qr/^"portal",[\d-]+,$day,day,"$day",4,1,0,0,2,0,0\r$/m, 'day');
like($out, qr{,form,"/comments",3,1,0,0,1,0,0\r$}m, 'form');
like($out, qr/,category,"advertising",4,1,0,0,2,0,0\r$/m, 'category');
like($out, qr/,rule,"test\.pills",4,1,0,0,2,0,0\r$/m, 'rule');
like($out, qr/,time,"up to 60 s",0,1,0,0,2,0,0\r$/m, 'time to the decision');
unlike($out, qr/pills [123]|127\.0\.0\.1|lan/, 'nothing of a person');

# what is a formula to a spreadsheet, and a command to a terminal

$t->redis('HSET', "m:{portal}:stat:20240229", 'f:=1+1:held', 7,
          "f:/\e[2J\"x\":held", 8);
report('--csv', '--from', '2024-02-29', '--to', '2024-02-29');
like($out, qr/,form,"'=1\+1",7,/, 'no formula');
like($out, qr/,form,"[^\n]*""x""",8,/, 'quoted');
report('--from', '2024-02-29', '--to', '2024-02-29');
like($out, qr/^site portal, from 2024-02-29 to 2024-02-29$/m, 'table');
unlike($out, qr/\e/, 'no escape');

# who may, and mistakes

report('--api', 'http://127.0.0.1:' . port(8080) . '/viewer/', '--csv');
is($code, 0, 'a viewer may');
report('--from', 'yesterday');
is($code, 1, 'no day exits 1');
report('--csv', '--json');
is($code, 2, 'not both');
report('more');
is($code, 2, 'too much');
report('--api', 'http://127.0.0.1:' . port(8089) . '/');
is($code, 3, 'nobody there');

$t->done_testing();

###############################################################################

sub report {
    my $command = join ' ', map { "'$_'" } @_;
    my $api = 'http://127.0.0.1:' . port(8080) . '/api/';

    $out = `MODERATE_API=$api $ctl report $command 2>&1`;
    $code = $? >> 8;

    return $out;
}


sub told { return JSON::PP->new()->decode(report('--json')) }


sub held {
    my ($uri, $text) = @_;

    return json(http_post($uri, $form, "comment=$text",
                          'Accept' => 'application/json'))->{receipt};
}


sub decide {
    my ($id, $action, $body) = @_;

    return http_post("/api/held/$id/$action", 'application/json', $body,
                     'If-Match' => '"1"');
}

###############################################################################
