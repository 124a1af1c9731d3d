vf_unit_test(base DEPENDS vf_base)
vf_unit_test(options DEPENDS vf_base)
