vf_unit_test(fold DEPENDS vf_base)
vf_unit_test(names DEPENDS vf_normalize)
vf_unit_test(reference DEPENDS vf_reference)
