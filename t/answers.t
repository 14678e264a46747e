#!/usr/bin/perl

# Copyright (C) the moderate authors

# What the person who commented is told: a page or JSON, in Vietnamese or
# English; and the portal's own pages, which take precedence and never let
# through what was refused.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis      unix:%%TESTDIR%%/redis.sock;
    moderate_rules      %%TESTDIR%%/rules.yaml;
    moderate_hold_size  1000;

    server {
        listen    127.0.0.1:8080;
        moderate  on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /static {
            error_page  403 413 503  /pages/sorry.html;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /ok {
            error_page  403  =200 /pages/sorry.html;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /missing {
            error_page  403  /pages/missing.html;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /named {
            error_page  403 503  @page;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /portal {
            error_page  403 503  = @portal;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /off {
            error_page  403 503  = @off;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /uri {
            error_page  403  = /other;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /away {
            error_page  403  = @away;
            proxy_pass  http://127.0.0.1:8081;
        }

        location /pages/ {
            root  %%TESTDIR%%;
        }

        location @page {
            return  403  "named page\n";
        }

        location @portal {
            proxy_pass  http://127.0.0.1:8081;
        }

        location @off {
            moderate    off;
            return      403  "off page\n";
        }

        location @away {
            moderate    off;
            proxy_pass  http://127.0.0.1:8081;
        }
    }

    server {
        listen                 127.0.0.1:8082;
        moderate               on;
        error_page             403  = @portal;
        recursive_error_pages  on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location @portal {
            proxy_pass  http://127.0.0.1:8081;
        }
    }
}
EOF

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.hold
    title: Held
    category: advertising
    words: ["pills"]
    score: 5
    examples: { hit: ["pills"], miss: ["bills"] }

  - id: test.reject
    title: Rejected
    category: abuse
    words: ["lottery"]
    score: 20
    examples: { hit: ["lottery"], miss: ["lot"] }
EOF

$t->make_dir('pages');
$t->write_file('pages/sorry.html', 'portal page');
$t->run_redis()->run_backend()->run();

sub comment {
    my ($text, @headers) = @_;
    my $uri = @headers % 2 ? shift @headers : '/';
    return http_post($uri, 'application/x-www-form-urlencoded',
                     "comment=$text", @headers);
}

# which of the two kinds, and of the two languages

sub kind {
    my $r = comment('pills', map { ('Accept' => $_) } @_);
    return json($r) ? 'json' : body($r) =~ /<html/ ? 'html' : 'none';
}

sub language {
    my $r = comment('pills', map { ('Accept-Language' => $_) } @_);
    my ($lang) = body($r) =~ /<html lang="(\w+)">/;
    return $lang;
}

# every element is closed, and by its own name

sub balanced {
    my ($page) = @_;
    my @open;

    $page =~ s/<!DOCTYPE html>|<meta [^<>]*>|<style>.*?<\/style>//gs;

    while ($page =~ m!<(/?)([a-z][a-z0-9]*)( [^<>]*)?>|([<>])!g) {
        return "stray $4" if $4;
        push @open, $2 if !$1;
        return "$2 ends $open[-1]" if $1 && pop @open ne $2;
    }

    return "open: @open";
}

my @answers = (
    [ 'held', 202, 'pills' ],
    [ 'rejected', 403, 'lottery' ],
    [ 'too-large', 413, 'pills' . '+a' x 500 ],
    [ 'unavailable', 503, 'pills' ],        # when Redis is away
);

my ($r, $page);

###############################################################################

# a page or JSON

is(kind(), 'html', 'no Accept');
is(kind(@$_), 'html', "html for @$_") for
    [ '*/*' ], [ '' ], [ 'image/png' ], [ 'text/*' ], [ 'TEXT/HTML' ],
    [ 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,'
      . '*/*;q=0.8' ],
    [ 'text/html, application/json' ], [ 'application/json, text/html' ],
    [ 'application/json;q=0.8, text/html;q=0.9' ],
    [ 'application/json;q=0.5, */*' ], [ 'application/json;q=0, */*;q=0.1' ],
    [ 'application/json;q=0', 'text/html' ], [ 'application/json;q=2' ],
    [ 'application/json-seq' ], [ 'text/html', 'application/json;q=0.9' ];
is(kind(@$_), 'json', "json for @$_") for
    [ 'application/json' ], [ 'Application/JSON' ], [ 'application/*' ],
    [ 'application/json, text/javascript, */*; q=0.01' ],
    [ 'application/json, text/plain, */*' ],
    [ 'application/json;charset=utf-8;q=0.9, text/html;q=0.8' ],
    [ "application/json\t;\tq=0.9\t, text/html\t;\tq=0.8" ],
    [ 'text/html;q=0, */*' ], [ 'text/html;q=0.1, application/*;q=0.2' ],
    [ 'text/html;q=0.999,application/json;q=1.000' ],
    [ ',, application/json ,,' ],
    [ 'text/html;q=0.5', 'application/json' ], [ '*/*', 'application/json' ];

# languages

is(language(), 'vi', 'no Accept-Language');
is(language(@$_), 'vi', "vi for @$_") for
    [ 'vi' ], [ 'vi-VN,vi;q=0.9,en-US;q=0.8,en;q=0.7' ], [ 'fr' ], [ '*' ],
    [ '' ], [ 'en, vi' ], [ 'en;q=0' ], [ 'eng' ], [ 'en;q=0.1, *' ],
    [ 'en;q=0.5', 'VI' ];
is(language(@$_), 'en', "en for @$_") for
    [ 'en' ], [ 'en-GB' ], [ 'EN-us,en;q=0.9' ], [ 'fr, en;q=0.3' ],
    [ 'en;q=0.9, vi;q=0.8' ], [ 'en, *' ], [ 'vi;q=0, *' ],
    [ 'vi;q=0.2', 'en;q=0.3' ], [ 'en-US,en;q=0.9,vi;q=0.8' ];

# each answer

for my $answer (@answers) {
    my ($name, $status, $text) = @$answer;

    $t->stop_redis() if $name eq 'unavailable';

    for my $lang (qw/ vi en /) {
        my @headers = ('Accept-Language' => $lang);

        $r = comment($text, @headers);
        $page = body($r);
        is(status($r), $status, "$name $lang");
        is(header($r, 'Content-Type'), 'text/html; charset=utf-8',
           "$name $lang type");
        is(header($r, 'Content-Length'), length $page, "$name $lang length");
        is(balanced($page), 'open: ', "$name $lang balanced");
        like($page, qr/^<!DOCTYPE html>\r\n<html lang="$lang"><head>/,
             "$name $lang begins");
        like($page, qr/<head><meta charset="utf-8">/, "$name $lang charset");
        like($page, qr!<title>([^<]+)</title>.*<h1>\1</h1><p>[^<]+</p>!s,
             "$name $lang title");
        ok(utf8::decode(my $copy = $page), "$name $lang UTF-8");

        $r = comment($text, @headers, 'Accept' => 'application/json');
        is(status($r), $status, "$name $lang json");
        is(header($r, 'Content-Type'), 'application/json',
           "$name $lang json type");
        is(json($r)->{status}, $name, "$name $lang json status");
        isnt(json($r)->{message}, undef, "$name $lang json message");
        is(json($r)->{message} =~ /[^\x00-\x7f]/ ? 'vi' : 'en', $lang,
           "$name $lang json language");
        is((join ' ', sort keys %{json($r)}), join(' ', sort 'status',
           'message', $name eq 'held' ? 'receipt' : (),
           $name eq 'rejected' ? 'reason' : ()), "$name $lang json keys");
    }

    is(header($r, 'Cache-Control'), 'no-store', "$name not cached");
    is(header($r, 'Vary'), 'Accept, Accept-Language', "$name varies");
    is(header($r, 'X-Content-Type-Options'), 'nosniff', "$name not sniffed");
    like(header($r, 'Content-Security-Policy'), qr/^default-src 'none';/,
         "$name policy");
    is(header($r, 'Retry-After'), $name eq 'unavailable' ? 30 : undef,
       "$name retry");
}

# pages of the portal, with Redis away

for (qw/ static named off /) {
    $r = comment('pills', "/$_");
    is(status($r), $_ eq 'off' ? 403 : 503, "unavailable $_");
    like(body($r), qr/page$/, "unavailable $_ page");
    is(header($r, 'Retry-After'), 30, "unavailable $_ retry");
    is(header($r, 'Cache-Control'), 'no-store', "unavailable $_ not cached");
}

like(body(comment('pills', '/portal')), qr/<html lang="vi">/,
     'unavailable, and handed to a portal that is moderated');

# and with Redis

$t->restart_redis();
ok(wait_until(sub { status(comment('pills')) == 202 }), 'Redis is back');
$t->backend_forget();

is(status(comment('lottery', '/static')), 403, 'static page');
is(body(comment('lottery', '/static')), 'portal page', 'static page body');
is(status(comment('pills' . '+a' x 500, '/static')), 413, 'static page 413');
is(status(comment('lottery', '/ok')), 200, 'static page with its own status');
is(status(comment('lottery', '/missing')), 404, 'static page is missing');
is(body(comment('lottery', '/named')), "named page\n", 'named location');
is(body(comment('lottery', '/off')), "off page\n", 'moderate off there');

$r = comment('lottery', '/portal', 'Accept' => 'application/json');
is(status($r), 403, 'handed to the portal');
is(json($r)->{status}, 'rejected', 'handed to the portal, told');

is(status(comment('lottery', '/x', -port => 8082)), 403,
   'handed on without end');
is(status(comment('pills', '/static')), 202, 'held needs no page');
is(scalar($t->backend_requests()), 0, 'nothing has reached a backend');

# a page that comes from the portal comes without what was refused

is(status(comment('lottery', '/uri')), 200, 'page of the portal');
is(status(comment('lottery', '/away')), 200, 'moderate off, to the portal');
is(status(http_chunked('/away', 'application/x-www-form-urlencoded',
                       [ 'comment=lot', 'tery' ])), 200, 'the same chunked');
is_deeply([ map { "$_->{method} $_->{uri} '$_->{body}'" }
            $t->backend_requests() ],
          [ "GET /other ''", "POST /away ''", "POST /away ''" ],
          'nothing of it reaches the portal');

$t->done_testing();

###############################################################################
