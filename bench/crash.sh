#!/bin/sh
# kill -9 of the whole process tree of `duckmesh dev` at random moments while clients write, again and
# again: after each restart every acknowledged event has to be there exactly once.
# Usage: bench/crash.sh [ROUNDS] [SEED]
set -eu
cd "$(dirname "$0")/.."
# The seed is in the failure's message, so that a run can be repeated.
exec ./mvnw -pl worker-main -am test -Dtest=DevCrashIT -Dsurefire.failIfNoSpecifiedTests=false \
  -Dduckmesh.crash.rounds="${1:-20}" ${2:+-Dduckmesh.crash.seed="$2"}
