"""A page that recognises in the browser: a folder of static files, which any web server can publish.

A page sends nothing anywhere, so everything it needs is in its folder: the networks with features inside, the libraries
that compute them (`assets`, by pinned version and hash), a few clips to try (`examples`), and the page itself
(``static/``, plain ES modules without a build step). `folder` puts them together, and `server` serves the result with
strict headers. Where a library cannot be had, the page loads it from a content delivery network and checks its hash.

Read `folder` first, then ``static/page.js``.
"""
