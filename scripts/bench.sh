#!/bin/sh
# bench.sh [rivals]: measures poolpack against every rival that is installed (docs/performance.md), or installs the rivals.
#
#   ROWS='stem spp19.*'   families (files of bench/rows/), networks, or patterns of row names; nothing: all
#   BENCH_QUICK=1         one short round of the small rows
#   BENCH_ISA=avx2        all capped at AVX2
#   BENCH_OPTIONS         more options of bench/bench.py, quoted as in a shell
# shellcheck disable=SC2086 # lists are split into words on purpose
set -eu
cd "$(dirname "$0")/.."

# python3-torch is not needed: PyTorch is measured through its C++ library, the others through C or C++, SciPy and NumPy in Python
packages='g++ libdnnl-dev libxnnpack-dev libpthreadpool-dev libtorch-dev libopencv-imgproc-dev python3-numpy python3-scipy'
rivals=build/rivals

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

is_installed() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q ' installed$'
}

# One by one: a package that a release of Debian lacks does not keep the others away.
install_debian() {
    missing=
    for package in $packages; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    as_root apt-get update -qq || echo 'bench: apt-get update failed' >&2
    for package in $missing; do
        echo "bench: apt-get install $package"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null ||
            echo "bench: $package could not be installed: its rival will be skipped" >&2
    done
}

# ONNX Runtime's library comes inside an npm package; its install script, which fetches more, is not run.
install_npm() {
    command -v npm >/dev/null 2>&1 || {
        echo 'bench: no npm: ONNX Runtime will be skipped' >&2
        return 0
    }
    mkdir -p $rivals
    cmp -s bench/package-lock.json $rivals/package-lock.json && [ -d $rivals/node_modules/onnxruntime-node ] && return 0
    cp bench/package.json bench/package-lock.json $rivals/
    echo 'bench: npm ci (ONNX Runtime)'
    (cd $rivals && npm ci --ignore-scripts --no-audit --no-fund --silent) || {
        rm -f $rivals/package-lock.json
        echo 'bench: ONNX Runtime could not be installed: it will be skipped' >&2
    }
}

case ${1:-run} in
rivals)
    install_debian
    install_npm
    ;;
run)
    scripts/setup.sh build
    cmake -S . -B build/bench -DCMAKE_BUILD_TYPE=Release -DPOOLPACK_BENCH=ON -DPOOLPACK_CLI=OFF >/dev/null
    cmake --build build/bench -j 2 >/dev/null
    eval "set -- ${BENCH_OPTIONS:-}" # its quotes count: --case 'max2d ...'
    exec python3 bench/bench.py ${ROWS:+--rows $ROWS} ${BENCH_QUICK:+--quick} --isa "${BENCH_ISA:-native}" "$@"
    ;;
*)
    echo 'usage: scripts/bench.sh [rivals]' >&2
    exit 2
    ;;
esac
