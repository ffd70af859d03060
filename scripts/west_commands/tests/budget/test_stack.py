# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Stack bounds from GCC's call graphs."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from microtl_tools.budget.budget_file import StackFacts
from microtl_tools.budget.build_folder import builds
from microtl_tools.budget.callgraph import CallGraph, read_call_graph
from microtl_tools.budget.report import report_build
from microtl_tools.budget.stack import StackWalk
from microtl_tools.budget.stack_report import stack_bounds

# As GCC 12 writes it for two files: main calls a through b.c's static helper, and memcpy.
FIRST = r"""
graph: { title: "a.c"
node: { title: "main" label: "main\na.c:3:5\n24 bytes (static)" }
node: { title: "helper" label: "helper\na.c:1:6" shape : ellipse }
edge: { sourcename: "main" targetname: "helper" label: "a.c:4:2" }
node: { title: "memcpy" label: "__builtin_memcpy\n<built-in>" shape : ellipse }
edge: { sourcename: "main" targetname: "memcpy" }
}
"""
SECOND = r"""
graph: { title: "b.c"
node: { title: "b.c:deep" label: "deep\nb.c:1:13\n100 bytes (static)" }
node: { title: "helper" label: "helper\nb.c:5:6\n16 bytes (static)" }
edge: { sourcename: "helper" targetname: "b.c:deep" label: "b.c:6:2" }
node: { title: "__indirect_call" label: "Indirect Call Placeholder" shape : ellipse }
edge: { sourcename: "b.c:deep" targetname: "__indirect_call" label: "b.c:2:9" }
node: { title: "kernel" label: "kernel\nb.c:9:6\n40 bytes (static)" }
}
"""


def graph(tmp_path: Path, **texts: str) -> CallGraph:
    for name, text in texts.items():
        (tmp_path / f"{name}.ci").write_text(text, encoding="utf-8")
    return read_call_graph(tmp_path.glob("*.ci"))


def depth(walk: StackWalk, found: CallGraph, name: str) -> tuple[int, list[str]]:
    function = found.find(name)
    assert function is not None
    size, path = walk.depth(function)
    return size, [step.function for step in path]


def test_the_deepest_path_goes_through_several_files(tmp_path: Path) -> None:
    found = graph(tmp_path, a=FIRST, b=SECOND)
    walk = StackWalk(found, {"memcpy": 8}, {"deep": ("kernel",)})
    assert depth(walk, found, "main") == (180, ["main", "helper", "deep", "kernel"])
    assert not walk.unbounded


def test_what_is_not_known_is_named(tmp_path: Path) -> None:
    found = graph(tmp_path, a=FIRST, b=SECOND)
    walk = StackWalk(found, {}, {})
    assert depth(walk, found, "main")[0] == 140
    assert walk.unbounded == {
        "memcpy": "has no call graph",
        "deep: call through a pointer": "b.c:2:9",
    }


def test_a_routine_of_the_library_counts_where_it_is_deeper(tmp_path: Path) -> None:
    found = graph(tmp_path, a=FIRST, b=SECOND)
    walk = StackWalk(found, {"memcpy": 500}, {"deep": ("kernel",)})
    assert depth(walk, found, "main") == (524, ["main", "memcpy"])


def test_recursion_and_variable_frames_have_no_bound(tmp_path: Path) -> None:
    text = r"""
node: { title: "f" label: "f\nc.c:1:1\n8 bytes (static)" }
edge: { sourcename: "f" targetname: "g" }
node: { title: "g" label: "g\nc.c:2:1\n8 bytes (dynamic)" }
edge: { sourcename: "g" targetname: "f" }
node: { title: "h" label: "h\nc.c:3:1\n8 bytes (dynamic,bounded)" }
"""
    found = graph(tmp_path, c=text)
    walk = StackWalk(found, {}, {})
    depth(walk, found, "f")
    assert walk.unbounded["f"].startswith("calls itself")
    assert "variable size (c.c:2:1)" in walk.unbounded["g"]
    assert "h" not in walk.unbounded


def test_static_functions_of_one_name_are_told_apart(tmp_path: Path) -> None:
    def file(name: str, size: int) -> str:
        step = f"step\\n{name}.c:1:1\\n{size} bytes (static)"
        return (
            f'node: {{ title: "{name}.c:step" label: "{step}" }}\n'
            f'node: {{ title: "{name}" label: "{name}\\n{name}.c:2:1\\n0 bytes (static)" }}\n'
            f'edge: {{ sourcename: "{name}" targetname: "{name}.c:step" }}\n'
        )

    found = graph(tmp_path, x=file("x", 10), y=file("y", 90))
    walk = StackWalk(found, {}, {})
    assert depth(walk, found, "x")[0] == 10
    assert depth(walk, found, "y")[0] == 90


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_what_gcc_writes_today(tmp_path: Path) -> None:
    source = tmp_path / "now.c"
    source.write_text(
        "int (*hook)(int);\n"
        "static __attribute__((noinline)) int low(int x)"
        " { volatile char b[512]; b[x] = 1; return hook(b[0]); }\n"
        "int top(int x) { return low(x) + 1; }\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        ["gcc", "-O1", "-c", "-fcallgraph-info=su", str(source), "-o", str(tmp_path / "now.c.obj")],
        capture_output=True,
        text=True,
    )
    if "unrecognized" in done.stderr or "unknown" in done.stderr:
        pytest.skip("this gcc is none, or older than 10")
    assert done.returncode == 0, done.stderr
    found = read_call_graph(tmp_path.glob("*.ci"))
    walk = StackWalk(found, {}, {})
    size, path = depth(walk, found, "top")
    assert path == ["top", "low"]
    assert 512 < size < 700
    assert [name for name in walk.unbounded if "pointer" in name] == ["low: call through a pointer"]


def test_bounds_of_a_build(make_build: Callable[..., Path]) -> None:
    """Calls through the op table reach the model's kernels; other pointers are named."""
    folder = make_build(extra="CONFIG_MAIN_STACK_SIZE=256\n")
    (folder / "app.ci").write_text(
        r"""
node: { title: "main" label: "main\napp/main.c:3:5\n24 bytes (static)" }
edge: { sourcename: "main" targetname: "other" }
node: { title: "z_thread_entry" label: "z_thread_entry\nthread_entry.c:3:5\n8 bytes (static)" }
edge: { sourcename: "z_thread_entry" targetname: "__indirect_call" label: "thread_entry.c:9:1" }
""",
        encoding="utf-8",
    )
    build = builds(folder)[0]
    report = report_build(build)
    (bound,) = stack_bounds(build, report, StackFacts())
    assert (bound.name, bound.reserved) == ("main", 256)
    assert bound.bytes == 8 + 24 + 36
    assert bound.unbounded == ("other: has no call graph",)
    (bound,) = stack_bounds(build, report, StackFacts(frames={"other": 100}))
    assert bound.bytes == 8 + 24 + 100 + 36
    assert not bound.unbounded


def test_without_call_graphs_there_is_no_bound(make_build: Callable[..., Path]) -> None:
    build = builds(make_build())[0]
    assert stack_bounds(build, report_build(build), StackFacts()) == []
