"""What a ticket machine's page reads: what the hall offers now, and the sentences that it says."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from api.access import GuardedApi
from api.answers import answer
from api.parts import Ours, Parts, may_answer
from api.problems import refused
from api.schemas import Name, Wait
from controller.model import HallDay, TicketId
from controller.offers import offers_form
from controller.paper_outlook import PaperOutlook, paper_outlook
from controller.plan import Field as MatterField
from controller.plan import WindowKind
from controller.refusals import ServiceUnknown, TicketUnknown
from controller.runtime.catalogue import DEFAULT_LANGUAGE, languages, text
from devices.manner import Manner
from devices.speech import TEXT_CHARACTERS_MAX, spoken_number
from devices.voice_process import VoiceUnavailable

router = APIRouter(prefix="/halls/{hall}", tags=["offers"], route_class=GuardedApi)

Sentence = Literal["welcome", "list", "matter", "green", "staff", "search", "check_in", "issued", "still_there"]
"""What the elder version says; nothing else can be asked for, so nobody makes the hall's voice say other things."""


class MaterialForm(BaseModel):
    """Something to bring."""

    name: str
    secondary: bool
    note: str


class OfferForm(BaseModel):
    """A service or a package, and what a ticket for it would be told now."""

    code: str
    kind: Literal["service", "package"]
    name: str
    short_name: str
    aliases: list[str]
    initials: list[str]
    field: MatterField | None
    department: str
    special: WindowKind | None
    conditions: list[str]
    materials: list[MaterialForm]
    promised_days: int
    online: str
    services: list[str]
    waiting: int
    ahead: int
    wait: Wait
    left: int | None
    next_at: AwareDatetime | None


class OffersForm(BaseModel):
    """What a hall offers now."""

    hall: str
    name: str
    timezone: str
    language: str
    seq: int
    open: bool
    opens_at: AwareDatetime | None
    at: AwareDatetime
    books: bool
    services: list[OfferForm]
    paper: Annotated[PaperOutlook | None, Field(description="of the machine that was named")] = None


class SaidForm(BaseModel):
    """A sentence; without a voice there is no recording of it."""

    text: str
    audio: str | None


@router.get("/services", response_model=OffersForm, responses=may_answer(404))
async def list_offers(
    hall: str,
    parts: Ours,
    device: Annotated[Name | None, Query(description="a ticket machine, to know of its paper")] = None,
) -> Response:
    """Return the services and packages that may be asked for, with the wait of somebody who comes now."""
    day = await parts.day(hall)
    form = offers_form(day, parts.now(day))
    if device is not None:
        form["paper"] = _paper(parts, day, device)
    known = await parts.initials.of(word for offer in form["services"] for word in _words(offer))
    services = [{**offer, "initials": _letters(offer, known)} for offer in form["services"]]
    return answer({**form, "services": services})


def _paper(parts: Parts, day: HallDay, device: str) -> PaperOutlook:
    machine = parts.devices.find(day.plan, device)
    if machine is None:
        return PaperOutlook.UNKNOWN
    presence = parts.presence
    online = presence.is_online(day.hall, device)
    known = online if online or presence.was_told(day.hall, device) else None
    vitals = presence.conditions.vitals(day.hall, device, online=known, since=presence.since(day.hall, device))
    return paper_outlook(vitals, machine.kind, parts.now(day))


def _words(offer: dict[str, Any]) -> list[str]:
    """Return what people call an offer."""
    return [word for word in (offer["name"], offer["short_name"], *offer["aliases"]) if word]


def _letters(offer: dict[str, Any], known: Any) -> list[str]:
    return list(dict.fromkeys(known[word] for word in _words(offer) if known.get(word)))


@router.get("/sentences/{sentence}", response_model=SaidForm, responses=may_answer(404, 422))
async def say_sentence(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str,
    sentence: Sentence,
    parts: Ours,
    service: Annotated[Name | None, Query(description="of a matter: a service's or a package's code")] = None,
    ticket: Annotated[Name | None, Query(description="of a ticket issued: its id")] = None,
    lang: Annotated[str, Query(max_length=16)] = DEFAULT_LANGUAGE,
) -> Response:
    """Return a sentence of the elder version and the address of its recording."""
    day = await parts.day(hall)
    language = lang if lang in languages() else DEFAULT_LANGUAGE
    said = _sentence(day, parts, sentence, service, ticket, language)
    readings = tuple((entry.word, entry.pinyin) for entry in day.plan.speech.pronunciations)
    manner = Manner(chime=False, pronunciations=readings)  # a chime, and quiet hours, are for calls
    try:
        clip = await parts.voice.clip(said, language, manner)
    except VoiceUnavailable:
        return answer({"text": said, "audio": None})
    return answer({"text": said, "audio": f"/audio/{clip.name}"})


def _sentence(  # noqa: PLR0917 - what the address takes, passed on
    day: HallDay, parts: Parts, sentence: Sentence, service: str | None, ticket: str | None, language: str
) -> str:
    """Return the words of a sentence.

    Raises:
        Problem: it speaks of something that isn't there.
    """
    key = f"kiosk.{sentence}"
    if sentence == "matter":
        offer = next((one for one in offers_form(day, parts.now(day))["services"] if one["code"] == service), None)
        if offer is None:
            raise refused(ServiceUnknown(service or ""))
        name = offer["short_name"] or offer["name"]
        materials = text("kiosk.list_mark", language).join(one["name"] for one in offer["materials"])
        whole = text(key, language, name=name, materials=materials)
        is_short = materials and len(whole) <= TEXT_CHARACTERS_MAX
        return whole if is_short else text("kiosk.matter_short", language, name=name)[:TEXT_CHARACTERS_MAX]
    if sentence == "issued":
        found = day.tickets.get(TicketId(ticket or ""))
        if found is None:
            raise refused(TicketUnknown(ticket or ""))
        return text(key, language, number=spoken_number(found.number, day.plan.policies.spoken_one, language))
    return text(key, language)
