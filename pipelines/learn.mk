# learn.mk: train the cascade on your scans.
#
#   make -C pipelines train COHORT=cohort.tsv [RUN=folder]     makes RUN/models
#   make -C pipelines real CT=scan.nii.gz MODELS=RUN/models    segments another scan
#
# cohort.tsv: a header with the columns case, ct and truth, then a line per scan.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := COHORT
USAGE := make train COHORT=cohort.tsv [RUN=folder] [SETTINGS=file]
RUN   ?= dorg/train
CASES_NAMED := yes
include $(HERE)/common.mk
include $(HERE)/list.mk
TRAIN := $(IDS)
TEST  := $(IDS)
NAME  := training
include $(HERE)/deeporgan.mk
include $(HERE)/train.mk
include $(HERE)/evaluate.mk

all: models table
	@echo 'models: '$(call q,$(NAMED_RUN))/models
.DEFAULT_GOAL := all
