"""What the daemon's program says and returns when there is nothing to connect to."""

import io
import json
import subprocess

import fastavro
import pytest

from support import events
from support.programs import write_config

USAGE, CONFIG = 64, 78


@pytest.fixture
def consumer(build, folder):
    program = build / "consumer" / "daemon" / "visitfeed-consumer"

    def run(*arguments, stdin="", env=None):
        return subprocess.run(
            [program, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=folder,
            env=env,
        )

    return run


def test_usage_errors(consumer):
    for arguments, word in (
        (["--confg", "x"], "--config"),
        (["nromalize"], "normalize"),
        (["normalize"], "file"),
        (["--config"], "FILE"),
    ):
        done = consumer(*arguments)
        assert done.returncode == USAGE, arguments
        assert done.stdout == "" and word in done.stderr, arguments
        assert len(done.stderr.splitlines()) == 1


def test_help_and_version(consumer):
    done = consumer("--help")
    assert done.returncode == 0 and done.stderr == ""
    for word in ("normalize", "demo", "--check-config", "--print-config"):
        assert word in done.stdout
    assert consumer("--version").stdout.startswith("visitfeed-consumer ")


@pytest.mark.parametrize(
    "sections, words",
    [
        ({"input": {"visit": "x"}}, ["wrong.ini:2", "visit", "visits"]),
        ({"inptu": {"visits": "x"}}, ["wrong.ini", "inptu", "input"]),
        ({"delivery": {"commit.interval": "soon"}}, ["wrong.ini:2", "commit.interval", "soon"]),
        ({"limits": {"value.size": "0"}}, ["wrong.ini:2", "value.size"]),
        ({"log": {"format": "xml"}}, ["wrong.ini:2", "logfmt", "json"]),
        ({"input": {"visits": "a b"}}, ["visits", "a b"]),
        ({"kafka": {"bootstrap.server": "x"}}, ["bootstrap.server", "bootstrap.servers"]),
        ({"kafka": {"linger.ms": "fast"}}, ["linger.ms"]),
        ({"reference": {"directory": "/nonexistent"}}, ["/nonexistent"]),
        ({"schemas": {"7": "/nonexistent.avsc"}}, ["/nonexistent.avsc"]),
        ({"registry": {"url": "ftp://x"}}, ["[registry]", "URL 1", "https://"]),
        ({"registry": {"url": "http://x", "user": "u", "token": "t"}}, ["[registry]", "token"]),
    ],
)
def test_wrong_configuration_is_told_by_place(consumer, folder, sections, words):
    write_config(folder / "wrong.ini", sections)
    done = consumer("--config", folder / "wrong.ini", "--check-config")
    assert done.returncode == CONFIG, done.stderr
    for word in words:
        assert word in done.stderr


def test_missing_configuration_file(consumer):
    done = consumer("--config", "none.ini", "--check-config")
    assert done.returncode == CONFIG
    assert "none.ini" in done.stderr


def test_printed_configuration_is_a_valid_one(consumer, folder):
    printed = consumer("--print-config")
    assert printed.returncode == 0
    (folder / "printed.ini").write_text(printed.stdout)
    done = consumer("--config", folder / "printed.ini", "--check-config")
    assert done.returncode == 0, done.stderr


def test_secrets_are_not_printed(consumer, folder):
    """A password from the environment, in a file that is wrong for another reason."""
    secret = "open-sesame-4711"
    sections = {
        "kafka": {
            "bootstrap.servers": "127.0.0.1:1",
            "sasl.password": "${VF_TEST_SECRET}",
            "linger.ms": "fast",
        }
    }
    write_config(folder / "secret.ini", sections)
    done = consumer(
        "--config", folder / "secret.ini", "--check-config", env={"VF_TEST_SECRET": secret}
    )
    assert done.returncode == CONFIG
    assert secret not in done.stdout + done.stderr


def normalized(text):
    return [json.loads(line) for line in text.split("\n") if line]


def test_normalize_every_sample_report(consumer):
    for kind in ("visits", "meetings"):
        done = consumer("normalize", events.SAMPLE / f"{kind}.jsonl")
        assert done.returncode == 0, done.stderr
        reports = events.sample(kind)
        assert [event["report"]["event_id"] for event in normalized(done.stdout)] == [
            report["event_id"] for report in reports
        ]


def test_normalize_reads_every_form_alike(consumer, folder):
    reports = events.sample("visits")[:5]
    lines = "".join(json.dumps(report) + "\n" for report in reports)
    (folder / "array.json").write_text(json.dumps(reports, indent=1))
    container = io.BytesIO()
    fastavro.writer(container, events.schema("visit"), reports, codec="deflate")
    (folder / "reports.avro").write_bytes(container.getvalue())

    by_lines = consumer("normalize", "-", stdin=lines)
    assert by_lines.returncode == 0, by_lines.stderr
    assert len(normalized(by_lines.stdout)) == 5
    for name in ("array.json", "reports.avro"):
        done = consumer("normalize", name)
        assert done.returncode == 0, done.stderr
        assert done.stdout == by_lines.stdout


def test_normalize_refuses_hostile_lines_one_by_one(consumer):
    for name in ("bad_input", "hostile_raw"):
        path = events.SAMPLE / f"{name}.jsonl"
        done = consumer("normalize", path)
        assert done.returncode == 1
        assert done.stdout == ""
        for number, line in enumerate(path.read_bytes().rstrip(b"\n").split(b"\n"), 1):
            if line.strip():
                assert f"{name}.jsonl:{number}: " in done.stderr


def test_normalize_is_deterministic(consumer):
    path = events.SAMPLE / "meetings.jsonl"
    assert consumer("normalize", path).stdout == consumer("normalize", path).stdout


def test_demo_shows_the_seed_and_adds_up(consumer):
    done = consumer("demo")
    assert done.returncode == 0, done.stderr
    for word in ("Kuala Lumpur", "Sahiba Gafarova", "Anwar Ibrahim", "1993-04-05", "REFUSED"):
        assert word in done.stdout
    assert "reconciliation: " in done.stdout.splitlines()[-1]
