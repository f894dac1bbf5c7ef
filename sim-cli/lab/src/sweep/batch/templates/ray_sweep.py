#!/usr/bin/env python3
"""Make a sweep of `sim-cli` on a Ray cluster, and join its parts.

    python3 ray_sweep.py PLAN [--program sim-cli] [--parts N] [--out DIR] [--address auto] [-- OPTIONS OF SWEEP]

Each task makes one part of the sweep, `sim-cli sweep PLAN --partition K/N`, in a folder of its own on its worker, and
sends the finished runs back. So workers need no common file system, only a folder that Ray copies to them: the one in
which this script is started, with the program and everything that the plan reads.

With `-- --until-ci 1% --max-runs 200` the number of runs follows the width of the intervals, and each task makes one run.
Cells whose intervals are still wide get more, round after round, as many as keep all cores busy. What counts is taken in
the order of the seeds, up to where it is enough, and `sim-cli merge` decides that; what was made beyond is dropped. So
where a cell stops depends on its runs alone, not on the scheduling or the number of machines, and the results are the same
bytes as those of one `sim-cli sweep`.

What is complete in OUT-parts, and of the same sweep, is not made again.
"""

import argparse
import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import ray

# A part is started again this often when its process, worker or machine is lost, or the machine has trouble (OSError). One
# that fails by itself is not: it would fail again.
RETRIES = 5
DONE = ".complete"
INDEX = "sweep.json"
# What `sim-cli` ends with when it is asked to stop, as by a machine that is shut down.
STOPPED = (130, 143)
# The last of so many parts has no run: what it makes is the index alone.
NO_RUN = "1000000000/1000000000"
# Options of `sweep` that are also options of `merge`, because parts have no pictures, and whether a value follows.
LOOK = {"--picture-format": True, "--theme": True, "--no-title": False}
# Options of `sweep` that say how many runs a cell has.
RULE = {"--runs": True, "--until-ci": True, "--max-runs": True}


class Lost(Exception):
    """Somebody ended the program that made a part: a machine that goes away, or the system when memory runs out."""


def make_part(program, plan, options, part):
    """Make `part` (K/N) on this worker: its files as {place: bytes}, or what the program said."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "part"
        command = [program, "sweep", plan, *options, "--partition", part, "--out", str(out)]
        ended = subprocess.run([*command, "--progress", "none"], capture_output=True, text=True, check=False)
        # A worker can outlive its program by a moment when its machine goes away.
        if ended.returncode < 0 or ended.returncode in STOPPED:
            raise Lost(f"sim-cli was ended from outside, with code {ended.returncode}: {ended.stderr.strip()}")
        # One part that is the whole sweep also judges its expectations (3) and intervals (5): merge does so again.
        if ended.returncode not in (0, 3, 5):
            return None, f"exit code {ended.returncode}: {ended.stderr.strip()}"
        files = [path for path in out.rglob("*") if path.is_file()]
        return {str(path.relative_to(out)): path.read_bytes() for path in files}, None


def keep(folder, files):
    """Write the files of a part, and mark it as complete when all are there."""
    shutil.rmtree(folder, ignore_errors=True)
    for place, content in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    mark(folder).touch()


def mark(folder):
    """The file that says that a part is complete."""
    return folder.with_name(folder.name + DONE)


def split(options, names):
    """The options of `sweep` with these names, and the others."""
    words, found, others = iter(options), [], []
    for word in words:
        name, is_whole, _ = word.partition("=")
        to = found if name in names else others
        to.append(word)
        if names.get(name) and not is_whole:
            to.append(next(words, ""))
    return found, others


class Sweep:
    """What is to be made, and the folder of its parts."""

    def __init__(self, args, options):
        self.program, self.plan, self.out, self.options = args.program, args.plan, args.out, options
        self.parts = args.out.with_name(f"{args.out.name}-parts")
        self.task = ray.remote(num_cpus=args.threads, max_retries=RETRIES, retry_exceptions=[Lost, OSError])(make_part)
        self.slots = max(1, int(ray.cluster_resources().get("CPU", 1)) // args.threads)

    def index(self, options):
        """What `sim-cli` writes of the sweep with these options before it makes a run."""
        files, why = make_part(self.program, self.plan, options, NO_RUN)
        if files is None:
            sys.exit(why)
        return files[INDEX]

    def make(self, parts, options, index):
        """Make those of `parts`, {folder: K/N}, that are not there yet. Ends this program if one fails."""

        def is_there(folder):
            path = folder / INDEX
            return mark(folder).exists() and path.exists() and path.read_bytes() == index

        waiting = {
            self.task.remote(self.program, self.plan, options, part): folder
            for folder, part in parts.items()
            if not is_there(folder)
        }
        print(f"{len(parts)} parts, {len(parts) - len(waiting)} already complete", file=sys.stderr)
        failed = {}
        while waiting:
            (ready,), _ = ray.wait(list(waiting), num_returns=1)
            folder = waiting.pop(ready)
            try:
                files, why = ray.get(ready)
            except ray.exceptions.RayError as error:
                # What went wrong on the worker says more than where.
                files, why = None, str(getattr(error, "cause", None) or error)
            if files is None:
                failed[folder.name] = why
            else:
                keep(folder, files)
            done = "failed" if files is None else "is complete"
            print(f"part {folder.name} {done}, {len(waiting)} to go", file=sys.stderr)
        if failed:
            name, why = next(iter(failed.items()))
            sys.exit(f"{len(failed)} of {len(parts)} parts failed; part {name}: {why}")

    def merge(self, folders, out, **how):
        """Join these parts in `out`."""
        look, _ = split(self.options, LOOK)
        command = [self.program, "merge", *map(str, folders), "--out", str(out), *look]
        return subprocess.run(command, check=False, **how)

    def fixed(self, count):
        """Make a sweep whose cells all have the same number of runs, in `count` parts."""
        parts = {self.parts / str(number): f"{number}/{count}" for number in range(1, count + 1)}
        self.make(parts, self.options, self.index(self.options))
        return self.merge(parts, self.out).returncode

    def adaptive(self):
        """Make a sweep whose cells have as many runs as their intervals need."""
        index = self.index(self.options)
        sweep = json.loads(index)
        cells, most = [cell["config"] for cell in sweep["cells"]], max(sweep["runs"], sweep["max_runs"])
        # A part of this sweep with a fixed number of runs is one run of one cell.
        options = ["--runs", str(most), *split(self.options, RULE)[1]]
        index_of_run = self.index(options)
        gathered, judged = self.parts / "gathered", self.parts / "judged"
        for folder in (gathered, judged):
            shutil.rmtree(folder, ignore_errors=True)
        (gathered / "cells").mkdir(parents=True)
        (gathered / INDEX).write_bytes(index)
        # All cells that are still wide have equally many runs.
        had, more, wide = 0, sweep["runs"], range(len(cells))
        while True:
            runs = range(had, min(had + more, most))
            parts = {
                self.parts / f"{cells[cell]}-{run}": f"{cell * most + run + 1}/{len(cells) * most}"
                for run in runs
                for cell in wide
            }
            self.make(parts, options, index_of_run)
            for folder in parts:
                shutil.copytree(folder / "cells", gathered / "cells", dirs_exist_ok=True)
            had = runs.stop
            ended = self.merge([gathered], judged, capture_output=True, text=True)
            if ended.returncode != 1:
                return self.merge([gathered], self.out).returncode
            # Of a cell with runs enough, merge takes those that count; of any other all that there are.
            taken = collections.Counter(path.name.split("-")[0] for path in (judged / "cells").glob("*.json"))
            wide = [cell for cell in wide if taken[cells[cell]] == had]
            if not wide or had == most:
                sys.exit(f"exit code {ended.returncode}: {ended.stderr.strip()}")
            # Enough for all cores, and not too many rounds.
            more = max(-(-self.slots // len(wide)), had // 4)
            print(f"{len(wide)} of {len(cells)} cells may need more than {had} runs", file=sys.stderr)


def arguments():
    """The command line; what follows `--` is for `sim-cli sweep`."""
    own, options = sys.argv[1:], []
    if "--" in own:
        place = own.index("--")
        own, options = own[:place], own[place + 1 :]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plan", help="the plan of the sweep, in the folder where this is started")
    parser.add_argument("--program", default="sim-cli", help="sim-cli, in that folder or on the PATH of all workers")
    parser.add_argument("--parts", type=int, default=40, help="number of parts, without --until-ci (default: 40)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("results"), help="folder of the results")
    parser.add_argument("--address", help="a running Ray cluster, or auto (default: this machine alone)")
    parser.add_argument("--threads", type=int, default=1, help="cores that a part takes (default: 1)")
    return parser.parse_args(own), options


def main():
    """Make what is missing, then join all parts."""
    args, options = arguments()
    # Only results would be copied needlessly.
    environment = {"working_dir": ".", "excludes": [f"/{args.out.name}", f"/{args.out.name}-parts"]}
    ray.init(address=args.address, runtime_env=environment, log_to_driver=False)
    sweep = Sweep(args, options)
    is_adaptive = any(word.partition("=")[0] == "--until-ci" for word in options)
    sys.exit(sweep.adaptive() if is_adaptive else sweep.fixed(args.parts))


if __name__ == "__main__":
    main()
