"""One design language: colours, sizes, spaces and motion of all pages come from api/web/base/tokens.css."""

import re
from pathlib import Path

import pytest

from tests.support.contrast import contrast
from tests.unit.test_web_catalogues import CONTRAST_MIN, ROOT, TREES, WEB, files, schemes

TOKENS = WEB / "base" / "tokens.css"
SIGN_COLOURS = ROOT / "displays" / "web" / "led" / "colours.js"
"""The light of a real sign's dots, which no scheme changes."""
COLOUR = re.compile(
    r"#(?:[0-9a-fA-F]{3,4}){1,2}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(|:\s*(?:white|black|red|green)\b"
)
SPACE = re.compile(r"^ *(?:padding|margin|gap|row-gap|column-gap|font-size)(?:-[a-z]+)*: ([^;]*);", re.MULTILINE)
MOTION = re.compile(r"^ *(?:animation|transition)(?:-[a-z]+)*: ([^;]*);", re.MULTILINE)
STOPPED = "none !important"


def code_of(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)


def own_styles() -> list[Path]:
    return [path for path in files(".css") if path != TOKENS]


@pytest.mark.parametrize("text", ["color: #fff;", "background: rgb(0 0 0 / 5%);", "color: white;", "fill: #0a0b0c80;"])
def test_a_colour_is_known_when_it_is_seen(text: str) -> None:
    assert COLOUR.search(text)


def test_every_colour_is_a_token() -> None:
    strange = {
        str(path.relative_to(ROOT)): found
        for path in [*own_styles(), *files(".js")]
        if path != SIGN_COLOURS and (found := [each[0] for each in COLOUR.finditer(_values(path))])
    }
    assert strange == {}


def _values(path: Path) -> str:
    code = code_of(path)
    if path.suffix == ".css":
        return code
    # A `#name(` of a script is a private member and a colour's digits are not: only texts can hold a colour.
    return "\n".join(re.findall(r"'[^'\n]*'", code))


def test_sizes_of_text_and_spaces_are_tokens() -> None:
    """Of pages that people come near to; screens have theirs from the size of the glass, and so have large numbers."""
    own = {
        f"{path.relative_to(ROOT)}: {found[1]}"
        for path in own_styles()
        if TREES[1] not in path.parents
        for found in SPACE.finditer(code_of(path))
        if re.search(r"\d(?:rem|pt|cm|mm)\b", found[1]) and not re.search(r"\d(?:vw|vh|vmin)\b", found[1])
    }
    assert own == set()


def test_every_token_that_is_used_is_there() -> None:
    given = set(re.findall(r"(--[\w-]+):", "".join(code_of(path) for path in files(".css"))))
    given |= set(re.findall(r"setProperty\('(--[\w-]+)'", "".join(code_of(path) for path in files(".js"))))
    used = {
        (str(path.relative_to(ROOT)), name)
        for path in files(".css")
        for name in re.findall(r"var\((--[\w-]+)", code_of(path))
    }
    assert {each for each in used if each[1] not in given} == set()
    left = {name for name in re.findall(r"(--[\w-]+):", TOKENS.read_text("utf-8")) if name not in {n for _, n in used}}
    assert left == set(), "nobody uses these"


def test_motion_has_the_pace_of_the_tokens_and_stops_for_whoever_asks_for_that() -> None:
    pages = [path.read_text("utf-8") for path in files(".html") if path.parent.name != "docs"]  # Swagger UI's own
    assert all("/static/base/tokens.css" in page and "/static/base/page.css" in page for page in pages)
    base = WEB / "base" / "page.css"
    reduced = code_of(base).split("@media (prefers-reduced-motion: reduce)")[1]
    assert re.findall(r"(\w+): none !important;", reduced) == ["animation", "transition"]
    for path in own_styles():
        for found in MOTION.finditer(code_of(path)):
            timed = re.search(r"var\(--(?:pulse|breath|flash-s)\)", found[1])
            assert timed or (path == base and found[1] == STOPPED), (path, found[1])
            assert not re.search(r"\d(?:s|ms)\b", found[1].replace("* 1s", "")), (path, found[1])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_calls_stand_out_on_the_screen_of_the_waiting_area(scheme: str) -> None:
    colours = {**schemes()["light"], **schemes()[scheme]}
    pairs = [
        *((ink, ground) for ink in ("called-ink", "called-window") for ground in ("called", "fresh")),
        ("cue-ink", "cue"),
        *(("standing", ground) for ground in ("surface", "ground")),
    ]
    ratios = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < CONTRAST_MIN} == {}


def test_the_words_around_a_sign_stand_out() -> None:
    dark = {**schemes()["light"], **schemes()["dark"]}
    for ink, ground in (("ink-soft", "ground"), ("warn", "ground"), ("sign-lit", "ground"), ("warn-ink", "warn")):
        assert contrast(dark[ink], dark[ground]) >= CONTRAST_MIN, (ink, ground)
