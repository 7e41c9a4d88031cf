"""Telling whoever starts a controller for the first time by which account to sign in, in no log."""

import sys
from pathlib import Path

import typer

from api.sign_in import FIRST_ACCOUNT
from controller.runtime.catalogue import languages, text
from devices.agent.files import replace_file
from devices.broker_folder import PRIVATE

FILE = "first-password"
"""In the controller's folder."""


def tell_first(password: str, data: Path) -> None:
    """Print the first account's one-time password on a terminal; elsewhere write it to a file and print which.

    What a service says on standard error stands in the machine's journal for ever, which more people read.

    Args:
        password: good for one sign-in, at which a new one is chosen.
        data: the controller's folder.

    Raises:
        OSError: the file can't be written; ``yichuang user password`` gives another password then.
    """
    if sys.stderr.isatty():
        key, params = "account.first", {"password": password}
    else:
        path = (data / FILE).resolve()
        replace_file(path, f"{password}\n".encode(), mode=PRIVATE)
        key, params = "account.first_file", {"path": str(path)}
    told = " · ".join(text(key, language, name=FIRST_ACCOUNT, **params) for language in languages())
    typer.echo(told, err=True)
