"""TLS as it was settled: never refused for a bad certificate, always said.

A bad certificate must not stop a collection silently, and must not pass unsaid either: the
handshake is let through as Scrapy's default does, the certificate is verified all the same
(trust roots of the machine, name, dates), and the verdict stands on the exchange.
"""

# ruff: noqa: N802, N803 - Twisted's names
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from OpenSSL import SSL, crypto
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from service_identity.hazmat import (
    DNS_ID,
    IPAddress_ID,
    verify_service_identity,
)
from service_identity.pyopenssl import extract_patterns
from twisted.internet._sslverify import ClientTLSOptions
from twisted.internet.ssl import AcceptableCiphers, CertificateOptions, platformTrust
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer  # type: ignore[import-untyped]

from evidence.exchange import TlsFacts

LEGACY_SERVER_CONNECT = 0x4  # OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT: old servers are evidence too


class VerifyingNotRefusing(ClientTLSOptions):
    """TLS options for one host: every certificate is let through and its faults are noted."""

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """A connection whose certificate's faults gather on `tlsProtocol`, as sentences."""
        connection = super().clientConnectionForTLS(tlsProtocol)
        faults: list[str] = []
        tlsProtocol.certificate_faults = faults
        name = self._hostnameASCII
        identity = DNS_ID(name) if self._hostnameIsDnsName else IPAddress_ID(name)

        def note(
            _: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int
        ) -> bool:
            if not ok:
                fault = X509_ERRORS.get(error, f"OpenSSL verification error {error}")
                if fault not in faults:
                    faults.append(fault)
            if depth == 0 and not _names(certificate, identity):
                wrong = f"the certificate is not for {name}"
                if wrong not in faults:
                    faults.append(wrong)
            return True

        connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, note)
        return connection


# Of x509_vfy.h: those that a site meets in practice; others are given by number.
X509_ERRORS = {
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: "the certificate is self-signed",
    19: "the chain ends in a certificate that this machine does not trust",
    20: "the issuer of the certificate is not known to this machine",
    21: "the chain is incomplete: the issuer's certificate was not sent",
    23: "the certificate has been revoked",
    26: "the certificate is not meant for servers",
    66: "the certificate's key is too small",
    67: "the issuer's key is too small",
    68: "the certificate is signed with a weak digest",
}


def _names(certificate: crypto.X509, identity: Any) -> bool:
    try:
        verify_service_identity(extract_patterns(certificate), [identity], [])
    except (CertificateError, VerificationError, ValueError):
        return False
    return True


class _Options(CertificateOptions):
    def _makeContext(self, skipCiphers: bool = False) -> SSL.Context:
        context = super()._makeContext(skipCiphers)
        context.set_options(LEGACY_SERVER_CONNECT)
        return context


@implementer(IPolicyForHTTPS)
class RecordingTlsPolicy:
    """Twisted's policy for HTTPS: one OpenSSL context for the whole job."""

    def __init__(self) -> None:
        self._options = _Options(
            trustRoot=platformTrust(),  # type: ignore[no-untyped-call]
            fixBrokenPeers=True,
            acceptableCiphers=AcceptableCiphers.fromOpenSSLCipherString(  # type: ignore[no-untyped-call]
                "DEFAULT"
            ),
        )

    def creatorForNetloc(self, hostname: bytes, _port: int) -> VerifyingNotRefusing:
        """The options for a connection to `hostname`."""
        return VerifyingNotRefusing(self._options._makeTLSConnection, hostname.decode("ascii"))


@dataclass(frozen=True, slots=True)
class TlsVerdict:
    """What the handshake settled, and what is wrong with the certificate (nothing: verified)."""

    facts: TlsFacts
    faults: tuple[str, ...]


def tls_verdict(transport: Any) -> TlsVerdict:
    """The verdict on a TLS transport whose handshake has ended."""
    connection = transport.getHandle()
    chain = connection.get_peer_cert_chain() or []
    facts = TlsFacts(
        version=connection.get_protocol_version_name(),
        cipher=connection.get_cipher_name() or "not known",
        chain_der=tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, each) for each in chain),
    )
    return TlsVerdict(facts, tuple(getattr(transport, "certificate_faults", ())))
