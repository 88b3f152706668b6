# deeporgan.mk: the cascade on one case, as rules.  A case is a folder with ct.nii.gz in it
# (and truth.nii.gz, for evaluation only); MODELS is a folder that train.mk filled.
#
#   ct -> sp (superpixels) -> sp.tab (features) -> cand.tab (random forests)
#      -> p0 (P-ConvNet) -> r1.tab, r2.tab (R-ConvNets) -> p1, p2 -> g0, g1, g2 (Gaussian)
#      -> seg (threshold), crf.tab -> crf (min-cut)

MODELS ?= $(RUN)/models
K      ?= 500
WINDOW ?= -100,200
SIGMA  ?= 3
STRIDE ?= 3
SCALES ?= 1,1.5,2.25,3.375
ENGINE ?= auto

SUPERPIX ?= dorg-superpix -j $J -k $(K) -w $(WINDOW)
# Level 0, pixels and patches: the densities of HU (KDE) and a forest on patches, each pooled
# into the superpixels' features.  LEVEL0= leaves both out.
LEVEL0   ?= yes
KDE      ?= $(MODELS)/kde.tab
RESPONSE ?= dorg-response -j $J -f $(MODELS)/patch.forest --kde $(KDE)
# What lies around a superpixel: worth much where many patients are learned from, harmful where
# one is.  CONTEXT= leaves it out.
CONTEXT  ?= yes
# When a superpixel is organ, for the nets.  LABEL_RULE=optimal is the paper's rule: the labels of
# the column Opt.; dorg-choices(7) compares the two.
LABEL_RULE ?= coverage:0.5
FEATURES ?= dorg-spfeat -j $J $(if $(LEVEL0),--kde $(KDE)) $(if $(CONTEXT),--context) --label-rule $(LABEL_RULE)
CANDS    ?= dorg-rfcand -j $J -f $(MODELS)/rf1.forest -f $(MODELS)/rf2.forest
# Added for training cases; another program that stands in for dorg-rfcand has no such option.
CANDS_OOB ?= $(if $(filter file,$(origin CANDS)),--oob)
PMAP     ?= dorg-pconv -j $J -E $(ENGINE) --stride $(STRIDE)
R1SCORE  ?= dorg-rconv -j $J -E $(ENGINE) --scales $(SCALES)
R2SCORE  ?= dorg-rconv -j $J -E $(ENGINE) --scales $(SCALES)
EDGES    ?= dorg-edges
EDGENET  ?= dorg-rconv -j $J -E $(ENGINE) --scales $(SCALES)
FIELD    ?= dorg-graphcut
# CRF_CUT=yes: the CRF's regional term turns where P2's own cut is, CRF_CUT= at 0.5.
CRF_CUT  ?= yes
crf_cut   = $(if $(CRF_CUT),cut=$(call number,$(MODELS)/cut.p2);)
cut_arg   = $(if $(CRF_CUT),--cut $$cut)
SMOOTH   ?= dorg-gauss3d -j $J -s $(SIGMA)
DECIDE   ?= dorg-thresh
CLEAN    ?= cat
STAGES   := SUPERPIX RESPONSE FEATURES CANDS PMAP R1SCORE R2SCORE EDGES EDGENET FIELD SMOOTH DECIDE CLEAN
$(call remember,$(STAGES) CRF_CUT)

# Training cases must not be judged by trees that grew on them.
TRAIN ?=
is_training = $(filter $(notdir $1),$(TRAIN))
# The forests may have others (train.mk).
of_forests = $(filter $(notdir $1),$(RF_TRAIN))
# PATIENTS holds case:patient; a case that is not in it is its own patient.  Where several scans
# are of one, tables name the patient (--group), so that trees leave out all of his or none.
PATIENTS ?=
patient_of = $(or $(patsubst $(notdir $1):%,%,$(firstword $(filter $(notdir $1):%,$(PATIENTS)))),$(notdir $1))
group_of = $(if $(word 2,$(filter %:$(call patient_of,$1),$(PATIENTS))),--group $(call patient_of,$1))
# Only what is learned from shows its truth to a stage.
truth_for = $(if $(call is_training,$1)$(call of_forests,$1),$1/truth.nii.gz)

# $(call net_of,NET,CASE FOLDER): NET.net; for a training case, when train.mk makes inner folds
# (INNER), the one that was trained without it.
# dorg-choices(7) has the figures.
INNER      ?= 3
INNER_NETS ?= p
# AVERAGE=yes: a case that is not a training one is judged by NET.net and those of the inner
# folds together, by the average of their outputs.
AVERAGE    ?=
INTERLEAVE ?=
has_inner = $(if $(filter-out 0,$(INNER)),$(filter $1,$(INNER_NETS)))
net_of = $(if $(and $(call has_inner,$1),$(call is_training,$2)),$(MODELS)/$1.inner$(INNER_FOLD.$(notdir $2)).net,$(strip \
  $(MODELS)/$1.net $(if $(and $(AVERAGE),$(call has_inner,$1)),$(foreach i,$(shell seq 1 $(INNER)),$(MODELS)/$1.inner$i.net))))
weights = $(foreach n,$(call net_of,$1,$2),-n $n)
# LEVEL=dorg-level: P0, R1 and R2 of a case that is not a training one are brought to the level
# that they have on the training cases' candidates (models/level.p0, .r1, .r2).
LEVEL ?=
level_of = $(if $(LEVEL),$(if $(call is_training,$2),,$(MODELS)/level.$1))
# $(call levelled,NAME,CASE FOLDER,OPTIONS): what stands behind a command that writes to a pipe
levelled = $(if $(call level_of,$1,$2),| $(SRUN) $(LEVEL) --share $(call number,$(call level_of,$1,$2),2) $3)
NET_VARS := INNER INNER_NETS INTERLEAVE AVERAGE LEVEL
$(call remember,$(NET_VARS))
.SECONDEXPANSION:

%/sp.nii.gz: %/ct.nii.gz $(call var,SUPERPIX)
	$(SRUN) $(SUPERPIX) $< | gzip -1n $(to)

%/response.nii.gz: %/ct.nii.gz $(MODELS)/patch.forest $(MODELS)/kde.tab $(call var,RESPONSE)
	$(SRUN) $(RESPONSE) $(if $(call of_forests,$*),--oob $(call group_of,$*)) -o $@ $<

# The truth adds the columns coverage and truth.
%/sp.tab: %/ct.nii.gz %/sp.nii.gz $$(call truth_for,$$*) $(if $(LEVEL0),%/response.nii.gz) $(call var,FEATURES)
	$(SRUN) $(FEATURES) $(if $(LEVEL0),-P $*/response.nii.gz) $(if $(call truth_for,$*),-t $(call truth_for,$*) $(call group_of,$*)) \
	  -o $@ $*/ct.nii.gz $*/sp.nii.gz

%/cand.tab: %/sp.tab $(MODELS)/rf1.forest $(MODELS)/rf2.forest $(call var,CANDS)
	$(SRUN) $(CANDS) $(if $(call of_forests,$*),$(CANDS_OOB)) < $< $(to)

%/cand.nii.gz: %/sp.nii.gz %/cand.tab
	dorg-paint --value 1 -o $@ $^

%/p0.nii.gz: %/ct.nii.gz %/cand.nii.gz $$(call net_of,p,$$*) $$(call level_of,p0,$$*) $(call var,$(NET_VARS) PMAP)
	$(SRUN) $(PMAP) $(call weights,p,$*) -m $*/cand.nii.gz $< $(call levelled,p0,$*,-m $*/cand.nii.gz) | gzip -1n $(to)

%/r1.tab: %/cand.tab %/ct.nii.gz %/sp.nii.gz $$(call net_of,r1,$$*) $$(call level_of,r1,$$*) $(call var,$(NET_VARS) R1SCORE)
	$(SRUN) $(R1SCORE) $(call weights,r1,$*) $*/ct.nii.gz $*/sp.nii.gz $< $(call levelled,r1,$*,-c p) $(to)

%/r2.tab: %/cand.tab %/ct.nii.gz %/sp.nii.gz %/p0.nii.gz $$(call net_of,r2,$$*) $$(call level_of,r2,$$*) $(call var,$(NET_VARS) R2SCORE)
	$(SRUN) $(R2SCORE) $(call weights,r2,$*) -P $*/p0.nii.gz $*/ct.nii.gz $*/sp.nii.gz $< $(call levelled,r2,$*,-c p) $(to)

%/p1.nii.gz: %/sp.nii.gz %/r1.tab
	dorg-paint -c p -o $@ $^
%/p2.nii.gz: %/sp.nii.gz %/r2.tab
	dorg-paint -c p -o $@ $^

# The CRF: pairs of neighbouring candidates, the edge net's opinion of them, one cut a slice.
%/edges.tab: %/ct.nii.gz %/sp.nii.gz %/cand.tab $(call var,EDGES)
	$(EDGES) -o $@ $*/ct.nii.gz $*/sp.nii.gz $*/cand.tab
%/edgep.tab: %/edges.tab %/ct.nii.gz %/sp.nii.gz %/cand.tab %/p0.nii.gz $$(call net_of,edge,$$*) $(call var,$(NET_VARS) EDGENET)
	$(SRUN) $(EDGENET) $(call weights,edge,$*) --edges $< -P $*/p0.nii.gz -o $@ $*/ct.nii.gz $*/sp.nii.gz $*/cand.tab
# $(call crf_rule,NAME,COMMAND'S VARIABLE,EDGE TABLES,LAMBDA)
define crf_rule
%/$1.tab: %/r2.tab $(addprefix %/,$3) $(MODELS)/$4 $(if $(CRF_CUT),$(MODELS)/cut.p2) $(call var,$2 CRF_CUT)
	lambda=$$(call number,$(MODELS)/$4); $$(crf_cut) $(SRUN) $$($2) $$(cut_arg) -l $$$$lambda $(foreach e,$3,-e $$*/$e) -o $$@ $$<
%/$1.nii.gz: %/sp.nii.gz %/$1.tab
	dorg-paint -c label $$^ | dorg-thresh -p 0.5 -o $$@
endef
$(eval $(call crf_rule,crf,FIELD,edgep.tab,lambda))

# G(P0), G(P1), G(P2): smoothed maps; $(SMOOTH) may be any filter, cat included.
define smooth_rule
%/g$1.nii.gz: %/p$1.nii.gz $(call var,SMOOTH)
	zcat $$< | $(SRUN) $$(SMOOTH) | gzip -1n $$(to)
endef
$(foreach k,0 1 2,$(eval $(call smooth_rule,$k)))

# Masks at the calibrated operating points (Fig. 5): MODELS/cut.p0 ... MODELS/cut.g2.
MAPS := p0 g0 p1 g1 p2 g2
define mask_rule
%/$1-mask.nii.gz: %/$1.nii.gz $(MODELS)/cut.$1 $(call var,DECIDE CLEAN)
	cut=$$(call number,$(MODELS)/cut.$1); zcat $$< | $$(DECIDE) -p $$$$cut | $$(CLEAN) | gzip -1n $$(to)
endef
$(foreach m,$(MAPS),$(eval $(call mask_rule,$m)))

# The best any labelling of the superpixels could do (paper: 80.5).
%/opt-mask.nii.gz: %/ct.nii.gz %/sp.nii.gz %/truth.nii.gz
	dorg-spfeat --label-rule optimal -t $*/truth.nii.gz $*/ct.nii.gz $*/sp.nii.gz \
	  | dorg-paint -c truth $*/sp.nii.gz - | dorg-thresh -p 0.5 -o $@

# The paper's result is G(P2).
FINAL ?= g2
%/seg.nii.gz: %/$(FINAL)-mask.nii.gz
	cp $< $@
