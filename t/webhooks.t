#!/usr/bin/perl

# Copyright (C) the moderate authors

# moderatectl webhooks: each target is told each event, in their order, signed;
# none is lost by a kill, and none waits for a target that is dead or hostile.

###############################################################################

use warnings;
use strict;

use Digest::SHA qw/ hmac_sha256_hex /;
use IO::Socket::INET;
use JSON::PP ();

use Test::More;
use Test::Moderate;
use Test::Moderate::Command;

my $t = Test::Moderate->new();
my $dir = $t->testdir();

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
    moderate_queue_age    1d;

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
            moderate_api  role=moderator user=$http_x_user;
        }

        location /ctl/ {
            moderate_api  role=viewer user=webhooks;
        }

        location /admin/ {
            moderate_api  role=admin user=admin;
        }
    }

    server {
        listen  127.0.0.1:8082 ssl;

        ssl_certificate      %%TESTDIR%%/cert.pem;
        ssl_certificate_key  %%TESTDIR%%/cert.key;

        location / {
            proxy_pass  http://127.0.0.1:8083;
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

system('openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost '
       . '-addext subjectAltName=DNS:localhost,IP:127.0.0.1 '
       . "-keyout $dir/cert.key -out $dir/cert.pem 2>/dev/null") == 0
    or die "openssl\n";

my $key = 'k' x 40;

$t->write_file('secret', 's' x 40);
key('key', "$key\n");
$t->run_redis()->run_backend()->run();
$t->run_backend(name => 'hook', port => 8083);

my $form = 'application/x-www-form-urlencoded';
my $api = 'http://127.0.0.1:' . port(8080) . '/ctl/';
my $hook = 'http://127.0.0.1:' . port(8083);
my ($code, $out, $id, $receipt, $daemon, $said, @told, @ids);

###############################################################################

# what is told, and that it is signed

held('pills before');
is(once(target('a', "$hook/a")), 0, 'begins at the end of the log');
is(scalar told('/a'), 0, 'what was before is not told');

held('pills with words');
decide('reject', 1, 'minh');
http_post("/receipt/$receipt", $form, 'note=why+not');
decide('claim', 3, 'lan');
decide('approve', 4, 'lan');
is(once(target('a', "$hook/a")), 0, 'told');

@told = told('/a');
is(join(' ', map { $_->{json}{event} } @told),
   'held decided appealed decided delivered', 'each event');
is_deeply([ sort keys %{$told[0]{json}} ],
          [ qw/ event event_id id reason seq site state time / ], 'no more');
is_deeply([ @{$told[0]{json}}{qw/ id site state reason /} ],
          [ $id, 'portal', 'pending', undef ], 'held');
is_deeply([ @{$told[1]{json}}{qw/ id state reason /} ],
          [ $id, 'rejected', 'other' ], 'rejected');
is_deeply([ @{$told[3]{json}}{qw/ state reason /} ], [ 'approved', undef ],
          'approved');
like($told[0]{json}{time}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
     'time');
unlike($_->{body}, qr/words|why|minh|lan|pills|$receipt/, 'no content')
    for @told;
ok(verified($_, $key), 'signed') for @told;
is(scalar(grep { abs(time() - $_->{time}) > 60 } @told), 0, 'just now');
is($told[0]{headers}{'moderate-event-id'}, $told[0]{json}{event_id},
   'its id is a header');
is($told[0]{headers}{'content-type'}, 'application/json', 'type');
is($told[0]{method}, 'POST', 'method');
ok(!verified($told[0], 'x' x 40), 'another key does not fit');

is(once(target('a', "$hook/a")), 0, 'again');
is(scalar told('/a'), 5, 'and nothing is told twice');

# what nginx adds twice has one id

my $last = $t->redis('XREVRANGE', 'm:{portal}:events', '+', '-')->[0];
$t->redis('XADD', 'm:{portal}:events', '*', @{$last->[1]});
is(once(target('a', "$hook/a")), 0, 'an event that is there twice');
@told = told('/a');
is($told[5]{json}{event_id}, $told[4]{json}{event_id}, 'has one id');
isnt($told[5]{json}{seq}, $told[4]{json}{seq}, 'and two places');

# events that are asked for, and others that the log has

event(qw/ event overdue id abc actor nginx detail scam /);
event('event', 'activate', 'id', 'town');
event('event', 'reject', 'id', 'abc', 'detail', "Vay ti\xe1\xbb\x81n <b>");
event(qw/ event recover id abc from replaying to unknown /);
event(qw/ event recover id abc from approved to pending /);
event(qw/ event undo id abc from rejected to pending /);
is(once(target('b', "$hook/b", from_start => JSON::PP::true,
               events => [qw/ overdue decided unknown undone /])), 0,
   'from the start');
is(join(' ', map { $_->{json}{event} } told('/b')),
   'decided decided overdue decided unknown undone', 'what was asked for');
is((told('/b'))[2]{json}{category}, 'scam', 'overdue has its category');
is((told('/b'))[3]{json}{reason}, undef, 'what is no code is not told');

# waited too long, and erased

once(target('o', "$hook/o"));
held('pills');
$t->redis('ZADD', "m:{portal}:$_", 'XX', (time - 90000) . '000', $id)
    for 'queue', 'queue:c:advertising';
ok(wait_until(sub { grep { $_->[1][1] eq 'overdue' && $_->[1][3] eq $id }
                    @{$t->redis('XRANGE', 'm:{portal}:events', '-', '+')} }),
   'overdue');
is(status(http_post('/admin/erase', 'application/json', qq({"id":"$id"}))),
   200, 'erased');
is(once(target('o', "$hook/o")), 0, 'told');
is(join(' ', map { $_->{json}{event} } told('/o')), 'held overdue removed',
   'each of it');
is((told('/o'))[1]{json}{category}, 'advertising', 'with its category');
is_deeply([ @{(told('/o'))[2]{json}}{qw/ id state reason /} ],
          [ $id, 'removed', undef ], 'and what to forget');

# two keys while one is changed

key('two', "$key\n" . 'n' x 32 . "\n");
once(target('keys', "$hook/keys"));
held('pills');
is(once(target('keys', "$hook/keys", key_file => "$dir/two")), 0, 'two keys');
ok(verified((told('/keys'))[-1], $_), 'either fits') for $key, 'n' x 32;

# TLS

my %tls = (name => 'tls', url => 'https://localhost:' . port(8082) . '/tls',
           key_file => "$dir/key", from_start => JSON::PP::true);

is(once(\%tls), 1, 'an unknown authority');
like($out, qr/"tls" has not taken event .*certificate/, 'and told');
is(scalar told('/tls'), 0, 'nothing is sent');
is(once({ %tls, ca_file => "$dir/cert.pem" }), 0, 'one that is named');
cmp_ok(scalar told('/tls'), '>', 5, 'sent');

# a service that is killed again and again: none lost, none out of order

once(target('c', "$hook/c"));
@ids = map { held("pills $_") } 1 .. 40;

for my $n (5, 12, 30) {
    service(target('c', "$hook/c"));
    wait_until(sub { told('/c') >= $n }) or diag('too slow');
    kill 'KILL', $daemon;
    waitpid $daemon, 0;
}

service(target('c', "$hook/c"));
push @ids, held('pills as it runs');
ok(wait_until(sub { (told('/c'))[-1]{json}{id} eq $ids[-1] }),
   'all in the end');
is_deeply(once_each(told('/c')), \@ids, 'none lost, in their order');
is(ended(), 0, 'and it ends');

# killed in the middle of an answer: it is told again

once(target('d', "$hook/d"));
held('pills');
service(target('d', "$hook/d?slow=5"));
wait_until(sub { told('/d') });
kill 'KILL', $daemon;
waitpid $daemon, 0;
is(once(target('d', "$hook/d")), 0, 'no answer came');
is(scalar told('/d'), 2, 'told again');
is((told('/d'))[0]{json}{event_id}, (told('/d'))[1]{json}{event_id},
   'with its id');

# one is dead, one never answers, one refuses: the others do not wait

my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5)
    or die;
my $quiet = 'http://127.0.0.1:' . $silent->sockport() . '/';
my @bad = (target('dead', 'http://127.0.0.1:' . port(8089) . '/'),
           target('silent', $quiet),
           target('no', "$hook/no?status=500"),
           target('moved', "$hook/redirect"));

once(@bad, target('e', "$hook/e"));
@ids = map { held("pills $_") } 1 .. 10;
service(@bad, target('e', "$hook/e"));
ok(wait_until(sub { told('/e') == 10 }), 'others do not wait');
is_deeply(once_each(told('/e')), \@ids, 'in their order');
ok(wait_until(sub { said() =~ /"dead" IS DEAD: event .* have waited/ }),
   'and told loudly');
ok(wait_until(sub { said() =~ /"no" IS DEAD.* it answered 500/ }), 'refused');
ok(wait_until(sub { said() =~ /"moved" has not taken.*redirects \(302\)/ }),
   'a redirect');
is(scalar told('/thanks'), 0, 'is not followed');
is(ended(), 1, 'it ends with 1');
like(said(), qr/"dead" is still dead, at event/, 'and says why');
is_deeply(once_each(told('/no')), [ $ids[0] ], 'no second before the first');

$t->run_backend(name => 'woken', port => 8089);
is(once($bad[0]), 0, 'later it is there');
is_deeply(once_each(told('/', 'woken')), \@ids, 'nothing was lost to it');

# hostile answers

my %hostile = (
    'long' => "HTTP/1.1 200 OK\r\n\r\n" . 'x' x 10_000_000,
    'longer' => "HTTP/1.1 500 No\r\n\r\n" . 'x' x 10_000_000,
    'headers' => "HTTP/1.1 500 No\r\n" . "X: y\r\n" x 1_000_000,
    'early' => "HTTP/1.1 103 E\r\n\r\n" x 1_000_000,
    'none' => '',
    'noise' => join('', map { chr } 0 .. 255) x 100,
    'script' => "HTTP/1.1 401 \e[31m\x07\r\nWWW-Authenticate: \e[0m\r\n\r\n\e",
    'file' => "HTTP/1.1 301 X\r\nLocation: file:///etc/passwd\r\n\r\n",
    'wait' => "HTTP/1.1 503 X\r\nRetry-After: 99999999999\r\n"
              . "Content-Length: 0\r\n\r\n",
);

my %at = map { $_ => target("h-$_", hostile($hostile{$_})) } sort keys %hostile;

once(values %at);
held('pills');
is(once(values %at), 1, 'hostile answers');
unlike($out, qr/[^\n -~]/, 'nothing of them is shown');
is($out =~ /"h-$_" is left behind/ ? 1 : 0, $_ eq 'long' ? 0 : 1, "answer: $_")
    for sort keys %at;

# the log lost its beginning

once(target('f', "$hook/f"));
held('pills') for 1 .. 3;
$t->redis('XTRIM', 'm:{portal}:events', 'MAXLEN', 1);
is(once(target('f', "$hook/f")), 0, 'what is left is told');
like($out, qr/"f": the log now begins at .* may have been removed before/,
     'and that some may be missing');

# nginx is away, and comes again

once(target('g', "$hook/g"));
$t->stop();
is(once(target('g', "$hook/g")), 3, 'no nginx');
service(target('g', "$hook/g"));
wait_until(sub { said() =~ /cannot reach/ });
$t->run();
held('pills');
ok(wait_until(sub { told('/g') == 1 }), 'told when nginx is there again');
is(ended(), 0, 'and it ends');

# what is wrong is told

my %good = (name => 'a', url => "$hook/a", key_file => "$dir/key");

service(\%good);
held('pills');
ok(wait_until(sub { told('/a') && (told('/a'))[-1]{json}{id} eq $id }),
   'a service');
is(once(\%good), 3, 'two at once');
like($out, qr/another "moderatectl webhooks" uses/, 'told');
ended();

is(once({ %good, url => 'http://portal.example/' }), 2, 'plain HTTP');
like($out, qr!expected a URL with https://!, 'told');
is(once({ %good, url => $_ }), 2, "not $_")
    for 'http://127.0.0.1:80@portal.example/', 'http://localhost.example/',
        'http://127.0.0.1@portal.example/', 'ftp://127.0.0.1/', '';
is(once({ %good, events => [ 'held', 'erased' ] }), 2, 'an event');
like($out, qr/some of held decided undone/, 'told');
is(once({ %good, events => [] }), 2, 'no events');
is(once({ %good, event => [] }), 2, 'a name');
like($out, qr/a target has no "event", expected one of "name", "url"/, 'told');
is(once({ %good, key_file => key('short', 'x' x 31) }), 2, 'a short key');
like($out, qr/expected a key of 32 to 256.*openssl rand/s, 'told');
is(once({ %good, key_file => key('long', 'x' x 257) }), 2, 'a long key');
is(once({ %good, key_file => key('three', join "\n", ('x' x 32) x 3) }), 2,
   'three keys');
is(once({ %good, key_file => "$dir/absent" }), 2, 'no key');
is(once({ %good, key_file => key('open', 'x' x 40, 0644) }), 2,
   'everybody reads it');
like($out, qr/expected a file of mode 600 or 640/, 'told');
is(once(\%good, \%good), 2, 'one name twice');
is(once(), 2, 'no targets');
is(once(map { { %good, name => $_ } } 1 .. 33), 2, 'too many');

config(\%good);
is(ctl('--config', $t->write_file('json', '{'), '--state', "$dir/state"), 2,
   'no JSON');
is(ctl('--config', "$dir/config", '--state', $t->write_file('torn', '{"si')),
   3, 'a torn state');
like($out, qr/is no state of webhooks/, 'told');
is(ctl('--config', "$dir/config", '--state', "$dir/none/state"), 3,
   'no folder for it');
is(ctl('--config', "$dir/config", '--state', "$dir/state", '--once', '--api',
       'http://localhost:' . port(8080) . '/absent/'), 3, 'no API there');
is(ctl('--interval', 0), 2, 'no interval');
is(ctl(), 2, 'of what?');
is(ctl('--help'), 0, 'help');

$t->write_file('state', $t->read_file('state') =~ s/"portal"/"other"/r);
is(ctl('--config', "$dir/config", '--state', "$dir/state", '--once'), 2,
   'a state of another site');
like($out, qr/is of the site "other", and the API serves "portal"/, 'told');

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
                     'If-Match' => qq("$version"));
}


sub event {
    my %event = (actor => '', from => '', to => '', before => 0, version => 1,
                 time => '1795292696123', detail => '', @_);
    $t->redis('XADD', 'm:{portal}:events', '*', %event);
}


sub key {
    my ($name, $text, $mode) = @_;
    my $file = $t->write_file($name, $text);
    chmod $mode || 0600, $file;
    return $file;
}


sub target {
    my ($name, $url, %more) = @_;
    return { name => $name, url => $url, key_file => "$dir/key", %more };
}


sub config {
    $t->write_file('config', JSON::PP::encode_json({ targets => \@_ }));
}


sub ctl {
    ($code, $out) = moderatectl('webhooks', '--api', $api, @_);
    return $code;
}


sub once {
    config(@_);
    return ctl('--config', "$dir/config", '--state', "$dir/state", '--once');
}


# Starts the service; what it says is in a file of its own.

sub service {
    config(@_);
    $daemon = $t->run_daemon(moderatectl_path(), 'webhooks', '--api', $api,
                             '--config', "$dir/config", '--state',
                             "$dir/state", '--interval', 1, '--dead-after', 1);
    $said = "daemon$t->{ndaemons}.out";
}


sub said { $t->read_file($said) || '' }


sub ended {
    kill 'TERM', $daemon;
    waitpid $daemon, 0;
    return $? >> 8;
}


# What was told at a path, the oldest first.

sub told {
    my ($path, $name) = @_;
    my @requests = grep { $_->{uri} =~ /^\Q$path\E(\?|$)/ }
                        $t->backend_requests($name || 'hook');

    for my $r (@requests) {
        $r->{json} = JSON::PP::decode_json($r->{body});
        $r->{headers} = { map { lc $_->[0] => $_->[1] } @{$r->{headers}} };
        ($r->{time}) = $r->{headers}{'moderate-signature'} =~ /^t=(\d+),/;
    }

    return @requests;
}


# As docs/webhooks.md tells receivers to do it.

sub verified {
    my ($r, $with) = @_;
    my @v1 = $r->{headers}{'moderate-signature'} =~ /,v1=([0-9a-f]{64})/g;
    my $mac = hmac_sha256_hex("$r->{time}.$r->{body}", $with);

    return scalar grep { $_ eq $mac } @v1;
}


# The ids of what was told; what was told again in a row is one.

sub once_each {
    my @each;

    for my $r (@_) {
        push @each, $r->{json}{id}
            unless @each && $each[-1] eq $r->{json}{id};
    }

    return \@each;
}


# A server that reads a request and gives this answer; returns its address.

sub hostile {
    my ($answer) = @_;
    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5)
        or die;

    $t->run_daemon(sub {
        $SIG{PIPE} = 'IGNORE';

        while (my $c = $server->accept()) {
            my $request = '';

            while ($request !~ /\r\n\r\n\{.*\}$/s) {
                sysread $c, $request, 65536, length $request or last;
            }

            print $c $answer;
            close $c;
        }
    });

    return 'http://127.0.0.1:' . $server->sockport() . '/';
}

###############################################################################
