# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The command line as a user meets it: exit codes, messages, and what it needs installed."""

import argparse
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from microtl_tools import cli
from microtl_tools.errors import MicroTLError, OverBudgetError, UsageError

TOOLS = Path(__file__).resolve().parents[2]


def microtl(*args: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run ``python -m microtl_tools`` in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(TOOLS)}
    command = [sys.executable, "-W", "error", "-m", "microtl_tools", *args]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", env=environment, timeout=60, **options
    )


def test_version_is_the_one_in_the_file() -> None:
    done = microtl("--version")
    assert done.returncode == 0
    assert done.stdout.strip() == f"MicroTL {(TOOLS.parents[1] / 'VERSION').read_text().strip()}"


def test_usage_error_is_2_and_says_what_is_missing() -> None:
    done = microtl()
    assert done.returncode == 2
    assert "<subcommand>" in done.stderr
    assert microtl("no-such-command").returncode == 2


def test_help_needs_no_library(tmp_path: Path) -> None:
    """Help works where nothing but Python is installed: every library is made to fail."""
    libraries = "numpy tensorflow ai_edge_litert matplotlib jinja2 elftools tqdm tabulate yaml"
    for name in libraries.split():
        (tmp_path / f"{name}.py").write_text("raise ImportError('blocked')\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{TOOLS}"}

    def help_of(*command: str) -> str:
        run = [sys.executable, "-m", "microtl_tools", *command, "--help"]
        done = subprocess.run(
            run, capture_output=True, encoding="utf-8", env=environment, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "exit codes:" in help_of()
    commands = re.findall(r"^    ([a-z]+) ", help_of(), re.MULTILINE)
    assert len(commands) == len(cli.COMMANDS)
    for command in commands:
        text = help_of(command)
        assert "examples:" in text.lower(), command


@pytest.mark.parametrize(
    ("error", "code"),
    [(MicroTLError("bad", "do this"), 1), (UsageError("bad"), 2), (OverBudgetError("big"), 3)],
)
def test_errors_become_one_message_and_their_exit_code(
    error: MicroTLError,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(args: object) -> int:
        raise error

    monkeypatch.setattr(cli, "COMMANDS", ())
    monkeypatch.setattr(cli, "dispatch", fail)
    monkeypatch.setattr(cli, "configure", lambda parser: parser)
    assert cli.main([]) == code
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == f"microtl: error: {error}\n"


def test_too_little_memory_is_one_message() -> None:
    def fail(args: object) -> int:
        raise MemoryError

    args = argparse.Namespace(subcommand="simulate", handler=fail)
    with pytest.raises(MicroTLError, match="simulate: this computer has too little memory"):
        cli.dispatch(args)


STAND_IN = """\
import sys, time
from microtl_tools import cli, output

def add_parser(subparsers):
    parser = subparsers.add_parser("act")
    parser.set_defaults(handler=run)

def run(args):
    {body}

if __name__ == "__main__":
    cli.COMMANDS = ("stand_in",)
    sys.exit(cli.main(["act"]))
"""


def stand_in(folder: Path, body: str, **variables: str) -> subprocess.Popen[bytes]:
    """Start a command line that has one sub-command, with ``body`` as what it does."""
    script = folder / "stand_in.py"
    script.write_text(STAND_IN.format(body=body), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{TOOLS}", **variables}
    return subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )


def test_ctrl_c_is_130_without_a_traceback(tmp_path: Path) -> None:
    # A shell's background job, as a CI may be, ignores Ctrl-C and hands that down.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    with stand_in(tmp_path, f"{heed}; print('ready', flush=True); time.sleep(30)") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stderr == b"microtl: interrupted\n"


def test_reader_that_goes_away_causes_no_traceback(tmp_path: Path) -> None:
    body = "[sys.stdout.write('x' * 1000 + chr(10)) for _ in range(1000)]; return 0"
    with stand_in(tmp_path, body) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=30) == 1
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("count", [1, 10_000])
def test_full_disk_is_one_message(count: int, tmp_path: Path) -> None:
    """Noticed at the end, or at once where there is more than Python's buffer holds."""
    full = "import os; os.dup2(os.open('/dev/full', os.O_WRONLY), 1)"
    body = f"{full}; output.emit('figures' * {count}); return 0"
    with stand_in(tmp_path, body, PYTHONUNBUFFERED="") as process:
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    said = stderr.decode()
    assert said.startswith("microtl: error: standard output: cannot be written: No space left")
    assert len(said.splitlines()) == 2


def test_closed_output_is_one_message(tmp_path: Path) -> None:
    with stand_in(tmp_path, "sys.stdout = None; output.emit('figures'); return 0") as process:
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert stderr.decode().startswith("microtl: error: standard output: is closed")


def test_missing_file_is_1_and_named(tmp_path: Path) -> None:
    path = tmp_path / "nothing.bin"
    with stand_in(tmp_path, f"open({str(path)!r})") as process:
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert stderr.decode() == f"microtl: error: {path}: No such file or directory\n"


def test_output_is_utf8_whatever_the_locale_says(tmp_path: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with stand_in(tmp_path, "output.emit(chr(0xb5) + 's'); return 0", **plain) as process:
        stdout, _ = process.communicate(timeout=30)
    assert stdout == "µs\n".encode()
