foreach(name sample schema plan encode json frame container)
  vf_unit_test(wire_${name} DEPENDS vf_events vf_wire)
endforeach()
