# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The generated header: the model's symbol, and its sizes for static definitions."""

from __future__ import annotations

from microtl_tools.convert.emit.source import Sources, preamble
from microtl_tools.convert.headers import limit


def header_text(sources: Sources) -> str:
    """Return the .h file."""
    macro = sources.name.upper()
    guard = f"{macro}_MODEL_H_"
    parts = [
        preamble(sources),
        f"#ifndef {guard}\n#define {guard}",
        "#include <microtl/model.h>",
        _checks(sources),
        "\n\n".join(
            f"/** {text} */\n#define {macro}_{name} {value}"
            for name, value, text in _sizes(sources)
        ),
        '#ifdef __cplusplus\nextern "C" {\n#endif',
        f"/** The converted model. */\nextern const struct microtl_model {sources.symbol};",
        "#ifdef __cplusplus\n}\n#endif",
        f"#endif /* {guard} */",
    ]
    return "\n\n".join(parts) + "\n"


def _checks(sources: Sources) -> str:
    name, lines = sources.name, []
    for constant in ("MODEL_FORMAT", "ARENA_ALIGN"):
        lines.append(
            f"#if MICROTL_{constant} != {limit(constant)}\n"
            f'#error "{name}: converted for another version of MicroTL, convert the model again"\n'
            "#endif"
        )
    if sources.head is not None:
        lines.append(_check_arithmetic(name, sources.head.arithmetic))
    return "\n".join(lines)


def _check_arithmetic(name: str, arithmetic: str) -> str:
    other = {"float": "fixed", "fixed": "float"}[arithmetic]
    wrong = "MICROTL_ARITHMETIC_FIXED" if arithmetic == "float" else "!MICROTL_ARITHMETIC_FIXED"
    return (
        f"#if {wrong}\n"
        f'#error "{name}: converted with --arithmetic {arithmetic}; convert it with --arithmetic '
        f'{other}, or set CONFIG_MICROTL_ARITHMETIC_{arithmetic.upper()}=y"\n'
        "#endif"
    )


def _sizes(sources: Sources) -> list[tuple[str, int, str]]:
    program = sources.program
    sizes = [
        (
            "ARENA_SIZE",
            program.arena_size,
            "Bytes of RAM that the engine needs, aligned to MICROTL_ARENA_ALIGN.",
        ),
        ("INPUT_SIZE", sources.input.elements, "Values of the input, one byte each."),
    ]
    head = sources.head
    if head is None:
        return [
            *sizes,
            ("OUTPUT_SIZE", sources.output.elements, "Values of the output, one byte each."),
        ]
    return [
        *sizes,
        ("FEATURE_SIZE", head.features, "Features of a sample, one byte each."),
        ("CLASS_COUNT", head.class_count, "Classes that the factory head knows."),
        ("CLASS_CAPACITY", head.class_capacity, "Classes that the head has room for."),
        ("HIDDEN_SIZE", sum(head.widths[1:-1]), "Sum of the widths of the hidden layers."),
        ("LAST_SIZE", head.widths[-2], "Inputs of the head's last layer."),
        ("PARAM_COUNT", head.params.size, "Parameters of the head, four bytes each."),
        (
            "BASE_COUNT",
            0 if sources.base is None else len(sources.base.labels),
            "Samples of the base set.",
        ),
    ]
