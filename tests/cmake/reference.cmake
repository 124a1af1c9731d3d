vf_unit_test(reference DEPENDS vf_reference)
