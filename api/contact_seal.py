"""How citizens can be reached, sealed: what lies in the database is of no use to who has no key.

The key lies in the controller's data folder, not in the database, so that a copy of the database tells nobody's number.
Controllers of the same halls share one: copy the file before the second one starts.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

import orjson
from cryptography.fernet import Fernet, InvalidToken

KEY_FILE = "contact-key"


class ContactUnreadable(Exception):
    """A contact was sealed by another key."""


@dataclass(frozen=True, slots=True)
class ContactWord:
    """What a citizen left: whom to ask for, and by which number."""

    name: str
    phone: str


class ContactSeal:
    """Seals contacts, by a key that is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        """Name the folder of the key."""
        self._path = folder / KEY_FILE

    def seal(self, word: ContactWord) -> bytes:
        """Return a contact as it is kept.

        Raises:
            OSError: the key can't be read or made.
            ValueError: the key's file holds none.
        """
        return self._key().encrypt(orjson.dumps([word.name, word.phone]))

    def unseal(self, sealed: bytes) -> ContactWord:
        """Return a contact.

        Raises:
            ContactUnreadable: it was sealed by another key.
            OSError: the key can't be read.
            ValueError: the key's file holds none.
        """
        try:
            name, phone = orjson.loads(self._key().decrypt(sealed))
        except InvalidToken as error:
            raise ContactUnreadable(f"{self._path} isn't the key that a contact was sealed by") from error
        return ContactWord(name, phone)

    def _key(self) -> Fernet:
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, new = mkstemp(dir=self._path.parent, prefix=f".{KEY_FILE}-")  # nobody else may read it
            with os.fdopen(descriptor, "wb") as file:
                file.write(Fernet.generate_key())
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # of two that make one, the first one's is whole and stands
                os.link(new, self._path)
            Path(new).unlink()
        return Fernet(self._path.read_bytes().strip())
