"""What chance decides in the demo: seeded, so that these are facts and not luck."""

from dataclasses import replace
from itertools import islice, takewhile
from statistics import fmean

import pytest

from api.demo import chance as ch
from controller.plan import Lane, Selector, ServiceCode, WindowId
from tests.support.core_floor import ALL, GRIEVANCE, PENSION, POLICE, RURAL, SERVICES, SOCIAL, UNRESOLVED, floor_plan

STAFFED = frozenset({ALL, SOCIAL, POLICE, RURAL, UNRESOLVED})
DRAWS = 20_000
DAY_S = ch.DAY_H * ch.HOUR_S


def people(count: int, seed: int = 1) -> list[ch.Wish]:
    source = ch.generator(seed, "people")
    return [ch.wish(source, floor_plan(), STAFFED) for _ in range(count)]


def opinions(waited_s: float) -> list[ch.Opinion | None]:
    source = ch.generator(1, "opinions")
    return [ch.opinion(source, waited_s) for _ in range(DRAWS)]


def share(values: list[bool]) -> float:
    return sum(values) / len(values)


def test_the_same_seed_gives_the_same_people_and_another_gives_others() -> None:
    assert people(50) == people(50)
    assert people(50) != people(50, seed=2)


def test_what_one_person_does_changes_nothing_for_another() -> None:
    assert ch.generator(1, "a").random() == ch.generator(1, "a").random()
    assert ch.generator(1, "a").random() != ch.generator(1, "b").random()


def test_a_day_goes_through_its_points_and_begins_again() -> None:
    for hour, factor in ch.DAY_SHAPE[:-1]:
        assert ch.day_factor(hour * ch.HOUR_S) == pytest.approx(factor)
        assert ch.day_factor((hour + ch.DAY_H) * ch.HOUR_S) == pytest.approx(factor)
    assert ch.DAY_SHAPE[0][1] == ch.DAY_SHAPE[-1][1], "no leap from one day to the next"
    assert ch.day_factor(0.75 * ch.HOUR_S) == pytest.approx(1.3 + 0.05 * 0.25)


def test_the_morning_is_busier_than_noon() -> None:
    assert ch.day_factor(1.5 * ch.HOUR_S) > 2 * ch.day_factor(4 * ch.HOUR_S)


def test_a_constant_rate_gives_as_many_as_it_says() -> None:
    times = list(takewhile(lambda at: at < DRAWS, ch.arrivals(lambda _: 0.5, 1.0, ch.generator(1, "rate"))))
    assert len(times) == pytest.approx(DRAWS * 0.5, rel=0.03)
    assert times == sorted(times)


def test_people_come_as_the_shape_of_the_day_says() -> None:
    base = 0.5
    days = 4
    times = list(takewhile(lambda at: at < days * DAY_S, ch.hall_arrivals(base, ch.generator(1, "day"))))
    for hour in range(int(ch.DAY_H)):
        begin = hour * ch.HOUR_S
        seen = sum(1 for at in times if begin <= at % DAY_S < begin + ch.HOUR_S)
        expected = fmean(ch.day_factor(begin + 60 * minute + 30) for minute in range(60)) * base * ch.HOUR_S * days
        assert seen == pytest.approx(expected, rel=0.08), hour


def test_a_service_takes_its_minutes_on_average_and_never_absurdly_long() -> None:
    source = ch.generator(1, "service")
    times = [ch.service_s(source, 10) for _ in range(DRAWS)]
    assert fmean(times) == pytest.approx(600, rel=0.03)
    assert min(times) >= 600 * ch.SERVICE_SHARE_MIN
    assert max(times) <= 600 * ch.SERVICE_SHARE_MAX
    assert share([time > 1200 for time in times]) < 0.1


def test_one_window_serves_one_after_another() -> None:
    plan = floor_plan(services=SERVICES[:1])
    only = replace(plan, windows=plan.windows[:1])
    assert ch.arrival_rate_max(only, frozenset({ALL})) == pytest.approx(1 / (6 * 60 + ch.OVERHEAD_S))


def test_the_busiest_group_of_services_decides() -> None:
    """The window for complaints alone can't keep up sooner than all five together are full."""
    rate = ch.arrival_rate_max(floor_plan(), STAFFED)
    shares = ch.popularity(SERVICES)
    needed_s = {service.code: service.minutes * 60 + ch.OVERHEAD_S for service in SERVICES}
    for group in (STAFFED, frozenset({ALL, UNRESOLVED}), frozenset({ALL, SOCIAL})):
        load = sum(
            rate * shares[code] * needed_s[code]
            for code, windows in floor_plan().windows_for.items()
            if windows & STAFFED <= group
        )
        assert load <= len(group) + 1e-9


def test_without_a_clerk_nobody_can_come() -> None:
    assert ch.arrival_rate_max(floor_plan(), frozenset()) == 0


def test_people_come_for_what_has_a_clerk_only() -> None:
    source = ch.generator(1, "social only")
    wanted = {code for _ in range(300) for code in ch.wish(source, floor_plan(), frozenset({SOCIAL})).services}
    assert wanted == {code for code, windows in floor_plan().windows_for.items() if SOCIAL in windows}


def test_a_package_fits_one_window_and_the_later_services_are_rarer() -> None:
    crowd = people(4000)
    plan = floor_plan()
    packages = [wish.services for wish in crowd if len(wish.services) > 1]
    assert len(packages) > 100
    for first, second in packages:
        assert first != second
        assert plan.windows_for[first] & plan.windows_for[second]
    firsts = [wish.services[0] for wish in crowd]
    assert firsts.count(PENSION) > 2 * firsts.count(GRIEVANCE) > 0


def test_people_are_not_all_alike() -> None:
    crowd = people(4000)
    assert share([wish.lane is Lane.GREEN for wish in crowd]) == pytest.approx(ch.GREEN, abs=0.02)
    assert share([wish.by_phone for wish in crowd]) == pytest.approx(ch.PHONE, abs=0.02)
    assert share([wish.walk_s is None for wish in crowd]) == pytest.approx(ch.ABSENT, abs=0.02)
    assert 0 < share([wish.patience_s is not None for wish in crowd]) < 0.1
    assert 0.4 < share([wish.crowd_max is not None for wish in crowd]) < 0.6
    assert all(wish.walk_s is None or wish.walk_s > 0 for wish in crowd)


def test_most_say_nothing_and_those_who_do_are_mostly_but_not_always_satisfied() -> None:
    said = [each for each in opinions(300) if each is not None]
    assert len(said) / DRAWS == pytest.approx(ch.RATES, abs=0.02)
    good = share([each.level >= 4 for each in said])
    assert 0.8 < good < 0.95, "never 99.99 %"
    assert {each.level for each in said} == {1, 2, 3, 4, 5}


def test_a_bad_rating_has_a_reason_and_every_tag_belongs_to_its_level() -> None:
    for each in filter(None, opinions(300)):
        first, last = ch.TAGS[each.level]
        assert all(first <= int(tag) <= last for tag in each.tags)
        assert len(set(each.tags)) == len(each.tags) <= ch.TAGS_MAX
        assert each.tags or each.level > ch.BAD_LEVEL_MAX


def test_a_long_wait_makes_ratings_worse() -> None:
    short = fmean(each.level for each in opinions(60) if each is not None)
    long = fmean(each.level for each in opinions(4 * ch.PATIENT_S) if each is not None)
    assert long < short - 0.3


def test_by_weight_nothing_of_weight_zero_is_picked() -> None:
    source = ch.generator(1, "pick")
    assert {ch.pick(source, {"a": 1.0, "b": 0.0}) for _ in range(100)} == {"a"}


def test_selectors_of_another_plan_are_no_trouble() -> None:
    plan = floor_plan()
    lone = replace(plan.windows[0], serves=(Selector(code=PENSION),), id=WindowId("9"))
    narrow = replace(plan, windows=(lone,), services=SERVICES[:1])
    source = ch.generator(1, "narrow")
    assert {ch.wish(source, narrow, frozenset({lone.id})).services for _ in range(50)} == {(ServiceCode(PENSION),)}


def test_arrivals_never_end() -> None:
    assert len(list(islice(ch.hall_arrivals(0.01, ch.generator(1, "long")), 500))) == 500
