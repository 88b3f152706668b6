# held-out.mk: what is calibrated with a case cannot be judged by it.  Refuses those of the cases
# NAMES that a list of folds calls test cases.
#
# FOLDLIST   the list (dorg-folds); unless given, that of the cross-validation in whose folder RUN
#            lies
# FOLD       the fold for which is calibrated: its own cases are test cases, those of the others
#            are not.  Unless given, K where RUN is foldK; without one, every case is a test case.
FOLDLIST ?= $(wildcard $(RUN)/../folds.tsv)
FOLD     ?= $(patsubst fold%,%,$(filter fold%,$(notdir $(NAMED_RUN))))
in_folds := $(if $(FOLDLIST),$(call now,grep -v '^\#' $(call q,$(FOLDLIST)) | tail -n +2 | tr -d '\r' | tr '\t' ':'))
held_out := $(filter $(if $(FOLD),$(patsubst %:$(FOLD),%,$(filter %:$(FOLD),$(in_folds))),$(foreach \
  p,$(in_folds),$(firstword $(subst :, ,$p)))),$(NAMES))
ifneq ($(held_out),)
$(error $(strip $(held_out)): test cases in $(FOLDLIST); calibrate with others$(if $(FOLD),, or for one fold with its training cases: FOLD=k))
endif
