#!/usr/bin/perl

# Copyright (C) the moderate authors

# What is over is kept for as long as moderate_retention says, and then
# removed with all that was kept of it; what waits for somebody never is.

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
    moderate_retention    delivered=1h rejected=2h unknown=off;
    moderate_site         portal;
    moderate_field        text comment;

    server {
        listen              127.0.0.1:8080;
        moderate            on;
        moderate_retention  failed=3h;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /receipt/ {
            moderate_receipt;
        }

        location /api/ {
            moderate_api  role=admin user=lan;
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

$t->write_file('secret', 'x' x 40);
$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my @names = qw/ delivered rejected failed unknown pending claimed appealed /;
my (%id, %receipt, @removed);

###############################################################################

$id{$_} = held($_) for @names, map { "young $_" } qw/ delivered rejected /;

decide($_, 'approve', 1) for 'delivered', 'failed', 'unknown',
    'young delivered';
decide($_, 'reject', 1) for 'rejected', 'appealed', 'young rejected';
decide('claimed', 'claim', 1);
http_post("/receipt/$receipt{appealed}", $form, 'note=why');
$t->redis('SMOVE', map({ "m:{portal}:s:$_" } 'delivered', 'unknown'),
          $id{unknown});

is(states(), 'appealed=appealed claimed=claimed delivered=delivered '
   . 'failed=failed pending=pending rejected=rejected unknown=unknown '
   . 'young delivered=delivered young rejected=rejected', 'as they are');
is(status(http_get("/receipt/$receipt{rejected}")), 200, 'a receipt');

# what became of it long ago

since($_, ($_ eq 'failed') ? 3 : 1000, $_) for @names;
since('rejected', 2);
since('delivered', 1);
since("young $_", 0.5, $_) for qw/ delivered rejected /;

ok(wait_until(sub { $t->redis('ZCARD', 'm:{portal}:index') == 6 }, 20),
   'removed');
is(states(), 'appealed=appealed claimed=claimed pending=pending '
   . 'unknown=unknown young delivered=delivered young rejected=rejected',
   'what is left');
ok(wait_until(sub { !$t->redis('EXISTS', 'm:{portal}:s:removing') }),
   'nothing is on its way');
is(kept($_), '', "nothing is kept: $_") for qw/ delivered rejected failed /;

is(status(http_get("/api/held/$id{rejected}")), 404, 'not found');
is(status(http_get("/receipt/$receipt{rejected}")), 404, 'nor by its receipt');
is(status(http_get("/receipt/$receipt{appealed}")), 200, 'an appeal is');

# it is in the audit log

@removed = grep { $_->{event} eq 'remove' } events();
is(join(' ', sort map { $_->{from} } @removed), 'delivered failed rejected',
   'told of');
is_deeply([ sort map { $_->{id} } @removed ],
          [ sort map { $id{$_} } qw/ delivered failed rejected / ], 'by ids');
is("$removed[0]{actor} $removed[0]{to} $removed[0]{detail}",
   'nginx removed retention', 'why');

# moved while Redis was full: the time begins when that is seen

$t->redis('HDEL', held_key('young rejected'), 'since');
ok(wait_until(sub { $t->redis('HGET', held_key('young rejected'), 'since') },
              20), 'stamped');
like($t->redis('HGET', held_key('young rejected'), 'since'),
     qr/^rejected \d{10}$/, 'with the time');

# nginx was killed behind the step, and before its note

$t->redis('SMOVE', map({ "m:{portal}:s:$_" } 'pending', 'rejected'),
          $id{pending});
ok(wait_until(sub { 2 == grep { $_->{event} eq 'found' } events() }, 30),
   'a step without a note');
my ($found) = grep { $_->{event} eq 'found' && $_->{id} eq $id{pending} }
              events();
is("$found->{from} $found->{to} $found->{actor}", 'pending rejected nginx',
   'told of');
like($t->error_log(), qr/is "rejected", and there is no note of how it became/,
     'and logged');
$t->redis('SMOVE', map({ "m:{portal}:s:$_" } 'rejected', 'pending'),
          $id{pending});
$t->redis('HDEL', held_key('pending'), 'since');

# a full Redis

since('young delivered', 2, 'delivered');
$t->redis('CONFIG', 'SET', 'maxmemory', 1);
ok(wait_until(sub { kept('young delivered') eq '' }, 20), 'full: removed');
is($t->redis('EXISTS', 'm:{portal}:s:removing'), 0, 'full: all of it');
$t->redis('CONFIG', 'SET', 'maxmemory', 0);
ok(wait_until(sub { 4 == grep { $_->{event} eq 'remove' } events() }, 20),
   'full: told of when there is room');

# what a crash has left, and what was written late

$t->redis('SMOVE', map({ "m:{portal}:s:$_" } 'rejected', 'removing'),
          $id{'young rejected'});
ok(wait_until(sub { kept('young rejected') eq '' }, 20), 'crash: removed');

$t->redis('SADD', 'm:{portal}:s:removing', $id{rejected});
$t->redis('HSET', held_key('rejected'), 'appeal', 'late');
ok(wait_until(sub { kept('rejected') eq '' }, 20), 'written late: removed');

is(states(), 'appealed=appealed claimed=claimed pending=pending '
   . 'unknown=unknown', 'what waits is kept');

$t->done_testing();

###############################################################################

sub held {
    my ($name) = @_;
    my $uri = ($name eq 'failed') ? '/status/500' : '/';
    my $told = json(http_post($uri, $form, 'comment=pills',
                              'Accept' => 'application/json'));
    $receipt{$name} = $told->{receipt};
    return $told->{receipt} =~ /^(\w+)/ && $1;
}


sub decide {
    my ($name, $action, $version) = @_;
    http_post("/api/held/$id{$name}/$action", 'application/json',
              '{"reason":"other"}', 'If-Match' => qq("$version"));
}


sub held_key { return "m:{portal}:h:$id{$_[0]}" }


sub since {
    my ($name, $hours, $state) = @_;
    $t->redis('HSET', held_key($name), 'since',
              ($state || $name) . ' ' . int(time - $hours * 3600));
}


sub states {
    my %name = reverse %id;
    return join ' ', sort map { "$name{$_->{id}}=$_->{state}" }
           @{json(http_get('/api/held?limit=200'))->{items}};
}


# where its id is to be found

sub kept {
    my ($name) = @_;
    my $id = $id{$name};
    my @where;

    for my $key (@{$t->redis('KEYS', '*')}) {
        my $type = $t->redis('TYPE', $key);
        push @where, $key if $key =~ /$id/
            || $type eq 'set' && $t->redis('SISMEMBER', $key, $id)
            || $type eq 'zset' && defined $t->redis('ZSCORE', $key, $id);
    }

    return join ' ', @where;
}


sub events { return @{json(http_get('/api/events?limit=1000'))->{events}} }

###############################################################################
