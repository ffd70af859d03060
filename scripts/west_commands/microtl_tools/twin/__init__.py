# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The twin: the C core of the device, built for this computer and driven from Python."""
