#!/bin/sh
# known_answers.sh POOLPACK: runs known_answers.txt and prints a line for each.  Exit status 1 if an answer is wrong.
set -fu # no globbing: the arrays have brackets

poolpack=$1
failed=0
while IFS= read -r line; do
    case $line in
    '' | '#'*) continue ;;
    esac
    words=${line%% => *}
    expected=${line##* => }
    # shellcheck disable=SC2086 # one argument per word
    got=$("$poolpack" $words </dev/null 2>&1)
    if [ "$got" = "$expected" ]; then
        echo "ok     poolpack $words"
        echo "       $got"
    else
        echo "WRONG  poolpack $words"
        echo "       $got"
        echo "       expected $expected"
        failed=1
    fi
done <"$(dirname "$0")/known_answers.txt"
exit $failed
