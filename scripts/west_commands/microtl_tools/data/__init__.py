# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Labelled recordings: read from .npz or folders of CSV, cut into windows, checked."""
