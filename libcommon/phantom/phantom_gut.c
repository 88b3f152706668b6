/* phantom_gut.c - stomach, small bowel, colon */
#include "phantom_in.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static const float colon[][4] = {
    {92, -10, -125, 23}, {94, -6, -72, 23},  {90, 14, -40, 23},    {68, 54, -36, 21},
    {32, 66, -44, 20},   {-12, 70, -46, 19}, {-54, 64, -24, 19},   {-84, 42, 10, 19},
    {-97, 14, 28, 18},   {-104, -8, 5, 16},  {-104, -14, -50, 15}, {-102, -14, -125, 15}};

static const float stomach[][4] = {{-56, -2, 84, 31}, {-62, 20, 60, 32}, {-57, 40, 36, 27},
                                   {-40, 50, 16, 21}, {-14, 53, 6, 17},  {8, 48, 8, 13},
                                   {24, 40, 14, 8}};

/* What a piece of bowel holds: nothing much (it looks like pancreas), fluid, contrast, gas. */
static void contents(struct ph_scene *s, struct ph_part *like, float drank)
{
    float u = ph_unit(s);
    like->gas = 2; /* never */
    like->tex = 8;
    like->tex_mm = 4;
    if (u < 0.45f) {
        like->fill = like->hu + ph_range(s, -30, 0);
    } else if (u < 0.45f + 0.35f * drank) {
        like->fill = ph_range(s, 180, 380);
        like->tex = 40;
        like->gas = ph_range(s, 0.5, 2);
    } else if (u < 0.88f) {
        like->fill = ph_range(s, 10, 45);
    } else {
        like->fill = ph_range(s, 20, 60);
        like->gas = ph_range(s, -0.4, 0.3);
    }
}

/* Bowel to and fro inside a region: lo, hi of x, y, z. */
static void loop(struct ph_scene *s, struct ph_part like, const float region[6])
{
    enum { N = 9 };
    float at[N][4], x = ph_unit(s), y = ph_unit(s), z = ph_unit(s);
    float dx = ph_unit(s) < 0.5f ? -0.33f : 0.33f, dz = ph_unit(s) < 0.5f ? -0.2f : 0.2f;
    float r = ph_range(s, 9, 13.5);
    for (int i = 0; i < N; i++) {
        at[i][0] = region[0] + x * (region[3] - region[0]);
        at[i][1] = region[1] + y * (region[4] - region[1]);
        at[i][2] = region[2] + z * (region[5] - region[2]);
        at[i][3] = r * ph_range(s, 0.85, 1.15);
        x += dx * ph_range(s, 0.6, 1.4);
        if (x < 0 || x > 1) { /* a turn */
            x = x < 0 ? -x : 2 - x;
            dx = -dx;
            y += ph_range(s, -0.4, 0.4);
            z += dz;
        }
        y += ph_range(s, -0.25, 0.25);
        z += ph_range(s, -0.12, 0.12);
        y = y < 0 ? -y : y > 1 ? 2 - y : y;
        if (z < 0 || z > 1) {
            z = z < 0 ? -z : 2 - z;
            dz = -dz;
        }
    }
    ph_tube(s, like, PH_AT(at), N, 2);
}

static void small_bowel(struct ph_scene *s, float drank, float wall_hu)
{
    static const float upper_left[6] = {-84, 14, -45, -32, 52, 2};
    static const float middle[6] = {-84, 18, -115, 84, 66, -50};
    static const float deep[6] = {-80, 0, -110, 70, 44, -62};
    for (int i = 0; i < 40; i++) {
        struct ph_part like = {.mat = PH_HOLLOW,
                               .organ = DORG_ORGAN_BOWEL,
                               .halo = s->b.gap * 0.5f,
                               .rough = 1.2f,
                               .rough_mm = 9,
                               .wall = ph_range(s, 1.5, 2.8)};
        like.hu = wall_hu + ph_range(s, -12, 12);
        contents(s, &like, drank);
        float region[6];
        memcpy(region, i < 9 ? upper_left : i % 2 ? middle : deep, sizeof region);
        if (i >= 9) { /* a part of the breadth */
            region[0] += ph_range(s, 0, 95);
            region[3] = region[0] + 70;
        }
        loop(s, like, region);
    }
}

void ph_add_gut(struct ph_scene *s)
{
    float drank = ph_range(s, 0, 1), wall_hu = ph_bell(s, 97, 7);
    small_bowel(s, drank, wall_hu);
    struct ph_part big = {.mat = PH_FECES,
                          .organ = DORG_ORGAN_COLON,
                          .halo = 1 + s->b.gap * 0.5f,
                          .rough = 4.5f,
                          .rough_mm = 17,
                          .hu = ph_range(s, 55, 85),
                          .wall = 2.2f,
                          .fill = ph_range(s, -60, 40),
                          .gas = ph_range(s, -0.4, 0.9)};
    ph_tube(s, big, colon, COUNT(colon), 6);
    struct ph_part bag = {.mat = PH_HOLLOW,
                          .organ = DORG_ORGAN_STOMACH,
                          .halo = s->b.gap * 0.7f,
                          .rough = 2,
                          .rough_mm = 24,
                          .hu = wall_hu + ph_range(s, -12, 8),
                          .wall = ph_range(s, 3, 5),
                          .fill = drank > 0.5f ? ph_range(s, 120, 330) : ph_range(s, 5, 50),
                          .gas = ph_range(s, 0.0, 0.9),
                          .tex = 14,
                          .tex_mm = 7};
    float full = ph_range(s, 0.72, 1.08), at[COUNT(stomach)][4];
    for (int i = 0; i < COUNT(stomach); i++) {
        memcpy(at[i], stomach[i], sizeof at[i]);
        at[i][1] += (1 - full) * 18; /* an empty stomach hangs in front */
        at[i][3] *= i < 5 ? full : 1;
    }
    ph_tube(s, bag, PH_AT(at), COUNT(stomach), 3.5f);
}
