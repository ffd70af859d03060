# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Import a library where it is needed, and say how to install it where it is missing.

Heavy libraries are imported inside functions: help and the light commands work without them.
"""

import importlib
import sys
from typing import Any

from microtl_tools.errors import MicroTLError

# Import name -> what pip calls it, where the two differ.
_DISTRIBUTIONS = {
    "ai_edge_litert": "ai-edge-litert",
    "elftools": "pyelftools",
    "sklearn": "scikit-learn",
    "tensorflow": "tensorflow",
    "tflite_micro": "--pre tflite-micro",
    "yaml": "pyyaml",
}


def require(module: str, purpose: str) -> Any:
    """Import ``module`` (dotted names allowed) and return it.

    ``purpose`` completes the sentence "<package> is needed to ...".
    Raises MicroTLError with the exact pip command when the module is missing or does not load.
    """
    package = module.partition(".")[0]
    distribution = _DISTRIBUTIONS.get(package, package)
    install = f"{sys.executable} -m pip install {distribution}"
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MicroTLError(f"{error.name} is needed to {purpose}", f"run: {install}") from error
    except ImportError as error:
        raise MicroTLError(
            f"{module} is needed to {purpose}, but does not load: {error}",
            f"install it again: {install} --force-reinstall",
        ) from error
