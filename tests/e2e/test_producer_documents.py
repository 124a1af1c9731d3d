"""What visitfeed-producer writes about itself: help, completion, manual page."""

import shutil
import subprocess

import pytest
from test_producer_send import program

COMMANDS = (
    "send record replay verify redrive generate inspect register check publish-reference "
    "completion manual"
).split()


def say(build, *arguments):
    done = subprocess.run([program(build), *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(build, command):
    text = say(build, command, "--help")
    assert text.startswith(f"Usage: visitfeed-producer {command}")
    assert "Examples:\n  " in text and "Exit status: " in text
    assert max(map(len, text.splitlines())) <= 100


def test_help_of_all(build):
    text = say(build, "--help")
    for command in COMMANDS:
        assert f"\n  {command} " in text
    assert say(build, "--version").startswith("visitfeed-producer ")


def complete(build, folder, *words):
    script = folder / "completion.bash"
    script.write_text(say(build, "completion"))
    done = subprocess.run(
        [
            "bash",
            "-c",
            'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _visitfeed_producer; '
            'printf "%s\\n" "${COMPREPLY[@]}"',
            str(script),
            "visitfeed-producer",
            *words,
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=30,
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return set(done.stdout.split())


def test_bash_completion(build, folder):
    (folder / "report.jsonl").touch()
    assert complete(build, folder, "re") >= {"record", "replay", "redrive", "report.jsonl"}
    assert complete(build, folder, "replay", "--sp") == {"--speed"}
    assert complete(build, folder, "send", "--kind", "") == {"visit", "meeting", "auto"}
    assert complete(build, folder, "--on-error", "d") == {"dead-letter"}
    assert complete(build, folder, "record", "t", "-o", "rep") == {"report.jsonl"}
    assert complete(build, folder, "record", "t", "--limit", "") == set()


def test_manual_page(build, folder):
    page = say(build, "manual")
    for command in COMMANDS:
        assert f".SS {command.replace('-', chr(92) + '-')}\n" in page
    if not shutil.which("groff"):
        pytest.skip("no groff to read it with")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8"], input=page, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0 and done.stderr == ""
