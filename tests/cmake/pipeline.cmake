vf_unit_test(pipeline DEPENDS vf_pipeline)
