# phantom.mk: the demo.  A training cohort and held-out test cases of phantoms, the whole
# cascade trained on the one and judged on the other.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
RUN  ?= dorg/demo
CASES_NAMED := yes
include $(HERE)/common.mk

N_TRAIN ?= 6
N_TEST  ?= 3
SIZE    ?= 160,160,56
TRAIN   := $(foreach i,$(shell seq 1 $(N_TRAIN)),phantom$i)
TEST    := $(foreach i,$(shell seq 101 $$((100 + $(N_TEST)))),phantom$i)

# The phantoms' pixels are larger than a scanner's: superpixels of the paper's area in mm2.
K       ?= 5000
SIGMA   ?= 1.5
STRIDE  ?= 2
# Phantoms differ in pitch as patients' scans do; millimetres let the nets meet other scanners.
PITCH   ?= 2
P_NET   ?= $(NETS)/demo.cfg
R_NET   ?= $(NETS)/demo.cfg
N_T     ?= 2
# A handful of phantoms holds few of the enhancements, fats and sizes that others have.
AUGMENT ?= --vary 0.15,15,0.25
P_MAX   ?= 3000
R_MAX   ?= 1500
E_MAX   ?= 400
PHANTOM ?= dorg-phantom --size $(SIZE)
$(call remember,PHANTOM)

include $(HERE)/deeporgan.mk
include $(HERE)/train.mk
include $(HERE)/evaluate.mk

# One recipe makes both: a pattern rule's targets belong together.
$(CASES)/phantom%/ct.nii.gz $(CASES)/phantom%/truth.nii.gz: $(call var,PHANTOM)
	mkdir -p $(@D)
	$(SRUN) $(PHANTOM) --seed $* -t $(@D)/truth.nii.gz -o $(@D)/ct.nii.gz
all: models table curves pictures
.DEFAULT_GOAL := all
