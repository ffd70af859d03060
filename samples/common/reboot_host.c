/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Part of the simulator, not of the firmware: runs on the host's operating system. */

#include <stdio.h>
#include <unistd.h>

#include <nsi_cmdline.h>
#include <nsi_tracing.h>

void host_restart(void)
{
	char **arguments;
	int count;

	nsi_get_cmd_line_args(&count, &arguments);
	fflush(stdout);
	execv("/proc/self/exe", arguments);
	nsi_print_error_and_exit("could not start anew\n");
}
