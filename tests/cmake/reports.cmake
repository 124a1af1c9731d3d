# Whole reports: properties of all of them, the seed events field by field, and the sample's score.
vf_unit_test(reports DEPENDS vf_normalize)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
foreach(check seed scoreboard)
  add_test(NAME ${check}
           COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/golden/${check}.py
                   $<TARGET_FILE:visitfeed-consumer>
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${check} PROPERTIES LABELS program TIMEOUT 120
                       ENVIRONMENT VISITFEED_DATA_DIR=${CMAKE_SOURCE_DIR}/deploy)
endforeach()
