"""A floor of the real core that answers what the manager's page asks, and the page in a browser on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from playwright.async_api import Page, expect

from api.plan_file import BadPlan, check_text, read_plan
from api.plan_text import plan_text
from api.rectification_forms import summary_form
from controller import commands as c
from controller.assignment import stranded
from controller.codec import to_json
from controller.day_report import DayReport, report
from controller.floor_view import floor_form
from controller.plan import Plan
from controller.report_form import report_form, week_form
from controller.views import stranded_form
from tests.support.page_host import Answer, PageHost, page_host
from tests.support.screen_pages import ScreenFloor

DEVICE = {
    "device": "pad-9",
    "kind": "review_pad",
    "firmware": [],
    "window": "1",
    "zone": None,
    "planned": False,
    "registered": True,
    "online": False,
    "since": None,
    "added_at": "2026-01-05T01:00:00Z",
    "revoked_at": None,
}


class ManagerFloor(ScreenFloor):
    """A floor that also answers what the manager's page asks; ``plan`` is the one in force."""

    def put(self, plan: Plan) -> None:
        self.do(c.ChangePlan(plan))
        self.plan = plan

    def _answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer:
        match method, path.removeprefix("/halls/demo/"):
            case "GET", "floor":
                return 200, floor_form(self.day, self.now())
            case "GET", "report":
                return self._report()
            case "GET", "report/week":
                since = self.day.day - timedelta(days=28)
                return 200, week_form(since, self.day.day, [report(self.events, self.now())])
            case "GET", "rectifications":
                return 200, []
            case "GET", "rectifications/summary":
                return 200, summary_form({}, None, None)
            case "GET", "aids":
                return 200, {"aids": [{"name": "轮椅", "count": 2, "lent": 0}], "loans": []}
            case "GET", "devices":
                return 200, {"closed": True, "broker": "mqtt://127.0.0.1:1883", "devices": [DEVICE]}
            case "GET", "papers/jobs":
                return 200, {"jobs": []}
            case "GET", "plan":
                return 200, to_json(self.plan)
            case "GET", "plan/text":
                return 200, {"text": plan_text(self.plan)}
            case "POST", "plan/text":
                return 200, self._checked(body["text"])
            case "PUT", "plan":
                self.put(read_plan(body, "zh-CN"))
                left = [stranded_form(self.day.tickets[ticket]) for ticket in stranded(self.day)]
                return 200, {**to_json(self.plan), "warnings": [], "stranded": left}
        return super()._answer(method, path, headers, body)

    def _report(self) -> Answer:
        return 200, self.told(report(self.events, self.now()))

    @staticmethod
    def told(figures: DayReport) -> dict[str, Any]:
        """Return a day's figures as they go out, of a hall without bad reviews and without paper."""
        nothing = {"rectifications": summary_form({}, None, None), "paper": {"levels": {}, "unrated": 0}}
        return {**report_form(figures), **nothing}

    def _checked(self, text: str) -> dict[str, Any]:
        nothing: dict[str, Any] = {"faults": [], "warnings": [], "plan": None, "refusal": None, "stranded": []}
        try:
            plan, doubts = check_text(text.encode(), "zh-CN", date(2026, 1, 5))
        except BadPlan as error:
            return {**nothing, "faults": [asdict(fault) for fault in error.faults]}
        left = [stranded_form(self.day.tickets[ticket]) for ticket in stranded(self.day.changed(plan=plan))]
        return {**nothing, "warnings": [asdict(one) for one in doubts], "plan": to_json(plan), "stranded": left}


@asynccontextmanager
async def manager(floor: ManagerFloor, tab: str = "floor") -> AsyncIterator[tuple[PageHost, Page]]:
    async with page_host(floor, [floor.board()]) as host:
        floor.host = host
        page = await host.open(f"/manager/demo#{tab}")
        await expect(page.locator("#panel > *").first).to_be_visible()
        yield host, page
        floor.host = None
        assert host.complaints == []
