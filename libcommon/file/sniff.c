/* sniff.c - what a stream holds */
#include "sniff.h"

#include "nii_in.h"

enum { HEAD = 540 };

static bool begins(const uint8_t *p, size_t n, const char *magic)
{
    size_t k = strlen(magic);
    return n >= k && memcmp(p, magic, k) == 0;
}

static uint32_t first_word(const uint8_t *p, bool swapped)
{
    uint32_t w = 0;
    for (int i = 0; i < 4; i++)
        w |= (uint32_t)p[i] << 8 * (swapped ? 3 - i : i);
    return w;
}

/* Every NIfTI and Analyze header begins with its own size. */
static bool header_size(uint32_t *size, bool *swapped, const uint8_t *p, size_t n)
{
    for (int s = 0; s < 2 && n >= 348; s++) {
        *swapped = s;
        *size = first_word(p, *swapped);
        if (*size == 348 || (*size == 540 && n >= 540)) return true;
    }
    return false;
}

const char *dorg_sniff_foreign(const uint8_t *p, size_t n)
{
    static const struct {
        const char *magic, *what;
    } known[] = {
        {"NRRD", "an NRRD file: c3d FILE -o FILE.nii.gz (Debian: convert3d) converts it"},
        {"ObjectType",
         "a MetaImage file: c3d FILE -o FILE.nii.gz (Debian: convert3d) converts it"},
        {"Comment =",
         "a MetaImage file: c3d FILE -o FILE.nii.gz (Debian: convert3d) converts it"},
        {"NDims", "a MetaImage file: c3d FILE -o FILE.nii.gz (Debian: convert3d) converts it"},
        {"\x89HDF",
         "an HDF5 or MINC2 file: mnc2nii FILE FILE.nii (Debian: minc-tools) converts it"},
        {"CDF\x01", "a MINC1 file: mnc2nii FILE FILE.nii (Debian: minc-tools) converts it"},
        {"mrtrix image",
         "an MRtrix file: mrconvert FILE FILE.nii.gz (Debian: mrtrix3) converts it"},
        {"\x89PNG", "a PNG picture, which has no millimetres and no HU"},
        {"BZh", "compressed by bzip2: bunzip2 unpacks it"},
        {"\xfd"
         "7zXZ",
         "compressed by xz: unxz unpacks it"},
        {"PK\x03\x04", "a zip archive: unzip unpacks it"},
    };
    if (n >= 132 && memcmp(p + 128, "DICM", 4) == 0)
        return "a DICOM file: dorg-dicom reads a series of them";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (begins(p, n, known[i].magic)) return known[i].what;
    return NULL;
}

int dorg_sniff(enum dorg_kind *k, struct dorg_in *in, struct dorg_err *e)
{
    const uint8_t *p;
    size_t n;
    uint32_t size;
    bool swapped;
    if (dorg_in_peek(in, &p, HEAD, &n, e)) return e->code;
    if (n == 0) return dorg_fail(e, DORG_EDATA, "nothing at all: the stream is empty");
    if (begins(p, n, "DORGREC\n"))
        *k = DORG_KIND_RECORDS;
    else if (begins(p, n, "DORGNET\n"))
        *k = DORG_KIND_NET;
    else if (begins(p, n, "DORGFOR\n"))
        *k = DORG_KIND_FOREST;
    else if (begins(p, n, "#dorg-tab"))
        *k = DORG_KIND_TABLE;
    else if (header_size(&size, &swapped, p, n))
        *k = DORG_KIND_VOLUME;
    else if (dorg_sniff_foreign(p, n))
        return dorg_fail(e, DORG_EDATA, "%s", dorg_sniff_foreign(p, n));
    else
        return dorg_fail(e, DORG_EDATA,
                         "not a volume, table, record stream, net or forest: begins with "
                         "bytes %02x %02x %02x %02x",
                         p[0], n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, n > 3 ? p[3] : 0);
    return 0;
}

const char *dorg_kind_name(enum dorg_kind k)
{
    static const char *const name[] = {"volume", "table", "record stream", "net", "forest"};
    return name[k];
}

static void swap_head(void *p, int version)
{
    if (version == 2) {
        nifti_2_header *h = p;
        nifti_swap_2bytes(1, &h->datatype);
        nifti_swap_8bytes(1, &h->scl_slope);
        nifti_swap_8bytes(1, &h->scl_inter);
        nifti_swap_8bytes(1, &h->cal_min);
        nifti_swap_8bytes(1, &h->cal_max);
        nifti_swap_4bytes(1, &h->intent_code);
    } else {
        nifti_1_header *h = p;
        nifti_swap_2bytes(1, &h->datatype);
        nifti_swap_4bytes(1, &h->scl_slope);
        nifti_swap_4bytes(1, &h->scl_inter);
        nifti_swap_4bytes(1, &h->cal_min);
        nifti_swap_4bytes(1, &h->cal_max);
        nifti_swap_2bytes(1, &h->intent_code);
    }
}

int dorg_sniff_storage(struct dorg_storage *s, struct dorg_in *in, struct dorg_err *e)
{
    const uint8_t *p;
    size_t n;
    uint32_t size;
    *s = (struct dorg_storage){.slope = 1};
    if (dorg_in_peek(in, &p, HEAD, &n, e)) return e->code;
    if (!header_size(&size, &s->swapped, p, n))
        return dorg_fail(e, DORG_EDATA, "no NIfTI header");
    if (size == 540) {
        nifti_2_header h;
        memcpy(&h, p, sizeof h);
        if (s->swapped) swap_head(&h, 2);
        s->version = 2;
        s->pair = h.magic[1] == 'i';
        s->datatype = h.datatype;
        s->slope = h.scl_slope;
        s->inter = h.scl_inter;
        s->intent = dorg_nii_intent(h.datatype, h.intent_code, h.cal_min, h.cal_max);
    } else {
        nifti_1_header h;
        memcpy(&h, p, sizeof h);
        if (s->swapped) swap_head(&h, 1);
        s->version = h.magic[0] == 'n' ? 1 : 0;
        s->pair = h.magic[1] != '+';
        s->datatype = h.datatype;
        s->slope = s->version ? (double)h.scl_slope : 1;
        s->inter = s->version ? (double)h.scl_inter : 0;
        if (s->version)
            s->intent = dorg_nii_intent(h.datatype, h.intent_code, (double)h.cal_min,
                                        (double)h.cal_max);
    }
    return 0;
}

int dorg_sniff_vol(struct dorg_vol *v, struct dorg_in *in, enum dorg_type want,
                   struct dorg_err *e)
{
    struct dorg_storage s;
    *v = DORG_VOL_INIT;
    if (dorg_sniff_storage(&s, in, e)) return dorg_err_at(e, dorg_in_name(in));
    if (s.pair) return dorg_vol_load(v, dorg_in_name(in), want, e);
    if (dorg_vol_read(v, in, want, e)) dorg_err_at(e, dorg_in_name(in));
    return e->code;
}

enum dorg_type dorg_storage_type(const struct dorg_storage *s)
{
    bool scaled = s->slope != 0 && (s->slope != 1 || s->inter != 0);
    switch (s->datatype) {
    case DT_UINT8:
    case DT_INT8:
    case DT_INT16:
    case DT_UINT16:
    case DT_INT32:
        return scaled ? DORG_F32 : DORG_I32;
    default:
        return DORG_F32;
    }
}

const char *dorg_datatype_name(int datatype)
{
    switch (datatype) {
    case DT_UINT8:
        return "uint8";
    case DT_INT8:
        return "int8";
    case DT_INT16:
        return "int16";
    case DT_UINT16:
        return "uint16";
    case DT_INT32:
        return "int32";
    case DT_UINT32:
        return "uint32";
    case DT_INT64:
        return "int64";
    case DT_UINT64:
        return "uint64";
    case DT_FLOAT32:
        return "float32";
    case DT_FLOAT64:
        return "float64";
    case DT_FLOAT128:
        return "float128";
    default:
        return "other";
    }
}
