"""What the gallery shows: every page, in the states that people meet it in, at the sizes that it has in a hall."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.photographer import Scheme, Size
from tests.support.pictures import OWN

LANGUAGES = ("zh-CN", "en")

KIOSK: Sequence[Size] = ((1080, 1920), (1280, 800))
TV: Sequence[Size] = ((1920, 1080), (3840, 2160), (1080, 1920))
DESK: Sequence[Size] = ((1366, 768), (1920, 1080))
PHONE: Sequence[Size] = ((360, 740), (390, 844))
TABLET: Sequence[Size] = ((1280, 800), (800, 1280))
LED: Sequence[Size] = ((1440, 320),)
SIGN: Sequence[Size] = ((1280, 800), (1080, 1920))
SCREEN: Sequence[Size] = ((1366, 768),)
SCREENS: Sequence[Size] = ((1280, 800), (1920, 1080))

MACHINE = "/kiosk/demo?device=ticket-machine-1"
SERVICE = "高龄津贴"
"""In either language: what a service is called is the plan's."""
IDLE_S, ELDER_IDLE_S = 61, 121
CLOSED: Mapping[str, object] = {"open": False, "opens_at": "2026-01-05T08:30:00+08:00", "calls": [], "waiting": 0}
QUIET: Mapping[str, object] = {"calls": [], "waiting": 0, "waiting_by_service": {}}

NOTICE: Mapping[str, object] = {
    "notices": [{"text": "本周五下午系统升级，医保业务暂停办理，请错峰前来，不便之处敬请谅解。"}]
}
HELP: Mapping[str, object] = {
    "help_calls": [
        {"help": "1", "device": "help-1", "window": "3", "zone": None, "at": "2026-01-05T09:00:00+08:00", "times": 2},
        {"help": "2", "device": "help-2", "window": None, "zone": None, "at": "2026-01-05T09:05:00+08:00", "times": 1},
    ]
}
POSTER = Path(__file__).parents[2] / "docs" / "pictures" / "kiosk-elder.png"
"""A picture of a size that halls put on their screens."""

Step = str | tuple[str, str]
"""What to click, or a field and what is typed into it; by selector."""
Answer = Callable[[Any], object] | Path | None
"""What comes of a request: the answer's document made another one, a file instead, or nothing at all."""


@dataclass(frozen=True)
class Scene:
    """One page in one state.

    Attributes:
        name: of its pictures.
        path: where it is; the language is added.
        ready: selector of what is there before anything is done.
        sizes: of the window.
        steps: what is done before the picture is taken.
        then: selector of what is there afterwards.
        signed_in: whether the demo's visitor has signed in.
        scheme: of colours that the browser asks for.
        whole: the whole page, not only what the window shows.
        board: members of every board that are different on their way to the page.
        answers: what comes of requests to some addresses, as patterns of globs.
        cut: whether the connection is lost after the steps.
        later_s: seconds that pass afterwards, by the page's clock.
    """

    name: str
    path: str
    ready: str
    sizes: Sequence[Size]
    steps: Sequence[Step] = ()
    then: str = ""
    signed_in: bool = False
    scheme: Scheme = "light"
    whole: bool = False
    board: Mapping[str, object] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    cut: bool = False
    later_s: int = 0


def first() -> list[Scene]:
    """Return what can be seen while the visitor's window is closed."""
    return [*_entrance(), *_kiosk("standard", ""), *_kiosk("elder", "&version=elder"), *_screens(), *_closed_window()]


def _entrance() -> list[Scene]:
    wrong = (("input[name=name]", "demo"), ("input[name=password]", "wrong-password"), "form.sign-in button")
    return [
        Scene("portal", "/", ".windows", ((1280, 800), (390, 844)), whole=True),
        Scene("portal-dark", "/", ".windows", ((1280, 800),), whole=True, scheme="dark"),
        Scene("signin", "/signin", "form.sign-in", SCREEN),
        Scene("signin-dark", "/signin", "form.sign-in", SCREEN, scheme="dark"),
        Scene("signin-wrong", "/signin", "form.sign-in", SCREEN, wrong, ".alert"),
        Scene("signin-change", "/signin?change", "form.change", SCREEN, signed_in=True),
        Scene("missing", "/nowhere", ".missing", SCREEN),
        Scene("docs-mqtt", "/docs/mqtt", "main h2", SCREEN),
    ]


def _kiosk(version: str, query: str) -> list[Scene]:
    elder = version == "elder"
    home = ".groups" if elder else ".services"
    group = (".group-livelihood .group-tile",) if elder else ()
    matter = (*group, f".service:has-text('{SERVICE}')")
    search = ".lane-bar .action >> nth=1"

    def scene(name: str, steps: Sequence[Step] = (), then: str = "", **more: Any) -> Scene:
        return Scene(
            f"kiosk-{version}-{name}", f"{MACHINE}{query}", more.pop("ready", home), KIOSK, steps, then, **more
        )

    return [
        scene("1-home"),
        scene("1-home-green", (".lane-button",), ".lane-say.on"),
        *([scene("2-group", group, ".services")] if elder else []),
        scene("2-search", (search, '.key:text-is("Y")', '.key:text-is("B")'), ".services"),
        scene("3-matter", matter, ".fact-wait"),
        scene("4-issued", (*matter, ".take"), ".issued.paper-printed"),
        scene("4-given-back", (*matter, ".take", ".issued .quiet"), ".notice"),
        scene("5-places", (*matter, ".matter .choices .button >> nth=1"), ".places"),
        scene("6-booked", (*matter, ".matter .choices .button >> nth=1", ".place:enabled"), ".booked"),
        scene("7-check-in", (".lane-bar .action >> nth=2", *('.key:text-is("4")',) * 3), ".digits"),
        scene("8-staff", (".staff",), ".notice"),
        scene("9-still-there", (search,), "dialog[open]", later_s=ELDER_IDLE_S if elder else IDLE_S),
        scene("closed", ready=".closed", board=CLOSED),
        scene("quota", matter, ".matter .alert", answers={"**/halls/demo/services*": _none_left}),
        scene("no-paper", matter, ".matter .alert", answers={"**/halls/demo/services*": _no_paper}),
        scene(
            "no-paper-issued",
            (*matter, ".take"),
            ".issued.paper-failed",
            answers={"**/halls/demo/services*": _no_paper},
        ),
        scene("away", (*matter, ".take"), ".notice .button", answers={"**/tickets": None}),
        scene("cut", cut=True, then=".stale"),
    ]


def _none_left(told: Any) -> object:
    """Return a machine's offers when the numbers of this half of the day are taken."""
    full = {"left": 0, "next_at": "2026-01-05T14:00:00+08:00"}
    return {**told, "services": [{**one, **full} for one in told["services"]]}


def _no_paper(told: Any) -> object:
    """Return the offers of a machine that has no paper."""
    return {**told, "paper": "out"}


def _with_poster(told: Any) -> object:
    """Return a plan whose screens show a picture while nobody is called."""
    return {**told, "screens": {**told["screens"], "media": [{"file": "poster.png", "seconds": 3600}]}}


def _screens() -> list[Scene]:
    tv = "/tv/demo?display=tv-main"
    return [
        *(Scene(f"tv-{theme}", f"{tv}&theme={theme}", ".call-number", TV) for theme in ("dark", "light")),
        *(
            Scene(f"tv-quiet-{theme}", f"{tv}&theme={theme}", ".now.quiet", TV[:1], board=QUIET)
            for theme in ("dark", "light")
        ),
        Scene("tv-closed", tv, ".now.quiet", TV[::2], board=CLOSED),
        Scene(
            "tv-picture",
            tv,
            ".media img",
            TV,
            board=QUIET,
            answers={"**/halls/demo/plan": _with_poster, "**/media/*": POSTER},
        ),
        Scene("tv-notice", tv, ".call-number", TV, board=NOTICE),
        Scene("tv-lost", tv, ".board", TV[::2], cut=True, then=".no-board"),
        Scene("tv-unknown", "/tv/nowhere", ".no-board.lost", TV[:1]),
        Scene("led-wall", "/led/demo", "led-sign:last-of-type canvas", SCREENS),
        Scene("led-unknown", "/led/demo/nowhere", ".sign-head", LED),
        Scene("pad-unknown", "/pad/demo/nowhere", ".say", TABLET[:1]),
        Scene("sign-unknown", "/sign/demo/nowhere", "h1", SIGN[:1]),
        Scene("phone-unknown", f"/t/demo.{'0' * 32}", ".plain h2", PHONE),
    ]


def _closed_window() -> list[Scene]:
    return [
        Scene("clerk-1-sign-in", f"/clerk/demo/{OWN}", ".current.sign-in", DESK, signed_in=True),
        Scene("led-closed", f"/led/demo/{OWN}", "canvas", LED),
        Scene("sign-closed", f"/sign/demo/{OWN}", ".sign", SIGN),
        Scene("pad-closed", f"/pad/demo/{OWN}", ".say", TABLET[:1]),
    ]


def at_window(state: str) -> list[Scene]:
    """Return the pages of the visitor's window in one of its states."""
    seen = {"called": ".current.called", "serving": ".current.serving", "away": ".current.away"}[state]
    clerk = f"/clerk/demo/{OWN}"
    return [
        Scene(f"clerk-{state}", clerk, seen, DESK, signed_in=True),
        Scene(f"clerk-{state}-dark", clerk, seen, DESK[:1], signed_in=True, scheme="dark"),
        Scene(f"led-{state}", f"/led/demo/{OWN}", "canvas", LED),
        Scene(f"sign-{state}", f"/sign/demo/{OWN}", ".sign", SIGN),
        Scene(f"pad-{state}", f"/pad/demo/{OWN}", ".say, .invite", TABLET[:1]),
        Scene(f"tv-{state}", "/tv/demo?display=tv-main", ".board", TV[:1]),
    ]


def _clerk(name: str, ready: str, step: str, dialog: str) -> Scene:
    """Return a question that a clerk is asked."""
    return Scene(f"clerk-{name}", f"/clerk/demo/{OWN}", ready, SCREEN, (step,), f"{dialog} dialog", signed_in=True)


def dialogs() -> list[Scene]:
    """Return the case of a ticket that is served, and what a clerk is asked meanwhile."""
    return [
        _clerk("transfer", ".current.serving", '[data-action="transfer"]', "transfer-dialog"),
        _clerk("help", ".current.serving", ".head .language", "help-dialog"),
        Scene("clerk-help-wanted", f"/clerk/demo/{OWN}", ".help-list", DESK, signed_in=True, board=HELP),
        Scene("clerk-case", f"/clerk/demo/{OWN}", ".case", DESK, signed_in=True),
        _clerk("case-notify", ".case", '[data-step="notify"]', "case-dialog"),
        _clerk("case-accept", ".case", '[data-step="accept"]', "case-dialog"),
    ]


def idle() -> list[Scene]:
    """Return the window without a ticket, and what a clerk is asked then."""
    return [
        Scene("clerk-idle", f"/clerk/demo/{OWN}", ".current.idle", DESK, signed_in=True),
        _clerk("away", ".current.idle", '[data-action="away"]', "away-dialog"),
        _clerk("close", ".current.idle", '[data-action="close"]', "close-dialog"),
    ]


def phone(token: str, state: str) -> list[Scene]:
    """Return the phone page of a ticket in one of its states."""
    path = f"/t/{token}"
    light = Scene(f"phone-{state}", path, f".state-{state}", PHONE, whole=True)
    dark = Scene(f"phone-{state}-dark", path, f".state-{state}", PHONE[1:], whole=True, scheme="dark")
    plain = Scene(f"phone-{state}-plain", f"{path}/plain", "main", PHONE, whole=True)
    lost = Scene(f"phone-{state}-cut", path, f".state-{state}", PHONE[:1], cut=True, then=".stale")
    sure = Scene(f"phone-{state}-sure", path, ".give-back", PHONE[:1], (".give-back",), ".sure", whole=True)
    return [light, dark, plain, lost, sure] if state == "waiting" else [light, dark, plain]


def review(ticket: str) -> list[Scene]:
    """Return the review of a ticket while the invitation stands, at the window and by its code; nothing is sent."""
    pad = f"/pad/demo/{OWN}"
    scan = f"/review/demo/{OWN}"
    return [
        Scene("review-which", scan, ".which button", PHONE, whole=True),
        Scene("review-form", f"{scan}?ticket={ticket}", "review-form", PHONE, (".level-1",), ".tags", whole=True),
        Scene("review-unknown", "/review/demo/nowhere", "[role=status]", PHONE[:1]),
        Scene("pad-invite", pad, "review-form", TABLET),
        Scene("pad-good", pad, "review-form", TABLET, (".level-5",), ".tags"),
        Scene("pad-bad", pad, "review-form", TABLET, (".level-1", "review-form .button"), ".review .alert"),
    ]


def manager() -> list[Scene]:
    """Return every part of the manager's page."""
    parts = {
        "floor": ".floor",
        "day": ".hours",
        "roster": ".roster",
        "plan": ".editor textarea",
        "rectifications": ".rectify-rows",
        "cases": ".due-cases table, .due-cases .nobody",
        "notices": ".notices",
        "papers": ".papers canvas",
        "aids": ".aids",
        "devices": ".device-rows",
    }
    place = "/manager/demo"
    return [
        *(
            Scene(f"manager-{part}", f"{place}#{part}", ready, DESK, signed_in=True, whole=True)
            for part, ready in parts.items()
        ),
        Scene(
            "manager-rectification",
            f"{place}#rectifications",
            ".rectify-rows button",
            DESK,
            (".rectify-rows button",),
            ".rectify-card",
            signed_in=True,
            whole=True,
        ),
        Scene(
            "manager-inspection",
            f"{place}#devices",
            ".inspection-acts .press",
            SCREEN,
            (".inspection-acts .press",),
            ".inspection [data-item]",
            signed_in=True,
            whole=True,
        ),
        Scene("manager-trouble", f"{place}#devices", ".trouble", DESK, signed_in=True, answers={"**/health": _trouble}),
        Scene("manager-help-wanted", place, ".help-list", SCREEN, signed_in=True, board=HELP),
        Scene("manager-ask-close", place, ".floor", SCREEN, ('[data-action="close"]',), "dialog[open]", signed_in=True),
        Scene("manager-cut", place, ".floor", SCREEN, signed_in=True, cut=True, then=".stale"),
    ]


def _trouble(told: Any) -> object:
    """Return a hall's health with one trouble of each gravity."""
    usual: dict[str, object] = {
        "state": "raised",
        "since": "2026-01-05T09:00:00+08:00",
        "zone": None,
        "services": [],
        "params": {},
    }
    return {
        **told,
        "troubles": [
            {**usual, "window": None, "alone": True, "severity": severity, "device": device, "kind": kind, **more}
            for severity, device, kind, more in (
                ("critical", "ticket-machine-1", "ticket_machine", {"fault": "paper_out"}),
                ("warning", "review-pad-2", "review_pad", {"fault": "offline", "window": OWN}),
                (
                    "notice",
                    "led-3",
                    "led",
                    {"fault": "signal_weak", "window": "3", "params": {"sign": "-", "signal_dbm": 90}},
                ),
            )
        ],
    }


def paper_reviews() -> list[Scene]:
    """Return the reviews on paper: a pile to type."""
    page, pile = "/paper-reviews/demo", ".batches button"
    return [
        Scene("paper-reviews", page, pile, DESK, signed_in=True, whole=True),
        Scene("paper-reviews-typed", page, pile, DESK, (pile,), ".typed", signed_in=True, whole=True),
    ]


def sheet(device: str, *, first_one: bool) -> Scene:
    """Return the sheet by which a new device joins; the hall's first device is asked about."""
    sure = ("device-question .button[value=yes]",) if first_one else ()
    steps = (("input[name=id]", device), ".new-device .button", *sure)
    path = "/manager/demo#devices"
    return Scene("manager-join-sheet", path, ".new-device", SCREEN, steps, "join-sheet dialog", signed_in=True)
