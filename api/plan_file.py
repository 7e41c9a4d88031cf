"""Plans as people write them: YAML or JSON files, and the JSON of a request, checked whole before anything changes."""

import re
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from controller.codec import BadForm, from_json
from controller.plan import Plan
from controller.plan_check import faults
from controller.runtime.catalogue import text

FILE_BYTES_MAX = 4 * 1024 * 1024
"""Largest plan file; a rich hall's has a hundredth of it."""


@dataclass(frozen=True, slots=True)
class PlanFault:
    """One thing that is wrong with a plan: where (a JSON pointer), a stable code, and what, for people."""

    path: str
    code: str
    message: str


class BadPlan(Exception):
    """A plan that can't be used; ``faults`` names everything that is wrong."""

    def __init__(self, plan_faults: tuple[PlanFault, ...]) -> None:
        super().__init__("\n".join(f"{fault.path}: {fault.message}" for fault in plan_faults))
        self.faults = plan_faults


class _PlainLoader(yaml.SafeLoader):
    """YAML 1.2's core schema: ``17:00``, ``2026-01-05`` and ``no`` are texts, as whoever writes them means it."""


_PlainLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _firsts in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)", "-+0123456789"),
):
    _PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_firsts))


def read_plan(form: Any, language: str) -> Plan:
    """Read a plan from what JSON or YAML gave, and check it.

    Args:
        form: objects, lists, texts and numbers.
        language: of the faults' texts.

    Raises:
        BadPlan: its form is wrong, or what it says can't be; every fault of the second sort is named at once.
    """
    try:
        plan = from_json(Plan, form)
    except BadForm as error:
        message = text("plan.bad_form", language, value=error.expected)
        raise BadPlan((PlanFault(error.path, "bad_form", message),)) from error
    found = [
        PlanFault(fault.path, fault.code, text(f"plan.{fault.code}", language, value=fault.value))
        for fault in faults(plan)
    ]
    zone = plan.hall.timezone
    if not _is_zone(zone):
        found.append(PlanFault("/hall/timezone", "bad_timezone", text("plan.bad_timezone", language, value=zone)))
    if found:
        raise BadPlan(tuple(found))
    return plan


def load_plan(path: Path, language: str) -> Plan:
    """Read a plan from a YAML or JSON file.

    Raises:
        BadPlan: it isn't a plan that can be used.
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        content = file.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        raise BadPlan((PlanFault("/", "too_large", text("plan.too_large", language, value=FILE_BYTES_MAX)),))
    try:
        form = yaml.load(content, Loader=_PlainLoader)  # noqa: S506 - a SafeLoader with fewer guesses
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = " ".join(str(error).split())
        raise BadPlan((PlanFault("/", "not_yaml", text("plan.not_yaml", language, value=place)),)) from error
    return read_plan(form, language)


def sample_plan() -> Plan:
    """Return the sample hall that ships with the program."""
    with as_file(files("api") / "sample_hall.yaml") as path:
        return load_plan(path, "zh-CN")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # no such file, a folder, or no name of a zone at all
        return False
    return True
