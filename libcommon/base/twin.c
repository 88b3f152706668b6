/* twin.c - equal words side by side, by sorting */
#include "twin.h"
#include "mem.h"

struct place {
    const char *word;
    size_t at;
};

static int by_word(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int d = strcmp(x->word, y->word);
    return d ? d : (x->at > y->at) - (x->at < y->at);
}

int dorg_twin(size_t *first, size_t *again, const char *const *word, size_t n,
              struct dorg_err *e)
{
    struct place *p = dorg_array(n, sizeof *p, e);
    *first = *again = n;
    if (!p) return e->code;
    for (size_t i = 0; i < n; i++)
        p[i] = (struct place){word[i], i};
    qsort(p, n, sizeof *p, by_word);
    for (size_t i = 1; i < n; i++)
        if (strcmp(p[i - 1].word, p[i].word) == 0 && p[i].at < *again) {
            *first = p[i - 1].at;
            *again = p[i].at;
        }
    free(p);
    return 0;
}
