/* phantom_paint.c - parts onto a thin slice, one over the other */
#include "phantom_in.h"
#include "../base/mem.h"

static const float far_away = 1e6f;

float ph_edge(const struct ph_canvas *c, float d)
{
    float a = 0.5f - d / c->ramp;
    return a < 0 ? 0 : a > 1 ? 1 : a;
}

void ph_blend(struct ph_canvas *c, size_t i, float a, float hu, enum dorg_organ organ)
{
    c->hu[i] += a * (hu - c->hu[i]);
    c->share[i] *= 1 - a;
    if (organ == DORG_ORGAN_PANCREAS) c->share[i] += a;
    if (a >= 0.5f) c->organ[i] = (uint8_t)organ;
}

static int pixel(float mm, float origin, float pitch, int n, int up)
{
    float i = (mm - origin) / pitch + (float)up;
    return i < 0 ? 0 : i > (float)n ? n : (int)i;
}

static struct ph_box box_around(const struct ph_canvas *c, const float lo[2],
                                const float hi[2])
{
    struct ph_box b = {
        pixel(lo[0], c->x0, c->mm[0], c->nx, 0), pixel(hi[0], c->x0, c->mm[0], c->nx, 1),
        pixel(lo[1], c->y0, c->mm[1], c->ny, 0), pixel(hi[1], c->y0, c->mm[1], c->ny, 1)};
    return b;
}

static void widen(struct ph_box *all, struct ph_box b)
{
    if (b.x0 >= b.x1 || b.y0 >= b.y1) return;
    if (all->x0 >= all->x1) {
        *all = b;
        return;
    }
    if (b.x0 < all->x0) all->x0 = b.x0;
    if (b.x1 > all->x1) all->x1 = b.x1;
    if (b.y0 < all->y0) all->y0 = b.y0;
    if (b.y1 > all->y1) all->y1 = b.y1;
}

/* How far beyond its bare surface a part can still matter. */
static float reach(const struct ph_canvas *c, const struct ph_part *p)
{
    return p->halo + p->rough * 1.5f + c->ramp + (p->rigid ? 0 : c->bend);
}

/* The position a part is evaluated at. */
static void place(float at[3], const struct ph_canvas *c, const struct ph_part *p, int x,
                  int y)
{
    size_t i = dorg_pixel(c->nx, x, y);
    at[0] = p->rigid ? c->x0 + (float)x * c->mm[0] : c->wx[i];
    at[1] = p->rigid ? c->y0 + (float)y * c->mm[1] : c->wy[i];
    at[2] = p->rigid ? c->z : c->wz[i];
}

/* Distance to one conical piece of a tube, measured in the part's metric. */
static void piece(struct ph_canvas *c, const struct ph_part *p, const struct ph_node *g,
                  const struct ph_box *box)
{
    float ba[3], bb = 0, grow = g[1].r - g[0].r, along = g[1].t - g[0].t;
    for (int a = 0; a < 3; a++) {
        ba[a] = (g[1].c[a] - g[0].c[a]) * p->q[a];
        bb += ba[a] * ba[a];
    }
    float inv = bb > 0 ? 1 / bb : 0;
    for (int y = box->y0; y < box->y1; y++) {
        size_t i = dorg_pixel(c->nx, box->x0, y);
        for (int x = box->x0; x < box->x1; x++, i++) {
            float at[3];
            place(at, c, p, x, y);
            float vx = (at[0] - g[0].c[0]) * p->q[0], vy = (at[1] - g[0].c[1]) * p->q[1],
                  vz = (at[2] - g[0].c[2]) * p->q[2];
            float h = (vx * ba[0] + vy * ba[1] + vz * ba[2]) * inv;
            h = h < 0 ? 0 : h > 1 ? 1 : h;
            vx -= h * ba[0];
            vy -= h * ba[1];
            vz -= h * ba[2];
            float r = g[0].r + h * grow, dd = vx * vx + vy * vy + vz * vz, far = c->d[i] + r;
            if (far < 0 || dd > far * far * 1.0001f) continue; /* surely not nearer */
            float d = sqrtf(dd) - r;
            if (d < c->d[i]) {
                c->d[i] = d;
                c->t[i] = g[0].t + h * along;
                c->up[i] = vy / r;
            }
        }
    }
}

static float least(float a, float b)
{
    return a < b ? a : b;
}

static float most(float a, float b)
{
    return a > b ? a : b;
}

/* Boxes of the pieces of a tube that come near this slice; false if none does. */
static bool piece_box(struct ph_box *box, const struct ph_canvas *c, const struct ph_part *p,
                      const struct ph_node *g, float more)
{
    float r = most(g[0].r, g[1].r), lo[3], hi[3];
    for (int a = 0; a < 3; a++) {
        float out = r / p->q[a] + more * most(1, 1 / p->q[a]);
        lo[a] = least(g[0].c[a], g[1].c[a]) - out;
        hi[a] = most(g[0].c[a], g[1].c[a]) + out;
    }
    if (c->z < lo[2] || c->z > hi[2]) return false;
    *box = box_around(c, lo, hi);
    return box->x0 < box->x1 && box->y0 < box->y1;
}

static struct ph_box tube_box(const struct ph_canvas *c, const struct ph_part *p, float more)
{
    struct ph_box all = {0}, b;
    for (int k = p->first; k + 1 < p->first + p->n; k++)
        if (piece_box(&b, c, p, c->s->node + k, more)) widen(&all, b);
    return all;
}

static struct ph_box balls_box(const struct ph_canvas *c, const struct ph_part *p, float more)
{
    struct ph_box all = {0};
    for (int k = p->first; k < p->first + p->n; k++) {
        const struct ph_ball *b = c->s->ball + k;
        float r = most(b->r[0], most(b->r[1], b->r[2])) + more + p->join;
        const float lo[2] = {b->c[0] - r, b->c[1] - r}, hi[2] = {b->c[0] + r, b->c[1] + r};
        if (c->z >= b->c[2] - r && c->z <= b->c[2] + r) widen(&all, box_around(c, lo, hi));
    }
    return all;
}

/* d = |p/r| (|p/r| - 1) / |p/r^2|: exact on the surface, first order near it. */
static float ball_distance(const struct ph_ball *b, const float at[3])
{
    float k0 = 0, k1 = 0;
    const float v[3] = {at[0] - b->c[0], at[1] - b->c[1], at[2] - b->c[2]};
    for (int a = 0; a < 3; a++) {
        float u = (b->m[a][0] * v[0] + b->m[a][1] * v[1] + b->m[a][2] * v[2]) / b->r[a];
        k0 += u * u;
        k1 += u * u / (b->r[a] * b->r[a]);
    }
    if (k1 < 1e-12f) return -least(b->r[0], least(b->r[1], b->r[2]));
    k0 = sqrtf(k0);
    return k0 * (k0 - 1) / sqrtf(k1);
}

/* The smaller of two distances, rounded over `join` mm where they cross. */
static float joined(float a, float b, float join)
{
    float h = join - (a > b ? a - b : b - a);
    return least(a, b) - (h > 0 ? h * h / (4 * join) : 0);
}

static void balls(struct ph_canvas *c, const struct ph_part *p, const struct ph_box *box)
{
    for (int y = box->y0; y < box->y1; y++)
        for (int x = box->x0; x < box->x1; x++) {
            float at[3], d = far_away;
            place(at, c, p, x, y);
            for (int k = p->first; k < p->first + p->n; k++) {
                float one = ball_distance(c->s->ball + k, at);
                d = p->join > 0 ? joined(d, one, p->join) : least(d, one);
            }
            c->d[dorg_pixel(c->nx, x, y)] = d;
        }
}

static void shade_box(struct ph_canvas *c, const struct ph_part *p, const struct ph_box *box)
{
    const float fat = -104;
    float f = p->rough_mm > 0 ? 1 / p->rough_mm : 0;
    bool plain = p->mat == PH_SOLID || p->mat == PH_GLAND; /* depth inside does not show */
    for (int y = box->y0; y < box->y1; y++)
        for (int x = box->x0; x < box->x1; x++) {
            size_t i = dorg_pixel(c->nx, x, y);
            float at[3], d = c->d[i];
            if (d > p->halo + c->ramp + 1.5f * p->rough) continue;
            place(at, c, p, x, y);
            if (p->rough > 0 && !(plain && d < -c->ramp - 1.5f * p->rough))
                d += p->rough *
                     (ph_noise(c->s, at[0] * f, at[1] * f, at[2] * f) +
                      0.5f * ph_noise(c->s, at[0] * f * 2, at[1] * f * 2, at[2] * f * 2));
            float clear = p->halo > 0 ? ph_edge(c, d - p->halo) : 0, a = ph_edge(c, d);
            if (clear > 0) ph_blend(c, i, clear, fat, DORG_ORGAN_NONE);
            if (a > 0) ph_blend(c, i, a, ph_shade(c, p, i, at, d), p->organ);
        }
}

void ph_paint_part(struct ph_canvas *c, const struct ph_part *p)
{
    float more = reach(c, p);
    struct ph_box b, all = p->shape == PH_TUBE ? tube_box(c, p, more) : balls_box(c, p, more);
    if (all.x0 >= all.x1 || all.y0 >= all.y1) return;
    if (p->shape == PH_BALL) {
        balls(c, p, &all);
    } else {
        for (int y = all.y0; y < all.y1; y++)
            for (int x = all.x0; x < all.x1; x++)
                c->d[dorg_pixel(c->nx, x, y)] = far_away;
        for (int k = p->first; k + 1 < p->first + p->n; k++)
            if (piece_box(&b, c, p, c->s->node + k, more)) piece(c, p, c->s->node + k, &b);
    }
    shade_box(c, p, &all);
}
