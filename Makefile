# dorg: build, check, bench, install.  Knows no experiment; those are in pipelines/.
#
#   make            executables in build/bin, plug-ins in build/lib/dorg
#   make check      install what is missing, build, run all tests
#   make demo       install what is missing, build, run the whole cascade on phantoms
#   make bench      ratios against peers and the machine's limits
#   make install    DESTDIR= PREFIX=/usr/local

B       ?= build
PREFIX  ?= /usr/local
ifeq ($(origin CC),default)
CC       = gcc
endif
WARN     = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wvla
WERROR  ?= -Werror
OPT     ?= -O2
CFLAGS  += -std=c11 $(OPT) -g -ffp-contract=off -pthread $(WARN) $(WERROR)
CPPFLAGS += -isystem /usr/include/nifti -include libcommon/base/banned.h -MMD -MP
LDLIBS   = -lnifti2 -lznz -lzstd -lz -lm -ldl -lpthread

LIB_SRC := $(wildcard libcommon/*/*.c)
KER_SRC := $(wildcard kernels/*.c kernels/engines/ref/*.c)
CMD_SRC := $(wildcard cmd/dorg-*.c)
LIB_OBJ := $(LIB_SRC:%.c=$B/%.o) $(KER_SRC:%.c=$B/%.o)
FRONT   := $(patsubst %.c,$B/%.o,$(wildcard cmd/front*.c))
BINS    := $(CMD_SRC:cmd/%.c=$B/bin/%)
ORA_SRC := $(wildcard test/oracle/*.c)
ORA_OBJ := $(ORA_SRC:%.c=$B/%.o)
TESTS   := $(patsubst test/%.c,$B/test/%,$(wildcard test/unit/t_*.c test/prop/p_*.c))
BENCHES := $(patsubst test/%.c,$B/test/%,$(wildcard test/bench/b_*.c))
BATS    := $(wildcard test/bats/*.bats)
DEPS     = $B/test/fuzz/fuzz.d $(LIB_OBJ:.o=.d) $(CMD_SRC:%.c=$B/%.d) $(FRONT:.o=.d) $(TESTS:=.d) $(BENCHES:=.d) \
           $(ORA_OBJ:.o=.d)

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all bins plugins tests benches deps check check-san check-gpu bench-gpu lint man demo \
        bench install clean

all: bins plugins
bins: $(BINS)
plugins:
tests: $(TESTS) $B/test/fault/inject.so $B/test/fuzz/fuzz
benches: $(BENCHES)

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -c -o $@ $<

$B/libdorg.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$B/liboracle.a: $(ORA_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$B/bin/%: $B/cmd/%.o $(FRONT) $B/libdorg.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)

$B/bin/dorg-train: $B/cmd/train_front.o
DEPS += $B/cmd/train_front.d

# Pictures are drawn by one command; only it and the tests carry libpng.
$B/bin/dorg-view $B/test/%: LDLIBS += -lpng

$B/test/%: $B/test/%.o $B/liboracle.a $B/libdorg.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$B/test/fault/inject.so: test/fault/inject.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ $< -ldl

# ---- plug-ins: built where their library is present -------------------------------------

ONEDNN := $(wildcard /usr/include/dnnl.h /usr/include/*/dnnl.h)
ifneq ($(ONEDNN),)
ONEDNN_SRC := $(wildcard kernels/engines/onednn/*.c)
plugins: $B/lib/dorg/dorg-onednn.so
$B/lib/dorg/dorg-onednn.so: $(ONEDNN_SRC:%.c=$B/%.o) $B/libdorg.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ -ldnnl -lgomp $(LDLIBS)
DEPS += $(ONEDNN_SRC:%.c=$B/%.d)
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
CUDA_OBJ   := $(CUDA_SRC:%.cu=$B/%.cu.o)
CUDA_ARCH  ?= -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90 \
              -gencode arch=compute_90,code=compute_90
NVFLAGS    += -std=c++17 -O2 -fmad=false -Xcompiler -fPIC,-Wall,-Wextra,-Wno-deprecated-declarations \
              -Wno-deprecated-declarations --cudart static $(CUDA_ARCH)
ifneq ($(and $(NVCC),$(CUDNN_INC),$(CUDNN_SO),$(CUDA_SRC)),)
plugins: $B/lib/dorg/dorg-cuda.so
$B/kernels/%.cu.o: kernels/%.cu
	@mkdir -p $(@D)
	$(NVCC) $(NVFLAGS) -I$(CUDNN_INC) -MMD -MP -MF $B/kernels/$*.cu.d -c -o $@ $<
$B/lib/dorg/dorg-cuda.so: $(CUDA_OBJ) $B/libdorg.a
	@mkdir -p $(@D)
	$(NVCC) --cudart static -shared -o $@ $^ -L$(dir $(CUDNN_SO)) -Xlinker -l:libcudnn.so.9 \
	  -Xlinker -rpath,$(dir $(CUDNN_SO)) $(filter -l%,$(LDLIBS))
DEPS += $(CUDA_OBJ:.o=.d)

# The same sources on a processor: CUDA's headers, but neither its compiler nor a device.
EMU_SRC  := $(wildcard test/cuda/emulate*.cpp)
CUDA_EMU := $(CUDA_SRC:kernels/%.cu=$B/test/cuda/%.o) $(EMU_SRC:%.cpp=$B/%.o)
CXXEMU    = -std=c++17 -O2 -g -ffp-contract=off -fPIC -Wall -Wextra -Wno-attributes \
            -Wno-deprecated-declarations -I$(CUDA_HOME)/include -I$(CUDNN_INC) -MMD -MP
tests: $B/test/cuda/dorg-cuda.so $B/test/cuda/libnccl.so.2
$B/test/cuda/libnccl.so.2: test/cuda/nccl.cpp
	@mkdir -p $(@D)
	$(CXX) $(CXXEMU) $(WERROR) -shared -MF $B/test/cuda/nccl.d -o $@ $<
$B/test/cuda/%.o: kernels/%.cu
	@mkdir -p $(@D)
	$(CXX) $(CXXEMU) $(WERROR) -x c++ -c -o $@ $<
$B/test/cuda/%.o: test/cuda/%.cpp
	@mkdir -p $(@D)
	$(CXX) $(CXXEMU) $(WERROR) -c -o $@ $<
$B/test/cuda/dorg-cuda.so: $(CUDA_EMU) $B/libdorg.a
	$(CXX) -shared -o $@ $^ $(LDFLAGS) $(filter -l%,$(LDLIBS))
DEPS += $(CUDA_EMU:.o=.d)

# The engine's questions to cuDNN itself, which needs no device to answer some of them.
tests: $B/test/cuda/plans
$B/test/cuda/plans: test/cuda/plans.cpp $(filter-out %_plan.o %_cudnn.o %_graph.o,$(CUDA_EMU)) \
    $B/test/cuda/engines/cudnn/engine_cudnn.o $B/libdorg.a
	$(CXX) $(CXXEMU) $(WERROR) -MF $@.d -o $@ $(filter %.cpp %.o %.a,$^) -L$(dir $(CUDNN_SO)) -l:libcudnn.so.9 \
	  -Wl,-rpath,$(dir $(CUDNN_SO)) $(LDFLAGS) $(filter -l%,$(LDLIBS))
DEPS += $B/test/cuda/plans.d

RATES := $(patsubst %.cu,$B/%.cu.o,$(wildcard test/cuda/rates*.cu))
$B/test/cuda/rates%.cu.o: test/cuda/rates%.cu
	@mkdir -p $(@D)
	$(NVCC) $(NVFLAGS) -I$(CUDNN_INC) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
$B/test/cuda/rates.cu.o: test/cuda/rates.cu
	@mkdir -p $(@D)
	$(NVCC) $(NVFLAGS) -I$(CUDNN_INC) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
$B/test/cuda/rates: $(RATES) $(CUDA_OBJ) $B/libdorg.a
	$(NVCC) --cudart static -o $@ $^ -L$(dir $(CUDNN_SO)) -Xlinker -l:libcudnn.so.9 \
	  -Xlinker -rpath,$(dir $(CUDNN_SO)) -lcublas $(filter -l%,$(LDLIBS))
DEPS += $(RATES:.o=.d)
endif

# ---- checks -----------------------------------------------------------------------------

deps:
	@test/deps.sh

# Sources and headers that must be fixed points of clang-format 14.
FORMATTED = $(wildcard cmd/*.[ch] libcommon/*/*.[ch] kernels/*.[ch] kernels/*.cu \
              kernels/engines/*/*.[ch] kernels/engines/*/*.cu test/*.h test/*/*.[ch])
SCRIPTS   = $(wildcard test/*.sh test/*/*.sh .ci/run)

lint:
	clang-format --dry-run --Werror $(FORMATTED)
	shellcheck -s bash $(SCRIPTS)
	mandoc -Tlint -W warning man/*.[1-9]

# Put every command's option table into its man page.
man: bins
	test/man-options.sh $B/bin $(wildcard man/dorg-*.1)

# Phony on purpose: the sub-makes see what deps has just installed.
check: deps
	@$(MAKE) --no-print-directory lint all tests
	@test/run.sh $B $(BATS) $(TESTS)

bench: deps
	@$(MAKE) --no-print-directory all benches
	@for b in $(BENCHES) $(wildcard test/bench/*.sh); do B=$B $$b || exit; done

demo: deps
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory -C pipelines demo

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/dorg \
	  $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 \
	  $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 755 $(BINS) $(DESTDIR)$(PREFIX)/bin
	[ ! -d $B/lib/dorg ] || install -m 755 $B/lib/dorg/*.so $(DESTDIR)$(PREFIX)/lib/dorg
	install -m 644 $(wildcard man/*.1) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(wildcard man/*.5) $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 $(wildcard man/*.7) $(DESTDIR)$(PREFIX)/share/man/man7
	cd pipelines && find . -type f | while read -r f; do \
	  install -D -m $$([ -x $$f ] && echo 755 || echo 644) $$f \
	    $(abspath $(DESTDIR)$(PREFIX))/share/dorg/pipelines/$$f; done

# On a machine with a GPU: the engine and kernel suites on the device.
check-gpu: all tests
	@test/gpu.sh check $B
bench-gpu: all $B/test/cuda/rates
	@test/gpu.sh bench $B

# The same suite under the address and undefined-behaviour sanitizers, and threads under TSan.
# What the command tests would build for themselves is built here, with the same flags.
GEN = $(wildcard test/gen/*.c)
check-san: deps
	@$(MAKE) --no-print-directory B=$B-san OPT='-O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined' \
	  LDFLAGS='-fsanitize=address,undefined' all tests $(GEN:%.c=$B-san/%)
	@ASAN_OPTIONS=detect_leaks=1 DORG_SANITIZED=1 test/run.sh $B-san $(TESTS:$B/%=$B-san/%) $(BATS)
	@$(MAKE) --no-print-directory B=$B-tsan OPT='-O1 -fsanitize=thread' LDFLAGS='-fsanitize=thread' \
	  $B-tsan/test/unit/t_par
	@test/run.sh $B-tsan $B-tsan/test/unit/t_par

clean:
	rm -rf $B $B-san $B-tsan

-include $(DEPS)
