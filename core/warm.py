"""A process that has slow imports behind it and answers questions on a socket.

A worker is a module that can be run: `python -m NAME` calls `serve(NAME, handle, prepare)`. Whoever needs it calls

    ensure(NAME)                    start it when it is not there; does not wait
    ask(NAME, message, timeout)     its answer, a dict; None when it is not there or does not answer in time (starting=True: wait for
                                    one that has just been started, too);
                                    ValueError, in words, where its `handle` raised one

and the worker's module defines

    prepare() -> None               the slow imports; questions that come meanwhile wait
    handle(message, answer) -> None calls `answer(dict)` once, and may work on after it

Messages are JSON; arrays travel as paths of files. With `forks=True` each question is handled in a forked child (start no thread in
`prepare`); otherwise one after the other, in the worker itself. A worker belongs to one workspace, one interpreter and one state of the code:
its socket's name is made from them, so that changed code meets a new worker. It ends when idle, when its socket or workspace disappears, and
when the code changes; it outlives the process that started it.
"""

import gc
import hashlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core import locks
from core.settings import Number
from core.workspace import subfolder, workspace

Message = dict[str, Any]
Handle = Callable[[Message, Callable[[Message], None]], None]

IDLE = 30 * 60.0  # seconds
_LONGEST = 100  # characters of a socket's path; the system's limit is 107
_STARTED: list[subprocess.Popen[bytes]] = []  # kept to be reaped


def ensure(name: str, environment: Mapping[str, str] | None = None) -> None:
    """Starts the worker when it is not there, in a session of its own. Does not wait."""
    _STARTED[:] = [process for process in _STARTED if process.poll() is None]
    if locks.held(_address(name, workspace()).with_suffix(".lock")):
        return
    with open(subfolder("cache", "warm") / f"{name}.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", name],
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "ORRERY_HOME": str(workspace()), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _STARTED.append(process)


def ask(name: str, message: Message, timeout: Number, *, starting: bool = False) -> Message | None:
    """The worker's answer; None when there is none within `timeout` seconds. ValueError where the worker says one.

    starting: wait for a worker that has just been started, too.
    """
    until = time.time() + timeout
    address = _address(name, workspace())
    while starting and not address.exists() and time.time() < until:
        time.sleep(0.02)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(max(0.01, until - time.time()))
        try:
            connection.connect(str(address))
            # A worker that gets to it later must not begin what the asker has given up.
            connection.sendall(json.dumps({"until": until, "message": message}).encode() + b"\n")
            with connection.makefile("rb") as stream:
                line = stream.readline()
        except OSError:  # not there, or too slow
            return None
    if not line.endswith(b"\n"):
        return None
    answer: Message = json.loads(line)
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer


def serve(name: str, handle: Handle, prepare: Callable[[], None], *, forks: bool = False, idle: Number = IDLE) -> None:
    """Answers until idle for `idle` seconds. Returns at once when another process serves this name."""
    home = workspace()
    path = _address(name, home)
    lock = locks.take(path.with_suffix(".lock"))
    if lock is None:
        return
    path.unlink(missing_ok=True)
    with lock, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        listener.settimeout(2.0)
        ours = path.stat().st_ino
        prepare()
        gc.freeze()  # what is imported stays shared with the children
        try:
            _answer_all(listener, (lock.fileno(), listener.fileno()) if forks else None, handle, idle, lambda: _current(name, path, ours, home))
        finally:
            if path.exists() and path.stat().st_ino == ours:
                path.unlink()


def _answer_all(listener: socket.socket, forked: tuple[int, int] | None, handle: Handle, idle: Number, current: Callable[[], bool]) -> None:
    children: set[int] = set()
    used = time.monotonic()
    while True:
        children = {child for child in children if os.waitpid(child, os.WNOHANG)[0] == 0}
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            if children:
                used = time.monotonic()
            if not current() or time.monotonic() - used > idle:
                return
            continue
        with connection:
            if forked is None:
                _answer_one(connection, handle)
            elif child := os.fork():
                children.add(child)
            else:
                _be_child(connection, forked, handle)
        used = time.monotonic()


def _be_child(connection: socket.socket, inherited: tuple[int, int], handle: Handle) -> None:
    """Handles one question and ends; never returns."""
    try:
        for number in inherited:  # or a child would hold the worker's lock after the worker's end
            os.close(number)
        _answer_one(connection, handle)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _answer_one(connection: socket.socket, handle: Handle) -> None:
    def answer(reply: Message) -> None:
        try:
            connection.sendall(json.dumps(reply).encode() + b"\n")
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:  # the asker has gone
            pass

    try:
        connection.settimeout(5.0)
        with connection.makefile("rb") as stream:
            asked = json.loads(stream.readline())
        if time.time() < asked["until"]:
            handle(asked["message"], answer)
    except ValueError as error:
        answer({"error": str(error)})
    except Exception:  # one question must not end the worker; the asker sees no answer, the log sees why
        traceback.print_exc()


def _address(name: str, home: Path) -> Path:
    """The socket of this worker, in a folder that is only ours."""
    newest = max(path.stat().st_mtime_ns for path in Path(__file__).parent.rglob("*.py"))
    key = hashlib.sha256(f"{home}\0{sys.executable}\0{newest}\0{name}".encode()).hexdigest()[:20]
    path = Path(tempfile.gettempdir()) / f"orrery-{os.getuid()}" / f"{key}.socket"
    if len(str(path)) > _LONGEST:
        path = Path("/tmp") / path.parent.name / path.name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    found = path.parent.lstat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077 or not stat.S_ISDIR(found.st_mode):
        raise ValueError(f"{path.parent} is not a private folder of this user; remove it, or set TMPDIR to another place.")
    return path


def _current(name: str, path: Path, ours: int, home: Path) -> bool:
    """Whether the socket and the workspace are still there, and the code is what this worker has loaded."""
    try:
        return home.is_dir() and path.stat().st_ino == ours and _address(name, home) == path
    except FileNotFoundError:
        return False
