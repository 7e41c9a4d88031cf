"""Papers of a case: what stands on them, that it fits, and which of them a case can give."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from controller import cases as c
from controller.case_model import Case, CaseState
from controller.case_refusals import SlipNotDue
from controller.papers import PaperKind
from controller.plan import Hall, HallId
from devices.escpos_decoder import Receipt, decode
from devices.slips import Slip, render_slip, slips_due
from tests.support.cases import CARD, NOTICE, PHOTO, PROOF, Matter, matter_in
from tests.support.looks import usual

HALL = Hall(HallId("demo"), "示例镇便民服务中心")
ENGLISH = replace(HALL, language="en")
AT = datetime(2026, 3, 2, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
COLUMNS = {58: 32, 80: 48}


def everything() -> Case:
    """Return a case that can give every paper."""
    matter = matter_in(CaseState.NOTIFIED)
    second = replace(NOTICE, reason="照片不合规格")
    deferred = c.AcceptCase((PHOTO, PROOF), date(2026, 3, 4))
    supplied = (c.SupplyMaterial(PHOTO), c.SupplyMaterial(PROOF))
    return matter.do(second, deferred, *supplied, c.CompleteCase(), c.SendResult("邮政", "EMS123456789CN"))


def paper(slip: Slip, case: Case, hall: Hall = HALL, paper_mm: int = 80) -> Receipt:
    printed = render_slip(slip, case, hall, AT, usual(PaperKind(slip.value), paper_mm))
    assert isinstance(printed, bytes)
    return decode(printed)


def test_a_notice_lists_all_that_is_missing_and_who_is_answerable() -> None:
    case = matter_in(CaseState.RECEIVED).do(c.IssueNotice((PHOTO, PROOF), (CARD,)))
    printed = paper(Slip.NOTICE, case)
    lines = [line.text.rstrip() for line in printed.lines]
    assert lines[:2] == ["示例镇便民服务中心", "一次性告知单"]
    assert [line for line in lines if line[:1].isdigit()] == ["1. 照片", "2. 收入证明"]
    assert "事项：临时救助" in lines
    assert "20260302-0001" in printed.text
    assert "再次告知" not in printed.text
    assert "王芳" in printed.text
    assert "2026-03-02 09:30" in printed.text
    assert printed.cuts == 1


def test_a_second_notice_says_why() -> None:
    assert "再次告知原因：照片不合规格" in paper(Slip.NOTICE, everything()).text


def test_an_acceptance_promises_a_day() -> None:
    printed = paper(Slip.ACCEPTANCE, matter_in(CaseState.ACCEPTED).case)
    (promise,) = (line for line in printed.lines if "2026-03-06" in line.text)
    assert promise.text.startswith("承诺")
    assert promise.high == 2
    assert "2026-03-30" in printed.text
    assert "承诺后补" not in printed.text


def test_a_commitment_is_signed() -> None:
    printed = paper(Slip.COMMITMENT, everything())
    assert "1. 照片 2026-03-04" in printed.text
    assert "2. 收入证明 2026-03-04" in printed.text
    assert "承诺人签字：____" in printed.text


def test_a_delivery_is_found_again_by_its_number() -> None:
    printed = paper(Slip.DELIVERY, everything())
    assert "EMS123456789CN" in printed.text
    assert "邮政" in printed.text


@pytest.mark.parametrize("paper_mm", COLUMNS)
@pytest.mark.parametrize("hall", [HALL, ENGLISH], ids=["zh-CN", "en"])
@pytest.mark.parametrize("slip", Slip)
def test_nothing_is_wider_than_the_paper(slip: Slip, hall: Hall, paper_mm: int) -> None:
    printed = paper(slip, everything(), hall, paper_mm)
    assert all(line.columns <= COLUMNS[paper_mm] for line in printed.lines)
    assert "{" not in printed.text


@pytest.mark.parametrize(
    ("state", "due"),
    [
        (CaseState.RECEIVED, ()),
        (CaseState.NOTIFIED, (Slip.NOTICE,)),
        (CaseState.ACCEPTED, (Slip.ACCEPTANCE,)),
        (CaseState.SENT, (Slip.ACCEPTANCE, Slip.DELIVERY)),
    ],
)
def test_a_case_gives_the_papers_that_it_has(state: CaseState, due: tuple[Slip, ...]) -> None:
    case = matter_in(state).case
    assert slips_due(case) == due
    for slip in Slip:
        assert isinstance(
            render_slip(slip, case, HALL, AT, usual(PaperKind(slip.value))), bytes if slip in due else SlipNotDue
        )


def test_without_a_clerk_s_name_nobody_is_named() -> None:
    matter = Matter(received=True)
    case = replace(matter.do(c.AcceptCase()), first_asked="")
    assert "首问负责人" not in paper(Slip.ACCEPTANCE, case).text
