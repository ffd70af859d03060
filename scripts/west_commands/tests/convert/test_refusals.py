# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Files that cannot be converted: each ends in one message that names the place and helps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from microtl_tools.cli import main
from microtl_tools.convert.api import Options, convert, convert_bytes
from microtl_tools.errors import MicroTLError
from model_builder import ModelBuilder, Tensor
from small_models import Edit, built, edited

DAMAGED = "the file is truncated or damaged: fetch or export it again"
CONV, POOL, RESHAPE, DENSE, LOGITS, SOFTMAX = range(6)


def graph(model: Any) -> Any:
    return model.subgraphs[0]


def op(model: Any, number: int) -> Any:
    return graph(model).operators[number]


def tensor(model: Any, number: int) -> Any:
    return graph(model).tensors[number]


def quantization(model: Any, number: int) -> Any:
    return tensor(model, number).quantization


def set_scale(number: int, value: float) -> Edit:
    def edit(model: Any) -> None:
        quantization(model, number).scale = [value]

    return edit


def set_type(number: int, name: str) -> Edit:
    def edit(model: Any) -> None:
        tensor(model, number).type = getattr(schema.TensorType, name)

    return edit


def set_shape(number: int, shape: list[int]) -> Edit:
    def edit(model: Any) -> None:
        tensor(model, number).shape = shape

    return edit


def set_option(number: int, name: str, value: Any) -> Edit:
    def edit(model: Any) -> None:
        setattr(op(model, number).builtinOptions, name, value)

    return edit


def set_kind(number: int, name: str) -> Edit:
    def edit(model: Any) -> None:
        code = model.operatorCodes[op(model, number).opcodeIndex]
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        if name == "CUSTOM":
            code.customCode = "ethos-u"

    return edit


def open_width(model: Any) -> None:
    tensor(model, 0).shapeSignature = [-1, 6, -1, 2]


def second_output(model: Any) -> None:
    graph(model).outputs = [*graph(model).outputs, 3]


def constant_output(model: Any) -> None:
    graph(model).outputs = [1]


def second_subgraph(model: Any) -> None:
    model.subgraphs.append(graph(model))


def lose_bytes(model: Any) -> None:
    table = tensor(model, 1)
    model.buffers[table.buffer].data = model.buffers[table.buffer].data[:-1]


def make_variable(model: Any) -> None:
    tensor(model, 3).isVariable = True


def make_zero_point(model: Any) -> None:
    quantization(model, 0).zeroPoint = [128]


def weights_zero_point(model: Any) -> None:
    quantization(model, 1).zeroPoint = [0, 3, 0, 0]


def read_too_early(model: Any) -> None:
    inputs = list(op(model, CONV).inputs)
    op(model, CONV).inputs = [4, *inputs[1:]]


def no_such_tensor(model: Any) -> None:
    op(model, POOL).inputs = [99]


# Tensors of the classifier: 0 input, 1 weights, 2 bias, 3 convolution, 4 pool, 5 shape, 6 reshape,
# 7 weights, 8 bias, 9 dense, 10 weights, 11 bias, 12 logits, 13 softmax.
MUTATIONS: dict[str, tuple[Edit, str, str]] = {
    "float_input": (
        set_type(0, "FLOAT32"),
        "the model's input: tensor 0 'tensor_0' is FLOAT32, INT8 is needed",
        "quantise the whole model to int8",
    ),
    "uint8_scheme": (
        set_type(3, "UINT8"),
        "op 0 CONV_2D 'tensor_3': tensor 3 'tensor_3' is UINT8, INT8 is needed",
        "uint8 is the scheme of TensorFlow 1",
    ),
    "int16_activations": (
        set_type(4, "INT16"),
        "op 1 MAX_POOL_2D 'tensor_4': tensor 4 'tensor_4' is INT16, INT8 is needed",
        "16-bit activations are not supported",
    ),
    "float_bias": (
        set_type(2, "FLOAT32"),
        "op 0 CONV_2D 'tensor_3': the bias, tensor 2 'tensor_2', is FLOAT32, INT32 is needed",
        "quantise the whole model to int8",
    ),
    "scale_of_zero": (
        set_scale(3, 0.0),
        "op 0 CONV_2D 'tensor_3': tensor 3 'tensor_3' has scale 0, which is no sound scale",
        "representative data set that moves this tensor",
    ),
    "scale_below_zero": (
        set_scale(0, -0.5),
        "the model's input: tensor 0 'tensor_0' has scale -0.5, which is no sound scale",
        "above zero",
    ),
    "scale_not_a_number": (
        set_scale(7, float("nan")),
        "op 3 FULLY_CONNECTED 'tensor_9': tensor 7 'tensor_7' has scale nan, which is no sound",
        "above zero",
    ),
    "zero_point_out_of_range": (
        make_zero_point,
        "the model's input: tensor 0 'tensor_0' has zero point 128, int8 allows -128 to 127",
        "quantise the whole model to int8",
    ),
    "weights_with_zero_point": (
        weights_zero_point,
        "op 0 CONV_2D 'tensor_3': the weights, tensor 1 'tensor_1', have a zero point other than 0",
        "quantise the whole model to int8",
    ),
    "pool_requantises": (
        set_scale(4, 0.9),
        "op 1 MAX_POOL_2D 'tensor_4': tensor 3 'tensor_3' (scale 0.126642",
        "must put a QUANTIZE in front",
    ),
    "unsupported_operation": (
        set_kind(POOL, "L2_POOL_2D"),
        "op 1 L2_POOL_2D 'tensor_4': this operation is not supported",
        "build the layer from these: ADD, AVERAGE_POOL_2D",
    ),
    "dilated_with_an_open_batch": (
        set_kind(POOL, "SPACE_TO_BATCH_ND"),
        "op 1 SPACE_TO_BATCH_ND 'tensor_4': this operation is not supported",
        "export the model with a batch of one, keras.Input(shape, batch_size=1)",
    ),
    "constants_only": (
        set_kind(POOL, "TILE"),
        "op 1 TILE 'tensor_4': only constants and shapes are supported here",
        "keras.layers.Resizing(height, width, interpolation='nearest')",
    ),
    "ethos_u": (
        set_kind(POOL, "CUSTOM"),
        "op 1: custom operation 'ethos-u' is not supported",
        "as it was before Vela compiled it",
    ),
    "wrong_activation": (
        set_option(CONV, "fusedActivationFunction", schema.ActivationFunctionType.TANH),
        "op 0 CONV_2D 'tensor_3': fused activation TANH is not supported",
        "export the activation as an operation of its own",
    ),
    "padding_that_is_none": (
        set_option(CONV, "padding", 7),
        "op 0 CONV_2D 'tensor_3': option padding is 7, which stands for nothing",
        "the file is damaged",
    ),
    "stride_of_zero": (
        set_option(POOL, "strideH", 0),
        "op 1 MAX_POOL_2D 'tensor_4': stride of 0 along the height",
        "1 or more",
    ),
    "softmax_without_beta": (
        set_option(SOFTMAX, "beta", 0.0),
        "op 5 SOFTMAX 'tensor_13': beta * input scale of 0 is too small",
        "quantise the model again",
    ),
    "open_width": (
        open_width,
        "op 0 CONV_2D, input 0: tensor 0 'tensor_0': dynamic shape [-1, 6, -1, 2] is not supported",
        "export the model with a fixed input shape",
    ),
    "batch_of_two": (
        set_shape(0, [2, 6, 6, 1]),
        "tensor 0 'tensor_0': shape 2x6x6x1 has no batch of one in front",
        "export the model with batch size 1",
    ),
    "wrong_shape": (
        set_shape(3, [1, 6, 5, 4]),
        "op 0 CONV_2D 'tensor_3': tensor 3 'tensor_3' has shape 1x6x5x4, this operation makes",
        "not consistent",
    ),
    "output_that_is_a_constant": (
        constant_output,
        "the model's output, tensor 1 'tensor_1', is a constant",
        "export the model with the output that the network computes",
    ),
    "two_outputs": (
        second_output,
        "the model has 2 outputs, exactly one is supported",
        "export a model with one of the outputs alone",
    ),
    "two_subgraphs": (
        second_subgraph,
        "the model has 2 subgraphs, only one is supported",
        "control flow or variables",
    ),
    "short_weights": (
        lose_bytes,
        "op 0 CONV_2D, input 1: tensor 1 'tensor_1': its data has 71 bytes, 4x3x3x2 INT8 takes 72",
        DAMAGED,
    ),
    "variable": (
        make_variable,
        "op 0 CONV_2D, output 0: tensor 3 'tensor_3': variables that live from one",
        "export a stateless model",
    ),
    "read_before_written": (
        read_too_early,
        "op 0 CONV_2D 'tensor_3': it reads tensor 4 'tensor_4', which nothing has written by then",
        DAMAGED,
    ),
    "no_such_tensor": (
        no_such_tensor,
        "op 1 MAX_POOL_2D, input 0: tensor 99 is not in the file",
        DAMAGED,
    ),
    "int4_weights": (
        set_type(1, "INT4"),
        "op 0 CONV_2D, input 1: tensor 1 'tensor_1': constants of type INT4 are not supported",
        "export with int8 weights",
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_named_mutation_is_refused(
    name: str, classifier: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit, message, hint = MUTATIONS[name]
    path = tmp_path / "model.tflite"
    path.write_bytes(edited(classifier, edit))
    output = tmp_path / "out"
    assert main(["convert", str(path), "--head", "none", "-o", str(output)]) == 1
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert said.out == ""
    assert lines[0].startswith(f"microtl: error: {path}: ")
    assert message in lines[0]
    assert len(lines) == 2 and lines[1].startswith("  ") and hint in lines[1]
    assert not output.exists()


def test_output_that_follows_from_shapes_alone_is_refused() -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.input((1, 4, 4, 2))
        return m.op("SHAPE", [x], m.tensor((4,), None, 0, np.int32))

    with pytest.raises(MicroTLError, match=r"output, tensor 1 'tensor_1', is a constant"):
        convert_bytes(built(make), Options(head_layers=0))


def test_the_unchanged_model_is_converted(classifier: bytes) -> None:
    assert convert_bytes(edited(classifier, lambda _: None), Options(head_layers=0)).ops


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "this is not a TensorFlow Lite model: the mark 'TFL3' is missing"),
        (b"\x00" * 64, "this is not a TensorFlow Lite model: the mark 'TFL3' is missing"),
        (b"\x1c\x00\x00\x00TFL3", "the file's header cannot be read"),
    ],
)
def test_other_files_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(MicroTLError, match=message):
        convert_bytes(content, Options())


def test_every_truncation_is_refused(classifier: bytes) -> None:
    for size in range(0, len(classifier), 61):
        with pytest.raises(MicroTLError, match=r"model\.tflite: "):
            convert_bytes(classifier[:size], Options())


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MicroTLError, match="nothing.tflite: cannot be read: No such file"):
        convert(tmp_path / "nothing.tflite", Options())


def test_per_channel_scales_must_fit(classifier: bytes) -> None:
    def edit(model: Any) -> None:
        quantization(model, 1).quantizedDimension = 3

    with pytest.raises(MicroTLError, match="4 scales along dimension 3; 4 along dimension 0 are"):
        convert_bytes(edited(classifier, edit), Options())


def test_dimension_of_a_bias_means_nothing(classifier: bytes) -> None:
    def edit(model: Any) -> None:
        quantization(model, 2).quantizedDimension = 77

    assert (
        convert_bytes(edited(classifier, edit), Options()).c_source
        == convert_bytes(classifier, Options()).c_source
    )


def test_image_beyond_16_bits_is_refused() -> None:
    def wide(m: ModelBuilder) -> Any:
        return m.conv2d(m.input((1, 1, 70000, 1)), 1, (1, 1))

    with pytest.raises(MicroTLError, match="1x1x70000x1; behind the batch, 4 dimensions of up to"):
        convert_bytes(built(wide), Options(head_layers=0))


def test_zoo_files_to_refuse(zoo: list[Path]) -> None:
    refuse = sorted((zoo[0].parent / "refuse").glob("*.tflite"))
    if not refuse:
        pytest.skip("MICROTL_ZOO has no folder 'refuse'")
    for path in refuse:
        for layers in (0, 1):
            with pytest.raises(MicroTLError) as caught:
                convert(path, Options(head_layers=layers))
            assert caught.value.exit_code == 1
            assert caught.value.message.startswith(f"{path}: ") and caught.value.hint


def test_zoo_models_are_converted(zoo: list[Path]) -> None:
    for path in zoo:
        assert convert(path, Options(head_layers=0)).ops
