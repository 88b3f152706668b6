# msd.mk: from a task of the Medical Segmentation Decathlon (or any folder of that layout) to
# a cohort list.
#
#   make -C pipelines msd MSD=Task07_Pancreas [LABELS=1,2] [RANGE=0,200] [LEAST=0.8] [OUT=folder]
#
# MSD holds imagesTr/NAME.nii.gz (or NAME_0000.nii.gz) and labelsTr/NAME.nii.gz.  LABELS are
# the labels that make up the organ; without it, all but 0.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := MSD
USAGE := make msd MSD=folder [LABELS=1,2] [OUT=folder]
OUT ?= dorg/msd/$(notdir $(patsubst %/,%,$(MSD)))
RUN  = $(OUT)
include $(HERE)/common.mk
override MSD := $(call plain,$(MSD))
LABELS ?=
# The headers are right here, so labels are placed by them, however each file is stored.  Another
# organ than the pancreas has other HU: RANGE=lo,hi, or LEAST=0 for no test.
RANGE  ?= 0,200
LEAST  ?= 0.8
RELABEL ?= dorg-relabel --header --allow-empty --range=$(RANGE) --least $(LEAST)$(if $(LABELS), --labels $(LABELS))
$(call remember,RELABEL)

IDS := $(patsubst %.nii,%,$(patsubst %.gz,%,$(notdir $(wildcard $(MSD)/labelsTr/[!.]*.nii.gz $(MSD)/labelsTr/[!.]*.nii))))
ifeq ($(IDS),)
$(error no labelsTr/*.nii.gz in $(MSD))
endif
image = $(abspath $(firstword $(wildcard $(foreach e,.nii.gz .nii _0000.nii.gz _0000.nii,$(MSD)/imagesTr/$1$e))))
label = $(abspath $(firstword $(wildcard $(foreach e,.nii.gz .nii,$(MSD)/labelsTr/$1$e))))

sources_of = stat -L -c '%n %s %y' $(foreach f,$(call image,$1) $(call label,$1),$(call q,$f))
$(OUT)/%/status: $(OUT)/sources/% $(call var,RELABEL)
	@mkdir -p $(@D)
	if [ -z '$(call image,$*)' ]; then why='no image of this name in imagesTr'
	else why=$$($(SRUN) $(RELABEL) -o $(@D)/truth.nii.gz '$(call image,$*)' '$(call label,$*)' 2>&1) || :; fi
	if [ -z "$$why" ]; then echo ok; else echo "refused: $$why"; fi > $@
	echo "$*: $$(cat $@)"

ct_of = $(call image,$1)
include $(HERE)/import.mk
