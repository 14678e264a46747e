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

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis          unix:%%TESTDIR%%/fake.sock;
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

# "exec": the reply to EXEC, all before it is well; "one": to every command
# outside of a transaction, as those that count; "all": to every command;
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
    'number behind' => { exec => ":1\r\n:1\r\n" },
    'array behind'  => { exec => ":1\r\n*2\r\n:1\r\n:1\r\n" },
    'one string'    => { one => "\$3\r\nabc\r\n" },
    'one array'     => { one => "*1\r\n:1\r\n" },
    'one below 0'   => { one => ":-1\r\n" },
    'one error'     => { one => "-OOM full\r\n" },
    'one half'      => { one => "\$5\r\nab", close => 1 },
    'nobody asked'  => { accept => "\$5\r\nhello\r\n" },
    'closes'        => { all => '', close => 1 },
    'closes first'  => { accept => '', close => 1 },
);

$t->write_file('mode', 'noauth');
$t->run_daemon(\&fake, $t->testdir());
$t->waitforsocket('unix:' . $t->testdir() . '/fake.sock');
$t->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my (@workers, %queued);

###############################################################################

for my $mode (sort keys %modes) {
    my (%codes, @seen);
    my $start = time;

    $t->write_file('mode', $mode);

    # until the fake has said it, and has been connected to anew if it closes

    ok(wait_until(sub {
        $codes{post('/', 'hello')}++;
        $codes{post('/unlimited', 'pills')}++;

        @seen = $t->read_file('fake.log') =~ /^(\w+) \Q$mode\E$/mg;
        return @seen > 1 && (!grep { $_ eq 'close' } @seen
                             or 1 < grep { $_ eq 'accept' } @seen);
    }, 20), "$mode");

    # what cannot be counted is held, what cannot be held is refused

    my $exec = $modes{$mode}{exec};
    like(join(' ', sort keys %codes),
         $exec ? qr/^(?:200 )?503$/
               : $modes{$mode}{one} ? qr/^(?:202|503)(?: 503)?$/ : qr/^503$/,
         "$mode is held or refused");
    @workers = $t->workers() unless @workers;

    # no more than one in a tenth of a second

    cmp_ok(scalar(grep { $_ eq 'accept' } @seen), '<=',
           2 + (time - $start) / 0.1, "$mode makes no storm");

    $t->write_file('mode', 'good');

    ok(wait_until(sub {
        post('/', 'hello') == 200 && post('/unlimited', 'pills') == 202
    }, 20), "$mode is over");
}

is_deeply([ $t->workers() ], \@workers, 'the same worker');

like($t->error_log(), qr/sent a reply that nobody asked for/, 'log surplus');
like($t->error_log(), qr/has not answered a transaction/, 'log replies');
like($t->error_log(), qr/refused: "[A-Z]+ /, 'log refusal');

$t->done_testing();

###############################################################################

sub post {
    my ($uri, $text) = @_;
    return status(http_post($uri, $form, "comment=$text"));
}


# Serves as many connections as come, all in the same mode; a new mode begins
# with new connections.

sub fake {
    my ($dir) = @_;
    my ($now, %input) = ('');

    $SIG{PIPE} = 'IGNORE';

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
                $select->add($s);
                print $log "accept $now\n";
                next unless exists $modes{$now}{accept};
                syswrite $s, $modes{$now}{accept};
                $end = $modes{$now}{close};

            } elsif (sysread $s, $input{$s}, 65536, length($input{$s} || '')) {
                my @names = fake_commands(\$input{$s});
                print $log "command $now\n" if @names;
                $end = grep { fake_reply($s, $_, $modes{$now}) } @names;

            } else {
                $end = 1;
            }

            next unless $end;

            print $log "close $now\n";
            delete $_->{$s} for \%input, \%queued;
            $select->remove($s);
            close $s;
        }
    }
}


# Takes commands, which come whole; returns their names.

sub fake_commands {
    my ($input) = @_;
    my @names;

    push @names, $1
        while $$input =~ s/^\*\d+\r\n\$\d+\r\n([A-Z]+)\r\n
                           (?:\$\d+\r\n[^\r]*\r\n)*//x;
    return @names;
}


# Returns whether the connection ends.

sub fake_reply {
    my ($s, $name, $mode) = @_;

    $queued{$s} = 0 if $name eq 'MULTI';
    my $inside = exists $queued{$s};
    $queued{$s}++ if $inside;

    if (exists $mode->{all}) {
        syswrite $s, $mode->{all};
        return $mode->{close};
    }

    if (!$inside) {
        syswrite $s, exists $mode->{one} ? $mode->{one} : ":1\r\n";
        return exists $mode->{one} && $mode->{close};
    }

    if ($name ne 'EXEC') {
        syswrite $s, $name eq 'MULTI' ? "+OK\r\n" : "+QUEUED\r\n";
        return 0;
    }

    my $n = delete($queued{$s}) - 2;
    syswrite $s, exists $mode->{exec} ? $mode->{exec}
                                      : "*$n\r\n" . ":1\r\n" x $n;

    return $mode->{close};
}

###############################################################################
