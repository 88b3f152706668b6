# axial.mk: one scan with axial patch nets, as rules.  A case is a folder with ct.nii.gz in it.
#
#   ct -> where (to look) -> p0 (mean of the patch nets) -> g0 (Gaussian)
#      -> cut -> largest component -> its border, by the scan's own edges and HU
#
# All distances are in millimetres, so that scans of any pitch, and slices of any thickness,
# are treated alike.  What a model was made with lies beside it, in its file `settings`: lines
# of NAME=value, read as data.

# Distances of the samples of the channels of a patch, and HU shown as 0 and 255.
AXIAL    ?= 1.2,3.2,8
WINDOW   ?= 0,200
# HU of soft tissue.
TISSUE_HU ?= 10,230
# Levels at which the nets look, in mm below the end of the lungs; BELOW= at all.
BELOW    ?= 0,200
# Distance of the voxels that the nets look at, in a slice and between slices.
EVERY    ?= 4,3
# In whole scans first at some, this many times as far apart, then near those that promise much.
COARSE   ?= 2
SIGMA_MM ?= 4
CUT      ?= 0.6
# A volume in mL that a pancreas has; the cut is moved as little as gives it.
VOLUME   ?= 35,110
ENGINE   ?= auto

TISSUE ?= dorg-tissue -j $J --hu $(TISSUE_HU)
WHERE  ?= $(TISSUE)$(BELOW:%= --below %)
PMAP   ?= dorg-pconv -j $J -E $(ENGINE) --every $(EVERY) --coarse $(COARSE)
SMOOTH ?= dorg-gauss3d -j $J --mm -s $(SIGMA_MM)
DECIDE ?= dorg-thresh -p $(CUT) --volume $(VOLUME)
CLEAN  ?= dorg-clean -k 1 --fill-slices
# The border: how far it may move (mm), what it costs, what HU say.  REFINE= leaves it.
BAND   ?= 10
LAMBDA ?= 2
BY_HU  ?= 0.5
REFINE ?= dorg-refine --band $(BAND) -l $(LAMBDA) --intensity $(BY_HU)
# $(call refine,MAP,CUT,CT,MASK,OUT): the cut is where the map speaks for neither side.  A mask
# with nothing in it has no border.
refine = if [ -n '$(REFINE)' ] && [ "$$(dorg-info --get not_zero $4)" -gt 0 ]; then \
  $(REFINE) -P $1 -p $2 $3 $4 | $(CLEAN) -o $5; else $(CLEAN) -o $5 $4; fi
AXIAL_STAGES := TISSUE WHERE PMAP SMOOTH DECIDE CLEAN REFINE
AXIAL_SETTINGS := AXIAL WINDOW TISSUE_HU BELOW EVERY COARSE SIGMA_MM CUT VOLUME BAND LAMBDA BY_HU
$(call remember,$(AXIAL_STAGES))

%/tissue.nii.gz: %/ct.nii.gz $(call var,TISSUE)
	$(SRUN) $(TISSUE) -o $@ $<
%/where.nii.gz: %/ct.nii.gz $(call var,WHERE)
	$(SRUN) $(WHERE) -o $@ $<
