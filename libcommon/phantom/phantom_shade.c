/* phantom_shade.c - what organs look like inside */
#include "phantom_in.h"

static float noise_at(const struct ph_canvas *c, const float at[3], float mm)
{
    float f = 1 / mm;
    return ph_noise(c->s, at[0] * f, at[1] * f, at[2] * f);
}

static float mix(float a, float b, float f)
{
    f = f < 0 ? 0 : f > 1 ? 1 : f;
    return a + f * (b - a);
}

/* Distance from the nearest multiple of `period`, 0 to 1. */
static float wave(float t, float period)
{
    float u = t / period;
    u -= (float)(int)u;
    return u < 0.5f ? 2 * u : 2 - 2 * u;
}

/* Wall with folds, then contents: fluid below, gas above, a level between. */
static float hollow(const struct ph_canvas *c, const struct ph_part *p, size_t i,
                    const float at[3], float d)
{
    float fold = noise_at(c, at, 3.1f) + 0.6f * wave(c->t[i], 6) - 0.2f;
    float thick = p->wall + (fold > 0 ? 2.6f * fold : 0);
    float wall = p->hu + 9 * noise_at(c, at, 5);
    float fill = p->fill + p->tex * noise_at(c, at, p->tex_mm > 0 ? p->tex_mm : 6);
    float lumen = (-d - thick) / (c->ramp * 0.8f) + 0.5f;
    float level = p->gas + 0.25f * noise_at(c, at, 40);
    fill = mix(fill, -960, (c->up[i] - level) * 6 + 0.5f);
    return mix(wall, fill, lumen);
}

static float feces(const struct ph_canvas *c, const struct ph_part *p, size_t i,
                   const float at[3], float d)
{
    float pocket = noise_at(c, at, 7) + 0.6f * noise_at(c, at, 3.3f);
    float fill = p->fill + 70 * noise_at(c, at, 5);
    fill = mix(fill, -820, (pocket - 0.25f) * 4);
    fill = mix(fill, -960, (c->up[i] - p->gas - 0.3f * noise_at(c, at, 25)) * 5 + 0.5f);
    return mix(p->hu, fill, (-d - p->wall) / (c->ramp * 0.8f) + 0.5f);
}

/* p->fill is the medulla's HU, p->hu the cortex's. */
static float kidney(const struct ph_canvas *c, const struct ph_part *p, const float at[3],
                    float d)
{
    float depth = -d - 5.5f - 1.5f * noise_at(c, at, 14);
    float pyramid = noise_at(c, at, 9) + 0.35f;
    return mix(p->hu, p->fill, depth * 0.5f * (pyramid > 0 ? 2 * pyramid : 0)) +
           6 * noise_at(c, at, 4);
}

/* Lobules of about 5 mm, each a little different, with fat between them: the deeper the
 * clefts, the fatter the gland. */
static float gland(const struct ph_canvas *c, const struct ph_part *p, const float at[3])
{
    float q[3], edge, value, bend = 0.35f * noise_at(c, at, 7);
    const float f = 1 / 6.5f;
    for (int a = 0; a < 3; a++)
        q[a] = at[a] * f + bend;
    ph_cells(c->s, q, &edge, &value);
    float fat = c->s->b.septa * (1.25f + 0.75f * noise_at(c, at, 16));
    float cleft = 1 - edge / (0.25f + fat);
    cleft = cleft < 0 ? 0 : cleft;
    return mix(p->hu + 9 * value + 5 * noise_at(c, at, 3), -90, cleft * fat * 2.6f);
}

static float bone(const struct ph_canvas *c, const struct ph_part *p, const float at[3],
                  float d)
{
    float marrow = p->fill + 45 * noise_at(c, at, 2.6f);
    return mix(p->hu, marrow, (-d - p->wall) / (c->ramp * 0.7f) + 0.5f);
}

static float spine(const struct ph_canvas *c, const struct ph_part *p, const float at[3],
                   float d)
{
    const float period = 33 * c->s->b.s[2], half = 0.39f;
    float u = (at[2] - c->s->b.spine_z) / period;
    u -= (float)(int)(u + 64) - 64; /* 0 to 1 within a level; the disc lies about 0 and 1 */
    float from_mid = u < 0.5f ? 0.5f - u : u - 0.5f;
    float beyond = (from_mid - half) * period; /* mm past the end plate */
    float plate = 1.6f * beyond;               /* thinner than the wall */
    float body = bone(c, p, at, d > plate ? d : plate);
    return mix(body, 92, beyond / 1.5f + 0.5f);
}

float ph_shade(const struct ph_canvas *c, const struct ph_part *p, size_t i, const float at[3],
               float d)
{
    switch (p->mat) {
    case PH_HOLLOW:
        return hollow(c, p, i, at, d);
    case PH_FECES:
        return feces(c, p, i, at, d);
    case PH_KIDNEY:
        return kidney(c, p, at, d);
    case PH_GLAND:
        return gland(c, p, at);
    case PH_BONE:
        return bone(c, p, at, d);
    case PH_SPINE:
        return spine(c, p, at, d);
    default:
        return p->tex > 0 ? p->hu + p->tex * noise_at(c, at, p->tex_mm) : p->hu;
    }
}
