"""Receipts, decoded back from their bytes the way a printer and a phone would see them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.runtime.catalogue import languages, text
from devices import roll
from devices.columns import encode, has_rom_glyph, printable, replacement, spread, width, wrap
from devices.escpos_decoder import Line, UnknownCommand, decode
from devices.rare_glyphs import COLUMN_DOTS, PaperFont, paper_font
from devices.receipts import TicketReceipt, render_ticket, wait_text
from devices.roll import COLUMNS_OF_PAPER, qr_image
from tests.support.looks import ticket_look

URL = "http://192.168.10.20:8000/t/demo.0123456789abcdef0123456789abcdef"

SAMPLE = TicketReceipt(
    hall_name="示例镇便民服务中心",
    number="A003",
    services=("养老待遇资格认证", "城乡居民医保参保"),
    ahead=4,
    wait_p50_s=540,
    wait_p90_s=900,
    issued_at=datetime(2026, 3, 2, 1, 5, tzinfo=UTC),
    zone="一楼大厅",
    ticket_url=URL,
    reprint=False,
)

PAPERS = sorted(COLUMNS_OF_PAPER)

# What plans hold, what people paste into them, and what attackers would.
HANZI = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
RARE = st.sampled_from("𠮷㙓㐱𤭢😀é€ßЯñ\u200b́　–—·…①℃〓")
PUNCTUATION = st.sampled_from("，。、；：？！（）《》“”…—-_/.,;:!?()[]%")
CONTROL = st.characters(max_codepoint=0x1F) | st.sampled_from("\x7f\x85\u2028")
ASCII = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
TEXTS = st.text(HANZI | PUNCTUATION | ASCII | RARE | CONTROL, max_size=120)
PRINTER_COLUMNS = st.integers(min_value=2, max_value=48)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("paper_mm", PAPERS)
def test_a_receipt_says_everything_within_the_paper(paper_mm: int, language: str) -> None:
    printed = decode(render_ticket(SAMPLE, ticket_look(paper_mm), language))
    columns = COLUMNS_OF_PAPER[paper_mm]

    assert all(line.columns <= columns for line in printed.lines)
    flat = "".join(line.text for line in printed.lines)
    for expected in (SAMPLE.hall_name, *SAMPLE.services, SAMPLE.zone, "2026-03-02 09:05"):
        assert expected in flat
    for key, parameters in (("ahead", {"ahead": 4}), ("wait_range", {"low": 9, "high": 15}), ("scan", {})):
        assert text(f"receipt.{key}", language, **parameters) in printed.text
    assert text("receipt.reprint", language) not in printed.text
    assert printed.qr_texts(columns) == [URL]
    assert printed.cuts == 1
    assert printed.initialised == 1


def test_the_golden_receipt_on_58_mm() -> None:
    printed = decode(render_ticket(SAMPLE, ticket_look(58), "zh-CN"))
    assert [line.text for line in printed.lines if line.text] == [
        "示例镇便民服务中心",
        "-" * 32,
        "您的号码",
        "A003",
        "前面还有 4 人",
        "约 9–15 分钟",
        "-" * 32,
        "办理事项",
        "· 养老待遇资格认证",
        "· 城乡居民医保参保",
        "等候区                  一楼大厅",
        "取号时间        2026-03-02 09:05",
        "-" * 32,
        "扫码查看排队进度",
        "请留意叫号屏幕和语音,听到后到指",
        "定窗口。过号请找工作人员。",
    ]


def line_of(content: str, paper_mm: int, receipt: TicketReceipt = SAMPLE) -> Line:
    return next(
        line for line in decode(render_ticket(receipt, ticket_look(paper_mm), "zh-CN")).lines if content in line.text
    )


@pytest.mark.parametrize("dpi", [180, 203])
@pytest.mark.parametrize("native_qr", [False, True])
@pytest.mark.parametrize("cuts", [False, True])
@pytest.mark.parametrize("paper_mm", PAPERS)
def test_the_number_is_at_least_ten_millimetres_high_on_every_printer(
    paper_mm: int, dpi: int, *, native_qr: bool, cuts: bool
) -> None:
    look = replace(ticket_look(paper_mm, native_qr=native_qr), cuts=cuts)
    (number,) = [line for line in decode(render_ticket(SAMPLE, look, "zh-CN")).lines if line.text == "A003"]
    assert number.high * roll.DIGIT_HEIGHT_DOTS * 25.4 / dpi >= roll.NUMBER_HEIGHT_MM_MIN == 10
    assert number.high <= 8, "the command knows no larger"
    assert (number.wide, number.align) == (roll.NUMBER_SCALE, "center")


def test_a_long_number_is_narrower_never_lower() -> None:
    number = line_of("GA00037", 58, replace(SAMPLE, number="GA00037"))
    assert (number.wide, number.high) == (4, roll.NUMBER_SCALE)


@pytest.mark.parametrize(("paper_mm", "wide"), [(58, 1), (80, 2)])
def test_the_hall_name_is_large_where_it_fits(paper_mm: int, wide: int) -> None:
    name = line_of(SAMPLE.hall_name, paper_mm)
    assert (name.wide, name.high, name.align, name.bold) == (wide, 2, "center", True)


def test_a_reprint_says_so() -> None:
    assert (
        text("receipt.reprint") in decode(render_ticket(replace(SAMPLE, reprint=True), ticket_look(58), "zh-CN")).text
    )


def test_time_is_local_to_the_hall_wherever_the_controller_runs() -> None:
    elsewhere = replace(SAMPLE, timezone="Europe/Berlin")
    assert "2026-03-02 02:05" in decode(render_ticket(elsewhere, ticket_look(58), "zh-CN")).text
    shifted = replace(SAMPLE, issued_at=SAMPLE.issued_at.astimezone())
    assert render_ticket(shifted, ticket_look(58), "zh-CN") == render_ticket(SAMPLE, ticket_look(58), "zh-CN")


def test_many_services_are_counted_not_listed() -> None:
    many = tuple(f"第{n}项" for n in range(1, 26))
    printed = decode(render_ticket(replace(SAMPLE, services=many), ticket_look(58), "zh-CN")).text
    assert "第10项" in printed
    assert "第11项" not in printed
    assert text("receipt.more_services", count=25) in printed


def test_a_printer_may_draw_the_code_itself() -> None:
    printed = decode(render_ticket(SAMPLE, ticket_look(58, native_qr=True), "zh-CN"))
    assert (printed.rasters, [(code.data, code.align) for code in printed.native_qr]) == ([], [(URL, "center")])


@settings(deadline=None)
@given(st.integers(min_value=20, max_value=roll.QR_URL_BYTES_MAX), st.randoms(use_true_random=False))
def test_every_code_is_small_enough_and_reads_back(length: int, random: object) -> None:
    path = "".join(random.choice("0123456789abcdef./-") for _ in range(length - len("http://h/")))  # type: ignore[attr-defined]
    receipt = replace(SAMPLE, ticket_url=f"http://h/{path}")
    printed = decode(render_ticket(receipt, ticket_look(58), "zh-CN"))
    (raster,) = printed.rasters
    assert (raster.image.width // 8) * raster.image.height <= roll.QR_RASTER_BYTES_MAX
    assert printed.qr_texts(32) == [receipt.ticket_url]
    above, below = (printed.items[printed.items.index(raster) + step] for step in (-1, 1))
    assert above == below == Line("", 1, 1, "center", bold=False)


def test_a_module_is_never_finer_than_phones_read() -> None:
    longest = qr_image("h" * roll.QR_URL_BYTES_MAX)
    modules_of_version_10 = 57
    assert longest.width == modules_of_version_10 * roll.QR_DOTS_MIN


@pytest.mark.parametrize(
    ("p50_s", "p90_s", "shown"),
    [
        (0, 0, "1 分钟以内"),
        (20, 55, "1 分钟以内"),
        (30, 300, "5 分钟以内"),
        (120, 120, "约 2 分钟"),
        (540, 900, "约 9–15 分钟"),
        (1190, 1190, "约 19–20 分钟"),
        (700, 1500, "约 10–25 分钟"),
        (3500, 5000, "约 50–90 分钟"),
        (900, 540, "约 9–15 分钟"),
    ],
)
def test_waits_are_ranges_rounded_to_what_can_be_promised(p50_s: int, p90_s: int, shown: str) -> None:
    assert wait_text(p50_s, p90_s, "zh-CN") == shown


@settings(deadline=None)
@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_printed_wait_covers_the_estimate(p50_s: int, p90_s: int) -> None:
    figures = [int(part) for part in wait_text(p50_s, p90_s, "en").replace("-", " ").split() if part.isdigit()]
    low, high = (figures[0], figures[-1]) if len(figures) == 2 else (0, figures[-1])
    assert low * 60 <= min(p50_s, p90_s)
    assert high * 60 >= max(p50_s, p90_s)


@settings(deadline=None)
@given(TEXTS.filter(bool), TEXTS.filter(bool), TEXTS, st.sampled_from(PAPERS))
def test_no_name_breaks_a_line_or_reaches_the_printer_as_a_command(
    hall: str, service: str, zone: str, paper_mm: int
) -> None:
    receipt = replace(SAMPLE, hall_name=hall, services=(service, "\x1bp\x00\x19\xfa"), zone=zone, number="A1\x1b@")
    printed = decode(render_ticket(receipt, ticket_look(paper_mm), "zh-CN"))  # raises on any command of a name's own
    assert all(line.columns <= COLUMNS_OF_PAPER[paper_mm] for line in printed.lines)
    assert all(raster.image.width <= COLUMNS_OF_PAPER[paper_mm] * COLUMN_DOTS for raster in printed.rasters)
    assert printed.cuts == 1
    if all(map(has_rom_glyph, printable(service))):
        assert printable(service).replace(" ", "") in "".join(line.text for line in printed.lines).replace(" ", "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"issued_at": datetime(2026, 3, 2, 9, 5)}, "time zone"),  # noqa: DTZ001 - that is the mistake
        ({"ahead": -1}, "negative"),
        ({"wait_p50_s": -1}, "negative"),
        ({"services": ()}, "at least one service"),
        ({"ticket_url": "h" * 214}, "213 bytes, not 214"),
        ({"ticket_url": ""}, "not 0"),
    ],
)
def test_impossible_content_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SAMPLE, **change)  # type: ignore[arg-type]


def test_there_is_no_other_paper() -> None:
    with pytest.raises(KeyError):
        render_ticket(SAMPLE, ticket_look(76), "zh-CN")


def test_the_same_content_is_the_same_bytes() -> None:
    assert render_ticket(SAMPLE, ticket_look(80), "en") == render_ticket(replace(SAMPLE), ticket_look(80), "en")
    assert render_ticket(SAMPLE, ticket_look(80), "en") != render_ticket(
        replace(SAMPLE, issued_at=SAMPLE.issued_at + timedelta(minutes=1)), ticket_look(80), "en"
    )


@settings(deadline=None)
@given(TEXTS)
def test_printable_text_is_what_printers_have_and_stays_so(content: str) -> None:
    shown = printable(content)
    assert printable(shown) == shown
    assert width(shown) == len(encode(shown))
    assert all(character == " " or character.isprintable() for character in shown)


@settings(deadline=None)
@given(TEXTS, PRINTER_COLUMNS)
def test_wrapping_keeps_to_the_columns_and_loses_nothing(content: str, columns: int) -> None:
    lines = wrap(content, columns)
    assert all(0 < width(line) <= columns for line in lines)
    assert all(line == line.strip(" ") for line in lines)
    assert "".join(lines).replace(" ", "") == printable(content).replace(" ", "")


@settings(deadline=None)
@given(st.text(HANZI, max_size=120), PRINTER_COLUMNS)
def test_wrapping_fills_each_line_but_the_last(content: str, columns: int) -> None:
    assert all(width(line) >= columns - 1 for line in wrap(content, columns)[:-1])


@settings(deadline=None)
@given(st.text(HANZI, min_size=1, max_size=60), st.integers(min_value=4, max_value=48))
def test_closing_punctuation_never_opens_a_line(content: str, columns: int) -> None:
    marked = "".join(f"{hanzi}，" for hanzi in content)
    assert not any(line.startswith("，") for line in wrap(marked, columns))


def test_words_stay_whole_and_overlong_ones_are_cut() -> None:
    assert wrap("please go to window two", 12) == ["please go to", "window two"]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]
    assert wrap("办理(居住证)业务", 5) == ["办理", "(居住", "证)业", "务"]
    assert wrap("", 8) == wrap(" \n\t", 8) == []
    with pytest.raises(ValueError, match="at least 2"):
        wrap("办", 1)


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(min_value=8, max_value=48))
def test_a_pair_fills_its_lines_to_the_margins(left: str, right: str, columns: int) -> None:
    lines = spread(left, right, columns)
    assert all(len(encode(line)) <= columns for line in lines)
    if printable(right):
        assert len(encode(lines[-1])) == columns


@pytest.mark.parametrize(
    ("shown", "content"),
    [
        ("〓", "𠮷"),
        ("〓家村", "㙓家村"),
        ("?", "ß"),
        ("〓", "😀"),
        ("?", "\u0628"),
        ("?", "\ue000"),
        ("é", "e\u0301"),
        ("ab", "a\u200bb"),
        ("a b", "a\x1b \r\nb"),
        ("?", "\ud800"),
    ],
)
def test_characters_outside_printers_fonts_are_replaced_at_their_width(shown: str, content: str) -> None:
    assert encode(printable(content)) == shown.encode("gbk")
    assert width(content) == len(shown.encode("gbk")) or "\x1b" in content


@pytest.mark.parametrize("content", ["㐀镕镇便民服务中心", "𠮷林", "Straße", "ñ"])
@pytest.mark.parametrize(("wide", "high"), [(1, 1), (1, 2), (2, 2), (6, 6)])
def test_a_rare_character_is_drawn_in_its_own_shape_and_at_its_width(content: str, wide: int, high: int) -> None:
    font = paper_font()
    drawn = font.line(content, wide=wide, high=high, bold=False)
    assert drawn is not None
    assert drawn.size == (width(content) * COLUMN_DOTS * wide, 24 * high + 6)
    (rare,) = {each for each in content if not has_rom_glyph(each)}
    instead = font.line(content.replace(rare, replacement(rare) + "㐀"), wide=wide, high=high, bold=False)
    left = width(content[: content.index(rare)]) * COLUMN_DOTS * wide
    cell = (left, 0, left + width(rare) * COLUMN_DOTS * wide, 24 * high)
    assert instead is not None
    assert drawn.crop(cell).tobytes() != instead.crop(cell).tobytes()
    assert drawn.crop(cell).getextrema() == (0, 255)


def test_what_no_font_has_is_replaced_in_the_printers_own_font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the fonts prints as before; a file that is no font is left out."""
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    none = PaperFont((broken, tmp_path / "none.ttf"))
    assert none.line("𠮷", wide=1, high=1, bold=False) is None
    monkeypatch.setattr(roll, "paper_font", lambda: none)
    named = replace(SAMPLE, hall_name="𠮷林镇")
    assert decode(render_ticket(named, ticket_look(58), "zh-CN")).lines[0].text == "〓林镇"
    monkeypatch.undo()
    emoji = replace(SAMPLE, hall_name="😀镇")
    assert decode(render_ticket(emoji, ticket_look(58), "zh-CN")).lines[0].text == "〓镇"


def test_a_line_with_a_rare_character_takes_the_place_of_its_text() -> None:
    rare = decode(render_ticket(replace(SAMPLE, zone="㐀楼"), ticket_look(58), "zh-CN"))
    usual = decode(render_ticket(replace(SAMPLE, zone="一楼"), ticket_look(58), "zh-CN"))
    assert rare.length_mm == usual.length_mm
    (drawn,) = [raster for raster in rare.rasters if raster.align == "left"]
    assert drawn.image.width == 384, "label at the left margin, value at the right one"
    assert rare.qr_texts(32) == [URL]


@pytest.mark.parametrize(
    "data", [b"\x1bp\x00\x19\xfa", b"\x1b@\xc4\xe3\n", b"\x1c&\x81\x30\x81\x30\n", b"tail", b"\x1d!"]
)
def test_the_decoder_refuses_what_receipts_may_not_hold(data: bytes) -> None:
    with pytest.raises(UnknownCommand):
        decode(data)
