"""The tables of ``docs/plan.md``: every object of a plan file with its members, from the schema."""

import json
from typing import Any

from api.plan_schema import TIME_PATTERN, plan_schema

ORDER = ("Plan", "Hall", "Service", "Window", "Policies")
"""Objects that a reader wants first; the others follow by name."""


def member_tables() -> str:
    """Return the tables as Markdown."""
    definitions: dict[str, Any] = {name: form for name, form in plan_schema()["$defs"].items() if "properties" in form}
    names = (*ORDER, *sorted(definitions.keys() - set(ORDER)))
    return "\n".join(_table(name, definitions[name]) for name in names)


def _table(name: str, form: dict[str, Any]) -> str:
    rows = [
        f"### {name}",
        "",
        _plain(form["description"]),
        "",
        "| member | form | default | meaning |",
        "|---|---|---|---|",
    ]
    for member, entry in form["properties"].items():
        if "default" in entry:
            default = f"`{json.dumps(entry['default'], ensure_ascii=False)}`"
        else:
            default = "**needed**" if member in form["required"] else ""
        rows.append(f"| `{member}` | {_form(entry)} | {default} | {_plain(entry['description'])} |")
    return "\n".join([*rows, ""])


def _form(entry: dict[str, Any]) -> str:
    """Return the form of a member in words."""
    if "anyOf" in entry:
        return f"{_form(entry['anyOf'][0])} or null"
    if "$ref" in entry:
        name = entry["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in entry:
        return ", ".join(f"`{value}`" for value in entry["enum"])
    if entry["type"] == "array":
        return f"list: {_form(entry['items'])}"
    if entry.get("pattern") == TIME_PATTERN:
        return "time, like `08:30`"
    if entry.get("format") == "date":
        return "date, like `2026-01-05`"
    return {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}[entry["type"]]


def _plain(text: str) -> str:
    return " ".join(text.replace("``", "`").split()).replace("|", "\\|")
