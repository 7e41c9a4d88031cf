"""The pages' texts, import maps, colours and lock file keep the rules of api/web/README.md."""

import json
import re
import tomllib
from itertools import product
from pathlib import Path

import pytest

from api.pages import LIBRARIES
from controller.health import Fault, Severity

ROOT = Path(__file__).parents[2]
WEB = ROOT / "api" / "web"
TREES = (WEB, ROOT / "displays" / "web")
SERVED = {"static": TREES[0], "display-static": TREES[1], "vendor": WEB / "node_modules"}
CHINESE, ENGLISH = "zh-CN", "en"
LANGUAGES = (CHINESE, *sorted({path.stem for path in (WEB / "messages").glob("*.json")} - {CHINESE}))
"""Every language has all texts, whoever adds one."""
PREFIXES = {
    *("base", "kiosk", "phone", "portal", "pad", "signin", "tag", "state", "lane", "field", "tv", "led", "clerk"),
    *("manager", "mqtt", "paper", "review", "sign"),
}
CONTRAST_MIN = 4.5


def catalogue(language: str) -> dict[str, str]:
    pairs = json.loads((WEB / "messages" / f"{language}.json").read_text("utf-8"), object_pairs_hook=list)
    assert len(pairs) == len(dict(pairs)), "a key stands twice"
    return dict(pairs)


def files(suffix: str) -> list[Path]:
    found = [
        path
        for tree in TREES
        for path in tree.rglob(f"*{suffix}")
        if "node_modules" not in path.relative_to(tree).parts
    ]
    assert found
    return sorted(found)


def test_all_languages_have_the_same_keys_in_order() -> None:
    chinese, *others = (list(catalogue(language)) for language in LANGUAGES)
    assert ENGLISH in LANGUAGES
    assert [language for language, keys in zip(LANGUAGES[1:], others, strict=True) if keys != chinese] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_of_a_device_has_its_words_and_what_to_do(language: str) -> None:
    texts = catalogue(language)
    assert [fault for fault in Fault if not texts.get(f"manager.health_fault_{fault}")] == []
    assert [fault for fault in Fault if not texts.get(f"manager.health_do_{fault}")] == []
    assert [one for one in Severity if not texts.get(f"manager.health_{one}")] == []


def test_every_key_begins_with_the_name_of_a_page_and_no_text_is_empty() -> None:
    for language in LANGUAGES:
        texts = catalogue(language)
        assert {key.split(".")[0] for key in texts} <= PREFIXES
        assert all(text.strip() for text in texts.values())


def test_all_languages_take_the_same_parameters() -> None:
    chinese, *others = (catalogue(language) for language in LANGUAGES)
    for key, text in chinese.items():
        for other in others:
            assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", other[key])), key


def test_chinese_is_chinese_and_english_is_english() -> None:
    hanzi = re.compile(r"[\u4e00-\u9fff]")
    assert [key for key, text in catalogue(ENGLISH).items() if hanzi.search(text)] == []
    plain = [key for key, text in catalogue(CHINESE).items() if not hanzi.search(text) and re.search("[A-Za-z]", text)]
    assert plain == []


def test_no_text_is_left_that_no_page_shows() -> None:
    drawn_here = ROOT / "api" / "plain_phone.py"
    code = "\n".join(path.read_text("utf-8") for path in (*files(".js"), drawn_here))
    named = set(re.findall(r"['\"`]([a-z]+\.[a-z0-9_]+)['\"`]", code))
    families = tuple(re.findall(r"`([a-z]+\.[a-z0-9_]*)\$\{", code))
    unused = [key for key in catalogue("zh-CN") if key not in named and not key.startswith(families)]
    assert unused == []


def test_no_page_has_chinese_text_of_its_own() -> None:
    for path in files(".js"):
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r"[\u4e00-\u9fff]", code), path


@pytest.mark.parametrize("page", [path.relative_to(ROOT) for path in files(".html")], ids=str)
def test_a_page_has_the_one_inline_script_and_nothing_from_outside(page: Path) -> None:
    text = (ROOT / page).read_text("utf-8")
    import_map = (WEB / "base" / "importmap.json").read_text("utf-8")
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", text, flags=re.DOTALL)
    assert inline == [import_map]
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    for address in re.findall(r"(?:src|href)=\"([^\"]+)\"", text):
        tree, _, rest = address.removeprefix("/").partition("/")
        assert (SERVED[tree] / rest).is_file(), address
    assert '<html lang="zh-CN"' in text
    assert '<meta name="viewport" content="width=device-width, initial-scale=1" />' in text


def test_the_import_map_names_what_the_lock_file_installs() -> None:
    packages = json.loads((WEB / "package-lock.json").read_text("utf-8"))["packages"]
    for address in json.loads((WEB / "base" / "importmap.json").read_text("utf-8"))["imports"].values():
        if not address.startswith("/vendor/"):
            assert (WEB / address.removeprefix("/static/")).is_dir()
            continue
        parts = address.removeprefix("/vendor/").split("/")
        name = "/".join(parts[: 2 if parts[0].startswith("@") else 1])
        assert not packages[f"node_modules/{name}"].get("dev", False), name


def test_every_icon_comes_from_the_set_that_is_installed_and_is_used() -> None:
    drawn = WEB / "node_modules" / "lucide" / "dist" / "esm" / "icons"
    for path in files(".js"):
        code = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
        for name, icon in re.findall(r"^import (\w+) from 'lucide/([a-z0-9-]+)\.mjs';$", code, flags=re.MULTILINE):
            assert (drawn / f"{icon}.mjs").is_file(), (path, icon)
            assert name == "".join(part.capitalize() for part in icon.split("-")), path
            assert len(re.findall(rf"\b{name}\b", code)) > 1, (path, name)
        assert len(re.findall(r"'lucide/", code)) == len(re.findall(r"^import \w+ from 'lucide/", code, re.MULTILINE))


def test_the_wheel_carries_what_pages_load_and_nothing_that_npm_brought_for_checks() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    carried = {path.removeprefix("api/web/node_modules/") for path in build["artifacts"] if not path.startswith("!")}
    assert {"/".join(path.split("/")[: 2 if path.startswith("@") else 1]) for path in carried} == set(LIBRARIES)


def test_the_lock_file_is_whole_and_names_no_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))
    wanted = json.loads((WEB / "package.json").read_text("utf-8"))
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for name, package in lock["packages"].items():
        assert "resolved" not in package, name
        assert name == "" or package["integrity"].startswith("sha512-"), name


def schemes() -> dict[str, dict[str, str]]:
    css = (WEB / "base" / "tokens.css").read_text("utf-8")
    blocks = re.findall(r"(:root[^{]*)\{([^}]*)\}", css)
    found = {selector.strip(): dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", body)) for selector, body in blocks}
    assert found[':root[data-theme="dark"]'] == found[':root:not([data-theme="light"])']
    return {"light": found[":root"], "dark": found[':root[data-theme="dark"]']}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_is_measured_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: str) -> None:
    colours = schemes()[scheme]
    grounds = ("ground", "surface", "surface-sunk")
    pairs = [
        *product(("ink", "ink-soft", "primary", "call", "green", "warn"), grounds),
        *product(("field-social", "field-livelihood", "field-rural"), ("ground", "surface")),
        *((f"{tone}-ink", tone) for tone in ("primary", "call", "green", "warn")),
        *(("ink", f"{tone}-soft") for tone in ("primary", "call", "green", "warn")),
        *((tone, f"{tone}-soft") for tone in ("primary", "call", "green", "warn")),
    ]
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < CONTRAST_MIN} == {}
