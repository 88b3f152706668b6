# real.mk: segment one scan with trained models.
#
#   make -C pipelines real CT=scan.nii.gz [TRUTH=label.nii.gz] MODELS=folder [OUT=folder]

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := CT MODELS $(if $(TRUTH),TRUTH)
USAGE := make real CT=scan.nii.gz [TRUTH=label.nii.gz] MODELS=folder [OUT=folder]
# The scan's name without what a case may not be called.
case_of = $(call now,basename -- $(call q,$1) | sed 's/\.gz$$//; s/\.nii$$//; s/[^A-Za-z0-9._-]/_/g; s/^[^A-Za-z0-9]/x&/')
CASE = $(call case_of,$(CT))
OUT  ?= dorg/real/$(CASE)
RUN   = $(OUT)
include $(HERE)/common.mk
override CASE := $(CASE)
CASES := $(RUN)/cases
TEST  := $(CASE)
include $(HERE)/models.mk
include $(HERE)/deeporgan.mk
include $(HERE)/evaluate.mk

# The one scan as a list, so that it is read as all are.
ifeq ($(looking),)
ifneq ($(call now,printf 'case\tct$(if $(TRUTH),\ttruth)\n%s\t%s$(if $(TRUTH),\t%s)\n' $(CASE) $(call q,$(CT)) \
    $(if $(TRUTH),$(call q,$(TRUTH))) | dorg-cohort -c case --lay $(CASES)),$(CASE))
$(error the scan cannot be used)
endif
else
$(CASES)/%/ct.nii.gz $(CASES)/%/truth.nii.gz: ;
endif

# Far from the resolution that the models know, K, SIGMA and STRIDE mean something else.
warn: $(CASES)/$(CASE)/ct.nii.gz
	@$(if $(and $(PIXEL_MM),$(SLICE_MM)),dorg-confide --pixel-mm $(PIXEL_MM) --slice-mm $(SLICE_MM) $< | sed 's/.*/real: warning: &: K$(comma) SIGMA and STRIDE may not fit/',:)
.PHONY: warn

all: warn $(CASES)/$(CASE)/seg.nii.gz $(CASES)/$(CASE)/crf.nii.gz $(if $(TRUTH),table pictures)
	@echo 'mask: '$(call q,$(NAMED_RUN))/cases/$(CASE)/seg.nii.gz
.DEFAULT_GOAL := all
