"""Another language of the pages is one more file: it is found, offered and spoken."""

import json
import shutil
from pathlib import Path

import pytest
from playwright.async_api import expect

from api import pages
from tests.support.api_hall import api_hall
from tests.support.hall_browser import hall_browser

pytestmark = pytest.mark.browser


async def test_a_third_catalogue_is_offered_by_every_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web = tmp_path / "web"
    shutil.copytree(pages.WEB, web, ignore=shutil.ignore_patterns("node_modules"))
    texts = json.loads((web / "messages" / "en.json").read_text("utf-8"))
    french = json.dumps({**texts, "signin.title": "Se connecter"})
    (web / "messages" / "fr.json").write_text(french, "utf-8")
    monkeypatch.setattr(pages, "WEB", web)
    assert pages.languages() == ["zh-CN", "en", "fr"]
    async with api_hall(tmp_path) as hall, hall_browser(hall.url, has_token=False) as browser:
        page = await browser.open("/signin")
        heading, switch = page.locator("h2"), page.locator(".head .language")
        for text, offered in (
            ("登录", "English"),
            ("Sign in", "français"),
            ("Se connecter", "中文"),
            ("登录", "English"),
        ):
            await expect(heading).to_have_text(text)
            await expect(switch).to_have_text(offered)
            await switch.click()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        again = await browser.open("/signin?lang=fr")
        await expect(again.locator("h2")).to_have_text("Se connecter")
