# training.mk: what the cascade is trained with, and on how much.

SEED      ?= 1
TREES     ?= 100
RECALL    ?= 0.97
P_NET     ?= $(NETS)/deeporgan.cfg
R_NET     ?= $(NETS)/deeporgan.cfg
E_NET     ?= $(R_NET)
# Deformations of each region (N_t of the paper).
N_T       ?= 8
# ORIGINALS= leaves the undeformed regions out: N_s x N_t images of each, as the paper counts.
ORIGINALS ?= yes
# At most this many records of a case: patches, regions, pairs of regions.
P_MAX     ?= 100000
R_MAX     ?= 100000
E_MAX     ?= 100000
TRAINOPTS ?=
# Deformations made during training, afresh for every image, for P, R1 and R2.
AUGMENT   ?=
R_AUGMENT ?= $(AUGMENT)
