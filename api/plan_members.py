"""What each member of a plan means, from the plan's own types: for editors, by the schema, and for people."""

import re
from dataclasses import fields
from inspect import cleandoc
from typing import Any

from controller.codec import member_names

HEADING = "Attributes:"
MEMBER = re.compile(r"    (\w+): (.*)")


def summary(kind: Any) -> str:
    """Return what a type is, without its members."""
    return cleandoc(kind.__doc__ or "").partition(HEADING)[0].strip()


def meanings(kind: Any) -> dict[str, str]:
    """Return what the members of a type mean, by their names in JSON, in their order.

    Raises:
        KeyError: the type's docstring leaves one out.
    """
    said: dict[str, str] = {}
    name = ""
    for line in cleandoc(kind.__doc__ or "").partition(HEADING)[2].splitlines():
        member = MEMBER.fullmatch(line)
        if member is not None:
            name = member[1]
            said[name] = member[2]
        elif line.strip():
            said[name] += f" {line.strip()}"
    names = member_names(kind)
    return {
        names[entry.name]: said[entry.name].replace("``None``", "``null``").replace("``", "`") for entry in fields(kind)
    }
