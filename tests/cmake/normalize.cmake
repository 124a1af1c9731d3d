foreach(name dates people organizations normalize)
  vf_unit_test(${name} DEPENDS vf_normalize)
endforeach()
target_link_libraries(unit_normalize PRIVATE PkgConfig::JANSSON)
