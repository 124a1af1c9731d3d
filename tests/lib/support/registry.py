"""A real schema registry (Apicurio) that speaks Confluent's API."""

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path

from support.process import Process, free_ports, wait_until

START_SECONDS = 60  # 4 s on an idle machine of two cores
CALL_SECONDS = 10


class Registry:
    """Start, kill and restart keep the port and what was registered."""

    def __init__(self, folder, work):
        (self._jar,) = Path(folder).glob("*-runner.jar")
        self._work = Path(work)
        self._work.mkdir(parents=True)
        self._process = None
        (self.port,) = free_ports(1)
        self.path = "/apis/ccompat/v7"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.path}"

    def start(self, empty=False):
        data = self._work / "data"
        if empty:
            shutil.rmtree(data, ignore_errors=True)
        self._process = Process(
            [
                "java",
                "-Xmx384m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dquarkus.http.host=127.0.0.1",
                f"-Dquarkus.http.port={self.port}",
                "-jar",
                self._jar,
            ],
            self._work / "registry.log",
            env={"REGISTRY_DATASOURCE_URL": f"jdbc:h2:file:{data}/registry;WRITE_DELAY=0"},
            cwd=self._work,
        )
        wait_until(self.answers, START_SECONDS, "the registry to answer", self._process)
        return self

    def stop(self):
        if self._process:
            self._process.stop()

    def kill(self):
        self._process.kill()

    def register(self, subject, schema, references=()):
        """The schema's id. references: of (name, subject, version)."""
        body = {"schema": json.dumps(schema)}
        if references:
            names = ("name", "subject", "version")
            body["references"] = [dict(zip(names, each)) for each in references]
        return self.call(f"/subjects/{subject}/versions", body)["id"]

    def schema(self, schema_id):
        return json.loads(self.call(f"/schemas/ids/{schema_id}")["schema"])

    def call(self, path, body=None, method=None):
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/vnd.schemaregistry.v1+json"},
        )
        with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
            return json.load(answer)

    def answers(self):
        try:
            return isinstance(self.call("/subjects"), list)
        except (urllib.error.URLError, OSError):
            return False
