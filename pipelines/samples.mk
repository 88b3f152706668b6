# samples.mk: a cohort of the few labelled real scans in a folder such as DORG_DATA: two
# patients of NIH Pancreas-CT, as NAME_ct.nii.gz and NAME_label.nii.gz.
#
#   make -C pipelines samples DATA=folder [OUT=folder]
#   make -C pipelines cv COHORT=folder/cohort.tsv FOLDS=2
#
# settings.mk beside the list lets cv end within the hour without a GPU.
#
# CASES names the pairs; AXES=RAS, ... corrects where their stored axes run.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := DATA
USAGE := make samples DATA=folder [OUT=folder]
OUT   ?= dorg/samples
RUN    = $(OUT)
include $(HERE)/common.mk
override DATA := $(call plain,$(DATA))
AXES  ?=
CASES ?= PANCREAS_0001 PANCREAS_0003_slab89-93
ORIENT  ?= $(if $(AXES),dorg-orient -a $(AXES),zcat -f)
RELABEL ?= dorg-relabel
$(call remember,ORIENT RELABEL)

$(OUT)/%/ct.nii.gz: $(DATA)/%_ct.nii.gz $(call var,ORIENT)
	@mkdir -p $(@D)
	$(SRUN) $(ORIENT) <$< | gzip -1n $(to)
$(OUT)/%/truth.nii.gz: $(OUT)/%/ct.nii.gz $(DATA)/%_label.nii.gz $(call var,RELABEL)
	$(SRUN) $(RELABEL) -o $@ $< $(DATA)/$*_label.nii.gz
# One patient to learn from at a time: small nets, no image twice the same, patches in
# millimetres, for scanners differ; forests and levels as in slabs.mk.
define SETTINGS
P_NET ?= $$(NETS)/demo.cfg
R_NET ?= $$(NETS)/demo.cfg
PITCH ?= 2.5
AUGMENT ?= --tps 0.08 --vary 0.15,15,0.25
N_T ?= 1
P_MAX ?= 10000
R_MAX ?= 2000
E_MAX ?= 400
CONTEXT ?=
SHIFT ?= -20,0,20
RF_OPTS ?= --without rel_z --slab 20
LEVEL ?= dorg-level
endef
$(OUT)/settings.mk: $(HERE)/samples.mk
	$(file >$@,$(SETTINGS))
IDS  := $(CASES)
MADE := $(IDS:%=$(OUT)/%/truth.nii.gz) $(OUT)/settings.mk
patient_of = $(firstword $(subst _, ,$(1:PANCREAS_%=%)))
include $(HERE)/import.mk
