/* dorg-info - what is this file? */
#include "../libcommon/look/info.h" /* dorg_info */
#include "front.h"                  /* dorg_parse, dorg_open_in, dorg_open_out, dorg_finish */

static const char *word;

static const struct dorg_opt opts[] = {
    {0, "get", DORG_OPT_NAME, &word, 0, 0, DORG_INFO_WORDS,
     "print this alone, as bare numbers", false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-info",
    .usage = "[--get word] [file]",
    .what = "what is this file?",
    .opts = opts,
    .max_args = 1,
};

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_in *in = NULL;
    struct dorg_out o;

    if (dorg_open_in(&in, arg[0], &e)) goto done;
    if (dorg_open_out(&o, &e)) goto done;
    if (dorg_info(&o, in, word, &e)) dorg_err_at(&e, dorg_in_name(in));
    dorg_out_close(&o, &e);
done:
    dorg_in_close(in);
    return dorg_finish(&e);
}
