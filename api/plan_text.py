"""A plan as a manager reads and edits it: YAML, what a plan takes for granted left out, every rule written out."""

from dataclasses import MISSING, fields, is_dataclass
from typing import Any

import yaml

from controller.codec import member_names, to_json
from controller.plan import Plan, Policies

LINE_CHARS_MAX = 160
ALWAYS = ("layout", "policies")
"""Members that stand in the text though they say what holds anyway: they are what a manager looks for."""


class _Dumper(yaml.SafeDumper):
    """Lists stand under their name, indented; nothing is written as an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Begin a deeper level."""
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Return that everything is written where it stands."""
        return True


def plan_text(plan: Plan) -> str:
    """Return the text of a plan; read again it is the same plan."""
    parts = [
        yaml.dump(
            {name: member},
            Dumper=_Dumper,
            allow_unicode=True,
            sort_keys=False,
            width=LINE_CHARS_MAX,
            default_flow_style=None if isinstance(member, list) else False,
        )
        for name, member in _without_defaults(plan, to_json(plan)).items()
    ]
    return "\n".join(parts)


def _without_defaults(value: Any, form: Any) -> Any:
    """Return the form of a value without the members that say what holds anyway."""
    if isinstance(value, tuple) and isinstance(form, list):
        return [_without_defaults(one, its) for one, its in zip(value, form, strict=True)]
    if not is_dataclass(value) or not isinstance(form, dict) or isinstance(value, Policies):
        return form
    kind: Any = type(value)
    names = member_names(kind)
    kept: dict[str, Any] = {}
    for entry in fields(value):
        member, its = getattr(value, entry.name), names[entry.name]
        default = entry.default if entry.default_factory is MISSING else entry.default_factory()
        if its in form and (member != default or (isinstance(value, Plan) and its in ALWAYS)):
            kept[its] = _without_defaults(member, form[its])
    return kept
