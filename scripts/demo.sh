#!/bin/sh
# demo.sh POOLPACK: pools real data, writes the results into demo-out/ and says where to look.  "make demo" calls it.
set -eu

[ $# -eq 1 ] || {
    echo 'usage: scripts/demo.sh POOLPACK' >&2
    exit 2
}
case $1 in
*/*) poolpack=$(realpath "$1") ;; # it may be relative to the caller's folder
*) poolpack=$1 ;;
esac
cd "$(dirname "$0")/.."

out=demo-out
fashion=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz
photo=demo-data/chelsea.png
failed=0

die() {
    echo "demo: $*" >&2
    exit 1
}

heading() { printf '\n%s\n' "$*"; }

# Pools an input, writes the result, prints a row of the table: pool INPUT OUTPUT CASE
pool() {
    facts=$("$poolpack" run "$3" "$1" -o "$2" -f --json --threads 0) || die 'the run above failed'
    input=$(echo "$facts" | sed 's/.*"input_shape": \[\([^]]*\)\].*/\1/; s/, /x/g')
    output=$(echo "$facts" | sed 's/.*"output_shape": \[\([^]]*\)\].*/\1/; s/, /x/g')
    seconds=$(echo "$facts" | sed 's/.*"seconds": \([0-9.]*\).*/\1/')
    milliseconds=$(echo "$seconds" | awk '{ printf "%.3f", 1000 * $1 }')
    printf '  %-36s %14s -> %-15s %9s ms  %s\n' "$3" "$input" "$output" "$milliseconds" "$2"
}

for file in $fashion $photo; do
    [ -s "$file" ] || die "$file is missing: run scripts/setup.sh demo"
done
mkdir -p $out

heading 'Known answers'
answers=$(tests/cli/known_answers.sh "$poolpack") || failed=1
means=$(tests/cli/means.sh "$poolpack" $out) || failed=1
printf '%s\n%s\n' "$answers" "$means" | sed 's/^/  /'

heading 'Fashion-MNIST, the 10,000 test images'
pool $fashion $out/fashion-max.npy 'max2d k2'
pool $fashion $out/fashion-avg.npy 'avg2d k2 f32'
pool $fashion $out/fashion-same.npy 'max2d k3 s2 same dialect=keras'
pool $fashion $out/fashion-padded.npy 'avg2d k3 s2 p1 f32 dialect=torch'
pool $fashion $out/fashion-7x7.npy 'adaptive_avg2d o7 f32'
pool $fashion $out/fashion-mean.npy 'global_avg2d f32'

heading "A photograph, $photo"
pool $photo $out/photo-max.png 'max2d k8'
pool $photo $out/photo-avg.png 'avg2d k8'
pool $photo $out/photo-min.png 'min2d k8'
pool $photo $out/photo-same.png 'max2d k3 s2 same dialect=keras'
pool $photo $out/photo-16x16.png 'adaptive_avg2d o16'
pool $photo $out/photo-chw.npy 'avg2d nchw f32 k4'
printf '  its mean colour (global_avg2d f32): '
"$poolpack" run global_avg2d f32 $photo

heading 'How a size comes about: max2d k3 s2 p1 of 8x64x112x112'
"$poolpack" shape max2d k3 s2 p1 --input 8x64x112x112 | sed 's/^/  /'

"$poolpack" sheet max2d k8 avg2d k8 min2d k8 'max2d k15 s1 same' 'avg2d k15 s1 same' 'max2d k16 same dialect=keras' \
    'adaptive_avg2d o16' global_avg2d $photo -o $out/sheet.png -f -q || failed=1
"$poolpack" sheet max2d k2 avg2d k2 min2d k2 'max2d k3 s2 same dialect=keras' 'adaptive_avg2d o7' \
    $fashion -o $out/sheet-fashion.png -f -q || failed=1

heading 'Look at'
echo "  $out/sheet.png           the photograph beside its poolings"
echo "  $out/sheet-fashion.png   a shoe of 28x28 pixels, where every pixel can be seen"
echo "  $out/*.npy, *.png        the pooled arrays: numpy.load('$out/fashion-max.npy')"

[ $failed -eq 0 ] || die 'an answer above is wrong'
