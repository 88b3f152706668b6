# train.mk: from training cases to MODELS: rf1.forest, rf2.forest, p.net, r1.net, r2.net,
# edge.net, cut.* (thresholds), lambda.  TRAIN lists the names of case folders in $(RUN)/cases.

include $(HERE)/training.mk

# The forests must keep what touches the organ, so a superpixel of this coverage is a positive
# for them; the nets, which must be right, use LABEL_RULE.  RF_COVERAGE= lets the forests
# use that, too.
RF_COVERAGE ?= 0.1
RFLABEL ?= $(if $(RF_COVERAGE),dorg-tab --set 'truth=coverage>=$(RF_COVERAGE)',cat)

# HU added to the training scans, each in turn, for level 0: patients differ in contrast, and few
# of them do not show it.
SHIFT     ?= 0
PATCHFEAT ?= dorg-patchfeat -j $J --share 0.1 --seed $(SEED) --shift=$(SHIFT)
LEARN_KDE ?= dorg-kde -j $J --shift=$(SHIFT)
# The cases the forests learn from, and what else they are told.
RF_TRAIN ?= $(TRAIN)
RF_OPTS  ?=
RFTRAIN = dorg-rftrain -j $J -k $(TREES) --seed $(SEED) $(RF_OPTS)
RF0    ?= $(RFTRAIN)
# Hard labels: each superpixel counts as in or out, whatever its coverage.
HARD   ?= --hard
RF1    ?= $(RFTRAIN) $(HARD) --recall 0.99
RF2    ?= $(RFTRAIN) $(HARD) --recall $(RECALL)
# Distance of a patch's samples in mm; 0 is each scan's own pitch, as in the paper.
PITCH  ?= 0
PATCH  ?= dorg-patch --stride $(STRIDE) --pitch $(PITCH) -w $(WINDOW) --balance --max $(P_MAX) --seed $(SEED)
REGION ?= dorg-region --scales $(SCALES) -w $(WINDOW) --balance --seed $(SEED)
DEFORM ?= dorg-tps -k $(N_T) $(if $(ORIGINALS),,--only) --seed $(SEED)
PTRAIN ?= dorg-train --resume -j $J -E $(ENGINE) --seed $(SEED) $(AUGMENT) --cfg $(P_NET) $(TRAINOPTS)
RTRAIN ?= dorg-train --resume -j $J -E $(ENGINE) --seed $(SEED) $(R_AUGMENT) --cfg $(R_NET) $(TRAINOPTS)
ETRAIN ?= dorg-train --resume -j $J -E $(ENGINE) --seed $(SEED) --cfg $(E_NET) $(TRAINOPTS)
# Calibration on the training cases: step of the thresholds (Fig. 5), weights of the CRF.
CUT_STEP ?= 0.02
LAMBDAS  ?= 0 0.0625 0.125 0.25 0.5 1 2 4 8 16
$(call remember,PATCHFEAT LEARN_KDE RF0 RF1 RF2 RFLABEL PATCH REGION DEFORM PTRAIN RTRAIN ETRAIN R_MAX E_MAX CUT_STEP LAMBDAS TRAIN RF_TRAIN)

CASES := $(RUN)/cases
train_files = $(foreach c,$(TRAIN),$(CASES)/$c/$1)
rf_files = $(foreach c,$(RF_TRAIN),$(CASES)/$c/$1)
size_of = $$(sed -n 's/^input .*size=\([0-9]*\).*/\1/p' $1)

$(MODELS):
	mkdir -p $@

# Level 0: densities of HU inside and outside the organ, and a forest on patches.
$(MODELS)/kde.tab: $(call rf_files,ct.nii.gz) $(call rf_files,truth.nii.gz) $(call var,RF_TRAIN LEARN_KDE) | $(MODELS)
	$(LEARN_KDE) -o $@ $(foreach c,$(RF_TRAIN),$(CASES)/$c/ct.nii.gz $(CASES)/$c/truth.nii.gz)
%/patch.tab: %/ct.nii.gz %/truth.nii.gz $(MODELS)/kde.tab $(call var,PATCHFEAT)
	$(SRUN) $(PATCHFEAT) --kde $(MODELS)/kde.tab -t $*/truth.nii.gz $(call group_of,$*) -o $@ $<
$(MODELS)/patch.forest: $(call rf_files,patch.tab) $(call var,RF0 RF_TRAIN) | $(MODELS)
	$(SRUN) $(RF0) -o $@ $(call rf_files,patch.tab)

%/rf.tab: %/sp.tab $(call var,RFLABEL)
	$(RFLABEL) $< $(to)
$(MODELS)/rf1.forest: $(call rf_files,rf.tab) $(call var,RF1 RF_TRAIN) | $(MODELS)
	$(SRUN) $(RF1) -o $@ $(call rf_files,rf.tab)
$(MODELS)/rf2.forest: $(MODELS)/rf1.forest $(call var,RF2) | $(MODELS)
	$(SRUN) $(RF2) -f $< -o $@ $(call rf_files,rf.tab)

%/p.rec: %/ct.nii.gz %/truth.nii.gz %/cand.nii.gz $(P_NET) $(call var,PATCH)
	$(SRUN) $(PATCH) --size $(call size_of,$(P_NET)) -t $*/truth.nii.gz -o $@ $< $*/cand.nii.gz
%/r1.rec: %/cand.tab %/ct.nii.gz %/sp.nii.gz $(R_NET) $(call var,REGION DEFORM R_MAX)
	$(SRUN) $(REGION) --max $(R_MAX) --size $(call size_of,$(R_NET)) $*/ct.nii.gz $*/sp.nii.gz $< \
	  | $(DEFORM) $(to)
%/r2.rec: %/cand.tab %/ct.nii.gz %/sp.nii.gz %/p0.nii.gz $(R_NET) $(call var,REGION DEFORM R_MAX)
	$(SRUN) $(REGION) --max $(R_MAX) --size $(call size_of,$(R_NET)) -P $*/p0.nii.gz \
	  $*/ct.nii.gz $*/sp.nii.gz $< | $(DEFORM) $(to)
%/edge.rec: %/edges.tab %/cand.tab %/ct.nii.gz %/sp.nii.gz %/p0.nii.gz $(E_NET) $(call var,REGION DEFORM E_MAX)
	$(SRUN) $(REGION) --max $(E_MAX) --size $(call size_of,$(E_NET)) --edges $< -P $*/p0.nii.gz \
	  $*/ct.nii.gz $*/sp.nii.gz $*/cand.tab | $(DEFORM) $(to)

# Every file of a case, by name (common.mk says why).
CASE_FILES := ct.nii.gz truth.nii.gz sp.nii.gz response.nii.gz sp.tab cand.tab cand.nii.gz p0.nii.gz r1.tab r2.tab p1.nii.gz p2.nii.gz edges.tab edgep.tab \
  crf.tab crf.nii.gz g0.nii.gz g1.nii.gz g2.nii.gz $(MAPS:%=%-mask.nii.gz) opt-mask.nii.gz seg.nii.gz patch.tab rf.tab p.rec r1.rec r2.rec edge.rec
case_files = $(foreach c,$(sort $(TRAIN) $(TEST) $(RF_TRAIN)),$(1:%=$(CASES)/$c/%))
case-files: $(call case_files,$(CASE_FILES))
.PHONY: case-files

# Runs of neighbours among the patients of TRAIN make a fold; with INTERLEAVE every INNER-th
# patient does.  One patient cannot be left out of himself.
uniq = $(if $1,$(firstword $1) $(call uniq,$(filter-out $(firstword $1),$1)))
people := $(call uniq,$(foreach c,$(TRAIN),$(call patient_of,$c)))
ifeq ($(word 2,$(people)),)
override INNER := 0
endif
folds := $(if $(filter-out 0,$(INNER)),$(shell seq 1 $(INNER)))
$(foreach i,$(if $(folds),$(shell seq 1 $(words $(people)))),$(eval \
  PATIENT_FOLD.$(word $i,$(people)) := $(shell echo $$(($(if $(INTERLEAVE),($i - 1) % $(INNER),($i - 1) * $(INNER) / $(words $(people))) + 1)))))
$(if $(folds),$(foreach c,$(TRAIN),$(eval INNER_FOLD.$c := $(PATIENT_FOLD.$(call patient_of,$c)))))
INNER_FOLDS := $(if $(folds),$(foreach c,$(TRAIN),$c:$(INNER_FOLD.$c)))
$(call remember,INNER_FOLDS)
outside = $(foreach c,$(TRAIN),$(if $(filter $1,$(INNER_FOLD.$c)),,$c))

# The nets: NET.net learns from the records NET.rec of all training cases, by TRAINER.NET as
# CFG.NET says.  With INNER=k those in INNER_NETS have one more per inner fold, trained without
# the cases of that fold, for honest maps of these.
NET_NAMES := p r1 r2 edge
CFG.p     := $(P_NET)
CFG.r1    := $(R_NET)
CFG.r2    := $(R_NET)
CFG.edge  := $(E_NET)
TRAINER.p    := PTRAIN
TRAINER.r1   := RTRAIN
TRAINER.r2   := RTRAIN
TRAINER.edge := ETRAIN
# $(call net_rule,NET FILE,NET,CASES,WHAT CHOSE THE CASES)
define net_rule
$(MODELS)/$1: $(foreach c,$3,$(CASES)/$c/$2.rec) $(CFG.$2) $(call var,$(TRAINER.$2) TRAIN $4) | $(MODELS)
	for f in $$^; do [ ! $$$$f -nt $$@.ckpt ] || rm -f $$@.ckpt; done
	$(HERE)/turn $(SRUN) $$($(TRAINER.$2)) --log $$@.log -o $$@ $$(filter %.rec,$$^)
endef
$(foreach n,$(NET_NAMES),$(eval $(call net_rule,$n.net,$n,$(TRAIN))))
$(foreach n,$(filter $(NET_NAMES),$(INNER_NETS)),$(foreach k,$(folds),$(eval $(call net_rule,$n.inner$k.net,$n,$(call outside,$k),INNER INTERLEAVE INNER_FOLDS))))

# A cut of 0 would take every voxel, one of 1 next to none: neither is tried.
# Operating points: the threshold with the best mean DSC over the training cases, then fixed.
best_mean = dorg-tab --summary mean --best dsc -c threshold --no-names
# $(call case_list,FILE): lines of case, FILE of the case, truth of the case
case_list = for c in $(TRAIN); do \
  printf '%s\t%s\t%s\n' $$c $(CASES)/$$c/$1 $(CASES)/$$c/truth.nii.gz; done

define cut_rule
$(MODELS)/sweep.$1.tsv: $(call train_files,$1.nii.gz) $(call train_files,truth.nii.gz) $(call var,CUT_STEP TRAIN) | $(MODELS)
	$$(call case_list,$1.nii.gz) > $$@.list
	$(SRUN) dorg-dice -j $J --no-surface --sweep $(CUT_STEP)$(comma)0.99$(comma)$(CUT_STEP) -L $$@.list -o $$@
$(MODELS)/cut.$1: $(MODELS)/sweep.$1.tsv
	$$(best_mean) $$< $$(to)
endef
$(foreach m,$(MAPS),$(eval $(call cut_rule,$m)))

# The CRF's weight: one cut of every training case per candidate value.
# $(call lambda_rule,NAME,COMMAND'S VARIABLE,EDGE TABLES)
define lambda_rule
$(MODELS)/$1.tsv: $(foreach f,r2.tab sp.nii.gz truth.nii.gz $3,$(call train_files,$f)) $(if $(CRF_CUT),$(MODELS)/cut.p2) \
    $(call var,$2 CRF_CUT LAMBDAS TRAIN) | $(MODELS)
	rm -rf $$@.d; mkdir -p $$@.d
	$$(crf_cut) for l in $(LAMBDAS); do \
	  for c in $(TRAIN); do \
	    $$($2) $$(cut_arg) -l $$$$l $(foreach e,$3,-e $(CASES)/$$$$c/$e) $(CASES)/$$$$c/r2.tab | dorg-paint -c label $(CASES)/$$$$c/sp.nii.gz - \
	      | dorg-thresh -p 0.5 -o $$@.d/$$$$c.nii.gz; \
	    printf '%s\t%s\t%s\n' $$$$c $$@.d/$$$$c.nii.gz $(CASES)/$$$$c/truth.nii.gz; \
	  done > $$@.d/list; \
	  dorg-dice --no-surface -L $$@.d/list | dorg-tab --summary mean --set "lambda=$$$$l" -c lambda,mean_dsc=dsc -o $$@.d/$$$$l.tsv -; \
	done
	dorg-tab -o $$@ $(LAMBDAS:%=$$@.d/%.tsv)
	rm -rf $$@.d
$(MODELS)/$1: $(MODELS)/$1.tsv
	dorg-tab --best mean_dsc -c lambda --no-names $$< $$(to)
endef
$(eval $(call lambda_rule,lambda,FIELD,edgep.tab))

# Means of the maps over the training cases' candidates, by which LEVEL levels others.
mean_of = dorg-tab --names mean,weight --reduce mean=mean:mean:weight,weight=sum:weight --no-names
define level_rule
$(MODELS)/level.$1: $(call train_files,$2) $(if $4,$(call train_files,$4)) $(call var,TRAIN) | $(MODELS)
	for c in $(TRAIN); do dorg-level --mean $3$(if $4, $(CASES)/$$$$c/$4) $(CASES)/$$$$c/$2; done | $$(mean_of) $$(to)
endef
$(eval $(call level_rule,p0,p0.nii.gz,-m,cand.nii.gz))
$(eval $(call level_rule,r1,r1.tab,-c p))
$(eval $(call level_rule,r2,r2.tab,-c p))

# What a model folder was trained with, for those who apply it; window and pitch of patches are in
# the nets.  K, SIGMA and STRIDE belong to a resolution, so that of the training scans goes with
# them: from, to in mm, of pixels and of slices.
MODEL_SETTINGS := WINDOW SCALES LEVEL0 CONTEXT INNER INNER_NETS AVERAGE LEVEL CRF_CUT K SIGMA STRIDE
$(call remember,$(MODEL_SETTINGS))
pitches = for c in $(TRAIN); do dorg-info --get pitch_mm $(CASES)/$$c/ct.nii.gz; done
range_of = dorg-tab --names x,y,z --reduce lo=min:$1,hi=max:$1 --no-names | tr '\t' ,
$(MODELS)/settings.mk: $(call train_files,ct.nii.gz) $(call var,$(MODEL_SETTINGS) TRAIN) | $(MODELS)
	$(pitches) > $@.pitch
	printf '%s\n' $(foreach v,$(MODEL_SETTINGS),'$v ?= $($v)') \
	  "PIXEL_MM ?= $$(< $@.pitch $(call range_of,x))" "SLICE_MM ?= $$(< $@.pitch $(call range_of,z))" $(to)
	rm -f $@.pitch

models: $(MODELS)/settings.mk $(addprefix $(MODELS)/,rf1.forest rf2.forest p.net r1.net r2.net edge.net lambda $(MAPS:%=cut.%) $(if $(LEVEL),level.p0 level.r1 level.r2))
.PHONY: models
