#!/usr/bin/env bash
# hygiene.sh BUILD: what the sources promise beside their answers: the bare build, the header alone, symbols, size.
set -u
cd "$(dirname "$0")/.."
build=$1
passed=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check() {
    local name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        sed 's/^/  | /' "$work/log" | tail -20
    fi
}

# the header is the manual and stands alone
printf '#include <poolpack.h>\n#include <poolpack.h>\nint main(void) { return pp_version() == 0; }\n' >"$work/header.c"
for cc in gcc clang; do
    check "header as C11, $cc" $cc -std=c11 -Wall -Wextra -pedantic -Werror -Iinclude -c "$work/header.c" -o "$work/header.o"
    check "header as C++17, $cc" $cc -x c++ -std=c++17 -Wall -Wextra -pedantic -Werror -Iinclude -c "$work/header.c" -o "$work/header.o"
done

# the bare build is complete, finds the instruction sets at run time and gives the same bits in all of them
for cc in gcc clang; do
    check "bare build, $cc" $cc -O2 -Iinclude -Itests tests/test_kernels.c tests/generator.c tests/harness.c src/*.c src/*/*.c -lm -lpthread -o "$work/bare-$cc"
    check "bare build's bits, $cc" "$work/bare-$cc" --random 150 --seed 99 tests/cases/smoke.txt
    check "bare shared library, $cc" $cc -O2 -Iinclude -shared -fPIC src/*.c src/*/*.c -o "$work/libbare.so"
done
check "build without threads.c" bash -c "cc -O2 -Iinclude -shared -fPIC -Wl,-z,defs \$(ls src/*.c src/*/*.c | grep -v threads.c) -lm -o $work/libnothreads.so"
refuses_fast_math() { ! gcc -O2 -ffast-math -Iinclude -c src/run.c -o "$work/fast.o"; }
check "-ffast-math is refused" refuses_fast_math

# the README's program says what its comment says
readme_example() {
    sed -n '/^```c/,/^```$/p' README.md | sed '1d;$d' >"$work/example.c" || return 1
    cc -O2 -Wall -Wextra -Werror -Iinclude "$work/example.c" $build/libpoolpack.a -lm -lpthread -o "$work/example" || return 1
    [ "$("$work/example")" = "$(printf '6 4\n4 9')" ]
}
check "the README's program" readme_example

# an installed tree works where it lies, by its pkg-config file too
installed() {
    cmake --install $build --prefix "$work/first" && mv "$work/first" "$work/moved" || return 1
    local flags
    flags=$(PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name poolpack.pc)") pkg-config --cflags --libs poolpack) || return 1
    # shellcheck disable=SC2086 # flags are words
    cc "$work/example.c" $flags -o "$work/installed" && LD_LIBRARY_PATH=$(dirname "$(find "$work/moved" -name libpoolpack.so)") "$work/installed"
}
check "the README's program with the installed library" installed

# at most 40 symbols, those of poolpack.map; nothing of libm but what is exact
exported() { nm -D --defined-only "$1" | awk '$2 == "T" || $2 == "B" || $2 == "D" || $2 == "R" { sub(/@.*/, "", $3); print $3 }' | sort; }
mapped() { grep -oE '^ +pp_[a-z_0-9]+' poolpack.map | tr -d ' ' | sort; }
check "exported symbols are those of poolpack.map" diff <(mapped) <(exported $build/libpoolpack.so)
check "at most 40 symbols" test "$(mapped | wc -l)" -le 40
check "every symbol is in the header" bash -c "grep -oE '^ +pp_[a-z_0-9]+' poolpack.map | tr -d ' ' | while read -r s; do grep -q \"\\b\$s(\" include/poolpack.h || exit 1; done"
no_libm() { ! nm -D --undefined-only $build/libpoolpack.so | grep -E ' (exp|log|pow|sin|cos|fma|exp2|log2|cbrt)f?(@|$)'; }
check "no inexact function of libm" no_libm
prefix_only() { ! nm -g --defined-only $build/libpoolpack.a | awk 'NF == 3 && $3 !~ /^pp_/ { print; bad = 1 } END { exit !bad }'; }
check "every global name begins with pp_" prefix_only

# size, stripped
strip -o "$work/stripped.so" $build/libpoolpack.so
bytes=$(stat -c %s "$work/stripped.so")
echo "stripped: $bytes bytes"
check "stripped size of at most 150 KiB" test "$bytes" -le 153600 # the budget (docs/design.md §5)

# faces include nothing of ours but the public header; commit-proof sources
check "the command includes the public header only" bash -c "! grep -nE '#include \"\\.\\./|#include <\\.\\./' cli/*.[ch]"
check "no tabs, no trailing blanks" bash -c "! grep -nP '\t| +\$' src/*.[ch] src/*/*.[ch] src/*/*.inc include/*.h cli/*.[ch] tests/*.[ch]"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
