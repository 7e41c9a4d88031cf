"""Whether a broker lets an account in, in words for whoever installs it."""

import aiomqtt

from devices.agent.wire import Broker

WITHIN_S = 5.0


async def enter(broker: Broker, device: str) -> str:
    """Connect once, as somebody beside the device's own program, and leave.

    Returns:
        What is wrong and what to do; "" if the broker lets it in.
    """
    where = f"{broker.host}:{broker.port}"
    try:
        async with aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=f"{device}-check",
            protocol=aiomqtt.ProtocolVersion.V5,
            timeout=WITHIN_S,
            tls_context=broker.tls_context(),
        ):
            return ""
    except aiomqtt.MqttError as error:
        reason = str(error)
    if "Bad user name or password" in reason or "Not authorized" in reason:
        return f"{where} doesn't know this account or password; write what 'yichuang device add' printed"
    if "CERTIFICATE" in reason.upper():
        return f"{where} isn't who it says ({reason}); copy the hall's ca.pem and name it as ca_file"
    return f"{where} doesn't answer ({reason}); is the controller running, and the network up?"
