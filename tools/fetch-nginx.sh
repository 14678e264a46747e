#!/bin/sh

# Copyright (C) the moderate authors
#
# Finds the source that the sanitized nginx is built from:
#
#     fetch-nginx.sh DIR SOURCE
#
# If SOURCE, the tree that the module is built against, is a whole one, it is
# taken.  Debian's nginx-dev holds the headers only: then the source of the
# packaged version is fetched into DIR by apt, from this machine's own package
# sources, with lists of its own, so that it needs no root and changes nothing
# outside DIR.  The path goes to DIR/source.  Where there is no source to be
# had, DIR/fallback is made and the packaged nginx is used.
#
#     fetch-nginx.sh --environment DIR
#
# prints the environment in which t/ runs with what was built in DIR.

set -eu

if [ "$1" = --environment ]; then
    dir=$(cd "$2" && pwd)

    if [ -f "$dir/fallback" ]; then
        for name in libasan.so libubsan.so; do
            preload="${preload:+$preload:}$(cc -print-file-name=$name)"
        done
        echo "TEST_NGINX_PRELOAD=$preload"
    else
        echo "TEST_NGINX_BINARY=$dir/nginx/nginx"
    fi

    exit 0
fi

mkdir -p "$1"
dir=$(cd "$1" && pwd)
source=$2

rm -f "$dir/source" "$dir/fallback"

if [ -f "$source/src/core/nginx.c" ]; then
    (cd "$source" && pwd) > "$dir/source"
    exit 0
fi

version=$(sed -n 's/^#define NGINX_VERSION *"\([0-9.]*\)".*/\1/p' \
          "$source/src/core/nginx.h")


apt_fetch() {
    apt=$dir/apt
    rm -rf "$apt"
    mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/cache/archives/partial"

    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
        [ -f "$file" ] || continue
        case $file in
            *.sources)
                sed 's/^Types:.*/Types: deb-src/' "$file"
                ;;
            *.list)
                sed -n 's/^deb\([[:space:]]\)/deb-src\1/p' "$file"
                ;;
            *)
                continue
                ;;
        esac > "$apt/sources/${file##*/}"
    done

    cat > "$apt/apt.conf" << END
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$apt/sources";
Dir::State::Lists "$apt/lists";
Dir::Cache "$apt/cache";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
APT::Sandbox::User "";
END

    APT_CONFIG=$apt/apt.conf
    export APT_CONFIG

    # a failing list may be one that is not needed here

    apt-get -q update || true

    package=$(dpkg-query -W -f '${source:Version}' nginx-dev 2>/dev/null || :)

    # the packaging itself is not needed, and only the newest is kept

    (cd "$dir" && apt-get -q source --download-only --tar-only \
                  "nginx=$package") \
    || (cd "$dir" && apt-get -q source --download-only --tar-only nginx)
}


tarball=$dir/nginx_$version.orig.tar.gz

if [ ! -f "$tarball" ]; then
    echo "fetching the source of nginx $version"

    if ! apt_fetch > "$dir/fetch.log" 2>&1 || [ ! -f "$tarball" ]; then
        rm -rf "$dir/apt"
        echo "no source of nginx $version (see $dir/fetch.log): the sanitized" \
             "module will run in the packaged nginx"
        : > "$dir/fallback"
        echo "$source" > "$dir/source"
        exit 0
    fi

    rm -rf "$dir/apt"
fi

tree=$dir/nginx-$version
rm -rf "$tree"
mkdir "$tree"
tar -xzf "$tarball" -C "$tree" --strip-components=1
echo "$tree" > "$dir/source"
