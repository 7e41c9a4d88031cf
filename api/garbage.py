"""Python's search for reference cycles, set for a server.

By default it begins after every 700 new objects and looks, now and then, through all of a day's tickets and all that
was imported: a third of what a command costs. States and events are trees that reference counting frees by itself;
cycles come from exceptions and closed connections, which can wait.
"""

import gc

NEW_OBJECTS = 20_000
"""Objects made and not freed since the last search before the next one; some megabytes at most."""
OLD_EVERY = 50
"""Searches of the middle generation before the old one is looked through."""


def settle() -> None:
    """Leave what is there now out of every search, and search seldom from now on; once everything is started.

    No last search before: what little garbage the start left is worth less than the tenth of a second.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, OLD_EVERY)
