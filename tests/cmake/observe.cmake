vf_unit_test(log DEPENDS vf_observe PkgConfig::JANSSON)
