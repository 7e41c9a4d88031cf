"""The MQTT contract described for other people's programs: JSON Schemas, the AsyncAPI document, and examples."""
