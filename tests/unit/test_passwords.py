"""Passwords and secrets: what is kept of them, and what is made."""

import asyncio
import re

import pytest
from argon2 import PasswordHasher, Type

from api.passwords import (
    ONE_TIME_ALPHABET,
    WAITING_MAX,
    Passwords,
    digest_of,
    is_fit,
    new_session,
    new_token,
    one_time_password,
)
from controller.runtime.hall_actor import Overloaded

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
RIGHT = "correct horse"


async def test_a_hash_is_argon2id_with_the_low_memory_profile_of_rfc_9106() -> None:
    kept = await Passwords().hash(RIGHT)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert RIGHT not in kept
    assert await Passwords(PasswordHasher(type=Type.ID)).verify(kept, RIGHT)


async def test_the_right_password_is_right_and_others_are_not() -> None:
    passwords = Passwords(QUICK)
    kept = await passwords.hash(RIGHT)
    assert kept != await passwords.hash(RIGHT), "each hash has a salt of its own"
    right = await passwords.verify(kept, RIGHT)
    assert (right.right, right.outdated) == (True, False)
    for wrong in ("correct hors", RIGHT + " ", "", "\ud800"):
        assert not (await passwords.verify(kept, wrong)).right
    assert not (await passwords.verify("no hash at all", RIGHT)).right


async def test_a_hash_by_older_parameters_is_outdated() -> None:
    kept = await Passwords(QUICK).hash(RIGHT)
    newer = Passwords(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    assert (await newer.verify(kept, RIGHT)).outdated
    assert not (await newer.verify(kept, "wrong")).outdated
    assert not (await newer.verify(await newer.hash(RIGHT), RIGHT)).outdated


async def test_a_name_that_nobody_has_costs_as_much_and_is_never_right(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda *given: compared.append(given[1]) or verify(*given))
    passwords = Passwords(QUICK)
    kept = await passwords.hash(RIGHT)
    assert not (await passwords.verify(None, RIGHT)).right
    assert not (await passwords.verify(kept, "wrong")).right
    parameters = [re.match(r"\$argon2id\$v=19\$[^$]+\$", each) for each in compared]
    assert len(parameters) == 2
    assert parameters[0] and parameters[1] and parameters[0][0] == parameters[1][0]  # noqa: PT018 - one thought


async def test_the_same_characters_by_another_keyboard_are_the_same_password() -> None:
    passwords = Passwords(QUICK)
    kept = await passwords.hash("ｐａｓｓ１２３４é")
    assert (await passwords.verify(kept, "pass1234e\u0301")).right


async def test_who_comes_beyond_the_bound_is_sent_away_at_once() -> None:
    passwords = Passwords(QUICK)
    results = await asyncio.gather(*(passwords.hash(RIGHT) for _ in range(WAITING_MAX + 3)), return_exceptions=True)
    assert sum(isinstance(each, Overloaded) for each in results) == 3
    assert await passwords.hash(RIGHT)


@pytest.mark.parametrize(
    ("password", "fit"),
    [
        ("1234567", False),
        ("12345678", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("WangFang1", False),
        ("密" * 8, True),
    ],
)
def test_which_passwords_may_be_chosen(password: str, fit: bool) -> None:
    assert is_fit(password, "wangfang1") is fit


def test_secrets_are_of_256_bits_and_never_the_same() -> None:
    made = {new_token() for _ in range(100)} | {new_session() for _ in range(100)}
    assert len(made) == 200
    assert all(len(secret.removeprefix("yct_")) == 43 for secret in made)
    assert all(re.fullmatch("[0-9a-f]{64}", digest_of(secret)) for secret in made)


def test_a_one_time_password_can_be_read_out() -> None:
    made = {one_time_password() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(f"([{ONE_TIME_ALPHABET}]{{4}}-){{3}}[{ONE_TIME_ALPHABET}]{{4}}", each) for each in made)
    assert not set("01oil") & set(ONE_TIME_ALPHABET)
