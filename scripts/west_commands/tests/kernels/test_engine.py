# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The engine's calls: what they refuse, and that one operation at a time is a whole run."""

import ctypes
import errno

import numpy as np
import pytest
from microtl_tools.convert.api import ConvertedModel
from microtl_tools.twin.build import build_core, build_model
from microtl_tools.twin.toolchain import find_toolchain

ALIGNMENT = 16
# Enough for a struct microtl_engine, whatever it holds.
ENGINE_BYTES = 256


class Engine:
    """An engine and its arena, driven through ctypes."""

    def __init__(self, converted: ConvertedModel) -> None:
        toolchain = find_toolchain()
        sources = {
            f"{converted.name}.c": converted.c_source,
            f"{converted.name}.h": converted.h_source,
        }
        self.core = ctypes.CDLL(str(build_core(toolchain)))
        self._library = ctypes.CDLL(str(build_model(sources, toolchain)))
        self.model = ctypes.addressof(ctypes.c_char.in_dll(self._library, converted.symbol))
        self.engine = ctypes.create_string_buffer(ENGINE_BYTES)
        self.size = converted.arena_size
        self._memory = np.zeros(self.size + 2 * ALIGNMENT, np.int8)
        start = -self._memory.ctypes.data % ALIGNMENT
        self.arena = self._memory[start : start + self.size]
        for name in ("microtl_engine_input", "microtl_engine_output"):
            getattr(self.core, name).restype = ctypes.POINTER(ctypes.c_int8)

    def init(self, engine: bool = True, model: bool = True, shift: int = 0, size: int = 0) -> int:
        """Call microtl_engine_init, without an argument or with a wrong one."""
        result: int = self.core.microtl_engine_init(
            ctypes.byref(self.engine) if engine else None,
            ctypes.c_void_p(self.model) if model else None,
            ctypes.c_void_p(self.arena.ctypes.data + shift if shift >= 0 else None),
            ctypes.c_size_t(self.size + size),
        )
        return result

    def fill(self, x: np.ndarray) -> None:
        pointer = self.core.microtl_engine_input(ctypes.byref(self.engine))
        ctypes.memmove(pointer, x.tobytes(), x.size)

    def output(self, count: int) -> np.ndarray:
        pointer = self.core.microtl_engine_output(ctypes.byref(self.engine))
        return np.ctypeslib.as_array(pointer, (count,)).copy()

    def run(self) -> None:
        self.core.microtl_engine_run(ctypes.byref(self.engine))

    def run_op(self, index: int) -> int:
        result: int = self.core.microtl_engine_run_op(
            ctypes.byref(self.engine), ctypes.c_size_t(index)
        )
        return result


@pytest.fixture(scope="module")
def network(models: dict[str, ConvertedModel]) -> ConvertedModel:
    return models["network_residual"]


@pytest.fixture
def engine(network: ConvertedModel) -> Engine:
    return Engine(network)


def test_init_refuses_what_it_cannot_use(engine: Engine) -> None:
    assert engine.init() == 0
    assert engine.init(engine=False) == -errno.EINVAL
    assert engine.init(model=False) == -errno.EINVAL
    assert engine.init(shift=-1) == -errno.EINVAL
    for shift in (1, 2, 3):
        assert engine.init(shift=shift) == -errno.EINVAL
    assert engine.init(size=-1) == -errno.ENOMEM
    assert engine.init(size=+1) == 0


def test_one_operation_at_a_time_is_a_whole_run(engine: Engine, network: ConvertedModel) -> None:
    x = np.random.default_rng(1).integers(-128, 128, network.input.size).astype(np.int8)
    assert engine.init() == 0
    engine.fill(x)
    engine.run()
    whole = engine.output(network.output.size)
    engine.arena[:] = 0
    engine.fill(x)
    assert [engine.run_op(op.index) for op in network.ops] == [0] * len(network.ops)
    assert np.array_equal(engine.output(network.output.size), whole)
    assert len(np.unique(whole)) > 1


def test_run_op_refuses_an_operation_that_is_not_there(
    engine: Engine, network: ConvertedModel
) -> None:
    assert engine.init() == 0
    assert engine.run_op(len(network.ops)) == -errno.EINVAL
    assert engine.run_op((1 << 32) + 1) == -errno.EINVAL
