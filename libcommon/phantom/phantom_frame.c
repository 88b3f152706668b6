/* phantom_frame.c - spine, ribs, and the muscles beside the spine */
#include "phantom_in.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static void muscles(struct ph_scene *s)
{
    struct ph_part like = {.organ = DORG_ORGAN_MUSCLE,
                           .hu = 58,
                           .halo = 0.4f,
                           .tex = 9,
                           .tex_mm = 4,
                           .rough = 2,
                           .rough_mm = 14};
    for (int side = -1; side <= 1; side += 2) {
        float x = (float)side;
        const float psoas[][4] = {{x * 25, -42, 20, 5},
                                  {x * 29, -42, -10, 10},
                                  {x * 34, -42, -60, 15},
                                  {x * 40, -38, -130, 19}};
        const float square[][4] = {
            {x * 50, -66, 25, 8}, {x * 60, -64, -40, 10}, {x * 66, -62, -130, 11}};
        const float crus[][4] = {{x * 15 - 3, -8, 110, 4},
                                 {x * 15 - 4, -12, 40, 4.5f},
                                 {x * 14 - 3, -20, -15, 3.5f}};
        const float back[][4] = {
            {x * 30, -82, 140, 21}, {x * 33, -83, 0, 23}, {x * 32, -84, -140, 24}};
        like.rigid = true;
        like.q[0] = 1;
        ph_tube(s, like, psoas, COUNT(psoas), 1);
        like.q[0] = 0.75f;
        ph_tube(s, like, square, COUNT(square), 1);
        ph_tube(s, like, back, COUNT(back), 0.5f);
        like.q[0] = 1.5f;
        ph_tube(s, like, crus, COUNT(crus), 1);
    }
}

static void arch(struct ph_scene *s, float z, const struct ph_part *like)
{
    for (int side = -1; side <= 1; side += 2) {
        float x = (float)side;
        const float pedicle[][4] = {{x * 14, -48, z + 6, 4.5f},
                                    {x * 16, -58, z + 5, 5},
                                    {x * 17, -66, z, 5},
                                    {x * 6, -72, z - 5, 4}};
        const float transverse[][4] = {{x * 17, -62, z + 3, 4.5f}, {x * 40, -66, z + 3, 3}};
        const float facet[][4] = {{x * 17, -66, z, 6.5f}, {x * 18, -67, z - 16, 6.5f}};
        ph_tube(s, *like, pedicle, COUNT(pedicle), 0.5f);
        ph_tube(s, *like, transverse, COUNT(transverse), 1);
        ph_tube(s, *like, facet, COUNT(facet), 0.5f);
    }
    struct ph_part tall = *like;
    tall.q[2] = 0.4f;
    const float spinous[][4] = {{0, -74, z - 6, 3.4f}, {0, -96, z - 12, 3.4f}};
    ph_tube(s, tall, spinous, COUNT(spinous), 0.5f);
}

static void spine(struct ph_scene *s)
{
    struct ph_part like = {.mat = PH_BONE,
                           .organ = DORG_ORGAN_BONE,
                           .hu = ph_range(s, 420, 620),
                           .fill = ph_range(s, 150, 260),
                           .wall = 1.4f,
                           .rigid = true};
    static const float column[][4] = {{0, -38, 140, 18}, {0, -38, 0, 19}, {0, -37, -140, 20}};
    static const float canal[][4] = {{0, -61, 140, 9}, {0, -61, -140, 9}};
    static const float cord[][4] = {{0, -61, 140, 6}, {0, -61, 0, 5.5f}, {0, -61, -140, 6}};
    struct ph_part body = like;
    body.mat = PH_SPINE;
    body.q[0] = 0.84f;
    body.q[1] = 1.15f;
    ph_tube(s, body, column, COUNT(column), 0);
    for (int level = -5; level <= 4; level++)
        arch(s, s->b.spine_z / s->b.s[2] + 33 * ((float)level + 0.5f), &like);
    struct ph_part sac = {.hu = -60, .rigid = true, .q = {0.85f, 1.1f, 1}};
    ph_tube(s, sac, canal, COUNT(canal), 0);
    sac.hu = 38;
    sac.organ = DORG_ORGAN_MUSCLE;
    ph_tube(s, sac, cord, COUNT(cord), 0);
}

/* A rib leaves the spine, runs down and around inside the muscle wall. */
static void rib(struct ph_scene *s, int side, float z, float round, const struct ph_part *like)
{
    enum { N = 14 };
    float at[N][4];
    const struct ph_body *b = &s->b;
    for (int i = 0; i < N; i++) {
        float f = (float)i / (N - 1);
        double turn = -0.25 + 0.035 + (double)(f * round); /* from the back, in turns */
        double cx = ph_sin(turn + 0.25), cy = ph_sin(turn);
        float a = b->cavity[0] + b->muscle * 0.45f, h = b->cavity[1] + b->muscle * 0.55f;
        at[i][0] = (float)side * (float)cx * a / b->s[0];
        at[i][1] = (b->cavity_y + (float)cy * h) / b->s[1] - (f < 0.15f ? 4 : 0);
        at[i][2] = z - 70 * f * (1.25f - 0.25f * f);
        at[i][3] = 4.2f;
    }
    ph_tube(s, *like, PH_AT(at), N, 0.6f);
}

static void ribs(struct ph_scene *s)
{
    struct ph_part like = {.mat = PH_BONE,
                           .organ = DORG_ORGAN_BONE,
                           .hu = ph_range(s, 380, 560),
                           .fill = ph_range(s, 110, 220),
                           .wall = 1.2f,
                           .q = {1, 1, 0.7f},
                           .rigid = true};
    float low = ph_range(s, -12, 12);
    for (int side = -1; side <= 1; side += 2)
        for (int i = 0; i < 7; i++) {
            float round = i == 0 ? 0.10f : i == 1 ? 0.19f : 0.34f;
            rib(s, side, low + 12 + 26 * (float)i, round, &like);
        }
}

void ph_add_frame(struct ph_scene *s)
{
    muscles(s);
    ribs(s);
    spine(s);
}
