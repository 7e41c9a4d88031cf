"""Texts that people read or hear outside the browser: refusals, receipts, speech, LED signs.

One JSON file a language under ``messages/``, flat keys, ``{name}`` placeholders. Adding a language is adding a file.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

DEFAULT_LANGUAGE = "zh-CN"

STATES = {
    "appointment_not_in_state": ("state", "appointment"),
    "case_not_in_state": ("state", "case"),
    "ticket_not_in_state": ("state", "ticket"),
    "window_not_open": ("status", "window"),
}
"""By a refusal's code, which of its values is a state, and of what: people read ``state.<what>.<value>`` for it."""


@cache
def messages(language: str) -> dict[str, str]:
    """Return every text of a language by key.

    Raises:
        FileNotFoundError: there is no catalogue of that language.
    """
    path = files("controller.runtime") / "messages" / f"{language}.json"
    loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue, the default one first."""
    folder = files("controller.runtime") / "messages"
    found = sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))
    return (DEFAULT_LANGUAGE, *(name for name in found if name != DEFAULT_LANGUAGE))


def text(key: str, language: str = DEFAULT_LANGUAGE, **params: object) -> str:
    """Return the text of a key with its placeholders filled.

    Args:
        key: dotted key, e.g. ``refusal.window_not_open``.
        language: BCP 47 tag; one without a catalogue falls back to the default language.
        params: values of the placeholders.

    Raises:
        KeyError: the key is in no catalogue, or a placeholder has no value.
    """
    chosen = language if language in languages() else DEFAULT_LANGUAGE
    return messages(chosen)[key].format(**params)


def refusal_text(code: str, language: str = DEFAULT_LANGUAGE, params: Mapping[str, object] | None = None) -> str:
    """Return what people read of a refusal; a state that it names is said in their language.

    Args:
        code: the refusal's stable code.
        language: see :func:`text`.
        params: its values as programs read them.

    Raises:
        KeyError: there is no such refusal, or a placeholder has no value.
    """
    said = dict(params or {})
    name, what = STATES.get(code, ("", ""))
    if name in said:
        chosen = language if language in languages() else DEFAULT_LANGUAGE
        said[name] = messages(chosen).get(f"state.{what}.{said[name]}", said[name])
    return text(f"refusal.{code}", language, **said)
