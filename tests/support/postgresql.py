"""A private PostgreSQL of the tests: a cluster in a temporary folder on a free port of loopback, stopped by its pid."""

import contextlib
import itertools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.ports import free_port

INSTALLED = "/usr/lib/postgresql"
ACCOUNT = "postgres"
"""The server refuses to run as root; as root it runs under the account that its package made."""
START_S = 60.0
STOP_S = 30.0
POLL_S = 0.02
PORTS_MAX = 5
"""Ports tried: another program may take one between our looking and the server's start."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",  # what is tested is the death of processes; the machine stays up
    "max_connections": "40",
    "shared_buffers": "32MB",
    "log_min_messages": "fatal",
}


class PostgresqlMissing(Exception):
    """No PostgreSQL is installed."""


def installed_programs() -> Path:
    """Return the folder of the newest installed server's programs.

    Raises:
        PostgresqlMissing: there is none.
    """
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    versions = [path.parent for path in Path(INSTALLED).glob("*/bin/postgres")]
    if not versions:
        raise PostgresqlMissing("PostgreSQL is not installed (apt-get install postgresql)")
    return max(versions, key=lambda path: float(path.parent.name))


class Postgresql:
    """A server that keeps its folder and its port from one start to the next.

    Attributes:
        port: TCP port on 127.0.0.1.
    """

    def __init__(self) -> None:
        """Create a cluster.

        Raises:
            PostgresqlMissing: no PostgreSQL is installed.
        """
        self.port = 0
        self._programs = installed_programs()
        self._as_user: dict[str, Any] = {}
        self._password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count(1)
        self._folder = Path(tempfile.mkdtemp(prefix="yichuang-postgresql-"))
        if os.geteuid() == 0:
            account = pwd.getpwnam(ACCOUNT)
            self._as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        password_file = self._folder / "password"
        password_file.write_text(self._password, encoding="ascii")
        self.own(self._folder, password_file)
        subprocess.run(
            [
                *(self._programs / "initdb", "--pgdata", self._folder / "data", "--username", "yichuang"),
                *("--auth", "scram-sha-256", "--pwfile", password_file),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
            timeout=START_S,
            **self._as_user,
        )

    def own(self, *paths: Path) -> None:
        """Give files to the account that the server runs under."""
        if self._as_user:
            for path in paths:
                os.chown(path, self._as_user["user"], self._as_user["group"])

    def url(self, name: str) -> str:
        """Return the address of a database for SQLAlchemy."""
        return f"postgresql+psycopg://yichuang:{self._password}@127.0.0.1:{self.port}/{name}"

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        """Connect as the cluster's owner, committing each statement."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="yichuang",
            password=self._password,
            dbname=name,
            autocommit=True,
            connect_timeout=5,
        )

    def create_database(self, options: str = "") -> str:
        """Create an empty database and return its name.

        Args:
            options: more of ``CREATE DATABASE``, such as a tablespace.
        """
        name = f"log{next(self._names)}"
        with contextlib.closing(self.connect()) as connection:
            connection.execute(f"CREATE DATABASE {name} {options}".encode())
        return name

    def start(self) -> None:
        """Start and wait until it takes connections. It keeps the port of its first start."""
        for _ in range(PORTS_MAX):
            port = self.port or free_port()
            settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
            with (self._folder / "log").open("ab") as messages:
                self._process = subprocess.Popen(
                    [self._programs / "postgres", "-D", self._folder / "data", "-p", str(port), *settings],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=messages,
                    cwd=self._folder,
                    **self._as_user,
                )
            if self._takes_connections(port):
                return
        raise AssertionError(f"PostgreSQL does not start: {(self._folder / 'log').read_text('utf-8')}")

    def _takes_connections(self, port: int) -> bool:
        assert self._process is not None
        before, self.port = self.port, port
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                time.sleep(POLL_S)
            else:
                return True
        self.port = before
        self.kill()
        return False

    def stop(self) -> None:
        """End it in order, disconnecting everybody."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it at once, as a crash would: it recovers from its own log when it is started again."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)

    def remove(self) -> None:
        """Stop it and delete its folder."""
        self.kill()
        shutil.rmtree(self._folder)


_CLUSTER = pytest.StashKey[Postgresql]()


def postgresql(config: pytest.Config) -> Postgresql:
    """Return the one running cluster of a test session, started when first asked for and removed at the end.

    Without an installed PostgreSQL the asking test is skipped, except under ``CI=true``, where it fails.
    """
    if _CLUSTER not in config.stash:
        try:
            cluster = Postgresql()
        except PostgresqlMissing as missing:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(missing))
        config.add_cleanup(cluster.remove)
        config.stash[_CLUSTER] = cluster
        cluster.start()
    return config.stash[_CLUSTER]
