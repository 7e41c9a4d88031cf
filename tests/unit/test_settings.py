"""What a controller is told when it is started."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.certificates import TlsFiles, make_authority, make_server
from api.settings import HTTP_DEFAULT, MQTT_DEFAULT, Address, Settings, other_broker
from devices.agent.wire import Broker


@pytest.mark.parametrize(
    ("given", "host", "port"),
    [
        (HTTP_DEFAULT, "127.0.0.1", 8000),
        (MQTT_DEFAULT, "127.0.0.1", 1883),
        ("localhost:0", "localhost", 0),
        ("0.0.0.0:65535", "0.0.0.0", 65535),
        ("[::1]:8000", "::1", 8000),
        ("hall-1.example:80", "hall-1.example", 80),
    ],
)
def test_an_address_is_read_and_written_again(given: str, host: str, port: int) -> None:
    address = Address.parse(given)
    assert (address.host, address.port) == (host, port)
    assert str(address) == given


@pytest.mark.parametrize(
    "given",
    [
        *("", ":", "8000", "127.0.0.1", "127.0.0.1:", ":8000", "127.0.0.1:http", "127.0.0.1:-1", "127.0.0.1:65536"),
        *(
            "127.0.0.1:8000/",
            "127.0.0.1:٨٠",
            "127.0.0.1: 80",
            "[]:80",
            "[::1]",
            "[::1:80",
            "::1]:80",
            "9" * 5000 + ":1",
        ),
        *("::1", "::1:8000", "a:b:80", "127.0.0.1:" + "9" * 5000, "[127.0.0.1]:80", "http://127.0.0.1:80"),
        *("two words:80", "host\n:80", "[::1 ]:80"),
    ],
)
def test_what_is_no_address_is_named(given: str) -> None:
    with pytest.raises(ValueError, match=r"isn't HOST:PORT, e\.g\. 127\.0\.0\.1:8000"):
        Address.parse(given)


@pytest.mark.parametrize(
    ("database", "broker", "several"),
    [
        ("sqlite:///a.sqlite3", None, False),
        ("sqlite:///a.sqlite3", "mqtt://broker.example", False),
        ("postgresql://server/hall", None, False),
        ("postgresql://server/hall", "mqtt://broker.example", True),
        ("postgresql+psycopg://server/hall", "mqtts://broker.example", True),
    ],
)
def test_others_may_serve_where_log_and_broker_are_servers(database: str, broker: str | None, several: bool) -> None:
    settings = Settings(
        data=Path("data"),
        database=database,
        http=Address("127.0.0.1", 0),
        mqtt=Address("127.0.0.1", 0),
        broker=Broker.parse(broker) if broker else None,
    )
    assert settings.several is several


@pytest.mark.parametrize("given", ["https://hall.example", "http://10.0.0.2:8000", "https://hall.example/counter/", ""])
def test_how_phones_reach_it_is_an_address_of_the_web(given: str) -> None:
    assert settings(public_url=given).public_url == given.rstrip("/")


@pytest.mark.parametrize(
    "given", ["hall.example", "ftp://hall.example", "https://", "https:hall", "https://a b", "http://h/?x"]
)
def test_phones_cant_be_led_to_anything_else(given: str) -> None:
    with pytest.raises(ValueError, match="public URL"):
        settings(public_url=given)


def settings(**more: str) -> Settings:
    """Return settings of which only some matter."""
    nowhere = Address("127.0.0.1", 0)
    return Settings(data=Path("data"), database="sqlite:///a", http=nowhere, mqtt=nowhere, broker=None, **more)


def test_a_broker_of_somebody_else_with_certificates(tmp_path: Path) -> None:
    files = TlsFiles(tmp_path)
    make_authority(files, datetime.now(UTC))
    make_server(files, ("127.0.0.1",), datetime.now(UTC))
    broker = other_broker("mqtts://hall.lan", files.ca, files.certificate, files.key)
    assert broker is not None
    assert (broker.port, broker.ca_file, broker.cert_file) == (8883, str(files.ca), str(files.certificate))
    assert other_broker("", None, None, None) is None


@pytest.mark.parametrize(
    ("url", "names", "says"),
    [
        ("", ("ca.pem", "", ""), "of use with --broker"),
        ("mqtt://hall.lan", ("ca.pem", "", ""), "of use with mqtts://"),
        ("mqtts://hall.lan", ("ca.pem", "", "server.key"), "the key of no certificate"),
        ("mqtts://hall.lan", ("ca.pem", "server.pem", "ca.key"), "ca.key: "),
        ("mqtts://hall.lan", ("missing.pem", "", ""), "missing.pem: No such file"),
        ("mqtts://hall.lan", ("ca.key", "", ""), "ca.key: "),
    ],
)
def test_certificates_that_can_t_be_used_are_named(
    tmp_path: Path, url: str, names: tuple[str, str, str], says: str
) -> None:
    files = TlsFiles(tmp_path)
    make_authority(files, datetime.now(UTC))
    make_server(files, ("127.0.0.1",), datetime.now(UTC))
    with pytest.raises(ValueError, match=re.escape(says)):
        other_broker(url, *(tmp_path / name if name else None for name in names))
