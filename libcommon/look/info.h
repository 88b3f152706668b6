/* info.h - what is this file?  "key: value" lines, then its history */
#ifndef DORG_INFO_H
#define DORG_INFO_H

#include "../file/io.h"

/* Words for what a script may ask for; several numbers have tabs between them. */
#define DORG_INFO_WORDS "voxels|pitch_mm|size_mm|not_zero|not_zero_ml|parameters|m_macs"

/* Read `in` to its end, so that damage is noticed, and describe it on o; with `word`, one of
 * those, the numbers that it stands for alone.  Nothing is written when the input is damaged, of
 * no known kind, or of one that has no such number (DORG_EDATA). */
int dorg_info(struct dorg_out *o, struct dorg_in *in, const char *word, struct dorg_err *e);

#endif
