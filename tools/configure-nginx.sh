#!/bin/bash

# Copyright (C) the moderate authors
#
# Prepares a build directory for nginx and for the module:
#
#     configure-nginx.sh BUILDDIR SOURCE [configure argument ...]
#
# SOURCE is an nginx source tree: Debian's nginx-dev, an unpacked release or a
# git clone.  configure writes into its current directory, so it runs in a
# folder of links and the tree stays untouched; it may even be read-only.

set -eu

builddir=$1
source=$2
shift 2

if [ ! -f "$source/src/core/nginx.h" ]; then
    echo "$0: no nginx source tree in \"$source\"; \"make deps\" installs" \
         "Debian's nginx-dev, or give another with NGINX_SRC=" >&2
    exit 1
fi

source=$(cd "$source" && pwd)

rm -rf "$builddir"
mkdir -p "$builddir/tree"
builddir=$(cd "$builddir" && pwd)

for entry in "$source"/*; do
    case ${entry##*/} in
        Makefile | objs) ;;
        *) ln -s "$entry" "$builddir/tree/" ;;
    esac
done

cd "$builddir/tree"

NGX_CONF_FLAGS=(
    --with-compat --with-debug --with-threads --with-pcre-jit
    --with-http_ssl_module --with-http_v2_module
    --with-http_auth_request_module --with-http_realip_module
    --with-http_stub_status_module
)

# Debian's nginx-dev tells here how the packaged nginx was configured
# shellcheck source=/dev/null
if [ -f conf_flags ]; then
    . ./conf_flags
fi

configure=./configure
[ -f configure ] || configure=./auto/configure

if ! "$configure" "${NGX_CONF_FLAGS[@]}" --builddir="$builddir" \
         "$@" > "$builddir/configure.log" 2>&1
then
    tail -n 20 "$builddir/configure.log" >&2
    echo "$0: configure failed, see $builddir/configure.log" >&2
    rm -f "$builddir/Makefile"
    exit 1
fi
