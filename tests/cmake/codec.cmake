vf_unit_test(wire_sample DEPENDS vf_events vf_wire)
