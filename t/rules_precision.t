#!/usr/bin/perl

# Copyright (C) the moderate authors

# How often moderators agree with a rule: hits, held, approved and rejected by
# rule, in Redis for all nginx, in the status, and by "rules precision".

###############################################################################

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new(workers => 2);

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis        unix:%%TESTDIR%%/redis.sock;
    moderate_rules        %%TESTDIR%%/rules.yaml;
    moderate_secret_file  %%TESTDIR%%/secret;
    moderate_field        text comment;

    server {
        listen    127.0.0.1:8080;
        moderate  on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /receipt/ {
            moderate_receipt;
        }

        location /api/ {
            moderate_api  role=moderator user=lan;
        }

        location /status {
            moderate_status;
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
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }

  - id: test.weak
    title: A weak signal
    category: advertising
    words: [cheap]
    score: 1
    examples: { hit: [cheap], miss: [dear] }

  - id: test.never
    title: Nobody writes it
    category: scam
    words: [abracadabra]
    score: 5
    examples: { hit: [abracadabra], miss: [none] }
EOF

$t->write_file('secret', 'x' x 40);
$t->run_redis()->run_backend()->run();

my $root = abs_path(dirname(__FILE__) . '/..');
my $form = 'application/x-www-form-urlencoded';
my (%receipts, @ids, $out, $code);

###############################################################################

# one that passes, five that are held, of which two are approved

is(status(http_post('/', $form, 'comment=cheap and cheap')), 200, 'passes');
push @ids, held("pills $_") for 1 .. 3;
push @ids, held("cheap pills $_") for 1 .. 2;

is(decide($ids[0], 'approve', 1), 200, 'approved');
is(decide($ids[3], 'approve', 1), 200, 'approved with a weak signal');
is(decide($ids[$_], 'reject', 1), 200, 'rejected') for 1, 2, 4;

ok(wait_until(sub { (rule('test.pills')->{hits} || 0) == 5
                    && (rule('test.weak')->{hits} || 0) == 3
                    && (rule('test.pills')->{rejected} || 0) == 3 }),
   'all are counted');

is_deeply(rule('test.pills'), { rule => 'test.pills', hits => 5, held => 5,
          approved => 2, rejected => 3, precision => 0.6,
          few => JSON::PP::true() }, 'a rule');
is_deeply(rule('test.weak'), { rule => 'test.weak', hits => 3, held => 2,
          approved => 1, rejected => 1, precision => 0.5,
          few => JSON::PP::true() }, 'a signal, with one that passed');
is_deeply(rule('test.never'), { rule => 'test.never', hits => 0, held => 0,
          approved => 0, rejected => 0, precision => undef,
          few => JSON::PP::true() }, 'a rule that hits nothing');

like(ctl(), qr/^from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d$/m, 'days');
like($out, qr/^test\.pills +5 +5 +2 +3  0\.60  few decisions$/m, 'a row');
like($out, qr/^test\.never +0 +0 +0 +0  -$/m, 'no decision, no share');
like($out, qr/test\.pills.*test\.weak.*test\.never/s, 'most hits first');

# the status of this nginx

my $status = json(http_get('/status', 'Connection' => 'close'));
my $count = $status->{rules}{'test.pills'};
is("$count->{overturned} $count->{confirmed}", '2 3', 'in the status');
like(body(http_get('/api/rules', 'Connection' => 'close')),
     qr/"overturned": ?2, ?"confirmed": ?3/, 'in the rules of the API');

# a rejection that is taken back is none

is(decide($ids[1], 'undo', 2), 200, 'undone');
is(status(http_post("/receipt/$receipts{$ids[2]}", $form, 'note=why')), 200,
   'appealed');
ok(wait_until(sub { rule('test.pills')->{rejected} == 1 }),
   'neither undone nor appealed');

# more than a few

$t->redis('HINCRBY', figures(), 'r:test.never:rejected', 19);
ok(rule('test.never')->{few}, 'nineteen are few');
$t->redis('HINCRBY', figures(), 'r:test.never:delivered', 1);
ok(!rule('test.never')->{few}, 'twenty are not');
like(ctl(), qr/^test\.never +0 +0 +1 +19  0\.95$/m, 'and say so');

# other days

$t->redis('HSET', 'm:{default}:stat:20240229', 'r:test.old:hits', 7,
          'r:test.old:rejected', 2);
like(ctl('--from', '2024-02-28', '--to', '2024-03-01'),
     qr/^test\.old +7 +0 +0 +2  1\.00/m, 'other days');
like($out, qr/^test\.pills +0 +0 +0 +0  -$/m, 'and not these');
is($code, 0, 'exits 0');
like(ctl('--from', 'yesterday'), qr/expected from=/, 'no day');
is($code, 1, 'no day exits 1');
ctl('more');
is($code, 2, 'usage exits 2');

# hits are counted in Redis although it was away for a moment

$t->stop_redis();
is(status(http_post('/', $form, 'comment=cheap')), 200, 'Redis is away');
$t->restart_redis();
ok(wait_until(sub { $t->redis('HGET', figures(), 'r:test.weak:hits') == 4 },
              20), 'counted later');

$t->done_testing();

###############################################################################

sub ctl {
    my $command = join ' ', map { "'$_'" } @_;

    $out = `$root/build/moderatectl rules precision --api \\
            http://127.0.0.1:@{[ port(8080) ]}/api/ $command 2>&1 </dev/null`;
    $code = $? >> 8;

    return $out;
}


sub rule {
    my ($id) = @_;
    require JSON::PP;
    my ($rule) = grep { $_->{rule} eq $id }
                 @{JSON::PP->new()->decode(ctl('--json'))};
    return $rule || {};
}


sub figures {
    return (sort grep { !/2024/ }
            @{$t->redis('KEYS', 'm:{default}:stat:*')})[-1];
}


sub held {
    my ($text) = @_;
    my $told = json(http_post('/', $form, "comment=$text",
                              'Accept' => 'application/json'));
    my ($id) = $told->{receipt} =~ /^(\w+)/;
    $receipts{$id} = $told->{receipt};
    return $id;
}


sub decide {
    my ($id, $action, $version) = @_;
    return status(http_post("/api/held/$id/$action", 'application/json',
                            '{"reason":"other"}',
                            'If-Match' => qq("$version")));
}

###############################################################################
