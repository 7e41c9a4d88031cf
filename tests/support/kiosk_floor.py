"""A floor for the ticket machine's page: what the controller answers, with trouble as a test wants it."""

from typing import Any

from tests.support.page_host import Answer

HALL = "示例镇便民服务中心"
AT = "2026-01-05T09:00:00+08:00"
ISSUED = {
    "ticket": "00000000000000a1",
    "number": "A003",
    "ahead": 4,
    "wait": {"p50_s": 540, "p90_s": 900},
    "token": "demo.0123",
    "services": ["medical_insurance"],
    "lane": "normal",
}
CODE = "01234567"


def offer(code: str, name: str, field: str | None, **more: Any) -> dict[str, Any]:
    """Return a service as the page reads it."""
    return {
        "code": code,
        "kind": "service",
        "name": name,
        "short_name": "",
        "aliases": [],
        "initials": [],
        "field": field,
        "department": "",
        "special": None,
        "conditions": [],
        "materials": [],
        "promised_days": 0,
        "online": "",
        "services": [],
        "waiting": 0,
        "ahead": 4,
        "wait": {"p50_s": 540, "p90_s": 900},
        "left": None,
        "next_at": None,
        **more,
    }


def offers() -> list[dict[str, Any]]:
    """Return a small hall's services: one of each kind that the page tells apart."""
    card = {"name": "身份证", "secondary": False, "note": ""}
    book = {"name": "户口簿", "secondary": True, "note": "五个工作日内补交"}
    return [
        offer(
            "medical_insurance",
            "城乡居民医保参保登记",
            "social",
            short_name="医保参保",
            aliases=["新农合", "合作医疗"],
            initials=["cxjmybcbdj", "ybcb", "xnh", "hzyl"],
            department="医保",
            materials=[card, book],
            online="皖事通可参保缴费",
        ),
        offer(
            "pension_certification",
            "养老待遇资格认证",
            "social",
            initials=["yldyzgrz", "ns"],
            aliases=["年审"],
            department="人社",
            conditions=["正在领取养老待遇"],
            materials=[card],
        ),
        offer("residence_permit", "居住证办理", "livelihood", initials=["jzzbl"], department="公安", promised_days=10),
        offer("assisted_errand", "帮办代办", "livelihood", initials=["bbdb"], department="中心", special="assisted"),
        offer(
            "low_income",
            "低保申请",
            "livelihood",
            initials=["dbsq"],
            department="民政",
            left=0,
            next_at="2026-01-05T14:00:00+08:00",
        ),
        offer("farm_subsidy", "耕地补贴", "rural", initials=["gdbt"], department="农业"),
        offer(
            "newborn",
            "新生儿出生一件事",
            None,
            kind="package",
            services=["出生落户", "医保参保"],
            initials=["xsecsyjs"],
        ),
    ]


def board(seq: int = 1, *, is_open: bool = True, opens_at: str | None = None) -> dict[str, Any]:
    """Return a board of the hall."""
    return {
        "type": "board",
        "hall": "demo",
        "hall_name": HALL,
        "seq": seq,
        "open": is_open,
        "opens_at": opens_at,
        "waiting": 4,
        "waiting_by_service": {"medical_insurance": 4},
        "calls": [],
        "windows": [],
        "notices": [],
        "at": AT,
    }


class KioskFloor:
    """Answers for the controller.

    Attributes:
        trouble: what the next writes meet instead of success; ``None`` is a broken line.
        away: nobody answers at all.
        writes: method, path, key and body of each write that arrived.
        said: the sentences asked for, with what they speak of.
        receipt: the state of every ticket's receipt.
        paper: what is known of the machine's paper.
    """

    def __init__(self) -> None:
        self.trouble: list[Answer | None] = []
        self.away = False
        self.writes: list[tuple[str, str, str, Any]] = []
        self.said: list[str] = []
        self.receipt = "requested"
        self.paper = "unknown"
        self.services = offers()
        self.is_open = True
        self.opens_at: str | None = None
        self.appointments = {CODE: ISSUED | {"lane": "appointment"}}
        self.issued = 0

    def __call__(self, method: str, path: str, headers: dict[str, str], body: Any) -> Answer | None:
        """Answer a request."""
        if method != "GET":
            self.writes.append((method, path, headers.get("idempotency-key", ""), body))
        if self.away:
            return None
        if method == "GET":
            return self._read(path)
        if self.trouble:
            return self.trouble.pop(0)
        return self._write(path, body)

    def _write(self, path: str, body: Any) -> Answer:
        if path == "/halls/demo/tickets":
            self.issued += 1
            return 201, {**ISSUED, "services": body["services"], "lane": body["lane"]}
        if path == "/halls/demo/appointments":
            return 201, {"appointment": CODE, "starts_at": f"{body['day']}T08:30:00+08:00"}
        if path.endswith("/check-in"):
            found = self.appointments.get(path.split("/")[-2])
            return (201, found) if found else _refusal("appointment_unknown", "没有这个预约", 404)
        return 200, {}

    def _read(self, path: str) -> Answer:
        if path == "/halls/demo/services":
            hall = {"hall": "demo", "name": HALL, "timezone": "Asia/Shanghai", "open": self.is_open, "books": True}
            hall["paper"] = self.paper
            return 200, {**hall, "opens_at": self.opens_at, "services": self.services}
        if path == "/halls/demo/appointment-places":
            day = {"day": "2026-01-06", "starts_at": "2026-01-06T08:30:00+08:00"}
            later = {"half": "afternoon", "starts_at": "2026-01-06T14:00:00+08:00", "left": 3}
            return 200, [{**day, "half": "morning", "left": 0}, {**day, **later}]
        if path.startswith("/halls/demo/sentences/"):
            self.said.append(path.rpartition("/")[2])
            return 200, {"text": "说", "audio": None}
        if path.startswith("/halls/demo/tickets/"):
            return 200, {**ISSUED, "receipt": self.receipt}
        return _refusal("unknown", "没有这个大厅", 404)

    @property
    def taken(self) -> list[Any]:
        """Return the bodies of the tickets asked for."""
        return [body for method, path, _, body in self.writes if (method, path) == ("POST", "/halls/demo/tickets")]


def _refusal(code: str, detail: str, status: int = 409) -> Answer:
    return status, {"code": code, "detail": detail, "status": status}
