# common.mk: what every pipeline starts from.
#
# RUN     where everything made lies (never inside the source tree's own folders)
# BIN     the executables; by default those of this tree, else those on PATH
# A stage is a variable holding a command; `make SMOOTH=cat` replaces it.  What a variable
# held when its products were made lies in $(RUN)/vars, so that changing it rebuilds exactly
# what depends on it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
FORCE:
.PHONY: FORCE

HERE := $(patsubst %/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))
RUN  ?= $(HERE)/../build/run
BIN  := $(realpath $(wildcard $(HERE)/../build/bin))
ifneq ($(BIN),)
export PATH := $(BIN):$(PATH)
endif
NETS ?= $(HERE)/nets

# In a batch system: SRUN='srun -n1 -N1'.
SRUN ?=
# Threads of one command; cases run side by side by make -j.
J ?= 1

comma := ,
# Ends a recipe line whose output is $@: whole or not at all, so that a run that was killed
# outright, and not only one that was interrupted, resumes where it stopped.
to = > $@.part && mv $@.part $@

# $(call remember,NAME...): $(RUN)/vars/NAME changes when and only when $(NAME) does.  Folders
# are left out, so that a run copied with its times (cp -a) is up to date where it lies then.
memo = $(strip $(subst $(HERE)/,,$(subst $(RUN)/,,$($1))))
# make -n and make -q only look: there, what would change counts as changed and stays.
looking := $(strip $(foreach f,n q,$(findstring $f,$(firstword -$(MAKEFLAGS)))))
define remember_one
ifneq ($$(if $$(wildcard $(RUN)/vars/$1),=)$$(file <$(RUN)/vars/$1),=$$(call memo,$1))
ifeq ($(looking),)
$$(file >$(RUN)/vars/$1,$$(call memo,$1))
else ifeq ($$(would_change.$1),)
would_change.$1 := yes
$(RUN)/vars/$1: FORCE ; @:
endif
endif
endef
remember = $(shell mkdir -p $(RUN)/vars)$(foreach v,$1,$(eval $(call remember_one,$v)))
var = $(addprefix $(RUN)/vars/,$1)
