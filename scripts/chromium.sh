# Sourced by whatever needs a browser: CHROMIUM names it, or the script ends with what to install.
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
if [[ ! -x $CHROMIUM ]]; then
    echo "this needs Chromium ($CHROMIUM is not there): apt-get install --no-install-recommends chromium fonts-liberation" >&2
    exit 1
fi
