# slabs.mk: learn from one labelled scan, judge on a slab of another.
#
#   make -C pipelines slabs CT=... TRUTH=... TEST_CT=... TEST_TRUTH=... [RUN=folder]
#
# A slab of a few slices shows the nets another world than a whole scan: the sagittal and
# coronal planes are stripes.  So the training scan is cut into slabs of the same thickness,
# each a case of its own; forests are then bagged by slab, and their out-of-bag opinions are
# those of trees that never saw the slab.

HERE := $(patsubst %/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))
RUN  ?= $(HERE)/../build/slabs
include $(HERE)/common.mk
# Slices of the training scan (canonical, from the feet), and of one slab.
FIRST ?= 65
LAST  ?= 144
THICK ?= 5
ifeq ($(and $(CT),$(TRUTH),$(TEST_CT),$(TEST_TRUTH)),)
$(error usage: make slabs CT=... TRUTH=... TEST_CT=... TEST_TRUTH=... [FIRST=$(FIRST) LAST=$(LAST) THICK=$(THICK)] [RUN=folder])
endif
N_SLABS := $(shell echo $$((($(LAST) - $(FIRST) + 1) / $(THICK))))
TRAIN := $(foreach i,$(shell seq 1 $(N_SLABS)),slab$i)
TEST  := test

# One patient is little to learn from: small nets, deformations afresh for every image, patches
# in millimetres (patients' scans differ in pitch), forests grown on coverages, and inner folds:
# on the slabs it has learned a net is so sure of itself that neither R2 nor the thresholds can
# be learned from what it says there.
P_NET   ?= $(NETS)/demo.cfg
R_NET   ?= $(NETS)/demo.cfg
AUGMENT ?= --tps 0.08
N_T     ?= 1
PITCH   ?= 2.5
P_MAX   ?= 2000
HARD    ?=
TREES   ?= 50
# Places learned from one patient are that patient's.
CONTEXT ?=
INNER   ?= 4
INNER_NETS ?= p r1 r2
include $(HERE)/deeporgan.mk
include $(HERE)/train.mk
include $(HERE)/evaluate.mk

first = $$(($(FIRST) + ($1 - 1) * $(THICK)))
last  = $$(($(FIRST) + $1 * $(THICK) - 1))
$(CASES)/slab%/ct.nii.gz: $(CT)
	mkdir -p $(@D)
	dorg-crop -z $(call first,$*),$(call last,$*) -o $@ $<
$(CASES)/slab%/truth.nii.gz: $(TRUTH)
	mkdir -p $(@D)
	dorg-crop -t u8 -z $(call first,$*),$(call last,$*) -o $@ $<
$(CASES)/test/ct.nii.gz: $(TEST_CT)
	mkdir -p $(@D)
	ln -sf $(realpath $<) $@
$(CASES)/test/truth.nii.gz: $(TEST_TRUTH)
	mkdir -p $(@D)
	ln -sf $(realpath $<) $@

all: models table pictures
.DEFAULT_GOAL := all
