"""Every member of a plan is explained, in the schema that editors read and in the documentation."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.main import app
from api.plan_file import load_plan
from api.plan_members import meanings, summary
from api.plan_schema import plan_schema
from api.plan_tables import member_tables
from controller.departments import DEPARTMENTS

DOCUMENT = Path(__file__).parents[2] / "docs" / "plan.md"


def test_the_documents_tables_are_the_programs() -> None:
    """Renew them: ``yichuang plan members`` under the heading *Members*."""
    _, _, tables = DOCUMENT.read_text("utf-8").partition("a test compares them with the program.\n\n")
    assert tables == member_tables()


def test_the_command_prints_them() -> None:
    assert CliRunner().invoke(app, ["plan", "members"]).stdout == member_tables() + "\n"


def test_every_member_means_something() -> None:
    for name, form in plan_schema()["$defs"].items():
        assert form["description"], name
        for member, entry in form.get("properties", {}).items():
            assert len(entry["description"]) > 3, (name, member)


def test_links_lead_to_headings() -> None:
    text = DOCUMENT.read_text("utf-8")
    headings = {heading.lower() for heading in re.findall(r"^##+ (\w+)$", text, re.MULTILINE)}
    links = set(re.findall(r"\]\(#(\w+)\)", text))
    assert links
    assert links <= headings


def test_the_documents_smallest_plan_may_be_used(tmp_path: Path) -> None:
    text = DOCUMENT.read_text("utf-8")
    first, second = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "plan.yaml"
    path.write_text(first + second, "utf-8")
    plan = load_plan(path, "en")
    assert len(plan.opening.week) == 3
    assert len(plan.opening.days) == 1


def test_the_documents_groups_of_departments_are_the_programs() -> None:
    text = DOCUMENT.read_text("utf-8")
    for field, departments in DEPARTMENTS.items():
        (row,) = re.findall(rf"^\| `{field}` .* \| (.*) \|$", text, re.MULTILINE)
        assert row.split() == list(departments)


def test_a_meaning_goes_on_over_lines_and_none_may_be_left_out() -> None:
    @dataclass
    class Good:
        """What it is.

        Attributes:
            one: the first,
                which goes on.
            two: ``None`` is nothing.
        """

        one: int
        two: int | None

    assert summary(Good) == "What it is."
    assert meanings(Good) == {"one": "the first, which goes on.", "two": "`null` is nothing."}
    Good.__doc__ = "What it is."
    with pytest.raises(KeyError, match="one"):
        meanings(Good)
