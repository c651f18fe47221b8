"""What can go wrong on the way out, told to the person who asked for the page."""

from __future__ import annotations

from typing import ClassVar

from cases.errors import CallerError, MachineError, RemoteError


class WayOutError(CallerError):
    """The text that names the way out cannot be read."""

    kind = "way-out"


class AllowanceError(CallerError):
    """An `--allow-address` cannot be read, or cannot be honoured with this way out."""

    kind = "allow-address"


class GuardRefused(RemoteError):
    """No connection came about. `by_us` tells a refusal of ours from a failure out there."""

    kind = "guard"
    by_us: ClassVar[bool] = False


class BadAddress(GuardRefused):
    """The address cannot be read as one, or carries what does not belong in one."""

    kind = "bad-address"
    by_us = True


class RefusedScheme(GuardRefused):
    """Only http and https are collected."""

    kind = "refused-scheme"
    by_us = True


class RefusedPort(GuardRefused):
    """No web server uses this port."""

    kind = "refused-port"
    by_us = True


class PrivateAddress(GuardRefused):
    """The address, or one that the name stands for, is not on the public internet."""

    kind = "private-address"
    by_us = True


class NameNotResolved(GuardRefused):
    """The name stands for no address."""

    kind = "dns"


class ConnectionRefused(GuardRefused):
    """The host is there and nothing listens at that port."""

    kind = "connection-refused"


class Unreachable(GuardRefused):
    """No route, or the host does not answer at all."""

    kind = "unreachable"


class ConnectTimeout(GuardRefused):
    """The host did not accept the connection in time."""

    kind = "connect-timeout"


class UpstreamFailed(GuardRefused):
    """The way out itself is down, refuses or does not speak its protocol. Nothing went round it."""

    kind = "upstream"


class GuardFailed(GuardRefused):
    """The guard of this job does not answer as it should, or would not admit the caller."""

    kind = "guard"


class NoCollection(CallerError):
    """A spider was started without the case and addresses that it needs."""

    kind = "no-collection"


class SpoolFailed(MachineError):
    """A body on its way in could not be written to the spool."""

    kind = "spool"
