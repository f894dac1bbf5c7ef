"""The package as its users meet it: the wheel is installed, or FLOODNET_PROGRAM names a program."""

import csv
import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import floodnet

SMALL = textwrap.dedent(
    """
    name = "small"
    duration = "8s"
    [nodes]
    count = 30
    arrive = "1s"
    [overlay.random_walk]
    [broadcast.flood]
    [[traffic]]
    from = "random"
    every = "500ms"
    start = "3s"
    stop = "6s"
    [measure]
    start = "2s"
    deadline = "2s"
    [expect]
    delivery_ratio = ">= 0.9"
    """
)


@pytest.fixture(scope="module")
def run():
    return floodnet.run(SMALL, seed=7)


def test_a_scenario_is_text_a_file_or_a_dict_and_the_results_are_the_same(run, tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SMALL, encoding="utf-8")
    table = {
        "name": "small",
        "duration": "8s",
        "nodes": {"count": 30, "arrive": "1s"},
        "overlay": {"random_walk": {}},
        "broadcast": {"flood": {}},
        "traffic": [{"from": "random", "every": "500ms", "start": "3s", "stop": "6s"}],
        "measure": {"start": "2s", "deadline": "2s"},
        "expect": {"delivery_ratio": ">= 0.9"},
    }
    for scenario in (file, str(file), table):
        again = floodnet.run(scenario, seed=7, pictures=False, jobs=2)
        assert again.summary == run.summary
    assert run.passed is True and run.digest == run.summary["digest"]


def test_values_are_put_in_and_change_the_run(run):
    lossy = floodnet.run(SMALL, seed=7, pictures=False, set={"link.loss": 0.3, "link.latency": {"constant": "20ms"}})
    assert lossy.digest != run.digest
    assert lossy.summary["latency_ms"]["p50"] != run.summary["latency_ms"]["p50"]
    failed = floodnet.run(SMALL, pictures=False, set={"expect.delivery_ratio": "> 1.0"})
    assert failed.passed is False


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_frames_equal_the_files(run, library):
    pytest.importorskip(library)
    for name, table in (("timeseries", run.series), ("messages", run.messages), ("latency", run.latency)):
        frame = table(library)
        with (run.folder / f"{name}.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        columns = frame.column_names if library == "pyarrow" else list(frame.columns)
        assert columns == list(rows[0])
        for column in columns:
            values = frame[column].to_pylist() if library == "pyarrow" else list(frame[column])
            assert len(values) == len(rows)
            for value, row in zip(values, rows):
                assert str(value).lower() == row[column] or float(value) == float(row[column]), column


def test_pictures_and_pages_show_in_a_notebook(run):
    assert {"delivery", "topology", "latency"} <= set(run.pictures)
    assert run.picture("delivery")._repr_png_().startswith(b"\x89PNG")
    assert "delivery_ratio" in run._repr_html_()
    with pytest.raises(KeyError, match="there are degrees"):
        run.picture("no-such")


def test_the_overlay_is_a_graph(run):
    pytest.importorskip("networkx")
    graph = run.graph()
    last = json.loads((run.folder / "summary.json").read_text(encoding="utf-8"))
    assert graph.number_of_nodes() == last["nodes"]


def test_runs_have_means_and_intervals():
    runs = floodnet.run(SMALL, runs=3, jobs=2, pictures=False)
    assert len(runs) == 3 and [type(each) for each in runs] == [floodnet.Run] * 3
    low, high = runs.metrics["rmr.mean"]["ci95"]
    assert low < runs.metrics["rmr.mean"]["mean"] < high


def test_a_sweep_of_a_dict():
    plan = {
        "scenario": SMALL,
        "runs": 2,
        "metrics": ["delivery_ratio"],
        "set": {"nodes.count": 20},
        "grid": {"link.loss": [0, 0.2], "overlay.random_walk.degree": [3, 4]},
    }
    sweep = floodnet.sweep(plan, jobs=2)
    assert [cell["at"]["link.loss"] for cell in sweep.cells] == ["0", "0", "0.2", "0.2"]
    pandas = pytest.importorskip("pandas")
    assert isinstance(sweep.table("pandas"), pandas.DataFrame) and len(sweep.table("pandas")) == 4


def test_a_comparison_finds_what_got_worse():
    same = floodnet.compare(SMALL, SMALL, runs=6, metrics=["rmr.mean"])
    assert same.worse == []
    slow = floodnet.compare(SMALL, SMALL, runs=8, set_new={"link.latency": "300ms"}, metrics=["latency_ms.p50"])
    assert slow.worse == ["latency_ms.p50"]


def test_a_wrong_scenario_raises_with_its_place():
    wrong = SMALL.replace("count = 30", "coun = 30")
    with pytest.raises(floodnet.ScenarioError) as raised:
        floodnet.run(wrong)
    line = wrong.splitlines().index("coun = 30") + 1
    assert (raised.value.line, raised.value.column) == (line, 1)
    problem = next(problem for problem in raised.value.problems if problem.line == line)
    assert problem.key == "nodes.coun" and "did you mean `count`" in problem.help
    assert "^^^^" in str(raised.value)
    assert floodnet.validate(SMALL) == []
    assert [problem.line for problem in floodnet.validate(wrong)] == [line]
    with pytest.raises(floodnet.ScenarioError, match="unknown key"):
        floodnet.run(SMALL, set={"link.los": 0.1})


@pytest.mark.parametrize("side", ["base", "new"])
def test_a_mistake_in_either_side_of_a_comparison_has_its_place(side):
    sides = {"base": SMALL, "new": SMALL, side: SMALL.replace("count = 30", "coun = 30")}
    with pytest.raises(floodnet.ScenarioError) as raised:
        floodnet.compare(sides["base"], sides["new"], runs=2)
    problems = [problem for problem in raised.value.problems if problem.key == "nodes.coun"]
    assert [Path(problem.file).name for problem in problems] == [f"{side}.toml"]


def test_nothing_is_written_where_nothing_is_to_be_kept(run, tmp_path, monkeypatch):
    file = tmp_path / "small.toml"
    file.write_text(SMALL, encoding="utf-8")
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: pytest.fail("a folder is made"))
    assert floodnet.validate(file) == []
    out = tmp_path / "out"
    assert floodnet.run(file, seed=7, pictures=False, out=out).digest == run.digest
    assert floodnet.compare(run, run).worse == []


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(floodnet.FloodnetError, match="no-such.toml"):
        floodnet.run(tmp_path / "no-such.toml")
    (tmp_path / "full").write_text("in the way", encoding="utf-8")
    with pytest.raises(floodnet.FloodnetError):
        floodnet.run(SMALL, out=tmp_path / "full")


def test_progress_is_told_and_ctrl_c_stops_a_long_run(tmp_path):
    script = textwrap.dedent(
        f"""
        import floodnet
        long = {SMALL!r}.replace('duration = "8s"', 'duration = "10h"').replace('stop = "6s"', 'stop = "9h"')
        print("begins", flush=True)
        try:
            floodnet.run(long, set={{"nodes.count": 2000, "nodes.arrive": "1s"}}, out={str(tmp_path / "out")!r})
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "begins\n"
    # The program has begun when it holds the folder.
    while not any(path.name.startswith((".out", "out")) for path in tmp_path.iterdir()):
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=30)[0] == "interrupted\n"


def test_words_are_explained():
    assert "delivery" in floodnet.explain("delivery_ratio")
    assert floodnet.version()[0].isdigit()


def test_the_folder_is_the_callers(tmp_path):
    out = tmp_path / "kept"
    run = floodnet.run(SMALL, pictures=False, out=out)
    assert run.folder == out and (Path(out) / "summary.json").is_file()
