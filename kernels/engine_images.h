/* engine_images.h - training images that an engine makes for itself, and examples that it cuts
 * for itself, where it can do that better than its caller: on a device.
 *
 *   x_j = flip(vary(warp(pixels of record which[j]))) - mean       training, as feed.h
 *   x_j = patch around at[j] - mean, or box[j] stretched - mean    applying, as ensemble.h
 *
 * Image j of a batch is deformed, varied and flipped as item + j, by the random numbers of
 * tps.h, vary.h and feed.h.  Everything pointed to is the caller's. */
#ifndef DORG_ENGINE_IMAGES_H
#define DORG_ENGINE_IMAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "axial.h"
#include "patch25.h"
#include "vary.h"
#include "warp2d.h"

struct dorg_deform {    /* the spline of tps.h */
    int n_move;         /* landmarks that move; 0: none, not deformed */
    double reach[2];    /* how far at most along x and y, in pixels */
    const float *basis; /* float[h][n_move][w] */
    uint64_t seed;
};

struct dorg_images { /* all that is pointed to must outlive the engine */
    const uint8_t *(*record)(const void *records, uint64_t i); /* uint8[c][h][w] of record i */
    const void *records;
    uint64_t count;
    int c, h, w;
    const float *mean; /* float[c][h][w] */
    struct dorg_deform deform;
    struct dorg_vary vary;
    int n_grey; /* channels whose grey values vary */
    bool flip;
    uint64_t seed; /* of vary and flip */
    size_t most;   /* bytes of records to keep on the device; 0: what is free there */
};

struct dorg_batch {
    const uint32_t *which; /* records */
    const uint8_t *label;
    int n;
    uint64_t item;        /* of the first image; also its number in all of training */
    const uint32_t *next; /* n records of the batch to come, or NULL: to be fetched ahead */
};

struct dorg_cut {
    const uint8_t *volume[2]; /* of boxes the second channel, or NULL */
    int32_t n[3];
    const float *mean; /* float[c][size][size] */
    size_t count;
    const uint64_t *at; /* patches: voxels; NULL: boxes */
    struct dorg_patch25 patch;
    const struct dorg_axial
        *axial; /* instead of patch; at rising from slice to slice; or NULL */
    const struct dorg_box *box;
    void (*progress)(const char *what, size_t done, size_t total); /* or NULL */
};

#endif
