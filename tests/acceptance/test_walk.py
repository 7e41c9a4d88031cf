"""The new user's walk of the documents: its steps work, and each has its picture."""

import re
from pathlib import Path

import pytest

from tests.support.demo_process import ROOT, demo_process
from tests.support.walk import FOLDER, LANGUAGES, OPTIONS, walker

DOCUMENTS = {"zh-CN": "walk.zh-CN.md", "en": "walk.md"}
PICTURE = re.compile(r"!\[[^\]]+\]\((pictures/walk/[^)]+)\)")
PICTURES_BYTES_MAX = 2_000_000


@pytest.mark.browser
async def test_a_ticket_is_printed_called_spoken_served_and_rated_by_the_pages_alone(tmp_path: Path) -> None:
    language = LANGUAGES[0]
    async with demo_process(tmp_path, *OPTIONS) as demo, walker(demo, tmp_path / language, language) as visitor:
        await demo.opened()
        await visitor.walk()
    told = (ROOT / "docs" / DOCUMENTS[language]).read_text("utf-8")
    assert PICTURE.findall(told) == [f"pictures/walk/{language}/{name}" for name in visitor.pictures]


def test_the_walk_is_told_alike_in_both_languages_and_each_step_has_its_picture() -> None:
    shown = {}
    for language, name in DOCUMENTS.items():
        told = (ROOT / "docs" / name).read_text("utf-8")
        assert f"bash deploy/demo.sh {' '.join(OPTIONS)}" in told
        pictures = PICTURE.findall(told)
        assert all((ROOT / "docs" / picture).is_file() for picture in pictures)
        assert all(Path(picture).parent.name == language for picture in pictures)
        shown[language] = [Path(picture).name for picture in pictures]
    assert shown["zh-CN"] == shown["en"]
    kept = sorted(FOLDER.glob("*/*.webp"))
    assert len(kept) == sum(map(len, shown.values())), "no picture is left over"
    assert sum(path.stat().st_size for path in kept) < PICTURES_BYTES_MAX


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_leads_to_the_walk(name: str) -> None:
    language = "zh-CN" if "zh-CN" in name else "en"
    assert f"](docs/{DOCUMENTS[language]})" in (ROOT / name).read_text("utf-8")
