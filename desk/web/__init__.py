"""The web desk: server-rendered pages and a typed API, on loopback, each person as themselves.

It promises that nothing collected acts in a reader's browser, that no request from elsewhere acts
here, and that no page or answer holds a byte of a covered picture but the one answer to a reveal.
"""
