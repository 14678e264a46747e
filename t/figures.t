#!/usr/bin/perl

# Copyright (C) the moderate authors

# Figures for reports: what was held and decided, by form, category, rule, day
# and hour, and how long it took; and the rules that are in force.

###############################################################################

use warnings;
use strict;

use POSIX qw/ strftime /;
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
    moderate_site         portal;
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
            moderate_api  role=$http_x_role user=lan;
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

  - id: test.scam
    category: scam
    mode: shadow
    words: [money]
    score: 5.5
    examples: { hit: [money], miss: [none] }

limits:
  - { id: rate, key: client, over: 1000, per: 1h, score: 5 }
EOF

$t->write_file('secret', 'x' x 40);
$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my (@ids, $r, $told, $day, $key);

###############################################################################

# nothing yet

$r = get('stats');
is(status($r), 200, 'nothing yet');
is_deeply(json($r)->{decisions}, {}, 'no decision');
is(scalar @{json($r)->{time}}, 7, 'times');

# not over midnight or the end of an hour

sleep 1 while time % 3600 >= 3590;
$day = strftime('%Y-%m-%d', gmtime);
my $hour = strftime('%H', gmtime);
$key = 'm:{portal}:stat:' . $day =~ s/-//gr;

push @ids, held("/f?$_", 'pills and pills') for 1 .. 3;
push @ids, held('/g:h', 'pills for money') for 1 .. 2;
push @ids, held('/status/500', 'pills');
is(status(http_post('/', $form, 'comment=hello')), 200, 'passed');

decide($ids[0], 'approve', 1);
decide($ids[1], 'reject', 1);
$t->redis('HSET', "m:{portal}:h:$ids[3]", 'received', (time - 5000) . '000');
decide($ids[3], 'claim', 1);
decide($ids[3], 'reject', 2);
decide($ids[2], 'reject', 1);
decide($ids[2], 'undo', 2);
decide($ids[5], 'approve', 1);
is(status(http_post("/receipt/" . receipt($ids[1]), $form, 'note=why')), 200,
   'appeal');

wait_until(sub { ($t->redis('HGET', $key, 'd::appealed') || 0) == 1
                 && ($t->redis('HGET', $key, 'r:test.pills:hits') || 0) == 6
                 && ($t->redis('HGET', $key, 'r:test.scam:hits') || 0) == 2 });
$told = json(get('stats'));

is_deeply($told->{decisions}, { held => 6, delivered => 1, rejected => 3,
          undone => 1, failed => 1, appealed => 1 }, 'decisions');
is_deeply($told->{days}, { $day => $told->{decisions} }, 'days');
is_deeply($told->{hours}, { $hour => $told->{decisions} }, 'hours');
is_deeply($told->{forms}, {
    '/f' => { held => 3, delivered => 1, rejected => 2, undone => 1,
              appealed => 1 },
    '/g:h' => { held => 2, rejected => 1 },
    '/status/500' => { held => 1, failed => 1 } }, 'forms');
is_deeply($told->{categories}, { advertising => $told->{decisions},
          scam => { held => 2, rejected => 1 } }, 'categories');
is_deeply($told->{rules},
          { 'test.pills' => { %{$told->{decisions}}, hits => 6 },
            'test.scam' => { held => 2, rejected => 1, hits => 2 } }, 'rules');
is_deeply($told->{time}[0], { seconds => 60, delivered => 1, rejected => 2 },
          'decided at once');
is_deeply($told->{time}[3], { seconds => 14400, rejected => 1 },
          'decided later');
is_deeply($told->{time}[6], { seconds => undef }, 'not after days');

cmp_ok($t->redis('TTL', $key), '>', 399 * 86400, 'kept for 400 days');
unlike(join(' ', @{$t->redis('HGETALL', $key)}), qr/money|127\.0/,
       'nothing of what was written');

# days

$t->redis('HSET', 'm:{portal}:stat:20240229', 'd::held', 7, 'f:/x:held', 7,
          'f:/' . 'y' x 500 . ':held', 1, 'f:/' . "\xff" . ':held', 1,
          'f:/' . "\xc3\xbd-ki\xe1\xba\xbfn" . ':held', 2,
          'x', 1, 'd:', 1, 'z:a:b', 1, 'h:', 'x');
$told = json(get('stats?from=2024-02-01&to=2024-03-01'));
is("$told->{from} $told->{to}", '2024-02-01 2024-03-01', 'from and to');
is_deeply($told->{days}, { '2024-02-29' => { held => 7 } }, 'a leap day');
is_deeply($told->{forms}, { '/x' => { held => 7 }, '/?' => { held => 1 },
          "/\x{fd}-ki\x{1ebf}n" => { held => 2 } }, 'forms of any bytes');
is_deeply(json(get('stats?from=2024-02-29&to=2024-02-29'))->{decisions},
          { held => 7 }, 'one day');
is_deeply(json(get('stats?from=2024-03-01&to=2024-03-01'))->{decisions}, {},
          'another day');
is(status(get('stats?from=2024-01-01&to=2024-04-09')), 200, 'a hundred days');
is(status(get("stats?$_")), 400, $_)
    for 'from=2024-01-01&to=2024-04-10', 'from=2024-01-01', 'to=x',
        'from=2024-02-02&to=2024-02-01', 'from=2023-02-29&to=2023-03-01',
        'from=2024-13-01&to=2024-13-01', 'from=2024-00-10&to=2024-01-01',
        'from=20240101&to=20240102', 'from=1969-12-31&to=1970-01-01',
        'from=2024-01-1x&to=2024-01-20';

# rules in force

$told = json($r = get('rules'));
is(status($r), 200, 'rules in force');
is(scalar @{$told->{sets}}, 1, 'one set');
like($told->{sets}[0]{version}, qr/^[0-9a-f]{16}$/, 'its version');
is_deeply($told->{sets}[0]{rules}[0], { id => 'test.pills', title => 'Pills',
          category => 'advertising', reason =>
          $told->{sets}[0]{rules}[0]{reason}, mode => 'enforce', score => 5,
          hits => 6, held => 6, rejected => 0, overturned => 1,
          confirmed => 3 }, 'a rule');
is($told->{sets}[0]{rules}[1]{mode}, 'shadow', 'a shadow');
is($told->{sets}[0]{rules}[1]{score}, 5.5, 'its score');
is($told->{sets}[0]{rules}[1]{hits}, 2, 'its hits');
is($told->{sets}[0]{rules}[2]{id}, 'rate', 'a limit');
is($told->{sets}[0]{rules}[2]{hits}, 0, 'never hit');

# a viewer may look, nobody may not

is(status(get($_, 'X-Role' => 'viewer')), 200, "$_ by a viewer")
    for qw/ stats rules /;
is(status(get($_, 'X-Role' => '')), 403, "$_ by nobody") for qw/ stats rules /;

# what cannot be counted is held and decided all the same

$t->redis('ACL', 'SETUSER', 'default', '-hincrby');
my $id = held('/f', 'pills');
like($id, qr/^[0-9a-f]{32}$/, 'held without being counted');
is(decide($id, 'reject', 1), 200, 'decided without being counted');

$t->stop_redis();
is(status(get('stats')), 503, 'away');
is(status(get('rules')), 200, 'rules need no Redis');

$t->done_testing();

###############################################################################

sub held {
    my ($uri, $text) = @_;
    my $told = json(http_post($uri, $form, "comment=$text",
                              'Accept' => 'application/json'));
    my ($id) = $told->{receipt} =~ /^(\w+)/;
    $t->{receipts}{$id} = $told->{receipt};
    return $id;
}


sub receipt { return $t->{receipts}{$_[0]} }


sub get {
    my ($uri, @headers) = @_;
    return http_get("/api/$uri", @headers ? @headers
                                          : ('X-Role' => 'moderator'));
}


sub decide {
    my ($id, $action, $version) = @_;
    return status(http_post("/api/held/$id/$action", 'application/json',
                            '{"reason":"other"}', 'X-Role' => 'moderator',
                            'If-Match' => qq("$version")));
}

###############################################################################
