"""visitfeed's programs, run as people run them."""

import re
import subprocess
from pathlib import Path

from support.process import Process, wait_until

START_SECONDS = 30
_FIELD = re.compile(r'([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)')


def parse_logfmt(line):
    """One line of the log as a dict of texts."""
    fields = {}
    for key, value in _FIELD.findall(line):
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        fields[key] = value
    return fields


def write_config(path, sections):
    """An INI file from {section: {key: value}}."""
    lines = []
    for section, options in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {value}" for key, value in options.items()]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


class Daemon(Process):
    """A running visitfeed-consumer."""

    def __init__(self, build, folder, sections):
        folder = Path(folder)
        number = len(list(folder.glob("daemon-*.log"))) + 1
        config = folder / f"daemon-{number}.conf"
        write_config(config, sections)
        program = Path(build) / "consumer" / "daemon" / "visitfeed-consumer"
        super().__init__([program, "--config", config], folder / f"daemon-{number}.log")

    def lines(self, message=None):
        """Lines of the log as dicts: all, or those of one message."""
        parsed = [parse_logfmt(line) for line in self.read_log().splitlines()]
        return [line for line in parsed if message is None or line.get("msg") == message]

    def wait_line(self, condition, seconds, what):
        """The first line of the log, as a dict, for which the condition holds."""
        return wait_until(
            lambda: next((line for line in self.lines() if condition(line)), None),
            seconds,
            what,
            self,
        )

    def wait_running(self):
        self.wait_line(lambda line: line.get("msg") == "running", START_SECONDS, "msg=running")
        return self

    def wait_assigned(self):
        """Until the group gave it its partitions, which it tells in the status line."""
        self.wait_running()
        self.wait_line(
            lambda line: line.get("msg") == "status" and line.get("partitions", "0") != "0",
            START_SECONDS,
            "partitions in the status line",
        )
        return self

    def totals(self):
        """in, out, dead_letters, in_flight of the last line that has them."""
        names = ("in", "out", "dead_letters", "in_flight")
        for line in reversed(self.lines()):
            if all(name in line for name in names):
                return {name: int(line[name]) for name in names}
        raise AssertionError(f"no line adds up\n{self.tail()}")


def run_producer(build, *arguments, seconds=60):
    """Runs visitfeed-producer to its end: exit code, standard output, standard error."""
    program = Path(build) / "producer" / "visitfeed-producer"
    return subprocess.run(
        [str(part) for part in [program, *arguments]],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds,
    )
