#!/usr/bin/perl

# Copyright (C) the moderate authors

# What the module sees in a body is what the backend makes of it: the fields
# shown to the moderator are those the backend parses after the approval, and
# a rule hits the field that has its word.

###############################################################################

use warnings;
use strict;
use utf8;

use JSON::PP ();
use Test::More;
use Test::Moderate;
use Test::Moderate::Fields;

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

    server {
        listen       127.0.0.1:8080;

        location / {
            moderate        on;
            moderate_field  text comment message.text items[].text;
            moderate_field  author name;
            moderate_field  ignore token;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /api/ {
            moderate_api  role=moderator user=lan;
        }
    }
}
EOF

$t->write_file('rules.yaml', "version: 1\nthresholds: { reject: 99 }\n"
               . "rules:\n" . join '', map { <<"EOF"
  - id: $_
    title: The word $_
    category: advertising
    in: [text, title, author, email, url, phone, honeypot, other]
    words: [$_]
    score: 5
    examples: { hit: ["x $_ y"], miss: ["x${_}y"] }

EOF
} qw/ alpha bravo charlie delta /);

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $json = 'application/json';
my @cases;

sub add { push @cases, [ @_ ] }

# a body as a client writes it: each part is its header lines and its content

sub parts {
    my ($boundary, @parts) = @_;
    my $body = '';

    while (my ($head, $content) = splice @parts, 0, 2) {
        $head =~ s/\n/\r\n/g;
        $body .= "--$boundary\r\n$head\r\n\r\n$content\r\n";
    }

    return "$body--$boundary--\r\n";
}

sub text { map { ("Content-Disposition: form-data; name=\"$_->[0]\"",
                  $_->[1]) } @_ }

# case, type, body, and where the words are: by the order of the fields

add('browser form', $form,
    'comment=T%C3%B4i+%C4%91%E1%BB%81+ngh%E1%BB%8B+alpha&name=Nguy%E1%BB%85n'
    . '+V%C4%83n+bravo&url=&submit=G%E1%BB%ADi', 'comment:alpha name:bravo');
add('browser lines', $form, 'comment=d%C3%B2ng+1%0D%0Aalpha%0D%0A&n=1',
    'comment:alpha');
add('raw utf-8', $form, 'comment=Tôi đề nghị alpha&name=Nguyễn "bravo" A',
    'comment:alpha name:bravo');
add('nfd', $form, 'comment=To%CC%82i+%C4%91e%CC%82%CC%80+nghi%CC%A3+alpha',
    'comment:alpha');
add('names', $form, 'Ý kiến=alpha&%C3%9D%20ki%E1%BA%BFn=bravo',
    'Ý kiến:alpha Ý kiến:bravo');
add('percent 20', $form, 'comment=a%20alpha%20b&name=100%25%20bravo',
    'comment:alpha name:bravo');
add('broken escapes', $form, 'comment=100% alpha+%zz+%4&name=% bravo',
    'comment:alpha name:bravo');
add('latin-1', $form, 'comment=d%E9j%E0+alpha&name=bravo+%FF',
    'comment:alpha name:bravo');
add('nested names', $form, 'a[b][]=alpha&a[b][]=x&a[c]=bravo&a.d=charlie',
    'a[b][]:alpha a[c]:bravo a.d:charlie');
add('repeated', $form, 'tag=alpha&tag=bravo&tag=alpha',
    'tag:alpha tag:bravo tag:alpha');
add('no value', $form, 'alpha&=bravo&c=&&comment=charlie&',
    ':bravo comment:charlie');
add('equal signs', $form, 'comment=a=alpha=b&name==bravo',
    'comment:alpha name:bravo');
add('escaped semicolon', $form, 'comment=a%3Balpha%3Bb=c', 'comment:alpha');
add('charset', "$form; charset=UTF-8", 'comment=alpha', 'comment:alpha');
add('type in capitals', 'Application/X-WWW-Form-UrlEncoded;charset=utf-8',
    'comment=alpha', 'comment:alpha');
add('ignored field', $form, 'token=alpha&comment=bravo', 'comment:bravo');

add('chrome', 'multipart/form-data; boundary=----WebKitFormBoundaryA1b2C3d4',
    parts('----WebKitFormBoundaryA1b2C3d4',
          text([ name => 'Nguyễn bravo' ]),
          "Content-Disposition: form-data; name=\"att\"; filename=\"ảnh.txt\""
          . "\nContent-Type: text/plain", "charlie\r\n\0delta",
          text([ comment => "alpha\r\ndòng 2" ])),
    'name:bravo comment:alpha');
add('empty file', 'multipart/form-data; boundary=----WebKitFormBoundaryA1b2',
    parts('----WebKitFormBoundaryA1b2',
          "Content-Disposition: form-data; name=\"att\"; filename=\"\"\n"
          . 'Content-Type: application/octet-stream', '',
          text([ comment => 'alpha' ], [ name => '' ])), 'comment:alpha');
add('firefox', 'multipart/form-data; boundary=---------------------------9051',
    parts('---------------------------9051',
          text([ 'a%22b' => 'alpha' ], [ 'a[b][]' => 'bravo' ],
               [ comment => "-----------------------------905\r\ncharlie" ])),
    'a%22b:alpha a[b][]:bravo comment:charlie');
add('curl', 'multipart/form-data; boundary=------------------------acea4e',
    parts('------------------------acea4e', text([ comment => 'a alpha' ]),
          "Content-Disposition: form-data; name=\"f\"; filename=\"a.bin\"\n"
          . 'Content-Type: application/octet-stream', join('', map { chr }
                                                           0 .. 127)),
    'comment:alpha');
add('okhttp', 'multipart/form-data; boundary=3f2a-77',
    parts('3f2a-77', qq(Content-Disposition: form-data; name="comment"\n)
          . 'Content-Length: 5', 'alpha'), 'comment:alpha');
add('dart', 'multipart/form-data; boundary=dart-http-boundary-x+y_z',
    parts('dart-http-boundary-x+y_z',
          "content-disposition: form-data; name=\"comment\"\ncontent-type: "
          . "text/plain; charset=utf-8\ncontent-transfer-encoding: binary",
          'Tôi alpha'), 'comment:alpha');
add('dotnet', 'multipart/form-data; boundary="6b1c-00"',
    parts('6b1c-00', "Content-Type: text/plain; charset=utf-8\n"
          . 'Content-Disposition: form-data; name=comment', 'alpha'),
    'comment:alpha');

add('json', $json, '{"comment":"Tôi alpha","name":"bravo","n":7,"ok":true,'
    . '"none":null,"x":-1.5}', 'comment:alpha name:bravo');
add('json escapes', $json, '{"comment":"\u0054\u00f4i \"alpha\"\\\\n \ud83d'
    . '\udc4d\n\tbravo","na\u006de":"charlie\/"}',
    'comment:alpha comment:bravo name:charlie');
add('json nested', $json, '{"message":{"text":"alpha","to":["bravo","x"]},'
    . '"items":[{"text":"charlie"},{"text":"delta"}],"e":{},"f":[]}',
    'message.text:alpha message.to[]:bravo items[].text:charlie '
    . 'items[].text:delta');
add('json spaces', $json, " \r\n\t[ \"alpha\" , { \"comment\" : \"bravo\" } ]"
    . "\n", '[]:alpha [].comment:bravo');
add('json lone surrogate', $json, '{"comment":"alpha \ud800 bravo"}',
    'comment:alpha comment:bravo');
add('json string', $json, '"alpha"', ':alpha');
add('odata', 'application/json;odata=verbose;charset=utf-8',
    '{"text":"Tôi alpha"}', 'text:alpha');
add('json api', 'application/vnd.api+json',
    '{"data":{"attributes":{"body":"alpha"}}}', 'data.attributes.body:alpha');
add('fetch', 'text/plain;charset=UTF-8', '{"comment":"alpha"}',
    'comment:alpha');
add('plain', 'text/plain;charset=UTF-8', "Tôi\r\nalpha & b=c", ':alpha');

sub words {
    my ($item) = @_;

    return join ' ', map { "$_->{field}:$_->{rule}" }
        sort { $a->{index} <=> $b->{index} || $a->{start} <=> $b->{start} }
        @{$item->{hits}};
}

my ($r, $item, $request, %roles);

###############################################################################

for my $case (@cases) {
    my ($name, $type, $body, $words) = @$case;

    utf8::encode($body);
    $t->backend_forget();

    $r = http_post('/x', $type, $body, 'Accept' => 'application/json');
    $item = json(http_get("/api/held/" . (json($r)->{receipt} || '')));

    is(words($item), $words, "$name: hits");

    $r = http_post("/api/held/$item->{id}/approve", $json, '',
                   'If-Match' => '"1"');
    ($request) = $t->backend_requests();

    is(json($r)->{state}, 'delivered', "$name: delivered");
    is($request->{error}, undef, "$name: parsed");
    is_deeply(fields_shown($item), fields_parsed($request), "$name: fields");
    is($request->{body}, $body, "$name: body");
    is((map { $_->[1] } grep { lc $_->[0] eq 'content-type' }
        @{$request->{headers}})[0], $type, "$name: type");

    $roles{"$name $_->{name}"} = $_->{role} for @{$item->{fields}};
}

# roles

is($roles{'browser form comment'}, 'text', 'role text');
is($roles{'browser form name'}, 'author', 'role author');
is($roles{'browser form url'}, 'other', 'role other');
is($roles{'ignored field token'}, 'ignore', 'role ignore');
is($roles{'json nested message.text'}, 'text', 'role of a path');
is($roles{'json nested items[].text'}, 'text', 'role of every element');

$t->done_testing();

###############################################################################
