# strangers.mk: patch nets on people they have never seen, and the model that comes with dorg.
#
#   make -C pipelines strangers [DATA=../shared/data] [RUN=folder]   trains and judges
#   make -C pipelines model     [DATA=...] [RUN=...]                 and writes models/nih
#
# DATA holds slices of 45 patients of NIH Pancreas-CT (nih-slices), one whole scan
# (nih-pancreas-ct/PANCREAS_0001) and 80 slices of another (nih-0006-slab).  Patients fall into
# FOLDS folds; one net is trained per fold, without its patients, and judges them alone: nothing
# of a patient is on both sides.  It learns in two rounds: the second adds what the first takes for
# the organ wrongly in the scans that it learns from, and what lies far from the organ in OTHERS,
# two scans of other hospitals (others/cort_liver, totalsegmentator/example), for single slices
# show the nets nothing of what lies above and below.  The cut is the one with the best mean DSC
# over the slices, each judged so; neither whole scan takes part in choosing it.  The nets together
# are the model.
#
# The mean of several nets is another map than one net's, with another best cut.  LEAVE=2 judges
# it: a net for each pair of folds, without both, and each patient by the mean of those nets that
# have not seen him.  The model's cut is that of such a run, in RUN/mean.
#
# The paper's net on the paper's patches, in the same table (single slices show it one plane):
#   make -C pipelines strangers RUN=folder P_NET=pipelines/nets/deeporgan.cfg PATCH='dorg-patch --size 64 -w -100,200'

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
DATA ?= $(HERE)/../../shared/data
RUN  ?= dorg/strangers
include $(HERE)/common.mk
include $(HERE)/axial.mk
override DATA := $(abspath $(DATA))

SLICES := $(DATA)/nih-slices
ifeq ($(wildcard $(SLICES)/LIST.tsv),)
$(error no nih-slices/LIST.tsv in $(DATA): give DATA=folder)
endif
FOLDS ?= 4
LEAVE ?= 1
SEED  ?= 1
P_NET ?= $(NETS)/axial.cfg
SIZE  ?= 32
# What the nets learn from: voxels of the organ, of the tissue within about 14 mm of it, where
# the border is learned, and of all tissue, each in a raster of so many mm: of slices, and of
# whole scans.
INSIDE ?= 2.4,0
NEAR   ?= 3.2,0
FAR    ?= 7.2,0
INSIDE_WHOLE ?= 2.4,4
NEAR_WHOLE   ?= 4,6
FAR_WHOLE    ?= 7.2,7
AROUND ?= dorg-gauss3d -j $J --mm -s 6
AUGMENT ?= --no-flip --vary 0.25,12,0.3 --tps 0.08
EPOCHS  ?= 8
# The second round.  WRONG: how sure the first net is of what is not the organ, nor close to it.
CLOSE ?= dorg-gauss3d -j $J --mm -s 2
WRONG ?= 0.5
WRONG_EVERY ?= 4.8,0
FAR_OTHERS ?= 4.8,5
AGAIN = dorg-train -E $(ENGINE) --seed 2 --keep last $(AUGMENT) --epochs $(EPOCHS_AGAIN) --rate $(RATE_AGAIN) --cfg $(P_NET)
EPOCHS_AGAIN ?= 2
RATE_AGAIN ?= 0.006
PTRAIN = dorg-train -E $(ENGINE) --seed $(SEED) --keep last $(AUGMENT) --epochs $(EPOCHS) --cfg $(P_NET)
TRAIN_J ?= $(CPUS)
CPUS ?= $(shell nproc)
PATCH = dorg-patch --axial $(AXIAL) --size $(SIZE) -w $(WINDOW)
# Maps of single slices are sampled closer: there is no neighbour to lean on.
SLICE_EVERY ?= 3.2,0
CLEAN_SLICES := dorg-clean -k 0 --fill-slices
$(call remember,VOLUME PATCH AROUND PTRAIN FOLDS SEED INSIDE NEAR FAR INSIDE_WHOLE NEAR_WHOLE FAR_WHOLE SLICE_EVERY LEAVE CLOSE WRONG WRONG_EVERY FAR_OTHERS AGAIN)

CASES  := $(RUN)/cases
MODELS := $(RUN)/models
SLICE_CASES := $(filter PANCREAS_%,$(shell cut -f 1 $(SLICES)/LIST.tsv))
WHOLE  := PANCREAS_0001_whole PANCREAS_0006_slab
whole_of.PANCREAS_0001_whole := $(DATA)/nih-pancreas-ct/PANCREAS_0001
whole_of.PANCREAS_0006_slab  := $(DATA)/nih-0006-slab/PANCREAS_0006_slab58-137
WHOLE  := $(foreach w,$(WHOLE),$(if $(wildcard $(whole_of.$w)_ct.nii.gz),$w))
# Scans of others, perhaps with a label: of none it is judged.
OTHERS := cort_liver example
other_of.cort_liver := $(DATA)/others/cort_liver_ct.nii.gz
other_of.example    := $(DATA)/totalsegmentator/example_ct.nii.gz
label_of.example    := $(DATA)/totalsegmentator/example_seg_pancreas_v1.nii.gz
OTHERS := $(foreach o,$(OTHERS),$(if $(wildcard $(other_of.$o)),$o))
patient = $(word 2,$(subst _, ,$1))
PATIENTS := $(sort $(foreach c,$(SLICE_CASES),$(call patient,$c)))
KS := $(shell seq $(FOLDS))
# words PATIENT:FOLD
FOLD_WORDS := $(shell printf '%s\n' $(PATIENTS) | PATH='$(PATH)' dorg-folds -k $(FOLDS) --seed $(SEED) | PATH='$(PATH)' dorg-tab --no-names | tr '\t' :)
ifneq ($(words $(FOLD_WORDS)),$(words $(PATIENTS)))
$(error no folds of $(words $(PATIENTS)) patients)
endif
fold = $(patsubst $(call patient,$1):%,%,$(filter $(call patient,$1):%,$(FOLD_WORDS)))
$(foreach k,$(KS),$(eval IN_$k := $(foreach c,$(SLICE_CASES) $(WHOLE),$(if $(filter $k,$(call fold,$c)),$c))))
# Nets are called by the folds that they leave out.
$(if $(filter-out 1 2,$(LEAVE)),$(error LEAVE=$(LEAVE): 1 or 2))
PARTS := $(if $(filter 1,$(LEAVE)),$(KS),$(shell for a in $(KS); do for b in $(KS); do [ $$a -ge $$b ] || echo $$a-$$b; done; done))
$(foreach n,$(PARTS),$(eval OUT_$n := $(filter-out $(foreach k,$(subst -, ,$n),$(IN_$k)),$(SLICE_CASES) $(WHOLE))))
judges = $(patsubst %,$(MODELS)/p%.net,$(filter $1 $1-% %-$1,$(PARTS)))

all: table
.DEFAULT_GOAL := all

# ---- cases -------------------------------------------------------------------------------

# $(call case_rule,CASE,FILES' BEGINNING,RASTERS: INSIDE,NEAR,FAR)
define case_rule
$(CASES)/$1/ct.nii.gz: $2_ct.nii.gz
	@mkdir -p $$(@D); ln -sfn $$< $$@
$(CASES)/$1/truth.nii.gz: $2_label.nii.gz
	@mkdir -p $$(@D); ln -sfn $$< $$@
$(CASES)/$1/near.nii.gz: $(CASES)/$1/ct.nii.gz $(CASES)/$1/truth.nii.gz $(call var,AROUND TISSUE)
	$(SRUN) $(AROUND) $(CASES)/$1/truth.nii.gz | dorg-thresh -p 0.01 | $(TISSUE) -m - -o $$@ $$<
$(CASES)/$1/organ.rec: $(CASES)/$1/ct.nii.gz $(CASES)/$1/truth.nii.gz $(call var,PATCH INSIDE INSIDE_WHOLE)
	$(SRUN) $(PATCH) --every $3 -t $(CASES)/$1/truth.nii.gz -o $$@ $$< $(CASES)/$1/truth.nii.gz
$(CASES)/$1/near.rec: $(CASES)/$1/ct.nii.gz $(CASES)/$1/truth.nii.gz $(CASES)/$1/near.nii.gz $(call var,PATCH NEAR NEAR_WHOLE)
	$(SRUN) $(PATCH) --every $4 -t $(CASES)/$1/truth.nii.gz -o $$@ $$< $(CASES)/$1/near.nii.gz
$(CASES)/$1/far.rec: $(CASES)/$1/ct.nii.gz $(CASES)/$1/truth.nii.gz $(CASES)/$1/tissue.nii.gz $(call var,PATCH FAR FAR_WHOLE)
	$(SRUN) $(PATCH) --every $5 -t $(CASES)/$1/truth.nii.gz -o $$@ $$< $(CASES)/$1/tissue.nii.gz
endef
$(foreach c,$(SLICE_CASES),$(eval $(call case_rule,$c,$(SLICES)/$c,$(INSIDE),$(NEAR),$(FAR))))
$(foreach c,$(WHOLE),$(eval $(call case_rule,$c,$(whole_of.$c),$(INSIDE_WHOLE),$(NEAR_WHOLE),$(FAR_WHOLE))))
# Where the organ is not.
$(CASES)/%/not.nii.gz: $(CASES)/%/ct.nii.gz $(CASES)/%/truth.nii.gz $(call var,CLOSE TISSUE)
	$(SRUN) $(CLOSE) $(CASES)/$*/truth.nii.gz | dorg-thresh -p 0.01 | $(TISSUE) --outside - -o $@ $<

# Of others: far from their label; without one, far above and below where an organ can be.
define other_rule
$(CASES)/$1/ct.nii.gz: $(other_of.$1)
	@mkdir -p $$(@D); ln -sfn $$< $$@
ifneq ($(label_of.$1),)
$(CASES)/$1/truth.nii.gz: $(label_of.$1)
	@mkdir -p $$(@D); ln -sfn $$< $$@
$(CASES)/$1/not.nii.gz: $(CASES)/$1/ct.nii.gz $(CASES)/$1/truth.nii.gz $(call var,AROUND TISSUE)
	$(SRUN) $(AROUND) $(CASES)/$1/truth.nii.gz | dorg-thresh -p 0.01 | $(TISSUE) --outside - -o $$@ $$<
else
$(CASES)/$1/not.nii.gz: $(CASES)/$1/ct.nii.gz $(call var,TISSUE)
	$(SRUN) $(TISSUE) --below -30,200 $$< | $(TISSUE) --outside - -o $$@ $$<
$(CASES)/$1/truth.nii.gz: $(CASES)/$1/not.nii.gz
	dorg-thresh -p 2 -o $$@ $$<
endif
$(CASES)/$1/far.rec: $(CASES)/$1/ct.nii.gz $(CASES)/$1/truth.nii.gz $(CASES)/$1/not.nii.gz $(call var,PATCH FAR_OTHERS)
	$(SRUN) $(PATCH) --every $(FAR_OTHERS) -t $(CASES)/$1/truth.nii.gz -o $$@ $$< $(CASES)/$1/not.nii.gz
endef
$(foreach o,$(OTHERS),$(eval $(call other_rule,$o)))
RECS := organ near far
recs_of = $(foreach c,$1,$(RECS:%=$c/%.rec))

# ---- maps --------------------------------------------------------------------------------

# $(call list,CASES,FILE): lines of case, that file, truth
list = for c in $1; do printf '%s\t%s\t%s\n' $$c $(CASES)/$$c/$2 $(CASES)/$$c/truth.nii.gz; done
# $(call map,NETS,CASES,MASK,MAP,EVERY): maps by these nets, of slices at such distances, of whole
# scans first at few places.  For the shell, $c in MAP is the case.
map = for part in slice whole; do \
	  cases='$(filter $(SLICE_CASES),$2)' every='$5 --coarse 1'; \
	  if [ $$part = whole ]; then cases='$(filter-out $(SLICE_CASES),$2)' every=$(EVERY); fi; \
	  { printf 'ct\tmask\tout\n'; for c in $$cases; do \
	    printf '%s\t%s\t%s\n' $(CASES)/$$c/ct.nii.gz $(CASES)/$$c/$3 $4; done; } > $@.list; \
	  [ -z "$$cases" ] || $(SRUN) $(PMAP) --every $$every -q $(1:%=-n %) -L $@.list; \
	done

# ---- nets: one per fold or pair of folds, without its patients ------------------------------

define net_rule
$(MODELS)/first/p$1.net: $(addprefix $(CASES)/,$(call recs_of,$(OUT_$1))) $(P_NET) $(call var,PTRAIN FOLDS SEED)
	@mkdir -p $$(@D)
	cd $(CASES) && $(SRUN) $$(PTRAIN) -j $(TRAIN_J) --resume --log $$@.log -o $$@ \
	  $(call recs_of,$(OUT_$1))
# What it takes for the organ and is not, in what it learned from and in others.
$(RUN)/wrong/$1/list: $(MODELS)/first/p$1.net $(patsubst %,$(CASES)/%/not.nii.gz,$(OUT_$1) $(OTHERS)) \
  $(call var,PMAP PATCH WRONG WRONG_EVERY INSIDE INSIDE_WHOLE)
	@mkdir -p $$(@D)
	$$(call map,$$<,$(OUT_$1) $(OTHERS),not.nii.gz,$$(@D)/$$$$c.nii.gz,$$(WRONG_EVERY))
	rm -f $$(@D)/*.rec
	for c in $(OUT_$1) $(OTHERS); do \
	  case $$$$c in *_z*) every=$(INSIDE) ;; *) every=$(INSIDE_WHOLE) ;; esac; \
	  dorg-thresh -p $(WRONG) -o $$(@D)/mask.nii.gz $$(@D)/$$$$c.nii.gz; \
	  [ "$$$$(dorg-info --get not_zero $$(@D)/mask.nii.gz)" != 0 ] || continue; \
	  $(SRUN) $(PATCH) --every $$$$every -t $(CASES)/$$$$c/truth.nii.gz -o $$(@D)/$$$$c.rec $(CASES)/$$$$c/ct.nii.gz $$(@D)/mask.nii.gz; \
	done
	for c in $(OUT_$1) $(OTHERS); do [ ! -e $$(@D)/$$$$c.rec ] || echo ../wrong/$1/$$$$c.rec; done $$(to)
$(MODELS)/p$1.net: $(MODELS)/first/p$1.net $(RUN)/wrong/$1/list $(OTHERS:%=$(CASES)/%/far.rec) $(call var,AGAIN)
	cd $(CASES) && $(SRUN) $$(AGAIN) -j $(TRAIN_J) --warm $$< --resume --log $$@.log -o $$@ \
	  $(call recs_of,$(OUT_$1)) $(OTHERS:%=%/far.rec) $$$$(cat ../wrong/$1/list)
endef
$(foreach n,$(PARTS),$(eval $(call net_rule,$n)))

# ---- maps of each fold's cases by the nets that have not seen them ---------------------------

define maps_rule
$(RUN)/maps.$1: $(call judges,$1) $(IN_$1:%=$(CASES)/%/where.nii.gz) $(call var,PMAP SMOOTH SLICE_EVERY LEAVE)
	$$(call map,$(call judges,$1),$(IN_$1),where.nii.gz,$(CASES)/$$$$c/p0.nii.gz,$$(SLICE_EVERY))
	for c in $(IN_$1); do $$(SMOOTH) -o $(CASES)/$$$$c/g0.nii.gz $(CASES)/$$$$c/p0.nii.gz; done
	@touch $$@
endef
$(foreach k,$(KS),$(eval $(call maps_rule,$k)))

# ---- the cut: by the slices, each judged by the net that has not seen its patient ------------

CUT_STEP ?= 0.02
$(call remember,CUT_STEP)
MAPS_DONE := $(KS:%=$(RUN)/maps.%)
$(RUN)/sweep.tsv: $(MAPS_DONE) $(call var,CUT_STEP)
	$(call list,$(SLICE_CASES),g0.nii.gz) > $@.list
	$(SRUN) dorg-dice -j $(TRAIN_J) --no-surface --sweep $(CUT_STEP)$(comma)0.98$(comma)$(CUT_STEP) -L $@.list -o $@
$(MODELS)/cut: $(RUN)/sweep.tsv
	dorg-tab --summary mean --best dsc -c threshold --no-names $< $(to)
# Candidates, for a stage of your own to work on: the highest cut that loses so little of the
# slices' organ.
CAND_RECALL ?= 0.97
$(call remember,CAND_RECALL)
$(MODELS)/cand: $(RUN)/sweep.tsv $(call var,CAND_RECALL)
	dorg-tab --summary mean --set 'enough=recall>=$(CAND_RECALL)' --set 'at=enough*threshold' --best at -c threshold --no-names $< $(to)

# ---- stages and their table ------------------------------------------------------------------

# Masks of every case, by stage.  Slices are cut alone: a volume says nothing of them.
STAGES := where cand p0 g0 largest volume both seg
$(RUN)/masks: $(MODELS)/cut $(MODELS)/cand $(call var,CLEAN REFINE VOLUME)
	cut=$$(cat $(MODELS)/cut) cand=$$(cat $(MODELS)/cand); \
	for c in $(SLICE_CASES) $(WHOLE); do d=$(CASES)/$$c; \
	  dorg-thresh -p $$cut -o $$d/m-p0.nii.gz $$d/p0.nii.gz; \
	  dorg-thresh -p $$cut -o $$d/m-g0.nii.gz $$d/g0.nii.gz; \
	  dorg-thresh -p $$cand -o $$d/m-cand.nii.gz $$d/g0.nii.gz; \
	  cp $$d/where.nii.gz $$d/m-where.nii.gz; \
	done; \
	for c in $(SLICE_CASES); do d=$(CASES)/$$c; \
	  $(subst $(CLEAN),$(CLEAN_SLICES),$(call refine,$$d/g0.nii.gz,$$cut,$$d/ct.nii.gz,$$d/m-g0.nii.gz,$$d/m-seg.nii.gz)); \
	done
	cut=$$(cat $(MODELS)/cut); \
	for c in $(WHOLE); do d=$(CASES)/$$c; \
	  $(CLEAN) -o $$d/m-largest.nii.gz $$d/m-g0.nii.gz; \
	  used=$$(dorg-thresh -v -p $$cut --volume $(VOLUME) -o $$d/m-volume.nii.gz $$d/g0.nii.gz 2>&1 | sed -n 's/.*: cut at //p'); \
	  $(CLEAN) -o $$d/m-both.nii.gz $$d/m-volume.nii.gz; \
	  $(call refine,$$d/g0.nii.gz,$$used,$$d/ct.nii.gz,$$d/m-both.nii.gz,$$d/m-seg.nii.gz); \
	done
	@touch $@

# $(call scores,NAME,CASES,STAGES)
define scores
$(RUN)/scores/$1.tsv: $(RUN)/masks
	@mkdir -p $$(@D)
	for s in $3; do \
	  $$(call list,$2,m-$$$$s.nii.gz) > $$@.list; \
	  dorg-dice -j $(TRAIN_J) --no-surface -L $$@.list -o $$@.$$$$s; \
	done
	for s in $3; do $(HERE)/by-patient $1 $$$$s $$@.$$$$s > $$@.$$$$s.row; done
	cat $(3:%=$$@.%.row) $$(to)
endef
$(eval $(call scores,slices,$(SLICE_CASES),where cand p0 g0 seg))
$(foreach c,$(WHOLE),$(eval $(call scores,$c,$c,$(STAGES))))

$(RUN)/table.tsv: $(RUN)/scores/slices.tsv $(WHOLE:%=$(RUN)/scores/%.tsv)
	{ printf 'judged\tstage\tpatients\tcases\trecall\tprecision\tdsc\tworst_patient\tdsc_of_it\n'; cat $^; } $(to)
table: $(RUN)/table.tsv
	@echo
	@echo 'patients that the nets have not seen, $(LEAVE) of $(FOLDS) folds of $(words $(PATIENTS)) patients left out; cut $(shell cat $(MODELS)/cut 2>/dev/null), of candidates $(shell cat $(MODELS)/cand 2>/dev/null); in %'
	@column -t -s '	' $< || cat $<
.PHONY: all table

# ---- the model ---------------------------------------------------------------------------

MODEL ?= $(HERE)/models/nih
# How bright the soft tissue of the patients is, and 5% more and less: another contrast phase
# lies outside.
$(MODELS)/bright: $(SLICE_CASES:%=$(CASES)/%/ct.nii.gz) $(call var,TISSUE)
	@mkdir -p $(@D)
	for c in $(SLICE_CASES); do p=$${c#*_}; printf '%s\t' $${p%%_*}; $(TISSUE) --mean $(CASES)/$$c/ct.nii.gz; done > $@.tsv
	dorg-tab --names patient,hu,voxels --by patient --reduce hu=mean:hu $@.tsv | dorg-tab --reduce lo=min:hu,hi=max:hu \
	  | dorg-tab --set lo=0.95*lo --set hi=1.05*hi --format lo=.0f,hi=.0f --no-names | sed 's/^/BRIGHT=/; s/\t/,/' $(to)

MEAN := $(RUN)/mean
mean:
	@$(MAKE) --no-print-directory -f $(HERE)/strangers.mk table LEAVE=2 RUN=$(MEAN)
model: $(RUN)/table.tsv $(MODELS)/bright mean
	mkdir -p $(MODEL)
	rm -f $(MODEL)/*
	cp $(PARTS:%=$(MODELS)/p%.net) $(MODEL)/
	{ $(foreach s,$(filter-out CUT,$(AXIAL_SETTINGS)),echo '$s=$($s)';) echo "CUT=$$(cat $(MEAN)/models/cut)"; \
	  echo SLICE_EVERY=$(SLICE_EVERY); echo PITCH=0.5,1.1; echo THICK=6; cat $(MODELS)/bright; } > $(MODEL)/settings
	cp $(RUN)/table.tsv $(MODEL)/table.tsv
	cp $(MEAN)/table.tsv $(MODEL)/mean.tsv
	cd $(MODEL) && $(HERE)/model-card $(words $(PARTS)) $(words $(SLICE_CASES)) $(words $(PATIENTS)) table.tsv mean.tsv > CARD
	du -sk $(MODEL)
.PHONY: model mean
