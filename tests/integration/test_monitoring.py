"""What operators are given in deploy/: Prometheus' own tool checks it, and it speaks of metrics that exist."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import start_http_server

from controller.model import ReceiptState
from controller.plan import DeviceKind
from controller.rectification_model import RectificationState
from controller.runtime.metrics import Metrics
from devices.intake import Result
from tests.support.ports import free_port
from tests.support.prometheus import prometheus

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
RULES = PROMETHEUS / "rules" / "yichuang.rules.yml"
TESTS = sorted((PROMETHEUS / "tests").glob("*.test.yml"))
DASHBOARD = json.loads((DEPLOY / "grafana" / "yichuang.json").read_text("utf-8"))
GRID_COLUMNS = 24
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def promtool(*arguments: str | Path) -> str:
    if shutil.which("promtool") is None:
        pytest.fail("promtool is not there: apt-get install prometheus")
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    """Give each expression of rules and dashboard with the name of where it stands."""
    for rule in rules():
        yield rule.get("alert") or rule["record"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$hall", ".*")
    for annotation in DASHBOARD["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


@pytest.fixture(scope="module")
def labels_by_name() -> dict[str, set[str]]:
    """Labels of each time series that a controller has to offer, by its full name."""
    metrics = Metrics()
    found = {}
    for family in metrics.registry.collect():
        collector: Any = metrics.registry._names_to_collectors[family.name]
        for suffix in SUFFIXES[family.type]:
            found[family.name + suffix] = set(collector._labelnames)
    return found


def test_prometheus_takes_configuration_and_rules() -> None:
    assert "SUCCESS: 1 rule files found" in promtool("check", "config", PROMETHEUS / "prometheus.yml")
    assert f"SUCCESS: {len(rules())} rules found" in promtool("check", "rules", RULES)


def test_alerts_fire_when_they_should_and_only_then() -> None:
    promtool("test", "rules", *TESTS)


def test_every_alert_is_tested_and_says_what_to_do_in_both_languages() -> None:
    tests = "\n".join(path.read_text("utf-8") for path in TESTS)
    alerts = [rule for rule in rules() if "alert" in rule]
    assert alerts
    for alert in alerts:
        name = alert["alert"]
        assert name in tests or (name.startswith("YichuangPeopleWait") and "YichuangPeopleWait.*" in tests), name
        assert set(alert["annotations"]) == {"summary", "summary_en", "action"}, name
        assert alert["labels"]["severity"] in {"critical", "warning"}, name


def test_expressions_are_promql(tmp_path: Path) -> None:
    found = list(expressions())
    file = tmp_path / "all.rules.yml"
    recorded = [{"record": f"checked:{number}", "expr": expr} for number, (_, expr) in enumerate(found)]
    file.write_text(yaml.safe_dump({"groups": [{"name": "checked", "rules": recorded}]}), "utf-8")
    assert f"SUCCESS: {len(found)} rules found" in promtool("check", "rules", file)


def test_expressions_name_metrics_and_labels_that_exist(labels_by_name: dict[str, set[str]]) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    query = DASHBOARD["templating"]["list"][1]["query"]["query"]
    for where, expr in (*expressions(), ("variable", query)):
        for name, selector in re.findall(r"\b(yichuang[a-z0-9_:]*)\s*(\{[^}]*\})?", re.sub(r'"[^"]*"', '""', expr)):
            assert name in labels_by_name or name in recorded, f"{where}: {name}"
            asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
            assert asked <= labels_by_name.get(name, asked), f"{where}: {name}{selector}"


def test_expressions_look_for_values_that_occur() -> None:
    occurring: dict[str, set[str]] = {
        "result": set(Result),
        "kind": set(DeviceKind),
        "state": {*ReceiptState, *RectificationState},
    }
    looked_for = {
        (label, value)
        for _, expr in expressions()
        for label, value in re.findall(r"\b(result|kind|state)\s*!?=\s*\"([^\"]*)\"", expr)
    }
    assert looked_for
    for label, value in looked_for:
        assert value in occurring[label], (label, value)


def test_the_dashboard_shows_every_metric(labels_by_name: dict[str, set[str]]) -> None:
    text = "\n".join(target["expr"] for panel in panels() for target in panel["targets"])
    hidden = {re.sub(r"_(bucket|sum|count)$", "", name) for name in labels_by_name}
    hidden = {name for name in hidden if not re.search(rf"\b{name}(_bucket)?\b", text)}
    assert hidden == set()


def test_the_dashboards_panels_have_a_place_of_their_own() -> None:
    every = DASHBOARD["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    for panel in every:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= GRID_COLUMNS, panel["title"]
    for one, other in combinations(every, 2):
        a, b = one["gridPos"], other["gridPos"]
        apart = (
            a["x"] + a["w"] <= b["x"]
            or b["x"] + b["w"] <= a["x"]
            or a["y"] + a["h"] <= b["y"]
            or b["y"] + b["h"] <= a["y"]
        )
        assert apart, (one["title"], other["title"])


def test_a_real_prometheus_reads_the_metrics_and_watches_them(tmp_path: Path) -> None:
    metrics = Metrics()
    metrics.broker_up.set(0)
    metrics.log_up.set(1)
    metrics.voice_up.set(1)
    metrics.waiting.labels("demo", "normal").set(7)
    metrics.device_online.labels("demo", "led-1", "led").set(0)
    metrics.wait_s.labels("demo", "normal").observe(70)
    host, thread = start_http_server(0, addr="127.0.0.1", registry=metrics.registry)
    target = f"127.0.0.1:{host.server_port}"
    try:
        with prometheus(PROMETHEUS / "prometheus.yml", target, free_port(), tmp_path) as server:
            assert server.query("up") == {f"instance={target},job=yichuang": 1}
            assert list(server.query("yichuang_waiting_tickets").values()) == [7]
            assert sum(server.query('yichuang_wait_seconds_bucket{le="120.0"}').values()) == 1
            assert list(server.query('ALERTS{alertname="YichuangBrokerDown"}').values()) == [1]
            assert list(server.query('ALERTS{alertname="YichuangDeviceOffline", device="led-1"}').values()) == [1]
            assert server.get("/query", query='ALERTS{alertname="YichuangLogUnavailable"}')["result"] == []
            rules_now = server.get("/rules")
            assert {rule["health"] for group in rules_now["groups"] for rule in group["rules"]} <= {"ok", "unknown"}
    finally:
        host.shutdown()
        host.server_close()
        thread.join()
