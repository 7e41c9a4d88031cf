"""A served hall with bad reviews, each with its rectification."""

from tests.support.api_hall import ApiHall
from tests.support.engines import PENSION

PHONE = "13800000001"
SAID = "跑了三个窗口才办成"
SUBJECT, CLERK = "王芳", "张强"
"""Whom the reviews are about, and a clerk who may put things right."""


async def two_bad_reviews(hall: ApiHall) -> list[str]:
    """Have two people rate window 1 badly, the first with words and a phone number; return the rectifications."""
    await hall.client.ask("POST", "/windows/1/open", {"clerk": SUBJECT})
    for level, more in ((1, {"text": SAID, "contact": {"name": "刘阿姨", "phone": PHONE}}), (2, {"tags": ["213"]})):
        ticket = (await hall.client.ticket(PENSION))["ticket"]
        await hall.client.at_window("1", "next")
        await hall.client.at_window("1", "finish")
        await hall.client.ask("POST", "/reviews", {"ticket": ticket, "level": level, **more})
    await hall.parts.rectifier.look()
    found = await hall.client.ask("GET", "/rectifications")
    return [one["rectification"] for one in sorted(found, key=lambda one: int(one["level"]))]
