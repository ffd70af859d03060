/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief What Python sees of the C core: opaque handles, flat arrays, numbers by name.
 *
 * Python mirrors no struct of the core, so the core may change its structs freely; abi.py declares
 * these functions for ctypes. Loops over samples are here, not in Python. Functions return 0 or
 * -errno unless said otherwise. One handle must not be used by two threads at once.
 */

#ifndef MICROTL_TWIN_ABI_H_
#define MICROTL_TWIN_ABI_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/model.h>

/* Engine */

/** A model with its arena. */
struct microtl_twin;

/** @return A handle, NULL where there is no memory. @a model must outlive it. */
struct microtl_twin *microtl_twin_new(const struct microtl_model *model);
void microtl_twin_free(struct microtl_twin *twin);

/** Sizes in bytes, one an element. */
size_t microtl_twin_input_size(const struct microtl_twin *twin);
size_t microtl_twin_output_size(const struct microtl_twin *twin);
size_t microtl_twin_arena_size(const struct microtl_twin *twin);
size_t microtl_twin_op_count(const struct microtl_twin *twin);

/**
 * Runs the model on @a count inputs.
 *
 * @param x   [count][input size]
 * @param out [count][output size]
 */
void microtl_twin_run(struct microtl_twin *twin, const int8_t *x, size_t count, int8_t *out);

/**
 * Runs the model on one input and copies out pieces of the arena between operations.
 *
 * @param x      [input size]
 * @param ops    [pieces] the operation after which to copy, ascending; -1 is before the first.
 * @param offset [pieces] bytes from the start of the arena.
 * @param size   [pieces] bytes.
 * @param out    The pieces one after the other.
 */
int microtl_twin_trace(struct microtl_twin *twin, const int8_t *x, size_t pieces,
		       const int32_t *ops, const uint32_t *offset, const uint32_t *size,
		       int8_t *out);

/* Head */

/** @return Class rows of the factory head, 0 where the model has no head that the core can run. */
size_t microtl_twin_head_rows(const struct microtl_model *model);

/**
 * What the factory head says about features, whatever its loss.
 *
 * @param features [count][width[0]]
 * @param activate Probabilities instead of scores.
 * @param scores   [count][class rows] out.
 *
 * @retval -EINVAL The model has no head.
 * @retval -ENOMEM No memory on this computer.
 */
int microtl_twin_head_run(const struct microtl_model *model, size_t count, const int8_t *features,
			  int activate, float *scores);

/* Descriptions, as lines "KEY VALUE" of UTF-8: a key holds no blank and may come more than once. */

/**
 * What a converted model says of itself.
 *
 * @param text [size] out, zero-terminated.
 *
 * @retval -ENOMEM @a size is too small.
 */
int microtl_twin_describe_model(const struct microtl_model *model, char *text, size_t size);

/**
 * What a snapshot says of itself; whole or not, and whosever it is.
 *
 * @param text [size] out, zero-terminated.
 *
 * @retval -ENOMEM @a size is too small, or no memory on this computer.
 * @retval <0      As microtl_snapshot_describe() and microtl_snapshot_read().
 */
int microtl_twin_describe_snapshot(const uint8_t *bytes, size_t count, char *text, size_t size);

/**
 * What a slot of the store says of itself, from its first byte on.
 *
 * @param count   Bytes from the start of the slot to the end of what was read of the flash.
 * @param payload Out: where its snapshot begins, and its bytes; 0 where it holds none.
 * @param text    [size] out, zero-terminated.
 *
 * @retval -EBADMSG Damaged, or no slot.
 * @retval -ENOTSUP Written by a newer format.
 * @retval -ENOENT  Erased.
 * @retval -ENOMEM  @a size is too small.
 */
int microtl_twin_describe_slot(const uint8_t *bytes, size_t count, size_t payload[2], char *text,
			       size_t size);

/* Learner: struct microtl_learning with memory for every setting, and nothing that decides. */

struct microtl_twin_learner;

/** Which head: the one that is live, the one in training, the training-free one. */
#define MICROTL_TWIN_ACTIVE       0
#define MICROTL_TWIN_CANDIDATE    1
#define MICROTL_TWIN_NEAREST_MEAN 2

/**
 * @param model    Must outlive the learner.
 * @param capacity Samples that the replay memory holds.
 * @param learner  Out: a learner with the factory head.
 *
 * @retval -ENOMEM No memory on this computer.
 * @retval <0      As microtl_learning_init().
 */
int microtl_twin_learner_new(const struct microtl_model *model, uint16_t capacity,
			     struct microtl_twin_learner **learner);
void microtl_twin_learner_free(struct microtl_twin_learner *learner);

size_t microtl_twin_learner_feature_count(const struct microtl_twin_learner *learner);
size_t microtl_twin_learner_param_count(const struct microtl_twin_learner *learner);
size_t microtl_twin_learner_class_rows(const struct microtl_twin_learner *learner);

/** @return Name of the setting at @a index, NULL behind the last. */
const char *microtl_twin_setting_name(size_t index);

/**
 * Reads and writes a field of struct microtl_fit_config by its name; fields of the optimiser and
 * the gate have theirs in front: "optimizer.learning_rate", "gate.margin".
 *
 * @retval -ENOENT There is no such setting.
 * @retval -EINVAL The value does not fit into the field.
 * @retval -EBUSY  A job runs.
 */
int microtl_twin_learner_get(const struct microtl_twin_learner *learner, const char *name,
			     double *value);
int microtl_twin_learner_set(struct microtl_twin_learner *learner, const char *name, double value);

/** As the functions of microtl_learning; @a name is UTF-8. */
int microtl_twin_learner_class_add(struct microtl_twin_learner *learner, const char *name,
				   uint8_t *label);
int microtl_twin_learner_class_remove(struct microtl_twin_learner *learner, uint8_t label);
const char *microtl_twin_learner_class_name(const struct microtl_twin_learner *learner,
					    uint8_t label);
int microtl_twin_learner_reset(struct microtl_twin_learner *learner);
int microtl_twin_learner_forget(struct microtl_twin_learner *learner);

/**
 * Labels samples, one after the other, until one is refused.
 *
 * @param features   [count][feature count]
 * @param labels     [count]
 * @param recordings [count]
 */
int microtl_twin_learner_label(struct microtl_twin_learner *learner, size_t count,
			       const int8_t *features, const uint8_t *labels,
			       const uint16_t *recordings);

/** Samples in the replay memory, and what is known of each; arrays of that length. */
size_t microtl_twin_learner_replay_count(const struct microtl_twin_learner *learner);
void microtl_twin_learner_replay(const struct microtl_twin_learner *learner, int8_t *features,
				 uint8_t *labels, uint16_t *recordings, uint8_t *held_out);

/** Starts a job on what is stored; the same seed gives the same bytes. */
int microtl_twin_learner_start(struct microtl_twin_learner *learner, uint64_t seed);

/**
 * Does at most @a steps steps of the job.
 *
 * @retval 1  There is more to do.
 * @retval 0  Done: the verdict is there.
 * @retval <0 The job failed.
 */
int microtl_twin_learner_step(struct microtl_twin_learner *learner, uint64_t steps);

/**
 * Does the rest of the job.
 *
 * @param losses [capacity] out: mean training loss of each epoch of the last training.
 * @param epochs Out: how many epochs that training had, at most @a capacity.
 *
 * @retval 0  Done: the verdict is there.
 * @retval <0 The job failed.
 */
int microtl_twin_learner_run(struct microtl_twin_learner *learner, float *losses, size_t capacity,
			     size_t *epochs);

void microtl_twin_learner_cancel(struct microtl_twin_learner *learner);

/** Lets the trained head go live; only an accepted one may. */
int microtl_twin_learner_publish(struct microtl_twin_learner *learner);

/**
 * Reads a number of struct microtl_gate_result or, with "progress." in front, of struct
 * microtl_fit_progress, by the name of its field.
 */
int microtl_twin_learner_result(const struct microtl_twin_learner *learner, const char *name,
				double *value);

/** @return The sentence for the gate's reason, "" before a verdict. */
const char *microtl_twin_learner_reason(const struct microtl_twin_learner *learner);

/**
 * What a head says about @a count samples. The candidate is there from the end of its job until it
 * is published.
 *
 * @param features [count][feature count]
 * @param activate Probabilities instead of scores; not for the nearest class mean.
 * @param scores   [count][class rows]; classes that take no part get -FLT_MAX, probability 0.
 */
int microtl_twin_learner_scores(const struct microtl_twin_learner *learner, int which, size_t count,
				const int8_t *features, int activate, float *scores);

/** @param mask [class rows] out: 1 where the class takes part. */
int microtl_twin_learner_classes(const struct microtl_twin_learner *learner, int which,
				 uint8_t *mask);

/** @param params [param count] out; not for the nearest class mean. */
int microtl_twin_learner_params(const struct microtl_twin_learner *learner, int which,
				float *params);

/** The active head as a snapshot, and back. */
size_t microtl_twin_learner_snapshot_size(const struct microtl_twin_learner *learner);
int microtl_twin_learner_save(const struct microtl_twin_learner *learner, uint8_t *bytes);

/** @param difference Out: the part of the model that differs (with -EXDEV), else "". */
int microtl_twin_learner_load(struct microtl_twin_learner *learner, const uint8_t *bytes,
			      size_t size, const char **difference);

#endif /* MICROTL_TWIN_ABI_H_ */
