"""What devices are told of their broker: noted in the controller's folder, where the command line finds it.

Beside the note is the hall's own authority, if it has one, which devices need for ``mqtts://``.
"""

from pathlib import Path

from api.certificates import CA_FILE, TlsFiles
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
        OSError: the note, or the authority, can't be read.
    """
    path = data / NOTE
    url = given or (path.read_text("utf-8").strip() if path.exists() else "") or URL_DEFAULT
    return told(data, url)


def told(data: Path, url: str) -> Broker:
    """Return what devices are told of a broker: with the hall's authority, where they need one.

    Raises:
        ValueError: that isn't a broker's URL.
        OSError: the authority can't be read.
    """
    authority = TlsFiles.of(data).ca
    if BrokerAddress.parse(url).tls and authority.exists():
        return Broker(url, CA_FILE, authority.read_text("ascii"))
    return Broker(url)
