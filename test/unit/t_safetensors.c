/* t_safetensors.c - headers good and bad, half floats */
#include "../../libcommon/net/safetensors.h"
#include "../tap.h"

static int parse(struct dorg_st *s, uint8_t *buf, const char *json, size_t n_data,
                 struct dorg_err *e)
{
    uint64_t n = strlen(json);
    memcpy(buf, &n, 8);
    memcpy(buf + 8, json, n);
    for (size_t i = 0; i < n_data; i++)
        buf[8 + n + i] = (uint8_t)(i * 7);
    *e = DORG_ERR_INIT;
    return dorg_st_parse(s, buf, 8 + n + n_data, e);
}

static const struct {
    const char *json;
    size_t n_data;
    int good;
} cases[] = {
    {"{}", 0, 1},
    {"{\"__metadata__\":{\"k\":\"v\"}}", 0, 1},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}  ", 8, 1},
    {"{\"a\":{\"shape\":[],\"data_offsets\":[0,2],\"dtype\":\"F16\"}}", 2, 1},
    {"{\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[4,7]},"
     "\"a\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
     7, 1},
    {"", 0, 0},
    {"{", 0, 0},
    {"{}}", 0, 0},
    {"[]", 0, 0},
    {"{}", 4, 0},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 8, 0},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, 0},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, 0},
    {"{\"a\":{\"dtype\":\"F99\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, 0},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, 0},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
     0},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, 0},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4, 0},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
     "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
     8, 0},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
     "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
     4, 0},
    {"{\"__metadata__\":{\"k\":3}}", 0, 0},
    {"{\"__metadata__\":{\"k\":\"\\u00\"}}", 0, 0},
    {"{\"__metadata__\":{\"k\":\"\\ud800x\"}}", 0, 0},
    {"{\"__metadata__\":{\"k\":\"\\q\"}}", 0, 0},
    {"{\"__metadata__\":{\"k\":\"v\\", 0, 0},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}", 4,
     0},
};

int main(void)
{
    uint8_t buf[1024];
    struct dorg_err e;
    struct dorg_st s;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int rc = parse(&s, buf, cases[i].json, cases[i].n_data, &e);
        ok(rc == (cases[i].good ? 0 : DORG_EDATA), "%s: %s", cases[i].json, e.text);
        dorg_st_free(&s);
    }
    parse(&s, buf, "{\"__metadata__\":{\"k\":\"a\\n\\\"\\u00e9\\ud83d\\ude00\\/\"}}", 0, &e);
    ok(strcmp(dorg_st_text(&s, "k"), "a\n\"\xc3\xa9\xf0\x9f\x98\x80/") == 0, "escapes");
    dorg_st_free(&s);

    const uint16_t half[6] = {0x3C00, 0xC000, 0x0001, 0x7BFF, 0x8000, 0x3555};
    const double want[6] = {1, -2, 0x1p-24, 65504, 0, 0.333251953125};
    struct dorg_st_tensor t = {.name = (char[]){"t"}, .dtype = "F16", .n = 6, .data = half};
    float got[6];
    e = DORG_ERR_INIT;
    ok(!dorg_st_floats(got, &t, &e), "half floats");
    for (int i = 0; i < 6; i++)
        near((double)got[i], want[i], 0, "one of them");
    const uint16_t inf = 0x7C00;
    t.n = 1;
    t.data = &inf;
    ok(dorg_st_floats(got, &t, &e) == DORG_EDATA, "infinity is refused");
    const uint16_t brain = 0xC049;
    e = DORG_ERR_INIT;
    t.data = &brain;
    snprintf(t.dtype, sizeof t.dtype, "BF16");
    ok(!dorg_st_floats(got, &t, &e), "a bfloat");
    near((double)got[0], -3.140625, 0, "is the float's upper half");
    return tap_done();
}
