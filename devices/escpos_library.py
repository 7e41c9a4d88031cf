"""The one door to python-escpos, which has manners at import that a server can't have.

It reads a database of all printers, which takes a third of a controller's start, configures the root logger (every
line of ours would appear twice) and leaves a new temporary directory behind at each start (that database, pickled,
never found again). So it is loaded when paper is first needed, and the rest is undone then: use its classes as members
of what :func:`library` returns.
"""

import logging
import os
import shutil
from functools import cache
from importlib import import_module
from typing import Any


class Library:
    """What of python-escpos we use. The package has no types, so nothing here has one either."""

    def __init__(self) -> None:
        handlers_before = list(logging.root.handlers)
        keeps_pickle = "ESCPOS_CAPABILITIES_PICKLE_DIR" in os.environ
        capabilities = import_module("escpos.capabilities")
        printer = import_module("escpos.printer")
        self.Profile: Any = capabilities.Profile
        self.QR_ECLEVEL_M: Any = import_module("escpos.constants").QR_ECLEVEL_M
        self.Error: type[Exception] = import_module("escpos.exceptions").Error
        self.Dummy: Any = printer.Dummy
        self.File: Any = printer.File
        self.Network: Any = printer.Network
        self.Serial: Any = printer.Serial
        self.Usb: Any = printer.Usb
        for handler in [handler for handler in logging.root.handlers if handler not in handlers_before]:
            logging.root.removeHandler(handler)
        if not keeps_pickle:
            shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)


@cache
def library() -> Library:
    """Return the library, loaded once."""
    return Library()
