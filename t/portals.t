#!/usr/bin/perl

# Copyright (C) the moderate authors

# The snippets of examples/, each in an nginx of its kind: what the forms of
# these portals post passes byte for byte, is held for what somebody wrote, and
# is left alone where nobody wrote it.

###############################################################################

use warnings;
use strict;
use utf8;

use Encode qw/ encode /;
use Test::More;
use Test::Moderate;

my $t = Test::Moderate->new();

my @portals = qw/ nukeviet wordpress drupal joomla liferay sharepoint dnn /;
my %port = map { $portals[$_] => 8082 + $_ } 0 .. $#portals;

my $servers = join '', map { <<"EOF" } @portals;
    server {
        listen   127.0.0.1:$port{$_};
        include  %%ROOT%%/examples/$_.conf;

        location ^~ /moderation/ {
            moderate_api  role=moderator user=lan;
        }
    }
EOF

$t->write_file_expand('nginx.conf', <<"EOF");
%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    moderate_redis  unix:%%TESTDIR%%/redis.sock;
    moderate_rules  %%TESTDIR%%/rules.yaml;
    moderate_site   portal;

    upstream portal {
        server  127.0.0.1:8081;
    }

$servers
}
EOF

# a word that nobody needs, and a client that may write twice

$t->write_file('rules.yaml', encode('UTF-8', <<'EOF'));
version: 1
thresholds: { reject: 99 }

rules:
  - id: test.word
    title: A word
    category: advertising
    in: [text, title, author, email, url, phone, honeypot, other]
    words: ["tiền nhanh"]
    score: 5
    examples: { hit: ["vay tiền nhanh"], miss: ["tiền chậm"] }

  - id: test.links
    title: Links
    category: link-flood
    measure: links
    over: 2
    score: 5
    examples: { hit: ["a.vn b.vn c.vn"], miss: ["a.vn b.vn"] }

limits:
  - { id: test.rate, key: client, over: 1000, per: 1h, score: 5 }
EOF

$t->run_redis()->run_backend()->run();

my $form = 'application/x-www-form-urlencoded';
my $json = 'application/json';
my $multipart = 'multipart/form-data; boundary=----WebKitFormBoundaryUD8yRTu';

my $fine = 'Tôi đề nghị phường sửa đèn đường ngõ 12; cảm ơn!';
my $word = 'Vay tiền nhanh';

###############################################################################
# bodies, as browsers write them

sub coded {
    my ($text) = @_;
    $text = encode('UTF-8', $text);
    $text =~ s/([^A-Za-z0-9*\-._ ])/sprintf '%%%02X', ord $1/ge;
    $text =~ tr/ /+/;
    return $text;
}

# encodeURIComponent()

sub component {
    my ($text) = @_;
    $text = encode('UTF-8', $text);
    $text =~ s/([^A-Za-z0-9*\-._!~'()])/sprintf '%%%02X', ord $1/ge;
    return $text;
}

sub form {
    my @pairs;
    while (my ($name, $value) = splice @_, 0, 2) {
        push @pairs, coded($name) . '=' . coded($value);
    }
    return ($form, join '&', @pairs);
}

sub parts {
    my $body = '';
    while (my ($name, $value) = splice @_, 0, 2) {
        my $type = $name =~ s/^@// ? '"; filename="don.pdf"'
                   . "\r\nContent-Type: application/pdf" : '"';
        $body .= "------WebKitFormBoundaryUD8yRTu\r\nContent-Disposition: "
                 . qq(form-data; name="$name$type\r\n\r\n$value\r\n);
    }
    return ($multipart,
            encode('UTF-8', "$body------WebKitFormBoundaryUD8yRTu--\r\n"));
}

sub json_body { return ($json, encode('UTF-8', $_[0])) }

# letters of Latin-1 as CKEditor writes them

sub editor {
    my ($text) = @_;
    my %names = ('ô' => 'ocirc', 'ê' => 'ecirc', 'à' => 'agrave',
                 'è' => 'egrave', 'õ' => 'otilde', 'ò' => 'ograve',
                 ' ' => 'nbsp');
    $text =~ s/([ôêàèõò])/&$names{$1};/g;
    $text =~ s/ /&nbsp;/;
    return "<p>$text</p>\r\n";
}

###############################################################################
# portal, case, uri, a sub that makes the body of a text, field, role; with
# "alone" for a body of no text, "token" for one with the word where nobody
# writes

my @cases;

sub text { push @cases, [ 'text', @_ ] }
sub alone { push @cases, [ 'alone', @_ ] }
sub token { push @cases, [ 'token', @_ ] }

my %nukeviet = (module => 'news', area => 8, id => 1234, pid => 0,
                allowed => 6);
my $md5 = 'c3fcd3d76192e4007dfb496cca67e13b';

text('nukeviet', 'comment', '/index.php?language=vi&nv=comment&op=post',
     sub { form(%nukeviet, name => 'Lan', email => 'a@example.vn',
                content => $_[0], code => 'x7a2', checkss => $md5) },
     'content', 'text');
text('nukeviet', 'editor', '/vi/comment/post/',
     sub { form(%nukeviet, content => editor($_[0]), checkss => $md5) },
     'content', 'text');
text('nukeviet', 'attachment', '/index.php?language=vi&nv=comment&op=post',
     sub { parts(%nukeviet, content => editor($_[0]), checkss => $md5,
                 '@fileattach' => "%PDF-1.4 $word") }, 'content', 'text');
text('nukeviet', 'author', '/vi/comment/post/',
     sub { form(%nukeviet, content => 'x', name => $_[0]) }, 'name',
     'author');
text('nukeviet', 'contact', '/index.php?language=vi&nv=contact',
     sub { form(ftitle => 'x', fname => 'Lan', femail => 'a@example.vn',
                fphone => '0912 345 678', faddress => 'Hà Nội',
                fcon => editor($_[0]), fcode => 'x', checkss => $md5) },
     'fcon', 'text');
text('nukeviet', 'post from any page', '/vi/news/',
     sub { form(nv => 'comment', op => 'post', content => $_[0]) },
     'content', 'text');
alone('nukeviet', 'like', '/index.php?language=vi&nv=comment&op=like',
      sub { form(cid => 7, like => 1, checkss => $md5) });
alone('nukeviet', 'page', '/index.php?language=vi&nv=comment&comment_load=1',
      sub { form(%nukeviet, comment_load => 1, sortcomm => 2,
                checkss => $md5) });
token('nukeviet', 'checkss', '/vi/comment/post/',
      sub { form(content => $fine, checkss => $_[0]) });

text('wordpress', 'comment', '/wp-comments-post.php',
     sub { form(comment => $_[0], author => 'Lan', email => 'a@example.vn',
                url => 'https://example.vn', submit => 'Gửi bình luận',
                comment_post_ID => 7, comment_parent => 0) }, 'comment',
     'text');
text('wordpress', 'markup', '/wp-comments-post.php',
     sub { my $s = $_[0]; $s =~ s/ti/t<b>i<\/b>/;
           form(comment => $s, author => 'Lan') }, 'comment', 'text');
text('wordpress', 'rest', '/wp-json/wp/v2/comments',
     sub { json_body(qq({"post":7,"author_name":"Lan","content":"$_[0]"})) },
     'content', 'text');
text('wordpress', 'rest raw', '/wp-json/wp/v2/comments?_locale=user',
     sub { json_body(qq({"post":7,"content":{"raw":"<p>$_[0]</p>"}})) },
     'content.raw', 'text');
text('wordpress', 'rest as a form', '/index.php/wp-json/wp/v2/comments',
     sub { form(post => 7, content => $_[0]) }, 'content', 'text');
text('wordpress', 'rest by another url', '/?rest_route=/wp/v2/comments',
     sub { json_body(qq({"post":7,"author_name":"$_[0]"})) }, 'author_name',
     'author');
token('wordpress', 'token', '/wp-comments-post.php',
      sub { form(comment => $fine, akismet_comment_nonce => $_[0]) });

text('drupal', 'comment', '/comment/reply/node/7/comment',
     sub { form('subject[0][value]' => 'x', 'comment_body[0][value]' => $_[0],
                'comment_body[0][format]' => 'basic_html', name => 'Lan',
                mail => 'a@example.vn', form_build_id => 'form-x',
                form_id => 'comment_comment_form', op => 'Save') },
     'comment_body[0][value]', 'text');
text('drupal', 'subject', '/vi/comment/reply/node/7/comment',
     sub { form('subject[0][value]' => $_[0],
                'comment_body[0][value]' => 'x') },
     'subject[0][value]', 'title');
text('drupal', '7', '/comment/reply/7',
     sub { form('comment_body[und][0][value]' => "<p>$_[0]</p>",
                'comment_body[und][0][format]' => 'filtered_html') },
     'comment_body[und][0][value]', 'text');
text('drupal', 'contact', '/contact/feedback',
     sub { form(name => 'Lan', mail => 'a@example.vn',
                'subject[0][value]' => 'x', 'message[0][value]' => $_[0],
                copy => 1) }, 'message[0][value]', 'text');
text('drupal', 'with a file', '/comment/reply/node/7/comment',
     sub { parts('comment_body[0][value]' => $_[0], form_token => 'x',
                 '@files[field_file_0]' => $word, op => 'Save') },
     'comment_body[0][value]', 'text');
alone('drupal', 'page of a view', '/views/ajax',
      sub { form(view_name => 'comments', view_display_id => 'block_1',
                view_args => 7, view_path => '/node/7', pager_element => 0,
                page => 2, view_dom_id => $md5, _drupal_ajax => 1,
                'ajax_page_state[theme]' => 'x',
                'ajax_page_state[libraries]' => "a/b,$word") });
token('drupal', 'form_token', '/comment/reply/node/7/comment',
      sub { form('comment_body[0][value]' => $fine, form_token => $_[0]) });

text('joomla', 'contact', '/index.php?option=com_contact',
     sub { form('jform[contact_name]' => 'Lan',
                'jform[contact_email]' => 'a@example.vn',
                'jform[contact_subject]' => 'x',
                'jform[contact_message]' => $_[0], option => 'com_contact',
                task => 'contact.submit', id => '1:lien-he', $md5 => 1) },
     'jform[contact_message]', 'text');
text('joomla', 'jcomments', '/index.php?option=com_jcomments&tmpl=component',
     sub { form(comment => $_[0], name => 'Lan', email => 'a@example.vn',
                title => 'x', homepage => '', object_id => 7,
                object_group => 'com_content',
                jtxf => 'JCommentsAddComment') }, 'comment', 'text');
text('joomla', 'bbcode',
     '/index.php?option=com_jcomments&tmpl=component',
     sub { my $s = $_[0]; $s =~ s/ti/t[b]i[\/b]/;
           form(comment => "[quote]x[/quote]$s") }, 'comment', 'text');
text('joomla', 'jcomments by place', '/index.php?option=com_jcomments',
     sub { form(jtxf => 'JCommentsAddComment', 'jtxa[]' => $_[0]) },
     'jtxa[]', 'text');
token('joomla', 'captcha', '/index.php?option=com_contact',
      sub { form('jform[contact_message]' => $fine,
                 'g-recaptcha-response' => $_[0], $md5 => $_[0]) });

my $ns = '_com_liferay_asset_publisher_web_portlet_AssetPublisherPortlet_'
         . 'INSTANCE_abcd_';

text('liferay', 'discussion', '/c/portal/comment/discussion/edit',
     sub { parts(p_auth => 'Xy12', namespace => $ns,
                 contentURL => 'https://x/', "${ns}cmd" => 'add',
                 "${ns}className" => 'com.liferay.blogs.model.BlogsEntry',
                 "${ns}classPK" => 42, "${ns}parentCommentId" => 0,
                 "${ns}body" => editor($_[0]), "${ns}ajax" => 'true') },
     "${ns}body", 'text');
text('liferay', 'older', '/vi/c/portal/comment/edit_discussion',
     sub { form(p_auth => 'x', "${ns}postReplyBody0" => $_[0],
                "${ns}randomNamespace" => 'abcd_') },
     "${ns}postReplyBody0", 'text');
text('liferay', 'headless',
     '/o/headless-delivery/v1.0/blog-postings/42/comments',
     sub { json_body(qq({"text":"<p>$_[0]</p>"})) }, 'text', 'text');
text('liferay', 'graphql', '/o/graphql',
     sub { json_body(qq({"query":"mutation(\$c: InputComment){ x(c: \$c)}",)
                     . qq("variables":{"c":{"text":"$_[0]"}}})) },
     'variables.c.text', 'text');
alone('liferay', 'rating', '/c/portal/rate_entry',
      sub { form(className => $word, score => 1) });
token('liferay', 'p_auth', '/c/portal/comment/discussion/edit',
      sub { parts(p_auth => $_[0], "${ns}body" => $fine,
                  "${ns}redirect" => $_[0]) });

my $list = '/_api/web/lists/getbytitle(%27SitePages%27)/items(3)/Comments';
my $field = 'ctl00$m$g_1f$ctl00$ctl05$ctl01$ctl00$ctl00$ctl04$ctl00$ctl00'
            . '$TextField';

text('sharepoint', 'comment', $list,
     sub { ('application/json;odata=verbose;charset=utf-8',
            encode('UTF-8', qq({"__metadata":{"type":"Microsoft.SharePoint.)
                            . qq(Comments.comment"},"text":"$_[0]"}))) },
     'text', 'text');
text('sharepoint', 'reply', lc "$list(1)/Replies",
     sub { json_body(qq({"text":"$_[0]","mentions":[]})) }, 'text', 'text');
text('sharepoint', 'new item', '/Lists/Y%20kien/NewForm.aspx?Source=/',
     sub { form(__VIEWSTATE => 'dDwt' x 20000, __EVENTTARGET => $field,
                __REQUESTDIGEST => '0x7', $field => editor($_[0])) },
     $field, 'text');
text('sharepoint', 'rest item', '/_api/web/lists(guid%277%27)/items',
     sub { json_body(qq({"Title":"x","Body":"<div>$_[0]</div>"})) }, 'Body',
     'text');
alone('sharepoint', 'like', "$list(1)/Like", sub { json_body('{}') });
token('sharepoint', 'view state', '/Lists/Y%20kien/NewForm.aspx',
      sub { form(__VIEWSTATE => $_[0], $field => $fine) });

text('dnn', 'journal', '/API/Journal/Services/CommentSave',
     sub { form(JournalId => 7, Comment => component($_[0])) }, 'Comment',
     'text');
text('dnn', 'journal of older versions',
     '/DesktopModules/Journal/API/Services/CommentSave',
     sub { form(JournalId => 7, Comment => component(editor($_[0]))) },
     'Comment', 'text');
text('dnn', 'feedback', '/lien-he.aspx',
     sub { form(__VIEWSTATE => 'dDwt' x 20000, ScrollTop => 120,
                'dnn$ctr412$Feedback$txtName' => 'Lan',
                'dnn$ctr412$Feedback$txtEmail' => 'a@example.vn',
                'dnn$ctr412$Feedback$txtBody' => $_[0]) },
     'dnn$ctr412$Feedback$txtBody', 'text');
text('dnn', 'feedback with a file', '/lien-he',
     sub { parts(__VIEWSTATE => 'dDwt', '@dnn$ctr412$Feedback$file' => $word,
                 'dnn$ctr412$Feedback$txtBody' => $_[0]) },
     'dnn$ctr412$Feedback$txtBody', 'text');
alone('dnn', 'like', '/API/Journal/Services/Like',
      sub { form(JournalId => 7, x => $word) });
token('dnn', 'view state', '/lien-he.aspx',
      sub { form(__VIEWSTATE => $_[0], __EVENTVALIDATION => $_[0],
                 'dnn$ctr412$Feedback$txtBody' => $fine) });

###############################################################################

sub send_to {
    my ($portal, $uri, $type, $body) = @_;
    $t->backend_forget();
    return http_post($uri, $type, $body, 'Accept' => 'application/json',
                     -port => $port{$portal});
}

sub came {
    my ($body) = @_;
    my @came = $t->backend_requests();
    return @came == 1 && $came[0]{body} eq $body;
}

# who was counted, and how often

sub counted {
    my $sum = 0;
    $sum += $t->redis('GET', $_) || 0
        for grep { defined } @{$t->redis('KEYS', '*:c:test.rate:*') || []};
    return $sum;
}

for my $case (@cases) {
    my ($kind, $portal, $name, $uri, $make, $where, $role) = @$case;
    my $before = counted();

    # what nobody could mind

    my ($type, $body) = $make->($kind eq 'token' ? $word : $fine);
    my $r = send_to($portal, $uri, $type, $body);

    is(status($r), 200, "$portal $name");
    ok(came($body), "$portal $name: as sent");

    if ($kind eq 'alone') {
        is(counted(), $before, "$portal $name: not counted");
    }

    next if $kind ne 'text';

    # the word

    ($type, $body) = $make->($word);
    $r = send_to($portal, $uri, $type, $body);

    is(status($r), 202, "$portal $name: held");

    my $item = json(http_get('/moderation/held/'
                             . (json($r)->{receipt} || ''),
                             -port => $port{$portal}));
    my $hit = $item->{hits}[0] || {};
    my $field = $item->{fields}[$hit->{index} || 0] || {};

    is($hit->{field}, $where, "$portal $name: field");
    is($field->{role}, $role, "$portal $name: role");
    is($item->{unreadable}, undef, "$portal $name: readable");
    is(scalar @{$item->{hits}}, 1, "$portal $name: one hit");
}

cmp_ok(counted(), '>=', grep({ $_->[0] eq 'text' } @cases), 'all others are');

# links of BBCode

my ($type, $body) = form(comment => '[url=http://a.vn]x[/url] [url=b.vn]y'
                         . '[/url] [url]c.vn[/url]');
is(status(send_to('joomla', '/index.php', $type, $body)), 202,
   'joomla links');

# the URL of WordPress' API, and what posts by GET

for my $uri ('?content=x', '?_method=PUT', '?%63ontent=x', '?_locale=user&a=b')
{
    is(status(send_to('wordpress', "/wp-json/wp/v2/comments$uri",
                      json_body('{}'))), 400, "wordpress rest $uri");
}

is(status(http_get('/wp-json/wp/v2/comments?post=7&per_page=10',
                   -port => $port{wordpress})), 200, 'wordpress list');
is(status(http_get('/wp-json/wp/v2/comments?_method=POST&content=x',
                   -port => $port{wordpress})), 400, 'wordpress post by get');

# what needs a session is not read

is(status(send_to($_->[0], $_->[1], form(a => $word))), 200,
   "$_->[0] administration")
    for [ nukeviet => '/admin/index.php' ], [ wordpress => '/wp-admin/x.php' ],
        [ drupal => '/vi/admin/content' ], [ joomla => '/administrator/x' ];

$t->done_testing();

###############################################################################
