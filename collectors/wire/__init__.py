"""The wire recorder: HTTP/1.1 under Scrapy, every byte kept as it was sent and as it came."""
