"""What the demo says on the terminal: the addresses of all pages, then one line of figures. Chinese, then English."""

import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from urllib.parse import quote

from prometheus_client.parser import text_string_to_metric_families

from api.demo.access import Keys
from controller.plan import DeviceKind, Plan, WindowId
from controller.runtime.catalogue import text

LANGUAGES = ("zh-CN", "en")
MARGIN = 2


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its address, and what it is in both languages."""

    address: str
    what: str


def both(key: str, **params: object) -> str:
    """Return a text of the catalogue in Chinese and, behind it, in English."""
    return " · ".join(text(key, language, **params) for language in LANGUAGES)


def pages(http: str, plan: Plan, token: str | None, tray: str | None = None) -> list[Page]:
    """Return the pages of a hall and of its controller; those of the windows are in `window_pages`.

    Args:
        http: address of the controller.
        plan: of the hall.
        token: of a fresh ticket, whose phone page is shown.
        tray: where the printed paper is to be seen.
    """
    hall = quote(plan.hall.id, safe="")
    kiosk = _first(plan, DeviceKind.TICKET_MACHINE)
    screen = _first(plan, DeviceKind.TV)
    paths = [
        ("/", "portal"),
        (f"/kiosk/{hall}" + (f"?device={kiosk}" if kiosk else ""), "kiosk"),
        (f"/tv/{hall}" + (f"?display={screen}" if screen else ""), "tv"),
        *([(f"/t/{quote(token, safe='.')}", "phone")] if token is not None else []),
        ("/docs", "docs"),
        ("/metrics", "metrics"),
    ]
    papers = [Page(tray, both("demo.page_paper"))] if tray is not None else []
    return [*(Page(http + path, both(f"demo.page_{name}")) for path, name in paths), *papers]


def window_pages(http: str, plan: Plan, window: WindowId) -> list[Page]:
    """Return the pages of a window."""
    place = f"{quote(plan.hall.id, safe='')}/{quote(window, safe='')}"
    return [Page(f"{http}/{name}/{place}", both(f"demo.page_{name}")) for name in ("clerk", "led", "pad")]


def _first(plan: Plan, kind: DeviceKind) -> str | None:
    return next((quote(device.id, safe="") for device in plan.devices if device.kind is kind), None)


def welcome(
    http: str,
    plan: Plan,
    *,
    token: str | None,
    visitor: WindowId | None,
    keys: Keys,
    speed: float,
    seed: int,
    folder: str,
    tray: str | None = None,
    is_alone: bool = False,
) -> Iterator[str]:
    """Yield the lines with which the demo greets its visitor; one who is alone isn't told of the others."""
    own = pages(http, plan, token, tray)
    by_window = {window.id: window_pages(http, plan, window.id) for window in plan.windows}
    width = max(len(page.address) for page in (*own, *(page for group in by_window.values() for page in group)))

    def line(page: Page) -> str:
        return f"{' ' * MARGIN}{page.address:<{width + MARGIN}}{page.what}"

    yield plan.hall.name
    yield both("demo.open_alone") if is_alone else both("demo.open", speed=f"{speed:g}")
    yield ""
    yield from map(line, own)
    for window in plan.windows:
        yield ""
        yield window.label + (f"  ← {both('demo.yours')}" if window.id == visitor else "")
        yield from map(line, by_window[window.id])
    yield ""
    if visitor is not None:
        yield both("demo.visitor", label=plan.window_by_id[visitor].label)
    yield both("demo.sign_in", name=keys.name, password=keys.password)
    yield both("demo.folder", folder=folder)
    if not is_alone:
        yield both("demo.seed", seed=seed)
    yield both("demo.stop")
    yield ""


@dataclass(frozen=True, slots=True)
class Figures:
    """How the hall is going.

    Attributes:
        waiting: people who wait now.
        tickets: taken since the controller started, as all that follow.
        called: called.
        served: services given.
        reviews: ratings.
        receipts: receipts printed.
    """

    waiting: int
    tickets: int
    called: int
    served: int
    reviews: int
    receipts: int


COUNTED = {
    "yichuang_waiting_tickets": "waiting",
    "yichuang_tickets_total": "tickets",
    "yichuang_calls_total": "called",
    "yichuang_services_total": "served",
    "yichuang_reviews_total": "reviews",
}


def figures(exposition: str, hall: str) -> Figures:
    """Return the figures of a hall from the controller's metrics."""
    counts = dict.fromkeys((*COUNTED.values(), "receipts"), 0)
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.labels.get("hall") != hall:
                continue
            if sample.name in COUNTED:
                counts[COUNTED[sample.name]] += int(sample.value)
            elif sample.name == "yichuang_receipt_jobs" and sample.labels.get("state") == "printed":
                counts["receipts"] += int(sample.value)
    return Figures(**counts)


def hall_time(at_s: float) -> str:
    """Return the demo's own time of day; its doors opened at half past eight, and its days have no nights."""
    minutes = int(at_s / 60) % (9 * 60) + 8 * 60 + 30
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def status_line(at_s: float, now: Figures) -> str:
    """Return the figures as one line."""
    return f"{hall_time(at_s)}  {both('demo.status', **asdict(now))}"


def fit(line: str, columns: int) -> str:
    """Return as much of a line as a terminal has room for; Chinese characters take two columns."""
    used = 0
    for place, character in enumerate(line):
        used += 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
        if used > columns:
            return line[:place]
    return line
