#!/bin/sh
# Forgewarden's pre-receive hook for GitHub Enterprise Server. It runs in the
# environment that build-environment makes. Refuses the push unless the binary
# runs and accepts it.
set -u

binary=/usr/local/bin/forgewarden-pre-receive

if [ ! -x "$binary" ]; then
	echo "forgewarden: could not judge: $binary is missing or cannot be run; the push is refused" >&2
	exit 2
fi
exec "$binary" --server ghes
