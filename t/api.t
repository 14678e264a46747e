#!/usr/bin/perl

# Copyright (C) the moderate authors

# The moderators' API: who may call it, the queue, one item, claims,
# decisions and conflicts.

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

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;
    moderate_site   portal;

    server {
        listen       127.0.0.1:8080;
        listen       127.0.0.1:8082 http2;

        location / {
            moderate        on;
            moderate_field  text comment;
            moderate_field  title title;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /api/ {
            moderate_api  role=$http_x_role user=$http_x_user;
        }
    }

    server {
        listen         127.0.0.1:8083;
        moderate_site  other;

        location /api/ {
            moderate_api  role=admin user=root;
        }
    }
}
EOF

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.pills
    title: Pills
    category: advertising
    words: ["buy pills"]
    score: 5
    examples: { hit: ["buy pills"], miss: ["buy bills"] }

  - id: test.scam
    title: Scam
    category: scam
    words: ["free money"]
    score: 5.5
    examples: { hit: ["free money"], miss: ["money"] }
EOF

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my ($r, $item, @id);

sub held {
    my ($uri, $body) = @_;
    return json(http_post($uri, $form, $body,
                          'Accept' => 'application/json'))->{receipt};
}

sub get {
    my ($uri, %headers) = @_;
    %headers = ('X-User' => 'lan', 'X-Role' => 'moderator', %headers);
    return http_get("/api/$uri", %headers);
}

sub decide {
    my ($id, $action, $version, $body, %headers) = @_;
    %headers = ('X-User' => 'lan', 'X-Role' => 'moderator',
                'If-Match' => qq("$version"), %headers);
    return http_post("/api/held/$id/$action", 'application/json', $body // '',
                     %headers);
}

sub add_note {
    my ($id, $body, $role) = @_;
    return $r = http_post("/api/held/$id/note", 'application/json', $body,
                          'X-User' => 'lan',
                          'X-Role' => $role || 'moderator');
}

###############################################################################

# the queue

$r = get('held');
is(status($r), 200, 'empty queue');
is_deeply(json($r), { items => [], next => undef }, 'empty queue json');
is(header($r, 'Cache-Control'), 'no-store', 'not cached');
is(header($r, 'X-Robots-Tag'), 'noindex', 'not indexed');
is(header($r, 'X-Content-Type-Options'), 'nosniff', 'not sniffed');

for (0 .. 4) {
    push @id, held("/f$_", "title=t$_&comment=please+buy+pills+$_");
    select undef, undef, undef, 0.002;
}

push @id, held('/g', 'comment=free+money&x=1');

$item = json(get('held'))->{items};
is_deeply([ map { $_->{id} } @$item ], [ reverse @id ], 'newest first');
is($item->[0]{state}, 'pending', 'item state');
is($item->[0]{version}, 1, 'item version');
is($item->[0]{score}, 5.5, 'item score');
is($item->[0]{form}, '/g', 'item form');
is($item->[0]{excerpt}, 'free money', 'item excerpt');
is($item->[0]{claimed_by}, undef, 'item not claimed');
like($item->[0]{received}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
     'item received');
is_deeply($item->[0]{hits}, [ { rule => 'test.scam', category => 'scam',
    reason => 'scam', score => 5.5, field => 'comment', index => 0,
    start => 0, end => 10 } ], 'item hits');

# pages and filters

$r = json(get('held?limit=4'));
is(scalar @{$r->{items}}, 4, 'first page');
$r = json(get("held?limit=4&before=$r->{next}"));
is_deeply([ map { $_->{id} } @{$r->{items}} ], [ @id[1, 0] ], 'last page');
is($r->{next}, undef, 'no page behind it');

is(scalar @{json(get('held?form=/f3'))->{items}}, 1, 'by form');
is(scalar @{json(get('held?rule=test.pills'))->{items}}, 5, 'by rule');
is(scalar @{json(get('held?category=scam'))->{items}}, 1, 'by category');
is(scalar @{json(get('held?state=rejected'))->{items}}, 0, 'by state');
is(status(get('held?state=nowhere')), 400, 'unknown state');
is(status(get('held?limit=0')), 400, 'limit too small');
is(status(get('held?limit=201')), 400, 'limit too large');
is(status(get('held?before=x')), 400, 'bad cursor');

# one item

$r = get("held/$id[2]");
is(header($r, 'ETag'), '"1"', 'etag');
$item = json($r);
is_deeply($item->{fields}, [
    { name => 'title', role => 'title', value => 't2' },
    { name => 'comment', role => 'text', value => 'please buy pills 2' } ],
    'fields');
is($item->{hits}[0]{start}, 7, 'hit start');
is($item->{hits}[0]{end}, 16, 'hit end');
is("$item->{method} $item->{uri}", 'POST /f2', 'request');
is($item->{unreadable}, undef, 'readable');
is_deeply($item->{history}, [], 'no history');
is(status(get('held/' . '0' x 32)), 404, 'unknown id');
is(status(get("held/xyz")), 404, "no id");
is(status(get('nothing')), 404, 'no call');

# claim

$r = decide($id[0], 'claim', 1);
is_deeply(json($r), { id => $id[0], state => 'claimed', version => 2 },
          'claim');
is(header($r, 'ETag'), '"2"', 'claim etag');
is(json(get("held/$id[0]"))->{claimed_by}, 'lan', 'claimed by');

$r = decide($id[0], 'claim', 1, '', 'X-User' => 'minh');
is(status($r), 409, 'late claim');
is_deeply([ @{json($r)}{qw/ error state version by /} ],
          [ 'conflict', 'claimed', 2, 'lan' ], 'late claim says who');
is(status(decide($id[0], 'approve', 2, '', 'X-User' => 'minh')), 409,
   'claimed by another');
is(status(decide($id[0], 'unclaim', 2, '', 'X-User' => 'minh')), 409,
   'unclaim by another');
is(json(decide($id[0], 'unclaim', 2))->{state}, 'pending', 'unclaim');
is(json(get("held/$id[0]"))->{claimed_by}, undef, 'not claimed');

# a claim runs out

decide($id[0], 'claim', 3);
$t->redis('HSET', "m:{portal}:h:$id[0]", 'claimed_at', time - 601);
$r = decide($id[0], 'claim', 4, '', 'X-User' => 'minh');
is_deeply(json($r), { id => $id[0], state => 'claimed', version => 6 },
          'claim taken over');

# an administrator need not wait for it

$r = decide($id[0], 'unclaim', 6, '', 'X-Role' => 'admin');
is(json($r)->{state}, 'pending', 'unclaim by admin');

# reject

is(status(decide($id[1], 'reject', 1)), 422, 'reject without reason');
is(status(decide($id[1], 'reject', 1, '{"reason":"dislike"}')), 422,
   'reject with unknown reason');
is(json(decide($id[1], 'reject', 1, '{"reason":"scam"}'))->{state},
   'rejected', 'reject');
$item = json(get("held/$id[1]"));
is_deeply([ @{$item->{history}[0]}{qw/ version actor action detail /} ],
          [ 2, 'lan', 'reject', 'scam' ], 'history');
is($t->redis('HEXISTS', "m:{portal}:h:$id[1]", 'address'), 0,
   'address forgotten');
is(status(decide($id[1], 'approve', 2)), 409, 'rejected is final');

# approve

$r = decide($id[2], 'approve', 1, '{}');
is(status($r), 200, 'approve');
is_deeply(json($r), { id => $id[2], state => 'delivered', version => 4,
          replay => { status => 200 } }, 'delivered');
is(($t->backend_requests())[0]{body}, 'title=t2&comment=please+buy+pills+2',
   'delivered body');
is(status(decide($id[2], 'approve', 4)), 409, 'delivered once');
is(status(decide($id[2], 'reject', 4, '{"reason":"scam"}')), 409,
   'delivered is final');

# preconditions and bodies

is(status(decide($id[3], 'claim', 2)), 409, 'wrong version');
is(status(http_post("/api/held/$id[3]/claim", undef, '', 'X-User' => 'lan',
                    'X-Role' => 'moderator')), 412, 'no version');
is(status(decide($id[3], 'claim', 'x')), 412, 'no number');
is(status(decide($id[3], 'reject', 1, '{"reason"')), 400, 'no json');
is(status(decide($id[3], 'reject', 1, '["scam"]')), 400, 'no object');
is(status(decide($id[3], 'reject', 1, ' ' x 70000)), 413, 'too large');
is(status(http_post("/api/held/$id[3]/reject", 'text/plain',
                    '{"reason":"scam"}', 'X-User' => 'lan',
                    'X-Role' => 'moderator', 'If-Match' => '"1"')),
   400, 'not of type json');

# who it is

is_deeply(json(get('me')), { user => 'lan', role => 'moderator',
          site => 'portal' }, 'me');
is(json(get('me', 'X-Role' => 'viewer'))->{role}, 'viewer', 'a viewer');
is(json(get('me', 'X-Role' => 'admin'))->{role}, 'admin', 'an admin');
is(status(get('me/')), 404, 'nothing below');

# several states

$r = get('held?state=pending,rejected');
is(join(' ', map { $_->{id} } @{json($r)->{items}}),
   join(' ', @id[5, 4, 3, 1, 0]), 'several states');
is(status(get("held?state=$_")), 400, "states $_")
    for 'pending,', ',pending', 'pending,nowhere', 'pending pending';

# undo

$item = json(get("held/$id[1]"));
is(json(decide($id[1], 'undo', 2))->{state}, 'pending', 'undo');
is(json(get("held/$id[1]"))->{history}[-1]{action}, 'undo', 'in the history');
is(json(decide($id[1], 'reject', 3, '{"reason":"abuse"}'))->{state},
   'rejected', 'and rejected again');

# notes

is(status(add_note($id[4], '{"text":"called\\nthem \u1ea1"}')), 200, 'note');
is(json($r)->{version}, 1, 'no other version');
is(json($r)->{notes}, 1, 'first note');
$item = json(get("held/$id[4]"))->{history};
is_deeply([ @{$item->[0]}{qw/ version actor action detail /} ],
          [ 1, 'lan', 'note', "called\nthem \x{1ea1}" ], 'in the history');

is(status(add_note($id[4], $_)), 422, 'no note ' . substr $_, 0, 20)
    for '{}', '{"text":1}', '{"text":" \n"}', '{"text":"' . 'a' x 2001 . '"}';
is(status(add_note($id[4], '{"text":"' . "\xe1\xba\xa1" x 2000 . '"}')), 200,
   'longest note');
is(status(add_note('0' x 32, '{"text":"a"}')), 404, 'note on nothing');
is(status(add_note($id[4], '{"text":"a"}', 'viewer')), 403, 'note by a viewer');
add_note($id[4], qq({"text":"n$_"})) for 3 .. 50;
is(status($r), 200, 'fifty notes');
is(status(add_note($id[4], '{"text":"a"}')), 409, 'no more');
is(join(' ', map { $_->{detail} } @{json(get("held/$id[4]"))->{history}}
                 [2 .. 49]), join(' ', map { "n$_" } 3 .. 50), 'in order');
unlike(join(' ', map { "@{$_->[1]}" } @{$t->redis('XRANGE',
       'm:{portal}:events', '-', '+')}), qr/called/, 'events without text');

# roles and identity

is(status(get('held', 'X-User' => '')), 401, 'nobody');
is(status(get('held', 'X-User' => 'a b')), 401, 'no name');
is(status(get('held', 'X-Role' => '')), 403, 'no role');
is(status(get('held', 'X-Role' => 'boss')), 403, 'unknown role');
is(status(get('held', 'X-Role' => 'viewer')), 200, 'viewer reads');
is(status(decide($id[3], 'claim', 1, '', 'X-Role' => 'viewer')), 403,
   'viewer does not decide');
is(status(decide($id[3], 'publish', 1)), 404, 'unknown action');
is(status(get("held/$id[3]/claim")), 405, 'get decides nothing');
is(status(http_post('/api/held', $form, 'x=1', 'X-User' => 'lan',
                    'X-Role' => 'moderator')), 405, 'post to the queue');

# pages of other sites

is(status(decide($id[3], 'claim', 1, '', 'Origin' => 'http://evil.example')),
   403, 'other origin');
is(status(decide($id[3], 'claim', 1, '', 'Sec-Fetch-Site' => 'cross-site')),
   403, 'cross-site');
is(status(decide($id[3], 'claim', 1, '', 'Sec-Fetch-Site' => 'same-origin',
                 'Origin' => 'http://localhost')), 200, 'same origin');

# sites do not see each other

is(scalar @{json(http_get('/api/held', -port => 8083))->{items}}, 0,
   'other queue');
is(status(http_get("/api/held/$id[3]", -port => 8083)), 404, 'other item');

# moderators over HTTP/2

$r = h2('GET', '/api/held', undef, '', port => 8082,
        headers => [ 'X-User', 'lan', 'X-Role', 'moderator' ]);
is(scalar @{json($r)->{items}}, 6, 'http2');

# Redis away

$t->stop_redis();
is(status(get('held')), 503, 'queue away');
is(status(decide($id[4], 'approve', 1)), 503, 'decision away');

$t->done_testing();

###############################################################################
