"""A real Prometheus for a test: our configuration, faster, against an address of the test's choice."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

DEADLINE_S = 60.0
POLL_S = 0.2


class Prometheus:
    """A running server."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=f"http://{address}/api/v1", timeout=5)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def get(self, path: str, **params: str) -> Any:
        """Return the data of an answer, ``None`` as long as the server doesn't answer."""
        try:
            answer = self._client.get(path, params=params)
        except httpx.TransportError:
            return None
        return answer.json().get("data") if answer.is_success else None

    def query(self, expression: str) -> dict[str, float]:
        """Wait until an expression has values; return them by their labels, as ``name=value,name=value``."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            data = self.get("/query", query=expression)
            if data is not None and data["result"]:
                return {
                    ",".join(
                        f"{name}={value}" for name, value in sorted(one["metric"].items()) if name != "__name__"
                    ): float(one["value"][1])
                    for one in data["result"]
                }
            time.sleep(POLL_S)
        raise AssertionError(f"no value for {expression} within {DEADLINE_S:g} s")


@contextmanager
def prometheus(configuration: Path, target: str, port: int, folder: Path) -> Iterator[Prometheus]:
    """Run a server.

    Args:
        configuration: a ``prometheus.yml``; the rule files that it names lie beside it.
        target: address to scrape instead of its own.
        port: a free one on loopback.
        folder: for its data.
    """
    program = shutil.which("prometheus")
    if program is None:
        pytest.fail("Prometheus is not there: apt-get install prometheus")
    settings = yaml.safe_load(configuration.read_text("utf-8"))
    settings["global"] = {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"}
    settings["rule_files"] = [str(configuration.parent / path) for path in settings["rule_files"]]
    settings["scrape_configs"][0]["static_configs"] = [{"targets": [target]}]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(settings), "utf-8")
    address = f"127.0.0.1:{port}"
    command = [program, f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}"]
    with subprocess.Popen([*command, f"--web.listen-address={address}"], stderr=subprocess.DEVNULL) as process:
        server = Prometheus(address)
        try:
            yield server
        finally:
            server.close()
            process.terminate()
            process.wait(DEADLINE_S)
