"""The till's side of sync: transport, pump, online questions, enrolment and first contact."""
