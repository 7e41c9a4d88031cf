"""Papers as they come out of the printer: golden pictures, templates of a plan, pictures of a hall, tables."""

import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image, ImageChops

from api.paper_looks import Looks
from api.paper_picture import paper_picture, paper_png
from api.paper_samples import sample
from controller.papers import (
    EVERYWHERE,
    PARTS,
    USUAL,
    PaperAlign,
    PaperKind,
    PaperLine,
    Papers,
    PaperSize,
    PaperTemplate,
)
from controller.plan import Device, DeviceId, DeviceKind, Plan
from controller.plan_check import faults
from devices.columns import table_row, width
from devices.escpos_decoder import Line, decode
from devices.look import Look
from devices.receipts import TicketReceipt, render_ticket
from devices.roll import DOTS_PER_MM, NUMBER_HEIGHT_MM_MIN
from tests.support.engines import small_plan
from tests.support.looks import ticket_look
from tests.unit.test_receipts import SAMPLE

GOLDEN = Path(__file__).parents[1] / "data" / "papers"
AT = datetime(2026, 3, 2, 9, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
URL = "http://192.0.2.7:8000"
WIDTHS_MM = (58, 80)

RARE = TicketReceipt(
    hall_name="㐀镕镇便民服务中心",
    number="A003",
    services=(
        "𠮷林街道㐀村宅基地使用权及房屋所有权变更登记",
        "城乡居民基本养老保险参保登记（含关系转移接续、待遇领取资格认证）",
    ),
    ahead=4,
    wait_p50_s=540,
    wait_p90_s=900,
    issued_at=AT,
    zone="",
    ticket_url=f"{URL}/t/demo.0123456789abcdef0123456789abcdef",
    reprint=False,
)
FORTY = replace(RARE, services=tuple(f"第{number}个事项" for number in range(1, 41)))
NOT_ALIKE_MAX = 0.005
"""The share of dots that may differ: releases of the font differ in a few."""


def with_papers(**members: Any) -> Plan:
    return replace(small_plan(), papers=Papers(**members))


def template(paper: PaperKind, *lines: PaperLine) -> tuple[PaperTemplate, ...]:
    return (PaperTemplate(paper, lines),)


@pytest.mark.parametrize("paper_mm", WIDTHS_MM)
@pytest.mark.parametrize(("name", "receipt"), [("rare", RARE), ("forty", FORTY)])
def test_a_ticket_comes_out_as_in_the_golden_picture(name: str, receipt: TicketReceipt, paper_mm: int) -> None:
    """To make them anew: ``python -m tests.unit.test_papers``, and look at each."""
    drawn = paper_picture(decode(render_ticket(receipt, ticket_look(paper_mm), "zh-CN")), paper_mm)
    with Image.open(GOLDEN / f"{name}-{paper_mm}.png") as golden:
        assert drawn.size == golden.size
        different = ImageChops.difference(drawn, golden.convert("L")).point(lambda value: 255 if value > 127 else 0)
    assert different.histogram()[255] < NOT_ALIKE_MAX * drawn.width * drawn.height


@pytest.mark.parametrize("paper_mm", WIDTHS_MM)
def test_the_printed_number_is_at_least_10_mm_high(paper_mm: int) -> None:
    printed = decode(render_ticket(RARE, ticket_look(paper_mm), "zh-CN"))
    number = replace(printed, items=[item for item in printed.items if isinstance(item, Line) and item.text == "A003"])
    box = paper_picture(replace(number, cuts=0), paper_mm).point(lambda value: 255 - value).getbbox()
    assert box is not None
    assert box[3] - box[1] >= NUMBER_HEIGHT_MM_MIN * DOTS_PER_MM


@pytest.mark.parametrize("paper_mm", WIDTHS_MM)
@pytest.mark.parametrize("paper", PaperKind)
def test_a_sample_of_every_paper_fits_and_is_a_picture(paper: PaperKind, paper_mm: int) -> None:
    plan = small_plan()
    printed = decode(sample(plan, paper, Looks(GOLDEN).look(plan, paper, None, paper_mm), AT, URL))
    assert printed.lines[0].text.strip() == plan.hall.name
    assert all(line.columns <= {58: 32, 80: 48}[paper_mm] for line in printed.lines)
    with Image.open(io.BytesIO(paper_png(printed, paper_mm))) as picture:
        assert picture.width == paper_mm * DOTS_PER_MM


def test_every_usual_paper_has_parts_that_are_known() -> None:
    for paper, lines in USUAL.items():
        assert {line.part for line in lines} <= {*PARTS[paper], *EVERYWHERE}
        assert faults(with_papers(templates=template(paper, *lines))) == ()


def test_a_plan_sets_a_paper_otherwise() -> None:
    own = template(
        PaperKind.TICKET,
        PaperLine(part="number"),
        PaperLine(text="欢迎来到{hall}", align=PaperAlign.CENTER, size=PaperSize.TALL, bold=True),
        PaperLine(text="{date} {service}"),
    )
    plan = with_papers(templates=own)
    assert faults(plan) == ()
    printed = decode(sample(plan, PaperKind.TICKET, Looks(GOLDEN).look(plan, PaperKind.TICKET, None), AT, URL))
    welcome = next(line for line in printed.lines if "欢迎来到" in line.text)
    assert (welcome.align, welcome.high, welcome.bold) == ("center", 2, True)
    assert any(line.text.startswith("2026-03-02 ") for line in printed.lines)
    assert printed.rasters == []
    assert "A003" in printed.text


@pytest.mark.parametrize(
    ("papers", "path", "code"),
    [
        ({"logo": "../logo.png"}, "/papers/logo", "bad_picture_name"),
        (
            {"templates": template(PaperKind.TICKET, PaperLine(part="rule"))},
            "/papers/templates/0/lines",
            "paper_part_missing",
        ),
        (
            {"templates": template(PaperKind.TICKET, PaperLine(part="number"), PaperLine(part="body"))},
            "/papers/templates/0/lines/1/part",
            "paper_part_unknown",
        ),
        (
            {"templates": template(PaperKind.TICKET, PaperLine(part="number"), PaperLine())},
            "/papers/templates/0/lines/1",
            "paper_part_or_text",
        ),
        (
            {"templates": template(PaperKind.TICKET, PaperLine(part="number"), PaperLine(text="{phone}"))},
            "/papers/templates/0/lines/1/text",
            "paper_placeholder_unknown",
        ),
        (
            {"templates": template(PaperKind.TICKET, PaperLine(part="number"), PaperLine(text="{hall"))},
            "/papers/templates/0/lines/1/text",
            "paper_placeholder_unknown",
        ),
        (
            {"templates": template(PaperKind.TICKET, PaperLine(part="number"), PaperLine(part="seal"))},
            "/papers/seal",
            "paper_picture_missing",
        ),
        ({"templates": template(PaperKind.TICKET, *USUAL[PaperKind.TICKET]) * 2}, "/papers/templates", "twice"),
    ],
)
def test_what_a_plan_may_not_say_of_a_paper(papers: dict[str, Any], path: str, code: str) -> None:
    assert [(fault.path, fault.code) for fault in faults(with_papers(**papers))] == [(path, code)]


def seal(folder: Path, size: tuple[int, int]) -> None:
    place = folder / small_plan().hall.id
    place.mkdir(exist_ok=True)
    Image.new("RGBA", size, (200, 0, 0, 255)).save(place / "seal.png")


def test_a_halls_seal_is_printed_in_dots_and_as_large_as_the_paper_takes(tmp_path: Path) -> None:
    plan = with_papers(
        seal="seal.png", templates=template(PaperKind.TICKET, PaperLine(part="number"), PaperLine(part="seal"))
    )
    looks = Looks(tmp_path)
    assert looks.look(plan, PaperKind.TICKET, None).pictures == {}, "a picture that is not there is left out"
    seal(tmp_path, (2000, 500))
    for paper_mm, dots in ((58, 384), (80, 576)):
        look = looks.look(plan, PaperKind.TICKET, None, paper_mm)
        (raster,) = decode(sample(plan, PaperKind.TICKET, look, AT, URL)).rasters
        assert raster.image.width == dots
        assert raster.image.getextrema()[0] == 0
    (tmp_path / plan.hall.id / "seal.png").write_bytes(b"no picture")
    assert looks.look(plan, PaperKind.TICKET, None).pictures == {}


def test_a_printers_profile_decides_its_code_and_its_cut(tmp_path: Path) -> None:
    plain = Device(DeviceId("p"), DeviceKind.PRINTER, paper_mm=58, native_qr=True, cuts=False)
    look = Looks(tmp_path).look(small_plan(), PaperKind.TICKET, plain)
    printed = decode(render_ticket(SAMPLE, look, "zh-CN"))
    assert (printed.cuts, len(printed.native_qr), printed.rasters) == (0, 1, [])
    assert printed.lines[-1].text == "", "it is fed to where one tears it off"
    drawn = paper_picture(printed, 58)
    assert drawn.width == 58 * DOTS_PER_MM


def test_a_row_of_a_table_keeps_its_columns() -> None:
    rows = [
        *table_row(["号码", "事项", "窗口"], (6, 0, 4), 32),
        *table_row(["A001", "城乡居民基本养老保险参保登记", "12"], (6, 0, 4), 32),
    ]
    assert rows[0] == "号码   事项                 窗口"
    assert rows[1] == "A001   城乡居民基本养老保险 12"
    assert rows[2] == "       参保登记"
    assert all(width(row) <= 32 for row in rows)


def test_a_look_without_a_part_leaves_it_out() -> None:
    printed = decode(render_ticket(SAMPLE, Look((PaperLine(part="number"), PaperLine(part="logo"))), "zh-CN"))
    assert printed.rasters == []


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for golden_name, golden_receipt in (("rare", RARE), ("forty", FORTY)):
        for golden_mm in WIDTHS_MM:
            golden_paper = decode(render_ticket(golden_receipt, ticket_look(golden_mm), "zh-CN"))
            (GOLDEN / f"{golden_name}-{golden_mm}.png").write_bytes(paper_png(golden_paper, golden_mm))
