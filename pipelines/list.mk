# list.mk: the cases of the list COHORT, as folders in CASES; IDS are their names.
#
# The list is read by dorg-cohort(1), once: make sees its names and links, never its paths.
# SETTINGS, by default settings.mk beside the list, holds settings (see the script settings).

beside = $(call now,f=$$(dirname -- $(call q,$1))/$2; [ ! -e "$$f" ] || printf '%s\n' "$$f")
SETTINGS ?= $(call beside,$(COHORT),settings.mk)
$(call read_settings,$(SETTINGS))
$(call plain_nets)

CASES := $(RUN)/cases
LIST_NEEDS ?= truth
IDS := $(call now,dorg-cohort -c case --base $(call q,$(DORG_FROM)) $(LIST_NEEDS:%=--need %) \
  $(if $(looking),,--lay $(CASES)) $(LIST_OPTS) -- $(call q,$(COHORT)))
ifeq ($(IDS),)
$(error no cohort in $(COHORT))
endif
# "case:patient" of every case, where the list names patients: their scans stay together.
PATIENTS := $(join $(IDS:%=%:),$(call now,dorg-cohort -c patient --base $(call q,$(DORG_FROM)) -- $(call q,$(COHORT)) 2>/dev/null \
  | sed 's/[^A-Za-z0-9._-]/_/g'))
ifneq ($(words $(IDS)),$(words $(filter-out %:,$(PATIENTS))))
PATIENTS :=
endif
ifneq ($(looking),)
$(CASES)/%/ct.nii.gz $(CASES)/%/truth.nii.gz: ;
endif
