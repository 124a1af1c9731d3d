foreach(name sample schema container)
  vf_unit_test(wire_${name} DEPENDS vf_events vf_wire)
endforeach()
