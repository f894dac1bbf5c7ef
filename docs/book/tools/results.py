"""What runs have left in their folders, by the names that formulas use."""

import csv
import json
import re


class Missing(Exception):
    """A formula names something that is not there."""


class Run:
    """The folder of a run, of many runs, or of a sweep."""

    def __init__(self, folder):
        self.folder = folder
        self.read = {}

    def once(self, name, load):
        """What `load` makes of a file, read once."""
        if name not in self.read:
            path = self.folder / name
            if not path.exists():
                raise Missing(f"{self.folder.name} has no {name}")
            self.read[name] = load(path)
        return self.read[name]

    def metric(self, path):
        """A number of summary.json, or the mean over many runs; `.low` and `.high` are the ends of its interval."""
        if (self.folder / "runs.json").exists():
            return self.mean(path)
        value = self.once("summary.json", lambda file: json.loads(file.read_text()))
        for part in path:
            if isinstance(value, list):
                value = {each.get("name"): each for each in value}
            if not isinstance(value, dict) or part not in value:
                raise Missing(f"{self.folder.name} has no {'.'.join(path)}")
            value = value[part]
        if value is None:
            raise Missing(f"{'.'.join(path)} was not measured in {self.folder.name}")
        return value

    def mean(self, path):
        metrics = self.once("runs.json", lambda file: json.loads(file.read_text()))["metrics"]
        name, end = ".".join(path), None
        if name not in metrics and path[-1] in ("low", "high"):
            name, end = ".".join(path[:-1]), path[-1]
        if name not in metrics:
            raise Missing(f"{self.folder.name} has no {name}")
        return metrics[name]["mean"] if end is None else metrics[name]["ci95"][end == "high"]

    def rows(self, table):
        return self.once(f"{table}.csv", lambda file: list(csv.DictReader(file.open())))

    def hops(self, count):
        """How many nodes of the picture of the graph have so many hops."""
        text = self.once("topology.graphml", lambda file: file.read_text())
        return len(re.findall(rf'<data key="hops">{count}</data>', text))


def number(text):
    """A cell of a table."""
    try:
        return float(text)
    except ValueError:
        raise Missing(f"`{text}` is not a number") from None


def cell(run, metric, *values):
    """The mean of a metric in the cell of a sweep that has these values of its axes."""
    for row in run.rows("table"):
        if list(row.values())[: len(values)] == [str(value) for value in values]:
            if metric not in row:
                raise Missing(f"the sweep has no column {metric}")
            return number(row[metric])
    raise Missing(f"the sweep has no cell {values}")


def each(run, index, metric):
    """A metric of one of many runs."""
    row = run.rows("runs")[index]
    if metric not in row:
        raise Missing(f"{run.folder.name} has no {metric}")
    return number(row[metric])


def message(run, index, column):
    """A column of messages.csv."""
    return number(run.rows("messages")[index][column])


def messages(run, column, first, last):
    """A column of messages.csv, of the messages `first` to `last`."""
    return [number(row[column]) for row in run.rows("messages")[first : last + 1]]


def at(run, seconds, column):
    """A column of timeseries.csv at a time."""
    for row in run.rows("timeseries"):
        if float(row["t_s"]) == seconds:
            return number(row[column])
    raise Missing(f"there is no sample at {seconds} s")
