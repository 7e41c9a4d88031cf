"""A page's clock as tests let it pass: in small steps until something is so, never in one blind jump."""

import asyncio
from collections.abc import Awaitable, Callable

from playwright.async_api import Page

from tests.support.page_host import DEADLINE_MS

STEP_MS = 100


async def passing(page: Page, condition: Callable[[], Awaitable[bool]], step_ms: int = STEP_MS) -> None:
    """Let the page's time pass until a condition holds.

    A jump of fixed length would be lost on a page that is still busy with what came before it.

    Raises:
        AssertionError: it doesn't hold in real time's patience with a page.
    """
    deadline = asyncio.get_running_loop().time() + DEADLINE_MS / 1000
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, "the page's time passed in vain"
        await page.clock.run_for(step_ms)
