/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Everything that learns, without an operating system: classes, labels, training,
 * publishing.
 *
 * This is what the device's learner and the host's twin both run; they add locks and threads, or
 * Python, and nothing that decides. One object holds the active head, the names of the classes, the
 * replay memory, the nearest class means and the training job. All memory is the caller's.
 *
 * Who may call at the same time: functions marked (job) belong to the one thread that trains, the
 * others may come from any thread but must be serialised among themselves; both kinds may run at
 * the same time, except that microtl_learning_publish(), _load(), _reset() and _class_remove() must
 * be alone. Thread context; uses float unless MICROTL_ARITHMETIC_FIXED.
 */

#ifndef MICROTL_LEARNING_H_
#define MICROTL_LEARNING_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microtl/fit.h>
#include <microtl/model.h>
#include <microtl/ncm.h>
#include <microtl/replay.h>
#include <microtl/replay_log.h>
#include <microtl/snapshot.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Memory of a learner. P = parameters, D = features, R = class rows. */
struct microtl_learning_memory {
	/** Shadow, optimiser state, gradient, best weights, workspace. */
	struct microtl_fit_memory fit;
	/** [P] second buffer for the active head, or NULL where it is read from flash. */
	microtl_param_t *active;
	/** [replay_capacity][D] */
	int8_t *replay_features;
	/** [replay_capacity] */
	struct microtl_replay_entry *replay_entries;
	uint16_t replay_capacity;
	/** [R] */
	struct microtl_class_name *names;
	/** [microtl_head_scratch_count()] for inference. */
	microtl_real_t *scratch;
	/** [MICROTL_NCM_MEAN_COUNT(D, R)] and [R], or both NULL: no nearest class mean. */
	microtl_param_t *ncm_means;
	uint16_t *ncm_counts;
};

/** A learner. Read its members, change them through the functions. */
struct microtl_learning {
	/** A sample was labelled since init. */
	bool labelled;
	/** The last job's head may be published: nothing changed since that it does not know of. */
	bool publishable;
	/** microtl_snapshot_info::sequence of the head that was loaded, 0 = factory head. */
	uint32_t loaded_sequence;
	const struct microtl_model *model;
	const struct microtl_fit_config *config;
	struct microtl_learning_memory memory;
	struct microtl_replay replay;
	/** What answers. */
	struct microtl_head active;
	/** Rows that mean the factory's class, because they have its name. */
	struct microtl_class_set factory_rows;
	/** ncm.means is NULL where there is none. */
	struct microtl_ncm ncm;
	struct microtl_fit fit;
};

/**
 * @brief Starts with the factory head and no labels.
 *
 * @param config Must live as long as the learner.
 * @param memory Copied; what it points to must live as long as the learner.
 *
 * @retval 0       Done.
 * @retval -EINVAL The model has no head, or memory is missing.
 * @retval -ENOTSUP The head has MICROTL_LOSS_MSE: no classes. Use microtl_step() on it.
 */
int microtl_learning_init(struct microtl_learning *learning, const struct microtl_model *model,
			  const struct microtl_fit_config *config,
			  const struct microtl_learning_memory *memory);

/**
 * @brief Names a free row. The head knows the class once it was trained.
 *
 * A factory class's row takes another class when it is free; what the base set holds for the row
 * then no longer counts, until the row has the factory's name again.
 *
 * @param name  1..MICROTL_CLASS_NAME_MAX bytes.
 * @param label Out: the class's label.
 *
 * @retval 0       Done.
 * @retval -EINVAL The name is empty or too long.
 * @retval -EEXIST The name is taken; @a label is set to its class.
 * @retval -ENOMEM No free row: convert the model with more classes, or remove one.
 */
int microtl_learning_class_add(struct microtl_learning *learning, const char *name, uint8_t *label);

/**
 * @brief Forgets a class: name, samples, mean, and its place in the active head.
 *
 * @retval 0       Done.
 * @retval -ENOENT No such class.
 * @retval -EBUSY  A job runs: cancel it first.
 */
int microtl_learning_class_remove(struct microtl_learning *learning, uint8_t label);

/**
 * @brief Looks a class up by its name.
 *
 * @retval 0       @a label is set.
 * @retval -ENOENT No such class.
 */
int microtl_learning_class_find(const struct microtl_learning *learning, const char *name,
				uint8_t *label);

/** @return Name of a class, or NULL where the row is free. */
const char *microtl_learning_class_name(const struct microtl_learning *learning, uint8_t label);

/**
 * @brief Scores of one feature vector.
 *
 * By the active head; where the learner has no replay memory but nearest class means, by those,
 * once a sample was labelled: microtl_learning_uses_ncm().
 *
 * @param features [width[0]]
 * @param scores   [class rows] out: probabilities of the head (raw values with MICROTL_LOSS_MSE),
 * or minus squared distances; classes that take no part: 0 or MICROTL_SCORE_NONE.
 * @param label    Out, may be NULL: the best class.
 */
void microtl_learning_scores(struct microtl_learning *learning, const int8_t *features,
			     microtl_real_t *scores, uint8_t *label);

/** @return Whether nearest class means answer instead of the head. */
bool microtl_learning_uses_ncm(const struct microtl_learning *learning);

/**
 * @brief Takes a labelled sample into replay memory and nearest class means.
 *
 * @param recording The label session.
 * @param index     Out, may be NULL: its place in the replay memory.
 *
 * @retval 0       Done.
 * @retval -ENOENT No such class: add it first.
 * @retval -EBUSY  The replay memory is full and a job uses it: label again after the job.
 * @retval -ENOMEM There is neither replay memory nor nearest class mean.
 */
int microtl_learning_label(struct microtl_learning *learning, const int8_t *features, uint8_t label,
			   uint16_t recording, uint16_t *index);

/**
 * @brief Starts a job (job). Results as microtl_fit_start().
 *
 * Sorts the replay memory: of the others only microtl_learning_scores() may run at the same time.
 */
int microtl_learning_train_start(struct microtl_learning *learning, uint64_t seed);

/** @brief One bounded piece of the job (job). Results as microtl_fit_step(). */
int microtl_learning_train_step(struct microtl_learning *learning);

/**
 * @brief Puts an accepted head live.
 *
 * @param stored Parameters of the head in memory-mapped flash, saved and verified before; or NULL:
 *               the shadow and the active buffer change roles, no copy is made.
 *
 * @retval 0       Done.
 * @retval -EPERM  The verdict is not MICROTL_VERDICT_ACCEPTED, or it was published before, or a
 * class was removed or a head loaded since.
 * @retval -EINVAL No second buffer and no stored parameters.
 * @retval <0      As microtl_fit_result().
 */
int microtl_learning_publish(struct microtl_learning *learning, const microtl_param_t *stored);

/**
 * @brief Notes that the active head lies elsewhere now: it was saved to where it can run in place.
 *
 * Not at the same time as microtl_learning_scores(). A job that runs may go on reading the old
 * place until it ends.
 *
 * @param stored The same parameters.
 */
static inline void microtl_learning_moved(struct microtl_learning *learning,
					  const microtl_param_t *stored)
{
	learning->active.params = stored;
}

/**
 * @brief Back to the factory head and its classes; labels and names of taught classes stay.
 *
 * A class that was taught in a factory class's row goes, with its labels.
 *
 * @retval 0      Done.
 * @retval -EBUSY A job runs.
 */
int microtl_learning_reset(struct microtl_learning *learning);

/**
 * @brief Forgets all labels: replay memory wiped and verified, means back to the base set, classes
 *        that the active head does not know dropped.
 *
 * Results as microtl_replay_forget().
 */
int microtl_learning_forget(struct microtl_learning *learning);

/**
 * @brief Writes the active head, or after an accepted job the trained one, as a snapshot.
 *
 * @param trained Write the trained head, which was not published yet.
 *
 * Results as microtl_snapshot_write(), and as microtl_fit_result() with @a trained.
 */
int microtl_learning_save(const struct microtl_learning *learning, bool trained,
			  microtl_snapshot_sink sink, void *user_data);

/**
 * @brief Reads a snapshot and puts it live: names, classes, parameters.
 *
 * Classes that were taught since keep their names and samples, unless the snapshot has another
 * class in their row, or their name in another row: then their samples go. A log of the labels is
 * to be written anew then, with microtl_learning_list().
 *
 * @param stored Its parameters where they can be run in place, or NULL: they are read into RAM.
 *
 * @retval 0       Done.
 * @retval -EBUSY  A job runs.
 * @retval -EINVAL No second buffer and no stored parameters.
 * @retval <0      As microtl_snapshot_read(); the active head is untouched.
 */
int microtl_learning_load(struct microtl_learning *learning, size_t size,
			  const microtl_param_t *stored,
			  enum microtl_snapshot_difference *difference,
			  microtl_snapshot_source source, void *user_data);

/**
 * @brief The log record of a class that was just added or removed.
 *
 * Valid until the learner changes.
 */
void microtl_learning_class_record(const struct microtl_learning *learning, uint8_t label,
				   struct microtl_replay_log_record *record);

/** @brief The log record of the sample at a place of the replay memory; valid until it changes. */
void microtl_learning_sample_record(const struct microtl_learning *learning, uint16_t index,
				    struct microtl_replay_log_record *record);

/**
 * @brief Applies one record of a log; a microtl_replay_log_visitor with the learner as user data.
 *
 * Load the snapshot first: class records that it knows of already change nothing.
 *
 * @retval 0 Always: a record that does not fit (label without a row, no room) is left out.
 */
int microtl_learning_restore(const struct microtl_replay_log_record *record, void *user_data);

/** Position of a listing; set @a learning, zero the rest. */
struct microtl_learning_listing {
	const struct microtl_learning *learning;
	uint16_t next_label;
	uint16_t listed;
	uint32_t last_sequence;
};

/**
 * @brief Lists rows, then samples; a microtl_replay_log_lister with a listing as user data.
 *
 * The log needs room for a record a class row and one a sample.
 */
int microtl_learning_list(struct microtl_replay_log_record *record, void *user_data);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_LEARNING_H_ */
