"""What is wrong with a page for some of its readers: axe-core's rules, and texts and targets that are too small.

axe-core comes from npm, for tests alone.
"""

from functools import cache
from typing import Any

from playwright.async_api import Page

from tests.support.page_host import WEB

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

SMALL = """(least) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const small = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const px = parseFloat(getComputedStyle(element).fontSize);
    if (texts.currentNode.data.trim() !== '' && element.checkVisibility() && !element.closest('script') && px < least)
      small.push(`${texts.currentNode.data.trim()}: ${px}px`);
  }
  return small;
}"""
NARROW = """(least) => {
  const TARGETS = 'button, a, input:not([type="radio"], [type="checkbox"]), textarea, '
    + 'label:has([type="radio"], [type="checkbox"])';
  return [...document.querySelectorAll(TARGETS)]
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => one.checkVisibility() && (box.width < least || box.height < least))
  .map(([one, box]) => `${one.innerText}: ${box.width} x ${box.height}`);
}"""


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


async def small_texts(page: Page, least_px: float) -> list[str]:
    """Return the texts in sight that are smaller than so many pixels."""
    found: list[str] = await page.evaluate(SMALL, least_px)
    return found


async def narrow_targets(page: Page, least_px: float) -> list[str]:
    """Return what is pressed and is smaller than so many pixels; a box to tick counts with its words."""
    found: list[str] = await page.evaluate(NARROW, least_px)
    return found
