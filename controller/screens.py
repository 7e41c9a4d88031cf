"""What a hall's TVs show beside the calls: notices, pictures and videos of its own. Part of the plan."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from controller.ids import ZoneId
from controller.plan_fault import Fault

FILE_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}\.(?:png|jpg|jpeg|webp|mp4|webm)")
"""Pictures and videos that browsers show and that carry no program of their own."""
SECONDS_MIN, SECONDS_MAX = 3, 3_600
NOTICES_MAX, MEDIA_MAX = 50, 100


class Theme(StrEnum):
    """Light letters on a dark ground, dark ones on a light ground, or as the screen's own system has it."""

    DARK = "dark"
    LIGHT = "light"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class ScreenNotice:
    """A line at the foot of the TVs.

    Attributes:
        text: what it says; one that is longer than the line is shown part by part.
        zone: id of the zone whose TVs show it; without one all do.
        first: the first day; without one it has begun.
        last: the last day; without one it goes on.
    """

    text: str
    zone: ZoneId | None = None
    first: date | None = None
    last: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it is shown on a day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or video in the large place of the TVs, while nobody is called.

    Attributes:
        file: its name in the folder `media` of the controller's data: png, jpg, webp, mp4 or webm.
        zone: id of the zone whose TVs show it; without one all do.
        seconds: for how long; a video that is shorter begins again. Videos are without sound: the voice is for calls.
    """

    file: str
    zone: ZoneId | None = None
    seconds: int = 15


@dataclass(frozen=True, slots=True)
class Screens:
    """What TVs show beside the calls.

    Attributes:
        theme: light or dark; `?theme=` in a TV's address goes before.
        notices: lines at the foot, in turn.
        media: pictures and videos, in turn.
    """

    theme: Theme = Theme.DARK
    notices: tuple[ScreenNotice, ...] = ()
    media: tuple[Media, ...] = ()


def screens_faults(screens: Screens, zones: Container[ZoneId]) -> Iterator[Fault]:
    """Return what is wrong with what TVs show; ``zones`` are the hall's."""
    for name, count, most in (
        ("notices", len(screens.notices), NOTICES_MAX),
        ("media", len(screens.media), MEDIA_MAX),
    ):
        if count > most:
            yield Fault(f"/screens/{name}", "too_many", str(most))
    for index, notice in enumerate(screens.notices):
        path = f"/screens/notices/{index}"
        if not notice.text.strip():
            yield Fault(f"{path}/text", "empty_name", "notices")
        if notice.zone is not None and notice.zone not in zones:
            yield Fault(f"{path}/zone", "zone_unknown", notice.zone)
        if notice.first is not None and notice.last is not None and notice.first > notice.last:
            yield Fault(path, "dates_backwards", f"{notice.first}–{notice.last}")
    for index, media in enumerate(screens.media):
        path = f"/screens/media/{index}"
        if not FILE_PATTERN.fullmatch(media.file):
            yield Fault(f"{path}/file", "bad_media_file", media.file)
        if media.zone is not None and media.zone not in zones:
            yield Fault(f"{path}/zone", "zone_unknown", media.zone)
        if not SECONDS_MIN <= media.seconds <= SECONDS_MAX:
            yield Fault(f"{path}/seconds", "bad_seconds", str(media.seconds))
