"""The pages of screens and clerks in the tests' browser, with a floor of the real core behind them."""

import io
import math
import re
import struct
import wave
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from playwright.async_api import Route

from controller import commands as c
from controller.codec import to_json
from controller.decide import decide, record
from controller.events import Recorded
from controller.evolve import evolve
from controller.model import CommandId, HallDay, TicketId
from controller.plan import (
    Field,
    Hall,
    HallId,
    Lane,
    LedSize,
    Plan,
    Policies,
    Selector,
    Service,
    ServiceCode,
    Window,
    WindowId,
    WindowKind,
)
from controller.refusals import Refusal
from controller.runtime.catalogue import text
from controller.views import Form, board_form, console_form, hall_form, window_form
from tests.support.page_host import ROOT, Answer, PageHost, content_security_policy, page_host

PAGES = {
    "tv": ROOT / "displays" / "web" / "tv" / "index.html",
    "led": ROOT / "displays" / "web" / "led" / "index.html",
    "clerk": ROOT / "api" / "web" / "clerk" / "index.html",
}
PENSION, INSURANCE, RESIDENCE = (
    ServiceCode(code) for code in ("pension_certification", "medical_insurance", "residence_certificate")
)
SERVICES = (
    Service(PENSION, "养老待遇资格认证", Field.SOCIAL, "人社", short_name="养老认证"),
    Service(INSURANCE, "城乡居民医保参保", Field.SOCIAL, "医保"),
    Service(RESIDENCE, "居住证办理", Field.LIVELIHOOD, "公安"),
)
ZONE = ZoneInfo("Asia/Shanghai")
SAMPLES_A_SECOND = 8_000
SESSION = {"name": "主任", "kind": "account", "role": "manager", "hall": None, "must_change_password": False}


def tone(seconds: float) -> bytes:
    """Return a recording of a tone, as a WAV file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES_A_SECOND)
        count = int(seconds * SAMPLES_A_SECOND)
        file.writeframes(b"".join(struct.pack("<h", int(8_000 * math.sin(at / 4))) for at in range(count)))
    return content.getvalue()


LISTEN = """
  window.heard = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...given) {
    const length = this.buffer.duration.toFixed(1);
    window.heard.push(`start ${length}`);
    this.addEventListener('ended', () => window.heard.push(`end ${length}`));
    return start.apply(this, given);
  };
"""
"""Notes what a page plays, by its length."""

MEASURE = """() => {
  const box = (element) => element.getBoundingClientRect();
  const spilt = [...document.querySelectorAll('.call-number, .call-where > *')].filter((part) => {
    const [inner, outer] = [box(part), box(part.closest('.call'))];
    return inner.left < outer.left || inner.right > outer.right || inner.bottom > outer.bottom;
  });
  const lines = '.tile *, .recent-window, .head h1, .waiting li span, .foot > *';
  const clipped = [...document.querySelectorAll(lines)].filter((element) => {
    const [inner, outer] = [box(element), box(element.parentElement)];
    return element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline'
      || inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1;
  });
  const size = (element) => parseFloat(getComputedStyle(element).fontSize);
  const texts = [...document.querySelectorAll('main *')].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''));
  return {
    spilt: [...spilt, ...clipped].map((element) => element.className + ' ' + element.textContent),
    number: Math.min(...[...document.querySelectorAll('.call-number')].map(size)),
    least: Math.min(...texts.map(size)),
    scrolls: document.documentElement.scrollHeight > innerHeight,
  };
}"""
"""What of a TV's texts is cut off or stands outside of its place, and how small the smallest are, in pixels."""
LEAST_SHARE = 0.026
"""Of the short side: 14 mm on a 43-inch screen, for reading from three metres."""


@asynccontextmanager
async def screen_hall(floor: "ScreenFloor", sounds: dict[str, bytes] | None = None) -> AsyncIterator[PageHost]:
    """Serve the screens' pages on a floor meanwhile."""
    async with page_host(floor, [floor.board()]) as host:
        await serve_screens(host, sounds)
        await host.context.add_init_script(LISTEN)
        floor.host = host
        yield host
        floor.host = None


async def serve_screens(host: PageHost, sounds: Mapping[str, bytes] | None = None) -> None:
    """Add the pages of screens and clerks, and recordings by name, to what a host serves."""

    async def page(route: Route) -> None:
        name = PurePosixPath(urlsplit(route.request.url).path).parts[1]
        policy = {"Content-Security-Policy": content_security_policy(), "Content-Type": "text/html; charset=utf-8"}
        await route.fulfill(body=PAGES[name].read_text("utf-8"), headers=policy)

    async def audio(route: Route) -> None:
        content = (sounds or {}).get(PurePosixPath(urlsplit(route.request.url).path).name)
        if content is None:
            await route.fulfill(status=404)
        else:
            await route.fulfill(body=content, content_type="audio/wav")

    await host.context.route(re.compile(r"^http://[^/]+/(tv|led|clerk)/"), page)
    await host.context.route(re.compile(r"^http://[^/]+/audio/"), audio)


def screen_plan(windows: int = 4, labels: Mapping[int, str] | None = None) -> Plan:
    """Return a hall; window 2 serves social affairs alone, window 4 has a long name, others have names as given."""
    labels = {4: "“办不成事”反映窗口", **(labels or {})}
    return Plan(
        hall=Hall(id=HallId("demo"), name="示例镇便民服务中心"),
        services=SERVICES,
        windows=tuple(
            Window(
                id=WindowId(str(number)),
                label=labels.get(number, f"{number}号窗口"),
                number=number,
                kind=WindowKind.COMPREHENSIVE,
                serves=(Selector(field=Field.SOCIAL),) if number == 2 else (Selector(code="*"),),
                led=LedSize(128, 16),
            )
            for number in range(1, windows + 1)
        ),
        policies=Policies(recall_gap_s=0),  # a clerk of a test presses as fast as it can
    )


class ScreenFloor:
    """A business day of the real core, and the controller's answers about it.

    Attributes:
        host: is sent the new board after each change, where there is one.
        answers_lost: presses are carried out, but no answer comes through, nor to anything else.
        writes: action, body and key of each press that arrived.
        first: the first answer to each key: a repetition gets it again.
        session: what is answered to who asks who is signed in.
        events: the whole stream.
    """

    def __init__(self, windows: int = 4, labels: Mapping[int, str] | None = None) -> None:
        self.plan = screen_plan(windows, labels)
        self.host: PageHost | None = None
        self.session: Answer = (200, SESSION)
        self.answers_lost = False
        self.writes: list[tuple[str, Any, str]] = []
        self.first: dict[str, Answer] = {}
        self.events: list[Recorded] = []
        self.count = 0
        self._day: HallDay | None = None
        now = self.now()
        self.do(c.OpenDay(self.plan.hall.id, now.date(), self.plan), now - timedelta(minutes=30))

    @property
    def day(self) -> HallDay:
        assert self._day is not None
        return self._day

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC).astimezone(ZONE)

    def attempt(self, command: c.Command, at: datetime | None = None) -> Refusal | None:
        """Decide a command; take its events over and tell the displays, or return why it is refused."""
        self.count += 1
        request = c.Request(
            CommandId(f"command-{self.count}"), "test", at or self.now(), f"{self.count:016x}{self.count:032x}", command
        )
        events = decide(self._day, request)
        if isinstance(events, Refusal):
            return events
        for recorded in record(self._day, request, events):
            self._day = evolve(self._day, recorded)
            self.events.append(recorded)
        if self.host is not None:
            self.host.send(self.board())
        return None

    def do(self, *given: c.Command | datetime) -> None:
        """Carry commands out, each of which must be accepted; a time at the end is that of all."""
        at = given[-1] if isinstance(given[-1], datetime) else None
        for command in given:
            if not isinstance(command, datetime):
                refusal = self.attempt(command, at)
                assert refusal is None, refusal

    def open(self, *windows: str) -> None:
        for window in windows:
            self.do(c.OpenWindow(WindowId(window), "王芳"))

    def ticket(self, service: ServiceCode = PENSION, lane: Lane = Lane.NORMAL, minutes_ago: float = 0) -> str:
        """Issue a ticket; return its number."""
        self.do(c.IssueTicket((service,), lane), self.now() - timedelta(minutes=minutes_ago))
        return self.day.tickets[self.day.waiting[-1]].number

    def call(self, window: str, at: datetime | None = None) -> str:
        """Call the next ticket to a window; return its number."""
        self.do(c.CallNext(WindowId(window)), at or self.now())
        return self.day.calls[0].number

    def board(self) -> Form:
        return board_form(self.day, self.now())

    def announcement(self, sound: str | None, *, lives_s: float = 60.0, **changes: object) -> Form:
        """Return the announcement of the newest call."""
        call = self.day.calls[0]
        return {
            "type": "announcement",
            "id": f"{call.id}-{call.times}",
            "seq": self.day.seq,
            "text": f"请{call.number}号到{call.label}",
            "audio": None if sound is None else f"/audio/{sound}",
            "repeat": 2,
            "gap_s": 0.05,
            "expires_at": (self.now() + timedelta(seconds=lives_s)).isoformat(),
            "speak": True,
            **changes,
        }

    def __call__(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer | None:
        """Answer a request as the controller does."""
        answer = self._answer(method, path, headers, body)
        return None if self.answers_lost else answer

    def _answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        parts = path.removeprefix("/").split("/")
        if path == "/session":
            return self.session
        if parts[:2] != ["halls", "demo"]:
            return 404, {"code": "hall_unknown", "detail": "没有这个大厅", "status": 404}
        if parts[2:] == []:
            return 200, hall_form(self.day, self.now())
        if parts[2] == "plan":
            return 200, plan_json(self.plan)
        if parts[2] == "cases":
            return 200, []
        if len(parts) == 3:  # a part of the hall that this floor does not have
            return 404, {"code": "not_found", "detail": "没有这个地址", "status": 404}
        window = WindowId(parts[3])
        if window not in self.day.windows:
            return 404, {"code": "window_unknown", "detail": "没有这个窗口", "status": 404}
        if method == "GET":
            return 200, console_form(self.day, self.day.windows[window], self.now())
        return self._press(window, parts[4], headers["idempotency-key"], body)

    def _press(self, window: WindowId, action: str, key: str, body: dict[str, Any]) -> Answer:
        self.writes.append((action, body, key))
        if key not in self.first:
            refusal = self.attempt(command_of(window, action, body))
            if refusal is None:
                self.first[key] = (200, window_form(self.day, self.day.windows[window]))
            else:
                detail = text(f"refusal.{refusal.code}", "zh-CN", **refusal.params)
                self.first[key] = (409, {"code": refusal.code, "detail": detail, "status": 409})
        return self.first[key]


def command_of(window: WindowId, action: str, body: dict[str, Any]) -> c.Command:
    """Return the command of a press."""
    simple: dict[str, Callable[[WindowId], c.Command]] = {
        "next": c.CallNext,
        "recall": c.Recall,
        "start": c.StartService,
        "finish": c.FinishService,
        "no-show": c.PassTicket,
        "hold": c.HoldTicket,
        "back": c.ComeBack,
        "close": c.CloseWindow,
    }
    if action in simple:
        assert body == {}
        return simple[action](window)
    if action == "open":
        return c.OpenWindow(window, body["clerk"])
    if action == "resume":
        return c.ResumeTicket(window, TicketId(body["ticket"]) if "ticket" in body else None)
    if action == "away":
        until = datetime.fromisoformat(body["until"]) if "until" in body else None
        return c.StepAway(window, body["reason"], body.get("substitute"), until)
    assert action == "transfer"
    services = tuple(ServiceCode(code) for code in body.get("services", ()))
    return c.TransferTicket(window, body.get("window"), services, body.get("note", ""))


def plan_json(plan: Plan) -> Form:
    """Return as much of the contract's plan as these pages read."""
    return {
        "hall": {"id": plan.hall.id, "name": plan.hall.name, "timezone": plan.hall.timezone, "hours": None},
        "zones": [{"id": zone.id, "name": zone.name} for zone in plan.zones],
        "services": [
            {
                "code": service.code,
                "name": service.name,
                "short_name": service.short_name,
                "field": service.field,
                "department": service.department,
            }
            for service in plan.services
        ],
        "windows": [
            {
                "id": window.id,
                "label": window.label,
                "number": window.number,
                "kind": window.kind,
                "zone": window.zone,
                "serves": [each.code if each.code is not None else {"field": each.field} for each in window.serves],
            }
            for window in plan.windows
        ],
        "devices": [],
        "screens": to_json(plan.screens),
    }
