"""The types of the pages, written as JSDoc, are checked by the TypeScript compiler that the lock file pins."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "api" / "web"
COMPILER = WEB / "node_modules" / "typescript" / "bin" / "tsc"
TIMEOUT_S = 180


def node() -> str:
    beside_python = Path(sys.executable).parent / "node"
    found = str(beside_python) if beside_python.exists() else shutil.which("node")
    if found is None:
        pytest.fail("Node is not there: install the dependency group `web`, or Node 20 or later")
    return found


def check(project: Path) -> subprocess.CompletedProcess[str]:
    if not COMPILER.exists():
        pytest.fail(f"the browser's packages are not there: run `npm ci` in {WEB}")
    return subprocess.run(
        [node(), str(COMPILER), "--project", str(project), "--pretty", "false"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def test_the_pages_are_sound() -> None:
    done = check(WEB / "tsconfig.json")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("mistake", "complaint"),
    [
        ("import { t } from 'base/i18n.js';\nt('kiosk.no_such_text');\n", "kiosk.no_such_text"),
        ("import { get } from 'base/api.js';\nget(7);\n", "'number' is not assignable"),
        ("import { html } from 'lit';\nhtml.trim();\n", "'trim' does not exist"),
    ],
    ids=["unknown text", "wrong argument", "unknown member of a library"],
)
def test_a_mistake_is_found(tmp_path: Path, mistake: str, complaint: str) -> None:
    (tmp_path / "mistake.js").write_text(mistake, "utf-8")
    project = tmp_path / "tsconfig.json"
    project.write_text(json.dumps({"extends": str(WEB / "tsconfig.json"), "include": ["mistake.js"], "exclude": []}))
    done = check(project)
    assert done.returncode != 0
    assert complaint in done.stdout
