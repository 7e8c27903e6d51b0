#!/bin/sh
# Forgewarden's pre-receive hook for Bitbucket Data Center: the text of a PRE
# hook script. Refuses unless the binary, which every node has, accepts it.
set -u

binary=/usr/local/bin/forgewarden-pre-receive

if [ ! -x "$binary" ]; then
	echo "forgewarden: could not judge: $binary is missing or cannot be run; the push is refused" >&2
	exit 2
fi
exec "$binary" --server bitbucket
