#!/usr/bin/perl

# Copyright (C) the moderate authors

# Rule sets for a fleet: a version is pushed, activated by one or two persons,
# tried on a share of the submissions, taken back; every nginx follows, and
# starts from its copy on disk when Redis is away.

###############################################################################

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new(workers => 2);

my $http = <<'EOF';
events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis        unix:%%TESTDIR%%/redis.sock;
    moderate_secret_file  %%TESTDIR%%/secret;
    moderate_rules_cache  %%TESTDIR%%/CACHE;

    server {
        listen       127.0.0.1:PORT reuseport;

        add_header   X-Set  "$pid $moderate_ruleset"  always;

        location / {
            moderate        on;
            moderate_field  text comment;
            moderate_rules  redis:town %%TESTDIR%%/first.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /api/ {
            auth_basic            "moderation";
            auth_basic_user_file  %%TESTDIR%%/passwords;
            moderate_api          role=$role user=$remote_user;
        }

        location /status {
            moderate_status;
        }
    }

    map $remote_user $role {
        lan      admin;
        binh     admin;
        default  moderator;
    }
}
EOF

sub conf {
    my ($name, $port, $cache) = @_;
    my $text = "%%TEST_GLOBALS%%\n\n$http";

    $text =~ s/PORT/$port/;
    $text =~ s/CACHE/$cache/;
    $t->write_file_expand($name, $text);

    return $t->read_file($name);
}

my $first = conf('nginx.conf', 8080, 'cache');

# another nginx, with a process id and a cache of its own

my $second = conf('second.conf', 8082, 'cache2');
$second =~ s!nginx\.pid!second.pid!;
$t->write_file('second.conf', $second);

# the same without files to begin with

(my $bare = $first) =~ s! \S+first\.yaml;!;!;
$t->write_file('bare.conf', $bare);

(my $badname = $bare) =~ s!redis:town!redis:../town!;
$t->write_file('badname.conf', $badname);

(my $nocache = $bare) =~ s!moderate_rules_cache.*!!;
$t->write_file('nocache.conf', $nocache);

$t->write_file('secret', 'x' x 40);
$t->write_file('passwords', join '', map { "$_:{PLAIN}$_\n" }
               qw/ lan binh minh /);
$t->write_file($_, "$_:$_\n") for qw/ lan binh minh /;

# rules that reject one word

sub rules {
    my ($word, $more) = @_;
    my $shown = $word =~ /file/ ? 'x' : $word;
    $more ||= '';

    return <<"EOF";
version: 1

rules:
  - id: word.one
    title: One word
    category: scam
    words: [$word]
    score: 20
    examples: { hit: [$shown], miss: [nothing] }
$more
EOF
}

$t->write_file('first.yaml', rules('zero'));

$t->make_dir('town');
$t->make_dir('town/lists');
$t->write_file('town/lists/more.txt', "listed\n");
$t->write_file('town/README.md', 'not sent');
$t->write_file('town/10.yaml', rules('one', <<'EOF'));
  - id: word.list
    title: A list
    category: scam
    words: { file: lists/more.txt }
    score: 20
    examples: { hit: [listed], miss: [nothing] }
EOF

$t->write_file('other.yaml', rules('two'));
$t->write_file('third.yaml', rules('three'));
$t->write_file('bad.yaml', rules('one', '  - { id: x }'));
my $up = '../' x 12;
$t->write_file('key.yaml', rules('four', <<'EOF'));
limits: [ { id: rate.x, key: nobody, over: 9, per: 1h, score: 5 } ]
EOF

$t->run_redis()->run_backend()->run();

my $root = abs_path(dirname(__FILE__) . '/..');
my $dir = $t->testdir();
my $form = 'application/x-www-form-urlencoded';
my ($out, $code);

sub start_second {
    $t->{conf} = 'second.conf';
    $t->_spawn('second', $t->_nginx_command());
    $t->{conf} = 'nginx.conf';
    return $t->waitforsocket('127.0.0.1:' . port(8082));
}

sub as {
    my ($user, @args) = @_;
    my $command = join ' ', map { "'$_'" } 'rules', @args, '--api',
        'http://127.0.0.1:' . port(8080) . '/api/', '--credentials',
        "$dir/$user";

    $out = `$root/build/moderatectl $command 2>&1 </dev/null`;
    $code = $? >> 8;

    return $out;
}

sub push_as {
    my ($user, @args) = @_;
    return as($user, 'push', @args) =~ /^([0-9a-f]{16}) / ? $1 : $out;
}

sub get {
    my ($uri) = @_;
    return http_get($uri, 'Connection' => 'close',
                    'Authorization' => 'Basic bWluaDptaW5o');
}

sub state { return json(get('/api/rulesets/town')) }
sub health { return json(get('/status'))->{status} }

sub post {
    my ($path, $body, @headers) = @_;
    return http_post("/api/rulesets/$path", 'application/json', $body,
                     'Authorization' => 'Basic bGFuOmxhbg==', @headers);
}

sub bundle {
    my ($name, $text, $path) = @_;
    $text =~ s/\n/\\n/g;
    $path ||= $name;
    return qq({"paths":["$path"],"files":[{"name":"$name","text":"$text"}]});
}

sub refused {
    my ($name, $text, $path) = @_;
    return status(post('town/push', bundle($name, $text, $path))) == 422;
}

# a submission and the set that judged it

sub judged {
    my ($text, $port) = @_;
    my $r = http_post('/', $form, "comment=$text", -port => $port);
    my ($pid, $set) = split / /, header($r, 'X-Set') || '0 -';
    return (status($r), $set, $pid);
}

sub verdict { return (judged($_[0], $_[1] || 8080))[0] }

# which sets are live in the two workers of a port

sub sets {
    my ($port) = @_;
    my %sets;

    wait_until(sub {
        my (undef, $set, $pid) = judged('x' . rand, $port);
        $sets{$pid} = $set;
        return keys %sets >= 2;
    });

    return join ',', sort keys %{{ map { $_ => 1 } values %sets }};
}

sub live {
    my ($version, @ports) = @_;

    for my $port (@ports ? @ports : (8080, 8082)) {
        return 0 if !wait_until(sub { sets($port) eq $version }, 15);
    }

    return 1;
}

###############################################################################

ok(start_second(), 'second nginx');

# what is used until somebody activates a version

is(verdict('zero'), 403, 'begins with files');
is(verdict('one'), 200, 'before');
like(as('lan', 'status', 'town'), qr/nothing was pushed.*not-found/,
     'unknown name');
is($code, 1, 'unknown name exits 1');

# push

my $v1 = push_as('lan', 'town', "$dir/town", '--note', 'the first');
like($v1, qr/^[0-9a-f]{16}$/, 'push');
is(push_as('lan', 'town', "$dir/town"), $v1, 'push again');
like($out, qr/is there already/, 'is said to be there');
like(as('minh', 'push', 'town', "$dir/town"), qr/done by an admin/,
     'a moderator may not push');
like(as('lan', 'push', '..', "$dir/town"), qr/no such call/, 'bad name');
is(verdict('one'), 200, 'pushed is not active');
like(as('lan', 'push', 'town', "$dir/bad.yaml"), qr/bad\.yaml:10:\d+: /,
     'bad rules name the place');
is($code, 1, 'bad rules exit 1');
is(as('lan', 'push', 'town') && $code, 2, 'no path exits 2');

# what the server says to those who send something else

my $r = post('town/push', bundle('r/a.yaml', rules('x', '  - { id: y }'),
                                 'r'));
is(status($r), 422, 'server refuses bad rules');
like(json($r)->{errors}[0], qr!^r/a\.yaml:10:\d+: !, 'and names the place');

ok(refused('a.yaml', rules('[')), 'no YAML');
ok(refused('../a.yaml', rules('x')), 'a name that leads out');
ok(refused('r/../../a.yaml', rules('x'), 'r'), 'another one');
ok(refused('/etc/a.yaml', rules('x')), 'an absolute name');
ok(refused('r/.hidden', rules('x'), 'r'), 'a hidden file');
ok(refused('a.yaml', rules('x'), 'b.yaml'), 'a path without files');
ok(refused('r' x 300, rules('x')), 'a long name');
is(status(post('town/push', '{"paths":[],"files":[]}')), 422, 'nothing');
is(status(post('town/push', '[]')), 422, 'no object');
is(status(post('town/push', '{')), 422, 'no JSON');
is(status(post('town/push', '')), 422, 'no body');

for my $list ('/etc/passwd', "${up}etc/passwd") {
    like(body(post('town/push', bundle('r/a.yaml', rules("{ file: $list }"),
                                       'r'))),
         qr/a list file is not below the folder/, 'a list of the server');
}

is(status(post('town/push', bundle('a.yaml', rules('x')),
               'Origin' => 'http://elsewhere.example')), 403, 'other origin');

# activate

like(as('lan', 'activate', 'town', '0' x 16), qr/no such version/,
     'unknown version');
like(as('minh', 'activate', 'town', $v1), qr/done by an admin/,
     'a moderator may not activate');
like(as('lan', 'activate', 'town', $v1), qr/active  $v1  lan$/m, 'activate');
ok(live($v1), 'every worker of every nginx follows');
is(verdict('one'), 403, 'judged by it');
is(verdict('listed', 8082), 403, 'with its list');
is(verdict('zero'), 200, 'and by nothing else');
like(as('lan', 'activate', 'town', $v1), qr/is active already/,
     'activate again');
is(status(post('town/activate', qq({"version":"$v1"}))), 412, 'no If-Match');
is(status(post('town/activate', qq({"version":"$v1"}), 'If-Match' => '"1"')),
   409, 'another was first');
is(status(post('town/activate', '{"version":"x"}', 'If-Match' => '"2"')),
   422, 'no version');

my $v2 = push_as('binh', 'town', "$dir/other.yaml");
as('binh', 'activate', 'town', $v2);
ok(live($v2), 'second version');
is(verdict('two'), 403, 'second version judges');

# rollback

like(as('lan', 'rollback', 'town'), qr/active  $v1  lan$/m, 'rollback');
ok(live($v1), 'first version again');
like(as('lan', 'rollback', 'town'), qr/no version was active before/,
     'no further');

# a version that an nginx cannot use: the last good set stays

my $v4 = push_as('lan', 'town', "$dir/key.yaml");
as('lan', 'activate', 'town', $v4);
ok(wait_until(sub { health() eq 'degraded' }), 'degraded');
like(body(get('/status')), qr/limit .*rate\.x.* counts by/,
     'the status says why');
is(sets(8080), $v1, 'the last good set stays');
as('lan', 'rollback', 'town');
ok(wait_until(sub { health() eq 'ok' }), 'good again');

# two persons

like(as('lan', 'policy', 'town', 'two-person'), qr/two-person/, 'policy');
like(as('lan', 'activate', 'town', $v2), qr/^proposed  activate $v2/,
     'proposed');
is($code, 0, 'proposed exits 0');
like(as('lan', 'activate', 'town', $v2), qr/another admin/,
     'the same person cannot confirm');
is($code, 1, 'the same person exits 1');
is(state()->{active}{version}, $v1, 'nothing has changed');
is(state()->{proposal}{by}, 'lan', 'who proposed');
like(as('lan', 'policy', 'town', 'one-person'), qr/^proposed  policy/,
     'nor end the policy alone');
like(as('binh', 'activate', 'town', $v2), qr/^proposed  activate $v2/,
     'another proposal takes its place');
like(as('lan', 'activate', 'town', $v2), qr/active  $v2  binh and lan$/m,
     'confirmed');
ok(live($v2), 'confirmed version');
as('lan', 'canary', 'town', $v1, '5%');
like(as('binh', 'canary', 'town', $v1, '6%'), qr/^proposed  canary $v1 6/,
     'another share is another proposal');
like(as('lan', 'rollback', 'town'), qr/active  $v1/,
     'one person can go back');
as('lan', 'policy', 'town', 'one-person');
like(as('binh', 'policy', 'town', 'one-person'), qr/one-person/,
     'two persons end the policy');

# canary

ok(live($v1), 'before the canary');
my $v3 = push_as('lan', 'town', "$dir/third.yaml");
like(as('lan', 'canary', 'town', $v1, '5%'), qr/is the active one/,
     'the active one is no canary');
like(as('lan', 'canary', 'town', $v3, '70%'), qr/0.01 to 50 percent/,
     'too much');
like(as('lan', 'canary', 'town', $v3, '20'), qr/is no share/, 'no percent');
like(as('lan', 'canary', 'town', $v3, '20%'), qr/canary  $v3  20\.00%/,
     'canary');

ok(wait_until(sub { my $n = () = $t->error_log() =~ /$v3 is the canary/g;
                    return $n >= 4 }), 'every worker has it');

is_deeply((grep { $_ } map { $_->{rulesets}[0]{canary} }
           @{json(get('/status'))->{workers}})[0],
          { version => $v3, share => 2000 }, 'the status names it');

my (%by, %mixed);

for my $i (1 .. 400) {
    my $word = $i % 2 ? 'one' : 'three';
    my ($status, $set) = judged("$word+$i", $i % 3 ? 8080 : 8082);

    $by{$set}++;
    $mixed{$i} = 1 if $status != (($set eq $v1) == ($word eq 'one') ? 403
                                                                    : 200);
}

is(join(',', sort keys %by), join(',', sort $v1, $v3), 'both sets judge');
is(scalar keys %mixed, 0, 'no verdict of the other set');
cmp_ok($by{$v3}, '>', 40, 'a fifth of the submissions, from below');
cmp_ok($by{$v3}, '<', 130, 'a fifth of the submissions, from above');

my %again = map { (judged('same', $_ % 2 ? 8080 : 8082))[1] => 1 } 1 .. 40;
is(scalar keys %again, 1, 'the same is judged by the same set everywhere');

ok(wait_until(sub {
    my $c = state()->{canary}{counts};
    my $n = 0;
    $n += $_ for values %$c;
    return $n >= $by{$v3} && ($c->{REJECTED} || 0) > 0;
}), 'counted by version');
like(as('lan', 'status', 'town'),
     qr/^canary  $v3  20\.00%  lan  \d+ submissions, .*rejected/m,
     'status compares');

like(as('lan', 'activate', 'town', $v3), qr/active  $v3/, 'canary promoted');
ok(live($v3), 'promoted everywhere');

# history

my $history = as('minh', 'history', 'town');
like($history, qr/^1  \S+Z  lan  push $v1  the first$/m, 'who pushed');
like($history, qr/  lan  activate $v2  proposed by binh$/m, 'two persons');
like($history, qr/  lan  canary $v3 20\.00%$/m, 'canary');
like($history, qr/\A\d+  \S+  lan  activate $v3$/m, 'newest first');

my @events = grep { $_->{id} eq 'town' } map { +{ @{$_->[1]} } }
             @{$t->redis('XRANGE', 'm:{default}:events', '-', '+')};
is(scalar @events, state()->{revision}, 'all of it is among the events');
is($events[0]{event}, 'push', 'event');
is($events[0]{actor}, 'lan', 'actor of an event');
like($events[0]{mac}, qr/^[0-9a-f]{64}$/, 'an event of the audit log');

# Redis is away: nginx starts with what it last had

ok(wait_until(sub { ($t->read_file('cache/town/active') || '') eq $v3 }),
   'a copy to begin with');
$t->stop();
$t->_end_daemon('second', 'QUIT');
$t->stop_redis();
$t->write_file('first.yaml', 'broken: [');
$t->run('bare.conf');
is((judged('three', 8080))[1], $v3, 'started from the copy');
$t->stop();

# a copy that somebody wrote to is not used: Redis has it whole

$t->restart_redis();
$t->write_file('first.yaml', rules('zero'));
$t->write_file("cache/town/$v3/third.yaml", rules('changed'));
$t->run();
is(verdict('changed'), 200, 'a damaged copy is not used');
ok(live($v3, 8080), 'it is fetched again');
ok(wait_until(sub { health() eq 'ok' }), 'in all workers');
unlike($t->read_file("cache/town/$v3/third.yaml"), qr/changed/, 'and whole');

# a bundle in Redis that is not the one that was activated

$t->redis('HSET', "m:rules:{town}:v:$v2", 0,
          bundle('other.yaml', rules('evil')), 1, '');
system('rm', '-rf', "$dir/cache/town/$v2");
as('lan', 'activate', 'town', $v2);
ok(wait_until(sub { $t->error_log() =~ /$v2 is not what was pushed/ }),
   'not what was pushed');
is(sets(8080), $v3, 'and not used');
$t->stop();

# without a copy and without files there is nothing to begin with

system('rm', '-rf', "$dir/cache");
my ($rc, $said) = $t->config_test('bare.conf');
isnt($rc, 0, 'nothing to begin with');
like($said, qr/"redis:town" has no copy in .* yet, expected rule files/,
     'and what to do');
like(($t->config_test('badname.conf'))[1], qr!bad name in "redis:\.\./town"!,
     'bad name');
like(($t->config_test('nocache.conf'))[1], qr/needs "moderate_redis" and "mod/,
     'no cache');

$t->allow_log(qr/\[emerg\].*(?:redis:|could not load)/);

$t->done_testing();

###############################################################################
