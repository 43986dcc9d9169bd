#!/bin/sh
# test_cli.sh POOLPACK: the command from outside: answers, messages, exit statuses, files, pipes, damaged inputs.
# Ends with a line "N passed, N failed"; exit status 1 if one failed.
set -u

[ $# -eq 1 ] || {
    echo 'usage: tests/cli/test_cli.sh POOLPACK' >&2
    exit 2
}
poolpack=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM HUP
cd "$folder" || exit 1
unset POOLPACK_ISA

# For a build with sanitizers: fontconfig, behind cairo, keeps its caches until the end.
echo 'leak:libfontconfig' >fontconfig.supp
export LSAN_OPTIONS="suppressions=$folder/fontconfig.supp:print_suppressions=0"

# shellcheck source=tests/cli/checks.sh
. "$here/checks.sh"

python3 "$here/make_inputs.py" . || exit 1
cp "$here"/data/* .

# ------------------------------------------------------------------------------------------------------------ known answers
while IFS= read -r line; do
    case $line in
    '' | '#'*) continue ;;
    esac
    set -f
    # shellcheck disable=SC2086 # one argument per word
    prints "${line##* => }" ${line%% => *}
    set +f
done <"$here/known_answers.txt"
holds 'means of large planes' "$here/means.sh" "$poolpack" . >means.txt

# ------------------------------------------------------------------------------------------------------- help, version, info
for verb in run bwd shape sheet verify bench info; do
    works $verb --help
    holds "$verb --help has at most 24 lines" test "$(wc -l <out)" -le 24
    holds "$verb --help has at most 100 columns" test "$(wc -L <out)" -le 100
    holds "$verb --help ends with examples" grep -q '^Examples:' out
    cp out help.txt
    works help $verb
    holds "help $verb is $verb --help" cmp -s out help.txt
done
works --help
holds '--help has at most 24 lines' test "$(wc -l <out)" -le 24
works --version
holds 'the version comes first' grep -q '^poolpack [0-9]*\.[0-9]*\.[0-9]*$' out
works info
holds 'info names the reference' grep -q '^  reference$' out
POOLPACK_ISA=scalar works info
holds 'POOLPACK_ISA caps' grep -q '^  scalar  *used$' out
POOLPACK_ISA=abacus refuses 1 'POOLPACK_ISA: abacus: *' info

# --------------------------------------------------------------------------------------------------------------- usage errors
refuses 2 'no verb'
refuses 2 'frobnicate: no such verb' frobnicate
refuses 2 '--frobnicate: no such option' --frobnicate
refuses 2 'run: no case' run
refuses 2 'run: no input' run max2d k2
refuses 2 'run: *before the inputs*' run grey.png max2d k2
refuses 2 'run: --frobnicate: no such option' run --frobnicate
refuses 2 'run: -z: no such option' run -z
refuses 2 'run: --output needs a value' run max2d k2 grey.png --output
refuses 2 'run: -o needs a value' run max2d k2 grey.png -o
refuses 2 'run: --force takes no value' run max2d k2 grey.png --force=yes
refuses 2 'run: --threads -1: not a count' run max2d k2 grey.png --threads -1
refuses 2 'run: --threads many: not a count' run max2d k2 grey.png --threads=many
run run max2d k500 '[[1,2],[3,4]]'
holds 'an empty result is remarked upon' test $status -eq 0 -a "$(cat out)" = '[]' -a "$(grep -c 'no window fits' err)" -eq 1
refuses 2 'run: --threads 100000: at most 256, *' run max2d k2 grey.png --threads 100000
refuses 2 'run: *' run max2d k2y grey.png
refuses 1 'max2d k0: kernel*' run max2d k0 grey.png
refuses 2 'run: two cases*' run max2d k2 avg2d k2 grey.png
refuses 2 'run: --grad is for backward*' run max2d k2 f4.npy --grad f4.npy
refuses 2 'run: a backward run needs --grad*' run max2d k2 bwd f4.npy
refuses 2 'run: several inputs*' run max2d k2 grey.png rgb.png -o x.png
refuses 2 'run: -o x.gif: *' run max2d k2 grey.png -o x.gif
refuses 2 'run: -o - and --json*' run max2d k2 grey.png -o - --json
refuses 2 'run: --indices - and --json*' run max2d k2 f4.npy -o x.npy --indices - --json
refuses 2 'run: -o and --indices*' run max2d k2 f4.npy -o x.npy --indices x.npy
refuses 2 'run: f4.npy and ./f4.png would*' run max2d k2 f4.npy ./f4.png -o folder/
refuses 2 'shape: no case' shape
refuses 2 '2x: not a shape*' shape max2d k2 --input 2x
refuses 2 '99999999999999999999: not a shape*' shape max1d k2 --input 99999999999999999999
refuses 2 'max2d k2: *no sizes*' shape max2d k2
refuses 2 'sheet: no image' sheet max2d k2
refuses 2 'sheet: -o sheet.jpg: *' sheet max2d k2 grey.png -o sheet.jpg
refuses 2 'verify: no case' verify
refuses 2 'verify: --isa abacus: *' verify max2d k2 i4x4 --isa abacus
refuses 2 'bench: no case' bench
refuses 2 'bench: grey.png: *' bench max2d k2 grey.png
refuses 2 "bench: 'foo': *" bench max2d i4x4 k2 foo
refuses 2 'bench: --isa abacus: *' bench max2d k2 i4x4 --isa abacus
refuses 2 'bench: --algorithm abacus: *' bench max2d k2 i4x4 --algorithm abacus
refuses 2 'bench: --ms 1.5: *' bench max2d k2 i4x4 --ms 1.5
refuses 2 'info: me: *' info me

# ------------------------------------------------------------------------------------------------------- every format is read
for file in f4 f8 u1 bf16 f2 f2-big i1 big v2 v3 fortran; do
    prints '[[1,2,3],[4,5,6]]' run max2d k1 $file.npy
done
prints '[[1,2,3],[4,5,6]]' run max2d k1 f4.npy.gz
prints '[[1,2,3],[4,5,6]]' run max2d k1 two-members.npy.gz
prints '[[1,2,3],[4,5,6]]' run max2d k1 f32 i8.npy
prints '[[1,2],[3,4]]' run max2d k1 list.txt
prints '[[[0],[64]],[[128],[255]]]' run max2d k1 grey.png
prints '[[[255],[0],[255],[0],[0],[255],[0],[255]]]' run max2d k1 grey1.png
prints '[[[1,2],[3,4]]]' run max2d k1 grey-alpha.png
prints '[[[1,2,3],[4,5,6]]]' run max2d k1 rgb.png
prints '[[[1,2,3,4]]]' run max2d k1 rgba.png
prints '[[[0,1,2],[3,4,5],[6,7,8],[9,10,11]]]' run max2d k1 palette.png
prints '[[[0,1,2,7],[3,4,5,255]]]' run max2d k1 palette-alpha.png
prints '[[[258],[65535]]]' run max2d k1 grey16.png
prints '[[[258,772,1286]]]' run max2d k1 rgb16.png
prints '[[[0,1,2]]]' run min2d k7x9 interlaced.png
prints '[[[186,187,188]]]' run max2d k7x9 interlaced.png
prints '[[[20],[120]]]' run max2d k8 grey.jpg
prints '[[[198,42,88],[202,179,92]]]' run avg2d k8 rgb.jpg
prints '[[1,2],[3,4]]' run max2d k1 double.idx
prints '[1,2,3]' run max1d k1 vector.idx
prints '[[[[5,7]]],[[[17,19]]]]' run avg2d k3x2 s1x2 round=half_away planes.idx.gz
prints '[[[11.5]]]' run global_avg3d f32 planes.idx
prints '[[[[0,1],[2,3]]]]' run max3d k1 '[[[[0,1],[2,3]]]]'
"$poolpack" run max2d k1 - <grey.png >out 2>err
holds 'standard input is read' test "$(cat out)" = '[[[0],[64]],[[128],[255]]]'
echo '[[1,2],[3,4]]' | "$poolpack" run max2d k2 - >out 2>err
holds 'a list is read from standard input' test "$(cat out)" = '[[4]]'

# --------------------------------------------------------------------------------------------------- axes, types and layouts
prints '[[[[3]],[[7]],[[11]]],[[[15]],[[19]],[[23]]]]' run max2d k2 nchw.npy
prints '[[[[3]],[[7]],[[11]]],[[[15]],[[19]],[[23]]]]' run max2d k2 nchw-fortran.npy
prints '[[[15,16,17],[21,22,23]]]' run max2d hwc k2 hwc.npy
prints '[[[[128],[255]]]]' run max2d nhwc k2x1 grey.png
prints '[[[[4]],[[5]],[[6]]]]' run max2d nchw k1x2 rgb.png
prints '[[6]]' run max2d nhwc k2x3 f4.npy
prints '[]' run max2d k2 none.npy
prints '[[3.5]]' run avg2d k2x3 u1.npy --dtype f32
prints '[[4]]' run avg2d k2x3 u1.npy
prints '[[1.5,2.5],[4.5,5.5]]' run avg2d k1x2 s1 f32 u1.npy
prints '[[255]]' run max2d k2 u8 '[[1,2],[3,255]]'
prints '[nan,inf,-inf]' run max1d k1 '[nan,inf,-inf]'
prints '[0.1]' run max1d k1 '[0.1]'
prints '[0.1]' run max1d k1 f64 '[.1]'
prints '[0.100097656]' run max1d k1 bf16 '[.1]'
prints '[0.099975586]' run max1d k1 f16 '[.1]'
prints '[65504,inf,-inf,5.9604645e-08,0,nan,1.0009766]' run max1d k1 f16 '[65519,65520,-1e9,4e-8,2e-8,nan,1.00048829]'
prints '[-2,0]' run avg1d k2 int8 '[-1,-2,-1,0]'
prints '[1,-1]' run max1d k1 signed.idx
prints '[-128]' run min1d k3 int8 '[-128,127,0]'
prints '[[6,4],[4,9]]
indices [[4,3],[8,14]]' run max2d k2 idx '[[1,3,2,4],[6,5,1,2],[4,2,8,7],[1,4,9,6]]' 
refuses 1 '*: the value 256 is not*' run max1d k1 u8 '[256]'
refuses 1 '*: the value 128 is not*int8*-128 to 127*' run max1d k1 int8 '[128]'
refuses 1 '*: the value 0.5 is not*' run max1d k1 u8 '[0.5]'
refuses 1 'max2d k1 f32: the case says f32, --dtype says f64' run max2d k1 f32 f4.npy --dtype f64
refuses 1 'five.npy: has 6 axes; the case takes nchw, chw, or hw*' run max2d k1 five.npy
refuses 1 'nchw.npy: has 4 axes; the case takes chw, or hw*' run max2d chw k1 nchw.npy
refuses 1 'grey.png: an image has the axes hw; *' run max3d k1 grey.png
refuses 1 'vector.idx: has 1 axis; *' run max2d k1 vector.idx
refuses 1 'nchw.npy: axis 1 (c) has the extent 3; the case says 4' run max2d c4 k1 nchw.npy
refuses 1 '*view=*' run max2d k1 view=1,1,1,1:5 f4.npy
refuses 1 'max2d k2 p5 dialect=torch: *' run max2d k2 p5 dialect=torch f4.npy

# -------------------------------------------------------------------------------------------- files that are not what they say
refuses 1 'missing.npy: No such file or directory' run max2d k1 missing.npy
refuses 1 '.: Is a directory' run max2d k1 .
refuses 1 'empty: is empty' run max2d k1 empty
refuses 1 'zeros: begins with zeros like IDX*' run max2d k1 zeros
refuses 1 'text.txt: not a known format*' run max2d k1 text.txt
refuses 1 'archive.npz: a zip archive*' run max2d k1 archive.npz
refuses 1 'truncated.gz: the gzip data end too early' run max2d k1 truncated.gz
refuses 1 'damaged.gz: the gzip data*' run max2d k1 damaged.gz
refuses 1 'garbage.gz: something follows*' run max2d k1 garbage.gz
refuses 1 "i2.npy: its elements are '<i2'*" run max2d k1 i2.npy
refuses 1 'i8.npy: holds i64*' run max2d k1 i8.npy
refuses 1 'scalar.npy: has 0 axes*' run max2d k1 scalar.npy
refuses 1 'records.npy: holds records*' run max2d k1 records.npy
refuses 1 'v9.npy: a .npy version*' run max2d k1 v9.npy
refuses 1 'short.npy: its header asks for 32 bytes of elements, 24 are there' run max2d k1 short.npy
for file in huge.npy huge-bytes.npy huge.idx; do
    refuses 1 "$file: its header asks for more elements than fit 64 bits" run max2d k1 $file
done
for file in huge-number.npy negative.npy no-shape.npy no-end.npy; do
    refuses 1 "$file: its .npy header is damaged" run max2d k1 $file
done
refuses 1 'nine-axes.npy: has more axes than can be read' run max2d k1 nine-axes.npy
refuses 1 'long-header.npy: ends within its header' run max2d k1 long-header.npy
refuses 1 'wide.png: says it is 1000000x1000000 pixels*' run max2d k1 wide.png
refuses 1 'wider.png: *' run max2d k1 wider.png
refuses 1 'crc.png: *' run max2d k1 crc.png
refuses 1 'cmyk.jpg: a JPEG of 4 colour components*' run max2d k1 cmyk.jpg
refuses 1 'shorts.idx: holds 16-bit integers*' run max2d k1 shorts.idx
refuses 1 'long.idx: its header asks for 2 bytes*' run max2d k1 long.idx
for list in '[' '[]' '[1' '[1,' '[1,]' '[1 2]' '[[1,2],[3]]' '[1,[2]]' '[[1],2]' '[1]2' '[x]' '[[[[[[[[[1]]]]]]]]]'; do
    refuses 1 'the literal array: character *' run max1d k1 "$list"
done
holds 'damaged files are refused' python3 "$here/damage.py" "$poolpack" f4.npy fortran.npy v2.npy f4.npy.gz list.txt \
    planes.idx planes.idx.gz double.idx grey.png grey1.png palette-alpha.png grey16.png interlaced.png grey.jpg rgb.jpg

# ---------------------------------------------------------------------------------------------------------------- what is written
works run max2d k1 nchw.npy -o copy.npy
prints "$("$poolpack" run max2d k1 nchw.npy)" run max2d k1 copy.npy
holds '.npy is written as NumPy writes it' cmp -s nchw.npy copy.npy
works run max2d k1 bf16.npy -o copy-bf16.npy
holds 'bfloat16 stays' cmp -s bf16.npy copy-bf16.npy
works run max2d k1 f2.npy -o copy-f2.npy
holds 'float16 stays' cmp -s f2.npy copy-f2.npy
works run max2d k1 i1.npy -o copy-i1.npy
holds 'int8 stays' cmp -s i1.npy copy-i1.npy
works run max2d k1 rgba.png -o copy.png
prints '[[[1,2,3,4]]]' run max2d k1 copy.png
works run max2d nchw k1 rgb.png -o chw.png
prints '[[[1,2,3],[4,5,6]]]' run max2d k1 chw.png
works run max2d k2 image.npy -o plane.png
prints '[[[5],[7]],[[13],[15]]]' run max2d k1 plane.png
works run max2d k2 '[[1,3],[2,.5]]' -o y.npy --indices i.npy
prints '[[1]]' run max2d k1 f32 i.npy
prints '[[0,7],[0,0]]' bwd max2d k2 '[[1,3],[2,.5]]' --grad '[[7]]' --indices i.npy
prints '[[0,7],[0,0]]' run max2d k2 bwd '[[1,3],[2,.5]]' --grad '[[7]]'
prints '[[0,7],[0,0]]' run max2d k2 idx32 bwd '[[1,3],[2,.5]]' --grad '[[7]]'
refuses 1 '*has the shape 1x2; the output*1x1' bwd max2d k2 '[[1,3],[2,.5]]' --grad '[[7,7]]'
refuses 1 '*has 1 axes; the output*' bwd max2d k2 '[[1,3],[2,.5]]' --grad '[7]'
refuses 1 'f4.npy: holds f32; indices*' bwd max2d k1 f4.npy --grad f4.npy --indices f4.npy
works run max2d k1 i8.npy --dtype f32 -o /dev/null
refuses 1 '*ind*' bwd max2d k2 '[[1,3],[2,.5]]' --grad '[[7]]' --indices wild.npy
refuses 1 'y.npy: exists; -f replaces it' run max2d k2 image.npy -o y.npy
works run max2d k2 image.npy -o y.npy -f
prints '[[5,7],[13,15]]' run max2d k1 y.npy
refuses 1 'x.png: PNG holds u8 values*' run max2d k2 f32 grey.png -o x.png
refuses 1 'x.png: PNG holds one 2-D image*' run max2d k2 planes.idx -o x.png
refuses 1 'x.png: gradients*' bwd max2d k1 f4.npy --grad f4.npy -o x.png
refuses 1 'no/such/x.npy: No such file or directory' run max2d k2 grey.png -o no/such/x.npy
refuses 1 '*too many to print*' run max2d n1 k1 s1 p40 dialect=plain grey.png
holds 'nothing is left of refused outputs' test ! -e x.png
mkdir outputs
works run max2d k1 grey.png f4.npy planes.idx.gz -o outputs
holds 'a folder takes one file per input' test -s outputs/grey.png -a -s outputs/f4.npy -a -s outputs/planes.npy
works run max2d k1 grey.png f4.npy -o fresh/ -q
holds 'a folder is made' test -s fresh/grey.png -a -s fresh/f4.npy
holds '-q is quiet' test ! -s out
run run max2d k1 missing.npy grey.png -o other/
holds 'a bad file does not keep the others' test $status -eq 1 -a -s other/grey.png
"$poolpack" run max2d k1 nchw.npy -o - >piped.npy
holds '-o - writes .npy alone' cmp -s nchw.npy piped.npy
if script -qec true /dev/null >/dev/null 2>&1; then
    script -qec "'$poolpack' run max2d k1 grey.png -o -" /dev/null >out 2>&1 </dev/null
    holds 'no binary data on a terminal' grep -q 'standard output: is a terminal' out
fi

# A full disk: nothing is left behind, and an existing file stays as it was.
if [ -e /dev/full ]; then
    refuses 1 '/dev/full: No space left on device' run max2d k1 nchw.npy -o /dev/full
    "$poolpack" run max2d k1 nchw.npy >/dev/full 2>err
    holds 'a full disk behind standard output is noticed' test $? -eq 1
fi
cp f4.npy kept.npy
"$poolpack" run max2d k1 s1 p500 f4.npy -o mega.npy -q
(
    trap '' XFSZ
    ulimit -f 1
    "$poolpack" run max2d k1 mega.npy -o kept.npy -f >out 2>err
)
holds 'a failed write is an error' grep -q '^poolpack: kept.npy: File too large' err
holds 'a failed write leaves the old file' cmp -s f4.npy kept.npy
holds 'a device is not replaced' test -c /dev/null
(umask 027 && "$poolpack" run max2d k1 f4.npy -o mode.npy -q)
holds 'the usual permissions' test "$(stat -c %a mode.npy)" = 640
ln -s nowhere.npy link.npy
refuses 1 'link.npy: exists; -f replaces it' run max2d k1 f4.npy -o link.npy
holds 'no temporary file is left' no_leftovers

# ---------------------------------------------------------------------------------------------------------- threads, isa, json
for isa in $("$poolpack" info --json | python3 -c 'import json, sys; [print(i["name"]) for i in json.load(sys.stdin)["isas"] if i["available"]]'); do
    "$poolpack" run avg2d k3 s2 p1 f32 interlaced.png --isa "$isa" -o - >"$isa.npy"
    "$poolpack" run avg2d k3 s2 p1 f32 interlaced.png --isa "$isa" --threads 3 -o - >"$isa.3.npy"
    holds "$isa and threads do not change a bit" cmp -s scalar.npy "$isa.npy"
    holds "$isa with 3 threads does not change a bit" cmp -s scalar.npy "$isa.3.npy"
done
refuses 1 'max2d k1: *abacus*' run max2d k1 f4.npy --isa abacus
is_json() { python3 -m json.tool <out >/dev/null; }
for words in 'run max2d k2 grey.png --json' 'run max1d k1 idx [nan,-inf,1] --json' \
    'bwd avg2d k2 f4.npy --grad [[1]] --json' 'info --json' 'shape avg2d k3 s2 p1 ceil --input 1x1x9x9 --json' \
    'shape adaptive_max3d o2x3x- --input 1x5x6x7 --json --all' 'shape avg1d k3 s2000 p1 u8 --input 9223372036854770000 --json'; do
    set -f
    # shellcheck disable=SC2086
    works $words
    set +f
    holds "$words is JSON" is_json
done
works run max2d k1 grey.png rgb.png -o json/ --json
holds 'one object a line' test "$(wc -l <out)" -eq 2
cp grey.png "$(printf 'b\303\244d\377"name\\.png')"
works run max2d k1 b*name*.png --json
holds 'any file name is JSON' is_json

# ------------------------------------------------------------------------------------------------------------------------ shape
prints '56x56' shape max2d k3 s2 p1 --input 112x112 -q
prints '8x64x56x56' shape 'max2d n8c64 i112x112 k3 s2 p1' -q
prints '1x4x4x3' shape max2d nhwc k2 same dialect=keras --input 1x7x7x3 -q
formula() {
    text=$1
    shift
    run shape "$@"
    if grep -qF "$text" out; then pass; else miss "poolpack shape $*: no '$text' in: $(cat out err)"; fi
}
formula 'H, W:  floor((112 + 2·1 − 3)/2) + 1 = 56' max2d k3 s2 p1 --input 8x64x112x112
formula 'floor((112 + 1 + 0 − 3)/2) + 1 = 56' max1d k3 s2 p1:0 --input 112
formula 'floor((9 − 2·1 − 2)/2) + 1 = 3' max1d k2 p-1 --input 9
formula 'floor((20 − (2·(3 − 1) + 1))/3) + 1 = 6' max1d k3 d2 s3 --input 20
formula 'min(ceil((6 + 2·1 − 3)/2) + 1, ceil((6 + 1)/2)) = 4' max1d k3 s2 p1 ceil=torch --input 6
formula 'ceil((3 + 2·1 − 2)/2) + 1 − 1 = 2 (the last' max1d k2 s2 p1 ceil=caffe --input 3
formula 'ceil((5 − 1)/3) + 1 = 3' max1d k1 s3 ceil=caffe --input 5
formula 'ceil((3 + 2·1 − 2)/2) + 1 = 3' max1d k2 s2 p1 ceil=plain --input 3
formula 'ceil(7/2) = 4; padding max((4 − 1)·2 + 2 − 7, 0) = 1: 0 before, 1 after' max1d k2 s2 same --input 7
formula '1: 1 before, 0 after' max1d k2 s2 same_lower --input 7
formula 'ceil((112 − 3 + 1)/2) = 55' max1d k3 s2 valid --input 112
formula '5, as given' max1d k3 s2 p1 out=5 --input 9
formula '7, as given; output o sees floor(o·10/7) … ceil((o + 1)·10/7) − 1' adaptive_max1d o7 --input 10
formula '13, as the input' adaptive_max1d o- --input 13
formula '1: the whole axis' global_max1d --input 13
formula '  1 … 55     2·o − 1 … 2·o + 1   3' max1d k3 s2 p1 --input 112
formula '  3          5            1 of 3   2' avg1d k3 s2 p1 ceil div=clamped --input 6
formula '  1 … 4611686018427384   2000·o − 1 … 2000·o + 1' max1d k3 s2000 p1 u8 --input 9223372036854770001
refuses 1 'max1d k9223372036854775807 s2: *' shape max1d k9223372036854775807 s2 --input 10
refuses 1 'max1d k3 p1: *' shape max1d k3 p1 --input 9223372036854775807
works shape max1d k2 s1 --input 50 --all
holds '--all lists every window' test "$(grep -c '…' out)" -eq 49

# ----------------------------------------------------------------------------------------------------------------- sheet, verify
works sheet max2d k2 avg2d k2 'adaptive_avg2d o2' global_avg2d interlaced.png -o sheet.png
works run max2d k1 sheet.png -o sheet-copy.png
works sheet max2d k2 planes.idx --item 1 -o item.png -q
works sheet max2d k1 f32 grey16.png -o -
refuses 1 'planes.idx: --item 2: *' sheet max2d k2 planes.idx --item 2 -o x.png
refuses 1 'nchw.npy: has 4 axes; *' sheet max2d k1 nchw.npy -o x.png
refuses 1 'sheet.png: exists; -f replaces it' sheet max2d k2 grey.png -o sheet.png
works verify max2d n2c3 i9x9 k3 s2 p1 idx bwd 'avg2d n1c2 i7x5 k2 bwd fill=randn' max1d u8 i9 k2
holds 'verify counts' grep -q '^3 cases, [0-9]* runs compared, 0 failed$' out
printf '# cases\nmax1d i9 k2 # one\n\n  avg1d i9 k2 fill=ints\n' >cases.txt
works verify cases.txt
holds 'verify reads files' grep -q '^2 cases, ' out
run verify max1d k2
holds 'verify needs sizes' test $status -eq 1
run verify max1d i1 k9 s1 max1d i9 k2
holds 'a refused case is counted' grep -q '^2 cases, [0-9]* runs compared, 0 failed, 1 refused$' out

# ------------------------------------------------------------------------------------------------------------------------ bench
# Whether it works and what it says; how long anything takes is no test.
works bench max2d nchw f32 n1c4 i20x20 k3 s2 p1 'avg2d nhwc u8 n1c3 i30x30 k2' 'max1d f64 i2000 k2 idx bwd' --ms 1
holds 'bench has a row for each case' grep -qE '^max1d f64 i2000 k2 idx bwd +[0-9.]+ [mun]?s +.* [0-9.]+ +[0-9.]+ +[0-9]+ %  [a-z0-9-]+, [a-z0-9]+$' out
holds 'bench sums up' grep -q '^3 cases: .* together, ' out
works bench max2d i4x4 k2 --ms 1
holds 'a few bytes have no limit' grep -qE ' -  +-  ' out
for words in 'bench max2d n1c4 i40x40 k2 --ms 1 --json' 'bench max2d bf16 n1c4 i40x40 k2 idx32 --ms 1 --threads 3 --isa scalar --json' \
    'bench avg2d nhwc f64 n1c4 i40x40 k3 s1 bwd --ms 1 --threads 0 --algorithm reference --json' 'bench sum1d n0 i9 k2 --ms 0 --json'; do
    # shellcheck disable=SC2086
    works $words
    holds "$words is JSON" is_json
done
works bench max2d n1c4 i40x40 k2 --ms 1 --isa scalar --algorithm reference --json
holds 'bench takes --algorithm and --isa' grep -q '"bytes": 32000, .*"algorithm": "reference", "isa": "scalar"' out
works bench max2d n1c4 i40x40 k2 idx --ms 1 --json
holds 'indices that are written count' grep -q '"bytes": 44800, ' out
works bench max2d n1c4 i40x40 k2 idx bwd --ms 1 --json
holds 'indices that are read do not' grep -q '"bytes": 32000, ' out
works bench 'max2d n1c2 i9x9 k3 view=200,1,18,2:5' --ms 1
refuses 1 'max2d k2: needs its sizes, *' bench max2d k2
refuses 1 'avg2d u8 i9x9 k2 bwd: *' bench avg2d u8 i9x9 k2 bwd
refuses 1 'max2d n1c2 i9x9 k2 fill=ints: *' bench max2d n1c2 i9x9 k2 fill=ints
refuses 1 'max2d n99999c99999 i9999x9999 k2: needs * GB of memory, *' bench max2d n99999c99999 i9999x9999 k2
run bench max1d k2 max1d i9 k2 --ms 1
holds 'a refused case does not keep the others' test $status -eq 1 -a "$(wc -l <out)" -eq 2

printf '%d passed, %d failed\n' $passed $failed
[ $failed -eq 0 ]
