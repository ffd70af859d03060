# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The learner from Python: labels, training, publishing, snapshots, and the same bytes always."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from microtl_tools.convert.api import ConvertedModel, Options, convert
from microtl_tools.errors import MicroTLError
from microtl_tools.twin import border
from microtl_tools.twin.abi import CoreError
from microtl_tools.twin.api import Twin
from microtl_tools.twin.learner import GateVerdict, Head, Learner
from microtl_tools.twin.toolchain import Toolchain, find_toolchain
from numpy.typing import NDArray

from ..simulate import toy

CAPACITY = 200
NEW = toy.KNOWN
CLASSES = toy.KNOWN + 1
SESSIONS = 8
"""Of each class; the core holds one in eight out."""


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> ConvertedModel:
    path, labels = toy.model(tmp_path_factory.mktemp("toy"))
    return convert(path, Options(labels=labels, classes=CLASSES))


@pytest.fixture(scope="session")
def twin(converted: ConvertedModel) -> Twin:
    return Twin.from_converted(converted)


def samples(
    twin: Twin, converted: ConvertedModel, label: int, count: int, seed: int = 0
) -> NDArray[np.int8]:
    x = np.random.default_rng(seed).normal(0, 0.35, (count, toy.WIDTH)).astype(np.float32)
    x[:, label] += 2.0
    return twin.features(border.quantize(x, converted.input))


@pytest.fixture
def taught(twin: Twin, converted: ConvertedModel) -> Learner:
    return teach(twin, converted)


def teach(twin: Twin, converted: ConvertedModel) -> Learner:
    """A learner with labels of each class, the new one included, three in each session."""
    learner = twin.learner(CAPACITY)
    assert learner.add_class(toy.NAMES[NEW]) == NEW
    for number in range(SESSIONS * CLASSES):
        label = number % CLASSES
        learner.label(samples(twin, converted, label, 3, number), [label] * 3, number)
    return learner


def test_classes_have_names_and_rows(twin: Twin) -> None:
    learner = twin.learner(CAPACITY)
    assert learner.class_names() == [*toy.NAMES[:NEW], None]
    assert learner.classes().tolist() == [True] * toy.KNOWN + [False]
    assert learner.add_class("größer") == NEW
    assert learner.class_names()[NEW] == "größer"
    for name, number in (("größer", errno.EEXIST), ("x", errno.ENOMEM), ("", errno.EINVAL)):
        with pytest.raises(CoreError, match=f"could not add the class '{name}'") as caught:
            learner.add_class(name)
        assert caught.value.errno == number
    learner.remove_class(NEW)
    assert learner.class_names()[NEW] is None


def test_replay_memory_holds_what_was_labelled(
    twin: Twin, converted: ConvertedModel, taught: Learner
) -> None:
    replay = taught.replay()
    assert np.bincount(replay.labels).tolist() == [3 * SESSIONS] * CLASSES
    assert np.array_equal(replay.features[:3], samples(twin, converted, 0, 3, 0))
    assert replay.recordings[:3].tolist() == [0] * 3
    # A session is held out as a whole, and every class has one.
    for session in range(SESSIONS * CLASSES):
        assert len(set(replay.held_out[replay.recordings == session])) == 1
    assert set(replay.labels[replay.held_out]) == set(range(CLASSES))
    taught.forget()
    assert len(taught.replay().labels) == 0


def test_labels_that_cannot_be(twin: Twin, converted: ConvertedModel) -> None:
    learner = twin.learner(CAPACITY)
    features = samples(twin, converted, NEW, 2)
    with pytest.raises(CoreError) as caught:
        learner.label(features, [NEW, NEW], 0)
    assert caught.value.errno == errno.ENOENT
    with pytest.raises(MicroTLError, match="the head takes"):
        learner.label(features[:, :3], [0, 0], 0)
    with pytest.raises(MicroTLError, match="features are int8, not float64"):
        learner.scores(features.astype(float))
    with pytest.raises(MicroTLError, match="0 to 65535 samples"):
        twin.learner(65536)


def test_training_learns_the_new_class(
    twin: Twin, converted: ConvertedModel, taught: Learner
) -> None:
    test = np.concatenate([samples(twin, converted, k, 50, 99) for k in range(CLASSES)])
    y = np.repeat(np.arange(CLASSES), 50)
    before = taught.predict(test)
    assert (before == y)[: 50 * toy.KNOWN].mean() > 0.9
    assert not (before == NEW).any()
    assert (taught.predict(test, Head.NEAREST_MEAN) == y).mean() > 0.9
    factory = taught.params()
    result = taught.train(seed=1)
    assert result.verdict is GateVerdict.ACCEPTED
    assert result.reason
    assert result.new_recall is not None and result.new_recall > 0.6
    assert len(result.losses) == taught.get("epochs")
    assert result.losses[-1] < result.losses[0]
    assert (taught.predict(test) == y).mean() > 0.9
    assert not np.array_equal(taught.params(), factory)
    probabilities = taught.probabilities(test)
    assert np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)
    taught.reset()
    assert np.array_equal(taught.params(), factory)


def test_reused_row_has_nothing_of_the_factory_class(
    twin: Twin, converted: ConvertedModel, taught: Learner
) -> None:
    taught.remove_class(0)
    assert taught.add_class("other") == 0
    features = samples(twin, converted, 0, 3, 77)
    taught.label(features, [0] * 3, 500)
    assert 0 in taught.replay().labels
    taught.reset()
    assert taught.class_names()[0] == toy.NAMES[0]
    assert taught.classes().tolist() == [True] * toy.KNOWN + [False]
    # What was taught as another class is gone, the rest stays.
    assert 0 not in taught.replay().labels
    assert np.bincount(taught.replay().labels)[1:].tolist() == [3 * SESSIONS] * (CLASSES - 1)


def test_losses_are_those_of_the_last_training(twin: Twin, converted: ConvertedModel) -> None:
    learner = twin.learner(CAPACITY)
    learner.add_class(toy.NAMES[NEW])
    for number in range(2 * CLASSES):  # too few to hold one out: folds are trained first
        label = number % CLASSES
        learner.label(samples(twin, converted, label, 5, number), [label] * 5, number)
    learner.start(seed=1)
    result = learner.finish()
    assert learner.progress("trainings") > 1
    assert len(result.losses) == learner.get("epochs")
    assert result.losses[-1] == learner.progress("loss")


def test_candidate_waits_for_publishing(
    twin: Twin, converted: ConvertedModel, taught: Learner
) -> None:
    test = samples(twin, converted, NEW, 20, 99)
    with pytest.raises(CoreError) as caught:
        taught.predict(test, Head.CANDIDATE)
    assert caught.value.errno == errno.ENODATA
    taught.start(seed=1)
    assert taught.step(50)
    assert 0 < taught.progress("steps") <= 50
    with pytest.raises(CoreError) as caught:
        taught.set("epochs", 3)
    assert caught.value.errno == errno.EBUSY
    taught.finish()
    assert (taught.predict(test, Head.CANDIDATE) == NEW).mean() > 0.9
    assert not (taught.predict(test) == NEW).any()
    taught.publish()
    assert (taught.predict(test) == NEW).mean() > 0.9


def test_rejected_and_cancelled_jobs_leave_the_head_alone(taught: Learner) -> None:
    factory = taught.params()
    taught.start(seed=1)
    taught.step(10)
    taught.cancel()
    with pytest.raises(CoreError) as caught:
        taught.publish()
    assert caught.value.errno == errno.ECANCELED
    taught.set("gate.new_min", 1000)
    result = taught.train(seed=1)
    assert result.verdict is GateVerdict.UNDECIDED
    with pytest.raises(CoreError, match="the gate did not accept the head"):
        taught.publish()
    assert np.array_equal(taught.params(), factory)


def test_training_without_samples(twin: Twin) -> None:
    with pytest.raises(CoreError, match="there are no labelled samples"):
        twin.learner(CAPACITY).train(seed=1)


def test_settings_by_name(twin: Twin) -> None:
    learner = twin.learner(CAPACITY, {"epochs": 7, "optimizer.learning_rate": 0.125})
    assert learner.get("epochs") == 7
    assert learner.get("optimizer.learning_rate") == 0.125
    assert len(set(learner.setting_names())) == len(learner.setting_names()) > 15
    for name in learner.setting_names():
        learner.set(name, learner.get(name))
    for name, value in (("speed", 1.0), ("epochs", 0.5), ("epochs", 1e9), ("batch", float("nan"))):
        with pytest.raises(CoreError, match=f"could not set {name}") as caught:
            learner.set(name, value)
        assert caught.value.errno in (errno.ENOENT, errno.EINVAL)
        assert "optimizer.learning_rate" in str(caught.value.hint)


def test_snapshot_there_and_back(twin: Twin, taught: Learner) -> None:
    taught.train(seed=1)
    snapshot = taught.save()
    other = twin.learner(CAPACITY)
    other.load(snapshot)
    assert np.array_equal(other.params(), taught.params())
    assert other.class_names() == taught.class_names()
    damaged = bytearray(snapshot)
    damaged[len(damaged) // 2] ^= 1
    for wrong, number in (
        (bytes(damaged), errno.EBADMSG),
        (snapshot[:-1], errno.EBADMSG),
        (b"junk" * 50, errno.ENOENT),
    ):
        with pytest.raises(CoreError, match="could not load the snapshot") as caught:
            other.load(wrong)
        assert caught.value.errno == number
    assert np.array_equal(other.params(), taught.params())


def test_snapshot_of_another_model(twin: Twin, taught: Learner, tmp_path: Path) -> None:
    path, labels = toy.model(tmp_path)
    wider = convert(path, Options(labels=labels, classes=toy.KNOWN + 2))
    learner = Twin.from_converted(wider).learner(CAPACITY)
    with pytest.raises(CoreError, match="belongs to another model") as caught:
        learner.load(taught.save())
    assert caught.value.hint == "the head differs"


def test_models_without_head(converted: ConvertedModel, tmp_path: Path) -> None:
    path, _ = toy.model(tmp_path)
    twin = Twin.from_converted(convert(path, Options(head_layers=0)))
    with pytest.raises(CoreError, match="could not make a learner"):
        twin.learner(CAPACITY)
    with pytest.raises(MicroTLError, match="converted without a head"):
        twin.head(np.zeros((1, twin.output_size), np.int8), activate=False)


def toolchains() -> list[Callable[[], Toolchain]]:
    makers: list[Callable[[], Toolchain]] = []
    for compiler in ("gcc", "clang"):
        for level in ("-O0", "-O2", "-O3"):
            makers.append(
                pytest.param(  # type: ignore[arg-type]
                    lambda c=compiler, o=level: find_toolchain([o], c),
                    id=f"{compiler}{level}",
                    marks=pytest.mark.skipif(
                        shutil.which(compiler) is None, reason=f"{compiler} is not installed"
                    ),
                )
            )
    return makers


@pytest.fixture(scope="session")
def learned_bytes(twin: Twin, converted: ConvertedModel) -> list[bytes]:
    return learn_everything(twin, converted)


def learn_everything(twin: Twin, converted: ConvertedModel) -> list[bytes]:
    """Heads after training with each optimiser, in batches, with patience; and what they say."""
    results = []
    for kind, batch, patience in ((0, 1, 0), (1, 1, 3), (1, 8, 0), (2, 4, 2)):
        learner = teach(twin, converted)
        for name, value in (("optimizer.kind", kind), ("batch", batch), ("patience", patience)):
            learner.set(name, value)
        learner.train(seed=5)
        test = samples(twin, converted, NEW, 10, 99)
        results += [learner.save(), learner.probabilities(test).tobytes()]
        results.append(learner.scores(test, Head.NEAREST_MEAN).tobytes())
    return results


@pytest.mark.parametrize("make", toolchains())
def test_same_bytes_whatever_the_compiler(
    make: Callable[[], Toolchain], converted: ConvertedModel, learned_bytes: list[bytes]
) -> None:
    twin = Twin.from_converted(converted, make())
    assert learn_everything(twin, converted) == learned_bytes
    assert learn_everything(twin, converted) == learned_bytes
