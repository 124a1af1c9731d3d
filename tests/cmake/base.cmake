vf_unit_test(base DEPENDS vf_base)
