/* phantom_pancreas.c - the organ sought, and the duodenum around its head */
#include "phantom_in.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static const float duodenum[][4] = {
    {24, 40, 13, 9},  {36, 36, 9, 11},   {49, 24, 4, 12},    {56, 9, -8, 12.5f},
    {56, 1, -26, 12}, {46, 0, -44, 12},  {27, 3, -52, 11},   {4, 4, -52, 9},
    {-16, 4, -46, 9}, {-29, 9, -32, 10}, {-35, 20, -22, 11}, {-47, 30, -26, 11}};

static const float head[][4] = {{36, 15, 7, 9},      {35, 12, -5, 13}, {33, 9, -17, 13},
                                {29, 6, -30, 11.5f}, {20, 3, -37, 8},  {11, 2, -37, 5}};
static const float rest[][4] = {
    {34, 13, 1, 11},      {24, 18, 3, 9.5f}, {12, 22, 6, 8},      {-4, 25, 11, 9},
    {-20, 22, 14, 10},    {-36, 13, 17, 10}, {-50, 2, 20, 10.5f}, {-62, -8, 24, 10.5f},
    {-72, -16, 27, 8.5f}, {-79, -21, 29, 6}};

/* The common shift of the retroperitoneum above the kidneys. */
static void moved(float (*to)[4], const float (*from)[4], int n, const struct ph_scene *s)
{
    for (int i = 0; i < n; i++)
        for (int a = 0; a < 4; a++)
            to[i][a] = from[i][a] + (a < 3 ? s->b.retro[a] : 0);
}

void ph_add_duodenum(struct ph_scene *s)
{
    float at[COUNT(duodenum)][4];
    moved(at, duodenum, COUNT(duodenum), s);
    float wide = ph_range(s, 0.8, 1.12), u = ph_unit(s);
    for (int i = 0; i < COUNT(at); i++)
        at[i][3] *= wide;
    struct ph_part like = {.mat = PH_HOLLOW,
                           .organ = DORG_ORGAN_DUODENUM,
                           .halo = s->b.gap * 0.45f,
                           .rough = 1.6f,
                           .rough_mm = 11,
                           .hu = ph_bell(s, 97, 8),
                           .wall = ph_range(s, 2.2, 4),
                           .gas = ph_range(s, 0.2, 1.8),
                           .tex = 16,
                           .tex_mm = 5};
    like.fill = u < 0.5f    ? like.hu + ph_range(s, -32, 0)
                : u < 0.75f ? ph_range(s, 10, 45)
                            : ph_range(s, 130, 320);
    ph_tube(s, like, PH_AT(at), COUNT(at), 2.2f);
}

/* Bend the template: how the tail climbs, how the body arches, how thick each part is. */
static void shape(float (*at)[4], int n, struct ph_scene *s, float size)
{
    float climb = ph_bell(s, 0, 0.11), arch = ph_bell(s, 0, 4), sigma = ph_bell(s, 0, 5);
    float thin = ph_range(s, 0.85, 1.12), tail = ph_range(s, 0.8, 1.22);
    float length = ph_range(s, 0.9, 1.04);
    for (int i = 2; i < n; i++) {
        float u = (float)(i - 2) / (float)(n - 3); /* 0 neck, 1 tail */
        at[i][0] = at[2][0] + (at[i][0] - at[2][0]) * length;
        at[i][2] += climb * (at[2][0] - at[i][0]) + sigma * (float)ph_sin((double)u);
        at[i][1] += arch * 4 * u * (1 - u);
        at[i][3] *= thin * (1 + (tail - 1) * u);
    }
    for (int i = 0; i < n; i++)
        at[i][3] *= size;
}

void ph_add_pancreas(struct ph_scene *s)
{
    float top[COUNT(head)][4], arm[COUNT(rest)][4];
    float size = ph_range(s, 0.80, 1.28), big_head = ph_range(s, 0.9, 1.1);
    moved(top, head, COUNT(head), s);
    moved(arm, rest, COUNT(rest), s);
    shape(arm, COUNT(arm), s, size);
    memcpy(s->arm, arm, sizeof arm);
    for (int i = 0; i < COUNT(top); i++)
        top[i][3] *= size * big_head;
    struct ph_part like = {.mat = PH_GLAND,
                           .organ = DORG_ORGAN_PANCREAS,
                           .halo = s->b.gap * 0.5f,
                           .q = {1, 1, 0.72f},
                           .rough = 1.2f + 7 * s->b.septa,
                           .rough_mm = 8.5f,
                           .hu = 140 - 16 * s->b.phase + ph_bell(s, 0, 5)};
    ph_tube(s, like, PH_AT(arm), COUNT(arm), 1.6f);
    like.halo = 0; /* one organ: the head must not carve a gap into the neck */
    ph_tube(s, like, PH_AT(top), COUNT(top), 1.6f);

    const float *h = s->b.retro;
    const float bile[][4] = {{40 + h[0], 14 + h[1], 48 + h[2], 3},
                             {36 + h[0], 8 + h[1], 20 + h[2], 3},
                             {38 + h[0], 6 + h[1], -6 + h[2], 2.6f},
                             {45 + h[0], 5 + h[1], -22 + h[2], 2}};
    struct ph_part duct = {.organ = DORG_ORGAN_GALLBLADDER, .hu = 10};
    ph_tube(s, duct, bile, COUNT(bile), 1);
}
