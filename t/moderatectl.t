#!/usr/bin/perl

# Copyright (C) the moderate authors

# The command line: rule files are checked, the queue is worked.

###############################################################################

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;

    server {
        listen       127.0.0.1:8080;

        location / {
            moderate        on;
            moderate_field  text comment;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /api/ {
            auth_basic            "moderation";
            auth_basic_user_file  %%TESTDIR%%/passwords;
            moderate_api          role=moderator user=$remote_user;
        }
    }
}
EOF

$t->write_file('passwords', "lan:{PLAIN}secret\n");
$t->write_file('credentials', "lan:secret\n");
$t->write_file('wrong', "lan:guess\n");

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.hold
    title: Held
    category: advertising
    words: ["buy pills"]
    score: 5
    examples: { hit: ["buy pills"], miss: ["buy bills"] }
EOF

$t->write_file('broken.yaml', <<'EOF');
version: 1

rules:
  - id: test.typo
    title: Typo
    category: advertising
    word: ["buy pills"]
    score: 5
    examples: { hit: ["buy pills"], miss: ["buy bills"] }

  - id: test.miss
    title: Does not hit its example
    category: advertising
    words: ["buy pills"]
    score: 5
    examples: { hit: ["pills"], miss: ["buy bills"] }
EOF

$t->run_redis()->run_backend()->run();

my $root = abs_path(dirname(__FILE__) . '/..');
my $ctl = "$root/build/moderatectl";
my $dir = $t->testdir();
my $form = 'application/x-www-form-urlencoded';
my ($out, $code, @id);

sub ctl {
    my $command = join ' ', map { "'$_'" } @_;
    $out = `$ctl $command 2>&1 </dev/null`;
    $code = $? >> 8;
    return $out;
}

sub queue {
    return ctl('queue', @_, '--api',
               'http://127.0.0.1:' . port(8080) . '/api/',
               '--credentials', "$dir/credentials");
}

sub held {
    return json(http_post('/f', $form, shift,
                          'Accept' => 'application/json'))->{receipt};
}

###############################################################################

# rules check

like(ctl('rules', 'check', "$dir/rules.yaml"),
     qr/^ok: 1 rules?, 0 limits, version [0-9a-f]{16}$/, 'good rules');
is($code, 0, 'good exits 0');

like(ctl('rules', 'check', "$dir/broken.yaml"),
     qr!^\Q$dir\E/broken\.yaml:7:5: rule "test\.typo": .*"words"!m,
     'key with a suggestion');
is($code, 1, 'problems exit 1');
like(ctl('rules', 'check', "$dir/nowhere.yaml"), qr/nowhere\.yaml/,
     'missing file');
is($code, 1, 'missing exits 1');
ctl('rules', 'check');
is($code, 2, 'usage exits 2');

# the shipped rules

ctl('rules', 'check', "$root/lua-free-rules");
is($code, 0, 'shipped rules');

# explain

$t->write_file('body', 'comment=buy+pills&x=%1b');
like(ctl('explain', '--type', $form, '--field', 'text=comment', '--rules',
         "$dir/rules.yaml", "$dir/body"),
     qr/^readable: 2 fields\n\n0  comment  \(text\)\n    \[buy pills\]\n/,
     'explain');
like($out, qr/^5\.0  test\.hold  advertising: Held
     field 0, bytes 0 to 9: buy pills$/m, 'hit');
like($out, qr/^score 5\.0: hold \(hold from 5\.0, .*\), reason /m, 'verdict');
unlike($out, qr/[^\n -~]/, 'explain is safe for a terminal');
is($code, 1, 'held exits 1');

# where a submission was sent

$t->write_file('scope.yaml', <<'EOF');
version: 1
rules:
  - { id: scope, category: abuse, score: 5, forms: [/a/], sites: [portal],
      words: [pills], examples: { hit: [pills], miss: [x] } }
EOF

my @scope = ('explain', '--type', $form, '--field', 'text=comment', '--rules',
             "$dir/scope.yaml", "$dir/body");

unlike(ctl(@scope), qr/^5\.0  scope/m, 'no form, no site');
like(ctl(@scope, '--form', '/a/b', '--site', 'portal'), qr/^5\.0  scope/m,
     'form and site');
unlike(ctl(@scope, '--form', '/a/b', '--site', 'x'), qr/^5\.0  scope/m,
       'another site');

$t->write_file('body', '{"a":1,"a":2}');
like(ctl('explain', '--type', 'application/json', "$dir/body"),
     qr/^unreadable: json-duplicate-key, noticed at byte 7$/m, 'unreadable');
is($code, 1, 'unreadable exits 1');
like(ctl('explain', '--type', 'application/json', '--json', "$dir/body"),
     qr/^\{"unreadable":"json-duplicate-key","offset":7,"fields":\[
        \{"name":"a","role":"other","value":"1"\},
        \{"name":"a","role":"other","value":"2"\}\],
        "views":\[\{"index":0,"raw":"1","text":"1",/x, 'explain as json');
ctl('explain', '--field', 'body=x', "$dir/body");
is($code, 2, 'unknown role exits 2');

$t->write_file('body', 'comment=buy%26nbsp%3Bp<b>ills</b>');
like(ctl('explain', '--type', $form, '--field', 'text=comment', '--decode',
         'text=tags', '--decode', 'text=entities', '--rules',
         "$dir/rules.yaml", "$dir/body"),
     qr/^     field 0, bytes 0 to 17: buy&nbsp;p<b>ills$/m,
     'decoded hit');
ctl('explain', '--decode', 'text=html', "$dir/body");
is($code, 2, 'unknown decoder exits 2');

# queue

queue('list');
is($code, 0, 'empty queue');

push @id, held("comment=buy+pills+$_") for 1 .. 2;
push @id, held('comment=buy+pills+%1b]0;x%07%1b[31m+%e2%80%ae+%ff');

like(queue('list'), qr/$id[0].*test\.hold|test\.hold.*$id[0]/s, 'list');
unlike(queue('list'), qr/[^\n -~]/, 'list is safe for a terminal');
like(queue('list', '--json'), qr/"id": ?"$id[0]"/, 'list as json');
like(queue('show', $id[0]), qr/buy pills 1/, 'show');
unlike(queue('show', $id[2]), qr/[\x00-\x09\x0b-\x1f\x7f\xff]|\xe2\x80\xae/,
       'show is safe for a terminal');

queue('approve', $id[0]);
is($code, 0, 'approve');
is(($t->backend_requests())[0]{body}, 'comment=buy+pills+1', 'delivered');
queue('approve', $id[0]);
is($code, 1, 'approve again exits 1');
like($out, qr/delivered|409|conflict/, 'approve again says why');

queue('reject', $id[1], '--reason', 'scam');
is($code, 0, 'reject');
ok($t->redis('SISMEMBER', 'm:{default}:s:rejected', $id[1]), 'rejected');
$t->redis('HSET', "m:{default}:h:$id[1]", 'e:3', '1 receipt appeal ',
          'appeal', "why\e[31m");
like(queue('show', $id[1]), qr/^appeal +why/m, 'appeal');
unlike($out, qr/\e/, 'appeal is safe for a terminal');
queue('list', '--state', 'rejected,pending');
is($code, 0, 'several states');
like($out, qr/$id[1]/, 'in the list');
queue('reject', $id[2]);
is($code, 2, 'reject without reason exits 2');
queue('show', '0' x 32);
is($code, 1, 'unknown id exits 1');

ctl('queue', 'list', '--api', 'http://127.0.0.1:' . port(8080) . '/api/',
    '--credentials', "$dir/wrong");
is($code, 1, 'wrong password exits 1');
ctl('queue', 'list', '--api', 'http://127.0.0.1:' . port(8089) . '/api/',
    '--credentials', "$dir/credentials");
is($code, 3, 'nobody there exits 3');

$t->done_testing();

###############################################################################
