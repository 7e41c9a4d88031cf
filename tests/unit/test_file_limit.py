"""The limit of open files is raised as far as the system lets us, and never lowered."""

import resource

import pytest

from api import file_limit


@pytest.mark.parametrize(
    ("limits", "then"),
    [
        ((1024, 4096), 4096),
        ((1024, 1_000_000), 65_536),
        ((1024, resource.RLIM_INFINITY), 65_536),
        ((99_999, 99_999), 99_999),
    ],
)
def test_it_is_raised_and_never_lowered(monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], then: int) -> None:
    now = [limits]
    monkeypatch.setattr(resource, "getrlimit", lambda _which: now[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _which, new: now.append(new))
    assert file_limit.raise_limit() == now[-1][0] == then
    assert now[-1][1] == limits[1]
