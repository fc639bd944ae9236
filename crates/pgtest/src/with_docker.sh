# Runs a PostgreSQL in a container until standard input ends, and leaves nothing behind.
#
#   $1  the docker program
#   $2  the image
#
# Prints `ready HOST:PORT`, or what went wrong. Docker's own words, such as the progress of a
# download, go to standard error.

container=

leave() {
    trap '' HUP INT TERM
    [ -n "$container" ] && "$1" rm --force --volumes "$container" >/dev/null 2>&1
}

trap 'leave "$1"' EXIT
trap 'exit 1' HUP INT TERM
# Whoever reads what is printed may be gone by then, and that must not stop this script.
trap '' PIPE

container=$("$1" run --rm -d -p 127.0.0.1::5432 \
    -e POSTGRES_HOST_AUTH_METHOD=trust -e POSTGRES_INITDB_ARGS=--no-sync "$2" \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c max_connections=200) || {
    echo "docker run failed"
    exit 1
}
address=$("$1" port "$container" 5432/tcp | head -n 1)
[ -n "$address" ] || {
    echo "docker named no port for the container"
    exit 1
}
# From here on a reader of our caller's output must not have to wait for us.
exec 2>/dev/null
echo "ready $address"

while read -r _; do :; done
