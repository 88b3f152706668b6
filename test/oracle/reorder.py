"""Store a volume in another axis order: reorder.py IN OUT CODES, e.g. PSL (nibabel's names)."""
import sys

import nibabel as nib
from nibabel import orientations as o

img = nib.load(sys.argv[1])
want = o.axcodes2ornt(sys.argv[3])
turned = img.as_reoriented(o.ornt_transform(o.io_orientation(img.affine), want))
nib.save(nib.Nifti1Image(turned.dataobj.__array__(), turned.affine), sys.argv[2])
