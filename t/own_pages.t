#!/usr/bin/perl

# Copyright (C) the moderate authors

# The portal's own pages for what is held or rejected and for receipts: they
# say the same with the same status, and one that fails hides nothing.

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
    moderate_methods      GET POST;

    log_format  told  '$status $moderate_verdict $moderate_reason';
    access_log  %%TESTDIR%%/told.log told;

    server {
        listen    127.0.0.1:8080;
        root      %%TESTDIR%%;
        moderate  on;
        PAGE

        moderate_held_page    /pages/held.html;
        moderate_reject_page  /pages/rejected.html;
        moderate_receipt_page /pages/receipt.html;

        error_page  403 404  /pages/error.html;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /pages/ {
            ssi  on;
        }

        location /off {
            moderate_held_page    off;
            moderate_reject_page  off;
            error_page            418 /x;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /proxied {
            moderate_held_page    /p/held?x=$arg_x;
            moderate_reject_page  /p/rejected;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /p/ {
            internal;
            proxy_set_header  X-Told
                "$moderate_state $moderate_reason $moderate_id";
            proxy_set_header  X-Receipt $moderate_receipt;
            proxy_set_header  X-Page $moderate_page;
            proxy_pass        http://127.0.0.1:8081;
        }

        location /language {
            moderate_held_page  /pages/$moderate_language.html;
            proxy_pass          http://127.0.0.1:8081;
        }

        location /named {
            moderate_held_page  $arg_page;
            proxy_pass          http://127.0.0.1:8081;
        }

        location /bad {
            moderate_held_page    /bad/$arg_page;
            moderate_reject_page  /bad/$arg_page;
            proxy_pass            http://127.0.0.1:8081;
        }

        location /bad/moved { return 301 /elsewhere; }
        location /bad/away { proxy_pass http://127.0.0.1:8089; }
        location /bad/denied { deny all; }
        location /bad/login {
            auth_basic            "x";
            auth_basic_user_file  %%TESTDIR%%/nobody;
        }
        location /bad/missing { }
        location /bad/backend/ { proxy_pass http://127.0.0.1:8081/; }

        location /bad/loop {
            moderate_held_page    /bad/loop;
            moderate_reject_page  /bad/loop;
            rewrite               ^ /bad/loop last;
        }

        location /fixed {
            moderate_held_page  /return;
            proxy_pass          http://127.0.0.1:8081;
        }

        location /return { return 200 "returned\n"; }

        location /receipt/ {
            moderate_receipt;
        }

        location /api/ {
            moderate_api  role=moderator user=$http_x_user;
        }
    }

    server {
        listen    127.0.0.1:8082;
        moderate  on;

        location / {
            moderate_receipt_page  /receipt/again;
            moderate_held_page     /receipt/again;
            proxy_pass             http://127.0.0.1:8081;
        }

        location /receipt/ {
            moderate_receipt_page  /receipt/again;
            moderate_receipt;
        }
    }
}
EOF

$t->write_file_expand('nginx.conf', $conf =~ s/PAGE//r);
$t->write_file_expand('page.conf', $conf =~ s/PAGE/moderate_held_page page;/r);
$t->write_file_expand('twice.conf', $conf =~ s/PAGE/moderate_held_page off;/r);

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.pills
    category: advertising
    reason: contact-advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }

  - id: test.lottery
    category: scam
    words: [lottery]
    score: 20
    examples: { hit: [lottery], miss: [lots] }
EOF

my $told = join '', map { "$_=[<!--#echo var=\"moderate_$_\" -->]\n" }
           qw/ state id reason receipt language /;

$t->make_dir('pages');
$t->write_file("pages/$_.html", "portal $_\n$told<main>"
               . '<!--#echo var="moderate_page" encoding="none" --></main>')
    for qw/ held rejected receipt /;
$t->write_file("pages/$_.html", "page $_") for qw/ vi en error /;
$t->write_file('secret', 's' x 40);
$t->write_file('nobody', '');
$t->run_redis()->run_backend();

my $form = 'application/x-www-form-urlencoded';
my $id = qr/[0-9a-f]{32}/;
my $key = qr/$id\.$id/;
my ($r, $receipt, $request, $code, $out);

###############################################################################

# configuration

($code, $out) = $t->config_test('page.conf');
is($code, 1, 'no path');
like($out, qr/invalid page "page" in "moderate_held_page", expected a path of/,
     'told');
($code, $out) = $t->config_test('twice.conf');
is($code, 1, 'twice');
like($out, qr/"moderate_held_page" directive is duplicate/, 'told');
$t->allow_log(qr/\[emerg\].*moderate_held_page/);
$t->run();

# held, rejected

$r = comment('pills');
is(status($r), 202, 'held');
like(body($r), qr/^portal held$/m, 'the own page');
like(body($r), qr/^state=\[held\]\nid=\[($id)\]\nreason=\[contact-advert/m,
     'what it is told');
($receipt) = body($r) =~ m!^receipt=\[/receipt/($key)\]!m;
ok($receipt, 'and the receipt');
like(body($r), qr!<main><h1>[^<]+</h1>.*<a href="/receipt/$receipt">!s,
     'the built-in content');
unlike(body($r), qr/pills/, 'not the text');
is(header($r, 'Cache-Control'), 'no-store', 'not cached');
is(header($r, 'Vary'), 'Accept, Accept-Language', 'varies');
is(header($r, 'Content-Security-Policy'), undef, 'the policy is its own');

$r = comment('lottery');
is(status($r), 403, 'rejected');
like(body($r), qr/^portal rejected\nstate=\[rejected\]/, 'the own page');
like(body($r), qr/^reason=\[scam\]\nreceipt=\[\(none\)\]/m, 'what it is told');

$r = comment('pills', 'Accept' => 'application/json');
is(status($r), 202, 'JSON, held');
is(json($r)->{status}, 'held', 'as before');
$r = comment('lottery', 'Accept' => 'application/json');
is(status($r), 403, 'JSON, rejected');

$r = comment('pills', '/off', 'Accept-Language' => 'en');
is(status($r), 202, 'off');
like(body($r), qr/<html lang="en">/, 'the built-in page');
$r = comment('lottery', '/off');
is(status($r), 403, 'off');
like(body($r), qr/<html lang="vi">/, 'the built-in page');

is(body(comment('pills', '/language', 'Accept-Language' => $_)), "page $_",
   "by language, $_") for qw/ vi en /;

$r = comment('pills', '/fixed');
is(status($r), 202, 'a text');
is(body($r), "returned\n", 'as it is');

# a page that comes from a backend

$t->backend_forget();
$r = comment('pills', '/proxied?x=1');
is(status($r), 202, 'from a backend');
is(body($r), "backend\n", 'its text');
$request = request();
is("$request->{method} $request->{uri} '$request->{body}'",
   "GET /p/held?x=1 ''", 'without what was sent');
like($request->{headers}{'x-told'}, qr/^held contact-advertising $id$/,
     'what it is told');
like($request->{headers}{'x-receipt'}, qr!^/receipt/$key$!, 'the receipt');
like($request->{headers}{'x-page'}, qr/^<h1>[^<]+<\/h1>/, 'the content');
is($request->{headers}{'content-length'} || 0, 0, 'no length of a body');
$r = comment('lottery', '/proxied');
is(status($r), 403, 'rejected, from a backend');
is(status(http_chunked('/proxied', $form, [ 'comment=pi', 'lls' ])), 202,
   'the same chunked');
is(request()->{body}, '', 'without what was sent');

# one after the other on a connection

$r = http("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: $form\r\n"
          . "Content-Length: 13\r\n\r\ncomment=pills"
          . "GET /pages/en.html HTTP/1.1\r\nHost: localhost\r\n"
          . "Connection: close\r\n\r\n");
like($r, qr/^HTTP\/1.1 202 .*portal held.*HTTP\/1.1 200 .*page en/s,
     'one connection');

# a page that cannot be had

for my $page (qw< missing moved away denied login loop backend/status/404
                  backend/status/500 backend/status/302 backend/close
                  backend/status/204 backend/status/403 >)
{
    $r = comment('pills', "/bad?page=$page");
    is(status($r), 202, "$page: held all the same");
    like(body($r), qr{^<!DOCTYPE.*href="/receipt/$key".*</html>\r\n$}s,
         "$page: built-in page with the receipt");
    is(header($r, 'Location'), undef, "$page: no other address");
    is(header($r, 'WWW-Authenticate'), undef, "$page: no password");
    like(header($r, 'Content-Security-Policy'), qr/^default-src 'none'/,
         "$page: with its policy");
    is(header($r, 'Content-Length'), length body($r), "$page: length");
    $r = comment('lottery', "/bad?page=$page");
    is(status($r), 403, "$page: rejected all the same");
    like(body($r), qr/^<!DOCTYPE.*<dd>/s, "$page: with the reason");
}

like($t->error_log(), qr!the page "/bad/missing" answers 404, the built-in!,
     'told');
is(status(comment('pills', '/named?page=')), 202, 'no page');
like(body(comment('pills', "/named?page=$_")), qr/^<!DOCTYPE/, "not $_")
    for 'x', '/../secret', '/pages/../secret', '/pages/%2e%2e/%2e%2e/etc/x';
like($t->error_log(), qr!"x" is not the path of a page!, 'told');
like(body(comment('pills', '/named?page=/pages/held.html')), qr/^portal held/,
     'by a variable');

# receipts

$receipt = held('pills <script> <!--#echo var="moderate_id" -->%0D%0AX: y');
$r = look();
is(status($r), 200, 'receipt');
like(body($r), qr/^portal receipt\nstate=\[waiting\]\nid=\[$id\]\n/,
     'the own page');
like(body($r), qr!^receipt=\[/receipt/$receipt\]$!m, 'its address');
like(body($r), qr/&lt;script&gt; &lt;!--#echo var=&quot;moderate_id&quot; --/,
     'the text, escaped once');
like(body($r), qr/--&gt;&#13;&#10;X: y/, 'and its line ends');
is(header($r, $_->[0]), $_->[1], $_->[0])
    for [ 'Cache-Control', 'no-store' ], [ 'Referrer-Policy', 'no-referrer' ],
        [ 'X-Robots-Tag', 'noindex, nofollow' ];
is(json(look('Accept' => 'application/json'))->{status}, 'waiting', 'JSON');

decide('reject', 1);
$r = look();
like(body($r), qr/^state=\[not-published\].*^reason=\[abuse\]$/ms, 'rejected');
like(body($r), qr/<form method="post">/, 'an appeal can be made');
$r = http_post("/receipt/$receipt", $form, 'note=');
is(status($r), 422, 'no note');
like(body($r), qr/^portal receipt\n.*role="alert"/s, 'the own page');
$r = http_post("/receipt/$receipt", $form, 'note=why');
is(status($r), 200, 'appeal');
like(body($r), qr/^state=\[appealed\]$/m, 'appealed');
is(status(http_post("/receipt/$receipt", $form, 'note=why')), 409, 'again');

$receipt =~ s/.$/x/;
$r = look();
is(status($r), 404, 'no receipt');
like(body($r), qr/^portal receipt\nstate=\[not-found\]\nid=\[\(none\)\]/,
     'the own page');
like(body($r), qr/^receipt=\[\(none\)\]$/m, 'nothing is told');

# a page that leads to the receipts is none

$r = comment('pills', -port => 8082);
is(status($r), 202, 'held, in a circle');
($receipt) = body($r) =~ m!href="/receipt/($key)"!;
$r = look(-port => 8082);
is(status($r), 200, 'receipt, in a circle');
like(body($r), qr/^<!DOCTYPE.*$receipt/s, 'the built-in page');

# nothing was inspected twice, and nothing of it was passed

is(scalar(grep { $_->{body} =~ /pills|lottery/ } $t->backend_requests()), 0,
   'nothing reached the backend');
is(scalar(() = $t->read_file('told.log') =~ /PASSED/g), 1,
   'no page was judged but the one that was asked for');
like($t->read_file('told.log'), qr/^202 HELD contact-advertising$/m,
     'held, in the log');
like($t->read_file('told.log'), qr/^403 REJECTED scam$/m, 'rejected');

# Redis is away

$receipt = held('pills');
$t->stop_redis();
$r = look();
is(status($r), 503, 'away');
like(body($r), qr/^portal receipt\nstate=\[unavailable\]/, 'the own page');

$t->done_testing();

###############################################################################

sub comment {
    my ($text, @headers) = @_;
    my $uri = @headers % 2 ? shift @headers : '/';
    return http_post($uri, $form, "comment=$text", @headers);
}


sub held {
    my ($text) = @_;
    return json(comment($text, 'Accept' => 'application/json'))->{receipt};
}


sub look { return http_get("/receipt/$receipt", @_) }


sub decide {
    my ($action, $version) = @_;
    my ($which) = $receipt =~ /^(\w+)/;
    http_post("/api/held/$which/$action", 'application/json',
              '{"reason":"abuse"}', 'X-User' => 'lan',
              'If-Match' => qq("$version"));
}


# The last one that the backend got.

sub request {
    my $last = ($t->backend_requests())[-1];
    $last->{headers} = { map { lc $_->[0] => $_->[1] } @{$last->{headers}} };
    return $last;
}

###############################################################################
