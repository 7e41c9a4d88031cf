"""Where in a plan's text its members stand, so that a fault can name the line."""

import yaml


def lines_of(root: yaml.Node | None) -> dict[str, int]:
    """Return the line, from 1, of each member of a document by its JSON pointer.

    The document is bounded by its file's size, and so is this walk; a part that is used twice by an anchor keeps its
    first place.
    """
    places: dict[str, int] = {}
    seen: set[int] = set()
    waiting: list[tuple[str, yaml.Node]] = [("", root)] if root is not None else []
    while waiting:
        pointer, node = waiting.pop()
        places.setdefault(pointer or "/", node.start_mark.line + 1)
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                member = f"{pointer}/{key.value}"
                places.setdefault(member, key.start_mark.line + 1)
                waiting.append((member, value))
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend((f"{pointer}/{index}", value) for index, value in enumerate(node.value))
    return places


def line_of(places: dict[str, int], pointer: str) -> int:
    """Return the line of a member, or of the nearest one around it: what is missing has no line of its own."""
    while pointer not in places:
        if pointer in {"", "/"}:  # an empty document
            return 1
        pointer = pointer.rpartition("/")[0] or "/"
    return places[pointer]
