# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The generated C: the same bytes each time, clean under every warning, as large as predicted."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from microtl_tools import paths
from microtl_tools.convert.api import MARKER, ConvertedModel, Options, convert, convert_bytes
from microtl_tools.convert.emit.c_text import array, comment, floating, integer, string
from microtl_tools.convert.headers import layout, limit, macro
from microtl_tools.convert.report import total
from microtl_tools.errors import MicroTLError
from microtl_tools.paths import version
from model_builder import ModelBuilder, Tensor
from small_models import built, edited

GOLDEN = Path(__file__).with_name("golden")
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Wpedantic", "-Werror")
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
ARM_GCC = shutil.which("arm-none-eabi-gcc")
VERSION = "(version)"
LONG = bool(os.environ.get("MICROTL_LONG"))


def labelled(folder: Path) -> Path:
    """Write data that exercises everything that a generated file can hold."""
    path = folder / "data.npz"
    np.savez(
        path,
        x=np.random.default_rng(1).normal(0, 2, (40, 6, 6, 2)).astype(np.float32).round(3),
        y=np.arange(40) % 5,
        labels=np.array(["one", "two", "three", "four", "vier \u00e4"]),
        recording=np.array([str(i // 10) for i in range(40)]),
        channels=np.array(["left", "right"]),
        channel_unit=np.array(["V", "V"]),
        channel_offset=np.array([0.25, 0.0]),
        channel_scale=np.array([0.5, 1.0]),
    )
    return path


@pytest.fixture(scope="module")
def everything(classifier: bytes, tmp_path_factory: pytest.TempPathFactory) -> ConvertedModel:
    """Return a model with base set, channels, hidden layer and free rows."""
    folder = tmp_path_factory.mktemp("data")
    names = folder / "labels.txt"
    names.write_text("one\ntwo\nthree\nfour\nvier \u00e4\n", encoding="utf-8")
    options = Options(
        name="golden",
        labels=names,
        classes=7,
        hidden=12,
        base_set=labelled(folder),
        base_set_count=4,
    )
    return convert_bytes(classifier, options)


def test_golden_files(everything: ConvertedModel) -> None:
    """Write them anew with MICROTL_WRITE_GOLDEN=1, and read the difference before it is kept."""
    for suffix, text in ((".c", everything.c_source), (".h", everything.h_source)):
        path = GOLDEN / f"golden{suffix}"
        text = text.replace(version(), VERSION, 1)
        if os.environ.get("MICROTL_WRITE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")


def test_generated_files_say_what_they_are(everything: ConvertedModel) -> None:
    for text in (everything.c_source, everything.h_source):
        first, *rest = text.splitlines()
        assert first.startswith(f"/* {MARKER} {version()} ") and "do not edit" in first
        assert everything.content_sha256 in "\n".join(rest[:3])


def test_names_and_numbers_of_the_file_play_no_part(classifier: bytes) -> None:
    def rename(model: Any) -> None:
        for tensor in model.subgraphs[0].tensors:
            tensor.name = b"other/" + tensor.name
        model.description = "another exporter"
        model.metadata = [schema.MetadataT()]
        model.metadata[0].name = "made by"

    one, other = (
        convert_bytes(data, Options()) for data in (classifier, edited(classifier, rename))
    )
    assert one.source_sha256 != other.source_sha256
    assert (one.c_source, one.h_source) == (other.c_source, other.h_source)


def test_weights_and_scales_change_the_hash(classifier: bytes) -> None:
    def one_weight(model: Any) -> None:
        buffer = model.buffers[model.subgraphs[0].tensors[1].buffer]
        buffer.data = np.array(buffer.data, np.uint8) ^ np.eye(1, len(buffer.data), 5, np.uint8)[0]

    def one_scale(model: Any) -> None:
        model.subgraphs[0].tensors[0].quantization.scale = [0.051]

    plain = convert_bytes(classifier, Options())
    for change in (one_weight, one_scale):
        other = convert_bytes(edited(classifier, change), Options())
        assert other.model_id["backbone"] != plain.model_id["backbone"]
        assert other.content_sha256 != plain.content_sha256
        assert other.model_id["head"] == plain.model_id["head"]


def test_shape_of_the_head_changes_its_hash_only(classifier: bytes) -> None:
    plain, wider = (convert_bytes(classifier, Options(classes=n)) for n in (5, 6))
    changed = {part for part in plain.model_id if plain.model_id[part] != wider.model_id[part]}
    assert changed == {"head"}


def compile_with(compiler: str, source: Path, *flags: str) -> None:
    include = paths.core_root() / "include"
    command = [compiler, *flags, *WARNINGS, f"-I{include}", "-c", str(source), "-o", os.devnull]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(not COMPILERS, reason="needs gcc or clang")
def test_every_model_compiles_without_a_warning(
    fixture_models: list[Path], everything: ConvertedModel, tmp_path: Path
) -> None:
    names = []
    for path in fixture_models if LONG else fixture_models[::5]:
        converted = convert(path, Options(head_layers=0))
        converted.write(tmp_path)
        names.append(converted.name)
    everything.write(tmp_path)
    for compiler in COMPILERS:
        compile_with(compiler, tmp_path / "golden.c", "-std=c11")
        for name in names:
            if compiler == COMPILERS[0]:
                compile_with(compiler, tmp_path / f"{name}.c", "-std=c11", "-fsyntax-only")


@pytest.mark.skipif(not shutil.which("g++"), reason="needs g++")
def test_header_is_fit_for_cpp(everything: ConvertedModel, tmp_path: Path) -> None:
    everything.write(tmp_path)
    source = tmp_path / "use.cpp"
    source.write_text(
        '#include "golden.h"\n#include "golden.h"\n'
        "alignas(MICROTL_ARENA_ALIGN) static int8_t arena[GOLDEN_ARENA_SIZE];\n"
        "int8_t *use() { return golden_model.op_count ? arena : nullptr; }\n",
        encoding="utf-8",
    )
    compile_with("g++", source, "-std=c++17")


def test_another_format_is_refused_by_the_compiler(
    everything: ConvertedModel, tmp_path: Path
) -> None:
    if not COMPILERS:
        pytest.skip("needs gcc or clang")
    everything.write(tmp_path)
    header = tmp_path / "golden.h"
    text = header.read_text(encoding="utf-8")
    assert f"#if MICROTL_MODEL_FORMAT != {limit('MODEL_FORMAT')}" in text
    header.write_text(text.replace("MODEL_FORMAT != 1", "MODEL_FORMAT != 99"), encoding="utf-8")
    with pytest.raises(AssertionError, match="converted for another version of MicroTL"):
        compile_with(COMPILERS[0], tmp_path / "golden.c", "-std=c11")


@pytest.mark.skipif(ARM_GCC is None, reason="needs arm-none-eabi-gcc")
def test_flash_is_as_large_as_predicted(
    everything: ConvertedModel, fixture_models: list[Path], tmp_path: Path
) -> None:
    chosen = fixture_models[:: max(len(fixture_models) // 20, 1)]
    for converted in (everything, *(convert(path, Options(head_layers=0)) for path in chosen)):
        source, _ = converted.write(tmp_path)
        assert symbol_sizes(source) == total(converted.report["flash"]), converted.name


def symbol_sizes(source: Path) -> int:
    """Compile for a Cortex-M and add up the sizes of all symbols."""
    assert ARM_GCC is not None
    made = source.with_suffix(".o")
    include = paths.core_root() / "include"
    flags = ["-mcpu=cortex-m4", "-mthumb", "-Os", "-std=c11", f"-I{include}"]
    subprocess.run([ARM_GCC, *flags, "-c", str(source), "-o", str(made)], check=True)
    nm = ARM_GCC.replace("gcc", "nm")
    listing = subprocess.run([nm, "-S", str(made)], capture_output=True, text=True, check=True)
    fields = [line.split() for line in listing.stdout.splitlines()]
    return sum(int(field[1], 16) for field in fields if len(field) == 4)


@pytest.mark.skipif(not COMPILERS, reason="needs gcc or clang")
def test_sizes_from_the_headers_are_the_compilers(tmp_path: Path) -> None:
    """What the report reads out of the headers, asserted by a compiler."""
    structs = ("microtl_replay_entry", "microtl_class_name", "microtl_gate_tally")
    asserts = [f"sizeof(struct {name}) == {layout(name).size}" for name in structs]
    asserts += [
        f"MICROTL_FIT_WORKSPACE_SIZE(12, 7, 240) == "
        f"{macro('FIT_WORKSPACE_SIZE', hidden=12, rows=7, samples=240)}",
        f"MICROTL_HEAD_SCRATCH_COUNT(12) == {macro('HEAD_SCRATCH_COUNT', hidden=12)}",
        f"MICROTL_STEP_SCRATCH_COUNT(12, 7) == {macro('STEP_SCRATCH_COUNT', hidden=12, rows=7)}",
        f"MICROTL_NCM_MEAN_COUNT(8, 7) == {macro('NCM_MEAN_COUNT', features=8, rows=7)}",
        f"MICROTL_REPLAY_FEATURES_SIZE(200, 8) == "
        f"{macro('REPLAY_FEATURES_SIZE', capacity=200, features=8)}",
        *(
            f"MICROTL_REPLAY_LOG_RECORD_SIZE({n}) == {macro('REPLAY_LOG_RECORD_SIZE', features=n)}"
            for n in (8, 64)
        ),
        f"MICROTL_OPTIMIZER_STATE_COUNT(MICROTL_OPTIMIZER_MOMENTUM, 9) == "
        f"{macro('OPTIMIZER_STATE_COUNT', kind=1, params=9)}",
        f"MICROTL_OPTIMIZER_STATE_COUNT(MICROTL_OPTIMIZER_ADAM, 9) == "
        f"{macro('OPTIMIZER_STATE_COUNT', kind=2, params=9)}",
    ]
    source = tmp_path / "sizes.c"
    lines = [f'_Static_assert({text}, "{text}");' for text in asserts]
    includes = "#include <microtl/learning.h>\n#include <microtl/replay_log.h>\n"
    source.write_text(includes + "\n".join(lines), encoding="utf-8")
    compile_with(COMPILERS[0], source, "-std=c11")


def test_header_without_a_value_is_named() -> None:
    with pytest.raises(MicroTLError, match="do not define MICROTL_NO_SUCH_THING"):
        macro("NO_SUCH_THING")
    with pytest.raises(MicroTLError, match="MICROTL_HEAD_SCRATCH_COUNT without 'hidden'"):
        macro("HEAD_SCRATCH_COUNT")


# --- C text


def test_text_is_safe_in_c() -> None:
    assert string('a"b\\c??=\n\u00e4') == '"a\\042b\\134c\\077\\077=\\012\\303\\244"'
    assert comment("a */ b \\ /* c \n \u00e4 ??/") == "a * / b / / * c ? ? ? ?/"
    assert floating(1.0) == "1.0f" and floating(1e-30) == "1e-30f" and floating(0.1) == "0.1f"
    assert np.float32(floating(float(np.float32(1 / 3)))[:-1]) == np.float32(1 / 3)
    assert integer(-(1 << 31)) == "(-2147483647 - 1)"


def test_long_arrays_are_wrapped() -> None:
    text = array("int8_t", "name", np.arange(-60, 60, dtype=np.int8))
    assert max(map(len, text.expandtabs(8).splitlines())) <= 100


def test_equal_constants_are_shared() -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.input((1, 4, 4, 2))
        for _ in range(3):
            x = m.op("LOGISTIC", [x], m.tensor(x.shape, 1 / 256, -128))
        return x

    converted = convert_bytes(built(make), Options(head_layers=0))
    # The second and third table are the same.
    assert converted.c_source.count("static const int8_t") == 2
    assert [op.data_bytes for op in converted.ops] == [256, 256, 0]
