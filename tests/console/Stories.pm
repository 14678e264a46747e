package Stories;

# Copyright (C) the moderate authors
#
# Stories of the console, told by a real browser: nginx with the console, the
# API and receipts before a backend, and files of JavaScript whose results are
# assertions here.

use warnings;
use strict;

use Exporter 'import';
use JSON::PP;
use Test::More;
use Test::Moderate;

our @EXPORT = qw/ stage stories /;

my $CONF = <<'EOF';
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

my $RULES = <<'EOF';
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


# Runs all that the console needs; directives are those of Redis.

sub stage {
    my (%directives) = @_;
    my $t = Test::Moderate->new();

    $t->write_file_expand('nginx.conf', $CONF);
    $t->write_file('rules.yaml', $RULES);
    $t->write_file('secret', join '', map { chr 33 + $_ } 0 .. 63);
    $t->write_file('moderators', join '', map { "$_:{PLAIN}secret\n" }
                   qw/ lan minh viewer admin /);
    $t->write_file('headers.conf', _headers());
    $t->run_redis(%directives)->run_backend()->run();

    return $t;
}


# Tells stories by their names, each with an empty Redis.

sub stories {
    my (@names) = @_;
    my $t = stage();

    binmode(Test::More->builder->$_(), ':encoding(UTF-8)')
        for qw/ output failure_output todo_output /;

    for my $name (@names) {
        $t->redis('FLUSHALL');
        _story($t, $name);
    }

    $t->done_testing();
}


# They are those that administrators are given.

sub _headers {
    local $/;
    open my $fh, '<', "$ENV{CONSOLE_ROOT}/examples/console.conf" or die $!;

    return join "\n", <$fh> =~ /^\s*(add_header .*;)$/mg;
}


sub _story {
    my ($t, $name) = @_;
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


1;
