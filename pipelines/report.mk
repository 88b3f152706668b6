# report.mk: one HTML page that shows a run: Table 1 beside the paper's numbers, every case,
# thresholds, filters, pictures, costs, commands.  Opens offline; holds no script.
#
#   make -C pipelines report RUN=folder [TITLE='...']
#   make -C pipelines calibrate-superpix COHORT=others.tsv RUN=folder/superpix   adds its plot

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
RUN  ?= dorg/demo
NEEDS := RUN
USAGE := make report RUN=folder [TITLE='...']
include $(HERE)/common.mk
TITLE ?= DeepOrgan on $(notdir $(NAMED_RUN))
FINAL ?= g2
$(call remember,TITLE FINAL)

all: $(RUN)/report.html
	@echo 'report: '$(call q,$(NAMED_RUN))/report.html
$(RUN)/report.html: $(call var,TITLE FINAL) $(wildcard $(RUN)/results/*/*.tsv) $(HERE)/report.sh $(wildcard $(HERE)/plots/report.*)
	@FINAL=$(FINAL) $(HERE)/report.sh $(RUN) $(call q,$(TITLE)) $(to)
.PHONY: all
.DEFAULT_GOAL := all
