"""The hall's own certificate authority, and the certificate of its broker: how they are made, kept, and read.

A hall's network has no names that a public authority would vouch for, so the hall vouches for itself: devices are given
the authority's certificate when they join and trust nothing else. Both keys are on the curve P-256, which small boards
can afford, too.
"""

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from devices.agent.files import replace_file
from devices.broker_folder import PRIVATE

FOLDER = "tls"
CA_FILE = "ca.pem"
"""Name of the authority's certificate, in the controller's folder and beside a device's file."""

CA_DAYS = 20 * 365
"""Longer than devices live: a new authority must be carried to each of them."""

SERVER_DAYS = 825
"""The most that programs of all makers take, by the rules for authorities of one's own (Apple, HT210176)."""

BEFORE = timedelta(days=1)
"""A certificate begins to hold that much before it is made, for devices whose clocks are slow."""

DNS_CHARS_MAX = 253
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)", re.ASCII)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files of a controller's certificates, PEM; keys are for their owner alone.

    Attributes:
        folder: where they are.
    """

    folder: Path

    @classmethod
    def of(cls, data: Path) -> "TlsFiles":
        """Return those in a controller's folder."""
        return cls(data.resolve() / FOLDER)

    @property
    def ca(self) -> Path:
        """Certificate of the authority, which devices get."""
        return self.folder / CA_FILE

    @property
    def ca_key(self) -> Path:
        """Key of the authority, needed to make certificates and for nothing else."""
        return self.folder / "ca.key"

    @property
    def certificate(self) -> Path:
        """Certificate of the broker."""
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        """Key of the broker."""
        return self.folder / "server.key"

    @property
    def there(self) -> tuple[Path, ...]:
        """Those that exist."""
        return tuple(path for path in (self.ca, self.ca_key, self.certificate, self.key) if path.exists())


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """What a broker's certificate says.

    Attributes:
        names: by which devices may call it, host names in small letters and addresses.
        until: when it ends.
    """

    names: tuple[str, ...]
    until: datetime


def host_name(given: str) -> str:
    """Return a host's name or address in the form in which certificates have it.

    Raises:
        ValueError: nobody can be reached by it.
    """
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        labels = given.split(".")
        if len(given) > DNS_CHARS_MAX or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
            raise ValueError(
                f"{given!r} is neither a host's name nor an address, e.g. hall.lan or 192.168.10.2"
            ) from None
        return given.lower()
    if address.is_unspecified or address.is_multicast:
        raise ValueError(f"no device reaches the controller by {given}: give its own address, e.g. 192.168.10.2")
    return str(address)


def make_authority(files: TlsFiles, now: datetime) -> None:
    """Make an authority; what there was of one is gone.

    Raises:
        OSError: a file can't be written.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Yichuang hall CA")])
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _begun(name, name, key.public_key(), now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(files.ca_key, files.ca, key, certificate)


def make_server(files: TlsFiles, hosts: tuple[str, ...], now: datetime) -> None:
    """Make a broker's key and certificate by the authority that there is.

    Args:
        files: where the authority is, and where both are written.
        hosts: names and addresses by which devices call the broker, in the form of `host_name`.
        now: the time.

    Raises:
        OSError: a file can't be read or written.
        ValueError: the authority's files aren't such, don't belong together, or it has ended.
    """
    authority = x509.load_pem_x509_certificate(files.ca.read_bytes())
    signer = serialization.load_pem_private_key(files.ca_key.read_bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey) or signer.public_key() != authority.public_key():
        raise ValueError(f"{files.ca_key} isn't the key of {files.ca}")
    if authority.not_valid_after_utc <= now:
        raise ValueError(f"the authority {files.ca} has ended: make a new one with 'yichuang tls init --replace'")
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    days = min(SERVER_DAYS, (authority.not_valid_after_utc - now).days)
    certificate = (
        _begun(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Yichuang broker")]),
            authority.subject,
            key.public_key(),
            now,
            days,
        )
        .add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write(files.key, files.certificate, key, certificate)


def read_server(files: TlsFiles) -> ServerCertificate:
    """Return what the broker's certificate says.

    Raises:
        OSError: it can't be read.
        ValueError: it isn't one, or names nobody.
    """
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    try:
        listed = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise ValueError(f"{files.certificate} names no host (subjectAltName)") from None
    names = (
        *listed.get_values_for_type(x509.DNSName),
        *(str(address) for address in listed.get_values_for_type(x509.IPAddress)),
    )
    if not names:
        raise ValueError(f"{files.certificate} names no host (subjectAltName)")
    return ServerCertificate(names, certificate.not_valid_after_utc)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    """Return what every certificate begins with."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(key_path: Path, path: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    replace_file(key_path, private, mode=PRIVATE)
    replace_file(path, certificate.public_bytes(serialization.Encoding.PEM))
