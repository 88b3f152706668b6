/* engine_cudnn_team.h - several devices that train one net.  C++.
 *
 * Every device holds the whole net and takes an equal part of each batch; gradients, which are
 * of the whole batch's mean loss, are summed over the devices by NCCL before each takes the
 * same step.  NCCL is opened when it is asked for: absent, it is a sentence.  Dropout and
 * deformations are those of one device with the whole batch; batch normalisation is over each
 * device's own part, and the first device's running statistics are those that are kept. */
#ifndef DORG_ENGINE_CUDNN_TEAM_H
#define DORG_ENGINE_CUDNN_TEAM_H

#include "engine_cudnn.h"

enum { DORG_CU_TEAM = 64 };

struct dorg_nccl; /* engine_cudnn_nccl.cu */

struct dorg_cu_team {
    int n;
    struct dorg_engine *member[DORG_CU_TEAM]; /* the first is the leader, who owns this */
    struct dorg_nccl *nccl;
};

/* NCCL and its communicators on n devices from `device` on. */
int dorg_nccl_open(struct dorg_nccl **c, int device, int n, struct dorg_err *e);
void dorg_nccl_close(struct dorg_nccl *c);

/* Sum the members' gradients, and their losses: everyone has the sum. */
int dorg_nccl_sum(struct dorg_nccl *c, struct dorg_engine *const *member, int n,
                  struct dorg_err *e);

/* What dorg_engine_ops asks of a leader; the members are open, and closed here. */
int dorg_cu_team_join(struct dorg_engine *leader, struct dorg_engine *const *member, int n,
                      struct dorg_err *e);
int dorg_cu_team_gradient(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                          const struct dorg_sgd *sgd, struct dorg_err *e);
int dorg_cu_team_records(struct dorg_engine *g, const struct dorg_batch *b,
                         const struct dorg_sgd *sgd, struct dorg_err *e);
int dorg_cu_team_ahead(struct dorg_engine *g, const struct dorg_batch *b, struct dorg_err *e);
int dorg_cu_team_step(struct dorg_engine *g, int all, bool from_recs, struct dorg_err *e);
int dorg_cu_team_hear(struct dorg_engine *g, float *loss, int all, struct dorg_err *e);

#endif
