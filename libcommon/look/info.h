/* info.h - what is this file?  "key: value" lines, then its history */
#ifndef DORG_INFO_H
#define DORG_INFO_H

#include "../file/io.h"

/* Read `in` to its end, so that damage is noticed, and describe it on o.  Nothing is written
 * when it is damaged, or of no known kind (DORG_EDATA). */
int dorg_info(struct dorg_out *o, struct dorg_in *in, struct dorg_err *e);

#endif
