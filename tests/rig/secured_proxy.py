"""The way to a real cluster as a secured one has it: TLS by a CA of our own, and an API key."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from busy_proxy import BusyProxy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

RIGHT_KEY, POOR_KEY = "cmlnaHQta2V5", "cG9vci1rZXk="  # the poor one has no right to anything


@dataclass(frozen=True)
class Authority:
    """A certificate authority in a folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def server(self, host: str, days: tuple[int, int] = (-1, 30)) -> ssl.SSLContext:
        """TLS for a server of that name or address; `days` from today is it good."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            named: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            named = x509.DNSName(host)
        made = _certificate(key, _name("rig server"), self, days).add_extension(
            x509.SubjectAlternativeName([named]), critical=False
        )
        chain = self.folder / f"{key.private_numbers().private_value:x}"[-200:]
        chain.write_bytes(_pem(key) + made.sign(self.key, hashes.SHA256()).public_bytes(PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        chain.unlink()
        return context


PEM = serialization.Encoding.PEM


def an_authority(folder: Path) -> Authority:
    """A new CA, its certificate in `ca.pem` of the folder."""
    folder.mkdir(parents=True)
    key, name = ec.generate_private_key(ec.SECP256R1()), _name(f"rig CA {folder.name}")
    made = Authority(folder, key, name)
    root = _certificate(key, name, made, (-1, 30)).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    made.ca_file.write_bytes(root.sign(key, hashes.SHA256()).public_bytes(PEM))
    return made


def _certificate(
    key: ec.EllipticCurvePrivateKey, name: x509.Name, by: Authority, days: tuple[int, int]
) -> x509.CertificateBuilder:
    since, until = (datetime.now(UTC) + timedelta(days=each) for each in days)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    return (
        x509.CertificateBuilder(by.name, name, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(own, critical=False)
        .add_extension(issuer, critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, plain)


class SecuredProxy(BusyProxy):
    """Passes on what comes by TLS with the right key; 401 for another, 403 for the poor one."""

    def __init__(self, behind: str, tls: ssl.SSLContext) -> None:
        super().__init__(behind)
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.address = self.address.replace("http:", "https:")

    def denied(self, authorization: str) -> int:
        keys = {f"ApiKey {RIGHT_KEY}": 0, f"ApiKey {POOR_KEY}": 403}
        return keys.get(authorization, 401)
