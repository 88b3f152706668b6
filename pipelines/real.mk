# real.mk: segment one scan with trained models.
#
#   make -C pipelines real CT=scan.nii.gz [TRUTH=label.nii.gz] MODELS=folder [OUT=folder]

HERE := $(patsubst %/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))
ifeq ($(and $(CT),$(MODELS)),)
$(error usage: make real CT=scan.nii.gz [TRUTH=label.nii.gz] MODELS=folder [OUT=folder])
endif
CASE := $(patsubst %.nii,%,$(patsubst %.gz,%,$(notdir $(CT))))
OUT  ?= $(HERE)/../build/real/$(CASE)
RUN  := $(OUT)
include $(HERE)/common.mk
CASES := $(RUN)/cases
TEST  := $(CASE)
# What the models were trained with (K, SIGMA, ... ), unless said otherwise.
-include $(MODELS)/settings.mk
include $(HERE)/deeporgan.mk
include $(HERE)/evaluate.mk

$(CASES)/$(CASE)/ct.nii.gz: $(CT)
	mkdir -p $(@D)
	ln -sf $(realpath $<) $@
ifneq ($(TRUTH),)
$(CASES)/$(CASE)/truth.nii.gz: $(TRUTH)
	mkdir -p $(@D)
	ln -sf $(realpath $<) $@
endif

all: $(CASES)/$(CASE)/seg.nii.gz $(CASES)/$(CASE)/crf.nii.gz $(if $(TRUTH),table pictures)
	@echo 'mask: $(realpath $<)'
.DEFAULT_GOAL := all
