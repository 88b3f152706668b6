# cohort.mk: segment every scan of a list with trained models.
#
#   make -C pipelines cohort COHORT=cohort.tsv MODELS=folder [RUN=folder] [SHARD=i/n] [KEEP=yes]
#   make -C pipelines status RUN=folder       how far it is; what failed, and why
#   make -C pipelines retry COHORT=... MODELS=... [RUN=folder]      what failed, from its start
#
# COHORT needs the columns case and ct; with truth there is a table of scores at the end.  A scan
# that fails stops no other; it is tried again by the next make.  What is done is not done
# again, whenever and however the run was stopped.  dorg-cohort(7) has clusters and costs.
#
#   RUN/cases/CASE/seg.nii.gz    the mask; beside it log and, with KEEP=yes, what was on the way
#   RUN/status.tsv               every case: done, failed, running or to do; seconds; why
#   RUN/results.tsv              scores of dorg-dice, where there is truth
#   RUN/log                      a line for every case that began or ended
#   RUN/times.tsv                every command: seconds, CPU seconds, peak MB, exit status

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := COHORT MODELS $(if $(SETTINGS),SETTINGS)
USAGE := make cohort COHORT=cohort.tsv MODELS=folder [RUN=folder] [SHARD=i/n] [SETTINGS=file]
RUN   ?= dorg/cohort/$(basename $(notdir $(COHORT)))
include $(HERE)/common.mk
include $(HERE)/models.mk
LIST_NEEDS :=
part := $(if $(SHARD),.$(subst /,-,$(SHARD)))
LIST_OPTS := --lenient $(if $(SHARD),--shard $(SHARD)) $(if $(looking),,2> >(tee $(RUN)/left-out$(part) >&2))
include $(HERE)/list.mk
include $(HERE)/deeporgan.mk
KEEP ?=

# What a mask depends on besides its scan.
depends := $(wildcard $(foreach f,*.net *.forest cut.* lambda level.* kde.tab,$(MODELS)/$f)) $(call var,$(STAGES) $(NET_VARS))
# A case is one unit of work, whatever schedules it: a make of its own, stage after stage.
one = $(SRUN) env MAKEFLAGS= MAKELEVEL= $(MAKE) --no-print-directory -s -f $(HERE)/case.mk RUN=$(RUN) MODELS=$(MODELS) \
  CASE=$* SRUN= $(call passed,$(PASSED))
passed = $(foreach v,$1,$(if $(filter undefined,$(origin $v)),,$v=$(call q,$($v))))
PASSED := $(STAGES) KDE LEVEL0 CONTEXT INNER INNER_NETS AVERAGE INTERLEAVE LEVEL CRF_CUT FINAL ENGINE J K SCALES SIGMA STRIDE WINDOW

$(CASES)/%/status: $(CASES)/%/ct.nii.gz $(depends)
	@KEEP=$(KEEP) $(HERE)/case $* $(RUN) $(call q,$(SHARD)) $(call one)

ifeq ($(looking),)
$(file >$(RUN)/names$(part),$(IDS))
endif
all: $(IDS:%=$(CASES)/%/status)
	@[ -n '$(SHARD)' ] || $(HERE)/scores $(RUN) $J
	@$(HERE)/status $(RUN) $(call q,$(NAMED_RUN)) write $(call q,$(SHARD))
.PHONY: all retry start
.DEFAULT_GOAL := all
# The order is the list's; the count of what is to do comes first.
$(IDS:%=$(CASES)/%/status): | start
start:
	@printf '0 0 %s $(words $(filter-out $(wildcard $(CASES)/*/status),$(IDS:%=$(CASES)/%/status)))\n' "$$(date +%s)" >$(RUN)/progress$(part)

retry:
	@for d in $(CASES)/*/; do [ ! -e "$$d/failed" ] || find "$$d" -type f -delete; done
	+@$(MAKE) --no-print-directory -f $(HERE)/cohort.mk all
