/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Snapshot: a learned head as bytes, and back.
 *
 * Little-endian, format 1:
 *
 * | offset | bytes | |
 * |---|---|---|
 * | 0 | 4 | magic "MTLH" |
 * | 4 | 2 | format, 1 |
 * | 6 | 1, 1 | layers, loss |
 * | 8 | 4 x 2 | widths |
 * | 16 | 4 x 4 | model id: backbone, pre-processing, feature, head |
 * | 32 | 4 | parameters |
 * | 36 | 4 | sequence: number of the last label or class change that the head knows of |
 * | 40 | 32 | classes that take part, one bit a label |
 * | 72 | 16 a class row | names, zero-padded; all zero = free row |
 * | ... | 4 a parameter | parameters (microtl_param_t), by layers: weights [out][in], bias [out] |
 * | end | 4 | CRC32 (IEEE 802.3) of all before |
 *
 * Parameters lie at a multiple of 4 (MICROTL_SNAPSHOT_PARAMS_OFFSET), so that a head can be run in
 * place from memory-mapped flash. Writing and reading go through callbacks in small pieces: no
 * second copy of the head is made. Thread context; blocks as long as the callbacks do.
 */

#ifndef MICROTL_SNAPSHOT_H_
#define MICROTL_SNAPSHOT_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/head.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MICROTL_SNAPSHOT_FORMAT 1

/** Bytes from the start to the parameters, for @a rows class rows (0 with MICROTL_LOSS_MSE). */
#define MICROTL_SNAPSHOT_PARAMS_OFFSET(rows) (72U + (MICROTL_CLASS_NAME_MAX + 1U) * (rows))

/** Bytes of a snapshot with @a params parameters and @a rows class rows. */
#define MICROTL_SNAPSHOT_SIZE(params, rows)                                                        \
	(MICROTL_SNAPSHOT_PARAMS_OFFSET(rows) + 4U * (params) + 4U)

/** Part of the model id that differs between a snapshot and the model. */
enum microtl_snapshot_difference {
	MICROTL_SNAPSHOT_SAME = 0,
	MICROTL_SNAPSHOT_BACKBONE = 1,
	MICROTL_SNAPSHOT_PREPROCESS = 2,
	MICROTL_SNAPSHOT_FEATURE = 3,
	MICROTL_SNAPSHOT_HEAD = 4,
	/** Only in this: one is of a build with fixed point, the other of one with float. */
	MICROTL_SNAPSHOT_ARITHMETIC = 5,
};

/** @return "backbone", "pre-processing", ... for an error message; never NULL. */
const char *microtl_snapshot_difference_text(enum microtl_snapshot_difference difference);

/** @return The first part in which two model ids differ. */
enum microtl_snapshot_difference microtl_model_id_compare(const struct microtl_model_id *a,
							  const struct microtl_model_id *b);

/** A class name, zero-terminated; all zero where the row is free. */
struct microtl_class_name {
	char text[MICROTL_CLASS_NAME_MAX + 1];
};

/** What a snapshot holds beside the parameters. */
struct microtl_snapshot_info {
	/** See the format: 0 where nobody counts. */
	uint32_t sequence;
	struct microtl_class_set classes;
};

/**
 * @brief Takes the next bytes of a snapshot.
 *
 * @return 0, or a negative errno that ends the writing and is passed on.
 */
typedef int (*microtl_snapshot_sink)(const void *data, size_t size, void *user_data);

/**
 * @brief Gives @a size bytes of a snapshot from @a offset.
 *
 * @return 0, or a negative errno that ends the reading and is passed on.
 */
typedef int (*microtl_snapshot_source)(size_t offset, void *data, size_t size, void *user_data);

/** @return Bytes that a snapshot of a head takes. */
size_t microtl_snapshot_size(const struct microtl_head_spec *spec);

/**
 * @brief Writes a head.
 *
 * @param head     The head: shape, parameters and classes.
 * @param id       Id of its model.
 * @param names    [class rows]; not looked at with MICROTL_LOSS_MSE, whose snapshots have none.
 * @param sequence For microtl_snapshot_info::sequence.
 *
 * @retval 0  Done: the sink got microtl_snapshot_size() bytes in order.
 * @retval <0 What the sink returned.
 */
int microtl_snapshot_write(const struct microtl_head *head, const struct microtl_model_id *id,
			   const struct microtl_class_name *names, uint32_t sequence,
			   microtl_snapshot_sink sink, void *user_data);

/**
 * @brief What a snapshot says that it is, whoever's it is: for tools that have no model at hand.
 *
 * Reads the first bytes only: microtl_snapshot_read() with what came out tells whether it is whole.
 *
 * @param size Bytes that the source has.
 * @param spec Out: loss and widths; the pointers are NULL.
 * @param id   Out: id of the model that it belongs to.
 *
 * @retval 0        Done.
 * @retval -ENOENT  No snapshot there (wrong magic).
 * @retval -ENOTSUP Written by a newer format.
 * @retval -EBADMSG Damaged: more layers than a head can have.
 * @retval <0       What the source returned.
 */
int microtl_snapshot_describe(size_t size, struct microtl_head_spec *spec,
			      struct microtl_model_id *id, microtl_snapshot_source source,
			      void *user_data);

/**
 * @brief Checks a whole snapshot against a model; changes nothing.
 *
 * @param size       Bytes that the source has.
 * @param difference Out, may be NULL: with -EXDEV the part that differs.
 *
 * @retval 0        It fits and its CRC is right.
 * @retval -ENOENT  No snapshot there (wrong magic).
 * @retval -ENOTSUP Written by a newer format.
 * @retval -EXDEV   Of another model: @a difference says which part.
 * @retval -EBADMSG Damaged: CRC, size, or values no head can have.
 * @retval <0       What the source returned.
 */
int microtl_snapshot_check(const struct microtl_head_spec *spec, const struct microtl_model_id *id,
			   size_t size, enum microtl_snapshot_difference *difference,
			   microtl_snapshot_source source, void *user_data);

/**
 * @brief Checks a snapshot, then reads it.
 *
 * @param params [parameters] out, or NULL where they are run in place. Undefined where the source
 *               fails after the check, as are the names: do not read over what is in use.
 * @param names  [class rows] out.
 * @param info   Out.
 *
 * Results as microtl_snapshot_check(). Parameters and names change only once the check has passed,
 * info only on success.
 */
int microtl_snapshot_read(const struct microtl_head_spec *spec, const struct microtl_model_id *id,
			  size_t size, microtl_param_t *params, struct microtl_class_name *names,
			  struct microtl_snapshot_info *info,
			  enum microtl_snapshot_difference *difference,
			  microtl_snapshot_source source, void *user_data);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_SNAPSHOT_H_ */
