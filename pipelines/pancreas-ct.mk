# pancreas-ct.mk: from the TCIA download of NIH Pancreas-CT, as it comes, to a cohort list.
#
#   make -C pipelines pancreas-ct TCIA=folder [OUT=folder]
#
# TCIA holds, at any depth, PANCREAS_00NN/.../*.dcm and label00NN.nii.gz: either layout of
# the download.  Slices are ordered by position and keep the axes that the files state;
# labels are laid on them by index (their headers do not agree with the images), and every
# pair must pass the HU test of dorg-relabel(1); one that does not is refused by name, and the
# others go on.  A scan or a label whose files change is imported again.
#
#   OUT/00NN/ct.nii.gz truth.nii.gz status    status: ok, or why it was refused
#   OUT/cohort-80.tsv    case ct truth patient: without 0025 and 0070, which are other crops
#                        of scan 0002 and were withdrawn in 2020
#   OUT/cohort-82.tsv    all, with those three as one patient: the paper's protocol
#   OUT/cohort.tsv       the 80-case list
#   OUT/refused.tsv      case and reason

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
NEEDS := TCIA
USAGE := make pancreas-ct TCIA=folder-of-the-download [OUT=folder]
OUT ?= dorg/pancreas-ct
RUN  = $(OUT)
include $(HERE)/common.mk

# Where columns, rows and slices run, should the files of some collection be wrong: RAS, ...
AXES    ?=
DICOM   ?= dorg-dicom$(if $(AXES), -a $(AXES))
RELABEL ?= dorg-relabel
# dcm2niix turns rows round, in voxels and header alike, so labels follow; used only where
# dorg-dicom cannot read the pixels.  It splits a series whose study time differs from slice to
# slice, as the download's does; such a series is refused, and so is one it warns about or gives
# another number of slices.
AXES2   ?=
TURN2   ?= $(if $(AXES2),dorg-orient -a $(AXES2),cat)
DCM2NIIX ?= dcm2niix -m y -b n -z n -w 2
# A warning that says nothing about places or values: anonymised files name no manufacturer.
HARMLESS2 ?= Unable to determine manufacturer
$(call remember,DICOM RELABEL)

IDS := $(shell find -L $(call q,$(TCIA)) -type d -name 'PANCREAS_[0-9][0-9][0-9][0-9]' \
         | sed 's/.*PANCREAS_//' | sort -u)
ifeq ($(IDS),)
$(error no folder PANCREAS_00NN in $(TCIA))
endif

ifeq ($(looking),)
$(OUT)/listing: FORCE
	@find -L $(call q,$(TCIA)) \( -name '*.dcm' -o -name 'label*.nii.gz' \) -printf '%p %s %T+\n' | sort > $@
endif
SOURCES := $(OUT)/listing
sources_of = grep -E '/PANCREAS_$1/|/label$1\.nii\.gz ' $(OUT)/listing

# A case never stops the others: what went wrong is its status.
$(OUT)/%/status: $(OUT)/sources/% $(call var,DICOM RELABEL)
	@mkdir -p $(@D); rm -f $@ $(@D)/*.nii.gz
	trap 'rm -rf $(@D)/tmp' EXIT
	flip=none; why=
	mapfile -d '' -t slices < <(find -L $(call q,$(TCIA)) -path '*/PANCREAS_$*/*' -name '*.dcm' -print0 | sort -z)
	mapfile -d '' -t labels < <(find -L $(call q,$(TCIA)) -name 'label$*.nii.gz' -print0)
	if [ $${#slices[@]} = 0 ]; then why='no DICOM files'
	elif [ $${#labels[@]} != 1 ]; then why="$${#labels[@]} files label$*.nii.gz, expected 1"
	elif ! why=$$($(SRUN) $(DICOM) -o $(@D)/ct.nii.gz "$${slices[@]}" 2>&1); then
	  if [[ $$why == *'transfer syntax'* || $$why == *'compressed pixels'* ]] && command -v dcm2niix >/dev/null; then
	    mkdir -p $(@D)/tmp
	    for s in "$${slices[@]}"; do ln -sf "$$(realpath "$$s")" $(@D)/tmp/; done
	    $(SRUN) $(DCM2NIIX) -f v -o $(@D)/tmp $(@D)/tmp >$(@D)/dcm2niix.log 2>&1 || :
	    made=("$(@D)"/tmp/*.nii); said=$$(grep -iE 'warning|error' $(@D)/dcm2niix.log | grep -vE -m1 $(call q,$(HARMLESS2)) || :)
	    if [ $${#made[@]} != 1 ] || [ ! -e "$${made[0]}" ]; then
	      why="dcm2niix made $${#made[@]} volumes of one series"
	    elif [ -n "$$said" ]; then why="dcm2niix says: $$said"
	    elif n=$$(dorg-info --get voxels "$${made[0]}" | cut -f 3); [ "$$n" != $${#slices[@]} ]; then
	      why="dcm2niix made $$n slices of $${#slices[@]}"
	    else flip=y; why=$$({ $(TURN2) <"$${made[0]}" | gzip -1n >$(@D)/ct.nii.gz; } 2>&1) || :
	    fi
	  fi
	fi
	if [ -z "$$why" ]; then
	  why=$$($(SRUN) $(RELABEL) --flip $$flip -o $(@D)/truth.nii.gz $(@D)/ct.nii.gz "$${labels[0]}" 2>&1) || :
	fi
	if [ -z "$$why" ]; then echo ok; else echo "refused: $$why"; fi $(to)
	echo "PANCREAS_$*: $$(cat $@)"

LIST   := $(OUT)/cohort-82.tsv
LISTS  := $(OUT)/cohort-80.tsv $(OUT)/cohort-82.tsv
PREFIX := PANCREAS_
patient_of = $(if $(filter 0025 0070,$1),0002,$1)
include $(HERE)/import.mk
$(OUT)/cohort-80.tsv: $(OUT)/cohort-82.tsv
	@dorg-tab --where 'case!=0025' --where 'case!=0070' -o $@ $<
$(OUT)/cohort.tsv: $(OUT)/cohort-80.tsv
	@cp $< $@
