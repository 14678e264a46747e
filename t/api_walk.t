#!/usr/bin/perl

# Copyright (C) the moderate authors

# Every call of the API that docs/openapi.yaml has, with every method, by
# everybody and by nobody, and from pages of other sites.

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

    moderate_redis        unix:%%TESTDIR%%/redis.sock;
    moderate_rules        %%TESTDIR%%/rules.yaml;
    moderate_secret_file  %%TESTDIR%%/secret;
    moderate_site         portal;

    server {
        listen          127.0.0.1:8080;
        moderate        on;
        moderate_field  text comment;

        location / {
            proxy_pass  http://127.0.0.1:8081;
        }

        location /api/ {
            moderate_api  role=$http_x_role user=$http_x_user;
        }
    }
}
EOF

$t->write_file('rules.yaml', <<'EOF');
version: 1

rules:
  - id: test.pills
    category: advertising
    words: [pills]
    score: 5
    examples: { hit: [pills], miss: [bills] }
EOF

$t->write_file('secret', 'x' x 40);
$t->run_redis()->run_backend()->run();

my $json = 'application/json';
my @calls = Test::Moderate::API::calls();
my @methods = qw/ GET HEAD POST PUT PATCH DELETE OPTIONS /;
my %rank = (viewer => 1, moderator => 2, admin => 3);
my (%paths, @bad, $id, $before);

push @{$paths{$_->{path}}}, $_ for @calls;

# those who are nobody: what is said of them, and what is answered

my @nobody = (
    [ 'without a name', [ 'X-Role' => 'admin' ], 401, 'no-identity' ],
    [ 'without a role', [ 'X-User' => 'lan' ], 403, 'no-role' ],
    [ 'of an unknown role', [ 'X-User' => 'lan', 'X-Role' => 'Admin' ], 403,
      'no-role' ],
    [ 'of two roles', [ 'X-User' => 'lan', 'X-Role' => 'viewer admin' ], 403,
      'no-role' ],
    [ 'of two words', [ 'X-User' => 'lan binh', 'X-Role' => 'admin' ], 401,
      'no-identity' ],
    [ 'of a long name', [ 'X-User' => 'x' x 500, 'X-Role' => 'admin' ], 401,
      'no-identity' ],
);

###############################################################################

cmp_ok(scalar @calls, '>', 20, 'calls');

$id = json(http_post('/', 'application/x-www-form-urlencoded',
                     'comment=pills', 'Accept' => $json))->{receipt};
$id =~ s/\..*//;
$before = state();

# nobody, whatever is called

for my $path (sort keys %paths) {
    for my $who (@nobody) {
        my ($name, $headers, $status, $error) = @$who;

        is_deeply([ map { answer($_, $path, @$headers) } @methods ],
                  [ map { [ $status, $_ eq 'HEAD' ? undef : $error ] }
                    @methods ],
                  "$path $name");
    }
}

# by each role: only what the file says is let in

for my $path (sort keys %paths) {
    my %least = map { $_->{method} => $_->{role} } @{$paths{$path}};
    $least{HEAD} = $least{GET} if $least{GET};

    for my $role (sort keys %rank) {
        for my $method (@methods) {
            my ($status, $error) = @{answer($method, $path,
                                     'X-User' => 'lan', 'X-Role' => $role)};
            my $name = "$method $path by a $role";

            if (!$least{$method}) {
                is($status, 405, "$name: no such method");

            } elsif ($rank{$role} < $rank{$least{$method}}) {
                is($status, 403, "$name: refused");

            } else {
                unlike($status, qr/^(?:401|403|405|5..)$/, "$name: let in");
            }
        }
    }
}

is(state(), $before, 'nothing was done without a version and a body');

# what is no call

is(status(ask('GET', $_, admin())), 404, "no call: $_") for
    '', 'x', 'held/', 'held/x', 'held/' . 'g' x 32, 'held/' . '0' x 33,
    "held/$id/", "held/$id/x", "held/$id/claim/", 'held/bulk/', 'me/',
    'rulesets', 'rulesets/', 'rulesets/a%20b', 'rulesets/a/x', 'Held',
    'erase/x';

# from elsewhere

for my $path (sort grep { $paths{$_}[-1]{method} eq 'POST' } keys %paths) {
    for my $from ([ 'Origin' => 'http://evil.example' ],
                  [ 'Origin' => 'null' ],
                  [ 'Origin' => 'http://localhost.evil.example' ],
                  [ 'Sec-Fetch-Site' => 'cross-site' ],
                  [ 'Sec-Fetch-Site' => 'same-site' ])
    {
        is_deeply(answer('POST', $path, admin(), @$from), [ 403, 'origin' ],
                  "$path from @$from");
    }

    unlike(answer('POST', $path, admin(), 'Origin' => 'http://localhost',
                  'Sec-Fetch-Site' => 'same-origin')->[0], qr/^(?:403|5..)$/,
           "$path from the console");
}

is(state(), $before, 'nothing was done from elsewhere');

# no form can be sent that is taken for a call

is_deeply([ map { status(http_post("/api/held/$id/reject", $_,
                                   '{"reason":"scam"}', admin(),
                                   'If-Match' => '"1"')) }
            'text/plain', 'application/x-www-form-urlencoded',
            'multipart/form-data', 'application/jsonp', '' ],
          [ (400) x 5 ], 'types that a form can have');
is(state(), $before, 'nothing was done by a form');

# all answers, those above too, are for nobody else

is(join("\n", @bad), '', 'no-store, noindex, nosniff, and JSON');

$t->done_testing();

###############################################################################

sub admin { return ('X-User' => 'lan', 'X-Role' => 'admin') }


sub ask {
    my ($method, $path, @headers) = @_;
    return http_post("/api/$path", $json, $method eq 'POST' ? '{}' : '',
                     -method => $method, @headers);
}


sub answer {
    my ($method, $path, @headers) = @_;

    $path =~ s/\{id\}/$id/;
    $path =~ s/\{name\}/town/;
    $path =~ s!^/!!;

    my $r = ask($method, $path, @headers);

    push @bad, "$method $path: " . status($r)
        if (header($r, 'Cache-Control') || '') ne 'no-store'
            || (header($r, 'X-Robots-Tag') || '') ne 'noindex'
            || (header($r, 'X-Content-Type-Options') || '') ne 'nosniff'
            || (header($r, 'Content-Type') || '') ne $json;

    return [ status($r), (json($r) || {})->{error} ];
}


sub state {
    my $item = json(http_get("/api/held/$id", admin()));
    return "$item->{state} $item->{version} " . @{$item->{history}};
}

###############################################################################
