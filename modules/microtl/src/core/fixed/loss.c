/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "loss.h"

#include "layers.h"
#include "mathf.h"

static microtl_real_t highest(const struct microtl_class_set *classes, size_t rows,
			      const microtl_real_t *scores)
{
	microtl_real_t top = MICROTL_SCORE_NONE;

	for (size_t c = 0; c < rows; c++) {
		if (microtl_class_set_has(classes, (uint8_t)c) && scores[c] > top) {
			top = scores[c];
		}
	}
	return top;
}

/* e^(score - top); 0 for a class that takes no part. */
static microtl_real_t exponential(const struct microtl_class_set *classes, size_t c,
				  microtl_real_t score, microtl_real_t top)
{
	return microtl_class_set_has(classes, (uint8_t)c)
		       ? microtl_priv_exp_minus((uint32_t)top - (uint32_t)score)
		       : 0;
}

microtl_real_t microtl_priv_softmax(const struct microtl_class_set *classes, size_t rows,
				    microtl_real_t *scores, microtl_real_t *top)
{
	uint32_t sum = 0;

	*top = highest(classes, rows, scores);
	for (size_t c = 0; c < rows; c++) {
		scores[c] = exponential(classes, c, scores[c], *top);
		sum += (uint32_t)scores[c];
	}
	if (sum == 0U) {
		return 0;
	}
	/* One division: 2^31 over the first 16 bits of the sum. */
	uint32_t shift = 0;
	while (sum >> (16U + shift) != 0U) {
		shift++;
	}
	uint32_t inverse = UINT32_C(0x7fffffff) / (sum >> shift);
	for (size_t c = 0; c < rows; c++) {
		scores[c] = (microtl_real_t)((((uint32_t)scores[c] >> shift) * inverse) >>
					     (31 - MICROTL_REAL_BITS));
	}
	return microtl_priv_log(sum);
}

/* -log p of the label: log(sum) less its score, both less the highest score. */
microtl_real_t microtl_loss_value(enum microtl_loss kind, const struct microtl_class_set *classes,
				  uint16_t rows, uint8_t label, const microtl_real_t *target,
				  const microtl_real_t *scores)
{
	microtl_real_t top = highest(classes, rows, scores);
	uint32_t sum = 0;

	(void)kind;
	(void)target;
	if (!microtl_class_set_has(classes, label)) {
		return MICROTL_REAL_MAX;
	}
	for (size_t c = 0; c < rows; c++) {
		sum += (uint32_t)exponential(classes, c, scores[c], top);
	}
	return microtl_priv_clamp64((int64_t)microtl_priv_log(sum) + top - scores[label]);
}

microtl_real_t microtl_loss_gradient(enum microtl_loss kind,
				     const struct microtl_class_set *classes, uint16_t rows,
				     uint8_t label, const microtl_real_t *target,
				     microtl_real_t *scores)
{
	bool labelled = label < rows && microtl_class_set_has(classes, label);
	microtl_real_t score = labelled ? scores[label] : 0;
	microtl_real_t top;

	(void)kind;
	(void)target;
	microtl_real_t loss = microtl_priv_softmax(classes, rows, scores, &top);
	if (!labelled) {
		return loss;
	}
	scores[label] -= MICROTL_REAL(1.0);
	return microtl_priv_clamp64((int64_t)loss + top - score);
}
