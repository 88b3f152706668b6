# import.mk: how every importer ends: a cohort list of the cases IDS, and the refused by name.
#
# LIST is made from MADE, one file a case.  A case with a file OUT/CASE/status that does not
# say "ok" is left out, and stands in OUT/refused.tsv with the reason.
LIST       ?= $(OUT)/cohort.tsv
LISTS      ?= $(LIST)
MADE       ?= $(IDS:%=$(OUT)/%/status)
ct_of      ?= $(NAMED_RUN)/$1/ct.nii.gz
truth_of   ?= $(NAMED_RUN)/$1/truth.nii.gz
patient_of ?= $1
tab := $(shell printf '\t')
define newline


endef
# What a case is made of, in OUT/sources: name, size and time of its files, as $(sources_of) says.
# It changes when and only when they do, whichever of two files is the newer.
SOURCES ?= $(if $(looking),,FORCE)
$(IDS:%=$(OUT)/sources/%): $(OUT)/sources/%: $(SOURCES)
	@mkdir -p $(@D)
	$(call sources_of,$*) > $@.part || :
	if cmp -s $@.part $@; then rm $@.part; else mv $@.part $@; fi

# By way of a file, not as arguments: a cohort may have a thousand cases.
row  = $1$(tab)$(call ct_of,$1)$(tab)$(call truth_of,$1)$(tab)$(call patient_of,$1)
rows := case$(tab)ct$(tab)truth$(tab)patient$(subst $() $(newline),$(newline),$(foreach i,$(IDS),$(newline)$(call row,$i)))
ifneq ($(if $(wildcard $(call var,cases)),$(file <$(call var,cases))),$(rows))
ifeq ($(looking),)
$(shell mkdir -p $(RUN)/vars)
$(file >$(call var,cases),$(rows))
else
$(call var,cases): FORCE ; @:
endif
endif

$(LIST): $(call var,cases) $(MADE)
	@: >$(OUT)/refused.tsv
	while IFS=$$'\t' read -r c rest; do
	  s=$(OUT)/$$c/status
	  if [ ! -e "$$s" ] || grep -qx ok "$$s"; then printf '%s\t%s\n' "$$c" "$$rest"
	  else printf '%s\t%s\n' "$$c" "$$(sed 's/^refused: //' "$$s")" >>$(OUT)/refused.tsv; fi
	done <$< >$@

all: $(OUT)/cohort.tsv
	@for l in $(LISTS); do echo "$$(($$(wc -l <$$l) - 1)) cases in "$(call q,$(NAMED_RUN))"/$${l##*/}"; done
	! sed 's/^/refused: $(PREFIX)/; s/\t/: /' $(OUT)/refused.tsv | grep . >&2
# After mending the data: look at the refused ones again.  The lists go too: what .SECONDARY
# names is not made for its own sake.
retry:
	@rm -f $(LIST) $(LISTS) $(OUT)/cohort.tsv
	[ ! -e $(OUT)/refused.tsv ] || cut -f1 $(OUT)/refused.tsv | while read -r c; do rm -f $(OUT)/$$c/status; done
	$(MAKE) --no-print-directory -f $(firstword $(MAKEFILE_LIST)) all
.PHONY: all retry
.DEFAULT_GOAL := all
.ONESHELL:
