#!/usr/bin/perl

# Copyright (C) the moderate authors

# A rejection may have a text for who sent it: it is shown on the receipt, and
# goes when the rejection does.

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

    moderate_redis             unix:%%TESTDIR%%/redis.sock;
    moderate_rules             %%TESTDIR%%/rules.yaml;
    moderate_secret_file       %%TESTDIR%%/secret;
    moderate_payload_key_file  %%TESTDIR%%/payload.key;
    moderate_site              portal;
    moderate_field             text comment;

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
            moderate_api  role=moderator user=$http_x_user;
        }

        location /ctl/ {
            moderate_api  role=admin user=ctl;
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
$t->write_file('payload.key', 'k' x 40);
chmod 0600, $t->testdir() . '/payload.key';
$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $json = 'application/json';
my $text = 'Xin bỏ số điện thoại <b>"của & người khác"</b>.';
my (@id, @receipt, $r);

###############################################################################

held() for 1 .. 4;

# said

$r = reject(0, 1, $text);
is(status($r), 200, 'rejected with a text');
is(item(0)->{explanation}, $text, 'moderators see it');
is(seen(0)->{explanation}, $text, 'the receipt in JSON');

$r = http_get("/receipt/$receipt[0]");
like($r, qr/&lt;b&gt;&quot;c\xe1\xbb\xa7a &amp; ng/, 'its page, as text');
unlike($r, qr/<b>/, 'no markup');
unlike(join(' ', @{$t->redis('HGETALL', "m:{portal}:h:$id[0]")}),
       qr/\xe1\xbb\x8f s\xe1\xbb\x91/, 'encrypted as what was sent is');

# it stays with an appeal, and goes with its rejection

is(status(http_post("/receipt/$receipt[0]", $form, 'note=why')), 200, 'appeal');
is(item(0)->{explanation}, $text, 'who hears it sees it');
is(status(reject(0, 3, undef, 'minh')), 200, 'rejected by another one');
is(item(0)->{explanation}, undef, 'who has not said so');

reject(1, 1, $text);
is(status(post("held/$id[1]/undo", 2, '{}')), 200, 'undone');
is(item(1)->{explanation}, undef, 'gone with it');
is(seen(1)->{explanation}, undef, 'for the receipt too');

is(status(reject(1, 3)), 200, 'rejected without a text');
is(item(1)->{explanation}, undef, 'there is none');
unlike(http_get("/receipt/$receipt[1]"), qr/What the moderator says/,
       'nor its place');

# several at once

$r = post('held/bulk', 0, JSON::PP->new->utf8->encode({ action => 'reject',
          reason => 'other', text => $text,
          ids => [ map { { id => $id[$_], version => 1 } } 2, 3 ] }));
is_deeply([ map { $_->{status} } @{json($r)->{results}} ], [ 200, 200 ],
          'several');
is(item($_)->{explanation}, $text, "text of $_") for 2, 3;

# what is none

held();
is(status(reject(4, 1, $_)), 422, 'no text') for '', " \n", 'x' x 2001;
is(status(post("held/$id[4]/reject", 1, qq({"reason":"scam","text":$_}))), 422,
   "nor $_") for 7, 'null', '["a"]';
is(item(4)->{state}, 'pending', 'not rejected');
is(status(reject(4, 1, 'x' x 2000)), 200, 'the longest');

# from the command line

held();
my ($code) = moderatectl('queue', 'reject', $id[5], '--reason', 'other',
                         '--text', 'too loud', '--api',
                         'http://127.0.0.1:' . port(8080) . '/ctl/');
is($code, 0, 'moderatectl');
is(seen(5)->{explanation}, 'too loud', 'its text');

# a full Redis takes the rejection

held();
$t->redis('CONFIG', 'SET', 'maxmemory', 1);
is(status(reject(6, 1, $text)), 200, 'full: rejected');
$t->redis('CONFIG', 'SET', 'maxmemory', 0);
is(item(6)->{explanation}, undef, 'full: not kept');
like($t->error_log(), qr/the reject of $id[6] .* could not be noted/,
     'full: told of');

$t->done_testing();

###############################################################################

sub held {
    my $told = json(http_post('/', $form, 'comment=pills',
                              'Accept' => 'application/json'));
    push @receipt, $told->{receipt};
    push @id, $told->{receipt} =~ /^(\w+)/;
}


sub post {
    my ($path, $version, $body, $user) = @_;
    return http_post("/api/$path", $json, $body, 'X-User' => $user || 'lan',
                     'If-Match' => qq("$version"));
}


sub reject {
    my ($n, $version, $text, $user) = @_;
    my %body = (reason => 'other');

    $body{text} = $text if defined $text;

    return post("held/$id[$n]/reject", $version,
                JSON::PP->new->utf8->encode(\%body), $user);
}


sub item { return json(http_get("/api/held/$id[$_[0]]", 'X-User' => 'lan')) }


sub seen {
    return json(http_get("/receipt/$receipt[$_[0]]", 'Accept' => $json));
}

###############################################################################
