# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The memory budget: what an image takes of every memory, who owns it, and whether it fits."""
