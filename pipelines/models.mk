# models.mk: the models in the folder MODELS, which somebody else may have made: they are data.
# A folder that does not hold what it should is refused before anything is made.

override MODELS := $(call plain,$(MODELS))
ifneq ($(call now,set -e; cd $(MODELS); \
    for f in rf1.forest rf2.forest p.net r1.net r2.net edge.net lambda cut.p2 cut.g2; do \
      [ -e $$f ] || { echo "$(MODELS) has no $$f" >&2; exit 3; }; done; \
    for f in cut.* lambda; do $(HERE)/number "$$f" >/dev/null; done; \
    for f in level.*; do [ ! -e "$$f" ] || $(HERE)/number "$$f" 2 >/dev/null; done; echo sound),sound)
$(error $(MODELS) is not a folder of models)
endif
# What they were trained with (SCALES, LEVEL0 ...), unless said otherwise.
$(call read_settings,$(wildcard $(MODELS)/settings.mk))
