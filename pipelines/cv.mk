# cv.mk: k-fold cross-validation over a cohort: the paper's experiment on any data.
#
#   make -C pipelines cv COHORT=cohort.tsv [RUN=folder] [FOLDS=4] [SETTINGS=file.mk] -j2
#   make -C pipelines cv-cost COHORT=cohort.tsv        hours and disk, before starting
#
# COHORT is tab-separated text: case, ct, truth, patient.  Of each fold the forests, P, R1, R2
# and the edge net are trained on the cases of the others; thresholds and lambda are
# calibrated there too, and fixed; then its own cases are segmented.  The test tables of all
# folds are merged: every case once.  A case that fails is a row that counts as 0; one that
# cannot even be read is left out of the training of the others.
#
#   RUN/folds.tsv           case and fold; give FOLDLIST=file to use your own
#   RUN/cases/CASE          superpixels and their best labelling: shared by the folds
#   RUN/foldK/models cases results times.tsv
#   RUN/results/test train  merged tables; table1.tsv
#   RUN/report.html         make report
#
# An interrupted run resumes where it stopped.  A case added to COHORT goes to the smallest
# fold, and what does not depend on it stays.

HERE := $(patsubst %/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))
ifeq ($(wildcard $(COHORT)),)
$(error usage: make cv COHORT=cohort.tsv [RUN=folder] [FOLDS=4] [SETTINGS=file.mk])
endif
override COHORT := $(abspath $(COHORT))
RUN      ?= $(HERE)/../build/cv/$(basename $(notdir $(COHORT)))
override RUN := $(abspath $(RUN))
SETTINGS ?= $(abspath $(wildcard $(dir $(COHORT))settings.mk))
-include $(SETTINGS)
FOLDS     ?= 4
FOLD_SEED ?= 1
FOLDLIST  ?= $(RUN)/folds.tsv
TITLE     ?= $(FOLDS)-fold cross-validation, $(basename $(notdir $(COHORT)))
include $(HERE)/common.mk
SRUN := $(HERE)/timed $(RUN)/times.tsv $(SRUN)
include $(HERE)/deeporgan.mk
CASES := $(RUN)/cases
COMMAND := make -C pipelines cv $(MAKEOVERRIDES)
$(call remember,COMMAND)

# column,CASE: that field of the cohort's row
tsv = $(shell awk -F'\t' -v c='$1' '/^\#/ { next } !n { for (i = 1; i <= NF; i++) at[$$i] = i; n = 1; next } { print $$at[c] }' $(COHORT))
IDS := $(call tsv,case)
CTS := $(call tsv,ct)
TRUTHS := $(call tsv,truth)
ifeq ($(IDS),)
$(error no case in $(COHORT))
endif
ifneq ($(shell PATH='$(PATH)' $(HERE)/extend-folds $(COHORT) $(FOLDLIST) $(FOLDS) $(FOLD_SEED) >&2 && echo ok),ok)
$(error no folds for $(COHORT))
endif
KS := $(shell seq $(FOLDS))
$(foreach k,$(KS),$(eval TEST_$k := $(filter $(shell awk -F'\t' '!/^\#/ && $$2 == "$k" { print $$1 }' $(FOLDLIST)),$(IDS))))

all: table
.DEFAULT_GOAL := all

define case_rule
$(CASES)/$1/ct.nii.gz: $(abspath $(word $2,$(CTS)))
	@mkdir -p $$(@D); ln -sfn $$< $$@
$(CASES)/$1/truth.nii.gz: $(abspath $(word $2,$(TRUTHS)))
	@mkdir -p $$(@D); ln -sfn $$< $$@
endef
$(foreach i,$(shell seq $(words $(IDS))),$(eval $(call case_rule,$(word $i,$(IDS)),$i)))

# Case by case: one that fails here is left to its fold to count.
SHARED_FILES := $(foreach c,$(IDS),$(CASES)/$c/sp.nii.gz $(CASES)/$c/opt-mask.nii.gz)
shared: $(SHARED_FILES)
shared-all:
	+@$(MAKE) --no-print-directory -k -f $(HERE)/cv.mk COHORT=$(COHORT) RUN=$(RUN) shared || :

# A case that cannot be read counts against its own fold; the others learn without it.
ready = $(if $(findstring n,$(firstword -$(MAKEFLAGS))),$1,$(shell for c in $1; do \
  [ ! -s $(CASES)/$$c/sp.nii.gz ] || [ ! -s $(CASES)/$$c/opt-mask.nii.gz ] || echo $$c; done))
define fold_rule
TRAIN_$1 = $(filter-out $(TEST_$1),$(IDS))
fold_$1 = $$(MAKE) --no-print-directory -k -f $(HERE)/cv-fold.mk RUN=$(RUN)/fold$1 SHARED=$(CASES) SETTINGS=$(SETTINGS) \
  TRAIN='$$(call ready,$$(TRAIN_$1))' TEST='$(TEST_$1)' masks
fold$1: shared-all
	@$$(if $$(filter-out $$(call ready,$$(TRAIN_$1)),$$(TRAIN_$1)),echo 'fold $1 learns without: $$(filter-out $$(call ready,$$(TRAIN_$1)),$$(TRAIN_$1))' >&2)
	+$$(fold_$1) EVAL='$(TEST_$1)' NAME=test || :
	+$$(fold_$1) EVAL='$$(call ready,$$(TRAIN_$1))' NAME=train || :
.PHONY: fold$1
endef
$(foreach k,$(KS),$(eval $(call fold_rule,$k)))
folds: $(KS:%=fold%)

# Merging: the lists name every case, made or not.
COLUMNS := Opt.:opt-mask S_RF:cand P0:p0-mask G(P0):g0-mask P1:p1-mask G(P1):g1-mask \
           P2:p2-mask G(P2):g2-mask CRF(P2):crf
MASKS := $(foreach c,$(COLUMNS),$(lastword $(subst :, ,$c)))
TITLES := $(foreach c,$(COLUMNS),$(firstword $(subst :, ,$c)))
# test: case, its fold's mask; train: case@fold, once for each fold that trained on it
list_test = $(foreach k,$(KS),$(foreach c,$(TEST_$k),$c $(RUN)/fold$k/cases/$c/$1.nii.gz $(CASES)/$c/truth.nii.gz))
list_train = $(foreach k,$(KS),$(foreach c,$(TRAIN_$k),$c@$k $(RUN)/fold$k/cases/$c/$1.nii.gz $(CASES)/$c/truth.nii.gz))
DICE ?= dorg-dice -j $J

define merge_rule
$(RUN)/results/$1/$2.tsv: folds
	@mkdir -p $$(@D); printf '%s\t%s\t%s\n' $$(call list_$1,$2) > $$@.list
	$$(DICE) -L $$@.list -o $$@ || [ $$$$? = 5 ]
endef
$(foreach m,$(MASKS),$(foreach n,test train,$(eval $(call merge_rule,$n,$m))))
$(RUN)/results/%/table1.tsv: $(foreach m,$(MASKS),$(RUN)/results/%/$m.tsv)
	awk -v titles='$(TITLES)' -f $(HERE)/table1.awk $^ $(to)

table: $(RUN)/results/test/table1.tsv $(RUN)/results/train/table1.tsv
	@for t in test train; do echo; echo "DSC (%), $$t cases"; column -t -s '	' $(RUN)/results/$$t/table1.tsv || cat $(RUN)/results/$$t/table1.tsv; done
	! command -v gnuplot >/dev/null || FINAL=$(FINAL) $(HERE)/report.sh $(RUN) '$(TITLE)' > $(RUN)/report.html
	@echo; echo 'report: $(RUN)/report.html'
	@awk -F'\t' '!/^\#/ && $$NF ~ /^failed/ { print "failed: " $$1 ": " $$NF; n++ } END { exit n > 0 }' \
	  $(RUN)/results/test/$(FINAL)-mask.tsv >&2
.PHONY: all shared shared-all folds table

# ---- before starting -------------------------------------------------------------------
P_NET  ?= $(NETS)/deeporgan.cfg
R_NET  ?= $(NETS)/deeporgan.cfg
N_T    ?= 8
P_MAX  ?= 100000
R_MAX  ?= 100000
# Multiply-adds a second of the machine in training; a GPU does a few times 1e13.
RATE   ?= 5e10
cost:
	@$(HERE)/cost.sh $(COHORT) | awk -v folds=$(FOLDS) -v n_t=$(N_T) -v p_max=$(P_MAX) -v r_max=$(R_MAX) \
	  -v stride=$(STRIDE) -v scales=$(words $(subst $(comma), ,$(SCALES))) -v rate=$(RATE) -v k=$(K) -v inner=$(if $(filter p,$(INNER_NETS)),$(INNER),0) \
	  -v p_net=$(P_NET) -v r_net=$(R_NET) -f $(HERE)/cost.awk
.PHONY: cost
