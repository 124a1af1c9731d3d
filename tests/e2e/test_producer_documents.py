"""What visitfeed-producer writes about itself: help, completion, manual page."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

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


def sessions():
    """Every use of the program that the README shows, as words."""
    readme = Path(__file__).resolve().parents[2] / "README.md"
    uses = re.findall(r"^(?:.*[ (<|])?visitfeed-producer((?: [^#|<>()\n]+)?)",
                      "\n".join(re.findall(r"```\w*\n(.*?)```", readme.read_text(), re.S)), re.M)  # fmt: skip
    return [shlex.split(use) for use in uses]


def test_what_the_readme_shows_exists(build):
    """A session of each command, and no flag that there is none of."""
    shown = set()
    for words in sessions():
        command = words[0] if words and words[0] in COMMANDS else "send"
        shown.add(command)
        flags = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", say(build, command, "--help")))
        for word in words:
            if word.startswith("-") and word != "-":
                assert word.partition("=")[0] in flags, (command, word)
    assert shown == set(COMMANDS)


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
