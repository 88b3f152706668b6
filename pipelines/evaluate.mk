# evaluate.mk: DSC of every stage on the cases EVAL, and the paper's table.

EVAL ?= $(TEST)
NAME ?= test
DICE ?= dorg-dice -j $J
RESULTS ?= $(RUN)/results
$(call remember,DICE EVAL)

# Columns of Table 1, in the paper's order: title, then the mask's file.
COLUMNS := Opt.:opt-mask S_RF:cand P0:p0-mask G(P0):g0-mask P1:p1-mask G(P1):g1-mask \
           P2:p2-mask G(P2):g2-mask CRF(P2):crf
title = $(firstword $(subst :, ,$1))
mask  = $(lastword $(subst :, ,$1))
eval_files = $(foreach c,$(EVAL),$(CASES)/$c/$1.nii.gz)

define dice_rule
$(RESULTS)/$(NAME)/$(call mask,$1).tsv: $(call eval_files,$(call mask,$1)) $(call eval_files,truth) $(call var,DICE EVAL)
	mkdir -p $$(@D)
	for c in $(EVAL); do printf '%s\t%s\t%s\n' $$$$c $(CASES)/$$$$c/$(call mask,$1).nii.gz $(CASES)/$$$$c/truth.nii.gz; done > $$@.list
	$$(DICE) -L $$@.list -o $$@
endef
$(foreach c,$(COLUMNS),$(eval $(call dice_rule,$c)))

$(RESULTS)/$(NAME)/table1.tsv: $(foreach c,$(COLUMNS),$(RESULTS)/$(NAME)/$(call mask,$c).tsv)
	$(call table1,$(foreach c,$(COLUMNS),$(call title,$c))) -o $@ $^

# The other half of Fig. 5: mean DSC against the threshold on these cases.  It is looked at;
# nothing is set by it.
CUT_STEP ?= 0.02
define curve_rule
$(RESULTS)/$(NAME)/sweep.$1.tsv: $(call eval_files,$1) $(call eval_files,truth) $(call var,DICE EVAL)
	mkdir -p $$(@D)
	for c in $(EVAL); do printf '%s\t%s\t%s\n' $$$$c $(CASES)/$$$$c/$1.nii.gz $(CASES)/$$$$c/truth.nii.gz; done > $$@.list
	$$(DICE) --no-surface --sweep $(CUT_STEP)$(comma)0.99$(comma)$(CUT_STEP) -L $$@.list -o $$@
endef
$(foreach m,$(MAPS),$(eval $(call curve_rule,$m)))
curves: $(MAPS:%=$(RESULTS)/$(NAME)/sweep.%.tsv)
.PHONY: curves

table: $(RESULTS)/$(NAME)/table1.tsv
	@echo
	@echo "DSC (%) on $(words $(EVAL)) $(NAME) cases"
	@column -t -s '	' $< || cat $<
.PHONY: table

# Figs. 3 and 6 for one case: truth red; candidates, P0; then map and final contour in green.
PICTURE ?= $(firstword $(EVAL))
$(RESULTS)/pictures/%-candidates.png: $(CASES)/%/ct.nii.gz $(CASES)/%/truth.nii.gz $(CASES)/%/cand.nii.gz
	mkdir -p $(@D)
	dorg-view -m $(CASES)/$*/truth.nii.gz -m $(CASES)/$*/cand.nii.gz -o $@ $<
$(RESULTS)/pictures/%-p0.png: $(CASES)/%/ct.nii.gz $(CASES)/%/truth.nii.gz $(CASES)/%/p0.nii.gz
	mkdir -p $(@D)
	dorg-view -m $(CASES)/$*/truth.nii.gz -P $(CASES)/$*/p0.nii.gz -o $@ $<
$(RESULTS)/pictures/%-map.png: $(CASES)/%/ct.nii.gz $(CASES)/%/truth.nii.gz $(CASES)/%/$(FINAL).nii.gz
	mkdir -p $(@D)
	dorg-view -m $(CASES)/$*/truth.nii.gz -P $(CASES)/$*/$(FINAL).nii.gz -o $@ $<
$(RESULTS)/pictures/%-final.png: $(CASES)/%/ct.nii.gz $(CASES)/%/truth.nii.gz $(CASES)/%/seg.nii.gz
	mkdir -p $(@D)
	dorg-view --planes all -m $(CASES)/$*/truth.nii.gz -m $(CASES)/$*/seg.nii.gz -o $@ $<
$(RESULTS)/pictures/kernels-%.png: $(MODELS)/%.net
	mkdir -p $(@D)
	dorg-view --kernels $< -o $@
PICTURES = $(foreach p,candidates p0 map final,$(RESULTS)/pictures/$(PICTURE)-$p.png) \
           $(foreach n,p r1 r2,$(RESULTS)/pictures/kernels-$n.png)
pictures: $(PICTURES)
	@echo
	@echo 'pictures of $(PICTURE):'
	@printf '  %s\n' $(foreach f,$(patsubst $(RUN)/%,%,$^),$(call q,$(NAMED_RUN))/$f)
.PHONY: pictures
