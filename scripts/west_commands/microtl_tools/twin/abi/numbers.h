/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Numbers in the core's structs by the names of their fields, so that Python needs no
 * mirror.
 */

#ifndef MICROTL_TWIN_NUMBERS_H_
#define MICROTL_TWIN_NUMBERS_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/real.h>

enum number_type {
	NUMBER_U8,
	NUMBER_U16,
	NUMBER_U32,
	NUMBER_I32,
	NUMBER_REAL,
};

/** A field: its name, possibly nested ("gate.margin"), its type and where it lies. */
struct number {
	const char *name;
	enum number_type type;
	size_t offset;
};

/** With a fixed point, no field but real numbers is an int32_t. */
#if MICROTL_ARITHMETIC_FIXED
#define NUMBER_OF_INT32 NUMBER_REAL
#else
#define NUMBER_OF_INT32 NUMBER_I32
#endif

/** A field of @a type; the compiler finds out what it is. Enums are int or unsigned int. */
#define NUMBER(type, field)                                                                        \
	{#field,                                                                                   \
	 _Generic(((const type *)0)->field,                                                        \
		 uint8_t: NUMBER_U8,                                                               \
		 uint16_t: NUMBER_U16,                                                             \
		 uint32_t: NUMBER_U32,                                                             \
		 int32_t: NUMBER_OF_INT32,                                                         \
		 float: NUMBER_REAL),                                                              \
	 offsetof(type, field)}

/** @return The field with this name, or NULL. */
const struct number *number_find(const struct number *numbers, size_t count, const char *name);

/** @return The value of a field of @a object. */
double number_get(const struct number *number, const void *object);

/** @retval -EINVAL The value does not fit into the field. */
int number_set(const struct number *number, void *object, double value);

#endif /* MICROTL_TWIN_NUMBERS_H_ */
