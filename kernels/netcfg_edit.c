/* netcfg_edit.c - net descriptions from files, and changes to them */
#include "netcfg.h"
#include "../libcommon/file/io.h"
#include "../libcommon/base/mem.h"

#include <stdbool.h>

enum { MOST_TEXT = 1 << 20 };

static int slurp(char **text, struct dorg_in *in, struct dorg_err *e)
{
    size_t got, at = 0;
    char *t = dorg_array(MOST_TEXT + 1, 1, e);
    if (!t) return e->code;
    if (dorg_in_read(in, t, MOST_TEXT + 1, &at, e)) goto fail;
    if (at > MOST_TEXT) {
        dorg_fail(e, DORG_EDATA, "more than %d bytes", MOST_TEXT);
        goto fail;
    }
    got = strnlen(t, at);
    if (got < at) {
        dorg_fail(e, DORG_EDATA, "byte %zu is NUL: not a net description", got);
        goto fail;
    }
    t[at] = '\0';
    *text = t;
    return 0;
fail:
    free(t);
    return e->code;
}

int dorg_netcfg_load(struct dorg_netcfg *c, const char *path, struct dorg_err *e)
{
    struct dorg_in *in = NULL;
    char *text = NULL;
    *c = (struct dorg_netcfg){0};
    if (dorg_in_open(&in, path, e)) return e->code;
    if (slurp(&text, in, e))
        dorg_err_at(e, dorg_in_name(in));
    else
        dorg_netcfg_parse(c, text, dorg_in_name(in), e);
    free(text);
    dorg_in_close(in);
    return e->code;
}

/* First word of a line is `word`? */
static bool begins(const char *line, const char *word)
{
    size_t n = strlen(word);
    line += strspn(line, " \t\r");
    return strncmp(line, word, n) == 0 && strchr(" \t\r\n#", line[n]) != NULL;
}

static const char *line_after(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

/* Where key=... stands in the line, or NULL; *end: behind the last word before a comment. */
static const char *find_key(const char *line, const char *key, const char **end)
{
    size_t n = strlen(key);
    const char *found = NULL;
    *end = line;
    for (const char *p = line;; p += strcspn(p, " \t\r\n#")) {
        if (p > line) *end = p;
        p += strspn(p, " \t\r");
        if (!*p || *p == '\n' || *p == '#') return found;
        if (strncmp(p, key, n) == 0 && p[n] == '=') found = p;
    }
}

int dorg_netcfg_set(struct dorg_netcfg *c, const char *type, const char *key,
                    const char *value, struct dorg_err *e)
{
    const char *line = NULL, *end, *old = c->text;
    for (const char *p = c->text; *p; p = line_after(p))
        if (begins(p, type)) line = p;
    size_t room = strlen(old) + strlen(type) + strlen(key) + strlen(value) + 8;
    struct dorg_netcfg changed;
    char *text = dorg_array(room, 1, e);
    if (!text) return e->code;
    if (!line) { /* a train line may be absent */
        bool whole = !*old || old[strlen(old) - 1] == '\n';
        snprintf(text, room, "%s%s%s %s=%s\n", old, whole ? "" : "\n", type, key, value);
    } else {
        const char *word = find_key(line, key, &end);
        const char *from = word ? word : end;
        const char *rest = word ? word + strcspn(word, " \t\r\n#") : end;
        snprintf(text, room, "%.*s%s%s=%s%s", (int)(from - old), old, word ? "" : " ", key,
                 value, rest);
    }
    if (!dorg_netcfg_parse(&changed, text, "net description", e)) {
        dorg_netcfg_free(c);
        *c = changed;
    }
    free(text);
    return e->code;
}

static int set_int(struct dorg_netcfg *c, const char *type, const char *key, int was, int now,
                   struct dorg_err *e)
{
    char value[16];
    if (!now || now == was) return 0;
    snprintf(value, sizeof value, "%d", now);
    return dorg_netcfg_set(c, type, key, value, e);
}

int dorg_netcfg_adapt(struct dorg_netcfg *c, int channels, int size, int classes,
                      struct dorg_err *e)
{
    const struct dorg_layer *last = NULL;
    for (int k = 0; k < c->n_layers; k++)
        if (c->layer[k].type == DORG_FC || c->layer[k].type == DORG_CONV) last = &c->layer[k];
    if (set_int(c, "input", "channels", c->channels, channels, e)) return e->code;
    if (set_int(c, "input", "size", c->size, size, e)) return e->code;
    if (!last) return 0;
    bool fc = last->type == DORG_FC;
    return set_int(c, fc ? "fc" : "conv", fc ? "outputs" : "filters", c->classes, classes, e);
}
