"""What the checks of the book must find: `python3 -m unittest discover -s docs/book/tools`. Needs no sim-cli."""

import json
import stat
import tempfile
import unittest
from pathlib import Path

import formulas
import links
import pages
import reference
import results
from lab import Lab

# Writes a run whose p50 is 143.25 ms, and a picture, as sim-cli would; `--fail` ends with exit code 3.
STUB = """#!/usr/bin/env python3
import json, pathlib, sys
words = sys.argv[1:]
if words[0] == "run":
    folder = pathlib.Path(words[words.index("--out") + 1])
    folder.mkdir(parents=True)
    summary = {"latency_ms": {"p50": 143.25}, "delivery_ratio": 0.9997, "phases": [{"name": "cut", "heal_ms": "never"}]}
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "delivery.svg").write_text('<svg><text x="10.0">98 %</text></svg>')
    print("title\\n  delivery ratio   99.97 %\\n  latency p50      143 ms")
sys.exit(3 if "--fail" in words else 0)
"""

GOOD = """# A page
```sh
sim-cli run a.toml --out runs/one
```
<!-- output -->
```text
  delivery ratio   99.97 %
...
  latency p50      143 ms
```
It took <data value="one.latency_ms.p50; ,.0f ms">143 ms</data>, and <data value="one.delivery_ratio; .2%">99.97 %</data> came;
it healed <data value="one.phases.cut.heal_ms; .0f">never</data>.
<!-- holds: 100 < one.latency_ms.p50 < 200 -->
<!-- figure: one delivery -->
![Delivery](figures/one.svg)
"""


class Pages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        for name in ("scenarios", "src/figures"):
            (self.root / name).mkdir(parents=True)
        self.program = self.root / "stub"
        self.program.write_text(STUB)
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        (self.root / "src/figures/one.svg").write_text('<svg><text x="11.0">98 %</text></svg>')

    def faults(self, text, write=False, sockets=True):
        page = self.root / "src/page.md"
        page.write_text(text)
        with tempfile.TemporaryDirectory() as work:
            lab = Lab(str(self.program), Path(work) / "lab", self.root, sockets)
            return pages.Page(page, lab, self.root, write).check().faults

    def test_a_page_that_is_right_has_no_fault(self):
        self.assertEqual(self.faults(GOOD), [])

    def test_each_kind_of_fault_is_found_at_its_line(self):
        cases = [
            ("143 ms</data>", "144 ms</data>", 11, "`143 ms` was found"),
            ("one.delivery_ratio", "one.delivery", 11, "has no delivery"),
            ("one.delivery_ratio", "two.delivery_ratio", 11, "no command of this page"),
            ("99.97 %\n...", "99.98 %\n...", 7, "is not in the output"),
            ("< 200 -->", "< 140 -->", 13, "does not hold"),
            (">never<", ">2 s<", 12, "`never` was found"),
            ("--out runs/one", "--fail --out runs/one", 3, "exit code 3"),
            ("--out runs/one", "", 3, "need `--out"),
            ("sim-cli run", "rm -r", 3, "only sim-cli"),
            ("<!-- figure: one delivery -->\n", "", 14, "a picture needs"),
        ]
        for old, new, line, message in cases:
            with self.subTest(new=new):
                self.assertIn(old, GOOD)
                found = self.faults(GOOD.replace(old, new, 1))
                self.assertTrue(found and f"page.md:{line}: " in found[0] and message in found[0], found)

    def test_another_picture_is_found_and_one_that_is_a_pixel_off_is_not(self):
        for old, wrong in [('x="12.0">98 %', True), ('x="11.0">99 %', True), ('x="11.2">98 %', False)]:
            with self.subTest(old=old):
                (self.root / "src/figures/one.svg").write_text(f"<svg><text {old}</text></svg>")
                self.assertEqual(bool(self.faults(GOOD)), wrong)

    def test_what_is_written_is_right_afterwards(self):
        wrong = GOOD.replace("143 ms</data>", "?</data>").replace("99.97 %\n...", "98 %\n...")
        self.assertEqual(self.faults(wrong, write=True), [])
        self.assertEqual((self.root / "src/page.md").read_text(), GOOD)

    def test_without_sockets_their_numbers_are_left_out(self):
        text = GOOD.replace("--out runs/one", "--backend tcp --out runs/one").replace("143 ms</data>", "9 ms</data>")
        self.assertEqual(self.faults(text, sockets=False), [])
        self.assertEqual(len(self.faults(text)), 1)

    def test_on_sockets_a_value_may_be_off_by_its_bound(self):
        text = GOOD.replace("--out runs/one", "--backend tcp --out runs/one")
        for shown, faults in [("130 ms", 0), ("120 ms", 1)]:
            near = text.replace(",.0f ms\">143 ms", f",.0f ms; 15 %\">{shown}")
            self.assertEqual(len(self.faults(near)), faults, shown)

    def test_without_python_the_output_of_recipes_is_left_out(self):
        text = GOOD + "```python\nprint(1)\n```\n<!-- output -->\n```text\n1\n```\n"
        self.assertEqual(self.faults(text), [])

    def test_links_that_lead_nowhere_are_found(self):
        book = self.root / "src"
        (book / "SUMMARY.md").write_text("- [One](one.md)\n")
        (book / "two.md").write_text("# Two\n")
        lines = ["[a](two.md)", "[b](two.md#two)", "[c](no.md)", "[d](two.md#no)", "[e](../../x.md)", "`[f](no.md)`"]
        (book / "one.md").write_text("\n".join(lines))
        found = links.check(book, pages.pages(book), set(), self.root)
        places = [fault.split(": ")[0] for fault in found]
        expected = ["src/one.md:3", "src/one.md:4", "src/one.md:5", "src/two.md:1", "src/figures/one.svg"]
        self.assertEqual(places, expected)


class Parts(unittest.TestCase):
    def test_formulas(self):
        cases = {"2 ** 3 - 1": 7, "max(1, 2) / 4": 0.5, "1 < 2 < 3": True, "1 < 3 < 2": False, "-2 + 1": -1}
        for formula, value in cases.items():
            self.assertEqual(formulas.value(formula, {}), value, formula)
        self.assertAlmostEqual(formulas.epidemic(2), 0.7968, 4)
        for wrong in ("__import__('os')", "a.b", "1 +", "'x'.join", "[1][0]", "1 / 0"):
            with self.assertRaises(results.Missing, msg=wrong):
                formulas.value(wrong, {})

    def test_numbers_are_printed_as_the_pages_have_them(self):
        cases = [(0.9996, ".1%", "100.0 %"), (1234.5, ",.0f ms", "1,234 ms"), ("never", ",.0f ms", "never"), (2, ".0f", "2")]
        for number, form, text in cases:
            self.assertEqual(formulas.printed(number, form), text)

    def test_words_of_the_program_are_no_markup(self):
        item = reference.item("a.<b>", ["Less than <x> * 2, `<y>`.", "a number"])
        self.assertEqual(item, '- <a id="a.-b-"></a>`a.<b>`: Less than &lt;x> \\* 2, `<y>`. *(a number)*\n')

    def test_a_word_of_explain_is_taken_with_its_kind(self):
        text = "degree (metric)\n  Links.\n\ndegree (key)\n  Wanted.\n  a number\n"
        self.assertEqual(reference.entry(text, "degree", "key"), ["Wanted.", "a number"])
        with self.assertRaises(reference.Unknown):
            reference.entry(text, "degree", "file")


if __name__ == "__main__":
    unittest.main()
