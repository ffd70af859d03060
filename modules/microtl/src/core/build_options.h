/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * What a build may leave out to save flash: define a name as 0 for all core files. What is left out
 * is refused where it is asked for (-EINVAL), never done differently; checks are the exception.
 */

#ifndef MICROTL_CORE_BUILD_OPTIONS_H_
#define MICROTL_CORE_BUILD_OPTIONS_H_

/*
 * Fixed point (microtl/real.h) is for SGD and momentum at a constant rate, one sample a batch, one
 * dense layer, a softmax and labels.
 */
#if defined(MICROTL_ARITHMETIC_FIXED) && MICROTL_ARITHMETIC_FIXED
#undef MICROTL_WITH_TARGETS
#undef MICROTL_WITH_SCHEDULE
#undef MICROTL_WITH_BATCH
#undef MICROTL_WITH_HIDDEN
#undef MICROTL_WITH_SIGMOID
#undef MICROTL_WITH_MSE
#define MICROTL_WITH_TARGETS  0
#define MICROTL_WITH_SCHEDULE 0
#define MICROTL_WITH_BATCH    0
#define MICROTL_WITH_HIDDEN   0
#define MICROTL_WITH_SIGMOID  0
#define MICROTL_WITH_MSE      0
#endif

/* The head's loops in assembly, where there is one for the CPU; else they are C. */
#ifndef MICROTL_WITH_ASSEMBLY
#define MICROTL_WITH_ASSEMBLY 1
#endif

/*
 * Checks of what does not change while a program runs: configurations, the memory that comes with
 * them, what the converter wrote. A build that has them fixed, and checked as it was built, may do
 * without.
 */
#ifndef MICROTL_WITH_CHECKS
#define MICROTL_WITH_CHECKS 1
#endif

/* MICROTL_ONLY_OPTIMIZER may name the one enum microtl_optimizer_kind that the build has. */

/* Target vectors in place of labels. */
#ifndef MICROTL_WITH_TARGETS
#define MICROTL_WITH_TARGETS 1
#endif

/* Learning rates that change: MICROTL_SCHEDULE_LINEAR and _COSINE. */
#ifndef MICROTL_WITH_SCHEDULE
#define MICROTL_WITH_SCHEDULE 1
#endif

/* Mini-batches of more than one sample. */
#ifndef MICROTL_WITH_BATCH
#define MICROTL_WITH_BATCH 1
#endif

/* Early stopping: a patience above 0. */
#ifndef MICROTL_WITH_PATIENCE
#define MICROTL_WITH_PATIENCE 1
#endif

/* Heads with hidden layers. */
#ifndef MICROTL_WITH_HIDDEN
#define MICROTL_WITH_HIDDEN 1
#endif

/* MICROTL_LOSS_SIGMOID and MICROTL_LOSS_MSE. */
#ifndef MICROTL_WITH_SIGMOID
#define MICROTL_WITH_SIGMOID 1
#endif
#ifndef MICROTL_WITH_MSE
#define MICROTL_WITH_MSE 1
#endif

/* Nearest class means in a learner. */
#ifndef MICROTL_WITH_NCM
#define MICROTL_WITH_NCM 1
#endif

#endif /* MICROTL_CORE_BUILD_OPTIONS_H_ */
