/* num.c - numbers as text, by the short way where it is exact */
#include "num.h"

#include <stdbool.h>
#include <stdint.h>

static const double ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                             1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                             1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}; /* all exact */

struct scanned {
    uint64_t digits; /* the digits as one whole number */
    int n, power;    /* how many; value = digits * 10^power */
};

/* Digits, at most 18 of them, with at most one point. */
static const char *scan_digits(struct scanned *x, const char *p)
{
    bool point = false;
    for (; x->n < 18; p++) {
        if (*p == '.' && !point) {
            point = true;
        } else if (*p >= '0' && *p <= '9') {
            x->digits = 10 * x->digits + (uint64_t)(*p - '0');
            x->n++;
            x->power -= point;
        } else {
            break;
        }
    }
    return p;
}

static const char *scan_power(struct scanned *x, const char *p)
{
    if (*p != 'e' && *p != 'E') return p;
    bool minus = p[1] == '-';
    const char *q = p + 1 + (p[1] == '-' || p[1] == '+');
    int e = 0, n = 0;
    for (; *q >= '0' && *q <= '9' && n < 4; q++, n++)
        e = 10 * e + (*q - '0');
    if (n == 0) return p;
    x->power += minus ? -e : e;
    return q;
}

double dorg_num_parse(const char *s, char **end)
{
    struct scanned x = {0, 0, 0};
    bool minus = *s == '-';
    const char *p = scan_power(&x, scan_digits(&x, s + minus));
    if (x.n == 0 || (*p && *p != '\t') || x.digits > (UINT64_C(1) << 53) || x.power < -22 ||
        x.power > 22)
        return strtod(s, end);
    double v = (double)x.digits;
    v = x.power < 0 ? v / ten[-x.power] : v * ten[x.power];
    *end = (char *)(uintptr_t)p;
    return minus ? -v : v;
}

static int put_whole(char *to, uint64_t m)
{
    char back[24];
    int n = 0;
    do
        back[n++] = (char)('0' + m % 10);
    while (m /= 10);
    for (int i = 0; i < n; i++)
        to[i] = back[n - 1 - i];
    return n;
}

/* Nine digits m of a number in [10^e, 10^(e+1)), trailing zeros dropped. */
static int put_nine(char *to, uint32_t m, int e)
{
    char d[9];
    int last = 0, n = 0;
    for (int i = 8; i >= 0; i--, m /= 10)
        d[i] = (char)('0' + m % 10);
    for (int i = 0; i < 9; i++)
        if (d[i] != '0') last = i;
    if (e < 0) {
        to[n++] = '0';
        to[n++] = '.';
        for (int i = -1; i > e; i--)
            to[n++] = '0';
    }
    for (int i = 0; i <= last || i <= e; i++) {
        if (i == e + 1 && e >= 0) to[n++] = '.';
        to[n++] = d[i];
    }
    return n;
}

/* %.9g of 1e-4 <= x < 1e9; 0 when it might not be. */
static int nine_digits(char *to, double x)
{
    static const double down[] = {1e-1, 1e-2, 1e-3, 1e-4};
    int e = 8;
    if (!(x >= 1.0001e-4 && x < 999999999.0)) return 0;
    if (x >= 1)
        while (x < ten[e])
            e--;
    else
        for (e = -1; x < down[-1 - e];)
            e--;
    /* below 1 the powers are rounded: next to one of them, leave it to the library */
    if (e < 0 && fabs(x - down[-1 - e]) < 1e-6 * x) return 0;
    long double y = (long double)x * (long double)ten[8 - e];
    uint64_t m = (uint64_t)y;
    long double part = y - (long double)m;
    if (fabsl(part - 0.5L) < 1e-6L) return 0; /* the product is right to 2^-30 */
    m += part > 0.5L;
    if (m < 100000000 || m > 999999999) return 0;
    return put_nine(to, (uint32_t)m, e);
}

int dorg_num_print(char *to, double x)
{
    if (x == 0) {
        to[0] = '0';
        return 1;
    }
    bool minus = x < 0;
    double size = minus ? -x : x;
    if (minus) to[0] = '-';
    if (size < 0x1p53 && size == (double)(uint64_t)size)
        return minus + put_whole(to + minus, (uint64_t)size);
    int n = nine_digits(to + minus, size);
    if (n) return minus + n;
    char text[DORG_NUM_ROOM];
    n = snprintf(text, sizeof text, "%.9g", x);
    memcpy(to, text, (size_t)n);
    return n;
}

const char *dorg_num_text(char to[DORG_NUM_ROOM], double x)
{
    if (!isfinite(x))
        snprintf(to, DORG_NUM_ROOM, "%s", isnan(x) ? "NA" : x < 0 ? "-inf" : "inf");
    else
        to[dorg_num_print(to, x)] = 0;
    return to;
}

bool dorg_num_read(double *x, const char *s)
{
    char *end;
    *x = NAN;
    if (strcmp(s, "NA") == 0) return true;
    *x = strtod(s, &end);
    return end != s && !*end && !isnan(*x) && !strpbrk(s, "xX");
}
