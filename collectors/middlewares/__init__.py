"""Downloader middlewares: from the outermost, the seal, to the innermost, the redirects."""
