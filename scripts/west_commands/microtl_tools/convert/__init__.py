# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""From a model file to C: read, simplify, cut, lower to kernels, plan the memory, write.

``api.convert`` runs the whole chain; every other module is one link of it.
"""
