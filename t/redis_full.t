#!/usr/bin/perl

# Copyright (C) the moderate authors

# A full Redis takes nothing more, loses nothing, and can be emptied; one that
# may lose what it holds is reported.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

my $conf = <<'EOF';
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    REDIS
    moderate_redis_timeout  8s;
    moderate_site           portal;
    moderate_field          text comment;
    moderate_rules          %%TESTDIR%%/rules.yaml;

    server {
        listen  127.0.0.1:8080;

        location / {
            moderate    on;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /limited {
            moderate        on;
            moderate_rules  %%TESTDIR%%/rules.yaml %%TESTDIR%%/limits.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /api/ {
            moderate_api  role=moderator user=lan;
        }
    }
}
EOF

$t->write_file_expand('nginx.conf', $conf =~
    s/REDIS/moderate_redis  unix:%%TESTDIR%%\/redis.sock;/r);
$t->write_file_expand('lossy.conf', $conf =~
    s/REDIS/moderate_redis  unix:%%TESTDIR%%\/lossy.sock;/r);
$t->write_file_expand('apart.conf', $conf =~
    s/REDIS/moderate_redis  counters unix:%%TESTDIR%%\/lossy.sock;
    moderate_redis  queue unix:%%TESTDIR%%\/redis.sock;/r);

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.hold
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }
EOF

$t->write_file('limits.yaml', <<'EOF');
version: 1
limits: [ { id: rate, key: client, over: 1000000, per: 1h, score: 5 } ]
EOF

$t->run_redis()->run_redis(name => 'lossy', 'appendfsync' => 'everysec',
                           'maxmemory-policy' => 'allkeys-lru');
$t->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $json = 'application/json';
my ($r, @ids, $keys);

###############################################################################

# before

push @ids, json(post('/', "pills $_"))->{receipt} for 1 .. 6;
is(scalar(grep { defined } @ids), 6, 'held while there is room');

api('claim', $ids[4], 1);
is(status($r), 200, 'claimed while there is room');

# full

$keys = stored();
$t->redis('CONFIG', 'SET', 'maxmemory', 1);

$r = post('/', 'pills');
is(status($r), 503, 'hold on a full Redis');
like(header($r, 'Retry-After'), qr/^\d+$/, 'retry after');
is(json($r)->{receipt}, undef, 'no receipt');

is(status(post('/', 'pills ' x 10000)), 503, 'large hold on a full Redis');
is(status(post('/', 'hello')), 200, 'benign and not counted');
is(status(post('/limited', 'hello')), 503, 'benign, and cannot be counted');
is_deeply(stored(), $keys, 'nothing is half stored');
like($t->error_log(), qr/refused: "OOM /, 'why');

# it is emptied

$t->backend_forget();

api('approve', $ids[0], 1);
is(status($r), 200, 'approve on a full Redis');
is(json($r)->{state}, 'delivered', 'delivered');
is(scalar($t->backend_requests()), 1, 'to the backend');
is(($t->backend_requests())[0]{body}, 'comment=pills 1', 'whole');
is(state($ids[0]), 'delivered', 'state delivered');
is($t->redis('HEXISTS', "m:{portal}:h:$ids[0]", 'address'), 0,
   'address forgotten');

api('approve', $ids[0], 1);
is(status($r), 409, 'approve again');
is(scalar($t->backend_requests()), 1, 'not delivered again');

api('reject', $ids[1], 1, '{"reason":"scam"}');
is(status($r), 200, 'reject on a full Redis');
is(state($ids[1]), 'rejected', 'state rejected');
is($t->redis('HEXISTS', "m:{portal}:h:$ids[1]", 'address'), 0,
   'address of what is rejected forgotten');

api('reject', $ids[0], 1, '{"reason":"scam"}');
is(status($r), 409, 'reject what is delivered');

api('claim', $ids[2], 1);
is(status($r), 200, 'claim on a full Redis');
is(state($ids[2]), 'claimed', 'state claimed');

api('approve', $ids[4], 2);
is(status($r), 200, 'approve what was claimed');
is(state($ids[4]), 'delivered', 'state of what was claimed');

$r = http_get('/api/held?state=pending');
is(status($r), 200, 'list of a full Redis');
is(join(' ', map { $_->{id} } @{json($r)->{items}}), "$ids[5] $ids[3]",
   'what is left');

$r = http_get("/api/held/$ids[0]");
is(status($r), 200, 'one of a full Redis');

# and has room again

$t->redis('CONFIG', 'SET', 'maxmemory', 0);

is(status(post('/', 'pills')), 202, 'hold again');
is(status(post('/limited', 'hello')), 200, 'count again');

api('approve', $ids[3], 1);
is(json($r)->{state}, 'delivered', 'approve again');
is(scalar($t->backend_requests('backend')), 4, 'each delivered once');

# a safe one is not warned about, neither is where nothing is held

$t->stop()->run('apart.conf');
is(status(post('/limited', 'pills')), 202, 'apart');
unlike($t->error_log(), qr/may lose/, 'no warning');

# one that may lose what it holds is, from when it may

$t->stop_redis();
$t->run_redis('appendonly' => 'no');
ok(wait_until(sub { $t->error_log() =~ /may lose.*"appendonly" is "no"/ }),
   'not written to disk');

$t->stop()->run('lossy.conf');
is(status(post('/', 'pills')), 202, 'lossy');

ok(wait_until(sub {
    $t->error_log() =~ /\[warn\].*may lose.*"maxmemory-policy" is "allkeys-lru"/
}), 'eviction');
ok(wait_until(sub {
    $t->error_log() =~ /\[warn\].*may lose.*"appendfsync" is "everysec"/
}), 'fsync');
unlike($t->error_log(), qr/lossy\.sock" may lose.*"appendonly"/,
       'written to disk');

$t->done_testing();

###############################################################################

sub post {
    my ($uri, $text) = @_;
    return http_post($uri, $form, "comment=$text", 'Accept' => $json);
}


sub api {
    my ($action, $id, $version, $body) = @_;

    $r = http_post("/api/held/$id/$action", $json, $body || '{}',
                   'If-Match' => qq{"$version"});
}


sub state {
    my ($id) = @_;
    return join ' ', grep { $t->redis('SISMEMBER', "m:{portal}:s:$_", $id) }
        qw/ pending claimed approved replaying delivered failed unknown
            rejected /;
}


# Returns what is in Redis: the type and size of each key.

sub stored {
    my %size = (hash => 'HLEN', zset => 'ZCARD', set => 'SCARD',
                stream => 'XLEN', string => 'STRLEN');

    return {
        map {
            my $type = $t->redis('TYPE', $_);
            $_ => "$type " . $t->redis($size{$type}, $_)
        } @{$t->redis('KEYS', '*')}
    };
}

###############################################################################
