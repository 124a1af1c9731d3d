foreach(name sample schema plan encode json frame container utf8)
  vf_unit_test(wire_${name} DEPENDS vf_events vf_wire)
endforeach()

if(VISITFEED_BENCH)
  add_executable(bench_codec bench/bench_codec.c)
  target_link_libraries(bench_codec PRIVATE vf_events vf_wire)
endif()

if(VISITFEED_FUZZ)
  foreach(target schema plan decode json frame container)
    add_executable(fuzz_${target} fuzz/fuzz_${target}.c)
    target_link_libraries(fuzz_${target} PRIVATE vf_events vf_wire -fsanitize=fuzzer)
  endforeach()
endif()

add_executable(wire_driver differential/wire_driver.c)
target_link_libraries(wire_driver PRIVATE vf_wire)
