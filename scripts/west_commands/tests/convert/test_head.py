# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The cut and the float head: what it computes, however it is standardised, widened or deepened."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from microtl_tools.convert.api import ConvertedModel, HeadSpec, Options, convert_bytes
from microtl_tools.convert.split import find_tail
from microtl_tools.errors import MicroTLError, UsageError
from microtl_tools.twin.api import Twin
from model_builder import ModelBuilder, Tensor
from numpy.typing import NDArray
from small_models import built, graph_of

Floats = NDArray[np.float64]


def scores(head: HeadSpec, features: NDArray[np.int8]) -> Floats:
    """What struct microtl_head_spec says that a head computes."""
    x = features.astype(np.float64) * head.feature_scale + head.feature_offset
    position = 0
    for number, (inputs, outputs) in enumerate(zip(head.widths, head.widths[1:], strict=False)):
        weights = head.params[position : position + inputs * outputs].reshape(outputs, inputs)
        position += inputs * outputs
        x = x @ weights.T.astype(np.float64) + head.params[position : position + outputs]
        position += outputs
        if number < len(head.widths) - 2:
            x = np.maximum(x, 0)
    assert position == len(head.params)
    return x


def factory(data: bytes, **options: Any) -> tuple[ConvertedModel, Floats]:
    """Convert, and return the head's scores for random features."""
    converted = convert_bytes(data, Options(**options))
    assert converted.head is not None
    features = np.random.default_rng(0).integers(-128, 128, (50, converted.head.features))
    return converted, scores(converted.head, features.astype(np.int8))


def samples(folder: Path, count: int = 60, labels: int = 5, **more: Any) -> Path:
    """Write random images of the classifier's input with classes and recordings."""
    rng = np.random.default_rng(1)
    path = folder / "data.npz"
    np.savez(
        path,
        x=rng.normal(0, 2, (count, 6, 6, 2)).astype(np.float32),
        y=np.arange(count) % labels,
        labels=np.array([f"class{i}" for i in range(labels)]),
        recording=np.array([str(i // (labels * 2)) for i in range(count)]),
        **more,
    )
    return path


# --- where the model is cut


@pytest.mark.parametrize(("layers", "widths"), [(1, (8, 5)), (2, (36, 8, 5))])
def test_head_layers(classifier: bytes, layers: int, widths: tuple[int, ...]) -> None:
    converted = convert_bytes(classifier, Options(head_layers=layers))
    assert converted.head is not None
    assert converted.head.widths == widths
    assert converted.output.size == widths[0]
    assert converted.head.loss == "softmax"


def test_too_many_head_layers(classifier: bytes) -> None:
    with pytest.raises(MicroTLError) as caught:
        convert_bytes(classifier, Options(head_layers=3))
    assert "the last 3 layers cannot become the head: op 1 MAX_POOL_2D" in caught.value.message
    assert "--head-layers 2 is possible" in str(caught.value.hint)


@pytest.mark.parametrize("wanted", ["9", "tensor_9"])
def test_cut_by_number_and_name(classifier: bytes, wanted: str) -> None:
    by_cut = convert_bytes(classifier, Options(cut=wanted))
    by_layers = convert_bytes(classifier, Options(head_layers=1))
    assert by_cut.c_source == by_layers.c_source


def test_cut_in_front_of_a_reshape_is_the_same_cut(classifier: bytes) -> None:
    assert convert_bytes(classifier, Options(cut="4")).c_source == (
        convert_bytes(classifier, Options(cut="6")).c_source
    )


def test_cut_elsewhere_starts_an_empty_head(classifier: bytes) -> None:
    converted = convert_bytes(classifier, Options(cut="3", classes=4))
    assert converted.head is not None
    assert (converted.head.widths, converted.head.class_count) == ((144, 4), 0)
    assert not converted.head.params.any()
    assert [op.kind for op in converted.ops] == ["CONV_2D"]
    assert any("replaces the 5 operations behind the cut" in note for note in converted.notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"head_layers": 4}, "--head-layers 4: a head has 1 to 3 layers"),
        ({"cut": "99"}, "--cut 99: the model computes no tensor of that name or number"),
        ({"cut": "13"}, "tensor 13 'tensor_13' is the model's output"),
        ({"cut": "3"}, "--cut 3: what lies behind it is no head"),
        ({"classes": 3}, "--classes 3: the head knows 5 classes and can have 255"),
        ({"classes": 300}, "--classes 300: the head knows 5 classes and can have 255"),
        ({"hidden": 9}, "--hidden 9: 10 to 65535 units are possible with 5 classes"),
        ({"hidden": 40, "head_layers": 0}, "--hidden and --head none do not go together"),
        ({"loss": "mse", "classes": 6}, "--classes 6: a head that is trained against values"),
        ({"kernels": "fast"}, "--kernels fast: no such kernel set"),
        ({"loss": "hinge"}, "--loss hinge: no such loss"),
    ],
)
def test_wrong_wish_is_refused(classifier: bytes, options: dict[str, Any], message: str) -> None:
    with pytest.raises(MicroTLError, match=message) as caught:
        convert_bytes(classifier, Options(**options))
    assert caught.value.hint


def dense_with(activation: str, last: str = "NONE") -> Callable[[ModelBuilder], Tensor]:
    def make(m: ModelBuilder) -> Tensor:
        x = m.fully_connected(m.input((1, 6)), 4, activation=activation)
        return m.fully_connected(x, 3, activation=last)

    return make


@pytest.mark.parametrize(
    ("make", "possible", "reason"),
    [
        (dense_with("RELU"), 2, "is the model's input"),
        (dense_with("NONE"), 1, "has activation NONE, a hidden layer of a head has RELU"),
        (dense_with("RELU6"), 1, "has activation RELU6, a hidden layer of a head has RELU"),
        (dense_with("RELU", "RELU"), 0, "has activation RELU, the last layer of a head has NONE"),
    ],
)
def test_chain_of_layers_that_can_be_the_head(
    make: Callable[[ModelBuilder], Tensor], possible: int, reason: str
) -> None:
    tail = find_tail(graph_of(built(make)))
    assert len(tail.dense) == possible
    assert tail.stop.endswith(reason)


def test_pointwise_convolution_on_one_pixel_is_a_layer() -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.pool(m.input((1, 4, 4, 6)), "AVERAGE_POOL_2D", (4, 4), (4, 4))
        x = m.conv2d(x, 3, (1, 1))
        return m.op("RESHAPE", [x, m.constant([1, 3])], m.like(x, (1, 3)))

    converted = convert_bytes(built(make), Options())
    assert converted.head is not None
    assert (converted.head.widths, converted.head.loss) == ((6, 3), "softmax")


@pytest.mark.parametrize(
    ("outputs", "inputs", "loss"), [(1, 6, "mse"), (6, 6, "mse"), (3, 6, "softmax")]
)
def test_loss_without_an_activation(outputs: int, inputs: int, loss: str) -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.fully_connected(m.input((1, inputs)), 8, activation="RELU")
        return m.fully_connected(x, outputs)

    head = convert_bytes(built(make), Options()).head
    assert head is not None
    assert head.loss == loss
    assert bool(head.class_names) == (loss == "softmax")


def test_autoencoder_may_have_more_outputs_than_a_byte_counts() -> None:
    def make(m: ModelBuilder) -> Tensor:
        return m.fully_connected(m.fully_connected(m.input((1, 300)), 8, activation="RELU"), 300)

    head = convert_bytes(built(make), Options()).head
    assert head is not None
    assert (head.widths, head.class_count) == ((8, 300), 300)


# --- what the head computes


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("per_channel", [False, True])
def test_head_gives_what_the_int8_layers_give(layers: int, per_channel: bool) -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.conv2d(m.input((1, 3, 3, 2)), 4, activation="RELU", zero_point=-128)
        x = m.op("RESHAPE", [x, m.constant([1, 36])], m.like(x, (1, 36)))
        x = m.fully_connected(x, 8, activation="RELU", zero_point=-128, per_channel=per_channel)
        return m.fully_connected(x, 5, per_channel=per_channel)

    data = built(make)
    cut = convert_bytes(data, Options(head_layers=layers))
    whole = convert_bytes(data, Options(head_layers=0))
    x = np.random.default_rng(3).integers(-128, 128, (40, 18)).astype(np.int8)
    assert cut.head is not None
    ours = scores(cut.head, Twin.from_converted(cut).features(x))
    frozen = Twin.from_converted(whole).run(x).astype(np.float64)
    theirs = (frozen - whole.output.zero_point) * whole.output.scale
    # Rounding of the hidden layer and of the output, and nothing else, but where int8 is cut off.
    inside = np.abs(frozen) < 127
    assert np.abs(ours - theirs)[inside].max() < whole.output.scale * (0.51 if layers == 1 else 6)


def test_weights_with_a_zero_point_are_dequantised() -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.fully_connected(m.input((1, 6)), 8, activation="RELU", zero_point=-128)
        return m.fully_connected(x, 3, weights_zero_point=9)

    cut, whole = (
        convert_bytes(built(make), Options()),
        convert_bytes(built(make), Options(head_layers=0)),
    )
    x = np.random.default_rng(4).integers(-128, 128, (40, 6)).astype(np.int8)
    assert cut.head is not None
    ours = scores(cut.head, Twin.from_converted(cut).features(x))
    frozen = Twin.from_converted(whole).run(x).astype(np.float64)
    theirs = (frozen - whole.output.zero_point) * whole.output.scale
    inside = np.abs(frozen) < 127
    assert np.abs(ours - theirs)[inside].max() < whole.output.scale * 0.51


def test_standardising_changes_nothing(classifier: bytes, tmp_path: Path) -> None:
    plain, before = factory(classifier)
    measured, after = factory(classifier, representative=samples(tmp_path))
    assert plain.head is not None and measured.head is not None
    assert (plain.head.standardised_by, measured.head.standardised_by) == (
        "quantisation range",
        "data",
    )
    assert not np.allclose(plain.head.feature_scale, measured.head.feature_scale)
    assert np.abs(before - after).max() < 1e-4 * np.abs(before).max()
    assert "no data was given" in plain.notes[0] and not measured.notes


def test_features_are_standardised(classifier: bytes, tmp_path: Path) -> None:
    path = samples(tmp_path, 400)
    converted = convert_bytes(classifier, Options(representative=path))
    assert converted.head is not None
    with np.load(path) as file:
        x = file["x"]
    from microtl_tools.twin.border import quantize

    features = Twin.from_converted(converted).features(quantize(x, converted.input))
    u = features * converted.head.feature_scale + converted.head.feature_offset
    assert np.abs(u.mean(axis=0)).max() < 1e-3
    # A feature that hardly moves has a floor under its sigma.
    assert u.std(axis=0).max() == pytest.approx(1.0, abs=1e-3)


def test_constant_feature_does_not_blow_up(classifier: bytes, tmp_path: Path) -> None:
    path = tmp_path / "still.npz"
    np.savez(path, x=np.zeros((5, 6, 6, 2), np.float32))
    converted = convert_bytes(classifier, Options(representative=path))
    assert converted.head is not None
    # The floor is one quantisation step.
    assert converted.head.feature_scale == pytest.approx(1.0)


@pytest.mark.parametrize("hidden", [10, 33])
def test_new_hidden_layer_changes_nothing(classifier: bytes, hidden: int) -> None:
    _, before = factory(classifier)
    deeper, after = factory(classifier, hidden=hidden)
    assert deeper.head is not None
    assert deeper.head.widths == (8, hidden, 5)
    assert np.abs(before - after).max() < 1e-5 * np.abs(before).max()


def test_rows_for_classes_to_come_are_zero(classifier: bytes) -> None:
    _, before = factory(classifier)
    wider, after = factory(classifier, classes=7)
    assert wider.head is not None
    assert (wider.head.class_count, wider.head.class_capacity) == (5, 7)
    assert np.array_equal(after[:, :5], before)
    assert not after[:, 5:].any()


def test_head_of_a_base_set_is_the_nearest_mean(classifier: bytes, tmp_path: Path) -> None:
    path = samples(tmp_path, 60, 3)
    converted = convert_bytes(classifier, Options(cut="3", base_set=path, classes=4))
    head = converted.head
    assert head is not None
    assert (head.class_names, head.class_capacity) == (("class0", "class1", "class2"), 4)
    from microtl_tools.convert.samples import features_of, read_samples

    data = read_samples(path, converted, labelled=True)
    features = features_of(data, converted)
    u = features * head.feature_scale.astype(np.float64) + head.feature_offset
    means = np.array([u[data.y == label].mean(axis=0) for label in range(3)])
    nearest = ((u[:, None, :] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert np.array_equal(scores(head, features)[:, :3].argmax(axis=1), nearest)


# --- the names of the classes


def test_labels_come_from_a_file(classifier: bytes, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text('a\nb\nc\nd\nthe "last"\n\n', encoding="utf-8")
    converted = convert_bytes(classifier, Options(labels=path))
    assert converted.head is not None
    assert converted.head.class_names[-1] == 'the "last"'
    assert '"the \\042last\\042"' in converted.c_source


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\nb\n", "2 names, the model's head knows 5 classes"),
        ("a\nb\nc\nd\na\n", "class 5, 'a', is there already"),
        ("", "labels.txt: holds no names"),
        ("a\nb\n\nd\ne\n", "class 3, '', has no name that the device can keep"),
        ("a\nb\nc\nd\n1234567890123456\n", "'1234567890123456', has a name of 16 bytes, the"),
        ("a\nb\nc\nd\n1234567\u00fc8901234\n", "has a name of 16 bytes, .* keeps at most 15"),
    ],
)
def test_wrong_labels(classifier: bytes, tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "labels.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MicroTLError, match=message):
        convert_bytes(classifier, Options(labels=path))


def test_name_that_is_too_long_says_where_else_it_stands(classifier: bytes, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("a\nb\nc\nd\nArrestoMomentumCharm\n", encoding="utf-8")
    with pytest.raises(MicroTLError) as caught:
        convert_bytes(classifier, Options(labels=path))
    assert "'labels' or 'y' of an .npz, or the folder LABEL" in str(caught.value.hint)


def test_labels_of_an_editor_that_marks_its_files(classifier: bytes, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("a\r\nb\r\nc\r\nd\r\ne\r\n", encoding="utf-8-sig")
    converted = convert_bytes(classifier, Options(labels=path))
    assert converted.head is not None and converted.head.class_names == tuple("abcde")


def test_labels_that_are_not_there(classifier: bytes, tmp_path: Path) -> None:
    with pytest.raises(MicroTLError, match="none.txt: cannot be read: No such file") as caught:
        convert_bytes(classifier, Options(labels=tmp_path / "none.txt"))
    assert caught.value.hint


# --- the base set


def test_base_set_ships_features_and_holds_recordings_out(
    classifier: bytes, tmp_path: Path
) -> None:
    converted = convert_bytes(classifier, Options(base_set=samples(tmp_path, 80)))
    base = converted.base
    assert base is not None
    # 80 samples in 8 recordings, each of 2 samples of 5 classes; every fourth is held out.
    assert (len(base.labels), base.gate_count) == (80, 20)
    assert np.bincount(base.labels[-20:]).tolist() == [4] * 5
    from microtl_tools.convert.samples import features_of, read_samples

    data = read_samples(tmp_path / "data.npz", converted, labelled=True)
    features = features_of(data, converted)
    held_out = np.isin(data.recording, ["3", "7"])
    ours = {row.tobytes() for row in base.features[-20:]}
    assert ours == {row.tobytes() for row in features[held_out]}
    assert ".count = 80" in converted.c_source and ".gate_count = 20" in converted.c_source


def test_base_set_count_bounds_each_class(classifier: bytes, tmp_path: Path) -> None:
    options = Options(base_set=samples(tmp_path, 80), base_set_count=8)
    base = convert_bytes(classifier, options).base
    assert base is not None
    assert np.bincount(base.labels).tolist() == [8] * 5
    assert base.gate_count == 10


def test_base_set_of_means(classifier: bytes, tmp_path: Path) -> None:
    path = samples(tmp_path, 80)
    every = convert_bytes(classifier, Options(base_set=path)).base
    means = convert_bytes(classifier, Options(base_set=path, base_set_kind="mean")).base
    assert every is not None and means is not None
    assert means.labels[:5].tolist() == [0, 1, 2, 3, 4]
    assert (len(means.labels), means.gate_count) == (25, 20)
    train = every.features[: len(every.labels) - every.gate_count].astype(np.float64)
    for label in range(5):
        own = train[every.labels[: len(train)] == label]
        assert np.abs(means.features[label] - own.mean(axis=0)).max() <= 0.5


def test_base_set_without_recordings_has_no_part_for_the_gate(
    classifier: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "data.npz"
    np.savez(
        path,
        x=np.ones((5, 6, 6, 2), np.float32),
        y=np.arange(5),
        labels=np.array([f"class{i}" for i in range(5)]),
    )
    converted = convert_bytes(classifier, Options(base_set=path))
    assert converted.base is not None and converted.base.gate_count == 0
    assert any("no part for the gate" in note for note in converted.notes)


def test_classes_that_the_head_does_not_know_are_left_out(
    classifier: bytes, tmp_path: Path
) -> None:
    converted = convert_bytes(classifier, Options(base_set=samples(tmp_path, 60, 6), classes=6))
    assert converted.base is not None and converted.base.labels.max() == 4
    assert any("samples of class5 are left out" in note for note in converted.notes)


def test_classes_that_the_base_set_lacks_are_named(classifier: bytes, tmp_path: Path) -> None:
    converted = convert_bytes(classifier, Options(base_set=samples(tmp_path, 60, 3), classes=6))
    (note,) = [note for note in converted.notes if "nothing keeps a device" in note]
    assert "data.npz: the base set has no sample of class3, class4:" in note
    whole = convert_bytes(classifier, Options(base_set=samples(tmp_path, 60, 5), classes=6))
    assert not [note for note in whole.notes if "nothing keeps a device" in note]


def test_base_set_of_other_classes_is_refused(classifier: bytes, tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, x=np.ones((2, 6, 6, 2), np.float32), y=[0, 1], labels=np.array(["x", "y"]))
    with pytest.raises(MicroTLError, match=r"none of its classes \(x, y\) is one of the head's"):
        convert_bytes(classifier, Options(base_set=path))


def test_base_set_for_values_is_refused(tmp_path: Path) -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.conv2d(m.input((1, 6, 6, 2)), 2)
        return m.fully_connected(x, 1)

    with pytest.raises(UsageError, match="has no classes"):
        convert_bytes(built(make), Options(base_set=samples(tmp_path)))


# --- channels


def test_channels_come_from_the_data(classifier: bytes, tmp_path: Path) -> None:
    path = samples(
        tmp_path,
        channels=np.array(["left", "right"]),
        channel_unit=np.array(["V", "V"]),
        channel_offset=np.array([1.0, 0.0]),
        channel_scale=np.array([0.5, 1.0]),
    )
    converted = convert_bytes(classifier, Options(representative=path))
    assert [channel.name for channel in converted.channels] == ["left", "right"]
    assert ".channel_count = 2" in converted.c_source
    assert ".offset = 1.0f" in converted.c_source and ".scale = 0.5f" in converted.c_source
    plain = convert_bytes(classifier, Options())
    assert plain.model_id["preprocess"] != converted.model_id["preprocess"]


def test_channels_come_from_a_file(classifier: bytes, tmp_path: Path) -> None:
    path = tmp_path / "channels.yaml"
    path.write_text("channels: {x: {unit: g}, y: {unit: g, scale: 2}}\n", encoding="utf-8")
    converted = convert_bytes(classifier, Options(channels=path))
    assert [(c.name, c.unit, c.scale) for c in converted.channels] == [("x", "g", 1), ("y", "g", 2)]
    path.write_text("channels: [x, y, z, w, v]\n", encoding="utf-8")
    with pytest.raises(MicroTLError, match="has 5 channels"):
        convert_bytes(classifier, Options(channels=path))


def test_channels_have_one_order(classifier: bytes, tmp_path: Path) -> None:
    """Else the features of one of both were those of permuted inputs."""
    (tmp_path / "base").mkdir()
    one = samples(tmp_path, channels=np.array(["left", "right"]))
    other = samples(tmp_path / "base", channels=np.array(["right", "left"]))
    said = r"base.*: its channels are in the order right, left, those of .* in the order left"
    with pytest.raises(MicroTLError, match=said):
        convert_bytes(classifier, Options(representative=one, base_set=other))
    file = tmp_path / "channels.yaml"
    file.write_text("channels: [left, right]\n", encoding="utf-8")
    with pytest.raises(MicroTLError, match=said):
        convert_bytes(classifier, Options(channels=file, base_set=other))
    assert convert_bytes(classifier, Options(channels=file, base_set=one)).base is not None
