/* engine_pick.h - the engine that a device and an engine's name ask for together */
#ifndef DORG_ENGINE_PICK_H
#define DORG_ENGINE_PICK_H

#include "engine.h"

/* engine: auto, ref, onednn or cuda; device: auto, cpu, cuda or cuda:N (*number = N, else 0).
 * Device cpu with engine auto is onednn where it can run, else ref.  NULL with DORG_EUSAGE
 * when the two contradict each other, DORG_EIO when what was named cannot run. */
const struct dorg_engine_ops *dorg_engine_pick(const char *engine, const char *device,
                                               int *number, struct dorg_err *e);

/* 1 when `auto` came down to the plain C engine, several times slower than onednn; why[] says
 * what keeps that from running.  Else 0. */
int dorg_engine_slow(char *why, size_t why_size, const char *engine,
                     const struct dorg_engine_ops *picked);

#endif
