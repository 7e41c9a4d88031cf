"""MicroPython's `umqtt`, as far as the guide's device needs it."""
