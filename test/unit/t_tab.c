/* t_tab.c - tables: round trips and every documented refusal */
#include "../../libcommon/file/tab.h"
#include "../tap.h"

#include <unistd.h>

/* Parse text as a table through a pipe, as a filter would. */
static int parse(struct dorg_tab *t, const char *text, struct dorg_err *e)
{
    int fd[2];
    struct dorg_in *in;
    *e = DORG_ERR_INIT;
    *t = DORG_TAB_INIT;
    if (pipe(fd)) return -1;
    ssize_t n = write(fd[1], text, strlen(text));
    close(fd[1]);
    if (n != (ssize_t)strlen(text)) return -1;
    if (!dorg_in_fd(&in, fd[0], "pipe", e)) dorg_tab_read(t, in, e);
    dorg_in_close(in);
    close(fd[0]);
    return e->code;
}

static void refused(const char *what, const char *text, const char *says)
{
    struct dorg_tab t;
    struct dorg_err e;
    int rc = parse(&t, text, &e);
    ok(rc == DORG_EDATA && strstr(e.text, says), "refused: %s (%s)", what, e.text);
    dorg_tab_free(&t);
}

#define HEAD "#dorg-tab 1\nid\tx\n"

int main(void)
{
    struct dorg_tab t;
    struct dorg_err e;
    ok(parse(
           &t,
           "#dorg-tab 1\n#@ a stage\n#key 00000000000000ff\nid\tx\n1\t0.5\n7\t-2e-30\n#end\n",
           &e) == 0,
       "a table parses %s", e.text);
    ok(t.n_rows == 2 && t.n_cols == 2 && t.key == 255 && !strcmp(t.history, "a stage\n"),
       "rows, columns, key, history");
    near(t.v[3], -2e-30, 0, "a value");
    ok(dorg_tab_find(&t, 7) == 1 && dorg_tab_find(&t, 5) == 2 && dorg_tab_find(&t, 8) == 2,
       "find by id");
    ok(dorg_tab_add_col(&t, "p", &e) == 2 && dorg_tab_add_col(&t, "x", &e) == 1,
       "add a column");
    near(t.v[4], -2e-30, 0, "its row moved along");
    ok(dorg_tab_need(&t, "q", &e) == -1 && e.code == DORG_EDATA && strstr(e.text, "q"),
       "a missing column is named");
    dorg_tab_free(&t);

    ok(parse(&t, HEAD "#end\n", &e) == 0 && t.n_rows == 0, "no rows is a table");
    dorg_tab_free(&t);
    ok(parse(&t, HEAD "1\t1\n# a comment awk let through\n2\t1\n#end\n", &e) == 0 &&
           t.n_rows == 2,
       "comments between rows");
    dorg_tab_free(&t);

    refused("nothing at all", "", "not a dorg table");
    refused("something else", "id\tx\n", "not a dorg table");
    refused("no end", HEAD "1\t1\n", "without #end");
    refused("cut in a line", HEAD "1\t1", "newline");
    refused("no names", "#dorg-tab 1\n#end\n", "column names");
    refused("first column not id", "#dorg-tab 1\nx\tid\n#end\n", "not id");
    refused("two columns alike", "#dorg-tab 1\nid\tx\tx\n#end\n", "two columns");
    refused("half a number", HEAD "1\t2x\n#end\n", "not a finite number");
    refused("an empty field", HEAD "1\t\n#end\n", "not a finite number");
    refused("NaN", HEAD "1\tnan\n#end\n", "not a finite number");
    refused("infinity", HEAD "1\tinf\n#end\n", "not a finite number");
    refused("too few fields", HEAD "1\n#end\n", "fewer");
    refused("too many fields", HEAD "1\t2\t3\n#end\n", "more");
    refused("ids not ascending", HEAD "2\t0\n1\t0\n#end\n", "not above");
    refused("an id twice", HEAD "2\t0\n2\t0\n#end\n", "not above");
    refused("text after the end", HEAD "#end\nmore\n", "after #end");
    refused("a bad key", "#dorg-tab 1\n#key zz\nid\n#end\n", "not a key");
    return tap_done();
}
