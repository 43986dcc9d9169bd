# checks.sh: what test_cli.sh says of a run of the command "$poolpack" (sourced, in an empty folder). Counts in $passed and $failed.
# shellcheck shell=sh disable=SC2154

passed=0
failed=0
pass() { passed=$((passed + 1)); }
miss() {
    failed=$((failed + 1))
    printf 'FAILED %s\n' "$*"
}

# Runs the command; its results are in $status and the files out and err.
run() {
    "$poolpack" "$@" >out 2>err </dev/null
    status=$?
}

# prints EXPECTED WORD...: success, exactly this text, nothing on standard error
prints() {
    expected=$1
    shift
    run "$@"
    if [ $status -eq 0 ] && [ "$(cat out)" = "$expected" ] && [ ! -s err ]; then
        pass
    else
        miss "poolpack $*: status $status, printed: $(cat out err)"
    fi
}

# refuses STATUS PATTERN WORD...: this exit status, nothing on standard output, a first line "poolpack: ..." that matches
refuses() {
    wanted=$1
    pattern=$2
    shift 2
    run "$@"
    lines=$((wanted == 2 && $(wc -l <err) == 2 ? 1 : $(wc -l <err))) # usage errors may add where to look
    first=$(head -n 1 err)
    # shellcheck disable=SC2254 # a pattern
    case $first in
    'poolpack: '$pattern) matches=yes ;;
    *) matches=no ;;
    esac
    if [ $status -eq "$wanted" ] && [ ! -s out ] && [ "$lines" -eq 1 ] && [ $matches = yes ]; then
        pass
    else
        miss "poolpack $*: status $status, wanted $wanted and '$pattern', said: $(cat out err)"
    fi
}

# works WORD...: success
works() {
    run "$@"
    if [ $status -eq 0 ] && [ ! -s err ]; then pass; else miss "poolpack $*: status $status, said: $(cat err)"; fi
}

# holds NAME COMMAND...: any shell command that must succeed
holds() {
    name=$1
    shift
    if "$@"; then pass; else miss "$name"; fi
}

no_leftovers() { [ -z "$(find . -name '.*.??????')" ]; }
