#!/bin/sh
# means.sh POOLPACK FOLDER: the means of two large planes, where adding one value after another in f32 goes wrong (4096^2
# values of 0.1 then give 0.115).  Writes its arrays (200 MB) into FOLDER and removes them.  Exit status 1 if one is wrong.
set -eu

poolpack=$1
folder=$2
trap 'rm -f "$folder/tenths.npy" "$folder/bytes.npy" "$folder/values.npy"' EXIT
trap 'exit 1' INT TERM
failed=0

# An .npy header of 128 bytes: npy_header DESCR SHAPE
npy_header() {
    printf '\223NUMPY\001\000\166\000'
    printf "%-117s\n" "{'descr': '$1', 'fortran_order': False, 'shape': $2, }"
}

# 4096 x 4096 times 0.1f, which is the bytes cd cc cc 3d: one row, doubled into 64 rows, 64 times.
{
    npy_header '<f4' '(4096, 4096)'
    row=$(i=0; while [ $i -lt 256 ]; do printf '%s' '\315\314\314\075'; i=$((i + 1)); done)
    i=0
    while [ $i -lt 65536 ]; do
        # shellcheck disable=SC2059 # the format is the data
        printf "$row"
        i=$((i + 1))
    done
} >"$folder/tenths.npy"
mean=$("$poolpack" run global_avg2d "$folder/tenths.npy")
echo "mean of 4096x4096 values of 0.1 in f32: $mean"
[ "$mean" = '[[0.1]]' ] || failed=1
rm "$folder/tenths.npy"

# 4095 x 4097 random values: bytes, averaged 3x3 so that they have fractions.  The additions form a tree of depth
# 11 + 12 - 1 = 22 for 4095 = 111111111111b and 12 + 2 - 1 = 13 for 4097 = 1000000000001b, so the error is at most
# (22 + 13 + 1) * 2^-24 of the mean (docs/design.md, "Exactness").  The f64 mean is the true one.
{
    npy_header '|u1' '(4095, 4097)'
    head -c 16777215 /dev/urandom
} >"$folder/bytes.npy"
"$poolpack" run avg2d k3 s1 p1 f32 "$folder/bytes.npy" -o "$folder/values.npy" -f -q
single=$("$poolpack" run global_avg2d "$folder/values.npy")
double=$("$poolpack" run global_avg2d f64 "$folder/values.npy")
echo "mean of 4095x4097 random values: $single in f32, $double in f64"
echo "$single $double" | tr -d '[]' | awk '{
    error = ($1 - $2) / $2; if (error < 0) error = -error
    bound = 36 / 16777216
    printf "    relative error %.2g, the bound is %.2g\n", error, bound
    exit !(error <= bound)
}' || failed=1
exit $failed
