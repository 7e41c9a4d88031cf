"""Work in a process of its own: with a memory of its own, and ended whatever happens."""

import asyncio
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

WITHIN_S = 600.0
"""No single run takes as long; one that does is ended."""


async def in_own_process(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function in a fresh process and return what it returns.

    Raises:
        RuntimeError: it raised, ended without an answer, or took too long.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs, work, args, kwargs))
    process.start()
    theirs.close()
    try:
        if not await asyncio.to_thread(ours.poll, WITHIN_S):
            raise RuntimeError(f"{work.__name__} took longer than {WITHIN_S:g} s")
        error, result = ours.recv()
    except EOFError:
        raise RuntimeError(f"{work.__name__} ended without an answer") from None
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
    if error is not None:
        raise RuntimeError(f"{work.__name__} failed: {error}")
    answer: T = result
    return answer


def _answer(pipe: Connection, work: Callable[..., Any], args: Any, kwargs: Any) -> None:
    try:
        result = work(*args, **kwargs)
    except BaseException as error:
        pipe.send((repr(error), None))
        raise
    pipe.send((None, result))
