# calibrate.mk: sigma, the thresholds and lambda together, by grid search on training cases.
#
#   make -f pipelines/calibrate.mk RUN=folder TRAIN='case1 case2 ...'
#
# Needs what the cascade leaves in $(RUN)/cases/CASE: truth.nii.gz, the maps p0, p1, p2, and
# for lambda sp.nii.gz, r2.tab, edgep.tab.  Each map is smoothed once per sigma; a joint
# histogram of the smoothed map and the truth then gives every threshold in one pass
# (dorg-dice --sweep).  Test cases of the folds that RUN belongs to, or of FOLDLIST, are refused
# (held-out.mk).
#
# Makes $(CAL)/grid.p0.tsv ... (sigma, threshold, mean and s.d. of DSC), heat maps of them,
# lambda.tsv, and calib.mk: SIGMA, P0, P1, P2, LAMBDA as make variables.  SIGMA is the best for
# the map BEST_OF, since the cascade smooths all maps alike; each threshold is the best at it.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
include $(HERE)/common.mk

CASES    ?= $(RUN)/cases
CAL      ?= $(RUN)/calibration
TRAIN    ?=
MAPS     ?= p0 p1 p2
BEST_OF  ?= $(lastword $(MAPS))
SIGMAS   ?= 0 0.5 1 1.5 2 2.5 3 3.5 4
CUT_STEP ?= 0.02
LAMBDAS  ?= 0 0.0625 0.125 0.25 0.5 1 2 4 8 16
# A filter that takes sigma as its last word, and the CRF (as the cascade has it: with --cut and
# the cut of the map p2 as it comes).
SMOOTHER ?= dorg-gauss3d -j $J -s
FIELD    ?= dorg-graphcut
EDGE_TAB ?= edgep.tab
$(call remember,TRAIN MAPS BEST_OF SIGMAS CUT_STEP LAMBDAS SMOOTHER FIELD EDGE_TAB)
ifeq ($(strip $(TRAIN)),)
$(error TRAIN names no training case)
endif

NAMES := $(TRAIN)
include $(HERE)/held-out.mk

all: $(CAL)/calib.mk
	@cat $<
.DEFAULT_GOAL := all
.PHONY: all

files = $(foreach c,$(TRAIN),$(CASES)/$c/$1)
settings := $(call var,TRAIN SIGMAS CUT_STEP SMOOTHER)

$(CAL):
	mkdir -p $@

# One sweep of all cases per map and sigma.
define sweep_rule
$(CAL)/sweep.$1.$2.tsv: $(call files,$1.nii.gz) $(call files,truth.nii.gz) $(settings) | $(CAL)
	rm -rf $$@.d; mkdir $$@.d
	for c in $(TRAIN); do \
	  zcat $(CASES)/$$$$c/$1.nii.gz | $(SRUN) $(SMOOTHER) $2 > $$@.d/$$$$c.nii; \
	  printf '%s\t%s\t%s\n' $$$$c $$@.d/$$$$c.nii $(CASES)/$$$$c/truth.nii.gz; \
	done > $$@.list
	$(SRUN) dorg-dice -j $J --no-surface --sweep $(CUT_STEP) -L $$@.list -o $$@
	rm -rf $$@.d $$@.list
endef
$(foreach m,$(MAPS),$(foreach s,$(SIGMAS),$(eval $(call sweep_rule,$m,$s))))

define grid_rule
$(CAL)/grid.$1.tsv: $(foreach s,$(SIGMAS),$(CAL)/sweep.$1.$s.tsv)
	for s in $(SIGMAS); do f=$(CAL)/sweep.$1.$$$$s.tsv; \
	  dorg-tab --join threshold -o $$@.$$$$s <(dorg-tab --summary mean --set "sigma=$$$$s" -c sigma,threshold,mean_dsc=dsc $$$$f) \
	    <(dorg-tab --summary sd -c threshold,sd_dsc=dsc $$$$f); done
	dorg-tab -o $$@ $(SIGMAS:%=$$@.%)
	rm -f $(SIGMAS:%=$$@.%)
$(CAL)/heat.$1.svg: $(CAL)/grid.$1.tsv
	if command -v gnuplot > /dev/null; then gnuplot -e "grid='$$<'; rows=$(words $(SIGMAS)); map='$1'; out='$$@'" $(HERE)/calibrate.gp; \
	else echo 'no gnuplot: no heat maps' >&2; touch $$@; fi
endef
$(foreach m,$(MAPS),$(eval $(call grid_rule,$m)))

# The CRF's weight, where the cascade left its tables.
CRF_IN := $(call files,r2.tab) $(call files,$(EDGE_TAB)) $(call files,sp.nii.gz)
ifeq ($(words $(wildcard $(CRF_IN))),$(words $(CRF_IN)))
LAMBDA_TSV := $(CAL)/lambda.tsv
endif
$(CAL)/lambda.tsv: $(CRF_IN) $(call files,truth.nii.gz) $(call var,TRAIN LAMBDAS FIELD EDGE_TAB) | $(CAL)
	rm -rf $@.d; mkdir $@.d
	for l in $(LAMBDAS); do \
	  for c in $(TRAIN); do \
	    $(FIELD) -l $$l -e $(CASES)/$$c/$(EDGE_TAB) $(CASES)/$$c/r2.tab \
	      | dorg-paint -c label $(CASES)/$$c/sp.nii.gz - | dorg-thresh -p 0.5 > $@.d/$$c.nii; \
	    printf '%s\t%s\t%s\n' $$c $@.d/$$c.nii $(CASES)/$$c/truth.nii.gz; \
	  done > $@.d/list; \
	  dorg-dice --no-surface -L $@.d/list -o $@.d/dice; \
	  dorg-tab --join lambda -o $@.d/$$l.tsv <(dorg-tab --summary mean --set "lambda=$$l" -c lambda,mean_dsc=dsc $@.d/dice) \
	    <(dorg-tab --summary sd --set "lambda=$$l" -c lambda,sd_dsc=dsc $@.d/dice); \
	done
	dorg-tab -o $@ $(LAMBDAS:%=$@.d/%.tsv)
	rm -rf $@.d

# $(call best,FILE,COLUMN[,SIGMA])
best = dorg-tab $(if $3,--where "sigma==$3") --best mean_dsc -c $2 --no-names $1

$(CAL)/calib.mk: $(foreach m,$(MAPS),$(CAL)/grid.$m.tsv $(CAL)/heat.$m.svg) $(LAMBDA_TSV) $(call var,MAPS BEST_OF)
	s=$$($(call best,$(CAL)/grid.$(BEST_OF).tsv,sigma)); \
	{ echo "# from $(words $(TRAIN)) training cases, by calibrate.mk"; \
	  echo "SIGMA := $$s"; \
	  $(foreach m,$(MAPS),v=$$($(call best,$(CAL)/grid.$m.tsv,threshold,$$s)); echo "$(shell echo $m | tr a-z A-Z) := $$v";) \
	  $(if $(LAMBDA_TSV),v=$$($(call best,$(LAMBDA_TSV),lambda)); echo "LAMBDA := $$v";) } > $@
