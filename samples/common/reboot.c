/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <zephyr/sys/reboot.h>

void host_restart(void);

void sys_arch_reboot(int type)
{
	ARG_UNUSED(type);
	host_restart();
}
