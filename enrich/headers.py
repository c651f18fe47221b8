"""What a Content-Type header declares."""

from __future__ import annotations

import re

_PARAMETER = re.compile(
    r";[ \t]{0,100}charset[ \t]{0,100}=[ \t]{0,100}\"?([^\s;\",]{1,60})", re.IGNORECASE
)
_MEDIA_TYPE = re.compile(r"[ \t]{0,100}([\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127})", re.ASCII)


def declared_by(content_type: str | None) -> tuple[str | None, str | None]:
    """Media type (lower case) and charset that a Content-Type declares, None for each it lacks.

    The first of several types and of several charsets counts (RFC 9110, section 8.3.1).
    """
    if not content_type:
        return None, None
    media = _MEDIA_TYPE.match(content_type)
    charset = _PARAMETER.search(content_type[:2000])
    return media.group(1).lower() if media else None, charset.group(1) if charset else None
