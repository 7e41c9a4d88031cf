"""When a hall is open."""

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours in the hall's own time; ``closes`` is the first minute that is closed."""

    opens: time
    closes: time
