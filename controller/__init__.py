"""The floor decides here: a pure core, and under runtime/ the engine that runs it."""
