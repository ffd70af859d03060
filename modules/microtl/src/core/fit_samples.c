/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fit_samples.h"

#include <string.h>

#include "fit_phases.h"
#include "layers.h"
#include "rng.h"

uint32_t microtl_priv_sample_count(const struct microtl_fit *fit)
{
	return (uint32_t)fit->replay->frozen + (fit->base == NULL ? 0U : fit->base->count);
}

const int8_t *microtl_priv_sample_features(const struct microtl_fit *fit, uint32_t sample)
{
	if (sample < fit->replay->frozen) {
		return microtl_replay_features(fit->replay, (uint16_t)sample);
	}
	return fit->base->features +
	       (size_t)(sample - fit->replay->frozen) * fit->replay->feature_count;
}

uint8_t microtl_priv_sample_label(const struct microtl_fit *fit, uint32_t sample)
{
	if (sample < fit->replay->frozen) {
		return fit->replay->entries[sample].label;
	}

	uint8_t label = fit->base->labels[sample - fit->replay->frozen];
	bool is_there = microtl_class_set_has(&fit->active->classes, label) &&
			microtl_class_set_has(fit->base_classes, label);
	return is_there ? label : MICROTL_LABEL_NONE;
}

bool microtl_priv_last_training(const struct microtl_fit *fit)
{
	return fit->training == fit->folds;
}

/* The base set's last entries belong to the gate. */
static uint32_t gate_begin(const struct microtl_fit *fit)
{
	return microtl_priv_sample_count(fit) - (fit->base == NULL ? 0U : fit->base->gate_count);
}

/* A replay entry takes part in the training that runs. */
static bool entry_trains(const struct microtl_fit *fit, uint32_t sample)
{
	uint8_t group = fit->replay->entries[sample].group;

	if (group == MICROTL_REPLAY_HELD_OUT || group == MICROTL_PRIV_VALIDATION) {
		return false;
	}
	return microtl_priv_last_training(fit) || group != fit->training;
}

/* Class samples in this training; valid once the samples are ordered. */
static uint16_t class_samples(const struct microtl_fit *fit, uint8_t label)
{
	uint16_t begin = label == 0 ? 0 : fit->class_end[label - 1];

	return (uint16_t)(fit->class_end[label] - begin);
}

bool microtl_priv_sample_judges(const struct microtl_fit *fit, uint32_t sample)
{
	if (sample >= fit->replay->frozen) {
		return microtl_priv_last_training(fit) && sample >= gate_begin(fit);
	}

	const struct microtl_replay_entry *entry = &fit->replay->entries[sample];
	if (microtl_priv_last_training(fit)) {
		return microtl_replay_held_out(entry);
	}
	/* A fold that took all samples of a class from the training says nothing about that class.
	 */
	return entry->group == fit->training && class_samples(fit, entry->label) > 0;
}

bool microtl_priv_sample_may_judge(const struct microtl_fit *fit, uint32_t sample)
{
	if (sample >= fit->replay->frozen) {
		return sample >= gate_begin(fit);
	}

	const struct microtl_replay_entry *entry = &fit->replay->entries[sample];
	return microtl_replay_held_out(entry) || entry->group < fit->folds;
}

bool microtl_priv_sample_validates(const struct microtl_fit *fit, uint32_t sample)
{
	return sample < fit->replay->frozen &&
	       fit->replay->entries[sample].group == MICROTL_PRIV_VALIDATION;
}

/*
 * The oldest entry of a recording, given one of its entries; the recording counts for that entry's
 * class. Entries are sorted by age. A recording is held out as a whole or not at all.
 */
static uint32_t first_of_recording(const struct microtl_fit *fit, uint32_t index)
{
	const struct microtl_replay_entry *entries = fit->replay->entries;
	uint32_t first = 0;

	while (entries[first].recording != entries[index].recording) {
		first++;
	}
	return first;
}

/* Whether the hold-out is large enough to judge every class that has samples, without folds. */
static bool holdout_suffices(const struct microtl_fit *fit)
{
	uint32_t rows = microtl_priv_class_rows(fit->trainee.spec);
	uint16_t *held = fit->class_end;
	uint16_t *all = fit->class_next;

	memset(held, 0, rows * sizeof(*held));
	memset(all, 0, rows * sizeof(*all));
	for (uint32_t i = 0; i < fit->replay->frozen; i++) {
		const struct microtl_replay_entry *entry = &fit->replay->entries[i];

		all[entry->label]++;
		held[entry->label] =
			(uint16_t)(held[entry->label] + microtl_replay_held_out(entry));
	}
	for (uint32_t c = 0; c < rows; c++) {
		if (all[c] > 0 && held[c] < fit->config->holdout_min) {
			return false;
		}
	}
	return true;
}

/* Folds and validation from the number of training recordings a class has. */
static void choose_folds(struct microtl_fit *fit, bool suffices)
{
	uint32_t rows = microtl_priv_class_rows(fit->trainee.spec);
	const uint16_t *recordings = fit->class_next;
	uint16_t most = 0;

	fit->validates = microtl_priv_fit_patience(fit) > 0;
	for (uint32_t c = 0; c < rows; c++) {
		if (recordings[c] > 0 && recordings[c] < MICROTL_PRIV_VALIDATION_RECORDINGS) {
			fit->validates = false;
		}
		if (recordings[c] > most) {
			most = recordings[c];
		}
	}
	/* Where all is held out, none can be kept apart. */
	if (MICROTL_WITH_PATIENCE && most == 0) {
		fit->validates = false;
	}
	most = (uint16_t)(most - (fit->validates ? 1U : 0U));
	fit->folds = most < fit->config->folds ? (uint8_t)most : fit->config->folds;
	if (suffices || fit->folds < 2) {
		fit->folds = 0;
	}
}

/* Recordings of the training part that count for each class, in class_next. */
static void count_recordings(struct microtl_fit *fit)
{
	memset(fit->class_next, 0,
	       microtl_priv_class_rows(fit->trainee.spec) * sizeof(*fit->class_next));
	for (uint32_t i = 0; i < fit->replay->frozen; i++) {
		const struct microtl_replay_entry *entry = &fit->replay->entries[i];

		if (!microtl_replay_held_out(entry) && first_of_recording(fit, i) == i) {
			fit->class_next[entry->label]++;
		}
	}
}

/* Group of the next recording of a class: its recordings go to the folds in turn. */
static uint8_t next_group(struct microtl_fit *fit, uint8_t label)
{
	uint16_t number = fit->class_next[label]++;

	if (MICROTL_WITH_PATIENCE && fit->validates && number == 0) {
		return MICROTL_PRIV_VALIDATION;
	}
	return fit->folds > 0 ? (uint8_t)(number % fit->folds) : MICROTL_REPLAY_TRAINING;
}

void microtl_priv_partition(struct microtl_fit *fit)
{
	struct microtl_replay_entry *entries = fit->replay->entries;
	bool suffices = holdout_suffices(fit);

	count_recordings(fit);
	choose_folds(fit, suffices);
	memset(fit->class_next, 0,
	       microtl_priv_class_rows(fit->trainee.spec) * sizeof(*fit->class_next));
	for (uint32_t i = 0; i < fit->replay->frozen; i++) {
		uint32_t first = first_of_recording(fit, i);

		if (!microtl_replay_held_out(&entries[i])) {
			entries[i].group = first < i ? entries[first].group
						     : next_group(fit, entries[i].label);
		}
	}
}

/* The base set's part of a class that has own samples: as many as fill it up, evenly spread. */
static uint32_t order_base(struct microtl_fit *fit, uint8_t label, uint32_t own, uint32_t at)
{
	uint32_t end = gate_begin(fit);
	uint32_t fill = fit->config->base_fill;
	uint32_t missing = own < fill ? fill - own : 0U;
	uint32_t available = 0;
	uint32_t seen = 0;

	for (uint32_t i = fit->replay->frozen; missing > 0U && i < end; i++) {
		available += microtl_priv_sample_label(fit, i) == label;
	}
	missing = missing < available ? missing : available;
	for (uint32_t i = fit->replay->frozen; missing > 0U && i < end; i++) {
		if (microtl_priv_sample_label(fit, i) != label) {
			continue;
		}
		if ((seen + 1U) * missing / available > seen * missing / available) {
			fit->order[at++] = (uint16_t)i;
		}
		seen++;
	}
	return at;
}

/* One class's samples of this training, from a place in the order on. */
static uint32_t order_class(struct microtl_fit *fit, uint8_t label, uint32_t at)
{
	uint32_t begin = at;

	for (uint32_t i = 0; i < fit->replay->frozen; i++) {
		if (fit->replay->entries[i].label == label && entry_trains(fit, i)) {
			fit->order[at++] = (uint16_t)i;
		}
	}
	return order_base(fit, label, at - begin, at);
}

void microtl_priv_order_samples(struct microtl_fit *fit)
{
	uint32_t rows = microtl_priv_class_rows(fit->trainee.spec);
	uint32_t at = 0;

	fit->class_count = 0;
	for (uint32_t c = 0; c < rows; c++) {
		uint32_t end = order_class(fit, (uint8_t)c, at);

		if (end > at) {
			fit->class_order[fit->class_count++] = (uint8_t)c;
		}
		fit->class_end[c] = (uint16_t)end;
		at = end;
	}
	/* Every class, and the round, start at their end: the first draw shuffles them. */
	memcpy(fit->class_next, fit->class_end, rows * sizeof(*fit->class_next));
	fit->class_at = fit->class_count;
	fit->samples = (uint16_t)at;
}

uint16_t microtl_priv_draw(struct microtl_fit *fit)
{
	if (fit->class_at == fit->class_count) {
		microtl_priv_shuffle_u8(&fit->rng, fit->class_order, fit->class_count);
		fit->class_at = 0;
	}

	uint8_t label = fit->class_order[fit->class_at++];
	if (fit->class_next[label] == fit->class_end[label]) {
		uint16_t size = class_samples(fit, label);

		fit->class_next[label] = (uint16_t)(fit->class_end[label] - size);
		microtl_priv_shuffle_u16(&fit->rng, fit->order + fit->class_next[label], size);
	}
	return fit->order[fit->class_next[label]++];
}
