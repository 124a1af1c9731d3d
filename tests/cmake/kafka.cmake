# Source and sink need a broker: the client library's mock cluster, in the test's own process.
add_library(unit_kafka_harness STATIC unit/unit_kafka_harness.c)
target_link_libraries(unit_kafka_harness PUBLIC vf_kafka PkgConfig::CMOCKA)

vf_unit_test(kafka_relay DEPENDS unit_kafka_harness vf_kafka)
vf_unit_test(kafka_faults DEPENDS unit_kafka_harness vf_kafka)
vf_unit_test(kafka_sink DEPENDS unit_kafka_harness vf_kafka)
vf_unit_test(kafka_config DEPENDS unit_kafka_harness vf_kafka)
vf_unit_test(checkpoint DEPENDS vf_kafka)

# The mock takes three seconds and more for each rebalance.
set_tests_properties(unit_kafka_relay unit_kafka_faults PROPERTIES TIMEOUT 600)
