"""What follows when ``yichuang tls renew`` has made a new certificate: whoever shows it reads it anew, at once."""

import asyncio
import ssl
from collections.abc import Callable

import structlog

from api.certificates import TlsFiles

log = structlog.get_logger(__name__)

LOOK_S = 1.0
"""How often it is looked whether there is a new certificate; they are renewed every other year."""


def stamp(files: TlsFiles) -> tuple[int, ...]:
    """Return what changes with the files of the certificate and its key; empty where one isn't there."""
    try:
        return tuple(path.stat().st_mtime_ns for path in (files.certificate, files.key))
    except OSError:
        return ()


async def follow(files: TlsFiles, shown: tuple[int, ...], renewed: Callable[[], None]) -> None:
    """Tell of each new certificate, until cancelled.

    Args:
        files: where it is.
        shown: `stamp` of the one that is in use.
        renewed: is called when another one, with its key, can be read whole.
    """
    while True:
        await asyncio.sleep(LOOK_S)
        now = await asyncio.to_thread(stamp, files)
        if now in ((), shown) or not await asyncio.to_thread(_belong_together, files):
            continue
        shown = now
        try:
            renewed()
        except OSError as error:  # it changed in this moment: the next look finds it
            log.warning("certificate_unread", folder=str(files.folder), error=str(error))
            shown = ()
        else:
            log.info("certificate_renewed", folder=str(files.folder))


def _belong_together(files: TlsFiles) -> bool:
    """Tell whether certificate and key are a pair: both files are replaced, one after the other."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)
    except OSError:
        return False
    return True
