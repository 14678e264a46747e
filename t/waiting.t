#!/usr/bin/perl

# Copyright (C) the moderate authors

# What waits for a moderator is found by its category, rule and form, and told
# of by its age; indexes that a crash has left wrong are put right.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis        unix:%%TESTDIR%%/redis.sock;
    moderate_rules        %%TESTDIR%%/rules.yaml;
    moderate_secret_file  %%TESTDIR%%/secret;
    moderate_queue_age    1d;
    moderate_field        text comment;

    server {
        listen         127.0.0.1:8080;
        moderate       on;
        moderate_site  portal;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /receipt/ {
            moderate_receipt;
        }

        location /api/ {
            moderate_api  role=admin user=lan;
        }

        location = /status {
            moderate_status;
        }

        location = /metrics {
            moderate_status  prometheus;
        }
    }

    server {
        listen              127.0.0.1:8082;
        moderate_site       quiet;
        moderate_queue_age  0;

        location /api/ {
            moderate_api  role=viewer user=binh;
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

  - id: test.scam
    category: scam
    words: [money]
    score: 5
    examples: { hit: [money], miss: [none] }
EOF

$t->write_file('secret', 'x' x 40);
$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my (%id, $r, $told, @paged);

###############################################################################

# found by what it is

$id{$_->[0]} = held($_->[1], $_->[2]) for
    [ 'ad', '/f', 'pills' ],
    [ 'scam', '/f', 'money' ],
    [ 'both', '/g?x', 'pills for money, money, pills' ],
    [ 'fails', '/status/500', 'money' ],
    [ 'late', '/g', 'pills' ];

is(listed('state=pending'), 'late fails both scam ad', 'pending');
is(listed('state=pending&category=scam'), 'fails both scam', 'by category');
is(listed('state=pending&rule=test.pills'), 'late both ad', 'by rule');
is(listed('state=pending&form=/g'), 'late both', 'by form');
is(listed('state=pending&form=/g&rule=test.scam'), 'both', 'by two');
is(listed('state=pending&form=/f&category=scam&rule=test.pills'), '',
   'by three');
is(listed('state=pending&rule=test.other'), '', 'by a rule without hits');
is(listed('category=scam'), 'fails both scam', 'in any state');
is(indexes(), 'c:advertising c:scam f:/f f:/g f:/status/500 r:test.pills '
   . 'r:test.scam', 'indexes');

# what is decided waits no longer, and waits again

is(decide('ad', 'reject', 1), 'rejected', 'rejected');
is(decide('scam', 'approve', 1), 'delivered', 'delivered');
is(decide('fails', 'approve', 1), 'failed', 'not delivered');
is(decide('both', 'claim', 1), 'claimed', 'claimed');

wait_until(sub { queue() eq 'both late' });
is(queue(), 'both late', 'what waits');
is(indexes(), 'c:advertising c:scam f:/g r:test.pills r:test.scam',
   'no index is left empty');
is(listed('state=pending,claimed,appealed'), 'late both', 'listed');

is(decide('ad', 'undo', 2), 'pending', 'undone');
is(queue(), 'ad both late', 'waits again');
is(listed('state=pending&form=/f'), 'ad', 'found again');

is(decide('ad', 'reject', 3), 'rejected', 'rejected again');
is(status(http_post("/receipt/$t->{receipts}{$id{ad}}", $form, 'note=why')),
   200, 'appeal');
is(queue(), 'ad both late', 'waits for another moderator');
is(listed('state=appealed&category=advertising'), 'ad', 'found as an appeal');
is(listed('state=appealed,claimed&appealed=1'), 'ad', 'with no other claims');
is(status(http_get('/api/held?appealed=yes')), 400, 'appealed is 1 or not');

# few of many: pages of states that wait for nobody

$id{"r$_"} = held("/r?$_", "pills $_") for 1 .. 7;
decide("r$_", 'reject', 1) for 1 .. 7;

is(listed('state=rejected'), 'r7 r6 r5 r4 r3 r2 r1', 'rejected, one page');
is(paged('state=rejected&limit=2'), 'r7 r6 r5 r4 r3 r2 r1', 'pages of two');
is(paged('state=rejected&limit=7'), 'r7 r6 r5 r4 r3 r2 r1', 'pages of all');
is(paged('state=rejected,delivered,failed&limit=1'),
   'r7 r6 r5 r4 r3 r2 r1 fails scam', 'pages of several states');
is(paged('state=rejected&rule=test.scam&limit=1'), '', 'none of a rule');
is(paged('limit=2'), 'r7 r6 r5 r4 r3 r2 r1 late fails both scam ad',
   'pages of all states');

# all in one millisecond

$t->redis('ZADD', 'm:{portal}:index', 'XX', 1795292696123, $id{"r$_"})
    for 1 .. 7;
@paged = split / /, paged('state=rejected&limit=2');
is_deeply([ map { $id{$_} } @paged ],
          [ sort { $b cmp $a } map { $id{"r$_"} } 1 .. 7 ],
          'of one time by their ids');

# how long it waits

$told = json(http_get('/api/stats'))->{queue};
is($told->{open}, 3, 'waiting');
is_deeply($told->{states}, { pending => 1, claimed => 1, approved => 0,
          replaying => 0, delivered => 1, failed => 1, unknown => 0,
          rejected => 7, appealed => 1 }, 'states');
is($told->{limit}, 86400, 'limit');
is($told->{categories}{scam}{count}, 1, 'of a category');
is($told->{ages}[0]{count}, 3, 'all within an hour');

$t->redis('ZADD', $_, 'XX', (time - 5 * 3600) . '000', $id{both})
    for 'm:{portal}:queue', 'm:{portal}:queue:c:scam';
$t->redis('ZADD', 'm:{portal}:queue', 'XX', (time - 700000) . '000', $id{late});

$told = json(http_get('/api/stats'))->{queue};
is(join(' ', map { $_->{count} } @{$told->{ages}}), '1 0 1 0 0 1', 'ages');
like($told->{oldest}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/, 'oldest');
isnt($told->{categories}{scam}{oldest}, $told->{oldest}, 'of its category');

$told = json(http_get('/api/stats', -port => 8082))->{queue};
is($told->{open}, 0, 'another site');
is($told->{oldest}, undef, 'has none');
is($told->{limit}, undef, 'and no limit');

# it is told of, once

wait_until(sub { grep { $_->{event} eq 'overdue' } events() });
$r = (grep { $_->{event} eq 'overdue' } events())[0];
is($r->{detail}, 'other', 'overdue, of no category that is');
is($r->{id}, $id{late}, 'the oldest');
is($r->{actor}, 'nginx', 'by nginx');

$t->redis('ZADD', 'm:{portal}:queue:c:scam', 'XX', (time - 90000) . '000',
          $id{both});
wait_until(sub { grep { $_->{event} eq 'overdue' && $_->{detail} eq 'scam' }
                 events() });
wait_until(sub { status_queue()->{categories}{scam}{age} > 86400 });
is(scalar(grep { $_->{event} eq 'overdue' } events()), 2,
   'overdue of a category');
cmp_ok($t->redis('TTL', 'm:{portal}:overdue:scam'), '>', 86000,
       'again in a day');
like($t->error_log(), qr/portal: the queue of "scam" is overdue/, 'logged');

$told = json(http_get('/status'));
is($told->{status}, 'degraded', 'status: degraded');
is_deeply([ map { $_->{code} } grep { $_->{code} !~ /^redis/ }
            @{$told->{reasons}} ], [ 'queue-overdue' ], 'status: why');

$told = status_queue();
is($told->{waiting}, 3, 'status: waiting');
ok($told->{overdue}, 'status: overdue');
cmp_ok($told->{age}, '>=', 700000, 'status: age');
is($told->{states}{rejected}, 7, 'status: states');
is($told->{limit}, 86400, 'status: limit');

$r = body(http_get('/metrics'));
like($r, qr/^moderate_queue_items\{site="portal",state="rejected"} 7$/m,
     'metrics: items');
like($r, qr/^moderate_queue_oldest_seconds\{site="portal",category="scam"} 90/m,
     'metrics: age of a category');
like($r, qr/^moderate_queue_oldest_seconds\{site="portal",category="all"} 700/m,
     'metrics: age');
like($r, qr/^moderate_queue_overdue\{site="portal"} 1$/m, 'metrics: overdue');
unlike($r, qr/^moderate_queue_overdue\{site="quiet"/m, 'not without a limit');

# what a crash has left

$t->redis('DEL', map { "m:{portal}:queue$_" } '', ':c:advertising', ':f:/g');
$t->redis('ZADD', "m:{portal}:queue$_", 1, $id{r1})
    for '', ':c:advertising', ':f:/r';

ok(wait_until(sub { queue() eq 'ad both late' }, 20), 'put right');
is(listed('state=pending&form=/g'), 'late', 'put right by form');
ok(!$t->redis('EXISTS', 'm:{portal}:queue:f:/r'), 'what does not wait is out');

# a full Redis

$t->redis('CONFIG', 'SET', 'maxmemory', 1);
is(listed('state=pending'), 'late', 'full: listed');
is(listed('state=rejected&limit=7'), join(' ', @paged), 'full: few of many');
is(json(http_get('/api/stats'))->{queue}{open}, 3, 'full: waiting');
is(decide('late', 'reject', 1), 'rejected', 'full: rejected');
ok(wait_until(sub { queue() eq 'ad both' }), 'full: waits no longer');
$t->redis('CONFIG', 'SET', 'maxmemory', 0);

$t->done_testing();

###############################################################################

sub held {
    my ($uri, $text) = @_;
    my $told = json(http_post($uri, $form, "comment=$text",
                              'Accept' => 'application/json'));
    my ($id) = $told->{receipt} =~ /^(\w+)/;
    $t->{receipts}{$id} = $told->{receipt};

    # one behind the other

    select undef, undef, undef, 0.002;
    return $id;
}


sub decide {
    my ($name, $action, $version) = @_;
    my $told = json(http_post("/api/held/$id{$name}/$action",
                              'application/json', '{"reason":"other"}',
                              'If-Match' => qq("$version")));
    return $told->{state} || $told->{error};
}


sub page { return json(http_get("/api/held?$_[0]")) }


sub names {
    my %name = reverse %id;
    return join ' ', map { $name{$_} || $_ } @_;
}


sub listed { return names(map { $_->{id} } @{page($_[0])->{items}}) }


sub paged {
    my ($query) = @_;
    my ($next, @seen) = ('');

    for (1 .. 50) {
        my $page = page($query . ($next && "&before=$next"));
        push @seen, map { $_->{id} } @{$page->{items}};
        $next = $page->{next} or return names(@seen);
    }

    return 'no end';
}


sub queue { return join ' ', sort split / /,
            names(@{$t->redis('ZRANGE', 'm:{portal}:queue', 0, -1)}) }


sub indexes {
    return join ' ', sort map { s/^m:\{portal\}:queue://r }
           grep { /:queue:/ } @{$t->redis('KEYS', 'm:{portal}:queue:*')};
}


sub events { return @{json(http_get('/api/events?limit=1000'))->{events}} }
sub status_queue { return json(http_get('/status'))->{sites}{portal}{queue} }

###############################################################################
