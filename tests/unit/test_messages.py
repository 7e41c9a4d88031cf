"""Events as devices send them: what is read, what is refused, and that nothing a stranger sends does more harm."""

import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.device_orders import OrderResult
from controller.plan import Lane
from controller.runtime.catalogue import languages, text
from devices import members, messages
from devices.messages import (
    AppointmentCheckedIn,
    BadMessage,
    CallPressed,
    CommandDone,
    DeviceEvent,
    HelpPressed,
    InviteReview,
    PeopleCounted,
    Play,
    Print,
    Reboot,
    ReceiptFailed,
    ReceiptPrinted,
    Reply,
    ReprintRequested,
    ReturnRequested,
    ReviewSubmitted,
    Show,
    Telemetry,
    TicketRequested,
    WindowState,
    parse_event,
)
from devices.topics import BadTopic, Leaf, Topic, build, of_all, parse

AT = datetime(2026, 3, 2, 1, 5, 6, 700000, tzinfo=UTC)
TICKET = "0123456789abcdef"
DEEP = b'{"a":' * 900 + b"1" + b"}" * 900

EVENTS: tuple[DeviceEvent, ...] = (
    TicketRequested(id="k-1", at=AT, services=("pension_certification", "low.income"), lane=Lane.GREEN),
    CallPressed(id="p 1", at=AT, window="2", action="away", reason="开会", substitute="3", until=AT),
    CallPressed(id="p-2", action="transfer", to_window="4", services=("residence_certificate",), note="资料齐"),
    ReviewSubmitted(id="好-1", at=AT, level=2, tags=("213", "服务态度生硬"), text="排队\n太久", ticket=TICKET),
    ReceiptPrinted(id="r7-printed", job="r7"),
    ReceiptFailed(id="r8-paper", at=AT, job="r8", reason="paper_out"),
    ReturnRequested(id="b", at=AT, ticket=TICKET),
    ReprintRequested(id="c", window="1", ticket=TICKET),
    AppointmentCheckedIn(id="d", appointment="01234567"),
    PeopleCounted(id="n", at=AT, entered=7, left=2),
    PeopleCounted(id="n-2", entered=0),
    HelpPressed(id="h", at=AT, window="2"),
    CommandDone(id="d-1", at=AT, command="c-6", result=OrderResult.REFUSED, reason="paper_out"),
    Telemetry(id="t", at=AT, values={"paper_left_mm": 40_000, "inside_c": 31.5, "errors": ["a"]}),
)


def payload(**members: object) -> bytes:
    return orjson.dumps({"id": "e1", "type": "ticket_requested", "services": ["a"], **members})


def refusal(data: bytes) -> BadMessage:
    with pytest.raises(BadMessage) as caught:
        parse_event(data)
    return caught.value


def outcome(data: bytes) -> DeviceEvent | BadMessage:
    try:
        return parse_event(data)
    except BadMessage as refused:
        return refused


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_an_event_survives_the_wire(event: DeviceEvent) -> None:
    assert parse_event(event.to_payload()) == event


def test_every_type_is_in_the_samples() -> None:
    assert {event.type for event in EVENTS} == set(messages.EVENTS)


def test_the_contract_s_own_example() -> None:
    data = b'{"id":"x","type":"ticket_requested","at":"2026-03-02T09:05:06.7+08:00","services":["s"],"lane":"normal"}'
    event = parse_event(data)
    assert event == TicketRequested(id="x", at=AT, services=("s",))
    assert isinstance(event, TicketRequested)
    assert isinstance(event.lane, Lane)


def test_members_that_nobody_asks_for_are_left_alone() -> None:
    assert parse_event(payload(firmware="1.2", extra={"a": [1, None]})) == TicketRequested(id="e1", services=("a",))


def test_null_is_the_same_as_not_there() -> None:
    assert parse_event(payload(at=None, window=None, lane=None)) == TicketRequested(id="e1", services=("a",))


@pytest.mark.parametrize(
    ("data", "code", "event_id"),
    [
        (b"", "message_not_json", None),
        (b"{", "message_not_json", None),
        (b"\xff\xfe", "message_not_json", None),
        (b'{"id":"a\xc3"}', "message_not_json", None),
        (b'{"id":"\\ud800"}', "message_not_json", None),
        (b'{"id":"a","level":NaN}', "message_not_json", None),
        (b'{"id":"a","level":-Infinity}', "message_not_json", None),
        (b'{"id":"a","level":1e999}', "message_not_json", None),
        (b'{"id":"a","level":' + b"1" * 5_000 + b"}", "message_not_json", None),
        (b"[" * 60_000, "message_not_json", None),
        (DEEP, "message_too_deep", None),
        (b'{"id":"deep","a":' + b"[" * 8 + b"]" * 8 + b"}", "message_too_deep", "deep"),
        (b'{"id":"x","a":"' + b"a" * members.PAYLOAD_BYTES_MAX + b'"}', "message_too_large", None),
        (b"[]", "message_not_object", None),
        (b'"ticket_requested"', "message_not_object", None),
        (b"null", "message_not_object", None),
        (b"{}", "message_member_missing", None),
        (b'{"id":"a"}', "message_member_missing", "a"),
        (b'{"id":"a","type":7}', "message_type_unknown", "a"),
        (b'{"id":"a","type":["ticket_requested"]}', "message_type_unknown", "a"),
        (b'{"id":"a","type":"open_sesame"}', "message_type_unknown", "a"),
        (b'{"type":"receipt_printed","job":"r1"}', "message_member_invalid", None),
        (b'{"id":"a","type":"receipt_printed"}', "message_member_missing", "a"),
    ],
)
def test_what_is_no_event_is_refused(data: bytes, code: str, event_id: str | None) -> None:
    refused = refusal(data)
    assert (refused.code, refused.event_id) == (code, event_id)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("id", ""),
        ("id", "a" * 129),
        ("id", "a\nb"),
        ("id", "\x00"),
        ("id", 7),
        ("at", 1_700_000_000),
        ("at", "2026-03-02T09:05:06"),
        ("at", "2026-03-02"),
        ("at", "2026-W10-1T09:05:06Z"),
        ("at", "2026-02-30T09:05:06Z"),
        ("at", "0001-01-01T00:00:00+14:00"),
        ("at", "２０２６-03-02T09:05:06Z"),
        ("window", 2),
        ("window", "2/#"),
        ("services", "pension"),
        ("services", {"0": "pension"}),
        ("services", ["a"] * 21),
        ("services", [1]),
        ("services", [""]),
        ("services", ["a", None]),
        ("lane", "fast"),
        ("lane", 1),
        ("lane", ["green"]),
    ],
)
def test_a_member_of_another_form_is_refused_by_name(member: str, value: object) -> None:
    refused = refusal(payload(**{member: value}))
    assert refused.code == "message_member_invalid"
    assert refused.params["member"] == member


@pytest.mark.parametrize("level", [0, 6, -1, True, False, "5", 5.0, 4.5, [5], {}, 2**63 - 1, 10**30, -(10**30)])
def test_a_level_is_a_whole_number_from_1_to_5(level: object) -> None:
    number = str(level).encode() if isinstance(level, int) and not isinstance(level, bool) else orjson.dumps(level)
    refused = refusal(b'{"id":"r","type":"review_submitted","level":' + number + b"}")
    assert (refused.code, refused.params["member"]) == ("message_member_invalid", "level")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("text", "a" * 501),
        ("text", "a\x00b"),
        ("text", ["a"]),
        ("tags", [str(tag) for tag in range(21)]),
        ("tags", [213]),
        ("tags", ["a" * 129]),
        ("tags", "213"),
        ("ticket", ""),
    ],
)
def test_a_review_s_members_are_bounded(member: str, value: object) -> None:
    refused = refusal(orjson.dumps({"id": "r", "type": "review_submitted", "level": 5, member: value}))
    assert (refused.code, refused.params["member"]) == ("message_member_invalid", member)


def test_a_review_at_its_limits_is_read() -> None:
    tags = tuple(f"{tag:0128}" for tag in range(20))
    event = ReviewSubmitted(id="a" * 128, level=1, tags=tags, text="很" * 500)
    assert parse_event(event.to_payload()) == event


def test_an_action_that_no_window_has_is_refused() -> None:
    refused = refusal(b'{"id":"p","type":"call_pressed","action":"explode"}')
    assert refused.params["member"] == "action"


def test_telemetry_is_bounded() -> None:
    readings = {f"n{number}": number for number in range(messages.TELEMETRY_MAX)}
    assert parse_event(Telemetry(id="t", values=readings).to_payload()) == Telemetry(id="t", values=readings)
    assert refusal(Telemetry(id="t", values={**readings, "more": 1}).to_payload()).code == "message_member_invalid"


def test_every_refusal_of_a_message_has_its_text() -> None:
    for data in (b"", b"[]", b"{}", DEEP, b'{"id":"a","type":"{x}"}', b" " * 70_000, payload(lane=1)):
        refused = refusal(data)
        for language in languages():
            assert text(f"refusal.{refused.code}", language, **refused.params)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from(EVENTS),
    st.dictionaries(
        st.sampled_from(["id", "type", "at", "window", "services", "lane", "level", "tags", "text", "action", "job"]),
        VALUES,
    ),
)
def test_swapped_members_are_read_or_refused_never_more(event: DeviceEvent, swapped: dict[str, Any]) -> None:
    data = orjson.dumps(orjson.loads(event.to_payload()) | swapped)
    read = outcome(data)
    if isinstance(read, BadMessage):
        assert text(f"refusal.{read.code}", "zh-CN", **read.params)
    else:
        assert parse_event(read.to_payload()) == read


@given(st.sampled_from(EVENTS), st.randoms(use_true_random=False))
def test_damaged_bytes_are_read_or_refused_never_more(event: DeviceEvent, chance: random.Random) -> None:
    data = bytearray(event.to_payload())
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    assert isinstance(outcome(bytes(data[: chance.randint(0, len(data))])), BadMessage | DeviceEvent)


def test_replies() -> None:
    accepted = Reply.accepted("k-1", {"number": "A003", "event": "forged", "ok": False})
    assert orjson.loads(accepted.to_payload()) == {"event": "k-1", "ok": True, "number": "A003"}
    refused = Reply.refused(None, "message_not_json", "不是 JSON")
    assert orjson.loads(refused.to_payload()) == {
        "event": None,
        "ok": False,
        "code": "message_not_json",
        "message": "不是 JSON",
    }


def test_commands() -> None:
    local = AT.astimezone(timezone(timedelta(hours=8)))
    assert orjson.loads(Print(id="c1", job="r7", escpos=b"\x1b@\xff", expires_at=local).to_payload()) == {
        "type": "print",
        "id": "c1",
        "job": "r7",
        "escpos": "G0D/",
        "expires_at": "2026-03-02T09:05:06.700000+08:00",
    }
    play = Play(id="c17-2", text="请", repeat=2, expires_at=AT, wav=b"RIFF")
    assert orjson.loads(play.to_payload())["wav"] == "UklGRg=="
    assert "audio_url" not in orjson.loads(play.to_payload())
    invitation = InviteReview(id="c2", ticket=TICKET, number="A003", window="2", seconds=60)
    assert orjson.loads(invitation.to_payload())["seconds"] == 60
    assert orjson.loads(Show(id="c3", text="你好").to_payload()) == {"type": "show", "id": "c3", "text": "你好"}
    assert orjson.loads(Reboot(id="c4").to_payload()) == {"type": "reboot", "id": "c4"}


def test_a_state_says_that_a_number_is_gone() -> None:
    state = WindowState(
        window="2", label="2号窗口", status="open", number=None, stage=None, text="您好", waiting=0, seq=9
    )
    assert orjson.loads(state.to_payload())["number"] is None


def test_topics() -> None:
    assert build("demo", "led-1", Leaf.STATE) == "yichuang/demo/led-1/state"
    assert parse("yichuang/demo/Led_1/event") == Topic("demo", "Led_1", Leaf.EVENT)
    assert of_all(Leaf.STATUS) == "yichuang/+/+/status"
    assert of_all(Leaf.EVENT, group="controllers") == "$share/controllers/yichuang/+/+/event"


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "yichuang/demo/led-1",
        "yichuang/demo/led-1/event/x",
        "yichuang/demo/led-1/events",
        "Yichuang/demo/led-1/event",
        "yichuang/Demo/led-1/event",
        "yichuang//led-1/event",
        "yichuang/demo//event",
        "yichuang/demo/led 1/event",
        "yichuang/demo/led-1\n/event",
        "yichuang/大厅/led-1/event",
        f"yichuang/demo/{'a' * 65}/event",
    ],
)
def test_other_topics_are_refused(topic: str) -> None:
    with pytest.raises(BadTopic):
        parse(topic)


@pytest.mark.parametrize(("hall", "device"), [("demo/x", "led"), ("+", "led"), ("demo", "#"), ("demo", "")])
def test_no_topic_is_built_of_what_could_be_another(hall: str, device: str) -> None:
    with pytest.raises(BadTopic):
        build(hall, device, Leaf.COMMAND)
