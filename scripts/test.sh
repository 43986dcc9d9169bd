#!/usr/bin/env bash
# test.sh [all]: the whole suite.  Every step runs, however many fail before it; the last line counts them.
#
# Needs what scripts/setup.sh test installs.  "all" adds what would take the suite past ten minutes.
set -u
cd "$(dirname "$0")/.."
everything=${1:-}
passed=0
failed=0
jobs=$(nproc)
log=build/test-logs
mkdir -p $log

# step NAME COMMAND...: one line when it passes, its output when it fails
step() {
    local name=$1 start=$SECONDS
    shift
    if "$@" >"$log/$name.log" 2>&1; then
        passed=$((passed + 1))
        printf 'ok    %-28s %4d s  %s\n' "$name" $((SECONDS - start)) "$(grep -E '^[0-9]+ passed, |tests passed' "$log/$name.log" | tail -1)"
    else
        failed=$((failed + 1))
        printf 'FAIL  %-28s %4d s\n' "$name" $((SECONDS - start))
        tail -40 "$log/$name.log" | sed 's/^/      | /'
    fi
}

build() { cmake --preset "$1" "${@:2}" && cmake --build "build/$1" -j "$jobs"; }
tests() { ctest --preset "$1" -j "$jobs" "${@:2}"; }
isas() { for isa in scalar avx2 avx512; do build/gcc/poolpack info --json | grep -q "\"name\": \"$isa\", \"available\": true" && echo $isa; done; }

step build-gcc build gcc
step test-gcc tests gcc
for isa in $(isas); do
    step "test-gcc-cap-$isa" env POOLPACK_ISA="$isa" ctest --preset gcc -j "$jobs" -E test_kernels
done
step command tests/cli/test_cli.sh build/gcc/poolpack
step conformance env POOLPACK_LIBRARY="$PWD/build/gcc/libpoolpack.so" /usr/bin/python3 tests/conformance/run.py
step hygiene tests/hygiene.sh build/gcc
step build-clang build clang -DPOOLPACK_RANDOM=150
step test-clang tests clang
step build-asan build asan -DPOOLPACK_RANDOM=40
step test-asan tests asan
for isa in $(isas); do
    step "extremes-asan-$isa" env POOLPACK_ISA="$isa" build/asan/tests/test_errors_extreme
done
step command-asan tests/cli/test_cli.sh build/asan/poolpack
step build-tsan build tsan -DPOOLPACK_RANDOM=5 -DPOOLPACK_CLI=OFF
step test-tsan tests tsan -R 'test_threads'
if [ "$everything" = all ]; then
    step build-clang-asan build clang-asan -DPOOLPACK_RANDOM=300
    step test-clang-asan tests clang-asan
    step kernels-10000 build/gcc/tests/test_kernels --random 10000 --seed 4711
    step kernels-asan-1000 build/asan/tests/test_kernels --random 1000 --seed 815
fi

grep -hE '^ *TOTAL|^total' $log/conformance.log | tail -1
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
