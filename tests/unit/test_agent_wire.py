"""Where a device finds its broker."""

import pytest

from devices.agent.wire import Broker


@pytest.mark.parametrize(
    "url", ["127.0.0.1:1883", "http://127.0.0.1", "mqtt://", "mqtt://host:notaport", "mqtt://host/path"]
)
def test_a_broker_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"form|port"):
        Broker.parse(url)


def test_broker_addresses() -> None:
    assert Broker.parse("mqtt://127.0.0.1:1884") == Broker("127.0.0.1", 1884)
    assert Broker.parse("mqtts://hall.local").port == 8883
    inside = Broker.parse("mqtt://pad%2D1:p%40ss@h", ca_file="/ca.pem")
    assert (inside.username, inside.password, inside.ca_file) == ("pad-1", "p@ss", "/ca.pem")
    assert "p@ss" not in repr(inside)
    given = Broker.parse("mqtt://a:b@h", username="c", ca_file="/ca.pem")
    assert (given.username, given.password, given.ca_file) == ("c", "b", "/ca.pem")
