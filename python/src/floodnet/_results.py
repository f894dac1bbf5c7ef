"""What the program wrote, as Python sees it."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, cast


def frame(path: Path, library: Optional[str] = None) -> Any:
    """The table in a CSV file as a frame of pandas, polars or pyarrow: of the named one, or the first that is installed.

    Numbers are numbers, and ``inf`` stands for never.
    """
    makers = {"pandas": _pandas, "polars": _polars, "pyarrow": _arrow}
    if library is not None and library not in makers:
        raise ValueError(f"unknown library {library!r}: one of {', '.join(makers)}")
    for name in [library] if library else makers:
        try:
            return makers[name](path)
        except ImportError:
            if library:
                raise
    raise ImportError(f"no library for tables is installed: pip install one of {', '.join(makers)}")


def _pandas(path: Path) -> Any:
    import pandas

    return pandas.read_csv(path)


def _polars(path: Path) -> Any:
    import polars

    return polars.read_csv(path, infer_schema_length=None)


def _arrow(path: Path) -> Any:
    from pyarrow import csv as arrow_csv

    return arrow_csv.read_csv(path)


class Picture:
    """A picture of a run. It shows itself in a notebook."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _repr_png_(self) -> bytes:
        return self.path.read_bytes()

    def __repr__(self) -> str:
        return f"<Picture {self.path.name}>"


class _Folder:
    """A folder of results."""

    def __init__(self, folder: Path) -> None:
        #: Where all files of the result are.
        self.folder = folder

    def _json(self, name: str) -> Dict[str, Any]:
        return cast(Dict[str, Any], json.loads((self.folder / name).read_text(encoding="utf-8")))

    def picture(self, name: str) -> Picture:
        """A picture by its name, such as ``delivery``; ``pictures`` lists them."""
        path = self.folder / f"{name[:-4] if name.endswith('.png') else name}.png"
        if not path.is_file():
            raise KeyError(f"no picture is called {name}: there are {', '.join(self.pictures) or 'none'}")
        return Picture(path)

    @property
    def pictures(self) -> List[str]:
        """Names of the pictures."""
        return sorted(path.stem for path in self.folder.glob("*.png"))


class Run(_Folder):
    """A finished run."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        #: Every number of the run: ``summary.json``. ``sim-cli explain NAME`` says what one means.
        self.summary: Dict[str, Any] = self._json("summary.json")

    @property
    def digest(self) -> str:
        """The digest of the run: equal runs have equal digests."""
        return cast(str, self.summary["digest"])

    @property
    def passed(self) -> Optional[bool]:
        """Whether all expectations of the scenario are met; None if it has none."""
        verdicts = [each["verdict"] for each in self.summary.get("expect", [])]
        return all(verdict == "holds" for verdict in verdicts) if verdicts else None

    def metric(self, path: str) -> Any:
        """A number by its dotted path, such as ``latency_ms.p99``."""
        value: Any = self.summary
        for word in path.split("."):
            if not isinstance(value, dict) or word not in value:
                raise KeyError(f"no metric is called {path}")
            value = value[word]
        return value

    def series(self, library: Optional[str] = None) -> Any:
        """A row for each sample of the network: ``timeseries.csv``. Times in seconds, sizes in bytes."""
        return frame(self.folder / "timeseries.csv", library)

    def messages(self, library: Optional[str] = None) -> Any:
        """A row for each message: ``messages.csv``. Times in seconds, latencies in milliseconds."""
        return frame(self.folder / "messages.csv", library)

    def latency(self, library: Optional[str] = None) -> Any:
        """The distribution of latencies: ``ms`` and the share of all receivers that had the message by then."""
        return frame(self.folder / "latency.csv", library)

    def graph(self) -> Any:
        """The overlay at the end as a graph of networkx, with the attributes of its nodes."""
        import networkx

        return networkx.read_graphml(self.folder / "topology.graphml")

    def __repr__(self) -> str:
        summary = self.summary
        return (
            f"<Run {summary['scenario']}, seed {summary['seed']}: {summary['nodes']} nodes, "
            f"delivery {summary['delivery_ratio']}, digest {self.digest}>"
        )

    def _repr_html_(self) -> str:
        names = ["delivery_ratio", "latency_ms.p50", "latency_ms.p99", "rmr.mean", "partition_rate", "digest"]
        rows = []
        for name in names:
            try:
                value = self.metric(name)
            except KeyError:
                continue
            rows.append(f"<tr><td>{html.escape(name)}</td><td>{html.escape(str(value))}</td></tr>")
        title = html.escape(f"{self.summary['scenario']}, seed {self.summary['seed']}")
        return f"<table><caption>{title}</caption>{''.join(rows)}</table>"


class Runs(_Folder):
    """Several runs of one scenario, with different seeds."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        #: Means and intervals: ``runs.json``.
        self.summary: Dict[str, Any] = self._json("runs.json")

    @property
    def metrics(self) -> Dict[str, Dict[str, Any]]:
        """Of each metric its mean, ``ci95`` (95 % confidence interval), least and greatest value."""
        return cast(Dict[str, Dict[str, Any]], self.summary["metrics"])

    def table(self, library: Optional[str] = None) -> Any:
        """A row for each metric: ``runs.csv``."""
        return frame(self.folder / "runs.csv", library)

    def latency(self, library: Optional[str] = None) -> Any:
        """The distribution of latencies over all runs."""
        return frame(self.folder / "latency.csv", library)

    def __len__(self) -> int:
        return len(self.summary["each"])

    def __iter__(self) -> Iterator[Run]:
        return (Run(folder) for folder in sorted(self.folder.glob("run-*")) if folder.is_dir())

    def __repr__(self) -> str:
        return f"<Runs of {self.summary['scenario']}: {len(self)}>"


class Sweep(_Folder):
    """Every combination of the values of a plan, many seeds of each."""

    def __init__(self, folder: Path, results: Dict[str, Any]) -> None:
        super().__init__(folder)
        #: Every cell with all metrics: ``results.json``.
        self.results = results

    @property
    def cells(self) -> List[Dict[str, Any]]:
        """The cells: ``at`` has the values, ``metrics`` means and intervals."""
        return cast(List[Dict[str, Any]], self.results["cells"])

    def table(self, library: Optional[str] = None) -> Any:
        """A row for each cell: its values, and each shown metric with the ends of its interval."""
        return frame(self.folder / "table.csv", library)

    def __len__(self) -> int:
        return len(self.cells)

    def __repr__(self) -> str:
        with (self.folder / "sweep.json").open(encoding="utf-8") as file:
            name = json.load(file)["name"]
        return f"<Sweep {name}: {len(self)} cells>"


class Comparison:
    """What differs between two sides beyond chance."""

    def __init__(self, results: Dict[str, Any]) -> None:
        #: All that `sim-cli compare --format json` says.
        self.results = results

    @property
    def conclusion(self) -> str:
        """What it comes to, in a sentence."""
        return cast(str, self.results["conclusion"])

    @property
    def undecided(self) -> bool:
        """Whether the runs are too few to find anything."""
        rows = self.rows()
        return bool(rows) and all(row["verdict"] == "cannot_tell" for row in rows)

    @property
    def worse(self) -> List[str]:
        """Names of the metrics that got worse."""
        return [row["metric"] for row in self.rows() if row["regression"]]

    def rows(self) -> List[Dict[str, Any]]:
        """A dict for each metric that was compared (of sweeps, in each ``cell``), with its verdict."""
        pairs = self.results["pairs"]
        return [dict(row, cell=pair["cell"]) for pair in pairs for row in pair["metrics"]]

    def __repr__(self) -> str:
        return f"<Comparison: {self.conclusion}>"
