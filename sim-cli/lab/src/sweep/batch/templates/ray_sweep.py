#!/usr/bin/env python3
"""Make a sweep of `sim-cli` on a Ray cluster, and join its parts.

    python3 ray_sweep.py PLAN [--program sim-cli] [--parts N] [--out DIR] [--address auto] [-- OPTIONS OF SWEEP]

Each task makes one part of the sweep, `sim-cli sweep PLAN --partition K/N`, in a folder of its own on its worker, and
sends the finished runs back. So workers need no common file system, only a folder that Ray copies to them: the one in
which this script is started, with the program and everything that the plan reads.

With `-- --until-ci 1% --max-runs 200` the number of runs follows the width of the intervals. A cell then belongs to one
part, which adds runs in the order of their seeds. So where it stops depends on its runs alone, not on the scheduling, and
the results are the same bytes as those of one `sim-cli sweep`. Use at least as many parts as cells.

Parts that are complete in OUT-parts are not made again.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

import ray

# A part is started again this often when its process, worker or machine is lost. One that fails by itself is not: it would
# fail again.
RETRIES = 5
DONE = ".complete"
# What `sim-cli` ends with when it is asked to stop, as by a machine that is shut down.
STOPPED = (130, 143)
# Options of `sweep` that are also options of `merge`, because parts have no pictures, and whether a value follows.
OF_MERGE = {"--picture-format": True, "--theme": True, "--no-title": False}


class Lost(Exception):
    """Somebody ended the program that made a part: a machine that goes away, or the system when memory runs out."""


def make_part(program, plan, options, number, parts):
    """Make part `number` of `parts` on this worker: its files as {place: bytes}, or what the program said."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "part"
        command = [program, "sweep", plan, *options, "--partition", f"{number}/{parts}", "--out", str(out)]
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
    folder.with_suffix(DONE).touch()


def of_merge(options):
    """Those of the options of `sweep` that are also for `merge`."""
    words, found = iter(options), []
    for word in words:
        name, is_whole, _ = word.partition("=")
        if name in OF_MERGE:
            found.append(word)
            if OF_MERGE[name] and not is_whole:
                found.append(next(words, ""))
    return found


def arguments():
    """The command line; what follows `--` is for `sim-cli sweep`."""
    own, options = sys.argv[1:], []
    if "--" in own:
        place = own.index("--")
        own, options = own[:place], own[place + 1 :]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plan", help="the plan of the sweep, in the folder where this is started")
    parser.add_argument("--program", default="sim-cli", help="sim-cli, in that folder or on the PATH of all workers")
    parser.add_argument("--parts", type=int, default=40, help="number of parts (default: 40)")
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
    task = ray.remote(num_cpus=args.threads, max_retries=RETRIES, retry_exceptions=[Lost])(make_part)
    folders = {number: args.out.with_name(f"{args.out.name}-parts") / str(number) for number in range(1, args.parts + 1)}
    waiting = {
        task.remote(args.program, args.plan, options, number, args.parts): number
        for number, folder in folders.items()
        if not folder.with_suffix(DONE).exists()
    }
    print(f"{args.parts} parts, {args.parts - len(waiting)} already complete", file=sys.stderr)
    failed = {}
    while waiting:
        (ready,), _ = ray.wait(list(waiting), num_returns=1)
        number = waiting.pop(ready)
        try:
            files, why = ray.get(ready)
        except ray.exceptions.RayError as error:
            files, why = None, str(error)
        if files is None:
            failed[number] = why
        else:
            keep(folders[number], files)
        print(f"part {number} {'failed' if files is None else 'is complete'}, {len(waiting)} to go", file=sys.stderr)
    if failed:
        number, why = min(failed.items())
        sys.exit(f"{len(failed)} of {args.parts} parts failed; part {number}: {why}")
    merge = [args.program, "merge", *map(str, folders.values()), "--out", str(args.out), *of_merge(options)]
    sys.exit(subprocess.run(merge, check=False).returncode)


if __name__ == "__main__":
    main()
