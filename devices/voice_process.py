"""The other end of `devices.voice_worker`: starts it, asks it, and is rid of it when it hangs."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.manner import Manner

START_S_MAX = 20.0
"""Longest time for the program to be ready: 0.5 s on an idle machine, mostly for pypinyin's dictionaries."""

ANSWER_GRACE_S = 1.0
"""What the worker gets beyond an utterance's limit, so that it can say itself that the engine didn't finish."""

END_S_MAX = 1.0
LINE_BYTES_MAX = 65536
COMPLAINT_BYTES_MAX = 2048

_ROOT = Path(__file__).resolve().parents[1]


class VoiceUnavailable(Exception):
    """There is no recording; the message says in one line why and, where it helps, what to do.

    Attributes:
        reason: short stable name of the cause, for a metric: ``engine_missing``, ``engine_failed``, ``timed_out``,
            ``worker_died``, ``no_sound``, ``disk``, ``text``, ``busy`` or ``closed``.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Worker:
    process: Process
    requests: asyncio.StreamWriter
    answers: asyncio.StreamReader
    complaints: asyncio.Task[bytes]


class WorkerProcess:
    """At most one worker program, started when it is first needed and again when it has ended.

    Not for two callers at once: `devices.voice.Voice` asks one question at a time.
    """

    def __init__(self, *, driver: str, idle_s: float) -> None:
        self._arguments = ("--driver", driver, "--idle-s", str(idle_s))
        self._worker: _Worker | None = None
        self._asked = 0

    @property
    def pid(self) -> int | None:
        """Process id of the running worker, None when there is none."""
        worker = self._worker
        return worker.process.pid if worker is not None and worker.process.returncode is None else None

    async def start(self) -> None:
        """See that a worker runs and that its engine is there.

        Raises:
            VoiceUnavailable: ``engine_missing``, ``timed_out`` or ``worker_died``.
        """
        if self.pid is not None:
            return
        await self.end()
        self._worker = await self._spawn()
        hello = await self._answer(self._worker, START_S_MAX)
        if not hello.get("ready"):
            await self.end()
            raise VoiceUnavailable(hello["reason"], hello["detail"])

    async def make_clip(self, text: str, language: str, manner: Manner, path: Path, limit_s: float) -> None:
        """Have a clip made.

        Args:
            text: what is said.
            language: BCP 47 tag.
            manner: how it is said.
            path: where the clip shall be, absolute.
            limit_s: longest time for it.

        Raises:
            VoiceUnavailable: it was not made.
        """
        await self.start()
        worker = self._worker
        if worker is None:
            raise VoiceUnavailable("worker_died", "the voice worker has ended")
        self._asked += 1
        request: dict[str, Any] = {"id": self._asked, "text": text, "language": language, "rate_wpm": manner.rate_wpm}
        request |= {"volume_lu": manner.volume_lu, "chime": manner.chime, "readings": manner.readings_of(text)}
        request |= {"tail": [str(tail) for tail in manner.tail.paths] if manner.tail is not None else []}
        request |= {"path": str(path), "limit_s": limit_s}
        with suppress(ConnectionError):  # it has just ended; that no answer comes says so below
            worker.requests.write(json.dumps(request, ensure_ascii=False).encode() + b"\n")
            await worker.requests.drain()
        answer = await self._answer(worker, limit_s + ANSWER_GRACE_S)
        if answer.get("id") != self._asked:
            await self.end()
            raise VoiceUnavailable("worker_died", "the voice worker answered another question")
        if not answer["ok"]:
            raise VoiceUnavailable(answer["reason"], answer["detail"])

    async def end(self) -> None:
        """Kill the worker, if there is one, and wait until nothing of it is left."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        with suppress(ProcessLookupError):
            worker.process.kill()
        await _gone(worker)

    async def close(self) -> None:
        """Let the worker end by itself; kill it if it doesn't."""
        worker = self._worker
        if worker is None:
            return
        worker.requests.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(END_S_MAX):
                await worker.process.wait()
        await self.end()

    async def _spawn(self) -> _Worker:
        known = os.environ.get("PYTHONPATH")
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(_ROOT), known] if known else [str(_ROOT)])}
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "devices.voice_worker", *self._arguments),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=environment,
                limit=LINE_BYTES_MAX,
            )
        except OSError as error:
            raise VoiceUnavailable("worker_died", f"the voice worker cannot be started: {error}") from error
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise RuntimeError("a process was started without the pipes that were asked for")
        complaints = asyncio.create_task(_last_bytes(process.stderr), name="voice worker's complaints")
        return _Worker(process, process.stdin, process.stdout, complaints)

    async def _answer(self, worker: _Worker, limit_s: float) -> dict[str, Any]:
        """Read one answer; a worker that gives none is killed: what it said later would answer another question."""
        try:
            async with asyncio.timeout(limit_s):
                line = await worker.answers.readline()
        except TimeoutError:
            await self.end()
            raise VoiceUnavailable("timed_out", f"the voice worker gave no answer within {limit_s:g} s") from None
        except asyncio.CancelledError:
            await self.end()
            raise
        if line.endswith(b"\n"):
            answer: dict[str, Any] = json.loads(line)
            return answer
        await self.end()
        lines = (await worker.complaints).decode(errors="replace").strip().splitlines()
        complaint = lines[-1] if lines else "no message"
        status = worker.process.returncode
        raise VoiceUnavailable("worker_died", f"the voice worker ended (status {status}): {complaint}")


async def _last_bytes(stream: asyncio.StreamReader) -> bytes:
    """Read a stream to its end, so that its writer never blocks; return the last of it."""
    kept = b""
    while piece := await stream.read(COMPLAINT_BYTES_MAX):
        kept = (kept + piece)[-COMPLAINT_BYTES_MAX:]
    return kept


async def _gone(worker: _Worker) -> None:
    """Wait until a process that ends has ended, and its pipes with it."""
    worker.requests.close()
    await worker.process.wait()
    while await worker.answers.read(LINE_BYTES_MAX):
        pass
    await worker.complaints
    with suppress(ConnectionError):
        await worker.requests.wait_closed()
