"""Checks one page against what its commands give, or brings it up to date."""

import re
from pathlib import Path

import formulas
import marks
from lab import Failed
from results import Missing

NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


class Page:
    """A page and what was found about it. With `write`, values, outputs and figures are replaced in place."""

    def __init__(self, path, lab, root, write, recipes=None):
        self.path, self.lab, self.root, self.write, self.recipes = path, lab, root, write, recipes
        self.lines = path.read_text().split("\n")
        self.faults, self.renewed, self.counts = [], [], {}
        self.figures = set()

    def check(self):
        """Goes through the page from top to bottom."""
        try:
            found = marks.read("\n".join(self.lines))
        except marks.PageError as error:
            self.fault(error.line, str(error))
            return self
        for mark in found:
            self.counts[mark.kind] = self.counts.get(mark.kind, 0) + 1
            try:
                getattr(self, mark.kind)(mark)
            except (Failed, Missing) as error:
                self.fault(mark.line, str(error))
        if self.renewed:
            self.path.write_text("\n".join(self.lines))
        return self

    def fault(self, line, message):
        self.faults.append(f"{self.path.relative_to(self.root)}:{line}: {message}")

    def renew(self, line, old, new, before="", after=""):
        """Replaces text in a line, where it stands between `before` and `after`, and says so."""
        self.lines[line - 1] = self.lines[line - 1].replace(before + old + after, before + new + after, 1)
        self.renewed.append(f"{self.path.relative_to(self.root)}:{line}: `{old}` is now `{new}`")

    def unknown(self, text):
        """Whether a formula is about a run that was left out."""
        return any(re.search(rf"\b{name}\b", text) for name in self.lab.skipped)

    def command(self, mark):
        self.lab.command(mark.shown, mark.codes)

    def python(self, mark):
        self.lab.out = self.recipes(mark.text, self.lab.folder) if self.recipes else None

    def value(self, mark):
        if self.unknown(mark.text):
            return
        formula, form, *within = [part.strip() for part in mark.text.split(";")]
        found = formulas.value(formula, self.lab.runs)
        new = formulas.printed(found, form)
        if mark.shown == new or (within and near(mark.shown, found, form, within[0])):
            return
        if self.write:
            self.renew(mark.line, mark.shown, new, f'<data value="{mark.text}">', "</data>")
        else:
            bound = f", which is not within {within[0]}" if within else ""
            self.fault(mark.line, f"`{mark.shown}` stands there, `{new}` was found{bound} ({formula})")

    def holds(self, mark):
        if not self.unknown(mark.text) and not formulas.value(mark.text, self.lab.runs):
            self.fault(mark.line, f"the text relies on `{mark.text}`, which does not hold")

    def output(self, mark):
        """Each line of the block must be in the output of the last command, in order; `...` stands for left-out lines."""
        if self.lab.out is None:
            return
        printed, begin = [line.rstrip() for line in self.lab.out.split("\n")], 0
        for offset, line in enumerate(mark.shown, 1):
            if line.strip() in ("", "..."):
                continue
            if line.rstrip() in printed[begin:]:
                begin = printed.index(line.rstrip(), begin) + 1
                continue
            label = re.split(r" {2,}", line.strip())[0]
            near = [each for each in printed[begin:] if re.split(r" {2,}", each.strip())[0] == label]
            if self.write and near:
                self.renew(mark.line + offset, line, near[0])
                begin = printed.index(near[0], begin) + 1
            else:
                self.fault(mark.line + offset, f"`{line}` is not in the output" + (f", but `{near[0]}`" if near else ""))

    def file(self, mark):
        """The block must stand in the file, line by line."""
        path = self.root / mark.text
        if not path.exists():
            raise Failed(f"there is no file {mark.text}")
        whole = "\n" + path.read_text()
        if "\n" + "\n".join(mark.shown) + "\n" not in whole:
            self.fault(mark.line, f"these lines do not stand in {mark.text} like this")

    def figure(self, mark):
        words, path = mark.text.split(), self.path.parent / mark.shown
        self.figures.add(path.resolve())
        if words[0] in self.lab.skipped:
            return
        if words[0] in self.lab.real and path.exists():
            return
        new = self.lab.picture(words)
        if path.exists() and alike(path.read_text(), new):
            return
        if self.write:
            path.write_text(new)
            self.renewed.append(f"{path.relative_to(self.root)} is new")
        else:
            self.fault(mark.line, f"{mark.shown} is not the picture `{mark.text}` that was drawn now")


def near(shown, found, form, within):
    """Whether a value of real sockets, which is never the same twice, is near what is printed."""
    number = NUMBER.search(shown)
    if not number or isinstance(found, str):
        return False
    printed = float(number.group().replace(",", "")) / (100 if "%" in form.partition(" ")[0] else 1)
    return abs(found - printed) <= float(within.rstrip(" %")) / 100 * abs(printed)


def alike(old, new):
    """Whether two pictures have the same texts and shapes, at places that differ by at most a pixel and a half."""
    if old == new:
        return True
    if re.findall(r">([^<]*)<", old) != re.findall(r">([^<]*)<", new):
        return False
    if NUMBER.sub("#", old) != NUMBER.sub("#", new):
        return False
    pairs = zip(NUMBER.findall(old), NUMBER.findall(new))
    return all(abs(float(a.replace(",", "")) - float(b.replace(",", ""))) <= 1.5 for a, b in pairs)


def pages(book):
    """The pages that the summary lists, in its order."""
    summary = (book / "SUMMARY.md").read_text()
    return [book / Path(name) for name in re.findall(r"\]\(([^)]+\.md)\)", summary)]
