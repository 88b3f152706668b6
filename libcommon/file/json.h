/* json.h - text and numbers as JSON (RFC 8259) has them. */
#ifndef DORG_JSON_H
#define DORG_JSON_H

#include "io.h"

/* In quotes.  File names are bytes, JSON is characters: a byte that is none becomes U+FFFD. */
int dorg_json_text(struct dorg_out *o, const char *s, struct dorg_err *e);

#endif
