# segment.mk: the pancreas of one scan, with the model that comes with dorg.
#
#   make -C pipelines segment CT=scan.nii.gz OUT=mask.nii.gz [MODEL=models/nih] [RUN=folder]
#
# Writes OUT, and beside it OUT's name with .png (a picture) and .txt (volume, confidence, what
# was doubtful).  Where the mask is empty or its volume implausible, that is said and the target
# fails (make exits with 2, its own code for that); mask, picture and text are there all the same.

HERE := $(patsubst %/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))
ifeq ($(and $(CT),$(OUT)),)
$(error usage: make segment CT=scan.nii.gz OUT=mask.nii.gz [MODEL=folder])
endif
# Relative paths start where the user stands.
DORG_FROM ?= $(CURDIR)
stand = $(abspath $(if $(filter /%,$1),$1,$(DORG_FROM)/$1))
ifneq ($(words $(CT) $(OUT)),2)
$(error make cannot hold names with blanks: CT=$(CT) OUT=$(OUT))
endif
override CT  := $(call stand,$(CT))
override OUT := $(call stand,$(OUT))
STEM := $(patsubst %.nii,%,$(patsubst %.gz,%,$(OUT)))
MODEL ?= $(HERE)/models/nih
override MODEL := $(call stand,$(MODEL))
RUN  ?= $(STEM).work
override RUN := $(call stand,$(RUN))
J ?= $(shell nproc)

# NAME=value, one a line; nothing else, and nothing that could be run.
settings := $(shell sed -n 's/^\([A-Z_][A-Z0-9_]*\)=\([-0-9A-Za-z.,]*\)$$/\1=\2/p' '$(MODEL)/settings' 2>/dev/null)
ifeq ($(settings),)
$(error no settings in $(MODEL): not a model of make model)
endif
known := AXIAL WINDOW TISSUE_HU EVERY SIGMA_MM CUT VOLUME PITCH_LO PITCH_HI THICK_HI PLAUSIBLE
$(foreach s,$(settings),$(if $(filter $(firstword $(subst =, ,$s)),$(known)),$(eval \
  $(firstword $(subst =, ,$s)) ?= $(word 2,$(subst =, ,$s)))))
include $(HERE)/common.mk
include $(HERE)/axial.mk
NET_FILES := $(sort $(wildcard $(MODEL)/*.net))
ifeq ($(NET_FILES),)
$(error no nets in $(MODEL))
endif

C := $(RUN)/scan
all: $(OUT)
.DEFAULT_GOAL := all
.PHONY: all
# A mask that is not trusted stays, to be looked at.
.PRECIOUS: $(OUT)

$(C)/ct.nii.gz: $(CT)
	@mkdir -p $(@D); ln -sfn $< $@
$(C)/p0.nii.gz: $(C)/ct.nii.gz $(C)/tissue.nii.gz $(NET_FILES)
	$(SRUN) $(PMAP) -q $(NET_FILES:%=-n %) -m $(C)/tissue.nii.gz -o $@ $<
$(C)/g0.nii.gz: $(C)/p0.nii.gz
	$(SRUN) $(SMOOTH) -o $@ $<
$(C)/cut.nii.gz: $(C)/g0.nii.gz
	$(DECIDE) -o $@ $<
$(OUT): $(C)/cut.nii.gz
	@mkdir -p $(@D)
	$(CLEAN) -o $@ $<
	dorg-view -m $@ --montage 9 -o $(STEM).png $(C)/ct.nii.gz || rm -f $(STEM).png
	rc=0; CUT=$(CUT) VOLUME=$(VOLUME) PITCH=$(PITCH_LO),$(PITCH_HI) THICK=$(THICK_HI) \
	  $(HERE)/confide $(C)/ct.nii.gz $(C)/g0.nii.gz $(C)/cut.nii.gz $@ > $(STEM).txt || rc=$$?; \
	  cat $(STEM).txt; $(if $(KEEP),,rm -rf $(RUN);) \
	  [ $$rc = 0 ] || { echo 'segment: this mask is not to be trusted: see $(STEM).txt' >&2; touch $@; exit $$rc; }
