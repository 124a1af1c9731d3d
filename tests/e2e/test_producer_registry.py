"""visitfeed-producer with a real schema registry: register, check, and ids asked of it."""

import copy
import json
import subprocess

import pytest
from support import events
from test_producer_record import run
from test_producer_send import program


@pytest.fixture
def with_registry(feed, registry):
    """The feed, and what the tool needs to know of its topics and the registry."""
    feed.create_topics()
    settings = {
        "input.visits": feed.inputs["visit"],
        "input.meetings": feed.inputs["meeting"],
        "output.visits": feed.outputs["visit"],
        "output.meetings": feed.outputs["meeting"],
        "registry.url": registry.url,
        "registry.cache.directory": "off",
    }
    feed.settings = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    return feed


def tool(feed, build, *arguments):
    return subprocess.run(
        [str(part) for part in [program(build), *arguments, *feed.settings]],
        capture_output=True,
        text=True,
        timeout=60,
    )


def told(done):
    return {line.split("\t")[0]: line.split("\t")[2:] for line in done.stdout.splitlines()}


def test_register_and_check(with_registry, build, registry, folder):
    feed = with_registry
    subjects = {f"{topic}-value" for topic in (*feed.inputs.values(), *feed.outputs.values())}
    done = tool(feed, build, "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert told(done) == {subject: ["compatible", "not registered yet"] for subject in subjects}

    done = tool(feed, build, "register")
    assert done.returncode == 0, done.stdout + done.stderr
    ids = {subject: words[1] for subject, words in told(done).items()}
    assert set(ids) == subjects
    for kind in ("visit", "meeting"):
        number = int(ids[f"{feed.inputs[kind]}-value"].split()[1])
        assert registry.schema(number)["name"] == events.schema_json(kind)["name"]
    again = tool(feed, build, "register")
    assert told(again) == told(done)
    done = tool(feed, build, "check")
    assert {words[0] for words in told(done).values()} == {"registered"}

    schema = copy.deepcopy(events.schema_json("visit"))
    for field in schema["fields"]:
        if field["name"] == "event_id":
            field["type"] = "long"  # what was written as a string can't be read any more
    path = folder / "broken.avsc"
    path.write_text(json.dumps(schema))
    subject = f"{feed.inputs['visit']}-value"
    registry.call(f"/config/{subject}", {"compatibility": "BACKWARD"}, "PUT")
    done = tool(feed, build, "check", "--subject", subject, path)
    assert done.returncode == 1 and told(done)[subject][0] == "INCOMPATIBLE"
    done = tool(feed, build, "register", "--subject", subject, path)
    assert done.returncode == 1 and told(done)[subject][0] == "FAILED"


def test_ids_are_the_registrys(with_registry, build, registry):
    feed = with_registry
    path = events.SAMPLE / "visits.jsonl"
    brokers = ["-b", feed.client.bootstrap]
    done = tool(feed, build, *brokers, "--set", "registry.auto.register=false", path)
    assert done.returncode == 1 and f"{feed.inputs['visit']}-value" in done.stderr
    done = tool(feed, build, *brokers, path)
    assert done.returncode == 0, done.stderr
    numbers = {events.unframe(record.value)[0] for record in feed.read_inputs("visit")}
    (number,) = numbers
    assert registry.schema(number)["name"] == "Visit"
    done = tool(feed, build, *brokers, "--schema-id", "visit=77", "--limit", "1", path)
    assert done.returncode == 0, done.stderr
    assert 77 in {events.unframe(record.value)[0] for record in feed.read_inputs("visit")}

    # What the registry knows can be read.
    done = tool(feed, build, "record", *brokers, feed.inputs["visit"], "--format", "json", "-o", "-")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"json":') == len(events.sample("visits"))
    assert done.stdout.count('"base64":') == 1


def test_without_a_registry(feed, build):
    done = run(feed, build, "check")
    assert done.returncode == 78 and "registry" in done.stderr
    done = run(feed, build, "register", "--registry", "http://127.0.0.1:1", "--set",
               "registry.retry.max=100ms")  # fmt: skip
    assert done.returncode == 1 and "FAILED" in done.stdout
    assert run(feed, build, "register", "--registry", "http://127.0.0.1:1", "x").returncode == 64
