"""The program ``sim-cli``: where it is, how it is started, and what its errors become."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Callable, Dict, Iterable, List, Optional, Sequence, cast

# Exit codes: see docs/commands.md. These two come with complete results.
JUDGED = {3, 5}
INTERRUPTED = 130


@dataclass(frozen=True)
class Problem:
    """Something that is wrong in a scenario, and where."""

    title: str
    #: What to change; may be empty.
    help: str
    file: str
    #: Counted from 1; None if the problem has no single place.
    line: Optional[int]
    column: Optional[int]
    #: Dotted key of the scenario, if there is one.
    key: Optional[str]

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.title}" + (f" ({self.help})" if self.help else "")


class FloodnetError(RuntimeError):
    """The program failed: its exit code, and what it said."""

    def __init__(self, message: str, code: Optional[int] = None) -> None:
        super().__init__(message)
        self.code = code


class ScenarioError(FloodnetError, ValueError):
    """A scenario or a plan is not valid. ``problems`` has every place; ``line`` and ``column`` are of the first one."""

    def __init__(self, message: str, problems: Sequence[Problem]) -> None:
        super().__init__(message, 2)
        self.problems = list(problems)

    def _first(self) -> Optional[Problem]:
        return next((problem for problem in self.problems if problem.line is not None), None)

    @property
    def line(self) -> Optional[int]:
        """Line of the first problem that has one, from 1."""
        first = self._first()
        return first.line if first else None

    @property
    def column(self) -> Optional[int]:
        """Column of that problem, from 1."""
        first = self._first()
        return first.column if first else None


NAME = "sim-cli"


def program() -> str:
    """The path of the program that came with this package.

    The environment variable ``FLOODNET_PROGRAM`` names another one.
    """
    told = os.environ.get("FLOODNET_PROGRAM")
    if told:
        return told
    for scheme in (None, f"{os.name}_user"):
        folder = sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts")
        found = shutil.which(NAME, path=folder)
        if found:
            return found
    found = shutil.which(NAME)
    if not found:
        raise FloodnetError(f"the program {NAME} is not installed: pip install floodnet brings it")
    return found


def version() -> str:
    """The version of the program, such as ``0.1.0``."""
    return call(["--version"]).split()[-1]


def call(
    arguments: Iterable[str],
    *,
    progress: Optional[Callable[[str], None]] = None,
) -> str:
    """Run the program and return its standard output.

    ``progress`` gets each line of progress, about every ten seconds. Ctrl-C stops the program as well: it keeps what it
    can, and KeyboardInterrupt is raised.

    Raises ScenarioError for a scenario that is not valid, and FloodnetError for any other failure.
    """
    command = [program(), *arguments, "--color", "never", "--progress", "plain" if progress else "none"]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # A session of its own, so that Ctrl-C reaches it once, from here, in a terminal as in a notebook.
        start_new_session=True,
    ) as child:
        out, said = _Reader(child.stdout), _Reader(child.stderr, progress)
        try:
            code = child.wait()
        except KeyboardInterrupt:
            _stop(child)
            raise
        finally:
            out.join()
            said.join()
    if code == 0 or code in JUDGED:
        return out.text
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    raise FloodnetError(said.text.strip() or f"{command[0]} ended with code {code}", code)


def _stop(child: subprocess.Popen[str]) -> None:
    """End the program; it gets ten seconds to write what it has."""
    child.send_signal(signal.SIGINT)
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        child.kill()


class _Reader(threading.Thread):
    """Reads a stream of the program to its end, so that no pipe is ever full."""

    def __init__(self, stream: Optional[IO[str]], tell: Optional[Callable[[str], None]] = None) -> None:
        super().__init__(daemon=True)
        self._stream, self._tell = stream, tell
        self._lines: List[str] = []
        self.start()

    def run(self) -> None:
        for line in self._stream or ():
            self._lines.append(line)
            if self._tell:
                self._tell(line.rstrip("\n"))

    @property
    def text(self) -> str:
        return "".join(self._lines)


def check(file: Path) -> list[Problem]:
    """The problems of the scenario or plan in ``file``."""
    try:
        said = _validate(str(file))
    except FloodnetError as error:
        return [Problem(str(error), "", str(file), None, None, None)]
    found = [problem for each in said["files"] for problem in each["problems"]]
    return [
        Problem(
            problem["title"],
            problem["help"] or "",
            problem["file"],
            problem["line"],
            problem["column"],
            problem["key"],
        )
        for problem in found
    ]


def _validate(file: str) -> Dict[str, Any]:
    command = [program(), "validate", file, "--format", "json"]
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False
    )
    try:
        return cast(Dict[str, Any], json.loads(ended.stdout))
    except ValueError:
        raise FloodnetError(ended.stderr.strip(), ended.returncode) from None


def note(line: str) -> None:
    """Show a line of progress on standard error."""
    print(line, file=sys.stderr, flush=True)
