#!/bin/sh
# shellcheck disable=SC3067 # test -O: see below
# The portable head. A template: Rust fills in the __MW_…__ words and drops comments and indentation.
#
# Warm, this is a few builtins and one exec: no fork, no Python start-up, no look into the archive behind it. Cold, it lets an interpreter
# run the bootstrap, which fills the cache and replies in one line: "ok <environment>." or "no <reason>" (the next candidate is
# tried) or "again ." (the file has been replaced) or "end <text>." (nothing is to be run; the text goes to standard output).
#
# POSIX sh, plus `test -O`, `-ef` and `-nt`, which dash, bash, busybox, zsh, ksh and mksh have as builtins. Variables carry a prefix: one that the caller
# exports would reach the application with our value.

# What would bend the interpreter's search for modules is not the application's.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONPLATLIBDIR PYTHONEXECUTABLE __PYVENV_LAUNCHER__

# An environment may be used when it and the cache root are ours, when its interpreter and its parts are there, and when the machine has not
# gone down since it was written without the disk having been told to keep it.
_mw_ready() {
    _mw_app=$_mw_root/apps/__MW_APP__
    if [ -n "${MONOWHEEL_PYTHON-}" ]; then
        # The bootstrap has noted which environment is this interpreter's.
        { read -r _mw_app <"$_mw_root/asked/__MW_APP__$MONOWHEEL_PYTHON"; } 2>/dev/null || return 1
        _mw_app=$_mw_root/apps/$_mw_app
        [ "$_mw_app/bin/python" -ef "$MONOWHEEL_PYTHON" ] || return 1
    fi
    [ -O "$_mw_root" ] && [ -O "$_mw_app" ] || return 1
    # Tells a pruning process that this environment is in use. `boot` is the answer to that, so the looks keep this order.
    { true >"$_mw_app/used"; } 2>/dev/null
    if [ -f "$_mw_app/boot" ]; then
        { read -r _mw_then <"$_mw_app/boot" && read -r _mw_now </proc/sys/kernel/random/boot_id; } 2>/dev/null || return 1
        [ "$_mw_then" = "$_mw_now" ] || return 1
    fi
    [ -x "$_mw_app/bin/python" ] && [ -d "$_mw_app/deps" ] && [ -d "$_mw_app/code" ] || return 1
    # Where cleaners walk (/tmp), a look at the files is due from time to time.
    ! { [ -f "$_mw_app/until" ] && [ /proc/self -nt "$_mw_app/until" ]; }
}

_mw_run() {
    __MW_ENV__
    case :$PATH: in
    *":$_mw_app/bin:"*) ;;
    *) PATH=$_mw_app/bin${PATH:+:$PATH} ;;
    esac
    export PATH
    if [ -n "${MONOWHEEL_INTERPRETER-}" ]; then
        unset MONOWHEEL_INTERPRETER MONOWHEEL_ENTRY_POINT MONOWHEEL_VENV MONOWHEEL_CACHE MONOWHEEL_AGAIN
        exec "$_mw_app/bin/python" __MW_FLAGS__ "$@"
    fi
    unset MONOWHEEL_INTERPRETER MONOWHEEL_VENV MONOWHEEL_CACHE MONOWHEEL_AGAIN
    exec "$_mw_app/bin/python" __MW_FLAGS__ "$_mw_app/run.py" "$_mw_file" "$@"
}

_mw_file=$0
_mw_root=${MONOWHEEL_ROOT-}
case $_mw_root in
/*) ;;
?*) _mw_root=$PWD/$_mw_root ;;
*)
    case ${XDG_CACHE_HOME-} in
    /*) _mw_root=$XDG_CACHE_HOME/monowheel ;;
    *)
        # No `uname`: a fork costs more than all of the rest.
        if [ -d /System/Library/CoreServices ]; then
            _mw_root=${HOME-}/Library/Caches/monowheel
        else
            _mw_root=${HOME-}/.cache/monowheel
        fi
        ;;
    esac
    ;;
esac

# Where the bootstrap has been kept compiled, if it has.
_mw_known=$_mw_root
if [ -z "${MONOWHEEL_VENV-}${MONOWHEEL_CACHE-}${MONOWHEEL_VERIFY-}${MONOWHEEL_TRACE-}" ]; then
    _mw_ready && _mw_run "$@"
    # Where the bootstrap goes when that folder cannot be used, or not without company.
    if [ -n "${MONOWHEEL_ROOT-}" ]; then
        set -- "$_mw_root"/monowheel-* -- "$@"
    else
        set -- "${XDG_RUNTIME_DIR:-/run/user}"/monowheel-* "${TMPDIR:-/tmp}"/monowheel-* /tmp/monowheel-* /var/tmp/monowheel-* -- "$@"
    fi
    while [ "$1" != -- ]; do
        _mw_root=$1
        shift
        if [ ! -h "$_mw_root" ] && [ -O "$_mw_root" ]; then
            if _mw_ready; then
                while [ "$1" != -- ]; do shift; done
                shift
                _mw_run "$@"
            fi
            [ -d "$_mw_known/known" ] || _mw_known=$_mw_root
        fi
    done
    shift
fi

# From here on it is a first start.

# Lets the interpreter $1 run the bootstrap: true when it answered with an environment; otherwise notes why it was refused.
_mw_try() {
    [ -f "$1" ] && [ -x "$1" ] || return 1
    # Descriptor 3 is the real standard error: what a broken interpreter prints would only stand in the way of the next one.
    _mw_reply=$("$1" -E -S -s -c __MW_PROGRAM__ \
        "$_mw_file" __MW_OFFSET__ __MW_SIZE__ __MW_DIGEST__ "$1" "$_mw_known" 3>&2 2>/dev/null)
    _mw_status=$?
    case $_mw_reply in
    'ok '*.)
        _mw_app=${_mw_reply#ok }
        _mw_app=${_mw_app%.}
        return 0
        ;;
    'end '*.)
        _mw_reply=${_mw_reply#end }
        printf '%s' "${_mw_reply%.}"
        exit "$_mw_status"
        ;;
    'again '*)
        _mw_again=yes
        return 0
        ;;
    'no '*.)
        _mw_reply=${_mw_reply#no }
        _mw_reply=${_mw_reply%.}
        ;;
    *)
        case $_mw_status in
        129 | 130 | 131 | 137 | 143) exit "$_mw_status" ;;
        esac
        _mw_reply="it does not start (exit code $_mw_status)"
        ;;
    esac
    _mw_refused="$_mw_refused$_mw_line  $1: $_mw_reply"
    return 1
}

# Tries the names given, each in every folder of PATH.
_mw_search() {
    for _mw_name in "$@"; do
        set -f
        IFS=:
        for _mw_folder in ${PATH-/usr/local/bin:/usr/bin:/bin}; do
            unset IFS
            set +f
            case $_mw_folder in
            /*) _mw_try "$_mw_folder/$_mw_name" && return ;;
            esac
        done
    done
    return 1
}

_mw_find() {
    case ${MONOWHEEL_PYTHON-} in
    */*) _mw_try "$MONOWHEEL_PYTHON" ;;
    ?*) _mw_search "$MONOWHEEL_PYTHON" ;;
    *) _mw_search __MW_NAMES__ python3 python ;;
    esac
}

# A closed standard error cannot be given to anyone. Where it is closed, nobody sees what the shell says of this line.
_mw_closed=
true >&2 || _mw_closed=yes
[ -z "$_mw_closed" ] || exec 2>/dev/null

# `sh FILE` looks on PATH as well.
if [ ! -f "$_mw_file" ]; then
    _mw_file=$(command -v "$_mw_file") || _mw_file=$0
fi

_mw_refused=
_mw_again=
_mw_line='
'
if _mw_find; then
    [ -z "$_mw_closed" ] || exec 2>&-
    [ -n "$_mw_again" ] || _mw_run "$@"
    # The file is not the one any more that this shell began to read.
    if [ "${MONOWHEEL_AGAIN-}" != ........ ]; then
        export MONOWHEEL_AGAIN="${MONOWHEEL_AGAIN-}."
        [ ! -x "$_mw_file" ] || exec "$_mw_file" "$@"
        exec /bin/sh "$_mw_file" "$@"
    fi
    printf 'monowheel: %s is damaged\nhint: copy the file anew\n' "$0" >&2
    exit 1
fi

printf 'monowheel: %s needs CPython __MW_NEEDS__, and found none%s\n' "$0" "${_mw_refused:+:$_mw_refused}" >&2
printf 'hint: %s\n' "install one where PATH finds it, or name it: MONOWHEEL_PYTHON=/path/to/python3" >&2
exit 1
