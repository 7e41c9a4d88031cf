"""A living hall to look at: simulated people at real device programs, through the public contract alone."""
