/* phantom_scene.c - the patient: what varies, and how parts are put into the scene */
#include "phantom_in.h"

static float blend4(float a, float b, float c, float d, float t)
{
    return 0.5f * (2 * b + t * ((c - a) + t * ((2 * a - 5 * b + 4 * c - d) +
                                               t * (3 * b - a - 3 * c + d))));
}

static struct ph_part *new_part(struct ph_scene *s, struct ph_part like)
{
    struct ph_part *p = &s->part[s->n_parts < PH_PARTS ? s->n_parts++ : PH_PARTS - 1];
    *p = like;
    for (int a = 0; a < 3; a++)
        if (p->q[a] == 0) p->q[a] = 1;
    return p;
}

/* A tube through the points at[] = {x, y, z, radius} of the template, each moved at random
 * by `jitter` mm (sd), as a Catmull-Rom curve cut into straight pieces of about 5 mm. */
struct ph_part *ph_tube(struct ph_scene *s, struct ph_part like, const float (*at)[4], int n,
                        float jitter)
{
    struct ph_part *p = new_part(s, like);
    float c[48][4], length = 0;
    p->shape = PH_TUBE;
    p->first = s->n_nodes;
    for (int i = 0; i < n; i++)
        for (int a = 0; a < 4; a++) {
            c[i][a] = at[i][a] + (a < 3 ? ph_bell(s, 0, (double)jitter) : 0);
            if (a < 3) c[i][a] *= s->b.s[a];
        }
    for (int i = 0; i + 1 < n; i++) {
        const float *c0 = c[i ? i - 1 : 0], *c1 = c[i], *c2 = c[i + 1],
                    *c3 = c[i + 2 < n ? i + 2 : n - 1];
        float dx = c2[0] - c1[0], dy = c2[1] - c1[1], dz = c2[2] - c1[2];
        float far = sqrtf(dx * dx + dy * dy + dz * dz);
        int pieces = (int)(far / 5) + 1;
        for (int k = 0; k < pieces + (i + 2 == n); k++) {
            if (s->n_nodes >= PH_NODES) break;
            struct ph_node *g = &s->node[s->n_nodes++];
            float t = (float)k / (float)pieces;
            for (int a = 0; a < 3; a++)
                g->c[a] = blend4(c0[a], c1[a], c2[a], c3[a], t);
            g->r = c1[3] + t * (c2[3] - c1[3]);
            g->t = length + t * far;
        }
        length += far;
    }
    p->n = s->n_nodes - p->first;
    return p;
}

static void axes(float m[3][3], const float turn[3])
{
    double c[3], v[3];
    for (int a = 0; a < 3; a++) {
        v[a] = ph_sin((double)turn[a] / 360);
        c[a] = ph_sin((double)turn[a] / 360 + 0.25);
    }
    const double r[3][3] = {
        {c[1] * c[2], -c[1] * v[2], v[1]},
        {v[0] * v[1] * c[2] + c[0] * v[2], c[0] * c[2] - v[0] * v[1] * v[2], -v[0] * c[1]},
        {v[0] * v[2] - c[0] * v[1] * c[2], v[0] * c[2] + c[0] * v[1] * v[2], c[0] * c[1]}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            m[i][j] = (float)r[j][i];
}

/* Ellipsoids at[] = {centre, half axes}, all turned by `turn` degrees about x, y, z. */
struct ph_part *ph_balls(struct ph_scene *s, struct ph_part like, const float (*at)[6], int n,
                         const float turn[3])
{
    struct ph_part *p = new_part(s, like);
    static const float none[3] = {0, 0, 0};
    p->shape = PH_BALL;
    p->first = s->n_balls;
    for (int i = 0; i < n && s->n_balls < PH_BALLS; i++) {
        struct ph_ball *b = &s->ball[s->n_balls++];
        for (int a = 0; a < 3; a++) {
            b->c[a] = at[i][a] * s->b.s[a];
            b->r[a] = at[i][a + 3] * s->b.s[a];
        }
        axes(b->m, turn ? turn : none);
    }
    p->n = s->n_balls - p->first;
    return p;
}

static float clamp(float x, float lo, float hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

static void draw_body(struct ph_scene *s, const struct dorg_phantom *p)
{
    struct ph_body *b = &s->b;
    float size = clamp(ph_bell(s, 1.0, 0.06), 0.88f, 1.12f);
    for (int a = 0; a < 3; a++)
        b->s[a] = size * clamp(ph_bell(s, 1.0, 0.035), 0.93f, 1.07f);
    float u = ph_unit(s), noise = ph_range(s, 10, 18);
    b->fat = p->fat >= 0 ? p->fat : u;
    b->gap = 0.2f + 4.0f * b->fat * b->fat + 0.8f * b->fat;
    b->sub = 7 + 12 * b->fat + ph_range(s, 0, 10);
    b->muscle = ph_range(s, 9, 13);
    b->phase = ph_range(s, 0.25, 1);
    b->septa = ph_range(s, 0.02, 0.07) + 0.09f * b->fat * ph_unit(s);
    b->noise = p->noise_hu >= 0 ? p->noise_hu : noise;
    b->cavity[0] = b->s[0] * (113 + 9 * b->fat);
    b->cavity[1] = b->s[1] * (70 + 8 * b->fat);
    b->cavity_y = b->cavity[1] - 66 * b->s[1];
    b->spine_z = ph_range(s, -17, 17);
    for (int a = 0; a < 3; a++)
        b->retro[a] = ph_bell(s, 0, a == 2 ? 7 : 3.5);
    b->warp[0] = ph_range(s, 3.0, 6.0);
    b->warp[1] = ph_range(s, 1.2, 2.6);
}

void ph_build(struct ph_scene *s, const struct dorg_phantom *p)
{
    memset(s, 0, sizeof *s);
    s->seed = p->seed;
    ph_fill_lattice(s);
    draw_body(s, p);
    ph_add_gut(s);
    ph_add_mesentery(s);
    ph_add_solid(s);
    ph_add_duodenum(s);
    ph_add_pancreas(s);
    ph_add_vessels(s);
    s->n_cavity = s->n_parts;
    ph_add_frame(s);
}
