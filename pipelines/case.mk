# case.mk: the mask of one case whose folder is there; cohort.mk calls it.
HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
include $(HERE)/common.mk
CASES := $(RUN)/cases
override SRUN := $(HERE)/timed $(CASES)/$(CASE)/times.tsv
# Its variables are remembered once for all cases, by cohort.mk.
remember :=
var :=
include $(HERE)/deeporgan.mk
all: $(CASES)/$(CASE)/seg.nii.gz
.DEFAULT_GOAL := all
