/* phantom_vessels.c - aorta, cava, portal system, their branches, lymph nodes */
#include "phantom_in.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static const float aorta[][4] = {
    {-9, -10, 125, 10}, {-9, -10, 40, 9.5f}, {-8, -9, -30, 9}, {-7, -9, -125, 8.5f}};
static const float cava[][4] = {{20, -4, 125, 12},
                                {21, -9, 50, 11},
                                {21, -12, 0, 11},
                                {20, -13, -50, 10},
                                {19, -14, -125, 10}};
static const float smv[][4] = {
    {14, 20, -125, 4}, {14, 16, -70, 5}, {14, 12, -25, 5.8f}, {14, 9, 2, 6.2f}};
static const float portal[][4] = {
    {14, 10, 2, 6.8f}, {20, 9, 18, 7}, {32, 11, 34, 7}, {46, 13, 44, 6}};
static const float sma[][4] = {{-8, -2, 8, 4.2f},
                               {-5, 9, 0, 4},
                               {-4, 12, -22, 3.8f},
                               {-2, 17, -70, 3.2f},
                               {0, 22, -125, 2.4f}};
static const float celiac[][4] = {{-8, -2, 26, 4},
                                  {-6, 11, 30, 3.6f},
                                  {8, 19, 27, 2.8f},
                                  {22, 19, 27, 2.5f},
                                  {36, 18, 40, 2.2f}};
static const float left_renal[][4] = {{-44, -28, -6, 4},
                                      {-26, -10, -4, 4.5f},
                                      {-6, 3, -7, 4},
                                      {14, -4, -8, 5},
                                      {20, -11, -8, 5}};
static const float right_renal[][4] = {
    {46, -29, -16, 4}, {30, -18, -13, 4.6f}, {21, -12, -11, 4.6f}};

/* Nodes, and the branches of the mesentery: small round things of the pancreas's own HU. */
void ph_add_mesentery(struct ph_scene *s)
{
    for (int i = 0; i < 44; i++) {
        bool vein = i % 2;
        float z0 = ph_range(s, -95, -12), u = ph_range(s, -1, 1);
        const float from[3] = {vein ? 14 : -3, 15, z0};
        const float to[3] = {u * 80, ph_range(s, 30, 68), z0 - ph_range(s, -5, 45)};
        float at[4][4];
        for (int k = 0; k < 4; k++) {
            float f = (float)k / 3;
            for (int a = 0; a < 3; a++)
                at[k][a] = from[a] + f * (to[a] - from[a]) + (k ? ph_bell(s, 0, 4) : 0);
            at[k][3] = ph_range(s, 1.4, 2.3) * (1 - 0.4f * f);
        }
        struct ph_part like = {.organ = vein ? DORG_ORGAN_VEIN : DORG_ORGAN_ARTERY,
                               .hu = vein ? 100 + 55 * s->b.phase : 190 - 40 * s->b.phase};
        ph_tube(s, like, PH_AT(at), 4, 0);
    }
    for (int i = 0; i < 16; i++) {
        float r = ph_range(s, 2.2, 5);
        const float at[][4] = {
            {ph_range(s, -55, 60), ph_range(s, 6, 40), ph_range(s, -70, 45), r}, {0, 0, 0, r}};
        float pair[2][4];
        memcpy(pair, at, sizeof pair);
        for (int a = 0; a < 3; a++)
            pair[1][a] = pair[0][a] + ph_bell(s, 0, 3);
        struct ph_part like = {.organ = DORG_ORGAN_NODE, .hu = ph_range(s, 70, 110)};
        ph_tube(s, like, PH_AT(pair), 2, 0);
    }
}

static void vessel(struct ph_scene *s, const float (*from)[4], int n, enum dorg_organ organ,
                   float hu, float halo, bool shifted)
{
    float at[16][4];
    for (int i = 0; i < n; i++)
        for (int a = 0; a < 4; a++)
            at[i][a] = from[i][a] + (a < 3 && shifted ? s->b.retro[a] : 0);
    struct ph_part like = {.organ = organ,
                           .hu = hu,
                           .halo = halo,
                           .tex = 4,
                           .tex_mm = 6,
                           .rough = 0.5f,
                           .rough_mm = 12};
    ph_tube(s, like, PH_AT(at), n, shifted ? 1.4f : 1.8f);
}

/* Along the body and tail of the pancreas to the hilum of the spleen: behind it (the vein) or
 * over its upper border (the artery). */
static void along_gland(struct ph_scene *s, enum dorg_organ organ, float hu, float up, float r,
                        const float start[3])
{
    enum { N = 10 };
    float at[N][4];
    for (int i = 0; i < N; i++) {
        const float *g = s->arm[i];
        float off = g[3] + 0.7f * r;
        at[i][0] = g[0] - 2;
        at[i][1] = g[1] - off * (up > 0 ? 0.35f : 0.92f);
        at[i][2] = g[2] + up * off / 0.72f + (up > 0 ? ph_bell(s, 0, 2) : 1);
        at[i][3] = r * (1.1f - 0.04f * (float)i);
    }
    at[N - 1][0] -= 12; /* the hilum */
    at[N - 1][2] += 4;
    memcpy(at[1], start, 3 * sizeof(float));
    struct ph_part like = {.organ = organ, .hu = hu, .halo = 0.1f * s->b.gap};
    ph_tube(s, like, PH_AT(at + 1), N - 1, 0.8f);
}

void ph_add_vessels(struct ph_scene *s)
{
    float phase = s->b.phase, gap = s->b.gap;
    float artery = 330 - 190 * phase + ph_bell(s, 0, 12);
    float vein = 88 + 80 * phase + ph_bell(s, 0, 12), low = 78 + 50 * phase;
    vessel(s, right_renal, COUNT(right_renal), DORG_ORGAN_VEIN, vein, 0.3f * gap, false);
    vessel(s, cava, COUNT(cava), DORG_ORGAN_VEIN, 0.5f * (low + vein), 0.3f * gap, false);
    vessel(s, left_renal, COUNT(left_renal), DORG_ORGAN_VEIN, vein, 0.2f * gap, false);
    vessel(s, aorta, COUNT(aorta), DORG_ORGAN_ARTERY, artery, 0.5f * gap, false);
    vessel(s, smv, COUNT(smv), DORG_ORGAN_VEIN, vein, 0.15f * gap, true);
    const float *h = s->b.retro;
    const float joins[3] = {14 + h[0], 10 + h[1], 3 + h[2]}, trunk[3] = {-7, 11, 30};
    along_gland(s, DORG_ORGAN_VEIN, vein, 0, 4.4f, joins);
    vessel(s, portal, COUNT(portal), DORG_ORGAN_VEIN, vein, 0.2f * gap, true);
    vessel(s, sma, COUNT(sma), DORG_ORGAN_ARTERY, artery - 15, 1 + 0.7f * gap, false);
    vessel(s, celiac, COUNT(celiac), DORG_ORGAN_ARTERY, artery - 20, 0.4f * gap, false);
    along_gland(s, DORG_ORGAN_ARTERY, artery - 30, 0.9f, 2.5f, trunk);
}
