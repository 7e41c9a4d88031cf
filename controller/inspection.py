"""The inspection list of a hall: what it must have, filled in from its plan, its devices and what it lends.

The source is policy task 11 (配置基础服务设施: signs at the windows, guides, review pads or paper ones, and office
equipment 有序摆放、使用正常) and task 12 (特殊群体服务: aids for old and disabled people). What no program can see, a
desk or a ramp, is left to whoever walks through the hall with the list.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from controller.plan import Device, DeviceKind, Plan


class Item(StrEnum):
    """What is inspected, in the order of the list."""

    WINDOW_SIGNS = "window_signs"
    GUIDES = "guides"
    REVIEW_PADS = "review_pads"
    TICKET_MACHINES = "ticket_machines"
    CALL_PADS = "call_pads"
    SCREENS = "screens"
    VOICE = "voice"
    READING_GLASSES = "reading_glasses"
    HEARING_AID = "hearing_aid"
    WHEELCHAIR = "wheelchair"
    MEDICINE_BOX = "medicine_box"
    DESKS = "desks"
    CABINETS = "cabinets"
    LOCKERS = "lockers"
    COMPUTERS = "computers"
    COPIER = "copier"
    TELEPHONE = "telephone"
    DOCUMENT_CAMERA = "document_camera"
    BARRIER_FREE = "barrier_free"


class Found(StrEnum):
    """What is found of an item."""

    PRESENT = "present"
    NOT_WORKING = "not_working"
    MISSING = "missing"
    BY_HAND = "by_hand"
    """Only somebody in the hall can see it."""


AIDS = (Item.READING_GLASSES, Item.HEARING_AID, Item.WHEELCHAIR, Item.MEDICINE_BOX)
"""Aids that policy task 12 names."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list.

    Attributes:
        item: what is inspected.
        found: what is found, the worst of its places.
        wanted: how many places need one; 0: no number.
        working: how many of them have one that works.
        missing: ids of windows, zones or services that have none.
        broken: ids of devices that don't do their work.
    """

    item: Item
    found: Found
    wanted: int = 0
    working: int = 0
    missing: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


def inspect(
    plan: Plan,
    devices: Iterable[Device],
    idle: Collection[str],
    aids: Mapping[str, int],
    names: Mapping[Item, Collection[str]],
) -> tuple[Line, ...]:
    """Return the list of a hall, one line for each item, in order.

    Args:
        plan: what the hall is made of.
        devices: those that it has.
        idle: ids of those that don't do their work.
        aids: how many it has of each aid that it lends, by name.
        names: what those of `AIDS` are called; a name that one of them is part of means it too.
    """
    have = tuple(devices)
    windows = tuple(str(window.id) for window in plan.windows)
    zones = tuple(str(zone.id) for zone in plan.zones)
    at_windows = {
        Item.WINDOW_SIGNS: DeviceKind.LED,
        Item.REVIEW_PADS: DeviceKind.REVIEW_PAD,
        Item.CALL_PADS: DeviceKind.CALL_PAD,
    }
    voice = tuple(one for one in have if one.kind is DeviceKind.SPEAKER or (one.kind is DeviceKind.TV and one.speaks))
    screens = tuple(one for one in have if one.kind is DeviceKind.TV)
    machines = tuple(one for one in have if one.kind is DeviceKind.TICKET_MACHINE)
    lines = {
        item: _placed(item, windows, [(one.window, one) for one in have if one.kind is kind], idle)
        for item, kind in at_windows.items()
    }
    lines[Item.GUIDES] = _guides(plan)
    lines[Item.TICKET_MACHINES] = _placed(Item.TICKET_MACHINES, (_HALL,), [(_HALL, one) for one in machines], idle)
    for item, found in ((Item.SCREENS, screens), (Item.VOICE, voice)):
        lines[item] = _placed(item, zones, [place for one in found for place in _zones_of(one, plan)], idle)
    for item in AIDS:
        called = [name.casefold() for name in names[item]]
        count = sum(held for aid, held in aids.items() if any(name in aid.casefold() for name in called))
        lines[item] = Line(item, Found.PRESENT if count else Found.MISSING, working=count)
    return tuple(lines.get(item, Line(item, Found.BY_HAND)) for item in Item)


_HALL = "hall"


def _zones_of(device: Device, plan: Plan) -> list[tuple[str, Device]]:
    """Return the zones that a screen or a speaker serves: its own, or without one all."""
    if device.zone is not None:
        return [(str(device.zone), device)]
    return [(str(zone.id), device) for zone in plan.zones]


def _placed(
    item: Item, places: tuple[str, ...], found: Iterable[tuple[str | None, Device]], idle: Collection[str]
) -> Line:
    """Return the line of an item of which each place needs one that works."""
    here = [(place, device) for place, device in found if place in places]
    served = {place for place, device in here if device.id not in idle}
    known = {place for place, _ in here}
    missing = tuple(place for place in places if place not in known)
    broken = tuple(sorted({str(device.id) for _, device in here if device.id in idle}))
    state = Found.PRESENT
    if missing:
        state = Found.MISSING
    elif len(served) < len(places):
        state = Found.NOT_WORKING
    return Line(item, state, len(places), len(served), () if places == (_HALL,) else missing, broken)


def _guides(plan: Plan) -> Line:
    without = tuple(str(one.code) for one in plan.services if one.guide is None and not one.materials)
    found = Found.MISSING if without else Found.PRESENT
    return Line(Item.GUIDES, found, len(plan.services), len(plan.services) - len(without), without)
