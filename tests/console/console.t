#!/usr/bin/perl

# Copyright (C) the moderate authors

# The console in a real browser: a day of two moderators by keyboard, what
# others do meanwhile and what one may do, and held texts that would like to be
# more than text.

###############################################################################

use warnings;
use strict;

use JSON::PP;
use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    types {
        text/html        html;
        text/css         css;
        text/javascript  js;
    }

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;
    moderate_site   portal;

    moderate_secret_file  %%TESTDIR%%/secret;
    moderate_queue_age    1d;

    map $remote_user $role {
        viewer   viewer;
        admin    admin;
        default  moderator;
    }

    server {
        listen  127.0.0.1:8080;

        auth_basic_user_file  %%TESTDIR%%/moderators;

        location / {
            moderate        on;
            moderate_field  text comment;
            moderate_field  author name;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /receipt/ {
            moderate_receipt;
        }

        location /moderation/ {
            alias       %%ROOT%%/console/;
            index       index.html;
            auth_basic  moderation;

            include     %%TESTDIR%%/headers.conf;
        }

        location /moderation/api/ {
            auth_basic    moderation;
            moderate_api  role=$role user=$remote_user;
        }
    }
}
EOF

$t->write_file('moderators', join '', map { "$_:{PLAIN}secret\n" }
               qw/ lan minh viewer admin /);
$t->write_file('secret', join '', map { chr 33 + $_ } 0 .. 63);
$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.pills
    title: Pills
    category: advertising
    words: ["buy pills"]
    score: 5
    examples: { hit: ["buy pills"], miss: ["buy bills"] }

  - id: test.lottery
    title: "</td><img src=x onerror=pwned('title')> \u202Egnirts"
    category: scam
    mode: shadow
    words: ["win the lottery"]
    score: 4
    examples: { hit: ["win the lottery"], miss: ["win the battery"] }

  - id: test.debt
    title: "Đòi nợ thuê"
    category: abuse
    words: ["pay the debt"]
    score: 6
    examples: { hit: ["pay the debt"], miss: ["pay the debit"] }
EOF

# the headers are those that administrators are given

my $example = do {
    local $/;
    open my $fh, '<', "$ENV{CONSOLE_ROOT}/examples/console.conf" or die;
    <$fh>;
};

$t->write_file('headers.conf',
               join "\n", $example =~ /^\s*(add_header .*;)$/mg);

$t->run_redis()->run_backend()->run();

###############################################################################

binmode(Test::More->builder->$_(), ':encoding(UTF-8)')
    for qw/ output failure_output todo_output /;

sub story {
    my ($name) = @_;
    my $told = 0;

    local $ENV{CONSOLE_REDIS} = $t->testdir() . '/redis.sock';

    open my $out, '-|', 'node', "$ENV{CONSOLE_DIR}/$name.js",
        'http://127.0.0.1:' . port(8080) . '/', $ENV{CONSOLE_SHOTS}
        or die "node: $!\n";

    while (my $line = <$out>) {
        my $result = eval { decode_json($line) };

        if (!$result) {
            diag($line);
            next;
        }

        $told++;
        ok($result->{ok}, "$name: $result->{name}")
            or diag("got      ", encode_json([$result->{got}]),
                    "\nexpected ", encode_json([$result->{wanted}]));
    }

    ok(close($out), "$name: ended well");
    cmp_ok($told, '>', 0, "$name: was told");
}

story('words');

my @stories = qw/ walk others appeal figures rules groups hostile /;

for (@stories) {
    $t->redis('FLUSHALL');
    story($_);
}

$t->done_testing();

###############################################################################
