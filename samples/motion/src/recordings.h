/* Written by scripts/models/motion.py: do not edit. */
/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef RECORDINGS_H_
#define RECORDINGS_H_

/*
 * recordings.bin: frames of six int16, little endian: acceleration [mm/s^2] and
 * rate of turn [mrad/s]. First a test of each class, then lessons of the last class.
 */

#define RECORDINGS_CLASSES 7
#define RECORDINGS_TEST_FRAMES 320
#define RECORDINGS_LESSONS 4
#define RECORDINGS_LESSON_FRAMES 256

#endif /* RECORDINGS_H_ */
