"""Ids of what a plan names: texts of their own types, so that one is not taken for another."""

from typing import NewType

HallId = NewType("HallId", str)
ZoneId = NewType("ZoneId", str)
WindowId = NewType("WindowId", str)
ServiceCode = NewType("ServiceCode", str)
DeviceId = NewType("DeviceId", str)
PostId = NewType("PostId", str)

MAIN_ZONE = ZoneId("main")
"""The zone of a hall that has one only."""
