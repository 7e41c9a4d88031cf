"""The house's rules that no linter knows: ``python -m tests.tidy`` prints every breach, `test_tidy.py` wants none.

Each rule takes the files of the project and gives its breaches, one line each.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from controller.runtime.catalogue import DEFAULT_LANGUAGE, languages, messages

ROOT = Path(__file__).parents[1]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
PROGRAM = ("controller/", "devices/", "displays/", "api/")

CJK = re.compile(r"[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|X{3}|NotImplemented[E]rror)\b|mark\.(?:ski[p]|xfai[l])\b")
MACHINE_PATH = re.compile(r"/wor[k]/[a-z.]|/roo[t]/|/hom[e]/[a-z]|/far[m]/")
REGISTRY = re.compile(
    r"pypi[.]org|pythonhosted[.]org|npmjs[.]org|deb(?:ian)?[.]debian[.]org|[.]ubuntu[.]com|npmmirro[r]|tuna[.]tsinghua"
)
LOCK_LINE = re.compile(
    r"\s*#.*|\s+--hash=sha256:[0-9a-f]{64}(?: \\)?|[a-z0-9][a-z0-9._-]*(?:\[[\w,-]+\])?==[^\s;/]+ (?:;[^/]*)?\\|"
)

CHINESE_IN_CODE = {
    "controller/departments.py": "the policy's groups of departments: data, compared with what a plan says",
    "controller/plan.py": "the name of the zone that a plan without zones has",
    "controller/plan_check.py": "一 and 幺, the values of the setting `spoken_one`, and the rule for hall names",
    "controller/policies.py": "一, a value of the setting `spoken_one`",
    "devices/columns.py": "ranges of characters and marks that must not begin a line",
    "devices/reading.py": "pinyin of phrases: data of the voice, not shown to anybody",
    "devices/speech.py": "tables of digits as they are spoken, and the marks that speech leaves out",
    "displays/font.py": "〓, the typesetters' mark for a glyph that a font lacks",
}
"""Python files that hold Chinese characters as data, and why they may."""


@dataclass(frozen=True)
class File:
    """A file of the project, by its path from the root."""

    path: str
    root: Path = ROOT

    @cached_property
    def text(self) -> str:
        """What stands in it."""
        return (self.root / self.path).read_text("utf-8")

    @cached_property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text, self.path)

    @property
    def is_python(self) -> bool:
        """Whether it is a Python module."""
        return self.path.endswith(".py")

    @property
    def is_program(self) -> bool:
        """Whether it belongs to what is installed in a hall."""
        return self.path.startswith(PROGRAM)


def project_files(root: Path = ROOT) -> list[File]:
    """Return the project's text files: what git has or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    paths = sorted(path for path in set(listed.stdout.split("\0")) if path and (root / path).is_file())
    return [File(path, root) for path in paths if b"\0" not in (root / path).read_bytes()[:1024]]


def long_files(files: Iterable[File]) -> Iterator[str]:
    """A reader holds a file of 400 lines in the head."""
    for file in files:
        if file.is_python and "/migrations/" not in file.path and len(file.lines) > FILE_LINES_MAX:
            yield f"{file.path}: {len(file.lines)} lines, at most {FILE_LINES_MAX}"


def long_functions(files: Iterable[File]) -> Iterator[str]:
    """A function stands on one screen."""
    for file in files:
        if not file.is_python or "/migrations/" in file.path:
            continue
        for node in ast.walk(file.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES_MAX:
                    yield f"{file.path}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES_MAX}"


def unfinished_code(files: Iterable[File]) -> Iterator[str]:
    """Nothing is left for later, and no test is left out."""
    yield from _matches(files, UNFINISHED, (".py", ".js", ".sh", ".yaml", ".yml"), "is unfinished")


def machine_paths(files: Iterable[File]) -> Iterator[str]:
    """The project works wherever it is cloned to."""
    yield from _matches(files, MACHINE_PATH, ("",), "names a path of one machine")


def registry_hosts(files: Iterable[File]) -> Iterator[str]:
    """Packages come from wherever the machine's own settings say."""
    yield from _matches(files, REGISTRY, ("",), "names a package registry")


def _matches(files: Iterable[File], pattern: re.Pattern[str], endings: tuple[str, ...], fault: str) -> Iterator[str]:
    for file in files:
        if file.path.endswith(endings):
            for number, line in enumerate(file.lines, start=1):
                if found := pattern.search(line):
                    yield f"{file.path}:{number}: {found[0]!r} {fault}"


def lock_lines(files: Iterable[File]) -> Iterator[str]:
    """A Python lock holds names, versions and hashes alone."""
    for file in files:
        if file.path.startswith("deploy/locks/"):
            for number, line in enumerate(file.lines, start=1):
                if not LOCK_LINE.fullmatch(line):
                    yield f"{file.path}:{number}: {line.strip()!r} is neither a pinned package nor its hash"


def inline_chinese(files: Iterable[File]) -> Iterator[str]:
    """What people read stands in a catalogue; comments and docstrings may quote the domain's words."""
    for file in files:
        if file.is_python and file.is_program and file.path not in CHINESE_IN_CODE:
            for line, text in _strings(file.tree):
                if CJK.search(text):
                    yield f"{file.path}:{line}: {text!r} belongs in a catalogue"


def _strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give the texts of a module that aren't documentation, each with its line."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


def needless_exceptions(files: Iterable[File]) -> Iterator[str]:
    """An exception that nothing needs any more would hide the next breach."""
    by_path = {file.path: file for file in files}
    for path in CHINESE_IN_CODE:
        if path not in by_path:
            yield f"{path}: isn't there"
        elif not any(CJK.search(text) for _, text in _strings(by_path[path].tree)):
            yield f"{path}: holds no Chinese any more"


def inline_page_text(files: Iterable[File]) -> Iterator[str]:
    """A page's words come from the pages' catalogue; its title stands in the file until the catalogue is there."""
    for file in files:
        if file.is_program and file.path.endswith(".html"):
            shown = re.sub(
                r"<!--.*?-->|<title>.*?</title>|<meta name=\"description\"[^>]*>", "", file.text, flags=re.DOTALL
            )
            if found := CJK.search(shown):
                yield f"{file.path}: {found[0]!r} belongs in the pages' catalogue"


def catalogue_differences(texts: dict[str, dict[str, str]]) -> Iterator[str]:
    """Every language has the same keys, in order, with the same placeholders.

    Args:
        texts: by language and key.
    """
    first = texts[DEFAULT_LANGUAGE]
    for language, own in texts.items():
        for key in sorted(first.keys() ^ own.keys()):
            yield f"{language}: {key} is missing in {language if key in first else DEFAULT_LANGUAGE}"
        for key in sorted(first.keys() & own.keys()):
            if set(PLACEHOLDER.findall(first[key])) != set(PLACEHOLDER.findall(own[key])):
                yield f"{language}: {key} takes other values than in {DEFAULT_LANGUAGE}"
        if list(own) != sorted(own):
            yield f"{language}: keys are not sorted"


def unknown_keys(files: Iterable[File]) -> Iterator[str]:
    """A text that is asked for by its key is there."""
    known = messages(DEFAULT_LANGUAGE)
    for file in files:
        if not (file.is_python and file.is_program):
            continue
        names = set(_names_of_text(file.tree))
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in names:
                start, whole = _start_of(node.args[0])
                if start and not (start in known if whole else any(key.startswith(start) for key in known)):
                    yield f"{file.path}:{node.lineno}: {start!r} is in no catalogue"


def _names_of_text(tree: ast.Module) -> Iterator[str]:
    """Give what the catalogue's `text` is called in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                if (node.module, name.name) == ("controller.runtime.catalogue", "text"):
                    yield name.asname or "text"
                elif (node.module, name.name) == ("controller.runtime", "catalogue"):
                    yield f"{name.asname or 'catalogue'}.text"


def _start_of(key: ast.expr) -> tuple[str, bool]:
    """Return what is written of a key, and whether it is all of it."""
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return key.value, True
    if isinstance(key, ast.JoinedStr) and key.values and isinstance(key.values[0], ast.Constant):
        return str(key.values[0].value), False
    return "", False


FILE_RULES = (
    long_files,
    long_functions,
    unfinished_code,
    machine_paths,
    registry_hosts,
    lock_lines,
    inline_chinese,
    needless_exceptions,
    inline_page_text,
    unknown_keys,
)


def breaches() -> list[str]:
    """Return every breach of every rule."""
    files = project_files()
    found = [breach for rule in FILE_RULES for breach in rule(files)]
    return found + list(catalogue_differences({language: messages(language) for language in languages()}))


if __name__ == "__main__":
    found = breaches()
    print("\n".join(found))  # noqa: T201 - a command of its own
    sys.exit(bool(found))
