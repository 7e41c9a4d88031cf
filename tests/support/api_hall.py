"""The web edge on a real engine, log and hub, behind real uvicorn on loopback; without a broker and without a voice.

What would go to devices and loudspeakers is kept in order, so that a test sees when it was sent.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from api.app import make_app
from api.case_desk import CALENDAR
from api.conditions import Conditions
from api.contact_seal import ContactSeal
from api.device_directory import Directory, HallDevices, knows
from api.device_states import DeviceStates
from api.effects import Effects
from api.health_watch import HealthWatch
from api.http_server import serving
from api.joining import Broker, Joining
from api.order_sender import OrderSender
from api.orders import Orders
from api.paper import Paper
from api.paper_looks import Looks
from api.parts import Parts
from api.phones import Phones
from api.presence import Presence
from api.rectifier import Rectifier
from api.routers.tickets import holder_of
from api.sign_in import SignIn
from api.spool import Spool
from controller.lifeline import Status, Word
from controller.model import HallDay
from controller.plan import Plan
from controller.refusals import HallUnknown
from controller.runtime.accounts import Accounts, Role
from controller.runtime.device_store import DeviceStore
from controller.runtime.metrics import Metrics
from controller.runtime.order_store import OrderStore
from controller.runtime.print_store import PrintStore
from controller.runtime.reading_store import ReadingStore
from controller.views import board_form
from devices.clip_cache import Clip
from devices.manner import PLAIN, Manner
from devices.messages import Command, Print, State
from devices.voice_process import VoiceUnavailable
from displays.hub import Counts, HallNow, Hub
from displays.latency import Latency
from displays.transport import listening_socket
from tests.support.access import TOKENS
from tests.support.contract import wrong_command, wrong_state
from tests.support.engines import HALL, Floors, HandClock, floors_at, small_plan
from tests.support.hall_client import HallClient

HOST = "127.0.0.1"
PUBLIC_URL = "http://hall.example:8000"
ONLINE, OFFLINE = Status(Word.ONLINE), Status(Word.OFFLINE)


class SilentGateway:
    """A gateway that keeps what it is to send, with a broker or without; ``looks`` counts who asked for that."""

    def __init__(self) -> None:
        self.has_broker = True
        self.looks = 0
        self.sent: list[tuple[str, str, str, Command | State | None]] = []
        self.breaks_on: set[str] = set()

    @property
    def connected(self) -> bool:
        self.looks += 1
        return self.has_broker

    def publish_command(self, hall: str, device: str, command: Command) -> None:
        self._note("command", hall, device, command)

    def publish_state(self, hall: str, device: str, state: State | None) -> None:
        self._note("state", hall, device, state)

    def _note(self, kind: str, hall: str, device: str, content: Command | State | None) -> None:
        if device in self.breaks_on:
            raise ValueError(f"nothing can be sent to {device}")
        if content is not None:
            body = orjson.loads(content.to_payload())
            assert (wrong_command if kind == "command" else wrong_state)(body) == []
        self.sent.append((kind, hall, device, content))

    @property
    def prints(self) -> list[tuple[str, Print]]:
        """Return (device, command) of the print jobs offered, oldest first."""
        return [(device, content) for _, _, device, content in self.sent if isinstance(content, Print)]

    def states(self, device: str) -> list[Any]:
        """Return the states that a device was told, oldest first."""
        return [content for kind, _, name, content in self.sent if kind == "state" and name == device]

    def commands(self, device: str) -> list[Any]:
        """Return the commands that a device was sent, oldest first."""
        return [content for kind, _, name, content in self.sent if kind == "command" and name == device]


class SilentAnnouncer:
    """An announcer that keeps what it is to say."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    def announce(self, hall: str, zone: str, announcement_id: str, **more: Any) -> None:
        self.said.append({"hall": hall, "zone": zone, "id": announcement_id, **more})


class SilentVoice:
    """A voice that keeps what it is to say; ``fails``: it has none."""

    def __init__(self) -> None:
        self.fails = False
        self.said: list[tuple[str, str]] = []

    async def clip(self, text: str, language: str = "zh-CN", manner: Manner = PLAIN) -> Clip:
        if self.fails:
            raise VoiceUnavailable("no_engine", "this voice is to fail")
        assert not manner.chime, "a chime is for calls"
        self.said.append((text, language))
        return Clip(Path("0" * 40 + ".wav"), "0" * 40 + ".wav", 2.0)


class ApiHall:
    """The edge's parts; make it in a running loop.

    Attributes:
        url: where it is reached, once served.
    """

    def __init__(self, floors: Floors, recordings: Path) -> None:
        self.floors = floors
        self.engine, self.journal, self.clock = floors.engine, floors.journal, floors.clock
        self.gateway, self.announcer = SilentGateway(), SilentAnnouncer()
        self.voice = SilentVoice()
        self.metrics = Metrics()
        self.latency = Latency(lambda _hall, _seconds: None)
        self.orders = Orders(OrderStore(self.journal, self.clock), self.metrics, self.clock)
        done = self.orders.done_by_display
        nothing = Counts(connected=lambda *_: None, dropped=lambda _: None, malformed=lambda _: None, done=done)
        self.hub = Hub(self._find, self.latency, nothing)
        self.directory = Directory(DeviceStore(self.journal, self.clock), HallDevices())
        self.devices = self.directory.devices
        known = knows(self.engine.plans, self.devices)
        self.conditions = Conditions(ReadingStore(self.journal), self.clock, known, shared=False)
        watched = {"metrics": self.metrics, "clock": self.clock, "conditions": self.conditions}
        self.presence = Presence(self.engine.plans, self.devices, self.engine.day, **watched)
        gateway: Any = self.gateway
        announcer: Any = self.announcer
        self.states = DeviceStates(gateway, self.devices, self.now)
        looks = Looks(recordings.parent / "papers")
        self.paper = Paper(gateway, PUBLIC_URL, self.presence.is_online, looks)
        self.spool = Spool(PrintStore(self.journal), gateway, self.presence.is_online, self.clock)
        self.parts = Parts(
            engine=self.engine,
            journal=self.journal,
            gateway=gateway,
            hub=self.hub,
            paper=self.paper,
            metrics=self.metrics,
            clock=self.clock,
            recordings=recordings,
            media=recordings.with_name("media"),
            photos=recordings.parent / "photos",
            sign_in=SignIn(Accounts(self.journal, self.clock)),
            directory=self.directory,
            joining=Joining(self.directory.store, Broker("mqtt://127.0.0.1:1883")),
            orders=self.orders,
            presence=self.presence,
            health=self._health(),
            looks=looks,
            spool=self.spool,
            voice=self.voice,
            rectifier=Rectifier(self.journal, self.engine.plans, CALENDAR, self.clock, self.metrics),
            seal=ContactSeal(recordings.parent),
        )
        self.sender = OrderSender(self.parts)
        self.phones = Phones(lambda token: holder_of(self.parts, token), self.now)
        self.effects = Effects(
            hub=self.hub,
            announcer=announcer,
            gateway=gateway,
            latency=self.latency,
            states=self.states,
            paper=self.paper,
            devices=self.devices,
            now=self.now,
        )
        self.engine.subscribe(self.effects.sink)
        self.engine.subscribe(self.phones.changed)
        self.engine.subscribe(self.presence.changed)
        self.engine.subscribe(self.parts.rectifier.changed)
        self.url = ""
        self.client = HallClient("http://127.0.0.1:1")

    def _health(self) -> HealthWatch:
        plans, devices = self.engine.plans, self.devices
        return HealthWatch(plans, devices, self.presence, self.hub, metrics=self.metrics, clock=self.clock)

    def now(self, day: HallDay) -> datetime:
        return self.clock.now().astimezone(ZoneInfo(day.plan.hall.timezone))

    async def _find(self, hall: str) -> HallNow | None:
        day = await self.engine.day(hall)
        return None if isinstance(day, HallUnknown) else HallNow(board_form(day, self.now(day)), day.plan)

    @asynccontextmanager
    async def running(self, *duties: Any) -> AsyncIterator[None]:
        """Run some of the duties meanwhile; none of them may end."""
        tasks = [asyncio.create_task(duty) for duty in duties]
        try:
            yield
            assert not any(task.done() for task in tasks), [task for task in tasks if task.done()]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def log_away(self) -> AsyncIterator[None]:
        """Take the log away meanwhile."""
        await self.journal.close()
        try:
            yield
        finally:
            await self.journal.open()


@asynccontextmanager
async def api_parts(folder: Path, *plans: Plan, clock: HandClock | None = None) -> AsyncIterator[ApiHall]:
    """Make the parts on a log in a folder, with these plans put; by default the small hall's."""
    time = clock or HandClock()
    async with floors_at(f"sqlite:///{folder / 'log.db'}", time, *(plans or (small_plan(),))) as floors:
        yield ApiHall(floors, folder / "recordings")


@asynccontextmanager
async def api_hall(folder: Path, *plans: Plan, clock: HandClock | None = None) -> AsyncIterator[ApiHall]:
    """Serve the parts over HTTP meanwhile."""
    async with AsyncExitStack() as stack:
        hall = await stack.enter_async_context(api_parts(folder, *plans, clock=clock))
        listener = listening_socket(HOST, 0)
        stack.callback(listener.close)
        hall.url = f"http://{HOST}:{listener.getsockname()[1]}"
        duties = (hall.hub.run(), hall.phones.run(), hall.paper.run(), hall.states.run(), hall.sender.run())
        await stack.enter_async_context(hall.running(*duties, hall.presence.run(hall.states, hall.paper)))

        def close_doors() -> None:
            hall.hub.stop()
            hall.phones.stop()

        app = make_app(hall.parts, hall.phones, lambda: None)
        await stack.enter_async_context(serving(app, listener, close_doors))
        token = await hall.parts.sign_in.add_token("tests", Role.MANAGER, None, "tests")
        TOKENS[hall.url] = token
        stack.callback(TOKENS.pop, hall.url)
        hall.client = await stack.enter_async_context(HallClient(hall.url, HALL, token))
        yield hall
