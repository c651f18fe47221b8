"""Why no connection came about, as one stable word and one sentence: foreign exceptions are
mapped here and nowhere else in the room.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from twisted.internet.error import (
    ConnectError,
    ConnectionRefusedError,
    DNSLookupError,
    NoRouteError,
)
from twisted.internet.error import TimeoutError as TwistedTimeout

from collectors.errors import GuardRefused
from collectors.outcomes import STOPPED
from evidence.exchange import Failure


class Stopped(Exception):
    """The job was told to stop while a connection was being made."""


# A second try may help with these; a refusal of ours or a name that is not there stays as it is.
WORTH_A_RETRY = frozenset(
    {"disconnect", "no-answer", "connection-refused", "unreachable", "upstream", "idle-closed"}
)

_TWISTED: tuple[tuple[type[Exception], str, str], ...] = (
    (ConnectionRefusedError, "connection-refused", "nothing listens at that port"),
    (DNSLookupError, "dns", "the name stands for no address"),
    (NoRouteError, "unreachable", "there is no route to it"),
    (TwistedTimeout, "connect-timeout", "it did not accept the connection in time"),
    (TimeoutError, "connect-timeout", "it did not accept the connection in time"),
    (ConnectError, "unreachable", "the connection could not be made"),
    (Stopped, STOPPED, "the job was stopped first"),
)


def connection_failure(error: Exception, url: str) -> Failure:
    """The failure for an exception met before anything was sent. An unknown one is raised again:
    a bug is never dressed as a remote host's fault.
    """
    if isinstance(error, GuardRefused):
        return Failure(error.kind, error.says)
    for kind_of_error, kind, why in _TWISTED:
        if isinstance(error, kind_of_error):
            host = urlsplit(url).netloc
            return Failure(kind, f"{host} could not be reached: {why}.")
    raise error
