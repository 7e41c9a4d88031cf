"""What the hall sees, hears and holds, after the commit: boards, call-outs, paper, states and invitations.

Rules of this file. Everything here begins with committed events, never before them. What the engine calls returns at
once; what takes time is left to tasks of its own, each with a bounded queue, and none of them can hold up a call.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from api.device_directory import HallDevices
from api.device_states import DeviceStates
from api.paper import Paper
from api.speaking import manner_at, manner_of_call, repeats_of_call
from controller import events as e
from controller.effects import InviteReview, PrintReceipt, SpeakCallOut, SpeakNotice, effects
from controller.model import HallDay
from controller.plan import Device, DeviceKind, HallId, Plan
from controller.runtime.hall_days import Commit
from controller.views import board_form
from devices import messages
from devices.announcer import Announcement, Announcer
from devices.gateway import Gateway
from devices.speech import call_out
from displays.hub import Hub
from displays.latency import Latency

log = structlog.get_logger(__name__)


class Effects:
    """Carries committed events out into the hall."""

    def __init__(
        self,
        *,
        hub: Hub,
        announcer: Announcer,
        gateway: Gateway,
        latency: Latency,
        states: DeviceStates,
        paper: Paper,
        devices: HallDevices,
        now: Callable[[HallDay], datetime],
    ) -> None:
        """Take the parts that effects go to; ``now`` tells a hall's own time."""
        self._hub = hub
        self._announcer = announcer
        self._gateway = gateway
        self._latency = latency
        self._states = states
        self._paper = paper
        self._devices = devices
        self._now = now
        self._unshown: dict[HallId, HallDay] = {}

    def sink(self, commit: Commit) -> None:
        """Take a commit of the engine: everything that follows from it is on its way when this returns."""
        day = commit.day
        for recorded in commit.events:
            self._measure(commit, recorded)
            for effect in effects(recorded, day):
                match effect:
                    case SpeakCallOut():
                        self._speak(day, recorded, effect)
                    case SpeakNotice():
                        self._speak_notice(day, recorded, effect)
                    case PrintReceipt(job) if not commit.foreign:  # theirs to send; it is offered again if they can't
                        self._paper.offer(day, job)
                    case InviteReview() if not commit.foreign:
                        self._invite(day, effect, recorded.seq)
        if _is_about_yesterday(commit):
            return
        if not self._unshown:
            asyncio.get_running_loop().call_soon(self._show)
        self._unshown[day.hall] = day
        asyncio.get_running_loop().call_soon(self._states.changed, commit)  # screens first: they are looked at

    def _show(self) -> None:
        """Hand each changed hall's board to its displays; commits of one turn of the loop make one board."""
        unshown, self._unshown = self._unshown, {}
        for day in unshown.values():
            try:
                self._hub.publish(day.hall, board_form(day, self._now(day)), day.plan)
            except Exception:  # one hall's trouble must not keep the others' boards back
                log.exception("board.failed", hall=day.hall, seq=day.seq)

    def _measure(self, commit: Commit, recorded: e.Recorded) -> None:
        if isinstance(recorded.event, e.TicketCalled | e.TicketRecalled):
            received = commit.received.get(recorded.seq)
            if received is not None:
                self._latency.pressed(commit.day.hall, recorded.seq, received)

    def _speak(self, day: HallDay, recorded: e.Recorded, effect: SpeakCallOut) -> None:
        policies, language = day.plan.policies, day.plan.hall.language
        self._announcer.announce(
            day.hall,
            effect.zone,
            f"{effect.call.id}-{effect.call.times}",  # by which a TV finds the call on its board
            seq=effect.seq,
            text=call_out(effect.call.number, effect.window_number, policies.spoken_one, language),
            expires_at=effect.expires_at,
            repeat=repeats_of_call(day.plan, effect.call.lane),
            since=recorded.at,
            language=language,
            manner=manner_of_call(day.plan, effect, self._now(day).time()),
        )

    def _speak_notice(self, day: HallDay, recorded: e.Recorded, effect: SpeakNotice) -> None:
        self._announcer.announce(
            day.hall,
            effect.zone,
            f"notice-{effect.notice}-{effect.zone}",
            seq=effect.seq,
            text=effect.text,
            expires_at=effect.expires_at,
            repeat=day.plan.speech.notice_repeat,
            since=recorded.at,
            language=day.plan.hall.language,
            manner=manner_at(day.plan, self._now(day).time()),
            urgent=effect.urgent,
        )

    def _invite(self, day: HallDay, effect: InviteReview, seq: int) -> None:
        ticket = day.tickets[effect.ticket]
        invitation = messages.InviteReview(
            id=f"invite-{ticket.id}-{seq}",
            ticket=ticket.id,
            number=ticket.number,
            window=effect.window,
            seconds=effect.seconds,
        )
        for device in self._devices.of(day.plan):
            if device.kind is DeviceKind.REVIEW_PAD and device.window == effect.window:
                self._gateway.publish_command(day.hall, device.id, invitation)


def _is_about_yesterday(commit: Commit) -> bool:
    """Tell whether paper or a review came late for a day that is over: no screen goes back to that day for it."""
    return commit.day.closed and not any(isinstance(recorded.event, e.DayClosed) for recorded in commit.events)


class Loudspeakers:
    """Where an announcement goes when its turn comes: to the screens of its zone, and to its speakers over MQTT."""

    def __init__(self, hub: Hub, gateway: Gateway, plans: Mapping[HallId, Plan], devices: HallDevices) -> None:
        """Take the parts; ``plans`` are those in force."""
        self._devices = devices
        self._hub = hub
        self._gateway = gateway
        self._plans = plans

    async def play(self, announcement: Announcement) -> None:
        """Send an announcement; nobody waits for the sound.

        Raises:
            OSError: the recording can't be read.
        """
        self._hub.announce(announcement.hall, announcement.zone, announcement.to_message(speak=False))
        plan, clip = self._plans.get(HallId(announcement.hall)), announcement.clip
        devices = self._devices.of(plan) if plan is not None else ()
        speakers = [device for device in devices if _speaks_in(device, announcement.zone)]
        if clip is None or not speakers:
            return
        wav = await asyncio.to_thread(clip.path.read_bytes)
        for device in speakers:
            self._gateway.publish_command(
                announcement.hall,
                device.id,
                messages.Play(
                    id=announcement.id,
                    text=announcement.text,
                    repeat=announcement.repeat,
                    expires_at=announcement.expires_at,
                    wav=wav,
                ),
            )


def _speaks_in(device: Device, zone: str) -> bool:
    return device.kind is DeviceKind.SPEAKER and device.zone in (None, zone)
