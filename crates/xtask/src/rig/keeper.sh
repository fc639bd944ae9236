# Runs a server in a folder of its own until standard input ends, and leaves nothing behind.
#
#   $1  folder to make the server's folder in
#   $2  the program
#
# Prints the folder, or what went wrong, and then answers every line that it reads:
#
#   migrate  brings the database up to date: `done`, or `failed`
#   start    starts the server, with the settings that follow the word: its process id; its log
#            begins anew
#   stop     ends the server: `done`
#   kill     ends the server as a crash does, without a word to it: `done`

umask 077
set -f
folder=
server=

end() {
    [ -n "$server" ] || return 0
    kill "$server" 2>/dev/null
    looks=0
    while kill -0 "$server" 2>/dev/null && [ "$looks" -lt 100 ]; do
        looks=$((looks + 1))
        sleep 0.05
    done
    kill -KILL "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    server=
}

leave() {
    trap '' HUP INT TERM
    end
    [ -n "$folder" ] && cd / && rm -rf "$folder"
}

trap leave EXIT
trap 'exit 1' HUP INT TERM
# Whoever reads what is printed may be gone by then, and that must not stop this script.
trap '' PIPE

folder=$(mktemp -d "$1/autorisen-bench.XXXXXX" 2>&1) || {
    echo "$folder"
    folder=
    exit 1
}
cd "$folder" || exit 1
echo "$folder"

while read -r order; do
    case $order in
        migrate) if "$2" migrate up </dev/null >>log 2>&1; then echo "done"; else echo failed; fi ;;
        start*)
            # Each setting is a word.
            # shellcheck disable=SC2086
            env ${order#start} "$2" serve </dev/null >log 2>&1 &
            server=$!
            echo "$server"
            ;;
        stop)
            end
            echo "done"
            ;;
        kill)
            kill -KILL "$server" 2>/dev/null
            wait "$server" 2>/dev/null
            server=
            echo "done"
            ;;
    esac
done
