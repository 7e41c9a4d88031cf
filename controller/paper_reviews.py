"""The rules of paper reviews: two entries by two people, differences settled by a third or by both, only then counted.

Pure: who asks and the time come in with the command.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from controller import paper_refusals as r
from controller.cases import WorkingDays
from controller.decide import BAD_LEVEL_MAX
from controller.paper_model import Batch, BatchState, Entry, Sheet
from controller.policies import Policies
from controller.rectification_model import BadReview, RectificationId, RectificationOpened
from controller.rectifications import deadlines
from controller.refusals import LevelOutOfRange, Refusal
from controller.values import changed

SHEETS_MAX = 200
"""Sheets of a batch: what two people type in an hour."""
LEVEL_MIN, LEVEL_MAX = 1, 5


def enter(batch: Batch, by: str, at: datetime, sheets: tuple[Sheet, ...]) -> Batch | Refusal:
    """Return a batch after somebody has typed its sheets; two entries that agree settle it.

    The same entry of the same person once more changes nothing.
    """
    typed = tuple(_tidied(sheet) for sheet in sheets)
    if any((entry.by, entry.sheets) == (by, typed) for entry in batch.entries):
        return batch
    if batch.state not in {BatchState.OPEN, BatchState.ENTERED}:
        return r.BatchNotInState(batch.state)
    if by == batch.clerk:
        return r.OwnSheets(by)
    if batch.entries and batch.entries[0].by == by:
        return r.SamePersonTwice(by)
    if len(sheets) != batch.count:
        return r.SheetCountWrong(batch.count, len(sheets))
    wrong = _wrong_level(sheets)
    if wrong is not None:
        return wrong
    entry = Entry(by, at, typed)
    now = _moved(batch, entries=(*batch.entries, entry))
    if now.state is BatchState.DIFFERS and not now.differences:
        return changed(now, settled=entry.sheets, settled_by=by, settled_at=at)
    return now


def settle(batch: Batch, by: str, at: datetime, right: Mapping[int, Sheet]) -> Batch | Refusal:
    """Return a batch after somebody has said what stands on the sheets that differ, with them in hand.

    A third person's word counts at once; that of one of the two who typed counts when the other one says the same. The
    same word once more changes nothing.

    Args:
        batch: it.
        by: who says so.
        at: when.
        right: the sheets by their places, exactly those that differ.
    """
    if batch.settled_by == by and all(_has(batch.settled, place, sheet) for place, sheet in right.items()):
        return batch
    if batch.state is not BatchState.DIFFERS:
        return r.BatchNotInState(batch.state)
    if by == batch.clerk:
        return r.OwnSheets(by)
    if set(right) != set(batch.differences):
        return r.DifferencesLeft(", ".join(str(place + 1) for place in batch.differences))
    wrong = _wrong_level(tuple(right.values()))
    if wrong is not None:
        return wrong
    whole = tuple(
        _tidied(right[place]) if place in right else sheet for place, sheet in enumerate(batch.entries[0].sheets)
    )
    is_third = by not in {entry.by for entry in batch.entries}
    proposal = batch.proposal
    if is_third or (proposal is not None and proposal.by != by and proposal.sheets == whole):
        return _moved(batch, settled=whole, settled_by=by, settled_at=at, proposal=None)
    if proposal is not None and (proposal.by, proposal.sheets) == (by, whole):
        return batch
    return _moved(batch, proposal=Entry(by, at, whole))


def opened_by_sheets(batch: Batch, policies: Policies, calendar: WorkingDays) -> tuple[RectificationOpened, ...]:
    """Return the rectifications that a settled batch opens: one for each sheet of 1 or 2."""
    at = batch.settled_at
    if batch.settled is None or at is None:
        return ()
    return tuple(
        RectificationOpened(
            RectificationId(f"{batch.id}-{place}"),
            batch.hall,
            BadReview(
                level=sheet.level,
                tags=sheet.tags,
                text=sheet.text,
                given_at=at,
                window=batch.window,
                window_label=batch.window_label,
                clerk=batch.clerk or None,
                number=sheet.number,
                channel="paper",
            ),
            deadlines(at.date(), policies, calendar),
        )
        for place, sheet in enumerate(batch.settled, start=1)
        if sheet.level is not None and sheet.level <= BAD_LEVEL_MAX
    )


def levels(sheets: tuple[Sheet, ...]) -> dict[int | None, int]:
    """Return how many sheets have each level; those under ``None`` are unrated."""
    found: dict[int | None, int] = {}
    for sheet in sheets:
        found[sheet.level] = found.get(sheet.level, 0) + 1
    return found


def day_levels(batches: Iterable[Batch]) -> dict[int | None, int]:
    """Return how many sheets of some batches count by level; batches that are not settled count for nothing."""
    return levels(tuple(sheet for batch in batches for sheet in batch.settled or ()))


def _wrong_level(sheets: tuple[Sheet, ...]) -> Refusal | None:
    return next(
        (
            LevelOutOfRange(sheet.level)
            for sheet in sheets
            if sheet.level is not None and not LEVEL_MIN <= sheet.level <= LEVEL_MAX
        ),
        None,
    )


def _has(settled: tuple[Sheet, ...] | None, place: int, sheet: Sheet) -> bool:
    return settled is not None and 0 <= place < len(settled) and settled[place] == _tidied(sheet)


def _tidied(sheet: Sheet) -> Sheet:
    """Return a sheet as two people write it alike: tags in order, no spaces around, numbers in capitals."""
    tags = tuple(sorted({tag.strip() for tag in sheet.tags if tag.strip()}))
    return Sheet(sheet.level, tags, " ".join(sheet.text.split()), sheet.number.strip().upper())


def _moved(batch: Batch, **changes: object) -> Batch:
    return changed(batch, version=batch.version + 1, **changes)
