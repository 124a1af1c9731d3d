vf_unit_test(transaction DEPENDS vf_kafka)
