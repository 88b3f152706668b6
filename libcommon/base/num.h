/* num.h - numbers as text, as strtod reads and printf writes them, only sooner.
 *
 * Short decimal numbers are read exactly by one multiplication or division of two exactly
 * known doubles (Clinger, "How to read floating point numbers accurately", PLDI 1990); nine
 * digits are written from an 80-bit product whenever its error cannot reach a digit.  All
 * else is left to the C library, so the answers are always the same as its own. */
#ifndef DORG_NUM_H
#define DORG_NUM_H

#include <stdbool.h>

enum { DORG_NUM_ROOM = 40 }; /* bytes dorg_num_print may write */

/* strtod, for a text in the "C" locale that a tab or NUL ends. */
double dorg_num_parse(const char *s, char **end);

/* Whole numbers below 2^53 as %.0f, others as %.9g, and 0 never as -0.  x is finite.  Gives
 * the length; no NUL is written. */
int dorg_num_print(char *to, double x);

/* Any number as a word of a table: "NA" for NaN, "inf", "-inf", else as above.  Gives to. */
const char *dorg_num_text(char to[DORG_NUM_ROOM], double x);

/* Such a word read back: false for what is neither a whole number word nor NA. */
bool dorg_num_read(double *x, const char *s);

#endif
