# dorg: build, check, bench, install.  Knows no experiment; those are in pipelines/.
#
#   make            executables in build/bin, plug-ins in build/lib/dorg
#   make check      install what is missing, build, run all tests
#   make demo       install what is missing, build, run the whole cascade on phantoms
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
CPPFLAGS += -isystem /usr/include/nifti -include libcommon/banned.h -MMD -MP
LDLIBS   = -lnifti2 -lznz -lzstd -lz -lm -ldl -lpthread

LIB_SRC := $(wildcard libcommon/*.c)
KER_SRC := $(filter-out kernels/engine_onednn%.c,$(wildcard kernels/*.c))
CMD_SRC := $(wildcard cmd/dorg-*.c)
LIB_OBJ := $(LIB_SRC:%.c=$B/%.o) $(KER_SRC:%.c=$B/%.o)
FRONT   := $B/cmd/front.o $B/cmd/front_opt.o
BINS    := $(CMD_SRC:cmd/%.c=$B/bin/%)
TESTS   := $(patsubst test/%.c,$B/test/%,$(wildcard test/unit/t_*.c test/prop/p_*.c))
BENCHES := $(patsubst test/%.c,$B/test/%,$(wildcard test/bench/b_*.c))

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

all: bins plugins
bins: $(BINS)
plugins:
tests: $(TESTS)

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -c -o $@ $<

$B/libdorg.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$B/bin/%: $B/cmd/%.o $(FRONT) $B/libdorg.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $^ $(LDLIBS)

$B/test/%: $B/test/%.o $B/libdorg.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $^ $(LDLIBS)

$B/bin/dorg-view: LDLIBS += -lpng

-include $(LIB_OBJ:.o=.d) $(CMD_SRC:%.c=$B/%.d) $(FRONT:.o=.d) $(TESTS:=.d) $(BENCHES:=.d)
