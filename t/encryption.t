#!/usr/bin/perl

# Copyright (C) the moderate authors

# What is kept of a submission is encrypted: nothing of it can be read out of
# Redis, it is delivered byte by byte as it came, keys can be changed, and what
# was tampered with is never delivered.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();
my $dir = $t->testdir();

my $conf = <<'EOF';
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis             unix:%%TESTDIR%%/redis.sock;
    moderate_rules             %%TESTDIR%%/rules.yaml;
    moderate_secret_file       %%TESTDIR%%/secret;
    KEYS
    moderate_site              portal;
    moderate_field             text comment;
    moderate_field             email mail;
    moderate_replay_keep       User-Agent Cookie Referer $http_x_kept;
    moderate_replay_set_header X-Kept $http_x_kept;

    server {
        listen    127.0.0.1:8080;
        moderate  on;

        set_real_ip_from  127.0.0.1;
        real_ip_header    X-Real;

        location / {
            proxy_pass        http://127.0.0.1:8081;
            proxy_set_header  X-Address $remote_addr;
        }

        location /receipt/ {
            moderate_receipt;
        }

        location /api/ {
            moderate_api  role=moderator user=$http_x_user;
        }

        location /status {
            moderate_status;
        }

        location /admin/ {
            moderate_api  role=admin user=admin;
        }
    }
}
EOF

my %keys = (
    plain => '',
    one   => 'moderate_payload_key_file key1;',
    both  => 'moderate_payload_key_file key2 key1;',
    two   => 'moderate_payload_key_file key2;',
    only  => 'moderate_payload_key_file key2 key1 plain=refuse;',
);

$t->write_file_expand("$_.conf", $conf =~ s!KEYS!$keys{$_}!r
                      =~ s! (key\d)! $dir/$1!gr) for keys %keys;

my %wrong = (
    twice   => [ 'key1 key1', qr/has the key of a file before it/ ],
    again   => [ "key1;\nmoderate_payload_key_file key2", qr/is duplicate/ ],
    none    => [ 'plain=refuse', qr/needs the path of a key file/ ],
    absent  => [ 'absent', qr/open\(\) ".*absent" failed/ ],
    short   => [ 'short', qr/has 31 bytes, expected from 32 to 4095 random/ ],
    long    => [ 'long', qr/has 4096 bytes, expected from 32 to 4095/ ],
    open    => [ 'open', qr/everybody can read.*file of mode 600 or 640/ ],
    many    => [ join(' ', map { "many$_" } 1 .. 17), qr/too many key files/ ],
);

$t->write_file_expand("$_.conf", $conf =~
    s!KEYS!moderate_payload_key_file $wrong{$_}[0];!r
    =~ s! (key\d|absent|short|long|open|many)! $dir/$1!gr) for keys %wrong;

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
key('key1', 'a' x 32);
key('key2', 'b' x 4000);
key('short', 'c' x 31);
key('long', 'd' x 4096);
key('open', 'e' x 32, 0644);
key("many$_", sprintf '%032d', $_) for 1 .. 17;

$t->allow_log(qr/\[emerg\].*(moderate_payload_key_file|key|byte|failed|read)/);
$t->run_redis()->run_backend();

my $form = 'application/x-www-form-urlencoded';
my $type = 'application/json';
my ($r, $id, $receipt, $code, $out, $request, %ids, %before);

# all of these are somewhere in what is sent; none may be in Redis

my @secrets = qw/ SECRETTEXT SECRETMAIL SECRETCOOKIE SECRETAGENT SECRETQUERY
                  SECRETREFERER SECRETKEPT 198.51.100.77 /;
my @headers = ('User-Agent' => 'SECRETAGENT', 'Cookie' => 'SECRETCOOKIE=1',
               'Referer' => 'http://localhost/SECRETREFERER',
               'X-Kept' => 'SECRETKEPT', 'X-Real' => '198.51.100.77');
my $body = "comment=pills+SECRETTEXT%00%01\xff&mail=SECRETMAIL\@example.vn";

###############################################################################

# configuration

for my $name (sort keys %wrong) {
    ($code, $out) = $t->config_test("$name.conf");
    is($code, 1, "wrong: $name");
    like($out, qr/\[emerg\].*$wrong{$name}[1].* in \S+:\d+/, "$name, told");
}

# nothing of it can be read

$t->run('one.conf');
$ids{appeal} = held($body);
decide('reject', 1, 'lan');
http_post("/receipt/$receipt", $form, 'note=SECRETAPPEAL');
http_post("/api/held/$id/note", $type, '{"text":"SECRETNOTE"}',
          'X-User' => 'lan');
held($body);

$t->redis('SAVE');
my $dump = $t->read_file('redis/dump.rdb') . $t->read_file(aof())
           . join('', map { dump_of($_) } @{$t->redis('KEYS', '*')});
unlike($dump, qr/\Q$_/, "no $_") for @secrets, 'SECRETAPPEAL', 'SECRETNOTE';
like($dump, qr/test\.pills/, 'but the rule that was hit');

# and all of it is there

$r = api('GET', "held/$id");
is(status($r), 200, 'shown');
is((grep { $_->{name} eq 'mail' } @{json(reveal())->{fields}})[0]{value},
   'SECRETMAIL@example.vn', 'a field');
is(json($r)->{uri}, '/form?SECRETQUERY', 'the address it was sent to');
like(json(api('GET', 'held'))->{items}[0]{excerpt}, qr/SECRETTEXT/,
     'an excerpt');

approve();
is($t->redis('HGET', "m:{portal}:h:$id", 'address'), undef,
   'the address is removed');
delivered('encrypted');

appealed($ids{appeal});
$r = json(api('GET', "held/$id"));
is($r->{appeal}, 'SECRETAPPEAL', 'an appeal');
is($r->{history}[-1]{detail}, 'SECRETNOTE', 'a note');
like(body(http_get("/receipt/$receipt")), qr/SECRETTEXT/,
     'the receipt shows the text');
approve();
delivered('granted', '0.0.0.0');

# with and without keys side by side

$t->stop()->run('plain.conf');
$ids{plain} = held($body);
$ids{like} = held("\0vs1" . 'x' x 60 . ' pills', 'text/plain');
is(json(api('GET', 'held?state=pending'))->{items}[0]{error}, undef,
   'plain is read');
$t->stop()->run('one.conf');
$ids{sealed} = held($body);

for my $name (qw/ plain sealed /) {
    appealed($ids{$name});
    is(status(api('GET', "held/$id")), 200, "$name is shown");
    approve();
    delivered($name);
}

appealed($ids{like});
$t->backend_forget();
approve();
is(($t->backend_requests())[0]{body}, "\0vs1" . 'x' x 60 . ' pills',
   'what looks as if it were sealed is not');

# notes of before and after

$t->stop()->run('plain.conf');
held($body);
http_post("/api/held/$id/note", $type, '{"text":"before"}', 'X-User' => 'lan');
$t->stop()->run('one.conf');
http_post("/api/held/$id/note", $type, '{"text":"behind"}', 'X-User' => 'lan');
is(join(' ', map { $_->{detail} } @{json(api('GET', "held/$id"))->{history}}),
   'before behind', 'notes of both');
decide('reject', 1, 'lan');
http_post("/receipt/$receipt", $form, 'note=why');
is(json(api('GET', "held/$id"))->{appeal}, 'why', 'an appeal of now');

# rotation

$ids{old} = held($body);
$t->stop()->run('both.conf');
$ids{new} = held($body);
isnt(mark($ids{old}), mark($ids{new}), 'another key');

for my $name (qw/ old new /) {
    appealed($ids{$name});
    is(status(api('GET', "held/$id")), 200, "$name key");
}

# the old key is gone too early

$t->stop()->run('two.conf');
appealed($ids{old});
no_key('a key that is gone');
approve(409);
appealed($ids{new});
approve();
delivered('the new key');

$t->stop()->run('plain.conf');
$t->backend_forget();
appealed($ids{old});
no_key('no keys at all');

cmp_ok(json(http_get('/status'))->{sites}{portal}{not_decrypted}, '>', 4,
       'in the status');

# whose they are is not known

cmp_ok(json(erase('{"subject":"secretmail@example.vn"}'))->{sealed}, '>', 3,
       'not erased unseen');

# nothing is lost

$t->stop()->run('both.conf');
appealed($ids{old});
is(status(api('GET', "held/$id")), 200, 'the key is back');
approve();
delivered('the key is back');

# tampered with, in each column and in each way

$ids{other} = held($body);
my @columns = qw/ method uri host server address headers variables body fields
                  excerpt unreadable /;

for my $column (@columns) {
    for my $way (qw/ bit cut other plain empty gone /) {
        next if $column eq 'address' && $way eq 'gone';
        held($body);
        tamper($column, $way);
        forged("$column $way");
    }
}

held($body);
$t->redis('HDEL', "m:{portal}:h:$id", 'sealed');
forged('no mark');

held($body);
decide('reject', 1, 'lan');
http_post("/receipt/$receipt", $form, 'note=why');
tamper('appeal', 'bit');
forged('appeal', 'appealed');

held($body);
http_post("/api/held/$id/note", $type, '{"text":"a"}', 'X-User' => 'lan');
my ($note) = grep { /^e:/ } @{$t->redis('HKEYS', "m:{portal}:h:$id")};
$t->redis('HSET', "m:{portal}:h:$id", $note, '1 lan note b');
forged('note');

is(scalar(grep { $_->{body} =~ /pills/ } $t->backend_requests()), 1,
   'nothing forged was delivered');

# plain is refused when it is said so

$t->stop()->run('plain.conf');
$ids{plain} = held($body);
$t->stop()->run('only.conf');
appealed($ids{plain});
$r = api('GET', "held/$id");
is(status($r), 409, 'plain');
is(json($r)->{error}, 'plain', 'and told');
approve(409);
held($body);
approve();
delivered('sealed, and plain is refused');

# erased, whether it can be read or not

is(json(erase(qq({"receipt":"$receipt"})))->{erased}, 1, 'by the receipt');
$r = json(erase('{"subject":"secretmail@example.vn"}'));
cmp_ok($r->{erased}, '>', 3, 'by whose it is');
cmp_ok($r->{sealed}, '>', 3, 'but not what was forged');

# a large one

my $large = 'comment=pills+' . 'SECRETTEXT' x 60_000;
held($large);
$t->backend_forget();
approve();
ok(($t->backend_requests())[0]{body} eq $large, 'a large one');

# Redis is full, or away: as without keys

held($body);
$t->redis('CONFIG', 'SET', 'maxmemory', 1);
is(status(http_post('/form', $form, $body)), 503, 'full');
$t->backend_forget();
approve();
delivered('decided on a full Redis');
$t->redis('CONFIG', 'SET', 'maxmemory', 0);

unlike($t->error_log(), qr/\Q$_/, "no $_ in the log")
    for qw/ SECRETTEXT SECRETMAIL SECRETNOTE SECRETAPPEAL /;

$t->done_testing();

###############################################################################

sub key {
    my ($name, $text, $mode) = @_;
    chmod $mode || 0600, $t->write_file($name, $text);
}


sub held {
    my ($body, $content) = @_;
    my $told = json(http_post('/form?SECRETQUERY', $content || $form, $body,
                              'Accept' => $type, @headers));
    ($id) = ($receipt = $told->{receipt}) =~ /^(\w+)/;
    return $receipt;
}


sub appealed { ($id) = ($receipt = $_[0]) =~ /^(\w+)/ }


sub mark {
    my ($which) = $_[0] =~ /^(\w+)/;
    return $t->redis('HGET', "m:{portal}:h:$which", 'sealed');
}


sub api {
    my ($method, $uri) = @_;
    return http_get("/api/$uri", 'X-User' => 'lan');
}


sub reveal {
    return http_post("/api/held/$id/reveal", $type, '{}', 'X-User' => 'lan');
}


sub erase {
    my ($body) = @_;
    return http_post('/admin/erase', $type, $body);
}


sub decide {
    my ($action, $version, $user, $body) = @_;
    return $r = http_post("/api/held/$id/$action", $type,
                          $body // '{"reason":"abuse"}', 'X-User' => $user,
                          'If-Match' => qq("$version"));
}


sub approve {
    my ($status) = @_;
    my ($version) = $t->redis('HGET', "m:{portal}:h:$id", 'version');

    $t->backend_forget() unless $status;
    $r = decide('approve', $version, 'minh', '{}');
    is(status($r), $status || 200, 'approve');
}


sub delivered {
    my ($name, $address) = @_;
    my ($first, @more) = $t->backend_requests();
    my %headers = map { lc $_->[0] => $_->[1] } @{$first->{headers}};

    is(json($r)->{state}, 'delivered', "$name: delivered");
    is(scalar @more, 0, "$name: once");
    is("$first->{method} $first->{uri}", 'POST /form?SECRETQUERY',
       "$name: request");
    is($first->{body}, $body, "$name: byte by byte");
    is("$headers{'user-agent'} $headers{cookie} $headers{'x-kept'}",
       'SECRETAGENT SECRETCOOKIE=1 SECRETKEPT', "$name: headers");
    is($headers{'x-address'}, $address || '198.51.100.77', "$name: address");
}


sub no_key {
    my ($name) = @_;

    for my $answer (api('GET', "held/$id"), reveal(),
                    decide('reject', 1, 'lan'), decide('claim', 1, 'lan'),
                    http_post("/api/held/$id/note", $type, '{"text":"a"}',
                              'X-User' => 'lan'))
    {
        is(status($answer), 409, "$name: 409");
        is(json($answer)->{error}, 'no-key', "$name: told");
    }

    my ($item) = grep { $_->{id} eq $id }
                      @{json(api('GET', 'held?state=pending'))->{items}};
    is($item->{error}, 'no-key', "$name: in the list");
    is($item->{excerpt}, '', "$name: without an excerpt");
    is(status(http_get("/receipt/$receipt")), 503, "$name: receipt");
    like($t->error_log(), qr/held submission $id cannot be read \(key/,
         "$name: in the log");
}


# Changes a value as somebody would who can write to Redis.

sub tamper {
    my ($column, $way) = @_;
    my $key = "m:{portal}:h:$id";
    my $value = $t->redis('HGET', $key, $column);
    my ($other) = $ids{other} =~ /^(\w+)/;

    return $t->redis('HDEL', $key, $column) if $way eq 'gone';

    substr($value, -1, 1) ^= "\1" if $way eq 'bit';
    chop $value if $way eq 'cut';
    $value = $t->redis('HGET', "m:{portal}:h:$other", $column)
        if $way eq 'other';
    $value = 'comment=other' if $way eq 'plain';
    $value = '' if $way eq 'empty';

    $t->redis('HSET', $key, $column, $value);
}


sub forged {
    my ($name, $state) = @_;
    my $version = $t->redis('HGET', "m:{portal}:h:$id", 'version');
    my $answer = decide('approve', $version, 'minh', '{}');

    is(status($answer), 409, "$name: not approved");
    is(json($answer)->{error}, 'forged', "$name: told");
    is($t->redis('SISMEMBER', 'm:{portal}:s:' . ($state || 'pending'), $id), 1,
       "$name: it is where it was");
}


# All of a key that somebody sees who looks at it.

sub dump_of {
    my ($key) = @_;
    my $kind = $t->redis('TYPE', $key);
    my @all = ($t->redis('DUMP', $key));

    push @all, @{$t->redis('HGETALL', $key)} if $kind eq 'hash';
    push @all, @{$t->redis('ZRANGE', $key, 0, -1)} if $kind eq 'zset';

    return join "\n", $key, map { $_ // '' } @all;
}


sub aof {
    my ($file) = (glob("$dir/redis/appendonlydir/*.incr.aof"),
                  "$dir/redis/appendonly.aof");
    return $file;
}

###############################################################################
