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
# What lies between stays.  (Before it makes anything make walks through what is secondary on every
# path that leads to it: with nets and cuts, which learn from all cases, that takes forever for
# many.  So what trains names the files of its cases instead, which keeps them, too.)
ifeq ($(CASES_NAMED),)
.SECONDARY:
endif
FORCE:
.PHONY: FORCE

HERE := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BIN  := $(realpath $(wildcard $(HERE)/../build/bin))
ifneq ($(BIN),)
export PATH := $(BIN):$(PATH)
endif
NETS ?= $(HERE)/nets
# Numbers have a point and sort alike, whatever the user's language.
export LC_ALL := C
# make -n and make -q only look.
looking := $(strip $(foreach f,n q,$(findstring $f,$(firstword -$(MAKEFLAGS)))))
# A link is as new as itself or its file, whichever is newer: a case whose list now names another
# scan is made again, even if that scan is the older one.
MAKEFLAGS += -L

# In a batch system: SRUN='srun -n1 -N1'.
SRUN ?=
# Threads of one command; cases run side by side by make -j.
J ?= 1

comma := ,
space := $() $()
# $(call q,TEXT): one word for the shell, whatever is in it.
q = '$(subst ','\'',$1)'
# $(call now,COMMAND): its output, while the makefiles are read.
now = $(shell export PATH=$(call q,$(PATH)) LC_ALL=C; $1)

# ---- the user's folders ------------------------------------------------------------------

# Relative paths start where the user stands; make -C has left that folder.
ifndef DORG_FROM
DORG_FROM := $(or $(if $(subst <$(CURDIR)>,,<$(realpath $(HERE))>),,$(PWD)),$(CURDIR))
endif
export DORG_FROM
from = $(if $(filter /%,$(firstword $1)),$1,$(DORG_FROM)/$1)
rooted = $(foreach v,$1,$(if $($v),$(eval override $v := $$(call from,$$($v)))))
$(call rooted,RUN OUT OUT_FILE COHORT CT TRUTH MODELS TCIA MSD DATA FOLDLIST SETTINGS)
$(foreach v,TEST_CT TEST_TRUTH,$(if $($v),$(eval override $v := $$(foreach f,$$($v),$$(call from,$$f)))))

# A name with blanks or quotes goes by a link that make can hold; NAMED_RUN is what RUN is called.
plain = $(or $(call now,$(HERE)/plain-name $(call q,$1)),$(error no plain name for $1))
# Net descriptions are files that rules depend on.
plain_net = $(call plain,$(if $(call now,[ -f $(call q,$1) ] && echo yes),$1,$(error no such net description: $1)))
plain_nets = $(foreach v,P_NET R_NET E_NET,$(if $($v),$(eval override $v := $$(call plain_net,$$(call from,$$($v))))))
$(call plain_nets)

ifeq ($(call now,command -v dorg-info),)
$(error dorg's commands are not found: build them (make build-deps, make), or put them on PATH)
endif
# What must be given, NEEDS, is named first, before anything is made.
missing = $(if $($1),$(if $(call now,[ -e $(call q,$($1)) ] && echo yes),,$(error $1: no such file or folder: $($1))),$(error usage: $(USAGE)))
$(foreach v,$(NEEDS),$(call missing,$v))
# An output that is one file, OUT_FILE: whether it could be written is looked at then.
can_write = [ ! -d $1 ] && d=$$(dirname -- $1) && mkdir -p -- "$$d" && t=$$(mktemp -- "$$d/.dorg-XXXXXXXX") && rm -f -- "$$t" && echo yes
ifneq ($(and $(OUT_FILE),$(if $(looking),,yes)),)
ifneq ($(call now,$(call can_write,$(call q,$(OUT_FILE)))),yes)
$(error OUT: $(OUT_FILE) cannot be written)
endif
endif

ifdef RUN
ifneq ($(call now,case $(call q,$(RUN))/ in ($(call q,$(HERE))/*|$(call q,$(realpath $(HERE)))/*) echo inside;; esac),)
$(error $(RUN) would lie among the pipelines' own files: stand in a folder of yours, or name one with RUN= or OUT=)
endif
NAMED_RUN := $(RUN)
override RUN := $(call plain,$(RUN))
ifdef OUT
override OUT := $(RUN)
endif
# One make at a time; those that this one calls work under its lock.
SHARD ?=
ifeq ($(looking)$(and $(DORG_LOCKED),$(filter $(DORG_LOCKED) $(DORG_LOCKED)/%,$(RUN))),)
ifneq ($(call now,$(if $(LOCK_WAIT),LOCK_WAIT=$(LOCK_WAIT)) $(HERE)/lock-run $$PPID $(call q,$(NAMED_RUN)) $(call q,$(SHARD)) && echo locked),locked)
$(error $(NAMED_RUN) cannot be used)
endif
export DORG_LOCKED := $(RUN)
endif
endif

# ---- recipes -----------------------------------------------------------------------------

# Ends a recipe line whose output is $@: whole or not at all, so that a run that was killed
# outright, and not only one that was interrupted, resumes where it stopped.
to = > $@.$$$$.part && mv -f $@.$$$$.part $@ || { rc=$$?; rm -f $@.$$$$.part; exit $$rc; }

# $(call remember,NAME...): $(RUN)/vars/NAME changes when and only when $(NAME) does.  Folders
# are left out, so that a run copied with its times (cp -a) is up to date where it lies then.
# For make -n and make -q what would change counts as changed and stays.  (Both are variables, and
# read by cat: what $(file <) of make 4.3 reads of a long text is at times not equal to it.)
memo = $(strip $(subst $(HERE)/,,$(subst $(RUN)/,,$($1))))
define remember_one
was.$1 := $$(if $$(wildcard $(RUN)/vars/$1),=)$$(shell cat $(RUN)/vars/$1 2>/dev/null)
held.$1 := =$$(call memo,$1)
ifneq ($$(was.$1),$$(held.$1))
ifeq ($(looking),)
$$(file >$(RUN)/vars/$1,$$(call memo,$1))
else ifeq ($$(would_change.$1),)
would_change.$1 := yes
$(RUN)/vars/$1: FORCE ; @:
endif
endif
endef
remember = $(if $(looking),,$(shell mkdir -p $(RUN)/vars))$(foreach v,$1,$(eval $(call remember_one,$v)))
var = $(addprefix $(RUN)/vars/,$1)

# $(call read_settings,FILE): make variables from the settings in FILE, which is data.  Shards
# read them at the same time.
read_settings = $(if $1,$(if $(call now,mkdir -p $(RUN) && said=$$($(HERE)/settings $(call q,$1)) && \
  printf '%s\n' "$$said" > $(RUN)/settings.$$$$.part && mv $(RUN)/settings.$$$$.part $(RUN)/settings && echo read),,$(error $1 is not settings))$(eval include $(RUN)/settings))
# $(call table1,TITLES): the paper's Table 1 from tables of dorg-dice, one a column.  All numbers
# are those tables' own: a failed case counts as 0, a pair of empty masks is left out and counted.
table1 = dorg-tab --summary Mean=mean,Std=sd,Min=min,Max=max,n,failed=n_failed,excluded=n_excluded \
  --percent dsc -c 'DSC (%)=case,dsc' --join 'DSC (%)' --as '$(subst $(space),$(comma),$(strip $1))'
# $(call number,FILE[,N]): the shell's words for the one number (or first of N) in FILE.
number = "$$($(HERE)/number $1 $2)"
