# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Writes the converted model as C: one source file, one header, all of it constant."""
