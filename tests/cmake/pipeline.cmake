vf_unit_test(pipeline DEPENDS vf_pipeline)

if(VISITFEED_BENCH)
  add_executable(bench_pipeline bench/bench_pipeline.c)
  target_link_libraries(bench_pipeline PRIVATE vf_pipeline)
endif()
