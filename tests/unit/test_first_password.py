"""The first account's password: on a terminal it is printed, elsewhere it stands in a file of its owner's."""

import stat
import sys
from pathlib import Path

import pytest

from api.first_password import FILE, tell_first

PASSWORD = "tests-only-word"  # noqa: S105 - nobody's


def test_on_a_terminal_it_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    tell_first(PASSWORD, tmp_path)
    printed = capsys.readouterr()
    assert printed.err.count(PASSWORD) == 2, "in both languages"
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


def test_elsewhere_it_stands_in_a_file_and_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell_first(PASSWORD, tmp_path)
    path = tmp_path / FILE
    printed = capsys.readouterr().err
    assert PASSWORD not in printed
    assert printed.count(str(path)) == 2
    assert path.read_text("ascii") == PASSWORD + "\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
