/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Checks with names, and a run of tests that counts them. A failed check ends its program. */

#ifndef MICROTL_TESTS_CORE_CHECK_H_
#define MICROTL_TESTS_CORE_CHECK_H_

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("%s:%d: %s: failed: %s\n", __FILE__, __LINE__, __func__,            \
			       #condition);                                                        \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

#define CHECK_INT(got, want)                                                                       \
	do {                                                                                       \
		long long got_ = (long long)(got);                                                 \
		long long want_ = (long long)(want);                                               \
		if (got_ != want_) {                                                               \
			printf("%s:%d: %s: %s is %lld, not %lld\n", __FILE__, __LINE__, __func__,  \
			       #got, got_, want_);                                                 \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

#define RUN(test)                                                                                  \
	do {                                                                                       \
		test();                                                                            \
		printf("ok %s\n", #test);                                                          \
	} while (0)

/* Long counts are asked for by MICROTL_LONG=1. */
static inline int is_long(void)
{
	const char *value = getenv("MICROTL_LONG");

	return value != NULL && value[0] == '1';
}

/* Random numbers for tests, xorshift. */
static inline unsigned int test_random(void)
{
	static unsigned int state = 2463534242U;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

#endif /* MICROTL_TESTS_CORE_CHECK_H_ */
