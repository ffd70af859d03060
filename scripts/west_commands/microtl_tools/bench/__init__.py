# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Instruction counts without a board: the core and a model on an emulated Cortex-M."""
