"""Errors by blame: here the surroundings failed or somebody else was first; the caller did nothing wrong."""


class OperatingError(Exception):
    """Disk, database or broker don't do their part now. Come back in a moment."""


class LogUnavailable(OperatingError):
    """The log can't be written or read now: disk full, database gone or locked, or too much waits already.

    An append that ended so is either whole in the log or not at all; reading the tail tells.
    """


class LogConflict(Exception):
    """The stream doesn't end where the append would begin: read the tail, decide again."""
