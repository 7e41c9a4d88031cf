"""The table of the policy's measures names only what is there, and leaves no measure out, in both languages alike."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "policy.md", ROOT / "docs" / "policy.zh-CN.md"]
MEASURES = [*(f"P{number}" for number in range(1, 14)), *(f"S{number}" for number in range(1, 5))]
PATH = re.compile(r"`((?:api|controller|deploy|devices|displays|docs|tests)/[\w./-]+)(?:::(\w+))?`")


def rows(page: Path) -> list[list[str]]:
    """Return the table's rows, as cells."""
    lines = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_measure_has_its_row_with_place_test_and_extent(page: Path) -> None:
    found = []
    for measure, does, where, shown, covers in rows(page):
        found += re.findall(r"\*\*([PS]\d+)\*\*", measure)
        assert does
        assert covers
        assert any(not path.startswith("tests/") for path, _ in PATH.findall(where)), measure
        assert all(path.startswith("tests/") for path, _ in PATH.findall(shown)), measure
        assert PATH.search(shown), measure
    assert list(dict.fromkeys(found)) == MEASURES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_named_path_and_test_exists(page: Path) -> None:
    named = PATH.findall(page.read_text("utf-8"))
    assert len(named) > len(MEASURES)
    for path, test in named:
        assert (ROOT / path).exists(), path
        if test:
            assert test.startswith("test_")
            assert test in functions_of(ROOT / path), f"{path}::{test}"


def test_both_languages_name_the_same() -> None:
    english, chinese = (
        [(re.findall(r"\*\*([PS]\d+)\*\*", row[0]), PATH.findall(" ".join(row[2:4]))) for row in rows(page)]
        for page in PAGES
    )
    assert english == chinese
