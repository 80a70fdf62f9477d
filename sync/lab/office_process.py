"""A head-office process on this machine: started on a free port, waited for, stopped."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from sync.lab.ports import PlayFaultError

LOG: Final = "serve.log"
READY_S: Final = 30.0
STOP_S: Final = 10.0
ANSWER_S: Final = 60.0
_TAIL: Final = 2_000
_HOST: Final = "127.0.0.1"


class OfficeProcess:
    """Head office served by a process of its own."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self, folder: Path, command: Callable[[int], Sequence[str]]) -> None:
        """Start `command` (of a port) and wait until it answers. Raises PlayFaultError."""
        port = _free_port()
        self.url = f"http://{_HOST}:{port}"
        with (folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(command(port), stdout=log, stderr=log)
        until = time.monotonic() + READY_S
        while time.monotonic() < until and self._process.poll() is None:
            if _answers(port):
                return
            time.sleep(0.05)
        self.stop()
        tail = (folder / LOG).read_text(encoding="utf-8", errors="replace")[-_TAIL:]
        raise PlayFaultError(f"head office did not start:\n{tail}")

    def post(
        self, target: str, told: Mapping[str, object], token: str, now_ms: int
    ) -> tuple[int, dict[str, object]]:
        """Ask something behind the admin token at a business time: status and JSON object of the
        answer. Raises PlayFaultError when there is none."""
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {token}",
            "guibin-time-ms": str(now_ms),
        }
        port = int(self.url.rpartition(":")[2])
        connection = http.client.HTTPConnection(_HOST, port, timeout=ANSWER_S)
        try:
            connection.request("POST", target, json.dumps(told), headers)
            answer = connection.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PlayFaultError(f"head office did not answer {target}: {error}") from None
        finally:
            connection.close()
        return answer.status, body if isinstance(body, dict) else {}

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End the process, at the latest after STOP_S."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=2.0)
    try:
        connection.request("GET", "/v1/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
