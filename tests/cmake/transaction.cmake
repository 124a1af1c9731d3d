vf_unit_test(transaction DEPENDS vf_kafka)
vf_unit_test(delivery DEPENDS vf_daemon)

# The daemon's delivery over a model of Kafka: see simulation/simulate.c.
add_executable(simulate simulation/simulate.c simulation/member.c simulation/world.c)
target_link_libraries(simulate PRIVATE vf_daemon)
target_link_options(simulate PRIVATE -Wl,--wrap=rd_kafka_consumer_group_metadata
                    -Wl,--wrap=rd_kafka_purge)
# A few here; the stage "simulation" of tests/run takes 100,000.
add_test(NAME simulate COMMAND simulate --schedules 2000)
set_tests_properties(simulate PROPERTIES LABELS unit TIMEOUT 300)
