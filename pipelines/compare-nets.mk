# compare-nets.mk: one net against another, on the same cases, candidates and patches.
#
#   make -C pipelines compare-nets [A=deeporgan] [B=compact] [EPOCHS=8] [STACK=yes] [RUN=folder]
#
# A and B name files of nets/.  Either is trained for P (and with STACK=yes for R1), the cut is
# set on the training cases, and both are judged on the test cases.  RUN/B begins as a copy of
# RUN/A, so only what depends on the net is made twice.
#
#   RUN/results/nets.tsv             each net: parameters, multiply-adds, seconds of training,
#                                    loss; error and AUC on patches of the test cases
#   RUN/results/ablation.tsv         DSC and paired differences, as of ablate.mk; INNER=0, so
#   RUN/results/ablation-cases.tsv   every map is the paper's own way

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
PIPE ?= phantom
RUN  ?= dorg/compare-nets
A      ?= deeporgan
B      ?= compact
CPUS   ?= $(shell nproc)
N_TEST ?= 6
# The paper's net on two cores: what ends within the hour.
P_MAX  ?= 1000
R_MAX  ?= 300
STRIDE ?= 3
N_T    ?= 0
STACK  ?=
ROWS   := P0:p0-mask G(P0):g0-mask $(if $(STACK),R1:p1-mask G(R1):g1-mask)
export CPUS N_TEST P_MAX R_MAX STRIDE N_T ROWS
include $(HERE)/common.mk

one = +$(MAKE) --no-print-directory -f $(HERE)/compare-nets-run.mk PIPE=$(PIPE) RUN=$(RUN)/$1 INNER=0 \
      P_NET=$(NETS)/$1.cfg R_NET=$(NETS)/$1.cfg tried

# The net's figures, and the last epoch of its training.
about = for n in $A $B; do f=$(RUN)/$$n/models/p.net; \
  p=$$(dorg-info --get parameters $$f); m=$$(dorg-info --get m_macs $$f); \
  t=$$(dorg-tab --best epoch -c seconds,loss,val_error,val_auc --no-names $$f.log); \
  printf '%s\t%s\t%s\t%s\n' $$n "$$p" "$$m" "$$t"; done

all: second
	@mkdir -p $(RUN)/results
	{ printf 'net\tparameters\tm_macs\tseconds\tloss\tval_error\tval_auc\n'; $(about); } > $(RUN)/results/nets.tsv
	NAMES='$A $B' WHAT=net $(HERE)/ablate.sh '$(RUN)/$A/results/test' '$(RUN)/$B/results/test' $(RUN)/results $(foreach r,$(ROWS),'$r')
	@echo
	@column -t -s '	' $(RUN)/results/nets.tsv || cat $(RUN)/results/nets.tsv
	@column -t -s '	' $(RUN)/results/ablation.tsv || cat $(RUN)/results/ablation.tsv
.DEFAULT_GOAL := all

first:
	$(call one,$A)
second: first
	[ -d $(RUN)/$B ] || { rm -rf $(RUN)/$B.copy; cp -a $(RUN)/$A $(RUN)/$B.copy; mv $(RUN)/$B.copy $(RUN)/$B; }
	$(call one,$B)
.PHONY: all first second
