# dorg: build, check, bench, install.  Knows no experiment; those are in pipelines/.
#
#   make            executables in build/bin, plug-ins in build/lib/dorg
#   make check      install what is missing, build, run all tests
#   make mutants    does the suite notice faults?  (WORD=... for those with the word)
#   make demo       install what is missing, build, run the whole cascade on phantoms
#   make bench      ratios against peers and the machine's limits
#   make install    DESTDIR= PREFIX=/usr/local; make uninstall takes it back
#   make dist deb   a source archive, a Debian package
#   make help       this
#
# All processors are used (-j says otherwise); one line a file is shown (V=1: the commands).

B       ?= build
PREFIX  ?= /usr/local
VERSION := $(shell sed -n 's/^.define DORG_VERSION "\(.*\)"/\1/p' cmd/front.h)
ifeq ($(origin CC),default)
CC       = gcc
endif
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

# A library's flags from pkg-config; where that is not there, those given.
lib      = $(or $(shell pkg-config --cflags --libs $1 2>/dev/null),$2)
LDLIBS  := -lnifti2 -lznz $(call lib,libzstd,-lzstd) $(call lib,zlib,-lz) -lm -ldl -lpthread
PNG     := $(call lib,libpng,-lpng)
WARN     = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wvla
WERROR  ?= -Werror
OPT     ?= -O2
CFLAGS  += -std=c11 $(OPT) -g -ffp-contract=off -pthread $(WARN) $(WERROR)
CPPFLAGS += -isystem /usr/include/nifti -include libcommon/base/banned.h -MMD -MP

obj      = $(patsubst %,$B/%.o,$(basename $1))
LIB_OBJ := $(call obj,$(wildcard libcommon/*/*.c kernels/*.c kernels/engines/ref/*.c))
FRONT   := $(call obj,$(filter-out cmd/dorg-%,$(wildcard cmd/*.c)))
ORA_OBJ := $(call obj,$(wildcard test/oracle/*.c))
BINS    := $(patsubst cmd/%.c,$B/bin/%,$(wildcard cmd/dorg-*.c))
TESTS   := $(patsubst %.c,$B/%,$(wildcard test/unit/t_*.c test/prop/p_*.c))
BENCHES := $(patsubst %.c,$B/%,$(wildcard test/bench/b_*.c))
GEN     := $(patsubst %.c,$B/%,$(wildcard test/gen/*.c))
BATS    := $(wildcard test/bats/*.bats)

# Loops worth -O3.
HOT     := $(addprefix $B/,libcommon/file/nii_read.o libcommon/superpix/ers_air.o \
             libcommon/superpix/ers_gain.o \
             libcommon/train/trainset.o libcommon/train/feed.o libcommon/apply/ensemble.o \
             kernels/gauss3d.o kernels/warp2d.o kernels/patch25.o kernels/tpswarp.o \
             kernels/engines/onednn/engine_onednn_int8.o)

define newline


endef
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all bins plugins tests benches deps build-deps check check-san check-gpu bench-gpu all-gpu lint man demo \
        bench install uninstall dist deb help clean mutants

all: bins plugins
bins: $(BINS) $B/bin/dorg
plugins:
tests: $(TESTS) $(GEN) $B/test/fault/inject.so $B/test/fuzz/fuzz
benches: $(BENCHES)

ifeq ($V,1)
say      = @mkdir -p $(@D)
else
say      = @mkdir -p $(@D); echo '  $1	$(@:$B/%=%)'
Q        = @
endif

# Objects depend on their flags: $(call kept,FLAGS) is a file that changes only when FLAGS do.
kept     = $(shell mkdir -p $B; echo '$($1)' | cmp -s - $B/$1 || echo '$($1)' >$B/$1)$B/$1
C_FLAGS := $(filter-out ccache,$(CC)) $(CPPFLAGS) $(CFLAGS) $(HOT:$B/%=%) $(LDFLAGS) $(LDLIBS)

$(HOT): private OPT = -O3
$B/%.o: %.c $(call kept,C_FLAGS)
	$(call say,CC)
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -c -o $@ $<

$B/libdorg.a: $(LIB_OBJ)
$B/libfront.a: $(FRONT)
$B/liboracle.a: $(ORA_OBJ)
$B/%.a:
	$(call say,AR)
	$Qrm -f $@; $(AR) rcs $@ $^

# Pictures are drawn by one command; only it and the tests carry libpng.
$B/libcommon/look/image.o: private CPPFLAGS += $(filter -I%,$(PNG))
$B/bin/dorg-view $B/test/%: private LDLIBS += $(filter-out -I%,$(PNG))

$B/bin/%: $B/cmd/%.o $B/libfront.a $B/libdorg.a
	$(call say,LD)
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$B/bin/dorg: cmd/dorg.sh
	$(call say,CP)
	$Qinstall -m 755 $< $@

$B/test/%: $B/test/%.o $B/liboracle.a $B/libdorg.a
	$(call say,LD)
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$B/test/fault/inject.so: $B/test/fault/inject.o
	$(call say,LD)
	$Q$(CC) $(CFLAGS) -shared -o $@ $^ -ldl

# ---- plug-ins: built where their library is present; each exports dorg_plugin alone ------

PLUGIN   = -shared -Wl,--version-script=kernels/plugin.map

ifneq ($(wildcard /usr/include/dnnl.h /usr/include/*/dnnl.h),)
plugins: $B/lib/dorg/dorg-onednn.so
$B/lib/dorg/dorg-onednn.so: $(call obj,$(wildcard kernels/engines/onednn/*.c)) $B/libdorg.a
	$(call say,LD)
	$Q$(CC) $(CFLAGS) $(LDFLAGS) $(PLUGIN) -o $@ $^ -ldnnl -lgomp $(LDLIBS)
endif

# CUDA: nvcc and cuDNN 9 in system paths, or under CUDA_HOME and CUDNN_HOME (a folder with
# include/ and lib/ or lib64/, as an unpacked archive or a pip wheel has it).
CUDA_HOME  ?= /usr/local/cuda
CUDNN_HOME ?= $(CUDA_HOME)
NVCC       ?= $(firstword $(wildcard $(CUDA_HOME)/bin/nvcc) $(shell command -v nvcc))
CUDNN_INC  := $(patsubst %/cudnn.h,%,$(firstword $(wildcard $(CUDNN_HOME)/include/cudnn.h \
                $(CUDNN_HOME)/nvidia/cudnn/include/cudnn.h /usr/include/cudnn.h \
                /usr/include/*/cudnn.h)))
CUDNN_SO   := $(firstword $(wildcard $(patsubst %/include,%/lib64,$(CUDNN_INC))/libcudnn.so.9 \
                $(patsubst %/include,%/lib,$(CUDNN_INC))/libcudnn.so.9 \
                /usr/lib/*/libcudnn.so.9 /usr/lib64/libcudnn.so.9))
CUDA_SRC   := $(wildcard kernels/*.cu kernels/engines/cudnn/*.cu)
CUDA_ARCH  ?= -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90 \
              -gencode arch=compute_90,code=compute_90
NVFLAGS    += -std=c++17 -O2 -fmad=false -Xcompiler -fPIC,-Wall,-Wextra,-Wno-deprecated-declarations \
              -Wno-deprecated-declarations --cudart static $(CUDA_ARCH)
# The same sources on a processor, with the few names of CUDA and cuDNN that test/cuda/include
# has: tested where there is no CUDA, too.
CXX_INC     = -Itest/cuda/include
CXXEMU      = -std=c++17 -O2 -g -ffp-contract=off -fPIC -Wall -Wextra -Wno-attributes $(WERROR) \
              -Wno-deprecated-declarations $(CXX_INC) -include test/cuda/emulate.h -MMD -MP
CXX_FLAGS  := $(filter-out ccache,$(CXX)) $(CXXEMU) $(LDFLAGS) $(LDLIBS)
CXX_KEPT   := $(call kept,CXX_FLAGS)
$B/%.emu.o: %.cu $(CXX_KEPT)
	$(call say,CXX)
	$Q$(CXX) $(CXXEMU) -x c++ -c -o $@ $<
$B/%.emu.o: %.cpp $(CXX_KEPT)
	$(call say,CXX)
	$Q$(CXX) $(CXXEMU) -c -o $@ $<

tests: $B/test/cuda/dorg-cuda.so $B/test/cuda/libnccl.so.2 $B/test/cuda/wrong
EMU_OBJ    := $(patsubst %,$B/%.emu.o,$(basename $(CUDA_SRC) $(wildcard test/cuda/emulate*.cpp)))
$B/test/cuda/dorg-cuda.so: $(EMU_OBJ) $B/libdorg.a
	$(call say,LD)
	$Q$(CXX) $(PLUGIN) -o $@ $^ $(LDFLAGS) $(LDLIBS)
$B/test/cuda/libnccl.so.2: $B/test/cuda/nccl.emu.o
	$(call say,LD)
	$Q$(CXX) -shared -o $@ $^ $(LDFLAGS)

# What the emulated device finds, on programs that are wrong.
$B/test/cuda/wrong: $(addprefix $B/test/cuda/,wrong.emu.o emulate.emu.o emulate_memory.emu.o)
	$(call say,LD)
	$Q$(CXX) -o $@ $^ $(LDFLAGS)

ifneq ($(and $(NVCC),$(CUDNN_INC),$(CUDNN_SO)),)
NV_FLAGS   := $(filter-out ccache,$(NVCC)) $(NVFLAGS) $(CUDNN_INC) $(CUDNN_SO) $(LDFLAGS) $(LDLIBS)
NV_LIBS     = -L$(dir $(CUDNN_SO)) -Xlinker -l:libcudnn.so.9,-rpath,$(dir $(CUDNN_SO)) $(filter -l%,$(LDLIBS))
CUDA_OBJ   := $(CUDA_SRC:%=$B/%.o)
$B/%.cu.o: %.cu $(call kept,NV_FLAGS)
	$(call say,NVCC)
	$Q$(NVCC) $(NVFLAGS) -I$(CUDNN_INC) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

plugins: $B/lib/dorg/dorg-cuda.so
$B/lib/dorg/dorg-cuda.so: $(CUDA_OBJ) $B/libdorg.a
	$(call say,LD)
	$Q$(NVCC) --cudart static $(PLUGIN:-Wl,%=-Xlinker %) -o $@ $^ $(NV_LIBS)

$B/test/cuda/rates: $(patsubst %,$B/%.o,$(wildcard test/cuda/rates*.cu)) $(CUDA_OBJ) $B/libdorg.a
	$(call say,LD)
	$Q$(NVCC) --cudart static -o $@ $^ -lcublas $(NV_LIBS)

# The engine's questions to cuDNN itself, which needs no device to answer some of them.
tests: $B/test/cuda/plans
$B/test/cuda/plans.emu.o: private CXX_INC = -I$(CUDA_HOME)/include -I$(CUDNN_INC)
$B/test/cuda/plans: $B/test/cuda/plans.emu.o $B/libdorg.a \
    $(filter-out %_plan.emu.o %_cudnn.emu.o %_graph.emu.o,$(EMU_OBJ)) \
    $B/kernels/engines/cudnn/engine_cudnn.emu.o
	$(call say,LD)
	$Q$(CXX) -o $@ $(filter %.o,$^) $B/libdorg.a -L$(dir $(CUDNN_SO)) -l:libcudnn.so.9 \
	  -Wl,-rpath,$(dir $(CUDNN_SO)) $(LDFLAGS) $(LDLIBS)
endif

# ---- checks -----------------------------------------------------------------------------

deps:
	@test/deps.sh
build-deps:
	@test/deps.sh build

# Sources and headers that must be fixed points of clang-format 14.
FORMATTED = $(wildcard cmd/*.[ch] libcommon/*/*.[ch] kernels/*.[ch] kernels/*.cu \
              kernels/engines/*/*.[ch] kernels/engines/*/*.cu test/*.h test/*/*.[ch] test/cuda/include/*.h)
SCRIPTS   = $(wildcard cmd/*.sh test/*.sh test/*/*.sh .ci/run)

lint:
	clang-format --dry-run --Werror $(FORMATTED)
	shellcheck -s bash $(SCRIPTS)
	awk -f test/lint-bats.awk $(BATS) $(wildcard test/bats/*.bash)
	test/rooms.sh
	mandoc -Tlint -W warning man/*.[1-9]

# Put every command's option table into its man page.
man: bins
	test/man-options.sh $B/bin $(wildcard man/dorg-*.1)

# Phony on purpose: the sub-makes see what deps has just installed.  What asks for a device is run
# by cuda.bats on an emulated one, by check-gpu on a real one.
check: deps
	@$(MAKE) --no-print-directory lint all tests benches
	@test/run.sh $B $(BATS) $(filter-out $B/test/unit/t_cuda%,$(TESTS))

# Faults, one by one, in copies of the tree: does the suite notice each?
mutants: deps
	@$(MAKE) --no-print-directory all tests
	@test/mutants.sh $B test/mutants.tsv $(WORD)

bench: deps
	@$(MAKE) --no-print-directory all benches
	@for b in $(BENCHES) $(wildcard test/bench/*.sh); do B=$B $$b || exit; done

# The pipelines say themselves how many cases they take at once.  Without a device it does not
# wait for the plug-in for one.
demo: build-deps
	@$(MAKE) --no-print-directory all $(if $(wildcard /dev/nvidia0),,NVCC=)
	@MAKEFLAGS='$(filter-out -j% --jobserver%,$(MAKEFLAGS))' $(MAKE) --no-print-directory -C pipelines demo RUN=$(CURDIR)/$B/demo

# ---- installing -------------------------------------------------------------------------

D = $(abspath $(DESTDIR))$(PREFIX)
# $(call put,MODE,FOLDER,FILES)
put = install -d $D/$2 && install -m $1 $3 $D/$2

install: all
	$(call put,755,bin,$(BINS) $B/bin/dorg)
	$(call put,755,lib/dorg,$(wildcard $B/lib/dorg/*.so))
	$(foreach s,1 3 5 7,$(call put,644,share/man/man$s,$(wildcard man/*.$s))$(newline))
	@cd pipelines && find . -type f | while read -r f; do \
	  install -D -m $$([ -x "$$f" ] && echo 755 || echo 644) "$$f" "$D/share/dorg/pipelines/$$f"; done
	@install -d $D/share/bash-completion/completions $D/share/zsh/vendor-completions
	cmd/completion.sh bash $B/bin >$D/share/bash-completion/completions/dorg
	for c in $(notdir $(BINS)); do ln -sf dorg $D/share/bash-completion/completions/$$c; done
	cmd/completion.sh zsh $B/bin >$D/share/zsh/vendor-completions/_dorg
	$(call put,644,lib,$B/libdorg.a)
	@for f in $(wildcard libcommon/*/*.h kernels/*.h); do \
	  case $$f in *_in.h | *_dev.h | */banned.h | */cuda_host.h) ;; *) install -D -m 644 $$f $D/include/dorg/$$f ;; esac; done
	@install -d $D/lib/pkgconfig
	printf '%s\n' 'prefix=$(PREFIX)' 'Name: dorg' 'Version: $(VERSION)' \
	  'Description: filters that segment an organ in abdominal CT, as a library' \
	  'Cflags: -I$${prefix}/include/dorg' 'Libs: -L$${prefix}/lib -ldorg $(LDLIBS)' >$D/lib/pkgconfig/dorg.pc

# What an installation would put there is taken away, and nothing else.
uninstall: all
	@rm -rf $B/stage && $(MAKE) -s --no-print-directory install DESTDIR=$B/stage PREFIX= >/dev/null
	cd $B/stage && find . ! -type d | while read -r f; do rm -f "$D/$$f"; done
	@for d in lib/dorg share/dorg include/dorg; do \
	  [ ! -d $D/$$d ] || find $D/$$d -depth -type d -exec rmdir --ignore-fail-on-non-empty {} +; done

dist:
	@mkdir -p $B
	git archive --format=tar --prefix=dorg-$(VERSION)/ HEAD | gzip -9n >$B/dorg-$(VERSION).tar.gz
	@echo $B/dorg-$(VERSION).tar.gz
deb: all
	@test/deb.sh $(abspath $B) $(VERSION)
help:
	@sed -n '/^#   make/s/^# //p' Makefile

# On a machine with a GPU: the engine and kernel suites on the device.
# A cohort of 100 phantoms, disturbed in every way.
check-cohort: all
	@rm -rf $B/check-cohort
	@test/cohort.sh 100 $(abspath $B)/check-cohort
# A miniature of the Pancreas-CT download, from DICOM series to the table.
check-nih: all
	@rm -rf $B/check-nih
	@test/nih.sh 82 $(abspath $B)/check-nih
# The batch scripts under a real Slurm of one node, as root.
check-slurm: all
	@rm -rf $B/check-slurm
	@test/slurm.sh $(abspath $B)/check-slurm
.PHONY: check-cohort check-nih check-slurm

check-gpu: all tests
	@test/gpu.sh check $B
bench-gpu: all $B/test/cuda/rates
	@test/gpu.sh bench $B
# Both and more, step by step, for the first time on a device: what it says is in $B/gpu.
all-gpu: all tests $B/test/cuda/rates
	@test/gpu.sh all $B

# The same suite under the address and undefined-behaviour sanitizers, and threads under TSan.
check-san: deps
	@$(MAKE) --no-print-directory B=$B-san OPT='-O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined' \
	  LDFLAGS='-fsanitize=address,undefined' all tests
	@ASAN_OPTIONS=detect_leaks=1 DORG_SANITIZED=1 test/run.sh $B-san $(TESTS:$B/%=$B-san/%) $(BATS)
	@$(MAKE) --no-print-directory B=$B-tsan OPT='-O1 -fsanitize=thread' LDFLAGS='-fsanitize=thread' \
	  $B-tsan/test/unit/t_par
	@test/run.sh $B-tsan $B-tsan/test/unit/t_par

clean:
	rm -rf $B $B-san $B-tsan

-include $(shell find $B -name '*.d' 2>/dev/null)
