"""Runs the commands of a page as a reader would, in a folder of their own, and keeps what they printed and wrote."""

import subprocess

from results import Run

PICTURES = ["--picture-format", "svg", "--no-title"]


class Failed(Exception):
    """A command did not end as the page says."""


class Lab:
    """One page's folder: `scenarios` is that of the project, results go to `runs`."""

    def __init__(self, program, folder, root, sockets):
        folder.mkdir()
        (folder / "scenarios").symlink_to(root / "scenarios")
        self.program, self.folder, self.sockets = program, folder, sockets
        self.runs, self.skipped, self.real = {}, set(), set()
        self.out = None

    def command(self, words, codes):
        """Runs one command. Without sockets, those that need them are left out, and what reads their results too."""
        name = words[words.index("--out") + 1] if "--out" in words else None
        if words[0] in ("run", "sweep") and not (name or "").startswith("runs/"):
            raise Failed("`run` and `sweep` need `--out runs/NAME`, by which the page names the results")
        alias = name and name.removeprefix("runs/").replace("-", "_")
        needs = {word.removeprefix("runs/").replace("-", "_") for word in words if word.startswith("runs/")}
        real = "tcp" in words or bool(needs & self.real)
        if real and alias:
            self.real.add(alias)
        if real and not self.sockets:
            self.skipped.add(alias)
            self.out = None
            return
        self.out = self.call([*words, *self.extra(words)], codes)
        if alias:
            self.runs[alias] = Run(self.folder / "runs" / name.removeprefix("runs/"))

    @staticmethod
    def extra(words):
        """Pictures are drawn where a page shows them, without a title, as shapes."""
        draws = words[0] in ("sweep", "render") or (words[0] == "compare" and "--out" in words)
        if draws or "--sweep" in words:
            return PICTURES
        return ["--no-pictures"] if words[0] == "run" and "--report" not in words else []

    def call(self, words, codes=(0,)):
        """What the program prints on standard output."""
        done = subprocess.run(
            [self.program, *words, "--color", "never", "--progress", "none"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in codes:
            shown = (done.stderr.strip() or done.stdout.strip()).split("\n")
            raise Failed(f"exit code {done.returncode}: {' / '.join(shown[-4:])}")
        return done.stdout

    def picture(self, words):
        """The bytes of a picture of a run, such as `flood topology at 90s`."""
        run, name, when = words[0], words[1], words[3] if len(words) > 3 else None
        if run not in self.runs:
            raise Failed(f"no command of this page writes runs/{run.replace('_', '-')}")
        folder = self.runs[run].folder
        if not (folder / f"{name}.svg").exists():
            what = name.partition("-")[0]
            folder = self.folder / "pictures" / "-".join(words).replace("/", "-")
            moment = ["--at", when] if when else []
            relative = f"runs/{self.runs[run].folder.name}"
            self.call(["render", relative, "--what", what, *moment, *PICTURES, "--out", str(folder)])
        found = [path for path in (folder / f"{name}.svg", folder / f"{name}-{when}.svg") if path.exists()]
        if not found:
            raise Failed(f"there is no picture {name}.svg in {', '.join(sorted(p.name for p in folder.iterdir()))}")
        return found[0].read_text()
