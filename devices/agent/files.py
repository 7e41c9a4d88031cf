"""Files that others read while we write them."""

from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Give a file new content as a whole: a reader sees the old or the new one, never half of one.

    Raises:
        OSError: it can't be written.
    """
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
