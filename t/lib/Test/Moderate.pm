package Test::Moderate;

# Copyright (C) the moderate authors
#
# A real nginx, a real Redis and a real backend for one test file.
# The manual is at the end: perldoc t/lib/Test/Moderate.pm

use warnings;
use strict;

use Cwd qw/ abs_path /;
use Exporter qw/ import /;
use File::Basename qw/ dirname /;
use File::Path qw/ rmtree /;
use File::Temp qw/ tempdir /;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP ();
use MIME::Base64 qw/ decode_base64 /;
use POSIX qw/ :sys_wait_h /;
use Test::More ();
use Time::HiRes qw/ sleep time /;

use Test::Moderate::HTTP;
use Test::Moderate::Redis;

our @EXPORT = (@Test::Moderate::HTTP::EXPORT, qw/ port wait_until /);

# the packages that t/ needs are those of the system's own Python

my $PYTHON = -x '/usr/bin/python3' ? '/usr/bin/python3' : 'python3';

my $ROOT = abs_path(dirname(__FILE__) . '/../../..');

use constant {
    TIMEOUT => 10,      # seconds for one answer, a start or a stop
    CHECKS  => 5,       # assertions made after the test's own
};

my $self;               # there is one nginx per test file


sub new {
    my ($class, %opts) = @_;

    die "one Test::Moderate per test file\n" if $self;

    $self = bless {
        nginx   => $ENV{TEST_NGINX_BINARY} || _nginx(),
        module  => $ENV{TEST_MODERATE_MODULE}
                   || "$ROOT/build/module/ngx_http_moderate_module.so",
        workers => $opts{workers} || 1,
        owner   => $$,
        dir     => tempdir('moderate-test-XXXXXXXX', TMPDIR => 1),
        ports   => {},
        daemons => {},
        redis   => {},
        allowed => [],
    }, $class;

    chmod 0755, $self->{dir};
    Test::Moderate::API::keep("$self->{dir}/answers");

    $SIG{PIPE} = 'IGNORE';
    $SIG{$_} = sub { exit 1 } for qw/ INT TERM HUP /;

    # a test that hangs must not hang them all
    $SIG{ALRM} = sub { die "test file took too long\n" };
    alarm($ENV{TEST_TIMEOUT} || 300);

    return $self;
}


sub plan {
    my ($self, $n) = @_;
    Test::More::plan(tests => $n + CHECKS);
    $self->{planned} = 1;
    return $self;
}


sub done_testing {
    my ($self) = @_;
    $self->_stop_all();
    $self->_check();
    Test::More::done_testing();
}


END {
    # forked children come here too; they own nothing

    if ($self && $self->{owner} == $$) {
        my $status = $?;

        alarm(0);
        $self->_stop_all();
        $self->_check() if $self->{planned};
        $self->_remove();
        $? = $status;
    }
}


###############################################################################
# files


# Returns the command that runs a script of t/lib.

sub script {
    my ($name) = @_;
    return ($PYTHON, "$ROOT/t/lib/$name");
}


sub testdir { $_[0]{dir} }


sub write_file {
    my ($self, $name, $content) = @_;
    my $path = "$self->{dir}/$name";

    # by rename, so that a watcher never sees half a file

    open my $fh, '>:raw', "$path.new" or die "$path.new: $!\n";
    print $fh $content;
    close $fh or die "$path: $!\n";
    rename "$path.new", $path or die "$path: $!\n";

    return $path;
}


sub write_file_expand {
    my ($self, $name, $content) = @_;

    $content =~ s/%%TEST_GLOBALS%%/$self->_globals()/ge;
    $content =~ s/%%TEST_GLOBALS_HTTP%%/$self->_globals_http()/ge;
    $content =~ s/%%TESTDIR%%/$self->{dir}/g;
    $content =~ s/%%ROOT%%/$ROOT/g;
    $content =~ s/%%PORT_(80\d\d)%%/port($1)/ge;
    $content =~ s/(127\.0\.0\.1|\[::1\]|localhost):(808\d)\b/
                  "$1:" . port($2)/gex;

    Test::More::diag("$name:\n$content") if $ENV{TEST_VERBOSE};

    return $self->write_file($name, $content);
}


sub make_dir {
    my ($self, $name) = @_;
    my $path = "$self->{dir}/$name";
    mkdir $path or die "$path: $!\n";
    return $path;
}


sub read_file {
    my ($self, $name) = @_;

    $name = "$self->{dir}/$name" if $name !~ m!^/!;

    open my $fh, '<:raw', $name or return undef;
    local $/;
    my $content = <$fh>;

    return defined $content ? $content : '';
}


sub error_log { $_[0]->read_file('error.log') || '' }
sub access_log { $_[0]->read_file('access.log') || '' }


sub allow_log {
    my ($self, $re) = @_;
    push @{$self->{allowed}}, $re; return $self;
}


sub _globals {
    my ($self) = @_;
    my $user = $> == 0 ? 'user root root;' : '';
    my $level = $ENV{TEST_DEBUG} ? 'debug' : 'info';

    return <<"END";
load_module $self->{module};
$user
pid $self->{dir}/nginx.pid;
error_log $self->{dir}/error.log $level;
daemon off;
worker_processes $self->{workers};
END
}


sub _globals_http {
    my ($self) = @_;
    my $size = $ENV{TEST_THREAD_SIZE};
    return join '', map { "$_;\n" }
        "access_log $self->{dir}/access.log",
        (defined $size ? "moderate_thread_size $size" : ()),
        map { "${_}_temp_path $self->{dir}/${_}_temp" }
            qw/ client_body proxy fastcgi uwsgi scgi /;
}


sub _remove {
    my ($self) = @_;

    if ($ENV{TEST_LEAVE}) {
        Test::More::diag("left: $self->{dir}");
        return;
    }

    rmtree($self->{dir});
}


###############################################################################
# ports: 8080 to 8089 in a test stand for free ones


# The UDP port of the same number, held until the end, is the lock: two test
# files never choose the same port, and nothing stays behind.  The range is
# below the one that kernels take client ports from.

sub port {
    my ($number) = @_;
    my $ports = $self->{ports};

    return $ports->{$number}{port} if $ports->{$number};

    for (1 .. 500) {
        my $port = 20000 + int rand 12000;
        my %addr = (LocalAddr => '127.0.0.1', LocalPort => $port);

        my $lock = IO::Socket::INET->new(%addr, Proto => 'udp') or next;
        my $probe = IO::Socket::INET->new(%addr, Proto => 'tcp',
                                          Listen => 1, ReuseAddr => 1) or next;
        close $probe;

        $ports->{$number} = { port => $port, lock => $lock };
        return $port;
    }

    die "no free port\n";
}


###############################################################################
# nginx


sub run {
    my ($self, $conf) = @_;
    my $pidfile = "$self->{dir}/nginx.pid";

    $self->{conf} = $conf || 'nginx.conf';

    die "nginx already runs\n" if $self->{pid};
    die "no nginx binary: set TEST_NGINX_BINARY\n" unless $self->{nginx};

    my $pid = $self->_spawn('nginx', $self->_nginx_command());

    wait_until(sub { -s $pidfile || waitpid($pid, WNOHANG) != 0 })
        && -s $pidfile
        or do {
            $self->{daemons} = {};
            die join "\n", 'nginx did not start:', $self->error_log(),
                $self->read_file('nginx.out'), $self->_sanitizer_lines();
        };

    delete $self->{daemons}{nginx};
    $self->{pid} = $pid;
    $self->{started} = 1;

    return $self;
}


# Runs "nginx -t"; returns its exit code and all it had to say.

sub config_test {
    my ($self, $conf) = @_;

    $self->{conf} = $conf || 'nginx.conf';

    my $pid = $self->_spawn('config_test', $self->_nginx_command('-t'));
    waitpid($pid, 0);
    my $code = $? >> 8;

    delete $self->{daemons}{config_test};

    return ($code, $self->read_file('config_test.out'));
}


sub _nginx_command {
    my ($self, @args) = @_;
    my $dir = $self->{dir};

    # nginx -t frees nothing; a preloaded library sees what others leave too

    my $leaks = @args || $ENV{TEST_NGINX_PRELOAD} ? 0 : 1;

    # for a sanitized binary; the others do not mind

    my %env = (
        ASAN_OPTIONS  => "detect_odr_violation=0:detect_leaks=$leaks:"
                         . "log_path=$dir/sanitizer.asan",
        LSAN_OPTIONS  => "suppressions=$ROOT/tests/lsan.supp:"
                         . "print_suppressions=0",
        UBSAN_OPTIONS => "print_stacktrace=1:"
                         . "log_path=$dir/sanitizer.ubsan",
    );

    $env{LD_PRELOAD} = $ENV{TEST_NGINX_PRELOAD} if $ENV{TEST_NGINX_PRELOAD};

    return (\%env, $self->{nginx}, '-p', "$dir/", '-c', $self->{conf},
            '-e', "$dir/error.log", @args);
}


# Returns the process ids of the workers, those that are leaving included.

sub workers {
    my ($self) = @_;
    my $pid = $self->{pid} or return ();
    my @workers;

    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $fh, '<', $stat or next;
        my ($child, $state, $parent)
            = (<$fh> || '') =~ /^(\d+) \(.*\) (\S) (\d+)/s or next;
        push @workers, $child if $parent == $pid && $state ne 'Z';
    }

    return sort { $a <=> $b } @workers;
}


# Returns when new workers run and old ones have stopped listening; old ones
# with work to do may still be there.

sub reload {
    my ($self) = @_;
    my %old = map { $_ => 1 } $self->workers();

    kill 'HUP', $self->{pid};

    my $done = wait_until(sub {
        my @now = $self->workers();
        my $log = $self->error_log();

        return (grep { !$old{$_} } @now) >= $self->{workers}
            && !grep { $old{$_}
                       && $log !~ / $_#\d+: gracefully shutting down/ } @now;
    });

    Test::More::diag("reload failed:\n" . $self->error_log()) unless $done;

    return $done;
}


sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return $self;

    kill 'QUIT', $pid;

    if (!_reap($pid, TIMEOUT)) {
        Test::More::diag('nginx does not quit; terminated');
        $self->{hung} = 1;
        kill 'TERM', $pid;
        _reap($pid, TIMEOUT) or do { kill 'KILL', $pid; waitpid($pid, 0) };
    }

    unlink "$self->{dir}/nginx.pid";

    return $self;
}


###############################################################################
# other processes


# Runs a command, or a Perl sub with its arguments in a child.

sub run_daemon {
    my ($self, @command) = @_;
    my $name = 'daemon' . ++$self->{ndaemons};

    $self->_spawn($name, {}, @command);
    return $self->{daemons}{$name};
}


sub _spawn {
    my ($self, $name, $env, @command) = @_;
    my $pid = fork();

    die "fork: $!\n" unless defined $pid;

    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw/ INT TERM HUP PIPE ALRM /;

        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/$name.out";
        open STDERR, '>&', \*STDOUT;

        if (ref $command[0] eq 'CODE') {
            my $code = shift @command;
            $code->(@command);
            POSIX::_exit(0);
        }

        @ENV{keys %$env} = values %$env;
        exec { $command[0] } @command or do {
            print "cannot run $command[0]: $!\n";
            POSIX::_exit(127);
        };
    }

    $self->{daemons}{$name} = $pid;

    return $pid;
}


sub _end_daemon {
    my ($self, $name, $signal) = @_;
    my $pid = delete $self->{daemons}{$name} or return;

    kill 'CONT', $pid;
    kill $signal || 'TERM', $pid;
    _reap($pid, TIMEOUT) or do { kill 'KILL', $pid; waitpid($pid, 0) };
}


sub _reap {
    my ($pid, $timeout) = @_;
    return wait_until(sub { waitpid($pid, WNOHANG) != 0 }, $timeout);
}


# Waits until someone listens on "host:port" or "unix:/path".

sub waitforsocket {
    my ($self, $addr) = @_;

    return wait_until(sub {
        my $s = $addr =~ /^unix:(.*)/
                ? IO::Socket::UNIX->new(Peer => $1)
                : IO::Socket::INET->new(PeerAddr => $addr);
        return defined $s;
    });
}


# The backend of t/lib/backend.py, on the port that 8081 stands for.

sub run_backend {
    my ($self, %opts) = @_;
    my $name = $opts{name} || 'backend';
    my $addr = $opts{unix} ? "unix:$self->{dir}/$opts{unix}"
                           : '127.0.0.1:' . port($opts{port} || 8081);

    $self->_spawn($name, {}, script('backend.py'),
                  '--listen', $addr, '--log', "$self->{dir}/$name.jsonl");

    $self->waitforsocket($addr)
        or die "backend did not start:\n" . $self->read_file("$name.out");

    return $self;
}


sub stop_backend {
    my ($self, $name) = @_;
    $self->_end_daemon($name || 'backend');
}


# Returns what the backend received, the oldest request first; each has
# method, uri, headers, body, fields [[name, value], ...] and client.

sub backend_requests {
    my ($self, $name) = @_;
    my $log = $self->read_file(($name || 'backend') . '.jsonl');

    return map {
        my $request = JSON::PP->new->utf8->decode($_);
        $request->{body} = decode_base64(delete $request->{body_b64});
        $request
    } split /\n/, defined $log ? $log : '';
}


sub backend_forget {
    my ($self, $name) = @_;
    truncate "$self->{dir}/" . ($name || 'backend') . '.jsonl', 0;
}


###############################################################################
# Redis


sub run_redis {
    my ($self, %opts) = @_;
    my $name = delete $opts{name} || 'redis';
    my $dir = "$self->{dir}/$name";

    mkdir $dir;

    my %conf = (
        'port'             => 0,
        'unixsocket'       => "$self->{dir}/$name.sock",
        'dir'              => $dir,
        'appendonly'       => 'yes',
        'appendfsync'      => 'always',
        'save'             => '',
        'maxmemory-policy' => 'noeviction',
        %opts,
    );

    $self->{redis}{$name} = $conf{unixsocket};
    $self->{redis_command}{$name} = [ 'redis-server',
        map { ("--$_", $conf{$_}) } sort keys %conf ];

    return $self->restart_redis($name);
}


sub restart_redis {
    my ($self, $name) = @_;
    $name ||= 'redis';

    $self->_end_daemon($name);
    $self->_spawn($name, {}, @{$self->{redis_command}{$name}});

    wait_until(sub {
        (eval { $self->redis_at($name, 'PING') } || '') eq 'PONG'
    }) or die "redis did not start:\n" . $self->read_file("$name.out");

    return $self;
}


sub stop_redis {
    my ($self, $name) = @_;
    $self->_end_daemon($name || 'redis');
}


sub kill_redis {
    my ($self, $name) = @_;
    $self->_end_daemon($name || 'redis', 'KILL');
}


# A stopped Redis still accepts connections and never answers.

sub freeze_redis {
    my ($self, $name) = @_;
    kill 'STOP', $self->{daemons}{$name || 'redis'};
}


sub thaw_redis {
    my ($self, $name) = @_;
    kill 'CONT', $self->{daemons}{$name || 'redis'};
}


# Sends one command; returns a string, a number, an array reference or undef
# for nil, and dies of an error reply.

sub redis {
    my ($self, @command) = @_;
    return $self->redis_at('redis', @command);
}


sub redis_at {
    my ($self, $name, @command) = @_;

    return Test::Moderate::Redis::command($self->{redis}{$name}, @command);
}


###############################################################################
# the end of a test


# Calls a sub until it is true; returns what it returned last.

sub wait_until {
    my ($code, $timeout) = @_;
    my $until = time + ($timeout || TIMEOUT);

    while (1) {
        my $result = $code->();
        return $result if $result || time > $until;
        sleep 0.02;
    }
}


sub _stop_all {
    my ($self) = @_;

    return if $self->{stopped}++;

    $self->stop();
    $self->_end_daemon($_) for sort keys %{$self->{daemons}};

    my @left = $self->_still_running();
    kill 'KILL', map { /^(\d+)/ } @left;

    push @left, 'nginx had to be terminated' if $self->{hung};

    $self->{left} = \@left;
}


sub _check {
    my ($self) = @_;

    _none('no alerts', $self->_log_lines(qr/\[alert\]/));
    _none('no emergencies', $self->_log_lines(qr/\[emerg\]/));
    _none('no sanitizer reports', $self->_sanitizer_lines());
    _none('nothing left running', @{$self->{left}});
    _none('answers are as openapi.yaml says', Test::Moderate::API::problems());

    if (!Test::More->builder->is_passing) {
        my @lines = $self->_log_lines(qr/\[(?:error|crit|alert|emerg)\]/);
        splice @lines, 0, -20 if @lines > 20;
        Test::More::diag("error.log:\n", map { "$_\n" } @lines) if @lines;
    }
}


sub _none {
    my ($name, @lines) = @_;
    Test::More::is(scalar @lines, 0, $name)
        or Test::More::diag(map { "$_\n" } @lines[0 .. ($#lines < 80
                                                         ? $#lines : 80)]);
}


sub _log_lines {
    my ($self, $re) = @_;
    my @lines = grep { $_ =~ $re } split /\n/, $self->error_log();

    for my $allowed (@{$self->{allowed}}) {
        @lines = grep { $_ !~ $allowed } @lines;
    }

    return @lines;
}


sub _sanitizer_lines {
    my ($self) = @_;
    my $re = qr/Sanitizer|runtime error:/;

    my @lines = grep { $_ =~ $re } map { split /\n/ } $self->error_log(),
        map { $self->read_file($_) || '' } 'nginx.out', 'config_test.out';

    # these are there only when there is something to say

    push @lines, map { split /\n/, $self->read_file($_) }
                 glob "$self->{dir}/sanitizer.*";

    return @lines;
}


# Names the processes that have a file of the test's directory open.

sub _still_running {
    my ($self) = @_;
    my @left;

    for my $pid (grep { $_ != $$ } map { m!(\d+)! } glob '/proc/[0-9]*') {
        my @files = map { readlink || '' } glob "/proc/$pid/fd/*";
        next unless grep { index($_, "$self->{dir}/") == 0 } @files;
        my $command = $self->read_file("/proc/$pid/cmdline") || '?';
        $command =~ tr/\0/ /;
        push @left, "$pid $command";
    }

    return @left;
}


# Finds the nginx that "make nginx" has built, or the installed one.

sub _nginx {
    my @dirs = ("$ROOT/build/module", split(/:/, $ENV{PATH} || ''),
                '/usr/sbin');

    my ($dir) = grep { -x "$_/nginx" } @dirs;
    return $dir && "$dir/nginx";
}


1;

__END__

=head1 NAME

Test::Moderate - a real nginx, Redis and backend for one test file

=head1 SYNOPSIS

    use warnings;
    use strict;

    use Test::More;
    use Test::Moderate;

    my $t = Test::Moderate->new()->plan(2);

    $t->write_file_expand('nginx.conf', <<'EOF');
    %%TEST_GLOBALS%%

    events {
    }

    http {
        %%TEST_GLOBALS_HTTP%%

        moderate_redis  unix:%%TESTDIR%%/redis.sock;
        moderate_rules  %%TESTDIR%%/rules.yaml;

        server {
            listen       127.0.0.1:8080;

            location / {
                moderate    on;
                proxy_pass  http://127.0.0.1:8081;
            }
        }
    }
    EOF

    $t->write_file('rules.yaml', ...);
    $t->run_redis()->run_backend()->run();

    ###################################################################

    my $form = 'application/x-www-form-urlencoded';

    like(http_post('/comments', $form, 'text=hello'), qr/ 200 /, 'pass');
    is(($t->backend_requests())[0]{body}, 'text=hello', 'delivered');

Run with C<prove -I t/lib t/>, after C<make>.

=head1 DESCRIPTION

A test file has three bands: what it needs and its configuration; files,
daemons, run; a list of assertions.  Everything it starts listens on 127.0.0.1
or on a socket in a directory of its own, and is stopped at its end.

After the last test, nginx is told to QUIT, and four more assertions are made:
no C<[alert]> in error.log, no C<[emerg]>, no report of a sanitizer (so a
sanitized binary makes every test a memory test), and nothing left running.

=head1 METHODS

=over

=item new(workers => N)

Makes the directory.  Numbers 8080 to 8089 in a test stand for free ports.

=item plan(N), done_testing()

One of both: C<plan> with the number of the test's own assertions, or
C<done_testing> as the last statement.

=item write_file(name, content), write_file_expand(name, content)

Write a file in the directory, at once and by rename; return its path.
Expanded are C<%%TESTDIR%%>, C<%%ROOT%%> (the repository),
C<%%TEST_GLOBALS%%> (load_module, user, pid, error_log, daemon,
worker_processes), C<%%TEST_GLOBALS_HTTP%%> (access_log, temporary paths),
C<%%PORT_8080%%> and addresses like C<127.0.0.1:8080>.

=item make_dir(name), read_file(name), error_log(), access_log(), testdir()

C<read_file> returns undef when there is no such file.

=item allow_log(qr/.../)

Lines of error.log that match are no failure: for tests that kill a worker.

=item run(conf), stop(), reload(), workers()

C<run> dies with the log when nginx does not start.  C<reload> returns when
new workers run and the old ones have stopped listening.  C<workers> are the
process ids, those that are leaving included.

=item config_test(conf)

Runs C<nginx -t>; returns its exit code and its output.

=item run_daemon(command, args ...), run_daemon(sub { ... }, args ...)

Runs something until the end of the test, its output in C<daemonN.out>;
returns the process id.

=item waitforsocket("127.0.0.1:PORT" or "unix:/path")

=item run_backend(port => 8081, unix => NAME, name => NAME)

Runs t/lib/backend.py, on a port or on the socket NAME in the directory.
C<stop_backend(name)> ends it.

=item backend_requests(name), backend_forget(name)

What it received: a list of hashes with method, uri, headers [[name, value],
...], body, fields [[name, value], ...] and client.  See backend.py for what it
answers.

=item run_redis(name => NAME, directive => value ...)

Runs a private redis-server on the socket C<redis.sock> (or C<NAME.sock>) in
the directory: appendonly, appendfsync always, noeviction.  C<stop_redis>,
C<kill_redis> (SIGKILL), C<restart_redis> (with its data), C<freeze_redis> and
C<thaw_redis> (SIGSTOP, SIGCONT) take a name too.

=item redis(command, args ...), redis_at(name, command, args ...)

One command; returns a string, an array reference or undef; dies of an error.

=back

=head1 FUNCTIONS

All are exported.  Answers are strings as received, headers and all.

=over

=item http(request, port => 8080), http(\@pieces, delay => SECONDS)

Sends and reads until the connection is closed: say C<Connection: close>.
C<http_start> only sends and returns the socket, C<http_end(socket, timeout)>
reads, C<http_abort(socket)> closes with a reset.

=item http_get(uri, name => value ...)

=item http_post(uri, type, body, name => value ...)

=item http_chunked(uri, type, \@chunks, name => value ...)

=item http_drip(uri, type, body, size, name => value ...)

Names and values are headers; those that begin with a dash are options:
C<-port>, C<-method>, C<-delay>, C<-start> (send only, as C<http_start>).  A
type of undef sends none.

=item h2(method, uri, type, body, option => value ...)

The same over HTTP/2 with prior knowledge (C<listen ... http2>).  Options:
C<port>, C<headers> (array reference of names and values), C<length> (0: no
content-length), C<frame> (bytes per DATA frame), C<delay> (seconds between
frames), C<padding> (bytes), C<trailers> (pairs; nginx refuses them), C<abort>
(reset the stream after so many bytes).

=item status(answer), header(answer, name), body(answer), json(answer)

=item port(8080)

=item wait_until(sub { ... }, timeout)

=back

=head1 ENVIRONMENT

    TEST_NGINX_BINARY     nginx, else of build/module/, else of PATH
    TEST_MODERATE_MODULE  the module, else the one of build/module/
    TEST_NGINX_PRELOAD    libraries that nginx needs loaded ahead
    TEST_TIMEOUT          seconds one test file may take, 300
    TEST_THREAD_SIZE      moderate_thread_size of all tests; 0: all in threads
    TEST_VERBOSE          print configurations, requests and answers
    TEST_DEBUG            error_log at level debug
    TEST_LEAVE            keep the directory

=cut
