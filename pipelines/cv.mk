# cv.mk: k-fold cross-validation over a cohort: the paper's experiment on any data.
#
#   make -C pipelines cv COHORT=cohort.tsv [RUN=folder] [FOLDS=4] [SETTINGS=file] -j2
#   make -C pipelines cv-cost COHORT=cohort.tsv        hours and disk, before starting
#
# COHORT is tab-separated text: case, ct, truth, patient; dorg-cohort(1) says what it may hold.  Of each fold the forests, P, R1, R2
# and the edge net are trained on the cases of the others; thresholds and lambda are
# calibrated there too, and fixed; then its own cases are segmented.  The test tables of all
# folds are merged: every case once.  A case that fails is a row that counts as 0; one that
# cannot even be read is left out of the training of the others.
#
#   RUN/folds.tsv           case and fold; FOLDLIST=file begins with your own
#   RUN/cases/CASE          superpixels and their best labelling: shared by the folds
#   RUN/foldK/models cases results times.tsv
#   RUN/results/test        merged tables, every case once; table1.tsv; curves of Fig. 5
#   RUN/results/train       training cases, each in every fold that learned from it, as the next
#                           stage learns from them: candidates out of bag, P0 by inner folds
#   RUN/results/in-sample   the same cases judged like test cases, by all that learned from them
#   RUN/report.html         make report
#
# An interrupted run resumes where it stopped.  A case added to COHORT goes to the smallest
# fold, and what does not depend on it stays.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := COHORT $(if $(FOLDLIST),FOLDLIST) $(if $(SETTINGS),SETTINGS)
USAGE := make cv COHORT=cohort.tsv [RUN=folder] [FOLDS=4] [FOLDLIST=folds.tsv] [SETTINGS=file]
RUN   ?= dorg/cv/$(basename $(notdir $(COHORT)))
include $(HERE)/common.mk
include $(HERE)/list.mk
FOLDS     ?= 4
FOLD_SEED ?= 1
# IN_SAMPLE=: no table of the training cases as if they were test cases.
IN_SAMPLE ?= yes
TITLE     ?= $(FOLDS)-fold cross-validation, $(basename $(notdir $(COHORT)))
SRUN := $(HERE)/timed $(RUN)/times.tsv $(SRUN)
include $(HERE)/deeporgan.mk
COMMAND := make -C pipelines cv $(MAKEOVERRIDES)
$(call remember,COMMAND)

# The folds: those from before, or those in FOLDLIST, continued by the cases that have none.
FOLD_FILE := $(RUN)/folds.tsv
OLD_FOLDS := $(or $(FOLDLIST),$(wildcard $(FOLD_FILE)))
split = dorg-folds -k $(FOLDS) --seed $(FOLD_SEED) $(if $(OLD_FOLDS),--previous $(call q,$(OLD_FOLDS))) \
  $(if $(looking),,-o $(FOLD_FILE)) -- $(call q,$(COHORT)) $(if $(looking),,&& cat $(FOLD_FILE))
# "case:fold" of every case
PLACES := $(call now,{ $(split); } | grep -v '^\#' | tail -n +2 | tr '\t' ':')
ifeq ($(PLACES),)
$(error no folds for $(COHORT))
endif
KS := $(call now,seq $(FOLDS))
$(foreach k,$(KS),$(eval TEST_$k := $(filter $(patsubst %:$k,%,$(filter %:$k,$(PLACES))),$(IDS))))
# SHARD=k/n: the k-th of the n folds alone, side by side with others.
all: $(if $(SHARD),fold$(firstword $(subst /, ,$(SHARD))),table)
.DEFAULT_GOAL := all

# Case by case: one that fails here is left to its fold to count.
SHARED_FILES := $(foreach c,$(IDS),$(CASES)/$c/sp.nii.gz $(CASES)/$c/opt-mask.nii.gz)
shared: $(SHARED_FILES)
shared-all:
	+@$(MAKE) --no-print-directory -k -f $(HERE)/cv.mk COHORT=$(call q,$(COHORT)) RUN=$(RUN) shared || :

# A case that cannot be read counts against its own fold; the others learn without it.
ready = $(if $(findstring n,$(firstword -$(MAKEFLAGS))),$1,$(shell for c in $1; do \
  [ ! -s $(CASES)/$$c/sp.nii.gz ] || [ ! -s $(CASES)/$$c/opt-mask.nii.gz ] || echo $$c; done))
define fold_rule
TRAIN_$1 = $(filter-out $(TEST_$1),$(IDS))
fold_$1 = $$(MAKE) --no-print-directory -k -f $(HERE)/cv-fold.mk RUN=$(RUN)/fold$1 SHARED=$(CASES) SETTINGS=$(call q,$(SETTINGS)) \
  PATIENTS='$(PATIENTS)' TRAIN='$$(call ready,$$(TRAIN_$1))' TEST='$(TEST_$1)' masks
fold$1: shared-all
	@$$(if $$(filter-out $$(call ready,$$(TRAIN_$1)),$$(TRAIN_$1)),echo 'fold $1 learns without: $$(filter-out $$(call ready,$$(TRAIN_$1)),$$(TRAIN_$1))' >&2)
	+$$(fold_$1) EVAL='$(TEST_$1)' NAME=test || :
	+$$(fold_$1) EVAL='$$(call ready,$$(TRAIN_$1))' NAME=train || :
	+$$(if $$(IN_SAMPLE),$$(fold_$1) EVAL='$$(call ready,$$(TRAIN_$1))' NAME=in-sample AS_TEST=yes || :)
.PHONY: fold$1
endef
$(foreach k,$(KS),$(eval $(call fold_rule,$k)))
folds: $(KS:%=fold%)

# Merging: the lists name every case, made or not.
COLUMNS := Opt.:opt-mask S_RF:cand P0:p0-mask G(P0):g0-mask P1:p1-mask G(P1):g1-mask \
           P2:p2-mask G(P2):g2-mask CRF(P2):crf
MASKS := $(foreach c,$(COLUMNS),$(lastword $(subst :, ,$c)))
TITLES := $(foreach c,$(COLUMNS),$(firstword $(subst :, ,$c)))
# test: case, its fold's mask; train: case@fold, once for each fold that trained on it, judged
# as what is learned from is (out of bag, by inner folds); in-sample: by what learned from it
list_test = $(foreach k,$(KS),$(foreach c,$(TEST_$k),$c $(RUN)/fold$k/cases/$c/$1.nii.gz $(CASES)/$c/truth.nii.gz))
list_train = $(foreach k,$(KS),$(foreach c,$(TRAIN_$k),$c@$k $(RUN)/fold$k/cases/$c/$1.nii.gz $(CASES)/$c/truth.nii.gz))
list_in-sample = $(foreach k,$(KS),$(foreach c,$(TRAIN_$k),$c@$k $(RUN)/fold$k/in-sample/$c/$1.nii.gz $(CASES)/$c/truth.nii.gz))
SETS := test train $(if $(IN_SAMPLE),in-sample)
DICE ?= dorg-dice -j $J

define merge_rule
$(RUN)/results/$1/$2.tsv: folds
	@mkdir -p $$(@D); printf '%s\t%s\t%s\n' $$(call list_$1,$2) > $$@.list
	$$(DICE) -L $$@.list -o $$@ || [ $$$$? = 5 ]
endef
$(foreach m,$(MASKS),$(foreach n,$(SETS),$(eval $(call merge_rule,$n,$m))))
# Fig. 5 on the test cases, for the page alone.
define curve_rule
$(RUN)/results/test/sweep.$1.tsv: folds
	@mkdir -p $$(@D); printf '%s\t%s\t%s\n' $$(call list_test,$1) > $$@.list
	$$(DICE) --no-surface --sweep $(CUT_STEP)$(comma)0.99$(comma)$(CUT_STEP) -L $$@.list -o $$@ || [ $$$$? = 5 ]
endef
CUT_STEP ?= 0.02
$(foreach m,$(MAPS),$(eval $(call curve_rule,$m)))
$(RUN)/results/%/table1.tsv: $(foreach m,$(MASKS),$(RUN)/results/%/$m.tsv)
	$(call table1,$(TITLES)) -o $@ $^

table: $(SETS:%=$(RUN)/results/%/table1.tsv) $(MAPS:%=$(RUN)/results/test/sweep.%.tsv)
	@for t in $(SETS); do echo; echo "DSC (%), $$t cases"; column -t -s '	' $(RUN)/results/$$t/table1.tsv || cat $(RUN)/results/$$t/table1.tsv; done
	! command -v gnuplot >/dev/null || FINAL=$(FINAL) $(HERE)/report.sh $(RUN) $(call q,$(TITLE)) > $(RUN)/report.html
	@echo; echo 'report: '$(call q,$(NAMED_RUN))/report.html
	@dorg-tab -c case,status --no-names $(RUN)/results/test/$(FINAL)-mask.tsv | { n=0 run=$(RUN)/; while IFS=$$'\t' read -r c why; do \
	  [[ $$why != failed* ]] || { echo "failed: $$c: $${why/"$$run"/}"; n=1; }; done; exit $$n; } >&2
.PHONY: all shared shared-all folds table

# ---- before starting -------------------------------------------------------------------
include $(HERE)/training.mk
# Images a second of P, R and the edge net in training: 900,900,900.  Measured where it is not given.
RATE   ?=
cost:
	@$(foreach v,FOLDS IN_SAMPLE INNER INNER_NETS N_T ORIGINALS P_MAX R_MAX E_MAX STRIDE K P_NET R_NET E_NET AUGMENT R_AUGMENT TRAINOPTS RATE,$v=$(call q,$($v))) \
	  SCALES=$(words $(subst $(comma), ,$(SCALES))) $(HERE)/cost $(call q,$(COHORT))
.PHONY: cost
