/* json.c - text as JSON has it */
#include "json.h"

/* Bytes of the UTF-8 character at s (RFC 3629), 0 if there is none. */
static int utf8(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    int n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    for (int i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    bool bad = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
               (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f) || p[0] > 0xf4;
    return bad ? 0 : n;
}

int dorg_json_text(struct dorg_out *o, const char *s, struct dorg_err *e)
{
    dorg_out_printf(o, e, "\"");
    while (*s) {
        int n = utf8(s);
        if (*s == '"' || *s == '\\')
            dorg_out_printf(o, e, "\\%c", *s);
        else if (n == 1 && (unsigned char)*s < ' ')
            dorg_out_printf(o, e, "\\u%04x", (unsigned)*s);
        else if (n)
            dorg_out_printf(o, e, "%.*s", n, s);
        else
            dorg_out_printf(o, e, "\\ufffd");
        s += n ? n : 1;
    }
    return dorg_out_printf(o, e, "\"");
}
