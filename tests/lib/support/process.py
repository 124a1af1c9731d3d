"""Child processes that never outlive the test run."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    # Runs in the child, between fork and exec: a test run that is killed takes it along.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # A shell has its background jobs ignore it, and what they start would inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


READ_PAUSE = 0.3  # seconds between two readings of a whole topic, which keep a core busy


class Process:
    """A started program whose output goes to a log file."""

    def __init__(self, command, log, env=None, cwd=None):
        self.command = [str(part) for part in command]
        self.log = Path(log)
        with open(self.log, "ab") as output:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self):
        return self._child.pid

    def exit_code(self):
        """None while it runs; -N when signal N ended it."""
        return self._child.poll()

    def wait(self, seconds):
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.command[0]} did not end within {seconds} s\n{self.tail()}"
            ) from None

    def signal(self, number):
        if self.exit_code() is None:
            self._child.send_signal(number)

    def stop(self, seconds=20):
        """SIGTERM, and SIGKILL after the deadline. The exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self):
        self.signal(signal.SIGKILL)
        return self._child.wait()

    def read_log(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines=60):
        return f"--- last lines of {self.log}:\n" + "\n".join(self.read_log().splitlines()[-lines:])

    def peak_memory(self):
        """Largest resident size so far, in bytes; only while it runs."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("the kernel gives no VmHWM")


def wait_until(condition, seconds, what, process=None, pause=0.05):
    """The first true value of condition(), asked for every `pause` seconds; an assertion naming
    `what` after the deadline, or as soon as the process is gone."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if process is not None and process.exit_code() is not None:
            raise AssertionError(
                f"exited with {process.exit_code()} while waiting for {what}\n{process.tail()}"
            )
        if time.monotonic() > deadline:
            where = process.tail() if process is not None else ""
            raise AssertionError(f"waited {seconds} s for {what}\n{where}")
        time.sleep(pause)


def free_ports(count):
    """Loopback ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()
