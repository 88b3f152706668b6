# compare-nets-run.mk: one net of compare-nets.mk: what it is trained on, how it is tried.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))

# The test cases are watched while the net learns, and decide nothing: the last epoch is kept.
EPOCHS ?= 8
VAL     = $(foreach c,$(TEST),$(RUN)/cases/$c/val.rec)
PTRAIN ?= dorg-train -j $(CPUS) -E $(ENGINE) --seed $(SEED) --epochs $(EPOCHS) --keep last $(VAL:%=--val %) --cfg $(P_NET) $(TRAINOPTS)
RTRAIN ?= dorg-train -j $(CPUS) -E $(ENGINE) --seed $(SEED) --epochs $(EPOCHS) --cfg $(R_NET) $(TRAINOPTS)
include $(HERE)/$(PIPE).mk

# At most this many patches of a test case.
V_MAX ?= 400
$(call remember,V_MAX)
%/val.rec: %/ct.nii.gz %/truth.nii.gz %/cand.nii.gz $(P_NET) $(call var,PATCH V_MAX)
	$(SRUN) $(PATCH) --max $(V_MAX) --size $(call size_of,$(P_NET)) -t $*/truth.nii.gz -o $@ $< $*/cand.nii.gz
$(MODELS)/p.net: $(VAL)

tried: $(foreach r,$(ROWS),$(RESULTS)/$(NAME)/$(call mask,$r).tsv)
.PHONY: tried
