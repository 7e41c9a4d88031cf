"""How many connections a controller and its broker may hold: as many as the system lets them."""

import resource

import structlog

log = structlog.get_logger(__name__)

FILES_WANTED = 65_536
"""Some thousand devices at the broker, as many displays, and room besides; the usual 1,024 would turn half away."""

FEW = 4_096
"""With fewer a large hall's devices and displays may find no place: whoever runs it is told."""


def raise_limit() -> int:
    """Raise the limit of open files, for this process and those that it starts, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, FILES_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft != resource.RLIM_INFINITY and soft < FEW:
        log.warning("few_files", limit=soft, wanted=FILES_WANTED)
    return soft
