#!/usr/bin/perl

# Copyright (C) the moderate authors

# What answers is no Redis, or one that cannot serve: whatever it says, the
# verdict is clear, no worker dies and it is not stormed with connections.

###############################################################################

use warnings;
use strict;

use IO::Select;
use IO::Socket::UNIX;
use Test::More;
use Test::Moderate;
use Time::HiRes qw/ time /;

my $t = Test::Moderate->new();

my $conf = <<'EOF';
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis          REDIS;
    moderate_redis_timeout  300ms;
    moderate_site           portal;
    moderate_field          text comment;
    moderate_rules          %%TESTDIR%%/rules.yaml %%TESTDIR%%/limits.yaml;

    server {
        listen    127.0.0.1:8080;
        moderate  on;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /unlimited {
            moderate_rules  %%TESTDIR%%/rules.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }
    }
}
EOF

$t->write_file_expand('nginx.conf', $conf =~
    s/REDIS/unix:%%TESTDIR%%\/fake.sock/r);
$t->write_file_expand('user.conf', $conf =~ s/REDIS/
    unix:%%TESTDIR%%\/redis.sock user=lan password_file=password/r);
$t->write_file_expand('database.conf', $conf =~ s/REDIS/
    unix:%%TESTDIR%%\/redis.sock db=99/r);

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

# "exec": the reply to EXEC, all before it is well; "all": to every command;
# "close" ends the connection behind it

my %modes = (
    'noauth'        => { all => "-NOAUTH Authentication required.\r\n" },
    'noperm'        => { all => "-NOPERM no permissions to run 'x'\r\n" },
    'loading'       => { all => "-LOADING is loading the dataset\r\n" },
    'readonly'      => { all => "-READONLY can't write against a replica\r\n" },
    'misconf'       => { exec => "-MISCONF errors writing to the AOF\r\n" },
    'unknown'       => { all => '-' . 'x' x 5000 . "\r\n" },
    'error inside'  => { exec => "*3\r\n:1\r\n-OOM full\r\n:1\r\n" },
    'clients'       => { accept => "-ERR max number of clients\r\n",
                         close => 1 },
    'http'          => { all => "HTTP/1.1 400 Bad Request\r\n\r\n" },
    'nul'           => { all => "\0\xff\r\n" x 100 },
    'half a line'   => { all => '+O' },
    'half an array' => { exec => "*3\r\n:1\r\n" },
    'half, closed'  => { exec => "*3\r\n\$5\r\nab", close => 1 },
    'huge string'   => { exec => "\$999999999999\r\nx" },
    'bad length'    => { exec => "\$-5\r\n" },
    'bad number'    => { exec => ":12x\r\n" },
    'deep'          => { exec => "*1\r\n" x 20 . ":1\r\n" },
    'status'        => { exec => "+OK\r\n" },
    'nil'           => { exec => "\$-1\r\n" },
    'nil array'     => { exec => "*-1\r\n" },
    'empty array'   => { exec => "*0\r\n" },
    'number'        => { exec => ":1\r\n" },
    'short array'   => { exec => "*1\r\n:1\r\n" },
    'long array'    => { exec => '*9' . "\r\n:1" x 9 . "\r\n" },
    'negative'      => { exec => "*3\r\n:-1\r\n:-1\r\n:1\r\n" },
    'arrays inside' => { exec => "*3\r\n*0\r\n*0\r\n*0\r\n" },
    'one too many'  => { all => "+OK\r\n+OK\r\n" },
    'number behind' => { exec => "*3\r\n:1\r\n:1\r\n:1\r\n:1\r\n" },
    'array behind'  => { exec => ":1\r\n*2\r\n:1\r\n:1\r\n" },
    'nobody asked'  => { accept => "\$5\r\nhello\r\n" },
    'closes'        => { all => '', close => 1 },
    'closes first'  => { accept => '', close => 1 },
);

$t->write_file('mode', 'noauth');
$t->run_daemon(\&fake, $t->testdir());
$t->waitforsocket('unix:' . $t->testdir() . '/fake.sock');
$t->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my @workers = $t->workers();

###############################################################################

for my $mode (sort keys %modes) {
    my (%codes, @seen);
    my $start = time;

    $t->write_file('mode', $mode);

    # until the fake has said it, and connecting anew has met it

    wait_until(sub {
        $codes{status(http_post('/', $form, 'comment=hello'))}++;
        $codes{status(http_post('/unlimited', $form, 'comment=pills'))}++;
        @seen = $t->read_file('fake.log') =~ /^(\w+) \Q$mode\E$/mg;
        return @seen > 1 && (!grep { $_ eq 'close' } @seen
                             or 3 <= grep { $_ eq 'accept' } @seen);
    });

    is(join(' ', sort keys %codes), 503, $mode);diag(sprintf '%s %.1f', $mode, time-$start);

    # no more than one in a tenth of a second

    cmp_ok(scalar(grep { $_ eq 'accept' } @seen), '<=',
           2 + (time - $start) / 0.1, "$mode: no storm");
}

is(scalar($t->backend_requests()), 0, 'nothing was passed');
is_deeply([ $t->workers() ], \@workers, 'the same worker');

# a password that is not right: back by itself when it is

$t->write_file('password', "swordfish\n");
$t->run_redis();
$t->stop()->run('user.conf');

is(post(), 503, 'unknown user');
ok(wait_until(sub { $t->error_log() =~ /refused: "WRONGPASS/ }), 'why');
$t->redis('ACL', 'SETUSER', 'lan', 'on', '>swordfish', '~*', '+@all');
ok(wait_until(sub { post() == 200 }), 'known user');

$t->redis('ACL', 'SETUSER', 'lan', '-incr');
is(post(), 503, 'user who may not count') if post() != 202;
$t->redis('ACL', 'SETUSER', 'lan', '-@all', '+config|get');
is(post(), 503, 'user who may nothing');
$t->redis('ACL', 'SETUSER', 'lan', '+@all');
is(post(), 200, 'user who may again');

# not in another database than the one that is named

$t->stop()->run('database.conf');
is(post(), 503, 'no such database');
like($t->error_log(), qr/refused: "ERR DB index is out of range"/, 'why');

$t->done_testing();

###############################################################################

sub post {
    return status(http_post('/', $form, 'comment=hello'));
}


# Serves as many connections as come, all in the same mode; a new mode begins
# with new connections.

sub fake {
    my ($dir) = @_;
    my ($now, %input) = ('');

    my $listen = IO::Socket::UNIX->new(Local => "$dir/fake.sock",
                                       Listen => 100) or die "listen: $!\n";
    my $select = IO::Select->new($listen);

    open my $log, '>>', "$dir/fake.log";
    $log->autoflush(1);

    while (1) {
        my @ready = $select->can_read(0.05);
        my $mode = $t->read_file('mode');

        if ($mode ne $now) {
            $now = $mode;
            my @old = grep { $_ != $listen } $select->handles();
            $select->remove(@old);
            close $_ for @old;
            next;
        }

        for my $s (@ready) {
            my $end = 0;

            if ($s == $listen) {
                $s = $listen->accept() or next;
                print $log "accept $mode\n";
                $select->add($s);
                next unless exists $modes{$mode}{accept};
                syswrite $s, $modes{$mode}{accept};
                $end = $modes{$mode}{close};

            } elsif (sysread $s, $input{$s}, 65536, length($input{$s} || '')) {
                $end = fake_reply($s, \$input{$s}, $modes{$mode}, $log, $mode);

            } else {
                $end = 1;
            }

            next unless $end;
            print $log "close $mode\n";
            delete $input{$s};
            $select->remove($s);
            close $s;
        }
    }
}


# Answers all whole commands; returns whether the connection ends.

sub fake_reply {
    my ($s, $input, $mode, $log, $name) = @_;

    while ($$input =~ /^\*(\d+)\r\n/) {
        my ($n, $pos, $command) = ($1, $+[0]);

        for (1 .. $n) {
            substr($$input, $pos) =~ /^\$(\d+)\r\n/ or return 0;
            $command = uc substr $$input, $pos + $+[0], $1 if $_ == 1;
            $pos += $+[0] + $1 + 2;
        }

        return 0 if $pos > length $$input;

        substr($$input, 0, $pos) = '';

        my $reply = $mode->{all};
        $reply = $mode->{exec} if $command eq 'EXEC' && exists $mode->{exec};
        $reply = $command eq 'MULTI' ? "+OK\r\n" : "+QUEUED\r\n"
            unless defined $reply;

        print $log "command $name\n" if $command eq 'EXEC' || $mode->{all};
        syswrite $s, $reply;
        return 1 if $mode->{close} && (exists $mode->{all}
                                       || $command eq 'EXEC');
    }

    return 0;
}

###############################################################################
