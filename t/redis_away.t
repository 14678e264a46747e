#!/usr/bin/perl

# Copyright (C) the moderate authors

# Redis is not there, stops, dies, hangs: nothing passes in silence, nothing
# that was promised is lost, and all goes on by itself when it is back.

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

    log_format  verdict  '$uri $status $moderate_verdict $moderate_rules';
    access_log  %%TESTDIR%%/verdict.log  verdict;

    moderate_redis          unix:%%TESTDIR%%/redis.sock;
    moderate_redis_timeout  300ms;
    moderate_site           portal;
    moderate_field          text comment;
    moderate_field          ignore filler;
    moderate_rules          %%TESTDIR%%/rules.yaml %%TESTDIR%%/limits.yaml;

    server {
        listen                127.0.0.1:8080;
        moderate              on;
        client_max_body_size  2m;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /unlimited {
            moderate_rules  %%TESTDIR%%/rules.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location /uncounted {
            moderate_failure  counters=pass;
            proxy_pass        http://127.0.0.1:8081;
        }

        location /unheld {
            moderate_failure  store=pass;
            proxy_pass        http://127.0.0.1:8081;
        }

        location /dry {
            moderate_dry_run  on;
            proxy_pass        http://127.0.0.1:8081;
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

  - id: test.reject
    category: scam
    words: [lottery]
    score: 20
    examples: { hit: [lottery], miss: [lots] }
EOF

$t->write_file('limits.yaml', <<'EOF');
version: 1
limits: [ { id: rate, key: client, over: 1000000, per: 1h, score: 5 } ]
EOF

$t->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $json = 'application/json';
my ($r, @workers, @sockets, @receipts);

###############################################################################

# never there

$r = http_post('/', $form, 'comment=hello');
is(status($r), 503, 'benign');
like(header($r, 'Retry-After'), qr/^[1-9]\d*$/, 'retry after');
is(header($r, 'Cache-Control'), 'no-store', 'not cached');
like(body($r), qr/<html lang="vi">.*ch\xc6\xb0a \xc4\x91\xc6\xb0\xe1\xbb\xa3c/s,
     'page in Vietnamese');

$r = http_post('/', $form, 'comment=pills', 'Accept-Language' => 'en');
is(status($r), 503, 'to be held');
like(body($r), qr/<html lang="en">.*not been kept/s, 'page in English');

$r = http_post('/', $form, 'comment=hello', 'Accept' => $json,
               'Accept-Language' => 'en');
is(json($r)->{status}, 'unavailable', 'json');
like(json($r)->{message}, qr/not been kept/, 'json message');
is(json($r)->{receipt}, undef, 'no receipt');

ladder('never there');
@workers = $t->workers();

# it comes, and goes

$t->run_redis();
ok(back(), 'back when it is there');

$t->stop_redis();
ladder('stopped');

$t->restart_redis();
ok(back(), 'back when it is started');

# killed: what has a receipt is there

for my $n (1 .. 4) {
    $t->run_daemon(\&collect, $n);
    ok(wait_until(sub { receipts($n) > 20 }), "receipts $n");
    $t->kill_redis();
    $t->write_file("killed$n", '');
    ok(wait_until(sub { $t->read_file("daemon$n.out") =~ /end/ }),
       "no receipt when killed $n");
    $t->restart_redis();
    ok(back(), "back after a kill $n");
    push @receipts, receipts($n);
}

is(scalar(grep { !$t->redis('SISMEMBER', 'm:{portal}:s:pending', $_) }
               @receipts), 0, 'all that has a receipt is pending');
is(scalar(grep { ($t->redis('HGET', "m:{portal}:h:$_", 'body') || '')
                 ne 'comment=pills' } @receipts), 0, 'and whole');
is(scalar(grep { !$t->redis('ZSCORE', 'm:{portal}:index', $_) }
               @receipts), 0, 'and indexed');

# frozen: it takes commands and does not answer; everybody gets an answer

$t->freeze_redis();
$t->backend_forget();

@sockets = map { send_post('/', $_ % 2 ? 'pills' : 'hello') } 1 .. 60;
is(codes(@sockets), '503 x 60', 'frozen');
ladder('frozen');

# what is sent to it has a limit: 80M do not wait in memory

# unless it takes so long to send them that Redis is given up meanwhile

my (@large, $full);

for (1 .. 5) {
    @sockets = map {
        send_post('/unlimited', 'pills&filler=' . 'x' x 1000000)
    } 1 .. 80;
    push @large, codes(@sockets);
    $full = $t->error_log() =~ /commands in flight, no more are sent/;
    last if $full;
}

is(scalar(grep { $_ ne '503 x 80' } @large), 0, 'frozen and large');
ok($full, 'limit of what is in flight');

is(scalar(grep { $_->{uri} !~ /^.(?:un|dry)/ } $t->backend_requests()), 0,
   'nothing was passed');

$t->thaw_redis();
ok(back(), 'back when it is thawed');

is_deeply([ $t->workers() ], \@workers, 'the same workers');

$t->stop();

my $log = $t->read_file('verdict.log');

unlike($log, qr#^/ 503 (?!FAILED)#m, 'log failed');
like($log, qr#^/ 503 FAILED engine\.counters$#m, 'log counters');
like($log, qr#^/uncounted 200 PASSED -$#m, 'log passed without counters');

$t->done_testing();

###############################################################################

# What happens without Redis is said in the configuration.

sub ladder {
    my ($name) = @_;

    my %want = (
        '/'          => { hello => 503, pills => 503, lottery => 403 },
        '/unlimited' => { hello => 200, pills => 503, lottery => 403 },
        '/uncounted' => { hello => 200, pills => 503, lottery => 403 },
        '/unheld'    => { hello => 200, pills => 200, lottery => 403 },
        '/dry'       => { hello => 200, pills => 200, lottery => 200 },
    );

    for my $uri (sort keys %want) {
        my $got = { map { $_ => status(http_post($uri, $form, "comment=$_")) }
                    keys %{$want{$uri}} };
        is_deeply($got, $want{$uri}, "$name $uri");
    }
}


sub back {
    return wait_until(sub {
        status(http_post('/', $form, 'comment=hello')) == 200
            && status(http_post('/', $form, 'comment=pills')) == 202
    }, 30);
}


sub send_post {
    my ($uri, $text) = @_;
    return http_post($uri, $form, "comment=$text", -start => 1);
}


# Returns how many answers of which code there were: "503 x 3, 200 x 1".

sub codes {
    my %codes;
    $codes{status(http_end($_, 30))}++ for @_;
    return join ', ', map { "$_ x $codes{$_}" } sort keys %codes;
}


# Prints receipts until Redis is killed and there are no more.

sub collect {
    my ($n) = @_;

    $| = 1;

    while (1) {
        my $r = http_post('/', $form, 'comment=pills', 'Accept' => $json);

        if (status($r) == 202) {
            print json($r)->{receipt}, "\n";
        } elsif (defined $t->read_file("killed$n")) {
            print "end\n";
            return;
        }
    }
}


# Returns what a daemon was promised.

sub receipts {
    my ($n) = @_;
    my @ids = ($t->read_file("daemon$n.out") || '') =~ /^([0-9a-f]{32})$/mg;
    return @ids;
}

###############################################################################
