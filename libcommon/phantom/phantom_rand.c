/* phantom_rand.c - chance and texture without libm: equal bytes on every machine */
#include "phantom_in.h"
#include "../base/rng.h"

float ph_unit(struct ph_scene *s)
{
    return (float)dorg_rng_unit(s->seed, DORG_RNG_PHANTOM, 0, s->draws++);
}

float ph_range(struct ph_scene *s, double lo, double hi)
{
    return (float)(lo + (hi - lo) * (double)ph_unit(s));
}

/* Four uniforms: sd of the sum is sqrt(4/12). */
float ph_bell(struct ph_scene *s, double mean, double sd)
{
    double sum = -2;
    for (int i = 0; i < 4; i++)
        sum += (double)ph_unit(s);
    return (float)(mean + sd * 1.7320508075688772 * sum);
}

void ph_fill_lattice(struct ph_scene *s)
{
    uint32_t w[4];
    for (size_t i = 0; i < sizeof s->lattice / sizeof *s->lattice; i += 4) {
        dorg_rng4(w, s->seed, DORG_RNG_PHANTOM, 1, (uint32_t)i);
        for (size_t k = 0; k < 4; k++)
            s->lattice[i + k] = (float)(int32_t)(w[k] >> 8) * 0x1p-23f - 1.0f;
    }
}

static int floor_of(float x)
{
    int i = (int)x;
    return i - ((float)i > x);
}

static float fade(float f)
{
    return f * f * f * (f * (f * 6.0f - 15.0f) + 10.0f);
}

static const float *lattice_row(const struct ph_scene *s, int y, int z)
{
    enum { M = PH_LATTICE - 1 };
    return s->lattice + ((z & M) * PH_LATTICE + (y & M)) * PH_LATTICE;
}

static float mix(float a, float b, float f)
{
    return a + f * (b - a);
}

/* Value noise: the lattice, interpolated with weights whose slope is 0 at the nodes. */
float ph_noise(const struct ph_scene *s, float x, float y, float z)
{
    enum { M = PH_LATTICE - 1 };
    int i = floor_of(x), j = floor_of(y), k = floor_of(z);
    float fx = fade(x - (float)i), fy = fade(y - (float)j), fz = fade(z - (float)k);
    int a = i & M, b = (i + 1) & M;
    const float *r00 = lattice_row(s, j, k), *r10 = lattice_row(s, j + 1, k);
    const float *r01 = lattice_row(s, j, k + 1), *r11 = lattice_row(s, j + 1, k + 1);
    float near = mix(mix(r00[a], r00[b], fx), mix(r10[a], r10[b], fx), fy);
    float far = mix(mix(r01[a], r01[b], fx), mix(r11[a], r11[b], fx), fy);
    return mix(near, far, fz);
}

/* Cells around jittered lattice points (Worley 1996): *edge is the distance to the border
 * between the two nearest, in cells, about 0 to 1; *value is the nearest cell's, in [-1, 1].
 */
void ph_cells(const struct ph_scene *s, const float p[3], float *edge, float *value)
{
    enum { M = PH_LATTICE - 1 };
    int base[3] = {floor_of(p[0]), floor_of(p[1]), floor_of(p[2])};
    float f1 = 1e9f, f2 = 1e9f;
    *value = 0;
    for (int n = 0; n < 27; n++) {
        int i = base[0] + n % 3 - 1, j = base[1] + n / 3 % 3 - 1, k = base[2] + n / 9 - 1;
        const float *row = lattice_row(s, j, k);
        float v = row[i & M];
        float dx = (float)i + 0.5f + 0.45f * v - p[0];
        float dy = (float)j + 0.5f + 0.45f * row[(i + 7) & M] - p[1];
        float dz = (float)k + 0.5f + 0.45f * row[(i + 13) & M] - p[2];
        float d = dx * dx + dy * dy + dz * dz;
        if (d < f1) {
            f2 = f1;
            f1 = d;
            *value = row[(i + 19) & M];
        } else if (d < f2) {
            f2 = d;
        }
    }
    *edge = sqrtf(f2) - sqrtf(f1);
}

/* Taylor's series about 0 after folding to a quarter turn: error below 1e-9. */
double ph_sin(double turns)
{
    double u = turns - (double)(long)turns; /* -1 to 1 */
    if (u < 0) u += 1;
    double sign = u >= 0.5 ? -1 : 1;
    if (u >= 0.5) u -= 0.5;
    if (u > 0.25) u = 0.5 - u;
    double x = 6.283185307179586 * u, x2 = x * x, term = x, sum = x;
    for (int k = 1; k <= 8; k++) {
        term *= -x2 / (double)((2 * k) * (2 * k + 1));
        sum += term;
    }
    return sign * sum;
}
