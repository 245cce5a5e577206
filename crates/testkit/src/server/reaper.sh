# Stops a throwaway PostgreSQL server and removes its files once no test process uses it any more.
# Runs beside each server in a process group of its own, so that it survives Ctrl-C and a killed test.
#   $1  the server's directory; $1/users holds one empty file per process that uses it, named by pid
#   $2  the file that advertises the server to other processes, or the empty string
#   $3  how many seconds to stay up without a user
directory=$1 pointer=$2 linger=$3 idle=0
cd /

in_use() {
    for user in "$directory"/users/*; do
        [ -e "$user" ] || continue
        kill -0 "${user##*/}" 2>/dev/null && return 0
        rm -f "$user"
    done
    return 1
}

postmaster() {
    head -n 1 "$directory/data/postmaster.pid" 2>/dev/null
}

while [ -d "$directory/users" ]; do
    if in_use; then
        idle=0
    elif [ "$idle" -lt "$linger" ]; then
        idle=$((idle + 1))
    else
        # Withdrawn first, asked again second: a process that joins registers first and then looks
        # whether the server is still advertised, so one of the two notices the other.
        if [ -n "$pointer" ] && [ "$(cat "$pointer" 2>/dev/null)" = "$directory" ]; then
            rm -f "$pointer"
        fi
        if ! in_use; then
            pid=$(postmaster)
            if [ -n "$pid" ]; then
                kill -QUIT "$pid" 2>/dev/null
                tries=0
                while [ "$tries" -lt 50 ] && [ -n "$(postmaster)" ] && kill -0 "$pid" 2>/dev/null; do
                    sleep 0.1
                    tries=$((tries + 1))
                done
                [ "$tries" -lt 50 ] || kill -KILL "$pid" 2>/dev/null
            fi
            [ ! -d "$directory/small" ] || umount --lazy "$directory/small" 2>/dev/null
            rm -rf "$directory"
            exit 0
        fi
    fi
    sleep 1
done
