#!/usr/bin/python3

# Copyright (C) the moderate authors

"""A small portal of a made-up town: an article that can be commented and
rated, and a feedback form.  It knows nothing of moderation: what it is sent it
publishes.

    portal.py --listen unix:/path|127.0.0.1:PORT --database FILE
"""

import argparse
import html
import http.server
import json
import os
import socket
import socketserver
import sqlite3
import urllib.parse

BODY_SIZE = 1024 * 1024

SCHEMA = """
CREATE TABLE IF NOT EXISTS comments (
    id INTEGER PRIMARY KEY, name TEXT, email TEXT, comment TEXT,
    created TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')));
CREATE TABLE IF NOT EXISTS ratings (
    id INTEGER PRIMARY KEY, stars INTEGER,
    created TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')));
CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY, name TEXT, email TEXT, subject TEXT, message TEXT,
    created TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')));
"""

STYLE = """
:root { color-scheme: light dark; --accent: #0b57a4; --line: #c9ced6;
        --soft: #f2f5f9; --text: #1b2330; --back: #fff; --quiet: #505b6b; }
@media (prefers-color-scheme: dark) {
    :root { --accent: #8ab8f0; --line: #414a58; --soft: #1d232d;
            --text: #e6eaf0; --back: #12161c; --quiet: #a9b3c1; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text);
       font: 1.0625rem/1.6 system-ui, sans-serif; }
header, main, footer { max-width: 44rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem;
         align-items: baseline; padding-top: 1.25rem; padding-bottom: 1rem;
         border-bottom: 3px solid var(--accent); }
header strong { font-size: 1.2rem; margin-right: auto; }
a { color: var(--accent); }
a.skip { position: absolute; left: -100rem; }
a.skip:focus { left: 1rem; top: 1rem; background: var(--back); padding: .5rem; }
h1 { line-height: 1.25; margin: 2rem 0 .25rem; }
h2 { margin: 2.5rem 0 .75rem; }
[lang=en] { color: var(--quiet); font-size: .9em; }
.meta { color: var(--quiet); margin-top: 0; }
.thanks { background: var(--soft); border-left: 4px solid var(--accent);
          padding: .75rem 1rem; margin-top: 1.5rem; }
ol.comments { list-style: none; margin: 0; padding: 0; }
ol.comments li { border-top: 1px solid var(--line); padding: .75rem 0; }
ol.comments p { margin: .25rem 0 0; white-space: pre-wrap;
                overflow-wrap: anywhere; }
form { background: var(--soft); border: 1px solid var(--line);
       border-radius: .5rem; padding: 1rem 1.25rem 1.25rem; }
label { display: block; font-weight: 600; margin-top: .75rem; }
input[type=text], input[type=email], textarea {
    width: 100%; padding: .5rem .6rem; font: inherit; color: inherit;
    background: var(--back); border: 1px solid var(--line);
    border-radius: .3rem; margin-top: .2rem; }
fieldset { border: 0; margin: 0; padding: 0; display: flex; gap: 1.25rem;
           flex-wrap: wrap; }
legend { font-weight: 600; padding: 0; }
fieldset label { font-weight: 400; margin: 0; }
button { margin-top: 1rem; padding: .55rem 1.4rem; font: inherit;
         font-weight: 600; border: 0; border-radius: .3rem; cursor: pointer;
         color: var(--back); background: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
footer { margin-top: 3rem; padding-bottom: 2rem; color: var(--quiet);
         border-top: 1px solid var(--line); }
"""

PAGE = """<!DOCTYPE html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – Thị xã An Bình</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">Đến nội dung chính</a>
<header>
<strong>Thị xã An Bình <span lang="en">An Binh Town</span></strong>
<nav aria-label="Chính">
<a href="/">Tin tức</a> · <a href="/feedback">Góp ý</a>
</nav>
</header>
<main id="main">
{thanks}{content}
</main>
<footer>
<p>Cổng thông tin mẫu, không có thật.
<span lang="en">A sample portal; the town does not exist.</span></p>
</footer>
</body>
</html>
"""

ARTICLE = """<article>
<h1>Thư viện thị xã mở cửa thêm buổi tối</h1>
<p class="meta">Văn phòng thị xã ·
<span lang="en">The town library opens in the evening</span></p>
<p>Từ tháng sau, thư viện thị xã mở cửa đến 21 giờ các ngày thứ ba và thứ năm
để người đi làm cũng có thể mượn sách. Phòng đọc thiếu nhi vẫn đóng cửa lúc
18 giờ.</p>
<p lang="en">From next month on the town library stays open until 9 p.m. on
Tuesdays and Thursdays, so that people who work can borrow books too. The
children's reading room still closes at 6 p.m.</p>
</article>

<section aria-labelledby="rating">
<h2 id="rating">Đánh giá bài viết <span lang="en">Rate this article</span></h2>
<p>{ratings}</p>
<form method="post" action="/ratings">
<fieldset>
<legend>Số sao <span lang="en">Stars</span></legend>
{stars}
</fieldset>
<button>Gửi đánh giá <span class="en" lang="en" style="color:inherit">· Rate
</span></button>
</form>
</section>

<section aria-labelledby="comments">
<h2 id="comments">Ý kiến bạn đọc <span lang="en">Comments</span></h2>
{comments}
<h2 id="write">Gửi ý kiến <span lang="en">Write a comment</span></h2>
<form method="post" action="/comments" aria-labelledby="write">
<label for="name">Họ và tên <span lang="en">Name</span></label>
<input type="text" id="name" name="name" autocomplete="name" required>
<label for="email">Thư điện tử <span lang="en">Email, not published</span>
</label>
<input type="email" id="email" name="email" autocomplete="email">
<label for="comment">Ý kiến <span lang="en">Comment</span></label>
<textarea id="comment" name="comment" rows="5" required></textarea>
<button>Gửi ý kiến <span lang="en" style="color:inherit">· Send</span></button>
</form>
</section>
"""

FEEDBACK = """<h1 id="feedback">Góp ý với thị xã</h1>
<p class="meta" lang="en">Feedback to the town</p>
<form method="post" action="/feedback" aria-labelledby="feedback">
<label for="name">Họ và tên <span lang="en">Name</span></label>
<input type="text" id="name" name="name" autocomplete="name" required>
<label for="email">Thư điện tử <span lang="en">Email</span></label>
<input type="email" id="email" name="email" autocomplete="email">
<label for="subject">Tiêu đề <span lang="en">Subject</span></label>
<input type="text" id="subject" name="subject" required>
<label for="message">Nội dung <span lang="en">Message</span></label>
<textarea id="message" name="message" rows="8" required></textarea>
<button>Gửi góp ý <span lang="en" style="color:inherit">· Send</span></button>
</form>
"""

THANKS = {
    "comment": ("Cảm ơn ý kiến của bạn.", "Thank you for your comment."),
    "rating": ("Cảm ơn bạn đã đánh giá.", "Thank you for your rating."),
    "feedback": ("Cảm ơn góp ý của bạn.", "Thank you for your feedback."),
}


class Portal(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "portal"

    def database(self):
        return sqlite3.connect(self.server.database, timeout=10)

    def query(self, sql, *values):
        connection = self.database()
        try:
            with connection:
                return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def answer(self, status, body, kind="text/html; charset=utf-8", **more):
        data = body.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def page(self, title, content, status=200):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        thanks = THANKS.get(query.get("thanks", [""])[0], "")

        if thanks:
            thanks = ('<p class="thanks" role="status">%s '
                      '<span lang="en">%s</span></p>\n' % thanks)

        self.answer(status, PAGE.format(title=title, style=STYLE,
                                        thanks=thanks, content=content))

    # pages

    def article(self):
        rows = self.query("SELECT name, comment, created FROM comments"
                          " ORDER BY id")
        items = "\n".join(
            "<li><strong>%s</strong> <span class=\"meta\">%s</span>"
            "<p>%s</p></li>" % (html.escape(name), created[:10],
                                html.escape(comment))
            for name, comment, created in rows)
        comments = '<ol class="comments">\n%s\n</ol>' % items if rows else (
            "<p>Chưa có ý kiến nào. <span lang=\"en\">No comments yet.</span>"
            "</p>")

        count, mean = self.query("SELECT count(*), avg(stars)"
                                 " FROM ratings")[0]
        ratings = ("%.1f / 5 · %d lượt" % (mean, count) if count else
                   "Chưa có đánh giá. <span lang=\"en\">Not rated yet.</span>")

        stars = "\n".join(
            '<label><input type="radio" name="stars" value="%d" required> %d'
            "</label>" % (n, n) for n in range(1, 6))

        self.page("Thư viện thị xã", ARTICLE.format(
            comments=comments, ratings=ratings, stars=stars))

    def comments_json(self):
        rows = self.query("SELECT id, name, comment, created FROM comments"
                          " ORDER BY id")
        self.answer(200, json.dumps([
            {"id": i, "name": name, "comment": comment, "created": created}
            for i, name, comment, created in rows], ensure_ascii=False),
            "application/json")

    # forms

    def form(self):
        length = int(self.headers.get("Content-Length", 0))

        if length > BODY_SIZE:
            self.close_connection = True
            raise ValueError("too large")

        return dict(urllib.parse.parse_qsl(
            self.rfile.read(length).decode("utf-8", "replace"),
            keep_blank_values=True))

    def accept(self, path, form):
        if path == "/comments":
            self.query("INSERT INTO comments (name, email, comment)"
                       " VALUES (?, ?, ?)", form["name"],
                       form.get("email", ""), form["comment"])
            return "/?thanks=comment#comments"

        if path == "/ratings":
            stars = int(form["stars"])
            if not 1 <= stars <= 5:
                raise ValueError("stars")
            self.query("INSERT INTO ratings (stars) VALUES (?)", stars)
            return "/?thanks=rating#rating"

        self.query("INSERT INTO feedback (name, email, subject, message)"
                   " VALUES (?, ?, ?, ?)", form["name"],
                   form.get("email", ""), form["subject"], form["message"])
        return "/feedback?thanks=feedback"

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path

        if path == "/":
            self.article()
        elif path == "/feedback":
            self.page("Góp ý", FEEDBACK)
        elif path == "/comments.json":
            self.comments_json()
        else:
            self.page("Không tìm thấy", "<h1>Không tìm thấy trang</h1>"
                      '<p lang="en">There is no such page.</p>', 404)

    do_HEAD = do_GET

    def do_POST(self):
        path = urllib.parse.urlsplit(self.path).path

        try:
            form = self.form()

            if path not in ("/comments", "/ratings", "/feedback"):
                self.page("Không tìm thấy", "<h1>Không tìm thấy trang</h1>",
                          404)
                return

            location = self.accept(path, form)

        except (KeyError, ValueError):
            self.page("Thiếu thông tin", "<h1>Thiếu thông tin</h1>"
                      '<p lang="en">Something is missing in this form.</p>',
                      400)
            return

        self.answer(303, "", Location=location)

    def address_string(self):
        return self.headers.get("X-Forwarded-For", "-")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def __init__(self, listen, database):
        self.database = database

        if listen.startswith("unix:"):
            self.address_family = socket.AF_UNIX
            address = listen[5:]
            if os.path.exists(address):
                os.unlink(address)
        else:
            host, port = listen.rsplit(":", 1)
            address = (host, int(port))

        super().__init__(address, Portal)

    def server_bind(self):
        if self.address_family == socket.AF_UNIX:
            socketserver.TCPServer.server_bind(self)
        else:
            super().server_bind()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", required=True)
    parser.add_argument("--database", required=True)
    args = parser.parse_args()

    connection = sqlite3.connect(args.database)
    connection.executescript(SCHEMA)
    connection.close()

    Server(args.listen, args.database).serve_forever()


if __name__ == "__main__":
    main()
