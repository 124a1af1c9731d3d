vf_unit_test(feed_input DEPENDS vf_feed)
vf_unit_test(arguments DEPENDS vf_base)
