# Runs a PgBouncer in transaction mode until standard input ends, and leaves nothing behind.
#
#   $1  folder to make its folder in
#   $2  the program
#   $3  port to listen on
#   $4  host of the PostgreSQL behind it
#   $5  port of that
#   $6  how often to look whether it is ready, twenty times a second
#
# Prints `ready HOST:PORT`, or what went wrong.

umask 077
folder=
pooler=

leave() {
    trap '' HUP INT TERM
    if [ -n "$pooler" ]; then
        # Nothing of it is to be kept, and what else it heeds differs from version to version.
        kill -KILL "$pooler" 2>/dev/null
        wait "$pooler" 2>/dev/null
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

folder=$(mktemp -d "$1/autorisen-pooler.XXXXXX" 2>&1) || {
    echo "$folder"
    folder=
    exit 1
}
echo '"postgres" ""' >"$folder/users"
# Fewer connections than any client has, so that they change hands all the time.
cat >"$folder/ini" <<INI
[databases]
* = host=$4 port=$5
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $3
unix_socket_dir =
auth_type = trust
auth_file = $folder/users
pool_mode = transaction
default_pool_size = 2
max_client_conn = 1000
INI

"$2" "$folder/ini" </dev/null >"$folder/log" 2>&1 &
pooler=$!
looks=0
until grep -q 'process up' "$folder/log" 2>/dev/null; do
    kill -0 "$pooler" 2>/dev/null || fail
    looks=$((looks + 1))
    [ "$looks" -lt "$6" ] || fail
    sleep 0.05
done
echo "ready 127.0.0.1:$3"

while read -r _; do :; done
