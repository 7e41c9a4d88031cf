"""Guessing is bounded: per name, per address, in both, and in what is remembered of it."""

from api.guesses import OF_A_NAME, OF_AN_ADDRESS, OF_ONE_AT_ANOTHER, Guesses

NAME, ADDRESS = "wang", "192.0.2.7"


class Watch:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def __call__(self) -> float:
        return self.at_s


def tries(guesses: Guesses, name: str, address: str, most: int = 1_000) -> int:
    """Return how many tries there are before one is refused."""
    for number in range(most):
        if guesses.take(name, address):
            return number
    return most


def test_so_many_tries_and_one_more_after_a_while() -> None:
    watch = Watch()
    guesses = Guesses(watch)
    assert tries(guesses, NAME, ADDRESS) == OF_ONE_AT_ANOTHER.tries
    assert guesses.take(NAME, ADDRESS) == OF_ONE_AT_ANOTHER.refill_s
    watch.at_s = OF_ONE_AT_ANOTHER.refill_s - 1
    assert guesses.take(NAME, ADDRESS) == 1
    watch.at_s += 1
    assert tries(guesses, NAME, ADDRESS) == 1
    watch.at_s += 1_000_000
    assert tries(guesses, NAME, ADDRESS) == OF_ONE_AT_ANOTHER.tries, "no more than at the beginning"


def test_a_refused_try_costs_nothing() -> None:
    watch = Watch()
    guesses = Guesses(watch)
    tries(guesses, NAME, ADDRESS)
    for _ in range(100):
        assert guesses.take(NAME, ADDRESS)
    watch.at_s = OF_ONE_AT_ANOTHER.refill_s
    assert guesses.take(NAME, ADDRESS) == 0


def test_others_are_not_slowed_down() -> None:
    guesses = Guesses(Watch())
    tries(guesses, NAME, ADDRESS)
    assert guesses.take("li", ADDRESS) == 0
    assert guesses.take(NAME, "192.0.2.8") == 0


def test_an_address_that_tries_many_names_is_stopped() -> None:
    guesses = Guesses(Watch())
    done = sum(guesses.take(f"name{number}", ADDRESS) == 0 for number in range(1_000))
    assert done == OF_AN_ADDRESS.tries
    assert guesses.take(NAME, "192.0.2.8") == 0


def test_many_addresses_that_try_one_name_are_stopped() -> None:
    guesses = Guesses(Watch())
    done = sum(guesses.take(NAME, f"192.0.2.{number}") == 0 for number in range(200))
    assert done == OF_A_NAME.tries
    assert guesses.take("li", ADDRESS) == 0


def test_a_network_of_ipv6_is_one_address_and_ipv4_in_ipv6_is_not() -> None:
    guesses = Guesses(Watch())
    done = sum(guesses.take(NAME, f"2001:db8::{number:x}") == 0 for number in range(1, 100))
    assert done == OF_ONE_AT_ANOTHER.tries
    assert guesses.take(NAME, "2001:db8:0:1::1") == 0
    assert tries(guesses, NAME, "::ffff:192.0.2.1") == OF_ONE_AT_ANOTHER.tries
    assert guesses.take(NAME, "::ffff:192.0.2.2") == 0
    assert guesses.take(NAME, "no address") == 0


def test_a_right_password_gives_the_tries_back() -> None:
    guesses = Guesses(Watch())
    for _ in range(1_000):
        assert guesses.take(NAME, ADDRESS) == 0
        guesses.give_back(NAME, ADDRESS)
    assert tries(guesses, NAME, ADDRESS) == OF_ONE_AT_ANOTHER.tries


def test_what_is_remembered_is_bounded() -> None:
    guesses = Guesses(Watch(), keys_max=30)
    for number in range(10_000):
        guesses.take(f"name{number}", f"198.51.{number // 256}.{number % 256}")
        assert len(guesses) <= 30
