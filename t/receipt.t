#!/usr/bin/perl

# Copyright (C) the moderate authors

# Receipts: who can see what of a submission, in which words, and the one
# appeal, which somebody else decides.

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

    moderate_redis        unix:%%TESTDIR%%/redis.sock;
    moderate_rules        %%TESTDIR%%/rules.yaml;
    moderate_secret_file  %%TESTDIR%%/secret;
    moderate_site         portal;
    moderate_field        text comment;
    moderate_field        title title;
    moderate_field        phone phone;

    server {
        listen    127.0.0.1:8080;
        moderate  on;

        location / {
            proxy_pass        http://127.0.0.1:8081;
            proxy_set_header  X-Real-IP $remote_addr;
        }

        location /receipt/ {
            RECEIPT
        }

        location /api/ {
            moderate_api  role=$http_x_role user=$http_x_user;
        }
    }

    server {
        listen         127.0.0.1:8083;
        moderate_site  other;

        location /receipt {
            moderate_receipt;
        }
    }
}
EOF

$t->write_file_expand('nginx.conf', $conf =~ s/RECEIPT/moderate_receipt;/r);
$t->write_file_expand('twice.conf', $conf =~
    s/RECEIPT/moderate_receipt; }
        location \/again\/ { moderate_receipt;/r);
$t->write_file_expand('exact.conf', $conf =~
    s/location \/receipt\/ /location = \/receipt /r
    =~ s/RECEIPT/moderate_receipt;/r);
$t->write_file_expand('secret.conf', $conf =~ s/moderate_secret_file.*//r
    =~ s/RECEIPT/moderate_receipt;/r);

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.pills
    category: advertising
    reason: contact-advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }

  - id: test.scam
    category: scam
    words: [lottery]
    score: 20
    examples: { hit: [lottery], miss: [lots] }
EOF

$t->write_file('secret', join '', map { chr 33 + $_ } 0 .. 63);
$t->run_redis()->run_backend();

my $form = 'application/x-www-form-urlencoded';
my $type = 'application/json';
my ($r, $receipt, $id, $told, $bad, @ids);

###############################################################################

# configuration

for ([ 'twice.conf', 'is there twice' ], [ 'exact.conf', 'with a prefix' ],
     [ 'secret.conf', 'needs "moderate_secret_file"' ])
{
    my ($code, $output) = $t->config_test($_->[0]);
    is($code, 1, $_->[0]);
    like($output, qr/\[emerg\].*"moderate_receipt" .*$_->[1].* in \S+:\d+/,
         "$_->[0] told");
}

$t->allow_log(qr/\[emerg\].*"moderate_receipt"/);
$t->run();

# a receipt

$r = http_post('/a', $form, 'title=Hi&comment=%3Cb%3Epills%3C/b%3E&phone=0900',
               'Accept' => $type);
$told = json($r);
$receipt = $told->{receipt};
like($receipt, qr/^[0-9a-f]{32}\.[0-9a-f]{32}$/, 'receipt');
is($told->{uri}, "/receipt/$receipt", 'its page');
($id) = $receipt =~ /^(\w+)/;
is(item()->{state}, 'pending', 'id of the item');
unlike(body(api('GET', "held/$id")), qr/\Q$receipt/, 'not for moderators');

$r = http_post('/a', $form, 'comment=pills');
like(body($r), qr!<a href="/receipt/[0-9a-f.]{65}">!, 'link to it');

# what it shows

$r = look();
is(status($r), 200, 'look');
is(header($r, 'Cache-Control'), 'no-store', 'not cached');
is(header($r, 'X-Robots-Tag'), 'noindex, nofollow', 'not indexed');
is(header($r, 'Referrer-Policy'), 'no-referrer', 'not passed on');
is(header($r, 'X-Content-Type-Options'), 'nosniff', 'not sniffed');
like(header($r, 'Content-Security-Policy'),
     qr/^default-src 'none'; .*frame-ancestors 'none'/, 'policy');
$told = json($r);
is($told->{status}, 'waiting', 'status');
is($told->{reason}, 'contact-advertising', 'reason');
like($told->{meaning}, qr/advertising/, 'what it means');
like($told->{next}, qr/decide/, 'what happens next');
like($told->{received}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'received');
is_deeply($told->{sent}, [ 'Hi', '<b>pills</b>' ], 'title and text, no phone');
ok(!$told->{appeal}, 'nothing to appeal against');

for my $lang (qw/ vi en /) {
    $r = http_get("/receipt/$receipt", 'Accept' => 'text/html',
                  'Accept-Language' => $lang);
    is(header($r, 'Content-Type'), 'text/html; charset=utf-8', "$lang type");
    like(body($r), qr/<html lang="$lang">/, "$lang page");
    like(body($r), qr!<title>([^<]+)</title>.*<h1>\1</h1><p>[^<]+</p>!s,
         "$lang title");
    like(body($r), qr!&lt;b&gt;pills&lt;/b&gt;</dd>!, "$lang escaped");
    unlike(body($r), qr/<script|<form|0900/, "$lang no form");
}

like(body($r), qr/Your submission is waiting/, 'English');
is(body(http("HEAD /receipt/$receipt HTTP/1.1\r\nHost: localhost\r\n"
             . "Connection: close\r\n\r\n")), '', 'HEAD');

# what is none: all the same, for the same work

$bad = ($receipt =~ /0$/) ? '1' : '0';

for my $wrong (substr($receipt, 0, 64) . $bad, '0' x 32 . '.' . '0' x 32,
               $id, "$id.", uc $receipt, "$receipt/", '', "$receipt.x")
{
    $r = look($wrong);
    is(status($r), 404, "404 of '$wrong'");
    is(body($r), body(look('x')), 'with the same words');
}

is(hashes(substr($receipt, 0, 64) . $bad), 1, 'one look for a wrong one');
is(hashes('0' x 32 . '.' . '0' x 32), 1, 'one look for an unknown one');
is(hashes($receipt), 1, 'one look for a right one');

is(status(http_get("/receipt/$receipt", -port => 8083)), 404,
   'receipt of another site');
is(status(http("PUT /receipt/$receipt HTTP/1.1\r\nHost: localhost\r\n"
               . "Connection: close\r\nContent-Length: 0\r\n\r\n")), 405,
   'PUT');

# each state has its words

for ([ 'claimed', 'in-review' ], [ 'approved', 'accepted' ],
     [ 'replaying', 'accepted' ], [ 'delivered', 'published' ],
     [ 'failed', 'retrying' ], [ 'unknown', 'checking' ],
     [ 'rejected', 'not-published' ], [ 'appealed', 'appealed' ])
{
    my ($state, $status) = @$_;

    move($state);
    $told = json(look());
    is($told->{status}, $status, "$state status");
    isnt($told->{title}, '', "$state title");
    isnt($told->{next}, '', "$state next");
    is($told->{reason}, $state eq 'delivered' ? undef : 'contact-advertising',
       "$state reason");
    is(status(appeal('note=why')), 409, "$state no appeal")
        if $state ne 'rejected';
    move('pending');
}

# rejected by a person

decide('reject', 1, 'lan', '{"reason":"abuse"}');
is(status($r), 200, 'reject');
$told = json(look());
is($told->{status}, 'not-published', 'rejected status');
is($told->{reason}, 'abuse', 'reason of the moderator');
ok($told->{appeal}, 'appeal offered');
$r = http_get("/receipt/$receipt", 'Accept-Language' => 'en');
like(body($r), qr/<form method="post">.*<textarea[^>]*maxlength="2000"/s,
     'form');

# notes that are none

is(status(appeal($_)), 422, "no note: " . substr $_, 0, 20)
    for '', 'note=', 'note=+%0D%0A', 'text=why', 'note=%FF', 'note=a&note=b',
        'note=' . 'a' x 2001, 'note=' . '%E1%BA%A1' x 2001, 'note=a%00b',
        'note=' . 'a' x 40000;
is(json(appeal(''))->{error}, 'note', 'and why');
is(item()->{state}, 'rejected', 'nothing was done');

# on a full Redis the note could not be kept

$t->redis('CONFIG', 'SET', 'maxmemory', 1);
is(status(appeal('note=why')), 503, 'appeal on a full Redis');
is(item()->{state}, 'rejected', 'nothing was half done');
$t->redis('CONFIG', 'SET', 'maxmemory', 0);

# the appeal

$r = appeal('note=' . '%E1%BA%A1' x 1999 . '%0D%0A');
is(status($r), 200, 'appeal');
is(json($r)->{status}, 'appealed', 'appealed');
is(item()->{state}, 'appealed', 'appealed state');
is(item()->{version}, 3, 'appealed version');
is(item()->{appeal}, "\x{1ea1}" x 1999 . "\r\n", 'note for moderators');
is(item()->{history}[1]{action}, 'appeal', 'in the history');
is(status(appeal('note=again')), 409, 'no second one');
is(json(appeal('note=again'))->{error}, 'no-appeal', 'and why');
is(length item()->{appeal}, 2001, 'note as it was');
is(status(api('GET', 'held?state=appealed')), 200, 'list of appeals');
is(json($r = api('GET', 'held?state=appealed'))->{items}[0]{id}, $id,
   'in the list');

# another moderator decides

for my $action (qw/ claim approve reject /) {
    decide($action, 3, 'lan', '{"reason":"abuse"}');
    is(status($r), 409, "own $action");
    is(json($r)->{error}, 'own-decision', "own $action told");
}

decide('reject', 3, 'lan', '{"reason":"abuse"}', 'admin');
is(json($r)->{error}, 'own-decision', 'nor as an administrator');

decide('claim', 3, 'minh');
is(json($r)->{state}, 'claimed', 'claim by another');
decide('unclaim', 4, 'minh');
is(json($r)->{state}, 'appealed', 'back among the appeals');
decide('claim', 5, 'minh');
decide('approve', 6, 'lan', '', 'admin');
is(json($r)->{error}, 'own-decision', 'own when claimed by another');

decide('reject', 6, 'minh', '{"reason":"scam"}');
is(json($r)->{state}, 'rejected', 'rejected again');
$told = json(look());
is($told->{status}, 'not-published', 'rejected again status');
is($told->{reason}, 'scam', 'rejected again reason');
like($told->{next}, qr/decided again/, 'and final');
ok(!$told->{appeal}, 'no second appeal offered');
is(status(appeal('note=again')), 409, 'no second appeal');

# an appeal that is granted is delivered, from nobody's address

@ids = map { held("comment=pills+$_") } 1 .. 2;
($receipt, $id) = @{$ids[0]};
decide('reject', 1, 'lan', '{"reason":"abuse"}');
is(status(http_post("/receipt/$receipt", $type, '{"note":"vì sao"}',
                    'Accept' => $type)), 200, 'appeal in JSON');
is(item()->{appeal}, "v\x{ec} sao", 'note in JSON');
$t->backend_forget();
decide('approve', 3, 'minh', '{}');
is(json($r)->{state}, 'delivered', 'granted');
is(($t->backend_requests())[0]{body}, 'comment=pills 1', 'delivered');
is({ map { lc $_->[0] => $_->[1] }
     @{($t->backend_requests())[0]{headers}} }->{'x-real-ip'}, '0.0.0.0',
   'not from the moderator');
is(json(look())->{status}, 'published', 'published');

# many appeals at once are one

($receipt, $id) = @{$ids[1]};
decide('reject', 1, 'lan', '{"reason":"abuse"}');
my @s = map { http_post("/receipt/$receipt", $form, "note=n$_",
                        'Accept' => $type, -start => 1) } 1 .. 8;
my %status;
$status{status(http_end($_))}++ for @s;
is(join(' ', map { "$_:$status{$_}" } sort keys %status), '200:1 409:7',
   'one appeal of many');
is(item()->{version}, 3, 'one version of many');

# rejected by the machine: not kept, and told so

my $n = $t->redis('ZCARD', 'm:{portal}:index');
$r = http_post('/', $form, 'comment=lottery', 'Accept' => $type,
               'Accept-Language' => 'en');
is(status($r), 403, 'machine');
is(json($r)->{receipt}, undef, 'no receipt');
like(json($r)->{message}, qr/not been kept.*send it again/, 'honest');
is($t->redis('ZCARD', 'm:{portal}:index'), $n, 'not kept');

# a receipt outlives a restart

$t->stop()->run();
is(status(look()), 200, 'after a restart');

# Redis away

$t->stop_redis();
is(status(look()), 503, 'away');
is(status(appeal('note=x')), 503, 'appeal away');
like(body(http_get("/receipt/$receipt", 'Accept-Language' => 'en')),
     qr/still kept/, 'told');

$t->done_testing();

###############################################################################

sub look {
    my ($which) = @_;
    return http_get('/receipt/' . ($which // $receipt), 'Accept' => $type,
                    'Accept-Language' => 'en');
}


sub appeal {
    my ($body) = @_;
    return http_post("/receipt/$receipt", $form, $body, 'Accept' => $type,
                     'Accept-Language' => 'en');
}


# Returns the receipt and the id of a new submission.

sub held {
    my ($body) = @_;
    my $told = json(http_post('/', $form, $body =~ s/\+/ /gr,
                              'Accept' => $type));
    return [ $told->{receipt}, $told->{receipt} =~ /^(\w+)/ ];
}


sub api {
    my ($method, $uri) = @_;
    return http_get("/api/$uri", 'X-User' => 'lan', 'X-Role' => 'moderator');
}


sub item { return json(api('GET', "held/$id")) }


sub decide {
    my ($action, $version, $user, $body, $role) = @_;

    $r = http_post("/api/held/$id/$action", $type, $body // '',
                   'X-User' => $user, 'X-Role' => $role || 'moderator',
                   'If-Match' => qq("$version"));
}


# Puts the item into a state, whatever led there.

sub move {
    my ($to) = @_;
    my $from = item()->{state};
    $t->redis('SMOVE', "m:{portal}:s:$from", "m:{portal}:s:$to", $id);
}


# Returns how often Redis is asked for an item to show a receipt.

sub hashes {
    my ($which) = @_;
    my $before = hgetall();
    look($which);
    return hgetall() - $before;
}


sub hgetall {
    my ($n) = $t->redis('INFO', 'commandstats')
              =~ /^cmdstat_hgetall:calls=(\d+)/m;
    return $n || 0;
}

###############################################################################
