/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>
#include <string.h>

#include "numbers.h"
#include "reals.h"

const struct number *number_find(const struct number *numbers, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(numbers[i].name, name) == 0) {
			return &numbers[i];
		}
	}
	return NULL;
}

double number_get(const struct number *number, const void *object)
{
	const void *field = (const char *)object + number->offset;

	switch (number->type) {
	case NUMBER_U8:
		return (double)*(const uint8_t *)field;
	case NUMBER_U16:
		return (double)*(const uint16_t *)field;
	case NUMBER_U32:
		return (double)*(const uint32_t *)field;
	case NUMBER_I32:
		return (double)*(const int32_t *)field;
	case NUMBER_REAL:
	default:
		return real_to_double(*(const microtl_real_t *)field);
	}
}

/** Lowest and highest value of each whole type. */
static const double ranges[][2] = {
	[NUMBER_U8] = {0.0, UINT8_MAX},
	[NUMBER_U16] = {0.0, UINT16_MAX},
	[NUMBER_U32] = {0.0, UINT32_MAX},
	[NUMBER_I32] = {INT32_MIN, INT32_MAX},
};

int number_set(const struct number *number, void *object, double value)
{
	void *field = (char *)object + number->offset;

	if (number->type == NUMBER_REAL) {
		/* The comparison is false for NaN. */
		if (!(value >= -MICROTL_TWIN_REAL_MAX && value <= MICROTL_TWIN_REAL_MAX)) {
			return -EINVAL;
		}
		*(microtl_real_t *)field = real_of(value);
		return 0;
	}
	if (!(value >= ranges[number->type][0] && value <= ranges[number->type][1]) ||
	    value != (double)(int64_t)value) {
		return -EINVAL;
	}
	switch (number->type) {
	case NUMBER_U8:
		*(uint8_t *)field = (uint8_t)value;
		break;
	case NUMBER_U16:
		*(uint16_t *)field = (uint16_t)value;
		break;
	case NUMBER_U32:
		*(uint32_t *)field = (uint32_t)value;
		break;
	default:
		*(int32_t *)field = (int32_t)value;
		break;
	}
	return 0;
}
