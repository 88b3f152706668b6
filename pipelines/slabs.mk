# slabs.mk: learn from one labelled scan, judge on a slab of another.
#
#   make -C pipelines slabs CT=... TRUTH=... TEST_CT=... TEST_TRUTH=... [RUN=folder]
#
# TEST_CT and TEST_TRUTH may name several scans, in the same order.
#
# A slab of a few slices shows the nets another world than a whole scan: the sagittal and
# coronal planes are stripes.  So the nets' training scan is cut into slabs of the same
# thickness, each a case of its own.  The forests look at slices one by one and learn from the
# slices as one case, whose trees leave out thick slabs: neighbouring thin slabs are so alike
# that out-of-bag opinions would be next to in-bag ones.  Slabs take their candidates from it.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := CT TRUTH
USAGE := make slabs CT=... TRUTH=... TEST_CT=... TEST_TRUTH=... [FIRST=65 LAST=144 THICK=5] [RUN=folder]
RUN  ?= dorg/slabs
CASES_NAMED := yes
include $(HERE)/common.mk
# Slices of the training scan (canonical, from the feet), and of one slab.
FIRST ?= 65
LAST  ?= 144
THICK ?= 5
N_SLABS := $(shell echo $$((($(LAST) - $(FIRST) + 1) / $(THICK))))
TRAIN := $(foreach i,$(shell seq 1 $(N_SLABS)),slab$i)
N_TESTS := $(words $(TEST_CT))
ifeq ($(and $(TEST_CT),$(TEST_TRUTH)),)
$(error usage: $(USAGE))
endif
ifneq ($(N_TESTS),$(words $(TEST_TRUTH)))
$(error TEST_CT names $(N_TESTS) scans, TEST_TRUTH $(words $(TEST_TRUTH)) labels)
endif
TEST  := $(if $(word 2,$(TEST_CT)),$(foreach i,$(shell seq 1 $(N_TESTS)),test$i),test)

# One patient is little to learn from: small nets, deformations afresh for every image, patches
# in millimetres (patients' scans differ in pitch), and inner folds: on the slabs it has
# learned a net is so sure of itself that neither R2 nor the thresholds can be learned from
# what it says there.  Every fold takes slabs from all over the organ: a run of
# neighbours would take a whole part of it away, and what R2 then learns is to overlook P0.
# The nets of all folds judge the new patient together, and what they say is brought to the
# level it has in the old one; R2 is taught that levels differ, by maps of other odds.
P_NET   ?= $(NETS)/demo.cfg
R_NET   ?= $(NETS)/demo.cfg
AUGMENT ?= --tps 0.08
R_AUGMENT ?= $(AUGMENT) --vary 0,0,0,2
N_T     ?= 1
PITCH   ?= 2.5
P_MAX   ?= 2000
# Places learned from one patient are that patient's, and so is the contrast.
RF_TRAIN := whole
RF_OPTS ?= --without rel_z --slab 20
CONTEXT ?=
SHIFT   ?= -20,0,20
INNER   ?= 4
INNER_NETS ?= p r1 r2
INTERLEAVE ?= yes
AVERAGE ?= yes
LEVEL   ?= dorg-level
include $(HERE)/deeporgan.mk
include $(HERE)/train.mk
include $(HERE)/evaluate.mk

first = $$(($(FIRST) + ($1 - 1) * $(THICK)))
last  = $$(($(FIRST) + $1 * $(THICK) - 1))
# The training scan and the test scans as a list, so that they are read as all are.
LISTED := source $(TEST)
ifeq ($(looking),)
ifneq ($(call now,{ printf 'case\tct\ttruth\nsource\t%s\t%s\n' $(call q,$(CT)) $(call q,$(TRUTH)); \
    $(foreach i,$(shell seq 1 $(N_TESTS)),printf '%s\t%s\t%s\n' $(word $i,$(TEST)) \
      $(call q,$(word $i,$(TEST_CT))) $(call q,$(word $i,$(TEST_TRUTH)));) } \
    | dorg-cohort -c case --need truth --lay $(CASES)),$(LISTED))
$(error the scans cannot be used)
endif
else
$(foreach c,$(LISTED),$(eval $(CASES)/$c/ct.nii.gz $(CASES)/$c/truth.nii.gz: ;))
endif
$(CASES)/slab%/ct.nii.gz: $(CASES)/source/ct.nii.gz
	mkdir -p $(@D)
	dorg-crop --z $(call first,$*),$(call last,$*) -o $@ $<
$(CASES)/slab%/truth.nii.gz: $(CASES)/source/truth.nii.gz
	mkdir -p $(@D)
	dorg-crop --type u8 --z $(call first,$*),$(call last,$*) -o $@ $<
$(CASES)/whole/ct.nii.gz: $(CASES)/source/ct.nii.gz
	mkdir -p $(@D)
	dorg-crop --z $(FIRST),$(call last,$(N_SLABS)) -o $@ $<
$(CASES)/whole/truth.nii.gz: $(CASES)/source/truth.nii.gz
	mkdir -p $(@D)
	dorg-crop --type u8 --z $(FIRST),$(call last,$(N_SLABS)) -o $@ $<

# Slices of the whole that are slab $1's, from 0.
low  = $$((($1 - 1) * $(THICK)))
high = $$(($1 * $(THICK) - 1))
$(CASES)/slab%/sp.nii.gz: $(CASES)/whole/sp.nii.gz
	mkdir -p $(@D)
	dorg-crop --z $(call low,$*),$(call high,$*) -o $@ $<
$(CASES)/slab%/cand.tab: $(CASES)/whole/cand.tab
	mkdir -p $(@D)
	dorg-tab --set "z=z-$(call low,$*)" --where 'z>=0' --where 'z<$(THICK)' --drop-key -o $@ $<

all: models table curves pictures
.DEFAULT_GOAL := all
