/* dorg-train - train a ConvNet on records (Roth et al. 2015, sec. 2.2 to 2.4, 3) */
#include "../libcommon/train/train.h" /* dorg_train and what it needs */
#include "front_net.h"   /* dorg_parse, dorg_engine_pick, dorg_open_out, dorg_finish */
#include "train_front.h" /* words into options, lines, signals */

static struct dorg_train_setup setup = {.seed = DORG_SEED_DEFAULT};
static struct dorg_trainset_opts data;
static struct dorg_train_words w = DORG_TRAIN_WORDS_INIT;
static struct dorg_train_opts how = {.feed = {.readers = 1},
                                     .engine = {.precision = DORG_PREC_AUTO}};

static const struct dorg_opt opts[] = {
    {0, "cfg", DORG_OPT_FILE, &setup.cfg, 0, 0, "cfg", "the net's layers and training", false},
    {0, "warm", DORG_OPT_FILE, &setup.warm, 0, 0, "net",
     "start from the layers of this net that fit", false},
    {0, "epochs", DORG_OPT_INT, &setup.epochs, 0, 1e6, "epochs",
     "epochs to train, instead of the .cfg's; 0 keeps those", false},
    {0, "batch", DORG_OPT_INT, &setup.batch, 0, 65536, "images",
     "images of a step, instead of the .cfg's; 0 keeps those", false},
    {0, "rate", DORG_OPT_F64, &setup.rate, 0, 100, "rate",
     "first learning rate of weights, that of biases in proportion; 0 keeps the .cfg's",
     false},
    {0, "init", DORG_OPT_WORD, &w.init, 0, 0, "paper|he",
     "fresh weights: as the .cfg says, or by fan-in with biases 0", false},
    DORG_SEED_OPT(&setup.seed, "everything random"),
    {0, "sampling", DORG_OPT_WORD, &how.feed.balance, 0, 0, "under|over|none",
     "classes of an epoch: as many of each as of the rarest, as of the commonest, or as they "
     "are",
     false},
    {0, "no-flip", DORG_OPT_FLAG, &w.no_flip, 0, 0, NULL, "do not mirror half the images",
     false},
    {0, "tps", DORG_OPT_F64, &how.feed.tps, 0, 0.5, "fraction",
     "deform every image afresh, as dorg-tps --amplitude; 0 does not", false},
    {0, "vary", DORG_OPT_LIST, &w.vary, 0, 180, "zoom,degrees,grey,odds", DORG_VARY_HELP,
     false},
    {0, "val", DORG_OPT_FILES, &w.val, 0, 0, "rec", "records to validate on after each epoch",
     false},
    {0, "val-fraction", DORG_OPT_F64, &data.val_fraction, 0, 0.9, "fraction",
     "without --val: hold out this part, in whole files or runs of slices", false},
    {0, "patience", DORG_OPT_INT, &how.patience, 0, 1e6, "epochs",
     "stop after so many without a better validation AUC; 0 never does", false},
    {0, "keep", DORG_OPT_WORD, &w.keep, 0, 0, "best|last",
     "net of the best epoch on validation records, or of the last", false},
    {'E', "engine", DORG_OPT_NAME, &w.engine, 0, 0, "auto|ref|onednn|cuda",
     "what runs the net", false},
    {0, "precision", DORG_OPT_WORD, &how.engine.precision, 0, 0, "f32|bf16|tf32|auto",
     "of the arithmetic; auto is f32, with engine cuda tf32", false},
    {0, "fast", DORG_OPT_FLAG, &how.engine.fast, 0, 0, NULL,
     "engine cuda: allow sums in an order that may differ from run to run", false},
    {0, "gpus", DORG_OPT_INT, &how.engine.gpus, 0, 64, "devices",
     "engine cuda: share each batch among so many GPUs, from that of --device on", false},
    {0, "resume", DORG_OPT_FLAG, &how.resume, 0, 0, NULL,
     "go on from the checkpoint, if there is one", true},
    {0, "checkpoint", DORG_OPT_FILE, &how.ckpt, 0, 0, "file",
     "saved after each epoch; that of -o x.net is x.net.ckpt", true},
    {0, "save-steps", DORG_OPT_U64, &how.save_steps, 0, 1e9, "steps",
     "save also within an epoch, every so many steps; 0 does not", true},
    {0, "log", DORG_OPT_FILE, &w.log, 0, 0, "file", "a table of the epochs", true},
    {0, "no-check", DORG_OPT_FLAG, &data.no_check, 0, 0, NULL,
     "trust the checksums of the records", true},
    {0, "readers", DORG_OPT_INT, &how.feed.readers, 1, 64, "threads",
     "threads that make the next batch", true},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-train",
    .usage = "[options] [--cfg net.cfg] [--warm net] [--epochs epochs] [--resume] rec...",
    .what = "train a ConvNet on records",
    .opts = opts,
    .min_args = 1,
    .max_args = -1,
    .binary = true,
};

static int save(const struct dorg_net *n, struct dorg_err *e)
{
    struct dorg_out o;
    if (dorg_open_out(&o, e)) return e->code;
    dorg_net_write(&o, n, dorg_cmdline(), e);
    return dorg_out_close(&o, e);
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_trainset t = DORG_TRAINSET_INIT;
    struct dorg_net n = DORG_NET_INIT;
    bool stopped = false;

    if (dorg_train_words(&how, &setup, &data, &w, &e)) goto done;
    if (!(how.ops = dorg_engine_pick(w.engine, dorg_std.device, &how.engine.device, &e)))
        goto done;
    if (dorg_trainset_open(&t, arg, (int)dorg_operands(), w.val.path, w.val.n, &data, &e))
        goto done;
    if (dorg_train_prepare(&n, &setup, &t, &e)) goto done;
    how.feed.batch = n.cfg.batch;
    how.identity = dorg_train_identity(dorg_cmdline(), n.cfg.text, &t);
    dorg_train_introduce(&t, &n, &setup, &how);
    dorg_net_engine(w.engine, how.ops);
    if (dorg_train(&n, &t, &how, &stopped, &e) || stopped) goto done;
    if (save(&n, &e) == 0) dorg_train_forget(&how);
done:
    dorg_net_free(&n);
    dorg_trainset_close(&t);
    return dorg_train_finish(stopped, &how, &e);
}
