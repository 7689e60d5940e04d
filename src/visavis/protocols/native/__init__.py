"""visavis's own REST API: native scores, false match rates and decisions."""
