"""Apache Kafka's own programs, run from its jars."""

import base64
import subprocess
import uuid

CALL_SECONDS = 120  # three at once, on a machine that others use too


def kafka_command(jars, heap, *arguments):
    """The command line of a class of Kafka's."""
    return [
        "java",
        f"-Xmx{heap}",
        "-Xms64m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",  # short-lived: start fast rather than run fast
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-cp",
        f"{jars}/*",
        *map(str, arguments),
    ]


def run_kafka_tool(jars, *arguments):
    """Runs one to its end, which must be good."""
    done = subprocess.run(
        kafka_command(jars, "256m", *arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CALL_SECONDS,
    )
    assert done.returncode == 0, f"{arguments[0]} failed:\n{done.stdout}{done.stderr}"


def new_cluster_id():
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()


def format_storage(jars, config, cluster_id):
    """Of one node, unless it was done before."""
    run_kafka_tool(
        jars,
        "kafka.tools.StorageTool",
        "format",
        f"--cluster-id={cluster_id}",  # it may begin with a dash
        "-c",
        config,
        "--ignore-formatted",
    )
