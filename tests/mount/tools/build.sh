# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 300
# A source tree of more than 5,000 files is unpacked over an older one that lies
# in the lower branches, configured and built.
. "$srcdir/tests/lib/tools.sh"
t_need autoreconf gcc make tar

t_branches
python3 - "$T/proj-1" <<'END'
import os, sys
top = sys.argv[1]
def put(name, text):
    p = os.path.join(top, name)
    os.makedirs(os.path.dirname(p), exist_ok=True)
    with open(p, "w") as f:
        f.write(text)
units = 60
put("configure.ac", """AC_INIT([proj], [1])
AM_INIT_AUTOMAKE([foreign subdir-objects])
AC_CONFIG_HEADERS([config.h])
AC_PROG_CC
AC_CHECK_HEADERS([stdlib.h string.h unistd.h sys/stat.h nosuch.h])
AC_CHECK_FUNCS([mmap memfd_create nosuchfunction])
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
""")
put("Makefile.am", "bin_PROGRAMS = prog\nprog_SOURCES = src/main.c " +
    " ".join(f"src/u{i}.c" for i in range(units)) + "\nAM_CPPFLAGS = -I$(srcdir)/inc\n")
for i in range(5200):
    put(f"inc/d{i % 52}/h{i}.h", f"#define H{i} {i}\n")
for i in range(units):
    inc = "".join(f'#include "d{j % 52}/h{j}.h"\n' for j in range(i * 20, i * 20 + 20))
    put(f"src/u{i}.c", f"#include <config.h>\n{inc}int u{i}(void);\n"
        f"int u{i}(void) {{ return H{i * 20} + H{i * 20 + 19}; }}\n")
put("src/main.c", "#include <stdio.h>\n" +
    "".join(f"int u{i}(void);\n" for i in range(units)) +
    'int main(void) { printf("%d\\n", ' + " + ".join(f"u{i}()" for i in range(units)) +
    "); return 0; }\n")
END
(cd "$T/proj-1" && autoreconf -fi) >"$T/log" 2>&1 || t_skip "autoreconf: $(tail -n 1 "$T/log")"
tar -C "$T" -cf "$T/proj.tar" proj-1
[ "$(tar -tf "$T/proj.tar" | grep -vc '/$')" -gt 5000 ] || t_fail "too few files"

# Below: an older state, some of it in each lower branch.
mkdir -p "$L1/proj-1" "$L2/proj-1"
cp -a "$T/proj-1/inc" "$L2/proj-1/"
cp -a "$T/proj-1/src" "$L1/proj-1/"
for i in 1 2 3 4 5 6 7 8 9; do echo old >"$L2/proj-1/inc/d$i/h$i.h"; done
for i in 1 2 3; do echo '#error old' >"$L1/proj-1/src/u$i.c"; done
t_twins

unpack() {
	tar -xf "$T/proj.tar" && diff -r proj-1 "$T/proj-1"
}
configure() {
	cd proj-1 && ./configure -q CFLAGS=-O0 && cat config.h
}
build() {
	cd proj-1 && make -s -j2 && ./prog && touch -r prog stamp && make -s &&
		[ ! prog -nt stamp ] && rm stamp
}
rebuild() {
	cd proj-1 && echo '#define H5 1005' >inc/d5/h5.h && rm -f src/u7.o &&
		make -s -j2 && ./prog && make -s clean && find . -name '*.o'
}
t_both unpack
t_both configure
t_both build
t_same_trees --skip='*/config.log' --skip='*/config.status' --skip='*/Makefile' \
	--skip='*/autom4te.cache'
t_both rebuild
