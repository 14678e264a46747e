#!/bin/sh

# Copyright (C) the moderate authors
#
# Sees to the Debian packages that building, the demo, the tests and the lint
# need:
#
#     deps.sh [demo] [test] [lint] [console] [differential] [bench]
#
# Missing ones are installed when this runs as root or sudo asks nothing;
# otherwise the command to run is printed.  Plain sh, because there may be no
# more than git and make yet.

set -eu

build='build-essential nginx nginx-dev libhiredis-dev libpcre2-dev libyaml-dev
       libjansson-dev libssl-dev libcurl4-openssl-dev'
demo='redis-server python3 openssl'
test='redis-server python3 python3-h2 python3-jsonschema python3-yaml
      python3-multipart perl openssl curl libcmocka-dev clang
      libclang-rt-14-dev php-cgi nodejs node-busboy python3-werkzeug
      libcgi-pm-perl unicode-data bzip2'
lint='cppcheck perl python3 python3-icu python3-jsonschema python3-yaml git
      binutils nodejs mandoc'
console='chromium nodejs npm'
differential='python3-django python3-tornado'
bench='wrk redis-server python3 libnginx-mod-http-modsecurity libmodsecurity3
       libnginx-mod-http-lua util-linux'

script=$(cd "$(dirname "$0")" && pwd)/${0##*/}


wanted() {
    echo "$build"

    for group in "$@"; do
        case $group in
            demo) echo "$demo" ;;
            test) echo "$test" ;;
            lint) echo "$lint" ;;
            console) echo "$console" ;;
            differential) echo "$differential" ;;
            bench) echo "$bench" ;;
        esac
    done
}


# Prints those of its arguments that are not installed.  A nodejs that is not
# Debian's brings npm along.

missing() {
    installed=" $(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" \
                  2>/dev/null | sed -n 's/ installed$//p' | tr '\n' ' ')"

    for package in "$@"; do
        case $installed in
            *" $package "*) ;;
            *) [ "$package" = npm ] && command -v npm > /dev/null \
               || echo "$package" ;;
        esac
    done
}


# As root.  Packages of servers start them and have them started at boot; what
# is wanted here are the programs only.  A policy-rc.d says so to the package
# scripts; one that is there already is the administrator's and stays.

install_packages() {
    services=

    for package in "$@"; do
        case $package in
            nginx | redis-server) services="$services $package" ;;
        esac
    done

    policy=/usr/sbin/policy-rc.d

    if [ ! -e $policy ] && [ -n "$services" ]; then
        trap 'rm -f $policy' EXIT
        trap 'exit 1' HUP INT TERM
        printf '#!/bin/sh\n# temporary, of %s\nexit 101\n' "$script" > $policy
        chmod 755 $policy
    fi

    # lists that cannot be updated may still do

    apt-get -q -o DPkg::Lock::Timeout=300 update || true

    DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        install --no-install-recommends "$@" < /dev/null

    if [ -n "$services" ] && command -v systemctl > /dev/null; then
        # shellcheck disable=SC2086
        systemctl --quiet disable $services > /dev/null 2>&1 || true
        echo "installed, but not started and not enabled:$services"
    fi
}


for group in "$@"; do
    case $group in
        demo | test | lint | console | differential | bench) ;;
        *) echo "usage: $0 [demo] [test] [lint] [console] [differential]" \
                "[bench]" >&2
           exit 2 ;;
    esac
done

packages=$(wanted "$@" | tr -s ' ' '\n' | sort -u)

if ! command -v dpkg-query > /dev/null; then
    echo "not a Debian system; these are needed, by their Debian names:"
    echo "$packages"
    exit 0
fi

# shellcheck disable=SC2086
packages=$(missing $packages)

if [ -z "$packages" ]; then
    exit 0
fi

# shellcheck disable=SC2086
echo "missing packages:" $packages

if [ "$(id -u)" -eq 0 ]; then
    # shellcheck disable=SC2086
    install_packages $packages
    exit 0
fi

if command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
    sudo -n sh "$script" "$@"
    exit 0
fi

echo
echo "They can be installed by root only.  Please run, once:"
echo
if command -v sudo > /dev/null; then
    echo "    sudo sh $script $*"
else
    echo "    su -c 'sh $script $*'"
fi
echo
exit 1
