"""The set-up scripts: what they find missing, when they think that all is there, how they say it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
RUNTIME = ["mosquitto", "espeak-ng", "unifont", "fonts-noto-cjk"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder like a clone, with a space in its name."""
    root = tmp_path / "town hall"
    shutil.copytree(DEPLOY, root / "deploy", ignore=shutil.ignore_patterns("locks"))
    (root / "deploy" / "locks").mkdir()
    return root


def bash(root: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f'. "{root}/deploy/lib.sh"; {script}'],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


def test_on_an_empty_machine_everything_is_missing_and_has_a_purpose(clone: Path) -> None:
    nothing = "has_program() { return 1; }; has_file() { return 1; };"
    assert bash(clone, f"{nothing} missing_packages runtime").stdout.split() == RUNTIME
    dev = bash(clone, f"{nothing} missing_packages dev").stdout.split()
    assert dev[: len(RUNTIME)] == RUNTIME
    assert {"sox", "postgresql", "prometheus", "g++"} < set(dev)
    for package in dev:
        # Ubuntu has another name for the browser, which the table doesn't know.
        assert bash(clone, f"purpose_of {package.removesuffix('-browser')}").stdout.strip()


def test_on_a_full_machine_nothing_is_missing(clone: Path) -> None:
    everything = "has_program() { return 0; }; has_file() { return 0; };"
    assert bash(clone, f"{everything} missing_packages dev").stdout == ""


def test_programs_are_found_where_daemons_lie_and_files_by_pattern(clone: Path, tmp_path: Path) -> None:
    program = tmp_path / "no-such-daemon"
    assert bash(clone, f"has_program {program.name}").returncode != 0
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(0o755)
    assert bash(clone, f"has_program other {program.name}", PATH=f"{tmp_path}:{os.environ['PATH']}").returncode == 0
    assert bash(clone, f'has_file {tmp_path}/nothing "{tmp_path}"/no-such-*').returncode == 0
    assert bash(clone, f"has_file {tmp_path}/nothing-*").returncode != 0


def test_a_python_of_the_right_version_is_found(clone: Path) -> None:
    found = bash(clone, "find_python").stdout.strip()
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert version.split()[1].startswith(("3.11.", "3.12.", "3.13."))
    assert bash(clone, "find_python", YICHUANG_PYTHON="no-such-python").stdout.strip() == found


def test_a_stamp_changes_with_its_files_and_with_the_place(clone: Path, tmp_path: Path) -> None:
    lock = clone / "deploy" / "locks" / "a.txt"
    lock.write_text("a==1 \\\n", "utf-8")
    stamp = f'stamp_of "{lock}"'
    first = bash(clone, stamp).stdout
    assert len(first.strip()) == 32
    assert bash(clone, stamp).stdout == first
    moved = tmp_path / "elsewhere"
    shutil.copytree(clone, moved)
    assert bash(moved, f'stamp_of "{moved}/deploy/locks/a.txt"').stdout != first
    lock.write_text("a==2 \\\n", "utf-8")
    assert bash(clone, stamp).stdout != first


def test_progress_counts_packages(clone: Path) -> None:
    lines = [f"Collecting package-{number}==1.0 (from -r lock.txt (line {number}))" for number in range(1, 28)]
    lines[3] = "Requirement already satisfied: package-4==1.0 in /somewhere (1.0)"
    lines += ["  Downloading package-1-1.0-py3-none-any.whl", "Installing collected packages: package-1"]
    (clone / "pip.log").write_text("\n".join(lines), "utf-8")
    done = bash(clone, f'show_progress 27 <"{clone}/pip.log"')
    assert [line.strip() for line in done.stdout.splitlines()] == ["25/27", "27/27", "writing files"]


def test_a_lock_that_does_not_match_its_hash_is_not_installed(clone: Path) -> None:
    lock = clone / "deploy" / "locks" / "bad.txt"
    wheel = clone / "bad-1.0-py3-none-any.whl"
    wheel.write_bytes(b"something else")
    lock.write_text(f"bad==1.0 \\\n    --hash=sha256:{'0' * 64}\n", "utf-8")
    made = bash(clone, f'make_environment "{clone}/.venv"')
    assert made.returncode == 0, made.stderr
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": clone.as_uri()}
    done = bash(clone, f'install_lock "{clone}/.venv" "{lock}"; echo installed', **settings)
    assert done.returncode != 0
    assert "installed" not in done.stdout
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr
    assert "error: pip could not install deploy/locks/bad.txt" in done.stderr


def test_an_unknown_kind_of_set_up_is_refused(clone: Path) -> None:
    done = subprocess.run(
        ["bash", str(clone / "deploy" / "setup.sh"), "everything"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "error: usage: deploy/setup.sh [runtime|dev]\n"
    assert not (clone / ".venv").exists()
