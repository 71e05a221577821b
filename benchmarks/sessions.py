"""Twenty browsers on a training run: how long a rerun takes, and what being watched costs the training.

    python -m benchmarks.sessions [--json] [--browsers 20] [--seconds 30]

A server, a run and its watchers, all of them real but for the drawing: each watcher speaks Streamlit's own protocol over a websocket, opens
the Train page of the run, and answers the page's clock as a browser does. Timed is from asking for a rerun to its end. The run's own speed is
read from its metrics, in alternating windows with nobody and with one watcher.
"""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.measuring import Line, report

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0  # seconds until a rerun counts as lost


class Watcher:
    """One browser on one page, without the drawing."""

    def __init__(self, port: int, query: str) -> None:
        self.port, self.query = port, query
        self.times: list[float] = []  # seconds of each rerun
        self.bytes = 0

    async def watch(self, until: float) -> None:
        """Opens the page and answers its clock until a moment of time.monotonic()."""
        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        async with websockets.connect(address, origin=f"http://127.0.0.1:{self.port}", max_size=None, subprotocols=["streamlit"]) as connection:
            self.connection = connection
            fragments = await self._rerun("", time.monotonic())
            while time.monotonic() < until and fragments:
                fragment, interval = next(iter(fragments.items()))
                await asyncio.sleep(interval)
                began = time.monotonic()
                fragments = await self._rerun(fragment, began) or fragments
                self.times.append(time.monotonic() - began)

    async def _rerun(self, fragment: str, began: float) -> dict[str, float]:
        """Asks for a rerun and reads until it has ended; the clocks that it set."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = "train"
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        await self.connection.send(message.SerializeToString())
        clocks: dict[str, float] = {}
        while time.monotonic() - began < PATIENCE:
            received = await asyncio.wait_for(self.connection.recv(), PATIENCE)
            self.bytes += len(received)
            answer = ForwardMsg.FromString(received)
            kind = answer.WhichOneof("type")
            if kind == "auto_rerun":
                clocks[answer.auto_rerun.fragment_id] = answer.auto_rerun.interval
            if kind == "script_finished" and answer.script_finished in (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY):
                return clocks
        raise TimeoutError("A rerun did not end.")


@contextmanager
def server(home: Path):
    """The app on a free port with a workspace of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless", "true"],
        cwd=ROOT,
        env={**os.environ, "ORRERY_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


async def watched(port: int, query: str, n: int, seconds: float) -> list[Watcher]:
    """So many watchers for so long."""
    watchers = [Watcher(port, query) for _ in range(n)]
    until = time.monotonic() + seconds
    await asyncio.gather(*(each.watch(until) for each in watchers))
    return watchers


def measure(n_browsers: int, seconds: float, rounds: int) -> tuple[list[Line], dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="orrery-") as folder:
        home = Path(folder)
        os.environ["ORRERY_HOME"] = folder
        run = _started()
        try:
            with server(home) as port:
                query = f"run={run.id}"
                asyncio.run(watched(port, query, 1, 5))  # imports, caches
                crowd = asyncio.run(watched(port, query, n_browsers, seconds))
                ratios = [_cost_of_watching(run, port, query, n) for n in range(rounds)]
        finally:
            run.stop()
            until = time.monotonic() + 30
            while run.held() and time.monotonic() < until:
                time.sleep(0.1)
    times = sorted(each for watcher in crowd for each in watcher.times)
    p50, p95 = statistics.median(times), times[int(0.95 * (len(times) - 1))]
    cost = statistics.median(ratios)
    lines = [
        Line("sessions_rerun_p50_s", f"median rerun, {n_browsers} browsers", p50, "s"),
        Line("sessions_rerun_p95_s", f"95th percentile of {len(times)} reruns (goal 0.5)", p95, "s"),
        Line("sessions_bytes_a_rerun", "sent to a browser a rerun", statistics.median(each.bytes / max(len(each.times), 1) for each in crowd), "B"),
        Line("watched_vs_unwatched_speed", "training speed with one watcher / with none (goal 0.97)", cost, "x", tuple(ratios)),
    ]
    return lines, {"browsers": n_browsers, "seconds": seconds, "rounds": rounds, "run": "skip-gram on the small world, 2 threads, training all the while"}


def _started():
    """A skip-gram run that outlasts the measurement, past its preparation."""
    from core.systems import system
    from core.training import launching
    from core.training.run import RunConfig, create

    row = system("skip-gram")
    run = create(RunConfig(row.name, "small-world", row.tokenizer, row.settings(n_steps=1_000_000)))
    launching.launch(run)
    until = time.monotonic() + 120
    while run.status().step < 1 and time.monotonic() < until:
        time.sleep(0.2)
    assert run.status().state == "running", run.status()
    return run


def _cost_of_watching(run, port: int, query: str, n: int, seconds: float = 6.0) -> float:
    """Steps with one watcher over steps with none, in two windows one after the other; every other time in the other order, for machines drift."""
    windows = [lambda: asyncio.run(watched(port, query, 1, seconds)), lambda: time.sleep(seconds)]
    speeds = [_speed(run, window) for window in (windows if n % 2 else reversed(windows))]
    return speeds[0] / speeds[1] if n % 2 else speeds[1] / speeds[0]


def _speed(run, pass_time) -> float:
    """Steps a second between two rows of the run's own metrics."""
    before = run.status()
    pass_time()
    after = run.status()
    return (after.step - before.step) / (after.seconds - before.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--browsers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rounds", type=int, default=10, help="pairs of windows, watched and not")
    arguments = parser.parse_args()
    lines, settings = measure(arguments.browsers, arguments.seconds, arguments.rounds)
    report("sessions", lines, settings, arguments.json)


if __name__ == "__main__":
    main()
