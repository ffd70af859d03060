/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * What a build may leave out to save flash: define a name as 0 for all core files. What is left out
 * is refused where it is asked for (-EINVAL), never done differently.
 */

#ifndef MICROTL_CORE_BUILD_OPTIONS_H_
#define MICROTL_CORE_BUILD_OPTIONS_H_

/* MICROTL_OPTIMIZER_ADAM. */
#ifndef MICROTL_WITH_ADAM
#define MICROTL_WITH_ADAM 1
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
