/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What outlives a reboot, and what is to be forgotten. */

#include "shell_priv.h"

#include <errno.h>
#include <string.h>

#include <microtl/store.h>

static int cmd_reset(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	return learner == NULL ? -ENODEV
			       : microtl_priv_shell_result(sh, microtl_learner_reset(learner),
							   "the factory head is live");
}

static int cmd_forget(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	return learner == NULL ? -ENODEV
			       : microtl_priv_shell_result(sh, microtl_learner_forget(learner),
							   "all labels are gone, verified");
}

SHELL_SUBCMD_ADD((microtl), forget, NULL, "Wipe all labels, in RAM and flash.\nUsage: forget",
		 cmd_forget, 1, 0);
SHELL_SUBCMD_ADD((microtl), reset, NULL, "Back to the factory head.\nUsage: reset", cmd_reset, 1,
		 0);

#ifdef CONFIG_MICROTL_STORE
static int cmd_commit(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	bool overwrite = argc > 1 && strcmp(argv[1], "overwrite") == 0;

	if (learner == NULL) {
		return -ENODEV;
	}
	if (argc > 1 && !overwrite) {
		shell_error(sh, "commit, or commit overwrite");
		return -EINVAL;
	}
	return microtl_priv_shell_result(sh, microtl_store_commit(learner, overwrite), "stored");
}

static int cmd_rollback(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	return learner == NULL ? -ENODEV
			       : microtl_priv_shell_result(sh, microtl_store_rollback(learner),
							   "the head before is live");
}

static int cmd_load(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	return learner == NULL ? -ENODEV
			       : microtl_priv_shell_result(sh, microtl_store_load(learner),
							   "the stored head is live");
}

static int cmd_store(const struct shell *sh, size_t argc, char **argv)
{
	static const char *const states[] = {
		[MICROTL_SLOT_EMPTY] = "empty",        [MICROTL_SLOT_DAMAGED] = "damaged",
		[MICROTL_SLOT_NEWER] = "newer format", [MICROTL_SLOT_FOREIGN] = "another model's",
		[MICROTL_SLOT_VALID] = "valid",        [MICROTL_SLOT_RESET] = "reset",
	};
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	struct microtl_store_info info;

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	if (learner == NULL) {
		return -ENODEV;
	}
	microtl_store_info_get(learner, &info);
	for (int i = 0; i < MICROTL_SLOTS_COUNT; i++) {
		const struct microtl_slot *slot = &info.slot[i];

		shell_print(sh, "slot %d: %s, number %u, %u bytes, erased %u times%s", i,
			    states[slot->state], slot->sequence, slot->payload_size,
			    slot->erase_count, i == info.newest ? ", newest" : "");
	}
	shell_print(sh, "log: %u of %u records, %u damaged, error %d", info.log_records,
		    info.log_records_max, info.log_damaged, info.log_error);
	return microtl_priv_shell_result(sh, info.error, "the store is open");
}

SHELL_SUBCMD_ADD((microtl), commit, NULL,
		 "Store the active head; overwrite: also over another model's.\n"
		 "Usage: commit [overwrite]",
		 cmd_commit, 1, 1);
SHELL_SUBCMD_ADD((microtl), load, NULL, "Put the stored head live.\nUsage: load", cmd_load, 1, 0);
SHELL_SUBCMD_ADD((microtl), rollback, NULL, "Back to the head stored before.\nUsage: rollback",
		 cmd_rollback, 1, 0);
SHELL_SUBCMD_ADD((microtl), save, NULL, "The same as commit.\nUsage: save [overwrite]", cmd_commit,
		 1, 1);
SHELL_SUBCMD_ADD((microtl), store, NULL, "Slots and log in flash.\nUsage: store", cmd_store, 1, 0);
#endif /* CONFIG_MICROTL_STORE */
