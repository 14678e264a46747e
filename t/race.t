#!/usr/bin/perl

# Copyright (C) the moderate authors

# Eight moderators decide at random about the same submissions while workers of
# nginx and Redis are killed: each submission is in one state, none is delivered
# twice.  TEST_ITEMS, TEST_MODERATORS and TEST_SECONDS make more of it.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;
use Time::HiRes qw/ sleep time /;

use constant {
    ITEMS      => $ENV{TEST_ITEMS} || 200,
    MODERATORS => $ENV{TEST_MODERATORS} || 8,
    SECONDS    => $ENV{TEST_SECONDS} || 12,
};

my $t = Test::Moderate->new(workers => 2);

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis          unix:%%TESTDIR%%/redis.sock;
    moderate_redis_timeout  8s;
    moderate_rules          %%TESTDIR%%/rules.yaml;
    moderate_site           portal;

    server {
        listen  127.0.0.1:8080;

        location / {
            moderate        on;
            moderate_field  text comment;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /api/ {
            moderate_api  role=$http_x_role user=$http_x_user;
        }
    }
}
EOF

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.pills
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }
EOF

$t->allow_log(qr/\[alert\].*exited on signal 9/);
$t->run_redis()->run_backend()->run();

my (@ids, %state, %sent, %in, @wrong);
my $seed = $ENV{TEST_SEED} || int(time) % 100000;

###############################################################################

push @ids, json(http_post($_ % 4 ? '/' : '/slow/0.2',
                          'application/x-www-form-urlencoded', 'comment=pills',
                          'Accept' => 'application/json'))->{receipt}
    for 1 .. ITEMS;
is(scalar(grep { defined } @ids), ITEMS, 'held');

my $until = time + SECONDS;
my @moderators = map { $t->run_daemon(\&moderator, $_, $until) }
    1 .. MODERATORS;

srand $seed;
diag("TEST_SEED=$seed") if $ENV{TEST_VERBOSE};

my ($kills, $redis_kills) = (0, 0);

while (time < $until - 1) {
    sleep 0.2 + rand 0.6;

    # leases that are over while the delivery still goes on

    for my $state (qw/ approved replaying /) {
        my $id = $t->redis('SRANDMEMBER', "m:{portal}:s:$state") or next;
        $t->redis('HSET', "m:{portal}:h:$id", 'since', "$state 1000");
    }

    my @workers = $t->workers() or next;
    kill 'KILL', $workers[rand @workers];
    $kills++;

    if ($kills % 6 == 0) {
        $t->kill_redis();
        sleep rand 0.3;
        $t->restart_redis();
        $redis_kills++;
    }
}

ok(wait_until(sub { !grep { kill 0, $_ and !reaped($_) } @moderators }, 30),
   'moderators have gone home');
cmp_ok($kills, '>=', 5, 'workers were killed');
cmp_ok($redis_kills, '>=', 1, 'and Redis');

# deliveries that go on without their moderator end by themselves

sleep 1;
wait_until(sub { (eval { status(http_get('/')) } || 0) == 200 });

for my $key (@{$t->redis('KEYS', 'm:{portal}:s:*')}) {
    my ($name) = $key =~ /(\w+)$/;

    for (@{$t->redis('SMEMBERS', $key)}) {
        $in{$_}++;
        $state{$_} = $name;
    }
}

for my $request ($t->backend_requests()) {
    $sent{$_->[1]}++ for grep { lc $_->[0] eq 'x-moderate-hold-id' }
        @{$request->{headers}};
}

is(scalar keys %in, ITEMS, 'none is lost');
is(scalar(grep { $_ != 1 } values %in), 0, 'each in one state');
is(join(' ', grep { $sent{$_} > 1 } keys %sent), '', 'none delivered twice');
is(join(' ', grep { $state{$_} eq 'delivered' && !$sent{$_} } @ids), '',
   'none delivered in name only');

@wrong = grep { $sent{$_} && $state{$_} !~ /^(delivered|replaying|unknown)$/ }
    @ids;
is(join(' ', map { "$_ $state{$_}" } @wrong), '',
   'what was sent is not open to a decision');

my %n;
$n{$state{$_}}++ for @ids;
cmp_ok($n{delivered} || 0, '>', 10, 'many were delivered');

# what is rejected may be undone, and is in the end when there is time enough

cmp_ok(scalar(grep { {@{$_->[1]}}->{event} eq 'reject' }
              @{$t->redis('XRANGE', 'm:{portal}:events', '-', '+')}),
       '>', 10, 'many were rejected');
diag(join ' ', "$kills kills, $redis_kills of Redis:",
     map { "$n{$_} $_" } sort keys %n)
    if $ENV{TEST_VERBOSE};

# what was left behind is taken up

for my $id (grep { $state{$_} =~ /^(approved|replaying)$/ } @ids) {
    $t->redis('HSET', "m:{portal}:h:$id", 'since', "$state{$id} 1000");
    http_get("/api/held/$id", 'X-User' => 'lan', 'X-Role' => 'viewer');
}

is($t->redis('SCARD', "m:{portal}:s:$_"), 0, "none is left $_")
    for qw/ approved replaying /;

$t->done_testing();

###############################################################################

# Decides at random about what is open, and goes on when nginx does not answer.

sub moderator {
    my ($n, $until) = @_;
    my @headers = ('X-User' => "m$n",
                   'X-Role' => $n == 1 ? 'admin' : 'moderator');

    srand $seed + $n;

    while (time < $until) {
        my $states = 'pending,claimed,approved';

        # what is decided is found as well, and does not hide what is not

        $states .= ',failed,rejected' if ITEMS <= 200 || rand() < 0.2;

        my $page = eval {
            json(http_get("/api/held?limit=200&state=$states", @headers))
        };

        if (!$page || !$page->{items} || !@{$page->{items}}) {
            sleep 0.05;
            next;
        }

        # some at once, as people who look at the same page

        for (1 .. 10) {
            my $item = $page->{items}[rand @{$page->{items}}];
            eval { act($item, @headers) };
        }
    }
}


sub act {
    my ($item, @headers) = @_;
    my %possible = (
        pending  => [ qw/ claim approve approve reject / ],
        claimed  => [ qw/ unclaim approve reject claim / ],
        approved => [ qw/ approve undo / ],
        failed   => [ qw/ approve reject / ],
        rejected => [ rand() < 0.05 ? 'undo' : () ],
    );
    my $actions = $possible{$item->{state}} or return;
    my $action = $actions->[rand @$actions] or return;

    http_post("/api/held/$item->{id}/$action", 'application/json',
              '{"reason":"other"}', @headers,
              'If-Match' => qq("$item->{version}"));
}


sub reaped {
    my ($pid) = @_;
    return waitpid($pid, 1) != 0;
}

###############################################################################
