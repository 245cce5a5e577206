# Stops a throwaway server and removes its files once the program that started it is gone, however it went.
# Standard input is a pipe that only that program holds open. Runs in a process group of its own.
#   $1  the server's folder
trap '' HUP INT TERM
cd /
# Nothing is ever written: this ends when the last writer does.
cat >/dev/null
tries=0
while [ -d "$1" ] && [ "$tries" -lt 20 ]; do
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
    [ -z "$pid" ] || kill -QUIT "$pid" 2>/dev/null
    rm -rf "$1" 2>/dev/null
    tries=$((tries + 1))
    [ ! -d "$1" ] || sleep 0.2
done
