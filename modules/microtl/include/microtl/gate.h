/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief The gate: does a newly trained head go live?
 *
 * The gate sees, sample by sample, what the old and the new head say about labelled features that
 * the new head was not trained on. Old and new classes are judged apart, or a head that forgot
 * would pass on the strength of what it gained. The error rates of these rules are measured in
 * docs/gate.md.
 *
 * No allocation, no I/O; calls must be serialised. Any thread.
 */

#ifndef MICROTL_GATE_H_
#define MICROTL_GATE_H_

#include <stdbool.h>
#include <stdint.h>

#include <microtl/head.h>

#ifdef __cplusplus
extern "C" {
#endif

enum microtl_verdict {
	/** Too little evidence: the old head stays. */
	MICROTL_VERDICT_UNDECIDED = 0,
	/** The new head may go live. */
	MICROTL_VERDICT_ACCEPTED = 1,
	/** The evidence speaks against the new head. */
	MICROTL_VERDICT_REJECTED = 2,
};

/** What decided. */
enum microtl_gate_reason {
	/** Nothing was decided yet. */
	MICROTL_GATE_NONE = 0,
	/** Accepted: old classes held, and the new ones are recognised. */
	MICROTL_GATE_LEARNED = 1,
	/** Accepted: no new class, and the old ones got better. */
	MICROTL_GATE_IMPROVED = 2,
	/** Undecided: too few samples of the old classes, or of too few of them. */
	MICROTL_GATE_FEW_OLD = 3,
	/** Undecided: too few samples of a new class. */
	MICROTL_GATE_FEW_NEW = 4,
	/** Undecided: no new class, and no improvement beyond chance. */
	MICROTL_GATE_NO_GAIN = 5,
	/** Rejected: balanced accuracy on the old classes fell by more than the margin. */
	MICROTL_GATE_OLD_ACCURACY = 6,
	/** Rejected: log-loss on the old classes rose beyond its standard error. */
	MICROTL_GATE_OLD_LOSS = 7,
	/** Rejected: a new class is not recognised often enough. */
	MICROTL_GATE_NEW_RECALL = 8,
};

struct microtl_gate_config {
	/** Loss of balanced accuracy on the old classes that is let pass when a class is new, 0..1.
	 */
	float margin;
	/** Standard errors by which the log-loss of old classes may rise, >= 0. */
	float loss_sigmas;
	/** Standard errors by which the log-loss must fall where no class is new, >= 0. */
	float gain_sigmas;
	/** Recall that each new class must reach, 0..1. */
	float recall_new;
	/** Samples of old classes below which nothing is decided. */
	uint16_t min_old;
	/** Samples of each new class below which nothing is decided. */
	uint16_t min_new;
	/** Share of the old classes that must have a sample, 0..1. */
	float coverage;
};

/** Values whose error rates docs/gate.md gives. */
#define MICROTL_GATE_CONFIG_DEFAULT {0.05f, 1.0f, 1.0f, 0.6f, 10, 3, 0.5f}

/** Losses count up to this many nats, so that one sample cannot decide alone: p = 1 %. */
#define MICROTL_GATE_LOSS_MAX 4.6f

/** Evidence of one class. */
struct microtl_gate_tally {
	uint16_t count;
	/** Of them, those that the old and the new head got right. */
	uint16_t correct_before;
	uint16_t correct_after;
};

/** The gate's state; results are read from microtl_gate_result. */
struct microtl_gate {
	const struct microtl_gate_config *config;
	/** [rows] */
	struct microtl_gate_tally *tally;
	uint16_t rows;
	struct microtl_class_set old_classes;
	struct microtl_class_set new_classes;
	/** Over the samples of old classes: mean of loss after - loss before, summed squared
	 * deviation. */
	float loss_change;
	float loss_deviation;
	uint16_t old_count;
};

/** The verdict and what it rests on. Accuracies are 0..1, or -1 where nothing was measured. */
struct microtl_gate_result {
	enum microtl_verdict verdict;
	enum microtl_gate_reason reason;
	/** Class that decided, or MICROTL_LABEL_NONE. */
	uint8_t label;
	/** Samples of old and of new classes that were judged. */
	uint16_t old_count;
	uint16_t new_count;
	/** Balanced accuracy (mean recall) over the old classes, by the old and the new head. */
	float old_before;
	float old_after;
	/** Lowest recall among the new classes, and their mean. */
	float new_recall_min;
	float new_recall;
	/** Mean of loss after - loss before over samples of old classes, and its standard error. */
	float loss_change;
	float loss_error;
};

/**
 * @brief Starts a judgement.
 *
 * @param tally       [rows], cleared here.
 * @param old_classes Classes that the old head knows.
 * @param new_classes Classes that only the new head knows.
 *
 * @retval 0       Done.
 * @retval -EINVAL A value of @a config is out of range.
 */
int microtl_gate_init(struct microtl_gate *gate, const struct microtl_gate_config *config,
		      struct microtl_gate_tally *tally, uint16_t rows,
		      const struct microtl_class_set *old_classes,
		      const struct microtl_class_set *new_classes);

/**
 * @brief Adds one sample's evidence. Samples of classes that neither head knows are left out.
 *
 * @param label          Its class.
 * @param correct_before The old head got it right.
 * @param correct_after  The new head got it right.
 * @param loss_before    Loss of the old head on it; not used for a new class.
 * @param loss_after     Loss of the new head on it.
 */
void microtl_gate_add(struct microtl_gate *gate, uint8_t label, bool correct_before,
		      bool correct_after, float loss_before, float loss_after);

/** @brief The verdict on the evidence so far. */
void microtl_gate_decide(const struct microtl_gate *gate, struct microtl_gate_result *result);

/** @return One plain sentence for a reason, never NULL. */
const char *microtl_gate_reason_text(enum microtl_gate_reason reason);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_GATE_H_ */
