#!/usr/bin/perl

# Copyright (C) the moderate authors

# An edited rule file is live in every worker without a reload; one that
# cannot be used leaves the last good set where it is and says why; what is
# in flight keeps the set it began with.

###############################################################################

use warnings;
use strict;

use File::Path qw/ rmtree /;
use Test::More;
use Test::Moderate;
use Time::HiRes qw/ time /;

my $t = Test::Moderate->new(workers => 2);

# each location has rule files of its own, so that all can be edited at once

my @names = qw/ broken empty comments half gone folder_now pipe rule example
                key duplicate plain /;
push @names, 'forbidden' if $> != 0;

my $locations = join '', map { <<"EOF" } @names;
        location /$_ {
            moderate        on;
            moderate_rules  %%TESTDIR%%/$_.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

EOF

$t->write_file_expand('nginx.conf', <<"EOF");
%%TEST_GLOBALS%%

thread_pool  rules  threads=2;

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis          unix:%%TESTDIR%%/redis.sock;
    moderate_redis_timeout  60s;
    moderate_thread_pool    rules;

    add_header  X-Set  "\$pid \$moderate_ruleset"  always;

    server {
        listen       127.0.0.1:8080 reuseport;

        location /folder {
            moderate        on;
            moderate_rules  %%TESTDIR%%/rules.d;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /limit {
            moderate        on;
            moderate_rules  %%TESTDIR%%/limit.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

$locations
    }
}
EOF

# the file that rejects one word

sub rules {
    my ($word, %opts) = @_;
    my $id = $opts{id} || $word;
    my $more = $opts{more} || '';
    my $hit = $opts{hit} || $word;

    return <<"EOF";
version: 1

rules:
  - id: word.$id
    title: One word
    category: scam
    words: [$word]
    score: 20
    examples: { hit: [$hit], miss: [nothing] }
$more
EOF
}

my $limit = 'limits: [ { id: rate.all, key: %s, over: 99, per: 1h,'
            . ' score: 5 } ]';

$t->make_dir('rules.d');
$t->write_file('rules.d/10.yaml', rules('old'));
$t->write_file('limit.yaml', rules('old', more => sprintf $limit, 'client'));
$t->write_file("$_.yaml", rules('old')) for @names;

$t->run_redis()->run_backend()->run();

# which set is live in which worker: asks until all have answered

sub sets {
    my ($uri) = @_;
    my %sets;

    wait_until(sub {
        my $r = http_post($uri, 'application/x-www-form-urlencoded', 'a=x');
        my ($pid, $set) = split / /, header($r, 'X-Set') || '0 -';
        $sets{$pid} = $set;
        return keys %sets >= 2;
    });

    return %sets;
}

# the set that is the same in all workers, if it is

sub set {
    my %sets = sets(@_);
    my %uniq = map { $_ => 1 } values %sets;
    return keys %uniq == 1 ? (keys %uniq)[0] : 'several';
}

sub changed {
    my ($uri, $old) = @_;
    my $set;
    return wait_until(sub { ($set = set($uri)) ne $old && $set ne 'several' },
                      30) && $set;
}

sub verdict {
    my ($uri, $word) = @_;
    return status(http_post($uri, 'application/x-www-form-urlencoded',
                            "a=$word"));
}

# every worker has said it, once or more

sub said {
    my ($re) = @_;

    return wait_until(sub {
        my %pids = map { $_ => 1 } $t->error_log() =~ /(\d+)#\d+: .*$re/g;
        return !grep { !$pids{$_} } $t->workers();
    }, 30);
}

my $dir = $t->testdir();
my (%old, $set, $s, $r);

###############################################################################

# an edit

my $best = 60;

for my $word (qw/ one two three /) {
    $set = set('/plain');
    $t->write_file('plain.yaml', rules($word));
    my $start = time;
    isnt($old{$word} = changed('/plain', $set), '', "$word is live");
    $best = time - $start if time - $start < $best;
    is(verdict('/plain', $word), 403, "$word is rejected");
}

my $slow = ($ENV{TEST_MODERATE_MODULE} || '') =~ /sanitize/;
cmp_ok($best, '<', $slow ? 20 : 2, 'within two seconds');
is(verdict('/plain', 'old'), 200, 'old is not');

$t->write_file('plain.yaml', rules('two'));
is(changed('/plain', $old{three}), $old{two}, 'same text, same version');

# what cannot be used, all at once

%old = map { $_ => set("/$_") } @names;

$t->write_file('broken.yaml', "version: 1\n\nrules:\n  - id: [\n");
$t->write_file('empty.yaml', '');
$t->write_file('comments.yaml', "# nothing\n\n---\n");
$t->write_file('half.yaml', substr rules('new'), 0, 70);
unlink "$dir/gone.yaml", "$dir/folder_now.yaml", "$dir/pipe.yaml";
$t->make_dir('folder_now.yaml');
system 'mkfifo', "$dir/pipe.yaml";
$t->write_file('rule.yaml', rules('new', more => '    colour: red'));
$t->write_file('example.yaml', rules('new', hit => 'other'));
$t->write_file('key.yaml', rules('new', more => sprintf $limit, 'account'));
$t->write_file('duplicate.yaml', rules('a', more => (rules('b', id => 'a')
                                                     =~ /rules:\n(.*)/s)[0]));
chmod 0, "$dir/forbidden.yaml";

ok(said(qr!rules "\Q$dir\E/$_\.yaml" could not be loaded, the last good set!),
   "$_: reported") for grep { $_ ne 'plain' } @names;

my %reasons = (
    broken     => qr/:\d+:\d+: .*expected/,
    empty      => qr/: file is empty/,
    comments   => qr/:4:1: not a rule file/,
    half       => qr/:4:5: rule "word\.new": "examples" is missing/,
    gone       => qr/: cannot be looked at/,
    folder_now => qr/: no rule file is in this folder/,
    pipe       => qr/: not a regular file/,
    rule       => qr/:10:5: rule "word\.new": unknown key "colour"/,
    example    => qr/:9:23: rule "word\.new": example "other" is not matched/,
    key        => qr/": limit "rate\.all" counts by "account", which no/,
    duplicate  => qr/:10:9: rule "word\.a": duplicate id/,
);

ok(said(qr!\Q$dir/$_.yaml\E$reasons{$_}!), "$_: reason")
    for sort keys %reasons;

is(set("/$_"), $old{$_}, "$_: last good set") for @names;
is(verdict("/$_", 'old'), 403, "$_: works") for grep { $_ ne 'plain' } @names;

# and what then can

rmtree("$dir/folder_now.yaml");
chmod 0644, "$dir/forbidden.yaml";
$t->write_file("$_.yaml", rules('good')) for grep { $_ ne 'half' } @names;

open my $fh, '>>', "$dir/half.yaml" or die "$!\n";
print $fh substr rules('new'), 70;
close $fh;

isnt(changed("/$_", $old{$_}), '', "$_: next good set") for @names;
is(verdict("/$_", 'good'), 403, "$_: next works")
    for grep { $_ ne 'half' } @names;
is(verdict('/half', 'new'), 403, 'half: whole');

# a folder

$set = set('/folder');
$t->write_file('rules.d/20.yaml', rules('added'));
isnt($r = changed('/folder', $set), '', 'file added');
is(verdict('/folder', 'added'), 403, 'added works');
is(verdict('/folder', 'old'), 403, 'first works still');

unlink "$dir/rules.d/10.yaml";
isnt(changed('/folder', $r), $set, 'file removed');
is(verdict('/folder', 'old'), 200, 'removed works no more');
is(verdict('/folder', 'added'), 403, 'second works still');

unlink "$dir/rules.d/20.yaml";
ok(said(qr!rules "\Q$dir\E/rules\.d" could not be loaded!), 'folder emptied');
is(verdict('/folder', 'added'), 403, 'last good set of the folder');

$t->write_file('rules.d/30.yaml', rules('again'));
ok(wait_until(sub { verdict('/folder', 'again') == 403 }, 30), 'folder again');

# a reload with a file that cannot be used

$t->allow_log(qr!\[emerg\].*\Q$dir\E/plain\.yaml!);
%old = sets('/plain');
$t->write_file('plain.yaml', "version: 2\n");
kill 'HUP', $t->read_file('nginx.pid');

ok(wait_until(sub { $t->error_log() =~ m!\[emerg\].*/plain\.yaml:1:10: ! }),
   'reload with a broken file is reported');
is_deeply({ sets('/plain') }, \%old, 'old workers serve');
is(verdict('/plain', 'good'), 403, 'old set works');

$t->write_file('plain.yaml', rules('reloaded'));
ok($t->reload(), 'reload with a good file');
is(verdict('/plain', 'reloaded'), 403, 'reloaded works');

# a submission that waits for Redis keeps its set

$set = set('/limit');
$t->freeze_redis();

$s = http_start("POST /limit HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                . "Content-Type: application/x-www-form-urlencoded\r\n"
                . "Content-Length: 5\r\n\r\na=old");

# a worker that answers now has taken that one before

sets('/plain');

$t->write_file('limit.yaml', rules('new', more => 'thresholds: '
                                   . '{ hold: 50, reject: 60 }'));
ok(said(qr!rules "\Q$dir\E/limit\.yaml": version!), 'swapped meanwhile');
$t->thaw_redis();

$r = http_end($s, 30);
is(status($r), 403, 'in flight: judged by the set it began with');
like(header($r, 'X-Set'), qr/ $set$/, 'in flight: says so');
is(verdict('/limit', 'old'), 200, 'next one: by the new set');

$t->done_testing();

###############################################################################
