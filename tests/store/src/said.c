/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "said.h"

#include <stdarg.h>
#include <string.h>

#include <zephyr/sys/printk.h>

/* The linker's name (--wrap) of what is called in place of the log's printk. */
void __wrap_z_log_minimal_printk(const char *format, ...);

static char text[1024];

void __wrap_z_log_minimal_printk(const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	if (length > sizeof(text) / 2U) {
		length = 0;
	}
	va_start(arguments, format);
	(void)vsnprintk(text + length, sizeof(text) - length, format, arguments);
	va_end(arguments);
}

void said_clear(void)
{
	text[0] = '\0';
}

const char *said(void)
{
	return text;
}
