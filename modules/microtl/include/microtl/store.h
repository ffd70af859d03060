/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Keeps what a learner learned over a reboot: the head in two flash slots, labels in a log.
 *
 * The partitions are those that devicetree's /chosen names: "microtl,store" for the slots,
 * "microtl,replay" (CONFIG_MICROTL_STORE_REPLAY) for the log; no other is ever touched. Each is
 * divided evenly among the learners, in the order of their names; a learner's part is divided in
 * two. So firmware with more or fewer learners looks elsewhere: docs/store.md says what to do.
 * Both are read at boot. A power cut at any moment leaves the old state or the new one.
 *
 * Every function here is for threads only, may be called from several threads, and takes as long as
 * the flash does; inferences go on meanwhile. Needs CONFIG_MICROTL_STORE.
 */

#ifndef MICROTL_STORE_H_
#define MICROTL_STORE_H_

#include <microtl/learner.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Save the active head in the slot not in use. Nothing is written where it is stored
 * already.
 *
 * A head that runs in place (CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM=n) runs in that slot from now on.
 *
 * @param overwrite Also where that slot holds a head of another model or of a newer format; and
 * from now on labels, and heads that are saved by themselves, may take the place of another
 * model's.
 *
 * @retval 0       Stored and read back.
 * @retval -EAGAIN Less than CONFIG_MICROTL_STORE_INTERVAL_S since the last save.
 * @retval -EEXIST The slot holds a head of another model or newer format: see @a overwrite.
 * @retval -EBUSY  A roll-back failed, and the head runs in place there: microtl_store_load() first.
 * @retval -ENODEV There is no store: microtl_store_info::error.
 * @retval -EIO    Did not read back as written; the stored head is still the old one.
 * @retval <0      What the flash driver returned; the stored head is still the old one.
 */
int microtl_store_commit(struct microtl_learner *learner, bool overwrite);

/**
 * @brief Go back to the head that was stored before the newest one, which is erased.
 *
 * @retval 0       The older head is live, and the newest stored.
 * @retval -ENOENT There is no older head, or it is damaged; nothing was changed.
 * @retval -EBUSY  A training runs: cancel it first.
 * @retval -ENODEV There is no store.
 * @retval <0      What the flash driver returned, or as microtl_replay_log_append().
 */
int microtl_store_rollback(struct microtl_learner *learner);

/**
 * @brief Put the newest stored head live, as at boot.
 *
 * Rows get the classes of the head, see microtl_learning_load(); the log of the labels follows.
 *
 * @retval 0       Done.
 * @retval -ENOENT None is stored.
 * @retval -EBUSY  A training runs: cancel it first.
 * @retval -ENODEV There is no store.
 * @retval <0      As microtl_snapshot_read(): the active head stays. Or as
 *                 microtl_replay_log_append(): it is live, but the log is not.
 */
int microtl_store_load(struct microtl_learner *learner);

/** Where the store stands. */
struct microtl_store_info {
	/** 0, or why there is no store. */
	int error;
	/** Slot of the newest head, or -ENOENT. */
	int newest;
	struct microtl_slot slot[MICROTL_SLOTS_COUNT];
	/** 0, or why labels do not outlive a reboot: -ENOTSUP without CONFIG_MICROTL_STORE_REPLAY.
	 */
	int log_error;
	/** Records in the log, room for them, and damaged ones found at boot. */
	uint32_t log_records;
	uint32_t log_records_max;
	uint32_t log_damaged;
};

/** @brief Where the store stands. */
void microtl_store_info_get(struct microtl_learner *learner, struct microtl_store_info *info);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_STORE_H_ */
