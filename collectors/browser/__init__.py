"""The browser collector: a page as Chromium shows it, with every exchange that it made.

It promises that the server is asked once for each exchange recorded, that state 0 is kept before
any act of ours, and that what could not be kept is named.
"""
