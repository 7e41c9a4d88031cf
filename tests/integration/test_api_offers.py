"""What the ticket machine's page reads: offers with their first letters, and sentences with their recordings."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from api import initials as module
from api.initials import Initials, letters
from api.routers.offers import OffersForm
from controller.plan import Device, DeviceId, DeviceKind
from devices.messages import Telemetry
from tests.support.api_hall import OFFLINE, ONLINE, ApiHall, api_hall
from tests.support.engines import HALL, PENSION, small_plan
from tests.support.hall_client import Problem

MACHINE = Device(DeviceId("machine-1"), DeviceKind.TICKET_MACHINE)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    plan = small_plan()
    services = tuple(replace(one, aliases=("年审",)) if one.code == PENSION else one for one in plan.services)
    async with api_hall(tmp_path, replace(plan, services=services, devices=(MACHINE,))) as running:
        yield running


async def test_offers_have_their_first_letters_by_every_name(hall: ApiHall) -> None:
    form = await hall.client.ask("GET", "/services")
    OffersForm.model_validate(form)
    assert (form["name"], form["open"], form["books"]) == ("示例镇便民服务中心", True, True)
    found = {one["code"]: one["initials"] for one in form["services"]}
    assert found == {"pension": ["yldyzgrz", "ns"], "insurance": ["cxjmybcb"], "subsidy": ["hnbt"]}


async def test_a_machines_paper_is_told_with_the_offers(hall: ApiHall) -> None:
    """What its own program says over MQTT; of a machine that nobody knows nothing is."""
    machine = MACHINE.id

    async def outlook(device: str) -> str:
        form = await hall.client.ask("GET", f"/services?device={device}")
        OffersForm.model_validate(form)
        return str(form["paper"])

    assert await outlook("nobody") == "unknown"
    assert await outlook(machine) == "unknown", "it has not been heard of"
    hall.presence.note(HALL, machine, ONLINE)
    out = Telemetry(id="t1", values={"paper": "out", "paper_reason": "sensor", "printer": "paper_out"})
    hall.presence.conditions.telemetry(HALL, machine, out)
    assert await outlook(machine) == "out"
    hall.presence.conditions.telemetry(HALL, machine, Telemetry(id="t2", values={"paper": "ok", "printer": "ready"}))
    assert await outlook(machine) == "ok"
    hall.presence.note(HALL, machine, OFFLINE)
    assert await outlook(machine) == "away"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("银行卡", "yhk"),
        ("重呼", "ch"),
        ("“办不成事”反映", "bbcsfy"),
        ("ＥＴＣ 办理", "etcbl"),
        ("12345热线", "12345rx"),
    ],
)
def test_letters_are_those_of_the_reading_in_the_phrase(word: str, expected: str) -> None:
    assert letters(word) == expected


async def test_words_are_looked_up_once_and_a_failure_costs_the_letters_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = Initials()
    first, second = await asyncio.gather(known.of(["医保"]), known.of(["医保"]))
    assert first == second == {"医保": "yb"}
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    assert await known.of(["医保", "养老"]) == {"医保": "yb"}
    monkeypatch.undo()
    assert await known.of(["养老"]) == {}, "it rests"
    monkeypatch.setattr(module, "REST_S", 0.0)
    known = Initials()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    assert await known.of(["养老"]) == {}
    monkeypatch.undo()
    assert await known.of(["养老"]) == {"养老": "yl"}, "it is tried again"


async def test_a_sentence_has_its_words_and_its_recording(hall: ApiHall) -> None:
    said = await hall.client.ask("GET", f"/sentences/matter?service={PENSION}")
    assert "养老待遇资格认证" in said["text"]
    assert said["audio"].startswith("/audio/")
    issued = await hall.client.ticket(PENSION)
    said = await hall.client.ask("GET", f"/sentences/issued?ticket={issued['ticket']}")
    assert "A零零一号" in said["text"]
    said = await hall.client.ask("GET", "/sentences/welcome?lang=en")
    assert said["text"].startswith("Welcome")
    assert [language for _, language in hall.voice.said] == ["zh-CN", "zh-CN", "en"]


async def test_without_a_voice_the_words_are_there_and_nobody_makes_it_say_other_things(hall: ApiHall) -> None:
    hall.voice.fails = True
    said = await hall.client.ask("GET", "/sentences/staff")
    assert (said["audio"], bool(said["text"])) == (None, True)
    for path, code in (
        ("matter?service=nothing", "service_unknown"),
        ("issued?ticket=nothing", "ticket_unknown"),
        ("hello", "request_invalid"),
    ):
        with pytest.raises(Problem) as caught:
            await hall.client.ask("GET", f"/sentences/{path}")
        assert caught.value.code == code
