# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Names with control bytes, or that are not UTF-8: raw in a pipe, harmless on a
# terminal, exact in JSON.
. "$srcdir/tests/lib/mount.sh"

t_branches
t_py <<'END'
import base64, json, os, pty, subprocess
from ufstest import *

UFS = os.environ["UFS"]
NASTY = b"a\x1b[31m\nb"
NOT_UTF8 = b"caf\xe9"
for n in (NASTY, NOT_UTF8, "grün".encode()):
    put(os.path.join(os.fsencode(UP), n))
argv = [UFS, "diff", UP, "--lower", L1]


@case
def a_pipe_gets_the_bytes():
    eq(subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout,
       b"A /" + NASTY + b"\nA /" + NOT_UTF8 + b"\nA /gr\xc3\xbcn\n")


@case
def a_terminal_gets_no_control_bytes():
    ours, theirs = pty.openpty()
    subprocess.run(argv, stdout=theirs, check=True)
    os.close(theirs)
    got = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        got += part
    os.close(ours)
    assert b"\x1b" not in got, got
    assert b"A /a\\x1b[31m\\x0ab\r\n" in got, got
    assert b"A /gr\xc3\xbcn\r\n" in got, got


@case
def json_has_an_exact_twin_of_what_is_not_utf8():
    out = subprocess.run(argv + ["--json"], stdout=subprocess.PIPE, check=True).stdout
    changes = json.loads(out)["changes"]
    eq(len(changes), 3)
    twins = [c for c in changes if "path_b64" in c]
    eq(len(twins), 1)
    eq(base64.b64decode(twins[0]["path_b64"]), b"/" + NOT_UTF8)
    assert "/" + NASTY.decode() in [c["path"] for c in changes]
    assert "/grün" in [c["path"] for c in changes]


run()
END
