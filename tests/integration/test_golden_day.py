"""A controller that finds the golden day in its log goes on from the very state that the core comes to."""

from datetime import timedelta
from pathlib import Path

from controller.evolve import fold
from controller.plan import HallId
from controller.runtime.stream_forms import stream_name
from tests.support.engines import HandClock, floors_on, read_stream
from tests.support.golden_day import kept, kept_rows, plan
from tests.support.journals import journal_at

HALL = HallId("golden")


async def test_an_engine_that_starts_in_the_middle_of_the_day_knows_all_of_it(tmp_path: Path) -> None:
    stream, rows = kept(), kept_rows()
    for end in (len(rows) // 2, len(rows) - 1):  # before the day is closed: a closed one is followed by the next
        clock = HandClock(stream[end - 1].at + timedelta(seconds=1))
        async with journal_at(f"sqlite:///{tmp_path / f'{end}.db'}") as journal:
            await journal.append(stream_name(HALL, stream[0].at.date()), rows[:end])
            async with floors_on(journal, clock, plan()) as floors:
                day = await floors.day(HALL)
            written = await read_stream(journal, HALL, stream[0].at.date())
        assert written[:end] == stream[:end]
        assert day == fold(written)
