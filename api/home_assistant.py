"""Home Assistant's MQTT discovery, where a hall wants it: each device's availability and how many wait for it.

Home Assistant finds what stands retained at ``homeassistant/…/config`` and reads our own topics from there on, so that
nothing is said twice. Off unless ``serve --home-assistant``. https://www.home-assistant.io/integrations/mqtt/
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from api.device_states import HAS_STATE
from controller import events as e
from controller.plan import Device, HallId, Plan
from controller.runtime.catalogue import text
from controller.runtime.hall_days import Commit
from devices.topics import DISCOVERY_ROOT, Leaf, build


def discovery(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return what tells Home Assistant of a hall's devices, by topic."""
    found: dict[str, dict[str, Any]] = {}
    for device in plan.devices:
        if device.kind not in HAS_STATE:  # a TV doesn't speak MQTT
            continue
        unique = f"yichuang_{plan.hall.id}_{device.id}"
        found[f"{DISCOVERY_ROOT}/binary_sensor/{unique}/online/config"] = _entity(plan, device, "online") | {
            "state_topic": build(plan.hall.id, device.id, Leaf.STATUS),
            "payload_on": "online",
            "payload_off": "offline",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
        }
        found[f"{DISCOVERY_ROOT}/sensor/{unique}/waiting/config"] = _entity(plan, device, "waiting") | {
            "state_topic": build(plan.hall.id, device.id, Leaf.STATE),
            "value_template": "{{ value_json.waiting }}",
            "state_class": "measurement",
            "icon": "mdi:account-clock",
        }
    return found


def _entity(plan: Plan, device: Device, what: str) -> dict[str, Any]:
    unique = f"yichuang_{plan.hall.id}_{device.id}"
    return {
        "name": text(f"home_assistant.{what}", plan.hall.language),
        "unique_id": f"{unique}_{what}",
        "device": {
            "identifiers": [unique],
            "name": f"{plan.hall.name} {device.id}",
            "manufacturer": "Yichuang",
            "model": device.kind.value,
        },
    }


class HomeAssistant:
    """Keeps the discovery of each hall in step with its plan."""

    def __init__(self, publish: Callable[[str, bytes], None], plans: Mapping[HallId, Plan]) -> None:
        """Tell of every hall.

        Args:
            publish: replaces what the broker keeps at a topic; b"" takes it away.
            plans: those in force.
        """
        self._publish = publish
        self._told: dict[HallId, frozenset[str]] = {}
        for plan in list(plans.values()):
            self.tell(plan)

    def changed(self, commit: Commit) -> None:
        """Take a commit: a new plan may have other devices."""
        if any(isinstance(recorded.event, e.DayOpened | e.PlanChanged) for recorded in commit.events):
            self.tell(commit.day.plan)

    def tell(self, plan: Plan) -> None:
        """Tell of a hall's devices, and take away those that it had before."""
        configs = discovery(plan)
        for topic, config in configs.items():
            self._publish(topic, orjson.dumps(config))
        for gone in self._told.get(plan.hall.id, frozenset()) - configs.keys():
            self._publish(gone, b"")
        self._told[plan.hall.id] = frozenset(configs)
