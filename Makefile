# The README's commands.  CMake builds; this only says what is called how.
.POSIX:
.PHONY: all demo test test-all bench bench-rivals install size format clean

all:
	@scripts/setup.sh build
	@cmake --preset release >/dev/null
	@cmake --build build/release -j 2

demo:
	@scripts/setup.sh demo
	@$(MAKE) -s all
	@scripts/demo.sh build/release/poolpack

test:
	@scripts/setup.sh test
	@scripts/test.sh

# also what takes longer than ten minutes: clang with sanitizers, many more random problems
test-all:
	@scripts/setup.sh test
	@scripts/test.sh all

# make install DESTDIR= PREFIX=/usr/local
PREFIX = /usr/local
install: all
	@cmake --install build/release --prefix "$(PREFIX)"

size: all
	@scripts/size.sh build/release

format:
	@find src include tests cli -name '*.[ch]' -o -name '*.inc' | xargs clang-format -i

clean:
	@rm -rf build

# poolpack and its rivals side by side, about half an hour; make bench ROWS=stem for a part, BENCH_QUICK=1 for a smoke run
bench:
	@scripts/bench.sh

bench-rivals:
	@scripts/bench.sh rivals
