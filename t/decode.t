#!/usr/bin/perl

# Copyright (C) the moderate authors

# What a portal decodes is decoded before rules are compared with it, and what
# is shown to the moderator is what was sent, with the places of the hits in
# it.  Character sets other than UTF-8 are read as declared, and as they stand.

###############################################################################

use warnings;
use strict;
use utf8;

use Encode qw/ decode encode /;
use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;
    moderate_site   portal;
    moderate        on;

    server {
        listen       127.0.0.1:8080;

        location /plain {
            moderate_field   text    content;
            proxy_pass       http://127.0.0.1:8081;
        }

        location /html {
            moderate_field   text    content;
            moderate_decode  text    tags entities;
            proxy_pass       http://127.0.0.1:8081;

            # inherited with the fields, or not at all

            location /html/same {
                proxy_pass      http://127.0.0.1:8081;
            }

            location /html/fields {
                moderate_field  author  name;
                proxy_pass      http://127.0.0.1:8081;
            }

            location /html/decode {
                moderate_decode  other   entities;
                moderate_decode  author  entities;
                proxy_pass       http://127.0.0.1:8081;
            }
        }

        location /dnn {
            moderate_field   text    Comment;
            moderate_decode  text    urldecode entities;
            proxy_pass       http://127.0.0.1:8081;
        }

        location /bbcode {
            moderate_field   text    comment;
            moderate_decode  text    bbcode;
            proxy_pass       http://127.0.0.1:8081;
        }

        location /entities {
            moderate_field   text    content;
            moderate_decode  text    entities;
            proxy_pass       http://127.0.0.1:8081;
        }

        location /api/ {
            moderate_api  role=moderator user=lan;
        }
    }
}
EOF

$t->write_file('rules.yaml', encode('UTF-8', <<'EOF'));
version: 1
thresholds: { reject: 99 }

rules:
  - id: test.word
    title: A word
    category: advertising
    words: ["không thế chấp", "ưu đãi"]
    score: 10
    examples: { hit: ["không thế chấp"], miss: ["không thể chấp"] }

  - id: test.links
    title: Links
    category: link-flood
    measure: links
    over: 2
    score: 5
    examples: { hit: ["a.vn b.vn c.vn"], miss: ["a.vn b.vn"] }
EOF

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $multipart = 'multipart/form-data; boundary=b';

sub coded {
    my ($bytes) = @_;
    $bytes =~ s/([^A-Za-z0-9*\-._ ])/sprintf '%%%02X', ord $1/ge;
    $bytes =~ tr/ /+/;
    return $bytes;
}

# status; of a held one also rule, field and the place as it is shown, and why
# it is unreadable

sub outcome {
    my ($uri, $type, $body) = @_;

    $t->backend_forget();

    my $r = http_post($uri, $type, $body, 'Accept' => 'application/json');

    if (status($r) == 200) {
        my @came = $t->backend_requests();
        return @came == 1 && $came[0]{body} eq $body ? 'passed' : 'changed';
    }

    my $receipt = (json($r) || {})->{receipt} or return status($r);
    my $item = json(http_get("/api/held/$receipt"));
    my @said = $item->{unreadable} || ();

    for my $hit (grep { defined $_->{index} } @{$item->{hits}}) {
        my $field = $item->{fields}[$hit->{index}];
        my $shown = substr encode('UTF-8', $field->{value}), $hit->{start},
                           $hit->{end} - $hit->{start};

        push @said, "$hit->{rule} $hit->{field}"
                    . ($field->{charset} ? " $field->{charset}" : '')
                    . ': ' . decode('UTF-8', $shown);
    }

    return join ' | ', @said;
}

sub urlencoded {
    my ($uri, $name, $text) = @_;
    return outcome($uri, $form, "$name=" . coded(encode('UTF-8', $text)));
}

sub part { "--b\r\nContent-Disposition: form-data; $_[0]\r\n\r\n$_[1]\r\n" }

binmode Test::More->builder->$_, ':utf8'
    for qw/ output failure_output todo_output /;

###############################################################################

my $ckeditor = '<p>Vay kh&ocirc;ng <strong>th</strong>ế chấp</p>';
my $sent = 'kh&ocirc;ng <strong>th</strong>ế chấp';

# editors

is(urlencoded('/plain', 'content', $ckeditor), 'passed', 'not decoded');
is(urlencoded('/html', 'content', $ckeditor), "test.word content: $sent",
   'CKEditor');
is(urlencoded('/html', 'content', '<p>T&ocirc;i đồng &yacute;</p>'),
   'passed', 'CKEditor passed as sent');
is(urlencoded('/html', 'content', '<p>Vay</p><p>không&nbsp;thế</p>chấp'),
   'test.word content: không&nbsp;thế</p>chấp', 'blocks divide');
is(urlencoded('/html', 'content', '<img alt="kh&#244;ng thế chấp">'),
   'test.word content: kh&#244;ng thế chấp', 'attributes');
is(urlencoded('/html', 'content', '<!-- kh&#x00F4;ng thế chấp -->'),
   'test.word content: kh&#x00F4;ng thế chấp', 'comments');
is(urlencoded('/html', 'content', 'a < không thế chấp'),
   'test.word content: không thế chấp', 'what is no tag');
is(urlencoded('/html', 'content', 'a <không thế chấp'),
   'test.word content: không thế chấp', 'what is not closed');
is(outcome('/html', 'application/json',
           encode('UTF-8', '{"content":"x <b>kh\u00f4ng</b>&nbsp;thế chấp"}')),
   'test.word content: không</b>&nbsp;thế chấp', 'JSON');

# where it is inherited from

is(urlencoded('/html/same', 'content', $ckeditor), "test.word content: $sent",
   'inherited');
is(urlencoded('/html/fields', 'content', $ckeditor), 'passed',
   'fields alone inherit no decoders');
is(urlencoded('/html/decode', 'content', 'kh&ocirc;ng thế chấp'),
   'test.word content: kh&ocirc;ng thế chấp', 'of role other');

# twice percent-encoded

is(outcome('/dnn', $form, 'Comment=' . coded(coded(encode('UTF-8',
           'không thế chấp')) =~ s/\+/%20/gr)),
   'test.word Comment: kh%C3%B4ng%20th%E1%BA%BF%20ch%E1%BA%A5p', 'DNN');
is(urlencoded('/dnn', 'Comment', '100% đồng ý, a+b'), 'passed',
   'DNN, no escapes');

# BBCode

is(urlencoded('/bbcode', 'comment',
              '[url=http://a.vn]1[/url] [url=http://b.vn/x]2[/url]'),
   'passed', 'two links');
is(urlencoded('/bbcode', 'comment',
              '[url=http://a.vn]1[/url] [url]b.vn[/url] [img]http://c.vn/x'
              . '[/img]'),
   'test.links comment: http://a.vn | test.links comment: b.vn | '
   . 'test.links comment: http://c.vn/x', 'three links');
is(urlencoded('/bbcode', 'comment', 'kh[b]ô[/b]ng thế [i]chấp[/i]'),
   'test.word comment: kh[b]ô[/b]ng thế [i]chấp', 'words in BBCode');
is(urlencoded('/bbcode', 'comment', '[b=không thế chấp]'),
   'test.word comment: không thế chấp', 'words in a tag');

# a page in windows-1258: bytes, and references for what it does not have; no
# browser says so

is(outcome('/entities', $form, 'content=kh%F4ng+th%26%237871%3B+ch%26%237845'
           . '%3Bp'),
   "test.word content: kh\x{fffd}ng th&#7871; ch&#7845;p", 'windows-1258');
is(outcome('/plain', $form, 'content=%FDu+%F0a%DEi'),
   "test.word content: \x{fffd}u \x{fffd}a\x{fffd}i", 'windows-1258 marks');
is(outcome('/plain', $form, 'content=T%F4i+%F0%F5n'), 'passed',
   'windows-1258 passed as sent');
is(outcome('/entities', $multipart, part('name="content"',
           "kh\xf4ng th&#7871; ch&#7845;p") . "--b--\r\n"),
   "test.word content: kh\x{fffd}ng th&#7871; ch&#7845;p",
   'windows-1258 multipart');

# declared

is(outcome('/plain', "$form; charset=windows-1258", 'content=%FDu+%F0a%DEi'),
   'test.word content WINDOWS-1258: ưu đãi', 'declared');
is(outcome('/plain', "$form; charset=windows-1258", 'content=hello'),
   'passed', 'declared ASCII');
is(outcome('/plain', "$form; charset=windows-1258",
           'content=' . coded(encode('UTF-8', 'ưu đãi'))),
   'test.word content: ưu đãi', 'declared, and UTF-8 for all that');
is(outcome('/plain', "$form; charset=windows-1258", 'content=%D2%90'),
   'charset', 'declared, and not in it');
is(outcome('/plain', $multipart, part('name="_charset_"', 'windows-1258')
           . part('name="content"', "\xfdu \xf0a\xdei") . "--b--\r\n"),
   'test.word content WINDOWS-1258: ưu đãi', '_charset_');
is(outcome('/plain', $multipart, part('name="content"', "\xfdu \xf0a\xdei")
           . part('name="_charset_"', 'windows-1258') . "--b--\r\n"),
   'part-charset | test.word content: ' . "\x{fffd}u \x{fffd}a\x{fffd}i",
   '_charset_ too late');
is(outcome('/plain', $multipart, part(qq(name="content"\r\nContent-Type: )
           . 'text/plain; charset=utf-16be', "\1\xb0\0u\0 \1\x11\0\xe3\0i")
           . "--b--\r\n"),
   'test.word content UTF-16BE: ưu đãi', 'UTF-16 part');

# a delivery has the bytes that were sent

my $r = http_post('/plain', "$form; charset=windows-1258",
                  'content=%FDu+%F0a%DEi', 'Accept' => 'application/json');
my $item = json(http_get('/api/held/' . json($r)->{receipt}));

is($item->{fields}[1]{value}, 'ưu đãi', 'shown in UTF-8');
is($item->{excerpt}, 'ưu đãi', 'excerpt');
is($item->{fields}[0]{charset}, undef, 'as sent');

$t->backend_forget();
http_post("/api/held/$item->{id}/approve", 'application/json', '',
          'If-Match' => '"1"');
is(($t->backend_requests())[0]{body}, 'content=%FDu+%F0a%DEi', 'delivered');

$t->done_testing();

###############################################################################
