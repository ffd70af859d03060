# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Play a scenario from labelled data on the twin: will learning on the device help?"""
