# cohort.mk: train the cascade on your scans.
#
#   make -C pipelines train COHORT=cohort.tsv [RUN=folder]     makes RUN/models
#   make -C pipelines real CT=scan.nii.gz MODELS=RUN/models    segments another scan
#
# cohort.tsv: a header with the columns case, ct and truth, then a line per scan.

HERE := $(patsubst %/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))
ifeq ($(COHORT),)
$(error usage: make train COHORT=cohort.tsv [RUN=folder])
endif
RUN  ?= $(HERE)/../build/train
include $(HERE)/common.mk

# $(call field,COLUMN[,CASE]): that column of all lines, or of CASE's.
field = $(shell awk -F'\t' -v col=$1 -v case='$2' '/^\#/ { next } \
  !n { for (i = 1; i <= NF; i++) at[$$i] = i; n = 1; next } case == "" || $$at["case"] == case { print $$at[col] }' '$(COHORT)')
TRAIN := $(call field,case)
ifeq ($(TRAIN),)
$(error no cases in $(COHORT))
endif
TEST  := $(TRAIN)
NAME  := training
include $(HERE)/deeporgan.mk
include $(HERE)/train.mk
include $(HERE)/evaluate.mk

define case_rule
$(CASES)/$1/ct.nii.gz: $(call field,ct,$1)
	mkdir -p $$(@D)
	ln -sf $$(realpath $$<) $$@
$(CASES)/$1/truth.nii.gz: $(call field,truth,$1)
	mkdir -p $$(@D)
	ln -sf $$(realpath $$<) $$@
endef
$(foreach c,$(TRAIN),$(eval $(call case_rule,$c)))

all: models table
	@echo 'models: $(realpath $(MODELS))'
.DEFAULT_GOAL := all
