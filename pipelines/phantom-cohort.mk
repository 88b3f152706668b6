# phantom-cohort.mk: N phantoms as a cohort, with the demonstration's settings beside it.
#
#   make -C pipelines phantom-cohort N=8 OUT=folder [FIRST=1]     seeds FIRST, FIRST + 1, ...

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
OUT  ?= dorg/phantoms
RUN  := $(OUT)
include $(HERE)/common.mk
N    ?= 8
FIRST ?= 1
SIZE ?= 160,160,56
PHANTOM ?= dorg-phantom --size $(SIZE)
$(call remember,PHANTOM)
IDS := $(foreach i,$(shell seq $(FIRST) $$(($(FIRST) + $N - 1))),phantom$i)

$(OUT)/phantom%/ct.nii.gz: $(call var,PHANTOM)
	@mkdir -p $(@D)
	$(SRUN) $(PHANTOM) --seed $* -t $(@D)/truth.nii.gz -o $@
$(OUT)/settings.mk: $(HERE)/phantom.mk
	@sed -n '/^PHANTOM/q; /^# The phantoms/,$$s/^\([A-Z_]*\) *?= */\1 ?= /p' $< > $@
MADE := $(IDS:%=$(OUT)/%/ct.nii.gz) $(OUT)/settings.mk
include $(HERE)/import.mk
