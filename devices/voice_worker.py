"""The program that speaks: a process of its own around pyttsx3 and espeak-ng, one utterance at a time.

It reads requests from standard input and answers on standard output, one JSON object a line:

======================================================================  ==============================================
``{"id": 7, "text": "…", "language": "zh-CN", "rate_wpm": 150,``        ``{"id": 7, "ok": true}``: the clip is at path
``"volume_lu": 0, "chime": true, "readings": [["六安", "lu4 an1"]],``   ``{"id": 7, "ok": false, "reason", "detail"}``
``"tail": ["/…/a.wav"], "path": "/…/x.part", "limit_s": 10.0}``
======================================================================  ==============================================

Its first line is ``{"ready": true}``, or ``{"ready": false, "reason": …, "detail": …}`` before it ends. It ends too
when its input does, when nothing is asked of it for a while (pypinyin and espeak give back 80 MB), and after an
utterance that didn't finish in time: an engine that hangs is not asked again.

Three habits of pyttsx3 2.99 shape the code. It prints on standard output, so that is moved out of its way first. Its
``runAndWait`` cancels whatever espeak still has in its queue, which loses a rate or voice that was just set and now and
then the whole utterance: so settings are waited for before a text is given, and the end of an utterance is awaited by
its own event. And an error while it writes a file vanishes in a callback: so it writes to memory.
"""

import argparse
import importlib
import json
import os
import select
import signal
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

from devices.clips import BadClip, finished, read_samples, write_samples
from devices.reading import espeak_voice, reading

IDLE_S = 600.0
"""How long the worker waits for a request before it ends."""
ALARM_GRACE_S = 5.0
"""What an utterance may take beyond its limit before the worker ends by a signal; its controller ends it sooner."""

NICENESS = 5
"""A clip may come 50 ms later; a call, a board and a receipt may not."""

INSTALL_HINT = "espeak-ng is not installed or not usable: apt-get install espeak-ng"


class WorkerError(Exception):
    """An utterance failed; ``reason`` is the stable name of the cause, the message the detail.

    Attributes:
        reason: ``engine_missing``, ``engine_failed``, ``timed_out``, ``no_sound``, ``disk`` or ``text``.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Engine:
    """One pyttsx3 engine, whose voice and rate change between utterances only.

    Raises:
        WorkerError: pyttsx3 or espeak-ng isn't there (``engine_missing``).
    """

    def __init__(self, driver: str) -> None:
        try:
            engines = importlib.import_module("pyttsx3.engine")
            self._espeak = importlib.import_module(f"pyttsx3.drivers._{driver}")
            self._engine = engines.Engine(driver)
        except ImportError as error:
            raise WorkerError("engine_missing", f"pyttsx3 with its driver {driver!r} is missing: {error}") from error
        except (OSError, RuntimeError) as error:
            raise WorkerError("engine_missing", f"{INSTALL_HINT} ({error})") from error
        self._finished = threading.Event()
        self._errors: list[BaseException] = []
        self._settings: tuple[str, int] | None = None
        self._engine.connect("finished-utterance", self._on_finished)
        self._engine.connect("error", self._on_error)
        self._engine.proxy.setBusy(False)  # or a setting would wait for the first utterance, and be cancelled by it
        self._memory = os.memfd_create("utterance")

    def speak(self, said: str, voice: str, rate_wpm: int, limit_s: float) -> str:
        """Synthesise a text; return the path of the raw recording, which stands until the next call.

        Raises:
            WorkerError: the engine refused (``engine_failed``) or didn't finish in time (``timed_out``).
        """
        self._errors.clear()
        if self._settings != (voice, rate_wpm):
            self._settings = None
            self._engine.setProperty("voice", voice)
            self._engine.setProperty("rate", rate_wpm)
            self._espeak.Synchronize()
            self._check()
            self._settings = (voice, rate_wpm)
        os.ftruncate(self._memory, 0)
        self._finished.clear()
        path = f"/proc/self/fd/{self._memory}"
        self._engine.save_to_file(said, path)
        self._engine.runAndWait()
        done = self._finished.wait(limit_s)
        self._check()
        if not done:
            raise WorkerError("timed_out", f"the engine didn't finish within {limit_s:g} s")
        return path

    def _check(self) -> None:
        if self._errors:
            raise WorkerError("engine_failed", str(self._errors[0]))

    def _on_finished(self, *, completed: bool, **_: object) -> None:
        if completed:
            self._finished.set()

    def _on_error(self, *, exception: BaseException, **_: object) -> None:
        self._errors.append(exception)


def make_clip(engine: Engine, request: dict[str, Any]) -> None:
    """Carry out a request: the finished clip is at its ``path``.

    Raises:
        WorkerError: it could not be made.
    """
    said = reading(request["text"], request["language"], [(word, pinyin) for word, pinyin in request["readings"]])
    if not said:
        raise WorkerError("text", f"nothing in {request['text']!r} can be said")
    voice = espeak_voice(request["language"])
    raw = engine.speak(said, voice, request["rate_wpm"], request["limit_s"])
    try:
        clip = finished(
            read_samples(raw),
            with_chime=request["chime"],
            volume_lu=request["volume_lu"],
            tail=[read_samples(path) for path in request["tail"]],
        )
    except (BadClip, OSError) as error:
        raise WorkerError("no_sound", str(error)) from error
    try:
        write_samples(clip, Path(request["path"]))
    except OSError as error:
        raise WorkerError("disk", f"cannot write the clip: {error}") from error


def serve(requests: TextIO, replies: TextIO, driver: str, idle_s: float) -> int:
    """Answer requests until there are no more; return the program's exit status."""

    def reply(**members: object) -> None:
        replies.write(json.dumps(members, ensure_ascii=False) + "\n")
        replies.flush()

    try:
        engine = Engine(driver)
    except WorkerError as error:
        reply(ready=False, reason=error.reason, detail=str(error))
        return 1
    reply(ready=True)
    # One request is under way at a time, so nothing waits unseen in the text buffer behind `select`.
    while select.select([requests], [], [], idle_s)[0] and (line := requests.readline()):
        request: dict[str, Any] = json.loads(line)
        # A hung engine is ended by the controller; one whose controller is gone by this, or it would stay for ever.
        signal.setitimer(signal.ITIMER_REAL, request["limit_s"] + ALARM_GRACE_S)
        try:
            make_clip(engine, request)
        except WorkerError as error:
            reply(id=request["id"], ok=False, reason=error.reason, detail=str(error))
            if error.reason == "timed_out":
                return 1
        else:
            reply(id=request["id"], ok=True)
        signal.setitimer(signal.ITIMER_REAL, 0)
    return 0


def main() -> int:
    """Run the worker program."""
    arguments = argparse.ArgumentParser(description="Speaks for the controller; it is started by it.")
    arguments.add_argument("--driver", default="espeak")
    arguments.add_argument("--idle-s", type=float, default=IDLE_S)
    chosen = arguments.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is for the controller, which then ends us
    os.nice(NICENESS)
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as replies:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        status = serve(sys.stdin, replies, chosen.driver, chosen.idle_s)
    # Past a hung engine's threads and espeak's own ending, which asserts.
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
