"""The whole program over TLS: a broker of somebody else that knows its clients by certificate, pages over https."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect

from api.certificates import TlsFiles, make_authority, make_server
from devices.agent.link import Link
from devices.agent.wire import Broker, new_event
from tests.support.access import access_headers
from tests.support.controller_process import controller_process
from tests.support.hall_plan import HALL, PENSION, write_plan
from tests.support.mosquitto import POLL_S, mosquitto

HOST = "127.0.0.1"


def client_certificate(path: Path) -> Path:
    """Make a certificate for a client of the broker, its key in the same file, that vouches for itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "controller")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


async def test_a_ticket_over_mqtts_is_seen_over_https_and_wss(tmp_path: Path) -> None:
    data = tmp_path / "data"
    files, client = TlsFiles.of(data), client_certificate(tmp_path / "client.pem")
    make_authority(files, datetime.now(UTC))
    make_server(files, (HOST,), datetime.now(UTC))
    settings = f"cafile {client}\ncertfile {files.certificate}\nkeyfile {files.key}\nrequire_certificate true"
    environment = {
        "YICHUANG_BROKER_CA": str(files.ca),
        "YICHUANG_BROKER_CERT": str(client),
        "YICHUANG_HTTPS": "1",
    }
    trust = ssl.create_default_context(cafile=str(files.ca))
    async with mosquitto(tmp_path / "broker", settings=settings) as broker:
        where = Broker(HOST, broker.port, tls=True, ca_file=str(files.ca), cert_file=str(client))
        url = f"mqtts://{HOST}:{broker.port}"
        plan = write_plan(tmp_path)
        async with (
            controller_process(tmp_path, plan, data=data, broker=url, environment=environment) as controller,
            httpx.AsyncClient(
                verify=trust, base_url=controller.http, headers=access_headers(controller.http), timeout=30
            ) as http,
            Link(HALL, "machine-1", where) as link,
        ):
            reply = await link.request(new_event("ticket_requested", services=[PENSION]))
            assert reply.ok, reply.body
            ticket = (await http.get(f"/api/v1/halls/{HALL}/tickets/{reply.body['ticket']}")).json()
            assert ticket["number"] == reply.body["number"]
            address = controller.http.replace("https", "wss", 1) + f"/ws/v1/halls/{HALL}/boards/tv-1"
            async with connect(address, ssl=trust) as display:
                assert '"board"' in str(await asyncio.wait_for(display.recv(), 30))
            port = int(controller.http.rpartition(":")[2])
            await shown_anew(port, files)
            assert (await http.get("/healthz")).status_code == 200


async def shown_anew(port: int, files: TlsFiles) -> None:
    """Renew the certificate and wait until the running program shows the new one."""

    def shown() -> str:
        return ssl.get_server_certificate((HOST, port), ca_certs=str(files.ca), timeout=10)

    before = await asyncio.to_thread(shown)
    make_server(files, (HOST,), datetime.now(UTC))
    async with asyncio.timeout(30):
        while True:
            if await asyncio.to_thread(shown) != before:
                return
            await asyncio.sleep(POLL_S)
