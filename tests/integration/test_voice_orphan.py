"""A voice worker whose engine hangs and whose controller is gone ends all the same."""

import json
import signal
import subprocess
import sys

PROGRAM = """
import threading, devices.voice_worker as worker
class Hanging:
    def __init__(self, driver): pass
    def speak(self, *_): threading.Event().wait()
worker.Engine = Hanging
worker.ALARM_GRACE_S = 0.1
worker.main()
"""
ENDS_WITHIN_S = 60


def test_a_hung_worker_that_nobody_ends_ends_by_itself() -> None:
    request = {"id": 1, "text": "请", "language": "zh-CN", "rate_wpm": 150, "path": "/nowhere.wav", "limit_s": 0.1}
    request |= {"volume_lu": 0, "chime": True, "readings": [], "tail": []}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        try:
            assert process.wait(ENDS_WITHIN_S) == -signal.SIGALRM
        finally:
            process.kill()
