# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The most stack that a thread can need, from the call graph, against what is reserved for it.

The bound is the longest path of frames below the thread's entry, plus what an interrupt pushes onto
the interrupted thread's stack. It holds only where every callee is known: each one that is not is
named, with what to do about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from microtl_tools.budget.callgraph import INDIRECT, Call, CallGraph, Function


@dataclass(frozen=True)
class Step:
    """One frame on the longest path."""

    function: str
    bytes: int


@dataclass(frozen=True)
class StackBound:
    """A thread's stack: ``bytes`` needed, interrupt frame included, of ``reserved``.

    ``unbounded`` names what could not be counted, with the reason; then ``bytes`` is what is known
    and no bound. ``reserved`` is None where the stack is not in the image.
    """

    name: str
    entry: str
    bytes: int
    interrupt: int
    path: tuple[Step, ...]
    unbounded: tuple[str, ...]
    reserved: int | None


@dataclass(frozen=True)
class _Depth:
    bytes: int
    path: tuple[Step, ...]


class StackWalk:
    """Finds the deepest path.

    ``leaves`` are frames of library routines that are no part of the graph, ``targets`` what the
    calls through pointers in a function can reach (maybe nothing), both by function name.
    """

    def __init__(
        self,
        graph: CallGraph,
        leaves: Mapping[str, int],
        targets: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._graph = graph
        self._leaves = leaves
        self._targets = targets
        self._known: dict[str, _Depth] = {}
        self._open: list[str] = []
        self.unbounded: dict[str, str] = {}

    def depth(self, function: Function) -> tuple[int, tuple[Step, ...]]:
        """Return the bytes of the deepest path from a function on, its own frame included."""
        found = self._walk(function)
        return found.bytes, found.path

    def _walk(self, function: Function) -> _Depth:
        if function.key in self._known:
            return self._known[function.key]
        if function.key in self._open:
            self.unbounded[function.name] = "calls itself, directly or through others"
            return _Depth(0, ())
        if not function.bounded:
            self.unbounded[function.name] = f"has a frame of variable size ({function.where})"
        self._open.append(function.key)
        deepest = _Depth(0, ())
        for call in function.calls:
            for depth in self._callees(function, call):
                if depth.bytes > deepest.bytes:
                    deepest = depth
        self._open.pop()
        step = Step(function.name, function.frame)
        whole = _Depth(function.frame + deepest.bytes, (step, *deepest.path))
        self._known[function.key] = whole
        return whole

    def _callees(self, caller: Function, call: Call) -> list[_Depth]:
        names: tuple[str, ...] = (call.target,)
        if call.target == INDIRECT:
            names = self._targets.get(caller.name, ())
            if caller.name not in self._targets:
                what = f"{caller.name}: call through a pointer"
                self.unbounded[what] = call.where or caller.where
                return []
        return [self._callee(name) for name in names]

    def _callee(self, name: str) -> _Depth:
        function = self._graph.find(name)
        if function is not None:
            return self._walk(function)
        if name in self._leaves:
            return _Depth(self._leaves[name], (Step(name, self._leaves[name]),))
        self.unbounded[name] = "has no call graph"
        return _Depth(0, ())
