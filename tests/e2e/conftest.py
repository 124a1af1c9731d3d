"""Fixtures of the end-to-end tests. They run once for each Kafka version asked for."""

import os
import shutil
import sys
import tempfile
import uuid
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

from support.fetched import fetch  # noqa: E402 (found by the path above)


def pytest_addoption(parser):
    parser.addoption("--kafka", action="append", metavar="VERSION", help="repeatable; default: all")
    parser.addoption(
        "--build", default=str(ROOT / "build" / "dev"), help="build folder of the programs"
    )
    parser.addoption(
        "--part", choices=("kafka", "rest"), help="only the tests that need a Kafka, or only others"
    )
    parser.addoption("--keep", action="store_true", help="keep logs and data when all went well")


def pytest_generate_tests(metafunc):
    if "kafka" in metafunc.fixturenames:
        versions = metafunc.config.getoption("--kafka") or fetch("versions")
        metafunc.parametrize("kafka", versions, indirect=True, scope="session")


def pytest_collection_modifyitems(config, items):
    part = config.getoption("--part")
    if part:
        others = [item for item in items if ("kafka" in item.fixturenames) != (part == "kafka")]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def run_folder(request):
    """Logs and data of this run: kept when a test failed, and told where."""
    folder = Path(tempfile.mkdtemp(prefix="visitfeed-e2e-"))
    yield folder
    if request.session.testsfailed or request.config.getoption("--keep"):
        print(f"\nlogs and data are kept in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def kafka(request, run_folder):
    """A running node. Tests share it and keep apart by the names of their topics and groups."""
    from support.kafka import KafkaNode

    jars = fetch("kafka", request.param)[0]
    node = KafkaNode(jars, run_folder / f"kafka-{request.param}")
    try:
        yield node.start()
    finally:
        node.stop()


@pytest.fixture(scope="session")
def client(kafka):
    from support.client import Client

    return Client(kafka.bootstrap)


@pytest.fixture(scope="session")
def registry(run_folder):
    """A running schema registry."""
    from support.registry import Registry

    registry = Registry(fetch("registry")[0], run_folder / "registry")
    try:
        yield registry.start()
    finally:
        registry.stop()


@pytest.fixture
def folder(request, run_folder):
    """A folder of this test's own."""
    module = request.node.path.stem.removeprefix("test_")
    name = "".join(c if c.isalnum() else "-" for c in f"{module}-{request.node.name}")
    # Two files may have a test of one name.
    path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=run_folder))
    return path


@pytest.fixture(scope="session")
def build(request):
    return Path(request.config.getoption("--build")).resolve()


@pytest.fixture(scope="session")
def sanitized(build):
    """Whether the programs were built with a sanitizer."""
    cache = (build / "CMakeCache.txt").read_text()
    return any(
        line.startswith("VISITFEED_SANITIZE:") and not line.endswith("=")
        for line in cache.splitlines()
    )


@pytest.fixture
def feed(request, client, build, folder):
    """A visitfeed of this test's own, its topics not yet created."""
    from support.feed import Feed

    feed = Feed(f"feed-{uuid.uuid4().hex[:8]}", client, build, folder)
    yield feed
    feed.close()


def pytest_report_header(config):
    return f"programs: {os.path.relpath(config.getoption('--build'), ROOT)}"
