"""What the pages of the book promise: commands, outputs, values, claims, figures, files, with their lines.

docs/book/README.md says how each is written in a page.
"""

import re
import shlex
from dataclasses import dataclass, field

VALUE = re.compile(r'<data value="([^"]*)">(.*?)</data>')
NOTE = re.compile(r"^\s*<!-- (\w+):? ?(.*?) -->\s*$")
FENCE = re.compile(r"^\s*```(\w*)\s*$")
IMAGE = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")


@dataclass
class Mark:
    """Something in a page that is checked. `line` counts from 1."""

    kind: str
    line: int
    text: str
    # Of a value: what is printed. Of a block: its lines. Of a figure: the path of the picture.
    shown: object = None
    # Of a command: the exit codes that are right.
    codes: list = field(default_factory=lambda: [0])


class PageError(Exception):
    """A page that cannot be understood: its line and what is wrong."""

    def __init__(self, line, message):
        super().__init__(message)
        self.line = line


def read(text):
    """All marks of a page, in their order."""
    lines = text.split("\n")
    marks, note, at = [], None, 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        if fence:
            end = closing(lines, at)
            marks += block(fence.group(1), lines[at + 1 : end], at + 1, note)
            note, at = None, end + 1
            continue
        found = NOTE.match(lines[at])
        if found and found.group(1) in {"output", "file", "exit", "figure"}:
            note = (found.group(1), found.group(2), at + 1)
        elif found and found.group(1) == "holds":
            marks.append(Mark("holds", at + 1, found.group(2)))
        elif lines[at].strip():
            marks += in_line(lines[at], at + 1, note)
            if note and IMAGE.search(lines[at]):
                note = None
        at += 1
    if note:
        raise PageError(note[2], f"nothing follows that this `{note[0]}` could be about")
    return marks


def closing(lines, begin):
    """The index of the line that closes the fence at `begin`."""
    for at in range(begin + 1, len(lines)):
        if lines[at].strip() == "```":
            return at
    raise PageError(begin + 1, "this block is never closed")


def block(language, inner, line, note):
    """The marks of one fenced block, which begins at `line`."""
    kind, text = (note[0], note[1]) if note else (None, "")
    if language == "sh":
        codes = [int(code) for code in text.split()] if kind == "exit" else [0]
        return commands(inner, line, codes)
    if kind in ("output", "file"):
        return [Mark(kind, line, text, inner)]
    if language == "python":
        return [Mark("python", line, "\n".join(inner))]
    return []


def commands(inner, line, codes):
    """A mark for each command of a block; a backslash at the end of a line joins it with the next."""
    marks, begun = [], ""
    for offset, raw in enumerate(inner, 1):
        begun += raw.rstrip()
        if begun.endswith("\\"):
            begun = begun[:-1]
            continue
        words = shlex.split(begun, comments=True)
        if words and words[0] != "sim-cli":
            raise PageError(line + offset, f"only sim-cli is run here, not `{words[0]}`: use ```console to show it")
        if words:
            marks.append(Mark("command", line + offset, begun.strip(), words[1:], codes))
        begun = ""
    return marks


def in_line(text, line, note):
    """Values and pictures within a line."""
    found = [Mark("value", line, value, shown) for value, shown in VALUE.findall(text)]
    if len(found) != text.count("<data"):
        raise PageError(line, 'write `<data value="FORMULA; FORMAT">TEXT</data>` in one line')
    picture = IMAGE.search(text)
    if picture and note and note[0] == "figure":
        found.append(Mark("figure", line, note[1], picture.group(1)))
    elif picture:
        raise PageError(line, "a picture needs a line `<!-- figure: RUN PICTURE -->` before it")
    return found
