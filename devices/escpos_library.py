"""The one door to python-escpos, which has two manners at import that a server can't have.

It configures the root logger (every line of ours would appear twice) and leaves a new temporary directory behind at
each start (its printer database, pickled, never found again). Both are undone here, so import its classes from here.
"""

import logging
import os
import shutil

_handlers_before = list(logging.root.handlers)
_keeps_pickle = "ESCPOS_CAPABILITIES_PICKLE_DIR" in os.environ

from escpos import capabilities  # noqa: E402
from escpos.capabilities import Profile  # noqa: E402
from escpos.constants import QR_ECLEVEL_M  # noqa: E402
from escpos.exceptions import Error as EscposError  # noqa: E402
from escpos.printer import Dummy, File, Network, Serial, Usb  # noqa: E402

for _handler in [handler for handler in logging.root.handlers if handler not in _handlers_before]:
    logging.root.removeHandler(_handler)
if not _keeps_pickle:
    shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)

__all__ = ["QR_ECLEVEL_M", "Dummy", "EscposError", "File", "Network", "Profile", "Serial", "Usb"]
