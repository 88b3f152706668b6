# segment.mk: the pancreas of one scan, with the model that comes with dorg.
#
#   make -C pipelines segment CT=scan.nii.gz OUT=mask.nii.gz [MODEL=folder] [RUN=folder] [KEEP=yes]
#
# CT may be a folder of DICOM files, too.
# Writes OUT, and beside it OUT's name with .png (a picture), .txt (volume, confidence, what was
# doubtful) and .json (the same for programs: HU inside, settings, versions, every command).
# Where the mask is empty or its volume implausible, that is said and the target fails (make exits
# with 2, its own code for that; dorg segment with 3); mask, picture and texts are there all the
# same.
# What is made on the way lies in RUN, by default OUT's name with .work; KEEP=yes leaves it there.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := CT
USAGE := make segment CT=scan.nii.gz OUT=mask.nii.gz [MODEL=folder] [RUN=folder] [KEEP=yes]
ifeq ($(and $(CT),$(OUT)),)
$(error usage: $(USAGE))
endif
ifeq ($(filter %.nii %.nii.gz %.nii.zst,$(lastword $(OUT))),)
$(error segment: OUT ends in .nii, .nii.gz or .nii.zst, and $(OUT) does not)
endif
# common.mk's OUT is a folder; this is a file, whose name only the shell sees.
OUT_FILE := $(OUT)
override undefine OUT
STEM  = $(call now,f=$(call q,$(OUT_FILE)); f=$${f%.gz}; f=$${f%.zst}; printf %s "$${f%.nii}")
RUN  ?= $(STEM).work
MODEL ?= $(HERE)/models/nih
KEEP ?=
J ?= $(shell nproc)
include $(HERE)/common.mk
STEM := $(STEM)
C := $(RUN)/scan

# What was made on the way is taken away by name: RUN may be a folder with other things in it.
tidy = rm -f $(addprefix $(C)/,ct.nii.gz where.nii.gz p0.nii.gz g0.nii.gz said cut cut.nii.gz largest.nii.gz) \
  $(call var,$(REMEMBERED)) $(RUN)/dicom.nii.gz $(RUN)/.lock; \
  rmdir $(C) $(RUN)/vars $(call q,$(NAMED_RUN)) 2>/dev/null || :
REMEMBERED :=
refuse = $(if $(looking),,$(shell $(tidy)))$(error segment: $1)

NAMED_CT := $(CT)
override CT := $(call plain,$(CT))
override MODEL := $(call from,$(MODEL))

# A folder holds one CT series of DICOM files.
ifneq ($(wildcard $(CT)/.),)
ifneq ($(call now,mkdir -p $(RUN) && dorg-dicom -o $(RUN)/dicom.nii.gz $(call q,$(NAMED_CT)) && echo yes),yes)
$(call refuse,$(NAMED_CT) cannot be read as one CT series)
endif
NAMED_CT := $(RUN)/dicom.nii.gz
override CT := $(RUN)/dicom.nii.gz
endif

# NAME=value, one a line; nothing else, and nothing that could be run.
settings := $(call now,sed -n 's/^\([A-Z_][A-Z0-9_]*\)=\([-0-9A-Za-z.,]*\)$$/\1=\2/p' $(call q,$(MODEL)/settings) 2>/dev/null)
ifeq ($(settings),)
$(call refuse,no settings in $(MODEL): not a model of make model)
endif
known := AXIAL WINDOW TISSUE_HU BELOW EVERY COARSE SLICE_EVERY SIGMA_MM CUT VOLUME BAND LAMBDA BY_HU PITCH THICK BRIGHT
$(foreach s,$(settings),$(if $(filter $(firstword $(subst =, ,$s)),$(known)),$(eval \
  $(firstword $(subst =, ,$s)) ?= $(word 2,$(subst =, ,$s)))))
NAMED_MODEL := $(MODEL)
override MODEL := $(call plain,$(MODEL))
NET_FILES := $(sort $(wildcard $(MODEL)/*.net))
ifeq ($(NET_FILES),)
$(call refuse,no nets in $(NAMED_MODEL))
endif

# How much of the body the scan shows.  Less than a pancreas is long, and the volume that one has
# says nothing; in a few slices the organ is in pieces, and there is time to look closer.
EXTENT := $(call now,dorg-info --get size_mm $(call q,$(NAMED_CT)) | cut -f 3 | xargs -r printf %.0f)
ifeq ($(EXTENT),)
$(call refuse,$(NAMED_CT) cannot be read as a scan)
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
# A run that was stopped goes on only with what is still asked for.
$(call remember,CT NET_FILES)
REMEMBERED := $(AXIAL_STAGES) CT NET_FILES

$(C)/ct.nii.gz: $(CT) $(call var,CT)
	@mkdir -p $(@D); ln -sfn $< $@
$(C)/p0.nii.gz: $(C)/ct.nii.gz $(C)/where.nii.gz $(NET_FILES) $(call var,PMAP NET_FILES)
	$(SRUN) $(PMAP) $(NET_FILES:%=-n %) -m $(C)/where.nii.gz -o $@ $<
$(C)/g0.nii.gz: $(C)/p0.nii.gz $(call var,SMOOTH)
	$(SRUN) $(SMOOTH) -o $@ $<
$(C)/cut.nii.gz: $(C)/g0.nii.gz $(call var,DECIDE)
	$(DECIDE) -v -o $@ $< 2> $(@D)/said
	sed -n 's/.*: cut at //p' $(@D)/said > $(@D)/cut
	[ -s $(@D)/cut ] || echo $(CUT) > $(@D)/cut
$(C)/largest.nii.gz: $(C)/cut.nii.gz $(call var,CLEAN)
	$(CLEAN) -o $@ $<

# A model that does not say what it has seen is not asked.
CONFIDE ?= dorg-confide -p $(CUT) --volume $(VOLUME) --hu $(TISSUE_HU) $(PITCH:%=--pixel-mm %) \
  $(THICK:%=--slice-mm 0,%) $(BRIGHT:%=--bright %)
# DORG_EXIT: who called reads there that the mask is not to be trusted, which make has no code for.
said = $(call q,$(STEM).txt)
json = $(call q,$(STEM).json)
png  = $(call q,$(STEM).png)
all: $(C)/largest.nii.gz
	$(call refine,$(C)/g0.nii.gz,$$(cat $(C)/cut),$(C)/ct.nii.gz,$<,$(call q,$(OUT_FILE)))
	dorg-view -m $(call q,$(OUT_FILE)) --montage 9 -o $(png) $(C)/ct.nii.gz || rm -f $(png)
	lost() { rm -f "$$1"; printf 'segment: error: %s could not be written\n' "$$1" >&2; exit 4; }; \
	  trust=yes; $(CONFIDE) $(C)/ct.nii.gz $(C)/g0.nii.gz $(C)/cut.nii.gz $(call q,$(OUT_FILE)) > $(said) || \
	    { [ $$? = 3 ] && trust=; } || lost $(said); \
	  cat $(said); \
	  $(HERE)/sidecar $(C)/ct.nii.gz $(call q,$(OUT_FILE)) $(said) model=$(call q,$(call now,basename -- $(call q,$(NAMED_MODEL)))) \
	    $(foreach s,$(known),$(if $($s),$s=$($s))) > $(json) || lost $(json); \
	  $(if $(KEEP),,$(tidy);) \
	  [ -z "$$trust" ] || exit 0; \
	  printf 'segment: this mask is not to be trusted: see %s\n' $(said) >&2; \
	  [ -z "$${DORG_EXIT:-}" ] || { echo 3 > "$$DORG_EXIT"; exit 0; }; \
	  exit 3
.DEFAULT_GOAL := all
.PHONY: all
