"""The functions of the package: each is a command of the program."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable, List, Mapping, Optional, Sequence, Union

from . import _program
from ._program import FloodnetError, Problem, ScenarioError
from ._results import Comparison, Run, Runs, Sweep
from ._scenario import Scenario, Source, overrides, temporary_folder

Progress = Union[bool, Callable[[str], None]]


def run(
    scenario: Scenario,
    *,
    seed: Optional[int] = None,
    set: Optional[Mapping[str, Any]] = None,  # noqa: A002 (the name of the option)
    runs: Optional[int] = None,
    jobs: int = 1,
    pictures: bool = True,
    out: Optional["os.PathLike[str]"] = None,
    progress: Progress = False,
) -> Union[Run, Runs]:
    """Run a scenario.

    :param seed: the seed of all random choices; without it, that of the scenario.
    :param set: values that replace those of the scenario, by dotted keys: ``{"link.loss": 0.05}``.
    :param runs: how many independent runs, with seeds that follow from the first one. Then the result is a ``Runs``.
    :param jobs: threads; 0 is one per core. The results are the same for any number.
    :param pictures: whether pictures are drawn.
    :param out: folder of the results; without it, a temporary one that goes when Python ends.
    :param progress: True shows a line every ten seconds, a function gets it.
    :raises ScenarioError: the scenario is not valid; has line and column.
    :raises FloodnetError: the run failed.
    :raises KeyboardInterrupt: it was interrupted; results until then are in ``out``.

    An expectation that is not met raises nothing: see ``Run.passed``.
    """
    folder = _folder(out)
    source = Source(scenario)
    arguments = ["run", source.argument, "--out", str(folder), "--jobs", str(jobs), *overrides(set)]
    arguments += [] if seed is None else ["--seed", str(seed)]
    arguments += [] if pictures else ["--no-pictures"]
    arguments += [] if runs is None else ["--runs", str(runs)]
    _call([*arguments, "--format", "json"], [source], progress)
    return Run(folder) if runs is None else Runs(folder)


def sweep(
    plan: Scenario,
    *,
    runs: Optional[int] = None,
    until_ci: Optional[float] = None,
    jobs: int = 1,
    out: Optional["os.PathLike[str]"] = None,
    progress: Progress = False,
) -> Sweep:
    """Run every combination of the values of a plan, many seeds of each.

    :param plan: path of a plan, or a dict: ``{"scenario": "churn.toml", "runs": 20, "grid": {"link.loss": [0, 0.05]}}``.
        The scenario of a dict is named from the current folder, and may be a dict itself.
    :param runs: runs of each cell; without it, as the plan says.
    :param until_ci: add runs until half the interval of the first metric is at most this share of its mean.
    :param jobs: parallel runs; 0 is one per core.
    :param out: folder of the results. If it holds a part of this sweep, only the rest is made.
    """
    folder = _folder(out)
    if isinstance(plan, Mapping):
        plan = dict(plan)
        inner = Source(plan.get("scenario", ""))
        plan["scenario"] = str(Path(inner.argument).absolute())
        plan.setdefault("name", "sweep")
    source = Source(plan, "plan.toml")
    arguments = ["sweep", source.argument, "--out", str(folder), "--jobs", str(jobs)]
    arguments += [] if runs is None else ["--runs", str(runs)]
    arguments += [] if until_ci is None else ["--until-ci", str(until_ci)]
    said = _call([*arguments, "--format", "json"], [source], progress)
    return Sweep(folder, json.loads(said))


def compare(
    base: Union[Scenario, Run, Runs, Sweep],
    new: Union[Scenario, Run, Runs, Sweep],
    *,
    runs: Optional[int] = None,
    set: Optional[Mapping[str, Any]] = None,  # noqa: A002
    set_new: Optional[Mapping[str, Any]] = None,
    metrics: Sequence[str] = (),
    threshold: Optional[float] = None,
    jobs: int = 1,
    progress: Progress = False,
) -> Comparison:
    """Compare two scenarios, or two results: what differs beyond chance, and what got worse.

    :param runs: runs of each scenario, with the same seeds for both (20 if not given).
    :param set: values for both scenarios; ``set_new`` for the new one alone.
    :param metrics: compare these alone.
    :param threshold: ignore changes for the worse that are smaller than this share.
    """
    sides = [
        Source(side.folder) if isinstance(side, (Run, Runs, Sweep)) else Source(side, f"{name}.toml")
        for name, side in (("base", base), ("new", new))
    ]
    arguments = ["compare", *(side.argument for side in sides), "--jobs", str(jobs)]
    arguments += overrides(set) + overrides(set_new, "--set-new")
    arguments += [] if runs is None else ["--runs", str(runs)]
    arguments += [] if threshold is None else ["--threshold", str(threshold)]
    for metric in metrics:
        arguments += ["--metric", metric]
    return Comparison(json.loads(_call([*arguments, "--format", "json"], sides, progress)))


def validate(scenario: Scenario) -> List[Problem]:
    """What is wrong in a scenario or a plan; empty if nothing is."""
    return _program.check(Path(Source(scenario).argument))


def explain(word: str) -> str:
    """What a key, a metric, a file, a reason of a loss or an exit code means."""
    return _program.call(["explain", word])


def _call(arguments: List[str], sources: Sequence[Source], progress: Progress) -> str:
    tell = _program.note if progress is True else progress or None
    try:
        return _program.call(arguments, progress=tell)
    except FloodnetError as error:
        if error.code != 2:
            raise
        # A side of a comparison may be a folder of results, in which nothing can be wrong like that.
        files = [Path(source.argument) for source in sources]
        problems = [problem for file in files if not file.is_dir() for problem in _program.check(file)]
        if problems:
            raise ScenarioError(str(error), problems) from None
        # What is wrong may be in a value that was put in: then the file itself is valid.
        raise ScenarioError(str(error), []) from None


def _folder(out: Optional["os.PathLike[str]"]) -> Path:
    """The folder to write to."""
    return temporary_folder() if out is None else Path(out)
