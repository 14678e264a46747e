#!/usr/bin/perl

# Copyright (C) the moderate authors

# Clients leave at every moment: nothing is left open, nobody else notices, and
# what has a receipt is held.

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

    log_format  verdict  '$uri $status $moderate_verdict';
    access_log  %%TESTDIR%%/verdict.log  verdict;

    moderate_redis          unix:%%TESTDIR%%/redis.sock;
    moderate_redis_timeout  60s;
    moderate_site           portal;
    moderate_field          text comment;
    moderate_rules          %%TESTDIR%%/rules.yaml %%TESTDIR%%/limits.yaml;

    server {
        listen    127.0.0.1:8080;
        listen    127.0.0.1:8082 http2;
        moderate  on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /uncounted {
            moderate_rules  %%TESTDIR%%/rules.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location = /status {
            moderate  off;
            stub_status;
        }
    }
}
EOF

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.hold
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }
EOF

$t->write_file('limits.yaml', <<'EOF');
version: 1
limits: [ { id: rate, key: client, over: 1000000, per: 1h, score: 5 } ]
EOF

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';

my %leave = (
    'closed'    => sub { close $_[0] },
    'reset'     => \&http_abort,
    'shut down' => sub { shutdown $_[0], 1; http_end($_[0], 0.1) },
);

my (@s, @receipts, $worker, $held, $open, $stream);

###############################################################################

is(post('/', 'hello'), 200, 'before');
is(post('/', 'pills'), 202, 'held before');

($worker) = $t->workers();
ok(wait_until(sub { active() == 1 }), 'one connection');
$open = files();

for my $how (sort keys %leave) {
    my $sub = $leave{$how};

    # in the headers, in the body

    for my $part ('POST / HT', "POST / HTTP/1.1\r\nHost: a\r\nConte",
                  substr(request('/', 'pills'), 0, -3),
                  substr(request('/', 'x' x 100000), 0, 90000))
    {
        $sub->(http_start($part));
    }

    ok(left(), "$how while it sends");

    # while it is counted, while it is stored

    $held = held();
    $t->freeze_redis();

    for my $uri ('/', '/uncounted') {
        @s = map { http_start(request($uri, 'pills')) } 1 .. 5;
        ok(wait_until(sub { writing() == 6 }), "$how and waiting at $uri");
        $sub->($_) for @s;
        ok(wait_until(sub { writing() == 1 }), "$how and noticed at $uri");
    }

    $t->thaw_redis();
    is(post('/', 'pills'), 202, "$how while Redis was asked");
    cmp_ok(held(), '<=', $held + 6, "$how: those that were stored are held");
    ok(left(), "$how: none left");

    # while the backend works, while its answer is sent

    $t->backend_forget();
    @s = http_start(request('/slow/1', 'hello'));
    ok(wait_until(sub { $t->backend_requests() == 1 }), "$how at the backend");
    $sub->($_) for @s;
    ok(left(), "$how while the backend works");

    @s = http_start(request('/large/20000000', 'hello'));
    sysread $s[0], my $some, 1000;
    like($some, qr/ 200 /, "$how in the answer");
    $sub->($_) for @s;
    ok(left(), "$how while it is answered");
}

# a stream of HTTP/2 is reset, and its connection goes on

$t->freeze_redis();
$stream = http_start("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(4, 0, 0, '')
                     . stream(1, '/') . stream(3, '/uncounted'),
                     port => 8082);
ok(wait_until(sub { writing() == 3 }), 'streams wait');
print $stream frame(3, 0, 1, pack 'N', 8), frame(3, 0, 3, pack 'N', 8);
ok(wait_until(sub { writing() == 1 }), 'streams are reset');
print $stream stream(5, '/');
ok(wait_until(sub { writing() == 2 }), 'next stream waits');
$t->thaw_redis();
print $stream frame(6, 0, 0, 'pingpong');
ok(wait_until(sub { $t->read_file('verdict.log') =~ m!^/ 202 HELD\n\z!m }),
   'next stream is held');
print $stream stream(7, '/'), frame(3, 0, 7, pack 'N', 8);
http_abort($stream);
ok(left(), 'streams and their connection are gone');

h2('POST', '/', $form, 'comment=' . 'x' x 100000, port => 8082, frame => 1000,
   abort => 50000);
ok(left(), 'stream is reset in its body');

# at random, two hundred times, beside one who stays

my $seed = $ENV{TEST_SEED} || int rand 2 ** 31;
srand $seed;

$t->run_daemon(sub {
    $| = 1;
    print json($_)->{receipt}, "\n"
        for map { http_post('/', $form, 'comment=pills',
                            'Accept' => 'application/json') } 1 .. 100;
    print "end\n";
});

for (1 .. 200) {
    my $uri = (qw! / /uncounted /slow/0.2 /large/100000 !)[rand 4];
    my $text = (qw! hello pills !)[rand 2] . ' ' . 'x' x rand 2000;
    my $request = request($uri, $text);
    my $cut = int rand 1.5 * length $request;

    @s = http_start(substr $request, 0, $cut);
    sysread $s[0], my $some, rand 100 if $cut > length $request && rand() < .2;
    $leave{$_}->($s[0]) for (sort keys %leave)[rand 2];
}

ok(wait_until(sub { ($t->read_file('daemon1.out') || '') =~ /^end/m }, 60),
   'one stays');
@receipts = $t->read_file('daemon1.out') =~ /^([0-9a-f]{32})$/mg;
is(scalar @receipts, 100, 'and has an answer each time');
is(scalar(grep { !$t->redis('SISMEMBER', 'm:{portal}:s:pending', $_) }
               @receipts), 0, 'all that has a receipt is held');
ok(left(), 'none of two hundred left') or diag("TEST_SEED=$seed");

# what is held is whole, with a receipt or without

my @ids = @{$t->redis('SMEMBERS', 'm:{portal}:s:pending')};
is(scalar(grep { ($t->redis('HGET', "m:{portal}:h:$_", 'body') || '')
                 !~ /^comment=pills(?: x*)?$/ } @ids), 0, 'held whole');
is($t->redis('ZCARD', 'm:{portal}:index'), scalar @ids, 'held and indexed');

is(post('/', 'hello'), 200, 'after');
is(post('/', 'pills'), 202, 'held after');
is(join(' ', $t->workers()), $worker, 'the same worker');

$t->done_testing();

###############################################################################

sub request {
    my ($uri, $text) = @_;
    return "POST $uri HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
           . "Content-Type: $form\r\nContent-Length: "
           . (8 + length $text) . "\r\n\r\ncomment=$text";
}


sub post {
    my ($uri, $text) = @_;
    return status(http(request($uri, $text)));
}


# What nginx has in hand, beside the connection that asks: 1.

sub active { http_get('/status') =~ /Active connections: (\d+)/ && $1 }
sub writing { http_get('/status') =~ /Writing: (\d+)/ && $1 }
sub files { scalar(() = glob "/proc/$worker/fd/*") }
sub left { wait_until(sub { active() == 1 && files() == $open }) }
sub held { $t->redis('SCARD', 'm:{portal}:s:pending') }


# HTTP/2: a frame; a whole request, its headers as literals.

sub frame {
    my ($type, $flags, $stream, $data) = @_;
    return substr(pack('N', length $data), 1)
           . pack('CCN', $type, $flags, $stream) . $data;
}


sub stream {
    my ($stream, $uri) = @_;
    my $head = "\x83\x86\x04" . pack('C/a', $uri) . "\x01" . pack('C/a', 'a')
               . "\x00" . pack('C/a C/a', 'content-type', $form);

    return frame(1, 4, $stream, $head) . frame(0, 1, $stream, 'comment=pills');
}

###############################################################################
