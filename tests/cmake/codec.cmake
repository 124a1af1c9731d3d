foreach(name sample schema plan encode json frame container utf8)
  vf_unit_test(wire_${name} DEPENDS vf_events vf_wire)
endforeach()

# Structs of a schema that has one of each type.
set(everything ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/everything.avsc)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
add_custom_command(
  OUTPUT ${generated}/test_everything.h ${generated}/test_everything.c
  COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}
  COMMAND wire_structgen --prefix test --output ${generated}/test_everything ${everything}
  DEPENDS wire_structgen ${everything})
vf_unit_test(structgen DEPENDS vf_wire ARGS $<TARGET_FILE:wire_structgen>)
target_sources(unit_structgen PRIVATE ${generated}/test_everything.c)
target_include_directories(unit_structgen PRIVATE ${generated})

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

foreach(driver wire_driver avro_c_driver)
  add_executable(${driver} differential/${driver}.c)
  target_link_libraries(${driver} PRIVATE vf_wire)
endforeach()
