"""What devices are told of their broker: noted in the controller's folder, where the command line finds it."""

from pathlib import Path

from api.joining import Broker
from devices.agent.files import replace_file
from devices.agent.wire import PORT_DEFAULT
from devices.agent.wire import Broker as BrokerAddress

NOTE = "broker-url"
URL_DEFAULT = f"mqtt://127.0.0.1:{PORT_DEFAULT}"
"""Where a controller's own broker listens, unless it is told otherwise."""


def note_broker(data: Path, url: str) -> None:
    """Note where devices speak.

    Raises:
        OSError: the folder can't be written.
    """
    data.mkdir(parents=True, exist_ok=True)
    replace_file(data / NOTE, f"{url}\n".encode())


def read_broker(data: Path, given: str) -> Broker:
    """Return what devices are told of their broker.

    Args:
        data: the controller's folder.
        given: its URL, or ``""``: what was noted last.

    Raises:
        ValueError: that isn't a broker's URL.
        OSError: the note can't be read.
    """
    path = data / NOTE
    url = given or (path.read_text("utf-8").strip() if path.exists() else "") or URL_DEFAULT
    BrokerAddress.parse(url)
    return Broker(url)
