# candidates.mk: candidate superpixels of people that the learner has never seen.
#
#   make -C pipelines candidates [DATA=../shared/data] [RUN=folder]
#
# DATA as for strangers.mk: slices of 45 patients, a whole scan, 80 slices of another.  Superpixels
# are described by the patient's anatomy and tissues, boosted trees learn them in folds of whole
# patients, and every patient is judged by the fold that was learned without it: nothing of a
# patient is on both sides.  The cut is chosen by the same folds.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
DATA ?= $(HERE)/../../shared/data
RUN  ?= dorg/candidates
include $(HERE)/common.mk
override DATA := $(abspath $(DATA))

SLICES := $(DATA)/nih-slices
ifeq ($(wildcard $(SLICES)/LIST.tsv),)
$(error no nih-slices/LIST.tsv in $(DATA): give DATA=folder)
endif
K      ?= 500
SEED   ?= 1
RECALL ?= 0.95
# Of the patients, the share that may lose more.
ODD    ?= 0.1
# On whole scans: p averaged along z (mm), and where below the lungs a pancreas lies (mm).
ALONG  ?= 4
BELOW  ?= -30,200

# The slices are stored in a window of 0...255 HU, and air cannot be told from fat in them.
SUPERPIX ?= dorg-superpix -j $J -k $(K) -w 0,255 --air
FEATURES ?= dorg-spfeat -j $J --landmarks --label-rule coverage:0.1
RF       ?= dorg-rftrain -v -j $J --learner boost -k 150 --unweighted --hard --recall $(RECALL) --odd $(ODD) --seed $(SEED)
CANDS    ?= dorg-rfcand -j $J --oob
IN_SLICES ?=
IN_WHOLE  ?= --along $(ALONG) --below=$(BELOW)
$(call remember,SUPERPIX FEATURES RF CANDS IN_SLICES IN_WHOLE)

CASES := $(RUN)/cases
SLICE_CASES := $(filter PANCREAS_%,$(shell cut -f 1 $(SLICES)/LIST.tsv))
WHOLE := PANCREAS_0001_whole PANCREAS_0006_slab
files_of.PANCREAS_0001_whole := $(DATA)/nih-pancreas-ct/PANCREAS_0001
files_of.PANCREAS_0006_slab  := $(DATA)/nih-0006-slab/PANCREAS_0006_slab58-137
WHOLE := $(foreach w,$(WHOLE),$(if $(wildcard $(files_of.$w)_ct.nii.gz),$w))
files = $(or $(files_of.$1),$(SLICES)/$1)
patient = $(word 2,$(subst _, ,$1))

all: table
.DEFAULT_GOAL := all

define case_rules
$(CASES)/$1/sp.nii.gz: $(call files,$1)_ct.nii.gz $(call var,SUPERPIX)
	@mkdir -p $$(@D)
	$(SRUN) $(SUPERPIX) $$< | gzip -1n $$(to)
$(CASES)/$1/sp.tab: $(CASES)/$1/sp.nii.gz $(call files,$1)_label.nii.gz $(call var,FEATURES)
	$(SRUN) $(FEATURES) --group $(call patient,$1) -t $(call files,$1)_label.nii.gz -o $$@ $(call files,$1)_ct.nii.gz $$<
$(CASES)/$1/cand.nii.gz: $(CASES)/$1/sp.tab $(RUN)/boost.forest $(call var,CANDS $(if $(files_of.$1),IN_WHOLE,IN_SLICES))
	$(SRUN) $(CANDS) $(if $(files_of.$1),$(IN_WHOLE),$(IN_SLICES)) -f $(RUN)/boost.forest $$< \
	  | dorg-paint --value 1 $(CASES)/$1/sp.nii.gz - | gzip -1n $$(to)
endef
$(foreach c,$(SLICE_CASES) $(WHOLE),$(eval $(call case_rules,$c)))

TABLES := $(SLICE_CASES:%=$(CASES)/%/sp.tab) $(WHOLE:%=$(CASES)/%/sp.tab)
$(RUN)/boost.forest: $(TABLES) $(call var,RF)
	cd $(CASES) && $(SRUN) $(RF) -o $@ $(TABLES:$(CASES)/%=%) 2> >(tee $(RUN)/learned >&2)

# $(call scores,NAME,CASES)
define scores
$(RUN)/scores/$1.tsv: $(2:%=$(CASES)/%/cand.nii.gz)
	@mkdir -p $$(@D)
	{ $(foreach c,$2,printf '%s\t%s\t%s\n' $c $(CASES)/$c/cand.nii.gz $(call files,$c)_label.nii.gz;) } > $$@.list
	dorg-dice --no-surface -L $$@.list -o $$@.dice
	$(HERE)/by-patient $1 candidates $$@.dice $$(to)
endef
$(eval $(call scores,slices,$(SLICE_CASES)))
$(foreach c,$(WHOLE),$(eval $(call scores,$c,$c)))

$(RUN)/table.tsv: $(RUN)/scores/slices.tsv $(WHOLE:%=$(RUN)/scores/%.tsv)
	{ printf 'judged\tstage\tpatients\tcases\trecall\tprecision\tdsc\tworst_patient\tdsc_of_it\n'; cat $^; } $(to)
table: $(RUN)/table.tsv
	@echo
	@echo 'each patient by the fold learned without it, in %'
	@column -t -s '	' $< || cat $<
.PHONY: all table
