"""What a caller may hand over as a scenario or a plan, made into what the program reads."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Mapping, Optional, Union

import tomli_w

#: A path, the name of a built-in scenario, TOML text, or a dict.
Scenario = Union[str, "os.PathLike[str]", Mapping[str, Any]]


def temporary_folder() -> Path:
    """A new folder, which goes when Python ends."""
    made = tempfile.mkdtemp(prefix="floodnet-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


class Source:
    """A scenario or plan as an argument of the program; text lies in a temporary file called ``name``."""

    def __init__(self, scenario: Scenario, name: str = "scenario.toml") -> None:
        if isinstance(scenario, Mapping):
            text = tomli_w.dumps(plain(scenario))
        elif isinstance(scenario, str) and ("\n" in scenario or "=" in scenario):
            text = scenario
        else:
            self.argument = os.fspath(scenario)
            return
        file = temporary_folder() / name
        file.write_text(text, encoding="utf-8")
        self.argument = str(file)


def plain(value: Any) -> Any:
    """The value with paths as text, tuples as lists, and keys that are None left out: TOML has no None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.item() if hasattr(value, "item") else value


def overrides(values: Optional[Mapping[str, Any]], option: str = "--set") -> list[str]:
    """The options that put these values into a scenario: numbers, text, lists and dicts as TOML writes them."""
    arguments: list[str] = []
    for key, value in (values or {}).items():
        arguments += [option, f"{key}={_value(plain(value))}"]
    return arguments


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_quoted(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_quoted(item) for item in value) + "]"
    return tomli_w.dumps({"x": value}).split("=", 1)[1].strip()


def _quoted(value: Any) -> str:
    return tomli_w.dumps({"x": value}).split("=", 1)[1].strip() if isinstance(value, str) else _value(value)
