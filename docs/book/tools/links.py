"""Links and anchors: within the pages, and within the pages that mdBook made of them."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.*?)\s*$")


def prose(text):
    """The lines outside of blocks of code, with their numbers; code within a line is blanked."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip().startswith("```"):
            inside = not inside
        elif not inside:
            yield number, re.sub(r"`[^`]*`", "``", line), line


def anchors(text):
    """What `#...` can name in a page: headings as mdBook turns them into ids, and ids given by hand."""
    found, seen = set(re.findall(r'\bid="([^"]+)"', text)), {}
    for _, _, line in prose(text):
        heading = HEADING.match(line)
        if heading:
            plain = re.sub(r"<[^>]*>|[`*]", "", heading.group(1)).lower()
            slug = "".join(c if c.isalnum() or c in "_-" else "-" if c.isspace() else "" for c in plain)
            found.add(slug if slug not in seen else f"{slug}-{seen[slug]}")
            seen[slug] = seen.get(slug, 0) + 1
    return found


def check(book, listed, figures, root):
    """Faults of all links in the pages of the folder `book`. A link may not leave the book: it would be dead there."""
    faults = []
    texts = {path.resolve(): path.read_text() for path in sorted(book.glob("*.md"))}
    for path, text in texts.items():
        place = path.relative_to(root)
        if path.name != "SUMMARY.md" and path not in {page.resolve() for page in listed}:
            faults.append(f"{place}:1: SUMMARY.md does not list this page")
        for line, stripped, _ in prose(text):
            for target in LINK.findall(stripped):
                if not re.match(r"[a-z]+:", target):
                    wrong = problem(path, unquote(target), texts, book)
                    faults += [f"{place}:{line}: {wrong}"] if wrong else []
    unused = {path.resolve() for path in (book / "figures").iterdir()} - figures
    faults += [f"{path.relative_to(root)}: no page shows this figure" for path in sorted(unused)]
    return faults


def problem(page, target, texts, book):
    """What is wrong with a link, or nothing."""
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if not path.is_relative_to(book.resolve()):
        return f"the link `{target}` leaves the book"
    if not path.exists():
        return f"the link `{target}` leads to no file"
    if anchor and anchor not in anchors(texts[path]):
        return f"the link `{target}` leads to no heading of {path.name}"
    return None


class Names(HTMLParser):
    """Ids and links of a page."""

    def __init__(self):
        super().__init__()
        self.ids, self.links = set(), []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if attrs.get("id"):
            self.ids.add(attrs["id"])
        link = attrs.get("href") or attrs.get("src")
        if link and tag in ("a", "img", "script", "link"):
            self.links.append(link)


def check_html(folder):
    """Faults of all links of a built book."""
    pages = {}
    for path in sorted(Path(folder).rglob("*.html")):
        pages[path.resolve()] = names = Names()
        names.feed(path.read_text())
    faults = []
    for path, names in pages.items():
        for link in names.links:
            if re.match(r"[a-z]+:|//", link) or path.name == "404.html":
                continue
            name, _, anchor = unquote(link).partition("#")
            target = (path.parent / name).resolve() if name else path
            if not target.exists():
                faults.append(f"{path.name}: `{link}` leads to no file")
            elif anchor and target in pages and anchor not in pages[target].ids:
                faults.append(f"{path.name}: `{link}` leads to no place")
    return faults
