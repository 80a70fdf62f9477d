"""Sets this machine up and runs the demo or the checks. Needs only Python 3.11 or 3.12 and pip.

    python3 installer/bootstrap.py setup           what both of the others need, nothing more
    python3 installer/bootstrap.py demo [--play]   head office, demo chain and till
    python3 installer/bootstrap.py test            the whole test suite: the one gate

Every step looks first whether it is done already, so a second run takes seconds and an interrupted
one goes on where it stopped. Nothing outside this folder is changed but the system libraries named
below, and those only by apt, as root or where sudo asks for no password.

Exit codes: 0 done · 1 the demo or a check failed · 2 wrong usage · 3 a set-up step failed ·
4 this machine cannot run it · 130 interrupted
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from installer.checks import run_checks

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOGS = ROOT / ".cache" / "setup"
HEARTBEAT_S = 5.0
SUPPORTED = ((3, 11), (3, 12))

EXIT_FAILED, EXIT_SETUP, EXIT_MACHINE, EXIT_INTERRUPTED = 1, 3, 4, 130

# Debian 12. Found one by one on a bare system: without any of them Qt does not load.
QT_LIBRARIES = (
    *("libgl1", "libegl1", "libxkbcommon0", "libglib2.0-0", "libfreetype6", "libfontconfig1"),
    *("libdbus-1-3", "libxcb-cursor0", "libxcb-icccm4", "libxcb-image0", "libxcb-keysyms1"),
    *("libxcb-render-util0", "libxcb-render0", "libxcb-shape0", "libxcb-util1", "libxcb-xkb1"),
    "libxkbcommon-x11-0",
)
X_SERVER = ("xvfb", "xauth")  # real windows on a machine without a screen
FONTS = ("fonts-noto-cjk", "fonts-inter")  # Chinese with all rare names; Latin and figures
SYSTEM_PACKAGES = (*QT_LIBRARIES, *X_SERVER, *FONTS)


@dataclass
class SetupError(Exception):
    """A step that could not be done: what failed, what is safe, what the reader can do."""

    failed: str
    safe: str
    todo: str
    code: int = EXIT_SETUP


def say(text: str) -> None:
    """One line to the console, at once."""
    print(text, flush=True)


def seconds_since(start: float) -> str:
    """Elapsed time as people read it."""
    return f"{time.monotonic() - start:.0f} s"


@dataclass(frozen=True)
class Progress:
    """How far a command is, read from its own output: lines that match, of a known total."""

    pattern: str
    total: int
    noun: str
    last_phase: str = ""  # what the output says once nothing is left to count

    def of(self, output: str) -> str:
        """For instance `12 of 76 packages fetched`."""
        if self.last_phase and self.last_phase in output:
            return f"{self.total} of {self.total} {self.noun}, now: {self.last_phase.lower()}"
        done = min(len(re.findall(self.pattern, output, re.MULTILINE)), self.total)
        return f"{done} of {self.total} {self.noun}"


def run_shown(label: str, command: list[str], progress: Progress | None = None) -> float:
    """Run a long command with a line of progress every few seconds; its output goes to a log.

    Returns the seconds it took. Raises SetupError with the end of the log when it fails.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / (re.sub(r"[^a-z]+", "-", label.lower()).strip("-") + ".log")
    say(f"  {label} ...")
    start = time.monotonic()
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PYTHONUTF8": "1"}
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        while process.poll() is None:
            try:
                process.wait(HEARTBEAT_S)
            except subprocess.TimeoutExpired:
                text = log.read_text(encoding="utf-8", errors="replace")
                detail = f", {progress.of(text)}" if progress else ""
                say(f"  {label}: {seconds_since(start)}{detail}")
    if process.returncode != 0:
        tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-12:]
        raise SetupError(
            failed=f"{label}: `{' '.join(command[:6])} ...` ended with {process.returncode}\n"
            + "\n".join(f"    | {line}" for line in tail),
            safe="Nothing half-done is used: the step is repeated on the next run.",
            todo=f"Read {log.relative_to(ROOT)}, see to the cause (network? disk?), run again.",
        )
    say(f"  {label}: done in {seconds_since(start)}")
    return time.monotonic() - start


def check_machine() -> None:
    """Refuse what cannot work: another Python, another system."""
    if sys.version_info[:2] not in SUPPORTED:
        raise SetupError(
            failed=f"This is Python {platform.python_version()}; 3.11 or 3.12 is needed.",
            safe="Nothing was changed.",
            todo="Run it with such a Python: python3.11 installer/bootstrap.py ...",
            code=EXIT_MACHINE,
        )
    if sys.platform != "linux":
        raise SetupError(
            failed=f"This set-up knows Linux only, not {sys.platform}.",
            safe="Nothing was changed.",
            todo="On Windows use the installer of a release.",
            code=EXIT_MACHINE,
        )


# --- system libraries ------------------------------------------------------------------------


def missing_packages(wanted: tuple[str, ...]) -> list[str]:
    """Those of the Debian packages that are not installed."""
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    present = {
        line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")
    }
    return [package for package in wanted if package not in present]


def root_prefix() -> list[str] | None:
    """How to become root without a question: [] as root, sudo, or None for no way."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["sudo", "-n"]
    return None


def system_libraries() -> None:
    """Install what is missing by apt; where that may not be done, say the command and go on."""
    if shutil.which("dpkg-query") is None:
        say("  system libraries: no Debian package system here; Qt's libraries, Xvfb and a Chinese")
        say("  font have to be there already (Debian names: " + " ".join(SYSTEM_PACKAGES) + ")")
        return
    missing = missing_packages(SYSTEM_PACKAGES)
    if not missing:
        say(f"  system libraries: all {len(SYSTEM_PACKAGES)} there")
        return
    prefix = root_prefix()
    if prefix is None:
        say(f"  system libraries: {len(missing)} missing, and this user may not install them.")
        say("  Run this once, or have it run, and start again if the program does not come up:")
        say("    sudo apt-get install -y --no-install-recommends " + " ".join(missing))
        return
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    apt += ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    run_shown("package lists", [*apt, "update"])
    install = [*apt, "install", "-y", "--no-install-recommends", *missing]
    simulated = subprocess.run([*install, "-s"], capture_output=True, text=True, check=False)
    total = len(re.findall(r"^Inst ", simulated.stdout, re.MULTILINE))
    run_shown(
        "system libraries", install, Progress(r"^(?:Unpacking|Setting up) ", 2 * total, "steps")
    )


# --- Python packages -------------------------------------------------------------------------


def venv_works() -> bool:
    """Whether .venv has a Python of the same version as this one, and pip."""
    if not PYTHON.exists():
        return False
    question = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [PYTHON, "-c", question], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    wanted = "{}.{}".format(*sys.version_info[:2])
    return answer.returncode == 0 and answer.stdout.strip() == wanted


def virtual_environment() -> None:
    """Make .venv, or make it anew when it is broken or of another Python."""
    if venv_works():
        say("  .venv: there")
        return
    try:
        run_shown("virtual environment", [sys.executable, "-m", "venv", "--clear", str(VENV)])
    except SetupError as error:
        raise SetupError(
            error.failed,
            error.safe,
            "On Debian: apt-get install python3-venv; then run again.",
        ) from None


def stamp_of(*files: Path) -> str:
    """A key that changes with the content of the files, the Python and the machine type."""
    digest = hashlib.sha256(f"{platform.python_version()} {platform.machine()}".encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def done_already(name: str, stamp: str) -> bool:
    """Whether the step left this very stamp in .venv."""
    path = VENV / f".done-{name}"
    return path.exists() and path.read_text(encoding="ascii") == stamp


def mark_done(name: str, stamp: str) -> None:
    """Leave the stamp of a finished step."""
    (VENV / f".done-{name}").write_text(stamp, encoding="ascii")


def python_packages(name: str) -> None:
    """Install requirements/<name>.txt, each file checked against its pinned hash."""
    pins = ROOT / "requirements" / f"{name}.txt"
    total = len(re.findall(r"^\S+==", pins.read_text(encoding="utf-8"), re.MULTILINE))
    stamp = stamp_of(pins)
    if done_already(name, stamp):
        say(f"  {name} packages: all {total} there")
        return
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    run_shown(
        f"{name} packages",
        [*pip, "--require-hashes", "--only-binary=:all:", "-r", str(pins)],
        Progress(
            r"^(?:Collecting|Requirement already satisfied:?) ", total, "fetched", "Installing"
        ),
    )
    mark_done(name, stamp)


def this_project() -> None:
    """Make the `guibin` program of .venv point at this folder."""
    stamp = stamp_of(ROOT / "pyproject.toml") + str(ROOT)
    if done_already("project", stamp):
        say("  guibin: there")
        return
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--no-deps"]
    options = ["--no-index", "--no-build-isolation", "--config-settings=editable_mode=compat"]
    run_shown("guibin", [*pip, *options, "--editable", str(ROOT)])
    mark_done("project", stamp)


def set_up(*requirement_sets: str) -> None:
    """All shared steps, in order, each skipped when it is done already."""
    start = time.monotonic()
    steps = 3 + len(requirement_sets)
    say(f"Set-up ({steps} steps)")
    check_machine()
    system_libraries()
    virtual_environment()
    for name in requirement_sets:
        python_packages(name)
    this_project()
    say(f"Set-up done in {seconds_since(start)}")


# --- what can be run -------------------------------------------------------------------------


@contextmanager
def running_environment() -> Iterator[dict[str, str]]:
    """The environment of what we start: UTF-8 whatever the console says, and a runtime folder.

    Compiled modules may be kept: a story starts dozens of processes.
    """
    env = {**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    if "utf" not in (env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or "").lower():
        env.pop("LC_ALL", None)
        env.pop("LC_CTYPE", None)
        env["LANG"] = "C.UTF-8"
    if env.get("XDG_RUNTIME_DIR"):
        yield env
        return
    with tempfile.TemporaryDirectory(prefix="guibin-") as folder:
        yield {**env, "XDG_RUNTIME_DIR": folder}


def demo(*, play: bool) -> int:
    """Start the demo: on the screen if there is one, else (or with --play) played by itself."""
    set_up("runtime")
    screen = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    command = [str(PYTHON), "-m", "terminal", "demo"]
    if play or not screen:
        command.append("--play")
    if not screen:
        xvfb = shutil.which("xvfb-run")
        if xvfb is None:
            raise SetupError(
                failed="There is no screen here, and no Xvfb to stand in for one.",
                safe="The set-up is done; nothing was started.",
                todo="Install it (apt-get install xvfb xauth) or run this on a desktop.",
                code=EXIT_MACHINE,
            )
        say("No screen here: the demo plays a day by itself on a virtual one.")
        command = [xvfb, "-a", "-s", "-screen 0 1366x768x24", *command]
    with running_environment() as env:
        ended = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    return EXIT_FAILED if ended else 0


def test(pytest_arguments: list[str]) -> int:
    """Set up with the test packages and run every check."""
    set_up("test")  # its pins contain all runtime pins
    with running_environment() as env:
        good = run_checks(ROOT, PYTHON, {**env, "QT_QPA_PLATFORM": "offscreen"}, pytest_arguments)
    return 0 if good else EXIT_FAILED


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="bootstrap.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="system libraries, .venv and packages")
    shown = commands.add_parser("demo", help="head office, demo chain and till")
    shown.add_argument("--play", action="store_true", help="play a whole day by itself")
    checked = commands.add_parser("test", help="every check and the whole test suite")
    checked.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    return top


def complain(error: SetupError) -> NoReturn:
    """Say what failed, what is safe and what to do, and leave with its exit code."""
    say(f"\nFAILED   {error.failed}")
    say(f"SAFE     {error.safe}")
    say(f"TO DO    {error.todo}")
    sys.exit(error.code)


def main() -> None:
    """Run the chosen command and leave with its exit code."""
    chosen = parser().parse_args()
    try:
        if chosen.command == "demo":
            sys.exit(demo(play=chosen.play))
        if chosen.command == "test":
            sys.exit(test(chosen.pytest))
        set_up("runtime")
    except SetupError as error:
        complain(error)
    except KeyboardInterrupt:
        say("\nInterrupted. What is done stays done; the next run goes on from there.")
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
