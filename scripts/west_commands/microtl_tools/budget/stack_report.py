# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Bound the stacks of an image's threads, where its build left call graphs behind."""

from microtl_tools.budget.budget_file import StackFacts
from microtl_tools.budget.build_folder import Build
from microtl_tools.budget.call_frames import call_frames
from microtl_tools.budget.callgraph import CallGraph, read_call_graph
from microtl_tools.budget.elf import Image, Lookup
from microtl_tools.budget.layout import RUN
from microtl_tools.budget.microtl_names import op_tables
from microtl_tools.budget.report import ImageReport
from microtl_tools.budget.stack import StackBound, StackWalk
from microtl_tools.budget.threads import Thread, interrupt_frame, threads

_THREAD_ENTRY = "z_thread_entry"
"""Zephyr calls every thread's function from this one."""
_ENGINE_FILE = "src/core/engine.c"
"""The one file that calls kernels, through the op table."""
_INFERENCE = "microtl_learner_infer"


def stack_bounds(build: Build, report: ImageReport, facts: StackFacts) -> list[StackBound]:
    """Return a bound for each thread that MicroTL runs in, none without call graphs.

    That is the trainer, and whoever calls the inference: main, and the inference alone, which the
    application adds to the thread that it calls it from.
    """
    image = report.image
    graph = read_call_graph(build.folder.rglob("*.ci"))
    if not graph.functions:
        return []
    interrupt = interrupt_frame(image, build.config)
    leaves = {**_library_frames(report), **facts.frames}
    targets = {**_kernels(graph, image), **facts.calls}
    found = list(threads(image, build.config))
    if graph.find(_INFERENCE):
        found.append(Thread("one inference", _INFERENCE, None))
    return [
        bound
        for thread in found
        if (bound := _bound(thread, graph, leaves, targets, interrupt)) is not None
    ]


def _bound(
    thread: Thread,
    graph: CallGraph,
    leaves: dict[str, int],
    targets: dict[str, tuple[str, ...]],
    interrupt: int | None,
) -> StackBound | None:
    entry = graph.find(thread.entry)
    if entry is None:
        return None
    start = graph.find(_THREAD_ENTRY) if thread.stack is not None else None
    walk = StackWalk(graph, leaves, {**targets, _THREAD_ENTRY: (thread.entry,)})
    size, path = walk.depth(start or entry)
    unbounded = [f"{name}: {why}" for name, why in walk.unbounded.items()]
    if interrupt is None:
        unbounded.append("an interrupt's frame: not known for this CPU")
    return StackBound(
        name=thread.name,
        entry=thread.entry,
        bytes=size + (interrupt or 0),
        interrupt=interrupt or 0,
        path=path,
        unbounded=tuple(unbounded),
        reserved=thread.stack,
    )


def _kernels(graph: CallGraph, image: Image) -> dict[str, tuple[str, ...]]:
    """Say what the engine's calls through the op table reach: the kernels of all models."""
    kernels = tuple(dict.fromkeys(k for table in op_tables(image) for k in table.kernels))
    callers = [f.name for f in graph.functions.values() if _ENGINE_FILE in f.where]
    return {caller: kernels for caller in callers} if kernels else {}


def _library_frames(report: ImageReport) -> dict[str, int]:
    """Return what routines of the C library and of the compiler's library take.

    They come without call graphs. Each counts with its own frame, plus the largest frame of any of
    them for the one that it may call.
    """
    code = Lookup(
        [
            (share.piece.start, share.piece.start + share.piece.size, True)
            for use in report.uses
            for share in use.shares
            if share.piece.owner == "libc/code" and share.role == RUN
        ]
    )
    # By address: one routine has several names, __aeabi_fadd and __addsf3.
    names = [s.name for s in report.image.symbols if s.function and code.at(s.address)]
    frames = call_frames(report.image, names)
    largest = max(frames.values(), default=0)
    return {name: frame + largest for name, frame in frames.items()}
