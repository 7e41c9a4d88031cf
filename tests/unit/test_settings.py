"""What a controller is told when it is started."""

from pathlib import Path

import pytest

from api.settings import HTTP_DEFAULT, MQTT_DEFAULT, Address, Settings
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
