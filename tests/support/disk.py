"""A small disk of a test's own that can be filled to its last byte and freed again. Mounting one needs root."""

import errno
import os
import shutil
import subprocess
import tempfile
from io import RawIOBase
from pathlib import Path

CHUNK_BYTES = 64 * 1024
WITHIN_S = 30


class NoDisk(Exception):
    """This machine lets us mount nothing."""


class SmallDisk:
    """A file system in memory.

    Attributes:
        folder: where it is mounted.
    """

    def __init__(self, megabytes: int) -> None:
        """Mount it.

        Raises:
            NoDisk: that isn't allowed here.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="yichuang-disk-"))
        self.folder.chmod(0o755)
        self._ballast = self.folder / "ballast"
        size = f"size={megabytes}m,mode=0755"
        command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.folder)]
        if os.geteuid() != 0 or shutil.which("mount") is None:
            self._refuse("only root may mount a disk")
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN_S)
        if done.returncode != 0:
            self._refuse(done.stderr.strip())

    def _refuse(self, reason: str) -> None:
        self.folder.rmdir()
        raise NoDisk(reason)

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (CHUNK_BYTES, 1):
                while _fits(ballast, size):
                    pass

    def free(self) -> None:
        """Give the space back."""
        self._ballast.unlink()

    def remove(self) -> None:
        """Unmount it; it is gone when nobody has a file open on it."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True, timeout=WITHIN_S)
        self.folder.rmdir()


def _fits(file: RawIOBase, size: int) -> bool:
    try:
        return file.write(bytes(size)) == size
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
