#!/usr/bin/perl

# Copyright (C) the moderate authors

# The table of transitions: what each action comes to in each state, for each
# role, decided alone, among several and as a preview.

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

$t->run_redis()->run_backend()->run();

my $json = 'application/json';
my @actions = qw/ claim unclaim approve reject undo /;

# "now", "old" and "lost" say when it was rejected; "appeal": it was, after a
# rejection.  Lan is the caller.  What is not named is a conflict; a second
# word is for an administrator.

my $own = 'own-decision';

my @table = (
    [ 'pending', {},
      { claim => 'claimed', approve => 'delivered', reject => 'rejected' } ],
    [ 'claimed', { by => 'lan' },
      { claim => 'claimed', unclaim => 'pending', approve => 'delivered',
        reject => 'rejected' } ],
    [ 'claimed', { by => 'minh' },
      { claim => 'conflict claimed', unclaim => 'conflict pending',
        approve => 'conflict delivered', reject => 'conflict rejected' } ],
    [ 'claimed', { by => 'minh', at => 601 },
      { claim => 'claimed', unclaim => 'pending', approve => 'delivered',
        reject => 'rejected' } ],
    [ 'approved', {}, { approve => 'delivered', undo => 'pending' } ],
    [ 'replaying', {}, {} ],
    [ 'delivered', {}, {} ],
    [ 'failed', {}, { approve => 'delivered', reject => 'rejected' } ],
    [ 'unknown', {}, { approve => 'delivered' } ],
    [ 'rejected', { reject => 'lan', ago => 0 }, { undo => 'pending' } ],
    [ 'rejected', { reject => 'lan', ago => 590 }, { undo => 'pending' } ],
    [ 'rejected', { reject => 'lan', ago => 602 }, { undo => 'too-late' } ],
    [ 'rejected', { reject => 'minh', ago => 0 },
      { undo => 'forbidden pending' } ],
    [ 'rejected', { reject => 'minh', ago => 602 },
      { undo => 'forbidden too-late' } ],
    [ 'rejected', {}, { undo => 'forbidden too-late' } ],
    [ 'rejected', { appeal => 'minh', reject => 'lan', ago => 0 },
      { undo => 'appealed' } ],
    [ 'rejected', { appeal => 'lan', reject => 'minh', ago => 0 },
      { undo => 'forbidden appealed' } ],
    [ 'appealed', { appeal => 'minh' },
      { claim => 'claimed', approve => 'delivered', reject => 'rejected' } ],
    [ 'appealed', { appeal => 'lan' },
      { claim => $own, approve => $own, reject => $own } ],
    [ 'claimed', { appeal => 'minh', by => 'lan' },
      { claim => 'claimed', unclaim => 'appealed', approve => 'delivered',
        reject => 'rejected' } ],
    [ 'claimed', { appeal => 'lan', by => 'minh' },
      { claim => "conflict $own", unclaim => 'conflict appealed',
        approve => "conflict $own", reject => "conflict $own" } ],
    [ 'approved', { appeal => 'minh' },
      { approve => 'delivered', undo => 'appealed' } ],
    [ 'approved', { appeal => 'lan' },
      { approve => $own, undo => 'appealed' } ],
    [ 'replaying', { appeal => 'minh' }, {} ],
    [ 'delivered', { appeal => 'minh' }, {} ],
    [ 'failed', { appeal => 'minh' },
      { approve => 'delivered', reject => 'rejected' } ],
    [ 'failed', { appeal => 'lan' }, { approve => $own, reject => $own } ],
    [ 'unknown', { appeal => 'minh' }, { approve => 'delivered' } ],
    [ 'unknown', { appeal => 'lan' }, { approve => $own } ],
);

my %code = ('conflict' => 409, 'own-decision' => 409, 'too-late' => 409,
            'forbidden' => 403);
my %seen;

###############################################################################

for (@table) {
    my ($state, $with, $outcome) = @$_;
    my $name = join ' ', $state, map { "$_ $with->{$_}" } sort keys %$with;

    $seen{$state}++;

    for my $action (@actions) {
        my ($moderator, $admin) = split / /, $outcome->{$action} || 'conflict';
        my %want = (viewer => 'forbidden', moderator => $moderator,
                    admin => $admin || $moderator);

        for my $role (qw/ viewer moderator admin /) {
            my $want = $want{$role};
            my $case = "$name: $action by $role";

            is(outcome(alone(made($state, $with), $action, $role)),
               told($want), $case);

            my @some = map { made($state, $with) } 1 .. 2;
            my $r = several($action, $role, 1, @some);
            is(outcome($r), told($want, 1), "$case, preview")
                if $role ne 'viewer';
            is(state($some[0]), $state, "$case, preview does nothing");

            $r = several($action, $role, 0, @some);
            is(join(', ', map { outcome($r, $_) } 0 .. 1),
               join(', ', (told($want)) x 2), "$case, several")
                if $role ne 'viewer';
            is(state($_), $code{$want} ? $state : $want, "$case, in one set")
                for @some;
        }

        is(outcome(alone(made($state, $with), $action, 'admin', 8)),
           '409 conflict', "$name: $action of another version");
    }
}

is(join(' ', sort keys %seen), 'appealed approved claimed delivered failed '
   . 'pending rejected replaying unknown', 'all states');

# bodies of several

for ('{}', '{"ids":[],"action":"claim"}', '{"ids":"x","action":"claim"}',
     '{"ids":[{"id":"x","version":1}],"action":"claim"}',
     '{"ids":[{"id":"' . '0' x 32 . '"}],"action":"claim"}',
     '{"ids":[{"id":"' . '0' x 32 . '","version":1}],"action":"publish"}',
     '{"ids":[{"id":"' . '0' x 32 . '","version":1}]}',
     '{"ids":[' . join(',', ('{"id":"' . '0' x 32 . '","version":1}') x 2)
         . '],"action":"claim"}',
     '{"ids":[' . join(',', map { sprintf '{"id":"%032x","version":1}', $_ }
                       1 .. 101) . '],"action":"claim"}')
{
    is(status(post('held/bulk', $_, 'moderator')), 422,
       'several: ' . substr $_, 0, 60);
}

is(status(post('held/bulk', '', 'moderator')), 422, 'several: nothing');
is(status(post('held/bulk', 'x', 'moderator')), 400, 'several: no JSON');
is(status(http_get('/api/held/bulk', 'X-User' => 'lan',
                   'X-Role' => 'moderator')), 405, 'several: GET');

my @all = map { made('pending', {}) } 1 .. 100;
my $r = several('reject', 'moderator', 0, @all);
is(scalar(grep { $_->{state} eq 'rejected' } @{json($r)->{results}}), 100,
   'a hundred');
is(join(' ', map { $_->{id} } @{json($r)->{results}}), join(' ', @all),
   'in their order');

my $gone = '0' x 32;
$r = several('approve', 'moderator', 0, @all[0, 1], $gone, made('pending', {}));
is(join(', ', map { outcome($r, $_) } 0 .. 3),
   '409 conflict, 409 conflict, 404 not-found, 200 delivered',
   'a result for each');

$t->backend_forget();
@all = map { made('pending', {}) } 1 .. 60;
several('approve', 'moderator', 0, @all);
is(join(' ', sort map { hold_id($_) } $t->backend_requests()),
   join(' ', sort @all), 'each delivered once');

$r = post('held/bulk', '{"ids":[{"id":"' . made('pending', {})
          . '","version":7}],"action":"reject"}', 'moderator');
is(outcome($r, 0), '422 reason', 'several without a reason');

$t->stop_redis();
$r = several('claim', 'moderator', 0, @all);
is(scalar(grep { $_->{status} == 503 } @{json($r)->{results}}), 60,
   'Redis away for each');

$t->done_testing();

###############################################################################

# Returns the id of a submission in a state, of version 7.

sub made {
    my ($state, $with) = @_;
    my $id = json(http_post('/', 'application/x-www-form-urlencoded',
                            'comment=pills', 'Accept' => $json))->{receipt};
    my $now = time;
    my @columns = (version => 7, since => "$state $now");

    push @columns, 'e:2', '1000 ' . $with->{appeal} . ' reject abuse', 'e:3',
        '2000 receipt appeal ', 'appeal', 'why' if $with->{appeal};
    push @columns, 'e:7', ($now - $with->{ago}) . "000 $with->{reject} reject "
        . 'scam' if $with->{reject};
    push @columns, 'claimed_by', $with->{by}, 'claimed_at',
        $now - ($with->{at} || 0) if $with->{by};

    $t->redis('HSET', "m:{portal}:h:$id", @columns);
    $t->redis('SMOVE', 'm:{portal}:s:pending', "m:{portal}:s:$state", $id)
        if $state ne 'pending';

    return $id;
}


sub post {
    my ($uri, $body, $role, @more) = @_;
    return http_post("/api/$uri", $json, $body, 'X-User' => 'lan',
                     'X-Role' => $role, @more);
}


sub alone {
    my ($id, $action, $role, $version) = @_;
    $version ||= 7;
    return post("held/$id/$action", '{"reason":"other"}', $role,
                'If-Match' => qq("$version"));
}


sub several {
    my ($action, $role, $preview, @ids) = @_;
    return post('held/bulk', JSON::PP->new->canonical->encode({
        ids => [ map { { id => $_, version => 7 } } @ids ],
        action => $action, reason => 'other',
        preview => $preview ? JSON::PP::true : JSON::PP::false }), $role);
}


# Returns the code and the state or the error, of one of several.

sub outcome {
    my ($r, $i) = @_;
    my $told = json($r);
    my $status = status($r);

    if ($told->{results}) {
        $told = $told->{results}[$i || 0];
        $status = $told->{status};
    }

    return "$status " . ($told->{error} || $told->{to} || $told->{state});
}


sub told {
    my ($want) = @_;
    return $code{$want} ? "$code{$want} $want" : "200 $want";
}


sub state {
    my ($id) = @_;
    return join ' ', map { /:s:(\w+)$/ } grep {
        $t->redis('SISMEMBER', $_, $id)
    } @{$t->redis('KEYS', 'm:{portal}:s:*')};
}


sub hold_id {
    my ($request) = @_;
    return map { $_->[1] } grep { lc $_->[0] eq 'x-moderate-hold-id' }
        @{$request->{headers}};
}

###############################################################################
