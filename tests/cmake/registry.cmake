vf_unit_test(registry DEPENDS vf_registry)
vf_unit_test(registry_cache DEPENDS vf_registry)
vf_unit_test(registry_lookups DEPENDS vf_registry)
vf_unit_test(registry_store DEPENDS vf_pipeline)
