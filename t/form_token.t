#!/usr/bin/perl

# Copyright (C) the moderate authors

# Rules know the form, the site, and the age of the token of a form.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'EOC');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    log_format  moderate  '$uri $moderate_rules';
    access_log  %%TESTDIR%%/moderate.log  moderate;
    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;

    server {
        listen         127.0.0.1:8080;
        moderate_site  portal;

        location = /token {
            return 200 "$moderate_form_token";
        }

        location / {
            moderate        on;
            moderate_key    client  $remote_addr;
            moderate_field  text    content;
            proxy_pass      http://127.0.0.1:8081;
        }
    }

    server {
        listen         127.0.0.1:8080;
        server_name    other;
        moderate_site  other;

        location = /token {
            return 200 "$moderate_form_token";
        }
    }
}
EOC

$t->write_file('rules.yaml', <<'EOY');
version: 1
rules:
  - { id: fast, category: automated, score: 5, forms: [/age],
      measure: age-of-form, under: 60 }
  - { id: old, category: automated, score: 5, forms: [/old],
      measure: age-of-form, over: 0 }
  - { id: missing, category: automated, score: 5, forms: [/age],
      measure: form-token-missing }
  - { id: invalid, category: automated, score: 5, forms: [/age],
      measure: form-token-invalid }
  - { id: portal, category: abuse, score: 5, sites: [portal], words: [site],
      examples: { hit: [site], miss: [x] } }
  - { id: other, category: abuse, score: 5, sites: [other], words: [site],
      examples: { hit: [site], miss: [x] } }
  - { id: words, category: abuse, score: 5, words: [bad],
      examples: { hit: [bad], miss: [x] } }
  - { id: token, category: abuse, score: 5, match: '[\w\-]{54}',
      examples: { miss: [x], hit:
        ["012345678901234567890123456789012345678901234567890123"] } }
limits:
  - { id: rate, key: client, over: 1, per: 1d, score: 5, forms: [/rate] }
except:
  - { rule: words, when: { form: /except/, site: portal } }
EOY

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $token = body(http_get('/token'));
my $other = body(http_get('/token', Host => 'other'));

###############################################################################

like($token, qr/^[A-Za-z0-9_-]{54}$/, 'token');
isnt($other, $token, 'another for another site');

post('/age/missing', 'content=x');
post('/age/fast', "content=x&moderate_token=$token");
post('/age/site', "content=x&moderate_token=$other");
post('/age/two', "content=x&moderate_token=$token&moderate_token=$token");
post('/none', 'content=x');

# bounds that a test which is late does not pass: a token only gets older

sleep 2;
post('/old/form', "content=x&moderate_token=$token");

post('/site', 'content=site');
post('/except/1', 'content=bad');
post('/words/1', 'content=bad');

post('/rate/1', 'content=x');
post('/free/1', 'content=x');
post('/free/2', 'content=x');
post('/rate/2', 'content=x');

$t->stop();

is(rules('/age/missing'), 'missing', 'missing');
is(rules('/age/fast'), 'fast', 'too fast, and a good token is no text');
is(rules('/age/site'), 'invalid,token', 'of another site');
is(rules('/age/two'), 'invalid', 'two');
is(rules('/none'), '-', 'another form');
is(rules('/old/form'), 'old', 'some time later');
is(rules('/site'), 'portal', 'site');
is(rules('/except/1'), '-', 'exception');
is(rules('/words/1'), 'words', 'no exception');
is(rules('/rate/1'), '-', 'counted once');
is(rules('/free/2'), '-', 'another form is not counted');
is(rules('/rate/2'), 'rate', 'counted twice');

$t->done_testing();

###############################################################################

sub post {
    my ($uri, $body) = @_;

    return http_post($uri, $form, $body, 'Accept' => 'application/json');
}


sub rules {
    my ($uri) = @_;

    my ($rules) = $t->read_file('moderate.log') =~ /^\Q$uri\E (\S*)$/m;

    return $rules;
}
