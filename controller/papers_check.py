"""What is wrong with a plan's papers, each fault with its place."""

import re
from collections import Counter
from collections.abc import Iterator
from string import Formatter

from controller.papers import EVERYWHERE, NEEDED, PARTS, PLACEHOLDERS, PaperKind, PaperLine, PaperTemplate
from controller.plan import Plan
from controller.plan_fault import Fault

PICTURE_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,58}\.png")
LINES_MAX = 60
"""Pieces of a paper: more than a metre of it."""


def paper_faults(plan: Plan) -> Iterator[Fault]:
    """Find what is wrong with the papers."""
    papers = plan.papers
    for name, picture in (("logo", papers.logo), ("seal", papers.seal)):
        if picture and not PICTURE_PATTERN.fullmatch(picture):
            yield Fault(f"/papers/{name}", "bad_picture_name", picture)
    for kind, count in Counter(template.paper for template in papers.templates).items():
        if count > 1:
            yield Fault("/papers/templates", "twice", kind.value)
    for index, template in enumerate(papers.templates):
        path = f"/papers/templates/{index}"
        if len(template.lines) > LINES_MAX:
            yield Fault(f"{path}/lines", "too_many", str(LINES_MAX))
            continue
        for place, line in enumerate(template.lines):
            yield from _line(template.paper, line, f"{path}/lines/{place}")
        yield from _whole(template, path, plan)


def _line(paper: PaperKind, line: PaperLine, path: str) -> Iterator[Fault]:
    if bool(line.part) == bool(line.text.strip()):
        yield Fault(path, "paper_part_or_text", line.part or line.text)
    elif line.part and line.part not in (*PARTS[paper], *EVERYWHERE):
        yield Fault(f"{path}/part", "paper_part_unknown", ", ".join((*PARTS[paper], *EVERYWHERE)))
    elif line.text:
        try:
            names = {name for _, name, _, _ in Formatter().parse(line.text) if name is not None}
        except ValueError:
            names = {line.text}
        wrong = sorted(names - PLACEHOLDERS[paper])
        if wrong:
            allowed = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS[paper]))
            yield Fault(f"{path}/text", "paper_placeholder_unknown", allowed)


def _whole(template: PaperTemplate, path: str, plan: Plan) -> Iterator[Fault]:
    parts = {line.part for line in template.lines}
    for name in NEEDED[template.paper]:
        if name not in parts:
            yield Fault(f"{path}/lines", "paper_part_missing", name)
    for name, picture in (("logo", plan.papers.logo), ("seal", plan.papers.seal)):
        if name in parts and not picture:
            yield Fault(f"/papers/{name}", "paper_picture_missing", name)
