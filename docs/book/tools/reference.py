"""Writes the pages of the reference from what the program says of itself, from tables that it wrote, and from its source.

Keys, metrics, files, reasons and exit codes come from `sim-cli explain`; fields of JSON from `sim-cli schema`. Columns come
from the heads of tables of a run, and their texts from the comments of the structs whose rows they are. The tables of
`export` and `why` have no such struct: their texts are in `EXPORTED`, which must have exactly the columns of the files.
"""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

MADE = "<!-- made by docs/book/rebuild: do not edit -->\n"
STRUCTS = {
    "timeseries.csv": [("sim-cli/measure/src/series.rs", "Row"), ("sim-cli/measure/src/deeds.rs", "HostileRow")],
    "messages.csv": [("sim-cli/measure/src/results.rs", "MessageRow")],
    "latency.csv": [("sim-cli/measure/src/latency.rs", "CurvePoint")],
}
EXPORTED = {
    "lives.csv": {
        "slot": "Slot.",
        "life": "Number of the life of this slot, from 0.",
        "up_s": "When it came up, in seconds.",
        "joined_s": "When it first held a neighbor; blank if never.",
        "down_s": "When it left or crashed; blank if it was up at the end.",
        "region": "Region of its class, if it has one.",
        "class": "Its class, if it has one.",
    },
    "links.csv": {
        "source": "The end with the lower number.",
        "target": "The other end.",
        "from_s": "Since when the link was open, in seconds.",
        "until_s": "Until when; blank if it was open at the end.",
    },
    "arrivals.csv": {
        "message": "Number of the message.",
        "slot": "Slot that got it.",
        "at_s": "When it first came, in seconds.",
        "latency_ms": "Time since the publication.",
        "from": "Slot that the first copy came from.",
        "hops": "Links that this copy had crossed.",
    },
    "receivers.csv": {
        "message": "Number of the message.",
        "receiver": "Slot that should get it.",
        "outcome": "`in_time`, `late` or `missing`.",
        "at_s": "When it first came, in seconds; blank if never.",
        "latency_ms": "Time since the publication; `inf` if it never came.",
        "from": "Slot that the first copy came from.",
        "hops": "Links that this copy had crossed.",
        "place": "The kind of place at which it stopped, for those that missed the deadline.",
    },
}
# A run with everything of which a table has columns of its own: adversaries, classes, churn.
EVENTFUL = """
name = "everything"
duration = "30s"
nodes = { count = 30, arrive = "1s" }
overlay.random_walk = {}
broadcast.flood = {}
churn.session.exponential = { mean = "20s" }
churn.downtime.exponential = { mean = "5s" }
measure.deadline = "2s"
[[class]]
name = "all"
share = 1.0
[[traffic]]
from = "random"
every = "1s"
start = "5s"
[[adversary]]
share = 0.1
does = [{ drop = 1.0 }]
"""


class Unknown(Exception):
    """The program does not say what a page of the reference needs."""


class Program:
    """The program that is asked."""

    def __init__(self, path, folder):
        self.path, self.folder = path, folder

    def __call__(self, *words):
        done = subprocess.run([self.path, *words], cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unknown(f"`sim-cli {' '.join(words)}`: {done.stderr.strip()}")
        return done.stdout

    def words(self):
        """All words by kind, each with its text and its form."""
        listed, kind = {}, None
        for line in self("explain").split("\n"):
            if line and not line.startswith(" "):
                kind = line.strip()
            elif line:
                listed.setdefault(kind, []).append(line.strip())
        names = list(dict.fromkeys(name for names in listed.values() for name in names))
        with ThreadPoolExecutor(4) as pool:
            texts = dict(zip(names, pool.map(lambda name: self("explain", name), names)))
        singular = {"keys": "key", "metrics": "metric", "files": "file", "reasons": "reason", "exit codes": "exit code"}
        return {
            kind: {name: entry(texts[name], name, singular[kind]) for name in dict.fromkeys(names)}
            for kind, names in listed.items()
        }


def entry(text, name, kind):
    """The lines of one word in the answer of `explain`, of all entries that have this name and kind."""
    lines = []
    for part in text.strip().split("\n\n"):
        head, *rest = part.split("\n")
        if head == f"{name} ({kind})":
            lines += [line.strip() for line in rest]
    if not lines:
        raise Unknown(f"`sim-cli explain {name}` has no text for the {kind}")
    return list(dict.fromkeys(lines))


def escaped(text):
    """Text of the program as Markdown: what looks like a tag is none."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;").replace("*", "\\*") for part in parts)


def anchor(name):
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name)


def item(name, lines):
    """A line of a list, which links can name."""
    text = escaped(lines[0])
    form = f" *({escaped('; '.join(lines[1:]))})*" if len(lines) > 1 else ""
    return f'- <a id="{anchor(name)}"></a>`{name}`: {text}{form}\n'


def grouped(entries, group):
    """Items under a heading for each group, in the order of the first of each."""
    groups = {}
    for name, lines in entries.items():
        groups.setdefault(group(name, lines), []).append(item(name, lines))
    return "".join(f"\n## {title}\n\n{''.join(items)}" for title, items in groups.items())


def keys(words):
    tables = {name.split(".")[0] for name in words["keys"] if "." in name}

    def group(name, _):
        top = name.split(".")[0]
        return f"`[{top}]`" if top in tables else "At the top of the file"

    text = grouped(dict(sorted(words["keys"].items(), key=lambda each: each[0].split(".")[0] in tables)), group)
    return (
        "# Keys of a scenario\n\n"
        "Every key that a scenario can have. `sim-cli explain KEY` prints the same. Items of a list are named without their\n"
        "place: `fault.at` is `at` in each `[[fault]]`. `--set` wants the place: `--set fault.0.at=30s`.\n" + text
    )


def metrics(words):
    def group(name, _):
        top = name.split(".")[0]
        apart = ("adversary", "phases", "topology", "attachment", "own", "kinds")
        return f"`{top}`" if top in apart else "The network and its messages"

    return (
        "# Metrics\n\n"
        "Every number of `summary.json`, by the name that `[expect]`, sweeps and comparisons use. `sim-cli explain METRIC`\n"
        "prints the same. The [words](words.md#what-is-measured) say how each is counted.\n"
        + grouped(words["metrics"], group)
        + "\n## Reasons of losses\n\n"
        + "A packet that was lost, or an input that a protocol ignored, is counted in `drops` under its reason.\n\n"
        + "".join(item(name, lines) for name, lines in words["reasons"].items())
    )


def comments(root, sources):
    """The comments of the fields of structs, by the names that serde writes."""
    found = {}
    for path, struct in sources:
        source = (root / path).read_text()
        body = re.search(rf"pub struct {struct} {{\n(.*?)\n}}", source, re.S).group(1)
        for field in re.finditer(r"((?: +///[^\n]*\n)+)((?: +#\[[^\n]*\n)*) +pub (\w+):", body):
            name = re.search(r'rename = "(\w+)"', field.group(2))
            text = " ".join(line.strip().removeprefix("///").strip() for line in field.group(1).strip().split("\n"))
            found[name.group(1) if name else field.group(3)] = text
    return found


def columns(program, root):
    """The columns of each table that a run, `export` and `why` write, with their texts."""
    (program.folder / "everything.toml").write_text(EVENTFUL)
    program("run", "everything.toml", "--out", "everything", "--no-pictures", "-q")
    program("export", "everything", "--format", "csv", "-q")
    program("why", "everything", "--receivers", "everything/receivers.csv", "-q")
    texts = {table: comments(root, sources) for table, sources in STRUCTS.items()} | EXPORTED
    found = {}
    for table, known in texts.items():
        head = (program.folder / "everything" / table).open().readline().strip().split(",")
        missing = [name for name in head if name not in known]
        gone = [name for name in known if name not in head and table in EXPORTED]
        if missing or gone:
            raise Unknown(f"{table}: columns without a text: {missing}; texts without a column: {gone}")
        found[table] = {name: known[name] for name in head}
    return found


def files(words, program, root):
    text = (
        "# Files and columns\n\nWhat a run leaves in its folder, and what other commands add. `sim-cli explain FILE` prints the"
        " same of files.\n\n## Files\n\n"
    )
    text += "".join(item(name, lines) for name, lines in words["files"].items())
    for table, known in columns(program, root).items():
        text += f"\n## Columns of `{table}`\n\n| column | what it is |\n|---|---|\n"
        text += "".join(f"| `{name}` | {escaped(what)} |\n" for name, what in known.items())
    text += "\n`runs.csv` has a column for each [metric](metrics.md), and `table.csv` of a sweep one for each key that varies;\n"
    text += "there `METRIC` is the mean, `.low` and `.high` are the ends of its 95 % confidence interval.\n"
    text += "\n## Fields of `manifest.json`\n\n| field | what it is |\n|---|---|\n"
    for name, field in json.loads(program("schema", "--of", "manifest"))["properties"].items():
        text += f"| `{name}` | {escaped(field.get('description', ''))} |\n"
    text += "\n## Exit codes\n\n" + "".join(item(name, lines) for name, lines in words["exit codes"].items())
    return text


def slug(term):
    return re.sub(r"[^a-z0-9_]+", "-", term.lower()).strip("-")


def glossary(root):
    """docs/glossary.md with a name for each word that links can use, and without links to pages outside of the book."""
    text = (root / "docs/glossary.md").read_text().replace("# Glossary", "# Words", 1)
    text = re.sub(r" \(\[[^\]]*\.md\]\([^)]*\)\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\((?![a-z]+:)[^)]*\)", r"\1", text)

    seen = set()

    def named(match):
        bold = re.findall(r"\*\*(.+?)\*\*|`([^`]+)`", match.group(2).split(": ")[0])
        terms = [slug(term) for pair in bold for term in re.split(r",|\bor\b", pair[0] or pair[1]) if slug(term)]
        fresh = [term for term in dict.fromkeys(terms) if term not in seen]
        seen.update(fresh)
        return match.group(1) + "".join(f'<a id="{term}"></a>' for term in fresh) + match.group(2)

    return re.sub(r"^(- )((?:\*\*|`).*)$", named, text, flags=re.M)


def made(program, root):
    """The pages, by their names."""
    words = program.words()
    texts = {
        "keys.md": keys(words),
        "metrics.md": metrics(words),
        "files.md": files(words, program, root),
        "words.md": glossary(root),
    }
    return {name: MADE + "\n" + text for name, text in texts.items()}
