"""Frames of wired call pads: written ones, and whatever a bad line makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.agent.pad_frames import DATA_MAX, Frame, FrameReader, beep, display
from devices.agent.wired_pads import actions_of

WRITTEN = {
    "FF6803036801010C0E16": Frame(1, 0x01, b"\x0c"),
    "FF6803036802010D1016": Frame(2, 0x01, b"\x0d"),
    "FF680404680101060F1716": Frame(1, 0x01, b"\x06\x0f"),
    "FF6808086803020A0A040000032016": Frame(3, 0x02, b"\x0a\x0a\x04\x00\x00\x03"),
    "FF6802026801030416": Frame(1, 0x03),
}
frames = st.builds(Frame, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=DATA_MAX))
noise = st.binary(max_size=80).map(lambda data: data.replace(b"\x68", b"\x00"))
"""Noise that begins no frame; what does begin one may swallow a frame's head, see the test of noise of any kind."""


@pytest.mark.parametrize("written", WRITTEN)
def test_written_frames_are_read_and_written(written: str) -> None:
    data, frame = bytes.fromhex(written), WRITTEN[written]
    assert FrameReader().feed(data) == [frame]
    assert FrameReader().feed(data[1:]) == [frame]  # the first byte wakes the line and is often lost
    assert bytes(frame) == data


@given(st.lists(st.tuples(noise, frames), max_size=5), st.data())
def test_frames_are_found_in_noise_however_the_bytes_come(
    pieces: list[tuple[bytes, Frame]], data: st.DataObject
) -> None:
    line = b"".join(before + bytes(frame) for before, frame in pieces)
    reader, found = FrameReader(), []
    while line:
        size = data.draw(st.integers(1, len(line)))
        found += reader.feed(line[:size])
        line = line[size:]
    found += reader.give_up()
    assert found == [frame for _, frame in pieces]


@given(frames, st.integers(min_value=1), st.integers(1, 255))
def test_a_changed_byte_is_never_another_frame_of_that_length(frame: Frame, place: int, change: int) -> None:
    data = bytearray(bytes(frame))
    data[1 + place % (len(data) - 1)] ^= change
    reader = FrameReader()
    assert frame not in reader.feed(bytes(data)) + reader.give_up()


@given(st.binary(max_size=300), frames)
def test_whatever_comes_is_survived_and_the_frame_after_a_silence_is_read(before: bytes, frame: Frame) -> None:
    reader = FrameReader()
    reader.feed(before)
    reader.give_up()
    assert not reader.waiting
    assert reader.feed(bytes(frame))[-1:] == [frame]


@given(st.binary(max_size=1000))
def test_what_is_kept_back_is_bounded(data: bytes) -> None:
    reader = FrameReader()
    for byte in data:
        reader.feed(bytes([byte]))
        assert len(reader._buffer) < len(bytes(Frame(0, 0, bytes(DATA_MAX))))


@pytest.mark.parametrize(
    ("waiting", "number", "data"),
    [
        (4, "A003", "0a0a04000003"),
        (0, None, "0a0a000a0a0a"),
        (1234, "GA1037", "090909000307"),
        (12, "B7", "0a01020a0a07"),
    ],
)
def test_a_display_shows_who_waits_and_the_number(waiting: int, number: str | None, data: str) -> None:
    assert display(1, waiting, number).data.hex() == data


def test_a_beep_says_nothing_more() -> None:
    assert beep(7) == Frame(7, 3)


@pytest.mark.parametrize(
    ("key", "state", "actions"),
    [
        ("0c", {}, ["next"]),
        ("050c", {}, ["next"]),
        ("0d", {}, ["recall"]),
        ("0f", {"stage": "called"}, ["start"]),
        ("0b", {"stage": "serving"}, ["finish"]),
        ("0b", {"stage": "called"}, ["start", "finish"]),
        ("060f", {"stage": "called"}, ["no-show"]),
        ("000f", {"stage": "called"}, ["start", "hold"]),
        ("000f", {"stage": "serving"}, ["hold"]),
        ("030f", {}, ["resume"]),
        ("12", {"status": "open"}, ["away"]),
        ("12", {"status": "away"}, ["back"]),
        ("13", {}, []),
        ("090f", {}, []),
        ("55", {}, []),
        ("", {}, []),
    ],
)
def test_a_key_means_what_goes_on_at_its_window(key: str, state: dict[str, str], actions: list[str]) -> None:
    assert [one["action"] for one in actions_of(bytes.fromhex(key), state)] == actions


def test_a_transfer_names_its_window_by_the_digits_before_it() -> None:
    assert actions_of(b"\x01\x02\x13", {}) == [{"action": "transfer", "to_window": "12"}]
