# calibrate-superpix.mk: optimal DSC, boundary recall and number of superpixels against K,
# lambda and sigma, over a cohort; and the K whose optimal DSC is the paper's.
#
#   make -C pipelines calibrate-superpix COHORT=cohort.tsv [RUN=folder] [FOLDLIST=folds.tsv [FOLD=k]]
#
# The cohort list has a head (case, ct, truth, ...) and one case a line.  Cases that FOLDLIST calls
# test cases are refused (held-out.mk).  Each of KS is tried at LAMBDA and SIGMA, each of LAMBDAS at K and
# SIGMA, each of SIGMAS at K and LAMBDA.
#
# Makes $(RUN)/curve.tsv (k, lambda, sigma, cases, mean and s.d. of opt_dsc, means of recall,
# under, explained, and superpixels per 512 x 512 pixels), curve.svg and k.mk (K as a make
# variable).

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := COHORT
USAGE := make calibrate-superpix COHORT=cohort.tsv [RUN=folder]
RUN ?= dorg/calibrate-superpix
include $(HERE)/common.mk
SETTINGS :=
include $(HERE)/list.mk

K       ?= 500
LAMBDA  ?= 0.5
SIGMA   ?= 5
KS      ?= 125 250 375 500 700 1000 1400 2000
LAMBDAS ?= 0.05 0.1 0.25 0.5 1 2.5 5
SIGMAS  ?= 1 2.5 5 7.5 10 20
# the paper's column Opt., Table 1
TARGET  ?= 0.805
METHOD  ?= dorg-superpix
SCORE   ?= dorg-spscore

POINTS := $(sort $(foreach k,$(KS),$k_$(LAMBDA)_$(SIGMA)) \
                 $(foreach l,$(LAMBDAS),$(K)_$l_$(SIGMA)) \
                 $(foreach s,$(SIGMAS),$(K)_$(LAMBDA)_$s))
NAMES  := $(IDS)
include $(HERE)/held-out.mk
$(call remember,METHOD SCORE)

all: $(RUN)/curve.svg $(RUN)/k.mk
	@cat $(RUN)/curve.tsv $(RUN)/k.mk
.DEFAULT_GOAL := all
.PHONY: all

# $(RUN)/K_LAMBDA_SIGMA/CASE.tab
define case_rule
$(RUN)/%/$1.tab: $(CASES)/$1/ct.nii.gz $(CASES)/$1/truth.nii.gz $(call var,METHOD SCORE)
	@mkdir -p $$(@D)
	IFS=_ read -r k l s <<< '$$*'
	$(SRUN) $(METHOD) -j $J -k $$$$k -l $$$$l -s $$$$s $$< | $(SRUN) $(SCORE) --ct $$< -o $$@ $(CASES)/$1/truth.nii.gz -
endef
.ONESHELL:
$(foreach c,$(IDS),$(eval $(call case_rule,$c)))

# A line a point: the means over the cases, and the standard deviation of what K is chosen by.
$(RUN)/curve.tsv: $(foreach p,$(POINTS),$(IDS:%=$(RUN)/$p/%.tab))
	for p in $(sort $(POINTS)); do
	  IFS=_ read -r k l s <<< "$$p"
	  cat $(IDS:%=$(RUN)/$$p/%.tab) | sed '/^#/d' | sed '1!{/^id\t/d}' | dorg-tab --no-names \
	    --set k=$$k --set lambda=$$l --set sigma=$$s \
	    --set superpixels=superpixels*262144 --set superpixels=superpixels/voxels --by k,lambda,sigma \
	    --reduce cases=n,opt_dsc=mean:opt_dsc,sd=sd:opt_dsc,recall=mean:recall,under=mean:under,explained=mean:explained,superpixels=mean:superpixels
	done | sort -t $$'\t' -k1,1n -k2,2n -k3,3n > $@.rows
	{ printf 'k\tlambda\tsigma\tcases\topt_dsc\tsd\trecall\tunder\texplained\tsuperpixels\n'
	  cat $@.rows; } > $@
	rm $@.rows

# K where the curve, linear in log K, first reaches the target; else the last K.
$(RUN)/k.mk: $(RUN)/curve.tsv
	along() { dorg-tab --set 'l=lambda==$(LAMBDA)' --set 's=sigma==$(SIGMA)' --where l==1 --where s==1 --no-names "$$@" $<; }
	k=$$(along --where 'opt_dsc>=$(TARGET)' --reduce k=min:k)
	before=$$(along --where "k<$${k:-inf}" --reduce k=max:k)
	if [ -n "$$k" ] && [ -n "$$before" ]; then
	  k=$$({ along --where "k==$$before" -c k,opt_dsc; along --where "k==$$k" -c k,opt_dsc; } | paste -s | dorg-tab --names k0,y0,k1,y1 \
	    --set part=$(TARGET)-y0 --set y1=y1-y0 --set part=part/y1 --set k=k1/k0 --set k=k^part --set k=k*k0 --format k=.0f -c k --no-names)
	fi
	echo "K ?= $${k:-$$before}" > $@

$(RUN)/curve.svg: $(RUN)/curve.tsv $(HERE)/calibrate-superpix.gp
	gnuplot -e "curve='$<'; out='$@'; K='$(K)'; L='$(LAMBDA)'; S='$(SIGMA)'; target=$(TARGET)" \
	  $(HERE)/calibrate-superpix.gp
