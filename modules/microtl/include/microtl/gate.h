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
 * would pass on the strength of what it gained. "Beyond chance" is beyond standard errors of the
 * paired differences:
 *
 * - Old classes: rejected where the balanced accuracy falls, beyond chance, by more than a margin,
 * or where the log-loss rises, beyond chance, by more than a margin. Without a new class the
 * margins are 0, and the log-loss must fall beyond chance.
 * - New classes: rejected where a recall is, beyond chance, below a minimum.
 * - Samples of the base set speak for old classes that the user has too few samples of; for all
 *   others they only guard against a collapse. Getting worse on other people is what learning a
 *   person looks like: on watch recordings it says nothing about this person's accuracy.
 * - Too few samples, or an old class without any: undecided.
 *
 * The error rates of these rules are measured in docs/gate.md.
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
	/** Rejected: accuracy on the base set collapsed. */
	MICROTL_GATE_BASE_ACCURACY = 9,
};

struct microtl_gate_config {
	/** Fall of the balanced accuracy on old classes that is let pass for a new class, 0..1. */
	microtl_real_t accuracy_margin;
	/** Rise of the mean log-loss on old classes that is let pass for a new class, nats, >= 0.
	 */
	microtl_real_t loss_margin;
	/** Recall that each new class must reach, 0..1. */
	microtl_real_t recall_min;
	/** Fall of the accuracy on the base set that is let pass, 0..1. */
	microtl_real_t base_margin;
	/** Standard errors that count as chance when something gets worse, >= 0. */
	microtl_real_t sigmas;
	/** Standard errors that count as chance when something gets better, >= 0. */
	microtl_real_t gain_sigmas;
	/** Share of the old classes that must have a sample, 0..1. */
	microtl_real_t coverage;
	/** Samples of old classes below which nothing is decided. */
	uint16_t old_min;
	/** Samples of each new class below which nothing is decided. */
	uint16_t new_min;
	/** The user's samples of an old class from which the base set's do not count. */
	uint16_t own_min;
};

/** Values whose error rates docs/gate.md gives. */
#define MICROTL_GATE_CONFIG_DEFAULT                                                                \
	{MICROTL_REAL(0.05),                                                                       \
	 MICROTL_REAL(0.1),                                                                        \
	 MICROTL_REAL(0.5),                                                                        \
	 MICROTL_REAL(0.3),                                                                        \
	 MICROTL_REAL(1.0),                                                                        \
	 MICROTL_REAL(1.0),                                                                        \
	 MICROTL_REAL(1.0),                                                                        \
	 10,                                                                                       \
	 3,                                                                                        \
	 5}

/** Losses count up to this many nats, so that one sample cannot decide alone: p = 1 %. */
#define MICROTL_GATE_LOSS_MAX MICROTL_REAL(4.6)

/** Evidence of one class. */
struct microtl_gate_tally {
	uint16_t count;
	/** Of them, those that the old and the new head got right. */
	uint16_t correct_before;
	uint16_t correct_after;
	/** Of them, those that one head got right and the other wrong. */
	uint16_t changed;
	/** Of them, the base set's. */
	uint16_t base;
};

/** The gate's state; results are read from microtl_gate_result. */
struct microtl_gate {
	const struct microtl_gate_config *config;
	/** [rows] */
	struct microtl_gate_tally *tally;
	uint16_t rows;
	/** Samples of old classes. */
	uint16_t old_count;
	/** All samples of the base set, and those that the old and the new head got right. */
	uint16_t base_count;
	uint16_t base_before;
	uint16_t base_after;
	struct microtl_class_set old_classes;
	struct microtl_class_set new_classes;
	/** Over the samples of old classes: mean of loss after - loss before, summed squared
	 * deviation. */
	microtl_real_t loss_change;
	microtl_sum_t loss_deviation;
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
	microtl_real_t old_before;
	microtl_real_t old_after;
	/** Standard error of their difference. */
	microtl_real_t old_error;
	/** Lowest recall among the new classes, and their mean. */
	microtl_real_t new_recall_min;
	microtl_real_t new_recall;
	/** Mean of loss after - loss before over samples of old classes, and its standard error. */
	microtl_real_t loss_change;
	microtl_real_t loss_error;
	/** Accuracy on the base set, by the old and the new head. */
	microtl_real_t base_before;
	microtl_real_t base_after;
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
 * @brief Adds the evidence of one of the user's samples.
 *
 * Samples of classes that neither head knows are left out.
 *
 * @param label          Its class.
 * @param correct_before The old head got it right.
 * @param correct_after  The new head got it right.
 * @param loss_before    Loss of the old head on it; not used for a new class.
 * @param loss_after     Loss of the new head on it; not used for a new class.
 */
void microtl_gate_add(struct microtl_gate *gate, uint8_t label, bool correct_before,
		      bool correct_after, microtl_real_t loss_before, microtl_real_t loss_after);

/** @brief Adds the evidence of a sample of the base set; to be called after all of the user's. */
void microtl_gate_add_base(struct microtl_gate *gate, uint8_t label, bool correct_before,
			   bool correct_after, microtl_real_t loss_before,
			   microtl_real_t loss_after);

/** @brief The verdict on the evidence so far. */
void microtl_gate_decide(const struct microtl_gate *gate, struct microtl_gate_result *result);

/** @return One plain sentence for a reason, never NULL. */
const char *microtl_gate_reason_text(enum microtl_gate_reason reason);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_GATE_H_ */
