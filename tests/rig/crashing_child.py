"""A collecting process that is killed, as by `kill -9`, at a named point of sealing.

    crashing_child.py POINT NTH JOB

POINT is `before-catalogue` (the WARC is fsynced, the catalogue does not know), `after-catalogue`
(committed, nobody was told) or `in-member` (half of a member lies in the file).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence

from cases.captures import SealedCapture
from evidence.acting import CatalogueBook
from evidence.warc_writer import WarcFile
from jobs import child


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str, nth: int) -> None:
    """Make the process die at the nth time that the point is reached."""
    count = 0

    def reached() -> bool:
        nonlocal count
        count += 1
        return count >= nth

    sealed = CatalogueBook.seal

    def seal(book: CatalogueBook, captures: Sequence[SealedCapture]) -> None:
        if point == "before-catalogue" and reached():
            die()
        sealed(book, captures)
        if point == "after-catalogue" and reached():
            die()

    CatalogueBook.seal = seal  # type: ignore[method-assign]
    if point == "in-member":
        WarcFile._flush = half_a_flush(reached, WarcFile._flush)  # type: ignore[method-assign]


def half_a_flush(
    reached: Callable[[], bool], flush: Callable[[WarcFile], None]
) -> Callable[[WarcFile], None]:
    """The one place where member bytes reach the file: it writes half of them, then dies."""

    def halved(file: WarcFile) -> None:
        if reached():
            waiting = b"".join(file._waiting)
            file._file.write(waiting[: len(waiting) // 2])
            die()
        flush(file)

    return halved


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    sys.exit(child.main(sys.argv[3]))
