# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Read the call graphs with stack use that GCC writes with ``-fcallgraph-info=su``.

Each object file gets a ``.ci`` file beside it: functions with the bytes of their frame, and calls,
those included that the compiler makes up (``__aeabi_fmul``). The format is VCG; GCC describes it
under "Developer Options".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

INDIRECT = "__indirect_call"
"""Target of a call through a pointer."""

_NODE = re.compile(r'node: \{ title: "((?:[^"\\]|\\.)*)" label: "((?:[^"\\]|\\.)*)"')
_EDGE = re.compile(
    r'edge: \{ sourcename: "((?:[^"\\]|\\.)*)" targetname: "((?:[^"\\]|\\.)*)"'
    r'(?: label: "((?:[^"\\]|\\.)*)")?'
)
_STACK = re.compile(r"(\d+) bytes \((static|dynamic|dynamic,bounded)\)")


@dataclass(frozen=True)
class Call:
    """One call site; ``where`` is file:line:column, empty for calls that the compiler made up."""

    target: str
    where: str


@dataclass
class Function:
    """A compiled function; ``bounded`` is False where its frame has a size known at run time only.

    ``key`` tells static functions of one name apart: it is what the graph calls the node.
    """

    key: str
    name: str
    where: str
    frame: int
    bounded: bool
    calls: list[Call] = field(default_factory=list)


@dataclass
class CallGraph:
    """The functions of all object files, by key."""

    functions: dict[str, Function] = field(default_factory=dict)
    _by_name: dict[str, Function] = field(default_factory=dict)

    def add(self, function: Function) -> None:
        """Add a function. Compiled twice, it counts with its larger frame and all its calls."""
        known = self.functions.get(function.key)
        if known is not None:
            known.frame = max(known.frame, function.frame)
            known.bounded = known.bounded and function.bounded
            return
        self.functions[function.key] = function
        self._by_name.setdefault(function.name, function)

    def find(self, name: str) -> Function | None:
        """Return the function of a name, global ones first."""
        return self.functions.get(name) or self._by_name.get(name)


def read_call_graph(files: Iterable[Path]) -> CallGraph:
    """Read ``.ci`` files into one graph."""
    graph = CallGraph()
    for path in sorted(files):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            _read_line(line, graph)
    return graph


def _read_line(line: str, graph: CallGraph) -> None:
    node = _NODE.match(line)
    if node:
        stack = _STACK.search(node[2])
        if stack is None:
            return  # a function of another object file
        parts = node[2].split("\\n")
        function = Function(
            key=node[1],
            name=parts[0],
            where=parts[1] if len(parts) > 1 else "",
            frame=int(stack[1]),
            bounded=stack[2] != "dynamic",
        )
        graph.add(function)
        return
    edge = _EDGE.match(line)
    if edge and edge[1] in graph.functions:
        graph.functions[edge[1]].calls.append(Call(edge[2], edge[3] or ""))
