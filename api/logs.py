"""Logs: one JSON object a line on standard error, for people with `jq` and for collectors."""

import io
import logging
import sys
from typing import TextIO

import structlog


class Lines(io.TextIOBase):
    """A stream for log lines that stops nobody: a disk without room for a log must not cost a citizen a ticket.

    Attributes:
        lost: pieces that the stream below didn't take.
    """

    def __init__(self, below: TextIO) -> None:
        self.lost = 0
        self._below = below

    def write(self, text: str) -> int:
        """Hand a text on, or count it as lost."""
        try:
            return self._below.write(text)
        except OSError:
            self.lost += 1
            return len(text)

    def flush(self) -> None:
        """Let out what is still held, or count it as lost."""
        try:
            self._below.flush()
        except OSError:
            self.lost += 1


def configure(level: str = "info") -> None:
    """Let the whole process log so.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.

    Raises:
        KeyError: no such level.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    lines: TextIO = Lines(sys.stderr)  # type: ignore[assignment] # text goes in, which is all that is asked of it
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(lines),
        cache_logger_on_first_use=True,
    )
    # What libraries log by the standard library's own means comes out in the same form.
    handler = logging.StreamHandler(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
