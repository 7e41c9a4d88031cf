"""How every test runs."""

import os

from hypothesis import HealthCheck, settings

# Machines are slow and shared at times: how long an example takes says nothing about the floor. CI tries the same
# examples each time, so that a change is judged by itself; `HYPOTHESIS_PROFILE=search` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
