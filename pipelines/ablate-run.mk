# ablate-run.mk: one training of ablate.mk: the cascade of $(PIPE).mk, and beside it what else
# may stand at its end.

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
include $(HERE)/$(PIPE).mk

# Other fields: contrast instead of the edge net; the edge net, and slices joined.
FIELD_HU ?= dorg-graphcut --pair contrast
FIELD_3D ?= dorg-graphcut --3d --pair net
# Other ends of G(P2): border moved to the CT's edges; the largest component.
REFINE   ?= dorg-refine
LARGEST  ?= dorg-clean
$(call remember,FIELD_HU FIELD_3D REFINE LARGEST)

%/between.tab: %/ct.nii.gz %/sp.nii.gz %/cand.tab $(call var,EDGES)
	$(EDGES) --between -o $@ $*/ct.nii.gz $*/sp.nii.gz $*/cand.tab
$(eval $(call lambda_rule,lambda.hu,FIELD_HU,edges.tab))
$(eval $(call crf_rule,crf-hu,FIELD_HU,edges.tab,lambda.hu))
$(eval $(call lambda_rule,lambda.3d,FIELD_3D,edgep.tab between.tab))
$(eval $(call crf_rule,crf-3d,FIELD_3D,edgep.tab between.tab,lambda.3d))

%/refine.nii.gz: %/ct.nii.gz %/g2.nii.gz %/g2-mask.nii.gz $(MODELS)/cut.g2 $(call var,REFINE)
	$(SRUN) $(REFINE) -P $*/g2.nii.gz -p $(call number,$(MODELS)/cut.g2) -o $@ $< $*/g2-mask.nii.gz
%/largest.nii.gz: %/g2-mask.nii.gz $(call var,LARGEST)
	$(SRUN) $(LARGEST) -o $@ $<
%/refine-largest.nii.gz: %/refine.nii.gz $(call var,LARGEST)
	$(SRUN) $(LARGEST) -o $@ $<

case-files: $(call case_files,between.tab crf-hu.tab crf-3d.tab)
MORE := contrast-CRF:crf-hu 3-D-CRF:crf-3d refined:refine largest:largest refined+largest:refine-largest
$(foreach c,$(MORE),$(eval $(call dice_rule,$c)))
ablation: $(foreach c,$(COLUMNS) $(MORE),$(RESULTS)/$(NAME)/$(call mask,$c).tsv)
.PHONY: ablation
