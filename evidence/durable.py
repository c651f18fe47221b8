"""What makes a write last: files and folders flushed to the disk itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "darwin":  # there fsync leaves the drive's own cache behind: fcntl(2)
    import fcntl

    def full_sync(number: int) -> None:
        """Flushes the open file `number` to the disk itself."""
        fcntl.fcntl(number, fcntl.F_FULLFSYNC)

else:

    def full_sync(number: int) -> None:
        """Flushes the open file `number` to the disk itself."""
        os.fsync(number)


def sync_folder(folder: Path) -> None:
    """Flushes a folder's list of names; where folders cannot be opened (NTFS) it is not needed."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
