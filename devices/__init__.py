"""Everything that hangs on MQTT: gateway, managed broker, voice, receipts, and the device programs."""
