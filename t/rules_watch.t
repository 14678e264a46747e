#!/usr/bin/perl

# Copyright (C) the moderate authors

# However a rule file is changed, and wherever it is, the change is live soon:
# folders, those in them, lists, links, renamed and unfinished files.

###############################################################################

use warnings;
use strict;

use Test::More;
use Test::Moderate;
use Time::HiRes qw/ sleep time /;

my $t = Test::Moderate->new();

$t->write_file_expand('nginx.conf', <<'EOF');
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis  unix:%%TESTDIR%%/redis.sock;

    server {
        listen  127.0.0.1:8080;

        location / {
            moderate        on;
            moderate_rules  %%TESTDIR%%/rules.d %%TESTDIR%%/link.yaml;
            proxy_pass      http://127.0.0.1:8081;
        }

        location = /status {
            moderate_status;
        }
    }
}
EOF

sub rules {
    my ($id, $words) = @_;

    return <<"EOF";
version: 1

rules:
  - id: $id
    category: scam
    words: $words
    score: 20
    examples: { hit: [$id], miss: [nothing] }
EOF
}

my $dir = $t->testdir();

$t->make_dir($_) for qw! rules.d lists elsewhere elsewhere/one !;
$t->write_file('rules.d/10.yaml', rules('old', '[old]'));
$t->write_file('rules.d/20.yaml', rules('list', '{ file: ../lists/a.txt }'));
$t->write_file('lists/a.txt', "list\nfirst\n");
$t->write_file('elsewhere/one/link.yaml', rules('link', '[link]'));
symlink "$dir/elsewhere/one/link.yaml", "$dir/link.yaml" or die "$!\n";

$t->run_redis()->run_backend()->run();

my $slow = ($ENV{TEST_MODERATE_MODULE} || '') =~ /sanitize/;
my ($start, $fh);

###############################################################################

ok(wait_until(sub { set()->{watched} }), 'watched');

# nothing happens for a while: who only polls now and then would be late

sleep 2;

live('old2', 'by rename', sub {
    $t->write_file('rules.d/10.yaml', rules('old2', '[old2]'));
});

live('next', 'in its place', sub {
    open $fh, '>', "$dir/rules.d/10.yaml" or die "$!\n";
    print $fh rules('next', '[next]');
    close $fh;
});

live('added', 'added', sub {
    $t->write_file('rules.d/30.yaml', rules('added', '[added]'));
});

gone('added', 'removed', sub { unlink "$dir/rules.d/30.yaml" });

live('second', 'a list', sub {
    $t->write_file('lists/a.txt', "list\nsecond\n");
});

live('local', 'a new local.d', sub {
    $t->make_dir('rules.d/local.d');
    $t->write_file('rules.d/local.d/50.yaml', rules('local', '[local]'));
});

live('local2', 'in local.d', sub {
    $t->write_file('rules.d/local.d/50.yaml', rules('local2', '[local2]'));
});

live('over', 'a new override.d', sub {
    $t->make_dir('rules.d/override.d');
    $t->write_file('rules.d/override.d/50.yaml',
                   rules('next', '[over, next]'));
});

gone('over', 'override.d moved away', sub {
    rename "$dir/rules.d/override.d", "$dir/elsewhere/override.d";
});

live('linked', 'behind a link', sub {
    $t->write_file('elsewhere/one/link.yaml', rules('linked', '[linked]'));
});

live('other', 'another link', sub {
    $t->make_dir('elsewhere/two');
    $t->write_file('elsewhere/two/link.yaml', rules('other', '[other]'));
    symlink "$dir/elsewhere/two/link.yaml", "$dir/link.new" or die "$!\n";
    rename "$dir/link.new", "$dir/link.yaml" or die "$!\n";
});

live('whole', 'another folder', sub {
    $t->make_dir('new.d');
    $t->write_file('new.d/10.yaml', rules('whole', '[whole]'));
    rename "$dir/rules.d", "$dir/old.d" or die "$!\n";
    rename "$dir/new.d", "$dir/rules.d" or die "$!\n";
});

live('again', 'and in that', sub {
    $t->write_file('rules.d/10.yaml', rules('again', '[again]'));
});

# in two steps, within the time in which changes settle

my $swaps = set()->{swaps};

live('done', 'half written, and then whole', sub {
    open $fh, '>', "$dir/rules.d/10.yaml" or die "$!\n";
    $fh->autoflush(1);
    print $fh substr rules('done', '[done]'), 0, 50;
    sleep 0.2;
    print $fh substr rules('done', '[done]'), 50;
    close $fh;
});

is(set()->{swaps}, $swaps + 1, 'one swap');
is(set()->{failures}, 0, 'the half was not tried');

# the kernel does not tell of this before the file is closed

open $fh, '>', "$dir/rules.d/10.yaml" or die "$!\n";
$fh->autoflush(1);
sleep 1;
print $fh rules('open', '[open]');
ok(wait_until(sub { verdict('open') == 403 }, 15), 'a file that stays open');
close $fh;

$t->done_testing();

###############################################################################

sub verdict {
    my ($word) = @_;
    return status(http_post('/', 'application/x-www-form-urlencoded',
                            "a=$word"));
}


sub set { json(http_get('/status'))->{workers}[0]{rulesets}[0] }


sub live {
    my ($word, $name, $change) = @_;
    becomes($word, $name, $change, 403);
}


sub gone {
    my ($word, $name, $change) = @_;
    becomes($word, $name, $change, 200);
}


sub becomes {
    my ($word, $name, $change, $status) = @_;

    isnt(verdict($word), $status, "$name: not yet");
    $change->();
    my $began = time;
    ok(wait_until(sub { verdict($word) == $status }, 20), "$name: live");
    cmp_ok(time - $began, '<', $slow ? 20 : 2.5, "$name: soon");
}

###############################################################################
