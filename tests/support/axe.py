"""axe-core on a page: what its rules find wrong, one line each. It comes from npm, for tests alone."""

from functools import cache
from typing import Any

from playwright.async_api import Page

from tests.support.page_host import WEB

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@cache
def _source() -> str:
    return (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


async def violations(page: Page, within: str | None = None) -> list[str]:
    """Return what axe finds wrong in a page as it is now, or in a part of it: rule, why, and the elements.

    A page without violations returns an empty list: ``assert await violations(page) == []``. The rules run beside the
    page's own scripts, past its Content-Security-Policy.
    """
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_source())
    found: list[dict[str, Any]] = await page.evaluate(
        "([within, rules]) => axe.run(within ?? document, {runOnly: rules, resultTypes: ['violations']})"
        ".then((report) => report.violations)",
        [within, list(RULES)],
    )
    return [
        f"{one['id']}: {one['help']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]
