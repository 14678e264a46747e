package Test::Moderate::HTTP;

# Copyright (C) the moderate authors
#
# HTTP clients that can misbehave.  Answers are returned as they came, headers
# and all.  The manual is in Test::Moderate.

use warnings;
use strict;

use Errno qw/ EINTR /;
use Exporter qw/ import /;
use Test::Moderate::API;
use File::Temp qw/ tempfile /;
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw/ encode_base64 /;
use Socket qw/ IPPROTO_TCP SOL_SOCKET SO_LINGER TCP_NODELAY /;
use Test::More ();
use Time::HiRes qw/ sleep time /;

use constant TIMEOUT => 10;     # seconds for one answer

our @EXPORT = qw/
    http http_get http_post http_chunked http_drip http_start http_end
    http_abort h2 status header body json
/;


sub http {
    my ($request, %opts) = @_;
    my $s = http_start($request, %opts);
    return $opts{start} ? $s : http_end($s);
}


# Sends and leaves the connection open.

sub http_start {
    my ($request, %opts) = @_;

    my $port = Test::Moderate::port($opts{port} || 8080);

    my $s = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $port,
        Timeout  => TIMEOUT,
    ) or die "cannot connect to port $port: $!\n";

    $s->autoflush(1);
    Test::Moderate::API::asked($s, $request);

    # each piece is a packet of its own

    setsockopt $s, IPPROTO_TCP, TCP_NODELAY, 1;

    for my $piece (ref $request ? @$request : $request) {
        _show('>', $piece);
        print $s $piece or last;
        sleep $opts{delay} if $opts{delay};
    }

    return $s;
}


# Reads until the connection is closed.

sub http_end {
    my ($s, $timeout) = @_;
    my $select = IO::Select->new($s);
    my $until = time + ($timeout || TIMEOUT);
    my $answer = '';

    while ((my $left = $until - time) > 0) {
        next unless $select->can_read($left);
        my $n = sysread $s, $answer, 65536, length $answer;
        next if !defined $n && $! == EINTR;
        last unless $n;
    }

    close $s;
    _show('<', $answer);
    Test::Moderate::API::answered($s, $answer);

    return $answer;
}


# Closes at once and with a reset, as a client that crashed.

sub http_abort {
    my ($s) = @_;
    setsockopt $s, SOL_SOCKET, SO_LINGER, pack 'II', 1, 0;
    close $s;
}


sub http_get {
    my ($uri, @headers) = @_;
    my $opts = _opts(\@headers);
    return http(_head('GET', $uri, @headers) . "\r\n", %$opts);
}


sub http_post {
    my ($uri, $type, $body, @headers) = @_;
    my $opts = _opts(\@headers);
    return http(_post_head($opts, $uri, $type, @headers)
                . 'Content-Length: ' . length($body) . "\r\n\r\n$body",
                %$opts);
}


# Sends a body in chunks of its own: an array reference, or one string.

sub http_chunked {
    my ($uri, $type, $chunks, @headers) = @_;
    my $opts = _opts(\@headers);

    return http([
        _post_head($opts, $uri, $type, @headers)
            . "Transfer-Encoding: chunked\r\n\r\n",
        (map { sprintf "%x\r\n%s\r\n", length $_, $_ }
            grep { length } ref $chunks ? @$chunks : $chunks),
        "0\r\n\r\n",
    ], %$opts);
}


# Sends the body slowly, $size bytes at a time.

sub http_drip {
    my ($uri, $type, $body, $size, @headers) = @_;
    my $opts = _opts(\@headers);

    return http([
        _post_head($opts, $uri, $type, @headers)
            . 'Content-Length: ' . length($body) . "\r\n\r\n",
        unpack("(a$size)*", $body),
    ], delay => 0.01, %$opts);
}


# One HTTP/2 request; the answer looks like one of HTTP/1.

sub h2 {
    my ($method, $uri, $type, $body, %opts) = @_;
    my $headers = $opts{headers} || [];
    my @pairs;

    push @pairs, [ 'content-type', $type ] if defined $type;
    push @pairs, [ splice @$headers, 0, 2 ] while @$headers;

    my $request = JSON::PP->new->utf8->encode({
        port    => Test::Moderate::port($opts{port} || 8080),
        method  => $method,
        path    => $uri,
        headers => \@pairs,
        body    => encode_base64(defined $body ? $body : '', ''),
        map { $_ => $opts{$_} } grep { defined $opts{$_} }
            qw/ length frame delay abort trailers padding /,
    });

    my ($input, $name) = tempfile('h2-XXXXXXXX', TMPDIR => 1, UNLINK => 1);
    print $input $request;
    close $input;

    open my $client, '-|', Test::Moderate::script('h2client.py'), $name
        or die "h2client.py: $!\n";
    binmode $client;
    my $answer = do { local $/; <$client> };
    close $client;
    unlink $name;

    die "h2client.py failed\n" unless defined $answer;

    _show('<', $answer);

    return $answer;
}


# "-name => value" among the headers is an option: -port, -method, -delay,
# -start

sub _opts {
    my ($headers) = @_;
    my (%opts, @rest);

    while (my ($name, $value) = splice @$headers, 0, 2) {
        if ($name =~ /^-(.*)/) {
            $opts{$1} = $value;
        } else {
            push @rest, $name, $value;
        }
    }

    @$headers = @rest;
    return \%opts;
}


sub _post_head {
    my ($opts, $uri, $type, @headers) = @_;
    unshift @headers, 'Content-Type' => $type if defined $type;
    return _head($opts->{method} || 'POST', $uri, @headers);
}


sub _head {
    my ($method, $uri, @headers) = @_;
    my %given;
    my $head = "$method $uri HTTP/1.1\r\n";
    my $lines = '';

    while (my ($name, $value) = splice @headers, 0, 2) {
        $given{lc $name} = 1;
        $lines .= "$name: $value\r\n";
    }

    $head .= "Host: localhost\r\n" unless $given{host};
    $head .= "Connection: close\r\n" unless $given{connection};

    return $head . $lines;
}


sub _show {
    my ($sign, $data) = @_;
    Test::More::diag("$sign " . substr $data, 0, 2000) if $ENV{TEST_VERBOSE};
}


sub status {
    my ($answer) = @_;
    return $answer =~ m!^HTTP/[\d.]+ (\d{3})! ? $1 : 0;
}


# Returns a header's value; in list context the values of all of that name.

sub header {
    my ($answer, $name) = @_;
    my ($head) = split /\r\n\r\n/, $answer, 2;
    my @values = ($head || '') =~ /^\Q$name\E:[ \t]*(.*?)[ \t]*\r?$/gim;
    return wantarray ? @values : $values[0];
}


sub body {
    my ($answer) = @_;
    my (undef, $body) = split /\r\n\r\n/, $answer, 2;

    return '' unless defined $body;
    return $body if (header($answer, 'Transfer-Encoding') || '') !~ /chunked/i;

    my $whole = '';

    while ($body =~ s/^([0-9a-f]+)[^\r\n]*\r\n//i && hex $1) {
        $whole .= substr $body, 0, hex $1;
        substr($body, 0, hex($1) + 2) = '';
    }

    return $whole;
}


# Returns the body as data; undef when it is not JSON.  Strings are text.

sub json {
    my ($answer) = @_;
    return eval { JSON::PP->new->utf8->allow_nonref->decode(body($answer)) };
}


1;
