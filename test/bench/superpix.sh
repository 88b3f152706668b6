#!/bin/sh
# Entropy rate superpixels against scikit-image's SLIC, where it and a real scan are there.
here=$(dirname "$0")
/usr/bin/python3 -c 'import nibabel, skimage' 2>/dev/null || exit 0
[ -e "${DORG_DATA:-$here/../../../shared/data}/nih-pancreas-ct" ] || exit 0
exec /usr/bin/python3 "$here/superpix.py"
