#!/usr/bin/perl

# Copyright (C) the moderate authors

# Personal data is hidden from moderators until they ask, which is recorded;
# a submission is erased by its receipt, and those of somebody by an address.

###############################################################################

use warnings;
use strict;
use utf8;

use Test::More;
use Test::Moderate;
use Test::Moderate::Command;

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

    moderate_field  text comment;
    moderate_field  email mail;
    moderate_field  phone tel;
    moderate_field  author name;

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
            moderate_api  role=$http_x_role user=$http_x_user;
        }

        location /admin/ {
            moderate_api  role=admin user=root;
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
my $json = 'application/json';
my $admin = 'http://127.0.0.1:' . port(8080) . '/admin/';
my (%id, %receipt, $r, $item, $code, $out);

###############################################################################

# hidden

held('one', 'comment=pills, call 0912 345 678 or a@example.com'
     . '&mail=lan@example.com&tel=12&name=Lan');

$item = json(api('GET', 'held'))->{items}[0];
is($item->{excerpt}, 'pills, call ************ or *************', 'list');
ok($item->{masked}, 'list says so');

$item = json(api('GET', "held/$id{one}"));
is($item->{fields}[0]{value}, 'pills, call ************ or *************',
   'a text');
is($item->{fields}[1]{value}, '***************', 'an address');
is($item->{fields}[2]{value}, '**', 'a number, whatever it looks like');
is($item->{fields}[3]{value}, 'Lan', 'a name');
is("$item->{hits}[0]{start} $item->{hits}[0]{end}", '0 5', 'hits are in place');
ok($item->{masked}, 'said');

held('disguised', 'comment=pills ０９１２３４５６７８');
is(json(api('GET', "held/$id{disguised}"))->{excerpt}, 'pills ' . '*' x 30,
   'disguised');

held('none', 'comment=pills for 2026');
$item = json(api('GET', "held/$id{none}"));
is($item->{excerpt}, 'pills for 2026', 'nothing to hide');
ok(!$item->{masked}, 'nothing is hidden');

held('uri', 'comment=pills', '/?mail=binh@example.com');
is(json(api('GET', "held/$id{uri}"))->{uri}, '/?mail=****************',
   'of the address of the page');

held('unread', 'comment=pills, 0912345678', '/', 'text/csv');
$item = json(api('GET', "held/$id{unread}"));
like($item->{body}, qr/^comment=pills/, 'a body that was not read');
unlike($item->{body}, qr/0912345678/, 'hidden there');

# shown, and recorded

is(status(api('POST', "held/$id{one}/reveal", 'viewer')), 403, 'a viewer');
is(scalar(grep { $_->{event} eq 'reveal' } events()), 0, 'not recorded');

$r = api('POST', "held/$id{one}/reveal");
$item = json($r);
is(status($r), 200, 'reveal');
is($item->{fields}[0]{value}, 'pills, call 0912 345 678 or a@example.com',
   'the text');
is($item->{fields}[1]{value}, 'lan@example.com', 'the address');
is($item->{excerpt}, 'pills, call 0912 345 678 or a@example.com',
   'the excerpt');
ok(!$item->{masked}, 'nothing is hidden now');
is(header($r, 'ETag'), '"1"', 'its version stays');

($r) = grep { $_->{event} eq 'reveal' } events();
is("$r->{id} $r->{actor} $r->{version}", "$id{one} lan 1", 'recorded');
is(status(api('POST', 'held/' . '0' x 32 . '/reveal')), 404, 'not known');

# erased by a receipt

$r = erase(qq({"receipt":"$receipt{none}"}), 'moderator');
is(status($r), 403, 'a moderator does not erase');

$r = erase(qq({"receipt":"$receipt{none}"}));
is(status($r), 200, 'erase by a receipt');
is_deeply(json($r), { erased => 1 }, 'erased');
is(kept($id{none}), '', 'nothing is kept');
is(status(erase(qq({"receipt":"$receipt{none}"}))), 404, 'again');
is(status(http_get("/receipt/$receipt{none}")), 404, 'its receipt');

($r) = grep { $_->{event} eq 'erase' } events();
is(join(' ', map { $r->{$_} } qw/ id actor from to detail /),
   "$id{none} root pending removed receipt", 'recorded');
unlike(join(' ', map { grep { defined } %$_ } events()), qr/pills|example/,
       'without content');

$r = $receipt{uri} =~ s/.$/$& eq 'a' ? 'b' : 'a'/er;
is(status(erase(qq({"receipt":"$r"}))), 404, 'a receipt that nobody was given');
is(state('uri'), 'pending', 'stays');
is(status(erase(qq({"id":"$id{uri}"}))), 200, 'by its id');
is(kept($id{uri}), '', 'nothing of it');

# in any state but those of a delivery

for my $state (qw/ claimed rejected appealed delivered failed unknown /) {
    held($state, 'comment=pills');
    $t->redis('SMOVE', map({ "m:{portal}:s:$_" } 'pending', $state),
              $id{$state});
    is(status(erase(qq({"id":"$id{$state}"}))), 200, "erase what is $state");
    is(kept($id{$state}), '', "nothing: $state");
}

for my $state (qw/ approved replaying /) {
    held($state, 'comment=pills');
    $t->redis('SMOVE', map({ "m:{portal}:s:$_" } 'pending', $state),
              $id{$state});
    $r = erase(qq({"id":"$id{$state}"}));
    is(status($r) . ' ' . json($r)->{error}, '409 delivering', $state);
    is(state($state), $state, "$state stays");
}

# what was sent with an address

held("his $_", 'comment=pills&mail=Minh@Example.com ') for 1 .. 45;
held('her', 'comment=pills&mail=hoa@example.com');
held('about', 'comment=pills for minh@example.com');
held('sent', 'comment=pills&mail=minh@example.com');
$t->redis('SMOVE', map({ "m:{portal}:s:$_" } 'pending', 'replaying'),
          $id{sent});

$r = erase('{"subject":"minh@example.com"}');
is_deeply(json($r), { erased => 45, busy => 1, sealed => 0, next => undef,
                      looked => 53 }, 'erase by an address');
is(kept($id{"his $_"}), '', "nothing: $_") for 1, 20, 45;
is(state('her'), 'pending', 'others stay');
is(state('about'), 'pending', 'who writes about somebody is another one');
is(state('sent'), 'replaying', 'what is being delivered stays');

is_deeply(json(erase('{"subject":"nobody@example.com"}'))->{erased}, 0, 'none');

# some at a time

held("much $_", 'comment=pills&tel=0912 000 111') for 1 .. 210;
$r = json(erase('{"subject":"0912 000 111"}'));
is("$r->{erased} $r->{looked}", '200 200', 'some at a time');
$r = json(erase(qq({"subject":"0912 000 111","after":"$r->{next}"})));
is($r->{erased}, 10, 'the others');
is($r->{next}, undef, 'the end');

# what cannot be meant

is(status(erase($_)), 422, "not $_") for
    '{}', '{"id":"x"}', '{"id":5}', '{"subject":"a@b"}',
    '{"subject":"' . 'x' x 257 . '"}', '{"subject":"lan@example.com",'
    . '"after":"x"}', qq({"id":"$id{her}","subject":"lan\@example.com"});
is(status(erase('{"receipt":"x"}')), 404, 'no receipt');
is(status(http_post('/admin/erase', $form, 'id=1')), 400, 'no JSON');
is(status(http_get('/admin/erase')), 405, 'GET');

# from the command line

$out = ctl('queue', 'show', $id{one});
like($out, qr/personal data is hidden/, 'show hides');
unlike($out, qr/0912 345 678/, 'hidden');
like(ctl('queue', 'reveal', $id{one}), qr/0912 345 678/, 'reveal');
like(ctl('queue', 'list', '--rule', 'test.pills', '--state', 'pending',
         '--category', 'advertising', '--form', '/'), qr/$id{her}/, 'filters');
is(ctl('queue', 'list', '--rule', 'test.other'), "nothing is held\n",
   'and none');
ctl('queue', 'claim', $id{her});
is(state('her'), 'claimed', 'claim');
ctl('queue', 'unclaim', $id{her});
is(state('her'), 'pending', 'unclaim');
ctl('queue', 'reject', $id{her}, '--reason', 'other');
ctl('queue', 'undo', $id{her});
is(state('her'), 'pending', 'undo');
is(ctl('queue', 'note', $id{her}, '--text', 'ask the office'), "noted\n",
   'note');
like(ctl('queue', 'show', $id{her}), qr/ask the office/, 'noted');

is(ctl('erase', '--receipt', $receipt{her}), "erased: 1\n", 'erase a receipt');
is(kept($id{her}), '', 'nothing is kept');
is(ctl('erase', '--subject', 'lan@example.com'), "erased: 1\n",
   'erase of somebody');
is(kept($id{one}), '', 'nothing is kept of it');
is($code, 0, 'and that is all');
like(ctl('erase', '--subject', 'minh@example.com', '--json'), qr/"busy": 1/,
     'what is left');
is($code, 1, 'and says so');

$t->stop_redis();
is(status(erase('{"subject":"minh@example.com"}')), 503, 'away');
is(status(erase(qq({"id":"$id{about}"}))), 503, 'away, by its id');

$t->done_testing();

###############################################################################

sub held {
    my ($name, $body, $uri, $type) = @_;
    utf8::encode($body);
    my $told = json(http_post($uri || '/', $type || $form, $body,
                              'Accept' => 'application/json'));
    ($id{$name}) = $told->{receipt} =~ /^(\w+)/;
    $receipt{$name} = $told->{receipt};
}


sub api {
    my ($method, $path, $role) = @_;
    my @who = ('X-Role' => $role || 'moderator', 'X-User' => 'lan');
    return $method eq 'GET' ? http_get("/api/$path", @who)
                            : http_post("/api/$path", $json, '', @who);
}


sub erase {
    my ($body, $role) = @_;
    return $role ? http_post('/api/erase', $json, $body, 'X-Role' => $role,
                             'X-User' => 'lan')
                 : http_post('/admin/erase', $json, $body);
}


sub state { return json(api('GET', "held/$id{$_[0]}"))->{state} }


# where an id is to be found, but for what is on its way out

sub kept {
    my ($id) = @_;
    my @where;

    for my $key (grep { !/:removing$/ } @{$t->redis('KEYS', '*')}) {
        my $type = $t->redis('TYPE', $key);
        push @where, $key if $key =~ /$id/
            || $type eq 'set' && $t->redis('SISMEMBER', $key, $id)
            || $type eq 'zset' && defined $t->redis('ZSCORE', $key, $id);
    }

    return join ' ', @where;
}


sub events {
    my ($after, @events) = ('');

    while (defined $after) {
        my $page = json(http_get('/admin/events?limit=1000'
                                 . ($after && "&after=$after")));
        push @events, @{$page->{events}};
        $after = $page->{next};
    }

    return @events;
}


sub ctl {
    ($code, my $out) = moderatectl(@_, '--api', $admin);
    return $out;
}

###############################################################################
