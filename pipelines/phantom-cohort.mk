# phantom-cohort.mk: N phantoms as a cohort, with the demonstration's settings beside it.
#
#   make -C pipelines phantom-cohort N=8 OUT=folder

HERE := $(patsubst %/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))
OUT  ?= $(HERE)/../build/phantoms
RUN  := $(OUT)
include $(HERE)/common.mk
N    ?= 8
SIZE ?= 160,160,56
PHANTOM ?= dorg-phantom --size $(SIZE)
$(call remember,PHANTOM)
IDS := $(foreach i,$(shell seq $N),phantom$i)

$(OUT)/phantom%/ct.nii.gz: $(call var,PHANTOM)
	@mkdir -p $(@D)
	$(SRUN) $(PHANTOM) --seed $* -t $(@D)/truth.nii.gz -o $@
$(OUT)/settings.mk: $(HERE)/phantom.mk
	@sed -n '/^PHANTOM/q; /^# The phantoms/,$$s/^\([A-Z_]*\) *?= */\1 ?= /p' $< | sed '1iNETS ?= $(HERE)/nets' > $@
$(OUT)/cohort.tsv: $(IDS:%=$(OUT)/%/ct.nii.gz) $(OUT)/settings.mk
	@{ printf 'case\tct\ttruth\tpatient\n'
	for i in $(IDS); do printf '%s\t%s\t%s\t%s\n' $$i $(abspath $(OUT))/$$i/ct.nii.gz $(abspath $(OUT))/$$i/truth.nii.gz $$i; done; } > $@
.ONESHELL:
all: $(OUT)/cohort.tsv
	@echo '$(words $(IDS)) cases in $<'
.PHONY: all
.DEFAULT_GOAL := all
