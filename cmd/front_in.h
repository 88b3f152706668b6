/* front_in.h - family talk between front.c and front_opt.c */
#ifndef DORG_FRONT_IN_H
#define DORG_FRONT_IN_H

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "../libcommon/base/par.h"
#include "front.h"

void dorg_front_start(const struct dorg_cmd *c); /* remember the card, catch signals */
void dorg_front_stop(void);                      /* free what parsing kept */

#endif
