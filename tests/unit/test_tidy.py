"""The house's own rules hold in the whole project, and each of them sees what it is there for."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from controller.refusals import Refusal
from controller.runtime.catalogue import languages, messages
from tests import tidy

Rule = Callable[[Iterable[tidy.File]], Iterator[str]]


@pytest.fixture(scope="module")
def files() -> list[tidy.File]:
    found = tidy.project_files()
    assert {"pyproject.toml", "controller/decide.py", "tests/tidy.py"} <= {file.path for file in found}
    return found


@pytest.mark.parametrize("rule", tidy.FILE_RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(files: list[tidy.File], rule: Rule) -> None:
    assert list(rule(files)) == []


def test_every_language_has_the_same_texts() -> None:
    texts = {language: messages(language) for language in languages()}
    assert len(texts) >= 2
    assert list(tidy.catalogue_differences(texts)) == []


def test_every_refusal_can_be_said() -> None:
    codes = {refusal.code for refusal in Refusal.__subclasses__()}
    assert codes
    assert {f"refusal.{code}" for code in codes} <= messages("zh-CN").keys()


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (tidy.long_files, "controller/long.py", "x = 1\n" * 401),
        (tidy.long_functions, "tests/unit/test_long.py", "async def f():\n" + "    x = 1\n" * 70),
        (tidy.unfinished_code, "api/a.py", "def f():\n    raise NotImplemented" + "Error\n"),
        (tidy.unfinished_code, "api/web/a.js", "// TO" + "DO: later\n"),
        (tidy.unfinished_code, "tests/unit/test_a.py", "@pytest.mark.ski" + "p\n"),
        (tidy.machine_paths, "deploy/a.sh", "cd /wor" + "k/main\n"),
        (tidy.machine_paths, "README.md", "in /hom" + "e/somebody\n"),
        (tidy.registry_hosts, "deploy/a.sh", "pip install --index-url https://py" + "pi.org/simple x\n"),
        (tidy.lock_lines, "deploy/locks/a.txt", "--index-url https://index.example\n"),
        (tidy.lock_lines, "deploy/locks/a.txt", "a @ https://index.example/a.whl \\\n"),
        (tidy.lock_lines, "deploy/locks/a.txt", "a>=1 \\\n"),
        (tidy.inline_chinese, "api/a.py", 'x = f"{y}号"\n'),
        (tidy.inline_chinese, "displays/a.py", 'x = "，"\n'),
        (tidy.inline_page_text, "api/web/a/index.html", "<title>取号</title><p>取号</p>"),
        (
            tidy.unknown_keys,
            "api/a.py",
            "from controller.runtime.catalogue import text as say\nsay('refusal.no_such', 'en')\n",
        ),
        (
            tidy.unknown_keys,
            "api/a.py",
            "from controller.runtime import catalogue\ncatalogue.text(f'no_such.{x}')\n",
        ),
    ],
)
def test_a_breach_is_seen(tmp_path: Path, rule: Rule, path: str, text: str) -> None:
    (found,) = rule([written(tmp_path, path, text)])
    assert found.startswith(path)


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (tidy.long_files, "controller/long.py", "x = 1\n" * 400),
        (tidy.long_functions, "api/a.py", "def f():\n" + "    x = 1\n" * 69),
        (tidy.lock_lines, "deploy/locks/a.txt", f"a-b.c[x]==1.2.3 \\\n    --hash=sha256:{'0' * 64}\n    # via d\n"),
        (tidy.inline_chinese, "api/a.py", '"""叫号。"""\nx = 1  # 叫号\n"""叫号"""\n'),
        (tidy.inline_chinese, "tests/unit/test_a.py", 'x = "叫号"\n'),
        (tidy.inline_page_text, "api/web/a/index.html", "<!-- 取号 --><title>取号</title><p></p>"),
        (
            tidy.unknown_keys,
            "api/a.py",
            "from controller.runtime.catalogue import text\ntext('led.idle')\ntext(f'led.{x}')\nother('nothing')\n",
        ),
    ],
)
def test_what_is_right_is_left_alone(tmp_path: Path, rule: Rule, path: str, text: str) -> None:
    assert list(rule([written(tmp_path, path, text)])) == []


def test_an_exception_that_nothing_needs_is_seen(tmp_path: Path) -> None:
    path = next(iter(tidy.CHINESE_IN_CODE))
    others = [f"{other}: isn't there" for other in tidy.CHINESE_IN_CODE if other != path]
    assert list(tidy.needless_exceptions([written(tmp_path, path, 'x = "号"\n')])) == others
    assert f"{path}: holds no Chinese any more" in tidy.needless_exceptions([written(tmp_path, path, "x = 1\n")])


@pytest.mark.parametrize(
    ("english", "fault"),
    [
        ({"a.b": "{x}", "a.c": ""}, ""),
        ({"a.b": "{x}"}, "missing"),
        ({"a.b": "{x}", "a.c": "", "a.d": ""}, "missing"),
        ({"a.b": "{y}", "a.c": ""}, "other values"),
        ({"a.c": "", "a.b": "{x}"}, "sorted"),
    ],
)
def test_differences_of_catalogues_are_seen(english: dict[str, str], fault: str) -> None:
    found = list(tidy.catalogue_differences({"zh-CN": {"a.b": "{x}{x}", "a.c": ""}, "en": english}))
    assert [fault in one for one in found] == ([True] if fault else [])


def written(root: Path, path: str, text: str) -> tidy.File:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, "utf-8")
    return tidy.File(path, root)
