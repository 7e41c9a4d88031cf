"""A mapping that is changed without changing it behaves like a dict that was copied."""

from hypothesis import given
from hypothesis import strategies as st

from controller.overlay import TOP_SIZE_MAX, Overlay

CHANGES = st.lists(st.tuples(st.integers(0, 300), st.integers()), max_size=600)


@given(CHANGES)
def test_it_is_the_dict_of_the_same_changes_in_the_same_order(changes: list[tuple[int, int]]) -> None:
    overlay: Overlay[int, int] = Overlay()
    plain: dict[int, int] = {}
    for key, value in changes:
        overlay, plain[key] = overlay.set(key, value), value
        assert key in overlay
        assert overlay[key] == value
    assert overlay == plain
    assert list(overlay.items()) == list(plain.items())
    assert len(overlay) == len(plain)
    assert 301 not in overlay
    assert overlay.get(301) is None


def test_older_versions_stay_as_they_are() -> None:
    versions: list[Overlay[int, int]] = [Overlay({0: 0})]
    for number in range(1, 3 * TOP_SIZE_MAX):
        versions.append(versions[-1].set(number, number).set(0, number))
    for number, version in enumerate(versions):
        assert len(version) == number + 1
        assert version[0] == number
        assert list(version) == list(range(number + 1))


def test_the_top_stays_small() -> None:
    overlay: Overlay[int, int] = Overlay()
    for number in range(10 * TOP_SIZE_MAX):
        overlay = overlay.set(number, number)
        assert len(overlay._top) <= TOP_SIZE_MAX
