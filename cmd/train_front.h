/* train_front.h - what dorg-train says, and how it is told to stop */
#ifndef DORG_TRAIN_FRONT_H
#define DORG_TRAIN_FRONT_H

#include "../libcommon/train/train.h"
#include "front.h"

struct dorg_train_words { /* options as they were given */
    const char *engine, *log;
    int init, keep; /* paper|he, best|last */
    bool no_flip;
    struct dorg_files val;
    struct dorg_list vary;
};
#define DORG_VARY_HELP                                                                        \
    "change scale, angle, gain and brightness of every image at random by up to these, and "  \
    "its map's log odds"
/* clang-format off */
#define DORG_TRAIN_WORDS_INIT {.engine = "auto"}
/* clang-format on */

/* Words into numbers; the checkpoint's name; SIGTERM and SIGINT, where there is one to write;
 * that the output can be written. */
int dorg_train_words(struct dorg_train_opts *o, struct dorg_train_setup *s,
                     struct dorg_trainset_opts *d, const struct dorg_train_words *w,
                     struct dorg_err *e);

/* At -v: what is trained on what; warnings about classes that are missing. */
void dorg_train_introduce(const struct dorg_trainset *t, const struct dorg_net *n,
                          const struct dorg_train_setup *s, const struct dorg_train_opts *o);

/* Training is done and written: the checkpoint goes. */
void dorg_train_forget(const struct dorg_train_opts *o);

/* dorg_finish; if a signal stopped training, this process ends by that signal. */
int dorg_train_finish(bool stopped, const struct dorg_train_opts *o, const struct dorg_err *e);

#endif
