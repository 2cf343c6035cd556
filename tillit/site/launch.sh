# Sourced by the commands in bin/: find a Python that is new enough, then hand over to the environment.
# usage: launch KIND MODULE [ARGUMENTS...]     KIND is the environment: run or test

launch() {
    if [ -n "${PYTHON:-}" ]; then
        hand_over "$PYTHON" "$@"
        seen=${seen:-"$PYTHON is not a Python"}
    else
        for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
            hand_over "$candidate" "$@"
        done
    fi
    echo "Tillit needs Python 3.11 or newer (${seen:-none was found}). Install it, or name it: PYTHON=/path/to/python3.11 $0" >&2
    exit 1
}

hand_over() { # does not come back when the Python is new enough
    found=$("$1" -c 'import sys
sys.stdout.write("%d.%d %s" % (sys.version_info[0], sys.version_info[1],
                               sys.version_info >= (3, 11) and sys.executable or ""))' 2>/dev/null)
    executable=${found#* }
    if [ -n "$executable" ]; then
        shift
        export PYTHONPATH="$root"
        exec "$executable" -P -m tillit.site.environment "$@"
    fi
    [ -z "$found" ] || seen="${seen:+$seen, }$1 is version ${found% }"
}
