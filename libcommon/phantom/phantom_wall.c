/* phantom_wall.c - around the organs: fat, lungs, muscle, skin, air, table; then everything */
#include "phantom_in.h"
#include "../base/mem.h"

static const float fat_hu = -104, air_hu = -1000;

/* Distance outside the abdominal cavity, in plan half way between an ellipse and the fuller
 * curve u^4 + v^4 = 1. */
static float cavity_at(const struct ph_scene *s, float x, float y, float z)
{
    const struct ph_body *b = &s->b;
    float waist = 1 - 0.04f * (z < 0 ? -z : z) / 110;
    float a = b->cavity[0] * waist, h = b->cavity[1];
    float u = x / a, v = (y - b->cavity_y) / h, u2 = u * u, v2 = v * v;
    float round = sqrtf(u2 + v2), full = sqrtf(sqrtf(u2 * u2 + v2 * v2));
    float slope = u2 / (a * a) + v2 / (h * h);
    if (slope < 1e-9f) return -h;
    return (0.6f * round + 0.4f * full - 1) * round / sqrtf(slope);
}

static float clamp01(float x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* Fat with strands, and the bases of the lungs above the dome of the diaphragm. */
static void background(struct ph_canvas *c, size_t i)
{
    const struct ph_scene *s = c->s;
    c->share[i] = 0;
    c->organ[i] = DORG_ORGAN_NONE;
    c->hu[i] = fat_hu;
    if (c->cavity[i] > c->ramp) return;
    float n = ph_noise(s, c->wx[i] / 5, c->wy[i] / 5, c->wz[i] / 9);
    float lean = 1 - s->b.fat;
    c->hu[i] = fat_hu + 7 * n + lean * (10 + 25 * (n > 0 ? n : 0));
}

/* The lungs reach down behind and beside the liver and spleen. */
static void lungs(struct ph_canvas *c, size_t i, float x, float cavity)
{
    const struct ph_body *b = &c->s->b;
    float u = c->wx[i] / (b->s[0] * 119), v = (c->wy[i] - 14 * b->s[1]) / (b->s[1] * 82);
    float w = (c->wz[i] + 40) / (b->s[2] * 165), k = sqrtf(u * u + v * v + w * w);
    float side = x < 0 ? -x : x;
    float d = (1 - k) * 70 * b->s[1];
    if (c->wz[i] < 42 || side < 12) return;
    float front = c->wy[i] / b->s[1] - 20 - 0.4f * c->wz[i];
    float fade = (c->wz[i] - 42) / 20 - (20 - side) / 8 - (front > 0 ? front / 15 : 0);
    float a = ph_edge(c, d) * clamp01(fade) * ph_edge(c, cavity);
    if (a <= 0) return;
    float n = ph_noise(c->s, c->wx[i] / 6, c->wy[i] / 6, c->wz[i] / 6);
    ph_blend(c, i, a, -850 + (n > 0.45f ? 500 * (n - 0.45f) : 0), DORG_ORGAN_LUNG);
}

/* Muscle, fat, skin and air by depth outside the cavity. */
static void layers(struct ph_canvas *c, size_t i, float x, float y, float cavity)
{
    const struct ph_scene *s = c->s;
    const struct ph_body *b = &s->b;
    if (cavity <= -c->ramp) return;
    float n = ph_noise(s, x / 50, y / 50, c->z / 60),
          n2 = ph_noise(s, x / 5, y / 5, c->z / 14);
    float back = clamp01((b->cavity_y - y) / b->cavity[1] - 0.25f);
    float mid = clamp01(1 - (x < 0 ? -x : x) / 9); /* the white line, between the recti */
    float front = clamp01((y - b->cavity_y) / b->cavity[1] * 2 - 0.8f);
    float muscle = b->muscle * (1 + 0.15f * n) + back * 20 - mid * front * 6;
    float fat = b->sub * (1 + 0.2f * n + 0.25f * clamp01(1 - back * 2));
    float depth = cavity / muscle;
    float flesh = 57 + 8 * n2;
    float stripe = front > 0.2f ? 1 : depth - 0.36f;
    float stripe2 = front > 0.2f ? 1 : depth - 0.7f;
    stripe = stripe < 0 ? -stripe : stripe;
    stripe2 = stripe2 < 0 ? -stripe2 : stripe2;
    if (stripe2 < stripe) stripe = stripe2;
    flesh -= 90 * clamp01(1 - stripe * muscle / 1.3f) * (1 - back); /* between the layers */
    flesh -= back * 60 * clamp01(n2 * 2 - 0.7f);
    ph_blend(c, i, ph_edge(c, -cavity), flesh, DORG_ORGAN_MUSCLE);
    ph_blend(c, i, ph_edge(c, muscle - cavity), fat_hu + 5 * n2, DORG_ORGAN_NONE);
    ph_blend(c, i, ph_edge(c, muscle + fat - cavity), 5, DORG_ORGAN_MUSCLE);
    ph_blend(c, i, ph_edge(c, muscle + fat + 1.9f - cavity), air_hu, DORG_ORGAN_NONE);
}

void ph_paint_wall(struct ph_canvas *c)
{
    const struct ph_body *b = &c->s->b;
    const float surely_air = 1.15f * b->muscle + 20 + 1.45f * b->sub + 1.9f + c->ramp;
    for (int y = 0; y < c->ny; y++)
        for (int x = 0; x < c->nx; x++) {
            size_t i = dorg_pixel(c->nx, x, y);
            float mx = c->x0 + (float)x * c->mm[0], my = c->y0 + (float)y * c->mm[1];
            if (c->cavity[i] > surely_air) {
                c->hu[i] = air_hu;
                continue;
            }
            lungs(c, i, mx, c->cavity[i]);
            layers(c, i, mx, my, c->cavity[i]);
        }
}

/* A curved couch under the back. */
void ph_paint_table(struct ph_canvas *c)
{
    const struct ph_body *b = &c->s->b;
    float back = b->cavity_y - b->cavity[1] - b->muscle - 20 - b->sub * 0.9f - 12;
    for (int y = 0; y < c->ny; y++)
        for (int x = 0; x < c->nx; x++) {
            size_t i = dorg_pixel(c->nx, x, y);
            float mx = c->x0 + (float)x * c->mm[0], my = c->y0 + (float)y * c->mm[1];
            float top = my - (back + mx * mx / 900), low = my - (back - 28 + mx * mx / 700);
            if (c->hu[i] > -900 || top > 4 || low < -4) continue;
            float shell = top > -low ? -top : low; /* depth inside, less than 0 outside */
            float outer = ph_edge(c, -shell), inner = ph_edge(c, 3.2f - shell);
            ph_blend(c, i, outer, 350, DORG_ORGAN_NONE);
            ph_blend(c, i, inner, -930, DORG_ORGAN_NONE);
        }
}

/* The warp: two octaves of noise on every eighth pixel or so, straight lines between. */
static void bend_row(struct ph_canvas *c, int y, int step)
{
    const struct ph_scene *s = c->s;
    float py = c->y0 + (float)y * c->mm[1];
    float last[3] = {0}, next[3] = {0};
    for (int x = 0; x < c->nx; x++) {
        int k = x % step;
        if (k == 0)
            for (int side = x ? 1 : 0; side < 2; side++) {
                float px = c->x0 + (float)(x + side * step) * c->mm[0];
                memcpy(last, next, sizeof last);
                for (int a = 0; a < 3; a++) {
                    float o = 11.3f * (float)(a + 1);
                    next[a] = s->b.warp[0] * ph_noise(s, px / 52 + o, py / 52, c->z / 52 + o) +
                              s->b.warp[1] * ph_noise(s, px / 23, py / 23 + o, c->z / 23);
                    float far = next[a] < 0 ? -next[a] : next[a];
                    if (far > c->bend) c->bend = far;
                }
            }
        size_t i = dorg_pixel(c->nx, x, y);
        float f = (float)k / (float)step;
        c->wx[i] = c->x0 + (float)x * c->mm[0] + last[0] + f * (next[0] - last[0]);
        c->wy[i] = py + last[1] + f * (next[1] - last[1]);
        c->wz[i] = c->z + last[2] + f * (next[2] - last[2]);
    }
}

void ph_paint_slice(struct ph_canvas *c)
{
    const struct ph_scene *s = c->s;
    int step = (int)(6 / c->mm[0]);
    c->bend = 0.01f; /* room for rounding */
    for (int y = 0; y < c->ny; y++) {
        bend_row(c, y, step < 1 ? 1 : step);
        for (int x = 0; x < c->nx; x++) {
            float mx = c->x0 + (float)x * c->mm[0], my = c->y0 + (float)y * c->mm[1];
            size_t i = dorg_pixel(c->nx, x, y);
            c->cavity[i] = cavity_at(s, mx, my, c->z);
            background(c, i);
        }
    }
    for (int k = 0; k < s->n_cavity; k++)
        ph_paint_part(c, s->part + k);
    ph_paint_wall(c);
    for (int k = s->n_cavity; k < s->n_parts; k++)
        ph_paint_part(c, s->part + k);
    ph_paint_table(c);
}
