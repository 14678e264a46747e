#!/usr/bin/perl

# Copyright (C) the moderate authors

# moderatectl rules: check, test, corpus, diff and explain.  No nginx is
# needed.  TEST_MODERATECTL names another program to test.

###############################################################################

use warnings;
use strict;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;
use File::Temp qw/ tempdir /;
use JSON::PP;

use Test::More;

my $root = abs_path(dirname(__FILE__) . '/..');
my $ctl = $ENV{TEST_MODERATECTL} || "$root/build/moderatectl";
my $dir = tempdir('moderate-test-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
my ($out, $err, $code);

sub write_file {
    my ($name, $content) = @_;
    open my $fh, '>:raw', "$dir/$name" or die "$name: $!\n";
    print $fh $content;
    close $fh or die "$name: $!\n";
}

sub read_file {
    open my $fh, '<:raw', "$dir/$_[0]" or die "$_[0]: $!\n";
    local $/;
    return scalar <$fh>;
}

# runs in $dir; standard input is what the file "input" has

sub ctl {
    my $command = join ' ', map { "'" . s/'/'\\''/gr . "'" } @_;
    $code = system("cd '$dir' && '$ctl' $command <input >out 2>err") >> 8;
    $out = read_file('out');
    $err = read_file('err');
    return $out;
}

sub rules { return ctl('rules', @_) }

sub lines { return join '', map { encode_json($_) . "\n" } @_ }

sub json { return decode_json($out) }

write_file('input', '');

write_file('always.yaml', <<'EOF');
version: 1

rules:
  - id: always.digits
    title: Digits
    category: advertising
    match: '\d{9}'
    score: 1
    examples: { hit: ["912345678"], miss: ["12345678"] }
  - id: always.smile
    title: Smiles
    category: advertising
    words: [":))"]
    score: 1
    examples: { hit: ["a :)) b"], miss: ["a :) b"] }
  - id: always.word
    title: A word
    category: advertising
    words: ["casino"]
    score: 1
    examples: { hit: ["casino"], miss: ["cas"] }
  - id: always.mark
    title: A pattern with a literal
    category: advertising
    match: 'promo\d'
    score: 1
    examples: { hit: ["promo1"], miss: ["promo"] }
EOF

write_file('old.yaml', <<'EOF');
version: 1

rules:
  - id: test.pills
    title: "Pills \e[31m"
    category: advertising
    words: ["buy pills", "thuốc lạ"]
    score: 5
    examples: { hit: ["buy pills"], miss: ["buy bills"] }

  - id: test.shadow
    title: On trial
    category: scam
    mode: shadow
    match: 'prize'
    score: 20
    examples: { hit: ["a prize"], miss: ["a price"] }

  - id: test.links
    title: Links
    category: link-flood
    measure: links
    over: 0
    score: 2
    examples: { hit: ["see a.com"], miss: ["see"] }

  - id: test.author
    title: Office
    category: impersonation
    in: [author]
    words: ["admin"]
    score: 15
    examples: { hit: ["admin"], miss: ["adam"] }
EOF

(my $new = read_file('old.yaml')) =~ s/mode: shadow/mode: enforce/;
write_file('new.yaml', $new =~ s/score: 2\n/score: 5\n/r);

write_file('broken.yaml', read_file('old.yaml') =~ s/a price/a prize/r);

write_file('warn.yaml', <<'EOF');
version: 1

rules:
  - id: warn.title
    category: scam
    match: '(?:Foo|bar)'
    score: 5
    examples: { hit: ["bar"], miss: ["baz"] }

  - id: warn.accent
    title: Accent
    category: scam
    match: 'đường|zz'
    view: folded
    score: 5
    examples: { hit: ["zz"], miss: ["z"] }

  - id: warn.overlap
    title: Overlap
    category: scam
    match: '(?xi) ZZ (?!Foo) # Not this'
    score: 5
    examples: { hit: ["zz"], miss: ["zzfoo"] }

  - id: warn.slow
    title: Slow
    category: scam
    match: '(?:\w+[a ]?)+@x'
    score: 5
    examples: { hit: ["aaa@x"], miss: ["y"] }

  - id: warn.measure
    title: Nothing to miss
    category: link-flood
    measure: links
    over: 5
    score: 5
    examples: { hit: ["a.vn b.vn c.vn d.vn e.vn f.vn"] }

  - id: warn.none
    title: A good one
    category: scam
    match: '(?i:GOOD)\ one|\Qa.b\E?|[A-Z]?kept|\x41?\p{Lu}?fine'
    score: 5
    examples: { hit: ["good one"], miss: ["bad one"] }
EOF

my $hostile = "buy pills \e]0;x\a \x{7f} \x{202e} \x{200b} <U+200B>";

write_file('corpus.jsonl', lines(
    { id => 1, source => 's', label => 'spam', text => 'buy pills' },
    { id => "\e[31m\x{202e}", source => "s\n", label => "l\x{7f}",
      text => $hostile },
    { id => 'c', source => 's', label => 'ham', text => 'a prize a.com' },
    { id => 'd', source => 's', label => 'ham', text => 'fine', title => 'x',
      author => 'Admin', split => 'test', other_key => [1] },
    { source => 's', label => 'ham', text => 'fine', tone => 'civil' },
));

# a terminal would take these for commands, or hide text

my $unsafe = qr/[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80[\x8b-\x8f\xaa-\xae]/;

###############################################################################

# what there is

rules();
is($code, 2, 'no command exits 2');
like($err, qr/^usage: .*check .*test .*corpus .*diff .*explain /s, 'usage');
rules('--help');
is($code, 0, 'help');
like($out, qr/^usage: /, 'help on standard output');
rules('bogus');
is($code, 2, 'unknown command exits 2');

for my $command (qw/ check test corpus diff explain /) {
    rules($command, '--help');
    is("$code$err", '0', "$command --help");
    like($out, qr/^usage: moderatectl rules $command .*^Exits/ms,
         "$command --help tells exit codes");
    unlike($out, qr/^.{81}/m, "$command --help in 80 columns");
    rules($command, '--bogus');
    is("$code$out", '2', "$command: unknown option exits 2");
}

# check

rules('check', 'old.yaml');
like($out, qr/^ok: 4 rules, 0 limits, version [0-9a-f]{16}$/, 'check');
is("$code$err", '0', 'check exits 0, no warning');
rules('check', '--strict', 'old.yaml');
is($code, 0, 'strict');
rules('check', 'broken.yaml');
is($code, 1, 'problems exit 1');
like($out, qr/^broken\.yaml:\d+:\d+: rule "test\.shadow": example /, 'problem');
rules('check', 'nowhere.yaml');
is($code, 1, 'missing file exits 1');
rules('check');
is($code, 2, 'check of nothing exits 2');
rules('check', '--budget', '-1', 'old.yaml');
is($code, 2, 'wrong budget exits 2');
rules('check', map { "$_.yaml" } 1 .. 65);
is($code, 2, 'too many paths exit 2');

rules('check', '--budget', 1000, 'warn.yaml');
is($code, 0, 'warnings exit 0');
like($out, qr/^ok: 6 rules/, 'warnings are ok');
like($err, qr/^warn\.yaml:4:5: rule "warn\.title": warning: no title/m,
     'no title');
like($err, qr/^warn\.yaml:6:12: .*"Foo" is never found, .* has "foo"$/m,
     'capital in a lower-case view');
like($err, qr/^warn\.yaml:13:12: .*"đường" is never found, .*"duong"$/m,
     'accent in the folded view');
like($err, qr/"warn\.overlap": warning: all .* hit by "warn\.accent" too/,
     'overlap');
like($err, qr/"warn\.slow": warning: pattern runs out of its limits/, 'slow');
like($err, qr/"warn\.measure": warning: no example to miss/, 'nothing missed');
unlike($err, qr/warn\.none|Not|"ZZ"/, 'nothing else');
is(scalar(() = $err =~ /warning/g), 7, 'warnings');
rules('check', '--strict', '--budget', 1000, 'warn.yaml');
is("$code$out", "1failed: 7 warnings\n", 'strict exits 1');

rules('check', '--strict', 'always.yaml');
is($code, 0, 'no literal is no problem');
like($err, qr/^always\.yaml:4:5: rule "always\.digits": note: no literal /m,
     'pattern without a literal');
like($err, qr/"always\.smile": note: .* takes \d+\.\d us for each KiB/,
     'phrase of signs, and its cost');
unlike($err, qr/"always\.(?:word|mark)"/, 'what has a literal');

rules('check', '--budget', '0.0001', 'old.yaml');
like($err, qr/"test\.shadow": .* ms for 16 KiB of ".*", .* at most 0\.0001 ms/,
     'budget');

# test

write_file('cases.jsonl', lines(
    { id => 'a', text => 'buy pills', verdict => 'hold',
      hit => ['test.pills'], miss => ['test.links'] },
    { text => 'x', author => 'admin', verdict => 'reject',
      hit => ['test.author'] },
) . "\n");

write_file('failing.jsonl', lines(
    { name => "# TODO \e[31m", text => 'x', verdict => 'hold' },
    { id => 'b', text => 'x', hit => ['test.pills'] },
    { id => 'c', text => 'a.com', miss => ['test.links'] },
));

rules('test', 'old.yaml', 'cases.jsonl');
is("$code$out$err", "0ok: 8 examples, 2 cases, 0 failed\n", 'test');
rules('test', 'old.yaml', '--cases', '.');
is($code, 3, 'folder with files that are no cases exits 3');
mkdir "$dir/cases" or die;
rules('test', 'old.yaml', '--cases', 'cases');
is($code, 3, 'folder without cases exits 3');
rename "$dir/cases.jsonl", "$dir/cases/a.jsonl" or die;
rules('test', '--rules', 'old.yaml', '--cases', 'cases');
is("$code$out", "0ok: 8 examples, 2 cases, 0 failed\n", 'folder of cases');

rules('test', 'old.yaml', 'failing.jsonl');
is($code, 1, 'failing cases exit 1');
like($out, qr/^failing\.jsonl:1: .*: verdict pass .*, expected hold$/m,
     'verdict');
like($out, qr/^failing\.jsonl:2: b: no hit of test\.pills, expected one$/m,
     'no hit');
like($out, qr/^failing\.jsonl:3: c: a hit of test\.links, expected none$/m,
     'hit');
like($out, qr/^failed: 8 examples, 3 cases, 3 failed$/m, 'summary');
unlike($out, $unsafe, 'test is safe for a terminal');

rules('test', '--tap', 'old.yaml', 'failing.jsonl');
like($out, qr/\Aok 1 - test\.pills, 2 examples\n/, 'tap');
like($out, qr/^not ok 5 - failing\.jsonl:1: \\# TODO /m, 'no directive');
like($out, qr/^1\.\.7\n\z/m, 'tap has a plan');

rules('test', '--json', 'old.yaml', 'failing.jsonl');
is(json()->{failed}, 3, 'test as json');
is_deeply([map { "$_->{file}:$_->{line}" } @{json()->{failures}}],
          [map { "failing.jsonl:$_" } 1 .. 3], 'failures as json');
rules('test', '--json', 'broken.yaml', 'failing.jsonl');
is($code, 1, 'broken rules exit 1');
like(json()->{failures}[0]{problem}, qr/^broken\.yaml:/, 'broken as json');
rules('test', '--json', '--tap', 'old.yaml');
is($code, 2, 'json and tap exit 2');

for my $case ('{"text":"x"}', '{"text":"x","hit":["test.nope"]}',
              '{"text":"x","verdict":"held"}', '{"text":"x","hits":[]}',
              '{"verdict":"pass"}', '{"text":1,"verdict":"pass"}', '[]', 'x',
              '{"text":"x","hit":"test.pills"}',
              '{"text":"x","text":"y","verdict":"pass"}')
{
    write_file('input', "\n$case\n");
    rules('test', 'old.yaml', '--cases', '-');
    is($code, 3, "wrong case $case");
    like($err, qr/^standard input:2: /, 'and its place');
}

write_file('input', '');

# corpus

rules('corpus', 'corpus.jsonl', 'old.yaml');
is("$code$err", '0', 'corpus');
like($out, qr/^s +ham +3 +2 +66\.67 +0 +0\.00 +1 +33\.33$/m, 'table');
like($out, qr/^test\.pills +5\.0 +2 +2  spam 1, l<U\+007F> 1$/m, 'hits');
like($out, qr/^test\.shadow .*\(shadow\)$/m, 'shadow');
unlike($out, $unsafe, 'table is safe for a terminal');

rules('corpus', '--json', 'corpus.jsonl', '--rules', 'old.yaml');
is(json()->{texts}, 5, 'corpus as json');
is_deeply((grep { $_->{label} eq 'ham' } @{json()->{groups}})[0],
          { source => 's', label => 'ham', n => 3, pass => 2, hold => 0,
            reject => 1 }, 'group');
is_deeply((grep { $_->{rule} eq 'test.links' } @{json()->{rules}})[0],
          { rule => 'test.links', title => 'Links', category => 'link-flood',
            score => 2, mode => 'enforce', texts => 1, decides => 0,
            labels => { ham => 1 } }, 'rule');

rules('corpus', '--each', 'corpus.jsonl', 'old.yaml');
my @each = map { decode_json($_) } split /\n/, $out;
is_deeply([map { $_->{verdict} } @each], [qw/ hold hold pass reject pass /],
          'verdicts');
is_deeply($each[2], { line => 3, id => 'c', source => 's', label => 'ham',
                      verdict => 'pass', score => 2,
                      rules => ['test.shadow', 'test.links'] }, 'each');
is($each[0]{id}, '1', 'number as id');
unlike($out, qr/[^\n -~]/, 'each is safe for a terminal');

rules('corpus', '--each', '--hits', '--verdict', 'hold', 'corpus.jsonl',
      'old.yaml');
@each = map { decode_json($_) } split /\n/, $out;
is(scalar @each, 2, 'each of a verdict');
is($each[0]{hits}[0]{end}, 9, 'places');

rules('corpus', '--list', 'corpus.jsonl', 'old.yaml');
like($out, qr/^corpus\.jsonl:1: 1  s spam  hold 5\.0  test\.pills\n    buy p/m,
     'list');
like($out, qr/<U\+001B>\]0;x<U\+0007> <U\+007F> <U\+202E> <U\+200B> <U\+003C>U/,
     'escapes are seen, and none is mistaken');
like($out, qr/^    author:\n    Admin$/m, 'other roles');
unlike($out, $unsafe, 'list is safe for a terminal');

rules('corpus', '--rule', 'test.author', 'corpus.jsonl', 'old.yaml');
is(scalar(() = $out =~ /^corpus\.jsonl/mg), 1, 'list by rule');
rules('corpus', '--verdict', 'pass', '--only-label', 'ham', 'corpus.jsonl',
      'old.yaml');
is(scalar(() = $out =~ /^corpus\.jsonl/mg), 2, 'list by label');
rules('corpus', '--json', '--split', 'test', 'corpus.jsonl', 'old.yaml');
is(json()->{texts}, 1, 'only a split');
rules('corpus', '--json', '--only-source', 'x', 'corpus.jsonl', 'old.yaml');
is(json()->{texts}, 0, 'only a source');
rules('corpus', '--json', '--label', 'tone', 'corpus.jsonl', 'old.yaml');
is((grep { $_->{label} eq 'civil' } @{json()->{groups}})[0]{n}, 1,
   'another label');

for (['--verdict', 'held'], ['--json', '--each'], ['--hits']) {
    rules('corpus', @$_, 'corpus.jsonl', 'old.yaml');
    is($code, 2, "@$_ exits 2");
}

rules('corpus');
is($code, 2, 'corpus of nothing exits 2');
rules('corpus', 'nowhere.jsonl', 'old.yaml');
is($code, 3, 'missing corpus exits 3');
rules('corpus', '.', 'old.yaml');
is($code, 3, 'folder as corpus exits 3');
rules('corpus', 'corpus.jsonl', 'broken.yaml');
is($code, 3, 'broken rules exit 3');
like($err, qr/^broken\.yaml:\d+:\d+: /, 'and say why');

for my $line ("\e[31m", '{"text":"\\ud800"}', "{\"text\":\"\xff\"}", '{}',
              '{"text":"x"} {}', '{"text":"x"')
{
    write_file('input', "{\"text\":\"x\"}\n$line\n");
    rules('corpus', '-', 'old.yaml');
    is($code, 3, 'a line that is no record exits 3');
    like($err, qr/^standard input:2: /, 'and its place');
    unlike("$out$err", qr/$unsafe|\xff/, 'safe for a terminal');
}

write_file('input', '{"text":"buy\\u0000pills"}');
rules('corpus', '--each', '-', 'old.yaml');
is($code, 0, 'NUL in a text');

# diff

rules('diff', 'old.yaml', 'old.yaml', 'corpus.jsonl');
is("$code$err", '0', 'no difference exits 0');
rules('diff', 'old.yaml', 'new.yaml', 'corpus.jsonl');
is($code, 1, 'difference exits 1');
like($out, qr/^3: c  s ham  pass 2\.0 -> reject 25\.0 \n    a prize a\.com$/m,
     'change');
like($out, qr/^1 of 5 texts change, 0 more /m, 'summary');
like($out, qr/^s ham: 3 texts, 1 stricter, 0 milder; pass 2 to 1, /m, 'group');
unlike($out, $unsafe, 'diff is safe for a terminal');

write_file('one.yaml', read_file('old.yaml')
           =~ s/  - id: test\.shadow.*?(?=  - id: test\.links)//sr
           =~ s/buy pills"/fine"/gr);
rules('diff', '--json', 'old.yaml', 'one.yaml', 'corpus.jsonl');
is($code, 1, 'diff as json');
is_deeply([map { [@$_{qw/ line old new gained lost /}] } @{json()->{changes}}],
          [[1, 'hold', 'pass', [], ['test.pills']],
           [2, 'hold', 'pass', [], ['test.pills']],
           [5, 'pass', 'hold', ['test.pills'], []]], 'changes');
is(json()->{other_rules}, 2, 'same verdict by other rules');
is((grep { $_->{label} eq 'ham' } @{json()->{groups}})[0]{stricter}, 1,
   'counts');

for (['old.yaml', 'new.yaml'], ['old.yaml', 'new.yaml', 'a', 'b']) {
    rules('diff', @$_);
    is($code, 2, 'wrong number of files exits 2');
}

rules('diff', 'old.yaml', 'broken.yaml', 'corpus.jsonl');
is($code, 3, 'broken rules exit 3');
rules('diff', 'old.yaml', 'new.yaml', 'nowhere.jsonl');
is($code, 3, 'missing corpus exits 3');

# explain

my @explain = ('explain', '--rules', 'old.yaml');

rules(@explain, '--text', 'thuoc la');
is($code, 0, 'bare words score half');
rules(@explain, '--text', 'Please BUY pills, [x] thuoc la');
is($code, 1, 'held exits 1');
like($out, qr/^    Please \[BUY pills\], \[x\] \[thuoc la\]$/m, 'marks');
like($out, qr/^  text:\n    please buy pills, /m, 'view');
unlike($out, qr/^  folded:/m, 'no view that is the same');
like($out, qr/^5\.0  test\.pills  advertising: Pills <U\+001B>\[31m$/m, 'rule');
like($out, qr/^     field 0, bytes 22 to 30, without accents: thuoc la$/m,
     'bare hit');
like($out, qr/^score 5\.0: hold \(hold from 5\.0, reject from 15\.0\), /m,
     'score');

ctl(@explain, '--text', 'a prize');
is($code, 0, 'passed exits 0, explain alone');
like($out, qr/^0\.0  test\.shadow  scam: On trial \(shadow\)$/m, 'shadow');

write_file('text', "buy pills \e]0;x\a \xe2\x80\xae \xff <U+200B>");
rules(@explain, '--file', 'text');
like($out, qr/\[buy pills\] <U\+001B>\]0;.*<U\+202E> <0xFF> <U\+003C>U\+200B/,
     'file');
unlike($out, qr/$unsafe|\xff/, 'explain is safe for a terminal');
rules(@explain, '--json', '--file', 'text');
is(json()->{verdict}, 'hold', 'explain as json');
is(json()->{hits}[0]{end}, 9, 'hits as json');
is(json()->{rules}[0]{title}, "Pills \e[31m", 'rules as json');
is(json()->{hold} . json()->{reject} . json()->{score}, '5155', 'thresholds');
like(json()->{views}[0]{folded}, qr/^buy pills/, 'views as json');
unlike($out, qr/[^\n -~]/, 'json is safe for a terminal');

my $head = "POST /a?b HTTP/1.1\r\nHost: x\r\ncontent-type:"
           . " application/x-www-form-urlencoded \r\n";

write_file('input', $head . "Content-Length: 17\r\n\r\ncomment=buy+pills");
rules(@explain, '--field', 'text=comment', '--request', '-');
like($out, qr!^request: POST /a\?b\nreadable: 1 field\n!, 'request');
like($out, qr/^0  comment  \(text\)\n    \[buy pills\]$/m, 'its field');
is($code, 1, 'its verdict');
write_file('input', $head . "Content-Length: 17\n\ncomment=buy+pills\n");
rules(@explain, '--request', '-');
is($code, 1, 'request with a line end added');
write_file('input', $head . "Transfer-Encoding: chunked\r\n\r\n"
                    . "8;x\r\ncomment=\r\n9\r\nbuy+pills\r\n0\r\n\r\n");
rules(@explain, '--request', '-', '--json');
is(json()->{fields}[0]{value}, 'buy pills', 'chunked request');
is(json()->{method} . json()->{target}, 'POST/a?b', 'request as json');
write_file('input', $head . "Content-Encoding: gzip\r\n\r\nx");
rules(@explain, '--request', '-');
like($out, qr/^unreadable: content-encoding, /m, 'unreadable request');
is($code, 1, 'unreadable exits 1');
write_file('input', $head . "Content-Type: text/plain\r\n\r\nx");
rules(@explain, '--request', '-');
like($out, qr/^unreadable: content-type-duplicate, /m, 'two types');

for my $request ('', "\r\n", "POST /\r\n\r\n", "POST / HTTP/1.1\r\nHost: x",
                 $head . "x\r\n\r\n", $head . "Content-Length: 9\r\n\r\nx",
                 $head . "Content-Length: 1\r\n\r\nx=12345",
                 $head . "Content-Length: x\r\n\r\nx",
                 $head . "Content-Length: " . '9' x 40 . "\r\n\r\nx",
                 $head . "Transfer-Encoding: gzip\r\n\r\nx",
                 $head . "Transfer-Encoding: chunked\r\n\r\nx",
                 $head . "Transfer-Encoding: chunked\r\n\r\n5\r\nx",
                 $head . "Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n",
                 $head . "Transfer-Encoding: chunked\r\n\r\n\r\n",
                 $head . "Transfer-Encoding: chunked\r\n\r\n"
                       . 'f' x 40 . "\r\nx\r\n")
{
    write_file('input', $request);
    rules(@explain, '--request', '-');
    is($code, 3, 'broken request exits 3');
    like($err, qr/^moderatectl: the request /, 'and says why');
}

write_file('input', 'comment=buy+pills');
rules(@explain, '--type', 'application/x-www-form-urlencoded');
is($code, 1, 'body');

for (['--text', 'x', '--file', 'y'], ['--text', 'x', 'y'], ['y', 'z'],
     ['--text', 'x', '--type', 'text/plain'], ['--field', 'x'])
{
    rules(@explain, @$_);
    is($code, 2, "@$_ exits 2");
}

rules(@explain, '--text', 'x', 'lua-free-rules');
like($err, qr/"lua-free-rules" is one more; .*--rules lua-free-rules/,
     'and tells how rules are named');

rules(@explain, '--file', 'nowhere');
is($code, 3, 'missing file exits 3');
rules('explain', '--rules', 'broken.yaml', '--text', 'x');
is($code, 3, 'broken rules exit 3');

done_testing();

###############################################################################
