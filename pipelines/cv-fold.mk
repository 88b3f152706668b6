# cv-fold.mk: one fold of cv.mk: models from TRAIN, masks and tables of TEST and TRAIN.
# RUN is the fold's folder; SHARED holds what no model has a part in.  With AS_TEST=yes: masks of
# the cases EVAL, judged like test cases, in RUN/in-sample.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
CASES_NAMED := $(if $(AS_TEST),,yes)
include $(HERE)/common.mk
$(call read_settings,$(SETTINGS))
$(call plain_nets)
SRUN := $(HERE)/timed $(RUN)/times.tsv $(SRUN)
include $(HERE)/deeporgan.mk
ifeq ($(AS_TEST),)
include $(HERE)/train.mk
else
# Training cases judged as if they were not: by all trees and nets, whatever these learned from.
CASES := $(RUN)/in-sample
override TRAIN :=
override INNER := $(words $(wildcard $(MODELS)/$(firstword $(INNER_NETS)).inner*.net))
# Made by the fold or not at all.
$(MODELS)/%: ;
endif
include $(HERE)/evaluate.mk

define shared_rule
$(CASES)/%/$1: $(SHARED)/%/$1
	@mkdir -p $$(@D); ln -sfn $$(abspath $$<) $$@
endef
$(foreach f,ct.nii.gz truth.nii.gz sp.nii.gz opt-mask.nii.gz,$(eval $(call shared_rule,$f)))

# Made by cv.mk or not at all; a fold never makes them again, whatever its settings' age.
$(SHARED)/%: ;

table1: $(RESULTS)/$(NAME)/table1.tsv
masks: $(MODELS)/settings.mk $(foreach c,$(COLUMNS),$(call eval_files,$(call mask,$c)))
.PHONY: table1 masks
.DEFAULT_GOAL := table1
