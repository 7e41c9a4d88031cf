"""What runs the core: the event log, the engine, projections, metrics and texts."""
