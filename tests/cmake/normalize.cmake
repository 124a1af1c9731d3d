foreach(name dates people organizations normalize)
  vf_unit_test(${name} DEPENDS vf_normalize)
endforeach()
target_link_libraries(unit_normalize PRIVATE PkgConfig::JANSSON)

if(VISITFEED_BENCH)
  add_executable(bench_normalize bench/bench_normalize.c)
  target_link_libraries(bench_normalize PRIVATE vf_normalize)
endif()
