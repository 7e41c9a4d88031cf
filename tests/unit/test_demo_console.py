"""What the demo says on the terminal, and how it reads what the controller says."""

import re

import pytest
from prometheus_client import generate_latest

from api.demo.access import Keys
from api.demo.child import Ready, read_ready
from api.demo.console import Figures, both, figures, fit, hall_time, pages, status_line, welcome, window_pages
from api.plan_file import sample_plan
from controller.plan import WindowId
from controller.runtime.catalogue import languages
from controller.runtime.metrics import Metrics
from tests.support.core_floor import floor_plan

HTTP = "http://127.0.0.1:8000"
ADDRESS = re.compile(r"^ {2}(http://\S+)", re.MULTILINE)


def greeting(visitor: str | None = "2", ticket: str | None = "demo.abc") -> str:
    lines = welcome(
        HTTP,
        sample_plan(),
        token=ticket,
        visitor=WindowId(visitor) if visitor else None,
        keys=Keys("secret-token", "demo", "abcd-efgh"),
        speed=10.0,
        seed=7,
        folder="/somewhere",
    )
    return "\n".join(lines)


def test_the_greeting_names_every_page() -> None:
    said = greeting()
    plan = sample_plan()
    wanted = {f"{HTTP}{path}" for path in ("/", "/t/demo.abc", "/docs", "/metrics", "/tv/demo?display=tv-main")}
    wanted.add(f"{HTTP}/kiosk/demo?device=ticket-machine-1")
    wanted |= {f"{HTTP}/{page}/demo/{window.id}" for window in plan.windows for page in ("clerk", "led", "pad")}
    assert set(ADDRESS.findall(said)) == wanted


def test_the_greeting_is_chinese_first_then_english() -> None:
    said = greeting()
    assert said.startswith(sample_plan().hall.name)
    assert "留给您" in said
    assert said.index("所有页面") < said.index("All pages")
    assert "/somewhere" in said
    assert "--seed 7" in said
    assert "10倍" in said
    assert "账号 demo，密码 abcd-efgh" in said
    assert "secret-token" not in said


def test_without_a_window_or_a_ticket_for_the_visitor_none_is_promised() -> None:
    said = greeting(visitor=None, ticket=None)
    assert "留给您" not in said
    assert "/t/" not in said


def test_who_is_alone_is_told_so_and_not_of_others() -> None:
    lines = welcome(
        HTTP,
        sample_plan(),
        token=None,
        visitor=None,
        keys=Keys("secret-token", "demo", "abcd-efgh"),
        speed=10.0,
        seed=7,
        folder="/somewhere",
        tray="http://127.0.0.1:9100/",
        is_alone=True,
    )
    said = "\n".join(lines)
    assert both("demo.open_alone") in said
    assert "http://127.0.0.1:9100/" in ADDRESS.findall(said)
    assert "--seed" not in said
    assert "10倍" not in said


def test_a_hall_without_screen_or_machine_has_the_pages_all_the_same() -> None:
    addresses = [page.address for page in pages(HTTP, floor_plan(devices=()), None)]
    assert f"{HTTP}/tv/demo" in addresses
    assert f"{HTTP}/kiosk/demo" in addresses


def test_addresses_are_addresses_whatever_the_ids() -> None:
    assert window_pages(HTTP, sample_plan(), WindowId("1"))[0].address == f"{HTTP}/clerk/demo/1"


def test_every_text_is_there_in_both_languages() -> None:
    assert set(languages()) >= {"zh-CN", "en"}
    for key in ("demo.closed", "demo.failed", "demo.starting", "demo.stop"):
        chinese, english = both(key).split(" · ")
        assert re.search(r"[一-鿿]", chinese) or key == "demo.stop"
        assert english.isascii() or "…" in english


def test_figures_are_those_of_the_hall() -> None:
    metrics = Metrics()
    for hall, count in (("demo", 2), ("other", 50)):
        metrics.tickets.labels(hall, "normal", "kiosk").inc(count)
        metrics.tickets.labels(hall, "green", "phone").inc(count)
        metrics.calls.labels(hall, "1").inc(count)
        metrics.finished.labels(hall, "1").inc(count + 1)
        metrics.reviews.labels(hall, "5").inc(count)
        metrics.waiting.labels(hall, "normal").set(count + 5)
        metrics.receipt_jobs.labels(hall, "printed").set(count + 2)
        metrics.receipt_jobs.labels(hall, "failed").set(count + 9)
    assert figures(generate_latest(metrics.registry).decode(), "demo") == Figures(
        waiting=7, tickets=4, called=2, served=3, reviews=2, receipts=4
    )


def test_figures_of_a_hall_in_which_nothing_happened_yet() -> None:
    assert figures(generate_latest(Metrics().registry).decode(), "demo") == Figures(0, 0, 0, 0, 0, 0)


def test_the_line_of_figures_is_short_and_in_both_languages() -> None:
    line = status_line(3600, Figures(waiting=7, tickets=40, called=30, served=28, reviews=11, receipts=33))
    assert line.startswith("09:30")
    assert "等候7" in line
    assert "waiting 7" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("at_s", "time"), [(0, "08:30"), (5400, "10:00"), (9 * 3600 - 1, "17:29"), (9 * 3600, "08:30")]
)
def test_the_demos_days_have_no_nights(at_s: float, time: str) -> None:
    assert hall_time(at_s) == time


@pytest.mark.parametrize(
    ("line", "columns", "shown"),
    [
        ("等候3", 80, "等候3"),
        ("等候3", 4, "等候"),
        ("等候3", 3, "等"),
        ("waiting", 4, "wait"),
        ("", 5, ""),
        ("a", 0, ""),
    ],
)
def test_a_line_fits_the_terminal(line: str, columns: int, shown: str) -> None:
    assert fit(line, columns) == shown


@pytest.mark.parametrize(
    ("line", "ready"),
    [
        ("ready http=http://127.0.0.1:8000 mqtt=mqtt://127.0.0.1:1883\n", Ready(HTTP, "mqtt://127.0.0.1:1883")),
        ("ready http=127.0.0.1:8000 mqtt=127.0.0.1:1883", Ready(HTTP, "mqtt://127.0.0.1:1883")),
        ("ready http=http://127.0.0.1:8000/ mqtt=mqtt://127.0.0.1:1883/", Ready(HTTP, "mqtt://127.0.0.1:1883")),
        ("not ready http=x mqtt=y", None),
        ('{"event": "ready http=x mqtt=y"}', None),
        ("", None),
    ],
)
def test_only_the_line_of_the_contract_says_that_the_controller_serves(line: str, ready: Ready | None) -> None:
    assert read_ready(line) == ready
