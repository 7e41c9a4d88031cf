"""Files that others read while we write them."""

import os
from pathlib import Path

READABLE = 0o666
"""As the process's mask allows."""


def replace_file(path: Path, content: bytes, *, mode: int = READABLE) -> None:
    """Give a file new content as a whole: a reader sees the old or the new one, never half of one.

    Args:
        path: of the file.
        content: all of it.
        mode: its permissions, less what the process's mask forbids.

    Raises:
        OSError: it can't be written.
    """
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
        file.write(content)
    part.replace(path)
