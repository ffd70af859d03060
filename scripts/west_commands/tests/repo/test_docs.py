# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The programs in the documentation compile without a warning, and run."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from microtl_tools import cli

from .conftest import ROOT

MODEL = ROOT / "tests" / "fixtures" / "models" / "network_residual.tflite"
CORE = ROOT / "modules" / "microtl"
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Werror")
FLOAT_RULE = ("-ffp-contract=off", "-fno-tree-vectorize")

# Teaches the class "wave" beside what the model says of other windows.
MAIN = """
#include <stdio.h>

int main(void)
{
	int8_t window[MOTION_INPUT_SIZE];

	if (motion_init() != 0) {
		return 1;
	}
	for (uint16_t i = 0; i < 80; i++) {
		for (size_t k = 0; k < sizeof(window); k++) {
			window[k] = i % 2 == 0 ? 100 : (int8_t)((k * 37 + i * 11) % 200 - 100);
		}
		const uint8_t before = motion_classify(window);
		const char *name = microtl_learning_class_name(&learning, before);

		name = i % 2 == 0 ? "wave" : name;
		if (before >= MOTION_CLASS_COUNT || motion_label(name, (uint16_t)(i / 4)) != 0) {
			return 2;
		}
	}
	const int err = motion_train(1);
	struct microtl_gate_result result;

	if ((err != 0 && err != -EPERM) || microtl_fit_result(&learning.fit, &result) != 0) {
		return 3;
	}
	memset(window, 100, sizeof(window));
	if (err == 0 && motion_classify(window) != MOTION_CLASS_COUNT) {
		return 4;
	}
	printf("verdict %d\\n", (int)result.verdict);
	return 0;
}
"""


def snippets(page: str) -> list[str]:
    """Return the C programs of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```c\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_porting_page_is_a_whole_learner(tmp_path: Path) -> None:
    (program,) = snippets("docs/porting.md")
    arguments = ["convert", str(MODEL), "--name", "motion", "--classes", "8", "-o", str(tmp_path)]
    assert cli.main(arguments) == 0
    (tmp_path / "main.c").write_text(program + MAIN, encoding="utf-8")
    sources = sorted(path for path in (CORE / "src" / "core").rglob("*.c") if is_portable(path))
    include = ("-I", str(CORE / "include"), "-I", str(CORE / "src" / "core"), "-I", str(tmp_path))
    subprocess.run(
        ["cc", "-std=c11", "-O1", *WARNINGS, *FLOAT_RULE, *include, "main.c", "motion.c", *sources]
        + ["-o", "learner"],
        cwd=tmp_path,
        check=True,
        timeout=300,
    )
    done = subprocess.run([tmp_path / "learner"], capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0
    assert re.fullmatch(r"verdict [012]\n", done.stdout)


def is_portable(source: Path) -> bool:
    """Kernels for one CPU alone lie in folders of their own below ``kernels``."""
    return source.parent.name in ("core", "kernels")


PAGES = [Path("README.md"), *(page.relative_to(ROOT) for page in sorted(ROOT.glob("docs/*.md")))]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_page_names_only_what_there_is(page: Path) -> None:
    """Links, options and C names that a page gives are in the repository."""
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert not [link for link in links if not (ROOT / page.parent / link).exists()]

    kconfig = "".join(p.read_text(encoding="utf-8") for p in sorted(CORE.rglob("Kconfig*")))
    options = set(re.findall(r"CONFIG_(MICROTL\w*[A-Z])", text))
    assert options <= set(re.findall(r"^(?:menu)?config (\w+)", kconfig, re.MULTILINE))

    headers = "".join(p.read_text(encoding="utf-8") for p in sorted(CORE.rglob("*.h")))
    used = re.findall(r"\b(?:microtl_(?!add_model|tools)\w+(?=\()|MICROTL_[A-Z_]+\w(?=\())", text)
    assert set(used) <= set(re.findall(r"\bmicrotl_\w+|\bMICROTL_\w+", headers))


def test_readme_names_every_command_that_there_is() -> None:
    """The sub-commands of README exist; its first commands are targets of the Makefile."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shell = "".join(re.findall(r"^```(?:sh|console)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    known = {module.split(".")[-1].removesuffix("_command") for module in cli.COMMANDS}
    known |= {module.split(".")[-2] for module in cli.COMMANDS}
    assert set(re.findall(r"^(?:west )?microtl (\w+)", shell, re.MULTILINE)) <= known
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([\w-]+)", shell, re.MULTILINE):
        assert f"\n{target}:" in targets
