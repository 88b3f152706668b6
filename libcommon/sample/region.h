/* region.h - superpixels, or pairs of them, as boxes at several scales.
 *
 *   side_0 = max(side of the bounding box, min_side)              per axis x, y
 *   side_s = round(side_0 scale_s size / (size - 2 context))      halves away from zero
 *   lo_s   = lo + floor((side of the bounding box - side_s) / 2)
 *
 * so every box is whole pixels around the bounding box's centre.  kernels/warp2d.h stretches
 * it to size x size; context pixels around the superpixel's own box remain at scale 1.  What
 * lies outside the slice is 0.  The box of a pair is the union of the two bounding boxes.
 *
 * Source   Roth et al. 2015, sec. 2.3, "zoom-out" regions at N_s scales; union box of a pair:
 *          the first author's mergeRegions; context as R-CNN's (paper.md 6, 9).
 * Silent   the factors, the smallest side, the context: dorg-choices(7). */
#ifndef DORG_REGION_H
#define DORG_REGION_H

#include <stddef.h>
#include <stdint.h>

#include "../../kernels/kernels.h"
#include "../base/err.h"
#include "../file/io.h"
#include "sample.h"
#include "../file/tab.h"
#include "../file/vol.h"

enum { DORG_MAX_SCALES = 64 };

struct dorg_region {
    int size;     /* side of the square, pixels */
    int context;  /* pixels of the square kept for context on each side, < size / 2 */
    int min_side; /* smallest side of a box before scaling, pixels */
    int n_scales;
    double scale[DORG_MAX_SCALES]; /* each > 0, up to 16 */
    float window_hu[2];
    double ambiguous[2]; /* leave out superpixels with lo < coverage < hi; hi <= lo: none */
    struct dorg_choice choice;
    int jobs;
};

struct dorg_regions { /* what is to be looked at: superpixels, or pairs of them */
    size_t n;
    struct dorg_box *box; /* owned: bounding boxes, not yet scaled */
    uint64_t *id, *id2;   /* owned: superpixel; the other one of a pair, else 0 */
    uint8_t *label;       /* owned: class, or DORG_LABEL_UNKNOWN */
};
#define DORG_REGIONS_INIT ((struct dorg_regions){0})

/* The box of item b at one scale. */
struct dorg_box dorg_region_zoom(const struct dorg_box *b, double scale,
                                 const struct dorg_region *p);

/* Superpixels: the rows of t, labelled by its column `truth` (0 or 1) if it has one.
 * labels: DORG_I32.  DORG_EDATA when a row's id is not in labels, or a superpixel lies on two
 * slices. */
int dorg_regions_rows(struct dorg_regions *r, const struct dorg_vol *labels,
                      const struct dorg_tab *t, struct dorg_err *e);

/* Pairs: the rows of `edges`, by its columns a and b; t may be NULL.  Labels from t's truth: 0
 * both inside, 1 both outside, 2 one of each.  DORG_EDATA as above, when the two lie on
 * different slices, or when t has no row for one of them. */
int dorg_regions_pairs(struct dorg_regions *r, const struct dorg_vol *labels,
                       const struct dorg_tab *edges, const struct dorg_tab *t,
                       struct dorg_err *e);

/* Leave out the ambiguous (by t's column `coverage`, needed then) and choose. */
int dorg_regions_select(struct dorg_regions *r, const struct dorg_tab *t,
                        const struct dorg_region *p, struct dorg_err *e);

void dorg_regions_free(struct dorg_regions *r);

struct dorg_region_view { /* what examples are cut from */
    const struct dorg_region *p;
    const struct dorg_regions *r;
    const struct dorg_vol *ct, *map; /* DORG_U8; map may be NULL: one channel */
    const struct dorg_kernels *k;
};

/* The boxes of all r->n * n_scales examples, in their order. */
void dorg_region_boxes(struct dorg_box *to, const struct dorg_region_view *v);

/* Examples first..first+n-1 of r->n * n_scales (all scales of an item, then the next item),
 * as uint8[n][channels][size][size].  Threads: p->jobs. */
int dorg_region_cut(uint8_t *dst, const struct dorg_region_view *v, size_t first, size_t n,
                    struct dorg_err *e);

/* All of them as records of kind DORG_REC_REGION, or _PAIR if pairs. */
int dorg_region_write(struct dorg_out *o, const struct dorg_region_view *v, bool pairs,
                      const char *history, const char *stage, struct dorg_err *e);

/* The default factors, and what a caller must check of options that are lists. */
#define DORG_SCALES_DEFAULT                                                                   \
    {                                                                                         \
        4,                                                                                    \
        {                                                                                     \
            1, 1.5, 2.25, 3.375                                                               \
        }                                                                                     \
    }
int dorg_region_scales(struct dorg_region *p, const double *v, int n, struct dorg_err *e);
int dorg_region_ambiguous(struct dorg_region *p, const double *v, int n, struct dorg_err *e);

struct dorg_region_case {    /* what a case is loaded into; DORG_REGION_CASE_INIT is empty */
    struct dorg_vol ct, map; /* DORG_F32; map may stay empty: one channel */
    struct dorg_vol labels;  /* DORG_I32 */
    struct dorg_tab tab;     /* superpixels; may stay empty (no columns) with edges */
    struct dorg_tab edges;   /* pairs; empty (no columns): superpixels */
    struct dorg_regions regions;
};
#define DORG_REGION_CASE_INIT ((struct dorg_region_case){0})

/* labels and tables -> regions; the labels' voxels are freed, their grid stays. */
int dorg_region_case_boxes(struct dorg_region_case *c, struct dorg_err *e);

/* Make scan and map what examples are cut from: one grid for all, the scan the tables were
 * made from (where they say so), then 8-bit pixels. */
int dorg_region_case_pixels(struct dorg_region_case *c, const float window_hu[2],
                            struct dorg_err *e);

/* *h: owned by the caller: the histories of all that was loaded. */
int dorg_region_case_history(char **h, const struct dorg_region_case *c, struct dorg_err *e);

/* The view of a case whose boxes and pixels are ready. */
struct dorg_region_view dorg_region_case_view(const struct dorg_region_case *c,
                                              const struct dorg_region *p,
                                              const struct dorg_kernels *k);

void dorg_region_case_free(struct dorg_region_case *c);

#endif
