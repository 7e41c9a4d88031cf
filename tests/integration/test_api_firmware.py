"""A device is added over HTTP, and ESPHome takes the configuration and the secrets that this brings, as they are."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from api.firmware import MODELS
from tests.support.api_hall import api_hall
from tests.support.firmware import ESPHOME, TIMEOUT_S, read
from tests.support.hall_client import Problem


def check(folder: Path, file: str) -> dict[str, Any]:
    """Have ESPHome check a configuration beside its secrets."""
    path = folder / "board.yaml"
    path.write_text(file, "utf-8")
    done = subprocess.run(
        [str(ESPHOME), "config", str(path)], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    return read(done.stdout)


async def test_esphome_takes_what_a_new_device_is_given(tmp_path: Path) -> None:
    async with api_hall(tmp_path) as hall:
        for kind, models in MODELS.items():
            device = f"New_{kind}"
            joined = await hall.client.ask("POST", "/devices", {"id": device, "kind": kind})
            told = await hall.client.ask("GET", f"/devices/{device}/firmware")
            assert [one["model"] for one in told["models"]] == list(models)
            assert joined["password"] not in str(told)
            assert joined["password"] in joined["secrets"]
            (tmp_path / "secrets.yaml").write_text(joined["secrets"], "utf-8")
            for one in told["models"]:
                mqtt = check(tmp_path, one["file"])["mqtt"]
                assert mqtt["topic_prefix"] == f"yichuang/demo/{device}"
                assert mqtt["port"] == 1883


async def test_what_is_no_device_has_no_firmware(tmp_path: Path) -> None:
    async with api_hall(tmp_path) as hall:
        with pytest.raises(Problem) as caught:
            await hall.client.ask("GET", "/devices/nobody/firmware")
        assert (caught.value.status, caught.value.code) == (404, "device_unknown")
        joined = await hall.client.ask("POST", "/devices", {"id": "voice", "kind": "speaker"})
        assert joined["secrets"] == ""
        assert (await hall.client.ask("GET", "/devices/voice/firmware"))["models"] == []
