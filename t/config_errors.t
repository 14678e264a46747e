#!/usr/bin/perl

# Copyright (C) the moderate authors

# A configuration that cannot be right is one clear error that names file and
# line, whether nginx.conf is wrong or a rule file.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

# one line in one of the three places is the case

my $conf = <<'EOF';
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    HTTP

    server {
        listen  127.0.0.1:8080;

        SERVER

        location / {
            LOCATION
            proxy_pass  http://127.0.0.1:8081;
        }
    }
}
EOF

my $rules = <<'EOF';
version: 1

rules:
  - id: test.word
    title: A word
    category: scam
    words: ["lottery"]
    score: 5
    examples: { hit: ["lottery"], miss: ["lot"] }
EOF

$t->write_file('rules.yaml', $rules);
$t->write_file('limit.yaml', "$rules\nlimits:\n  - { id: test.rate, "
               . "key: account, over: 9, per: 1h, score: 5 }\n");
($_ = $rules) =~ s/scam/scum/ and $t->write_file('category.yaml', $_);
($_ = $rules) =~ s/"lot"/"lottery"/ and $t->write_file('example.yaml', $_);
$t->write_file('open.yaml', "version: 1\nrules: [\n");
$t->write_file('empty.yaml', '');
$t->write_file('short', 'x' x 31);
$t->make_dir('folder');

my $dir = $t->testdir();
my %always = (
    http     => "moderate_redis unix:$dir/redis.sock; "
                . "moderate_rules $dir/rules.yaml;",
    server   => '',
    location => 'moderate on;',
);

# the line and its place, what nginx says of it but for "in file:line", and
# what takes the place of what is always there

my @cases;

sub bad {
    my ($place, $line, $message, %other) = @_;
    push @cases, [ $place, $line, $message, { %always, %other } ];
}

sub duplicate {
    my ($place, $first, $second) = @_;
    my ($name) = $first =~ /^(\w+)/;
    bad($place, "$first; " . ($second || $first) . ';',
        qq("$name" directive is duplicate), location => '');
}

sub redis { bad('http', "moderate_redis $_[0];", $_[1], http => '') }

# what belongs together

bad('location', 'moderate on;', '"moderate on" needs "moderate_rules"',
    http => "moderate_redis unix:$dir/redis.sock;", location => '');
bad('location', 'moderate on;', '"moderate on" needs "moderate_redis"',
    http => "moderate_rules $dir/rules.yaml;", location => '');
bad('server', 'moderate on;', '"moderate on" needs "moderate_rules"',
    http => "moderate_redis unix:$dir/redis.sock;", location => '');
bad('location', 'moderate_api role=admin user=lan;', '"moderate_api" '
    . 'directive needs "moderate_redis" before it', http => '',
    location => '');

# values

bad('location', 'moderate_api role=boss user=lan;', 'unknown role "boss", '
    . 'expected "viewer", "moderator", "admin" or a variable', location => '');
bad('location', 'moderate maybe;', 'invalid value "maybe" in "moderate" '
    . 'directive, it must be "on" or "off"', location => '');
bad('location', 'moderate_unreadable drop;', 'invalid value "drop"');
bad('location', 'moderate_body_size much;',
    '"moderate_body_size" directive invalid value');
bad('location', 'moderate_methods post;', 'invalid method "post"');
bad('location', 'moderate_field txt comment;', 'unknown role "txt"');
bad('location', 'moderate_decode txt tags;', 'unknown role "txt"');
bad('location', 'moderate_decode text tags html;', '"moderate_decode": decoder '
    . '"html" is unknown, expected "urldecode", "entities", "tags" or '
    . '"bbcode"');
bad('location', 'moderate_decode ignore tags;', '"moderate_decode": decoder '
    . '"tags" is for role "ignore", which is not inspected');
bad('location', 'moderate_decode text' . ' tags' x 9 . ';',
    '"moderate_decode": decoder "tags" is one too many, expected at most 8');
bad('location', 'moderate_decode text;', 'invalid number of arguments in '
    . '"moderate_decode" directive');
bad('location', 'moderate_decode text tags; moderate_decode text entities;',
    'duplicate "moderate_decode text", expected all decoders of a role in one '
    . 'line');
bad('location', 'moderate_field text;', 'invalid number of arguments in '
    . '"moderate_field" directive');
bad('location', 'moderate_field text "";', '"moderate_field": selector "" is '
    . 'empty');
bad('location', 'moderate_field text ~com(ment;', '"moderate_field": selector '
    . '"~com(ment" does not compile: missing closing parenthesis');
bad('location', 'moderate_failure counters=drop;',
    'invalid parameter "counters=drop"');
bad('location', 'moderate_failure spool=on;', 'invalid parameter "spool=on"');
bad('location', "moderate_replay_ok $_;", qq(invalid code "$_"))
    for qw/ 99 600 1xx 2x ok /;
bad('location', 'moderate_api role=admin;', 'invalid number of arguments in '
    . '"moderate_api" directive');
bad('location', 'moderate_api role=admin role=viewer;', '"moderate_api" '
    . 'directive has an empty or repeated parameter');
bad('location', 'moderate_api role=admin user=;', '"moderate_api" directive '
    . 'has an empty or repeated parameter');
bad('location', 'moderate_api role=admin who=lan;',
    'invalid parameter "who=lan"');
bad('server', qq(moderate_site "$_";), qq(invalid site "$_"))
    for '', 'a b', '{a}', 'a' x 65;
bad('server', 'moderate_retention delivered;', 'invalid parameter '
    . '"delivered", expected a state and a time, as in "delivered=30d"');
bad('server', 'moderate_retention gone=1d;', 'unknown state "gone", expected '
    . '"delivered", "rejected", "failed" or "unknown"');
bad('server', "moderate_retention $_=1d;", qq(what is "$_" waits for somebody )
    . 'and is never removed by its age')
    for qw/ pending claimed approved replaying appealed /;
bad('server', "moderate_retention rejected=$_;", qq(invalid time "$_" in )
    . qq("rejected=$_")) for '', '0', 'x', '2x';
bad('server', 'moderate_retention failed=1d failed=2d;', 'the state of '
    . '"failed=2d" is named twice');
bad('server', 'moderate_queue_age x;', '"moderate_queue_age" directive '
    . 'invalid value');
bad('http', 'moderate_redis_timeout 0;', '"moderate_redis_timeout" directive '
    . 'must not be 0');
bad('http', 'moderate_thread_pool nope;', 'unknown thread pool "nope"');

# places

bad('location', "$_;", qr/"\w+" directive is not allowed here/)
    for 'moderate_site a', 'moderate_queue_age 1d',
        'moderate_retention failed=1d', 'moderate_redis unix:/r',
        'moderate_redis_timeout 1',
        'moderate_secret_file a', 'moderate_thread_pool a';
bad('server', 'moderate_api role=admin user=lan;',
    '"moderate_api" directive is not allowed here');

# Redis

redis('a..b:6379', 'host not found in "a..b:6379"');
redis('127.0.0.1:70000', 'invalid port in "127.0.0.1:70000"');
redis('redis://127.0.0.1', 'unsupported scheme in "redis://127.0.0.1"');
redis('unix:', 'no path in the unix domain socket in "unix:"');
redis('queue', '"moderate_redis" directive needs an address');
redis('unix:/r colour=red', 'invalid parameter "colour=red"');
redis('unix:/r db=x', 'invalid parameter "db=x"');
redis("unix:/r password_file=$dir/none", qq(open() "$dir/none" failed));
redis("unix:/r password_file=$dir/empty.yaml", 'no password in the first line '
      . qq(of "$dir/empty.yaml"));
bad('http', 'moderate_redis counters unix:/r;', '"moderate_redis" directive '
    . 'is duplicate');

# secrets

bad('http', "moderate_secret_file $dir/none;", qq(open() "$dir/none" failed));
bad('http', "moderate_secret_file $dir/short;", qq("$dir/short" has 31 bytes));
bad('http', "moderate_secret_file $dir/folder;",
    qq("$dir/folder" cannot be read));

# duplicates

duplicate('http', @$_) for
    [ 'moderate_redis unix:/a' ],
    [ 'moderate_redis queue unix:/a' ],
    [ 'moderate_redis_timeout 1s' ],
    [ "moderate_secret_file $dir/rules.yaml" ],
    [ 'moderate_thread_pool default' ];
duplicate('server', 'moderate_site a', 'moderate_site b');
duplicate('server', 'moderate_queue_age 1d', 'moderate_queue_age 2d');
duplicate('location', @$_) for
    [ 'moderate on', 'moderate off' ],
    [ 'moderate_dry_run on' ],
    [ 'moderate_methods POST' ],
    [ 'moderate_body_size 1k', 'moderate_body_size 2k' ],
    [ 'moderate_unreadable hold', 'moderate_unreadable pass' ],
    [ "moderate_rules $dir/rules.yaml" ],
    [ 'moderate_replay_keep Cookie', 'moderate_replay_keep Referer' ],
    [ 'moderate_replay_ok 2xx', 'moderate_replay_ok 3xx' ],
    [ 'moderate_api role=admin user=lan' ];
bad('location', 'moderate_key client $remote_addr; moderate_key client $host;',
    'duplicate "moderate_key client"');
bad('location', 'moderate_failure store=pass store=refuse;',
    '"moderate_failure" directive says the same twice');

# rule files: two lines, of the rule file and of nginx.conf

my %files = (
    'none.yaml'     => ': cannot be looked at: No such file or directory',
    'empty.yaml'    => ': file is empty, expected "version: 1" and rules',
    'folder'        => ': no rule file is in this folder, expected *.yaml',
    'open.yaml'     => qr/:3:1: .*expected/,
    'category.yaml' => ':6:15: rule "test.word": unknown category "scum"',
    'example.yaml'  => ':9:42: rule "test.word": example "lottery" is matched',
);

# what nginx says, without its own prefix

sub said {
    my ($place, $line, $other) = @_;
    my %text = (%$other, $place => "$other->{$place}\n$line");

    (my $text = $conf) =~ s/\b(HTTP|SERVER|LOCATION)\b/$text{lc $1}/g;
    $t->write_file_expand('nginx.conf', $text);

    my @lines = split /\n/, $t->read_file('nginx.conf');
    my ($number) = grep { $lines[$_ - 1] eq $line } 1 .. @lines;

    unlink "$dir/config_test.out";
    my ($code, $out) = $t->config_test();

    return ($code, "$dir/nginx.conf:$number",
            $out =~ /^nginx: \[emerg\] (.*)$/mg);
}

$t->allow_log(qr/\[emerg\]/);       # what this test is about

###############################################################################

for my $case (@cases) {
    my ($place, $line, $message, $other) = @$case;
    my ($code, $where, @said) = said($place, $line, $other);
    my $re = ref $message ? $message : qr/^\Q$message\E/;

    ($line) =~ s!\Q$dir\E/!!g;

    is($code, 1, "$place: $line");
    like("@said", qr/$re.* in \Q$where\E$/, "$place: $line: message");
    is(@said, 1, "$place: $line: once");
}

for my $file (sort keys %files) {
    my ($code, $where, @said) = said('location',
        "moderate_rules $dir/$file;", \%always);
    my $re = ref $files{$file} ? $files{$file} : qr/\Q$files{$file}\E/;

    is($code, 1, "rules $file");
    like($said[0], qr/^\Q$dir\/$file\E$re/, "rules $file: rule file");
    is($said[1], qq("moderate_rules" could not load "$dir/$file" in $where),
       "rules $file: nginx.conf");
    is(@said, 2, "rules $file: no more");
}

my ($code, $where, @said) = said('location', 'moderate on;', { %always,
    http => "moderate_redis unix:/r; moderate_rules $dir/limit.yaml;",
    location => '' });

is("$code @said", qq(1 rules "$dir/limit.yaml": limit "test.rate" counts by )
   . '"account", which no "moderate_key" defines, expected "moderate_key '
   . qq(account \$variable;" with "moderate on" in $where), 'undefined key');

# and this is what it all was compared with

($code) = said('location', 'moderate_key account $host;', { %always,
    http => "moderate_redis unix:/r; moderate_rules $dir/limit.yaml;" });
is($code, 0, 'a good configuration');

$t->done_testing();

###############################################################################
