#!/usr/bin/perl

# Copyright (C) the moderate authors

# moderate_status: what is counted rises by what happened and by nothing else,
# in all workers and across reloads; each worker tells of its rules and of its
# Redis; and what is said is valid for Prometheus.

###############################################################################

use warnings;
use strict;

use IO::Socket::INET;
use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new(workers => 2);

my $conf = <<'EOF';
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis  counters unix:%%TESTDIR%%/counters.sock;
    moderate_redis  queue unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;
    add_header      X-Pid $pid always;

    server {
        listen         127.0.0.1:8080 reuseport;
        moderate_site  portal;
        moderate       on;

        location / {
            moderate_field  ignore token;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /reject {
            moderate_unreadable  reject;
            proxy_pass           http://127.0.0.1:8081;
        }

        location /pass {
            moderate_unreadable  pass;
            proxy_pass           http://127.0.0.1:8081;
        }

        location /dry {
            moderate_dry_run  on;
            proxy_pass        http://127.0.0.1:8081;
        }

        location /dry/pass {
            moderate_dry_run     on;
            moderate_unreadable  pass;
            proxy_pass           http://127.0.0.1:8081;
        }

        location /sized {
            moderate_body_size  100;
            moderate_hold_size  200;
            proxy_pass          http://127.0.0.1:8081;
        }

        location /small {
            moderate_hold_size  20;
            proxy_pass          http://127.0.0.1:8081;
        }

        location /limited {
            moderate_rules  '%%TESTDIR%%/odd "\\ name.yaml'
                            %%TESTDIR%%/limits.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /limited/pass {
            moderate_rules    '%%TESTDIR%%/odd "\\ name.yaml'
                              %%TESTDIR%%/limits.yaml;
            moderate_failure  counters=pass;
            proxy_pass        http://127.0.0.1:8081;
        }

        location /store/pass {
            moderate_failure  store=pass;
            proxy_pass        http://127.0.0.1:8081;
        }

        location /many {
            moderate_rules  %%TESTDIR%%/many.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /refused {
            proxy_pass  http://127.0.0.1:8089;
        }

        location /api/ {
            moderate_api  role=moderator user=lan;
        }

        location = /status {
            moderate_status;
        }

        location = /metrics {
            charset  iso-8859-1;
            moderate_status  prometheus;
        }
    }

    server {
        listen         127.0.0.1:8082;
        moderate_site  other;
        moderate       on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }
    }

    server {
        listen         127.0.0.1:8083;
        moderate_site  unused;

        include  %%ROOT%%/examples/status.conf;
    }

    MORE
}
EOF

configure('');

sub configure {
    my ($more) = @_;
    $t->write_file_expand('nginx.conf', $conf =~ s/MORE/$more/r);
}

my $rules = <<'EOF';
version: 1

rules:
  - id: test.hold
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }

  - id: test.reject
    category: scam
    words: [lottery]
    score: 20
    examples: { hit: [lottery], miss: [lot] }

  - id: test.light
    category: abuse
    words: [fool]
    score: 1
    examples: { hit: [fool], miss: [foal] }

  - id: test.shadow
    category: abuse
    words: [shade]
    mode: shadow
    score: 9
    examples: { hit: [shade], miss: [shadow] }

  - id: test.slow
    category: abuse
    match: '(?:a|aa|a+)+[xy]$'
    score: 1
    examples: { hit: [aaax], miss: [aaa] }
EOF

$t->write_file('rules.yaml', $rules);
$t->write_file('odd "\ name.yaml', $rules);

$t->write_file('limits.yaml', <<'EOF');
version: 1
limits: [ { id: test.rate, key: client, over: 1, per: 1d, score: 5 } ]
EOF

# more rules than there is room for, hit all at once

use constant ROOM => 4096;

$t->write_file('many.yaml', "version: 1\nrules:\n" . join '', map { <<"EOF" }
  - id: many.$_
    category: abuse
    words: [many]
    score: 0.1
    mode: shadow
    examples: { hit: [many], miss: [few] }
EOF
    1 .. ROOM + 10);

$t->run_redis()->run_redis(name => 'counters')->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $json = 'application/json';

# what was sent, to where, and what rises by it: of the site, and of all

my @cases = (
    [ 'passed', '/', 'a=hello', { PASSED => 1, bytes => 7 } ],
    [ 'empty', '/', '', { PASSED => 1 } ],
    [ 'ignored fields only', '/', 'token=1', { PASSED => 1, bytes => 7 } ],
    [ 'held', '/', 'a=pills',
      { HELD => 1, bytes => 7, 'test.hold' => '1 1 0' } ],
    [ 'rejected', '/', 'a=lottery',
      { REJECTED => 1, bytes => 9, 'test.reject' => '1 0 1' } ],
    [ 'held twice over', '/', 'a=pills+pills&b=pills',
      { HELD => 1, bytes => 21, 'test.hold' => '1 1 0' } ],
    [ 'two rules', '/', 'a=pills+lottery',
      { REJECTED => 1, bytes => 15, 'test.hold' => '1 0 1',
        'test.reject' => '1 0 1' } ],
    [ 'hit and passed', '/', 'a=fool',
      { PASSED => 1, bytes => 6, 'test.light' => '1 0 0' } ],
    [ 'in the shadow', '/', 'a=shade+pills',
      { HELD => 1, bytes => 13, 'test.shadow' => '1 0 0',
        'test.hold' => '1 1 0' } ],
    [ 'not a submission', '/', undef, {} ],

    [ 'dry passed', '/dry', 'a=hello', { PASSED_DRY_RUN => 1, bytes => 7 } ],
    [ 'dry held', '/dry', 'a=pills',
      { HELD_DRY_RUN => 1, bytes => 7, 'test.hold' => '1 1 0' } ],
    [ 'dry rejected', '/dry', 'a=lottery',
      { REJECTED_DRY_RUN => 1, bytes => 9, 'test.reject' => '1 0 1' } ],
    [ 'dry unreadable', '/dry/pass', '{"a":',
      { UNREADABLE_DRY_RUN => 1, bytes => 5, truncated => 1,
        'engine.unreadable' => '1 0 0' }, $json ],

    [ 'truncated', '/', '{"a":',
      { HELD => 1, bytes => 5, truncated => 1,
        'engine.unreadable' => '1 1 0' }, $json ],
    [ 'key twice', '/reject', '{"a":1,"a":2}',
      { REJECTED => 1, bytes => 13, 'json-duplicate-key' => 1,
        'engine.unreadable' => '1 0 1' }, $json ],
    [ 'unknown type', '/pass', '<a/>',
      { UNREADABLE => 1, bytes => 4, 'content-type-unknown' => 1,
        'engine.unreadable' => '1 0 0' }, 'text/xml' ],
    [ 'unreadable and held', '/pass', '{"a":"pills","b":',
      { HELD => 1, bytes => 17, truncated => 1,
        'engine.unreadable' => '1 0 0', 'test.hold' => '1 1 0' }, $json ],
    [ 'too large to inspect', '/sized', 'a=' . 'b' x 99,
      { HELD => 1, 'too-large' => 1, 'engine.unreadable' => '1 1 0' } ],
    [ 'too large to hold', '/small', 'a=pills' . '+b' x 10,
      { REJECTED => 1, bytes => 27, 'test.hold' => '1 1 0' } ],
    [ 'out of budget', '/', 'a=x' . 'a' x 3999,
      { HELD => 1, bytes => 4002, budget => 1, 'engine.budget' => '1 1 0' } ],
    [ 'out of budget twice', '/', 'b=x' . 'a' x 3999 . '&a=x' . 'a' x 3999,
      { HELD => 1, bytes => 8005, budget => 1, 'engine.budget' => '1 1 0' } ],

    [ 'first of a limit', '/limited', 'a=hello', { PASSED => 1, bytes => 7 } ],
    [ 'over a limit', '/limited', 'a=hello',
      { HELD => 1, bytes => 7, 'test.rate' => '1 1 0' } ],
);

# without counters, and without a queue

my @no_counters = (
    [ 'no counters', '/limited', 'a=hello',
      { HELD => 1, bytes => 7, no_counters => 1,
        'engine.counters' => '1 1 0' } ],
    [ 'no counters, passed', '/limited/pass', 'a=hello',
      { PASSED => 1, bytes => 7, no_counters => 1 } ],
);

my @no_store = (
    [ 'no store', '/', 'a=pills',
      { FAILED => 1, bytes => 7, no_store => 1, 'test.hold' => '1 1 0' } ],
    [ 'no store, passed', '/store/pass', 'a=pills',
      { FAILED => 1, bytes => 7, no_store => 1, 'test.hold' => '1 1 0' } ],
);

my %deliveries = ('/' => 'delivered', '/status/500' => 'failed',
                  '/refused' => 'failed', '/close' => 'unknown');

my $dir = $t->testdir();
my ($before, $after, $s, $r, %pids, @old);

###############################################################################

$s = ready();
is($s->{status}, 'ok', 'ok');
is_deeply($s->{reasons}, [], 'no reasons');
is(join(' ', sort keys %{$s->{sites}}), 'other portal', 'sites in use');
is_deeply($s->{rules}, {}, 'no rule was hit');
is_deeply($s->{not_counted},
          { sites => 0, rules => 0, workers => 0, shadowed => 0 },
          'all is counted');
is(join(' ', map { $_->{pid} } workers($s)), join(' ', $t->workers()),
   'the workers');

for my $w (workers($s)) {
    my %sets = map { $_->{paths} => $_ } @{$w->{rulesets}};
    my $set = $sets{"$dir/rules.yaml"};

    is(keys %sets, 3, 'sets of rules');
    ok($sets{qq($dir/odd "\\ name.yaml $dir/limits.yaml)}, 'by their paths');
    is("$set->{rules} $set->{limits}", '5 0', 'rules and limits');
    like($set->{version}, qr/^[0-9a-f]{16}$/, 'version');
    is("$set->{swaps} $set->{failures} $set->{problems}", '0 0 0', 'loads');
    is($set->{error}, undef, 'no error');
    ok(abs($set->{loaded} - time) < 60, 'loaded');
    is_deeply($w->{redis}{$_}, { connected => JSON::PP::true(),
        late => JSON::PP::false(), refused => JSON::PP::false(),
        error => undef, unsafe => undef }, $_) for qw/ queue counters /;
}

# one after another

rises(@$_) for @cases;

is(grep({ $_ } values %pids), 2, 'in both workers');
ok(figures()->{took} > 0, 'judging takes time');

# by site

$before = figures('other');
http_post('/', $form, 'a=hello', -port => 8082);
is(risen('other', $before), 'PASSED=1 bytes=7 judged=1', 'another site');
$before = figures('other');
rises('not of another site', '/', 'a=hello', { PASSED => 1, bytes => 7 });
is(risen('other', $before), '', 'untouched');

# deliveries

for my $uri (sort keys %deliveries) {
    $r = http_post($uri, $form, 'a=pills', 'Accept' => $json);
    my $id = json($r)->{receipt};
    $before = figures();
    $r = http_post("/api/held/$id/approve", $json, '{}', 'If-Match' => '"1"',
                   'Content-Type' => $json);
    is(risen('portal', $before), "$deliveries{$uri}=1", "delivery to $uri");
}

# for all who ask, and nothing that is private

$r = http_get('/status');
is(header($r, 'Content-Type'), 'application/json', 'type');
is(header($r, 'Cache-Control'), 'no-store', 'not stored');
is(header($r, 'Content-Length'), length body($r), 'length');
unlike($r, qr/pills|hello|lottery|127\.0\.0\.1|\.sock/, 'no text, no address');

for my $uri ('/status', '/metrics') {
    $r = http("HEAD $uri HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    is(status($r) . body($r), '200', "HEAD $uri");
    is(status(http_post($uri, $form, 'a=x')), 405, "POST $uri");
}

# the example, for who is named there

for my $uri (qw! /moderation/status /moderation/metrics !) {
    is(status(http_get($uri, -port => 8083)), 200, "$uri allowed");

    my $other = IO::Socket::INET->new(LocalAddr => '127.0.0.2',
        PeerAddr => '127.0.0.1', PeerPort => port(8083)) or die "$!\n";
    print $other "GET $uri HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    is(status(http_end($other)), 403, "$uri denied");
}

# Prometheus

prometheus('in full');

# a reload

$before = figures();
@old = $t->workers();
ok($t->reload(), 'reload');
ok(wait_until(sub { !grep { my $pid = $_; grep { $pid == $_ } @old }
                    $t->workers() }), 'old workers have left');
$s = ready();
is_deeply({ numbers(figures()) }, { numbers($before) }, 'counts survive');
is(join(' ', map { $_->{pid} } workers($s)), join(' ', $t->workers()),
   'new workers only');
rises('behind the reload', '/', 'a=pills',
      { HELD => 1, bytes => 7, 'test.hold' => '1 1 0' });

# a worker that is killed

$t->allow_log(qr/\[alert\].*exited on signal 9/);
kill 'KILL', ($t->workers())[0];
ok(wait_until(sub { my @w = workers(status_json());
                    @w == 2 && join(' ', map { $_->{pid} } @w)
                               eq join(' ', $t->workers()) }),
   'its place is taken');
$s = ready();

# rules that cannot be loaded

my $version = set($s)->{version};

$t->write_file('rules.yaml', $rules . "    colour: red\n");

ok(wait_until(sub { $s = status_json();
                    2 == grep { set($s, $_)->{error} } 0, 1 }, 30),
   'both workers tell of an error');

for my $n (0, 1) {
    my $set = set($s, $n);
    like($set->{error}{message},
         qr!^\Q$dir\E/rules\.yaml:34:5: rule "test\.slow": unknown key "col!,
         "where and what $n");
    ok(abs($set->{error}{time} - time) < 60, "when $n");
    is("$set->{version} $set->{rules}", "$version 5", "old set in use $n");
    is("$set->{swaps} $set->{failures} $set->{problems}", '0 1 1', "once $n");
}

is(reasons($s), 'rules-broken', 'degraded');
is(status(http_get('/status')), 200, 'and 200 all the same');
prometheus('with broken rules');
rises('with the old set', '/', 'a=lottery',
      { REJECTED => 1, bytes => 9, 'test.reject' => '1 0 1' });

# a limit by a key that nginx does not know

$t->write_file('limits.yaml', "version: 1\nlimits: [ { id: test.rate, "
               . "key: account, over: 1, per: 1d, score: 5 } ]\n");
ok(wait_until(sub { my $set = (grep { $_->{paths} =~ /odd/ } @{
                        (workers(status_json()))[0]{rulesets} })[0];
                    $set->{error} && $set->{error}{message}
                        =~ /limit "test\.rate" counts by "account"/ }, 30),
   'a key that is not defined');
$t->write_file('limits.yaml', "version: 1\nlimits: [ { id: test.rate, "
               . "key: client, over: 1, per: 1d, score: 5 } ]\n");

# a message that is longer than its room

$t->write_file('rules.yaml', $rules . '    ' . 'x' x 3000 . ": 1\n");
ok(wait_until(sub { my $set = set($s = status_json());
                    $set->{failures} == 2 }, 30), 'a long message');
cmp_ok(length(set($s)->{error}{message}), '<=', 512, 'is cut');

# and rules that can be

$t->write_file('rules.yaml', $rules =~ s/fool/fools/gr);
ok(wait_until(sub { $s = status_json();
                    2 == (grep { set($s, $_)->{swaps} == 1 } 0, 1)
                    && $s->{status} eq 'ok' }, 30), 'ok again');
isnt(set($s)->{version}, $version, 'a new version');
is(set($s, 0)->{version}, set($s, 1)->{version}, 'of both');
is(set($s)->{error}, undef, 'no error any more');
is(set($s)->{failures}, 2, 'failures are remembered');

# Redis: settings

$t->redis('CONFIG', 'SET', 'appendfsync', 'everysec');
$t->redis('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
ok($t->reload(), 'reload of a lossy Redis');
ok(wait_until(sub { reasons($s = status_json()) eq 'redis-unsafe'
                    && (workers($s))[0]{redis}{queue}{unsafe} }),
   'unsafe');
is((workers($s))[0]{redis}{queue}{unsafe}{message},
   '"maxmemory-policy" is "allkeys-lru", "noeviction" is safe; '
   . '"appendfsync" is "everysec", "always" is safe', 'why');
is((workers($s))[0]{redis}{counters}{unsafe}, undef, 'not of counters');
$t->redis('CONFIG', 'SET', 'appendfsync', 'always');
$t->redis('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
ok($t->reload(), 'reload of a safe Redis');
is(ready()->{status}, 'ok', 'safe again');

# Redis: full

$t->redis('CONFIG', 'SET', 'maxmemory', 1);
rises('full', '/', 'a=pills',
      { FAILED => 1, bytes => 7, no_store => 1, 'test.hold' => '1 1 0' });
is(reasons($s = status_json()), 'redis-refuses', 'refuses');
is((grep { defined } map { $_->{redis}{queue}{error}{message} }
    workers($s))[0], 'refused: OOM', 'its code');
$t->redis('CONFIG', 'SET', 'maxmemory', 0);
ok(wait_until(sub { http_post('/', $form, 'a=pills');
                    status_json()->{status} eq 'ok' }), 'takes again');

# Redis: full, and another in its place

$t->redis('CONFIG', 'SET', 'maxmemory', 1);
http_post('/', $form, 'a=pills');
is(reasons($s = status_json()), 'redis-refuses', 'refuses again');
$t->restart_redis();
is(ready()->{status}, 'ok', 'nothing was refused by this one');

# Redis: silent, and away

$t->freeze_redis('counters');
rises('silent', '/limited', 'a=hello', $no_counters[0][3]);
is(reasons($s = status_json()), 'redis-away', 'late');
like((grep { defined } map { $_->{redis}{counters}{error}{message} }
      workers($s))[0], qr/^has not answered in 1000 ms$/, 'how late');
$t->thaw_redis('counters');
ok(wait_until(sub { http_post('/limited', $form, 'a=hello');
                    status_json()->{status} eq 'ok' }), 'answers again');

$t->stop_redis('counters');
ok(wait_until(sub { reasons($s = status_json()) eq 'redis-away' }),
   'counters are away');
ok(!$_->{redis}{counters}{connected}, 'in each worker') for workers($s);
ok($_->{redis}{queue}{connected}, 'the queue is not') for workers($s);
rises(@$_) for @no_counters;
prometheus('without counters');

$t->stop_redis();
ok(wait_until(sub { !grep { $_->{redis}{queue}{connected} }
                    workers(status_json()) }), 'the queue is away');
rises(@$_) for @no_store;

$t->restart_redis('counters')->restart_redis();
is(ready()->{status}, 'ok', 'both are back');

# a table that is full

my $known = keys %{status_json()->{rules}};
$before = status_json()->{not_counted}{rules};
is(status(http_post('/many', $form, 'a=many')), 200, 'more rules than room');
$s = status_json();
is(keys %{$s->{rules}}, ROOM, 'as many as there is room for');
is($s->{not_counted}{rules} - $before, $known + 10, 'and the others counted');
is(reasons($s), 'zone-full', 'reported');
prometheus('with a full table');
rises('known rules', '/', 'a=pills',
      { HELD => 1, bytes => 7, 'test.hold' => '1 1 0' });

configure(join '', map { <<"EOF" } 1 .. 255);
    server {
        listen         127.0.0.1:8084;
        server_name    s$_;
        moderate       on;
        moderate_site  site$_;
        location / { proxy_pass http://127.0.0.1:8081; }
    }
EOF

$t->allow_log(qr/\[warn\].*site "site255" is not counted/);
ok($t->reload(), 'more sites than room');
$s = ready('zone-full');
is(keys %{$s->{sites}}, 256, 'as many as there is room for');
is($s->{not_counted}{sites}, 1, 'and one not');
like($t->error_log(), qr/site "site255" is not counted/, 'in the log');
is(status(http_post('/', $form, 'a=hello', -port => 8084,
                    'Host' => 's255')), 200, 'served all the same');
is(status_json()->{not_counted}{sites}, 2, 'its submission is not counted');
is($s->{sites}{site254}{submissions}{PASSED}, 0, 'the one before');
is(status(http_post('/', $form, 'a=hello', -port => 8084,
                    'Host' => 's254')), 200, 'is served too');
is(status_json()->{sites}{site254}{submissions}{PASSED}, 1, 'and is counted');

# the directive

$t->allow_log(qr/\[emerg\].*moderate_status|invalid parameter "xml"/);

for (['moderate_status xml;', qr/"xml", expected "prometheus" or none/],
     ['moderate_status; moderate_status;',
      qr/"moderate_status" directive is duplicate/])
{
    my ($line, $re) = @$_;
    $t->write_file_expand('bad.conf', $conf =~
                          s/MORE/server { location \/ { $line } }/r);
    my ($code, $out) = $t->config_test('bad.conf');
    is($code, 1, $line);
    like($out, $re, "$line message");
}

$t->done_testing();

###############################################################################

sub status_json {
    return json(http_get('/status'));
}


sub workers {
    my @workers = sort { $a->{pid} <=> $b->{pid} }
                  grep { !$_->{leaving} } @{$_[0]{workers}};
    return @workers;
}


sub reasons {
    return join ' ', map { $_->{code} } @{$_[0]{reasons}};
}


# the set of rules.yaml in the n-th worker; an empty one while it is not listed

sub set {
    my ($status, $n) = @_;
    my $worker = (workers($status))[$n || 0];
    return (grep { $_->{paths} eq "$dir/rules.yaml" }
            @{$worker->{rulesets}})[0] || {};
}


# the status when both workers have their Redis, and only that reason is left

sub ready {
    my ($reason) = @_;
    my $status;

    wait_until(sub { $status = status_json();
                     workers($status) == 2 && @{$status->{workers}} == 2
                     && reasons($status) eq ($reason || '') }, 30);
    return $status;
}


# counts of a site and of rules, by the short names of this test

sub figures {
    my $status = status_json();
    my $site = $status->{sites}{$_[0] || 'portal'};

    return {
        %{$site->{submissions}},
        %{$site->{unreadable}},
        %{$site->{deliveries}},
        (map { my $rule = $status->{rules}{$_};
               $_ => "$rule->{hits} $rule->{held} $rule->{rejected}" }
             keys %{$status->{rules}}),
        budget      => $site->{out_of_budget},
        no_counters => $site->{without_counters},
        no_store    => $site->{store_failures},
        bytes       => $site->{inspected_bytes},
        judged      => $site->{judging}{count},
        took        => $site->{judging}{microseconds},
    };
}


sub numbers {
    my ($figures) = @_;
    return map { $_ => $figures->{$_} } keys %$figures;
}


# what has risen since, and by how much

sub risen {
    my ($site, $old) = @_;
    my $new = figures($site);
    my %risen;

    for my $name (grep { $_ ne 'took' } keys %$new) {
        my @new = split / /, $new->{$name};
        my @old = split / /, $old->{$name} || '0 0 0';
        my $by = join ' ', map { $new[$_] - $old[$_] } 0 .. $#new;
        $risen{$name} = $by if $by =~ /[^0 ]/;
    }

    return join ' ', map { "$_=$risen{$_}" } sort keys %risen;
}


sub rises {
    my ($name, $uri, $body, $by, $type) = @_;
    my $old = figures();

    my $answer = defined $body ? http_post($uri, $type || $form, $body)
                               : http_get($uri);

    $by = { %$by, judged => 1 } if defined $body;
    is(risen('portal', $old), join(' ', map { "$_=$by->{$_}" } sort keys %$by),
       $name);

    $pids{header($answer, 'X-Pid')}++;
}


# Parses the text format 0.0.4 line by line, and compares it with the JSON.

sub prometheus {
    my ($name) = @_;
    my $answer = http_get('/metrics');
    my (%help, %type, %seen, %value, @wrong, $metric);

    is(header($answer, 'Content-Type'),
       'text/plain; version=0.0.4; charset=utf-8', "$name: type");
    is(header($answer, 'Cache-Control'), 'no-store', "$name: not stored");

    my $text = body($answer);
    push @wrong, 'no line feed at the end' if $text !~ /\n\z/;

    for my $line (split /\n/, $text) {

        if ($line =~ /^# HELP (\w+) \S.*\.$/) {
            push @wrong, $line if $help{$1}++;
            $metric = $1;

        } elsif ($line =~ /^# TYPE (\w+) (counter|gauge|histogram)$/) {
            my ($of, $type) = ($1, $2);
            push @wrong, $line if $type{$of} || $of ne $metric;
            push @wrong, $line if $type eq 'counter' xor $of =~ /_total$/;
            $type{$of} = $type;

        } elsif ($line =~ /^([a-z_]+)\{((?:[a-z]+="(?:[^"\\]|\\[\\"n])*",?)+)\}
                           \ (\d+(?:\.\d+)?)$/x)
        {
            my ($sample, $labels, $value) = ($1, $2, $3);
            my $base = $type{$metric} eq 'histogram'
                       ? $sample =~ s/_(?:bucket|sum|count)$//r : $sample;

            push @wrong, "$line: not of $metric" if $base ne $metric;
            push @wrong, "$line: again" if $seen{"$sample $labels"}++;
            $value{$sample}{join ' ', $labels =~ /"((?:[^"\\]|\\.)*)"/g}
                = $value;

        } else {
            push @wrong, $line;
        }
    }

    is("@wrong[0 .. ($#wrong > 3 ? 3 : $#wrong)]", '', "$name: each line");
    is(join(' ', grep { !$type{$_} } keys %help), '', "$name: types");

    compare($name, \%value, status_json());
}


sub compare {
    my ($name, $value, $status) = @_;
    my (%site, %shown);

    for my $site (keys %{$status->{sites}}) {
        my $of = $status->{sites}{$site};

        my %all = (
            submissions => $of->{submissions},
            unreadable  => $of->{unreadable},
            deliveries  => $of->{deliveries},
        );

        for my $metric (keys %all) {
            $site{"$metric $site $_"} = $all{$metric}{$_}
                for keys %{$all{$metric}};
            $shown{"$metric $site $_"}
                = $value->{"moderate_${metric}_total"}{"$site $_"}
                for keys %{$all{$metric}};
        }

        for (qw/ inspected_bytes out_of_budget without_counters
                 store_failures not_decrypted /)
        {
            $site{"$_ $site"} = $of->{$_};
            $shown{"$_ $site"} = $value->{"moderate_${_}_total"}{$site};
        }

        my $judging = 'moderate_judging_seconds';
        my $sum = $of->{judging}{microseconds};

        $site{"sum $site"} = sprintf '%d.%06d', $sum / 1e6, $sum % 1e6;
        $shown{"sum $site"} = $value->{"${judging}_sum"}{$site};
        $site{"count $site"} = $of->{judging}{count};
        $shown{"count $site"} = $value->{"${judging}_count"}{$site};

        for my $bound (keys %{$of->{judging}{buckets}}) {
            my $le = $bound eq '+Inf' ? $bound : $bound / 1e6;
            $le = '0.0001' if $bound eq '100';
            $site{"le $bound $site"} = $of->{judging}{buckets}{$bound};
            $shown{"le $bound $site"}
                = $value->{"${judging}_bucket"}{"$site $le"};
        }
    }

    is_deeply(\%shown, \%site, "$name: sites as in JSON");

    for my $count (qw/ hits held rejected overturned confirmed /) {
        is_deeply($value->{"moderate_rule_${count}_total"} || {},
                  { map { $_ => $status->{rules}{$_}{$count} }
                        keys %{$status->{rules}} }, "$name: $count");
    }

    my %degraded = map { $_->{code} => 1 } @{$status->{reasons}};
    my $told = $value->{moderate_degraded};
    is(join(' ', grep { $told->{$_} } sort keys %$told),
       join(' ', sort keys %degraded), "$name: health");

    my (%info, %problems, %connected);

    for my $w (@{$status->{workers}}) {
        for my $set (@{$w->{rulesets}}) {
            (my $paths = $set->{paths}) =~ s/([\\"])/\\$1/g;
            $info{"$w->{pid} $paths $set->{version}"} = 1;
            $problems{"$w->{pid} $paths"} = $set->{problems};
        }

        $connected{"$w->{pid} $_"} = $w->{redis}{$_}{connected} ? 1 : 0
            for qw/ queue counters /;
    }

    is_deeply($value->{moderate_ruleset_info}, \%info, "$name: versions");
    is_deeply($value->{moderate_ruleset_problems}, \%problems,
              "$name: problems");
    is_deeply($value->{moderate_redis_connected}, \%connected,
              "$name: connected");
}


###############################################################################
