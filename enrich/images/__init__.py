"""What a picture says: words read in it, what its camera wrote into it, and its PDQ hash.

Pictures are hostile: each is read in a confined process (`enrich.fork_server`), and what comes back
is checked before it is believed. Nothing here says what a picture shows.
"""

from __future__ import annotations

from enrich.images.reader import PictureReader, PictureReaderUnusable
from enrich.images.records import READING_VERSION, PictureReading, image_source

__all__ = [
    "READING_VERSION",
    "PictureReader",
    "PictureReaderUnusable",
    "PictureReading",
    "image_source",
]
