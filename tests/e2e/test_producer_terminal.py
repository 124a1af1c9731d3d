"""What people see who run visitfeed-producer on a terminal."""

import os
import pty
import re
import select
import subprocess
import time

from support import events
from test_producer_send import program


def on_terminal(command, seconds=60):
    """Exit code, and what was written to a terminal."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=child, stderr=child
    )
    os.close(child)
    shown = b""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([parent], [], [], 0.2)[0]:
            continue
        try:
            part = os.read(parent, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(parent)
    try:
        return process.wait(10), shown.decode()
    finally:
        process.kill()


def test_one_line_that_is_updated(feed, build):
    feed.create_topics()
    code, shown = on_terminal(
        [program(build), "-b", feed.client.bootstrap, "--topic", feed.inputs["visit"],
         "--rate", "60/s", events.SAMPLE / "visits.jsonl"]
    )  # fmt: skip
    assert code == 0, shown
    updates = re.findall(r"\r\x1b\[K\[([#.]{20})\] +(\d+)%  read (\d+), sent (\d+)", shown)
    assert len(updates) >= 3
    shares = [int(share) for _, share, _, _ in updates]
    assert shares == sorted(shares) and shares[-1] > 50
    assert re.search(r"acknowledged \d+, undelivered 0, bytes \d+, \d+/s, \d+ s left\r", shown)
    last = shown.split("\r\x1b[K")[-1]
    assert re.match(r"summary: read 68, sent 68, skipped 0, failed 0, acknowledged 68,", last)
    assert shown.count("\n") <= 2  # the summary, and no log


def test_bad_records_do_not_spoil_the_line(feed, build):
    feed.create_topics()
    path = feed.folder / "bad.jsonl"
    good = (events.SAMPLE / "visits.jsonl").read_bytes().split(b"\n")[0]
    path.write_bytes(b"\n".join([good, b'{"\x1b[31mred": 1}', good] * 20) + b"\n")
    code, shown = on_terminal(
        [program(build), "-b", feed.client.bootstrap, "--topic", feed.inputs["visit"],
         "--rate", "40/s", "--on-error", "skip", path]
    )  # fmt: skip
    assert code == 1
    named = re.findall(r"bad\.jsonl:(\d+): no JSON[^\r\n]*\r\n", shown)
    assert [int(number) for number in named] == list(range(2, 60, 3))
    assert "\x1b[31m" not in shown
    # Each stands at the beginning of a line: the progress was taken away before.
    assert len(re.findall(r"(?:^|\n|\r\x1b\[K)[^\s\x1b]*bad\.jsonl:\d+: ", shown)) == 20
