#!/usr/bin/perl

# Copyright (C) the moderate authors

# What was rejected can be corrected and sent again, by who has its receipt and
# by nobody else; and to look for a receipt is the same work whatever it is.

###############################################################################

use warnings;
use strict;

use IO::Socket::UNIX;

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
    moderate_field        title title;
    moderate_field        author name;
    moderate_field        email mail;

    server {
        listen    127.0.0.1:8080;
        moderate  on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /bare {
            moderate_replay_keep  User-Agent;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /receipt/ {
            moderate_receipt;
        }

        location /api/ {
            moderate_api  role=moderator user=$http_x_user;
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

$t->write_file('secret', 's' x 40);
$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $type = 'application/json';
my ($r, $receipt, $id, $told, $page, %work);

###############################################################################

# offered with the rejection, and not before

held('title=Hi+%3Cb%3E&comment=%0D%0Apills+%3C/textarea%3E%22&name=An'
     . '&mail=an@example.vn', 'http://localhost/bai-viet/1?p=2#form');
is(json(look())->{correct}, undef, 'not while it waits');
decide('reject', 1, 'lan');

$told = json(look())->{correct};
is($told->{form}, '/bai-viet/1', 'the path of the form, and no more of it');
is_deeply($told->{fields},
          [ { name => 'title', role => 'title', value => 'Hi <b>' },
            { name => 'comment', role => 'text',
              value => "\r\npills </textarea>\"" } ],
          'as it was sent, and nothing of the person');

$r = http_get("/receipt/$receipt", 'Accept-Language' => 'en');
$page = body($r);
is(header($r, 'Cache-Control'), 'no-store', 'not cached');
like($page, qr!<h2>Correct and send again</h2>!, 'offered');
like($page, qr!<textarea [^>]*readonly>\n\r\npills &lt;/textarea&gt;&quot;</t!,
     'the text, with the line end it begins with');
like($page, qr!<label for="sent0">[^<]+</label><textarea id="sent0"[^>]*>\n!,
     'a field has a label');
like($page, qr!<a href="/bai-viet/1">Back to the page with the form</a>!,
     'the way back');
unlike($page, qr/example\.vn|>An</, 'nothing of the person');
is(() = $page =~ /pills/g, 1, 'the text is there once');
unlike($page, qr/<textarea[^>]*name="(?!note")/, 'only the appeal is sent');
like(body(http_get("/receipt/$receipt")), qr/<h2>Sửa và gửi lại/,
     'Vietnamese');

# only on the way back to the same host, and by a path

for (
    [ '/', 'http://localhost/' ], [ '/a/b', 'https://localhost/a/b' ],
    [ '/a', 'HTTP://LOCALHOST/a' ],
    [ '/a%20b;c=d', 'http://localhost/a%20b;c=d' ],
    [ undef, undef ], [ undef, '' ], [ undef, '/a' ],
    [ undef, 'http://localhost' ], [ undef, 'http://localhost:80/a' ],
    [ undef, 'http://localhost.example/a' ], [ undef, 'http://other/a' ],
    [ undef, 'http://localhost@other/a' ], [ undef, 'ftp://localhost/a' ],
    [ undef, 'javascript:alert(1)' ], [ undef, 'http://localhost//other/a' ],
    [ undef, 'http://localhost/\\other' ], [ undef, 'http://localhost/a"b' ],
    [ undef, 'http://localhost/<b>' ], [ undef, "http://localhost/\xc3\xa9" ],
    [ undef, 'http://localhost?a' ],
    [ undef, 'http://localhost/' . 'a' x 2048 ],
    [ '/' . 'a' x 2047, 'http://localhost/' . 'a' x 2047 ],
)
{
    my ($path, $referer) = @$_;

    held('comment=pills', $referer);
    decide('reject', 1, 'lan');
    is(json(look())->{correct}{form}, $path,
       'of ' . substr $referer // 'no referer', 0, 40);
}

unlike(body(http_get("/receipt/$receipt", 'Host' => 'other')),
       qr/<a href/, 'nor on another host');
like(body(http_get("/receipt/$receipt")), qr/<a href/, 'but on this one');

held('comment=pills', 'http://localhost/a', '/bare');
decide('reject', 1, 'lan');
is(json(look())->{correct}{form}, undef, 'a Referer that is not kept');
is(json(look())->{correct}{fields}[0]{value}, 'pills', 'but the text is');

# neither for moderators nor without the receipt

unlike(body(http_get("/receipt/$id")), qr/pills/, 'not by the id');
is(status(http_get("/receipt/$id")), 404, 'which is no receipt');

# no more behind an appeal

http_post("/receipt/$receipt", $form, 'note=why');
is(json(look())->{correct}, undef, 'not while it is appealed');
decide('reject', 3, 'minh');
is(json(look())->{status}, 'not-published', 'rejected again');
is(json(look())->{correct}, undef, 'the end of it');
unlike(body(http_get("/receipt/$receipt")), qr/<textarea/, 'nor on the page');

# to look for a receipt is the same work

held('comment=pills', 'http://localhost/a');
decide('reject', 1, 'lan');

my %receipts = (
    'right'     => $receipt,
    'wrong'     => $receipt =~ s/.$/$& eq '0' ? '1' : '0'/er,
    'unknown'   => '0' x 32 . '.' . '0' x 32,
    'id'        => $id,
    'short'     => substr($receipt, 0, 64),
    'long'      => $receipt . '0',
    'longer'    => 'a' x 4000,
    'case'      => uc $receipt,
    'no point'  => $receipt =~ s/\./0/r,
    'empty'     => '',
    'a slash'   => "$receipt/",
    'a letter'  => $receipt =~ s/^./g/r,
    'a control' => "%01$receipt",
);

$work{$_} = work($receipts{$_}) for keys %receipts;

for my $name (sort keys %receipts) {
    is($work{$name}{commands}, $work{right}{commands}, "$name: commands");

    next if $name eq 'right';

    is($work{$name}{status}, 404, "$name: not found");
    is($work{$name}{answer}, $work{wrong}{answer}, "$name: the same bytes");
    is($work{$name}{page}, $work{wrong}{page}, "$name: the same page");
    is($work{$name}{appeal}, $work{wrong}{appeal}, "$name: the same appeal");
}

like($work{right}{commands}, qr/^HGETALL(?: SISMEMBER){9,}$/,
     'one look each');

$t->done_testing();

###############################################################################

sub held {
    my ($body, $referer, $uri) = @_;
    my $told = json(http_post($uri || '/', $form, $body, 'Accept' => $type,
                              defined $referer ? ('Referer' => $referer)
                                               : ()));
    ($id) = ($receipt = $told->{receipt}) =~ /^(\w+)/;
}


sub look {
    my ($which) = @_;
    return http_get('/receipt/' . ($which // $receipt), 'Accept' => $type,
                    'Accept-Language' => 'en');
}


sub decide {
    my ($action, $version, $user) = @_;
    http_post("/api/held/$id/$action", $type, '{"reason":"abuse"}',
              'X-User' => $user, 'If-Match' => qq("$version"));
}


# What Redis is asked to show a receipt, and all bytes of the answers but the
# date.

sub work {
    my ($which) = @_;
    my $monitor = IO::Socket::UNIX->new(Peer => $t->testdir() . '/redis.sock')
        or die;

    $monitor->autoflush(1);
    print $monitor "MONITOR\r\n";
    <$monitor>;

    my $r = look($which);
    my @seen;

    $t->redis('PING', 'seen');

    while (my $line = <$monitor>) {
        last if $line =~ /"PING" "seen"/;
        push @seen, $1 if $line =~ /"([A-Za-z]+)"/;
    }

    # what nginx asks by itself, every few seconds, begins with other commands

    return {
        commands => join(' ', join(' ', @seen) =~ /(HGETALL(?: SISMEMBER)*)/g),
        status   => status($r),
        answer   => dateless($r),
        page     => dateless(http_get("/receipt/$which")),
        appeal   => dateless(http_post("/receipt/$which", $form, 'note=x')),
    };
}


sub dateless { return $_[0] =~ s/^Date: .*\r\n//mr }

###############################################################################
