# The programs as a whole, without services. What needs a real Kafka is in tests/e2e, by pytest.

# The demo is the daemon on the client library's embedded Kafka: all rooms at once.
add_test(NAME demo COMMAND visitfeed-consumer demo WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(demo PROPERTIES LABELS program TIMEOUT 120
                     FAIL_REGULAR_EXPRESSION "DOES NOT ADD UP;Sanitizer")
