vf_unit_test(daemon DEPENDS vf_daemon)
