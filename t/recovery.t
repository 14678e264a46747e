#!/usr/bin/perl

# Copyright (C) the moderate authors

# What nginx leaves behind when it is killed during a delivery: nothing is
# lost, nothing is sent a second time unless a person says so.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;

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
    moderate_field          text comment;

    server {
        listen    127.0.0.1:8080;
        moderate  on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /own/ {
            moderate_replay_set_header  Idempotency-Key own;
            moderate_replay_set_header  x-moderate-hold-id mine;
            proxy_pass                  http://127.0.0.1:8081;
        }

        location /api/ {
            moderate_api  role=moderator user=lan;
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

my ($id, $s, @q, $v);

###############################################################################

# killed while the backend works

$id = held('/slow/30');
$s = killed_at($id, 'replaying');
is(state($id), 'replaying', 'killed while it was delivered');
is(item($id)->{state}, 'replaying', 'not taken for lost at once');
is(item($id)->{version}, 3, 'as it was');
is(status(approve($id, 3)), 409, 'nor approved meanwhile');

aged($id, 'replaying', 601);
is(item($id)->{state}, 'unknown', 'nobody knows');
is(state($id), 'unknown', 'in its set alone');
is_deeply([ @{item($id)->{history}[-1]}{qw/ version actor action /} ],
          [ 4, 'nginx', 'recover' ], 'history');
is(scalar(requests($id)), 1, 'not sent again');

# a person says so; the backend can tell that it is the same

$t->redis('HSET', "m:{portal}:h:$id", 'uri', '/again');
is(json(approve($id, 4))->{state}, 'delivered', 'sent again by a person');
@q = requests($id);
is(scalar @q, 2, 'twice');
is($q[$_]{header}{'idempotency-key'}, $id, "key of attempt $_") for 0, 1;
is($q[$_]{header}{'x-moderate-hold-id'}, $id, "id of attempt $_") for 0, 1;

# but for what the administrator sets

$id = held('/own/a');
approve($id, 1);
@q = $t->backend_requests();
is(scalar(grep { lc $_->[0] eq 'idempotency-key' } @{$q[-1]{headers}}), 1,
   'one key');
is(join(' ', map { $_->[1] } grep { $_->[0] =~ /^(idempot|x-moderate)/i }
        @{$q[-1]{headers}}), 'own mine', 'own headers');

# killed before it was sent

$id = held('/a');
$t->redis('ACL', 'SETUSER', 'default', 'resetkeys', '%R~*',
          map { "%RW~m:{portal}:$_" } 'h:*', 'events', 'index', 's:[^r]*');
is(status(approve($id, 1)), 503, 'stopped before the delivery');
kill 'KILL', $t->workers();
$t->redis('ACL', 'SETUSER', 'default', '~*');
is(state($id), 'approved', 'killed before it was sent');
up();
is(item($id)->{state}, 'approved', 'within its time');
aged($id, 'approved', 61);
is(item($id)->{state}, 'pending', 'back in the queue');
is(state($id), 'pending', 'in its set alone');
is(scalar(requests($id)), 0, 'not sent');
$v = item($id)->{version};
is(json(approve($id, $v))->{state}, 'delivered', 'approved again');
is(scalar(requests($id)), 1, 'sent once');

# an appeal goes back to the appeals

$id = held('/a');
$t->redis('HSET', "m:{portal}:h:$id", 'e:2', '1 minh reject abuse',
          'e:3', '2 receipt appeal', 'appeal', 'why', 'version', 4);
$t->redis('SMOVE', 'm:{portal}:s:pending', 'm:{portal}:s:approved', $id);
aged($id, 'approved', 61);
is(item($id)->{state}, 'appealed', 'back among the appeals');

# found by the list

$id = held('/a');
$t->redis('SMOVE', 'm:{portal}:s:pending', 'm:{portal}:s:replaying', $id);
aged($id, 'replaying', 601);
http_get('/api/held');
ok(wait_until(sub { state($id) eq 'unknown' }), 'found by the list');

# found by nobody: a worker looks, and gives a time to what has none

my @ids = map { held('/a') } 1 .. 30;

for (@ids) {
    $t->redis('SMOVE', 'm:{portal}:s:pending', 'm:{portal}:s:approved', $_);
    aged($_, 'approved', 61);
}

my ($fresh, $unstamped) = map { held('/a') } 1 .. 2;

for ($fresh, $unstamped) {
    $t->redis('SMOVE', 'm:{portal}:s:pending', 'm:{portal}:s:replaying', $_);
    aged($_, 'replaying', 500);
}

$t->redis('HDEL', "m:{portal}:h:$unstamped", 'since');

$t->stop()->run();
ok(wait_until(sub { left(@ids) <= 10 }), 'some at once');
cmp_ok(left(@ids), '>=', 10, 'a bounded number');
ok(wait_until(sub {
    ($t->redis('HGET', "m:{portal}:h:$unstamped", 'since') || '')
        =~ /^replaying \d+$/
}), 'a time for what has none');
ok(wait_until(sub { left(@ids) == 0 }, 30), 'the others later');
is(state($_), 'replaying', 'not before its time') for $fresh, $unstamped;
is(scalar(grep { state($_) ne 'pending' } @ids), 0, 'all back in the queue');
like($t->error_log(), qr/\[warn\].*$ids[0] was left in the state "approved"/,
     'told');

# a backend that is slower than the lease

$id = held('/slow/2');
$s = start($id, 1);
ok(wait_until(sub { requests($id) == 1 }), 'slow delivery');
aged($id, 'replaying', 601);
is(item($id)->{state}, 'unknown', 'given up');
is(json(http_end($s))->{state}, 'delivered', 'and known in the end');
is(state($id), 'delivered', 'in its set alone');
is(scalar(requests($id)), 1, 'sent once');

$t->done_testing();

###############################################################################

sub held {
    my ($uri) = @_;
    return json(http_post($uri, 'application/x-www-form-urlencoded',
                          'comment=pills',
                          'Accept' => 'application/json'))->{receipt};
}


sub item { return json(http_get("/api/held/$_[0]")) }


sub start {
    my ($id, $version) = @_;
    return http_start(join "\r\n", "POST /api/held/$id/approve HTTP/1.1",
        'Host: x', 'Connection: close', qq(If-Match: "$version"),
        'Content-Length: 0', '', '');
}


sub approve { return http_end(start(@_)) }


# Approves, and kills the workers when the backend has the request.

sub killed_at {
    my ($id, $state) = @_;
    my $s = start($id, 1);

    ok(wait_until(sub { requests($id) == 1 && state($id) eq $state }),
       "$state when killed");
    kill 'KILL', $t->workers();
    http_end($s);
    up();
}


# Waits for new workers.

sub up {
    wait_until(sub { (eval { status(http_get('/api/held')) } || 0) == 200 })
        or die "no new workers\n";
}


# Makes it look as if it had been in this state for some time.

sub aged {
    my ($id, $state, $seconds) = @_;
    $t->redis('HSET', "m:{portal}:h:$id", 'since',
              "$state " . (time - $seconds));
}


sub state {
    my ($id) = @_;
    return join ' ', map { /:s:(\w+)$/ } grep {
        $t->redis('SISMEMBER', $_, $id)
    } @{$t->redis('KEYS', 'm:{portal}:s:*')};
}


sub left { return scalar(grep { state($_) eq 'approved' } @_) }


# Returns what the backend got of this submission.

sub requests {
    my ($id) = @_;

    return grep { ($_->{header}{'x-moderate-hold-id'} || '') eq $id } map {
        $_->{header} = { map { lc $_->[0] => $_->[1] } @{$_->{headers}} };
        $_
    } $t->backend_requests();
}

###############################################################################
