foreach(name sample schema plan encode json frame container)
  vf_unit_test(wire_${name} DEPENDS vf_events vf_wire)
endforeach()

if(VISITFEED_BENCH)
  add_executable(bench_codec bench/bench_codec.c)
  target_link_libraries(bench_codec PRIVATE vf_events vf_wire)
endif()
