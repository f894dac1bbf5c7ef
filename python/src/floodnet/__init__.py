"""floodnet: a deterministic laboratory for peer-to-peer overlays and gossip protocols.

>>> import floodnet
>>> run = floodnet.run("smoke", seed=7, set={"link.loss": 0.05})
>>> run.summary["delivery_ratio"]
1.0
>>> run.series()                    # a frame: one row for each sample
>>> run.picture("delivery")         # shows in a notebook

Each function starts the program ``sim-cli``, which comes with this package, and reads the files that it writes. So results
are those of the command line, byte for byte, and a run is not slowed down by Python. A scenario is the path of a file, the
name of a built-in scenario, TOML text, or a dict.
"""

from ._commands import compare, explain, run, sweep, validate
from ._program import FloodnetError, Problem, ScenarioError, version
from ._results import Comparison, Picture, Run, Runs, Sweep

__all__ = [
    "Comparison",
    "FloodnetError",
    "Picture",
    "Problem",
    "Run",
    "Runs",
    "ScenarioError",
    "Sweep",
    "compare",
    "explain",
    "run",
    "sweep",
    "validate",
    "version",
]
