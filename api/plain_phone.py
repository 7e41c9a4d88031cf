"""A ticket's page for phones whose browser can't run the phone page: plain HTML, drawn here, with links and forms.

What it can do and why it is there: `docs/decisions/0010-old-phones.md`. It shows what the phone page shows, in the same
words and colours; it is a function of what the floor says, and keeps nothing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from html import escape
from math import ceil
from uuid import uuid4
from zoneinfo import ZoneInfo

from api.pages import WEB, languages
from controller.decide import BAD_LEVEL_MAX
from controller.model import HallDay, Ticket, TicketState
from controller.runtime.catalogue import DEFAULT_LANGUAGE
from controller.views import Form

LEVELS = (5, 4, 3, 2, 1)
RETURNABLE = frozenset({TicketState.WAITING, TicketState.CALLED, TicketState.HELD, TicketState.NO_SHOW})
"""States in which a citizen may still give the ticket back."""
MOVING = frozenset({TicketState.WAITING, TicketState.CALLED, TicketState.SERVING})
"""States in which the page asks again by itself."""
COME_BACK_AHEAD, COME_BACK_S = 2, 300
"""With so few before it, or so short a wait at the shortest, whoever has gone out should come back."""
TEXT_CHARS_MAX = 500
MINUTE_S = 60

HINTS = {
    TicketState.NO_SHOW: "phone.hint_no_show",
    TicketState.HELD: "phone.hint_held",
    TicketState.CANCELLED: "phone.hint_cancelled",
}


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    texts: dict[str, str] = json.loads((WEB / "messages" / f"{language}.json").read_text("utf-8"))
    return texts


def tags_of(level: int, language: str) -> dict[str, str]:
    """Return the national tags of a level of the review, as code and text: a tag's code begins with its level."""
    begin = f"tag.{level}"
    return {key.removeprefix("tag."): text for key, text in _catalogue(language).items() if key.startswith(begin)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked the page for, beside the ticket.

    Attributes:
        language: of the page.
        level: of the review that is being written.
        returning: whether the page shall ask if the ticket is really to be given back.
        trouble: why the last thing could not be done.
        tags: that were ticked, and ``words`` that were written, when it could not be done.
    """

    language: str = DEFAULT_LANGUAGE
    level: int | None = None
    returning: bool = False
    trouble: str = ""
    tags: Sequence[str] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class PlainPhone:
    """The page of a ticket.

    Attributes:
        day: of the ticket.
        ticket: whose page it is.
        form: what the phone page is told of it.
        cases: what came of it.
        asked: what else.
    """

    day: HallDay
    ticket: Ticket
    form: Form
    cases: Sequence[Mapping[str, object]]
    asked: Asked = field(default_factory=Asked)

    def html(self) -> str:
        """Return the page."""
        return _page(
            self.asked.language, f"{self.ticket.number} {self._state()}", self.day.plan.hall.name, self._body()
        )

    def _t(self, key: str, **params: object) -> str:
        return _text(self.asked.language, key, **params)

    def _state(self) -> str:
        state, label = self.ticket.state, self.form["label"]
        if state is TicketState.CALLED and self.form["call"] is not None:
            return self._t("phone.go", window=self.form["call"])
        if state is TicketState.SERVING and label is not None:
            return self._t("phone.serving_at", window=label)
        return self._t(f"state.{state.value}")

    def _body(self) -> Iterator[str]:
        state = self.ticket.state
        called = "now-call" if state is TicketState.CALLED else "now-state"
        yield f'<main class="ticket state-{state.value}"><section class="now" role="status">'
        yield f'<p class="now-label">{self._t("phone.number")}</p>'
        yield f'<p class="number now-number">{escape(self.ticket.number)}</p><p class="{called}">{self._state()}</p>'
        if hint := self._hint():
            yield f'<p class="now-hint">{hint}</p>'
        yield "</section>"
        if self.asked.trouble:
            yield f'<p class="alert" role="alert">{escape(self.asked.trouble)}</p>'
        if state in MOVING:
            address = f"plain{self._query()}"
            yield f'<p class="again"><a class="button quiet" href="{address}">{self._t("phone.again")}</a></p>'
        for case in self.cases:
            yield from self._case(case)
        yield from self._facts()
        yield from self._review()
        if state in RETURNABLE:
            yield from self._give_back()
        yield "</main>"

    def _hint(self) -> str:
        if self.ticket.state is not TicketState.WAITING:
            key = HINTS.get(self.ticket.state)
            return self._t(key) if key else ""
        ahead, shortest_s = self.form["ahead"], self.form["wait"]["p50_s"]
        if ahead == 0:
            return self._t("phone.next")
        return self._t("phone.come_back") if ahead <= COME_BACK_AHEAD or shortest_s <= COME_BACK_S else ""

    def _facts(self) -> Iterator[str]:
        taken = datetime.fromisoformat(self.form["issued_at"]).astimezone(ZoneInfo(self.day.plan.hall.timezone))
        facts = []
        if self.ticket.state is TicketState.WAITING:
            facts = [
                ("phone.ahead", self._t("phone.people", count=self.form["ahead"])),
                ("phone.wait", self._wait(self.form["wait"])),
            ]
        facts.append(("phone.service", escape(self._names(self.ticket.services))))
        if self.ticket.lane != "normal":
            facts.append(("phone.lane", self._t(f"lane.{self.ticket.lane}")))
        facts.append(("phone.taken", f"{taken:%H:%M}"))
        yield '<dl class="facts">'
        for key, value in facts:
            large = ' class="fact-large"' if key in {"phone.ahead", "phone.wait"} else ""
            yield f"<div{large}><dt>{self._t(key)}</dt><dd>{value}</dd></div>"
        yield "</dl>"

    def _names(self, services: Sequence[str]) -> str:
        names: dict[str, str] = {service.code: service.name for service in self.day.plan.services}
        return _catalogue(self.asked.language)["base.list_comma"].join(names.get(code, code) for code in services)

    def _wait(self, wait: Mapping[str, float]) -> str:
        """Return a wait as the phone page says it (`base/format.js`)."""
        low = int(wait["p50_s"] // MINUTE_S)
        high = max(low, ceil(wait["p90_s"] / MINUTE_S))
        if high <= 1:
            return self._t("base.wait_short")
        if low < 1:
            return self._t("base.wait_below", high=high)
        return self._t("base.wait_about", low=low) if low == high else self._t("base.wait_range", low=low, high=high)

    def _case(self, case: Mapping[str, object]) -> Iterator[str]:
        yield f'<section class="case"><h2>{escape(str(case["service_name"]))}</h2>'
        missing, owed = case["missing"], case["owed"]
        if isinstance(missing, list) and missing:
            listed = "".join(f"<li>{escape(str(each))}</li>" for each in missing)
            yield f"<p>{self._t('phone.missing')}</p><ul>{listed}</ul>"
        for pledge in owed if isinstance(owed, list) else ():
            yield f"<p>{self._t('phone.owed', material=pledge['material'], day=pledge['due'])}</p>"
        if case["completed_on"] is not None:
            yield f"<p><strong>{self._t('phone.completed')}</strong></p>"
        elif case["promised"] is not None:
            yield f"<p><strong>{self._t('phone.promised', day=case['promised'])}</strong></p>"
        yield f'<p class="case-id">{self._t("phone.case", case=case["case"])}</p></section>'

    def _review(self) -> Iterator[str]:
        if not self.form["unrated"]:
            if self.form["reviewed"]:
                yield f'<section class="thanks" role="status"><h2>{self._t("phone.thanks")}</h2></section>'
            return
        visit = self.form["unrated"][0]
        what = self._t("phone.visit", window=visit["label"], services=self._names(visit["services"]))
        yield f'<section class="after"><p class="after-what">{what}</p>'
        yield f'<h2>{self._t("base.review_ask")}</h2><ul class="plain-levels">'
        for level in LEVELS:
            current = ' aria-current="true"' if level == self.asked.level else ""
            text = self._t(f"base.level_{level}")
            yield f'<li><a class="button quiet" href="plain{self._query(level=level)}"{current}>{text}</a></li>'
        yield "</ul>"
        if self.asked.level is not None:
            yield from self._reasons(self.asked.level, escape(visit["window"]))
        yield "</section>"

    def _reasons(self, level: int, window: str) -> Iterator[str]:
        why = "base.review_why_bad" if level <= BAD_LEVEL_MAX else "base.review_why"
        yield self._form("review", level=level, window=window)
        yield f'<fieldset class="plain-tags"><legend>{self._t(why)}</legend>'
        for code, text in tags_of(level, self.asked.language).items():
            ticked = " checked" if code in self.asked.tags else ""
            yield f'<label><input type="checkbox" name="tags" value="{code}"{ticked}> {escape(text)}</label>'
        yield f'</fieldset><label class="words"><span>{self._t("base.review_words")}</span>'
        words = escape(self.asked.words)
        yield f'<textarea name="text" rows="3" maxlength="{TEXT_CHARS_MAX}">{words}</textarea></label>'
        yield f'<button class="button large">{self._t("base.review_submit")}</button></form>'

    def _give_back(self) -> Iterator[str]:
        if not self.asked.returning:
            address = f"plain{self._query(returning=1)}"
            yield f'<a class="button quiet give-back" href="{address}">{self._t("phone.give_back")}</a>'
            return
        yield f'<section class="sure"><h2>{self._t("phone.sure")}</h2><div class="choices">'
        yield f'<a class="button quiet" href="plain{self._query()}">{self._t("phone.keep")}</a>'
        yield self._form("give_back")
        yield f'<button class="button danger">{self._t("phone.give_back_yes")}</button></form></div></section>'

    def _form(self, does: str, **more: object) -> str:
        """Return the beginning of a form; its key makes a second sending of it harmless."""
        hidden = {"does": does, "key": uuid4().hex, **more}
        inputs = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in hidden.items())
        return f'<form method="post" action="plain{self._query()}">{inputs}'

    def _query(self, **more: object) -> str:
        wanted = {"lang": self.asked.language, **more}
        return "?" + "&amp;".join(f"{name}={value}" for name, value in wanted.items())


def unknown_page(language: str) -> str:
    """Return the page of a ticket that isn't there."""
    title, hint = (_text(language, key) for key in ("phone.unknown", "phone.unknown_hint"))
    body = f'<main class="ticket plain"><section role="status"><h2>{title}</h2><p>{hint}</p></section></main>'
    return _page(language, title, _text(language, "phone.title"), [body])


def _text(language: str, key: str, **params: object) -> str:
    """Return a text of the pages' catalogue as HTML."""
    return escape(_catalogue(language)[key].format(**params))


def _page(language: str, title: str, hall: str, body: Iterator[str] | Sequence[str]) -> str:
    known = languages()
    other = known[(known.index(language) + 1) % len(known)]
    sheets = "".join(
        f'<link rel="stylesheet" href="/static/{each}.css">'
        for each in ("base/tokens", "base/page", "phone/phone", "phone/plain")
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><link rel="icon" href="/static/base/icon.svg" type="image/svg+xml">{sheets}</head>'
        "<body>"
        f'<header class="head"><h1>{escape(hall)}</h1>'
        f'<a class="language" lang="{other}" href="plain?lang={other}">{_text(other, "phone.language")}</a>'
        f"</header>{''.join(body)}</body></html>"
    )
