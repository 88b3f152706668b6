# ablate.mk: what each part of the cascade is worth.
#
#   make -C pipelines ablate [PIPE=phantom] [RUN=folder] [INNER=3] [INNER_NETS='p'] [N_TEST=8]
#   make -C pipelines ablate PIPE=slabs CT=... TRUTH=... TEST_CT=... TEST_TRUTH=...
#
# The cascade of $(PIPE).mk is trained twice.  RUN/same: R2 and the edge net learn from the P0
# maps of the P-net that was trained on the same cases, as in the paper.  RUN/inner: from maps
# of nets that never saw the case, one per inner fold (INNER, INNER_NETS).  RUN/inner begins as
# a copy of RUN/same, so only what depends on this is made twice.
#
#   RUN/results/ablation.tsv         a row per variant: mean, s.d., min, max of DSC in %, ASSD
#                                    in mm; differences (points of DSC) from G(P0) and G(P1) of
#                                    the same training and from the other training, each with
#                                    Wilcoxon's p over the test cases
#   RUN/results/ablation-cases.tsv   DSC and the same differences, case by case

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
PIPE ?= phantom
RUN  ?= dorg/ablate-$(PIPE)
ifneq ($(PIPE),slabs)
# With three cases no test can tell anything: at n = 8 the smallest p is 0.008.
N_TEST     ?= 8
INNER      ?= 3
INNER_NETS ?= p
else
INNER      ?= 4
INNER_NETS ?= p r1 r2
endif
export N_TEST
include $(HERE)/common.mk

one = +$(MAKE) --no-print-directory -f $(HERE)/ablate-run.mk PIPE=$(PIPE) RUN=$(RUN)/$1 INNER=$2 ablation

ROWS := Opt.:opt-mask S_RF:cand P0:p0-mask G(P0):g0-mask R1:p1-mask G(R1):g1-mask R2:p2-mask G(R2):g2-mask \
        CRF:crf contrast-CRF:crf-hu 3-D-CRF:crf-3d G(R2)+refined:refine G(R2)+largest:largest \
        G(R2)+refined+largest:refine-largest

all: same inner
	@mkdir -p $(RUN)/results
	$(HERE)/ablate.sh '$(RUN)/same/results/test' '$(RUN)/inner/results/test' $(RUN)/results $(foreach r,$(ROWS),'$r')
	@echo
	@column -t -s '	' $(RUN)/results/ablation.tsv || cat $(RUN)/results/ablation.tsv
.DEFAULT_GOAL := all

same:
	$(call one,same,0)
inner: same
	[ -d $(RUN)/inner ] || { rm -rf $(RUN)/inner.copy; cp -a $(RUN)/same $(RUN)/inner.copy; mv $(RUN)/inner.copy $(RUN)/inner; }
	$(call one,inner,$(INNER)) INNER_NETS='$(INNER_NETS)'
.PHONY: all same inner
