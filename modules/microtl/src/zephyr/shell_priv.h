/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief What the files of the shell command "microtl" share.
 */

#ifndef MICROTL_SHELL_PRIV_H_
#define MICROTL_SHELL_PRIV_H_

#include <zephyr/shell/shell.h>

#include <microtl/learner.h>

/** @return The learner chosen by "microtl use", else the first; NULL where there is none. */
struct microtl_learner *microtl_priv_shell_chosen(void);

/** @return The same, or NULL where it cannot be used: then the shell has told why. */
struct microtl_learner *microtl_priv_shell_learner(const struct shell *sh);

/** @brief Report how a command ended: what was done, or why not and what to do. */
int microtl_priv_shell_result(const struct shell *sh, int ret, const char *done);

/** @brief Print a share 0..1 as per cent, or "-" where it is negative. */
void microtl_priv_shell_percent(const struct shell *sh, const char *what, microtl_real_t share);

#endif /* MICROTL_SHELL_PRIV_H_ */
