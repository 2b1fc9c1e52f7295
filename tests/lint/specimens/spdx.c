/* No licence. */

/* specimen-place: src/libapm2/apm2-specimen.c */

int apm2_specimen_count;
