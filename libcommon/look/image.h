/* image.h - a colour picture in memory, and out as PNG */
#ifndef DORG_IMAGE_H
#define DORG_IMAGE_H

#include <stdint.h>

#include "../base/err.h"
#include "../file/io.h"

struct dorg_image {
    int w, h;
    uint8_t *rgb; /* owned: h rows of w pixels of 3 bytes */
};
#define DORG_IMAGE_INIT ((struct dorg_image){0})

/* A black picture; DORG_EUSAGE if a side is not 1..30000. */
int dorg_image_new(struct dorg_image *m, int w, int h, struct dorg_err *e);
void dorg_image_free(struct dorg_image *m);

/* All of these leave out what falls outside. */
void dorg_image_dot(struct dorg_image *m, int x, int y, const uint8_t rgb[3]);
void dorg_image_mix(struct dorg_image *m, int x, int y, const uint8_t rgb[3], double share);
void dorg_image_paste(struct dorg_image *m, const struct dorg_image *from, int x, int y);
void dorg_image_frame(struct dorg_image *m, int x, int y, int w, int h, const uint8_t rgb[3]);

/* ASCII text, letters of 5 x 7 dots of `size` pixels with a black edge of one pixel, the top
 * left of the first at (x, y).  What is not ASCII is shown as '?'. */
void dorg_image_text(struct dorg_image *m, int x, int y, int size, const char *text,
                     const uint8_t rgb[3]);

/* An 8-bit RGB PNG with `comment` (may be NULL) as its tEXt chunk: equal pictures and
 * comments give equal bytes from one zlib. */
int dorg_image_write(struct dorg_out *o, const struct dorg_image *m, const char *comment,
                     struct dorg_err *e);

#endif
