/* phantom_solid.c - liver, spleen, gallbladder, kidneys, adrenals */
#include "phantom_in.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static const float liver[][6] = {{84, 2, 36, 50, 72, 84},
                                 {34, 46, 54, 64, 34, 42},
                                 {-20, 54, 60, 42, 24, 28},
                                 {30, 8, 58, 24, 22, 26}};
static const float spleen[][6] = {{-99, -30, 40, 24, 42, 48}};
static const float gallbladder[][6] = {{54, 42, -12, 13, 19, 25}};

/* A tree of vessels inside the liver, from its hilum. */
static void liver_vessels(struct ph_scene *s, float hu)
{
    static const float tip[][3] = {{110, 40, 50}, {115, 0, 20},  {100, -35, 50}, {80, 45, 10},
                                   {20, 60, 70},  {-25, 52, 65}, {70, 10, 100},  {95, -20, 85},
                                   {60, 50, 90},  {30, 30, 100}};
    for (int i = 0; i < COUNT(tip); i++) {
        bool to_heart = i >= 6; /* hepatic veins run to the cava below the heart */
        const float from[3] = {to_heart ? 22 : 44, to_heart ? -8 : 12, to_heart ? 105 : 44};
        float at[3][4];
        for (int a = 0; a < 3; a++) {
            at[0][a] = from[a];
            at[1][a] = 0.5f * (from[a] + tip[i][a]) + ph_bell(s, 0, 6);
            at[2][a] = tip[i][a] + ph_bell(s, 0, 7);
        }
        at[0][3] = 4.5f;
        at[1][3] = 3;
        at[2][3] = 1.2f;
        struct ph_part like = {.organ = DORG_ORGAN_LIVER, .hu = hu};
        ph_tube(s, like, PH_AT(at), 3, 0);
    }
}

static void kidney(struct ph_scene *s, float side, float z)
{
    float phase = s->b.phase;
    const float at[][6] = {{side * 57, -37, z, 27, 24, 53}};
    const float sinus[][6] = {{side * 42, -31, z, 17, 9, 24}};
    const float turn[3] = {ph_range(s, -14, -4), side * ph_range(s, 2, 10),
                           side * ph_range(s, 15, 35)};
    struct ph_part like = {.mat = PH_KIDNEY,
                           .organ = DORG_ORGAN_KIDNEY,
                           .halo = 2 + 1.6f * s->b.gap,
                           .rough = 1.5f,
                           .rough_mm = 22,
                           .hu = 215 - 30 * phase + ph_range(s, -12, 12),
                           .fill = 105 + 75 * phase};
    ph_balls(s, like, at, 1, turn);
    struct ph_part fat = {.organ = DORG_ORGAN_NONE,
                          .hu = -70,
                          .rough = 5,
                          .rough_mm = 9,
                          .tex = 30,
                          .tex_mm = 6};
    ph_balls(s, fat, sinus, 1, turn);
    const float pelvis[][4] = {{side * 46, -33, z + 14, 4},
                               {side * 40, -31, z, 6},
                               {side * 32, -32, z - 12, 3.5f},
                               {side * 28, -36, z - 60, 2.6f},
                               {side * 30, -30, z - 130, 2.6f}};
    struct ph_part urine = {.organ = DORG_ORGAN_NONE, .hu = 12, .halo = 0.6f};
    ph_tube(s, urine, pelvis, COUNT(pelvis), 1.5f);
}

static void adrenals(struct ph_scene *s)
{
    static const float right[][4] = {
        {28, -27, 24, 2.6f}, {31, -22, 32, 3.2f}, {34, -27, 40, 2.4f}};
    static const float left[][4] = {
        {-33, -26, 16, 2.6f}, {-34, -16, 25, 3.4f}, {-40, -25, 31, 2.4f}};
    struct ph_part like = {.organ = DORG_ORGAN_ADRENAL,
                           .hu = ph_range(s, 60, 95),
                           .q = {1, 1, 0.6f},
                           .halo = 1 + s->b.gap * 0.5f};
    ph_tube(s, like, right, COUNT(right), 1.5f);
    ph_tube(s, like, left, COUNT(left), 1.5f);
}

void ph_add_solid(struct ph_scene *s)
{
    float phase = s->b.phase, shift = ph_bell(s, 0, 9);
    const float turn_spleen[3] = {ph_range(s, -25, 0), ph_range(s, -8, 8),
                                  ph_range(s, -30, -8)};
    struct ph_part like = {.organ = DORG_ORGAN_LIVER,
                           .hu = 84 + 26 * phase + ph_bell(s, 0, 8),
                           .join = 14,
                           .rough = 3.5f,
                           .rough_mm = 38,
                           .halo = s->b.gap * 0.6f,
                           .tex = 5,
                           .tex_mm = 4};
    float lobes[COUNT(liver)][6];
    memcpy(lobes, liver, sizeof lobes);
    lobes[0][2] += shift;
    lobes[0][5] *= ph_range(s, 0.85, 1.15);
    lobes[2][3] *= ph_range(s, 0.6, 1.3);
    ph_balls(s, like, (const float(*)[6])lobes, COUNT(liver), NULL);
    liver_vessels(s, like.hu + 20 + 32 * phase);

    struct ph_part bile = {.organ = DORG_ORGAN_GALLBLADDER,
                           .hu = ph_range(s, 2, 18),
                           .halo = 1.2f,
                           .rough = 1,
                           .rough_mm = 15};
    if (ph_unit(s) < 0.85f) ph_balls(s, bile, gallbladder, 1, turn_spleen);

    float at[1][6];
    memcpy(at, spleen, sizeof at);
    at[0][2] += ph_bell(s, 0, 6);
    for (int a = 3; a < 6; a++)
        at[0][a] *= ph_range(s, 0.85, 1.15);
    like.organ = DORG_ORGAN_SPLEEN;
    like.hu = 122 + ph_bell(s, 0, 7);
    like.rough = 4;
    like.rough_mm = 30;
    ph_balls(s, like, (const float(*)[6])at, 1, turn_spleen);

    kidney(s, 1, -20 + ph_bell(s, 0, 8));
    kidney(s, -1, -8 + ph_bell(s, 0, 8));
    adrenals(s);
}
