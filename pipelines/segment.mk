# segment.mk: the pancreas of one scan, with the model that comes with dorg.
#
#   make -C pipelines segment CT=scan.nii.gz OUT=mask.nii.gz [MODEL=models/nih] [RUN=folder]
#
# CT may be a folder of DICOM files, too.
# Writes OUT, and beside it OUT's name with .png (a picture), .txt (volume, confidence, what was
# doubtful) and .json (the same for programs: HU inside, settings, versions, every command).
# Where the mask is empty or its volume implausible, that is said and the target fails (make exits
# with 2, its own code for that; dorg segment with 3); mask, picture and texts are there all the
# same.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := CT
USAGE := make segment CT=scan.nii.gz OUT=mask.nii.gz [MODEL=folder]
ifeq ($(and $(CT),$(OUT)),)
$(error usage: $(USAGE))
endif
ifneq ($(words $(CT) $(OUT)),2)
$(error segment: no blanks in names, please: CT=$(CT) OUT=$(OUT))
endif
# common.mk's OUT is a folder.
MASK := $(OUT)
override undefine OUT
STEM  = $(patsubst %.nii,%,$(patsubst %.gz,%,$(MASK)))
RUN  ?= $(STEM).work
MODEL ?= $(HERE)/models/nih
J ?= $(shell nproc)
include $(HERE)/common.mk
MASK  := $(abspath $(call from,$(MASK)))
override MODEL := $(abspath $(call from,$(MODEL)))

# A folder holds one CT series of DICOM files.
ifneq ($(wildcard $(CT)/.),)
ifneq ($(call now,mkdir -p $(RUN) && dorg-dicom -o $(RUN)/dicom.nii.gz $(call q,$(CT)) && echo yes),yes)
$(error $(CT) cannot be read as one CT series)
endif
override CT := $(RUN)/dicom.nii.gz
endif

# NAME=value, one a line; nothing else, and nothing that could be run.
settings := $(call now,sed -n 's/^\([A-Z_][A-Z0-9_]*\)=\([-0-9A-Za-z.,]*\)$$/\1=\2/p' $(call q,$(MODEL)/settings) 2>/dev/null)
ifeq ($(settings),)
$(error no settings in $(MODEL): not a model of make model)
endif
known := AXIAL WINDOW TISSUE_HU EVERY COARSE SLICE_EVERY SIGMA_MM CUT VOLUME BAND LAMBDA BY_HU PITCH THICK BRIGHT
$(foreach s,$(settings),$(if $(filter $(firstword $(subst =, ,$s)),$(known)),$(eval \
  $(firstword $(subst =, ,$s)) ?= $(word 2,$(subst =, ,$s)))))
NET_FILES := $(sort $(wildcard $(MODEL)/*.net))
ifeq ($(NET_FILES),)
$(error no nets in $(MODEL))
endif

# How much of the body the scan shows.  Less than a pancreas is long, and the volume that one has
# says nothing; in a few slices the organ is in pieces, and there is time to look closer.
EXTENT := $(call now,dorg-info --get size_mm $(call q,$(CT)) | cut -f 3 | xargs -r printf %.0f)
ifeq ($(EXTENT),)
$(error $(CT) cannot be read as a scan)
endif
is_part := $(shell [ $(EXTENT) -ge 120 ] || echo yes)
is_slices := $(shell [ $(EXTENT) -ge 40 ] || echo yes)
ifneq ($(is_part),)
VOLUME := 0,0
endif
ifneq ($(is_slices),)
EVERY  := $(or $(SLICE_EVERY),$(EVERY))
COARSE := 1
CLEAN  := dorg-clean -k 0 --fill-slices
endif
include $(HERE)/axial.mk

C := $(RUN)/scan
all: $(MASK)
.DEFAULT_GOAL := all
.PHONY: all
# A mask that is not trusted stays, to be looked at.
.PRECIOUS: $(MASK)

$(C)/ct.nii.gz: $(CT)
	@mkdir -p $(@D); ln -sfn $< $@
$(C)/p0.nii.gz: $(C)/ct.nii.gz $(C)/tissue.nii.gz $(NET_FILES)
	$(SRUN) $(PMAP) $(NET_FILES:%=-n %) -m $(C)/tissue.nii.gz -o $@ $<
$(C)/g0.nii.gz: $(C)/p0.nii.gz
	$(SRUN) $(SMOOTH) -o $@ $<
$(C)/cut.nii.gz: $(C)/g0.nii.gz
	$(DECIDE) -v -o $@ $< 2> $(@D)/said
	sed -n 's/.*: cut at //p' $(@D)/said > $(@D)/cut
	[ -s $(@D)/cut ] || echo $(CUT) > $(@D)/cut
$(C)/largest.nii.gz: $(C)/cut.nii.gz
	$(CLEAN) -o $@ $<
$(MASK): $(C)/largest.nii.gz
	@mkdir -p $(@D)
	$(call refine,$(C)/g0.nii.gz,$$(cat $(C)/cut),$(C)/ct.nii.gz,$<,$@)
	dorg-view -m $@ --montage 9 -o $(STEM).png $(C)/ct.nii.gz || rm -f $(STEM).png
	rc=0; CUT=$(CUT) VOLUME=$(VOLUME) PITCH=$(PITCH) THICK=$(THICK) TISSUE_HU=$(TISSUE_HU) BRIGHT=$(BRIGHT) \
	  $(HERE)/confide $(C)/ct.nii.gz $(C)/g0.nii.gz $(C)/cut.nii.gz $@ > $(STEM).txt || rc=$$?; \
	  $(HERE)/sidecar $(C)/ct.nii.gz $@ $(STEM).txt model=$(notdir $(MODEL)) $(foreach s,$(known),$(if $($s),$s=$($s))) > $(STEM).json || rc=4; \
	  cat $(STEM).txt; $(if $(KEEP),,rm -rf $(RUN);) \
	  [ $$rc = 0 ] || { echo 'segment: this mask is not to be trusted: see $(STEM).txt' >&2; touch $@; \
	    $(if $(STATUS),echo $$rc > $(call q,$(STATUS));) exit $$rc; }
