#!/usr/bin/perl

# Copyright (C) the moderate authors

# The audit log: what is told of each change, and that nothing can be edited,
# removed, moved, added or cut off in Redis without being found.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;
use Test::Moderate::Command;

my $t = Test::Moderate->new(workers => 2);

my $conf = <<'EOF';
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis        unix:%%TESTDIR%%/redis.sock;
    moderate_rules        %%TESTDIR%%/rules.yaml;
    moderate_secret_file  %%TESTDIR%%/secret;
    moderate_audit_file   %%TESTDIR%%/FILE;
    moderate_site         portal;
    moderate_field        text comment;

    server {
        listen  127.0.0.1:8080;

        location / {
            moderate    on;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /receipt/ {
            moderate_receipt;
        }

        location /api/ {
            moderate_api  role=$http_x_role user=$http_x_user;
        }

        location /ctl/ {
            moderate_api  role=viewer user=auditor;
        }
    }
}
EOF

$t->write_file_expand('nginx.conf', $conf =~ s/FILE/audit/r);
$t->write_file_expand('other.conf', $conf =~ s/FILE/other/r);
$t->write_file_expand('bare.conf',
                      $conf =~ s/(moderate_secret|moderate_receipt)/#$1/gr);

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.pills
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }
EOF

$t->write_file('secret', 's' x 40);
$t->write_file('secret2', 'o' x 40);
$t->allow_log(qr/\[emerg\].*moderate_secret_file|exited on signal 9/);
$t->run_redis()->run_backend()->run();

my $stream = 'm:{portal}:events';
my $form = 'application/x-www-form-urlencoded';
my ($id, $receipt, $r, $code, $out, @e);

###############################################################################

# what is told

is_deeply(json(events('')), { events => [], next => undef }, 'nothing yet');

held('pills with words');
decide('claim', 1, 'lan');
decide('unclaim', 2, 'lan');
decide('reject', 3, 'minh');
http_post("/receipt/$receipt", $form, 'note=why+not');
http_post("/api/held/$id/note", 'application/json', '{"text":"call them"}',
          'X-User' => 'lan', 'X-Role' => 'moderator');
decide('approve', 5, 'lan');

$r = events('');
is(header($r, 'Cache-Control'), 'no-store', 'not cached');
@e = @{json($r)->{events}};
is("$e[0]{event} $e[0]{to} $e[0]{version}", 'held pending 1', 'held');
is_deeply([ @{$e[1]}{qw/ event id actor from to before version detail /} ],
          [ 'claim', $id, 'lan', 'pending', 'claimed', 1, 2, undef ],
          'claim');
is_deeply([ @{$e[3]}{qw/ event id actor from to before version detail /} ],
          [ 'reject', $id, 'minh', 'pending', 'rejected', 3, 4, 'other' ],
          'reject');
is_deeply([ @{$e[4]}{qw/ event from to before version /} ],
          [ 'appeal', 'rejected', 'appealed', 4, 5 ], 'appeal');
is_deeply([ @{$e[5]}{qw/ event actor from to before version /} ],
          [ 'note', 'lan', undef, undef, 5, 5 ], 'note');
is_deeply([ @{$e[-1]}{qw/ from to before version /} ],
          [ 'replaying', 'delivered', 7, 8 ], 'delivered');
like($_->{time}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'time')
    for @e[0, -1];
is(scalar(grep { $_->{mac} !~ /^[0-9a-f]{64}$/ } @e), 0, 'each with a mac');
unlike($r, qr/words|why|call/, 'no content');

# pages

$r = json(events('limit=3'));
is($r->{next}, $e[2]{seq}, 'a page');
is(json(events("after=$r->{next}&limit=1"))->{events}[0]{seq}, $e[3]{seq},
   'the next');
is(json(events("after=$e[-1]{seq}"))->{next}, undef, 'the end');
is(status(events($_)), 400, "query $_")
    for 'after=x', 'after=1', 'after=1-', 'after=-1', 'after=1-2-3',
        'after=99999999999999999999-1', 'limit=0', 'limit=1001', 'limit=x';
is(status(http_get('/api/events', 'X-User' => 'a', 'X-Role' => '')), 403,
   'not by nobody');
is(status(http_get('/api/events', 'X-User' => "\xff", 'X-Role' => 'viewer')),
   401, 'a name is UTF-8');
is(status(http_post('/api/events', 'application/json', '{}', 'X-User' => 'a',
                    'X-Role' => 'admin')), 405, 'nor written to');

# sealed outside of Redis, and whole

sealed();
like($t->read_file('audit'), qr/^seal site=portal upto=$e[-1]{seq} count=/m,
     'sealed');
is(verify(), 0, 'whole');
like($out, qr/"events": @{[scalar @e]},\s+"unsealed": 0/, 'and told');
held('pills') for 1 .. 6;
sealed();
held('pills') for 1 .. 6;
sealed();
is(verify(), 0, 'whole again');

# each way to change it is found, and where; what is put back is whole

my @all = @{$t->redis('XRANGE', $stream, '-', '+')};

tampered('edited', 'an actor', sub { $_[0][2][1][5] = 'minh' });
tampered('edited', 'a version', sub { $_[0][3][1][13] = 9 });
tampered('edited', 'a reason', sub { $_[0][3][1][17] = 'scam' });
tampered('edited', 'a time', sub { $_[0][3][1][15]-- });
tampered('edited', 'a field more', sub { push @{$_[0][3][1]}, 'x', 'y' });
tampered('edited', 'the last one', sub { $_[0][-1][1][3] = '0' x 32 });
tampered('removed', 'one of them', sub { splice @{$_[0]}, 3, 1 });
tampered('removed', 'some of them', sub { splice @{$_[0]}, 9, 5 });
tampered('removed', 'the first', sub { shift @{$_[0]} });
tampered('removed', 'the first ten', sub { splice @{$_[0]}, 0, 10 });
tampered('moved', 'two', sub {
    @{$_[0]}[8, 9] = ([ $_[0][8][0], $_[0][9][1] ],
                      [ $_[0][9][0], $_[0][8][1] ])
});
tampered('moved', 'one for another',
         sub { $_[0][9] = [ $_[0][9][0], $_[0][8][1] ] });
tampered('added', 'a copy', sub {
    splice @{$_[0]}, 8, 0, [ $_[0][7][0] =~ s/-\d+/-99/r, $_[0][7][1] ]
});
tampered('edited', 'made up', sub {
    splice @{$_[0]}, 8, 0, [ $_[0][7][0] =~ s/-\d+/-99/r,
                             [ event => 'approve' ] ]
});
tampered('cut', 'the last', sub { pop @{$_[0]} });
tampered('cut', 'the last five', sub { splice @{$_[0]}, -5 });
tampered('cut', 'all', sub { @{$_[0]} = () });

# who can write to Redis goes on writing; it is found all the same

$t->redis('XDEL', $stream, $all[-1][0]);
held('pills');
sealed();
is(verify(), 1, 'one removed, and it went on');
like($out, qr/"removed"/, 'and told');
restored();
is(verify(), 1, 'even when what came later is gone instead');
like($out, qr/"cut"/, 'and told');

# removed on purpose

begin();
held('pills') for 1 .. 12;
sealed();
my @keep = @{$t->redis('XRANGE', $stream, '-', '+')}[5 .. 11];
held('pills');
sealed();
$t->redis('XTRIM', $stream, 'MINID', $keep[0][0]);
is(verify(), 1, 'trimmed');
is(verify('--trimmed'), 0, 'trimmed on purpose');

# another secret, another file

is(verify('--secret', $t->testdir() . '/secret2'), 1, 'another secret');
like($out, qr/"file"/, 'no line is signed by it');
is(verify('--file', $t->write_file('empty', '')), 1, 'an empty file');
like($out, qr/"unsealed"/, 'and told');
is(verify('--file', $t->write_file('strange', "seal\nx\n")), 1,
   'no file of ours');
is(verify('--file', $t->testdir() . '/absent'), 3, 'no file');
is(verify('--secret', $t->write_file('short', 'x')), 3, 'no secret');
is(verify('--api', 'http://127.0.0.1:' . port(8089) . '/'), 3, 'no API');
is(ctl('audit'), 2, 'what?');
is(ctl('audit', 'verify'), 2, 'of what?');
is(ctl('audit', '--help'), 0, 'help');

# two nginx come to the same heads

begin();
held('pills') for 1 .. 3;
sealed();
$t->stop()->run('other.conf');
held('pills');
sealed('other');
$t->stop()->run();
sealed();
is(head('audit'), head('other'), 'the same head');
is(verify('--file', $t->testdir() . '/other'), 0, 'whole by the other');

# killed workers: the next one goes on

kill 'KILL', $t->workers();
wait_until(sub { eval { held('pills') } });
sealed();
is(verify(), 0, 'whole after a crash');

# a full Redis: it is done, and told later

held('pills');
sealed();
$t->redis('CONFIG', 'SET', 'maxmemory', 1);
is(status(decide('claim', 1, 'lan')), 200, 'claimed on a full Redis');
is(status(decide('unclaim', 1, 'lan')), 200, 'and unclaimed');
ok(wait_until(sub { $t->read_file('audit') =~ /^late .*event=unclaim/m }),
   'in the file at once');
is(verify(), 1, 'not whole yet');
like($out, qr/"refused".*claim of $id by lan/s, 'and told');
$t->redis('CONFIG', 'SET', 'maxmemory', 0);
ok(wait_until(sub { told('unclaim') }), 'taken later');
is($t->redis('XREVRANGE', $stream, '+', '-', 'COUNT', 2)->[1][1][1], 'claim',
   'in their order');
sealed();
is(verify(), 0, 'whole in the end');

# killed before that: the file knows of it

held('pills');
$t->redis('CONFIG', 'SET', 'maxmemory', 1);
is(status(decide('claim', 1, 'minh')), 200, 'claimed on a full Redis');
ok(wait_until(sub { $t->read_file('audit') =~ /^late .*actor=minh/m }),
   'in the file');
kill 'KILL', $t->workers();
$t->redis('CONFIG', 'SET', 'maxmemory', 0);
wait_until(sub { eval { status(events('')) == 200 } });
is(verify(), 1, 'lost to Redis');
like($out, qr/"refused".*claim of $id by minh/s, 'but not to the file');

# configuration

($code, $out) = $t->config_test('bare.conf');
is($code, 1, 'a file without a secret');
like($out, qr/"moderate_audit_file" needs "moderate_secret_file"/, 'told');

$t->done_testing();

###############################################################################

sub held {
    my ($text) = @_;
    my $told = json(http_post('/f', $form, "comment=$text",
                              'Accept' => 'application/json'));
    ($id) = ($receipt = $told->{receipt}) =~ /^(\w+)/;
    return $id;
}


sub decide {
    my ($action, $version, $user) = @_;
    return http_post("/api/held/$id/$action", 'application/json',
                     '{"reason":"other"}', 'X-User' => $user,
                     'X-Role' => 'moderator', 'If-Match' => qq("$version"));
}


sub events {
    my ($query) = @_;
    return http_get("/api/events?$query", 'X-User' => 'lan',
                    'X-Role' => 'viewer');
}


sub told {
    my ($event) = @_;
    my $last = $t->redis('XREVRANGE', $stream, '+', '-', 'COUNT', 1);
    return $last->[0][1][1] eq $event;
}


# Waits until the last event is in the file.

sub sealed {
    my ($file) = @_;
    my $last = $t->redis('XREVRANGE', $stream, '+', '-', 'COUNT', 1)->[0][0];

    wait_until(sub {
        $t->read_file($file || 'audit') =~ /^seal .*upto=$last /m
    }) or diag("not sealed: $last");
}


sub head {
    my ($file) = @_;
    my ($head) = $t->read_file($file) =~ /^seal .*count=4 head=(\w+)/m;
    return $head;
}


# A new stream, and a new file for it.

sub begin {
    $t->stop();
    $t->redis('FLUSHALL');
    unlink map { $t->testdir() . "/$_" } qw/ audit other /;
    $t->run();
}


sub ctl {
    ($code, $out) = moderatectl(@_);
    return $code;
}


sub verify {
    my (@more) = @_;
    my $dir = $t->testdir();

    return ctl('audit', 'verify', '--json', '--secret', "$dir/secret",
               '--file', "$dir/audit", '--api',
               'http://127.0.0.1:' . port(8080) . '/ctl/', @more);
}


# Changes a copy of the stream, and looks for what is found.

sub tampered {
    my ($kind, $name, $change) = @_;
    my @copy = map { [ $_->[0], [ @{$_->[1]} ] ] } @all;

    $change->(\@copy);
    restored(\@copy);

    is(verify(), 1, "$kind: $name");
    my $told = eval { JSON::PP::decode_json($out)->{findings} } || [];
    is($told->[0]{kind}, $kind, "$kind: $name, told");

    restored();
}


sub restored {
    $t->redis('DEL', $stream);
    $t->redis('XADD', $stream, $_->[0], @{$_->[1]}) for @{$_[0] || \@all};
}

###############################################################################
