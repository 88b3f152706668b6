# cohort.mk: segment every scan of a list, with the model that comes with dorg or others.
#
#   make -C pipelines cohort COHORT=cohort.tsv [MODELS=folder] [RUN=folder] [SHARD=i/n] [KEEP=yes] [SCRATCH=folder]
#   make -C pipelines status RUN=folder       how far it is; what failed, and why
#   make -C pipelines retry COHORT=... [MODELS=...] [RUN=folder]    what failed, from its start
#
# MODELS is a folder of make train, whose cascade is applied, or a model of make segment, such as
# models/nih, which is taken where none is named.
#
# COHORT needs the columns case and ct; with truth there is a table of scores at the end.  A scan
# that fails stops no other; it is tried again by the next make.  What is done is not done
# again, whenever and however the run was stopped.  dorg-cohort(7) has clusters and costs.
#
#   RUN/cases/CASE/seg.nii.gz    the mask; beside it log and, with KEEP=yes, what was on the way;
#                                of make segment's models also seg.txt and seg.png
#   RUN/status.tsv               every case: done, failed, running or to do; seconds; why
#   RUN/results.tsv              scores of dorg-dice, where there is truth
#   RUN/log                      a line for every case that began or ended
#   RUN/times.tsv                every command: seconds, CPU seconds, peak MB, exit status

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := COHORT MODELS $(if $(SETTINGS),SETTINGS)
USAGE := make cohort COHORT=cohort.tsv [MODELS=folder] [RUN=folder] [SHARD=i/n] [SETTINGS=file]
MODELS ?= $(HERE)/models/nih
RUN   ?= dorg/cohort/$(basename $(notdir $(COHORT)))
include $(HERE)/common.mk
# A model of make segment has its settings in a file of that name.
is_segment := $(call now,[ ! -e $(call q,$(MODELS))/settings ] || echo yes)
ifeq ($(is_segment),)
include $(HERE)/models.mk
else
override MODELS := $(call plain,$(MODELS))
endif
LIST_NEEDS :=
part := $(if $(SHARD),.$(subst /,-,$(SHARD)))
LIST_OPTS := --lenient $(if $(SHARD),--shard $(SHARD)) $(if $(looking),,2> >(tee $(RUN)/left-out$(part) >&2))
include $(HERE)/list.mk
KEEP ?=
passed = $(foreach v,$1,$(if $(filter undefined,$(origin $v)),,$v=$(call q,$($v))))

# What a mask depends on besides its scan; and the case as one unit of work, whatever schedules
# it: a make of its own, stage after stage.
ifeq ($(is_segment),)
include $(HERE)/deeporgan.mk
depends := $(wildcard $(foreach f,*.net *.forest cut.* lambda level.* kde.tab,$(MODELS)/$f)) $(call var,$(STAGES) $(NET_VARS))
PASSED := $(STAGES) KDE LEVEL0 CONTEXT INNER INNER_NETS AVERAGE INTERLEAVE LEVEL CRF_CUT FINAL ENGINE J K SCALES SIGMA STRIDE WINDOW
work = $(HERE)/case.mk RUN=$(RUN) MODELS=$(MODELS) CASE=$* SRUN=
else
PASSED := TISSUE PMAP SMOOTH DECIDE CLEAN REFINE EVERY COARSE SIGMA_MM CUT VOLUME BAND LAMBDA BY_HU ENGINE
SEGMENT_WITH := $(call passed,$(PASSED))
$(call remember,SEGMENT_WITH)
depends := $(wildcard $(MODELS)/*.net $(MODELS)/settings) $(call var,SEGMENT_WITH)
# SCRATCH=/tmp: what lies between the stages goes there, on the machine's own disk.
SCRATCH ?=
$(call rooted,SCRATCH)
between := $(if $(SCRATCH),$(call plain,$(SCRATCH))/dorg-$(call now,printf %s $(call q,$(NAMED_RUN)) | sha256sum | cut -c1-16))
work = $(HERE)/segment.mk RUN=$(if $(SCRATCH),$(between)/$*,$(CASES)/$*/work) MODEL=$(MODELS) CT=$(CASES)/$*/ct.nii.gz OUT=$(CASES)/$*/seg.nii.gz \
  KEEP=$(KEEP) J=$J SRUN='$(HERE)/timed $(CASES)/$*/times.tsv'
endif
one = $(SRUN) env MAKEFLAGS= MAKELEVEL= $(MAKE) --no-print-directory -s -f $(work) $(call passed,$(PASSED))

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
