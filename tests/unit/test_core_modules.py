"""The contract of the pure core names every module of it, so that a new one is held to it too."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_module_of_the_core_is_under_its_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (pure,) = [contract for contract in contracts if contract["name"].startswith("the core is pure")]
    modules = {f"controller.{path.stem}" for path in (ROOT / "controller").glob("*.py") if path.stem != "__init__"}
    assert set(pure["source_modules"]) == modules
