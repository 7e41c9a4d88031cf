"""``yichuang tls``: the hall's own authority, the broker's certificate: which names it bears, who may read its key."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from typer.testing import CliRunner

from api.broker_note import note_broker, read_broker
from api.certificates import SERVER_DAYS, TlsFiles, host_name, make_authority, make_server, read_server
from api.main import app

NAMES = ("hall.lan", "192.168.10.2", "fd00::2")
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def tls(command: str, data: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["tls", command, "--data", str(data), *more])


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    """Certificates as they are made at the counter."""
    made = tls("init", tmp_path, *(part for name in NAMES for part in ("--host", name)))
    assert made.exit_code == 0, made.output
    files = TlsFiles.of(tmp_path)
    assert made.stdout == f"{files.ca}\n"
    return files


def believed(files: TlsFiles, host: str, at: datetime) -> bool:
    """Whether who knows the authority believes the broker to be a host, by the rules of the web."""
    try:
        subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        subject = x509.DNSName(host)
    store = Store([x509.load_pem_x509_certificate(files.ca.read_bytes())])
    server = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    try:
        PolicyBuilder().store(store).time(at).build_server_verifier(subject).verify(server, [])
    except VerificationError:
        return False
    return True


def test_the_certificate_holds_for_its_names_alone(files: TlsFiles) -> None:
    now = datetime.now(UTC)
    assert read_server(files).names == NAMES
    assert all(believed(files, name, now) for name in NAMES)
    assert not believed(files, "other.lan", now)
    assert not believed(files, "192.168.10.3", now)
    assert not believed(files, "hall.lan", now + timedelta(days=SERVER_DAYS + 1))
    assert ssl.create_default_context(cafile=files.ca).get_ca_certs()


def test_keys_are_for_their_owner_alone(files: TlsFiles) -> None:
    assert {path.stat().st_mode & 0o777 for path in (files.key, files.ca_key)} == {0o600}
    assert b"PRIVATE" not in files.ca.read_bytes() + files.certificate.read_bytes()


def test_nothing_is_overwritten_without_being_told(files: TlsFiles) -> None:
    before = {path: path.read_bytes() for path in files.there}
    again = tls("init", files.folder.parent, "--host", "hall.lan")
    assert again.exit_code == 1
    assert "--replace" in again.stderr
    assert {path: path.read_bytes() for path in files.there} == before
    assert tls("init", files.folder.parent, "--host", "hall.lan", "--replace").exit_code == 0
    assert all(path.read_bytes() != content for path, content in before.items())
    assert believed(files, "hall.lan", datetime.now(UTC))


def test_one_that_is_renewed_needs_nothing_new_at_the_devices(files: TlsFiles) -> None:
    authority, certificate = files.ca.read_bytes(), files.certificate.read_bytes()
    assert tls("renew", files.folder.parent).exit_code == 0
    assert files.ca.read_bytes() == authority
    assert files.certificate.read_bytes() != certificate
    assert read_server(files).names == NAMES
    assert tls("renew", files.folder.parent, "--host", "new.lan").exit_code == 0
    assert read_server(files).names == ("new.lan",)
    assert believed(files, "new.lan", datetime.now(UTC))


def test_without_an_authority_nothing_is_renewed(tmp_path: Path) -> None:
    done = tls("renew", tmp_path)
    assert done.exit_code == 1
    assert "tls init" in done.stderr


def test_a_certificate_is_made_by_its_own_authority_and_while_that_lasts(tmp_path: Path) -> None:
    files, other = TlsFiles(tmp_path / "one"), TlsFiles(tmp_path / "other")
    for each in (files, other):
        make_authority(each, NOW)
    make_server(files, ("hall.lan",), NOW + timedelta(days=20 * 365 - 10))
    assert read_server(files).until <= NOW + timedelta(days=20 * 365), "it ends with its authority"
    with pytest.raises(ValueError, match="has ended"):
        make_server(files, ("hall.lan",), NOW + timedelta(days=20 * 365 + 1))
    files.ca_key.write_bytes(other.ca_key.read_bytes())
    with pytest.raises(ValueError, match="isn't the key of"):
        make_server(files, ("hall.lan",), NOW)


@pytest.mark.parametrize(
    ("given", "name"), [("Hall.LAN", "hall.lan"), ("192.168.10.2", "192.168.10.2"), ("FD00::0:2", "fd00::2")]
)
def test_a_name_is_kept_as_certificates_have_it(given: str, name: str) -> None:
    assert host_name(given) == name


@pytest.mark.parametrize(
    "given", ["", "0.0.0.0", "::", "224.0.0.1", "a b", "-a", "a..b", "大厅", "192.168.10", "mqtt://a", "a" * 64]
)
def test_what_no_device_can_call_is_no_name(given: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"host's name|no device reaches"):
        host_name(given)
    done = tls("init", tmp_path, "--host", given)
    assert done.exit_code == 2
    assert TlsFiles.of(tmp_path).there == ()


def test_devices_are_told_of_the_authority_where_they_need_one(files: TlsFiles) -> None:
    data = files.folder.parent
    note_broker(data, "mqtts://192.168.10.2:8883")
    assert (read_broker(data, "").ca_file, read_broker(data, "").ca) == ("ca.pem", files.ca.read_text())
    assert read_broker(data, "mqtt://127.0.0.1:1883").ca == ""
