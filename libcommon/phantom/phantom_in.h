/* phantom_in.h - private to the phantom's files */
#ifndef DORG_PHANTOM_IN_H
#define DORG_PHANTOM_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "phantom.h"

enum { PH_PARTS = 320, PH_NODES = 8192, PH_BALLS = 64, PH_LATTICE = 32 };
enum ph_shape { PH_TUBE, PH_BALL };
enum ph_mat {
    PH_SOLID,  /* hu and a texture */
    PH_HOLLOW, /* a wall around contents, gas on top */
    PH_FECES,  /* the same with mottled contents */
    PH_KIDNEY, /* cortex and pyramids */
    PH_GLAND,  /* pancreas: lobules and fatty septa */
    PH_BONE,   /* cortex around marrow */
    PH_SPINE   /* the same, with a disc between bodies */
};

struct ph_node { /* a tube is a chain of these */
    float c[3], r, t;
};
struct ph_ball {
    float c[3], r[3], m[3][3]; /* rows of m: its axes */
};
struct ph_part {
    enum ph_shape shape;
    enum ph_mat mat;
    enum dorg_organ organ;
    int first, n; /* its nodes or balls */
    float q[3];   /* tubes: the metric; 0.6 along an axis makes it 1/0.6 as wide there */
    float join;   /* balls: radius of the rounding where they meet */
    float hu, halo;
    float rough, rough_mm; /* bumps of the surface: amplitude, size */
    float tex, tex_mm;     /* texture inside: HU, size */
    float wall, fill, gas; /* hollow: mm, HU of the contents, gas above this relative height */
    bool rigid;            /* not bent by the patient's warp */
};

struct ph_body { /* what varies from patient to patient */
    float s[3];  /* size of the frame relative to the template */
    float fat;   /* visceral, 0 to 1 */
    float gap;   /* fat kept around organs, mm */
    float sub;   /* subcutaneous, mm */
    float muscle;
    float phase; /* 0 late arterial to 1 portal venous */
    float septa; /* share of fat in the pancreas */
    float noise;
    float cavity[2], cavity_y; /* half axes of the abdominal cavity, and its centre */
    float spine_z;             /* where the discs are */
    float retro[3];            /* common shift of pancreas, duodenum and their vessels */
    float warp[2];             /* amplitude of the two octaves of the warp, mm */
};

struct ph_scene {
    struct ph_body b;
    int n_parts, n_cavity, n_nodes, n_balls; /* parts from n_cavity on lie over the wall */
    struct ph_part part[PH_PARTS];
    struct ph_node node[PH_NODES];
    struct ph_ball ball[PH_BALLS];
    float arm[10][4]; /* axis of neck, body and tail, for the vessels along them */
    uint64_t seed;
    uint32_t draws;
    float lattice[PH_LATTICE * PH_LATTICE * PH_LATTICE]; /* uniform in [-1, 1] */
};

/* phantom_rand.c: draws in order, and functions of position */
float ph_unit(struct ph_scene *s);
float ph_range(struct ph_scene *s, double lo, double hi);
float ph_bell(struct ph_scene *s, double mean, double sd); /* within 3.46 sd of the mean */
void ph_fill_lattice(struct ph_scene *s);
float ph_noise(const struct ph_scene *s, float x, float y, float z); /* in [-1, 1], smooth */
void ph_cells(const struct ph_scene *s, const float p[3], float *edge, float *value);
double ph_sin(double turns); /* sine of so many turns */

/* phantom_scene.c: putting parts into the scene.  C11 will not add the const of an array of
 * arrays on its own. */
#define PH_AT(a) ((const float(*)[4])(a))
struct ph_part *ph_tube(struct ph_scene *s, struct ph_part like, const float (*at)[4], int n,
                        float jitter);
struct ph_part *ph_balls(struct ph_scene *s, struct ph_part like, const float (*at)[6], int n,
                         const float turn[3]);
void ph_build(struct ph_scene *s, const struct dorg_phantom *p);

/* one file each: the organs */
void ph_add_gut(struct ph_scene *s);
void ph_add_solid(struct ph_scene *s);
void ph_add_duodenum(struct ph_scene *s);
void ph_add_pancreas(struct ph_scene *s);
void ph_add_vessels(struct ph_scene *s);
void ph_add_mesentery(struct ph_scene *s);
void ph_add_frame(struct ph_scene *s);

/* A thin slice being painted. */
struct ph_canvas {
    const struct ph_scene *s;
    int nx, ny;
    float mm[2], x0, y0, z; /* pitch; where pixel (0, 0) lies */
    float ramp;             /* width of an edge, mm */
    float *wx, *wy, *wz;    /* position of each pixel in the unbent patient */
    float bend;             /* the furthest any of them has moved along an axis, mm */
    float *cavity;          /* distance outside the abdominal cavity */
    float *d, *t, *up;      /* of the part at hand: distance, place along, relative height */
    float *hu, *share;      /* so far: HU, share of pancreas */
    uint8_t *organ;
};
struct ph_box {
    int x0, x1, y0, y1; /* pixels; empty when x0 >= x1 or y0 >= y1 */
};

float ph_shade(const struct ph_canvas *c, const struct ph_part *p, size_t i, const float at[3],
               float d);
void ph_blend(struct ph_canvas *c, size_t i, float a, float hu, enum dorg_organ organ);
float ph_edge(const struct ph_canvas *c, float d); /* share of a pixel inside */
void ph_paint_part(struct ph_canvas *c, const struct ph_part *p);
void ph_paint_wall(struct ph_canvas *c);
void ph_paint_table(struct ph_canvas *c);
void ph_paint_slice(struct ph_canvas *c);

#endif
