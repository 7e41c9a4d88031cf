"""A controller, put together and run: log, engine, broker, gateway, displays, voice and HTTP in one process.

Rules of this file. Parts are started from the log outwards and stopped from the doors inwards, so that nobody is
answered by a part that is gone. The tasks named here are what the process can't do without: when one of them dies, the
process ends and its supervisor starts it anew. Halls, connections and devices are not among them.
"""

import asyncio
import signal
import socket
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from api.app import make_app
from api.appointment_watch import AppointmentWatch
from api.broker_door import BrokerDoor, open_broker
from api.case_desk import CALENDAR
from api.case_watch import CaseWatch
from api.certificates import TlsFiles
from api.contact_seal import ContactSeal
from api.device_directory import Directory, HallDevices
from api.device_line import Core, forgetting, gateway_of, health_of, presence_of, watching
from api.device_states import DeviceStates
from api.effects import Effects, Loudspeakers
from api.halls import import_plans, read_plans
from api.home_assistant import HomeAssistant
from api.http_server import serving
from api.joining import Joining
from api.led_cards import LedCards
from api.measures import Measures
from api.order_sender import OrderSender
from api.orders import Orders
from api.paper import Paper
from api.paper_looks import Looks
from api.parts import Parts
from api.phones import Phones
from api.rectifier import Rectifier
from api.routers.tickets import holder_of
from api.settings import Address, Settings, reached
from api.sign_in import SignIn
from api.spool import Spool
from controller.refusals import HallUnknown
from controller.runtime.accounts import Accounts
from controller.runtime.case_store import CaseStore
from controller.runtime.clock import SystemClock
from controller.runtime.device_store import DeviceStore
from controller.runtime.engine import Engine
from controller.runtime.errors import OperatingError
from controller.runtime.floor_metrics import FloorMetrics
from controller.runtime.hall_actor import CoreFailed
from controller.runtime.journal import Journal
from controller.runtime.metrics import Metrics
from controller.runtime.order_store import OrderStore
from controller.runtime.print_store import PrintStore
from controller.views import board_form
from devices.announcer import Announcer
from devices.second_line import SecondLines
from devices.voice import Voice
from displays.hub import Counts, Find, HallNow, Hub, NoBoardYet
from displays.latency import Latency
from displays.transport import listening_socket

log = structlog.get_logger(__name__)

EAGER_HALLS_MAX = 100
"""With so many halls or fewer each day is opened before the controller is ready; a province's when it is asked for."""
BROKER_S_MAX = 5.0
"""How long a start waits for the broker, before which a device's message would reach nobody; without one the hall is
served over HTTP, and the gateway goes on trying."""

Tasks = list["asyncio.Task[None]"]


class PartEnded(Exception):
    """A part ended that the controller can't be without."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Where a running controller can be reached."""

    http: str
    mqtt: str


async def run(settings: Settings, on_ready: Callable[[Ready], None], on_first: Callable[[str], None]) -> None:
    """Run a controller until SIGTERM or SIGINT.

    Args:
        settings: what it is told.
        on_ready: called once it serves.
        on_first: called before it serves with the one-time password of the first account, where there was none.

    Raises:
        OSError: an address or a folder can't be used.
        BadPlan: a plan file isn't a plan.
        BrokerUnavailable: the managed broker can't be started.
        LogUnavailable: the log can't be opened.
        PartEnded: a part ended that it can't be without.
    """
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with AsyncExitStack() as stack:
        ready, tasks = await _start(settings, stack, on_first)
        on_ready(ready)
        log.info("ready", http=ready.http, mqtt=ready.mqtt)
        await _supervise(tasks, stopped)
        log.info("stopping")


async def _supervise(tasks: Tasks, stopped: asyncio.Event) -> None:
    """Wait until the controller is to stop.

    Raises:
        PartEnded: a task ended that must not.
    """
    stop = asyncio.create_task(stopped.wait(), name="stop")
    try:
        await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.cancel()
    for task in tasks:
        if task.done() and not stopped.is_set():
            error = None if task.cancelled() else task.exception()
            log.error("part_ended", part=task.get_name(), exc_info=error)
            raise PartEnded(f"{task.get_name()} ended, so the controller ends: its log tells why") from error


async def _start(settings: Settings, stack: AsyncExitStack, on_first: Callable[[str], None]) -> tuple[Ready, Tasks]:
    """Start everything; the stack stops it in turn."""
    plans = await asyncio.to_thread(read_plans, settings.plans)
    clock, metrics = SystemClock(), Metrics()
    listener = _listen(settings.http)
    stack.callback(listener.close)
    files = _https(settings)
    http_url = f"{'https' if files else 'http'}://{reached(Address(settings.http.host, listener.getsockname()[1]))}"
    settings = replace(settings, public_url=settings.public_url or http_url)
    journal, engine = await _open_floor(settings, stack, clock)
    directory = Directory(DeviceStore(journal, clock), HallDevices())
    await directory.look()
    door = await open_broker(settings, stack, directory)  # whoever may not have the folder's broker changes no plan
    await import_plans(engine, journal, plans)
    orders = Orders(OrderStore(journal, clock), metrics, clock)
    core = Core(clock, metrics, journal, engine, directory, orders)
    parts, voice, duties = await _open_hall(settings, stack, door, core)
    phones = Phones(lambda token: holder_of(parts, token), parts.now)
    floor_metrics = FloorMetrics(metrics)
    measures = Measures(
        metrics=metrics, floor=floor_metrics, engine=engine, journal=journal, gateway=parts.gateway, voice=voice
    )
    journal.on_commit = measures.committed
    engine.subscribe(phones.changed)
    engine.subscribe(parts.rectifier.changed)
    engine.subscribe(floor_metrics.sink)
    await _open_days(engine)
    if (password := await parts.sign_in.first_account()) is not None:
        on_first(password)
    await stack.enter_async_context(parts.gateway)  # from here on devices are heard, so everything else stands ready
    cases = CaseWatch(CaseStore(journal), engine.plans, CALENDAR, clock, metrics)
    appointments = AppointmentWatch(journal, engine.plans, clock)
    duties |= {"phones": phones.run(), "log.watch": measures.watch_log(clock)}
    duties |= {
        "cases.watch": cases.run(),
        "appointments.watch": appointments.run(),
        "rectifications": parts.rectifier.run(),
    }
    tasks = [asyncio.create_task(duty, name=name) for name, duty in duties.items()]
    warm_up = asyncio.create_task(voice.warm_up(), name="voice.warm_up")
    stack.push_async_callback(_cancel, [*tasks, warm_up])

    def close_doors() -> None:
        parts.hub.stop()
        phones.stop()

    app = make_app(parts, phones, lambda: measures.refresh(clock.now()))
    serve = await stack.enter_async_context(serving(app, listener, close_doors, files))
    if not await parts.gateway.hears(BROKER_S_MAX):
        log.error("serving_without_broker", broker=door.told.url, after_s=BROKER_S_MAX)
    return Ready(http_url, door.told.url), [*tasks, *parts.gateway.tasks, *door.tasks, *serve]


def _https(settings: Settings) -> TlsFiles | None:
    """Return the certificate that pages and programs are shown, if they are to be.

    Raises:
        OSError: there is none.
    """
    files = TlsFiles.of(settings.data)
    if not settings.https:
        return None
    if not files.certificate.exists():
        raise OSError(
            f"{files.folder} has no certificate for --https: run 'yichuang tls init --data {settings.data} --host "
            "NAME', NAME being how browsers reach this machine"
        )
    return files


def _listen(address: Address) -> socket.socket:
    """Listen where pages and programs reach us.

    Raises:
        OSError: that isn't possible; the text says what to do.
    """
    try:
        return listening_socket(address.host, address.port)
    except OSError as error:
        raise OSError(
            f"{address} can't be listened at ({error.strerror}): end the program that has it, "
            "or choose another address with --http HOST:PORT"
        ) from error


async def _open_floor(settings: Settings, stack: AsyncExitStack, clock: SystemClock) -> tuple[Journal, Engine]:
    journal = Journal(settings.database)
    await journal.open()
    stack.push_async_callback(journal.close)
    engine = Engine(journal, clock, follows_others=settings.several)
    await engine.start()
    stack.push_async_callback(engine.stop)
    return journal, engine


async def _open_hall(
    settings: Settings, stack: AsyncExitStack, door: BrokerDoor, core: Core
) -> tuple[Parts, Voice, dict[str, Coroutine[Any, Any, None]]]:
    """Start what people see, hear and hold; return it, and the duties that must run beside it."""
    clock, metrics, engine, directory = core.clock, core.metrics, core.engine, core.directory
    devices = directory.devices
    recordings = settings.data / "recordings"
    voice = await stack.enter_async_context(_voice(settings.data, recordings, metrics))
    latency = Latency(lambda hall, seconds: metrics.press_to_glass_s.labels(hall).observe(seconds))
    hub = Hub(_board_finder(engine, clock), latency, _display_counts(metrics, core.orders.done_by_display))
    presence = await presence_of(settings, core)
    gateway = await gateway_of(settings, door, core, presence)
    loudspeakers = Loudspeakers(hub, gateway, engine.plans, devices)
    announcer = await stack.enter_async_context(_announcer(voice, loudspeakers, metrics))
    looks = Looks(settings.data / "papers")
    paper = Paper(gateway, settings.public_url, presence.is_online, looks)
    spool = Spool(PrintStore(core.journal), gateway, presence.is_online, clock)
    parts = Parts(
        engine=engine,
        journal=core.journal,
        gateway=gateway,
        hub=hub,
        paper=paper,
        metrics=metrics,
        clock=clock,
        recordings=recordings,
        media=settings.data / "media",
        photos=settings.data / "photos",
        sign_in=SignIn(Accounts(core.journal, clock)),
        directory=directory,
        joining=Joining(directory.store, door.told),
        orders=core.orders,
        presence=presence,
        health=health_of(core, presence, hub),
        looks=looks,
        spool=spool,
        voice=voice,
        rectifier=Rectifier(core.journal, engine.plans, CALENDAR, clock, metrics),
        seal=ContactSeal(settings.data),
    )
    states = DeviceStates(gateway, devices, parts.now)
    effects = Effects(
        hub=hub,
        announcer=announcer,
        gateway=gateway,
        latency=latency,
        states=states,
        paper=paper,
        devices=devices,
        now=parts.now,
    )
    directory.subscribe(presence.registered)
    directory.subscribe(forgetting(gateway))
    cards = LedCards(engine.loaded_days, parts.now)
    for sink in (effects.sink, presence.changed, cards.changed):
        engine.subscribe(sink)
    if settings.home_assistant:
        engine.subscribe(HomeAssistant(gateway.publish_retained, engine.plans).changed)
    duties = {
        "displays": hub.run(),
        "states": states.run(),
        "signs": cards.run(),
        "paper": paper.run(),
        **watching(parts, states),
        "paper.again": paper.reoffer(engine.loaded_days, parts.now),
        "papers": spool.run(),
        "orders": OrderSender(parts).run(),
    }
    return parts, voice, duties


def _announcer(voice: Voice, loudspeakers: Loudspeakers, metrics: Metrics) -> Announcer:
    return Announcer(
        voice,
        loudspeakers.play,
        on_released=lambda hall, lag_s: metrics.announcement_lag_s.labels(hall).observe(lag_s),
        on_dropped=lambda _hall, reason: metrics.announcements_dropped.labels(reason).inc(),
    )


def _voice(data: Path, recordings: Path, metrics: Metrics) -> Voice:
    return Voice(
        recordings,
        on_failure=lambda _reason: metrics.voice_failures.inc(),
        second_lines=SecondLines(data / "voices"),
    )


async def _open_days(engine: Engine) -> None:
    """Open the days of a few halls, so that what a restart interrupted goes on by itself."""
    if len(engine.plans) > EAGER_HALLS_MAX:
        return
    for hall in list(engine.plans):
        try:
            await engine.day(hall)
        except (OperatingError, CoreFailed) as error:
            log.error("day_not_open", hall=hall, error=str(error))  # noqa: TRY400 - it is tried again when asked for


async def _cancel(tasks: Tasks | list["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _board_finder(engine: Engine, clock: SystemClock) -> Find:
    async def find(hall: str) -> HallNow | None:
        try:
            day = await engine.day(hall)
        except (OperatingError, CoreFailed) as error:
            raise NoBoardYet from error
        if isinstance(day, HallUnknown):
            return None
        now = clock.now().astimezone(ZoneInfo(day.plan.hall.timezone))
        return HallNow(board_form(day, now), day.plan)

    return find


def _display_counts(metrics: Metrics, done: Callable[[str], None]) -> Counts:
    return Counts(
        connected=lambda hall, count: metrics.displays.labels(hall).set(count),
        dropped=lambda reason: metrics.displays_dropped.labels(reason).inc(),
        malformed=lambda hall: log.warning("display_malformed", hall=hall),
        done=done,
    )
