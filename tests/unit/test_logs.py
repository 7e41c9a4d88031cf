"""Log lines: where they go, and what happens when there is no room for them."""

import errno
import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from api import logs


class Disk(io.StringIO):
    """A stream to a disk that can be full."""

    full = False

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "no space left on device")
        return super().write(text)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    stream = Disk()
    monkeypatch.setattr(sys, "stderr", stream)
    handlers, level = logging.root.handlers[:], logging.root.level
    logs.configure()
    yield stream
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_both_kinds_of_loggers_write_json_lines(disk: Disk) -> None:
    structlog.get_logger("ours").info("ready", hall="示例镇")
    logging.getLogger("theirs").warning("slow %s", "disk")
    first, second = map(json.loads, disk.getvalue().splitlines())
    assert (first["event"], first["hall"], first["level"]) == ("ready", "示例镇", "info")
    assert (second["event"], second["logger"], second["level"]) == ("slow disk", "theirs", "warning")


def test_a_full_disk_costs_lines_and_nothing_else(disk: Disk) -> None:
    log = structlog.get_logger("ours")
    disk.full = True
    log.error("lost")
    logging.getLogger("theirs").error("lost too")
    disk.full = False
    log.info("written again")
    assert [json.loads(line)["event"] for line in disk.getvalue().splitlines()] == ["written again"]


def test_what_was_lost_is_counted() -> None:
    disk = Disk()
    lines = logs.Lines(disk)
    disk.full = True
    assert lines.write("line\n") == len("line\n")
    disk.full = False
    lines.write("line\n")
    lines.flush()
    assert (lines.lost, disk.getvalue()) == (1, "line\n")
