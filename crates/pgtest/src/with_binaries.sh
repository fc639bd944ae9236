# Runs a PostgreSQL from installed binaries until standard input ends, and leaves nothing behind.
#
#   $1  folder to make the server's folder in
#   $2  folder of the binaries
#   $3  port to listen on
#   $4  how often to look whether the server is ready, twenty times a second
#   $5  `lasting` for a server that keeps what it acknowledged
#
# Prints `ready HOST:PORT`, or what went wrong, and then answers every line that it reads:
#
#   stop   ends the server as an operator does, who ends its connections: `done`
#   crash  ends it at once, so that it has to recover: `done`
#   start  starts it again, at the same port and on the same data: `ready HOST:PORT`, or what went wrong

umask 077
folder=
server=
binaries=$2
port=$3
looks_at_most=$4
case $5 in
    lasting) safety="-c fsync=on -c synchronous_commit=on -c full_page_writes=on" ;;
    *) safety="-c fsync=off -c synchronous_commit=off -c full_page_writes=off" ;;
esac

leave() {
    trap '' HUP INT TERM
    if [ -n "$server" ]; then
        # An immediate stop: nobody needs the data any more.
        kill -QUIT "$server" 2>/dev/null
        wait "$server" 2>/dev/null
    fi
    [ -n "$folder" ] && rm -rf "$folder"
}

fail() {
    tail -n 10 "$folder/log"
    exit 1
}

trap leave EXIT
trap 'exit 1' HUP INT TERM
# Whoever reads what is printed may be gone by then, and that must not stop this script.
trap '' PIPE

folder=$(mktemp -d "$1/autorisen-pgtest.XXXXXX" 2>&1) || {
    echo "$folder"
    folder=
    exit 1
}

# Both programs speak plain English and take no time to find out where on Earth they are.
export LC_ALL=C TZ=UTC
unset PGDATA PGPORT

"$2/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --no-locale \
    --no-sync >"$folder/log" 2>&1 || fail

start() {
    # Trust is limited to those on this machine: nothing else is listened to.
    # shellcheck disable=SC2086
    "$binaries/postgres" -D "$folder/data" -p "$port" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        $safety -c max_connections=200 \
        </dev/null >>"$folder/log" 2>&1 &
    server=$!
    looks=0
    until grep -q '^ready' "$folder/data/postmaster.pid" 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || fail
        looks=$((looks + 1))
        [ "$looks" -lt "$looks_at_most" ] || fail
        sleep 0.05
    done
    echo "ready 127.0.0.1:$port"
}

stop() {
    kill "-$1" "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    server=
    echo "done"
}

start
while read -r order; do
    case $order in
        start) start ;;
        stop) stop INT ;;
        crash) stop QUIT ;;
    esac
done
